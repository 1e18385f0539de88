/*
 * metrics.h - what happened to requests as counters for Prometheus, which go
 * on from one run to the next.
 *
 * The format is Prometheus's text format 0.0.4: node_exporter's textfile
 * collector reads no other.
 */
#ifndef METRICS_H
#define METRICS_H

#include "journal.h"
#include "process.h"

/* Octets of an entry's cursor at most, with the NUL. */
#define CURSOR_SIZE	512

struct metrics {
	void *series;			/* of tsearch(3) */
	void *scripts;			/* the same: those with a label */
	size_t nscripts;
	struct processes processes;
	char cursor[CURSOR_SIZE];	/* the last entry counted, "": none */
};

/*
 * Begin with zeros, so that the first refusal or error of a kind is seen as an
 * increase.
 */
void metrics_begin(struct metrics *);

/*
 * Then go on from what metrics_show() once wrote, with its cursor; where the
 * file does not exist nothing changes.  Returns 0 or an exit status; the error
 * is reported.
 */
int metrics_read(struct metrics *, const char *file);

/* Count a request; or only learn from it what process it became. */
void metrics_add(struct metrics *, const struct request *);
void metrics_learn(struct metrics *, const struct request *);

/* All counters, and the cursor. */
void metrics_show(const struct metrics *);

#endif
