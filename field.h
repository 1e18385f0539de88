/*
 * field.h - copying header fields out of a message: unfolded, trimmed, rows
 * joined, the topmost Via stamped with where it came from.
 *
 * Pure, as sipmsg.h is.
 */
#ifndef FIELD_H
#define FIELD_H

#include "peer.h"
#include "sipmsg.h"
#include "text.h"

/* The value of one row; a fold with the white space around it is one SP. */
void field_put(struct text *, const unsigned char *buf,
    const struct sipmsg_field *);

/* All rows of the name, from the first on, joined with ", ". */
void field_put_rows(struct text *, const struct sipmsg *,
    const unsigned char *buf, const struct sipmsg_field *first);

/*
 * The topmost Via row.  When the peer is known its first value gets
 * `received` and `rport` (RFC 3261 18.2.1, RFC 3581 4): a received that is
 * there is removed, the value of rport replaced; received is added when
 * sent-by is not the peer's address or rport is there.  A value that is
 * malformed, or without a known peer, stays as it came.
 */
void field_put_topmost_via(struct text *, const unsigned char *buf,
    const struct sipmsg_field *, const struct peer *);

/*
 * The tag parameter of a From or To value (RFC 3261 20.20, 20.39), as far as
 * it is a token.  False when there is none; *tag is then of no use.
 */
bool field_find_tag(const unsigned char *buf, struct slice value,
    struct slice *tag);

/* Has the value one, be it empty? */
bool field_has_tag(const unsigned char *buf, struct slice value);

/* Octets of a tag in text, without a NUL. */
#define FIELD_TAG_LEN 16

/*
 * The tag for the To of an answer: a hash of Call-ID, From, CSeq number,
 * Request-URI and topmost Via as received, so that a retransmission and the
 * CANCEL of an INVITE get the same one (RFC 3261 8.2.7, 9.2, 19.3).
 */
void field_put_tag(struct text *, const struct sipmsg *,
    const unsigned char *buf);

#endif
