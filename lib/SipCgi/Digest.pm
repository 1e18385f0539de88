package SipCgi::Digest;

# Digest authentication: `perldoc SipCgi::Digest`, or the end of this file,
# says how.

use strict;
use warnings;

use Digest::MD5 ();
use Digest::SHA ();
use SipCgi;

our $VERSION = '1.1.0';

# By the names of the algorithm parameter.
my %hashes = (
	'MD5' => \&Digest::MD5::md5_hex,
	'SHA-256' => \&Digest::SHA::sha256_hex,
	'SHA-512-256' => \&Digest::SHA::sha512256_hex,
);

sub ha1
{
	my ($username, $realm, $password, $algorithm) = @_;

	return _hash($algorithm // 'SHA-256', $username, $realm, $password);
}

sub _hash
{
	my ($algorithm, @parts) = @_;
	my $text = join ':', @parts;

	utf8::encode($text) if utf8::is_utf8($text);
	return $hashes{$algorithm}->($text);
}

sub new
{
	my ($class, %options) = @_;
	my $self = bless {
		algorithms => ['SHA-256', 'MD5'],
		lifetime => 300,
		proxy => 0,
		%options,
	}, $class;

	for my $name (sort keys %options) {
		die "SipCgi::Digest: no such option: $name\n" unless
		    grep { $_ eq $name } qw(realm key algorithms lifetime proxy);
	}
	for my $name ('realm', 'key') {
		die "SipCgi::Digest: $name is missing\n"
		    unless defined $self->{$name};
	}
	for my $algorithm (@{$self->{algorithms}}) {
		die "SipCgi::Digest: no such algorithm: $algorithm\n"
		    unless $hashes{$algorithm};
	}
	$self->{secret} = _read_key($self->{key});
	return $self;
}

sub challenge
{
	my ($self, $stale) = @_;
	my $name = $self->{proxy} ? 'Proxy-Authenticate' : 'WWW-Authenticate';
	my $nonce = $self->_nonce(time, unpack 'H*', _random(8));

	return map {
		"$name: Digest realm=" . sip_quote($self->{realm}) .
		    qq{, nonce="$nonce", algorithm=$_, qop="auth"} .
		    ($stale ? ', stale=true' : '')
	} @{$self->{algorithms}};
}

# What sip_reply takes, after verify() has found nobody.
sub answer
{
	my ($self) = @_;
	my $name = $self->{proxy} ? 'Proxy-Authorization' : 'Authorization';

	return (400, "$name is for another URI") if $self->{why} eq 'uri';
	return (400, "Bad $name header") if $self->{why} eq 'malformed';
	return ($self->{proxy} ? 407 : 401, $self->challenge($self->{stale}));
}

sub why { return $_[0]{why} }
sub username { return $_[0]{username} }

sub _deny
{
	my ($self, $why, $stale) = @_;

	@$self{'why', 'stale'} = ($why, $stale);
	return;
}

sub verify
{
	my ($self, $find_ha1, $is_fresh) = @_;
	my $params = $self->_params or return;
	my $username = $self->{username} = $params->{username} // '';
	my $algorithm = uc($params->{algorithm} // 'MD5');

	return $self->_deny('algorithm')
	    unless grep { $_ eq $algorithm } @{$self->{algorithms}};
	# Without qop there is no count to tell a replay by.
	return $self->_deny('incomplete')
	    if lc($params->{qop} // '') ne 'auth' ||
	    grep({ ($params->{$_} // '') eq '' }
	    qw(username nonce uri response nc cnonce)) ||
	    $params->{nc} !~ /\A[0-9A-Fa-f]{8}\z/;
	return $self->_deny('uri')
	    unless _same_resource($params->{uri}, $ENV{REQUEST_URI} // '');
	# What is not text can be nobody's name, and no database takes it.
	my $stored = _is_text($username)
	    ? $find_ha1->($username, $algorithm) : undef;
	my $right = _is_right($params, $stored // '', $algorithm);
	return $self->_deny('user') if ($stored // '') eq '';
	my $age = $self->_age($params->{nonce});
	return $self->_deny('nonce', $right) unless defined $age;
	return $self->_deny('password') unless $right;
	my $count = hex $params->{nc};
	return $self->_deny('stale', 1)
	    if $age < 0 || $age > $self->{lifetime} ||
	    $is_fresh && !$is_fresh->($params->{nonce}, $count);
	return {
		username => $username,
		nonce => $params->{nonce},
		count => $count,
		algorithm => $algorithm,
	};
}

# The credentials for this realm. Rows of other schemes and realms may stand
# beside them, and whether those are well-formed is not for us to judge.
sub _params
{
	my ($self) = @_;
	my $why = 'missing';

	$self->{username} = '';
	for my $row (sip_header($self->{proxy} ? 'Proxy-Authorization'
	    : 'Authorization')) {
		my ($scheme, $params) = sip_parse_credentials($row);
		if (!defined $scheme) {
			$why = 'malformed' if $row =~ /\Adigest/i;
		} elsif ($scheme eq 'digest' &&
		    ($params->{realm} // '') eq $self->{realm}) {
			return $params;
		}
	}
	return $self->_deny($why);
}

sub _nonce
{
	my ($self, $made, $salt) = @_;
	# The salt: two phones in one second must not share a nonce, or the
	# count of one would be the replay of the other.
	my $text = sprintf('%x', $made) . "-$salt";

	return "$text-" . Digest::SHA::hmac_sha256_hex("$text $self->{realm}",
	    $self->{secret});
}

# In seconds; undef when it was not made here for this realm.
sub _age
{
	my ($self, $nonce) = @_;
	my ($made, $salt) = $nonce =~
	    /\A([0-9a-f]{1,12})-([0-9a-f]{16})-[0-9a-f]{64}\z/ or return;

	return unless _is_same($nonce, $self->_nonce(hex $made, $salt));
	return time - hex $made;
}

# Is the response that of somebody who knows the password?
sub _is_right
{
	my ($params, $stored, $algorithm) = @_;

	return _is_same(lc $params->{response}, _hash($algorithm, $stored,
	    @$params{'nonce', 'nc', 'cnonce', 'qop'}, _hash($algorithm,
	    $ENV{REQUEST_METHOD} // '', $params->{uri})));
}

# In a time that does not tell where they differ.
sub _is_same
{
	my ($one, $other) = @_;

	return length $one == length $other &&
	    ($one ^ $other) !~ /[^\x00]/;
}

sub _is_text
{
	my ($octets) = @_;

	return utf8::decode($octets);
}

# Do two URIs mean the same (RFC 3261 section 22.4)? Phones leave out the port
# or the parameters, or write the host otherwise.
sub _same_resource
{
	my ($given, $wanted) = @_;

	return 1 if $given eq $wanted;
	my @given = _resource($given);
	my @wanted = _resource($wanted);
	return lc $given eq lc $wanted unless @given && @wanted;
	return $given[0] eq $wanted[0] &&
	    (!$given[1] || !$wanted[1] || $given[1] == $wanted[1]);
}

sub _resource
{
	my ($uri) = @_;
	my $host = sip_uri_host("<$uri>") // return;
	my $user = sip_uri_user("<$uri>");
	my ($port) = $uri =~ /\A[^:]*:(?:[^\@]*\@)?
	    (?:\[[^]]*\]|[^:;?]*):([0-9]+)/x;

	return (defined $user ? "$user\@$host" : $host, $port);
}

sub _random
{
	my ($length) = @_;

	open my $source, '<:raw', '/dev/urandom'
	    or die "SipCgi::Digest: /dev/urandom: $!\n";
	sysread($source, my $octets, $length) == $length
	    or die "SipCgi::Digest: /dev/urandom: $!\n";
	return $octets;
}

sub _read_key
{
	my ($path) = @_;
	my $file;

	unless (open $file, '<:raw', $path) {
		die "SipCgi::Digest: $path: $!\n" unless $!{ENOENT};
		_make_key($path);
		open $file, '<:raw', $path
		    or die "SipCgi::Digest: $path: $!\n";
	}
	read $file, my $key, 4096;
	$key =~ s/\n+\z//;
	die "SipCgi::Digest: $path: not a key, which has 64 hexadecimal " .
	    "digits\n" if length $key < 32;
	return $key;
}

sub _make_key
{
	my ($path) = @_;
	# Whole or not at all, and never a second one.
	my $temporary = "$path." . unpack 'H*', _random(8);
	my $mask = umask 0077;

	open my $file, '>:raw', $temporary
	    or die "SipCgi::Digest: $temporary: $!\n";
	umask $mask;
	print $file unpack 'H*', _random(32);
	my $made = close $file;
	$made &&= link($temporary, $path) || $!{EEXIST};
	my $fault = $!;
	unlink $temporary;
	die "SipCgi::Digest: $path: $fault\n" unless $made;
	return;
}

1;

__END__

=encoding utf8

=head1 NAME

SipCgi::Digest - Digest authentication for SIP scripts

=head1 SYNOPSIS

    use SipCgi;
    use SipCgi::Digest;

    my $digest = SipCgi::Digest->new(realm => 'example.com',
        key => "$ENV{STATE_DIRECTORY}/digest.key");
    my $who = $digest->verify(sub {
        my ($username, $algorithm) = @_;
        return $stored{$username}{$algorithm};
    });
    unless ($who) {
        sip_reply($digest->answer);
        exit;
    }
    print STDERR "this is $who->{username}\n";

=head1 DESCRIPTION

Digest authentication by RFC 3261 section 22, RFC 7616 and RFC 8760.

A nonce holds its time and a proof of it that only who has the key can make,
so a challenge costs no memory. The key is a file, made when it is not there:
64 hexadecimal digits. F<sip-digest.sh> and the Python library can share it,
and take each other's nonces. Store no passwords but their hashes, C<ha1>.

=over

=item new(realm => REALM, key => PATH, OPTION => VALUE...)

One realm. The options: C<algorithms>, a reference to a list of C<SHA-256>,
C<MD5> and C<SHA-512-256>, offered in this order, at first the former two; a
phone takes the first that it knows, and some give up on the first that they
do not. C<lifetime> of a nonce in seconds, 300. C<proxy>, true for 407 and
Proxy-Authorization in place of 401 and Authorization. Dies when the key can
be neither read nor made.

=item verify(FIND_HA1, [IS_FRESH])

Who sent the request? A reference to a hash with C<username>, C<nonce>,
C<count> and C<algorithm>; nothing unless that is proved.

FIND_HA1 is called with user name and algorithm and returns the stored hash,
C<undef> for a user who does not exist. IS_FRESH is called with nonce and
count when the password was right: has no request with this nonce and a count
as high been let in? Without it whoever overhears a request can send it again
for the lifetime of its nonce.

=item answer()

After that has found nobody: what C<sip_reply> takes, a 401 or 407 with the
challenge, or a 400.

=item why(), username()

Why: C<missing> (no credentials for the realm: every phone begins so),
C<malformed>, C<incomplete>, C<algorithm>, C<uri> (they are for another URI),
C<nonce> (not one of ours), C<user>, C<password>, C<stale> (too old, or its
count was used). And who it claims to be.

=item challenge([STALE])

The header fields of a 401 or 407. STALE: the password was right, only the
nonce is not, so nobody needs to be asked.

=item SipCgi::Digest::ha1(USERNAME, REALM, PASSWORD, [ALGORITHM])

The hash of a password, to be stored for each algorithm that is offered. Who
has it can be that user in that realm, as with the password.

=back

=head1 SEE ALSO

L<SipCgi>, sip-cgi(7)

=cut
