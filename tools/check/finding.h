/*
 * finding.h - what is wrong, told one line each: for people, or as JSON.
 */
#ifndef CHECK_FINDING_H
#define CHECK_FINDING_H

#include <stdbool.h>

enum finding_level {
	FINDING_WARNING,		/* it may be meant */
	FINDING_ERROR			/* callers are not served, or wrongly */
};

/* From now on in JSON: an array, which finding_end() closes. */
void finding_use_json(void);

/*
 * Tell it: what it is about (a file's name, or "answer"), a stable token, and
 * what is wrong and what to do about it, in words.  `detail`, octets of
 * anybody's, follows the text; or NULL.
 */
void finding_tell(enum finding_level, const char *about, const char *token,
    const char *text, const char *detail, const char *hint);

/* Close the list.  Returns how many errors were told. */
unsigned finding_end(void);

#endif
