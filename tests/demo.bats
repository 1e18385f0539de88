#!/usr/bin/env bats
# What `make demo` and `make run` start: it works, ends, and leaves nothing.

load helper

teardown()
{
	[ -z "${server:-}" ] || stop "$server"
}

# Does anything run that has $1 in its command line?
is_running()
{
	local file

	for file in /proc/[0-9]*/cmdline; do
		[ "$file" = "/proc/$$/cmdline" ] ||
		    ! tr '\0' ' ' <"$file" 2>/dev/null | grep -qF -- "$1" ||
		    return 0
	done
	return 1
}

@test "the demo shows the page's request, the script and its 302" {
	TMPDIR=$BATS_TEST_TMPDIR timeout 30 "$TOP/tests/demo/run" \
	    >"$BATS_TEST_TMPDIR.out"
	grep -qx '    INVITE sip:bryan@foo.com:5060;user=IP SIP/2.0' \
	    "$BATS_TEST_TMPDIR.out"
	grep -qx '    #!/bin/sh' "$BATS_TEST_TMPDIR.out"
	grep -qx '    SIP/2.0 302 Moved Temporarily' "$BATS_TEST_TMPDIR.out"
	grep -qx '    Contact: user<sip:new.foo.com:5060>' "$BATS_TEST_TMPDIR.out"
	grep -q '^    exec .*method=INVITE' "$BATS_TEST_TMPDIR.out"
}

@test "the demo leaves no file and no process" {
	TMPDIR=$BATS_TEST_TMPDIR timeout 30 "$TOP/tests/demo/run" >/dev/null
	[ -z "$(ls -A "$BATS_TEST_TMPDIR")" ]
	run ! is_running "$BATS_TEST_TMPDIR"
}

@test "the demo fails when the handler does, and leaves nothing" {
	TMPDIR=$BATS_TEST_TMPDIR HANDLER=/bin/false run -1 timeout 30 \
	    "$TOP/tests/demo/run"
	[ -z "$(ls -A "$BATS_TEST_TMPDIR")" ]
	run ! is_running "$BATS_TEST_TMPDIR"
}

@test "make run serves a directory until it is told to end" {
	port=$(free_port)
	"$TOP/tests/demo/serve" "$port" "$TOP/tests/demo" \
	    >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	server=$!
	wait_until is_listening "$port"
	exec 4<>"/dev/tcp/127.0.0.1/$port"
	sed 's/INVITE/OPTIONS/g' "$TOP/tests/demo/invite.sip" >&4
	timeout 10 cat <&4 >"$BATS_TEST_TMPDIR/answer"
	exec 4>&-
	head -n 1 "$BATS_TEST_TMPDIR/answer" | grep -q '^SIP/2.0 200 OK'
	stop "$server"
	run ! is_listening "$port"
}
