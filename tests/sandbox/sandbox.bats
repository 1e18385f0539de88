#!/usr/bin/env bats
# What a sandboxed script cannot do. Each test tries it without the sandbox
# first, where it succeeds. SECURITY.md names these tests.

# The scripts expand $W and $N, and a set of options is split on purpose.
# shellcheck disable=SC2016,SC2086,SC2015,SC2034,SC2153

load sandbox

BASIC=--sandbox=basic FULL=--sandbox=full TRY=--sandbox=try

# ---- Files

@test "no file beside the writable paths is written, made or removed" {
	for command in 'echo x >$W/beside/new' 'echo x >>$W/beside/file' \
	    'true >$W/beside/file' 'rm $W/beside/file' 'rmdir $W/beside/empty' \
	    'mkdir $W/beside/new' 'mv $W/beside/file $W/beside/new' \
	    'ln $W/beside/file $W/beside/new' 'ln -s file $W/beside/new' \
	    'mkfifo $W/beside/new'; do
		prevents "$command" $BASIC
	done
	prevents 'echo x >$W/beside/new' $TRY $FULL \
	    "$BASIC -w $WORLD/writable"
}

@test "the scripts are not written" {
	for command in 'echo x >>$W/scripts/other.cgi' \
	    'echo x >>$0' 'cp $0 $W/scripts/new.cgi' \
	    'rm $W/scripts/other.cgi' 'mv $0 $W/scripts/new.cgi'; do
		prevents "$command" $BASIC $FULL
	done
}

@test "no temporary file is made unless --tmp is given" {
	mkdir -m 1777 tmp
	export TMPDIR=$WORLD/tmp
	prevents 'name=$(mktemp) && rm "$name"' $BASIC $FULL
	[ -z "$(ls -A tmp)" ]
}

@test "no file is truncated without being opened for writing" {
	needs_landlock 3
	prevents '$W/probe truncate $W/beside/file' $BASIC $FULL
	# 0 is O_RDONLY, 3 an access mode without a name.
	prevents '$W/probe open-truncate $W/beside/file 0' $BASIC $FULL
	prevents '$W/probe open-truncate $W/beside/file 3' $BASIC $FULL
}

@test "a file is not linked or moved out of where it may not be written" {
	# The link would be writable in its new place.
	prevents 'ln $W/beside/file $W/writable/new' \
	    "$BASIC -w $WORLD/writable" "$FULL -w $WORLD/writable"
	prevents 'mv $W/beside/file $W/writable/new' \
	    "$BASIC -w $WORLD/writable"
}

@test "no device is made, even where files are" {
	only_root
	ONLY=root prevents_if_possible '$W/probe mknod $W/writable/null' \
	    "$BASIC -w $WORLD/writable" "$FULL -w $WORLD/writable"
}

@test "a device that the script opens takes no ioctls" {
	needs_landlock 5
	prevents_if_possible '$W/probe ioctl /dev/ptmx' $BASIC $FULL
}

# ---- Privileges

@test "a set-user-ID program gives no rights" {
	only_root
	cp probe setuid
	chmod 4755 setuid
	ONLY=$ORDINARY prevents_if_possible '$W/setuid setuid' $BASIC $FULL
}

@test "root has no capabilities, and cannot get any" {
	only_root
	for set in CapPrm CapEff CapBnd; do
		ONLY=root prevents \
		    "grep -q '^$set:.*[1-9a-f]' /proc/self/status" \
		    $TRY $BASIC $FULL
	done
	permits "grep -q '^NoNewPrivs:.1' /proc/self/status" $TRY $BASIC $FULL
}

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

@test "root has no rights over files that are not root's" {
	only_root
	ONLY=root prevents 'chown 1:1 $W/writable/file' \
	    "$BASIC -w $WORLD/writable"
	ONLY=root prevents 'chown 1:1 $W/beside && chmod 0 $W/beside &&
	    setpriv --reuid=1 --clear-groups true && ls $W/beside' $BASIC
}

@test "there are no raw sockets" {
	only_root
	# INET, RAW, ICMP; PACKET, RAW, none
	ONLY=root prevents '$W/probe socket 2 3 1' $BASIC $FULL
	ONLY=root prevents '$W/probe socket 17 3 0' $BASIC $FULL
}

@test "nothing is mounted" {
	only_root
	ONLY=root prevents_if_possible '$W/probe mount $W/writable' \
	    "$BASIC -w $WORLD/writable" $FULL
}

# ---- Other processes

@test "a neighbour is not traced" {
	for user in $USERS; do
		start_neighbour "$user"
		ONLY=$user prevents_if_possible '$W/probe ptrace $N' \
		    $BASIC $FULL
	done
}

@test "a neighbour's memory is not read" {
	for user in $USERS; do
		start_neighbour "$user"
		address=$(sed -n '1s/-.*//p' "/proc/$NEIGHBOUR/maps")
		ONLY=$user prevents_if_possible \
		    "\$W/probe read-memory \$N $address" $BASIC $FULL
	done
}

@test "a neighbour gets no signals, the script's children do" {
	needs_landlock 6
	for user in $USERS; do
		start_neighbour "$user"
		ONLY=$user prevents '$W/probe kill $N' $TRY $BASIC $FULL
	done
	permits 'sleep 60 & kill $! && ! wait $!' $BASIC $FULL
}

@test "a neighbour's abstract socket is not connected to" {
	needs_landlock 6
	name=sandbox-test-$$-$BATS_TEST_NUMBER
	python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind("\0" + sys.argv[1])
s.listen()
print("up", flush=True)
time.sleep(60)' "$name" >up 3>&- &
	NEIGHBOURS=$!
	wait_until test -s up
	prevents "\$W/probe abstract $name" $BASIC $FULL
}

# ---- The kernel

@test "full: no namespace is made or entered" {
	prevents_if_possible '$W/probe unshare' $FULL
	prevents_if_possible '$W/probe clone' $FULL
	prevents_if_possible '$W/probe clone3' $FULL
	[ "$(id -u)" -ne 0 ] || ONLY=root prevents '$W/probe setns' $FULL
}

@test "full: io_uring is not there" {
	prevents_if_possible '$W/probe io_uring' $FULL
}

@test "full: no file is opened by its handle" {
	only_root
	ONLY=root prevents_if_possible '$W/probe handle $W/scripts' $FULL
}

@test "full: no calls of another architecture" {
	prevents_if_possible '$W/probe foreign' $FULL
}

@test "full: no sockets of rare families" {
	# Of VSOCK, ALG, TIPC and AX25, one that this kernel has.
	for socket in '40 1 0' '38 5 0' '30 2 0' '3 2 0'; do
		./probe socket $socket && break
	done
	prevents_if_possible "\$W/probe socket $socket" $FULL
}

@test "full: every call on the list fails with EPERM, clone3 with ENOSYS" {
	for user in $USERS; do
		fresh "$user"
		script <<-'EOS'
		exec $W/probe calls
		EOS
		run_script "$user"
		free=$(grep -c ' refused$\| done$' <<<"$OUT")
		# What the control reached the kernel with, if nothing else
		# filters here.
		[ "$free" -ge 25 ] || ! grep -q '^Seccomp:.0' /proc/self/status
		run_script "$user" $FULL
		grep -q '^clone3 ENOSYS$' <<<"$OUT"
		[ "$(grep -v '^clone3 ' <<<"$OUT" | grep -c ' EPERM$')" -ge \
		    40 ]
		[ "$(grep -cv '^clone3 \|^done$\| EPERM$' <<<"$OUT")" -eq 0 ]
	done
}

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

@test "--no-network: no new sockets but AF_UNIX" {
	for level in $TRY $BASIC $FULL; do
		# INET STREAM, INET6 DGRAM, NETLINK RAW
		prevents '$W/probe socket 2 1 0' "$level --no-network"
		prevents_if_possible '$W/probe socket 10 2 0' \
		    "$level --no-network"
		prevents '$W/probe socket 16 3 0' "$level --no-network"
		permits '$W/probe socket 1 1 0' "$level --no-network"
	done
	prevents_if_possible '$W/probe io_uring' "$BASIC --no-network"
	permits '$W/probe socket 2 1 0' $BASIC $FULL
}

# The script's connection is a real one here.
run_connected()
{
	OUT=$(request | "$BUILD/tests/helpers/connect" -- ./handler -d "$WORLD/scripts" \
	    -l stderr "$@" 2>log)
}

@test "--no-network: the connection stays usable, and where it is" {
	needs_landlock 4
	python3 -c '
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(60)' >port 3>&- &
	NEIGHBOURS=$!
	wait_until test -s port
	for how in connect fast-open; do
		script <<-EOS
		\$W/probe reconnect $(cat port) $how
		EOS
		fresh "$(id -un)"
		# The client sees a reset when its connection is taken away.
		run_connected || :
		grep -qx 'done' log
		run_connected $BASIC --no-network || :
		grep -qx 'EPERM\|EACCES' log
	done
	script <<-'EOS'
	echo "SIP/2.0 200 OK"
	EOS
	run_connected $FULL --no-network
	[ "$OUT" = 'SIP/2.0 200 OK' ]
}

# ---- What a script can do

@test "everything is written beneath a writable path" {
	for command in 'echo x >$W/writable/new' 'true >$W/writable/file' \
	    'rm $W/writable/file' 'mkdir $W/writable/new' \
	    'mkfifo $W/writable/new' 'ln -s file $W/writable/new' \
	    'ln $W/writable/file $W/writable/new' \
	    'mv $W/writable/one/file $W/writable/two/' \
	    'rm -r $W/writable/one && [ ! -e $W/writable/one ]'; do
		permits "$command" "$FULL -w $WORLD/writable"
	done
}

@test "a file beneath a writable path is truncated by its name" {
	needs_landlock 3
	permits '$W/probe truncate $W/writable/file' \
	    "$FULL -w $WORLD/writable"
}

@test "a single file can be writable, and several paths" {
	permits 'echo x >$W/beside/file' "$BASIC -w $WORLD/beside/file"
	prevents 'echo x >$W/beside/new' "$BASIC -w $WORLD/beside/file"
	permits 'echo x >$W/beside/full/new && echo x >$W/writable/new' \
	    "$BASIC -w $WORLD/beside/full --writable=$WORLD/writable"
}

@test "--tmp is writable, and TMPDIR" {
	permits '[ "$TMPDIR" = $W/writable ] && rm "$(mktemp)"' \
	    "$BASIC --tmp=$WORLD/writable" "$FULL --tmp=$WORLD/writable"
	permits '[ "$TMPDIR" = $W/writable ]' "--tmp=$WORLD/writable"
	prevents 'true >$W/beside/new' "$BASIC --tmp=$WORLD/writable"
}

@test "/dev/null and the like take what is written" {
	for device in null zero; do
		permits "echo x >/dev/$device" $BASIC $FULL
	done
}

@test "files are read and executed where the user may" {
	permits 'cat $W/beside/file /etc/passwd && ls / && /bin/true' \
	    $BASIC $FULL
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
	local part=$1 user=$2

	shift 2
	OUT=$(request | as "$user" "$WORLD/lack" "$part" ./handler \
	    -d "$WORLD/scripts" -l stderr "$@" 2>log)
}

@test "without Landlock: basic and full answer 500, try runs the script" {
	cp "$BUILD/tests/sandbox/lack" lack
	script <<<'echo ran; grep "^NoNewPrivs" /proc/self/status'
	for user in $USERS; do
		fresh "$user"
		for level in $BASIC $FULL -s; do
			run_lacking landlock "$user" $level
			is_unavailable landlock
		done
		run_lacking landlock "$user" $TRY
		[ "$OUT" = $'ran\nNoNewPrivs:\t1' ]
		grep -q '^exec .* sandbox=try,landlock0$' log
		run_lacking landlock "$user"
		[ "${OUT%%$'\n'*}" = ran ]
	done
}

@test "without seccomp: full and --no-network answer 500, basic runs the script" {
	cp "$BUILD/tests/sandbox/lack" lack
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

@test "without no_new_privs: basic and full answer 500, try runs the script" {
	only_root
	cp "$BUILD/tests/sandbox/lack" lack
	script <<<'echo ran; ls /dev/null >/dev/null'
	fresh root
	for level in $BASIC $FULL; do
		run_lacking no_new_privs root $level
		is_unavailable no_new_privs
	done
	run_lacking no_new_privs root $TRY
	[ "$OUT" = ran ]
}

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
