#!/usr/bin/env bats
# What the seccomp program answers to a call (seccomp.h), asked without
# installing it. That the kernel takes it, and that each denial is needed, is
# in sandbox/.

load ../helpers/helper

# The numbers of seccomp_build: exploits, network, truncation.
E=1 N=2 T=4 ALL=7

# aarch64.bats runs these tests with the calls of another machine.
SECCOMP=${SECCOMP:-$BUILD/tests/unit/seccomp}
MACHINE=${MACHINE:-$(uname -m)}

# Lines WANT WHAT CALL [ARGUMENT...] on standard input.
check_cases() { $SECCOMP; }

# There are calls that only one architecture has.
on_x86_64() { [ "$MACHINE" = x86_64 ]; }

# bats test_tags=P54,P56
@test "exactly the calls on the list are denied whatever their arguments" {
	{
		tr ' ' '\n' <<-'EOS'
		acct add_key bpf chroot delete_module fanotify_init
		fanotify_mark finit_module fsconfig fsmount fsopen fspick
		init_module io_uring_enter io_uring_register io_uring_setup
		kcmp kexec_file_load kexec_load keyctl mount mount_setattr
		move_mount mq_notify mq_open mq_timedreceive mq_timedsend
		mq_unlink msgctl msgget msgrcv msgsnd open_by_handle_at
		open_tree open_tree_attr perf_event_open pidfd_getfd
		pivot_root process_madvise process_mrelease process_vm_readv
		process_vm_writev ptrace quotactl quotactl_fd reboot
		request_key semctl semget semop semtimedop setns shmat shmctl
		shmget swapoff swapon umount2 unshare userfaultfd
		EOS
		! on_x86_64 || printf '%s\n' ioperm iopl modify_ldt
		# By their arguments: a family and a kind 0 are not among the
		# allowed ones.
		printf '%s\n' socket socketpair ioprio_set
	} | sort >"$BATS_TEST_TMPDIR/want"
	$SECCOMP $E | sort >"$BATS_TEST_TMPDIR/got"
	diff "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
}

@test "ordinary calls are allowed" {
	check_cases <<-EOS
	$(for what in $E $N $ALL; do
		for call in read openat execve ftruncate sendto clone fcntl \
		    kill tgkill wait4 setpgid pidfd_open getpriority \
		    sched_getaffinity; do
			echo "allow $what $call"
		done
	done)
	EOS
}

# bats test_tags=P58
@test "another architecture's calls are denied" {
	check_cases <<<"$(printf 'EPERM %d foreign\n' 1 2 3 4 5 6 7)"
}

# bats test_tags=P58
@test "x32 calls and calls later than the list do not exist" {
	check_cases <<-EOS
	$(for nr in 470 511 0x40000000 0x40000029 -1; do
		printf 'ENOSYS %d %s\n' $E $nr $N $nr $T $nr $ALL $nr
	done)
	allow $E 469
	allow $ALL 469
	EOS
}

# bats test_tags=P53
@test "clone makes processes and threads, but no namespace" {
	# 17 is SIGCHLD, as of fork; the next one makes a thread.
	check_cases <<-EOS
	allow $E clone 17
	allow $E clone 0x3d0f00
	$(for flag in 0x00020000 0x02000000 0x04000000 0x08000000 0x10000000 \
	    0x20000000 0x40000000; do
		echo "EPERM $E clone $((flag | 17))"
	done)
	EPERM $E clone 0xffffffff10000011
	ENOSYS $E clone3
	allow $N clone 0x10000011
	EOS
}

# A pid_t is an int: what stands in the other half of the register is not
# looked at, neither by the kernel nor here.
# bats test_tags=P55
@test "only the caller itself is named by number" {
	check_cases <<-EOS
	$(for call in prlimit64 sched_setparam sched_setscheduler \
	    sched_setattr sched_setaffinity migrate_pages move_pages; do
		cat <<-CASES
		allow $E $call 0 1 1
		allow $E $call 0xffffffff00000000 1
		EPERM $E $call 1
		EPERM $E $call 0x7fffffff
		EPERM $E $call -1
		EPERM $E $call 0xdeadbeef00000001
		EPERM $E $call 0x0000000080000000
		allow $N $call 1
		CASES
	done)
	EOS
}

# bats test_tags=P55
@test "priorities are changed of the calling process, not of a group or user" {
	# setpriority: 0 is PRIO_PROCESS; ioprio_set: 1 is IOPRIO_WHO_PROCESS.
	check_cases <<-EOS
	allow $E setpriority 0 0 19
	allow $E setpriority 0xdead00000000 0xbeef00000000 19
	EPERM $E setpriority 0 1 19
	EPERM $E setpriority 0xdead00000000 0xbeef00000001 19
	EPERM $E setpriority 1 0 19
	EPERM $E setpriority 2 0 19
	EPERM $E setpriority 2 65534 19
	EPERM $E setpriority 0xdead00000002 0 19
	allow $E ioprio_set 1 0 1
	allow $E ioprio_set 0xdead00000001 0xbeef00000000 1
	EPERM $E ioprio_set 1 1 1
	EPERM $E ioprio_set 1 0xbeef00000001 1
	EPERM $E ioprio_set 2 0 1
	EPERM $E ioprio_set 3 0 1
	EPERM $E ioprio_set 0 0 1
	EOS
}

# TIOCSTI, TIOCLINUX, TIOCSETD; FIONREAD, TCGETS and TIOCGWINSZ. ioctl's
# command is an unsigned int.
# bats test_tags=P57
@test "nothing is typed into a terminal" {
	check_cases <<-EOS
	$(for fd in 0 1 2 255; do
		for command in 0x5412 0x541c 0x5423 0xffffffff00005412 \
		    0x000000010000541c; do
			echo "EPERM $E ioctl $fd $command"
		done
		for command in 0x541b 0x5401 0x5413; do
			echo "allow $E ioctl $fd $command"
		done
	done)
	EOS
}

# bats test_tags=P54
@test "sockets are of four families, and of netlink for the routes" {
	check_cases <<-EOS
	$(for family in 1 2 10; do
		echo "allow $E socket $family"
		echo "allow $E socket $family 3 17"
		echo "allow $E socket $((0xabcd00000000 | family))"
	done
	# AX25, ALG, VSOCK, XDP
	for family in 0 3 17 38 40 44; do
		echo "EPERM $E socket $family"
		echo "EPERM $E socket $((0xabcd00000000 | family))"
	done)
	allow $E socket 16 3 0
	allow $E socket 16 3 0x100000000
	EPERM $E socket 16 3 12
	EPERM $E socket 16 3 16
	EPERM $E socket 16 3 0x10000000c
	EOS
}

# bats test_tags=P54
@test "socket pairs are of AF_UNIX" {
	check_cases <<-EOS
	$(for what in $E $N $((E | N)); do
		echo "allow $what socketpair 1"
		for family in 0 2 10 16 30 40; do
			echo "EPERM $what socketpair $family"
		done
	done)
	EOS
}

# bats test_tags=P59
@test "without the network sockets are of one family" {
	check_cases <<-EOS
	$(for what in $N $((E | N)); do
		echo "allow $what socket 1"
		for family in 0 2 10 16 17 40 0xabcd00000002; do
			echo "EPERM $what socket $family"
		done
		for call in setup enter register; do
			echo "EPERM $what io_uring_$call"
		done
	done)
	EOS
}

@test "without the network no fast open" {
	check_cases <<-EOS
	allow $N sendto 1 0 0 0x4000
	EPERM $N sendto 1 0 0 0x20000000
	EPERM $N sendto 1 0 0 0x4020004000
	allow $N sendmsg 1 0 0x4000
	EPERM $N sendmsg 1 0 0x20000000
	allow $N sendmmsg 1 0 0 0x4000
	EPERM $N sendmmsg 1 0 0 0x20000000
	allow $E sendto 1 0 0 0x20000000
	EOS
}

@test "O_TRUNC is for those who open for writing" {
	# Read only, write only, both, and mode 3.
	check_cases <<-EOS
	EPERM $T truncate
	ENOSYS $T openat2
	EPERM $T openat 0 0 0x200
	allow $T openat 0 0 0x201
	allow $T openat 0 0 0x202
	EPERM $T openat 0 0 0x203
	EPERM $T openat 0 0 0x80200
	EPERM $T openat 0 0 0x100000200
	allow $T openat 0 0 0x80000
	allow $E openat 0 0 0x200
	allow $E truncate
	EOS
	# There is no open(2) on newer architectures.
	! on_x86_64 || check_cases <<-EOS
	EPERM $T open 0 0x200
	allow $T open 0 0x201
	EOS
}

# To compile the program is most of what it costs: doc/performance.md.
@test "the program is short" {
	[ "$($SECCOMP -l $E)" -le 100 ]
	[ "$($SECCOMP -l $ALL)" -le 150 ]
}
