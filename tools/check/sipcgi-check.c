/*
 * sipcgi-check - what is wrong with a directory of scripts, or with what a
 * script answers, before a caller finds it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#include "tools/check/answer.h"
#include "tools/check/directory.h"
#include "tools/check/finding.h"
#include "tools/check/run.h"
#include "cmdline.h"
#include "fds.h"
#include "sipcheck.h"

#ifndef SCRIPT_DIRECTORY
#define SCRIPT_DIRECTORY "/usr/local/lib/sip-cgi-bin"
#endif
#ifndef LIBEXECDIR
#define LIBEXECDIR "/usr/local/libexec"
#endif
#define HANDLER LIBEXECDIR "/sipcgi-handler"

/* Operands: a message, and options for the handler. */
#define OPERANDS_MAX 64
/* A body is not looked at here; the handler has its own limit. */
#define BODY_MAX (UINT64_C(1) << 30)

static struct {
	const char *directory, *handler, *user;
	unsigned seconds;
	bool each;
} options;

static unsigned char head[SIPMSG_MAX_HEAD + 1];
static struct sipmsg request;
static struct run run;

static const char *
read_directory(void *into, const char *value)
{
	(void)into;
	options.directory = value;
	return value[0] == '\0' ? "an empty path" : NULL;
}

static const char *
read_handler(void *into, const char *value)
{
	(void)into;
	options.handler = value;
	return NULL;
}

static const char *
read_user(void *into, const char *value)
{
	(void)into;
	options.user = value;
	return NULL;
}

static const char *
read_seconds(void *into, const char *value)
{
	(void)into;
	return cmdline_seconds(value, 1, &options.seconds);
}

static const char *
read_each(void *into, const char *value)
{
	(void)into;
	(void)value;
	options.each = true;
	return NULL;
}

static const char *
read_json(void *into, const char *value)
{
	(void)into;
	(void)value;
	finding_use_json();
	return NULL;
}

static const struct cmdline_option table[] = {
	{ .letter = 'd', .name = "directory", .argument = "=DIR",
	    .help = "the scripts", .standard = SCRIPT_DIRECTORY,
	    .read = read_directory },
	{ .letter = 'u', .name = "user", .argument = "=USER",
	    .help = "judge as this user, who runs the scripts (root)",
	    .read = read_user },
	{ .letter = 'T', .name = "script-timeout", .argument = "=SECONDS",
	    .help = "how long a script may take", .standard = "30",
	    .read = read_seconds },
	{ .name = "handler", .argument = "=PROGRAM",
	    .help = "sipcgi-handler's path", .standard = HANDLER,
	    .read = read_handler },
	{ .name = "each",
	    .help = "scripts run under sipcgi-each: leave out what that "
		"completes in an answer",
	    .read = read_each },
	{ .letter = 'j', .name = "json",
	    .help = "one JSON array in place of lines",
	    .read = read_json },
};

static const struct cmdline line = {
	.program = "sipcgi-check",
	.operands = " [MESSAGE [HANDLER-OPTION]...]",
	.purpose =
	    "Say what is wrong with a directory of scripts; with a MESSAGE "
	    "(- is standard\ninput), with what the script answers to it.\n",
	.closing =
	    "Exit status: 0 there is no error, 1 there is one.\n"
	    "Manual: sipcgi-check(1)\n",
	.operands_end_options = true,
	.options = table, .noptions = sizeof table / sizeof table[0]
};

static void
become_user(void)
{
	const struct passwd *user;

	if (options.user == NULL)
		return;
	user = getpwnam(options.user);
	if (user == NULL)
		cmdline_fail(&line, "-u", options.user,
		    "there is no such user");
	else if (geteuid() != user->pw_uid &&
	    (initgroups(user->pw_name, user->pw_gid) != 0 ||
	    setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
		cmdline_fail(&line, "-u", options.user,
		    "only root can become another user");
}

/* What comes by a pipe, as a file; or -1 with errno. */
static int
keep(int pipe)
{
	static char octets[65536];
	int fd = memfd_create("message", MFD_CLOEXEC);
	uint64_t left = SIPMSG_MAX_HEAD + BODY_MAX;
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && left > 0) {
		n = read(pipe, octets, sizeof octets);
		if (n < 0 || (n > 0 && fds_write(fd, octets, (size_t)n) != 0))
			return -1;
		left -= (uint64_t)n < left ? (uint64_t)n : left;
	}
	return fd >= 0 && lseek(fd, 0, SEEK_SET) == 0 ? fd : -1;
}

static int
open_message(const char *name)
{
	int fd = strcmp(name, "-") == 0 ? STDIN_FILENO :
	    open(name, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && lseek(fd, 0, SEEK_SET) < 0)
		fd = keep(fd);
	if (fd < 0)
		(void)fprintf(stderr, "sipcgi-check: cannot read %s: %s\n",
		    name, strerror(errno));
	return fd;
}

/* Read ahead, to know what is asked; then the handler reads it all. */
static bool
read_request(int fd)
{
	static const struct sipcheck_limits limits = { BODY_MAX, false };
	ssize_t n = pread(fd, head, sizeof head - 1, 0);
	size_t blank;
	int result;

	if (n < 0) {
		(void)fprintf(stderr, "sipcgi-check: cannot read the message: "
		    "%s\n", strerror(errno));
		return false;
	}
	blank = sipmsg_empty_lines(head, (size_t)n);
	memmove(head, head + blank, (size_t)n - blank);
	sipmsg_init(&request);
	result = sipmsg_scan(&request, head, (size_t)n - blank);
	if (result == SIPMSG_MORE)
		result = sipmsg_end(&request, head, (size_t)n - blank,
		    WHY_HEAD_CUT);
	if (result == 0)
		result = sipcheck(&request, head, &limits);
	if (result == 0)
		return true;
	finding_tell(FINDING_ERROR, "message",
	    why_entry((enum why)-result)->token,
	    why_entry((enum why)-result)->phrase, NULL,
	    why_entry((enum why)-result)->hint);
	return true;
}

static void
tell_end(bool answered)
{
	char detail[64];

	if (run.late)
		finding_tell(FINDING_ERROR, "script", "late",
		    "it did not end in time", NULL, "Look for what it waits "
		    "for, or give it longer by -T");
	else if (run.signal != 0) {
		(void)snprintf(detail, sizeof detail, "%s",
		    strsignal(run.signal));
		finding_tell(FINDING_ERROR, "script", "signal",
		    "a signal ended it:", detail, "See its standard error");
	} else if (run.exit_status != 0 || !answered) {
		(void)snprintf(detail, sizeof detail, "%d", run.exit_status);
		finding_tell(answered ? FINDING_WARNING : FINDING_ERROR,
		    "script", answered ? "exit-status" : "no-answer",
		    answered ? "its exit status is" : "it answers nothing; "
		    "its exit status is", detail, "See its standard error");
	}
	if (run.cut)
		finding_tell(FINDING_ERROR, "answer", "large",
		    "it has over 128 KiB", NULL, "Send less");
}

/* The handler's options of the command line come last: they win. */
static int
check_answer(char *const *operands, int n)
{
	const char *argv[OPERANDS_MAX + 6] = { options.handler, "-d",
	    options.directory, "-l", "none" };
	struct answer_of of = { .msg = &request, .buf = head,
	    .handler = options.handler, .completed = options.each };
	int fd = open_message(operands[0]), i;

	if (fd < 0 || !read_request(fd))
		return EX_NOINPUT;
	if (n > OPERANDS_MAX)
		cmdline_fail(&line, operands[0], NULL, "too many options");
	for (i = 1; i < n; i++)
		argv[4 + i] = operands[i];
	if (request.fault != WHY_NONE)
		return finding_end() > 0;
	if (run_program(&run, argv, fd, options.seconds) != 0) {
		(void)fprintf(stderr, "sipcgi-check: cannot run %s: %s\n",
		    argv[0], strerror(errno));
		return EX_OSERR;
	}
	of.cut = run.cut;
	answer_check(&of, run.output, run.len);
	tell_end(run.len > 0 ||
	    !sipmsg_is_answerable(head, request.head_len));
	return finding_end() > 0;
}

int
main(int argc, char **argv)
{
	int first;

	if (fds_secure() != 0)
		return EX_OSERR;
	first = cmdline_read(&line, argc, argv);
	become_user();
	if (first < argc)
		return check_answer(argv + first, argc - first);
	return directory_check(options.directory, options.user != NULL) ?
	    finding_end() > 0 : ((void)finding_end(), EX_CONFIG);
}
