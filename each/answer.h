/*
 * answer.h - makes responses that can be sent of a script's output, and writes
 * the answers that are sipcgi-each's own (RFC 3050 5.6, RFC 3261 8.2.6).
 *
 * Pure, as sipmsg.h is.
 *
 * The output is in the caller's buffer, from its first octet on, and stays
 * there: append what arrives and call answer_next() until it returns
 * ANSWER_MORE; read on; call it again.  When the output has ended, call it
 * with `ended`.
 */
#ifndef EACH_ANSWER_H
#define EACH_ANSWER_H

#include "peer.h"
#include "reply.h"
#include "sipmsg.h"

/*
 * Octets of a script's output, at most: two datagrams' worth, or one response
 * with the largest head and as large a body.
 */
#ifndef ANSWER_MAX
#define ANSWER_MAX 131072
#endif

/* Octets of the largest UDP payload over IPv4: a longer answer is bad there. */
#define ANSWER_MAX_DATAGRAM 65507

/*
 * What is sent, at most: the output, a CR for each line of its head, and what
 * a reply echoes of the request.
 */
#define ANSWER_SIZE (ANSWER_MAX + SIPMSG_MAX_HEAD + REPLY_SIZE)

/* The request that is answered; it passed sipcheck(). */
struct answer_request {
	const struct sipmsg *msg;
	const unsigned char *buf;
	const struct peer *peer;
};

enum answer_event {
	ANSWER_MORE,			/* no response is complete */
	ANSWER_RESPONSE,		/* one is: see the struct */
	ANSWER_NONE,			/* the output ended, and nothing but
					   empty lines was left of it */
	ANSWER_BAD			/* `fault` says why; for good */
};

enum answer_fault {
	ANSWER_FAULT_NONE,
	ANSWER_FAULT_NOT_SIP,		/* it begins with no status line */
	ANSWER_FAULT_ACTION,		/* CGI-PROXY-REQUEST and its like */
	ANSWER_FAULT_STATUS_LINE,
	ANSWER_FAULT_NUL,
	ANSWER_FAULT_BARE_CR,
	ANSWER_FAULT_HEADER,		/* a malformed header line */
	ANSWER_FAULT_REPEATED,		/* To, From, Call-ID, CSeq, a length
					   or a type */
	ANSWER_FAULT_LENGTH,		/* Content-Length is not a number */
	ANSWER_FAULT_CUT_HEAD,		/* it ends before the empty line */
	ANSWER_FAULT_CUT_BODY,		/* it ends before Content-Length */
	ANSWER_FAULT_CALL_ID,		/* another request's */
	ANSWER_FAULT_CSEQ,		/* malformed, or another request's */
	ANSWER_FAULT_VIA,		/* malformed, or another branch */
	ANSWER_FAULT_LARGE,		/* over ANSWER_MAX, or in the head
					   over what sipmsg.h takes */
	ANSWER_FAULTS
};

struct answer {
	/* The response that ANSWER_RESPONSE is about. */
	uint16_t status;		/* 100 to 699 */
	uint32_t start;			/* its first octet in the output */
	uint32_t body_off;		/* in the output */
	uint32_t body_len;		/* octets */

	enum answer_fault fault;

	/*
	 * The To field of the last provisional response that had a tag, in
	 * the output: our own answers name the same dialog.  Its name is
	 * empty when there was none.
	 */
	struct sipmsg_field to;

	/* Progress of answer_next(), of no use to others. */
	enum {
		ANSWER_BETWEEN,		/* where a status line is to come */
		ANSWER_IN_HEAD,
		ANSWER_IN_BODY
	} state;
	uint32_t at;			/* the next response begins here */
	uint32_t seen;			/* no LF from there to this octet */
	bool to_end;			/* its body ends with the output */
	struct sipmsg msg;		/* its head; offsets from `start` */
};

/* No output yet. */
void answer_init(struct answer *);

/*
 * The next response of out[0..len), len at most ANSWER_MAX; `ended`: there
 * will be no more.  Returns ANSWER_RESPONSE for one after the other, which
 * answer_build() writes before the next call.  After a final response (status
 * 200 or more) it is not called again: what follows is dropped.  When len is
 * ANSWER_MAX and a response is still incomplete, that is ANSWER_BAD unless
 * `ended`: no more would fit.  Without a request (NULL) what the response
 * echoes of it is not judged.
 */
enum answer_event answer_next(struct answer *, const struct answer_request *,
    const unsigned char *out, size_t len, bool ended);

/*
 * Write the response that answer_next() found, as it is sent: LF to CRLF in the
 * head, CGI- fields taken out, and what is missing added: Via (all rows, the
 * topmost as SIP_VIA has it), From, To (one without a tag counts as missing,
 * but in a 100), Call-ID, CSeq, Record-Route (101 to 299 of INVITE, SUBSCRIBE,
 * REFER), Content-Length.  A complete one is written octet for octet.  Text of
 * ANSWER_SIZE never becomes full.
 */
void answer_build(struct text *, const struct answer *,
    const struct answer_request *, const unsigned char *out);

/*
 * Write an answer of our own: 100 (with Timestamp, without a tag), 200 to a
 * CANCEL, 481, 487, 500, 503 or 504.  `said` and `out` are what the script has
 * said so far, NULL for nothing: if it named a To, that is used.  Text of
 * ANSWER_SIZE never becomes full.
 */
void answer_own(struct text *, const struct answer_request *,
    unsigned status, const struct answer *said, const unsigned char *out,
    const char *software);

/* What was wrong, for the log: "another Call-ID". */
const char *answer_fault_text(enum answer_fault);

#endif
