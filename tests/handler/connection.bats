# what fd 0 must be, and what becomes of the process.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# Run the handler on an object that Python makes: $1 is code that leaves a
# socket in `s`, and may look at the rest afterwards in $2.
on_socket()
{
	STATUS=0
	/usr/bin/python3 -IS - "$1" "${2:-}" "$HANDLER" -d "$DIR" -l stderr \
	    >"$ANSWER" 2>"$LOG" <<-'END' || STATUS=$?
		import socket, struct, subprocess, sys
		exec(sys.argv[1])
		status = subprocess.run(sys.argv[3:], stdin=s, timeout=30)
		exec(sys.argv[2])
		sys.exit(status.returncode)
	END
}

@test "a listening socket on fd 0 is a mistake that is named: exit 78" {
	on_socket 's = socket.create_server(("127.0.0.1", 0))'
	[ "$STATUS" -eq 78 ] || explain_failure
	unanswered
	logged why=listening-socket
}

# bats test_tags=P66
@test "a datagram socket on fd 0: exit 78, one datagram is dropped" {
	on_socket '
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
for n in (b"one", b"two"):
    socket.socket(type=socket.SOCK_DGRAM).sendto(n, s.getsockname())
' '
s.setblocking(False)
assert s.recv(9) == b"two", "not exactly one datagram was read"
'
	[ "$STATUS" -eq 78 ] || explain_failure
	unanswered
	logged why=datagram-socket
}

@test "a connected datagram socket is one too" {
	on_socket 's, t = socket.socketpair(type=socket.SOCK_DGRAM)'
	[ "$STATUS" -eq 78 ] || explain_failure
	logged why=datagram-socket
}

@test "a peer that has already gone: exit 0, why=peer-gone" {
	on_socket '
with socket.create_server(("127.0.0.1", 0)) as l:
    c = socket.create_connection(l.getsockname())
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s = l.accept()[0]
    c.close()
'
	[ "$STATUS" -eq 0 ] || explain_failure
	unanswered
	no_script_ran
	logged why=peer-gone discard
}

@test "a socket that never was connected is a peer that has gone" {
	on_socket 's = socket.socket()'
	[ "$STATUS" -eq 0 ] || explain_failure
	logged why=peer-gone
}

@test "the handler becomes the script: the same process, no child" {
	script default.cgi <<-'END'
		#!/bin/sh
		echo $$ >script.pid
	END
	request >message
	# shellcheck disable=SC2016
	sh -c 'echo $$ >handler.pid; exec "$@"' sh "$HANDLER" -d "$DIR" \
	    -l none <message
	cmp handler.pid "$DIR/script.pid"
}

@test "the exit status is the script's own" {
	script default.cgi <<-'END'
		#!/bin/sh
		exit 42
	END
	request >message
	handle <message
	[ "$STATUS" -eq 42 ]
}

@test "descriptors 0 to 2 that are closed do no harm" {
	request >message
	STATUS=0
	"$HANDLER" -d "$DIR" <message >"$ANSWER" 2>&- || STATUS=$?
	: >"$LOG"
	ran
	grep -q '^fd 2 ' "$DIR/probe.world"
	rm "$DIR/probe.env"
	"$HANDLER" -d "$DIR" -l none <&- >"$ANSWER"
	no_script_ran
	# The script has no stdout to answer on; that is not ours to judge.
	"$HANDLER" -d "$DIR" -l none <message >&- || :
	grep -q '^fd 1 ' "$DIR/probe.world"
}
