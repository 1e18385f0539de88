/*
 * seccomp - what the filter answers, without installing it.
 *
 * usage: seccomp WHAT CALL [ARGUMENT...]
 *
 * WHAT is the number for seccomp_build.  CALL is a name of the table below, a
 * number, or `foreign`: read(2) by the call numbers of another architecture.
 * Prints allow, EPERM or ENOSYS, and how many instructions that took.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "seccomp.h"

static const struct {
	const char *name;
	int nr;
} calls[] = {
	{ "read", SYS_read }, { "clone", SYS_clone },
	{ "clone3", SYS_clone3 }, { "socket", SYS_socket },
	{ "socketpair", SYS_socketpair }, { "sendto", SYS_sendto },
	{ "sendmsg", SYS_sendmsg }, { "openat", SYS_openat },
	{ "openat2", SYS_openat2 }, { "truncate", SYS_truncate },
	{ "ftruncate", SYS_ftruncate }, { "mount", SYS_mount },
	{ "io_uring_setup", SYS_io_uring_setup }, { "execve", SYS_execve },
	{ "settimeofday", SYS_settimeofday },
	{ "clock_adjtime", SYS_clock_adjtime },
	{ "sethostname", SYS_sethostname },
	{ "fanotify_mark", SYS_fanotify_mark }, { "sync", SYS_sync },
	{ "setrlimit", SYS_setrlimit }, { "gettid", SYS_gettid },
	{ "recvmmsg", SYS_recvmmsg }, { "prlimit64", SYS_prlimit64 },
	{ "name_to_handle_at", SYS_name_to_handle_at },
	{ "syncfs", SYS_syncfs }, { "execveat", SYS_execveat },
	{ "waitid", SYS_waitid },
#ifdef SYS_open
	{ "open", SYS_open },
#endif
};

static int
call_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(name, calls[i].name) == 0)
			return calls[i].nr;
	return (int)strtol(name, NULL, 0);
}

/* The instructions that seccomp.c uses, as the kernel runs them. */
static unsigned
run(const struct sock_filter *program, size_t length,
    const struct seccomp_data *data, unsigned *steps)
{
	unsigned a = 0;

	*steps = 0;
	for (size_t at = 0; at < length; at++) {
		const struct sock_filter *i = &program[at];

		++*steps;
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			break;
		case BPF_LD | BPF_W | BPF_LEN:
			a = sizeof(*data);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_JMP | BPF_JA:
			at += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			at += (a & i->k) != 0 ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fprintf(stderr, "seccomp: instruction %zu is %#x\n",
			    at, i->code);
			exit(1);
		}
	}
	fputs("seccomp: past the end\n", stderr);
	exit(1);
}

static const char *
answer_name(unsigned answer)
{
	switch (answer) {
	case SECCOMP_RET_ALLOW:
		return "allow";
	case SECCOMP_RET_ERRNO | EPERM:
		return "EPERM";
	case SECCOMP_RET_ERRNO | ENOSYS:
		return "ENOSYS";
	default:
		return "?";
	}
}

/* What the program's first comparison asks for. */
static unsigned
own_architecture(const struct sock_filter *program)
{
	while (program->code != (BPF_JMP | BPF_JEQ | BPF_K))
		program++;
	return program->k;
}

int
main(int argc, char **argv)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];
	struct seccomp_data data = { 0 };
	unsigned steps, answer;
	size_t length;

	if (argc < 3 || argc > 3 + 6)
		return 64;
	length = seccomp_build((unsigned)atoi(argv[1]), program);
	/* The architecture that the program asks for is this one. */
	data.arch = strcmp(argv[2], "foreign") == 0 ? AUDIT_ARCH_I386 :
	    own_architecture(program);
	data.nr = call_number(argv[2]);
	for (int i = 3; i < argc; i++)
		data.args[i - 3] = strtoull(argv[i], NULL, 0);
	answer = run(program, length, &data, &steps);
	printf("%s %u\n", answer_name(answer), steps);
	return 0;
}
