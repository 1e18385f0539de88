#!/usr/bin/env bats
# What a sandboxed script cannot do. Each test tries it without the sandbox
# first, where it succeeds. SECURITY.md names these tests.
#
# Runs early: it takes long.

# A set of options is split on purpose.
# shellcheck disable=SC2086,SC2015,SC2034,SC2153

load sandbox

BASIC=--sandbox=basic FULL=--sandbox=full TRY=--sandbox=try

# ---- Files

# bats test_tags=P43
@test "no file beside the writable paths is written, made or removed" {
	prevents $TRY $BASIC $FULL "$BASIC -w $WORLD/writable" <<-'EOS'
	echo x >$B/new
	echo x >>$B/file
	true >$B/file
	rm $B/file
	rmdir $B/empty
	mkdir $B/new
	mv $B/file $B/new
	ln $B/file $B/new
	ln -s file $B/new
	mkfifo $B/new
	EOS
}

# bats test_tags=P44
@test "the scripts are not written" {
	prevents $BASIC $FULL <<-'EOS'
	echo x >>$S
	cp $S $S.new
	rm $S
	cp $0 $W/scripts/new.cgi
	echo : >>$0
	mv $0 $W/scripts/new.cgi
	EOS
}

# bats test_tags=P43
@test "no temporary file is made unless --tmp is given" {
	mkdir -m 1777 tmp
	export TMPDIR=$WORLD/tmp
	prevents $BASIC $FULL <<<'name=$(mktemp) && rm "$name"'
	[ -z "$(ls -A tmp)" ]
}

# bats test_tags=P46
@test "no file is truncated without being opened for writing" {
	needs_landlock 3
	# 0 is O_RDONLY, 3 an access mode without a name.
	prevents $BASIC $FULL <<-'EOS'
	$W/probe truncate $B/file
	$W/probe open-truncate $B/file 0
	$W/probe open-truncate $B/file 3
	EOS
}

# bats test_tags=P45
@test "a file is not linked or moved out of where it may not be written" {
	# The link would be writable in its new place.
	prevents "$BASIC -w $WORLD/writable" "$FULL -w $WORLD/writable" <<-'EOS'
	ln $B/file $V/new
	mv $B/file $V/new
	EOS
}

# bats test_tags=P47
@test "no device is made, even where files are" {
	only_root
	ONLY=root prevents_if_possible "$BASIC -w $WORLD/writable" \
	    "$FULL -w $WORLD/writable" <<<'$W/probe mknod $V/null'
}

# bats test_tags=P47
@test "a device that the script opens takes no ioctls" {
	needs_landlock 5
	prevents_if_possible $BASIC $FULL <<<'$W/probe ioctl /dev/ptmx'
}

# ---- Privileges

# bats test_tags=P48
@test "a set-user-ID program gives no rights" {
	only_root
	cp probe setuid
	chmod 4755 setuid
	ONLY=$ORDINARY prevents_if_possible $BASIC $FULL \
	    <<<'$W/setuid setuid'
}

# bats test_tags=P49
@test "root has no capabilities, and cannot get any" {
	only_root
	ONLY=root prevents $TRY $BASIC $FULL <<-'EOS'
	grep -q '^CapPrm:.*[1-9a-f]' /proc/self/status
	grep -q '^CapEff:.*[1-9a-f]' /proc/self/status
	grep -q '^CapBnd:.*[1-9a-f]' /proc/self/status
	EOS
	permits $TRY $BASIC $FULL \
	    <<<"grep -q '^NoNewPrivs:.1' /proc/self/status"
}

# bats test_tags=P49
@test "a capability that the super-server left is dropped" {
	only_root
	# The ordinary user has no CAP_SETPCAP, and keeps the bounding set.
	script <<<'$W/probe socket 2 3 1 || :'
	fresh "$ORDINARY"
	for options in '' $TRY $BASIC $FULL; do
		answer=$(request | setpriv --reuid="$ORDINARY" \
		    --regid="$(id -g "$ORDINARY")" --clear-groups \
		    --inh-caps=+net_raw --ambient-caps=+net_raw ./handler \
		    -d "$WORLD/scripts" -l stderr $options 2>log)
		case $options in
		'') [ "$answer" = 'done' ] ;;
		*) [ "$answer" = EPERM ] ;;
		esac || { echo "$options: $answer"; cat log; return 1; }
	done
}

# bats test_tags=P49
@test "root has no rights over files that are not root's" {
	only_root
	ONLY=root prevents "$BASIC -w $WORLD/writable" <<-'EOS'
	chown 1:1 $V/file
	chown 1:1 $B && chmod 0 $B && ls $B
	setpriv --reuid=1 --clear-groups true
	EOS
}

# bats test_tags=P49
@test "there are no raw sockets" {
	only_root
	# INET, RAW, ICMP; PACKET, RAW, none
	ONLY=root prevents $BASIC $FULL <<-'EOS'
	$W/probe socket 2 3 1
	$W/probe socket 17 3 0
	EOS
}

# bats test_tags=P49
@test "nothing is mounted" {
	only_root
	ONLY=root prevents_if_possible "$BASIC -w $WORLD/writable" $FULL \
	    <<<'$W/probe mount $V'
}

# With all capabilities in namespaces of its own, where this kernel gives
# everybody those.
# bats test_tags=P49
@test "basic holds in a user namespace of the script's own" {
	start_neighbour "$ORDINARY"
	address=$(as "$ORDINARY" sed -n '1s/-.*//p' "/proc/$NEIGHBOUR/maps")
	ONLY=$ORDINARY prevents_if_possible $BASIC <<-EOS
	\$W/probe in-namespace write \$B/new
	\$W/probe in-namespace write \$B/file
	\$W/probe in-namespace mount \$V
	\$W/probe in-namespace ptrace \$N
	\$W/probe in-namespace read-memory \$N $address
	EOS
}

# bats test_tags=P53
@test "full: no raw sockets in a user namespace either" {
	ONLY=$ORDINARY prevents_if_possible $FULL <<-'EOS'
	$W/probe in-namespace socket 17 3 0
	$W/probe in-namespace socket 2 3 1
	EOS
}

# ---- Other processes

# bats test_tags=P51
@test "a neighbour is not traced" {
	for user in $USERS; do
		start_neighbour "$user"
		ONLY=$user prevents_if_possible $TRY $BASIC $FULL \
		    <<<'$W/probe ptrace $N'
	done
}

# bats test_tags=P51
@test "a neighbour's memory is not read" {
	for user in $USERS; do
		start_neighbour "$user"
		address=$(as "$user" sed -n '1s/-.*//p' "/proc/$NEIGHBOUR/maps")
		ONLY=$user prevents_if_possible $BASIC $FULL <<-EOS
		\$W/probe read-memory \$N $address
		head -c 0 /proc/\$N/mem
		readlink /proc/\$N/fd/0
		\$W/probe other robust-list \$N
		\$W/probe other core \$N
		EOS
	done
}

# bats test_tags=P52
@test "a neighbour gets no signals, the script's children do" {
	needs_landlock 6
	for user in $USERS; do
		start_neighbour "$user"
		ONLY=$user prevents $TRY $BASIC $FULL <<-'EOS'
		$W/probe kill $N
		kill -0 -$N
		EOS
	done
	permits $BASIC $FULL <<<'sleep 60 & kill $! && ! wait $!'
}

# The neighbour ends by SIGUSR1.
# bats test_tags=P52
@test "a neighbour is not made the owner of a descriptor's signals" {
	needs_landlock 6
	for user in $USERS; do
		for options in '' $TRY $BASIC $FULL; do
			start_neighbour "$user"
			script <<<'$W/probe own $N'
			fresh "$user"
			run_script "$user" $options
			[ "$OUT" = 'done' ]
			if [ -z "$options" ]; then
				wait_until is_gone "$NEIGHBOUR"
			else
				! is_gone "$NEIGHBOUR"
			fi
		done
	done
}

# bats test_tags=P52
@test "a neighbour's abstract socket is not connected to" {
	needs_landlock 6
	name=sandbox-test-$$-$BATS_TEST_NUMBER
	start_listener "$name"
	prevents $BASIC $FULL <<<"\$W/probe abstract $name"
}

# The number is an int: what stands in the other half of the register does not
# make it another one. The ordinary user alone is tried as a user: root has
# more processes than are ours.
# bats test_tags=P55
@test "full: a neighbour's limits, priority and processors are not changed" {
	for user in $USERS; do
		start_neighbour "$user"
		ONLY=$user prevents $FULL <<-'EOS'
		$W/probe other limit $N
		$W/probe other limit $((N + 0x7ead00000000))
		$W/probe other priority $N
		$W/probe other priority $((N + 0x7ead00000000))
		$W/probe other group-priority $N
		$W/probe other io-priority $N
		$W/probe other group-io-priority $N
		$W/probe other scheduler $N
		$W/probe other parameter $N
		$W/probe other attributes $N
		$W/probe other processors $N
		$W/probe other processors $((N + 0x7ead00000000))
		EOS
	done
	ONLY=$ORDINARY prevents_if_possible $FULL <<-'EOS'
	$W/probe other user-priority 0
	$W/probe other user-priority $(id -u)
	$W/probe other user-io-priority $(id -u)
	EOS
}

# bats test_tags=P55
@test "full: a neighbour's pages are not moved" {
	for user in $USERS; do
		start_neighbour "$user"
		ONLY=$user prevents_if_possible $FULL <<-'EOS'
		$W/probe other migrate $N
		$W/probe other move $N
		EOS
	done
}

@test "full: a script still changes its own limits, priority, processors" {
	permits $FULL <<-'EOS'
	$W/probe other limit 0
	$W/probe other priority 0
	$W/probe other io-priority 0
	$W/probe other scheduler 0
	$W/probe other processors 0
	ulimit -n 20 && nice true
	EOS
}

# bats test_tags=P56
@test "full: no System V memory, messages or semaphores, no POSIX queues" {
	for user in $USERS; do
		ipc=$(as "$user" ./probe make-ipc)
		ipc=${ipc%done}
		# shellcheck disable=SC2030,SC2031
		read -r shm msg <<<"$ipc"
		ONLY=$user prevents_if_possible $FULL <<-EOS || failed=1
		\$W/probe shm $shm
		\$W/probe msg $msg
		\$W/probe new-ipc shm
		\$W/probe new-ipc msg
		\$W/probe new-ipc sem
		\$W/probe new-ipc mq
		EOS
		as "$user" ./probe remove-ipc "$shm" "$msg"
		[ "${failed:-0}" -eq 0 ]
	done
}

# ---- A terminal

# at_terminal [-l] USER OPTION...: what a script can do with the terminal of
# the one who started the handler: "done" or an error of each, in OUT.
at_terminal()
{
	local leader=

	[ "$1" != -l ] || { leader=-l; shift; }
	script <<-'EOS'
	$W/probe terminal
	$W/probe type 2 || :
	EOS
	VIA="$WORLD/terminal $leader" run_script "$@"
}

# bats test_tags=P50
@test "the controlling terminal is given up at every level" {
	# ENXIO is 6. Typing is another matter where the kernel lets nobody.
	typing='done' typed=$'\ntyped x'
	[ "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null)" != 0 ] ||
	    typing=EIO typed=
	./terminal true || skip "no pseudo-terminals here"
	for user in $USERS; do
		fresh "$user"
		for leader in '' -l; do
			at_terminal $leader "$user"
			[ $leader ] || [ "$user" != root ] ||
			    [ "$OUT" = "done"$'\n'"$typing$typed" ]
			[ "${OUT%%$'\n'*}" = 'done' ]
			for options in $TRY $BASIC $FULL; do
				at_terminal $leader "$user" $options
				[ "$OUT" = $'errno6\nEPERM' ] || {
					echo "$user $leader $options: $OUT"
					return 1
				}
			done
		done
	done
}

# bats test_tags=P50
@test "nothing is typed into the administrator's terminal" {
	[ "$(cat /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null)" != 0 ] ||
	    skip "dev.tty.legacy_tiocsti is 0: nobody types into a terminal"
	./terminal true || skip "no pseudo-terminals here"
	for user in $USERS; do
		fresh "$user"
		at_terminal "$user"
		[ "$OUT" = $'done\ndone\ntyped x' ]
		for options in $TRY $BASIC $FULL; do
			at_terminal "$user" $options
			[[ $OUT != *typed* ]]
		done
	done
}

# Where /dev/tty is not there, the descriptors are what a script has.
# bats test_tags=P50
@test "the terminal is given up where it has no name" {
	only_root
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	./terminal true || skip "no pseudo-terminals here"
	script <<<'$W/probe type 2 || :'
	fresh root
	cat >no-names <<-'EOS'
	#!/bin/sh
	mount -t tmpfs none /dev && exec "$@"
	EOS
	chmod 755 no-names
	VIA="unshare -m $WORLD/terminal $WORLD/no-names" run_script root
	[ "$OUT" = $'done\ntyped x' ] || skip "nobody types into a terminal"
	VIA="unshare -m $WORLD/terminal $WORLD/no-names" run_script root $BASIC
	[ "$OUT" = EPERM ]
}

# ---- The kernel

# bats test_tags=P53
@test "full: no namespace is made or entered" {
	prevents_if_possible $FULL <<-'EOS'
	$W/probe unshare
	$W/probe clone
	$W/probe clone3
	EOS
	[ "$(id -u)" -ne 0 ] || ONLY=root prevents_if_possible $FULL \
	    <<<'$W/probe setns'
}

# bats test_tags=P54
@test "full: io_uring is not there" {
	prevents_if_possible $FULL "$BASIC --no-network" \
	    <<<'$W/probe io_uring'
}

# bats test_tags=P54
@test "full: no file is opened by its handle" {
	only_root
	ONLY=root prevents_if_possible $FULL <<<'$W/probe handle $W/scripts'
}

# bats test_tags=P58
@test "full: no calls of another architecture" {
	prevents_if_possible $FULL <<<'$W/probe foreign'
}

# bats test_tags=P54
@test "full: no sockets of rare families, nor of netlink's" {
	# Of VSOCK, ALG, TIPC and AX25, those that this kernel has.
	prevents_if_possible $FULL <<-'EOS'
	$W/probe socket 40 1 0
	$W/probe socket 38 5 0
	$W/probe socket 30 2 0
	$W/probe socket 3 2 0
	EOS
	# NETLINK_AUDIT, KOBJECT_UEVENT, GENERIC, and NETFILTER, which is a
	# module; ROUTE is what the C library asks.
	prevents_if_possible $FULL <<-'EOS'
	$W/probe socket 16 3 9
	$W/probe socket 16 3 15
	$W/probe socket 16 3 16
	$W/probe socket 16 3 12
	EOS
	permits $FULL <<<'$W/probe socket 16 3 0'
}

# bats test_tags=P54
@test "full: socketpair asks for no module" {
	# The family has no pairs, which the kernel says after it has loaded
	# the family.
	prevents $FULL <<-'EOS'
	[ "$($W/probe socketpair 2 1 0)" != EPERM ]
	EOS
	permits $FULL <<<'$W/probe socketpair 1 1 0'
}

# bats test_tags=P54
@test "full: every call on the list fails with EPERM, clone3 with ENOSYS" {
	script <<<'exec $W/probe calls'
	for user in $USERS; do
		fresh "$user"
		run_script "$user"
		free=$(grep -c ' refused$\| done$' <<<"$OUT")
		# What the control reached the kernel with, if nothing else
		# filters here.
		[ "$free" -ge 25 ] || ! grep -q '^Seccomp:.0' /proc/self/status
		run_script "$user" $FULL
		grep -q '^clone3 ENOSYS$' <<<"$OUT"
		[ "$(grep -v '^clone3 ' <<<"$OUT" | grep -c ' EPERM$')" -ge \
		    55 ]
		[ "$(grep -cv '^clone3 \|^done$\| EPERM$' <<<"$OUT")" -eq 0 ]
	done
}

# bats test_tags=P61
@test "full: calls that never end a script" {
	# Denied calls fail; none kills. Where the kernel has no other
	# architecture's calls, there is none to deny.
	foreign=EPERM
	[ "$(./probe foreign)" != ENOSYS ] || foreign=ENOSYS
	script <<-'EOS'
	$W/probe unshare
	$W/probe foreign
	echo "still here"
	EOS
	fresh "$ORDINARY"
	run_script "$ORDINARY" $FULL
	[ "$OUT" = $'EPERM\n'"$foreign"$'\nstill here' ]
}

# ---- The network

# bats test_tags=P59
@test "--no-network: no new sockets but AF_UNIX" {
	# INET STREAM, INET6 DGRAM, NETLINK RAW
	prevents_if_possible "$TRY --no-network" "$BASIC --no-network" \
	    "$FULL --no-network" <<-'EOS'
	$W/probe socket 2 1 0
	$W/probe socket 10 2 0
	$W/probe socket 16 3 0
	EOS
	permits "$TRY --no-network" "$BASIC --no-network" \
	    "$FULL --no-network" <<<'$W/probe socket 1 1 0'
	permits $BASIC $FULL <<<'$W/probe socket 2 1 0'
}

# The script's connection is a real one here.
run_connected()
{
	OUT=$(request | "$BUILD/tests/helpers/connect" -- ./handler \
	    -d "$WORLD/scripts" -l none "$@" 2>log)
}

# bats test_tags=P60
@test "--no-network: the connection stays usable, and where it is" {
	needs_landlock 4
	start_listener
	fresh "$ME"
	for how in connect fast-open; do
		script <<<"\$W/probe reconnect $PORT $how"
		# The client sees a reset when its connection is taken away.
		run_connected || :
		grep -qx 'done' log
		run_connected $BASIC --no-network || :
		grep -qx 'EPERM\|EACCES' log
	done
	script <<<'echo "SIP/2.0 200 OK"'
	run_connected $FULL --no-network
	[ "$OUT" = 'SIP/2.0 200 OK' ]
}

# ---- What a script can do

@test "everything is written beneath a writable path" {
	permits "$FULL -w $WORLD/writable" <<-'EOS'
	echo x >$V/new
	true >$V/file
	rm $V/file
	mkdir $V/new
	mkfifo $V/new
	ln -s file $V/new
	ln $V/file $V/new
	mv $V/one/file $V/two/
	rm -r $V/one && [ ! -e $V/one ]
	EOS
}

@test "a file beneath a writable path is truncated by its name" {
	needs_landlock 3
	permits "$FULL -w $WORLD/writable" <<<'$W/probe truncate $V/file'
}

@test "a single file can be writable, and several paths" {
	permits "$BASIC -w $WORLD/beside/1/file" <<<'echo x >$B/file'
	prevents "$BASIC -w $WORLD/beside/1/file" <<<'echo x >$B/new'
	permits "$BASIC -w $WORLD/beside/1/full --writable=$WORLD/writable" \
	    <<<'echo x >$B/full/new && echo x >$V/new'
}

@test "--tmp is writable, and TMPDIR" {
	permits "$BASIC --tmp=$WORLD/writable" "$FULL --tmp=$WORLD/writable" \
	    <<<'[ "$TMPDIR" = $W/writable ] && rm "$(mktemp)"'
	permits "--tmp=$WORLD/writable" <<<'[ "$TMPDIR" = $W/writable ]'
	prevents "$BASIC --tmp=$WORLD/writable" <<<'true >$B/new'
}

@test "/dev/null and the like take what is written" {
	permits $BASIC $FULL <<-'EOS'
	echo x >/dev/null
	echo x >/dev/zero
	EOS
}

@test "files are read and executed where the user may" {
	permits $BASIC $FULL \
	    <<<'cat $B/file /etc/passwd && ls / && /bin/true'
}

# ---- Asked for in vain

# Answered 500, and the one line of the log says that $1 is missing.
is_unavailable()
{
	[[ $OUT == 'SIP/2.0 500 '* ]] &&
	    grep -q "^error .*status=500 why=sandbox-unavailable .*missing=$1 " \
	    log && [ "$(wc -l <log)" -eq 1 ] || {
		echo "$OUT"
		cat log
		return 1
	}
}

# run_lacking PART USER [OPTION...]
run_lacking()
{
	local part=$1

	shift
	VIA="$WORLD/lack $part" run_script "$@"
}

# bats test_tags=P62
@test "without Landlock: basic and full answer 500, try runs the script" {
	script <<<'echo ran; grep "^NoNewPrivs\|^CapEff" /proc/self/status'
	for user in $USERS; do
		fresh "$user"
		for level in $BASIC $FULL -s; do
			run_lacking landlock "$user" $level
			is_unavailable landlock
		done
		# What is left of basic there.
		run_lacking landlock "$user" $TRY
		[ "$OUT" = $'ran\nCapEff:\t0000000000000000\nNoNewPrivs:\t1' ]
		grep -q '^exec .* sandbox=try,landlock0$' log
		run_lacking landlock "$user"
		[ "${OUT%%$'\n'*}" = ran ]
	done
}

# bats test_tags=P62
@test "without seccomp: full and --no-network answer 500, basic runs the script" {
	script <<<'echo ran'
	for user in $USERS; do
		fresh "$user"
		run_lacking seccomp "$user" $FULL
		is_unavailable seccomp
		run_lacking seccomp "$user" $BASIC --no-network
		is_unavailable seccomp
		run_lacking seccomp "$user" $BASIC
		[ "$OUT" = ran ]
		run_lacking seccomp "$user" $TRY --no-network
		[ "$OUT" = ran ]
		grep -q '^exec .* sandbox=try,landlock[0-9]*$' log
	done
}

# bats test_tags=P62
@test "without no_new_privs: basic and full answer 500, try runs the script" {
	only_root
	"$WORLD/lack" no_new_privs true ||
	    skip "root cannot filter calls without no_new_privs here"
	script <<<'echo ran; ls /dev/null >/dev/null'
	fresh root
	for level in $BASIC $FULL; do
		run_lacking no_new_privs root $level
		is_unavailable no_new_privs
	done
	run_lacking no_new_privs root $TRY
	[ "$OUT" = ran ]
}

# bats test_tags=P63
@test "what fails for want of memory is not what a kernel lacks: 500, by try too" {
	script <<<'echo ran'
	fresh "$ORDINARY"
	for level in $TRY $BASIC $FULL; do
		run_lacking memory "$ORDINARY" $level --no-network
		is_unavailable seccomp
		grep -q ' errno=ENOMEM ' log
	done
}

# bats test_tags=P62
@test "a terminal that cannot be given up is answered 500, by try too" {
	script <<<'echo ran'
	fresh "$ORDINARY"
	for level in $TRY $BASIC $FULL; do
		run_lacking descriptors "$ORDINARY" $level
		is_unavailable /dev/tty
		grep -q ' errno=EMFILE ' log
	done
}

# bats test_tags=P62
@test "a writable path that is not there is answered 500, by try too" {
	script <<<'echo ran'
	for user in $USERS; do
		fresh "$user"
		for level in $TRY $BASIC $FULL; do
			run_script "$user" $level -w "$WORLD/writable" \
			    -w "$WORLD/none"
			is_unavailable "$WORLD/none"
			grep -q ' errno=ENOENT ' log
			run_script "$user" $level --tmp="$WORLD/none"
			is_unavailable "$WORLD/none"
		done
		run_script "$user" -w "$WORLD/none"
		[ "$OUT" = ran ]
	done
}

# ---- The log, --explain, the command line

@test "the log says what is in force" {
	script <<<'echo ran'
	fresh "$ORDINARY"
	run_script "$ORDINARY" -s
	grep -q '^exec .* sandbox=basic,landlock[1-9]$' log
	run_script "$ORDINARY" $FULL
	grep -q '^exec .* sandbox=full,landlock[1-9]$' log
	run_script "$ORDINARY" $TRY --no-network
	grep -q '^exec .* sandbox=try,landlock[1-9],no-network$' log
	for none in '' --sandbox=no; do
		run_script "$ORDINARY" $none
		grep -q '^exec ' log
		[ "$(grep -c 'sandbox=' log)" -eq 0 ]
	done
}
@test "a log file is written from inside, a failed execve included" {
	fresh "$ORDINARY"
	printf '\177ELF no program' >scripts/default.cgi
	chmod 755 scripts/default.cgi
	touch file.log
	chmod 666 file.log
	request | as "$ORDINARY" ./handler -s -d "$WORLD/scripts" \
	    -l "$WORLD/file.log" >answer
	grep -q '^SIP/2.0 500 ' answer
	grep -q ': exec .* sandbox=basic,' file.log
	grep -q ': error .*why=exec-failed errno=ENOEXEC .* sandbox=basic,' \
	    file.log
}

@test "standard error reaches no log file that the script could cut off" {
	script <<-'END'
		echo complaint >&2
		: >/proc/self/fd/2
	END
	fresh "$(id -un)"
	request | "$BUILD/tests/helpers/connect" --stderr=connection -- ./handler \
	    $FULL -d "$WORLD/scripts" -l "$WORLD/file.log" >answer
	[ ! -s answer ]
	grep -q ': exec ' file.log
	[ "$(wc -l <file.log)" -eq 1 ]
}

@test "--explain enters the sandbox and says what is in force" {
	script <<<'echo ran'
	fresh "$ORDINARY"
	run_script "$ORDINARY" -n $FULL -w "$WORLD/writable"
	grep -q '^sandbox: *full,landlock[1-9]$' <<<"$OUT"
	run_script "$ORDINARY" --explain=json -s
	grep -q '"sandbox":"basic,landlock[1-9]","lacking":\[' <<<"$OUT"
	# Exit status 1: it would not be executed.
	run_script "$ORDINARY" -n $FULL -w "$WORLD/none" || status=$?
	[ "$status" -eq 1 ]
	grep -q '^reject 500 sandbox-unavailable$' <<<"$OUT"
	grep -qx "missing: *$WORLD/none" <<<"$OUT"
}

# bad_usage WORD OPTION...: exit 64, and the line has the word
bad_usage()
{
	local word=$1 status=0

	shift
	./handler "$@" </dev/null >out 2>log || status=$?
	[ "$status" -eq 64 ] && [ ! -s out ] && grep -qF -e "$word" log || {
		echo "$*: $status"
		cat out log
		return 1
	}
}

@test "bad usage is told" {
	bad_usage "--sandbox 'half'" --sandbox=half
	bad_usage "--sandbox 'half'" -shalf
	bad_usage '--sandbox=LEVEL' -s full
	bad_usage "--writable 'var'" -w var
	bad_usage "--tmp 'var'" --tmp=var
	bad_usage '--no-network' --no-network
	bad_usage '--no-network' --no-network --sandbox=no
	# shellcheck disable=SC2046
	bad_usage 'more than 32' -s $(printf -- '-w/tmp%s ' $(seq 33))
}
