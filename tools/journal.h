/*
 * journal.h - the requests that sipcgi-handler wrote to the journal, read by
 * sd-journal(3).
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-journal.h>

#include "event.h"

/*
 * The kinds of event that each request has one of: all before this one, which
 * says how a script has ended that had begun.
 */
#define EVENT_KINDS EVENT_DONE

enum field {
	FIELD_ADDR,
	FIELD_PORT,
	FIELD_STATUS,
	FIELD_WHY,
	FIELD_ERRNO,
	FIELD_METHOD,
	FIELD_URI,
	FIELD_SCRIPT,
	FIELD_SKIPPED,
	FIELD_SKIPPED_WHY,
	FIELD_DIRECTORY,
	FIELD_CALL_ID,
	FIELD_SANDBOX,
	FIELD_MISSING,
	FIELD_PID,
	/* Of EVENT_DONE. */
	FIELD_BY,
	FIELD_DETAIL,
	FIELD_MS,
	FIELD_EXIT,
	FIELD_SIGNAL,
	FIELD_SCRIPT_PID,
	FIELD_REPEATS,
	FIELD_COUNT
};

/* Longer values are cut; the handler's own are shorter, a forger's may not. */
#define VALUE_MAX	1024

struct value {
	size_t length;			/* 0: absent, or empty */
	bool cut;
	char octets[VALUE_MAX];		/* any octets, no NUL at the end */
};

/* A decimal number of at most 18 digits; 0 where it is none. */
uint64_t value_number(const struct value *);
bool value_is(const struct value *, const char *text);

struct request {
	uint64_t usec;			/* when the journal received it */
	enum event event;
	struct value value[FIELD_COUNT];
};

/* Where to read; no directory and no files: this machine's journal. */
struct journal_place {
	const char *directory;
	const char **files;		/* ends in NULL; or NULL */
	const char *const *matches;	/* FIELD=VALUE as in journalctl */
	size_t match_count;
};

/*
 * Open, and let only entries of ours through that the matches admit.  Errors
 * are reported on stderr: NULL is returned after one.
 */
sd_journal *journal_open(const struct journal_place *);

/* The next entry.  1: is in *request, 0: none for now, -1: error, reported. */
int journal_next(sd_journal *, struct request *);

/*
 * Go to before the first entry from `since` on, or, with `lines` not
 * negative, to before the last so many of those up to `until` (UINT64_MAX:
 * no limit), be they before `since` or not.  0, or -1: error, reported.
 */
int journal_seek(sd_journal *, uint64_t since, uint64_t until, int64_t lines);

/*
 * Go to where a reader stopped: after the entry of this cursor, or where it was
 * if it is gone.  Begins with what came up to `back` microseconds before:
 * returns how many entries that is, or -1: error, reported.
 */
int64_t journal_resume(sd_journal *, const char *cursor, uint64_t back);

/* The cursor of the last entry of journal_next().  0, or -1: reported. */
int journal_cursor(sd_journal *, char *cursor, size_t size);

#endif
