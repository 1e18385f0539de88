/*
 * frame.h - where a message begins and ends: in a stream of them, and in a
 * datagram (RFC 3261 7.5, 18.3; RFC 5626 3.5.1).
 *
 * Pure, as sipmsg.h is, whose iterator and sipcheck() do the work.
 *
 * A stream: the caller's buffer begins with the first octet that is not used
 * yet.  It calls
 *
 *	frame_keepalives()	between messages: octets to drop from the
 *				buffer's beginning, CRLFs to send
 *	frame_head()		with what is there: FRAME_MORE, read on;
 *				FRAME_REQUEST, run it; FRAME_REFUSED, answer
 *				it and, if goes_on, read on
 *	frame_end()		instead, when the input ends or time is up
 *	frame_body()		how many of the octets behind the head, and
 *				of those that come later, are its body
 *	frame_next()		when body_left is 0 and the head is dropped
 *
 * How the octets are split over calls makes no difference.
 */
#ifndef EACH_FRAME_H
#define EACH_FRAME_H

#include "sipcheck.h"
#include "sipmsg.h"

/*
 * Octets of empty lines between two messages: keep-alives of a peer that has
 * nothing to say (with one CRLFCRLF every 30 s they last for 5 days).
 */
#define FRAME_MAX_EMPTY 65536

enum frame_event {
	FRAME_MORE,			/* the head is not complete */
	FRAME_REQUEST,			/* it is, of a request to run */
	FRAME_REFUSED			/* `why` says why it is not run */
};

struct frame {
	enum why why;			/* of FRAME_REFUSED */
	/*
	 * After FRAME_REFUSED: the message's end is known, there is more to
	 * read after it.  Else the stream ends here: where the next message
	 * begins can't be known.
	 */
	bool goes_on;
	uint64_t body;			/* octets of the whole body */
	uint64_t body_left;		/* those that frame_body() has not
					   counted yet */
	size_t empty;			/* octets of empty lines since the
					   last message */
	bool half_ping;			/* one CRLF of a CRLFCRLF was there */
	struct sipmsg msg;		/* the message at the buffer's
					   beginning, as far as it is there */
};

/* The stream begins. */
void frame_init(struct frame *);

/*
 * Between messages: the octets of empty lines that buf begins with.  The
 * caller drops them and sends *pongs CRLFs, one for each CRLFCRLF
 * (RFC 5626 4.4.1).  When frame->empty exceeds FRAME_MAX_EMPTY it closes.
 */
size_t frame_keepalives(struct frame *, const unsigned char *buf, size_t len,
    unsigned *pongs);

/*
 * The message that begins at buf[0]; there are no empty lines before it.
 * Returns FRAME_MORE, to be called again with a longer buffer; FRAME_REQUEST,
 * with msg judged by sipcheck() and `body` set; or FRAME_REFUSED, with `why`.
 * What is refused is answered only if sipmsg_is_answerable() and `why` has a
 * status (that of a response has none).
 */
enum frame_event frame_head(struct frame *, const unsigned char *buf,
    size_t len, const struct sipcheck_limits *);

/*
 * The input ended, or time is up (`why`: WHY_HEAD_CUT or WHY_TIMEOUT), while
 * frame_head() says FRAME_MORE.  FRAME_REFUSED; with no octet of a message
 * there, FRAME_MORE: nothing was cut.
 */
enum frame_event frame_end(struct frame *, const unsigned char *buf,
    size_t len, enum why why);

/*
 * Of `len` octets that follow the head, or the body so far: how many are body.
 * It counts them: body_left is what is still to come.
 */
size_t frame_body(struct frame *, size_t len);

/* The message has been dealt with, and its octets are dropped. */
void frame_next(struct frame *);

/*
 * One datagram.  The message is datagram[*start..]: empty lines may precede
 * it.  FRAME_REQUEST, with `body` octets after the head: what follows them is
 * surplus; FRAME_REFUSED: answer it, as above, also when its body is cut off
 * (RFC 3261 18.3); FRAME_MORE: no SIP request, which gets no word.
 */
enum frame_event frame_datagram(struct frame *, const unsigned char *datagram,
    size_t len, const struct sipcheck_limits *, size_t *start);

#endif
