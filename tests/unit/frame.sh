#!/bin/sh
# Streams of messages and datagrams. The driver is tests/unit/frame.c. What is
# given to it here also goes through all that tests/fuzz/check_frame.c demands:
# any split, and the handler's verdict on each message.

top=$(cd "$(dirname "$0")/../.." && pwd)
driver=${BUILD:-$top/build}/tests/unit/frame

oneTimeSetUp()
{
	file=$SHUNIT_TMPDIR/file
}

# stream EXPECTED FORMAT [MAX-BODY]: octets from printf's format.
stream()
{
	# shellcheck disable=SC2059
	printf "$2" >"$file"
	assertEquals "$2" "$1" "$("$driver" stream "$file" ${3:+"$3"})"
	check "$file"
}

# datagram EXPECTED FORMAT [MAX-BODY]
datagram()
{
	# shellcheck disable=SC2059
	printf "$2" >"$file"
	assertEquals "$2" "$1" "$("$driver" datagram "$file" ${3:+"$3"})"
	check "$file"
}

check()
{
	"$driver" check "$@" >"$file.names" 2>"$file.err" ||
	    fail "$(tail -n 1 "$file.names"): $(cat "$file.err")"
}

# request [LINES [BODY]]: in printf's form; its head has 92 octets and LINES.
request()
{
	printf '%s' 'OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/TCP abc\r\n'\
'To: b\r\nFrom: a\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n'"${1-}"'\r\n'"${2-}"
}

test_messages_follow_one_another()
{
	stream 'request at 0 head=92 body=0
request at 92 head=98 body=3
request at 193 head=98 body=0
end' "$(request)$(request 'l: 3\r\n' abc)$(request 'l: 0\r\n')"
}

test_a_body_may_look_like_a_message()
{
	stream 'request at 0 head=99 body=92
request at 191 head=92 body=0
end' "$(request 'l: 92\r\n' "$(request)")$(request)"
}

test_empty_lines_between_messages()
{
	stream 'request at 0 head=92 body=0
pong 1
request at 98 head=92 body=0
pong 2
end' "$(request)"'\r\n\r\n\r\n'"$(request)"'\r\n\r\n\r\n\r\n'
	stream 'pong 1
end' '\r\n\n\r\n\r\n\n\r\n'
	stream 'end' '\r\n'
	stream end ''
}

test_keepalives_are_counted_since_the_last_message()
{
	assertEquals 'pong 16384 empty 65536' "$("$driver" keepalives 32768)"
	assertEquals 'pong 16384 empty 65538' "$("$driver" keepalives 32769)"
}

test_what_is_refused_but_can_be_passed_over()
{
	for lines in 'To: b\r\n' 'no colon\r\n' 'a b: c\r\n' \
	    'CSeq: 1 OPTIONS\r\n'; do
		first=$(request "${lines}l: 2\\r\\n" ab)
		# shellcheck disable=SC2059
		printf "$first" >"$file"
		head=$(wc -c <"$file")
		why=$("$driver" stream "$file" |
		    sed -n '1s/refused \([^ ]*\) .*/\1/p')
		assertNotEquals "$lines" '' "$why"
		stream "refused $why at 0 head=$((head - 2)) body=2
request at $head head=92 body=0
end" "$first$(request)"
	done
	stream 'refused uri-bad-host at 0 head=37 body=0
request at 37 head=92 body=0
end' 'OPTIONS sip: SIP/2.0\r\nl: 0\r\nTo: b\r\n\r\n'"$(request)"
	stream 'refused missing-to at 0 head=30 body=1
cut 0' 'OPTIONS sip:b SIP/2.0\r\nl:1\r\n\r\n'
}

test_what_is_refused_and_ends_the_stream()
{
	stream 'refused repeated-content-length at 0' \
	    "$(request 'l: 0\r\nl: 0\r\n')$(request)"
	stream 'refused bad-content-length at 0' \
	    "$(request 'l: 1 \t1\r\n')$(request)"
	stream 'refused bad-content-length at 0' \
	    "$(request 'l: +1\r\n')$(request)"
	stream 'refused missing-content-length at 0' \
	    "$(request 'c: a/b\r\n')$(request)"
	stream 'refused repeated-to at 0' "$(request 't: b\r\n')$(request)"
	stream 'refused nul at 0' "$(request 'l: 0\r\nX: \000\r\n')$(request)"
	stream 'refused bare-cr at 0' "$(request 'l: 0\r\nX: \r1\r\n')"
	stream 'refused version-not-supported at 0' \
	    'OPTIONS sip:b SIP/3.0\r\nl: 0\r\n\r\n'
	stream 'refused bad-start-line at 0' \
	    'OPTIONS  sip:b SIP/2.0\r\nl: 0\r\n\r\n'
	stream 'refused bad-version at 0' \
	    'OPTIONS sip:b HTTP/1.1\r\nl: 0\r\n\r\n'
	stream 'refused not-sip at 0' '\026\003\001'
	stream 'refused response at 0' 'SIP/2.0 200 OK\r\nl: 0\r\n\r\n'
}

# A URI with white space in it makes one more word: no line that is sound.
test_a_start_line_of_four_words_ends_the_stream()
{
	stream 'refused bad-start-line at 0' \
	    'OPTIONS sip:b c SIP/2.0\r\nl: 0\r\n\r\n'
	stream 'refused bad-start-line at 0' \
	    'OPTIONS sip:b\tc SIP/2.0\r\nl: 0\r\n\r\n'
}

test_a_body_over_the_limit_ends_the_stream()
{
	stream 'request at 0 head=99 body=10
end' "$(request 'l: 10\r\n' 0123456789)" 10
	stream 'refused body-too-large at 0' \
	    "$(request 'l: 11\r\n' 0123456789a)" 10
}

test_a_stream_that_is_cut()
{
	stream 'request at 0 head=92 body=0
refused incomplete-head at 92' "$(request)OPTIONS sip"
	stream 'refused bare-cr at 0' '\r'
	stream 'request at 0 head=98 body=4
cut 3' "$(request 'l: 4\r\n' abc)"
}

test_datagrams()
{
	datagram 'request at 0 head=92 body=0' "$(request)"
	datagram 'request at 4 head=92 body=0' '\r\n\r\n'"$(request)"
	datagram 'request at 0 head=101 body=3' "$(request 'c: text\r\n' abc)"
	datagram 'request at 0 head=98 body=2' "$(request 'l: 2\r\n' abc)"
	datagram 'refused incomplete-body' "$(request 'l: 4\r\n' abc)"
	datagram 'request at 0 head=92 body=10' "$(request '' 0123456789)" 10
	datagram 'refused body-too-large' "$(request '' 0123456789a)" 10
	datagram 'refused repeated-to' "$(request 't: c\r\n')"
	datagram 'refused incomplete-head' \
	    'OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nTo: b\r\n'
}

test_datagrams_that_are_not_talked_to()
{
	datagram 'silence empty' ''
	datagram 'silence empty' '\r\n\r\n'
	datagram 'silence nul' '\000\000\000\000'
	datagram 'silence response' 'SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a\r\n\r\n'
	datagram 'silence bad-version' \
	    'GET / HTTP/1.1\r\nVia: SIP/2.0/UDP a\r\n\r\n'
	datagram 'silence incomplete-head' 'hello'
	datagram 'silence missing-to' 'OPTIONS sip:b SIP/2.0\r\n\r\n'
	datagram 'silence missing-to' \
	    'OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP\r\n\r\n'
	datagram 'refused missing-to' \
	    'OPTIONS sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n'
	datagram 'refused version-not-supported' \
	    'OPTIONS sip:b SIP/3.0\r\nVia: SIP/2.0/UDP a\r\n\r\n'
}

test_checks_hold_for_messages_one_after_the_other()
{
	check "$top"/tests/fuzz/corpus/* "$top"/tests/fuzz/found/* \
	    "$top"/tests/messages/*/*.sip
	cat "$top"/tests/messages/accept/*.sip | head -c 100000 >"$file"
	check "$file"
}

# shellcheck disable=SC1091
. shunit2
