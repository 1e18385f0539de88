#!/usr/bin/env bats
# What the seccomp program answers to a call (seccomp.h), asked without
# installing it. That the kernel takes it is in sandbox.bats.

load ../helpers/helper

EXPLOITS=1 NETWORK=2 TRUNCATE=4 ALL=7

# verdict ANSWER WHAT CALL [ARGUMENT...]
verdict()
{
	local want=$1 got

	shift
	got=$("$BUILD/tests/unit/seccomp" "$@")
	[ "${got% *}" = "$want" ] || {
		echo "$*: $got, not $want"
		return 1
	}
}

@test "ordinary calls are allowed" {
	for call in read openat execve ftruncate sendto clone; do
		verdict allow $EXPLOITS $call
		verdict allow $ALL $call
	done
}

# Denied calls are ranges of numbers: these stand beside them.
@test "what nobody may do is denied, its neighbours are not" {
	for call in settimeofday sethostname fanotify_mark; do
		verdict EPERM $EXPLOITS $call
	done
	for call in sync setrlimit gettid recvmmsg prlimit64 \
	    name_to_handle_at clock_adjtime syncfs execveat waitid; do
		verdict allow $EXPLOITS $call
	done
}

@test "another architecture's calls are denied" {
	for what in 1 2 3 4 5 6 7; do
		verdict EPERM "$what" foreign
	done
}

@test "x32 calls and calls later than the list do not exist" {
	for nr in 470 511 0x40000000 0x40000029 -1; do
		verdict ENOSYS $EXPLOITS "$nr"
		verdict ENOSYS $NETWORK "$nr"
	done
	verdict allow $EXPLOITS 469
}

@test "clone makes processes and threads, but no namespace" {
	verdict allow $EXPLOITS clone 17		# SIGCHLD: fork
	verdict allow $EXPLOITS clone 0x3d0f00	# a thread
	for flag in 0x00020000 0x02000000 0x04000000 0x08000000 0x10000000 \
	    0x20000000 0x40000000; do
		verdict EPERM $EXPLOITS clone "$((flag | 17))"
	done
	verdict ENOSYS $EXPLOITS clone3
	verdict allow $NETWORK clone 0x10000011
}

@test "sockets are of four families" {
	for family in 1 2 10 16; do
		verdict allow $EXPLOITS socket $family
	done
	# AX25, ALG, VSOCK, XDP
	for family in 0 3 38 40 44; do
		verdict EPERM $EXPLOITS socket $family
	done
}

@test "without the network sockets are of one family" {
	for what in $NETWORK "$((EXPLOITS | NETWORK))"; do
		verdict allow "$what" socket 1
		verdict allow "$what" socketpair 1
		for family in 0 2 10 16 17 40; do
			verdict EPERM "$what" socket $family
			verdict EPERM "$what" socketpair $family
		done
		verdict EPERM "$what" io_uring_setup
	done
}

@test "without the network no fast open" {
	verdict allow $NETWORK sendto 1 0 0 0x4000
	verdict EPERM $NETWORK sendto 1 0 0 0x20000000
	verdict allow $NETWORK sendmsg 1 0 0x4000
	verdict EPERM $NETWORK sendmsg 1 0 0x20000000
	verdict allow $EXPLOITS sendto 1 0 0 0x20000000
}

@test "O_TRUNC is for those who open for writing" {
	verdict EPERM $TRUNCATE truncate
	verdict ENOSYS $TRUNCATE openat2
	# read only, write only, both, and mode 3
	verdict EPERM $TRUNCATE openat 0 0 0x200
	verdict allow $TRUNCATE openat 0 0 0x201
	verdict allow $TRUNCATE openat 0 0 0x202
	verdict EPERM $TRUNCATE openat 0 0 0x203
	verdict EPERM $TRUNCATE openat 0 0 0x80200
	verdict allow $TRUNCATE openat 0 0 0x80000
	verdict allow $EXPLOITS openat 0 0 0x200
	# There is no open(2) on newer architectures.
	if [ "$(uname -m)" = x86_64 ]; then
		verdict EPERM $TRUNCATE open 0 0x200
		verdict allow $TRUNCATE open 0 0x201
	fi
}

@test "the tree is balanced: no call takes more than 16 instructions" {
	for nr in $(seq 0 5 470); do
		got=$("$BUILD/tests/unit/seccomp" $ALL "$nr")
		[ "${got#* }" -le 16 ]
	done
}
