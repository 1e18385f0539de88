/*
 * sipcgi-log - what happened to the requests that sipcgi-handler served, from
 * the journal: a summary, a list, line by line as they come, or counters.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"
#include "metrics.h"
#include "show.h"
#include "summary.h"
#include "when.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

/* More than a shell's pattern is likely to name. */
#define FILES_MAX	1024

#define TOP_DEFAULT	10
#define LINES_FOLLOWED	10

/*
 * How far before the last entry counted a script may have begun whose end is
 * counted now: sipcgi-each gives it 25 seconds unless told otherwise.
 */
#define SCRIPT_USEC_MAX	(120 * 1000000ULL)

static const char usage[] =
"Usage: sipcgi-log [OPTION]... [FIELD=VALUE]...\n"
"Show what happened to the requests of sipcgi-handler, from the journal.\n"
"\n"
"  -s, --summary         counts: scripts, refusals, errors, peers, times;\n"
"                        this is what happens without -l, -f and -j\n"
"  -l, --list            one line a request\n"
"  -f, --follow          the last requests, then each new one as it comes\n"
"  -j, --json            JSON, one object a line: requests, or with -s the\n"
"                        summary\n"
"      --openmetrics     counters for Prometheus's node_exporter\n"
"      --continue=FILE   count on from FILE, which --openmetrics once wrote\n"
"  -S, --since=TIME      from then on\n"
"  -U, --until=TIME      up to then; a TIME is 20:15, today, yesterday, -1h,\n"
"                        \"2026-11-23 20:15:00\", \"10 min ago\", @SECONDS\n"
"  -n, --lines=N         the last N lines only (-f: [10])\n"
"  -t, --top=N           rows of each table, 0: all [10; JSON: 0]\n"
"  -p, --per=MINUTES     minutes to a line of the histogram [as fits]\n"
"  -D, --directory=DIR   read the journal files there\n"
"      --file=FILE       read this journal file; repeatable\n"
"  -r, --rate            say on stderr how many entries a second were read\n"
"  -h, --help            print this and exit\n"
"  -V, --version         print the version and exit\n"
"\n"
"FIELD=VALUE is as in journalctl(1): SIPCGI_EVENT=reject SIP_METHOD=INVITE\n"
"Manual: sipcgi-log(1)\n";

enum mode { MODE_UNSET, MODE_SUMMARY, MODE_LIST, MODE_FOLLOW, MODE_METRICS };

struct options {
	enum mode mode;
	bool json;
	bool rate;
	const char *since_text, *until_text;
	uint64_t since, until;		/* UINT64_MAX: no end */
	int64_t lines;			/* -1: all */
	int64_t top;			/* -1: not given */
	unsigned per;
	const char *earlier;		/* --continue; NULL: none */
	struct journal_place place;
};

enum { OPTION_FILE = 256, OPTION_METRICS, OPTION_CONTINUE };

static const struct option long_options[] = {
	{ "summary", no_argument, NULL, 's' },
	{ "list", no_argument, NULL, 'l' },
	{ "follow", no_argument, NULL, 'f' },
	{ "json", no_argument, NULL, 'j' },
	{ "openmetrics", no_argument, NULL, OPTION_METRICS },
	{ "continue", required_argument, NULL, OPTION_CONTINUE },
	{ "since", required_argument, NULL, 'S' },
	{ "until", required_argument, NULL, 'U' },
	{ "lines", required_argument, NULL, 'n' },
	{ "top", required_argument, NULL, 't' },
	{ "per", required_argument, NULL, 'p' },
	{ "directory", required_argument, NULL, 'D' },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "rate", no_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static _Noreturn void
bad_usage(const char *option, const char *value, const char *problem)
{
	fprintf(stderr, "sipcgi-log: %s%s%s%s: %s (try --help)\n", option,
	    value != NULL ? " '" : "", value != NULL ? value : "",
	    value != NULL ? "'" : "", problem);
	exit(EX_USAGE);
}

/* What getopt_long() found wrong, in the words of the other programs. */
static _Noreturn void
bad_option(int result, const char *word)
{
	char letter[] = { '-', (char)optopt, '\0' };
	const struct option *o = long_options;
	const char *option = optopt > ' ' && optopt < 0x7f ? letter :
	    "an option's letter";

	if (result == ':')
		bad_usage(strncmp(word, "--", 2) == 0 ? word : option, NULL,
		    "needs a value");
	while (o->name != NULL && o->val != optopt)
		o++;
	if (o->name != NULL)
		bad_usage(word, NULL, "takes no value");
	bad_usage(optopt == 0 ? word : option, NULL,
	    "unknown or ambiguous option");
}

static unsigned
read_number(const char *option, const char *text, unsigned least)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    number < least || number > 1000000)
		bad_usage(option, text, least > 0 ?
		    "not a number from 1 to 1000000" :
		    "not a number from 0 to 1000000");
	return (unsigned)number;
}

static void
set_mode(struct options *o, enum mode mode)
{
	if (o->mode != MODE_UNSET && o->mode != mode)
		bad_usage("-s, -l, -f, --openmetrics", NULL,
		    "choose one of them");
	o->mode = mode;
}

static void
add_file(struct options *o, const char *file)
{
	static const char *files[FILES_MAX + 1];
	static size_t count;

	if (count == FILES_MAX)
		bad_usage("--file", file, "more than 1024 of them");
	files[count++] = file;
	o->place.files = files;
}

static void
read_option(struct options *o, int option)
{
	switch (option) {
	case 's':
		set_mode(o, MODE_SUMMARY);
		break;
	case 'l':
		set_mode(o, MODE_LIST);
		break;
	case 'f':
		set_mode(o, MODE_FOLLOW);
		break;
	case 'j':
		o->json = true;
		break;
	case OPTION_METRICS:
		set_mode(o, MODE_METRICS);
		break;
	case OPTION_CONTINUE:
		o->earlier = optarg;
		break;
	case 'S':
		o->since_text = optarg;
		break;
	case 'U':
		o->until_text = optarg;
		break;
	case 'n':
		o->lines = read_number("-n, --lines", optarg, 0);
		break;
	case 't':
		o->top = read_number("-t, --top", optarg, 0);
		break;
	case 'p':
		o->per = read_number("-p, --per", optarg, 1);
		break;
	case 'D':
		o->place.directory = optarg;
		break;
	case OPTION_FILE:
		add_file(o, optarg);
		break;
	case 'r':
		o->rate = true;
		break;
	case 'h':
		(void)fputs(usage, stdout);
		exit(fflush(stdout) == 0 ? EX_OK : EX_IOERR);
	case 'V':
		(void)puts("sipcgi-log " VERSION);
		exit(fflush(stdout) == 0 ? EX_OK : EX_IOERR);
	}
}

static uint64_t
usec_of(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
read_times(struct options *o)
{
	static const char problem[] = "not a time, as "
	    "\"2026-11-23 20:15:00\", today and -1h are";
	uint64_t now = usec_of(CLOCK_REALTIME);

	if (o->since_text != NULL &&
	    when_parse(o->since_text, now, &o->since) == -1)
		bad_usage("-S, --since", o->since_text, problem);
	if (o->until_text != NULL &&
	    when_parse(o->until_text, now, &o->until) == -1)
		bad_usage("-U, --until", o->until_text, problem);
	if (o->since > o->until)
		bad_usage("-S, --since", o->since_text, "is after --until");
}

static void
read_matches(struct options *o, char **argv, int count)
{
	size_t name;
	int i;

	for (i = 0; i < count; i++) {
		name = strspn(argv[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (name == 0 || argv[i][name] != '=')
			bad_usage(argv[i], NULL, "not FIELD=VALUE, as "
			    "SIPCGI_EVENT=reject is");
	}
	o->place.matches = (const char *const *)argv;
	o->place.match_count = (size_t)count;
}

/* Options that do not go together. */
static void
check_options(const struct options *o)
{
	if (o->place.directory != NULL && o->place.files != NULL)
		bad_usage("-D, --file", NULL, "choose one of them");
	if (o->mode == MODE_FOLLOW && o->until_text != NULL)
		bad_usage("-U, --until", NULL, "-f has no end");
	if (o->mode == MODE_METRICS &&
	    (o->json || o->lines >= 0 || o->until_text != NULL))
		bad_usage("-j, -n, -U", NULL, "not with --openmetrics");
	if (o->mode != MODE_METRICS && o->earlier != NULL)
		bad_usage("--continue", NULL, "only with --openmetrics");
}

static void
read_options(struct options *o, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":slfjS:U:n:t:p:D:rhV",
	    long_options, NULL)) != -1) {
		if (option == '?' || option == ':')
			bad_option(option, argv[optind - 1]);
		read_option(o, option);
	}
	read_matches(o, argv + optind, argc - optind);
	read_times(o);
	if (o->mode == MODE_UNSET)
		o->mode = o->json ? MODE_LIST : MODE_SUMMARY;
	check_options(o);
	if (o->mode == MODE_FOLLOW && o->lines < 0 && o->since_text == NULL)
		o->lines = LINES_FOLLOWED;
	if (o->top < 0)
		o->top = o->json ? 0 : TOP_DEFAULT;
}

/* Take in what the journal has now.  Returns how many, or -1. */
static int64_t
read_requests(sd_journal *journal, const struct options *o,
    struct summary *summary)
{
	static struct request request;
	int64_t count = 0;
	int result;

	while ((result = journal_next(journal, &request)) == 1) {
		/* Files of several boots may step back a little in time. */
		if (request.usec < o->since)
			continue;
		if (request.usec > o->until)
			break;
		count++;
		if (summary != NULL)
			summary_add(summary, &request);
		else if (o->json)
			show_request_json(&request);
		else
			show_request_text(&request);
	}
	return result == -1 ? -1 : count;
}

static int
write_error(void)
{
	fprintf(stderr, "sipcgi-log: cannot write: %s\n", strerror(errno));
	return EX_IOERR;
}

/* Milliseconds until the library wants to look by itself, -1: never. */
static int
timeout_of(sd_journal *journal)
{
	uint64_t usec, now = usec_of(CLOCK_MONOTONIC);

	if (sd_journal_get_timeout(journal, &usec) < 0 || usec == UINT64_MAX)
		return -1;
	return usec <= now ? 0 : (int)((usec - now) / 1000 + 1);
}

/* Until an error, or nobody reads what we write. */
static int
follow(sd_journal *journal, const struct options *o)
{
	struct pollfd fds[2] = {
		{ .fd = STDOUT_FILENO },
		{ .fd = sd_journal_get_fd(journal) }
	};

	if (fds[1].fd < 0 || journal_seek(journal, o->since, o->until,
	    o->lines) == -1)
		return EX_IOERR;
	for (;;) {
		if (read_requests(journal, o, NULL) == -1)
			return EX_IOERR;
		if (fflush(stdout) != 0)
			return write_error();
		fds[1].events = (short)sd_journal_get_events(journal);
		if (poll(fds, 2, timeout_of(journal)) == -1 && errno != EINTR)
			return EX_OSERR;
		if (fds[0].revents & (POLLERR | POLLHUP))
			return EX_OK;
		if (sd_journal_process(journal) < 0)
			return EX_IOERR;
	}
}

/* Processor time, too: other programs make the clock's longer. */
static void
show_rate(int64_t count, uint64_t usec)
{
	double cpu = (double)usec_of(CLOCK_PROCESS_CPUTIME_ID) / 1e6;
	double seconds = (double)usec / 1e6;

	fprintf(stderr, "%lld entries in %.3f s, %.0f a second; "
	    "CPU %.3f s, %.0f a second\n", (long long)count, seconds,
	    (double)count / seconds, cpu, (double)count / cpu);
}

/*
 * Count what came since the earlier run, or from the beginning; what came just
 * before that is read again to know the scripts that it started.  Returns as
 * read_requests() does.
 */
static int64_t
read_metrics(sd_journal *journal, const struct options *o,
    struct metrics *metrics)
{
	static struct request request;
	bool resumes = metrics->cursor[0] != '\0';
	int64_t known = 0, count;
	int result;

	if (resumes)
		known = journal_resume(journal, metrics->cursor,
		    SCRIPT_USEC_MAX);
	if (known == -1 || (!resumes &&
	    journal_seek(journal, o->since, o->until, -1) == -1))
		return -1;
	for (count = -known; (result = journal_next(journal, &request)) == 1;
	    count++)
		if (count < 0)
			metrics_learn(metrics, &request);
		else if (resumes || request.usec >= o->since)
			metrics_add(metrics, &request);
	return result == -1 ? -1 : count;
}

static int
show_metrics(sd_journal *journal, const struct options *o)
{
	static struct metrics metrics;
	uint64_t start = usec_of(CLOCK_MONOTONIC);
	int64_t count;
	int status;

	metrics_begin(&metrics);
	if (o->earlier != NULL &&
	    (status = metrics_read(&metrics, o->earlier)) != EX_OK)
		return status;
	count = read_metrics(journal, o, &metrics);
	if (count == -1 || (count > 0 && journal_cursor(journal,
	    metrics.cursor, sizeof(metrics.cursor)) == -1))
		return EX_IOERR;
	metrics_show(&metrics);
	if (fflush(stdout) != 0)
		return write_error();
	if (o->rate)
		show_rate(count, usec_of(CLOCK_MONOTONIC) - start);
	return EX_OK;
}

static int
show(sd_journal *journal, const struct options *o)
{
	static struct summary summary;
	struct summary *collect = o->mode == MODE_SUMMARY ? &summary : NULL;
	uint64_t start = usec_of(CLOCK_MONOTONIC);
	int64_t count;

	if (journal_seek(journal, o->since, o->until, o->lines) == -1 ||
	    (count = read_requests(journal, o, collect)) == -1)
		return EX_IOERR;
	if (collect != NULL && o->json)
		summary_show_json(collect, (size_t)o->top, o->per);
	else if (collect != NULL)
		summary_show(collect, (size_t)o->top, o->per);
	if (fflush(stdout) != 0)
		return write_error();
	if (o->rate)
		show_rate(count, usec_of(CLOCK_MONOTONIC) - start);
	return EX_OK;
}

static bool
wants_colours(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (none == NULL || none[0] == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
}

int
main(int argc, char **argv)
{
	static struct options o = { .until = UINT64_MAX, .lines = -1,
	    .top = -1 };
	sd_journal *journal;
	int status;

	(void)setlocale(LC_CTYPE, "");
	read_options(&o, argc, argv);
	if (!o.json && wants_colours())
		show_use_colours();
	journal = journal_open(&o.place);
	if (journal == NULL)
		return EX_NOINPUT;
	status = o.mode == MODE_FOLLOW ? follow(journal, &o) :
	    o.mode == MODE_METRICS ? show_metrics(journal, &o) :
	    show(journal, &o);
	sd_journal_close(journal);
	return status;
}
