/*
 * explain.h - what --explain prints: what would happen to this message.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "outcome.h"
#include "request.h"
#include "script.h"

struct explain {
	const struct outcome *outcome;
	const struct request *request;
	const struct script *script;	/* ntries is 0 before the choice */
};

/*
 * Print it on stdout, for people or as JSON.  Returns the exit status: 0
 * would exec, 1 would not.
 */
int explain_print(const struct explain *, bool json);

#endif
