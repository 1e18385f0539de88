#include <stdio.h>
#include <stdlib.h>

#include "histogram.h"
#include "show.h"
#include "summary.h"

/* Columns for the values of a row. */
static const size_t part_columns[TALLY_PARTS] = { 44, 24, 44, 44 };

/* What a table counts: requests, by these fields. */
struct table {
	const char *title;
	const char *name;		/* of a JSON member */
	struct {
		const char *name;	/* of a JSON member; NULL: no more */
		enum field field;
	} part[TALLY_PARTS];
	bool by_event;			/* worth telling the events apart */
};

static const struct table scripts = {
	"Scripts", "scripts",
	{ { "script", FIELD_SCRIPT }, { "method", FIELD_METHOD } }, false
};
/* Files that would have been run, were they as a script must be. */
static const struct table skipped = {
	"Passed over", "skipped",
	{ { "file", FIELD_SKIPPED }, { "why", FIELD_SKIPPED_WHY } }, false
};
static const struct table peers = {
	"Peers", "peers", { { "peer", FIELD_ADDR } }, true
};
/* Those that are not run: why. */
static const struct table reasons[EVENT_KINDS] = {
	[EVENT_REJECT] = { "Refused", "refusals",
	    { { "why", FIELD_WHY }, { "status", FIELD_STATUS } }, false },
	[EVENT_DISCARD] = { "Discarded", "discards",
	    { { "why", FIELD_WHY } }, false },
	[EVENT_ERROR] = { "Errors", "errors",
	    { { "why", FIELD_WHY }, { "errno", FIELD_ERRNO },
	    { "script", FIELD_SCRIPT }, { "directory", FIELD_DIRECTORY } },
	    false }
};

static void
count(struct tally *tally, const struct table *table,
    const struct request *request)
{
	const struct value *key[TALLY_PARTS] = { NULL };
	size_t i;

	for (i = 0; i < TALLY_PARTS && table->part[i].name != NULL; i++)
		key[i] = &request->value[table->part[i].field];
	(void)tally_add(tally, key, request->event);
}

void
summary_add(struct summary *summary, const struct request *request)
{
	enum event event = request->event;

	if (summary->total + summary->done.total == 0 ||
	    request->usec < summary->first)
		summary->first = request->usec;
	if (request->usec > summary->last)
		summary->last = request->usec;
	if (event == EVENT_DONE) {
		done_add(&summary->done, request);
		return;
	}
	summary->total++;
	summary->count[event]++;
	process_began(&summary->done.processes, request);
	if (event == EVENT_EXEC)
		count(&summary->scripts, &scripts, request);
	else
		count(&summary->reasons[event], &reasons[event], request);
	if (request->value[FIELD_SKIPPED].length > 0)
		count(&summary->skipped, &skipped, request);
	count(&summary->peers, &peers, request);
	histogram_add(&summary->minutes, request);
}

static void
show_title(const char *title)
{
	(void)putchar('\n');
	show_colour(COLOUR_BOLD);
	(void)puts(title);
	show_colour(COLOUR_PLAIN);
}

/* "  (3 reject, 1 error)" for a row that had not only execs. */
static void
show_events(const struct tally_row *row)
{
	const char *before = "  (";
	size_t i;

	if (row->count[EVENT_EXEC] == row->total)
		return;
	for (i = EVENT_EXEC + 1; i < EVENT_KINDS; i++) {
		if (row->count[i] == 0)
			continue;
		(void)fputs(before, stdout);
		show_colour(event_colours[i]);
		(void)printf("%llu %s", (unsigned long long)row->count[i],
		    event_name((enum event)i));
		show_colour(COLOUR_PLAIN);
		before = ", ";
	}
	(void)putchar(')');
}

/* The values of a row; "-" for a first one that is absent. */
static void
split(const struct tally_row *row, struct tally_part parts[TALLY_PARTS])
{
	tally_split(row, parts);
	if (parts[0].length == 0)
		parts[0] = (struct tally_part){ "-", 1 };
}

/* One row; each value is as wide as the widest of its column. */
static void
show_row(const struct table *table, const struct tally_row *row,
    const size_t widths[TALLY_PARTS])
{
	struct tally_part parts[TALLY_PARTS];
	size_t used = 0, pad = 2, i;

	(void)printf("%10llu", (unsigned long long)row->total);
	split(row, parts);
	for (i = 0; i < TALLY_PARTS; i++) {
		if (parts[i].length > 0) {
			(void)printf("%*s", (int)pad, "");
			used = show_text(parts[i].octets, parts[i].length,
			    part_columns[i]);
			pad = 2 + widths[i] - used;
		} else if (widths[i] > 0)
			pad += 2 + widths[i];
	}
	if (table->by_event)
		show_events(row);
	(void)putchar('\n');
}

static void
show_table(const struct table *table, const struct tally *tally, size_t top)
{
	const struct tally_row **rows;
	struct tally_part parts[TALLY_PARTS];
	size_t widths[TALLY_PARTS] = { 0 }, shown, width, i, j;

	if (tally->rows == 0)
		return;
	rows = tally_by_count(tally);
	shown = top > 0 && top < tally->rows ? top : tally->rows;
	for (i = 0; i < shown; i++) {
		split(rows[i], parts);
		for (j = 0; j < TALLY_PARTS; j++) {
			width = show_width(parts[j].octets, parts[j].length,
			    part_columns[j]);
			if (width > widths[j])
				widths[j] = width;
		}
	}
	show_title(table->title);
	for (i = 0; i < shown; i++)
		show_row(table, rows[i], widths);
	if (shown < tally->rows)
		(void)printf("%10s  %zu more\n", "...", tally->rows - shown);
	free(rows);
}

static void
show_totals(const struct summary *summary)
{
	size_t i;

	show_time(summary->first);
	(void)fputs(" to ", stdout);
	show_time(summary->last);
	(void)printf("\n\n%10llu requests\n",
	    (unsigned long long)summary->total);
	for (i = 0; i < EVENT_KINDS; i++) {
		if (summary->count[i] == 0)
			continue;
		(void)printf("%10llu ", (unsigned long long)summary->count[i]);
		show_colour(event_colours[i]);
		(void)printf("%-7s", event_name((enum event)i));
		show_colour(COLOUR_PLAIN);
		(void)printf(" %5.1f %%\n", 100.0 *
		    (double)summary->count[i] / (double)summary->total);
	}
}

void
summary_show(const struct summary *summary, size_t top, unsigned minutes)
{
	size_t i;

	if (summary->total + summary->done.total == 0) {
		(void)puts("No requests.");
		return;
	}
	show_totals(summary);
	show_table(&scripts, &summary->scripts, top);
	show_table(&skipped, &summary->skipped, top);
	for (i = EVENT_REJECT; i < EVENT_KINDS; i++)
		show_table(&reasons[i], &summary->reasons[i], top);
	done_show(&summary->done, top);
	show_table(&peers, &summary->peers, top);
	if (summary->total == 0)
		return;
	(void)putchar('\n');
	histogram_show(&summary->minutes, minutes);
}

static void
show_counts_json(const uint64_t count[EVENT_KINDS])
{
	size_t i;

	for (i = 0; i < EVENT_KINDS; i++)
		(void)printf(",\"%s\":%llu", event_name((enum event)i),
		    (unsigned long long)count[i]);
}

static void
show_table_json(const struct table *table, const struct tally *tally,
    size_t top)
{
	const struct tally_row **rows = tally_by_count(tally);
	struct tally_part parts[TALLY_PARTS];
	size_t i, j;

	(void)printf(",\"%s\":[", table->name);
	for (i = 0; i < tally->rows && (top == 0 || i < top); i++) {
		tally_split(rows[i], parts);
		(void)printf("%s{\"count\":%llu", i > 0 ? "," : "",
		    (unsigned long long)rows[i]->total);
		for (j = 0; j < TALLY_PARTS; j++) {
			if (table->part[j].name == NULL || parts[j].length == 0)
				continue;
			(void)printf(",\"%s\":", table->part[j].name);
			show_json_value(parts[j].octets, parts[j].length,
			    table == &reasons[EVENT_REJECT] && j == 1);
		}
		if (table->by_event)
			show_counts_json(rows[i]->count);
		(void)putchar('}');
	}
	(void)putchar(']');
	free(rows);
}

void
summary_show_json(const struct summary *summary, size_t top, unsigned minutes)
{
	size_t i;

	(void)printf("{\"requests\":%llu", (unsigned long long)summary->total);
	show_counts_json(summary->count);
	if (summary->total + summary->done.total > 0) {
		(void)fputs(",\"first\":", stdout);
		show_json_time(summary->first);
		(void)fputs(",\"last\":", stdout);
		show_json_time(summary->last);
	}
	show_table_json(&scripts, &summary->scripts, top);
	show_table_json(&skipped, &summary->skipped, top);
	for (i = EVENT_REJECT; i < EVENT_KINDS; i++)
		show_table_json(&reasons[i], &summary->reasons[i], top);
	show_table_json(&peers, &summary->peers, top);
	if (summary->done.total > 0)
		done_show_json(&summary->done, top);
	if (summary->total > 0) {
		(void)fputs(",\"histogram\":", stdout);
		histogram_show_json(&summary->minutes, minutes);
	}
	(void)puts("}");
}
