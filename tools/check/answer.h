/*
 * answer.h - is what a script puts out an answer to the request?
 *
 * Harder than sipcgi-each's each/answer.h: what that completes or lets pass,
 * a single-shot handler sends as it is, so here it is told.
 */
#ifndef CHECK_ANSWER_H
#define CHECK_ANSWER_H

#include "sipmsg.h"

struct answer_of {
	const struct sipmsg *msg;	/* the request; it passed sipcheck() */
	const unsigned char *buf;
};

/* Tell what is wrong with the output. */
void answer_check(const struct answer_of *, const unsigned char *out,
    size_t len);

#endif
