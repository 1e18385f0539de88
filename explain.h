/*
 * explain.h - what --explain prints: what would happen to this message.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "env.h"
#include "request.h"
#include "script.h"

struct explain {
	enum why why;			/* WHY_NONE: it would be run */
	int error;			/* errno, 0: none */
	bool answered;			/* a fault would be answered */
	const struct request *request;
	const struct script *script;	/* ntries is 0 before the choice */
	const struct env *env;		/* when it would be run */
	const char *sandbox;		/* level and Landlock ABI, or NULL */
	const char *missing;		/* what it lacks, or NULL */
};

/*
 * Print it on stdout, for people or as JSON.  Returns the exit status: 0
 * would exec, 1 would not.
 */
int explain_print(const struct explain *, bool json);

#endif
