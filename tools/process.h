/*
 * process.h - which script a process became, for what is logged at its end:
 * the handler's entry names the script, sipcgi-each's the process.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stddef.h>

#include "journal.h"

struct process;

struct processes {
	void *tree;			/* of tsearch(3) */
};

/* Take note of an event before the process's end. */
void process_began(struct processes *, const struct request *);

/*
 * The script of an EVENT_DONE's process: in *length octets, at most
 * TALLY_PART_MAX, until the next call.  0 octets: not known.
 */
const char *process_script(const struct processes *, const struct request *,
    size_t *length);

#endif
