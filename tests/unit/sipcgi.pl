#!/usr/bin/perl
# What lib/SipCgi.pm promises; tests/unit/libraries.bats runs it.
use strict;
use warnings;
use File::Temp 'tempdir';
use FindBin '$Bin';
use Test::More;
use lib "$Bin/../../lib";
use SipCgi;

my $dir = tempdir(CLEANUP => 1);
%ENV = (
	PATH => $ENV{PATH},
	REQUEST_METHOD => 'INVITE',
	SIPCGI_TO_TAG => 't0t4g',
	SIP_VIA => 'SIP/2.0/TCP a.example;branch=z9hG4bK1',
	SIP_FROM => '"A" <sip:alice@a.example>;tag=1',
	SIP_TO => '<sip:bob@b.example>',
	SIP_CALL_ID => '1@a.example',
	SIP_CSEQ => '7 INVITE',
	CONTENT_LENGTH => 19,
);
my $copied = join '', map { "$_\r\n" }
    'Via: SIP/2.0/TCP a.example;branch=z9hG4bK1',
    'From: "A" <sip:alice@a.example>;tag=1',
    'To: <sip:bob@b.example>;tag=t0t4g', 'Call-ID: 1@a.example',
    'CSeq: 7 INVITE';
my $end = "Content-Length: 0\r\n\r\n";

# What sip_reply writes and logs, and what it returns.
sub answer
{
	return answer_of(\&sip_reply, @_);
}

sub answer_of
{
	my ($function, @arguments) = @_;
	my %file = (out => "$dir/out", err => "$dir/err");

	open my $stdout, '>&', \*STDOUT or die;
	open my $stderr, '>&', \*STDERR or die;
	open STDOUT, '>', $file{out} or die;
	open STDERR, '>', $file{err} or die;
	my $result = $function->(@arguments);
	open STDOUT, '>&', $stdout or die;
	open STDERR, '>&', $stderr or die;
	my @text = map {
		open my $file, '<', $_ or die;
		local $/;
		<$file> // '';
	} @file{'out', 'err'};
	return (@text, $result);
}

sub is_refused
{
	my ($word, @arguments) = @_;
	my ($out, $err, $result) = answer(@arguments);

	is($out, "SIP/2.0 500 Server Internal Error\r\n$copied$end",
	    "500 for: $word");
	like($err, qr/\Q$word\E/, "the log says: $word");
	ok(!$result, "false for: $word");
}

is_deeply([answer(302, 'Contact: <sip:b@192.0.2.7>')],
    ["SIP/2.0 302 Moved Temporarily\r\n${copied}" .
    "Contact: <sip:b\@192.0.2.7>\r\n$end", '', 1], 'a plain reply');
is((answer(480, 'Gone fishing: back', 'Retry-After: 5'))[0],
    "SIP/2.0 480 Gone fishing: back\r\n${copied}Retry-After: 5\r\n$end",
    'a reason of its own');
is((answer(299, ''))[0], "SIP/2.0 299 Success\r\n$copied$end",
    'the name of the class');
is((answer(200, { body => "gr\x{fc}n \x{263a}" }))[0],
    "SIP/2.0 200 OK\r\n${copied}Content-Type: text/plain;charset=UTF-8\r\n" .
    "Content-Length: 9\r\n\r\ngr\xc3\xbcn \xe2\x98\xba",
    'the length is in octets');
is((answer(200, 'c: x/y', { body => "a\0b" }))[0],
    "SIP/2.0 200 OK\r\n${copied}c: x/y\r\nContent-Length: 3\r\n\r\na\0b",
    'a body with its own type');
is_refused('control character in header field A', 200, "A: b\r\nEvil: 1");
is_refused('control character in header field A', 200, "A: b\n");
is_refused('control character in header field A', 200, "A: b\0");
is_refused('control character in the reason', 200, "a\r\nEvil: 1");
is_refused('not a header field', 200, 'OK', 'no colon');
is_refused('(Name: value): a?b: c; answering', 200, 'OK', "a\nb: c");
is_refused('Via is written by', 200, 'Via: x');
is_refused('l is written by', 200, 'l: 5');
is_refused('Content-Type is given twice', 200, 'Content-Type: a/b', 'c: d/e',
    { body => 'x' });
is_refused('unknown option: Contact', 302, { Contact => '<sip:a>' });
is_refused('not a header field', 200, 'OK', { body => 'x' }, 'A: b');
is_refused('not a header field', 200, 'OK', ['A', 'b']);
is_refused('not a reason phrase', 200, ['A: b']);
is_refused('the body is a reference', 200, { body => ['x'] });
is_refused('not a reason phrase', 302, $_)
    for 'Contact <sip:b@c>', 'Contact sip:b@c', 'x SIPS:b@c',
    'Retry-After 60', 'allow INVITE', "Expires\t0", 'a "b"', 'a#b';
is((answer(480, $_))[0], "SIP/2.0 480 $_\r\n$copied$end", "reason: $_")
    for 'Retry-After', 'Sip is down', 'Contact us', 'Allowed once';
is((answer(302, 'Contact : <sip:a>', "X-A \t:1"))[0],
    "SIP/2.0 302 Moved Temporarily\r\n${copied}Contact: <sip:a>\r\n" .
    "X-A: 1\r\n$end", 'blanks before the colon');
{
	local $ENV{SIP_REQUIRE} = 'timer ,100rel,, X';
	ok(sip_require('100rel', 'TIMER', 'x'), 'all extensions are known');
	my ($out, $err, $result) = answer_of(\&sip_require, 'Timer');
	is($out, "SIP/2.0 420 Bad Extension\r\n${copied}Unsupported: " .
	    "100rel, X\r\n$end", 'two are not');
	ok(!$result, 'and the answer is written');
	local $ENV{REQUEST_METHOD} = 'CANCEL';
	ok(sip_require(), 'not for a CANCEL');
}
ok(sip_allow('OPTIONS', 'INVITE'), 'the method is allowed');
{
	my ($out, $err, $result) = answer_of(\&sip_allow, 'OPTIONS', 'ACK');
	is($out, "SIP/2.0 405 Method Not Allowed\r\n${copied}Allow: " .
	    "OPTIONS, ACK\r\n$end", 'the method is not allowed');
	ok(!$result, 'and the answer is written');
}
is(sip_quote('a"b\\c'), '"a\\"b\\\\c"', 'a quoted string');
is(sip_quote("a\nb"), undef, 'of one line');
is_refused('not a status code', $_) for 99, 700, "200\n", '', 'x';

{
	local $ENV{REQUEST_METHOD} = 'ACK';
	is_deeply([answer(200)], ['', '', 1], 'nothing for an ACK');
}
{
	local $ENV{SIP_TO} = '<sip:b>;tag=9';
	local $ENV{SIPCGI_TO_TAG};
	delete $ENV{SIPCGI_TO_TAG};
	like((answer(200))[0], qr/^To: <sip:b>;tag=9\r\n/m, 'one tag');
}
{
	local $ENV{SIP_RECORD_ROUTE} = '<sip:p;lr>';
	local $ENV{SIP_TIMESTAMP} = '54';
	like((answer(200))[0], qr/^Record-Route: <sip:p;lr>\r\n/m,
	    'Record-Route in a 200 to INVITE');
	unlike((answer(302))[0], qr/^Record-Route|^Timestamp/m,
	    'and not in a 302');
	like((answer(100))[0], qr/^Timestamp: 54\r\n/m, 'Timestamp in a 100');
	local $ENV{REQUEST_METHOD} = 'OPTIONS';
	unlike((answer(200))[0], qr/^Record-Route/m, 'nor for OPTIONS');
}

open STDIN, '<', "$Bin/sip-cgi.stdin" or die;
my $first = <STDIN>;
is(sip_body(), "line 1\r\nline 2\n\nend", 'the body');
is_deeply([sip_header('authorization')],
    ['Digest username="bob", realm="r"', 'Basic x'], 'rows, unfolded');
is_deeply([sip_header('X_Odd')], ['a b c'], 'folds are one space');
is_deeply([sip_header('Empty')], [''], 'an empty header field');
is_deeply([sip_header('line 1')], [], 'the body has no header fields');
my $second = <STDIN>;
is($second, "X_Odd: a\r\n", 'standard input is left to the script');
{
	local $ENV{CONTENT_LENGTH} = 0;
	is(sip_body(), '', 'no body');
}

open my $table, '<', "$Bin/values.txt" or die;
while (<$table>) {
	chomp;
	next if /^#/;
	my ($function, $param, $value, $want) = split /\|/, $_, -1;
	my $got;
	if ($function eq 'param') {
		$got = sip_param($param, $value);
	} elsif ($function eq 'list') {
		my @values = sip_split_list($value);
		$got = join ' // ', @values if @values;
	} elsif ($function =~ /\Ascheme|credential\z/) {
		my ($scheme, $params) = sip_parse_credentials($value);
		$got = $function eq 'scheme' ? $scheme : $params->{lc $param};
	} else {
		no strict 'refs';
		my $name = $function eq 'uri' ? 'sip_uri' : "sip_uri_$function";
		$got = $name->($value);
	}
	is($got // 'none', $want, "$function $param of $value");
}

done_testing();
