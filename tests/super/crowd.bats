# Crowds of hostile peers under real super-servers: a good client gets its
# answer within the limits that are shipped, and nothing is left behind.
#
# Runs alone: it starts a thousand processes.

load super

setup() { SUPER_ARGS=(); }
teardown() { super_stop; }

# A crowd ("$@" as in tests/super/crowd), among which one good request is answered.
crowd()
{
	local kind=$1

	shift
	message OPTIONS >"$BATS_TEST_TMPDIR/request"
	"$TOP/tests/super/crowd" "$kind" 127.0.0.1 "$PORT" "$SUPER_PID" "$@" \
	    <"$BATS_TEST_TMPDIR/request" >"$BATS_TEST_TMPDIR/answer" \
	    2>"$BATS_TEST_TMPDIR/crowd.err" || {
		cat "$BATS_TEST_TMPDIR/crowd.err"
		return 1
	}
	head -n 1 "$BATS_TEST_TMPDIR/answer" | grep -q '^SIP/2.0 200 '
}

# How many handlers were running when the good request was answered.
running()
{
	tail -n 1 "$BATS_TEST_TMPDIR/crowd.err"
}

# What the super-server holds: descriptors, octets of data, and children.
holdings()
{
	find "/proc/$SUPER_PID/fd" -mindepth 1 | wc -l
	grep VmData "/proc/$SUPER_PID/status"
	cat "/proc/$SUPER_PID"/task/*/children
}

holds_the_same()
{
	holdings | cmp -s - "$BATS_TEST_TMPDIR/before"
}

has_no_children()
{
	[ -z "$(cat "/proc/$SUPER_PID"/task/*/children)" ]
}

# The peers of kind "$@" leave what the super-server holds as it was.
leaves_nothing()
{
	# The first ones make the super-server allocate what it keeps.
	crowd wicked 16
	wait_until has_no_children
	holdings >"$BATS_TEST_TMPDIR/before"
	"$@"
	wait_until holds_the_same || {
		holdings | diff "$BATS_TEST_TMPDIR/before" -
		return 1
	}
}

# bats test_tags=P27
@test "xinetd as shipped: 1000 silent connections of one address" {
	super_start xinetd 127.0.0.1
	leaves_nothing crowd silent 1000 1
	# per_source, and perhaps the good one.
	echo "$(running) handlers"
	[ "$(running)" -ge 16 ]
	[ "$(running)" -le 17 ]
}

# bats test_tags=P27
@test "xinetd as shipped: 1000 silent connections of 100 addresses" {
	# shellcheck disable=SC2034
	SUPER_ARGS=(-t 2)
	super_start xinetd 127.0.0.1
	# They take all instances until their deadline; then it is answered.
	leaves_nothing crowd silent 1000 100
}

# bats test_tags=P28
@test "xinetd: peers that misbehave in eight ways leave nothing" {
	super_start xinetd 127.0.0.1
	leaves_nothing crowd wicked 200
}

# bats test_tags=P27
@test "systemd-socket-activate: 1000 silent connections, without a limit" {
	# None reaches its deadline before all are there.
	# shellcheck disable=SC2034
	SUPER_ARGS=(-t 60)
	super_start socket-activate 127.0.0.1
	leaves_nothing crowd silent 1000 100
	echo "$(running) handlers"
	[ "$(running)" -ge 1000 ]
}

# bats test_tags=P28
@test "systemd-socket-activate: peers that misbehave leave nothing" {
	super_start socket-activate 127.0.0.1
	leaves_nothing crowd wicked 200
}
