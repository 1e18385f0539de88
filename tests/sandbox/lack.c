/*
 * sandbox-lack - run a command on a kernel that lacks a part.
 *
 * usage: sandbox-lack PART COMMAND [ARGUMENT...]
 *
 * PART is landlock, seccomp or no_new_privs: a filter answers the calls as a
 * kernel does that lacks them.  Or memory: the kernel has seccomp, but
 * no memory for it; or descriptors: there is none for a terminal, the only
 * thing that the handler opens by O_RDWR | O_NOCTTY.  Needs CAP_SYS_ADMIN for
 * no_new_privs, since all others set that themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
	(unsigned)offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, n) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, (n))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))

static struct sock_filter no_landlock[] = {
	LOAD(nr),
	SKIP_UNLESS(SYS_landlock_create_ruleset, 1),
	ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
	ANSWER(SECCOMP_RET_ALLOW),
}, no_seccomp[] = {
	LOAD(nr),
	SKIP_UNLESS(SYS_seccomp, 1),
	ANSWER(SECCOMP_RET_ERRNO | ENOSYS),
	ANSWER(SECCOMP_RET_ALLOW),
}, no_memory[] = {
	LOAD(nr),
	SKIP_UNLESS(SYS_seccomp, 1),
	ANSWER(SECCOMP_RET_ERRNO | ENOMEM),
	ANSWER(SECCOMP_RET_ALLOW),
}, no_descriptors[] = {
	LOAD(nr),
#ifdef SYS_open
	SKIP_UNLESS(SYS_open, 3),
	LOAD(args[1]),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, O_RDWR | O_NOCTTY),
	BPF_STMT(BPF_JMP | BPF_JA, 3),
#endif
	SKIP_UNLESS(SYS_openat, 4),
	LOAD(args[2]),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, O_RDWR | O_NOCTTY),
	SKIP_UNLESS(O_RDWR | O_NOCTTY, 1),
	ANSWER(SECCOMP_RET_ERRNO | EMFILE),
	ANSWER(SECCOMP_RET_ALLOW),
}, no_no_new_privs[] = {
	LOAD(nr),
	SKIP_UNLESS(SYS_prctl, 3),
	LOAD(args[0]),
	SKIP_UNLESS(PR_SET_NO_NEW_PRIVS, 1),
	ANSWER(SECCOMP_RET_ERRNO | EINVAL),
	ANSWER(SECCOMP_RET_ALLOW),
};

#define PROGRAM(p) { sizeof(p) / sizeof((p)[0]), p }

static const struct {
	const char *name;
	struct sock_fprog program;
} parts[] = {
	{ "landlock", PROGRAM(no_landlock) },
	{ "seccomp", PROGRAM(no_seccomp) },
	{ "memory", PROGRAM(no_memory) },
	{ "descriptors", PROGRAM(no_descriptors) },
	{ "no_new_privs", PROGRAM(no_no_new_privs) },
};

static int
install(const struct sock_fprog *program)
{
	int result = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);

	if (result == -1 && errno == EACCES &&
	    program->filter != no_no_new_privs &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		result = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
	return result;
}

int
main(int argc, char **argv)
{
	for (size_t i = 0; argc > 2 && i < sizeof(parts) / sizeof(parts[0]);
	    i++)
		if (strcmp(argv[1], parts[i].name) == 0) {
			if (install(&parts[i].program) == 0)
				(void)execvp(argv[2], argv + 2);
			perror("sandbox-lack");
			return 71;
		}
	fputs("usage: sandbox-lack PART COMMAND [ARGUMENT...]\n", stderr);
	return 64;
}
