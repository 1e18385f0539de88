# reading one message, where it ends, the deadline and the limits.
#
# Runs early: it takes long.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# $1 octets of $2.
octets()
{
	head -c "$1" /dev/zero | tr '\0' "$2"
}

# A message whose head is exactly $1 octets.
head_of()
{
	local bare

	bare=$(request 'X-Fill: ' 'Content-Length: 0' | wc -c)
	request "X-Fill: $(octets $(($1 - bare)) x)" 'Content-Length: 0'
}

# A message of exactly $1 header fields.
headers()
{
	local i fill=()

	for ((i = 6; i <= $1; i++)); do
		fill+=("X-$i: $i")
	done
	request "${fill[@]}"
}

@test "nothing, and nothing but empty lines, end in silence at EOF" {
	local on text

	for on in --on=inet --on=unix --on=pipe; do
		for text in '' '\r\n' '\n\r\n\r\n'; do
			# shellcheck disable=SC2059
			printf "$text" >message
			ON="$on --then=half-close" handle_on <message
			[ "$STATUS" -eq 0 ] || explain_failure "$on"
			unanswered
			no_script_ran
			not_logged reject error
		done
	done
}

@test "nothing, and nothing but empty lines, end in silence at the deadline" {
	local text

	for text in '' '\r\n\r\n'; do
		# shellcheck disable=SC2059
		printf "$text" >message
		ON=--bound=20 handle_on -t 1 <message
		[ "$STATUS" -eq 0 ] || explain_failure
		unanswered
	done
}

# bats test_tags=P22
@test "64 KiB of empty lines are skipped; after more of them it ends" {
	{ yes $'\r' | head -n 32768; request; } >message
	handle_on <message
	ran
	rm "$DIR/probe.env"
	# No message follows: it must not wait for one.
	yes $'\r' | head -n 32769 >message
	ON=--bound=10 handle_on -t 60 <message
	[ "$STATUS" -eq 0 ] || explain_failure
	unanswered
	logged discard why=empty-lines
	no_script_ran
	{ yes '' | head -n 65537; request; } >message
	handle <message
	[ "$STATUS" -eq 0 ] || explain_failure
	unanswered
	no_script_ran
}

@test "a CR before the end of input is an error, also before the start line" {
	local on

	for on in --on=inet --on=pipe; do
		printf '\r\n\r' >message
		ON="$on --then=half-close" handle_on <message
		answered 400 bare-cr
	done
}

@test "no Content-Length: no body on a socket, everything up to EOF elsewhere" {
	BODY=$'some\r\n\r\nbody'
	request >message
	request | tail -n +2 | head -c -"${#BODY}" >lines
	request | tail -n +2 >whole
	for ON in --on=inet --on=mapped --on=unix; do
		handle_on <message
		ran
		cmp "$DIR/probe.stdin" lines
		no_variable CONTENT_LENGTH
	done
	ON='--on=pipe --split=5 --then=half-close' handle_on <message
	ran
	cmp "$DIR/probe.stdin" whole
	variable CONTENT_LENGTH "${#BODY}"
	handle <message
	cmp "$DIR/probe.stdin" whole
}

@test "Content-Type without Content-Length is 400 on a socket only" {
	BODY=x
	request 'Content-Type: text/plain' >message
	handle_on <message
	answered 400 missing-content-length
	no_script_ran
	handle <message
	ran
}

@test "a complete message is served without waiting for EOF" {
	request 'Content-Length: 0' >message
	for ON in --on=inet --on=unix --on=pipe; do
		ON="$ON --bound=10" handle_on -t 60 <message
		ran
	done
}

@test "the deadline in the middle: 400 with what is known, timeout" {
	request >whole
	head -c -2 whole >message
	ON=--bound=20 handle_on -t 1 <message
	answered 400 timeout
	no_script_ran
	grep -q '^Call-ID: 3848276298220188511@example.net' "$ANSWER"
	request 'Content-Length: 5' >message
	printf 1234 >>message
	ON=--bound=20 handle_on -t 1 <message
	answered 400 timeout
	no_script_ran
}

# bats test_tags=P19
@test "the deadline is one for the whole request: a dribble does not move it" {
	# No CR is among what arrives in time: it would be a fault of its own.
	START="INVITE sip:b@h;$(octets 8000 x) SIP/2.0" request >message
	ON='--split=1 --pace=0.02 --bound=20' handle_on -t 1 <message
	answered 400 timeout
	no_script_ran
}

# bats test_tags=P14
@test "a request one octet at a time is one request" {
	BODY=12345
	request 'Content-Length: 5' >message
	tail -n +2 message >expected
	for ON in '--split=1' '--on=pipe --split=1'; do
		handle_on <message
		ran
		cmp "$DIR/probe.stdin" expected
		rm "$DIR/probe.env"
	done
}

# The client sends these and then waits, and so does the deadline: only an
# answer at once comes before the bound.
@test "a fault that no more octets can fix is answered at once" {
	local text why

	while read -r why text; do
		# shellcheck disable=SC2059
		printf "$text" >message
		ON=--bound=30 handle_on -t 60 <message
		answered 400 "$why"
		no_script_ran
	done <<-'END'
		not-sip \026\003\001
		not-sip \003
		not-sip \040INVITE
		not-sip \303\251
		nul \0
		nul INVITE sip:bob\0
		nul INVITE sip:bob@example.com SIP/2.0\r\nVia: \0
		bare-cr INVITE sip:bob\rx
		bare-cr INVITE sip:bob@example.com SIP/2.0\r\nVia: \r\r
		bare-cr \r\n\rx
	END
}

@test "a size or a count limit is answered at once" {
	octets 8193 x >message
	ON=--bound=30 handle_on -t 60 <message
	answered 400 start-line-too-long
	head_of 65537 | head -c 65536 >message
	ON=--bound=30 handle_on -t 60 <message
	answered 400 head-too-large
	headers 101 | head -c -2 >message
	ON=--bound=30 handle_on -t 60 <message
	answered 400 too-many-headers
}

@test "every other fault is answered after the empty line, with what came" {
	START='INVITE  sip:bob@example.com SIP/2.0' request >message
	handle_on <message
	answered 400 bad-start-line
	grep -q '^Call-ID: 3848276298220188511@example.net' "$ANSWER"
	{ printf 'INVITE sip:@ SIP/2.0\r\nno colon\r\n'; request |
	    tail -n +2; } >message
	handle_on <message
	answered 400 uri-empty-user
	grep -q '^Call-ID: 3848276298220188511@example.net' "$ANSWER"
}

# bats test_tags=P23
@test "what follows the message is read before exec: no reset" {
	# More than the first read takes.
	{ request 'Content-Length: 0'; octets 150000 x; } >message
	script default.cgi <<-'END'
		#!/bin/sh
		printf 'SIP/2.0 200 OK\r\n\r\n'
	END
	ON=--early handle_on <message
	answered 200
	[ "$STATUS" -eq 0 ] || explain_failure
}

# bats test_tags=P23
@test "the surplus is not waited for" {
	request 'Content-Length: 0' >message
	ON='--bound=10 --then=half-close' handle_on -t 60 <message
	ran
}

# bats test_tags=P14
@test "only the first of two requests is served, and stdin ends with it" {
	{
		request 'Content-Length: 3'
		printf abc
		START='BYE sip:bob@example.com SIP/2.0' request
	} >message
	{ request 'Content-Length: 3' | tail -n +2; printf abc; } >expected
	for ON in '' --early --on=pipe --on=unix; do
		handle_on <message
		ran
		cmp "$DIR/probe.stdin" expected
		variable REQUEST_METHOD INVITE
	done
	handle <message
	cmp "$DIR/probe.stdin" expected
}

# bats test_tags=P20
@test "100 headers pass, 101 do not" {
	headers 100 >message
	handle_on <message
	ran
	variable SIP_X_100 100
	rm "$DIR/probe.env"
	headers 101 >message
	handle_on <message
	answered 400 too-many-headers
	no_script_ran
}

# bats test_tags=P20
@test "a head of 65536 octets passes, of 65537 it does not" {
	head_of 65536 >message
	[ "$(wc -c <message)" -eq 65536 ]
	tail -n +2 message >expected
	handle_on <message
	ran
	cmp "$DIR/probe.stdin" expected
	rm "$DIR/probe.env"
	# Empty lines before the first octet are not of the head.
	{ printf '\r\n\n'; cat message; } | "$HANDLER" -d "$DIR" -l none \
	    >"$ANSWER"
	ran
	rm "$DIR/probe.env"
	head_of 65537 >message
	handle_on <message
	answered 400 head-too-large
	no_script_ran
}

# bats test_tags=P20
@test "a start line of 8192 octets passes, of 8193 it does not" {
	START="INVITE sip:b@h;$(octets $((8192 - 23)) x) SIP/2.0"
	[ ${#START} -eq 8192 ]
	request >message
	handle_on <message
	ran
	[ "$(has_variable REQUEST_URI; echo ${#VALUE})" -eq $((8192 - 15)) ]
	rm "$DIR/probe.env"
	START="INVITE sip:b@h;$(octets $((8192 - 22)) x) SIP/2.0"
	request >message
	handle_on <message
	answered 400 start-line-too-long
	no_script_ran
}

# bats test_tags=P21
@test "a body of 1 MiB reaches the script whole, one octet more is refused" {
	head -c 1048576 /dev/urandom >body
	{ request 'Content-Length: 1048576'; cat body; } >message
	tail -n +2 message >expected
	handle_on <message
	ran
	cmp "$DIR/probe.stdin" expected
	rm "$DIR/probe.env"
	{ request 'Content-Length: 1048577'; cat body; echo; } >message
	handle_on <message
	answered 400 body-too-large
	no_script_ran
}

@test "a body one octet short is 400, one long is cut to its length" {
	BODY=1234
	request 'Content-Length: 5' >message
	ON=--then=half-close handle_on <message
	answered 400 incomplete-body
	no_script_ran
	BODY=123456
	request 'Content-Length: 5' >message
	request 'Content-Length: 5' | tail -n +2 | head -c -1 >expected
	handle_on <message
	ran
	cmp "$DIR/probe.stdin" expected
}

@test "a file size limit is not a signal: a body over it is a 500" {
	head -c 100000 /dev/zero >body
	{ request 'Content-Length: 100000'; cat body; } >message
	STATUS=0
	# In a subshell of its own, since the limit cannot be raised again.
	(
		ulimit -f 16
		exec "$HANDLER" -d "$DIR" -l stderr
	) <message >"$ANSWER" 2>"$LOG" || STATUS=$?
	answered 500
	logged EFBIG
	no_script_ran
}
