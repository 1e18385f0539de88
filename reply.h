/*
 * reply.h - the answers that are ours (RFC 3261 8.2.6).
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

/* What an answer says of its own; the rest echoes the request. */
struct reply {
	unsigned status;		/* 100 to 699 */
	const char *phrase;
	const char *software;
	/*
	 * A To value in place of the request's, in a buffer of its own; NULL:
	 * the request's, with the tag that is computed when it has none.
	 */
	const struct sipmsg_field *to;
	const unsigned char *to_buf;
};

/*
 * Write an answer.  It echoes what arrived whole and clean: a value with a
 * control octet other than HTAB is left out.  A 100 gets no tag that the
 * request has not, and has its Timestamp (8.2.6.1).  Text of REPLY_SIZE never
 * becomes full, unless a To of others makes it.
 */
void reply_put(struct text *, const struct sipmsg *, const unsigned char *buf,
    const struct peer *, const struct reply *);

/*
 * The same for a request that is not run.  The caller has asked
 * sipmsg_is_answerable().
 */
void reply_build(struct text *, const struct sipmsg *,
    const unsigned char *buf, const struct peer *, enum why,
    const char *software);

/*
 * Lines of an answer that echo the request's, each with its CRLF, or nothing
 * where there is none that is whole and clean: all Via rows, the topmost
 * stamped; all rows of a name; To, with the tag that is computed if it has none
 * and `tag`.
 */
void reply_put_vias(struct text *, const struct sipmsg *,
    const unsigned char *buf, const struct peer *);
void reply_put_rows(struct text *, const struct sipmsg *,
    const unsigned char *buf, enum sipmsg_id);
void reply_put_to(struct text *, const struct sipmsg *,
    const unsigned char *buf, bool tag);

#endif
