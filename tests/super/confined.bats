#!/usr/bin/env bats
# The sandbox under each super-server: the same script breaks out of nothing,
# and what it may do works.
#
# shellcheck disable=SC2034	# SUPER_ARGS is read by super.bash

load super

setup()
{
	STATE=$BATS_TEST_TMPDIR/state
	BESIDE=$BATS_TEST_TMPDIR/beside
	mkdir "$STATE" "$BESIDE"
}

teardown() { super_stop; }

# Start the super-server $1 with a handler of options "$2...", and leave the
# lines of the script's answer in $BATS_TEST_TMPDIR/answer.
ask()
{
	local kind=$1

	shift
	SUPER_ARGS=("$@")
	super_start "$kind" 127.0.0.1
	cat >"$BATS_TEST_TMPDIR/scripts/default.cgi" <<-EOS
	#!/bin/sh
	attempt() { if (eval "\$2") 2>&3; then echo \$1 done; else
	    echo \$1 denied; fi; }
	exec 3>&2
	echo complaint >&2
	attempt beside 'echo x >$BESIDE/file'
	attempt state 'echo x >$STATE/file'
	attempt temporary 'echo x >"\${TMPDIR:-$BESIDE}/temporary"'
	attempt namespace '$BATS_TEST_TMPDIR/probe unshare >&3'
	EOS
	cp "$BUILD/tests/sandbox/probe" "$BATS_TEST_TMPDIR/probe"
	message OPTIONS >"$BATS_TEST_TMPDIR/request"
	plain_client "$BATS_TEST_TMPDIR/request" "$BATS_TEST_TMPDIR/answer"
}

# answered LINE...
answered()
{
	printf '%s\n' "$@" | cmp - "$BATS_TEST_TMPDIR/answer" || {
		cat "$BATS_TEST_TMPDIR/answer" "$BATS_TEST_TMPDIR"/*.log
		return 1
	}
}

# With full, with basic, and without: what differs is the sandbox.
check_levels()
{
	ask "$1" --sandbox=full -w "$STATE" --tmp="$STATE"
	answered 'beside denied' 'state done' 'temporary done' \
	    'namespace denied'
	grep -q ': exec .* sandbox=full,' "$BATS_TEST_TMPDIR/handler.log"
	super_stop
	ask "$1" -s
	answered 'beside denied' 'state denied' 'temporary denied' \
	    "namespace $NAMESPACE"
	grep -q ': exec .* sandbox=basic,' "$BATS_TEST_TMPDIR/handler.log"
	# A confined script has no descriptor of the log's file.
	run -1 grep -x complaint "$BATS_TEST_TMPDIR/handler.log"
	super_stop
	ask "$1"
	answered 'beside done' 'state done' 'temporary done' \
	    "namespace $NAMESPACE"
	grep -qx complaint "$BATS_TEST_TMPDIR/handler.log"
}

# A container may deny namespaces by itself.
namespaces()
{
	NAMESPACE=denied
	! "$BUILD/tests/sandbox/probe" unshare || NAMESPACE='done'
}

# bats test_tags=P64
@test "socket-activate: the sandbox holds" {
	namespaces
	check_levels socket-activate
}

# bats test_tags=P64
@test "xinetd: the sandbox holds" {
	namespaces
	check_levels xinetd
}

@test "openbsd-inetd: the sandbox holds" {
	namespaces
	check_levels openbsd-inetd
}

@test "tcpserver: the sandbox holds" {
	namespaces
	check_levels tcpserver
}
