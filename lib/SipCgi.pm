package SipCgi;

# Answer SIP requests from a Perl script.
#
#    #!/usr/bin/perl
#    use strict;
#    use warnings;
#    use lib '/usr/local/share/sip-cgi';
#    use SipCgi;
#    sip_reply(302, 'Contact: <sip:bob@192.0.2.7>');
#
# The functions are those of sip-cgi.sh, by the same names:
#
# sip_reply(CODE, [REASON], HEADER..., [{ body => OCTETS }])
#    Write one complete response; nothing for an ACK. An argument that reads
#    "Name:..." is a HEADER. A body is text/plain unless a HEADER says
#    otherwise. False after writing a 500, with the fault in the log, because
#    an argument cannot be sent.
# sip_body()          the octets of the request's body
# sip_header(NAME)    each row of a header field, unfolded, from standard
#                     input: also what is not in %ENV, such as Authorization
# sip_uri(VALUE)      the URI in one From, To, Contact or Route value
# sip_uri_user(VALUE), sip_uri_host(VALUE)
#                     its user and host, as in SIPCGI_USER and SIPCGI_HOST
# sip_param(NAME, VALUE)
#                     a parameter of a value, '' for one without a value
# What is absent or cannot be read is undef, in a list nothing.
#
# No module is loaded that a plain answer does not need: a process is started
# for each request.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(sip_reply sip_body sip_header sip_uri sip_uri_user
    sip_uri_host sip_param);

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

my $token = qr/[A-Za-z0-9.!%*_+`'~-]+/;
my $quoted = qr/"(?:[^"\\]|\\.)*+"/s;

# What sip_reply writes itself, compact forms too.
my %own = map { $_ => 1 } qw(via v from f to t call-id i cseq
    content-length l);

sub sip_reply
{
	my @arguments = @_;
	my $options = ref $arguments[-1] ? pop @arguments : {};

	return 1 if ($ENV{REQUEST_METHOD} // '') eq 'ACK';
	my $body = $options->{body} // '';
	utf8::encode($body) if utf8::is_utf8($body);
	utf8::is_utf8($_) && utf8::encode($_) for @arguments;
	my ($fault, $code, $reason, @headers) = _check(@arguments);
	if ($fault) {
		# A caller that gets no answer tries again and again.
		# On one line of the log, whatever a stranger put into it.
		$fault =~ tr/\x00-\x1f\x7f/?/;
		print STDERR "SipCgi: $fault; answering 500 instead\n";
		_send('', 500, $phrases{500});
		return 0;
	}
	return _send($body, $code, $reason, @headers);
}

sub _check
{
	my ($code, @rest) = @_;

	return 'not a status code from 100 to 699: ' . ($code // '(none)')
	    unless defined $code && $code =~ /\A[1-6][0-9][0-9]\z/;
	my $reason = $phrases{$code} // $classes[substr($code, 0, 1) - 1];
	if (@rest && $rest[0] !~ /\A$token:/) {
		my $given = shift @rest;
		$reason = $given if $given ne '';
	}
	return 'control character in the reason phrase'
	    if $reason =~ /[\x00-\x08\x0a-\x1f\x7f]/;
	for my $header (@rest) {
		my ($name) = $header =~ /\A($token):/
		    or return "not a header field (Name: value): $header";
		return "control character in header field $name"
		    if $header =~ /[\x00-\x08\x0a-\x1f\x7f]/;
		return "$name is written by sip_reply itself"
		    if $own{lc $name};
	}
	return (undef, $code, $reason, @rest);
}

sub _send
{
	my ($body, $code, $reason, @headers) = @_;

	push @headers, 'Content-Type: text/plain;charset=UTF-8'
	    if $body ne '' && !grep { /\A(?:c|content-type):/i } @headers;
	my $answer = join "\r\n", "SIP/2.0 $code $reason", _copied($code),
	    @headers, 'Content-Length: ' . length($body), '', $body;
	while ($answer ne '') {
		my $written = syswrite STDOUT, $answer;
		return 0 unless defined $written;
		substr $answer, 0, $written, '';
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
			print STDERR "SipCgi: ", _variable($name),
			    " is not set\n";
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
	my @rows;

	substr $message, -$ENV{CONTENT_LENGTH}, $ENV{CONTENT_LENGTH}, ''
	    if ($ENV{CONTENT_LENGTH} // 0) > 0;
	for my $line (split /\r?\n/, $message) {
		if ($line =~ s/\A[ \t]+// && @rows) {
			$rows[-1][1] = _trim("$rows[-1][1] $line");
			next;
		}
		my ($field, $value) = split /:/, $line, 2;
		push @rows, [_trim($field // ''), _trim($value // '')];
	}
	my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name } @rows;
	return wantarray ? @values : $values[0];
}

sub _trim
{
	my ($text) = @_;

	return $text =~ s/\A[ \t]+|[ \t]+\z//gr;
}

# The URI in a value and the parameters that follow it.
sub _split
{
	my ($value) = @_;

	$value = _trim($value // '');
	return ($1, $2) if $value =~ /\A(?:$quoted[ \t]*|[^"<]*)<([^>]*)>(.*)/s;
	# "a;b" may be a user, so parameters start behind the "@".
	return (_trim($1), $2)
	    if $value =~ /\A((?:[^"<\@]*\@)?[^"<;,]*)((?:[;,][^<]*)?)\z/s;
	return;
}

sub _sip_uri
{
	my ($value) = @_;
	my ($uri) = _split($value);

	return $uri if defined $uri && $uri =~ s/\Asips?://i;
	return;
}

sub sip_uri
{
	my ($value) = @_;

	return (_split($value))[0];
}

sub sip_uri_user
{
	my ($value) = @_;
	my $uri = _sip_uri($value) // return;
	my ($user) = $uri =~ /\A([^\@:]*)(?::[^\@]*)?\@/ or return;

	$user =~ s/%([0-9A-Fa-f]{2})/_decoded($1)/ge;
	return $user;
}

# Only an escape of an unreserved character is decoded.
sub _decoded
{
	my ($digits) = @_;
	my $char = chr hex $digits;

	return $char =~ /[A-Za-z0-9\-_.!~*'()]/ ? $char : '%' . uc $digits;
}

sub sip_uri_host
{
	my ($value) = @_;
	my $uri = _sip_uri($value) // return;
	my ($host) = $uri =~ /\A(?:[^\@]*\@)?(\[[^]]*\]|[^:;?]*)/;

	$host =~ s/\.\z//;
	return $host eq '' ? undef : lc $host;
}

sub sip_param
{
	my ($wanted, $value) = @_;
	my (undef, $params) = _split($value);

	$params //= '';
	while ($params =~ /\G[ \t]*;[ \t]*([^;,=]*?)[ \t]*
	    (?:=[ \t]*($quoted|[^";,][^;,]*|))?[ \t]*(?=[;,]|\z)/gcxs) {
		my ($name, $text) = ($1, $2 // '');
		next if lc $name ne lc $wanted;
		return $text =~ s/\\(.)/$1/gsr if $text =~ s/\A"(.*)"\z/$1/s;
		return _trim($text);
	}
	return;
}

1;
