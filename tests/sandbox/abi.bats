#!/usr/bin/env bats
# The sandbox on kernels with an older Landlock: builds of the handler that
# use no more than the ABI of their number.
#
# Runs early: it takes long.
#
# shellcheck disable=SC2016,SC2086,SC2034

load sandbox

BASIC=--sandbox=basic FULL=--sandbox=full
# As root too by make check-all: rights do not depend on the user.
[ "${CHECK:-}" = all ] || ONLY=$ORDINARY

# for_each_abi FUNCTION: with the handler of ABI 1 up to the kernel's.
for_each_abi()
{
	local kernel

	cp "$HANDLER" handler
	kernel=$(landlock_abi)
	[ "$kernel" -ge 1 ] || skip "needs Landlock"
	for ((ABI = 1; ABI <= 6 && ABI <= kernel; ABI++)); do
		cp "$BUILD/tests/sandbox/handler-abi$ABI" handler
		"$1" || {
			echo "at ABI $ABI of $kernel"
			return 1
		}
	done
}

# from ABI [OPTIONS...] <COMMANDS: prevented from that ABI on, free below.
from()
{
	local first=$1

	shift
	if [ "$ABI" -ge "$first" ]; then
		prevents "${@:-$BASIC}"
	else
		permits "${@:-$BASIC}"
	fi
}

# bats test_tags=P43
@test "at every ABI the log names it, and files are protected" {
	protects()
	{
		prevents $FULL $BASIC <<-'EOS' &&
		echo x >$B/new
		rm $B/file
		mkdir $B/new
		mv $B/file $B/new
		true >$B/file
		ln -s file $B/new
		EOS
		    grep -q "sandbox=basic,landlock$ABI\$" log
	}
	for_each_abi protects
}

@test "at every ABI files are written beneath a writable path" {
	writes()
	{
		permits "$FULL -w $WORLD/writable" <<-'EOS' &&
		echo x >$V/new
		true >$V/file
		rm $V/file
		mkdir $V/new
		mv $V/file $V/new
		echo x >/dev/null
		EOS
		    grep -q "sandbox=full,landlock$ABI\$" log
	}
	for_each_abi writes
}

@test "ABI 2: files move between writable directories" {
	moves()
	{
		# mv copies where a rename is refused; ln cannot.
		local command='ln $V/one/file $V/two/new'

		if [ "$ABI" -ge 2 ]; then
			permits "$BASIC -w $WORLD/writable" <<<"$command"
		else
			prevents "$BASIC -w $WORLD/writable" <<<"$command"
		fi
	}
	for_each_abi moves
}

# bats test_tags=P46
@test "ABI 3: truncation is prevented; by full at every ABI" {
	truncations='$W/probe truncate $B/file
$W/probe open-truncate $B/file 0
$W/probe open-truncate $B/file 3'
	truncates()
	{
		from 3 <<<"$truncations" && prevents $FULL <<<"$truncations" ||
		    return
		# Nothing that writes is hindered by that.
		permits "$FULL -w $WORLD/writable" <<-'EOS'
		true >$V/file && echo x >$V/file
		dd if=/dev/zero of=$V/file count=1
		EOS
	}
	for_each_abi truncates
}

# bats test_tags=P60
@test "ABI 4: the connection stays where it is with --no-network" {
	start_listener
	reconnects()
	{
		local want='done'

		[ "$ABI" -lt 4 ] || want=EACCES
		script <<<"\$W/probe reconnect $PORT connect"
		# The client sees a reset when its connection is taken away.
		request | "$BUILD/tests/helpers/connect" -- ./handler -s \
		    --no-network -d "$WORLD/scripts" -l none 2>log >answer ||
		    :
		grep -qx "$want" log || {
			cat log
			return 1
		}
		prevents "$BASIC --no-network" <<<'$W/probe socket 2 1 0'
	}
	for_each_abi reconnects
}

# bats test_tags=P47
@test "ABI 5: devices take no ioctls" {
	COMMANDS=('$W/probe ioctl /dev/ptmx')
	tries "$ORDINARY" 'done' || skip "no pseudo-terminals here"
	ioctls() { from 5 <<<'$W/probe ioctl /dev/ptmx'; }
	for_each_abi ioctls
}

# bats test_tags=P52
@test "ABI 6: neighbours get no signals" {
	start_neighbour "$ORDINARY"
	signals() { ONLY=$ORDINARY from 6 $BASIC $FULL <<<'$W/probe kill $N'; }
	for_each_abi signals
}

# The neighbour ends by the signal.
# bats test_tags=P52
@test "ABI 6: nor do they as owners of a descriptor" {
	owns()
	{
		start_neighbour "$ORDINARY"
		script <<<'$W/probe own $N'
		run_script "$ORDINARY" $FULL
		if [ "$ABI" -ge 6 ]; then
			! is_gone "$NEIGHBOUR"
		else
			wait_until is_gone "$NEIGHBOUR"
		fi
	}
	fresh "$ORDINARY"
	for_each_abi owns
}

# bats test_tags=P55
@test "at every ABI full keeps neighbours' limits from being changed" {
	start_neighbour "$ORDINARY"
	limits() { ONLY=$ORDINARY prevents $FULL <<<'$W/probe other limit $N'; }
	for_each_abi limits
}

# bats test_tags=P65
@test "--explain says what each ABI lacks" {
	lacks()
	{
		script <<<'echo ran'
		# One line for each from the next up to 6, and no other.
		request | ./handler -n -s -d "$WORLD/scripts" |
		    sed -n 's/^lacking: *Landlock ABI \([0-9]\).*/\1/p' \
		    >lacking
		seq $((ABI + 1)) 6 | cmp - lacking
	}
	for_each_abi lacks
}

# bats test_tags=P63
@test "ABI 0: basic and full answer 500, try runs the script" {
	script <<<'echo ran'
	fresh "$ORDINARY"
	cp "$BUILD/tests/sandbox/handler-abi0" handler
	for level in $BASIC $FULL; do
		run_script "$ORDINARY" $level
		[[ $OUT == 'SIP/2.0 500 '* ]]
		grep -q 'why=sandbox-unavailable errno=ENOSYS missing=landlock ' \
		    log
	done
	run_script "$ORDINARY" --sandbox=try
	[ "$OUT" = ran ]
	grep -q 'sandbox=try,landlock0$' log
	run_script "$ORDINARY" -n --sandbox=try
	grep -q '^lacking: *Landlock (Linux 5.13)' <<<"$OUT"
}
