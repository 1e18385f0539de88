/*
 * answer.h - is what a script puts out an answer to the request?
 *
 * Where a response begins and ends, and what is none, sipcgi-each's
 * each/answer.h says.  What that completes is told here: a single-shot handler
 * sends what it gets.
 */
#ifndef CHECK_ANSWER_H
#define CHECK_ANSWER_H

#include "sipmsg.h"

struct answer_of {
	const struct sipmsg *msg;	/* the request; it passed sipcheck() */
	const unsigned char *buf;
	const char *handler;		/* its path, for a hint */
	bool completed;			/* by sipcgi-each, before it is sent */
	bool cut;			/* more was put out than is judged */
};

/* Tell what is wrong with the output. */
void answer_check(const struct answer_of *, const unsigned char *out,
    size_t len);

#endif
