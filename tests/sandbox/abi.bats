#!/usr/bin/env bats
# The sandbox on kernels with an older Landlock: builds of the handler that
# use no more than the ABI of their number.
#
# shellcheck disable=SC2016,SC2086,SC2034

load sandbox

BASIC=--sandbox=basic FULL=--sandbox=full

# The kernel under the tests may be old itself.
kernel_abi()
{
	request | ./handler -n -s -d "$WORLD/scripts" |
	    sed -n 's/^sandbox: .*landlock//p'
}

# for_each_abi FUNCTION: with the handler of ABI 1 up to the kernel's.
for_each_abi()
{
	local user

	script <<<'echo ran'
	fresh "$(id -un)"
	KERNEL=$(kernel_abi)
	[ "$KERNEL" -ge 1 ]
	for ((ABI = 1; ABI <= 6 && ABI <= KERNEL; ABI++)); do
		cp "$BUILD/tests/sandbox/handler-abi$ABI" handler
		"$1" || {
			echo "at ABI $ABI of $KERNEL"
			return 1
		}
	done
}

# from ABI COMMAND [OPTION...]: prevented from that ABI on, free below.
from()
{
	local first=$1 command=$2 options=${3:-$BASIC}

	if [ "$ABI" -ge "$first" ]; then
		prevents "$command" "$options"
	else
		permits "$command" "$options"
	fi
}

@test "at every ABI the log names it, and files are protected" {
	protects()
	{
		for command in 'echo x >$W/beside/new' 'rm $W/beside/file' \
		    'mkdir $W/beside/new' 'mv $W/beside/file $W/beside/new' \
		    'true >$W/beside/file' 'ln -s file $W/beside/new'; do
			prevents "$command" $BASIC || return
		done
		grep -q "sandbox=basic,landlock$ABI\$" log || return
		prevents 'echo x >$W/beside/new' $FULL &&
		    grep -q "sandbox=full,landlock$ABI\$" log
	}
	for_each_abi protects
}

@test "at every ABI files are written beneath a writable path" {
	writes()
	{
		for command in 'echo x >$W/writable/new' \
		    'true >$W/writable/file' 'rm $W/writable/file' \
		    'mkdir $W/writable/new' \
		    'mv $W/writable/file $W/writable/new' \
		    'echo x >/dev/null'; do
			permits "$command" "$FULL -w $WORLD/writable" ||
			    return
		done
	}
	for_each_abi writes
}

@test "ABI 2: files move between writable directories" {
	moves()
	{
		# mv copies where a rename is refused; ln cannot.
		local command='ln $W/writable/one/file $W/writable/two/new'

		if [ "$ABI" -ge 2 ]; then
			permits "$command" "$BASIC -w $WORLD/writable"
		else
			prevents "$command" "$BASIC -w $WORLD/writable"
		fi
	}
	for_each_abi moves
}

@test "ABI 3: truncation is prevented; by full at every ABI" {
	truncates()
	{
		local command

		for command in '$W/probe truncate $W/beside/file' \
		    '$W/probe open-truncate $W/beside/file 0' \
		    '$W/probe open-truncate $W/beside/file 3'; do
			from 3 "$command" && prevents "$command" $FULL ||
			    return
		done
		# Nothing that writes is hindered by that.
		permits 'true >$W/writable/file && echo x >$W/writable/file &&
		    dd if=/dev/zero of=$W/writable/file count=1' \
		    "$FULL -w $WORLD/writable"
	}
	for_each_abi truncates
}

@test "ABI 4: the connection stays where it is with --no-network" {
	python3 -c '
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(64)
print(s.getsockname()[1], flush=True)
time.sleep(60)' >port 3>&- &
	NEIGHBOURS=$!
	wait_until test -s port
	reconnects()
	{
		local want='done'

		[ "$ABI" -lt 4 ] || want=EACCES
		script <<-EOS
		\$W/probe reconnect $(cat port) connect
		EOS
		# The client sees a reset when its connection is taken away.
		request | "$BUILD/tests/helpers/connect" -- ./handler -s --no-network \
		    -d "$WORLD/scripts" -l stderr 2>log >answer || :
		grep -qx "$want" log || {
			cat log
			return 1
		}
		prevents '$W/probe socket 2 1 0' "$BASIC --no-network"
	}
	for_each_abi reconnects
}

@test "ABI 5: devices take no ioctls" {
	tries "$ORDINARY" '$W/probe ioctl /dev/ptmx' 'done' ||
	    skip "no pseudo-terminals here"
	ioctls() { from 5 '$W/probe ioctl /dev/ptmx'; }
	for_each_abi ioctls
}

@test "ABI 6: neighbours get no signals" {
	start_neighbour "$ORDINARY"
	signals() { ONLY=$ORDINARY from 6 '$W/probe kill $N'; }
	for_each_abi signals
}

@test "--explain says what each ABI lacks" {
	lacks()
	{
		# One line for each from the next up to 6, and no other.
		request | ./handler -n -s -d "$WORLD/scripts" |
		    sed -n 's/^lacking: *Landlock ABI \([0-9]\).*/\1/p' \
		    >lacking
		seq $((ABI + 1)) 6 | cmp - lacking
	}
	for_each_abi lacks
}

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
