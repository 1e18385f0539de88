#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>

#include "sandbox.h"
#include "seccomp.h"

/*
 * Later than Debian 12's kernel headers: include/uapi/linux/landlock.h of
 * Linux 6.15, ABI 7.  (ABI 7 itself adds flags for the audit log only.)
 */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER		(1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE		(1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV		(1ULL << 15)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP		(1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP		(1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_SIGNAL
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET	(1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL			(1ULL << 1)
#endif

/* struct landlock_ruleset_attr of ABI 6.  Older kernels take it while what
 * they do not know is 0. */
struct ruleset {
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
};

/* The newest ABI made use of.  Tests build with less. */
#ifndef SANDBOX_MAX_ABI
#define SANDBOX_MAX_ABI		7
#endif
enum {
	ABI_REFER = 2,		/* Linux 5.19 */
	ABI_TRUNCATE = 3,	/* 6.2 */
	ABI_NET = 4,		/* 6.7 */
	ABI_IOCTL_DEV = 5,	/* 6.10 */
	ABI_SCOPE = 6		/* 6.12 */
};

/*
 * All that changes files.  Executing and reading are not handled, which is to
 * allow them wherever the user may: a rule for "/" would say the same, and
 * cost each open of the script a walk up to it.
 */
#define WRITING	(LANDLOCK_ACCESS_FS_WRITE_FILE | \
		LANDLOCK_ACCESS_FS_REMOVE_DIR | \
		LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		LANDLOCK_ACCESS_FS_MAKE_CHAR | \
		LANDLOCK_ACCESS_FS_MAKE_DIR | \
		LANDLOCK_ACCESS_FS_MAKE_REG | \
		LANDLOCK_ACCESS_FS_MAKE_SOCK | \
		LANDLOCK_ACCESS_FS_MAKE_FIFO | \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
		LANDLOCK_ACCESS_FS_MAKE_SYM | \
		LANDLOCK_ACCESS_FS_REFER | \
		LANDLOCK_ACCESS_FS_TRUNCATE | \
		LANDLOCK_ACCESS_FS_IOCTL_DEV)

/* What a rule may grant beneath a writable directory, on a file, and on a
 * device that is safe in any hands. */
#define IN_DIRECTORY	(WRITING & ~(LANDLOCK_ACCESS_FS_MAKE_CHAR | \
			LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
			LANDLOCK_ACCESS_FS_IOCTL_DEV))
#define ON_FILE		(LANDLOCK_ACCESS_FS_WRITE_FILE | \
			LANDLOCK_ACCESS_FS_TRUNCATE)
#define ON_DEVICE	(ON_FILE | LANDLOCK_ACCESS_FS_IOCTL_DEV)

/* Programs write to these and mean nothing by it. */
static const char *const devices[] = {
	"/dev/null", "/dev/zero"
};

static const char *const levels[] = {
[SANDBOX_NO] = "no", [SANDBOX_TRY] = "try", [SANDBOX_BASIC] = "basic",
[SANDBOX_FULL] = "full"
};

static const char no_new_privs[] = "no_new_privs", landlock[] = "landlock",
    seccomp[] = "seccomp", capabilities[] = "capabilities",
    terminal[] = "/dev/tty";

static int
fail(struct sandbox_fault *fault, const char *what)
{
	fault->what = what;
	fault->error = errno;
	return -1;
}

/*
 * A part that the kernel lacks fails the sandbox, unless at level try.  One
 * that it has no memory for is not lacking.
 */
static int
lacking(const struct sandbox *want, struct sandbox_fault *fault,
    const char *what)
{
	return want->level == SANDBOX_TRY && errno != ENOMEM ? 0 :
	    fail(fault, what);
}

/* A session's leader, and all in the foreground, get SIGHUP for it. */
static int
leave_terminal(int fd)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	int result;

	(void)sigaction(SIGHUP, &ignore, &before);
	result = ioctl(fd, TIOCNOTTY);
	(void)sigaction(SIGHUP, &before, NULL);
	return result;
}

/*
 * What a process types into its controlling terminal (TIOCSTI) the
 * administrator's shell reads.  Into another terminal it may not type, whoever
 * hands it a descriptor.
 *
 * ENXIO says that there is none.  Where /dev/tty is not there, or is not this
 * user's, a script has nothing but its descriptors either.
 */
static int
give_up_terminal(void)
{
	int fd = open(terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd != -1)
		return leave_terminal(fd);
	if (errno == ENXIO)
		return 0;
	if (errno != ENOENT && errno != EACCES && errno != EPERM)
		return -1;
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)leave_terminal(fd);
	return 0;
}

/*
 * Without capabilities root is still the owner of root's files, no more.  The
 * bounding set matters only to who could set it, and costs root a call for
 * each: a process without CAP_SETPCAP is told so by the first.
 */
static int
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		_LINUX_CAPABILITY_VERSION_3, 0
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	for (unsigned long cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			break;
	return (int)syscall(SYS_capset, &header, none);
}

/* The ABI, or 0 with errno when there is no Landlock. */
static int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	if (abi >= 1 && SANDBOX_MAX_ABI < 1)
		errno = ENOSYS;
	return abi < 1 ? 0 : abi < SANDBOX_MAX_ABI ? (int)abi :
	    SANDBOX_MAX_ABI;
}

static uint64_t
handled_fs(int abi)
{
	uint64_t rights = WRITING;

	if (abi < ABI_IOCTL_DEV)
		rights &= ~LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (abi < ABI_TRUNCATE)
		rights &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi < ABI_REFER)
		rights &= ~LANDLOCK_ACCESS_FS_REFER;
	return rights;
}

/*
 * Open what a rule is about, whatever its mode is.  Not by open(3), which in
 * musl makes sure of FD_CLOEXEC by a second call.
 */
static int
open_path(const char *path)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC);
}

static int
add_rule(int ruleset, int fd, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { rights, fd };

	return (int)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* A file takes fewer rights than a directory; most paths are directories. */
static int
allow_path(int ruleset, const char *path, uint64_t handled)
{
	int fd = open_path(path);

	if (fd == -1)
		return -1;
	if (add_rule(ruleset, fd, IN_DIRECTORY & handled) == 0)
		return 0;
	return errno == EINVAL ? add_rule(ruleset, fd, ON_FILE & handled) : -1;
}

static int
allow_paths(int ruleset, const struct sandbox *want, uint64_t handled,
    struct sandbox_fault *fault)
{
	/* In a chroot without them there is nothing to write to. */
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		int fd = open_path(devices[i]);

		if (fd != -1)
			(void)add_rule(ruleset, fd, ON_DEVICE & handled);
	}
	for (size_t i = 0; i < want->nwritable; i++)
		if (allow_path(ruleset, want->writable[i], handled) == -1)
			return fail(fault, want->writable[i]);
	if (want->tmp != NULL && allow_path(ruleset, want->tmp, handled) == -1)
		return fail(fault, want->tmp);
	return 0;
}

static int
enter_landlock(const struct sandbox *want, int abi,
    struct sandbox_fault *fault)
{
	struct ruleset attr = { .handled_fs = handled_fs(abi) };
	int fd;

	if (abi >= ABI_NET && want->no_network)
		attr.handled_net = LANDLOCK_ACCESS_NET_BIND_TCP |
		    LANDLOCK_ACCESS_NET_CONNECT_TCP;
	if (abi >= ABI_SCOPE)
		attr.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET |
		    LANDLOCK_SCOPE_SIGNAL;

	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd == -1)
		return fail(fault, landlock);
	if (allow_paths(fd, want, attr.handled_fs, fault) == -1)
		return -1;
	if (syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		return fail(fault, landlock);
	return 0;
}

/* Which calls to deny; `abi` is Landlock's. */
static unsigned
denied_calls(const struct sandbox *want, int abi)
{
	unsigned deny = 0;

	if (want->level == SANDBOX_FULL)
		deny |= SECCOMP_DENY_EXPLOITS;
	if (want->level == SANDBOX_FULL && abi < ABI_TRUNCATE)
		deny |= SECCOMP_DENY_TRUNCATE;
	if (want->no_network)
		deny |= SECCOMP_DENY_NETWORK;
	return deny;
}

static int
enter_seccomp(unsigned deny)
{
	struct sock_filter program[SECCOMP_PROGRAM_MAX];
	struct sock_fprog filter = { 0, program };

	filter.len = (unsigned short)seccomp_build(deny, program);
	if (filter.len == 0) {
		errno = ENOSYS;
		return -1;
	}
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

int
sandbox_enter(const struct sandbox *want, struct sandbox_parts *got,
    struct sandbox_fault *fault)
{
	unsigned deny;

	*got = (struct sandbox_parts){ 0 };
	if (want->level == SANDBOX_NO)
		return 0;

	if (give_up_terminal() == -1)
		return fail(fault, terminal);
	got->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	if (!got->no_new_privs && lacking(want, fault, no_new_privs) == -1)
		return -1;
	if (drop_capabilities() == -1)
		return fail(fault, capabilities);

	/* Both of these need no_new_privs. */
	if (got->no_new_privs)
		got->landlock = landlock_abi();
	if (got->landlock == 0) {
		if (lacking(want, fault, landlock) == -1)
			return -1;
	} else if (enter_landlock(want, got->landlock, fault) == -1)
		return -1;

	deny = denied_calls(want, got->landlock);
	if (deny != 0) {
		got->seccomp = enter_seccomp(deny) == 0;
		if (!got->seccomp && lacking(want, fault, seccomp) == -1)
			return -1;
	}
	return 0;
}

void
sandbox_ask(struct sandbox_parts *kernel)
{
	const uint32_t action = SECCOMP_RET_ERRNO;
	struct sock_filter program[SECCOMP_PROGRAM_MAX];

	kernel->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != -1;
	kernel->landlock = landlock_abi();
	kernel->seccomp = seccomp_build(SECCOMP_DENY_EXPLOITS, program) != 0 &&
	    syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

const char *
sandbox_lack(const struct sandbox_parts *kernel, size_t i)
{
	static const struct {
		int abi;
		const char *text;
	} later[] = {
		{ 1, "Landlock (Linux 5.13): files are not protected, and "
		    "only level try runs scripts" },
		{ ABI_REFER, "Landlock ABI 2 (Linux 5.19): no file can be "
		    "moved to another directory, a writable one either" },
		{ ABI_TRUNCATE, "Landlock ABI 3 (Linux 6.2): only level full "
		    "keeps files from being truncated" },
		{ ABI_NET, "Landlock ABI 4 (Linux 6.7): with --no-network "
		    "the connection's own socket can be connected anew" },
		{ ABI_IOCTL_DEV, "Landlock ABI 5 (Linux 6.10): devices that "
		    "the user may read take ioctls" },
		{ ABI_SCOPE, "Landlock ABI 6 (Linux 6.12): signals and "
		    "abstract sockets reach the user's other processes" },
	};

	if (!kernel->no_new_privs && i-- == 0)
		return "no_new_privs (Linux 3.5): only level try runs scripts";
	if (!kernel->seccomp && i-- == 0)
		return "seccomp, or a filter for this architecture: level "
		    "full and --no-network run no scripts";
	for (size_t n = 0; n < sizeof(later) / sizeof(later[0]); n++)
		if (kernel->landlock < later[n].abi && i-- == 0)
			return later[n].text;
	return NULL;
}

const char *
sandbox_level_name(enum sandbox_level level)
{
	return levels[level];
}

int
sandbox_level(const char *name)
{
	for (int i = SANDBOX_NO; i <= SANDBOX_FULL; i++)
		if (strcmp(name, levels[i]) == 0)
			return i;
	return -1;
}

void
sandbox_text(struct text *text, const struct sandbox *want,
    const struct sandbox_parts *got)
{
	text_puts(text, sandbox_level_name(want->level));
	if (want->level == SANDBOX_NO)
		return;
	text_puts(text, ",landlock");
	text_number(text, (uint64_t)got->landlock);
	if (want->no_network && got->seccomp)
		text_puts(text, ",no-network");
}
