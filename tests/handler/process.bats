# the world that the script wakes up in.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# The line of probe.world that begins with "$1 " is "$1 $2".
world()
{
	local line

	line=$(grep "^$1[ :]" "$DIR/probe.world") || :
	[ "$line" = "$1 $2" ] || explain_failure "'$line', not '$1 $2'"
}

@test "stdin: the headers as received, the empty line, the body, then EOF" {
	printf '%b' 'INVITE sip:bob@example.com SIP/2.0\r\n' \
	    'v : SIP/2.0/TCP h\r\nFROM:a \r\n\t folded\n' \
	    'to: b\r\nCall_ID: x\r\nAuthorization: Digest y\r\n' \
	    'i:c\nCSeq: 1 INVITE\r\nl: 7\r\n\r\n\0body\r\n' >message
	tail -n +2 message >expected
	for ON in --on=inet --on=unix --on=pipe --split=3; do
		handle_on <message
		ran
		cmp "$DIR/probe.stdin" expected
	done
	handle <message
	cmp "$DIR/probe.stdin" expected
}

# bats test_tags=P18
@test "stdin is seekable and at offset 0, wherever the message came from" {
	request 'Content-Length: 0' >message
	for ON in --on=inet --on=unix --on=pipe; do
		handle_on <message
		ran
		grep -Eq '^fd 0 /memfd:.* offset 0$' "$DIR/probe.world"
	done
	handle <message
	grep -Eq '^fd 0 /memfd:.* offset 0$' "$DIR/probe.world"
	# A script may read the head, go back, and read it again.
	script default.cgi <<-'END'
		#!/bin/bash
		read -r first
		exec /usr/bin/python3 -IS -c 'import os, sys
		os.lseek(0, 0, 0)
		again = os.read(0, 9)
		sys.exit(again != b"Via: SIP/")'
	END
	handle_on <message
	[ "$STATUS" -eq 0 ] || explain_failure
}

# bats test_tags=P18
@test "the script has fds 0, 1 and 2 and no others" {
	request >message
	STATUS=0
	"$CONNECT" -- sh -c 'exec "$@" 7</dev/null 9>/dev/null' sh \
	    "$HANDLER" -d "$DIR" -l "$PWD/file.log" <message >"$ANSWER" \
	    2>"$LOG" || STATUS=$?
	ran
	cut -d' ' -f1,2 "$DIR/probe.world" | grep '^fd ' | sort >have
	printf 'fd %d\n' 0 1 2 | diff - have
}

@test "stdout is the connection, without O_NONBLOCK" {
	request >message
	ON=--nonblock handle_on <message
	ran
	grep -q '^fd 1 socket:' "$DIR/probe.world"
	run ! grep -q nonblocking "$DIR/probe.world"
}

@test "stderr is what it was when it is not the connection" {
	request >message
	handle <message
	ran
	world 'fd 2' "$LOG offset $(wc -c <"$LOG")"
}

# bats test_tags=P17
@test "stderr is not the connection when fd 2 was the connection" {
	local log

	request >message
	for log in stderr none auto "$PWD/file.log"; do
		ON=--stderr=connection handle_on -l "$log" <message
		ran
		grep -q '^fd 1 socket:' "$DIR/probe.world"
		run ! grep -q "^$(grep -o '^fd 1 socket:[^ ]*' \
		    "$DIR/probe.world" | sed s/1/2/)" "$DIR/probe.world"
		[ "$(wc -l <"$ANSWER")" -eq 3 ]
	done
	# Opened for it, to be appended to.
	world "fd 2" "$PWD/file.log offset 0"
}

# bats test_tags=P17
@test "what a script writes to stderr goes to the log's file, not to the peer" {
	script default.cgi <<-'END'
		#!/bin/sh
		echo 'a secret: no such file' >&2
		printf 'SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'
	END
	request >message
	ON=--stderr=connection handle_on -l "$PWD/file.log" <message
	answered 200
	run ! grep -q secret "$ANSWER"
	grep -qx 'a secret: no such file' file.log
}

@test "the working directory is the directory" {
	request >message
	handle <message
	world cwd "$DIR"
}

# bats test_tags=P18
@test "signals are at their defaults and none is blocked" {
	request >message
	STATUS=0
	"$CONNECT" -- env --ignore-signal --block-signal \
	    "$HANDLER" -d "$DIR" -l stderr <message >"$ANSWER" 2>"$LOG" ||
	    STATUS=$?
	ran
	grep -Eq '^SigBlk:.0{16}$' "$DIR/probe.world"
	# Signals 1 to 31; the real-time ones are nobody's default to change.
	grep -Eq '^SigIgn:.[0-9a-f]{8}[08]0{7}$' "$DIR/probe.world"
}

@test "umask and limits are the super-server's" {
	request >message
	STATUS=0
	(
		umask 0137
		ulimit -n 77
		exec "$HANDLER" -d "$DIR" -l stderr
	) <message >"$ANSWER" 2>"$LOG" || STATUS=$?
	ran
	world umask 137
	world nofile 77
}

@test "a body of a megabyte is seekable and whole" {
	head -c 1000000 /dev/urandom >body
	{ request 'Content-Length: 1000000'; cat body; } >message
	tail -n +2 message >expected
	handle_on <message
	ran
	cmp "$DIR/probe.stdin" expected
	grep -Eq '^fd 0 /memfd:.* offset 0$' "$DIR/probe.world"
}

# bats test_tags=P15
@test "the stdout of an ACK's script is /dev/null" {
	START='ACK sip:bob@example.com SIP/2.0' request >message
	for ON in --on=inet --on=unix --on=pipe; do
		ON="$ON --then=half-close" handle_on <message
		[ "$STATUS" -eq 0 ] || explain_failure
		unanswered
		grep -q '^fd 1 /dev/null ' "$DIR/probe.world"
		rm "$DIR/probe.world"
	done
	handle <message
	unanswered
	grep -q '^fd 1 /dev/null ' "$DIR/probe.world"
}

@test "an alarm that the super-server left does not end the script" {
	request >message
	handle -T 0 <message
	world alarm 0
}
