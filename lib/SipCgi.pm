package SipCgi;

# Answer SIP requests from a Perl script: `perldoc SipCgi`, or the end of this
# file, says how.
#
# No module is loaded that a plain answer does not need: a process is started
# for each request.

use strict;
use warnings;

use Exporter 'import';

our $VERSION = '1.1.0';
our @EXPORT = qw(sip_reply sip_answered sip_body sip_header sip_allow
    sip_require sip_uri sip_uri_user sip_uri_host sip_uri_number
    sip_uri_context sip_param sip_split_list sip_parse_credentials sip_quote);

# The reason phrases of IANA's registry.
my %phrases = (
	100 => 'Trying',
	180 => 'Ringing',
	181 => 'Call Is Being Forwarded',
	182 => 'Queued',
	183 => 'Session Progress',
	199 => 'Early Dialog Terminated',
	200 => 'OK',
	202 => 'Accepted',
	204 => 'No Notification',
	300 => 'Multiple Choices',
	301 => 'Moved Permanently',
	302 => 'Moved Temporarily',
	305 => 'Use Proxy',
	380 => 'Alternative Service',
	400 => 'Bad Request',
	401 => 'Unauthorized',
	402 => 'Payment Required',
	403 => 'Forbidden',
	404 => 'Not Found',
	405 => 'Method Not Allowed',
	406 => 'Not Acceptable',
	407 => 'Proxy Authentication Required',
	408 => 'Request Timeout',
	410 => 'Gone',
	412 => 'Conditional Request Failed',
	413 => 'Request Entity Too Large',
	414 => 'Request-URI Too Long',
	415 => 'Unsupported Media Type',
	416 => 'Unsupported URI Scheme',
	417 => 'Unknown Resource-Priority',
	420 => 'Bad Extension',
	421 => 'Extension Required',
	422 => 'Session Interval Too Small',
	423 => 'Interval Too Brief',
	424 => 'Bad Location Information',
	425 => 'Bad Alert Message',
	428 => 'Use Identity Header',
	429 => 'Provide Referrer Identity',
	430 => 'Flow Failed',
	433 => 'Anonymity Disallowed',
	436 => 'Bad Identity Info',
	437 => 'Unsupported Credential',
	438 => 'Invalid Identity Header',
	439 => 'First Hop Lacks Outbound Support',
	440 => 'Max-Breadth Exceeded',
	469 => 'Bad Info Package',
	470 => 'Consent Needed',
	480 => 'Temporarily Unavailable',
	481 => 'Call/Transaction Does Not Exist',
	482 => 'Loop Detected',
	483 => 'Too Many Hops',
	484 => 'Address Incomplete',
	485 => 'Ambiguous',
	486 => 'Busy Here',
	487 => 'Request Terminated',
	488 => 'Not Acceptable Here',
	489 => 'Bad Event',
	491 => 'Request Pending',
	493 => 'Undecipherable',
	494 => 'Security Agreement Required',
	500 => 'Server Internal Error',
	501 => 'Not Implemented',
	502 => 'Bad Gateway',
	503 => 'Service Unavailable',
	504 => 'Server Time-out',
	505 => 'Version Not Supported',
	513 => 'Message Too Large',
	555 => 'Push Notification Service Not Supported',
	580 => 'Precondition Failure',
	600 => 'Busy Everywhere',
	603 => 'Decline',
	604 => 'Does Not Exist Anywhere',
	606 => 'Not Acceptable',
	607 => 'Unwanted',
	608 => 'Rejected',
);

# Any other code is of a class (RFC 3261 section 7.2).
my @classes = ('Provisional', 'Success', 'Redirection', 'Client Error',
    'Server Error', 'Global Failure');

# A longer value (octets) is refused by what takes it apart.
my $value_max = 2048;

my $token = qr/[A-Za-z0-9.!%*_+`'~-]++/;
my $blanks = qr/[ \t]*+/;
my $control = qr/[\x00-\x08\x0a-\x1f\x7f]/;

# What sip_reply writes itself, compact forms too.
my %own = map { $_ => 1 } qw(via v from f to t call-id i cseq
    content-length l);

# What no reason phrase begins with: a header field without its colon.
my %fields = map { $_ => 1 } qw(accept-encoding accept-language alert-info
    allow allow-events authentication-info call-info content-disposition
    content-encoding content-language content-type error-info expires
    min-expires min-se proxy-authenticate record-route retry-after
    session-expires unsupported www-authenticate);

# ---- The guard: a caller that gets no answer tries again and again

# Whoever reads the mark first writes the final answer: processes that inherit
# the open file share its offset. Its name is in _sip_mark, for the programs
# that a script runs have the libraries, too.
my ($taken, $mark);
# Only where a request is, and not for an administrator's command.
my $guarded = ($ENV{REQUEST_METHOD} // '') ne '';
my $process = $$;

_open_mark() if $guarded;

sub _open_mark
{
	my ($number, $path) = split / /, $ENV{_sip_mark} // '', 2;

	if (defined $path && $number =~ /\A[0-9]+\z/) {
		my @ours = stat "/proc/self/fd/$number";
		my @named = stat $path;
		return if @ours && @named && "@ours[0, 1]" eq "@named[0, 1]" &&
		    open $mark, '<&=', $number;
	}
	local $^F = 1 << 20;	# not closed by exec
	$path = "/proc/$$/oom_score_adj";
	open $mark, '<', $path or return;
	$ENV{_sip_mark} = fileno($mark) . " $path";
	return;
}

# May a final answer be written? Without a guard, as in tests, any may.
sub _take_mark
{
	return 1 unless $guarded;
	return 0 if $taken;
	$taken = 1;
	return !defined $mark || !defined fileno $mark ||
	    sysread($mark, my $octets, 64) // 1;
}

END {
	if ($guarded && $$ == $process && !$taken &&
	    $ENV{REQUEST_METHOD} ne 'ACK' && _take_mark()) {
		local $?;	# the exit status stays
		_say('the script ended without a final answer; answering 500');
		_send('', 500, $phrases{500});
	}
}

sub sip_answered
{
	_take_mark();
	return;
}

# To the log, on one line whatever a stranger put into it.
sub _say
{
	my ($text) = @_;

	$text =~ tr/\x00-\x1f\x7f/?/;
	print STDERR "SipCgi: $text\n";
	return;
}

# ---- The answer

sub sip_reply
{
	my @arguments = @_;
	my $options = ref $arguments[-1] eq 'HASH' ? pop @arguments : {};
	my ($unknown) = grep { $_ ne 'body' } sort keys %$options;

	return 1 if ($ENV{REQUEST_METHOD} // '') eq 'ACK';
	my $body = $options->{body} // '';
	utf8::encode($body) if utf8::is_utf8($body);
	for (@arguments) {
		utf8::encode($_) if defined && utf8::is_utf8($_);
	}
	my ($fault, $code, $reason, @headers) = _check(@arguments);
	$fault = "unknown option: $unknown (a header field is text: " .
	    "'Name: value')" if defined $unknown;
	$fault = 'the body is a reference' if ref $body;
	if ($fault) {
		_say("$fault; answering 500 instead");
		return 0 unless _take_mark();
		_send('', 500, $phrases{500});
		return 0;
	}
	if ($code < 200 ? $taken : !_take_mark()) {
		_say("$code comes after the final answer; not sent");
		return 0;
	}
	return _send($body, $code, $reason, @headers);
}

sub _check
{
	my ($code, @rest) = @_;
	my $types = 0;

	return 'not a status code from 100 to 699: ' . ($code // '(none)')
	    unless defined $code && $code =~ /\A[1-6][0-9][0-9]\z/;
	my $reason = $phrases{$code} // $classes[substr($code, 0, 1) - 1];
	if (@rest && defined $rest[0] && $rest[0] !~ /\A$token$blanks:/) {
		my $given = shift @rest;
		return "not a reason phrase: $given (a header field reads " .
		    'Name: value)' unless _is_reason($given);
		return 'control character in the reason phrase'
		    if $given =~ $control;
		$reason = $given if $given ne '';
	}
	for my $header (@rest) {
		my ($name, $value) = ($header // '') =~
		    /\A($token)$blanks:$blanks(.*)\z/s
		    or return 'not a header field (Name: value): ' .
		    ($header // 'undef');
		return "control character in header field $name"
		    if $header =~ $control;
		return "$name is written by sip_reply itself"
		    if $own{lc $name};
		return 'Content-Type is given twice'
		    if $name =~ /\A(?:c|content-type)\z/i && $types++;
		$header = "$name: $value";
	}
	return (undef, $code, $reason, @rest);
}

# No header field that lost its colon, which would reach nobody.
sub _is_reason
{
	my ($text) = @_;

	return 0 if ref $text || $text =~ /[<>"{}|\\^`#]|sips?:/i;
	return !($text =~ /\A($token)[ \t]+[^ \t]/ && $fields{lc $1});
}

sub _send
{
	my ($body, $code, $reason, @headers) = @_;

	push @headers, 'Content-Type: text/plain;charset=UTF-8'
	    if $body ne '' && !grep { /\A(?:c|content-type):/i } @headers;
	my $answer = join "\r\n", "SIP/2.0 $code $reason", _copied($code),
	    @headers, 'Content-Length: ' . length($body), '', $body;
	my $at = 0;
	while ($at < length $answer) {
		my $written = syswrite STDOUT, $answer, length $answer, $at;
		return 0 unless defined $written;
		$at += $written;
	}
	return 1;
}

# What RFC 3261 section 8.2.6 copies, and section 12.1.1 where a dialog
# begins.
sub _copied
{
	my ($code) = @_;
	my @rows;
	my $method = $ENV{REQUEST_METHOD} // '';

	for my $name ('Via', 'From', 'To', 'Call-ID', 'CSeq') {
		my $value = $ENV{_variable($name)};
		if (!defined $value) {
			_say(_variable($name) . ' is not set');
			next;
		}
		$value .= ";tag=$ENV{SIPCGI_TO_TAG}"
		    if $name eq 'To' && ($ENV{SIPCGI_TO_TAG} // '') ne '';
		push @rows, "$name: $value";
	}
	my $extra = $code == 100 ? 'Timestamp'
	    : $method eq 'INVITE' && $code < 300
	    || $method =~ /\A(?:SUBSCRIBE|REFER)\z/ && $code =~ /\A2/
	    ? 'Record-Route' : return @rows;
	my $value = $ENV{_variable($extra)};
	push @rows, "$extra: $value" if defined $value;
	return @rows;
}

sub sip_allow
{
	my @methods = @_;
	my $method = $ENV{REQUEST_METHOD} // '';

	return 1 if grep { $_ eq $method } @methods;
	sip_reply(405, 'Allow: ' . join ', ', @methods);
	return 0;
}

sub sip_require
{
	my %known = map { lc $_ => 1 } @_;

	return 1 if ($ENV{REQUEST_METHOD} // '') =~ /\A(?:ACK|CANCEL)\z/;
	my @missing = grep { $_ ne '' && !$known{lc $_} }
	    map { _trim($_) } split /,/, $ENV{SIP_REQUIRE} // '';
	return 1 unless @missing;
	sip_reply(420, 'Unsupported: ' . join ', ', @missing);
	return 0;
}

# ---- The request

sub _variable
{
	my ($name) = @_;

	return 'SIP_' . uc $name =~ tr/-/_/r;
}

# The request on standard input: from its start, whatever was read before,
# through an open file of our own.
sub _message
{
	open my $input, '<:raw', '/proc/self/fd/0' or return '';
	local $/;
	return <$input> // '';
}

sub sip_body
{
	my $length = $ENV{CONTENT_LENGTH} // 0;

	return $length > 0 ? substr _message(), -$length : '';
}

sub sip_header
{
	my ($name) = @_;
	my $message = _message();
	my (@rows, $wanted);

	substr $message, -$ENV{CONTENT_LENGTH}, $ENV{CONTENT_LENGTH}, ''
	    if ($ENV{CONTENT_LENGTH} // 0) > 0;
	for my $line (split /\r?\n/, $message) {
		if ($line =~ /\A[ \t]/) {
			push @{$rows[-1]}, _trim($line) if $wanted;
			next;
		}
		my ($field, $value) = split /:/, $line, 2;
		$wanted = defined $value && lc _trim($field) eq lc $name;
		push @rows, [_trim($value)] if $wanted;
	}
	my @values = map { join ' ', grep { $_ ne '' } @$_ } @rows;
	return wantarray ? @values : $values[0];
}

# ---- Values

# Back from the end: a search for blanks there would begin at each of them.
sub _trim
{
	my ($text) = @_;

	return $text =~ /\A$blanks(.*[^ \t])/s ? $1 : '';
}

# The text with each quoted string as a lone quotation mark, and what they
# hold: what is left can be cut at any delimiter. Nothing when a quote stays
# open.
sub _flatten
{
	my ($text) = @_;
	my ($flat, @strings) = ('');

	while ($text =~ /\G(?:([^"]++)|"((?:[^"\\]++|\\.)*+)")/gcs) {
		if (defined $1) {
			$flat .= $1;
			next;
		}
		$flat .= '"';
		push @strings, $2 =~ s/\\(.)/$1/gsr;
	}
	return if (pos $text // 0) != length $text;
	return ($flat, @strings);
}

# The first value of a header field: its URI, '' where there is something
# else, as in a Via; the parameters, flattened, and what is quoted in them.
sub _split
{
	my ($value) = @_;

	return if !defined $value || length $value > $value_max;
	my ($flat, @strings) = _flatten($value) or return;
	$flat =~ /\A([^<,]*+)(.*)\z/s;
	my ($before, $rest) = ($1, $2);
	my ($uri, $tail);
	if ($rest =~ /\A</) {
		# An unquoted name has none of these; something else may have.
		return if $before =~ /[:;>]/;
		($uri, $tail) = $rest =~ /\A<([^<>]*+)>(.*)\z/s or return;
		splice @strings, 0, $before =~ tr/"//;
	} elsif ($before =~ /\A${blanks}sips?:/i) {
		# "a;b" may be a user, so parameters start behind the "@".
		($uri, $tail) = $before =~ /\A((?:[^\@]*+\@)?+[^;]*+)(.*)\z/s;
	} else {
		($uri, $tail) = $before =~ /\A([^;]*+)(.*)\z/s;
	}
	return if $uri =~ /[">]/;
	$uri = _trim($uri);
	$uri = '' if $uri =~ /[ \t]/;
	$tail = _trim($tail =~ s/,.*//sr);
	return if $tail =~ /\A[^;]|[<>]/;
	return ($uri, $tail, @strings);
}

# name[=value] of a flattened text, whose strings are taken off the list;
# nothing when it is malformed.
sub _parameter
{
	my ($text, $strings) = @_;
	my ($name, $value) = map { _trim($_) } split /=/, $text, 2;
	my @found = splice @$strings, 0, $text =~ tr/"//;

	return unless defined $name && $name =~ /\A$token\z/;
	$value //= '';
	return (lc $name, $found[0]) if $value eq '"';
	return $value =~ /[ \t"]/ ? () : (lc $name, $value);
}

sub sip_param
{
	my ($wanted, $value) = @_;
	my ($uri, $tail, @strings) = _split($value) or return;

	for my $item (split /;/, $tail) {
		my ($name, $text) = _parameter($item, \@strings) or next;
		return $text if $name eq lc $wanted;
	}
	return;
}

sub sip_uri
{
	my ($value) = @_;
	my ($uri) = _split($value) or return;

	return $uri eq '' ? () : $uri;
}

# User and host of a sip: or sips: URI, the user raw and undef when there is
# none. As the handler judges a Request-URI, but for the octets of a user.
sub _sip_uri
{
	my ($value) = @_;
	my ($uri) = _split($value) or return;

	return unless $uri =~ s/\Asips?://i && $uri =~ /\A[!-~]*+\z/;
	my ($user, $host, $port) = $uri =~ m{\A(?:([^\@:]++)(?::[^\@]*+)?\@)?+
	    (\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9._-]++)(?::([0-9]++))?
	    (?:[;?][^\@]*+)?\z}x or return;
	return if ($port // 0) =~ /[1-9][0-9]{5}/ || ($port // 0) > 65535;
	$host =~ s/\.\z//;
	return if $host !~ /\A\[/ && (length $host > 255 ||
	    grep { $_ eq '' || /\A-|-\z/ } split /\./, $host, -1) ||
	    $host eq '';
	return ($user, lc $host);
}

sub sip_uri_user
{
	my ($value) = @_;
	my ($user) = _sip_uri($value) or return;

	return defined $user ? _canonical($user) : ();
}

sub sip_uri_host
{
	my ($value) = @_;

	return (_sip_uri($value))[1] // ();
}

# Only an escape of an unreserved character is decoded.
sub _canonical
{
	my ($user) = @_;

	return $user =~ s/%([0-9A-Fa-f]{2})/
	    my $char = chr hex $1;
	    $char =~ m{[A-Za-z0-9\-_.!~*'()]} ? $char : '%' . uc $1/gerx;
}

# The telephone number in a tel: URI or in a SIP URI's user, and its
# phone-context (RFC 3966 section 3, RFC 3261 section 19.1.6).
sub _number
{
	my ($value) = @_;
	my ($uri, $tail) = _split($value) or return;
	my $text;

	if (my ($rest) = $uri =~ /\Atel:([!-~]*+)\z/i) {
		# A bare one has its own parameters behind it.
		$text = (_flatten($value))[0] =~ /</ ? $rest : "$rest$tail";
	} else {
		$text = sip_uri_user($value) // return;
	}
	my ($number, @params) = split /;/, $text;
	$number = ($number // '') =~ s/%23/#/gr =~ tr/-.()//dr;
	return unless $number =~ /\A(?:\+[0-9]++|[0-9*#]++)\z/;
	for (@params) {
		return ($number, lc $1) if /\A${blanks}phone-context=(.*)\z/is;
	}
	return ($number, undef);
}

sub sip_uri_number
{
	my ($value) = @_;

	return (_number($value))[0] // ();
}

sub sip_uri_context
{
	my ($value) = @_;

	return (_number($value))[1] // ();
}

sub sip_split_list
{
	my ($value) = @_;
	my @values = ('');
	my $bracket = 0;

	pos($value) = 0;
	while ($value =~
	    /\G(?:([^"<>,]++)|("(?:[^"\\]++|\\.)*+")|([<>])|,)/gcs) {
		my $piece = $1 // $2 // $3;
		$bracket = $3 eq '<' if defined $3;
		$piece //= ',' if $bracket;
		if (defined $piece) {
			$values[-1] .= $piece;
		} else {
			push @values, '';
		}
	}
	return if pos $value != length $value || $bracket;
	return grep { $_ ne '' } map { _trim($_) } @values;
}

sub sip_parse_credentials
{
	my ($value) = @_;
	my ($flat, @strings) = _flatten(_trim($value // '')) or return;
	my ($scheme, $rest) = $flat =~ /\A($token)(?:[ \t]++(.*))?\z/s
	    or return;
	my %params;

	$rest //= '';
	return (lc $scheme, { token68 => $rest })
	    if $rest =~ /\A[^ \t,"=]++=*\z/;
	for my $item (split /,/, $rest) {
		next if $item =~ /\A$blanks\z/;
		my ($name, $text) = _parameter($item, \@strings) or return;
		return if $item !~ /=/ || exists $params{$name};
		$params{$name} = $text;
	}
	return (lc $scheme, \%params);
}

sub sip_quote
{
	my ($text) = @_;

	return if $text =~ $control;
	return '"' . $text =~ s/(["\\])/\\$1/gr . '"';
}

1;

__END__

=encoding utf8

=head1 NAME

SipCgi - answer SIP requests from a script

=head1 SYNOPSIS

    #!/usr/bin/perl
    use strict;
    use warnings;
    use SipCgi;

    sip_allow(qw(INVITE ACK CANCEL)) or exit;
    sip_require() or exit;
    sip_reply(302, 'Contact: <sip:bob@192.0.2.7>');

=head1 DESCRIPTION

A script that sipcgi-handler(8) starts finds the request in its environment
and on standard input. The functions are those of the shell library
F<sip-cgi.sh>, by the same names, and do the same. All are exported.

An address stands in single quotes: in double ones Perl takes C<@192> for an
array, which is empty, and says nothing.

Values of header fields are octets. What is absent or cannot be read is
C<undef>, in a list nothing; a single value over 2048 octets counts as such.

A script that ends without a final answer, by C<die> or otherwise, is answered
500, with a line in the log. Programs that it runs may answer in its place,
with any of the three libraries, or be followed by C<sip_answered>.

=head2 The answer

=over

=item sip_reply(CODE, [REASON], HEADER..., [{ body => OCTETS }])

Write one complete response: Via, From, To with its tag, Call-ID and CSeq from
the request, the HEADERs (C<'Name: value'>) and Content-Length; nothing for an
ACK. REASON defaults to the registered phrase. A body is text/plain unless a
HEADER says otherwise. False after writing a 500, with the fault in the log,
because an argument cannot be sent; and when a final answer has been written
already, for then nothing is.

=item sip_allow(METHOD...)

Is the request's method one of these? If not, answer 405 with them as Allow,
and return false.

=item sip_require(EXTENSION...)

Does the request require nothing but these extensions? If not, answer 420 with
the others as Unsupported, and return false.

=item sip_answered()

Say that the final answer has been written in another way, by C<print> or by a
program without a library.

=back

=head2 The request

=over

=item sip_body()

The octets of the body.

=item sip_header(NAME)

Each row of a header field, unfolded, from standard input: also what is not in
C<%ENV>, such as Authorization. In scalar context the first.

=back

=head2 Values

=over

=item sip_uri(VALUE)

The URI in the first value of a From, To, Contact or Route.

=item sip_uri_user(VALUE), sip_uri_host(VALUE)

User and host of a sip: or sips: URI, or of a value that holds one, spelled as
in SIPCGI_USER and SIPCGI_HOST.

=item sip_uri_number(VALUE), sip_uri_context(VALUE)

The telephone number of a tel: URI, or of a SIP URI whose user is one: digits,
C<*> and C<#>, after a C<+> where it is global, without visual separators. And
its phone-context.

=item sip_param(NAME, VALUE)

A parameter of the first value, without its quotes, C<''> for one without a
value. The parameters of a bare URI are read as the value's.

=item sip_split_list(VALUE)

The values between commas, but for those in quotes and angle brackets.

=item sip_parse_credentials(VALUE)

The scheme, in small letters, and a reference to a hash of the parameters of
one row of Authorization. Credentials of another form, as those of Basic, are
the parameter C<token68>.

=item sip_quote(TEXT)

A quoted string.

=back

=head1 SEE ALSO

L<SipCgi::Digest>, sip-cgi(7), sipcgi-handler(8)

=cut
