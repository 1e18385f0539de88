#!/bin/sh
# PROXY headers. The driver is tests/unit/proxy.c. Each header also goes
# through all that tests/fuzz/check_proxy.c demands, octet by octet.

top=$(cd "$(dirname "$0")/../.." && pwd)
driver=${BUILD:-$top/build}/tests/unit/proxy

oneTimeSetUp()
{
	header=$SHUNIT_TMPDIR/header
}

# gives EXPECTED FORMAT: what is read of a header, from printf's format.
gives()
{
	# shellcheck disable=SC2059
	printf "$2" >"$header"
	assertEquals "$2" "$1" "$("$driver" "$header")"
	"$driver" check "$header" >/dev/null 2>"$header.err" ||
	    fail "$(cat "$header.err")"
}

# two COMMAND FAMILY LENGTH REST: version 2, octets in printf's form.
two()
{
	printf '%s' '\r\n\r\n\000\r\nQUIT\n'"$1$2$3$4"
}

ipv4='\300\000\002\007\300\000\002\001\234\260\023\304'
ipv6='\040\001\015\270\0\0\0\0\0\0\0\0\0\0\0\007'\
'\040\001\015\270\0\0\0\0\0\0\0\0\0\0\0\001\234\260\023\304'

test_version_1()
{
	gives '43 192.0.2.7 40112 192.0.2.1 5060' \
	    'PROXY TCP4 192.0.2.7 192.0.2.1 40112 5060\r\nOPTIONS' 
	gives '47 2001:db8::7 0 2001:db8::1 65535' \
	    'PROXY TCP6 2001:DB8::0007 2001:db8::1 0 65535\r\n'
	gives '49 192.0.2.7 1 192.0.2.1 2' \
	    'PROXY TCP6 ::ffff:192.0.2.7 ::ffff:c000:201 1 2\r\n'
}

test_version_1_unknown_is_the_sockets()
{
	gives 15 'PROXY UNKNOWN\r\n'
	gives 38 'PROXY UNKNOWN 192.0.2.7 whatever 1 x\r\n'
	gives bad 'PROXY UNKNOWNS\r\n'
}

test_version_1_that_is_malformed()
{
	for line in 'TCP4 192.0.2.7 192.0.2.1 40112' \
	    'TCP4 192.0.2.7 192.0.2.1 40112 5060 ' \
	    'TCP4 192.0.2.7 192.0.2.1 40112 5060 1' \
	    'TCP4  192.0.2.7 192.0.2.1 40112 5060' \
	    'TCP4 192.0.2.256 192.0.2.1 40112 5060' \
	    'TCP4 192.0.2.07 192.0.2.1 40112 5060' \
	    'TCP4 192.0.2 192.0.2.1 40112 5060' \
	    'TCP4 ::1 ::1 40112 5060' 'TCP6 192.0.2.7 ::1 40112 5060' \
	    'TCP6 ::1%%lo ::1 40112 5060' 'TCP6 [::1] ::1 40112 5060' \
	    'TCP4 192.0.2.7 192.0.2.1 65536 5060' \
	    'TCP4 192.0.2.7 192.0.2.1 +1 5060' \
	    'TCP4 192.0.2.7 192.0.2.1 01 5060' \
	    'TCP4 192.0.2.7 192.0.2.1  5060' \
	    'TCP4 192.0.2.7\000 192.0.2.1 1 5060' \
	    'UDP4 192.0.2.7 192.0.2.1 40112 5060' 'tcp4' 'TCP5' '' \
	    'TCP4 192.0.2.7 192.0.2.1 1 2\rx'; do
		gives bad "PROXY $line\\r\\n"
	done
	gives bad 'proxy TCP4 192.0.2.7 192.0.2.1 1 2\r\n'
	gives bad 'PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n\r\n'
}

test_version_1_has_107_octets_at_most()
{
	line=$(printf 'PROXY UNKNOWN %91s' x)
	gives 107 "$line\\r\\n"
	gives bad "${line}x\\r\\n"
	gives bad "${line}xx"
	gives more "$line"
}

test_version_2()
{
	gives '28 192.0.2.7 40112 192.0.2.1 5060' \
	    "$(two '\041' '\021' '\000\014' "$ipv4")OPTIONS"
	gives '52 2001:db8::7 40112 2001:db8::1 5060' \
	    "$(two '\041' '\041' '\000\044' "$ipv6")"
}

test_version_2_tlvs_are_passed_over()
{
	gives '34 192.0.2.7 40112 192.0.2.1 5060' \
	    "$(two '\041' '\021' '\000\022' "$ipv4")"'\001\000\003sip'
	gives more "$(two '\041' '\021' '\000\022' "$ipv4")"'\001\000\003si'
}

test_version_2_that_names_no_addresses()
{
	gives '16 local' "$(two '\040' '\000' '\000\000')"
	gives '28 local' "$(two '\040' '\021' '\000\014' "$ipv4")"
	gives '16 local' "$(two '\040' '\377' '\000\000')"
	gives 16 "$(two '\041' '\000' '\000\000')"
	gives 18 "$(two '\041' '\061' '\000\002' ab)"
}

test_version_2_that_is_malformed()
{
	gives bad "$(two '\042' '\021' '\000\014' "$ipv4")"
	gives bad "$(two '\061' '\021' '\000\014' "$ipv4")"
	gives bad "$(two '\041' '\101' '\000\014' "$ipv4")"
	gives bad "$(two '\041' '\023' '\000\014' "$ipv4")"
	gives bad "$(two '\041' '\021' '\000\013' "$ipv4")"
	gives bad "$(two '\041' '\041' '\000\043' "$ipv6")"
	gives bad '\r\n\r\n\000\r\nQUIT\r'
	gives bad '\r\n\r\n\000\r\nQUIT\n\042'
}

test_version_2_has_4096_octets_at_most()
{
	gives more "$(two '\041' '\021' '\017\360')"
	gives bad "$(two '\041' '\021' '\017\361')"
	gives bad "$(two '\041' '\021' '\377\377')"
}

test_no_header()
{
	gives more ''
	gives more 'PROXY'
	gives more '\r\n\r\n'
	gives bad 'OPTIONS sip:a SIP/2.0\r\n'
	gives bad '\r\n\r\nOPTIONS sip:a SIP/2.0\r\n'
	gives bad 'PROXYTCP4'
	gives bad '\026\003\001'
}

# shellcheck disable=SC1091
. shunit2
