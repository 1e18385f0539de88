/*
 * done.h - how the scripts that sipcgi-each ran have ended: what was answered,
 * how long that took, and how often it went wrong.
 */
#ifndef DONE_H
#define DONE_H

#include <stddef.h>

#include "journal.h"
#include "process.h"

/* 2xx to 6xx, by their first digit; 0: none was sent, as for an ACK. */
#define DONE_CLASSES 7

struct done {
	uint64_t total;
	uint64_t answers[DONE_CLASSES];
	uint64_t ours;			/* 500 and 504 in a script's place */
	uint64_t repeats;		/* requests and ACKs absorbed */
	struct processes processes;
	void *scripts;			/* of tsearch(3) */
	size_t nscripts;
};

/* An EVENT_DONE; `processes` must know of the event before it. */
void done_add(struct done *, const struct request *);

/* Tables, with at most `top` scripts (0: all); nothing when there is none. */
void done_show(const struct done *, size_t top);

/* The same as members of a JSON object, each with a comma before it. */
void done_show_json(const struct done *, size_t top);

#endif
