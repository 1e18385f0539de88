#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cmdline.h"
#include "fds.h"
#include "log.h"
#include "pages.h"
#include "text.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define SIZE_LIMIT (UINT64_C(1) << 30)
/* A century of seconds is a mistake; a day is long enough for anyone. */
#define SECONDS_LIMIT 86400
/* How much of a bad value is shown. */
#define MOST_VALUE 200

/* Where --help writes an option's text, and where it ends a line. */
#define HELP_COLUMN 32
#define HELP_WIDTH 79

/* getopt_long() returns the letter, or this and the row's index. */
#define ROW_OF_NAME 256

static const struct cmdline_option help = {
	.letter = 'h', .name = "help", .help = "print this and exit"
};
static const struct cmdline_option version = {
	.letter = 'V', .name = "version",
	.help = "print the version and exit"
};

static size_t
count_rows(const struct cmdline *c)
{
	return c->noptions + 2;
}

/* The table's rows, then the two of every program. */
static const struct cmdline_option *
row(const struct cmdline *c, size_t i)
{
	return i < c->noptions ? &c->options[i] :
	    i == c->noptions ? &help : &version;
}

/* What is not on the terminal of a user, but on a connection, is logged. */
_Noreturn void
cmdline_fail(const struct cmdline *c, const char *option, const char *value,
    const char *problem)
{
	static const struct log_options standard = { LOG_AUTO, NULL,
	    EVENT_LEVEL_INFO };
	static PAGES_LARGE char octets[512];
	struct text line = { octets, sizeof octets - 1, 0, false };
	size_t message;

	text_puts(&line, c->program);
	text_puts(&line, ": ");
	message = line.len;
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
		log_open(c->program, &standard);
		log_message(EVENT_LEVEL_ERR, octets + message);
	}
	exit(EX_USAGE);
}

/* A reader has found something wrong. */
static _Noreturn void
fail_row(const struct cmdline *c, const struct cmdline_option *o,
    const char *value, const char *problem)
{
	char name[64];
	struct text t = { name, sizeof name - 1, 0, false };

	if (o->letter != 0) {
		text_putc(&t, '-');
		text_putc(&t, o->letter);
		text_puts(&t, ", ");
	}
	text_puts(&t, "--");
	text_puts(&t, o->name);
	name[t.len] = '\0';
	cmdline_fail(c, name, value, problem);
}

/*
 * getopt_long() says only that something is wrong, in optopt: 0 for an unknown
 * name, a row's number for a known one, else a letter; this says what.
 * musl's counts a missing value too, so that optind may be past the last
 * argument.
 */
static _Noreturn void
fail_getopt(const struct cmdline *c, int result, int argc, char **argv)
{
	const char *word = argv[(optind > argc ? argc : optind) - 1];
	char letter[] = { '-', (char)optopt, '\0' };
	bool is_row = optopt >= ROW_OF_NAME &&
	    (size_t)(optopt - ROW_OF_NAME) < count_rows(c);
	bool is_letter = optopt > ' ' && optopt < 0x7f;
	const char *option = optopt == 0 || is_row ? word :
	    is_letter ? letter : "an option's letter";

	cmdline_fail(c, option, NULL, result == ':' ? "needs a value" :
	    is_row ? "takes no value" : "unknown or ambiguous option");
}

static _Noreturn void
print(const struct text *t)
{
	if (!fds_is_connection(STDOUT_FILENO) &&
	    (t->full || fds_write(STDOUT_FILENO, t->start, t->len) != 0))
		exit(EX_OSERR);
	exit(EX_OK);
}

/* A word on this line, or on the next where it does not fit. */
static void
put_word(struct text *t, size_t *column, const char *before,
    const char *word, size_t n, const char *after)
{
	size_t width = strlen(before) + n + strlen(after);

	if (*column > HELP_COLUMN && *column + 1 + width > HELP_WIDTH) {
		text_putc(t, '\n');
		for (*column = 0; *column < HELP_COLUMN; ++*column)
			text_putc(t, ' ');
	} else if (*column > HELP_COLUMN) {
		text_putc(t, ' ');
		++*column;
	}
	text_puts(t, before);
	text_put(t, word, n);
	text_puts(t, after);
	*column += width;
}

/* "  -t, --timeout=SECONDS   what it does [10]" */
static void
put_row(struct text *t, const struct cmdline_option *o)
{
	char letter[] = "  -x, --";
	size_t from = t->len, column, n;
	const char *word;

	letter[3] = o->letter;
	text_puts(t, o->letter != 0 ? letter : "      --");
	text_puts(t, o->name);
	if (o->argument != NULL)
		text_puts(t, o->argument);
	do
		text_putc(t, ' ');
	while (t->len - from < HELP_COLUMN && !t->full);
	column = t->len - from;
	for (word = o->help; *word != '\0'; word += n + (word[n] == ' ')) {
		n = strcspn(word, " ");
		put_word(t, &column, "", word, n, "");
	}
	if (o->standard != NULL)
		put_word(t, &column, "[", o->standard, strlen(o->standard),
		    "]");
	text_putc(t, '\n');
}

static _Noreturn void
print_help(const struct cmdline *c)
{
	static PAGES_LARGE char octets[4096];
	struct text t = { octets, sizeof octets, 0, false };
	size_t i;

	text_puts(&t, "Usage: ");
	text_puts(&t, c->program);
	text_puts(&t, " [OPTION]...");
	text_puts(&t, c->operands);
	text_putc(&t, '\n');
	text_puts(&t, c->purpose);
	text_putc(&t, '\n');
	for (i = 0; i < count_rows(c); i++)
		put_row(&t, row(c, i));
	text_putc(&t, '\n');
	text_puts(&t, c->closing);
	print(&t);
}

static _Noreturn void
print_version(const struct cmdline *c)
{
	char octets[128];
	struct text t = { octets, sizeof octets, 0, false };

	text_puts(&t, c->program);
	text_puts(&t, " " VERSION "\n");
	print(&t);
}

static void
read_option(const struct cmdline *c, const struct cmdline_option *o,
    const char *value)
{
	const char *problem;

	if (o == &help)
		print_help(c);
	if (o == &version)
		print_version(c);
	problem = o->read(c->into, value);
	if (problem != NULL)
		fail_row(c, o, value, problem);
}

/* What getopt_long() wants to know. */
struct names {
	char letters[3 * (CMDLINE_OPTIONS_MAX + 2) + 3];
	struct option names[CMDLINE_OPTIONS_MAX + 3];
};

static void
list_names(const struct cmdline *c, struct names *n)
{
	char *to = n->letters;
	size_t i;

	if (c->operands_end_options)
		*to++ = '+';
	*to++ = ':';
	for (i = 0; i < count_rows(c); i++) {
		const struct cmdline_option *o = row(c, i);
		int has = o->argument == NULL ? no_argument :
		    *o->argument == '=' ? required_argument :
		    optional_argument;
		int colons = o->letter_is_bare ? 0 : has;

		n->names[i] = (struct option){ o->name, has, NULL,
		    ROW_OF_NAME + (int)i };
		if (o->letter == 0)
			continue;
		for (*to++ = o->letter; colons > 0; colons--)
			*to++ = ':';
	}
	*to = '\0';
	n->names[i] = (struct option){ NULL, 0, NULL, 0 };
}

static const struct cmdline_option *
find_row(const struct cmdline *c, int result)
{
	size_t i;

	if (result >= ROW_OF_NAME)
		return row(c, (size_t)(result - ROW_OF_NAME));
	for (i = 0; i < count_rows(c); i++)
		if (row(c, i)->letter == result)
			return row(c, i);
	return NULL;			/* '?' or ':' */
}

int
cmdline_read(const struct cmdline *c, int argc, char **argv)
{
	const struct cmdline_option *o;
	struct names names = { .letters = "" };
	int result;
	size_t i;

	for (i = 0; i < c->noptions; i++)
		if (c->options[i].standard != NULL)
			read_option(c, &c->options[i],
			    c->options[i].standard);
	list_names(c, &names);
	opterr = 0;
	while ((result = getopt_long(argc, argv, names.letters, names.names,
	    NULL)) != -1) {
		o = find_row(c, result);
		if (o == NULL)
			fail_getopt(c, result, argc, argv);
		read_option(c, o, optarg);
	}
	return optind;
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

const char *
cmdline_seconds(const char *value, unsigned least, unsigned *seconds)
{
	const char *rest;
	uint64_t number;

	if (!read_number(value, &number, &rest) || *rest != '\0' ||
	    number < least || number > SECONDS_LIMIT)
		return least > 0 ?
		    "not a number of seconds from 1 to 86400" :
		    "not a number of seconds from 0 to 86400";
	*seconds = (unsigned)number;
	return NULL;
}

const char *
cmdline_size(const char *value, uint64_t *octets)
{
	const char *rest;
	uint64_t number;
	unsigned shift = 0;

	if (!read_number(value, &number, &rest))
		return "not a number of bytes";
	if (*rest == 'K' || *rest == 'k')
		shift = 10;
	else if (*rest == 'M' || *rest == 'm')
		shift = 20;
	if (shift > 0)
		rest++;
	if (*rest != '\0' || number > SIZE_LIMIT >> shift)
		return "not a number of bytes from 0 to 1024M";
	*octets = number << shift;
	return NULL;
}
