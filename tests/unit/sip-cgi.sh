#!/bin/sh
# What lib/sip-cgi.sh promises, checked with shunit2: under dash and bash, and
# by make check-all under every shell it is meant for.  Each test runs its code
# in all of them from an environment as the handler builds it, and all must
# give the same octets.

# The code to try stands in single quotes on purpose.
# shellcheck disable=SC2016

top=$(cd "$(dirname "$0")/../.." && pwd)
lib=$top/lib/sip-cgi.sh
message=$top/tests/unit/sip-cgi.stdin
shells='dash bash'
[ "${CHECK-}" != all ] || shells='dash bash busybox mksh ksh93'

# try [NAME=VALUE]... CODE: run CODE after sourcing the library, whose guard
# would answer where CODE does not: it begins where a request is.  Leaves what
# it wrote in $out and $err and its exit status in $status.
try()
{
	for code; do :; done
	i=$#
	while [ "$i" -gt 1 ]; do
		arg=$1
		shift
		set -- "$@" "$arg"
		i=$((i - 1))
	done
	shift	# CODE; what is left is assignments
	out=$SHUNIT_TMPDIR/out
	err=$SHUNIT_TMPDIR/err
	status=
	for shell in $shells; do
		as=$shell
		[ "$shell" != busybox ] || shell='busybox sh'
		# $shell is split on purpose.
		# shellcheck disable=SC2086
		env -i PATH="$PATH" REQUEST_METHOD=INVITE \
		    SIP_VIA='SIP/2.0/TCP a.example;branch=z9hG4bK1' \
		    SIP_FROM='"A" <sip:alice@a.example>;tag=1' \
		    SIP_TO='<sip:bob@b.example>' SIPCGI_TO_TAG=t0t4g \
		    SIP_CALL_ID=1@a.example SIP_CSEQ='7 INVITE' "$@" \
		    $shell -euc "method=\$REQUEST_METHOD
			unset REQUEST_METHOD
			. '$lib'
			REQUEST_METHOD=\$method
			unset method
			$code" \
		    <"$message" >"$out.$as" 2>"$err.$as"
		this=$?
		if [ -z "$status" ]; then
			status=$this
			mv "$out.$as" "$out"
			mv "$err.$as" "$err"
			continue
		fi
		assertEquals "exit status under $shell" "$status" "$this"
		cmp -s "$out" "$out.$as" ||
		    fail "$shell writes: $(cat -A "$out.$as")"
		cmp -s "$err" "$err.$as" ||
		    fail "$shell complains: $(cat -A "$err.$as")"
	done
}

# gives STATUS FORMAT [ARG...]: the last try wrote just this, complaining of
# nothing.
gives()
{
	want=$1
	shift
	# The format is the test's own.
	# shellcheck disable=SC2059
	printf "$@" >"$SHUNIT_TMPDIR/want"
	assertEquals 'exit status' "$want" "$status"
	cmp "$SHUNIT_TMPDIR/want" "$out" || fail "wrote: $(cat -A "$out")"
	assertEquals 'standard error' '' "$(cat "$err")"
}

copied='Via: SIP/2.0/TCP a.example;branch=z9hG4bK1\r
From: "A" <sip:alice@a.example>;tag=1\r
To: <sip:bob@b.example>;tag=t0t4g\r
Call-ID: 1@a.example\r
CSeq: 7 INVITE\r
'
end='Content-Length: 0\r\n\r\n'

# refused WORD: a whole 500 instead, and WORD in the log.
refused()
{
	assertEquals 'exit status' 1 "$status"
	# shellcheck disable=SC2059
	printf "SIP/2.0 500 Server Internal Error\\r\n$copied$end" \
	    >"$SHUNIT_TMPDIR/want"
	cmp "$SHUNIT_TMPDIR/want" "$out" || fail "wrote: $(cat -A "$out")"
	grep -q -e "$1" "$err" || fail "no '$1' in: $(cat "$err")"
}

# refuses WORD CODE...: each CODE gives that, all in one process.
refuses()
{
	word=$1
	shift
	all=
	: >"$SHUNIT_TMPDIR/want"
	for code; do
		all="$all
		status=0; ($code) || status=\$?; echo \"status \$status\""
		# shellcheck disable=SC2059
		printf "SIP/2.0 500 Server Internal Error\\r\\n$copied${end}status 1\\n" \
		    >>"$SHUNIT_TMPDIR/want"
	done
	try "$all"
	cmp "$SHUNIT_TMPDIR/want" "$out" || fail "wrote: $(cat -A "$out")"
	assertEquals "lines with '$word' in: $(cat "$err")" "$#" \
	    "$(grep -c -e "$word" "$err")"
	assertEquals "lines in: $(cat "$err")" "$#" "$(wc -l <"$err")"
}

test_plain_reply_is_complete()
{
	try 'sip_reply 302 "Contact: <sip:bob@192.0.2.7>"'
	gives 0 "SIP/2.0 302 Moved Temporarily\r
${copied}Contact: <sip:bob@192.0.2.7>\r\n$end"
}

test_to_with_a_tag_is_left_alone()
{
	# The handler sets no SIPCGI_TO_TAG then.
	try SIP_TO='<sip:bob@b.example>;tag=9' 'unset SIPCGI_TO_TAG
sip_reply 486'
	gives 0 "SIP/2.0 486 Busy Here\r
$(printf %s "$copied" | sed 's/t0t4g/9/')
$end"
}

test_script_gives_the_reason()
{
	try 'sip_reply 480 "Gone fishing: back at 5" "Retry-After: 60"'
	gives 0 "SIP/2.0 480 Gone fishing: back at 5\r
${copied}Retry-After: 60\r\n$end"
}

test_empty_reason_is_the_registered_one()
{
	try 'sip_reply 404 ""'
	gives 0 "SIP/2.0 404 Not Found\r\n$copied$end"
}

test_several_rows_of_one_header_stay_in_order()
{
	try 'sip_reply 300 "Contact: <sip:1@c>;q=0.9" "Contact: <sip:2@c>"'
	gives 0 "SIP/2.0 300 Multiple Choices\r
${copied}Contact: <sip:1@c>;q=0.9\r\nContact: <sip:2@c>\r\n$end"
}

test_ack_is_never_answered()
{
	try REQUEST_METHOD=ACK 'sip_reply 200; sip_reply -x; sip_reply nonsense
sip_reply -b text 200; echo quiet'
	gives 0 'quiet\n'
}

test_body_text_is_counted_in_octets()
{
	for locale in C.UTF-8 C POSIX; do
		try LC_ALL="$locale" 'sip_reply -b "gr\"ün 50%s \\n" 200 OK'
		gives 0 "SIP/2.0 200 OK\r
${copied}Content-Type: text/plain;charset=UTF-8\r
Content-Length: 14\r\n\r\ngr%sün 50%%s \\\\n" '"'
	done
}

test_locale_of_the_script_comes_back()
{
	try LC_ALL=C.UTF-8 'sip_reply 200 >/dev/null
x=$(sip_uri_host "$SIP_FROM"); sip_param tag "$SIP_FROM"; echo $LC_ALL'
	gives 0 '1\nC.UTF-8\n'
	try 'sip_reply 200 >/dev/null; echo "${LC_ALL-unset}"'
	gives 0 'unset\n'
}

test_body_keeps_its_own_type()
{
	try 'sip_reply -b "v=0" 200 "cOnTeNt-TyPe: application/sdp"'
	gives 0 "SIP/2.0 200 OK\r
${copied}cOnTeNt-TyPe: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"
	try 'sip_reply -b "v=0" 200 "c: application/sdp"'
	gives 0 "SIP/2.0 200 OK\r
${copied}c: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"
}

test_empty_body_has_no_type()
{
	try 'sip_reply -b "" 200'
	gives 0 "SIP/2.0 200 OK\r\n$copied$end"
}

test_body_from_a_file_is_sent_octet_for_octet()
{
	printf 'a\0b\r\n\377' >"$SHUNIT_TMPDIR/body"
	try "sip_reply -f '$SHUNIT_TMPDIR/body' 200 'Content-Type: x/y'"
	gives 0 "SIP/2.0 200 OK\r
${copied}Content-Type: x/y\r\nContent-Length: 6\r\n\r\na\\000b\r\n\\377"
}

test_large_body_arrives_whole()
{
	# More than an argument of a program may hold (128 KiB).
	try 'x=0123456789abcdef; while [ ${#x} -lt 262144 ]; do x=$x$x; done
sip_reply -b "$x" 200 | tail -c 262148 | tr -d 0-9a-f'
	gives 0 '\r\n\r\n'
}

test_unreadable_body_file_is_a_500()
{
	refuses 'cannot read the body file' 'sip_reply -f / 200' \
	    "sip_reply -f '$SHUNIT_TMPDIR/absent' 200" 'sip_reply -f "" 200'
}

test_request_body_is_not_sent_back()
{
	try CONTENT_LENGTH=10 'sip_reply 200'
	gives 0 "SIP/2.0 200 OK\r\n$copied$end"
}

test_values_are_data_not_code()
{
	# shellcheck disable=SC2016
	try SIP_FROM='$(echo x) `echo y` %s %d \n \\ * ;tag="$HOME' \
	    SIP_CALL_ID='*' 'sip_reply 200 "X-A: %s\\r\\n" "X-B: $SIP_FROM"'
	sed -n 's/^From: //p' "$out" >"$SHUNIT_TMPDIR/from"
	# shellcheck disable=SC2016
	assertEquals '$(echo x) `echo y` %s %d \n \\ * ;tag="$HOME' \
	    "$(tr -d '\r' <"$SHUNIT_TMPDIR/from")"
	assertEquals 'Call-ID: *' "$(grep ^Call-ID "$out" | tr -d '\r')"
	assertEquals 'X-A: %s\r\n' "$(grep ^X-A "$out" | tr -d '\r')"
	assertEquals 10 "$(wc -l <"$out" | tr -d ' ')"
}

test_no_argument_can_begin_a_line()
{
	# Each is a way to end a line somewhere.
	set --
	for bad in 'a\r\nEvil: 1' 'a\nEvil: 1' 'a\rEvil: 1' 'a\n' 'a\r\n' \
	    'a\tb\n' 'a\001' 'a\177' 'a\033[2J'; do
		set -- "$@" "bad=\$(printf '${bad}x'); sip_reply 302 \
		    \"Contact: <sip:\${bad%x}>\""
	done
	refuses 'control character in header field Contact' "$@"
	set --
	for bad in 'a\r\nEvil: 1' 'a\nEvil: 1' 'a\rEvil: 1' 'a\n' 'a\r\n' \
	    'a\tb\n' 'a\001' 'a\177' 'a\033[2J'; do
		set -- "$@" "bad=\$(printf '${bad}x')
		    sip_reply 302 \"\${bad%x}\""
	done
	refuses 'control character in the reason phrase' "$@"
}

test_a_refusal_is_one_line_of_the_log()
{
	try 'sip_reply 200 OK "$(printf "a\nexec forged\033[2J")"'
	refused 'not a header field (Name: value): a?exec forged?'
	assertEquals 1 "$(wc -l <"$err" | tr -d ' ')"
}

test_tab_and_utf8_may_stand_in_a_value()
{
	try 'sip_reply 200 "grün" "Subject: a	grüße"'
	gives 0 "SIP/2.0 200 grün\r
${copied}Subject: a	grüße\r\n$end"
}

test_own_headers_cannot_be_given_twice()
{
	set --
	for name in Via v From F To t Call-ID I CSEQ content-length L; do
		set -- "$@" "sip_reply 200 '$name: x'"
	done
	refuses 'is written by sip_reply itself' "$@"
	try "sip_reply 200 'CSEQ: x'"
	refused 'CSEQ is written by sip_reply itself'
}

test_blanks_may_stand_before_the_colon()
{
	try 'sip_reply 302 "Contact : <sip:b@c>" "X-A  	:1" "X-B: 2 : 3"'
	gives 0 "SIP/2.0 302 Moved Temporarily\r
${copied}Contact: <sip:b@c>\r\nX-A:1\r\nX-B: 2 : 3\r\n$end"
}

test_a_header_without_its_colon_is_no_reason()
{
	set --
	for bad in 'Contact <sip:b@c>' 'Contact sip:b@c' 'x SIPS:b@c' \
	    'Retry-After 60' 'allow INVITE' 'Unsupported 100rel' 'a "b"' \
	    'a#b' 'Expires	0'; do
		set -- "$@" "sip_reply 302 '$bad'"
	done
	refuses 'not a reason phrase' "$@"
	for good in 'Retry-After' 'Sip is down' 'Contact us' 'Allowed once'; do
		try "sip_reply 480 '$good'"
		gives 0 "SIP/2.0 480 $good\r\n$copied$end"
	done
}

test_content_type_is_given_once()
{
	try 'sip_reply -b x 200 "Content-Type: a/b" "c: d/e"'
	refused 'Content-Type is given twice'
}

test_methods_that_are_not_allowed()
{
	try 'sip_allow OPTIONS INVITE && echo fine'
	gives 0 'fine\n'
	try 'sip_allow OPTIONS ACK || echo not'
	gives 0 "SIP/2.0 405 Method Not Allowed\r
${copied}Allow: OPTIONS, ACK\r\n${end}not\n"
	try REQUEST_METHOD=ACK 'sip_allow OPTIONS || echo silent'
	gives 0 'silent\n'
}

test_extensions_that_are_not_known()
{
	try 'sip_require && echo fine'
	gives 0 'fine\n'
	try SIP_REQUIRE='Timer, 100rel' 'sip_require 100rel timer x && echo fine'
	gives 0 'fine\n'
	try SIP_REQUIRE='timer ,100rel,, x' 'sip_require TIMER || echo not'
	gives 0 "SIP/2.0 420 Bad Extension\r
${copied}Unsupported: 100rel, x\r\n${end}not\n"
	try SIP_REQUIRE='10' 'sip_require 100rel || echo not'
	gives 0 "SIP/2.0 420 Bad Extension\r
${copied}Unsupported: 10\r\n${end}not\n"
	for method in ACK CANCEL; do
		try REQUEST_METHOD="$method" SIP_REQUIRE=x \
		    'sip_require && echo fine'
		gives 0 'fine\n'
	done
}

test_what_is_no_header_is_refused()
{
	set --
	for bad in 'no colon' ': no name' 'Bad Name: x' 'Näme: x' ''; do
		set -- "$@" "sip_reply 200 OK '$bad'"
	done
	refuses 'not a header field' "$@"
}

test_bad_codes_are_refused()
{
	set -- 'sip_reply'
	for bad in 99 700 2000 20 abc '20 ' '' '2e2'; do
		set -- "$@" "sip_reply '$bad' OK"
	done
	refuses 'not a status code' "$@"
}

test_options_come_first()
{
	try 'sip_reply 200 -b text'
	refused 'options come before'
	try 'sip_reply -x 200'
	refused 'unknown option: -x'
	try 'sip_reply -b'
	refused '-b needs an argument'
}

test_missing_variable_is_named_in_the_log()
{
	try 'unset SIP_FROM; sip_reply 200'
	assertEquals 0 "$status"
	assertEquals 'sip-cgi.sh: SIP_FROM is not set' "$(cat "$err")"
	assertEquals 0 "$(grep -c ^From "$out")"
}

test_trying_carries_the_timestamp()
{
	try SIP_TIMESTAMP=54.2 'sip_reply 100; sip_reply 180'
	gives 0 "SIP/2.0 100 Trying\r
${copied}Timestamp: 54.2\r\n${end}SIP/2.0 180 Ringing\r\n$copied$end"
}

test_record_route_where_a_dialog_begins()
{
	rr='Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\n'
	set -- SIP_RECORD_ROUTE='<sip:p1;lr>, <sip:p2;lr>'
	try "$@" 'sip_reply 180; sip_reply 200'
	gives 0 "SIP/2.0 180 Ringing\r
$copied$rr${end}SIP/2.0 200 OK\r\n$copied$rr$end"
	try "$@" 'sip_reply 100; sip_reply 302; sip_reply 603'
	assertEquals 0 "$(grep -c ^Record-Route "$out")"
	try "$@" REQUEST_METHOD=SUBSCRIBE 'sip_reply 200'
	assertEquals 1 "$(grep -c ^Record-Route "$out")"
	try "$@" REQUEST_METHOD=OPTIONS 'sip_reply 200'
	assertEquals 0 "$(grep -c ^Record-Route "$out")"
}

test_phrases_are_those_of_the_registry()
{
	try 'while read -r code phrase; do
	sip_reply "$code" | { read -r version status
	printf "%s\n" "$version $status"; }
done <<end
100 Trying
199 Early Dialog Terminated
202 Accepted
414 Request-URI Too Long
436 Bad Identity Info
437 Unsupported Credential
481 Call/Transaction Does Not Exist
500 Server Internal Error
504 Server Time-out
555 Push Notification Service Not Supported
607 Unwanted
608 Rejected
299 Success
699 Global Failure
end'
	gives 0 'SIP/2.0 %s\r\n' '100 Trying' '199 Early Dialog Terminated' \
	    '202 Accepted' '414 Request-URI Too Long' '436 Bad Identity Info' \
	    '437 Unsupported Credential' '481 Call/Transaction Does Not Exist' \
	    '500 Server Internal Error' '504 Server Time-out' \
	    '555 Push Notification Service Not Supported' '607 Unwanted' \
	    '608 Rejected' '299 Success' '699 Global Failure'
}

# A process that may start no other: root is exempt from the limit, so it
# becomes nobody first.
cannot_fork()
{
	set -- prlimit --nproc=1 "$@"
	if [ "$(id -u)" -eq 0 ]; then
		set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	fi
	# Some shells try again for minutes.
	timeout 20 "$@"
}

test_plain_reply_forks_nothing()
{
	assertEquals 'the limit holds' 'fails' \
	    "$(cannot_fork perl -e 'print defined fork ? "works" : "fails"')"
	for shell in $shells; do
		[ "$shell" != busybox ] || shell='busybox sh'
		# shellcheck disable=SC2086,SC2016
		assertEquals "last line under $shell" 'grün' \
		    "$(SIP_VIA=v SIP_FROM=f SIP_TO=t SIP_CALL_ID=i \
		    SIP_CSEQ='1 OPTIONS' cannot_fork $shell -c 'eval "$1"
		    sip_reply -b grün 302 Moved "Contact: <sip:b@c>"
		    ' "$shell" "$(cat "$lib")" | tail -n 1)"
	done
}

test_reply_is_one_write()
{
	# On a socket of packets every write is a packet of its own.  bash
	# writes line by line, whatever a script does.
	for shell in dash busybox mksh ksh93; do
		[ "$shell" != busybox ] || shell='busybox sh'
		# shellcheck disable=SC2086,SC2016
		count=$(perl -MSocket -e '
		    socketpair(my $ours, my $theirs, AF_UNIX, SOCK_SEQPACKET,
			0) or die;
		    unless (fork) {
			open STDOUT, ">&", $theirs or die;
			open STDERR, ">", "/dev/null";
			exec @ARGV or die;
		    }
		    close $theirs;
		    $n++ while sysread $ours, my $packet, 65536;
		    print $n' $shell -c '. "$0"
		    sip_reply -b "text" 200 "Contact: <sip:b@c>"' "$lib")
		assertEquals "writes under $shell" 1 "$count"
	done
}

test_body_of_the_request()
{
	try CONTENT_LENGTH=19 'sip_body'
	gives 0 'line 1\r\nline 2\n\nend'
	# Whatever was read before, and twice.
	try CONTENT_LENGTH=19 'read -r a; cat >/dev/null; sip_body; sip_body'
	gives 0 'line 1\r\nline 2\n\nendline 1\r\nline 2\n\nend'
	try 'sip_body'
	gives 0 ''
	try CONTENT_LENGTH=0 'sip_body'
	gives 0 ''
}

test_header_from_the_request()
{
	try 'sip_header authorization'
	gives 0 'Digest username="bob", realm="r"\nBasic x\n'
	try 'sip_header X_Odd; sip_header Empty'
	gives 0 '%s\n' 'a b c' ''
	try 'sip_header Not-There || echo none; sip_header line 1 || echo none'
	gives 0 'none\nnone\n'
}

test_headers_leave_the_script_its_input()
{
	try 'sip_header X_Odd >/dev/null; read -r line; printf "%s\n" "$line"'
	gives 0 'Via: SIP/2.0/TCP a.example;branch=z9hG4bK1\r\n'
}

# The table that all languages share, in one process of a shell.  It is awk that
# reads the values, so one will do but for make check-all.
test_values()
{
	some=dash
	[ "${CHECK-}" != all ] || some=$shells
	count=$(grep -vc '^#' "$top/tests/unit/values.txt")
	assertTrue 'values to read' "[ $count -gt 180 ]"
	for shell in $some; do
		[ "$shell" != busybox ] || shell='busybox sh'
		# shellcheck disable=SC2086
		assertEquals "under $shell" "$count values read" \
		    "$($shell "$top/tests/unit/read-values" "$lib" \
		    <"$top/tests/unit/values.txt" 2>&1)"
	done
}

test_quoted_strings()
{
	try 'sip_quote "a\"b\\c"; sip_quote ""; sip_quote "\\\\\""; sip_quote "&"'
	gives 0 '%s\n' '"a\"b\\c"' '""' '"\\\\\""' '"&"'
	try 'sip_quote "$(printf "a\nb")" || echo none'
	gives 0 'none\n'
}

test_credentials_are_written_line_by_line()
{
	try 'sip_parse_credentials "Digest Realm=\"a\\\"b\", nc=1,x=\"\""
sip_parse_credentials "Digest a=1, b" || echo none'
	gives 0 '%s\n' digest 'realm=a"b' nc=1 x= none
}

test_long_values_are_refused()
{
	# A value that is taken apart has a bound.
	try 'x=; while [ ${#x} -lt 1900 ]; do x="$x\\\\\\\\"; done
sip_uri "\"$x\" <sip:a@b>"
while [ ${#x} -lt 2048 ]; do x="$x\\\\\\\\"; done
sip_uri "\"$x\" <sip:a@b>" || echo none'
	gives 0 'sip:a@b\nnone\n'
}

test_works_with_any_ifs_and_shell_options()
{
	try 'IFS=": ;/<>=0123456789"; set -f; sip_reply 302 "Contact: <sip:b@c>"
sip_param tag "$SIP_FROM"; sip_uri_user "$SIP_FROM"'
	gives 0 "SIP/2.0 302 Moved Temporarily\r
${copied}Contact: <sip:b@c>\r\n${end}1\nalice\n"
}

test_no_variable_of_the_script_is_touched()
{
	try 'names() { set | sed -n "s/^\([A-Za-z0-9_]*\)=.*/\1/p" |
    grep -v -e "^_" -e "^BASH" -e PIPESTATUS -e LINENO -e RANDOM | sort; }
names >/dev/null; before=; before=$(names)
{ sip_reply -b x 200 "A: b"; sip_reply 1; sip_uri_user "$SIP_FROM"
sip_uri_host "$SIP_FROM"; sip_param tag "$SIP_FROM"; } >/dev/null 2>&1 || :
sip_split_list "a,b" >/dev/null; sip_parse_credentials "a b=c" >/dev/null
[ "$before" = "$(names)" ] && echo same'
	gives 0 'same\n'
}

# shellcheck disable=SC1091
. shunit2
