#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/audit.h>
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
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr	467
#endif

/* include/linux/socket.h; not in every C library. */
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN		0x20000000
#endif

/*
 * Flags of clone(2) that make a namespace.  CLONE_NEWTIME is none of them:
 * clone(2) takes its bit as part of the exit signal.
 */
#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
			CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
			CLONE_NEWNET)

/* Where the tree ends: in one of these blocks of `tail`. */
enum leaf {
	OPEN_1, OPEN_2, SEND_2, SEND_3, CLONE, SOCKET_RARE, SOCKET,
	EPERM_, ENOSYS_, ALLOW, LEAVES
};

#define EXPLOITS	SECCOMP_DENY_EXPLOITS
#define NETWORK		SECCOMP_DENY_NETWORK
#define TRUNCATE	SECCOMP_DENY_TRUNCATE

/*
 * In any order; a call may be here twice, and the row further down wins when
 * both apply.
 */
static const struct rule {
	uint16_t nr;
	uint8_t when;		/* enum seccomp_deny, any of */
	uint8_t leaf;
} rules[] = {
	/* Other code in the kernel. */
	{ SYS_init_module, EXPLOITS, EPERM_ },
	{ SYS_finit_module, EXPLOITS, EPERM_ },
	{ SYS_delete_module, EXPLOITS, EPERM_ },
	{ SYS_kexec_load, EXPLOITS, EPERM_ },
#ifdef SYS_kexec_file_load
	{ SYS_kexec_file_load, EXPLOITS, EPERM_ },
#endif
	{ SYS_bpf, EXPLOITS, EPERM_ },
	{ SYS_reboot, EXPLOITS, EPERM_ },
	/* Calls whose faults kernel exploits have been built on. */
	{ SYS_perf_event_open, EXPLOITS, EPERM_ },
	{ SYS_userfaultfd, EXPLOITS, EPERM_ },
	{ SYS_io_uring_setup, EXPLOITS | NETWORK, EPERM_ },
	{ SYS_io_uring_enter, EXPLOITS | NETWORK, EPERM_ },
	{ SYS_io_uring_register, EXPLOITS | NETWORK, EPERM_ },
	{ SYS_add_key, EXPLOITS, EPERM_ },
	{ SYS_request_key, EXPLOITS, EPERM_ },
	{ SYS_keyctl, EXPLOITS, EPERM_ },
	{ SYS_fanotify_init, EXPLOITS, EPERM_ },
	{ SYS_fanotify_mark, EXPLOITS, EPERM_ },
#ifdef SYS_modify_ldt
	{ SYS_modify_ldt, EXPLOITS, EPERM_ },
#endif
#ifdef SYS_iopl
	{ SYS_iopl, EXPLOITS, EPERM_ },
	{ SYS_ioperm, EXPLOITS, EPERM_ },
#endif
	/* Mounts, quotas, accounting. */
	{ SYS_mount, EXPLOITS, EPERM_ },
	{ SYS_umount2, EXPLOITS, EPERM_ },
	{ SYS_pivot_root, EXPLOITS, EPERM_ },
	{ SYS_chroot, EXPLOITS, EPERM_ },
	{ SYS_open_tree, EXPLOITS, EPERM_ },
	{ SYS_open_tree_attr, EXPLOITS, EPERM_ },
	{ SYS_move_mount, EXPLOITS, EPERM_ },
	{ SYS_fsopen, EXPLOITS, EPERM_ },
	{ SYS_fsconfig, EXPLOITS, EPERM_ },
	{ SYS_fsmount, EXPLOITS, EPERM_ },
	{ SYS_fspick, EXPLOITS, EPERM_ },
	{ SYS_mount_setattr, EXPLOITS, EPERM_ },
	{ SYS_swapon, EXPLOITS, EPERM_ },
	{ SYS_swapoff, EXPLOITS, EPERM_ },
	{ SYS_quotactl, EXPLOITS, EPERM_ },
	{ SYS_quotactl_fd, EXPLOITS, EPERM_ },
	{ SYS_acct, EXPLOITS, EPERM_ },
	/*
	 * What nobody without capabilities can do anyway, and calls that the
	 * kernel has no longer: they stand between others on this list, and
	 * each gap in it costs instructions.
	 */
	{ SYS_settimeofday, EXPLOITS, EPERM_ },
	{ SYS_sethostname, EXPLOITS, EPERM_ },
	{ SYS_setdomainname, EXPLOITS, EPERM_ },
#ifdef SYS_create_module
	{ SYS_create_module, EXPLOITS, EPERM_ },
	{ SYS_get_kernel_syms, EXPLOITS, EPERM_ },
	{ SYS_query_module, EXPLOITS, EPERM_ },
#endif
#ifdef SYS_nfsservctl
	{ SYS_nfsservctl, EXPLOITS, EPERM_ },
#endif
	/* A file by its handle passes by every directory's mode. */
	{ SYS_open_by_handle_at, EXPLOITS, EPERM_ },
	/* Other processes' memory and descriptors. */
	{ SYS_ptrace, EXPLOITS, EPERM_ },
	{ SYS_process_vm_readv, EXPLOITS, EPERM_ },
	{ SYS_process_vm_writev, EXPLOITS, EPERM_ },
	{ SYS_process_madvise, EXPLOITS, EPERM_ },
	{ SYS_pidfd_getfd, EXPLOITS, EPERM_ },
	{ SYS_kcmp, EXPLOITS, EPERM_ },
	/*
	 * Namespaces.  clone3's flags are in memory, which a filter cannot
	 * read; on ENOSYS the C library takes clone.
	 */
	{ SYS_unshare, EXPLOITS, EPERM_ },
	{ SYS_setns, EXPLOITS, EPERM_ },
	{ SYS_clone, EXPLOITS, CLONE },
	{ SYS_clone3, EXPLOITS, ENOSYS_ },

	{ SYS_socket, EXPLOITS, SOCKET_RARE },
	{ SYS_socket, NETWORK, SOCKET },
	{ SYS_socketpair, NETWORK, SOCKET },
	/* Fast open connects without connect(2), which Landlock watches. */
	{ SYS_sendto, NETWORK, SEND_3 },
	{ SYS_sendmsg, NETWORK, SEND_2 },
	{ SYS_sendmmsg, NETWORK, SEND_3 },

	/* openat2's flags are in memory, too. */
	{ SYS_truncate, TRUNCATE, EPERM_ },
#ifdef SYS_open
	{ SYS_open, TRUNCATE, OPEN_1 },
#endif
	{ SYS_openat, TRUNCATE, OPEN_2 },
	{ SYS_openat2, TRUNCATE, ENOSYS_ },
};

enum { RULES = sizeof(rules) / sizeof(rules[0]) };

/* The calls from `first` up to the next range's end in one leaf. */
struct range {
	uint32_t first;
	enum leaf leaf;
};

/* Each rule makes at most one range and one after it. */
enum { RANGES = 2 * RULES + 2 };

/* The low half of the call's argument n: all that an int or its flags use. */
#define ARGUMENT(n)	(offsetof(struct seccomp_data, args) + 8 * (n))

#define LOAD(offset)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define RETURN(value)	BPF_STMT(BPF_RET | BPF_K, (value))
#define IF(op, k, then, otherwise) \
	BPF_JUMP(BPF_JMP | (op) | BPF_K, (uint32_t)(k), (then), (otherwise))

/*
 * What follows the tree.  Jumps are counted from the next instruction, and
 * the last three are what every check ends in; leaf_at has where each leaf
 * begins.  What is rarely asked for stands first: of the tail only the part
 * that the tree leads to is written.
 */
enum {
	AT_OPEN_1 = 0,
	AT_OPEN_2 = 2,
	AT_SEND_2 = 7,
	AT_SEND_3 = 9,
	AT_CLONE = 11,
	AT_SOCKET_RARE = 13,
	AT_SOCKET = 17,
	AT_EPERM = 19,
	AT_ENOSYS = 20,
	AT_ALLOW = 21,
	TAIL = 22
};

#define EPERM_FROM(i)	(AT_EPERM - (i) - 1)
#define ALLOW_FROM(i)	(AT_ALLOW - (i) - 1)

static const struct sock_filter tail[TAIL] = {
	/*
	 * O_TRUNC cuts the file off also when it is opened for reading, and
	 * with the undocumented access mode 3.
	 */
[AT_OPEN_1] = LOAD(ARGUMENT(1)),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
[AT_OPEN_2] = LOAD(ARGUMENT(2)),
	IF(BPF_JSET, O_TRUNC, 0, ALLOW_FROM(3)),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, O_WRONLY | O_RDWR),
	IF(BPF_JEQ, O_WRONLY, ALLOW_FROM(5), 0),
	IF(BPF_JEQ, O_RDWR, ALLOW_FROM(6), EPERM_FROM(6)),

[AT_SEND_2] = LOAD(ARGUMENT(2)),
	IF(BPF_JSET, MSG_FASTOPEN, EPERM_FROM(8), ALLOW_FROM(8)),
[AT_SEND_3] = LOAD(ARGUMENT(3)),
	IF(BPF_JSET, MSG_FASTOPEN, EPERM_FROM(10), ALLOW_FROM(10)),

[AT_CLONE] = LOAD(ARGUMENT(0)),
	IF(BPF_JSET, NAMESPACES, EPERM_FROM(12), ALLOW_FROM(12)),

	/* A module is loaded for the asking with most other families. */
[AT_SOCKET_RARE] = LOAD(ARGUMENT(0)),
	IF(BPF_JEQ, AF_INET, ALLOW_FROM(14), 0),
	IF(BPF_JEQ, AF_INET6, ALLOW_FROM(15), 0),
	IF(BPF_JEQ, AF_NETLINK, ALLOW_FROM(16), 1),
[AT_SOCKET] = LOAD(ARGUMENT(0)),
	IF(BPF_JEQ, AF_UNIX, ALLOW_FROM(18), EPERM_FROM(18)),

[AT_EPERM] = RETURN(SECCOMP_RET_ERRNO | EPERM),
[AT_ENOSYS] = RETURN(SECCOMP_RET_ERRNO | ENOSYS),
[AT_ALLOW] = RETURN(SECCOMP_RET_ALLOW),
};

static const uint8_t leaf_at[LEAVES] = {
[OPEN_1] = AT_OPEN_1, [OPEN_2] = AT_OPEN_2, [SEND_2] = AT_SEND_2,
[SEND_3] = AT_SEND_3, [CLONE] = AT_CLONE, [SOCKET_RARE] = AT_SOCKET_RARE,
[SOCKET] = AT_SOCKET, [EPERM_] = AT_EPERM, [ENOSYS_] = AT_ENOSYS,
[ALLOW] = AT_ALLOW,
};

/*
 * The architecture, its check, and the number.  The first instruction is of no
 * use but one: when a filter is installed, the kernel runs it for every call
 * number to learn which calls it always allows, and gives up at what it cannot
 * know beforehand.  To have that learnt takes longer than the filter takes
 * for the first 2000 calls of a script.
 */
static const struct sock_filter head[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
	LOAD(offsetof(struct seccomp_data, arch)),
	IF(BPF_JEQ, ARCH, 1, 0),
	RETURN(SECCOMP_RET_ERRNO | EPERM),
	LOAD(offsetof(struct seccomp_data, nr)),
};

enum { HEAD = sizeof(head) / sizeof(head[0]) };

_Static_assert(HEAD + RANGES + TAIL <= SECCOMP_PROGRAM_MAX,
    "the program must have room, and a jump reach 255 instructions");

/* The rules that apply, by number; of two for one call the later is last. */
static size_t
sort_rules(unsigned what, struct range *sorted)
{
	size_t i, n = 0;

	for (const struct rule *r = rules; r < rules + RULES; r++) {
		if ((r->when & what) == 0)
			continue;
		for (i = n++; i > 0 && sorted[i - 1].first > r->nr; i--)
			sorted[i] = sorted[i - 1];
		sorted[i] = (struct range){ r->nr, r->leaf };
	}
	return n;
}

/* Neighbours that end in one leaf are one range. */
static void
add_range(struct range *ranges, size_t *count, uint32_t first, enum leaf leaf)
{
	if (*count == 0 || ranges[*count - 1].leaf != leaf)
		ranges[(*count)++] = (struct range){ first, leaf };
}

/* All numbers from 0 on, cut where the leaf changes. */
static size_t
make_ranges(unsigned what, struct range *ranges)
{
	struct range sorted[RULES];
	size_t n = sort_rules(what, sorted), count = 0;
	uint32_t next = 0;

	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && sorted[i + 1].first == sorted[i].first)
			continue;
		if (sorted[i].first > next)
			add_range(ranges, &count, next, ALLOW);
		add_range(ranges, &count, sorted[i].first, sorted[i].leaf);
		next = sorted[i].first + 1;
	}
	add_range(ranges, &count, next, ALLOW);
	add_range(ranges, &count, NR_LAST + 1, ENOSYS_);
	return count;
}

struct tree {
	const struct range *ranges;
	struct sock_filter *program;
	size_t tail;		/* where the tail would begin, if all of it
				   were written: may be before the program */
};

/* The part of the tail that any of the ranges leads to. */
static size_t
first_of_tail(const struct range *ranges, size_t count)
{
	size_t first = AT_EPERM;

	for (size_t i = 0; i < count; i++)
		if (leaf_at[ranges[i].leaf] < first)
			first = leaf_at[ranges[i].leaf];
	return first;
}

/*
 * Write the comparisons that tell the ranges from lo up to hi apart, one
 * fewer than there are ranges, from `at` on.  Returns where to jump for them.
 *
 * A tree, because it is run for each call that a script makes.
 */
static size_t
make_tree(const struct tree *t, size_t at, size_t lo, size_t hi)
{
	size_t cut = lo + (hi - lo) / 2, left, right;

	if (hi - lo == 1)
		return t->tail + leaf_at[t->ranges[lo].leaf];
	left = make_tree(t, at + 1, lo, cut);
	right = make_tree(t, at + (cut - lo), cut, hi);
	t->program[at] = (struct sock_filter)IF(BPF_JGE,
	    t->ranges[cut].first, (uint8_t)(right - at - 1),
	    (uint8_t)(left - at - 1));
	return at;
}

size_t
seccomp_build(unsigned what, struct sock_filter *program)
{
	struct range ranges[RANGES];
	size_t count = make_ranges(what, ranges);
	size_t first = first_of_tail(ranges, count), at = HEAD + count - 1;
	struct tree tree = { ranges, program, at - first };

	if (ARCH == 0)
		return 0;
	memcpy(program, head, sizeof(head));
	(void)make_tree(&tree, HEAD, 0, count);
	memcpy(program + at, tail + first, (TAIL - first) * sizeof(tail[0]));
	return at + TAIL - first;
}
