/*
 * script.h - from the Request-URI to the file that answers it.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <limits.h>

#include "sipmsg.h"
#include "text.h"

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
	SCRIPT_COPY,			/* beside a script, by its ending */
	SCRIPT_WRITABLE			/* by others: ends the search */
};

struct script_try {
	const char *name;
	enum script_verdict verdict;
	int error;			/* errno of SCRIPT_ABSENT and
					   SCRIPT_NOT_EXECUTABLE, else 0 */
};

/* Octets that the names, the path and the interpreter take at most. */
#define SCRIPT_ROOM (SIPURI_USER_GROWS * SIPMSG_MAX_START_LINE + 8 + \
	PATH_MAX + SCRIPT_MAX_INTERPRETER + 1)

struct script {
	const char *path;		/* absolute */
	const char *name;		/* its last part; also of what ended
					   the search */
	const char *interpreter;	/* of "#!", or NULL */
	unsigned ntries;
	struct script_try tries[SCRIPT_MAX_TRIES];
};

/*
 * Enter the directory and make sure that it may be served from.  Returns 0, or
 * a negated enum why with errno.
 */
int script_enter(const char *directory);

/* What would become of a file of this name in the working directory. */
struct script_try script_look(const char *name);

/*
 * Enter the directory (an absolute path) and find the script: the first of
 * the names that is a regular file this process may execute.  It must be an
 * ELF file or begin with "#!" and an interpreter that is there.  A file that
 * others may write to ends the search; a copy that an editor or a package
 * manager left beside a script is passed over.  The strings go to the room,
 * which is the owner's, must stay, and has SCRIPT_ROOM left.  Returns 0, or a
 * negated enum why with errno.  The working directory is the directory
 * afterwards, also without a script.
 */
int script_choose(struct script *, const char *directory,
    const struct sipmsg *, const unsigned char *buf, struct text *room);

/* Why a name was, or was not, taken: a phrase for people, and a token. */
const char *script_verdict_text(const struct script_try *);
const char *script_verdict_token(const struct script_try *);

/*
 * The first name tried that is there but was passed over, since it is not
 * executable, no regular file, or a copy; NULL: none.
 */
const struct script_try *script_skipped(const struct script *);

/*
 * A name in the working directory that differs from this one in the case of
 * letters alone, NULL: none.  For --explain: it reads the directory.  Valid
 * until the next call.
 */
const char *script_other_case(const char *name);

#endif
