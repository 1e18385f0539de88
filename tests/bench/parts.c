/*
 * parts - what each part of the sandbox costs: do some, execute a script.
 *
 * usage: parts PART,... SCRIPT
 *
 * PART is none, no_new_privs, capabilities, landlock, writable (a Landlock
 * domain with three more paths), network (one with its rights), seccomp,
 * seccomp-network, seccomp-learnt (the first one without the instruction that
 * keeps the kernel from learning beforehand what it allows), seccomp-all (one
 * that allows all: what any filter costs).  Landlock and seccomp need
 * no_new_privs before them.
 *
 * The code is the handler's own: sandbox.c is included, since its parts are
 * nobody else's.
 */
#include "../../sandbox.c"

static const char *writable[] = { "/tmp", "/var/tmp", "/usr" };

static int
enter_domain(size_t paths, bool network)
{
	struct sandbox want = { .level = SANDBOX_BASIC, .nwritable = paths,
	    .no_network = network };
	struct sandbox_fault fault;

	memcpy(want.writable, writable, sizeof(writable));
	return enter_landlock(&want, landlock_abi(), &fault);
}

static int
enter_filter(struct sock_filter *program, size_t length)
{
	struct sock_fprog filter = { (unsigned short)length, program };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

static int
enter_learnt(void)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];
	size_t length = seccomp_build(SECCOMP_DENY_EXPLOITS, program);

	return enter_filter(program + 1, length - 1);
}

static int
enter_all(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};

	return enter_filter(program, 1);
}

static int
enter_part(const char *part)
{
	if (strcmp(part, "none") == 0)
		return 0;
	if (strcmp(part, "no_new_privs") == 0)
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (strcmp(part, "capabilities") == 0)
		return drop_capabilities();
	if (strcmp(part, "landlock") == 0)
		return enter_domain(0, false);
	if (strcmp(part, "writable") == 0)
		return enter_domain(3, false);
	if (strcmp(part, "network") == 0)
		return enter_domain(0, true);
	if (strcmp(part, "seccomp") == 0)
		return enter_seccomp(SECCOMP_DENY_EXPLOITS);
	if (strcmp(part, "seccomp-network") == 0)
		return enter_seccomp(SECCOMP_DENY_NETWORK);
	if (strcmp(part, "seccomp-learnt") == 0)
		return enter_learnt();
	if (strcmp(part, "seccomp-all") == 0)
		return enter_all();
	errno = EINVAL;
	return -1;
}

int
main(int argc, char **argv)
{
	char *environment[] = { NULL };
	char *part = argc == 3 ? strtok(argv[1], ",") : NULL;

	for (; part != NULL; part = strtok(NULL, ","))
		if (enter_part(part) == -1)
			return 1;
	if (argc == 3)
		(void)execve(argv[2], argv + 2, environment);
	return 1;
}
