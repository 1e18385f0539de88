#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "show.h"

#define LINES_MAX	60
#define MINUTE_USEC	60000000ULL

/*
 * A minute's key is its number since 1970 by the clock on the wall, so that
 * hours and days begin where people see them begin.  Ten digits sort as text.
 */
#define KEY_DIGITS	10

/* "2026-11-23 20:15" and a count stand before a bar. */
#define LABEL_COLUMNS	28

struct line {
	uint64_t start;			/* minutes, as in the keys */
	uint64_t count[EVENT_KINDS];
	uint64_t total;
};

struct histogram {
	struct line *lines;		/* those that are not empty */
	size_t count;
	unsigned per;
};

void
histogram_add(struct tally *minutes, const struct request *request)
{
	/* Most requests come in the same minute as the one before. */
	static struct tally_row *row;
	static uint64_t row_minute = UINT64_MAX;
	uint64_t minute = request->usec / MINUTE_USEC;
	time_t seconds = (time_t)(minute * 60);
	struct value key;
	const struct value *const parts[TALLY_PARTS] = { &key };
	struct tm tm;

	if (row != NULL && minute == row_minute) {
		row->count[request->event]++;
		row->total++;
		return;
	}
	(void)localtime_r(&seconds, &tm);
	seconds += tm.tm_gmtoff;
	key.length = (size_t)snprintf(key.octets, sizeof(key.octets), "%0*llu",
	    KEY_DIGITS, (unsigned long long)(seconds > 0 ? seconds / 60 : 0));
	row = tally_add(minutes, parts, request->event);
	row_minute = minute;
}

/* The fewest minutes to a line that make no more than LINES_MAX lines. */
static unsigned
choose_per(uint64_t first, uint64_t last)
{
	static const unsigned steps[] =
	    { 1, 5, 15, 60, 6 * 60, 24 * 60, 7 * 24 * 60 };
	unsigned per = 1;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		per = steps[i];
		if (last / per - first / per < LINES_MAX)
			return per;
	}
	while (last / per - first / per >= LINES_MAX)
		per *= 2;
	return per;
}

static void
build(struct histogram *histogram, const struct tally *minutes, unsigned per)
{
	const struct tally_row **rows = tally_by_key(minutes);
	struct line *line = NULL;
	uint64_t start;
	size_t i, j;

	if (per == 0)
		per = choose_per(strtoull(rows[0]->key, NULL, 10),
		    strtoull(rows[minutes->rows - 1]->key, NULL, 10));
	*histogram = (struct histogram){ .per = per };
	histogram->lines = tally_checked(calloc(minutes->rows,
	    sizeof(*line)));
	for (i = 0; i < minutes->rows; i++) {
		start = strtoull(rows[i]->key, NULL, 10) / per * per;
		if (line == NULL || line->start != start) {
			line = &histogram->lines[histogram->count++];
			line->start = start;
		}
		for (j = 0; j < EVENT_KINDS; j++)
			line->count[j] += rows[i]->count[j];
		line->total += rows[i]->total;
	}
	free(rows);
}

/* Columns for the longest bar. */
static uint64_t
bar_columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > LABEL_COLUMNS + 10)
		return size.ws_col - LABEL_COLUMNS - 1U;
	return 80 - LABEL_COLUMNS - 1;
}

static const char *
glyph(enum event event)
{
	static const char *const ascii[EVENT_KINDS] = { "#", "x", ".", "!" };
	static const char *const blocks[EVENT_KINDS] =
	    { "\u2588", "\u2592", "\u2591", "!" };

	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? blocks[event] :
	    ascii[event];
}

/* Rare kinds are never rounded away: each has a column at least. */
static void
draw(const struct line *line, uint64_t most, uint64_t columns)
{
	uint64_t length;
	size_t i;

	for (i = 0; i < EVENT_KINDS; i++) {
		length = line->count[i] * columns / most;
		if (length == 0 && line->count[i] > 0)
			length = 1;
		show_colour(event_colours[i]);
		for (; length > 0; length--)
			(void)fputs(glyph((enum event)i), stdout);
		show_colour(COLOUR_PLAIN);
	}
}

/* The clock on the wall of a line's first minute. */
static struct tm
wall(const struct line *line)
{
	time_t seconds = (time_t)(line->start * 60);
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	return tm;
}

static void
show_label(uint64_t start, uint64_t total)
{
	struct line line = { .start = start };
	struct tm tm = wall(&line);
	char text[32];

	(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	(void)printf("%s %10llu ", text, (unsigned long long)total);
}

/* Up to two empty lines are shown, more are a gap. */
static void
show_gap(uint64_t from, uint64_t to, unsigned per)
{
	if (to - from > 2 * (uint64_t)per) {
		(void)puts("...");
		return;
	}
	for (; from < to; from += per) {
		show_label(from, 0);
		(void)putchar('\n');
	}
}

static void
show_heading(unsigned per)
{
	size_t i;

	show_colour(COLOUR_BOLD);
	if (per == 1)
		(void)printf("Requests per minute");
	else if (per == 60)
		(void)printf("Requests per hour");
	else if (per % (24 * 60) == 0)
		(void)printf("Requests per %u day%s", per / (24 * 60),
		    per == 24 * 60 ? "" : "s");
	else if (per % 60 == 0)
		(void)printf("Requests per %u hours", per / 60);
	else
		(void)printf("Requests per %u minutes", per);
	show_colour(COLOUR_PLAIN);
	(void)fputs(" (", stdout);
	for (i = 0; i < EVENT_KINDS; i++) {
		show_colour(event_colours[i]);
		(void)printf("%s%s", i > 0 ? " " : "", glyph((enum event)i));
		show_colour(COLOUR_PLAIN);
		(void)printf(" %s", event_name((enum event)i));
	}
	(void)puts(")");
}

void
histogram_show(const struct tally *minutes, unsigned per)
{
	struct histogram histogram;
	uint64_t most = 1, columns = bar_columns() - EVENT_KINDS, next;
	size_t i;

	build(&histogram, minutes, per);
	for (i = 0; i < histogram.count; i++)
		if (histogram.lines[i].total > most)
			most = histogram.lines[i].total;
	show_heading(histogram.per);
	for (i = 0; i < histogram.count; i++) {
		if (i > 0)
			show_gap(next, histogram.lines[i].start,
			    histogram.per);
		next = histogram.lines[i].start + histogram.per;
		show_label(histogram.lines[i].start, histogram.lines[i].total);
		draw(&histogram.lines[i], most, columns);
		(void)putchar('\n');
	}
	free(histogram.lines);
}

void
histogram_show_json(const struct tally *minutes, unsigned per)
{
	struct histogram histogram;
	struct tm tm;
	size_t i, j;

	build(&histogram, minutes, per);
	(void)printf("{\"minutes\":%u,\"lines\":[", histogram.per);
	for (i = 0; i < histogram.count; i++) {
		tm = wall(&histogram.lines[i]);
		tm.tm_isdst = -1;
		(void)fputs(i > 0 ? ",{\"time\":" : "{\"time\":", stdout);
		show_json_time((uint64_t)mktime(&tm) * 1000000);
		for (j = 0; j < EVENT_KINDS; j++)
			(void)printf(",\"%s\":%llu", event_name((enum event)j),
			    (unsigned long long)histogram.lines[i].count[j]);
		(void)putchar('}');
	}
	(void)fputs("]}", stdout);
	free(histogram.lines);
}
