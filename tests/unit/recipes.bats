#!/usr/bin/env bats
# What sip-cgi(7) shows works as it stands there: each of its scripts that has a
# name in a comment is run.

bats_require_minimum_version 1.5.0

load ../helpers/helper

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	mkdir scripts state tmp
	export STATE_DIRECTORY=$PWD/state TMPDIR=$PWD/tmp
}

# recipe NAME [SED-SCRIPT]: install it as the script that is asked, with the
# libraries of this tree.
recipe()
{
	awk -v "name=.\\\\\" recipe: $1" '
	    $0 == name { found = 1; getline; next }
	    found && $0 == ".Ed" { exit }
	    found { sub(/^\\&/, ""); gsub(/\\e/, "\\"); print }' \
	    "$TOP/man/sip-cgi.7" |
	    sed -e "s|/usr/local/share/sip-cgi|$TOP/lib|" \
	    -e "s|^import sipcgi$|import sys; sys.path.insert(0, '$TOP/lib'); &|" \
	    -e "s|^use SipCgi;$|use lib '$TOP/lib'; &|" \
	    -e "${2:-}" >scripts/default.cgi
	[ -s scripts/default.cgi ]
	chmod 755 scripts/default.cgi
}

# ask METHOD URI [HEADER]...: the answer is in the file answer, its status line
# in $STATUS. $FROM, $TO and $BODY change what they say, $OPTIONS are the
# handler's.
ask()
{
	local method=$1 uri=$2

	shift 2
	{
		printf '%s\r\n' "$method $uri SIP/2.0" \
		    'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1' \
		    "From: ${FROM:-<sip:alice@a.example>};tag=f" \
		    "To: ${TO:-<sip:bob@b.example>}" 'Call-ID: c' \
		    "CSeq: 1 $method" "$@" "Content-Length: ${#BODY}" ''
		printf %s "$BODY"
	} >message
	# shellcheck disable=SC2086
	"$HANDLER" -l stderr -d scripts $OPTIONS <message >answer 2>log || :
	IFS= read -r STATUS <answer || :
	STATUS=${STATUS%$'\r'}
}

# is STATUS [LINE]...: the last answer was this, with these lines, and whole.
is()
{
	if [ "$STATUS" != "SIP/2.0 $1" ]; then
		cat log answer >&2
		echo "expected: $1" >&2
		return 1
	fi
	shift
	for line; do
		grep -Fxq -e "$line"$'\r' answer
	done
	[ "$(grep -c '^SIP/2.0 ' answer)" -eq 1 ]
	grep -q $'^To: .*;tag=.*\r$' answer
}

BODY=
OPTIONS=
MOVED='302 Moved Temporarily'
BOB='Contact: <sip:bob@192.0.2.7>'

@test "recipes: every script with a name in the manual is run here" {
	sed -n 's/^\.\\" recipe: //p' "$TOP/man/sip-cgi.7" | sort >named
	sed -n 's/^	recipe \([a-z-]*\).*/\1/p' "$BATS_TEST_FILENAME" |
	    sort -u >run
	[ -s named ]
	diff named run
	# And every one in full has a name, but the one that is typed in.
	[ "$(grep -c '^#!/' "$TOP/man/sip-cgi.7")" -eq \
	    $(($(wc -l <named) + 1)) ]
}

@test "recipes: a whole script in each language" {
	recipe shell
	ask INVITE sip:bob@b.example
	is "$MOVED" "$BOB"
	recipe python
	ask INVITE sip:bob@b.example
	is "$MOVED" "$BOB"
	recipe perl
	ask INVITE sip:bob@b.example
	is "$MOVED" "$BOB"
}

@test "recipes: to refuse what is not meant" {
	recipe refuse
	ask INVITE sip:bob@b.example
	is "$MOVED" "$BOB"
	ask OPTIONS sip:bob@b.example
	is '405 Method Not Allowed' 'Allow: INVITE, ACK, CANCEL'
	ask INVITE sip:bob@b.example 'Require: timer, 100rel'
	is '420 Bad Extension' 'Unsupported: 100rel'
	ask INVITE sip:bob@b.example 'Require: timer'
	is "$MOVED"
	ask CANCEL sip:bob@b.example
	is '481 Call/Transaction Does Not Exist'
	TO='<sip:bob@b.example>;tag=1'
	ask INVITE sip:bob@b.example
	is '481 Call/Transaction Does Not Exist'
	ask ACK sip:bob@b.example
	[ ! -s answer ]
}

@test "recipes: to decide by the caller" {
	recipe caller
	ask INVITE sip:bob@b.example
	is "$MOVED" "$BOB"
	for FROM in '<sip:x@SPAM.example>' 'sip:anonymous@anonymous.invalid' \
	    'sip:x@spam.example;q="<sip:alice@a.example>"' \
	    '"<sip:alice@a.example>" <sip:x@spam.example:5060>'; do
		ask INVITE sip:bob@b.example
		is '607 Unwanted'
	done
	FROM='<tel:+12015550100>'
	ask INVITE sip:bob@b.example
	is '433 Anonymity Disallowed'
}

@test "recipes: to decide by the number" {
	recipe number
	ask INVITE 'tel:+1-201-555-0123'
	is "$MOVED" 'Contact: <sip:+12015550123@gw.example;user=phone>'
	ask INVITE 'sip:+1(900)555@b.example;user=phone'
	is '603 Decline'
	ask INVITE 'tel:911;phone-context=b.example'
	is '484 Address Incomplete'
	ask INVITE sip:bob@b.example
	is '404 Not Found'
}

@test "recipes: to go through several values" {
	recipe several
	ask INVITE sip:bob@b.example
	is "$MOVED" "$BOB"
	ask INVITE sip:bob@b.example \
	    'History-Info: "a, b" <sip:a@b>;index=1' \
	    'History-Info: <sip:c@d>;index=1.1, <sip:x@SPAM.example>'
	is '603 Decline'
	ask INVITE sip:bob@b.example 'History-Info: <sip:a@b'
	is '500 Server Internal Error'
}

# answer_challenge PASSWORD: a request with credentials for the last answer.
answer_challenge()
{
	ask INVITE sip:bob@b.example "Authorization: $(
	    /usr/bin/python3 -IBSc 'import sys
sys.path.insert(0, sys.argv[1])
import digest
row = next(line for line in open("answer")
           if line.startswith("WWW-Authenticate: "))
print(digest.credentials(row, method="INVITE", uri="sip:bob@b.example",
                         password=sys.argv[2]))' "$TOP/tests/unit" "$1")"
}

@test "recipes: to ask for a password" {
	local command

	recipe password
	# As the comment in it has it.
	command=$(sed -n 's/^#     echo/echo/p' scripts/default.cgi)
	[ -n "$command" ]
	sh -c ". '$TOP/lib/sip-cgi.sh'; . '$TOP/lib/sip-digest.sh'
	    ${command/PASSWORD/secret}" >state/users
	ask INVITE sip:bob@b.example
	is '401 Unauthorized'
	answer_challenge secret
	is "$MOVED" 'Contact: <sip:bob@192.0.2.7>'
	"$HANDLER" -l stderr -d scripts <message >answer
	grep -q 'stale=true' answer
	answer_challenge wrong
	is '401 Unauthorized'
	ask CANCEL sip:bob@b.example
	is '481 Call/Transaction Does Not Exist'
	recipe password-python
	ask INVITE sip:bob@b.example
	is '401 Unauthorized'
	answer_challenge secret
	is "$MOVED" 'Contact: <sip:bob@192.0.2.7>'
	ask CANCEL sip:bob@b.example
	is '481 Call/Transaction Does Not Exist'
}

# Both recipes, with a program that is as slow as one can be.
answers_in_time()
{
	printf '#!/bin/sh\necho sip:bob@192.0.2.7\n' >scripts/slow-query
	chmod 755 scripts/slow-query
	ask INVITE sip:bob@b.example
	is "$MOVED" "$BOB"
	printf '#!/bin/sh\necho $$ >%s/pid\nexec sleep 60\n' "$PWD" \
	    >scripts/slow-query
	OPTIONS='-T 1'
	ask INVITE sip:bob@b.example
	OPTIONS=
	kill "$(cat pid)" 2>/dev/null || :
	is '504 Server Time-out'
}

@test "recipes: to answer in time" {
	recipe time
	answers_in_time
	recipe time-perl
	answers_in_time
}

@test "recipes: to count, and to keep anything" {
	local i pids=()

	recipe count
	for i in 1 2 3 4 5 6; do
		(mkdir "$i" && cp -R scripts "$i" && cd "$i" &&
		    ask INVITE sip:bob@b.example && is "$MOVED" "$BOB") &
		pids+=("$!")
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	[ "$(cat state/calls)" -eq 6 ]
	echo 100 >state/calls
	ask INVITE sip:bob@b.example
	is '480 Enough calls for today'
}

@test "recipes: to read and write bodies" {
	recipe body
	BODY=$'one\ntwo\n'
	ask MESSAGE sip:bob@b.example 'Content-Type: text/plain;charset=UTF-8'
	is '200 OK' 'Content-Length: 8'
	[ "$(tail -n 1 answer)" = '2 lines' ]
	ask MESSAGE sip:bob@b.example 'Content-Type: text/html'
	is '415 Unsupported Media Type' 'Accept: text/plain'
	ask INVITE sip:bob@b.example
	is '405 Method Not Allowed' 'Allow: MESSAGE'
}

@test "recipes: to hand over to another program" {
	recipe other
	ask INVITE sip:bob@b.example
	is '404 Not Found'
	printf '#!/bin/sh\n. "%s/lib/sip-cgi.sh"\nsip_reply 403\n' "$TOP" \
	    >scripts/registrar
	printf '#!/bin/sh\nprintf "SIP/2.0 603 No\\r\\nTo: a;tag=1\\r\\n\\r\\n"\n' \
	    >scripts/by-hand
	chmod 755 scripts/*
	ask REGISTER sip:b.example
	is '403 Forbidden'
	ask INVITE sip:bob@b.example
	is '603 No'
}

@test "recipes: to ask a database or a web service" {
	local port

	mkdir site
	echo '{"target": "sip:bob@192.0.2.7"}' >site/bob
	echo '{"target": "x"}' >site/eve
	PYTHONUNBUFFERED=1 /usr/bin/python3 -m http.server --directory site \
	    --bind 127.0.0.1 0 >port 2>requests 3>&- &
	wait_until grep -q port port
	port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' port)
	recipe service "s/8000/$port/"
	ask INVITE sip:bob@b.example
	is "$MOVED" "$BOB"
	ask INVITE sip:eve@b.example
	is '500 Server Internal Error'
	grep -q ValueError log
	stop $!
	ask INVITE sip:bob@b.example
	is '503 Service Unavailable'
}

@test "recipes: to tidy up" {
	recipe tidy
	BODY='a body'
	ask MESSAGE sip:bob@b.example 'Content-Type: text/x'
	is '200 OK' 'Content-Type: text/x' 'Content-Length: 6'
	[ "$(tail -n 1 answer)" = "$BODY" ]
	sed -i 's/^sip_body/exit; &/' scripts/default.cgi
	ask MESSAGE sip:bob@b.example
	is '500 Server Internal Error'
	[ -z "$(ls -A tmp)" ]
}
