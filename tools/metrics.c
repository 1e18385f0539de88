#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "labels.h"
#include "metrics.h"
#include "tally.h"
#include "why.h"

/*
 * Each value of a label makes series that Prometheus keeps, so there are few,
 * whatever a peer sends: methods and reasons are those of these tables, and
 * scripts, of which an administrator may have thousands, the first so many.
 * The rest is counted as "other", which is the name of none.
 */
#define SCRIPTS_MAX	128
#define OTHER		"other"

#define LINE_SIZE	(LABELS_SIZE + 128)

/* A double holds larger numbers only in part; a forger's get no further. */
#define COUNT_MAX	999999999999999ULL

/* Before the cursor, in the last line. */
#define CURSOR_MARK	"# sipcgi-log --continue from "

enum family {
	REQUESTS,
	RESPONSES,
	DURATION,
	FAILURES,
	ABSORBED,
	REFUSED,
	DISCARDED,
	ERRORS,
	FAMILY_COUNT
};

static const struct {
	const char *name, *help;
} families[FAMILY_COUNT] = {
	[REQUESTS] = { "sipcgi_requests_total",
	    "Requests that were given to a script." },
	[RESPONSES] = { "sipcgi_responses_total",
	    "Final answers by class of status, where sipcgi-each ran the "
	    "script." },
	[DURATION] = { "sipcgi_request_duration_seconds",
	    "Time to the final answer, where sipcgi-each ran the script." },
	[FAILURES] = { "sipcgi_script_failures_total",
	    "Answers 500 and 504 of sipcgi-each because a script failed." },
	[ABSORBED] = { "sipcgi_absorbed_total",
	    "Repeated requests and ACKs that sipcgi-each absorbed." },
	[REFUSED] = { "sipcgi_refused_total",
	    "Requests that were refused with an answer." },
	[DISCARDED] = { "sipcgi_discarded_total",
	    "Messages that were discarded without an answer." },
	[ERRORS] = { "sipcgi_errors_total",
	    "Requests that could not be served." }
};

/* Milliseconds, and how the label has them: seconds. */
static const struct {
	uint64_t ms;
	const char *le;
} buckets[] = {
	{ 5, "0.005" }, { 10, "0.01" }, { 25, "0.025" }, { 50, "0.05" },
	{ 100, "0.1" }, { 250, "0.25" }, { 500, "0.5" }, { 1000, "1" },
	{ 2500, "2.5" }, { 5000, "5" }, { 10000, "10" },
	/* sipcgi-each's own limit: what is over it has been ended. */
	{ 25000, "25" }, { UINT64_MAX, "+Inf" }
};
#define BUCKETS (sizeof(buckets) / sizeof(buckets[0]))

/* A counter has the first value; a histogram its buckets, then the sum. */
struct series {
	enum family family;
	uint64_t value[BUCKETS + 1];
	const char *labels;		/* 'method="INVITE",script="x@y"' */
};

/* ---- Labels */

static void
label_method(struct labels *labels, const struct value *method)
{
	static const char *const methods[] = {
		"ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY",
		"OPTIONS", "PRACK", "PUBLISH", "REFER", "REGISTER",
		"SUBSCRIBE", "UPDATE"
	};
	const char *name = OTHER;
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (value_is(method, methods[i]))
			name = methods[i];
	labels_add(labels, "method", name, strlen(name));
}

static const char *
reason_of(const struct value *why)
{
	enum why i;

	for (i = WHY_NONE + 1; i < WHY_COUNT; i++)
		if (value_is(why, why_entry(i)->token))
			return why_entry(i)->token;
	return OTHER;
}

static int
compare_text(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* Has this script a label, or gets one now? */
static bool
has_label(struct metrics *metrics, const char *name)
{
	void **found;

	if (tfind(name, &metrics->scripts, compare_text) != NULL)
		return true;
	if (metrics->nscripts == SCRIPTS_MAX)
		return false;
	found = tally_checked(tsearch(name, &metrics->scripts, compare_text));
	*found = tally_checked(strdup(name));
	metrics->nscripts++;
	return true;
}

static void
label_script(struct metrics *metrics, struct labels *labels,
    const char *octets, size_t length)
{
	struct labels name = { .length = 0 };

	if (length > TALLY_PART_MAX)
		length = TALLY_PART_MAX;
	labels_escape(&name, octets, length);
	if (length == 0)
		labels_add(labels, "script", "unknown", strlen("unknown"));
	else if (has_label(metrics, name.text))
		labels_add(labels, "script", octets, length);
	else
		labels_add(labels, "script", OTHER, strlen(OTHER));
}

static void
label_class(struct labels *labels, uint64_t status)
{
	char class[] = "0xx";

	class[0] = (char)('0' + status / 100);
	if (status >= 200 && status < 700)
		labels_add(labels, "code", class, 3);
	else
		labels_add(labels, "code", "none", 4);
}

/* ---- Series */

static int
compare_series(const void *left, const void *right)
{
	const struct series *a = left, *b = right;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return strcmp(a->labels, b->labels);
}

static struct series *
find(struct metrics *metrics, enum family family, const char *labels)
{
	struct series wanted = { .family = family, .labels = labels };
	struct series **found = tally_checked(tsearch(&wanted,
	    &metrics->series, compare_series));

	if (*found == &wanted) {
		*found = tally_checked(malloc(sizeof(**found)));
		wanted.labels = tally_checked(strdup(labels));
		**found = wanted;
	}
	return *found;
}

static void
add(uint64_t *value, uint64_t number)
{
	*value = number < COUNT_MAX - *value ? *value + number : COUNT_MAX;
}

static void
count(struct metrics *metrics, enum family family, const struct labels *labels,
    uint64_t number)
{
	add(&find(metrics, family, labels->text)->value[0], number);
}

static void
observe(struct metrics *metrics, const struct labels *labels, uint64_t ms)
{
	struct series *series = find(metrics, DURATION, labels->text);
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		if (ms <= buckets[i].ms)
			add(&series->value[i], 1);
	add(&series->value[BUCKETS], ms);
}

/* The reasons of sipcgi-each's answers in a script's place. */
static const enum why failures[] =
    { WHY_NO_ANSWER, WHY_BAD_ANSWER, WHY_SCRIPT_TIMEOUT };
#define FAILURE_COUNT (sizeof(failures) / sizeof(failures[0]))

/* Where this reason is counted, but for a refused ACK, which is discarded. */
static enum family
family_of(enum why why)
{
	const struct why_entry *entry = why_entry(why);
	size_t i;

	for (i = 0; i < FAILURE_COUNT; i++)
		if (why == failures[i])
			return FAILURES;
	if (entry->status == 500 || entry->exit_status != EX_OK)
		return ERRORS;
	return entry->status != 0 ? REFUSED : DISCARDED;
}

/* The failures of a script, so many more of this reason. */
static void
count_failures(struct metrics *metrics, const char *reason,
    const struct labels *script, uint64_t number)
{
	struct labels labels = { .length = 0 };

	labels_add(&labels, "reason", reason, strlen(reason));
	labels_put(&labels, ",");
	labels_put(&labels, script->text);
	count(metrics, FAILURES, &labels, number);
}

void
metrics_begin(struct metrics *metrics)
{
	const struct labels none = { .length = 0 };
	struct labels labels;
	enum why i;

	*metrics = (struct metrics){ .nscripts = 0 };
	count(metrics, ABSORBED, &none, 0);
	for (i = WHY_NONE + 1; i < WHY_COUNT; i++) {
		labels = none;
		labels_add(&labels, "reason", why_entry(i)->token,
		    strlen(why_entry(i)->token));
		if (family_of(i) != FAILURES)
			count(metrics, family_of(i), &labels, 0);
	}
}

static void
add_exec(struct metrics *metrics, const struct value *value)
{
	struct labels labels = { .length = 0 };

	label_method(&labels, &value[FIELD_METHOD]);
	label_script(metrics, &labels, value[FIELD_SCRIPT].octets,
	    value[FIELD_SCRIPT].length);
	count(metrics, REQUESTS, &labels, 1);
}

static void
add_done(struct metrics *metrics, const struct request *request)
{
	const struct value *value = request->value;
	uint64_t status = value_number(&value[FIELD_STATUS]);
	struct labels script = { .length = 0 }, labels = { .length = 0 };
	const char *name;
	size_t length, i;

	name = process_script(&metrics->processes, request, &length);
	label_script(metrics, &script, name, length);
	label_class(&labels, status);
	label_method(&labels, &value[FIELD_METHOD]);
	labels_put(&labels, ",");
	labels_put(&labels, script.text);
	count(metrics, RESPONSES, &labels, 1);
	if (status != 0)
		observe(metrics, &script, value_number(&value[FIELD_MS]));
	for (i = 0; i < FAILURE_COUNT; i++)
		count_failures(metrics, why_entry(failures[i])->token,
		    &script, 0);
	if (value_is(&value[FIELD_BY], "each") &&
	    (status == 500 || status == 504))
		count_failures(metrics, reason_of(&value[FIELD_WHY]), &script,
		    1);
	labels = (struct labels){ .length = 0 };
	count(metrics, ABSORBED, &labels, value_number(&value[FIELD_REPEATS]));
}

void
metrics_learn(struct metrics *metrics, const struct request *request)
{
	if (request->event != EVENT_DONE)
		process_began(&metrics->processes, request);
}

void
metrics_add(struct metrics *metrics, const struct request *request)
{
	static const enum family family[EVENT_KINDS] = {
		[EVENT_REJECT] = REFUSED,
		[EVENT_DISCARD] = DISCARDED,
		[EVENT_ERROR] = ERRORS
	};
	struct labels labels = { .length = 0 };
	const char *reason;

	metrics_learn(metrics, request);
	if (request->event == EVENT_EXEC)
		add_exec(metrics, request->value);
	else if (request->event == EVENT_DONE)
		add_done(metrics, request);
	else {
		reason = reason_of(&request->value[FIELD_WHY]);
		labels_add(&labels, "reason", reason, strlen(reason));
		count(metrics, family[request->event], &labels, 1);
	}
}

/* ---- Out */

static void
show_histogram(const struct series *series)
{
	const char *name = families[DURATION].name;
	uint64_t sum = series->value[BUCKETS];
	size_t i;

	for (i = 0; i < BUCKETS; i++)
		(void)printf("%s_bucket{%s,le=\"%s\"} %llu\n", name,
		    series->labels, buckets[i].le,
		    (unsigned long long)series->value[i]);
	(void)printf("%s_sum{%s} %llu.%03llu\n", name, series->labels,
	    (unsigned long long)(sum / 1000), (unsigned long long)(sum % 1000));
	(void)printf("%s_count{%s} %llu\n", name, series->labels,
	    (unsigned long long)series->value[BUCKETS - 1]);
}

/* The tree is in the order of the families: `closure` is the one shown last. */
static void
show_series(const void *node, VISIT visit, void *closure)
{
	const struct series *series = *(const struct series *const *)node;
	enum family *last = closure;
	const char *name = families[series->family].name;
	bool braces = series->labels[0] != '\0';

	if (visit != postorder && visit != leaf)
		return;
	if (series->family != *last)
		(void)printf("# HELP %s %s\n# TYPE %s %s\n", name,
		    families[series->family].help, name,
		    series->family == DURATION ? "histogram" : "counter");
	*last = series->family;
	if (series->family == DURATION)
		show_histogram(series);
	else
		(void)printf("%s%s%s%s %llu\n", name, braces ? "{" : "",
		    series->labels, braces ? "}" : "",
		    (unsigned long long)series->value[0]);
}

void
metrics_show(const struct metrics *metrics)
{
	enum family last = FAMILY_COUNT;

	twalk_r(metrics->series, show_series, &last);
	(void)printf(CURSOR_MARK "%s\n", metrics->cursor);
}

/* ---- In: lines of the same form */

/* A number of seconds or events, in thousandths or whole.  -1: none. */
static int
read_value(const char *text, bool thousandths, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9')
		return -1;
	if (thousandths) {
		if (end[0] != '.' || strspn(end + 1, "0123456789") != 3)
			return -1;
		*value = *value * 1000 + strtoull(end + 1, &end, 10);
	}
	return *end == '\0' && *value <= COUNT_MAX ? 0 : -1;
}

/*
 * Which of a series' values a line has, by what follows the family's name;
 * cuts a bucket's label off.  -1: none that is known.
 */
static int
value_index(enum family family, const char *suffix, char *labels)
{
	char *le;
	size_t i;

	if (family != DURATION)
		return suffix[0] == '\0' ? 0 : -1;
	if (strcmp(suffix, "_sum") == 0)
		return BUCKETS;
	le = strstr(labels, ",le=\"");
	if (strcmp(suffix, "_bucket") != 0 || le == NULL)
		return -1;
	for (i = 0; i < BUCKETS; i++)
		if (strncmp(le + 5, buckets[i].le, strlen(buckets[i].le)) ==
		    0 && strcmp(le + 5 + strlen(buckets[i].le), "\"") == 0)
			break;
	*le = '\0';
	return i < BUCKETS ? (int)i : -1;
}

/* A script that had a label keeps it. */
static void
keep_script(struct metrics *metrics, const char *labels)
{
	const char *value = strstr(labels, "script=\""), *end;
	char *name;

	if (value == NULL)
		return;
	value += strlen("script=\"");
	for (end = value; *end != '"' && *end != '\0'; end++)
		if (*end == '\\' && end[1] != '\0')
			end++;
	name = tally_checked(strndup(value, (size_t)(end - value)));
	if (strcmp(name, OTHER) != 0 && strcmp(name, "unknown") != 0)
		(void)has_label(metrics, name);
	free(name);
}

/* NAME{LABELS} VALUE.  What another version counted is left out.  -1: wrong. */
static int
read_series(struct metrics *metrics, char *line)
{
	char *value = strrchr(line, ' '), *labels = strchr(line, '{');
	size_t name;
	enum family i;
	uint64_t number;
	int index;

	if (value == NULL)
		return -1;
	*value++ = '\0';
	if (labels == NULL)
		labels = value - 1;
	else if (labels >= value || value[-2] != '}')
		return -1;
	else {
		value[-2] = '\0';
		*labels++ = '\0';
	}
	for (i = 0; i < FAMILY_COUNT; i++) {
		name = strlen(families[i].name);
		if (strncmp(line, families[i].name, name) != 0)
			continue;
		index = value_index(i, line + name, labels);
		if (index == -1)
			continue;
		if (!labels_are_sound(labels) ||
		    (i == DURATION && labels[0] == '\0') ||
		    read_value(value, index == BUCKETS, &number) == -1)
			return -1;
		keep_script(metrics, labels);
		find(metrics, i, labels)->value[index] = number;
	}
	return 0;
}

static int
read_cursor(struct metrics *metrics, const char *text)
{
	if (strlen(text) >= sizeof(metrics->cursor))
		return -1;
	memcpy(metrics->cursor, text, strlen(text) + 1);
	return 0;
}

static int
read_lines(struct metrics *metrics, FILE *stream)
{
	static char line[LINE_SIZE];
	size_t length;

	while (fgets(line, sizeof(line), stream) != NULL) {
		length = strlen(line);
		if (length == 0 || line[length - 1] != '\n')
			return -1;
		line[length - 1] = '\0';
		if (strncmp(line, CURSOR_MARK, strlen(CURSOR_MARK)) == 0)
			return read_cursor(metrics, line +
			    strlen(CURSOR_MARK));
		if (line[0] != '#' && read_series(metrics, line) == -1)
			return -1;
	}
	return -1;
}

int
metrics_read(struct metrics *metrics, const char *file)
{
	FILE *stream = fopen(file, "re");
	int result;

	if (stream == NULL && errno == ENOENT)
		return EX_OK;
	if (stream == NULL) {
		fprintf(stderr, "sipcgi-log: cannot open %s: %s\n", file,
		    strerror(errno));
		return EX_NOINPUT;
	}
	result = read_lines(metrics, stream);
	(void)fclose(stream);
	if (result == 0)
		return EX_OK;
	fprintf(stderr, "sipcgi-log: %s is not what --openmetrics wrote, or "
	    "not all of it: write to another file and rename that; remove "
	    "this one to count anew\n", file);
	return EX_DATAERR;
}
