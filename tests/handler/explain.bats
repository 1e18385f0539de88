# --explain does everything but exec, and says what it saw.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# Explain the message on standard input; the words are then in $ANSWER.
explain()
{
	handle -n "$@"
}

says()
{
	local line

	for line; do
		grep -qF -e "$line" "$ANSWER" ||
		    explain_failure "does not say: $line" || return
	done
}

@test "a good request: exec, the names tried, exit 0, nothing is run" {
	request >message
	probe @example.com
	chmod a-x "$DIR/@example.com"
	explain <message
	[ "$STATUS" -eq 0 ] || explain_failure
	[ "$(head -n 1 "$ANSWER")" = exec ]
	no_script_ran
	[ "$(grep -c 'bob@example.com:.*skipped.*ENOENT' "$ANSWER")" -eq 1 ]
	[ "$(grep -c ' @example.com: .*not executable' "$ANSWER")" -eq 1 ]
	[ "$(grep -c 'default.cgi: .*taken' "$ANSWER")" -eq 1 ]
	[ ! -s "$LOG" ] || explain_failure "the log is for requests"
}

@test "each reason for which a name is not taken is said" {
	mkdir "$DIR/bob@example.com"
	request >message
	explain <message
	says 'not a regular file'
	rmdir "$DIR/bob@example.com"
	probe bob@example.com
	chmod o+w "$DIR/bob@example.com"
	explain <message
	[ "$STATUS" -eq 1 ]
	says 'reject 500 script-writable' 'writable by others'
	START='INVITE sip:a/b@example.com SIP/2.0' request >message
	explain <message
	says 'no file name'
	START="INVITE sip:$(printf '%0300d' 0)@example.com SIP/2.0" \
	    request >message
	explain <message
	says 'over 255 octets'
}

@test "the line that ended too early is shown, with its end marked" {
	local octets

	for octets in 'junk' 'junk\n' 'junk\r\n' 'INVITE sip:a@b SIP/2.0\r\njunk\r\n'; do
		# shellcheck disable=SC2059
		printf "$octets" >message
		explain <message
		says 'reject 400 incomplete-head at octet'
		[ "$(sed -n '/^fault:/,$p' "$ANSWER")" = "\
fault:    junk
              ^" ] || explain_failure "$octets" || return
	done
}

@test "a copy is said to be one" {
	probe bob@example.com.bak
	START='INVITE sip:bob@example.com.bak SIP/2.0' request >message
	explain <message
	[ "$STATUS" -eq 0 ]
	says 'bob@example.com.bak: skipped: a copy'
}

@test "a name that is there in another case gets a hint" {
	local i

	# More of them than are read at once.
	for ((i = 0; i < 300; i++)); do
		: >"$DIR/$i.example.com"
	done
	probe Bob@Example.com
	request >message
	explain <message
	says 'hint:     Bob@Example.com is there: case counts'
	[ "$(grep -c 'is there' "$ANSWER")" -eq 1 ]
	handle --explain=json <message
	python3 -c 'import json, sys
tried = json.load(open(sys.argv[1]))["tried"]
assert tried[0]["otherCase"] == "Bob@Example.com"
assert all("otherCase" not in t for t in tried[1:])' "$ANSWER"
	mv "$DIR/Bob@Example.com" "$DIR/bob@example.com"
	explain <message
	run ! grep 'is there' "$ANSWER"
}

@test "a file named after the option is read as standard input is" {
	request >message
	explain <message
	cp "$ANSWER" expected
	explain "$PWD/message" </dev/null
	cmp "$ANSWER" expected
	"$HANDLER" --explain message -d "$DIR" <&- >"$ANSWER"
	cmp "$ANSWER" expected
	handle --explain=json <message
	cp "$ANSWER" expected
	"$HANDLER" -d "$DIR" --explain=json -- message </dev/null >"$ANSWER"
	cmp "$ANSWER" expected
	explain /nonexistent </dev/null
	[ "$STATUS" -eq 64 ]
	grep -q "'/nonexistent': cannot be read: ENOENT" "$LOG"
	explain message message </dev/null
	[ "$STATUS" -eq 64 ]
	# Only with the option.
	handle message </dev/null
	[ "$STATUS" -eq 64 ]
}

@test "the environment is the one that the script gets, a variable a line" {
	request 'X-Note: "a \ b' 'Content-Length: 0' >message
	handle -e EXTRA=1 <message
	tr '\0' '\n' <"$DIR/probe.env" | sed 's/["\\]/\\&/g' | sort >want
	explain -e EXTRA=1 <message
	sed '1,/^environment:/d' "$ANSWER" | sort | diff want -
}

@test "octets that are not printable ASCII are escaped" {
	request "$(printf 'Subject: \033[31m\303\251\001')" >message
	explain <message
	says 'SIP_SUBJECT=\x1b[31m\xc3\xa9\x01'
	run ! grep -qP '[^\n -~]' "$ANSWER"
}

@test "the size of stdin is the one that the script reads" {
	BODY=12345
	request 'Content-Length: 5' >message
	handle <message
	explain <message
	says "$(wc -c <"$DIR/probe.stdin") octets"
}

# The message $2, in printf(1) escapes, is refused with the first line $1.
check()
{
	printf '%b' "$2" >message
	explain <message
	[ "$STATUS" -eq 1 ] || explain_failure "$2" || return
	[ "$(head -n 1 "$ANSWER")" = "$1" ] ||
	    explain_failure "not $1"
}

@test "a refused request: reject, the status, the token and the octet, exit 1" {
	check 'reject 400 not-sip at octet 0' '(INVITE'
	check 'reject 400 not-sip at octet 4' '\r\n\r\n(INVITE'
	check 'reject 400 nul at octet 7' 'INVITE \0'
	check 'reject 400 bare-cr at octet 6' 'INVITE\rx'
	check 'reject 505 version-not-supported at octet 11' \
	    'INVITE s:b SIP/3.0\r\n\r\n'
	check 'reject 400 uri-bad-port at octet 15' \
	    'INVITE sip:b@h:x SIP/2.0\r\n\r\n'
	check 'reject 400 missing-colon at octet 25' \
	    'INVITE sip:b@h SIP/2.0\r\nA\r\n\r\n'
}

@test "what gets no answer: discard, exit 1" {
	printf 'SIP/2.0 200 OK\r\n\r\n' >message
	explain <message
	[ "$STATUS" -eq 1 ]
	[ "$(head -n 1 "$ANSWER")" = 'discard response' ]
	explain </dev/null
	[ "$STATUS" -eq 1 ]
	[ "$(head -n 1 "$ANSWER")" = 'discard empty' ]
	START='ACK sip:bob@example.com SIP/2.0' request Bad >message
	explain <message
	[ "$STATUS" -eq 1 ]
	[[ $(head -n 1 "$ANSWER") == 'discard missing-colon at octet '* ]]
}

@test "a setup that is wrong: reject 500 and the token, exit 1" {
	request >message
	rm "$DIR/default.cgi"
	explain <message
	[ "$STATUS" -eq 1 ]
	[ "$(head -n 1 "$ANSWER")" = 'reject 500 no-script' ]
	chmod o+w "$DIR"
	explain <message
	[ "$STATUS" -eq 1 ]
	[ "$(head -n 1 "$ANSWER")" = 'reject 500 directory-writable' ]
}
