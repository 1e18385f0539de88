/*
 * seccomp.h - the system calls that a script is denied, as a program for the
 * kernel's seccomp filter.
 *
 * Pure: the program is written into the caller's array, nothing is installed.
 * A denied call fails with EPERM, or with ENOSYS where the C library then
 * takes an older call; none kills the process.
 */
#ifndef SECCOMP_H
#define SECCOMP_H

#include <stddef.h>

#include <linux/filter.h>

/* What to deny, or-ed together. */
enum seccomp_deny {
	/*
	 * What kernel exploits need and CGI scripts do not: loading of
	 * modules and kernels, bpf, perf, userfaultfd, io_uring, keys,
	 * mounts, namespaces, other processes' memory, rare socket families.
	 */
	SECCOMP_DENY_EXPLOITS = 1,
	/* Every new socket but AF_UNIX; fast open of one that is there. */
	SECCOMP_DENY_NETWORK = 2,
	/* Truncating a file without opening it for writing. */
	SECCOMP_DENY_TRUNCATE = 4
};

/* No program is longer: conditional jumps reach 255 instructions. */
#define SECCOMP_PROGRAM_MAX	200

/*
 * Write the program that denies `what` and every call of another
 * architecture.  Returns the number of instructions, or 0 for a machine whose
 * call numbers this was not written for.
 */
size_t seccomp_build(unsigned what, struct sock_filter *program);

#endif
