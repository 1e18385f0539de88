#!/bin/sh
# What the pure modules make of a message: slices, URIs, Via parameters, tags,
# environments and answers. The driver is tests/unit/message.c. Whatever is
# given to it here also goes through all that tests/fuzz/check.h demands, cut
# in two at each octet.

top=$(cd "$(dirname "$0")/../.." && pwd)
driver=${BUILD:-$top/build}/tests/unit/message
message=${SHUNIT_TMPDIR:-/tmp}/message

setUp()
{
	message=$SHUNIT_TMPDIR/message
}

# message FORMAT: the message under test, from printf's format.
message()
{
	# shellcheck disable=SC2059
	printf "$1" >"$message"
	"$driver" check "$message" >/dev/null 2>"$message.err" ||
	    fail "$(cat "$message.err")"
}

# request [FIELD...]: a request that passes, with more header lines.
request()
{
	start='OPTIONS sip:b.example SIP/2.0\r
Via: SIP/2.0/TCP a.example;branch=z9hG4bK1\r
To: <sip:b.example>\r
From: <sip:a.example>;tag=1\r
Call-ID: 1@a.example\r
CSeq: 7 OPTIONS\r
'
	message "$start$(printf '%s\\r\\n' "$@")\r\n"
}

# instead NAME LINE: that request with LINE for the header NAME.
instead()
{
	request Max-Forwards:70
	sed "s/^$1:.*/$(printf '%s' "$2" | sed 's/[\\&/]/\\&/g')\r/" \
	    "$message" >"$message.new"
	mv "$message.new" "$message"
	"$driver" check "$message" >/dev/null 2>"$message.err" ||
	    fail "$(cat "$message.err")"
}

parse()
{
	"$driver" parse "$message"
}

# verdict: the first line of what parse prints.
verdict()
{
	parse | sed -n '1s/ head=.*//p;1q'
}

# line NAME: the line of parse that begins with NAME.
line()
{
	parse | grep -a "^$1 "
}

# variable NAME [PEER]: its value in the environment.
variable()
{
	"$driver" environment "$message" "${2:-0}" | sed -n "s/^$1=//p"
}

# answer [PEER]
answer()
{
	"$driver" answer "$message" "${1:-0}" no-script
}

is()
{
	assertEquals "$1" "$2"
}

test_slices_of_a_small_message()
{
	message 'ACK sip:bob:pw@b.example:5070;lr SIP/2.0\r\nv: SIP/2.0/TCP a\r\nt :<sip:b>\r\nFROM:a\r\ni:\t1 \r\nCSeq: 1\r\n ACK\r\n\r\nbody'
	is 'accept head=104 cseq=1
method 0+3 ACK
uri 4+28 sip:bob:pw@b.example:5070;lr
user 8+3 bob
password 12+2 pw
host 15+9 b.example
0 Via 45+13 SIP/2.0/TCP a
1 To 63+7 <sip:b>
2 From 77+1 a
3 Call-ID 83+1 1
4 CSeq folded 93+7 1\x0d\x0a ACK' "$(parse)"
}

# shellcheck disable=SC1091
. shunit2
