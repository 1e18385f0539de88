#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cmdline.h"
#include "options.h"
#include "pages.h"

#ifndef SCRIPT_DIRECTORY
#define SCRIPT_DIRECTORY "/usr/local/lib/sip-cgi-bin"
#endif
#ifndef LIBEXECDIR
#define LIBEXECDIR "/usr/local/libexec"
#endif

static const char *
read_directory(void *into, const char *value)
{
	static PAGES_LARGE char from_cwd[PATH_MAX];
	struct options *o = into;
	size_t n;

	if (value[0] == '\0')
		return "an empty path";
	o->directory = value;
	if (value[0] == '/' && strlen(value) < PATH_MAX)
		return NULL;
	/* The C library's getcwd() would link an allocator. */
	if (syscall(SYS_getcwd, from_cwd, sizeof from_cwd - 1) < 0)
		return "the working directory it is relative to has no path";
	n = strlen(from_cwd);
	if (n > 1)
		from_cwd[n++] = '/';
	if (n + strlen(value) >= sizeof from_cwd)
		return "the path is too long";
	strcpy(from_cwd + n, value);
	o->directory = from_cwd;
	return NULL;
}

static const char *
read_request_timeout(void *into, const char *value)
{
	return cmdline_seconds(value, 1,
	    &((struct options *)into)->request_timeout);
}

static const char *
read_script_timeout(void *into, const char *value)
{
	return cmdline_seconds(value, 0,
	    &((struct options *)into)->script_timeout);
}

static const char *
read_max_body(void *into, const char *value)
{
	return cmdline_size(value, &((struct options *)into)->max_body);
}

static const char *
read_env(void *into, const char *value)
{
	struct options *o = into;
	const char *problem = env_refuse_extra(value);

	if (problem != NULL)
		return problem;
	if (o->nextra == ENV_MAX_EXTRA)
		return "more than 64 of them";
	o->extra[o->nextra++] = value;
	return NULL;
}

static const char *
read_log(void *into, const char *value)
{
	return log_read_where(&((struct options *)into)->log, value);
}

static const char *
read_log_level(void *into, const char *value)
{
	return log_read_level(&((struct options *)into)->log, value);
}

static const char *
read_sandbox(void *into, const char *value)
{
	int level = value == NULL ? SANDBOX_BASIC : sandbox_level(value);

	if (level < 0)
		return "not no, try, basic or full";
	((struct options *)into)->sandbox.level = (enum sandbox_level)level;
	return NULL;
}

static const char *
read_writable(void *into, const char *value)
{
	struct sandbox *s = &((struct options *)into)->sandbox;

	if (value[0] != '/')
		return "not an absolute path";
	if (s->nwritable == SANDBOX_WRITABLE_MAX)
		return "more than 32 of them";
	s->writable[s->nwritable++] = value;
	return NULL;
}

static const char *
read_tmp(void *into, const char *value)
{
	static const char name[] = "TMPDIR=";
	static PAGES_LARGE char tmpdir[PATH_MAX + sizeof name];
	struct options *o = into;

	if (value[0] != '/')
		return "not an absolute path";
	if (strlen(value) > PATH_MAX)
		return "the path is too long";
	if (o->sandbox.tmp == NULL && o->nextra == ENV_MAX_EXTRA)
		return "more than 64 variables with those of -e";
	if (o->sandbox.tmp == NULL)
		o->extra[o->nextra++] = tmpdir;
	strcpy(tmpdir, name);
	strcat(tmpdir, value);
	o->sandbox.tmp = value;
	return NULL;
}

static const char *
read_no_network(void *into, const char *value)
{
	(void)value;
	((struct options *)into)->sandbox.no_network = true;
	return NULL;
}

static const char *
read_explain(void *into, const char *value)
{
	struct options *o = into;

	if (value != NULL && strcmp(value, "json") != 0)
		return "not json";
	o->explain = true;
	o->explain_json = value != NULL;
	return NULL;
}

static const struct cmdline_option table[] = {
{ .letter = 'd', .name = "directory", .argument = "=DIR",
    .help = "the scripts",
    .standard = SCRIPT_DIRECTORY, .read = read_directory },
{ .letter = 't', .name = "request-timeout", .argument = "=SECONDS",
    .help = "the whole request must have arrived by then",
    .standard = "10", .read = read_request_timeout },
{ .letter = 'T', .name = "script-timeout", .argument = "=SECONDS",
    .help = "SIGALRM to the script after that; 0: none",
    .standard = "0", .read = read_script_timeout },
{ .letter = 'b', .name = "max-body", .argument = "=BYTES",
    .help = "refuse larger bodies; K and M are understood, at most 1024M",
    .standard = "1M", .read = read_max_body },
{ .letter = 'e', .name = "env", .argument = "=NAME[=VALUE]",
    .help = "give the script this variable; repeatable",
    .read = read_env },
{ .letter = 'l', .name = "log", .argument = "=WHERE",
    .help = "auto, journal, syslog, stderr, none or an absolute file path",
    .standard = "auto", .read = read_log },
{ .letter = 'v', .name = "log-level", .argument = "=LEVEL",
    .help = "err, warning or info",
    .standard = "info", .read = read_log_level },
{ .letter = 's', .name = "sandbox", .argument = "[=LEVEL]",
    .help = "confine the script: no, try (what this kernel has of basic), "
	"basic or full; without LEVEL basic",
    .standard = "no", .read = read_sandbox },
{ .letter = 'w', .name = "writable", .argument = "=PATH",
    .help = "where a sandboxed script may write; repeatable",
    .read = read_writable },
{ .name = "tmp", .argument = "=DIR",
    .help = "the same, and its TMPDIR",
    .read = read_tmp },
{ .name = "no-network",
    .help = "with -s: no new sockets but AF_UNIX",
    .read = read_no_network },
{ .letter = 'n', .name = "explain", .argument = "[=json]",
    .letter_is_bare = true,
    .help = "print what would happen to the message in FILE, or on standard "
	"input; execute nothing",
    .read = read_explain },
};

/* --explain FILE is --explain <FILE. */
static void
read_from(const struct cmdline *c, const char *file)
{
	char problem[64] = "";
	struct text t = { problem, sizeof problem - 1, 0, false };
	int fd = open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && dup2(fd, STDIN_FILENO) >= 0) {
		(void)close(fd);
		return;
	}
	text_puts(&t, "cannot be read: ");
	text_puts(&t, text_errno(errno));
	cmdline_fail(c, "--explain", file, problem);
}

void
options_read(struct options *o, int argc, char **argv)
{
	const struct cmdline c = {
		.program = "sipcgi-handler", .operands = " [FILE]",
		.purpose = "Answer one SIP request on standard input with a "
		    "script (RFC 3050).\n"
		    "A super-server (systemd, xinetd, inetd, tcpserver) starts "
		    "it per connection.\n",
		.closing = "Without a super-server:\n  " LIBEXECDIR
		    "/sipcgi-handler -d DIR --explain FILE\n"
		    "Manual: sipcgi-handler(8)\n",
		.options = table, .noptions = sizeof table / sizeof table[0],
		.into = o
	};
	int operand = cmdline_read(&c, argc, argv);

	if (o->explain && operand < argc)
		read_from(&c, argv[operand++]);
	if (operand < argc)
		cmdline_fail(&c, argv[operand], NULL,
		    sandbox_level(argv[operand]) < 0 ?
		    "no arguments are taken" :
		    "no arguments are taken; a level is --sandbox=LEVEL");
	if (o->sandbox.no_network && o->sandbox.level == SANDBOX_NO)
		cmdline_fail(&c, "--no-network", NULL, "needs --sandbox");
}
