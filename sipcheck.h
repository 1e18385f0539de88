/*
 * sipcheck.h - is this message a request that may be run?  The rules for
 * header fields of RFC 3261 8.2, 18.3 and 20.
 *
 * Pure, as sipmsg.h is.
 */
#ifndef SIPCHECK_H
#define SIPCHECK_H

#include "sipmsg.h"

struct sipcheck_limits {
	uint64_t max_body;		/* octets, under 2^60 */
	bool on_stream;			/* input has no end of its own: the
					   length of a body must be said */
};

/*
 * Judge a message whose head sipmsg_scan() found complete.  Returns 0, or a
 * negated reason with m->fault and m->fault_at set.  The rules, and the
 * leniencies chosen, stand at the functions.  Not judged: URIs in To, From
 * and Contact, tags, branches, Max-Forwards' value, Date, Require, the body.
 */
int sipcheck(struct sipmsg *m, const unsigned char *buf,
    const struct sipcheck_limits *limits);

/*
 * Content-Length judged for itself, whatever else is wrong: where a message
 * ends that is refused, so that a stream can go on after it (RFC 3261 18.3).
 * For a complete head.  True where there is one, valid and within the limit:
 * *length is set then.
 */
bool sipcheck_length(const struct sipmsg *m, const unsigned char *buf,
    const struct sipcheck_limits *limits, uint64_t *length);

#endif
