#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>

#include "seccomp.h"

#if defined(__x86_64__)
#define ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
#define ARCH	AUDIT_ARCH_AARCH64
#else
#define ARCH	0
#endif

/*
 * The last call that this list was made with: file_setattr of Linux 6.17.
 * What is newer answers ENOSYS, as on an older kernel, so that no later way
 * into the kernel opens by itself; so do the calls of x32, from bit 30 on.
 */
#define NR_LAST		469

/*
 * Calls later than the C library's list.  From 424 on the numbers are the
 * same on every architecture; include/uapi/asm-generic/unistd.h, Linux 6.17.
 */
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd		443
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease	448
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr	467
#endif

/* include/linux/socket.h; not in every C library. */
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN		0x20000000
#endif
/* include/uapi/linux/ioprio.h */
#define IOPRIO_WHO_PROCESS	1

/*
 * Flags of clone(2) that make a namespace.  CLONE_NEWTIME is none of them:
 * clone(2) takes its bit as part of the exit signal.
 */
#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
			CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
			CLONE_NEWNET)

/*
 * The calls that are denied whatever their arguments are.  For the filter each
 * is a bit (see append_denied): their order does not matter, and one more
 * costs nothing.
 */
static const uint16_t denied[] = {
	/* Other code in the kernel. */
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
	SYS_bpf, SYS_reboot,

	/* Calls whose faults exploits of the kernel have been built on. */
	SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup,
	SYS_io_uring_enter, SYS_io_uring_register, SYS_add_key,
	SYS_request_key, SYS_keyctl, SYS_fanotify_init, SYS_fanotify_mark,
#ifdef SYS_modify_ldt
	SYS_modify_ldt,
#endif
#ifdef SYS_iopl
	SYS_iopl, SYS_ioperm,
#endif

	/* Mounts, quotas, accounting, which are the machine's. */
	SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree,
	SYS_open_tree_attr, SYS_move_mount, SYS_fsopen, SYS_fsconfig,
	SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_swapon, SYS_swapoff,
	SYS_quotactl, SYS_quotactl_fd, SYS_acct,

	/* A file by its handle passes by every directory's mode. */
	SYS_open_by_handle_at,

	/* Namespaces, in which a process gets every capability. */
	SYS_unshare, SYS_setns,

	/* Other processes' memory and descriptors. */
	SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
	SYS_process_madvise, SYS_process_mrelease, SYS_pidfd_getfd, SYS_kcmp,

	/*
	 * System V's memory, messages and semaphores, and POSIX messages:
	 * other processes' are found by number or name, and those that a
	 * script makes outlive it.
	 */
	SYS_shmget, SYS_shmat, SYS_shmctl, SYS_msgget, SYS_msgsnd, SYS_msgrcv,
	SYS_msgctl, SYS_semget, SYS_semop, SYS_semtimedop, SYS_semctl,
	SYS_mq_open, SYS_mq_unlink, SYS_mq_timedsend, SYS_mq_timedreceive,
	SYS_mq_notify,
};

/*
 * What follows are snippets.  Each begins and ends with the call's number
 * loaded, or returns: none knows what stands beside it.  Jumps count from the
 * next instruction.
 *
 * An argument is compared by its low half.  The kernel takes no more of those
 * asked for here, which are ints, or flags of 32 bits.
 */
#define LOAD(offset)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define LOAD_NUMBER	LOAD(offsetof(struct seccomp_data, nr))
#define LOAD_ARGUMENT(n) \
	LOAD(offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (n))
#define IF(op, k, then, otherwise) \
	BPF_JUMP(BPF_JMP | (op) | BPF_K, (uint32_t)(k), (then), (otherwise))
#define ALLOW		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define FAIL(error)	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

#define DENY(call) \
	IF(BPF_JEQ, call, 0, 1), \
	FAIL(EPERM)

/* As on a kernel without it: the C library then takes an older call. */
#define DENY_AS_ABSENT(call) \
	IF(BPF_JEQ, call, 0, 1), \
	FAIL(ENOSYS)

/* Where any of the flags is in argument n. */
#define DENY_FLAGS(call, n, flags) \
	IF(BPF_JEQ, call, 0, 4), \
	LOAD_ARGUMENT(n), \
	IF(BPF_JSET, flags, 0, 1), \
	FAIL(EPERM), \
	LOAD_NUMBER

#define DENY_UNLESS(call, n, value) \
	IF(BPF_JEQ, call, 0, 4), \
	LOAD_ARGUMENT(n), \
	IF(BPF_JEQ, value, 1, 0), \
	FAIL(EPERM), \
	LOAD_NUMBER

/* Two calls, and eight: each instruction is paid for by every script. */
#define DENY_2_UNLESS_ZERO(n, a, b) \
	IF(BPF_JEQ, a, 1, 0), \
	DENY_UNLESS(b, n, 0)

#define DENY_8_UNLESS_ZERO(n, a, b, c, d, e, f, g, h) \
	IF(BPF_JEQ, a, 7, 0), \
	IF(BPF_JEQ, b, 6, 0), \
	IF(BPF_JEQ, c, 5, 0), \
	IF(BPF_JEQ, d, 4, 0), \
	IF(BPF_JEQ, e, 3, 0), \
	IF(BPF_JEQ, f, 2, 0), \
	DENY_2_UNLESS_ZERO(n, g, h)

/* Where argument n is one of three values. */
#define DENY_VALUES(call, n, a, b, c) \
	IF(BPF_JEQ, call, 0, 6), \
	LOAD_ARGUMENT(n), \
	IF(BPF_JEQ, a, 2, 0), \
	IF(BPF_JEQ, b, 1, 0), \
	IF(BPF_JEQ, c, 0, 1), \
	FAIL(EPERM), \
	LOAD_NUMBER

/* Sockets of other families than four, and of netlink but for the routes. */
#define DENY_RARE_SOCKETS \
	IF(BPF_JEQ, SYS_socket, 0, 9), \
	LOAD_ARGUMENT(0), \
	IF(BPF_JEQ, AF_UNIX, 6, 0), \
	IF(BPF_JEQ, AF_INET, 5, 0), \
	IF(BPF_JEQ, AF_INET6, 4, 0), \
	IF(BPF_JEQ, AF_NETLINK, 0, 2), \
	LOAD_ARGUMENT(2), \
	IF(BPF_JEQ, NETLINK_ROUTE, 1, 0), \
	FAIL(EPERM), \
	LOAD_NUMBER

/*
 * O_TRUNC among the flags in argument n, which cuts the file off also when it
 * is opened for reading, and with the undocumented access mode 3.
 */
#define DENY_TRUNCATION(call, n) \
	IF(BPF_JEQ, call, 0, 7), \
	LOAD_ARGUMENT(n), \
	IF(BPF_JSET, O_TRUNC, 0, 4), \
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, O_WRONLY | O_RDWR), \
	IF(BPF_JEQ, O_WRONLY, 2, 0), \
	IF(BPF_JEQ, O_RDWR, 1, 0), \
	FAIL(EPERM), \
	LOAD_NUMBER

/*
 * The architecture, and the number.  The first instruction is of no use but
 * one: when a filter is installed, the kernel runs it for every call number to
 * learn which calls it always allows, and gives up at what it cannot know
 * beforehand.  To have that learnt takes longer than the filter takes for the
 * first 2000 calls of a script.
 */
static const struct sock_filter begin[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
	LOAD(offsetof(struct seccomp_data, arch)),
	IF(BPF_JEQ, ARCH, 1, 0),
	FAIL(EPERM),
	LOAD_NUMBER,
};

/* Is the number's bit set in the word that X holds?  (A word has 32 bits.) */
static const struct sock_filter deny_if_bit_is_set[] = {
	BPF_STMT(BPF_STX, 0),
	LOAD_NUMBER,
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 31),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_MEM, 0),
	BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0),
	IF(BPF_JSET, 1, 0, 1),
	FAIL(EPERM),
	LOAD_NUMBER,
};

static const struct sock_filter exploits[] = {
	/* clone3's flags are in memory, which a filter cannot read. */
	DENY_FLAGS(SYS_clone, 0, NAMESPACES),
	DENY_AS_ABSENT(SYS_clone3),

	/*
	 * Other processes' limits, priority, processors and pages: to be of
	 * the same user is enough for that, and a limit of 0 stops a
	 * super-server.  0 is the caller itself.  For setpriority, where
	 * PRIO_PROCESS is 0, and ioprio_set a number may also be that of a
	 * process group or of a user.
	 *
	 * Not here: what only looks; wait4, waitid and setpgid, which reach
	 * children; kill and its like, and who gets a descriptor's signals,
	 * which Landlock judges.
	 */
	DENY_8_UNLESS_ZERO(0, SYS_prlimit64, SYS_sched_setparam,
	    SYS_sched_setscheduler, SYS_sched_setattr, SYS_sched_setaffinity,
	    SYS_migrate_pages, SYS_move_pages, SYS_setpriority),
	DENY_UNLESS(SYS_ioprio_set, 0, IOPRIO_WHO_PROCESS),
	DENY_2_UNLESS_ZERO(1, SYS_setpriority, SYS_ioprio_set),

	/*
	 * What types into a terminal, and what has the kernel load another
	 * line discipline for one.
	 */
	DENY_VALUES(SYS_ioctl, 1, TIOCSTI, TIOCLINUX, TIOCSETD),

	/* With most families a module is loaded for the asking. */
	DENY_RARE_SOCKETS,
	DENY_UNLESS(SYS_socketpair, 0, AF_UNIX),
};

static const struct sock_filter network[] = {
	DENY_UNLESS(SYS_socket, 0, AF_UNIX),
	DENY_UNLESS(SYS_socketpair, 0, AF_UNIX),
	/* Fast open connects without connect(2), which Landlock watches. */
	DENY_FLAGS(SYS_sendto, 3, MSG_FASTOPEN),
	DENY_FLAGS(SYS_sendmsg, 2, MSG_FASTOPEN),
	DENY_FLAGS(SYS_sendmmsg, 3, MSG_FASTOPEN),
	/* It makes sockets, too. */
	DENY(SYS_io_uring_setup),
	DENY(SYS_io_uring_enter),
	DENY(SYS_io_uring_register),
};

static const struct sock_filter truncation[] = {
	DENY(SYS_truncate),
#ifdef SYS_open
	DENY_TRUNCATION(SYS_open, 1),
#endif
	DENY_TRUNCATION(SYS_openat, 2),
	/* Its flags are in memory. */
	DENY_AS_ABSENT(SYS_openat2),
};

static const struct sock_filter end[] = {
	IF(BPF_JGT, NR_LAST, 0, 1),
	FAIL(ENOSYS),
	ALLOW,
};

/* Words of 32 bits, one for each call number. */
enum { WORDS = NR_LAST / 32 + 1 };

_Static_assert((2 + 2 * WORDS) * sizeof(struct sock_filter) + sizeof(begin) +
    sizeof(deny_if_bit_is_set) + sizeof(exploits) + sizeof(network) +
    sizeof(truncation) + sizeof(end) <=
    SECCOMP_PROGRAM_MAX * sizeof(struct sock_filter),
    "the longest program must have room");

static struct sock_filter *
append(struct sock_filter *to, const struct sock_filter *snippets, size_t size)
{
	memcpy(to, snippets, size);
	return to + size / sizeof(*to);
}

/*
 * Take the number's word of bits into X, 0 where none is set, and judge it.
 * To compare the number with each call in turn would be twice as long, and
 * what a filter costs is the time that the kernel takes to compile it.
 */
static struct sock_filter *
append_denied(struct sock_filter *p)
{
	uint32_t words[WORDS] = { 0 };

	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		words[denied[i] / 32] |= 1u << denied[i] % 32;
	*p++ = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 5);
	*p++ = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, 0);
	for (uint32_t i = 0; i < WORDS; i++) {
		if (words[i] == 0)
			continue;
		*p++ = (struct sock_filter)IF(BPF_JEQ, i, 0, 1);
		*p++ = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM,
		    words[i]);
	}
	return append(p, deny_if_bit_is_set, sizeof(deny_if_bit_is_set));
}

size_t
seccomp_build(unsigned what, struct sock_filter *program)
{
	struct sock_filter *p = program;

	if (ARCH == 0)
		return 0;
	p = append(p, begin, sizeof(begin));
	if (what & SECCOMP_DENY_EXPLOITS) {
		p = append_denied(p);
		p = append(p, exploits, sizeof(exploits));
	}
	if (what & SECCOMP_DENY_NETWORK)
		p = append(p, network, sizeof(network));
	if (what & SECCOMP_DENY_TRUNCATE)
		p = append(p, truncation, sizeof(truncation));
	p = append(p, end, sizeof(end));
	return (size_t)(p - program);
}
