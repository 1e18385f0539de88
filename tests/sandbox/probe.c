/*
 * sandbox-probe - try what a sandboxed script must not be able to do.
 *
 * usage: sandbox-probe [in-namespace] WHAT [ARGUMENT...]
 *
 * Prints "done", or the error as "EPERM"; `calls` prints a line for each call
 * that the filter denies.  What is tried does no harm where it succeeds.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TIOCGPTN
#define TIOCGPTN	0x80045430	/* asm-generic/ioctls.h */
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd		443	/* asm-generic/unistd.h */
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease	448
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr	467
#endif

/*
 * A sanitized build looks for leaks by tracing itself, which the sandbox
 * forbids, and a script gets no environment to turn that off in.
 */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

static int
try_write(char **argv)
{
	return open(argv[0], O_WRONLY | O_APPEND | O_CREAT, 0600);
}

static int
try_truncate(char **argv)
{
	return truncate(argv[0], 0);
}

/* PATH MODE: what O_TRUNC does to a file that is not opened for writing. */
static int
try_open_truncate(char **argv)
{
	return open(argv[0], O_TRUNC | atoi(argv[1]));
}

static int
try_mknod(char **argv)
{
	return mknod(argv[0], S_IFCHR | 0600, makedev(1, 3));
}

/* A device that everybody may read: is an ioctl of its own let through? */
static int
try_ioctl(char **argv)
{
	int n, fd = open(argv[0], O_RDONLY | O_NOCTTY);

	/* Not by ioctl(3): C libraries differ in the type of a request. */
	return fd == -1 ? -1 : (int)syscall(SYS_ioctl, fd, TIOCGPTN, &n);
}

static int
try_kill(char **argv)
{
	return kill(atoi(argv[0]), 0);
}

/* A signal without kill(2): whoever owns a descriptor gets its signals. */
static int
try_own(char **argv)
{
	int pair[2];
	pid_t pid = atoi(argv[0]);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1 ||
	    fcntl(pair[0], F_SETSIG, SIGUSR1) == -1 ||
	    fcntl(pair[0], F_SETOWN, pid) == -1 ||
	    fcntl(pair[0], F_SETFL, O_ASYNC) == -1)
		return -1;
	return write(pair[1], "x", 1) == 1 ? 0 : -1;
}

/*
 * WHAT NUMBER: change another process, or all of a group or a user.  The
 * number has 64 bits, of which the kernel looks at half.  A user's processes
 * get what they have anyway.
 */
static int
try_other(char **argv)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t deadline[3];
	} batch = { sizeof(batch), SCHED_BATCH, 0, 19, 0, { 0 } };
	struct rlimit none = { 0, 0 };
	struct sched_param zero = { 0 };
	cpu_set_t cpus;
	unsigned long node = 1, size = sizeof(node) * 8;
	long n = (long)strtoull(argv[1], NULL, 0);
	const struct {
		const char *what;
		long call, args[4];
	} others[] = {
		{ "limit", SYS_prlimit64, { n, RLIMIT_CORE, (long)&none, 0 } },
		{ "priority", SYS_setpriority, { PRIO_PROCESS, n, 19 } },
		{ "group-priority", SYS_setpriority, { PRIO_PGRP, n, 19 } },
		{ "user-priority", SYS_setpriority, { PRIO_USER, n, 0 } },
		{ "io-priority", SYS_ioprio_set, { 1, n, 0 } },
		{ "group-io-priority", SYS_ioprio_set, { 2, n, 0 } },
		{ "user-io-priority", SYS_ioprio_set, { 3, n, 0 } },
		{ "scheduler", SYS_sched_setscheduler,
		    { n, SCHED_BATCH, (long)&zero } },
		{ "parameter", SYS_sched_setparam, { n, (long)&zero } },
		{ "attributes", SYS_sched_setattr, { n, (long)&batch, 0 } },
		{ "processors", SYS_sched_setaffinity,
		    { n, sizeof(cpus), (long)&cpus } },
		{ "migrate", SYS_migrate_pages,
		    { n, (long)size, (long)&node, (long)&node } },
		{ "move", SYS_move_pages, { n, 0, 0, 0 } },
		{ "robust-list", SYS_get_robust_list,
		    { n, (long)&cpus, (long)&size } },
		{ "core", SYS_prctl, { 62 /* PR_SCHED_CORE */, 1, n, 0 } },
	};

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(argv[0], others[i].what) == 0)
			return (int)syscall(others[i].call, others[i].args[0],
			    others[i].args[1], others[i].args[2],
			    others[i].args[3], 0, 0);
	errno = EINVAL;
	return -1;
}

/* Make, as a neighbour does, what others find by number, and print that. */
static int
make_ipc(char **argv)
{
	struct { long type; char text[1]; } message = { 1, "x" };
	int shm = shmget(IPC_PRIVATE, 4096, 0600);
	int msg = msgget(IPC_PRIVATE, 0600);

	(void)argv;
	if (shm == -1 || msg == -1)
		return -1;
	for (int i = 0; i < 9; i++)
		if (msgsnd(msg, &message, 1, IPC_NOWAIT) == -1)
			return -1;
	printf("%d %d\n", shm, msg);
	return 0;
}

static int
remove_ipc(char **argv)
{
	int shm = shmctl(atoi(argv[0]), IPC_RMID, NULL);

	return msgctl(atoi(argv[1]), IPC_RMID, NULL) == -1 ? -1 : shm;
}

static int
try_shm(char **argv)
{
	char *memory = shmat(atoi(argv[0]), NULL, 0);

	if (memory == (void *)-1)
		return -1;
	memory[0] = 'x';
	return shmdt(memory);
}

static int
try_msg(char **argv)
{
	struct { long type; char text[1]; } message;

	return msgrcv(atoi(argv[0]), &message, 1, 0, IPC_NOWAIT) == -1 ?
	    -1 : 0;
}

/* WHAT: one of its own, which is removed again. */
static int
try_new_ipc(char **argv)
{
	static const char name[] = "sipcgi-handler-probe";
	int id;

	if (strcmp(argv[0], "shm") == 0)
		return (id = shmget(IPC_PRIVATE, 4096, 0600)) == -1 ? -1 :
		    shmctl(id, IPC_RMID, NULL);
	if (strcmp(argv[0], "msg") == 0)
		return (id = msgget(IPC_PRIVATE, 0600)) == -1 ? -1 :
		    msgctl(id, IPC_RMID, NULL);
	if (strcmp(argv[0], "sem") == 0)
		return (id = semget(IPC_PRIVATE, 1, 0600)) == -1 ? -1 :
		    semctl(id, 0, IPC_RMID);
	return syscall(SYS_mq_open, name, O_RDWR | O_CREAT, 0600, NULL) == -1 ?
	    -1 : (int)syscall(SYS_mq_unlink, name);
}

static int
try_terminal(char **argv)
{
	(void)argv;
	return open("/dev/tty", O_RDONLY | O_NOCTTY);
}

/* FD: put a character where the terminal's reader takes it for typed. */
static int
try_type(char **argv)
{
	return (int)syscall(SYS_ioctl, atoi(argv[0]), TIOCSTI, "x");
}

static int
try_ptrace(char **argv)
{
	return (int)ptrace(PTRACE_SEIZE, atoi(argv[0]), NULL, NULL);
}

/* PID ADDRESS: read another process's memory. */
static int
try_read_memory(char **argv)
{
	char octet;
	struct iovec here = { &octet, 1 };
	struct iovec there = {
		(void *)(uintptr_t)strtoull(argv[1], NULL, 16), 1
	};

	return (int)syscall(SYS_process_vm_readv, atoi(argv[0]), &here, 1,
	    &there, 1, 0);
}

static int
try_abstract(char **argv)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t n = strlen(argv[0]);

	memcpy(to.sun_path + 1, argv[0], n);
	return fd == -1 ? -1 : connect(fd, (struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
}

static int
try_unshare(char **argv)
{
	(void)argv;
	return unshare(CLONE_NEWUSER);
}

/* The child of a raw clone goes on from here; end it at once. */
static int
reap(long pid)
{
	if (pid == 0)
		_exit(0);
	if (pid == -1)
		return -1;
	return waitpid((pid_t)pid, NULL, 0) == -1 ? -1 : 0;
}

static int
try_clone(char **argv)
{
	(void)argv;
	return reap(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static int
try_clone3(char **argv)
{
	uint64_t args[8] = { [0] = CLONE_NEWUSER, [4] = SIGCHLD };

	(void)argv;
	return reap(syscall(SYS_clone3, args, sizeof(args)));
}

static int
try_setns(char **argv)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY);

	(void)argv;
	return fd == -1 ? -1 : setns(fd, CLONE_NEWUTS);
}

static int
try_mount(char **argv)
{
	return mount("none", argv[0], "tmpfs", 0, NULL) == -1 ? -1 :
	    umount2(argv[0], MNT_DETACH);
}

static int
try_io_uring(char **argv)
{
	uint32_t params[30] = { 0 };

	(void)argv;
	return (int)syscall(SYS_io_uring_setup, 1, params);
}

/* FAMILY TYPE PROTOCOL, by number. */
static int
try_socket(char **argv)
{
	return socket(atoi(argv[0]), atoi(argv[1]), atoi(argv[2]));
}

static int
try_socketpair(char **argv)
{
	int pair[2];

	return socketpair(atoi(argv[0]), atoi(argv[1]), atoi(argv[2]), pair);
}

static int
try_handle(char **argv)
{
	struct {
		unsigned size;
		int type;
		unsigned char handle[128];
	} file = { .size = 128 };
	int mount_id;
	int at = open(argv[0], O_RDONLY | O_DIRECTORY);

	if (at == -1 || syscall(SYS_name_to_handle_at, at, "default.cgi",
	    &file, &mount_id, 0) == -1)
		return -1;
	return (int)syscall(SYS_open_by_handle_at, at, &file, O_RDONLY);
}

#ifdef __x86_64__
static void
no_such_calls(int signal)
{
	(void)signal;
	puts("ENOSYS");
	fflush(stdout);
	_exit(1);
}
#endif

/*
 * getpid by the i386 way in.  Where the kernel was told to have none, that is
 * a fault before any call.
 */
static int
try_foreign(char **argv)
{
	(void)argv;
#ifdef __x86_64__
	long result;

	signal(SIGSEGV, no_such_calls);
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
	if (result > 0)
		return 0;
	errno = (int)-result;
#else
	errno = ENOSYS;
#endif
	return -1;
}

/* Is the process that a set-user-ID program becomes another one's? */
static int
try_setuid(char **argv)
{
	(void)argv;
	errno = EPERM;
	return geteuid() == getuid() ? -1 : 0;
}

/*
 * PORT HOW: aim the connection on fd 1 at somebody else on loopback, by
 * connect or by fast open.
 */
static int
try_reconnect(char **argv)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(argv[0])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = dup(1);

	/* The answer goes to fd 2 from here on: fd 1 leads elsewhere. */
	if (dup2(2, 1) == -1 || connect(fd, &none, sizeof(none)) == -1)
		return -1;
	if (strcmp(argv[1], "connect") == 0)
		return connect(fd, (struct sockaddr *)&to, sizeof(to));
	return (int)sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to,
	    sizeof(to));
}

/*
 * Every call that the filter denies whatever its arguments are, with
 * arguments that nothing can be done with.
 */
static int
try_calls(char **argv)
{
	static const struct {
		const char *name;
		long nr;
	} calls[] = {
#define CALL(name) { #name, SYS_##name }
		CALL(init_module), CALL(finit_module), CALL(delete_module),
		CALL(kexec_load), CALL(bpf), CALL(reboot),
		CALL(perf_event_open), CALL(userfaultfd),
		CALL(io_uring_setup), CALL(io_uring_enter),
		CALL(io_uring_register), CALL(add_key), CALL(request_key),
		CALL(keyctl), CALL(fanotify_init), CALL(mount),
		CALL(umount2), CALL(pivot_root), CALL(chroot),
		CALL(open_tree), CALL(open_tree_attr), CALL(move_mount),
		CALL(fsopen), CALL(fsconfig), CALL(fsmount), CALL(fspick),
		CALL(mount_setattr), CALL(swapon), CALL(swapoff),
		CALL(quotactl), CALL(quotactl_fd), CALL(acct),
		CALL(open_by_handle_at), CALL(ptrace),
		CALL(process_vm_readv), CALL(process_vm_writev),
		CALL(process_madvise), CALL(process_mrelease),
		CALL(pidfd_getfd), CALL(kcmp), CALL(fanotify_mark),
		CALL(shmget), CALL(shmat), CALL(shmctl),
		CALL(msgsnd), CALL(msgrcv), CALL(msgctl), CALL(semget),
		CALL(semop), CALL(semtimedop), CALL(semctl), CALL(mq_open),
		CALL(mq_unlink), CALL(mq_timedsend), CALL(mq_timedreceive),
		CALL(mq_notify),
		CALL(unshare), CALL(setns), CALL(clone3),
#ifdef SYS_kexec_file_load
		CALL(kexec_file_load),
#endif
#ifdef SYS_modify_ldt
		CALL(modify_ldt),
#endif
#ifdef SYS_iopl
		CALL(iopl), CALL(ioperm),
#endif
	};

	(void)argv;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		long result = syscall(calls[i].nr, -1L, -1L, -1L, -1L, -1L,
		    -1L);

		printf("%s %s\n", calls[i].name, result != -1 ? "done" :
		    errno == EPERM ? "EPERM" : errno == ENOSYS ? "ENOSYS" :
		    "refused");
	}
	return 0;
}

static const struct {
	const char *name;
	int arguments;
	int (*try)(char **);
} probes[] = {
	{ "write", 1, try_write },
	{ "truncate", 1, try_truncate },
	{ "open-truncate", 2, try_open_truncate },
	{ "mknod", 1, try_mknod },
	{ "ioctl", 1, try_ioctl },
	{ "kill", 1, try_kill },
	{ "own", 1, try_own },
	{ "other", 2, try_other },
	{ "make-ipc", 0, make_ipc },
	{ "remove-ipc", 2, remove_ipc },
	{ "shm", 1, try_shm },
	{ "msg", 1, try_msg },
	{ "new-ipc", 1, try_new_ipc },
	{ "terminal", 0, try_terminal },
	{ "type", 1, try_type },
	{ "ptrace", 1, try_ptrace },
	{ "read-memory", 2, try_read_memory },
	{ "abstract", 1, try_abstract },
	{ "unshare", 0, try_unshare },
	{ "clone", 0, try_clone },
	{ "clone3", 0, try_clone3 },
	{ "setns", 0, try_setns },
	{ "mount", 1, try_mount },
	{ "io_uring", 0, try_io_uring },
	{ "socket", 3, try_socket },
	{ "socketpair", 3, try_socketpair },
	{ "handle", 1, try_handle },
	{ "foreign", 0, try_foreign },
	{ "setuid", 0, try_setuid },
	{ "reconnect", 2, try_reconnect },
	{ "calls", 0, try_calls },
};

static const char *
error_name(int error)
{
	static char number[16];

	switch (error) {
	case EPERM:
		return "EPERM";
	case EACCES:
		return "EACCES";
	case ENOSYS:
		return "ENOSYS";
	default:
		snprintf(number, sizeof(number), "errno%d", error);
		return number;
	}
}

/* Prints what came of it. */
static int
probe(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (argc - 1 == probes[i].arguments &&
		    strcmp(argv[0], probes[i].name) == 0) {
			int result = probes[i].try(argv + 1);

			puts(result == -1 ? error_name(errno) : "done");
			return result == -1;
		}
	fputs("sandbox-probe: no such probe\n", stderr);
	return 64;
}

/* With "in-namespace" first: where it has all capabilities, over little. */
int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "in-namespace") == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0)
			return probe(argc - 2, argv + 2);
		puts(error_name(errno));
		return 1;
	}
	return argc < 2 ? 64 : probe(argc - 1, argv + 1);
}
