#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "done.h"
#include "show.h"
#include "tally.h"

/*
 * Milliseconds are counted in buckets: exact below 32, then 32 to each power
 * of two, so that a percentile is at most a thirty-second too high.
 */
#define EXACT 32
#define POWERS 27			/* the last bucket takes the rest */
#define BUCKETS (EXACT * POWERS)

#define NAME_MAX_SHOWN 44

struct script {
	uint64_t total, failed, longest;
	uint32_t bucket[BUCKETS];
	size_t length;
	char name[TALLY_PART_MAX];	/* "": not known */
};

static int
compare_scripts(const void *left, const void *right)
{
	const struct script *a = left, *b = right;
	size_t shorter = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->name, b->name, shorter);

	if (order != 0)
		return order;
	return (a->length > b->length) - (a->length < b->length);
}

static unsigned
bucket_of(uint64_t ms)
{
	unsigned power = 0;

	while (ms >= 2 * EXACT) {
		ms >>= 1;
		power++;
	}
	if (ms < EXACT)
		return (unsigned)ms;
	if (power > POWERS - 2)
		return BUCKETS - 1;
	return (power + 1) * EXACT + (unsigned)(ms - EXACT);
}

/* The largest number of milliseconds that the bucket counts. */
static uint64_t
most_of(unsigned bucket)
{
	unsigned power = bucket / EXACT;

	if (power < 2)
		return bucket;
	return (((uint64_t)bucket % EXACT + EXACT + 1) << (power - 1)) - 1;
}

static struct script *
script_of(struct done *d, const struct request *request)
{
	static struct script wanted;
	struct script *script;
	const char *name;
	void **found;

	name = process_script(&d->processes, request, &wanted.length);
	memcpy(wanted.name, name, wanted.length);
	found = tally_checked(tsearch(&wanted, &d->scripts, compare_scripts));
	if (*found == &wanted) {
		script = tally_checked(malloc(sizeof(*script)));
		*script = wanted;
		*found = script;
		d->nscripts++;
	}
	return *found;
}

void
done_add(struct done *d, const struct request *request)
{
	const struct value *value = request->value;
	uint64_t status = value_number(&value[FIELD_STATUS]);
	uint64_t ms = value_number(&value[FIELD_MS]);
	bool ours = value_is(&value[FIELD_BY], "each") &&
	    (status == 500 || status == 504);
	struct script *script = script_of(d, request);

	d->total++;
	d->answers[status / 100 < DONE_CLASSES ? status / 100 : 0]++;
	d->ours += ours;
	d->repeats += value_number(&value[FIELD_REPEATS]);
	script->total++;
	script->failed += ours;
	script->bucket[bucket_of(ms)]++;
	if (ms > script->longest)
		script->longest = ms;
}

/* So many of a hundred took no longer: milliseconds. */
static uint64_t
percentile(const struct script *script, unsigned hundredths)
{
	uint64_t wanted = (script->total * hundredths + 99) / 100, seen = 0;
	unsigned i;

	for (i = 0; i < BUCKETS; i++) {
		seen += script->bucket[i];
		if (seen >= wanted)
			break;
	}
	return i < BUCKETS - 1 && most_of(i) < script->longest ? most_of(i) :
	    script->longest;
}

struct list {
	const struct script **scripts;
	size_t count;
};

static void
collect(const void *node, VISIT visit, void *closure)
{
	struct list *list = closure;

	if (visit == postorder || visit == leaf)
		list->scripts[list->count++] =
		    *(const struct script *const *)node;
}

static int
compare_totals(const void *left, const void *right)
{
	const struct script *a = *(const struct script *const *)left;
	const struct script *b = *(const struct script *const *)right;

	if (a->total != b->total)
		return a->total < b->total ? 1 : -1;
	return compare_scripts(a, b);
}

/* Most often run first; to be freed. */
static const struct script **
sorted(const struct done *d)
{
	struct list list = { NULL, 0 };

	list.scripts = tally_checked(calloc(d->nscripts + 1,
	    sizeof(list.scripts[0])));
	twalk_r(d->scripts, collect, &list);
	qsort(list.scripts, list.count, sizeof(list.scripts[0]),
	    compare_totals);
	return list.scripts;
}

static void
show_title(const char *title)
{
	(void)putchar('\n');
	show_colour(COLOUR_BOLD);
	(void)puts(title);
	show_colour(COLOUR_PLAIN);
}

static void
show_answers(const struct done *d)
{
	unsigned i;

	show_title("Answers");
	for (i = 2; i < DONE_CLASSES; i++) {
		if (d->answers[i] == 0)
			continue;
		(void)printf("%10llu  %uxx", (unsigned long long)d->answers[i],
		    i);
		if (i == 5 && d->ours > 0) {
			show_colour(COLOUR_RED);
			(void)printf("  (%llu where a script failed)",
			    (unsigned long long)d->ours);
			show_colour(COLOUR_PLAIN);
		}
		(void)putchar('\n');
	}
	if (d->answers[0] > 0)
		(void)printf("%10llu  none, as for an ACK\n",
		    (unsigned long long)d->answers[0]);
	if (d->repeats > 0)
		(void)printf("%10llu  repeats and ACKs absorbed\n",
		    (unsigned long long)d->repeats);
}

void
done_show(const struct done *d, size_t top)
{
	const struct script **scripts;
	size_t shown, i;

	if (d->total == 0)
		return;
	show_answers(d);
	show_title("Time to the answer, ms");
	(void)printf("%10s %8s %8s %8s %8s\n", "count", "p50", "p95", "p99",
	    "failed");
	scripts = sorted(d);
	shown = top > 0 && top < d->nscripts ? top : d->nscripts;
	for (i = 0; i < shown; i++) {
		const struct script *s = scripts[i];

		(void)printf("%10llu %8llu %8llu %8llu %8llu  ",
		    (unsigned long long)s->total,
		    (unsigned long long)percentile(s, 50),
		    (unsigned long long)percentile(s, 95),
		    (unsigned long long)percentile(s, 99),
		    (unsigned long long)s->failed);
		(void)show_text(s->length > 0 ? s->name : "-",
		    s->length > 0 ? s->length : 1, NAME_MAX_SHOWN);
		(void)putchar('\n');
	}
	if (shown < d->nscripts)
		(void)printf("%10s  %zu more\n", "...", d->nscripts - shown);
	free(scripts);
}

void
done_show_json(const struct done *d, size_t top)
{
	const struct script **scripts = sorted(d);
	size_t i;

	(void)printf(",\"done\":%llu,\"answers\":{\"none\":%llu",
	    (unsigned long long)d->total, (unsigned long long)d->answers[0]);
	for (i = 2; i < DONE_CLASSES; i++)
		(void)printf(",\"%zuxx\":%llu", i,
		    (unsigned long long)d->answers[i]);
	(void)printf("},\"failed\":%llu,\"repeats\":%llu,\"times\":[",
	    (unsigned long long)d->ours, (unsigned long long)d->repeats);
	for (i = 0; i < d->nscripts && (top == 0 || i < top); i++) {
		const struct script *s = scripts[i];

		(void)printf("%s{\"count\":%llu,\"p50\":%llu,\"p95\":%llu,"
		    "\"p99\":%llu,\"failed\":%llu", i > 0 ? "," : "",
		    (unsigned long long)s->total,
		    (unsigned long long)percentile(s, 50),
		    (unsigned long long)percentile(s, 95),
		    (unsigned long long)percentile(s, 99),
		    (unsigned long long)s->failed);
		if (s->length > 0) {
			(void)fputs(",\"script\":", stdout);
			show_json_string(s->name, s->length);
		}
		(void)putchar('}');
	}
	(void)putchar(']');
	free(scripts);
}
