#!/usr/bin/env bats
# The log's ways to the journal, syslog, stderr and files, with a real
# systemd-journald in namespaces of its own. Needs root, or user namespaces.
# shellcheck disable=SC2016 # shells inside expand their own
# shellcheck disable=SC2094,SC2238 # "export" is an output format

load ../helpers/helper
load journal

setup_file()
{
	export LC_ALL=C
	if ! "$TOP/tests/log/journald" --try 2>/dev/null; then
		export NO_JOURNALD='needs root or user namespaces, and cgroup2'
		return
	fi
	"$TOP/tests/log/journald" >"$BATS_FILE_TMPDIR/journald.log" 2>&1 3>&- &
	export JOURNALD=$!
	wait_until is_ready || {
		cat "$BATS_FILE_TMPDIR/journald.log"
		false
	}
}

teardown_file()
{
	[ -z "${JOURNALD:-}" ] || stop "$JOURNALD"
}

is_ready()
{
	[ -S "/proc/$JOURNALD/root/run/systemd/journal/stdout" ]
}

setup()
{
	export LC_ALL=C
	[ -z "${NO_JOURNALD:-}" ] || skip "$NO_JOURNALD"
	cd "$BATS_TEST_TMPDIR" || return
	mkdir scripts
	script default.cgi <<-'END'
	#!/bin/sh
	echo "oops of $SIPCGI_USER" >&2
	printf 'SIP/2.0 200 OK\r\n\r\n'
	END
}

script()
{
	cat >"scripts/$1"
	chmod 755 "scripts/$1"
}

# Run a command where our journald is, in this directory.
inside()
{
	local user=()

	[ "$(id -u)" -eq 0 ] || user=(--user --preserve-credentials)
	timeout 100 nsenter --target "$JOURNALD" "${user[@]}" --mount --net \
	    sh -c 'cd "$1" && shift && exec "$@"' - "$PWD" "$@"
}

# A request to user $1, whose Call-ID is $1 too.
request()
{
	printf '%s\r\n' "${METHOD:-INVITE} sip:$1@example.com SIP/2.0" \
	    'Via: SIP/2.0/TCP client.example.net' 'From: alice' 'To: bob' \
	    "Call-ID: $1" "CSeq: 1 ${METHOD:-INVITE}" ''
}

# The handler inside, on a pipe; its answer is in `answer`.
handle()
{
	inside env REMOTE_ADDR=192.0.2.7 REMOTE_PORT=40112 "$HANDLER" \
	    -d "$PWD/scripts" "$@" >answer
}

# As inetd starts it: one TCP connection for fds 0, 1 and 2.
handle_as_inetd()
{
	inside "$BUILD/tests/helpers/connect" --stderr=connection -- "$HANDLER" \
	    -d "$PWD/scripts" "$@" >answer
}

# Entries of ours that match FIELD=VALUE...: how many are there?
has_entries()
{
	local count=$1

	shift
	[ "$(inside journalctl -q -o cat "$@" | wc -l)" -eq "$count" ]
}

# The fields of the only such entry, as NAME=VALUE, sorted.
fields_of()
{
	inside journalctl -q -o export "$@" >export
	grep -a -E '^(SIP|REMOTE|MESSAGE|PRIORITY|SYSLOG_[FI])' export | sort
}

@test "a request that is run has its fields in the journal" {
	request run1 | sed 's/run1@/run1:secret@/' | handle -l journal 2>/dev/null
	wait_until has_entries 1 SIP_CALL_ID=run1
	fields_of SIP_CALL_ID=run1 >got
	diff - got <<-'END'
	MESSAGE=exec   peer=192.0.2.7:40112 method=INVITE uri=sip:run1:***@example.com script=default.cgi call-id=run1
	MESSAGE_ID=6f1d0c5f3c1e4b0e9a0f5be2a1d4c701
	PRIORITY=6
	REMOTE_ADDR=192.0.2.7
	REMOTE_PORT=40112
	SIPCGI_EVENT=exec
	SIPCGI_SCRIPT=default.cgi
	SIP_CALL_ID=run1
	SIP_METHOD=INVITE
	SIP_URI=sip:run1:***@example.com
	SYSLOG_FACILITY=3
	SYSLOG_IDENTIFIER=sipcgi-handler
	END
	run -1 grep secret export
}

@test "a refusal and an error have their reasons and status" {
	request ref1 | grep -v ^CSeq | handle -l journal
	wait_until has_entries 1 SIP_CALL_ID=ref1
	fields_of SIP_CALL_ID=ref1 >got
	grep -v -e MESSAGE= -e SYSLOG got | diff - /dev/fd/3 3<<-'END'
	MESSAGE_ID=9b7e4a52d0c84f4f8e53c1a7b6e2d302
	PRIORITY=4
	REMOTE_ADDR=192.0.2.7
	REMOTE_PORT=40112
	SIPCGI_EVENT=reject
	SIPCGI_HINT=Add CSeq: every request has one (RFC 3261 8.1.1).
	SIPCGI_REASON=Missing CSeq header
	SIPCGI_STATUS=400
	SIPCGI_WHY=missing-cseq
	SIP_CALL_ID=ref1
	SIP_METHOD=INVITE
	SIP_URI=sip:ref1@example.com
	END
	request err1 | handle -l journal -d /nonexistent || [ $? -eq 78 ]
	wait_until has_entries 1 SIP_CALL_ID=err1
	fields_of SIP_CALL_ID=err1 | grep -E 'ERRNO|EVENT|_ID=|WHY|PRIO|STAT' |
	    diff - /dev/fd/3 3<<-'END'
	MESSAGE_ID=e24b9d1c7f3a4086b5d8c6f0a3e71b04
	PRIORITY=3
	SIPCGI_ERRNO=ENOENT
	SIPCGI_EVENT=error
	SIPCGI_STATUS=500
	SIPCGI_WHY=directory-missing
	SIP_CALL_ID=err1
	END
}

@test "what is unknown of a request is not a field" {
	printf 'SIP/2.0 200 OK\r\n\r\n' |
	    inside "$HANDLER" -l journal
	wait_until has_entries 1 SIPCGI_WHY=response
	fields_of SIPCGI_WHY=response >got
	grep -q '^SIPCGI_EVENT=discard$' got
	run -1 grep -E '^(REMOTE_PORT|SIPCGI_STATUS|SIP_METHOD)|=$' got
}

@test "a stranger's octets make no field and no entry of their own" {
	printf 'INVITE sip:evil@b SIP/2.0\r\n%s: "\\\r\n\t%s\033\n\r\n' \
	    Call-ID PRIORITY=0 | handle -l journal
	wait_until has_entries 1 SIP_URI=sip:evil@b
	fields_of SIP_URI=sip:evil@b >got
	grep -qxF 'SIP_CALL_ID=\"\\\x0d\x0a\x09PRIORITY=0\x1b' got
	[ "$(grep -c '^PRIORITY=' got)" -eq 1 ]
	grep -qx 'PRIORITY=4' got

	printf 'INVITE sip:\033[2J@b SIP/2.0\r\n\r\n' | handle -l journal
	wait_until has_entries 1 SIPCGI_WHY=uri-bad-octet
	fields_of SIPCGI_WHY=uri-bad-octet >got
	grep -qxF 'SIP_URI=sip:\x1b[2J@b' got
}

@test "sipcgi-log shows what the handler wrote" {
	request tool1 | handle -l journal 2>/dev/null
	wait_until has_entries 1 SIP_CALL_ID=tool1
	run -0 inside env TZ=UTC "$LOG" -l SIP_CALL_ID=tool1
	[[ $output = ????-??-??\ ??:??:??' exec    192.0.2.7:40112       INVITE sip:tool1@example.com -> default.cgi' ]]
}

@test "journalctl -x explains every reason, and what to do" {
	local event status token phrase hint

	inside "$BUILD/tests/unit/log-reasons" >reasons
	[ "$(wc -l <reasons)" -gt 60 ]
	while IFS=$'\t' read -r event status token phrase hint; do
		wait_until has_entries 1 "SIPCGI_WHY=$token" \
		    REMOTE_ADDR=192.0.2.7 REMOTE_PORT=40112 \
		    SYSLOG_IDENTIFIER=sipcgi-handler \
		    "MESSAGE=$(printf '%-6s peer=192.0.2.7:40112%s why=%s' \
		    "$event" "$([ "$status" -eq 0 ] || echo " status=$status")" \
		    "$token")"
	done < <(tail -n 1 reasons)
	inside journalctl -q -x -o short -t sipcgi-handler |
	    sed 's/^-- //' >explained
	while IFS=$'\t' read -r event status token phrase hint; do
		[ -n "$hint" ]
		grep -qF " why=$token" explained
		grep -qF "($token)" explained
		grep -qxF "    $phrase" explained
		grep -qxF "    $hint" explained || {
			echo "$token has no $hint"
			false
		}
	done <reasons
	# Each variable of the texts was filled in.
	run -1 grep -E '@[A-Z_]+@' explained
}

@test "the catalogue has a text for each kind of event" {
	ids()
	{
		grep -Eo '\b[0-9a-f]{32}\b' "$1" | sort
	}
	[ "$(ids "$TOP/event.c" | wc -l)" -eq 5 ]
	[ "$(ids "$TOP/event.c")" = "$(ids "$TOP/systemd/sip-cgi.catalog.in")" ]
}

@test "with inetd, log and script's stderr go to the journal, not the peer" {
	request inetd1 | handle_as_inetd
	printf 'SIP/2.0 200 OK\r\n\r\n' | cmp - answer
	wait_until has_entries 1 SIP_CALL_ID=inetd1 SIPCGI_EVENT=exec
	wait_until has_entries 1 -t default.cgi MESSAGE='oops of inetd1'
	fields_of -t default.cgi MESSAGE='oops of inetd1'
	grep -qx '_TRANSPORT=stdout' export
	# The script is the process that the handler was.
	[ "$(inside journalctl -q -o export SIP_CALL_ID=inetd1 |
	    grep ^_PID=)" = "$(grep ^_PID= export)" ]
}

# The table in sipcgi-handler(8) under --log.
@test "the script's stderr, as a file is the log, is that file" {
	request file1 | handle -l "$PWD/log" 2>stderr
	grep -qx 'oops of file1' log
	[ ! -s stderr ]
	request file2 | handle_as_inetd -l "$PWD/log"
	grep -qx 'oops of file2' log
	[ "$(wc -l <log)" -eq 4 ]
}

# bats test_tags=P16
@test "the script's stderr is not a file of the log's when it is confined" {
	inside "$HANDLER" -n -s -d "$PWD/scripts" <<<'' >level || :
	grep -q 'sandbox:' level || request level | inside "$HANDLER" -n -s \
	    -d "$PWD/scripts" | grep -q 'sandbox: *basic' ||
	    skip "no Landlock here"
	request file3 | handle -s -l "$PWD/log" 2>stderr
	grep -qx 'oops of file3' stderr
	request file4 | handle_as_inetd -s -l "$PWD/log"
	wait_until has_entries 1 -t default.cgi MESSAGE='oops of file4'
	[ "$(wc -l <log)" -eq 2 ]
	run -1 grep oops log
	# Nor where it is fd 2 already.
	request file5 | handle -s -l "$PWD/log" 2>>log
	request file6 | handle -s -l stderr 2>>log
	wait_until has_entries 1 -t default.cgi MESSAGE='oops of file5'
	wait_until has_entries 1 -t default.cgi MESSAGE='oops of file6'
	[ "$(wc -l <log)" -eq 4 ]
	run -1 grep oops log
}

@test "the script's stderr goes to the journal where the log is elsewhere" {
	request else1 | handle_as_inetd -l none
	request else2 | handle_as_inetd -l syslog
	wait_until has_entries 1 -t default.cgi MESSAGE='oops of else1'
	wait_until has_entries 1 -t default.cgi MESSAGE='oops of else2'
	run -1 grep oops answer
	# As it is where it is not the connection.
	for log in none syslog journal; do
		request else3 | handle -l "$log" 2>stderr
		grep -qx 'oops of else3' stderr
	done
}

@test "/dev/null as fd 2 is nobody's log: auto goes to the journal" {
	request null1 | handle 2>/dev/null
	wait_until has_entries 1 SIP_CALL_ID=null1 SIPCGI_EVENT=exec
	# And a fd 2 that was closed.
	request null2 | handle 2>&-
	wait_until has_entries 1 SIP_CALL_ID=null2 SIPCGI_EVENT=exec
}

@test "fd 2 that is the journal's stream gets fields, as JOURNAL_STREAM says" {
	request stream1 | handle_in_stream
	wait_until has_entries 1 SIP_CALL_ID=stream1 SIPCGI_EVENT=exec
	wait_until has_entries 1 -t unit MESSAGE='oops of stream1'
}

# The handler's lines have fields by that, and the script's go on.
@test "sipcgi-each names the stream that it opens where fd 2 is the connection" {
	request each1 | inside "$BUILD/tests/helpers/connect" \
	    --stderr=connection --then=half-close -- "$EACH" "$HANDLER" -d "$PWD/scripts" >answer
	grep -q '^SIP/2.0 200 OK' answer
	wait_until has_entries 1 SIP_CALL_ID=each1 SIPCGI_EVENT=exec
	wait_until has_entries 1 -t sipcgi-each MESSAGE='oops of each1'
}

# The handler with the journal's stream as fd 2, as systemd starts it.
handle_in_stream()
{
	cat >message
	inside systemd-cat -t unit sh -c 'stat=$(stat -Lc %d:%i /proc/self/fd/2)
	    exec env JOURNAL_STREAM="$stat" "$1" -d "$2" <message >answer' \
	    - "$HANDLER" "$PWD/scripts"
}

@test "64 requests at once: nothing lost, nothing mixed, in the journal" {
	script default.cgi <<-'END'
	#!/bin/sh
	echo "$SIPCGI_USER" >&2
	END
	for i in {1..64}; do
		request "many$i" >"message.$i"
	done
	inside sh -c 'for i in $(seq 64); do
		"$1/tests/helpers/connect" --stderr=connection -- "$2" -d "$3" \
		    <message.$i >/dev/null &
	done; wait' - "$BUILD" "$HANDLER" "$PWD/scripts"
	wait_until has_entries 64 -t sipcgi-handler --grep='call-id=many'
	wait_until has_entries 64 -t default.cgi --grep='^many'
	inside "$LOG" -j SIPCGI_EVENT=exec | python3 -c '
import json, sys
seen = set()
for line in sys.stdin:
    o = json.loads(line)
    if o["call_id"].startswith("many"):
        assert o["uri"] == "sip:%s@example.com" % o["call_id"], o
        seen.add(o["call_id"])
assert len(seen) == 64, len(seen)'
	[ "$(inside journalctl -q -o cat -t default.cgi --grep='^many' |
	    sort -u | wc -l)" -eq 64 ]
}

@test "64 requests at once: nothing lost, nothing mixed, in a file" {
	send_many() {
		for i in {1..64}; do
			request "many$i" | "$HANDLER" -d "$PWD/scripts" \
			    "$@" >/dev/null &
		done
		wait
	}
	script default.cgi <<<'#!/bin/sh'
	send_many -l "$PWD/log"
	send_many -l stderr 2>redirected
	send_many -l stderr 2>&1 >/dev/null | cat >piped
	for i in {1..64}; do
		echo "exec   peer=127.0.0.1 method=INVITE" \
		    "uri=sip:many$i@example.com script=default.cgi" \
		    "call-id=many$i"
	done | sort >want
	sed 's/^[^ ]* sipcgi-handler[^ ]*: //' log | sort | diff want -
	sort redirected | diff want -
	sort piped | diff want -
}

# With syslog's socket as the only log there is; --full: without room.
handle_with_syslog()
{
	local full=()

	if [ "$1" = --full ]; then
		full=(--full)
		shift
	fi
	inside unshare --mount sh -c '
		mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/journal
		exec "$@"' - "$TOP/tests/log/datagrams" "${full[@]}" \
	    /run/systemd/journal/dev-log "$@"
}

@test "without a journal, auto and journal go to syslog, facility daemon" {
	for option in auto journal syslog; do
		request "sys1" | handle_with_syslog "$BUILD/tests/helpers/connect" \
		    --stderr=connection -- "$HANDLER" -d "$PWD/scripts" \
		    -l "$option" >out
		grep -qE '^<30>sipcgi-handler\[[0-9]+\]: exec   peer=.* call-id=sys1$' \
		    out
		run -1 grep oops out
	done
}

@test "a journal socket that nobody serves is not a journal" {
	request stale1 | handle_with_syslog sh -c '
		python3 -c "
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(
    \"/run/systemd/journal/socket\")"
		exec "$@"' - "$BUILD/tests/helpers/connect" --stderr=connection -- \
	    "$HANDLER" -d "$PWD/scripts" >out
	grep -q 'call-id=stale1$' out
}

# The request is answered, wherever its log cannot go to: timeout ends a
# handler that waits.
answers()
{
	request full1 | "$@" >answer
	grep -q '^SIP/2.0 200 OK' answer
}

# Run a command with a pipe as stderr that nobody reads, and that has room for
# no more than $1 octets.
with_full_stderr()
{
	python3 -c '
import os, subprocess, sys
read, write = os.pipe()
os.set_blocking(write, False)
try:
    while True:
        os.write(write, bytes(4096))
except BlockingIOError:
    pass
os.read(read, int(sys.argv[1]))
os.set_blocking(write, True)
sys.exit(subprocess.call(sys.argv[2:], stderr=write))' "$@"
}

@test "a log that is full, absent or stuck fails and delays no request" {
	local bounded=(timeout 20 "$HANDLER" -d "$PWD/scripts")

	script default.cgi <<-'END'
	#!/bin/sh
	printf 'SIP/2.0 200 OK\r\n\r\n'
	END
	answers "${bounded[@]}" -l /dev/full
	answers "${bounded[@]}" -l "$PWD/none/log"
	answers "${bounded[@]}" -l "$PWD"
	mkfifo fifo
	answers "${bounded[@]}" -l "$PWD/fifo"
	answers "${bounded[@]}" -l stderr 2>/dev/full
	answers "${bounded[@]}" -l stderr 2>&-
	answers with_full_stderr 0 "${bounded[@]}" -l stderr
	# There is a reader, who does not read.
	exec 8<>fifo
	dd if=/dev/zero of=fifo bs=4096 oflag=nonblock 2>/dev/null || :
	answers "${bounded[@]}" -l "$PWD/fifo"
	exec 8<&-
	# No sockets at all.
	answers inside unshare --mount sh -c \
	    'mount -t tmpfs tmpfs /run/systemd && exec "$@"' - \
	    "${bounded[@]}" -l journal
	# Servers that read nothing.
	answers handle_with_syslog --full "${bounded[@]}" -l syslog
	answers inside unshare --mount sh -c '
		mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/journal
		exec "$@"' - "$TOP/tests/log/datagrams" --full \
	    /run/systemd/journal/socket "${bounded[@]}" -l journal
}

@test "a pipe that others fill between poll() and write() holds nobody up" {
	timeout 20 "$BUILD/tests/unit/log-race"
}
