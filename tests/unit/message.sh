#!/bin/sh
# What the pure modules make of a message: slices, limits, environments, tags
# and answers. The driver is tests/unit/message.c. Whatever is given to it
# here also goes through all that tests/fuzz/check.h demands, and is cut in
# two at each octet.

top=$(cd "$(dirname "$0")/../.." && pwd)
driver=${BUILD:-$top/build}/tests/unit/message

oneTimeSetUp()
{
	message=$SHUNIT_TMPDIR/message
}

# check: the message goes through the checks for any octets.
check()
{
	"$driver" check "$message" >/dev/null 2>"$message.err" ||
	    fail "$(cat "$message.err")"
}

# message FORMAT: the message under test, from printf's format.
message()
{
	# shellcheck disable=SC2059
	printf "$1" >"$message"
	check
}

# request [FORMAT]: a request that passes, with more header lines.
request()
{
	message "OPTIONS sip:b.example SIP/2.0\\r
Via: SIP/2.0/TCP a.example;branch=1\\r
To: <sip:b.example>\\r
From: <sip:a.example>;tag=1\\r
Call-ID: 1@a.example\\r
CSeq: 7 OPTIONS\\r
${1-}\\r
"
}

# instead PATTERN FORMAT: that request with another line for one of its own.
instead()
{
	request "${3-}"
	# shellcheck disable=SC2059
	printf "$2" >"$message.line"
	sed -e "/^$1/{r $message.line" -e 'd}' "$message" >"$message.new"
	mv "$message.new" "$message"
	check
}

parse()
{
	"$driver" parse "$message"
}

# verdict EXPECTED: the first line of what parse prints.
verdict()
{
	assertEquals "$1" "$(parse | sed -n 1p)"
}

# variable EXPECTED NAME [PEER]: its value in the environment.
variable()
{
	assertEquals "$1" \
	    "$("$driver" environment "$message" "${3:-0}" | grep -a "^$2=")"
}

# answer PEER [TOKEN]
answer()
{
	"$driver" answer "$message" "$@"
}

# repeat N TEXT
repeat()
{
	head -c "$1" /dev/zero | sed "s/\\x00/$2/g"
}

test_slices_of_a_small_message()
{
	message 'ACK sip:bob:pw@b.example:5070;lr SIP/2.0\r\n'\
'v: SIP/2.0/TCP a\r\nt :<sip:b>\r\nFROM:a\r\ni:\t1 \r\nCSeq: 1\r\n'\
' ACK\r\n\r\nbody'
	assertEquals 'accept head=104 cseq=1
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

test_rows_of_a_name_are_chained()
{
	request 'X-A: 1\r\nv: b\r\nX_B: 2\r\nx-a:\r\nl: 0\r\n'
	assertEquals 'accept head=193 cseq=7
0 Via next=6 36+30 SIP/2.0/TCP a.example;branch=1
5 other next=8 162+1 1
6 Via again 168+1 b
7 other odd 176+1 2
8 other again 183+0 
9 Content-Length 188+1 0
length 0' "$(parse | grep -aE '^(accept|length|[056789]) ')"
}

test_empty_lines_before_the_message_are_not_part_of_it()
{
	message '\r\n\n\r\nINVITE sip:a SIP/2.0\r\n\r\n'
	assertEquals 'missing-to at 29
blank 5
method 0+6 INVITE
uri 7+5 sip:a
host 11+1 a' "$(parse)"
}

test_input_that_is_no_message()
{
	message ''
	verdict 'empty at 0'
	message '\r\n\n'
	verdict 'empty at 3'
	message '\r'
	verdict 'bare-cr at 0'
	message '\r\r\n'
	verdict 'bare-cr at 0'
	message '\026\003\001'
	verdict 'not-sip at 0'
	message '\000'
	verdict 'nul at 0'
	message 'SIP/'
	verdict 'response at 0'
	message 'sip/2.0 200 OK\r\n\r\n'
	verdict 'response at 0'
}

test_faults_of_the_start_line_with_their_place()
{
	message 'a\r\n\r\n'
	verdict 'bad-start-line at 1'
	message 'a sip:b\r\n\r\n'
	verdict 'bad-start-line at 7'
	message 'a sip:b \r\n\r\n'
	verdict 'bad-start-line at 8'
	message 'a  sip:b SIP/2.0\r\n\r\n'
	verdict 'bad-start-line at 2'
	message 'a sip:b SIP/2.0 \r\n\r\n'
	verdict 'bad-start-line at 16'
	message 'a\tsip:b SIP/2.0\r\n\r\n'
	verdict 'bad-start-line at 1'
	message 'a sip:b  SIP/2.0\r\n\r\n'
	verdict 'bad-start-line at 7'
	message 'a sip:b \tSIP/2.0\r\n\r\n'
	verdict 'bad-start-line at 8'
	message 'a sip:b;c d SIP/2.0\r\n\r\n'
	verdict 'bad-start-line at 9'
	message 'a sip:b SIP/2.0x\r\n\r\n'
	verdict 'bad-version at 8'
	message 'a sip:b SIP/2\r\n\r\n'
	verdict 'bad-version at 8'
	message 'a sip:b SIP/2.\r\n\r\n'
	verdict 'bad-version at 8'
	message 'a sip:b HTTP/1.1\r\n\r\n'
	verdict 'bad-version at 8'
}

test_another_version_is_decided_before_all_else()
{
	for version in 1.0 2.1 3.0 02.0 2.00 20.0 123456789012345678901.0; do
		message "a <bad> sip/$version\\r\\nno colon\\r\\n\\r\\n"
		verdict 'version-not-supported at 8'
		message "a <bad> SIP/$version\\r\\nTo: cut off"
		verdict 'version-not-supported at 8'
		message "a sip:b SIP/$version\\r\\nTo: \\000"
		verdict 'version-not-supported at 8'
	done
}

test_input_that_ends_early()
{
	message 'a sip:b'
	verdict 'incomplete-head at 7'
	message 'a sip:b SIP/2.0\r\nTo: c\r\n'
	verdict 'incomplete-head at 24'
	message 'a sip:b SIP/2.0\r\nTo: c\r\n\r'
	verdict 'bare-cr at 24'
	# What is said of it that is wrong already does not matter any more.
	message 'a sip:b SIP/2.0\r\nno colon\r\n'
	verdict 'incomplete-head at 27'
}

# A field counts when its line has ended and no continuation may follow.
test_fields_of_a_message_that_is_cut()
{
	message 'a sip:b SIP/2.0\r\nTo: c\r\nFrom: d\r\n'
	assertEquals '0 To 21+1 c
1 From 30+1 d' "$(parse | grep '^[0-9]')"
	message 'a sip:b SIP/2.0\r\nTo: c\r\nFrom: d\r'
	assertEquals '0 To 21+1 c' "$(parse | grep '^[0-9]')"
	message 'a sip:b SIP/2.0\r\nTo: c\r\n cut'
	assertEquals '' "$(parse | grep '^[0-9]')"
	message 'a sip:b SIP/2.0\r\nTo: c\r\nX\000'
	assertEquals '0 To 21+1 c' "$(parse | grep '^[0-9]')"
	message 'a sip:b SIP/2.0\r\nTo: c\r\n X\000'
	assertEquals '' "$(parse | grep '^[0-9]')"
}

test_nul_and_bare_cr_end_reading_where_they_stand()
{
	request 'X: a\000b\r\n'
	verdict 'nul at 161'
	request 'X: a\rb\r\n'
	verdict 'bare-cr at 161'
	request 'X: a\r\r\n'
	verdict 'bare-cr at 161'
	# A body may hold what it likes.
	request '\r\n\000\r'
	verdict 'accept head=159 cseq=7'
}

test_faults_of_header_lines_with_their_place()
{
	message 'a sip:b SIP/2.0\r\n fold\r\n\r\n'
	verdict 'fold-first at 17'
	request 'no colon\r\n'
	verdict 'missing-colon at 165'
	request ': no name\r\n'
	verdict 'bad-header-name at 157'
	request 'a b: c\r\n'
	verdict 'bad-header-name at 158'
	request '\303\251: c\r\n'
	verdict 'bad-header-name at 157'
}

# The first fault is reported, and fields on both sides of it are kept.
test_lines_in_fault_are_passed_over()
{
	request 'no colon\r\n fold of it\r\nX-A: 1\r\na b: c\r\n'
	verdict 'missing-colon at 165'
	assertEquals '5 other 185+1 1' "$(parse | grep '^5')"
}

test_faults_of_fields_with_their_place()
{
	instead To: ''
	verdict 'missing-to at 138'
	instead From: ''
	verdict 'missing-from at 130'
	instead Call-ID: ''
	verdict 'missing-call-id at 137'
	instead CSeq: ''
	verdict 'missing-cseq at 142'
	instead Via: ''
	verdict 'missing-via at 122'
	request 't: a\r\n'
	verdict 'repeated-to at 157'
	request 'f: a\r\n'
	verdict 'repeated-from at 157'
	request 'i: 1@a.example\r\n'
	verdict 'repeated-call-id at 157'
	request 'CSEQ: 7 OPTIONS\r\n'
	verdict 'repeated-cseq at 157'
	request 'Max-Forwards: 70\r\nmax-forwards: 70\r\n'
	verdict 'repeated-max-forwards at 175'
	request 'Content-Length: 0\r\nl: 0\r\n'
	verdict 'repeated-content-length at 176'
	request 'Content-Type: a/b\r\nc: a/b\r\nl: 0\r\n'
	verdict 'repeated-content-type at 176'
	instead To: 'To: \r\n'
	verdict 'empty-to at 72'
	instead From: 'From:\r\n'
	verdict 'empty-from at 94'
	instead Call-ID: 'Call-ID:\r\n \r\n'
	verdict 'empty-call-id at 129'
	instead To: 'To: "a <sip:b>\r\n'
	verdict 'to-unbalanced-quote at 72'
	instead From: 'From: "\\"\r\n'
	verdict 'from-unbalanced-quote at 95'
	instead To: 'To: ">" <sip:b\r\n'
	verdict 'to-unbalanced-angle at 76'
	instead From: 'From: <sip:b">"\r\n'
	verdict 'from-unbalanced-angle at 95'
	instead Call-ID: 'Call-ID: a\r\n b\r\n'
	verdict 'call-id-space at 128'
}

test_faults_of_cseq_with_their_place()
{
	for value in '' OPTIONS 7OPTIONS '-1 OPTIONS' 7 '7 OPTIONS x' '7 O@'; do
		instead CSeq: "CSeq: $value\\r\\n"
		assertEquals "$value" bad-cseq "$(parse | sed -n '1s/ .*//p')"
	done
	instead CSeq: 'CSeq: 4294967295\tOPTIONS\r\n'
	verdict 'accept head=168 cseq=4294967295'
	instead CSeq: 'CSeq: 0007\r\n OPTIONS\r\n'
	verdict 'accept head=164 cseq=7'
	instead CSeq: 'CSeq: 4294967296 OPTIONS\r\n'
	verdict 'cseq-too-large at 146'
	instead CSeq: 'CSeq: 7 options\r\n'
	verdict 'cseq-method at 148'
	instead CSeq: 'CSeq: 7 OPTION\r\n'
	verdict 'cseq-method at 148'
}

test_content_length_and_the_limit_of_a_body()
{
	request 'l: 1000000\r\n'
	verdict 'accept head=171 cseq=7'
	request 'l: 00000000000000000000000000005\r\n'
	assertEquals 'length 5' "$(parse | grep ^length)"
	request 'l: 1000001\r\n'
	verdict 'body-too-large at 160'
	request 'l: 18446744073709551617\r\n'
	verdict 'body-too-large at 160'
	request 'l: -1\r\n'
	verdict 'bad-content-length at 160'
	request 'l: 5 5\r\n'
	verdict 'bad-content-length at 161'
	request 'l:\r\n'
	verdict 'bad-content-length at 159'
}

# On a connection nothing else ends a body; in a file its end does.
test_content_type_without_a_length()
{
	request 'c: text/plain\r\n'
	verdict 'missing-content-length at 174'
	assertEquals 'accept head=174 cseq=7' \
	    "$("$driver" parse "$message" file | sed -n 1p)"
}

# A stream goes on after a message that is refused for something else.
test_content_length_judged_for_itself()
{
	for line in 'l: 0' 'Content-Length: 1000' 'l: 00010' 'l:\r\n 7'; do
		instead Call-ID "$line\\r\\n"
		case $(parse | head -n 1) in
		missing-call-id*) ;;
		*) fail "$(parse | head -n 1)" ;;
		esac
		expected=$(printf %s "$line" | sed 's/.*[: ]0*\(.\)/\1/')
		assertEquals "$line" "$expected" "$("$driver" length "$message")"
	done
	for line in 'Subject: x' 'l:' 'l: 1001' 'l: +1' 'l: 1 1' 'l: 1\r\nl: 1' \
	    'l: 99999999999999999999999' 'l: 1;x'; do
		instead Call-ID "$line\\r\\n"
		assertEquals "$line" none "$("$driver" length "$message")"
	done
}

test_limit_of_fields()
{
	lines=$(seq -f 'X-%g: 1\r\n' 95 | tr -d '\n')
	request "$lines"
	assertEquals accept "$(parse | sed -n '1s/ .*//p')"
	request "${lines}X: 1\\r\\n"
	verdict 'too-many-headers at 1003'
	# Folds are no fields; lines in fault are.
	request "$lines fold\\r\\n"
	assertEquals accept "$(parse | sed -n '1s/ .*//p')"
	request "no colon\\r\\n$lines"
	assertEquals too-many-headers "$(parse | sed -n '1s/ .*//p')"
}

# limited USER-LENGTH HEAD: a message with such a start line and so many
# octets of head.
limited()
{
	{
		printf 'OPTIONS sip:'
		repeat "$1" u
		printf '@b SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n'
		printf 'To: b\r\nFrom: a\r\nCall-ID: 1\r\nCSeq: 7 OPTIONS\r\n'
		printf 'Subject: '
	} >"$message"
	repeat "$(($2 - $(wc -c <"$message") - 4))" s >"$message.value"
	{
		cat "$message.value"
		printf '\r\n\r\n'
	} >>"$message"
	check
}

test_limit_of_the_start_line()
{
	limited 8170 10000
	assertEquals "$(head -n 1 "$message" | wc -c)" 8194
	verdict 'accept head=10000 cseq=7'
	limited 8171 10000
	verdict 'start-line-too-long at 8192'
}

test_limit_of_the_head()
{
	limited 1 65536
	verdict 'accept head=65536 cseq=7'
	limited 1 65537
	verdict 'head-too-large at 65536'
	tr -d '\r' <"$message" >"$message.new"
	mv "$message.new" "$message"
	check
	verdict 'accept head=65529 cseq=7'
}

test_fields_become_variables()
{
	request 'x-Mixed-1: a\r\nEmpty:\r\ns: b\r\nK: c\r\n'
	variable 'SIP_X_MIXED_1=a' SIP_X_MIXED_1
	variable 'SIP_EMPTY=' SIP_EMPTY
	variable 'SIP_SUBJECT=b' SIP_SUBJECT
	variable 'SIP_SUPPORTED=c' SIP_SUPPORTED
	variable 'SIP_CALL_ID=1@a.example' SIP_CALL_ID
	variable 'SIP_CSEQ=7 OPTIONS' SIP_CSEQ
}

test_rows_are_joined_and_folds_are_one_space()
{
	request 'm: a\r\nX: 1\r\nContact :b\r\nCONTACT:c\n'
	variable 'SIP_CONTACT=a, b, c' SIP_CONTACT
	request 'X-A: 1 \t 2\r\nx-a:\r\n\t \r\n 3\r\n\t4  5 \r\nX-A:\n'
	variable "$(printf 'SIP_X_A=1 \t 2, 3 4  5, ')" SIP_X_A
}

test_fields_that_get_no_variable()
{
	request 'Authorization: a\r\nProxy-Authorization: a\r\n'\
'WWW-Authenticate: a\r\nProxy-Authenticate: a\r\nCall_ID: a\r\nX.Y: a\r\n'\
'X-F: () { :; }\r\nX-G:()\r\n { :; }\r\n'
	assertEquals 'SIP_CALL_ID=1@a.example
SIP_CSEQ=7 OPTIONS
SIP_FROM=<sip:a.example>;tag=1
SIP_TO=<sip:b.example>
SIP_VIA=SIP/2.0/TCP a.example;branch=1' \
	    "$("$driver" environment "$message" 0 | grep ^SIP_ | sort)"
}

# These pairs have the same hash: they are other names all the same.
test_names_of_one_hash_are_kept_apart()
{
	request 'x-lqfklcw: 1\r\nX-OGLIENL: 2\r\nx-20a942: 3\r\n'\
'x-17f1c: 4\r\nX-oglienl: 5\r\n'
	assertEquals 'SIP_X_17F1C=4
SIP_X_20A942=3
SIP_X_LQFKLCW=1
SIP_X_OGLIENL=2, 5' \
	    "$("$driver" environment "$message" 0 | grep ^SIP_X_ | sort)"
}

test_environment_is_whole_or_refused()
{
	request
	assertEquals 'whole or not at all' "$("$driver" full "$message")"
}

test_body_and_its_length_and_type()
{
	request 'l: 007\r\nc: text/plain\r\n\r\n1234567'
	variable 'CONTENT_LENGTH=7' CONTENT_LENGTH
	variable 'SIP_CONTENT_LENGTH=7' SIP_CONTENT_LENGTH
	variable 'CONTENT_TYPE=text/plain' CONTENT_TYPE
	variable 'SIP_CONTENT_TYPE=text/plain' SIP_CONTENT_TYPE
	request
	variable '' CONTENT_LENGTH
	variable '' CONTENT_TYPE
	request 'l: 0\r\n'
	variable 'CONTENT_LENGTH=0' CONTENT_LENGTH
}

test_request_and_peer_in_variables()
{
	message 'a SIP:%%41b:pw@B.:5 SIP/2.0\nv:SIP/2.0/TCP c;rport\nt:d\n'\
'f:e\ni:1\nCSeq:1 a\n\n'
	assertEquals 'GATEWAY_INTERFACE=SIP-CGI/1.1
PATH=/usr/local/bin:/usr/bin:/bin
REMOTE_ADDR=192.0.2.7
REMOTE_PORT=40112
REQUEST_METHOD=a
REQUEST_URI=SIP:%41b:pw@B.:5
SCRIPT_FILENAME=/scripts/default.cgi
SERVER_NAME=192.0.2.1
SERVER_PORT=5060
SERVER_PROTOCOL=SIP/2.0
SERVER_SOFTWARE=sipcgi-handler/test
SIPCGI_HOST=b
SIPCGI_USER=Ab
SIP_CALL_ID=1
SIP_CSEQ=1 a
SIP_FROM=e
SIP_TO=d
SIP_VIA=SIP/2.0/TCP c;rport=40112;received=192.0.2.7' \
	    "$("$driver" environment "$message" 1 |
	    grep -v ^SIPCGI_TO_TAG= | sort)"
}

# tag: of the message under test.
tag()
{
	"$driver" environment "$message" "${1:-0}" |
	    sed -n 's/^SIPCGI_TO_TAG=//p'
}

test_tag_is_the_same_for_a_retransmission_and_a_cancel()
{
	request
	first=$(tag)
	assertEquals 16 "${#first}"
	# From another port, folded otherwise, with another Max-Forwards.
	instead From: 'f:<sip:a.example>;tag=1\r\n' 'Max-Forwards: 69\r\n'
	assertEquals "$first" "$(tag 1)"
	sed 's/OPTIONS/CANCEL/' "$message" >"$message.new"
	mv "$message.new" "$message"
	assertEquals "$first" "$(tag)"
}

test_tag_is_another_for_another_request()
{
	request
	first=$(tag)
	instead Call-ID: 'Call-ID: 2@a.example\r\n'
	assertNotEquals "$first" "$(tag)"
	instead From: 'From: <sip:a.example>;tag=2\r\n'
	assertNotEquals "$first" "$(tag)"
	instead CSeq: 'CSeq: 8 OPTIONS\r\n'
	assertNotEquals "$first" "$(tag)"
	instead Via: 'Via: SIP/2.0/TCP a.example;branch=2\r\n'
	assertNotEquals "$first" "$(tag)"
	instead OPTIONS 'OPTIONS sip:c.example SIP/2.0\r\n'
	assertNotEquals "$first" "$(tag)"
}

test_tag_of_a_dialog_is_not_given_again()
{
	instead To: 'To: <sip:b.example>;tag=9\r\n'
	assertEquals '' "$(tag)"
	assertEquals 'To: <sip:b.example>;tag=9' \
	    "$(answer 0 no-script | tr -d '\r' | grep ^To)"
}

test_answer_to_the_last_octet()
{
	request 'Content-Type: a/b\r\nv : SIP/2.0/UDP b,\r\n\tSIP/2.0/UDP c\r\n'
	answer 1 >"$message.answer"
	printf '%s\r\n' \
	    'SIP/2.0 400 Content-Type without Content-Length header' \
	    'Via: SIP/2.0/TCP a.example;branch=1;received=192.0.2.7' \
	    'Via: SIP/2.0/UDP b, SIP/2.0/UDP c' \
	    'From: <sip:a.example>;tag=1' \
	    "To: <sip:b.example>;tag=$(request; tag)" \
	    'Call-ID: 1@a.example' 'CSeq: 7 OPTIONS' \
	    'Server: sipcgi-handler/test' 'Content-Length: 0' '' \
	    >"$message.expected"
	assertTrue 'answer differs' \
	    "cmp '$message.answer' '$message.expected'"
}

# What is wrong with the machine is not the peer's to know.
test_answer_500_says_no_more()
{
	request
	for token in no-script directory-missing system-error exec-failed; do
		assertEquals 'SIP/2.0 500 Server Internal Error' \
		    "$(answer 0 $token | tr -d '\r' | sed -n 1p)"
	done
}

test_answer_leaves_out_what_is_missing_or_unclean()
{
	message 'a sip:b SIP/2.0\r\nv: a\001\r\nv: b\177\r\nv: c\td\r\n'\
'f: e\033\r\nt: \303\251\r\ni:\b1\r\n\r\n'
	assertEquals "$(printf 'SIP/2.0 400 Missing CSeq header
Via: c\td
To: \303\251;tag=
Server: sipcgi-handler/test
Content-Length: 0
')" "$(answer 0 | tr -d '\r' | sed 's/;tag=.*/;tag=/')"
}

test_answer_leaves_out_a_row_that_is_unclean()
{
	request 'Via: b\001\r\nVia: c\r\n'
	assertEquals 'Via: SIP/2.0/TCP a.example;branch=1
Via: c' "$(answer 0 no-script | tr -d '\r' | grep ^Via)"
}

test_answer_holds_what_arrived_whole()
{
	message 'a sip:b SIP/2.0\r\nv: a\r\nf: b\r\nt: c\r\ni: 1\r\nCSeq: cut'
	assertEquals 'SIP/2.0 400 Message ends before the empty line
Via: a
From: b
To: c;tag=
Call-ID: 1
Server: sipcgi-handler/test
Content-Length: 0' "$(answer 0 | tr -d '\r' | sed 's/;tag=.*/;tag=/')"
}

test_ack_and_cancel_get_no_answer()
{
	for start in 'ACK' 'ACK ' 'ACK sip:a SIP/2.0\r\n\r\n' 'CANCEL ' \
	    'CANCEL \000' 'ACK sip:a SIP/3.0\r\n\r\n' 'CANCEL  \r\n\r\n'; do
		message "$start"
		assertEquals "$start" '' "$(answer 0)"
		assertEquals "$start" '' "$(answer 0 no-script)"
	done
	for start in 'ACK2 ' 'ack ' 'CANCELS ' 'AC '; do
		message "$start"
		assertNotEquals "$start" '' "$(answer 0)"
	done
}

# The text of an answer has its own limit: the head and what we add.
test_answer_to_the_largest_head_is_whole()
{
	lines=$(repeat 95 'v:\\n')
	request "$lines"
	assertEquals 'Content-Length: 0' \
	    "$(answer 2 no-script | tr -d '\r' | tail -n 2 | sed -n 1p)"
	assertEquals 96 "$(answer 2 no-script | grep -c ^Via:)"
}

# all_hold FILE...: the checks for any octets hold for each of them.
all_hold()
{
	assertTrue 'nothing to check' "[ -e '$1' ]"
	"$driver" check "$@" >"$message.names" 2>"$message.err" ||
	    fail "$(tail -n 1 "$message.names"): $(cat "$message.err")"
	assertEquals "$#" "$(wc -l <"$message.names")"
}

test_checks_hold_for_what_the_fuzzers_kept()
{
	all_hold "$top"/tests/fuzz/corpus/*
	all_hold "$top"/tests/fuzz/found/*
}

test_checks_hold_for_the_messages_of_the_other_tests()
{
	all_hold "$top"/tests/messages/*/*.sip
}

# shellcheck disable=SC1091
. shunit2
