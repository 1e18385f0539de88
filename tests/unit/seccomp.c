/*
 * seccomp - what the filter answers, without installing it.
 *
 * usage: seccomp <CASES
 *        seccomp WHAT
 *        seccomp -l WHAT
 *
 * A case is a line WANT WHAT CALL [ARGUMENT...]: the answer (allow, EPERM,
 * ENOSYS), the number for seccomp_build, and a call: a name of the table below,
 * a number, or `foreign`, which is read(2) by another architecture's number.
 * Arguments are 64-bit numbers, 0 where none is given.  A line is printed for
 * each case that is answered otherwise, and the number of cases at the end.
 *
 * With WHAT: all calls that are denied when their arguments are 0, a name
 * (a number where the table has none) a line.  With -l: how many instructions
 * the program has.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "seccomp.h"

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd		443	/* asm-generic/unistd.h */
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease	448
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr	467
#endif

#define CALL(name)	{ #name, SYS_##name }

static const struct {
	const char *name;
	int nr;
} calls[] = {
	CALL(init_module), CALL(finit_module), CALL(delete_module),
	CALL(kexec_load),
#ifdef SYS_kexec_file_load
	CALL(kexec_file_load),
#endif
	CALL(bpf), CALL(reboot), CALL(perf_event_open), CALL(userfaultfd),
	CALL(io_uring_setup), CALL(io_uring_enter), CALL(io_uring_register),
	CALL(add_key), CALL(request_key), CALL(keyctl), CALL(fanotify_init),
	CALL(fanotify_mark),
#ifdef SYS_modify_ldt
	CALL(modify_ldt),
#endif
#ifdef SYS_iopl
	CALL(iopl),
#endif
#ifdef SYS_ioperm
	CALL(ioperm),
#endif
	CALL(mount), CALL(umount2), CALL(pivot_root), CALL(chroot),
	CALL(open_tree), CALL(open_tree_attr), CALL(move_mount), CALL(fsopen),
	CALL(fsconfig), CALL(fsmount), CALL(fspick), CALL(mount_setattr),
	CALL(swapon), CALL(swapoff), CALL(quotactl), CALL(quotactl_fd),
	CALL(acct), CALL(open_by_handle_at), CALL(unshare), CALL(setns),
	CALL(ptrace), CALL(process_vm_readv), CALL(process_vm_writev),
	CALL(process_madvise), CALL(process_mrelease), CALL(pidfd_getfd),
	CALL(kcmp), CALL(shmget), CALL(shmat), CALL(shmctl), CALL(msgget),
	CALL(msgsnd), CALL(msgrcv), CALL(msgctl), CALL(semget), CALL(semop),
	CALL(semtimedop), CALL(semctl), CALL(mq_open), CALL(mq_unlink),
	CALL(mq_timedsend), CALL(mq_timedreceive), CALL(mq_notify),
	CALL(clone), CALL(clone3), CALL(prlimit64), CALL(sched_setparam),
	CALL(sched_setscheduler), CALL(sched_setattr),
	CALL(sched_setaffinity), CALL(migrate_pages), CALL(move_pages),
	CALL(setpriority), CALL(ioprio_set), CALL(ioctl), CALL(socket),
	CALL(socketpair), CALL(sendto), CALL(sendmsg), CALL(sendmmsg),
	CALL(truncate),
#ifdef SYS_open
	CALL(open),
#endif
	CALL(openat), CALL(openat2), CALL(read), CALL(execve),
	CALL(ftruncate), CALL(kill), CALL(tgkill), CALL(fcntl), CALL(wait4),
	CALL(setpgid), CALL(pidfd_open), CALL(shmdt), CALL(getpriority),
	CALL(sched_getaffinity), CALL(settimeofday),
};

static int
call_number(const char *name)
{
	char *rest;
	long nr;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(name, calls[i].name) == 0)
			return calls[i].nr;
	if (strcmp(name, "foreign") == 0)
		return 3;
	nr = strtol(name, &rest, 0);
	if (*rest == '\0')
		return (int)nr;
	fprintf(stderr, "seccomp: no call %s in the table\n", name);
	exit(64);
}

static const char *
call_name(int nr)
{
	static char number[16];

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	snprintf(number, sizeof(number), "%d", nr);
	return number;
}

/* The instructions that seccomp.c uses, as the kernel runs them. */
static unsigned
run(const struct sock_filter *program, size_t length,
    const struct seccomp_data *data)
{
	unsigned a = 0, x = 0, memory[BPF_MEMWORDS] = { 0 };

	for (size_t at = 0; at < length; at++) {
		const struct sock_filter *i = &program[at];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			break;
		case BPF_LD | BPF_W | BPF_LEN:
			a = sizeof(*data);
			break;
		case BPF_LD | BPF_MEM:
			a = memory[i->k];
			break;
		case BPF_LDX | BPF_IMM:
			x = i->k;
			break;
		case BPF_STX:
			memory[i->k] = x;
			break;
		case BPF_MISC | BPF_TAX:
			x = a;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			a >>= i->k;
			break;
		case BPF_ALU | BPF_RSH | BPF_X:
			a >>= x;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			at += a > i->k ? i->jt : i->jf;
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

static const char *
answer(unsigned what, struct seccomp_data *data)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];
	size_t length = seccomp_build(what, program);

	/* The architecture that the program asks for is this one. */
	if (data->arch == 0)
		data->arch = own_architecture(program);
	return answer_name(run(program, length, data));
}

static int
list_denied(unsigned what)
{
	for (int nr = 0; nr < 512; nr++) {
		struct seccomp_data data = { .nr = nr };

		if (strcmp(answer(what, &data), "EPERM") == 0)
			puts(call_name(nr));
	}
	return 0;
}

static int
print_length(unsigned what)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];

	printf("%zu\n", seccomp_build(what, program));
	return 0;
}

/* Whether the answer to the case in `line` is the one that it says. */
static int
check_case(char *line)
{
	struct seccomp_data data = { 0 };
	const char *want = strtok(line, " \n"), *what = strtok(NULL, " \n"),
	    *call = strtok(NULL, " \n"), *argument, *got;

	if (call == NULL) {
		fputs("seccomp: not WANT WHAT CALL\n", stderr);
		exit(64);
	}
	data.arch = strcmp(call, "foreign") == 0 ? AUDIT_ARCH_I386 : 0;
	data.nr = call_number(call);
	for (int i = 0; i < 6 && (argument = strtok(NULL, " \n")) != NULL; i++)
		data.args[i] = strtoull(argument, NULL, 0);
	got = answer((unsigned)atoi(what), &data);
	if (strcmp(got, want) == 0)
		return 1;
	printf("%s %s %#llx %#llx %#llx: %s, not %s\n", what, call,
	    data.args[0], data.args[1], data.args[2], got, want);
	return 0;
}

int
main(int argc, char **argv)
{
	char line[256];
	int cases = 0, good = 0;

	if (argc == 3 && strcmp(argv[1], "-l") == 0)
		return print_length((unsigned)atoi(argv[2]));
	if (argc == 2)
		return list_denied((unsigned)atoi(argv[1]));
	for (; fgets(line, sizeof(line), stdin) != NULL; cases++)
		good += check_case(line);
	printf("%d of %d\n", good, cases);
	return good != cases || cases == 0;
}
