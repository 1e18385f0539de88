#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal.h"

#define ID_LENGTH	32

/* Entries that journal_resume() goes back at most, should a clock jump. */
#define BACK_MAX	100000

#define NAME(name)	{ name, sizeof(name) - 1 }

static const struct {
	const char *name;
	size_t length;
} fields[FIELD_COUNT] = {
	[FIELD_ADDR] = NAME("REMOTE_ADDR"),
	[FIELD_PORT] = NAME("REMOTE_PORT"),
	[FIELD_STATUS] = NAME("SIPCGI_STATUS"),
	[FIELD_WHY] = NAME("SIPCGI_WHY"),
	[FIELD_ERRNO] = NAME("SIPCGI_ERRNO"),
	[FIELD_METHOD] = NAME("SIP_METHOD"),
	[FIELD_URI] = NAME("SIP_URI"),
	[FIELD_SCRIPT] = NAME("SIPCGI_SCRIPT"),
	[FIELD_SKIPPED] = NAME("SIPCGI_SKIPPED"),
	[FIELD_SKIPPED_WHY] = NAME("SIPCGI_SKIPPED_WHY"),
	[FIELD_DIRECTORY] = NAME("SIPCGI_DIRECTORY"),
	[FIELD_CALL_ID] = NAME("SIP_CALL_ID"),
	[FIELD_SANDBOX] = NAME("SIPCGI_SANDBOX"),
	[FIELD_MISSING] = NAME("SIPCGI_MISSING"),
	[FIELD_PID] = NAME("_PID"),
	[FIELD_BY] = NAME("SIPCGI_BY"),
	[FIELD_DETAIL] = NAME("SIPCGI_DETAIL"),
	[FIELD_MS] = NAME("SIPCGI_MILLISECONDS"),
	[FIELD_EXIT] = NAME("SIPCGI_EXIT"),
	[FIELD_SIGNAL] = NAME("SIPCGI_SIGNAL"),
	[FIELD_SCRIPT_PID] = NAME("SIPCGI_PID"),
	[FIELD_REPEATS] = NAME("SIPCGI_REPEATS"),
};

uint64_t
value_number(const struct value *value)
{
	uint64_t number = 0;
	size_t i;

	if (value->length > 18)
		return 0;
	for (i = 0; i < value->length; i++) {
		if (value->octets[i] < '0' || value->octets[i] > '9')
			return 0;
		number = number * 10 + (uint64_t)(value->octets[i] - '0');
	}
	return number;
}

bool
value_is(const struct value *value, const char *text)
{
	return value->length == strlen(text) &&
	    memcmp(value->octets, text, value->length) == 0;
}

static int
fail(int error, const char *what, const char *which)
{
	fprintf(stderr, "sipcgi-log: %s%s%s: %s\n", what,
	    which != NULL ? " " : "", which != NULL ? which : "",
	    strerror(-error));
	return -1;
}

static int
add_matches(sd_journal *journal, const struct journal_place *place)
{
	char match[sizeof("MESSAGE_ID=") + ID_LENGTH];
	size_t i;
	int error;

	for (i = 0; i < EVENT_COUNT; i++) {
		(void)snprintf(match, sizeof(match), "MESSAGE_ID=%s",
		    event_message_id((enum event)i));
		if ((error = sd_journal_add_match(journal, match, 0)) < 0)
			return fail(error, "match", match);
	}
	for (i = 0; i < place->match_count; i++) {
		error = sd_journal_add_match(journal, place->matches[i], 0);
		if (error < 0)
			return fail(error, "match", place->matches[i]);
	}
	return 0;
}

/* An empty journal is an answer, one that we may not read is not. */
static int
check_readable(sd_journal *journal)
{
	if (sd_journal_has_persistent_files(journal) > 0 ||
	    sd_journal_has_runtime_files(journal) > 0)
		return 0;
	fprintf(stderr, "sipcgi-log: no journal is here that you may read%s\n",
	    geteuid() == 0 ? "; is systemd-journald running?" :
	    ": be root, or in the group systemd-journal");
	return -1;
}

sd_journal *
journal_open(const struct journal_place *place)
{
	sd_journal *journal = NULL;
	bool local = place->directory == NULL && place->files == NULL;
	int error;

	if (place->directory != NULL) {
		error = sd_journal_open_directory(&journal, place->directory,
		    0);
		if (error < 0)
			(void)fail(error, "cannot open", place->directory);
	} else if (place->files != NULL) {
		error = sd_journal_open_files(&journal, place->files, 0);
		if (error < 0)
			(void)fail(error, "cannot open", place->files[0]);
	} else {
		error = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY);
		if (error < 0)
			(void)fail(error, "cannot open", "the journal");
	}
	if (error < 0)
		return NULL;
	/* What is longer need not be decompressed. */
	(void)sd_journal_set_data_threshold(journal, VALUE_MAX + 64);
	if ((local && check_readable(journal) == -1) ||
	    add_matches(journal, place) == -1) {
		sd_journal_close(journal);
		return NULL;
	}
	return journal;
}

/* Take over one NAME=VALUE of the journal's, if it is one that we show. */
static void
take(struct request *request, const char *data, size_t length)
{
	const char *equals = memchr(data, '=', length);
	struct value *value;
	size_t i, name;

	if (equals == NULL)
		return;
	name = (size_t)(equals - data);
	length -= name + 1;
	if (name == 10 && memcmp(data, "MESSAGE_ID", 10) == 0) {
		for (i = 0; i < EVENT_COUNT; i++)
			if (length == ID_LENGTH &&
			    memcmp(equals + 1,
			    event_message_id((enum event)i), ID_LENGTH) == 0)
				request->event = (enum event)i;
		return;
	}
	for (i = 0; i < FIELD_COUNT; i++) {
		if (fields[i].length != name ||
		    memcmp(fields[i].name, data, name) != 0)
			continue;
		value = &request->value[i];
		value->cut = length > VALUE_MAX;
		value->length = value->cut ? VALUE_MAX : length;
		memcpy(value->octets, equals + 1, value->length);
		return;
	}
}

int
journal_next(sd_journal *journal, struct request *request)
{
	const void *data;
	size_t length, i;
	int result;

	result = sd_journal_next(journal);
	if (result < 0)
		return fail(result, "cannot read the journal", NULL);
	if (result == 0)
		return 0;
	result = sd_journal_get_realtime_usec(journal, &request->usec);
	if (result < 0)
		return fail(result, "cannot read the time of an entry", NULL);
	request->event = EVENT_ERROR;
	for (i = 0; i < FIELD_COUNT; i++)
		request->value[i].length = 0;
	/* One pass; sd_journal_get_data() would make one for each field. */
	SD_JOURNAL_FOREACH_DATA(journal, data, length)
		take(request, data, length);
	return 1;
}

int
journal_seek(sd_journal *journal, uint64_t since, uint64_t until,
    int64_t lines)
{
	int result;

	if (lines >= 0) {
		result = until == UINT64_MAX ? sd_journal_seek_tail(journal) :
		    sd_journal_seek_realtime_usec(journal, until + 1);
		/* One further back, for journal_next() to step on from. */
		if (result >= 0)
			result = sd_journal_previous_skip(journal,
			    (uint64_t)lines + 1);
		if (result < 0)
			return fail(result, "cannot find the last entries",
			    NULL);
		if (result > lines)
			return 0;
	}
	result = sd_journal_seek_realtime_usec(journal, since);
	return result < 0 ? fail(result, "cannot find the first entry", NULL) :
	    0;
}

/* Step back.  Returns how many entries, or a negated errno. */
static int64_t
step_back(sd_journal *journal, uint64_t until)
{
	int64_t steps = 0;
	uint64_t usec;
	int result;

	while ((result = sd_journal_previous(journal)) > 0) {
		result = sd_journal_get_realtime_usec(journal, &usec);
		if (result < 0)
			return result;
		if (usec < until || steps == BACK_MAX)
			return steps;
		steps++;
	}
	if (result == 0)
		result = sd_journal_seek_head(journal);
	return result < 0 ? result : steps;
}

int64_t
journal_resume(sd_journal *journal, const char *cursor, uint64_t back)
{
	int64_t seen = 0, steps = 0;
	uint64_t usec;
	int result = sd_journal_seek_cursor(journal, cursor);

	if (result >= 0)
		result = sd_journal_next(journal);
	if (result > 0) {
		seen = sd_journal_test_cursor(journal, cursor) > 0 ? 1 : 0;
		result = sd_journal_get_realtime_usec(journal, &usec);
		if (result >= 0)
			steps = step_back(journal, usec - back);
	}
	if (result < 0 || steps < 0)
		return fail(result < 0 ? result : (int)steps,
		    "cannot go to the cursor", cursor);
	return seen + steps;
}

int
journal_cursor(sd_journal *journal, char *cursor, size_t size)
{
	char *text = NULL;
	int result = sd_journal_get_cursor(journal, &text);

	if (result >= 0 && strlen(text) >= size)
		result = -EOVERFLOW;
	if (result < 0)
		(void)fail(result, "cannot tell the cursor of an entry", NULL);
	else
		memcpy(cursor, text, strlen(text) + 1);
	free(text);
	return result < 0 ? -1 : 0;
}
