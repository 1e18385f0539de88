#!/bin/sh
# Lines of the log and the journal's fields, octet for octet. The driver is
# tests/unit/logline.c; what must hold of any line is in tests/fuzz/check_log.c.

top=$(cd "$(dirname "$0")/../.." && pwd)
driver=${BUILD:-$top/build}/tests/unit/logline

# What all of them have.
peer='REMOTE_ADDR=2001:db8::7
REMOTE_PORT=5062'
request='SIP_METHOD=INVITE
SIP_URI=sip:bob:***@example.com'
id='SIP_CALL_ID=1 \"2\"'

# logged NAME LEVEL LINE FIELDS
logged()
{
	assertEquals "$1" "$2 $3
$4" "$("$driver" "$1")"
}

test_a_script_is_executed()
{
	logged exec 6 'exec   peer=[2001:db8::7]:5062 method=INVITE '\
'uri=sip:bob:***@example.com script=bob@example.com call-id=1\x20\"2\" '\
'sandbox=full,landlock7 dropped=Proxy-Authorization' \
"MESSAGE_ID=6f1d0c5f3c1e4b0e9a0f5be2a1d4c701
SIPCGI_EVENT=exec
$peer
$request
SIPCGI_SCRIPT=bob@example.com
$id
SIPCGI_SANDBOX=full,landlock7"
}

test_a_file_is_passed_over()
{
	logged exec-skipped 4 'exec   peer=[2001:db8::7]:5062 method=INVITE '\
'uri=sip:bob:***@example.com script=default.cgi skipped=bob@example.com '\
'skipped-why=not-executable call-id=1\x20\"2\"' \
"MESSAGE_ID=6f1d0c5f3c1e4b0e9a0f5be2a1d4c701
SIPCGI_EVENT=exec
$peer
$request
SIPCGI_SCRIPT=default.cgi
SIPCGI_SKIPPED=bob@example.com
SIPCGI_SKIPPED_WHY=not-executable
$id"
}

test_a_request_is_refused()
{
	logged reject 4 'reject peer=[2001:db8::7]:5062 status=400 '\
'why=call-id-space method=INVITE uri=sip:bob:***@example.com call-id=1\x20\"2\"' \
"MESSAGE_ID=9b7e4a52d0c84f4f8e53c1a7b6e2d302
SIPCGI_EVENT=reject
$peer
SIPCGI_STATUS=400
SIPCGI_WHY=call-id-space
SIPCGI_REASON=White space in Call-ID header
SIPCGI_HINT=Make Call-ID one word.
$request
$id"
}

test_a_refusal_without_an_answer_has_no_status()
{
	assertEquals '4 discard peer=[2001:db8::7]:5062 why=call-id-space '\
'method=INVITE uri=sip:bob:***@example.com call-id=1\x20\"2\"' \
	    "$("$driver" discard | head -n 1)"
	assertEquals '' "$("$driver" discard | grep STATUS)"
}

test_an_error_has_its_errno()
{
	assertEquals '3 error  peer=[2001:db8::7]:5062 status=500 why=no-script '\
'errno=ENOENT method=INVITE uri=sip:bob:***@example.com call-id=1\x20\"2\"' \
	    "$("$driver" error | head -n 1)"
	assertEquals SIPCGI_ERRNO=ENOENT "$("$driver" error | grep ERRNO)"
}

test_a_script_has_ended()
{
	logged 'done' 6 'done   peer=[2001:db8::7]:5062 method=INVITE '\
'uri=sip:bob:***@example.com call-id=1\x20\"2\" status=302 by=script ms=12 '\
'exit=3 pid=4711 repeats=2' \
"MESSAGE_ID=b1c7d94e60f24b3a97d2f85e4a06cd05
SIPCGI_EVENT=done
$peer
$request
$id
SIPCGI_STATUS=302
SIPCGI_BY=script
SIPCGI_MILLISECONDS=12
SIPCGI_EXIT=3
SIPCGI_PID=4711
SIPCGI_REPEATS=2"
}

test_a_script_that_gave_no_answer_is_a_warning()
{
	logged done-signal 4 'done   peer=[2001:db8::7]:5062 method=INVITE '\
'uri=sip:bob:***@example.com call-id=1\x20\"2\" status=500 by=each '\
'why=system-error detail=no\x20\"answer\" ms=12 signal=9 pid=4711 repeats=2' \
"MESSAGE_ID=b1c7d94e60f24b3a97d2f85e4a06cd05
SIPCGI_EVENT=done
$peer
$request
$id
SIPCGI_STATUS=500
SIPCGI_BY=each
SIPCGI_WHY=system-error
SIPCGI_REASON=Server Internal Error
SIPCGI_HINT=See errno: memory, descriptors and file size are limited.
SIPCGI_DETAIL=no \\\"answer\\\"
SIPCGI_MILLISECONDS=12
SIPCGI_SIGNAL=9
SIPCGI_PID=4711
SIPCGI_REPEATS=2"
}

test_an_ack_has_no_status()
{
	assertEquals '6 done   peer=[2001:db8::7]:5062 method=INVITE '\
'uri=sip:bob:***@example.com call-id=1\x20\"2\" ms=12 exit=3 pid=4711 '\
'repeats=2' "$("$driver" done-ack | head -n 1)"
}

# shellcheck disable=SC1091
. shunit2
