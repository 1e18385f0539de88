# Hostile peers on real TCP connections: whatever they do, the handler ends in
# bounded time with a status of its own choosing, answers once or not at all,
# and runs no script with half a message. Crowds of them under a super-server
# are in super/crowd.bats; sizes and counts at their limits in framing.bats.
#
# Runs early: it takes long.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# Nothing ran, the handler ended with 0, and what it sent, if anything, is one
# answer 400.
refused()
{
	[ "$STATUS" -eq 0 ] || explain_failure "$*" || return
	no_script_ran || return
	[ ! -s "$ANSWER" ] || {
		answered 400 && [ "$(grep -ac '^SIP/2.0 ' "$ANSWER")" -eq 1 ]
	} || explain_failure "$*"
}

# bats test_tags=P19
@test "a peer that says nothing at all: silence at the deadline" {
	: >message
	ON=--bound=20 handle_on -t 1 <message
	[ "$STATUS" -eq 0 ] || explain_failure
	unanswered
}

# bats test_tags=P14
@test "half a message, then silence: 400 at the deadline" {
	request >whole
	head -c 150 whole >message
	ON=--bound=20 handle_on -t 1 <message
	answered 400 timeout
	no_script_ran
}

# bats test_tags=P14
@test "a message cut off anywhere by a half-close: no script, one answer" {
	local n size

	BODY=body
	request 'Content-Length: 4' >whole
	size=$(wc -c <whole)
	for ((n = 1; n < size; n += 13)); do
		head -c "$n" whole >message
		ON=--then=half-close handle_on <message
		refused "$n octets"
		answered 400
	done
}

# bats test_tags=P14
@test "a reset in the middle, anywhere: no script, exit 0" {
	local n size

	BODY=body
	request 'Content-Length: 4' >whole
	size=$(wc -c <whole)
	for ((n = 0; n < size; n += 37)); do
		head -c "$n" whole >message
		ON=--then=reset handle_on <message
		refused "$n octets"
		not_logged 'error '
	done
}

@test "a reset after a good request does no harm" {
	request 'Content-Length: 0' >message
	for n in 1 2 3 4 5; do
		ON=--then=reset handle_on <message
		# The script may have met it, or the handler.
		[ "$STATUS" -lt 128 ] ||
		    [ "$STATUS" -eq $((128 + $(kill -l PIPE))) ] ||
		    explain_failure
	done
}

# bats test_tags=P14
@test "Content-Length that lies: a body that never comes, one that goes on" {
	request 'Content-Length: 1000000' >message
	printf x >>message
	ON=--bound=20 handle_on -t 1 <message
	answered 400 timeout
	no_script_ran
	ON=--then=half-close handle_on <message
	answered 400 incomplete-body
	no_script_ran
	{ request 'Content-Length: 2'; yes abcdefgh | head -c 30000; } >message
	{ request 'Content-Length: 2' | tail -n +2; printf ab; } >expected
	ON=--early handle_on <message
	ran
	cmp "$DIR/probe.stdin" expected
}

# bats test_tags=P14
@test "two Content-Lengths never run a script" {
	local second

	for second in 'Content-Length: 0' 'l: 4' 'Content-Length: 4, 4' \
	    'CONTENT-LENGTH : 4' 'Content-Length:'; do
		BODY=body
		request 'Content-Length: 4' "$second" >message
		handle_on <message
		refused "$second"
		answered 400 repeated-content-length
	done
}

# bats test_tags=P14
@test "a thousand pipelined requests: one runs, once" {
	local i

	script default.cgi <<-'END'
		#!/bin/sh
		echo run >>runs
		printf 'SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'
	END
	request 'Content-Length: 0' >message
	for ((i = 0; i < 10; i++)); do
		cp message half
		cat half half >message
	done
	# The script's end resets a peer that goes on sending.
	handle_on <message
	[ "$STATUS" -eq 0 ] || [ "$STATUS" -eq 121 ] || explain_failure
	[ "$(cat "$DIR/runs")" = run ]
}

# bats test_tags=P22
@test "keep-alives without end: it ends" {
	yes $'\r' | head -c 8000000 >message
	ON=--bound=20 handle_on -t 10 <message
	[ "$STATUS" -eq 0 ] || [ "$STATUS" -eq 121 ] || explain_failure
	unanswered
	no_script_ran
}

# bats test_tags=P20
@test "headers without end: answered 400, the rest is not waited for" {
	{ request | head -c -2; yes 'X: y'; } 2>/dev/null |
	    head -c 8000000 >message
	ON=--bound=20 handle_on -t 10 <message
	grep -q '^reject .*why=too-many-headers' "$LOG"
	no_script_ran
	{ request | head -c -2; printf 'X: '; head -c 8000000 /dev/zero |
	    tr '\0' x; } >message
	ON=--bound=20 handle_on -t 10 <message
	grep -q '^reject .*why=head-too-large' "$LOG"
	no_script_ran
}

# bats test_tags=P24
@test "a peer that never reads and never closes does not keep the process" {
	{ printf 'INVITE sip:bob@example.com SIP/2.0\r\n'
	    printf 'Via: SIP/2.0/TCP h;x=%060000d\r\n' 0
	    printf 'To: a\r\n\r\n'; } >message
	ON='--no-read --rcvbuf=2048 --sndbuf=2048 --bound=20' \
	    handle_on <message
	[ "$STATUS" -ne 124 ] || explain_failure
	no_script_ran
}

# bats test_tags=P24
@test "a peer that reads the answer drop by drop does not keep it either" {
	{ printf 'INVITE sip:bob@example.com SIP/2.0\r\n'
	    printf 'Via: SIP/2.0/TCP h;x=%060000d\r\n' 0
	    printf 'To: a\r\n\r\n'; } >message
	ON='--read-slowly=1000 --rcvbuf=2048 --sndbuf=2048 --bound=15' \
	    handle_on <message
	[ "$STATUS" -ne 124 ] || explain_failure
	no_script_ran
}

@test "TLS, HTTP, RTSP, RDP, SSH and SMB on the port" {
	local text

	while read -r text; do
		printf '%b' "$text" >message
		ON='--then=half-close --bound=20' handle_on -t 10 <message
		refused "$text"
		answered 400
	done <<-'END'
		\0026\0003\0001\0000\0245\0001\0000\0000\0241\0003\0003
		\0200\0056\0001\0000\0002\0000\0025\0000\0000
		GET / HTTP/1.1\r\nHost: example.com\r\nUser-Agent: x\r\n\r\n
		GET /?a=b HTTP/1.0\n\n
		POST /cgi-bin/luci HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b
		CONNECT example.com:25 HTTP/1.1\r\n\r\n
		PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n
		OPTIONS rtsp://192.0.2.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n
		\0003\0000\0000\0023\0016\0340\0000\0000\0000\0000\0000
		SSH-2.0-OpenSSH_9.2\r\n
		\0000\0000\0000\0205\0377SMBr\0000
		EHLO example.com\r\n
		USER anonymous\r\n
		\0005\0001\0000
		\r
	END
}

# Files noise.1 to noise.40: random octets, or a good message with some of its
# octets changed. The same seed gives the same octets everywhere.
make_noise()
{
	/usr/bin/python3 -IS - <<-'END'
		import random
		with open('message', 'rb') as message:
		    good = message.read()
		for seed in range(1, 41):
		    r = random.Random(seed)
		    octets = bytearray(good)
		    for _ in range(r.randrange(1, 8)):
		        octets[r.randrange(len(octets))] = r.randrange(256)
		    if seed % 4 == 0:
		        octets = r.randbytes(r.randrange(1, 3000))
		    with open('noise.%d' % seed, 'wb') as noise:
		        noise.write(octets)
	END
}

@test "noise: random octets, and random octets in a good message" {
	local file

	request 'Content-Length: 0' >message
	make_noise
	for file in noise.*; do
		ON='--then=half-close --bound=20' handle_on <"$file"
		[ "$STATUS" -eq 0 ] || explain_failure "$file"
		[ ! -s "$ANSWER" ] || answered '[245]0[05]' ||
		    explain_failure "$file"
		[ "$(wc -l <"$LOG")" -le 1 ] || explain_failure "$file"
	done
}

# bats test_tags=P25
@test "the largest request fits into a little memory" {
	# A dynamic program and a sanitizer need more for themselves.
	! grep -qa -e /lib64/ld -e __asan_init "$HANDLER" ||
	    skip "for a static program only"
	{
		request "Subject: $(head -c 60000 /dev/zero | tr '\0' x)" \
		    'Content-Length: 1048576'
		head -c 1048576 /dev/zero
	} >message
	STATUS=0
	(
		ulimit -v 2048
		exec "$HANDLER" -d "$DIR" -l stderr
	) <message >"$ANSWER" 2>"$LOG" || STATUS=$?
	ran
	tail -n +2 message | cmp - "$DIR/probe.stdin"
}
