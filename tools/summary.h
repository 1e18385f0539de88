/*
 * summary.h - what happened to the requests of a span of time.
 */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <stddef.h>

#include "done.h"
#include "journal.h"
#include "tally.h"

struct summary {
	uint64_t first, last;		/* the times of the outermost ones */
	uint64_t total, count[EVENT_KINDS];
	struct tally scripts;		/* script, method */
	struct tally skipped;		/* file, why */
	struct tally reasons[EVENT_KINDS];	/* why; status, or
					   errno, script, directory */
	struct tally peers;		/* address */
	struct done done;		/* of sipcgi-each */
	struct tally minutes;		/* local time, see histogram.h */
};

void summary_add(struct summary *, const struct request *);

/*
 * For people, with at most `top` rows of each table (0: all), and the
 * histogram with so many minutes to a line (0: as fits).
 */
void summary_show(const struct summary *, size_t top, unsigned minutes);

/* The same as one JSON object on one line. */
void summary_show_json(const struct summary *, size_t top, unsigned minutes);

#endif
