#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "fds.h"
#include "options.h"

#ifndef SCRIPT_DIRECTORY
#define SCRIPT_DIRECTORY "/usr/local/lib/sip-cgi-bin"
#endif
#ifndef VERSION
#define VERSION "unknown"
#endif

#define MAX_BODY_LIMIT (UINT64_C(1) << 30)
/* A century of seconds is a mistake; a day is long enough for anyone. */
#define MAX_TIMEOUT 86400
/* How much of a bad value is shown. */
#define MOST_VALUE 200

static const char usage[] =
"Usage: sipcgi-handler [OPTION]...\n"
"Answer one SIP request on standard input with a script (RFC 3050).\n"
"A super-server (systemd, xinetd, inetd, tcpserver) starts it per connection.\n"
"\n"
"  -d, --directory=DIR           the scripts [" SCRIPT_DIRECTORY "]\n"
"  -t, --request-timeout=SECONDS the whole request must have arrived by then\n"
"                                [10]\n"
"  -T, --script-timeout=SECONDS  SIGALRM to the script after that; 0: none [0]\n"
"  -b, --max-body=BYTES          refuse larger bodies; K and M are understood,\n"
"                                at most 1024M [1M]\n"
"  -e, --env=NAME[=VALUE]        give the script this variable; repeatable\n"
"  -l, --log=WHERE               auto, journal, syslog, stderr, none or an\n"
"                                absolute file path [auto]\n"
"  -v, --log-level=LEVEL         err, warning or info [info]\n"
"  -s, --sandbox[=LEVEL]         confine the script: no, try (what this kernel\n"
"                                has of basic), basic or full [no; without\n"
"                                LEVEL basic]\n"
"  -w, --writable=PATH           where a sandboxed script may write; repeatable\n"
"      --tmp=DIR                 the same, and its TMPDIR\n"
"      --no-network              with -s: no new sockets but AF_UNIX\n"
"  -n, --explain[=json]          print what would happen, execute nothing\n"
"  -h, --help                    print this and exit\n"
"  -V, --version                 print the version and exit\n"
"\n"
"Without a super-server: sipcgi-handler -n -d DIR < message.sip\n"
"Manual: sipcgi-handler(8)\n";

/* Options without a letter. */
enum {
	OPTION_TMP = 256,
	OPTION_NO_NETWORK
};

static const struct option long_options[] = {
	{ "directory", required_argument, NULL, 'd' },
	{ "request-timeout", required_argument, NULL, 't' },
	{ "script-timeout", required_argument, NULL, 'T' },
	{ "max-body", required_argument, NULL, 'b' },
	{ "env", required_argument, NULL, 'e' },
	{ "log", required_argument, NULL, 'l' },
	{ "log-level", required_argument, NULL, 'v' },
	{ "sandbox", optional_argument, NULL, 's' },
	{ "writable", required_argument, NULL, 'w' },
	{ "tmp", required_argument, NULL, OPTION_TMP },
	{ "no-network", no_argument, NULL, OPTION_NO_NETWORK },
	{ "explain", optional_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

/* One line about `option`, with what to do; exit 64. */
static _Noreturn void
fail(const char *option, const char *value, const char *problem)
{
	static LAST_IN_BSS char octets[512];
	static const char name[] = "sipcgi-handler: ";
	struct text line = { octets, sizeof octets - 1, 0, false };

	text_puts(&line, name);
	text_put(&line, option, strnlen(option, MOST_VALUE));
	if (value != NULL) {
		text_puts(&line, " '");
		text_put(&line, value, strnlen(value, MOST_VALUE));
		text_puts(&line, "'");
	}
	text_puts(&line, ": ");
	text_puts(&line, problem);
	text_puts(&line, " (try --help)");
	octets[line.len] = '\0';
	if (!fds_is_connection(STDERR_FILENO)) {
		octets[line.len++] = '\n';
		(void)fds_write(STDERR_FILENO, octets, line.len);
	} else {
		log_open(LOG_AUTO, NULL, LOG_LEVEL_INFO);
		log_message(LOG_LEVEL_ERR, octets + sizeof name - 1);
	}
	exit(EX_USAGE);
}

static _Noreturn void
print(const char *text)
{
	if (!fds_is_connection(STDOUT_FILENO) &&
	    fds_write(STDOUT_FILENO, text, strlen(text)) != 0)
		exit(EX_OSERR);
	exit(EX_OK);
}

/* A decimal number without sign or space; false when it is none. */
static bool
read_number(const char *text, uint64_t *number, const char **rest)
{
	uint64_t value = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (uint64_t)(*p - '0');
		if (value > UINT64_C(1) << 40)
			return false;
	}
	*number = value;
	*rest = p;
	return p > text;
}

static unsigned
read_seconds(const char *option, const char *text, unsigned least)
{
	const char *rest;
	uint64_t seconds;

	if (!read_number(text, &seconds, &rest) || *rest != '\0' ||
	    seconds < least || seconds > MAX_TIMEOUT)
		fail(option, text, least > 0 ?
		    "not a number of seconds from 1 to 86400" :
		    "not a number of seconds from 0 to 86400");
	return (unsigned)seconds;
}

static uint64_t
read_size(const char *option, const char *text)
{
	const char *rest;
	uint64_t octets;
	unsigned shift = 0;

	if (!read_number(text, &octets, &rest))
		fail(option, text, "not a number of bytes");
	if (*rest == 'K' || *rest == 'k')
		shift = 10;
	else if (*rest == 'M' || *rest == 'm')
		shift = 20;
	if (shift > 0)
		rest++;
	if (*rest != '\0' || octets > MAX_BODY_LIMIT >> shift)
		fail(option, text, "not a number of bytes from 0 to 1024M");
	return octets << shift;
}

/* A relative directory made absolute, and TMPDIR=... of --tmp. */
static LAST_IN_BSS char from_cwd[PATH_MAX], tmpdir[PATH_MAX + 8];

static void
read_directory(struct options *o, const char *text)
{
	size_t n;

	if (text[0] == '\0')
		fail("-d, --directory", text, "an empty path");
	o->directory = text;
	if (text[0] == '/' && strlen(text) < PATH_MAX)
		return;
	/* The C library's getcwd() would link an allocator. */
	if (syscall(SYS_getcwd, from_cwd, sizeof from_cwd - 1) < 0)
		fail("-d, --directory", text,
		    "the working directory it is relative to has no path");
	n = strlen(from_cwd);
	if (n > 1)
		from_cwd[n++] = '/';
	if (n + strlen(text) >= sizeof from_cwd)
		fail("-d, --directory", text, "the path is too long");
	strcpy(from_cwd + n, text);
	o->directory = from_cwd;
}

static void
read_env(struct options *o, const char *text)
{
	const char *problem = env_refuse_extra(text);

	if (problem != NULL)
		fail("-e, --env", text, problem);
	if (o->nextra == ENV_MAX_EXTRA)
		fail("-e, --env", text, "more than 64 of them");
	o->extra[o->nextra++] = text;
}

static void
read_log(struct options *o, const char *text)
{
	static const char *const places[] = {
		[LOG_AUTO] = "auto", [LOG_JOURNAL] = "journal",
		[LOG_SYSLOG] = "syslog", [LOG_STDERR] = "stderr",
		[LOG_NONE] = "none",
	};
	unsigned i;

	if (text[0] == '/') {
		o->log_where = LOG_FILE;
		o->log_file = text;
		return;
	}
	for (i = 0; i < sizeof places / sizeof places[0]; i++)
		if (places[i] != NULL && strcmp(text, places[i]) == 0) {
			o->log_where = (enum log_where)i;
			return;
		}
	fail("-l, --log", text,
	    "not auto, journal, syslog, stderr, none or an absolute path");
}

static void
read_level(struct options *o, const char *text)
{
	if (strcmp(text, "err") == 0)
		o->log_level = LOG_LEVEL_ERR;
	else if (strcmp(text, "warning") == 0)
		o->log_level = LOG_LEVEL_WARNING;
	else if (strcmp(text, "info") == 0)
		o->log_level = LOG_LEVEL_INFO;
	else
		fail("-v, --log-level", text, "not err, warning or info");
}

static void
read_sandbox(struct options *o, const char *text)
{
	int level = text == NULL ? SANDBOX_BASIC : sandbox_level(text);

	if (level < 0)
		fail("-s, --sandbox", text, "not no, try, basic or full");
	o->sandbox.level = (enum sandbox_level)level;
}

static void
read_writable(struct options *o, const char *text)
{
	if (text[0] != '/')
		fail("-w, --writable", text, "not an absolute path");
	if (o->sandbox.nwritable == SANDBOX_WRITABLE_MAX)
		fail("-w, --writable", text, "more than 32 of them");
	o->sandbox.writable[o->sandbox.nwritable++] = text;
}

static void
read_tmp(struct options *o, const char *text)
{
	static const char name[] = "TMPDIR=";

	if (text[0] != '/')
		fail("--tmp", text, "not an absolute path");
	if (sizeof name + strlen(text) > sizeof tmpdir)
		fail("--tmp", text, "the path is too long");
	if (o->sandbox.tmp == NULL && o->nextra == ENV_MAX_EXTRA)
		fail("--tmp", text, "more than 64 variables with those of -e");
	if (o->sandbox.tmp == NULL)
		o->extra[o->nextra++] = tmpdir;
	strcpy(tmpdir, name);
	strcat(tmpdir, text);
	o->sandbox.tmp = text;
}

/*
 * getopt_long() says only that something is wrong; this says what.  musl's
 * counts a missing value too, so that optind may be past the last argument.
 */
static _Noreturn void
fail_option(int result, int argc, char **argv)
{
	char letter[3] = { '-', (char)optopt, '\0' };
	const char *word = argv[(optind > argc ? argc : optind) - 1];
	const char *option = optopt > 0 && optopt < 128 &&
	    strncmp(word, "--", 2) != 0 ? letter : word;

	if (result == ':')
		fail(option, NULL, "needs a value");
	if (optopt != 0 && option != letter)
		fail(option, NULL, "takes no value");
	fail(option, NULL, "unknown or ambiguous option");
}

static void
read_option(struct options *o, int option, int argc, char **argv)
{
	switch (option) {
	case 'd':
		read_directory(o, optarg);
		break;
	case 't':
		o->request_timeout = read_seconds("-t, --request-timeout",
		    optarg, 1);
		break;
	case 'T':
		o->script_timeout = read_seconds("-T, --script-timeout",
		    optarg, 0);
		break;
	case 'b':
		o->max_body = read_size("-b, --max-body", optarg);
		break;
	case 'e':
		read_env(o, optarg);
		break;
	case 'l':
		read_log(o, optarg);
		break;
	case 'v':
		read_level(o, optarg);
		break;
	case 's':
		read_sandbox(o, optarg);
		break;
	case 'w':
		read_writable(o, optarg);
		break;
	case OPTION_TMP:
		read_tmp(o, optarg);
		break;
	case OPTION_NO_NETWORK:
		o->sandbox.no_network = true;
		break;
	case 'n':
		o->explain = true;
		o->explain_json = optarg != NULL;
		if (optarg != NULL && strcmp(optarg, "json") != 0)
			fail("-n, --explain", optarg, "not json");
		break;
	case 'h':
		print(usage);
	case 'V':
		print("sipcgi-handler " VERSION "\n");
	default:
		fail_option(option, argc, argv);
	}
}

void
options_read(struct options *o, int argc, char **argv)
{
	int option;

	o->request_timeout = 10;
	o->max_body = 1 << 20;
	o->log_where = LOG_AUTO;
	o->log_level = LOG_LEVEL_INFO;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":d:t:T:b:e:l:v:s::w:nhV",
	    long_options, NULL)) != -1)
		read_option(o, option, argc, argv);
	if (optind < argc)
		fail(argv[optind], NULL, sandbox_level(argv[optind]) < 0 ?
		    "no arguments are taken" :
		    "no arguments are taken; a level is --sandbox=LEVEL");
	if (o->sandbox.no_network && o->sandbox.level == SANDBOX_NO)
		fail("--no-network", NULL, "needs --sandbox");
	if (o->directory == NULL)
		read_directory(o, SCRIPT_DIRECTORY);
}
