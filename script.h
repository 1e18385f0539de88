/*
 * script.h - from the Request-URI to the file that answers it.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <limits.h>

#include "sipmsg.h"

/* user@host, @host, default.cgi. */
#define SCRIPT_MAX_TRIES 3

/* The kernel reads as much of a script for its "#!" line. */
#define SCRIPT_MAX_INTERPRETER 256

enum script_verdict {
	SCRIPT_TAKEN,
	SCRIPT_UNNAMEABLE,		/* "/" in it, or "." or "-" first */
	SCRIPT_TOO_LONG,		/* over 255 octets */
	SCRIPT_ABSENT,			/* cannot be looked up: errno */
	SCRIPT_NOT_REGULAR,
	SCRIPT_NOT_EXECUTABLE,
	SCRIPT_WRITABLE			/* by others: ends the search */
};

struct script_try {
	const char *name;
	enum script_verdict verdict;
	int error;			/* errno of SCRIPT_ABSENT */
};

struct script {
	const char *path;		/* absolute */
	const char *name;		/* its last part */
	char interpreter[SCRIPT_MAX_INTERPRETER];	/* of "#!", or "" */
	struct script_try tries[SCRIPT_MAX_TRIES];
	unsigned ntries;
	char *room;			/* the free part of octets */
	/* The names' octets, and behind them those of the path. */
	char octets[2 * SIPMSG_MAX_START_LINE + 8 + PATH_MAX];
};

/*
 * Enter the directory (an absolute path) and find the script: the first of
 * the names that is a regular file this process may execute.  It must be an
 * ELF file or begin with "#!" and an interpreter that is there.  Returns 0,
 * or a negated enum why with errno.  The working directory is the directory
 * afterwards, also without a script.
 */
int script_choose(struct script *, const char *directory,
    const struct sipmsg *, const unsigned char *buf);

/* Why a name was, or was not, taken: a phrase for people. */
const char *script_verdict_text(const struct script_try *);

#endif
