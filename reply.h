/*
 * reply.h - the answers that are ours: 400, 500 and 505 (RFC 3261 8.2.6).
 *
 * Pure, as sipmsg.h is.
 */
#ifndef REPLY_H
#define REPLY_H

#include "field.h"
#include "peer.h"
#include "sipmsg.h"

/* The head once more, with what we add to it. */
#define REPLY_SIZE (SIPMSG_MAX_HEAD + 1024)

/*
 * Write the answer to a request that is not run.  It echoes what arrived
 * whole and clean: a value with a control octet other than HTAB is left
 * out.  The caller has asked sipmsg_is_answerable().  Text of REPLY_SIZE
 * never becomes full.
 */
void reply_build(struct text *, const struct sipmsg *,
    const unsigned char *buf, const struct peer *, enum why,
    const char *software);

#endif
