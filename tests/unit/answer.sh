#!/bin/sh
# What is made of a script's output. The driver is tests/unit/answer.c. Each
# output also goes through all that tests/fuzz/check_output.c demands: any
# split, and that what is sent is a SIP response to the request.

top=$(cd "$(dirname "$0")/../.." && pwd)
driver=${BUILD:-$top/build}/tests/unit/answer

oneTimeSetUp()
{
	request=$SHUNIT_TMPDIR/request
	output=$SHUNIT_TMPDIR/output
	sent=$SHUNIT_TMPDIR/sent
	expected=$SHUNIT_TMPDIR/expected
}

setUp()
{
	request INVITE
}

# request METHOD [FORMAT]: the request, with more header lines.
request()
{
	# shellcheck disable=SC2059
	printf "$1 sip:b.example SIP/2.0\\r
v: SIP/2.0/UDP a.example:5070;branch=z9hG4bK1;rport\\r
v: SIP/2.0/UDP c.example\\r
t: <sip:b.example>\\r
f: <sip:a.example>;tag=1\\r
i: 1@a.example\\r
CSeq: 7 $1\\r
${2-}\\r
" >"$request"
}

# output FORMAT: what the script puts out, from printf's format.
output()
{
	# shellcheck disable=SC2059
	printf "$1" >"$output"
	cat "$request" "$output" >"$output.both"
	"$driver" check "$output.both" >/dev/null 2>"$output.err" ||
	    fail "$(cat "$output.err")"
}

# events EXPECTED FORMAT
events()
{
	output "$2"
	assertEquals "$2" "$1" "$("$driver" events "$request" "$output")"
}

# is_sent EXPECTED FORMAT [PEER]: both from printf's formats.
is_sent()
{
	# shellcheck disable=SC2059
	printf "$1" >"$expected"
	output "$2"
	"$driver" sent "$request" "$output" "${3:-1}" >"$sent"
	cmp "$sent" "$expected" || fail "$2: $(cat "$sent")"
}

tag()
{
	"$driver" own "$request" 500 0 | sed -n 's/^To:.*;tag=\(.*\)\r/\1/p'
}

# What is added to a response that says nothing of the request.
echoes()
{
	printf '%s\\r\\n' \
	    'Via: SIP/2.0/UDP a.example:5070;branch=z9hG4bK1;rport=40112;received=192.0.2.7' \
	    'Via: SIP/2.0/UDP c.example' 'From: <sip:a.example>;tag=1' \
	    'Call-ID: 1@a.example' 'CSeq: 7 INVITE' \
	    "To: <sip:b.example>;tag=$(tag)"
}

test_a_line_and_a_field_are_a_whole_script()
{
	is_sent "SIP/2.0 302 Moved\\r\\nContact: <sip:b@192.0.2.9>\\r
$(echoes)Content-Length: 0\\r\\n\\r\\n" \
	    'SIP/2.0 302 Moved\nContact: <sip:b@192.0.2.9>\n\n'
}

test_a_complete_answer_passes_octet_for_octet()
{
	answer='SIP/2.0 200 It is  so \303\251\r
VIA : SIP/2.0/UDP  a.example:5070 ; branch=z9hG4bK1\r
X:\r
\tfolded\r
t:<sip:x> ;tag=mine\r
f: other\r
i:1@a.example\r
CSEQ: 007\tINVITE\r
c: text/plain\r
l: 9\r
\r
\r\n \000\n\n\rab'
	is_sent "$answer" "$answer"
	assertEquals '200 at 0 body=9
end' "$("$driver" events "$request" "$output")"
}

test_line_ends_change_in_the_head_alone()
{
	is_sent "SIP/2.0 200 OK\\r\\nX: 1\\r\\n 2\\r\\n\\t3\\r\\nContent-Type: a\\r
$(echoes)Content-Length: 6\\r\\n\\r\\n\\n\\r\\na\\nb" \
	    'SIP/2.0 200 OK\r\nX: 1\n 2\r\n\t3\nContent-Type: a\n\n\n\r\na\nb'
}

test_only_what_is_missing_is_added()
{
	is_sent "SIP/2.0 486 Busy\\r\\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\\r
Call-ID: 1@a.example\\r\\nl: 0\\r\\nFrom: <sip:a.example>;tag=1\\r
CSeq: 7 INVITE\\r\\nTo: <sip:b.example>;tag=$(tag)\\r\\n\\r\\n" \
	    'SIP/2.0 486 Busy\nVia: SIP/2.0/UDP x;branch=z9hG4bK1
Call-ID: 1@a.example\nl: 0\n\n'
}

test_to_without_a_tag_counts_as_missing()
{
	tag=$(tag)
	for to in '<sip:b.example>' '<sip:b.example;tag=1>' '' \
	    '"a;tag=1" <sip:b>\n ;x'; do
		output "SIP/2.0 200 OK\\nTo: $to\\n\\n"
		assertEquals "To: <sip:b.example>;tag=$tag" \
		    "$("$driver" sent "$request" "$output" 0 | tr -d '\r' |
		    grep -i '^to\?\>')"
	done
}

test_a_100_needs_no_tag()
{
	output 'SIP/2.0 100 Trying\nTo: <sip:x>\n\nSIP/2.0 100 Trying\n\n'
	assertEquals 'To: <sip:x>
To: <sip:b.example>' "$("$driver" sent "$request" "$output" 0 |
	    tr -d '\r' | grep ^To)"
}

test_a_tag_that_the_request_has_stays()
{
	sed 's/^t:.*\r/t: <sip:b>;tag=9\r/' "$request" >"$request.new"
	mv "$request.new" "$request"
	output 'SIP/2.0 200 OK\n\n'
	assertEquals 'To: <sip:b>;tag=9' "$("$driver" sent "$request" \
	    "$output" 0 | tr -d '\r' | grep ^To)"
}

test_route_of_a_dialog_is_recorded()
{
	route='Record-Route: <sip:c;lr>\r\nRecord-Route: <sip:d;lr>, <sip:e>\r\n'
	for method in INVITE SUBSCRIBE REFER; do
		request $method "$route"
		output 'SIP/2.0 180 R\n\nSIP/2.0 200 OK\n\nSIP/2.0 302 M\n\n'
		assertEquals $method 4 "$("$driver" sent "$request" "$output" \
		    0 | grep -c '^Record-Route')"
	done
	# A row that is unclean is not echoed.
	request INVITE 'Record-Route: <sip:c\001>\r\nRecord-Route: <sip:d>\r\n'
	output 'SIP/2.0 200 OK\n\n'
	assertEquals 'Record-Route: <sip:d>' "$("$driver" sent "$request" \
	    "$output" 0 | tr -d '\r' | grep '^Record-Route')"
	request INVITE "$route"
	output 'SIP/2.0 100 T\n\nSIP/2.0 299 OK\nRecord-Route: <sip:x>\n\n'
	assertEquals 'Record-Route: <sip:x>' "$("$driver" sent "$request" \
	    "$output" 0 | tr -d '\r' | grep '^Record-Route')"
	request OPTIONS "$route"
	output 'SIP/2.0 200 OK\n\n'
	assertEquals '' "$("$driver" sent "$request" "$output" 0 |
	    grep '^Record-Route')"
}

test_fields_for_the_server_are_taken_out()
{
	output 'SIP/2.0 200 OK\nCGI-Again: yes\nX: 1\ncgi-x:\n folded\n\n'
	assertEquals 'X: 1' "$("$driver" sent "$request" "$output" 0 |
	    tr -d '\r' | sed -n '/^SIP/,/^Via/p' | sed -n '2,$p' |
	    sed '$d')"
}

test_where_a_response_ends()
{
	events '180 at 0 body=0
183 at 17 body=2
200 at 70 body=0
end' 'SIP/2.0 180 R\n\n\r\nSIP/2.0 183 P\nContent-Length: 2\nContent-Type: a\n\nab\n\nSIP/2.0 200 OK\nContent-Length: 0\nContent-Type: a\n\n\n'
	events '200 at 0 body=3
end' 'SIP/2.0 200 OK\nContent-Type: a\n\nabc'
	events '200 at 0 body=0
end' 'SIP/2.0 200 OK\nContent-Type: a\n\n'
	events '200 at 0 body=3
end' 'SIP/2.0 200 OK\nl: 3\n\nabc'
	events end ''
	events end '\r\n\n'
}

test_what_follows_a_final_response_is_not_judged_before_it()
{
	events '200 at 0 body=0
no SIP response' 'SIP/2.0 200 OK\n\ngarbage\n'
}

test_what_is_no_response()
{
	for line in 'Content-Type: text/plain' 'HTTP/1.1 200 OK' garbage \
	    '\026\003' ' SIP/2.0 200 OK' 'ACK sip:a SIP/2.0'; do
		events 'no SIP response' "$line\\n\\n"
		events 'no SIP response' "$line"
	done
	for line in 'SIP/2.0 200' 'SIP/2.0 20 OK' 'SIP/2.0 2000 OK' \
	    'SIP/2.0  200 OK' 'SIP/2.0 099 A' 'SIP/2.0 700 A' 'SIP/2.0 2x0 A' \
	    'SIP/3.0 200 OK' 'sip/2.0 200 OK' 'SIP/2.0 200 \033' \
	    'SIP/2.0 200 \177'; do
		events 'a malformed status line' "$line\\n\\n"
	done
	events '200 at 0 body=0
end' 'SIP/2.0 200 \n\n'
}

test_actions_are_not_carried_out()
{
	for action in 'CGI-PROXY-REQUEST sip:a SIP/2.0' \
	    'CGI-FORWARD-RESPONSE x SIP/2.0' 'CGI-SET-COOKIE x SIP/2.0' \
	    'CGI-AGAIN yes SIP/2.0' cgi-again; do
		events 'a CGI action, which is not carried out here' \
		    "$action\\n\\n"
	done
}

test_heads_in_fault()
{
	ok='SIP/2.0 200 OK\n'
	events 'a NUL in the head' "${ok}X: \\000\\n\\n"
	events 'a NUL in the head' 'SIP/2.0 200 \000\n\n'
	events 'a CR without LF in the head' "${ok}X: \\rY: 1\\n\\n"
	events 'a CR without LF in the head' 'SIP/2.0 200 \rX: 1\n\n'
	events 'a line that is not a header field' "${ok}no colon\\n\\n"
	events 'a line that is not a header field' "${ok}a b: c\\n\\n"
	events 'a line that is not a header field' "${ok} fold\\n\\n"
	events 'no empty line after the header fields' "$ok"
	events 'no empty line after the header fields' "${ok}X: 1"
	events 'no empty line after the header fields' 'SIP/2.0 200 OK'
	for name in To t From f Call-ID i CSeq; do
		twice="$name: a\\n$name: a\\n"
		events 'a header field twice that may come once' \
		    "$ok$twice\\n"
	done
	events 'a header field twice that may come once' \
	    "${ok}l: 0\\nContent-Length: 0\\n\\n"
	events 'a header field twice that may come once' \
	    "${ok}c: a\\nContent-Type: a\\n\\n"
}

test_lengths_in_fault()
{
	ok='SIP/2.0 200 OK\n'
	for length in '' -1 +1 0x1 '1 1' 1,1; do
		events 'a malformed Content-Length' "${ok}l: $length\\n\\n"
	done
	events 'a body shorter than Content-Length' "${ok}l: 3\\n\\nab"
	events 'more than may be sent' "${ok}l: 131073\\n\\nab"
}

test_answers_to_another_request()
{
	ok='SIP/2.0 200 OK\n'
	for id in 2@a.example 1@A.example 1@a.example.x ''; do
		events "another Call-ID than the request's" \
		    "${ok}i: $id\\n\\n"
	done
	for cseq in '8 INVITE' '7 invite' '7 ACK' 7 INVITE '7INVITE' '' \
	    '4294967303 INVITE' '7 INVITE x'; do
		events "another CSeq than the request's" \
		    "${ok}CSeq: $cseq\\n\\n"
	done
	for via in 'SIP/2.0/UDP a.example;branch=z9hG4bK2' 'SIP/2.0/UDP a' \
	    'SIP/2.0/UDP c, SIP/2.0/UDP a;branch=z9hG4bK1' '' \
	    'SIP/2.0/UDP a;branch=Z9HG4BK1' x; do
		events "another topmost Via than the request's" \
		    "${ok}v: $via\\n\\n"
	done
}

test_a_request_without_a_branch_has_an_answer_without()
{
	sed 's/;branch=z9hG4bK1//' "$request" >"$request.new"
	mv "$request.new" "$request"
	events '200 at 0 body=0
end' 'SIP/2.0 200 OK\nv: SIP/2.0/UDP a\n\n'
	events "another topmost Via than the request's" \
	    'SIP/2.0 200 OK\nv: SIP/2.0/UDP a;branch\n\n'
}

test_limits()
{
	fields=$(seq -f 'X-%g: 1\n' 100 | tr -d '\n')
	events '200 at 0 body=0
end' "SIP/2.0 200 OK\\n$fields\\n"
	events 'more than may be sent' "SIP/2.0 200 OK\\n${fields}X: 1\\n\\n"
	long=$(printf '%8180s' x)
	events '200 at 0 body=0
end' "SIP/2.0 200 $long\\n\\n"
	events 'more than may be sent' "SIP/2.0 200 x$long\\n\\n"
	long=$(printf '%65600s' x)
	events 'more than may be sent' "SIP/2.0 200 OK\\nX: $long\\n\\n"
	assertEquals 'all of it or nothing' "$("$driver" full)"
}

# own STATUS PEER [OUTPUT-FORMAT]
own()
{
	output "${3-}"
	"$driver" own "$request" "$1" "$2" "$output"
}

test_our_answers()
{
	request INVITE 'Timestamp: 54\r\nTimestamp: 1\r\n'
	{
		printf 'SIP/2.0 100 Trying\r\n'
		# shellcheck disable=SC2059
		printf "$(echoes)" | sed '/^Via/!d'
		printf '%s\r\n' 'From: <sip:a.example>;tag=1' \
		    'To: <sip:b.example>' 'Call-ID: 1@a.example' \
		    'CSeq: 7 INVITE' 'Timestamp: 54' \
		    'Server: sipcgi-each/test' 'Content-Length: 0' ''
	} >"$expected"
	own 100 1 >"$sent"
	assertTrue "$(cat "$sent")" "cmp '$sent' '$expected'"
	for line in '200 OK' '481 Call/Transaction Does Not Exist' \
	    '487 Request Terminated' '500 Server Internal Error' \
	    '503 Service Unavailable' '504 Server Time-out'; do
		own "${line%% *}" 1 | tr -d '\r' >"$sent"
		assertEquals "SIP/2.0 $line" "$(sed -n 1p "$sent")"
		assertEquals "To: <sip:b.example>;tag=$(tag)" \
		    "$(grep ^To "$sent")"
		assertEquals '' "$(grep ^Timestamp "$sent")"
	done
}

test_our_answers_name_the_dialog_that_the_script_began()
{
	said='SIP/2.0 100 T\nTo: <sip:no>;tag=0\n\n\nSIP/2.0 180 R\nt: <sip:x>\n ;tag=5\n\nSIP/2.0 183 P\n\n'
	assertEquals 'To: <sip:x> ;tag=5' \
	    "$(own 487 0 "$said" | tr -d '\r' | grep ^To)"
	assertEquals "To: <sip:b.example>;tag=$(tag)" \
	    "$(own 487 0 'SIP/2.0 183 P\n\n' | tr -d '\r' | grep ^To)"
	assertEquals "To: <sip:b.example>;tag=$(tag)" \
	    "$(own 487 0 'SIP/2.0 100 T\nTo: <sip:x>;tag=0\n\n' |
	    tr -d '\r' | grep ^To)"
	assertEquals "To: <sip:b.example>;tag=$(tag)" \
	    "$(own 487 0 'SIP/2.0 183 P\nTo: <sip:x>;tag=\001\n\n' |
	    tr -d '\r' | grep ^To)"
}

test_checks_hold_for_any_octets()
{
	"$driver" check "$top"/tests/fuzz/corpus/* "$top"/tests/fuzz/found/* \
	    "$top"/tests/messages/*/*.sip >"$output.names" \
	    2>"$output.err" ||
	    fail "$(tail -n 1 "$output.names"): $(cat "$output.err")"
}

# shellcheck disable=SC1091
. shunit2
