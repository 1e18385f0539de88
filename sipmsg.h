/*
 * sipmsg.h - octets to struct sipmsg: framing and grammar of a SIP request.
 *
 * Pure: no I/O, no allocation, no errno, no state but the caller's struct.
 * The caller owns the buffer; nothing is written into it, and every result
 * is a slice of it (offset and length), valid as long as the buffer holds
 * the same octets.  The message begins at offset 0 of the buffer: the caller
 * drops the empty lines that may precede it (sipmsg_empty_lines()).
 *
 * Use: append what arrives to the buffer and call sipmsg_scan() until it
 * returns something other than SIPMSG_MORE.  0: the head is complete, judge
 * it with sipcheck().  Negative: a fault that ends reading at once.
 * When the input ends early, sipmsg_end() says what to answer.  However the
 * octets are split over calls, the results are the same.
 */
#ifndef SIPMSG_H
#define SIPMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octet.h"
#include "sipuri.h"
#include "why.h"

/* Header fields in one message: the Apache module's limit of 100. */
#ifndef SIPMSG_MAX_FIELDS
#define SIPMSG_MAX_FIELDS 100
#endif
/*
 * Octets from the first of the start line through the LF of the empty line:
 * room for 100 fields of the size that proxies let pass, and the bound on
 * our memory.
 */
#ifndef SIPMSG_MAX_HEAD
#define SIPMSG_MAX_HEAD 65536
#endif
/* Octets of the start line without its line end. */
#define SIPMSG_MAX_START_LINE 8192

_Static_assert(SIPMSG_MAX_FIELDS >= 5 && SIPMSG_MAX_FIELDS <= 250,
    "field indices are 8 bits wide");
_Static_assert(SIPMSG_MAX_HEAD >= 512 && SIPMSG_MAX_HEAD <= 1 << 24,
    "slices are 32 bits wide, environments are bounded");

/* sipmsg_scan(): the head is not complete yet. */
#define SIPMSG_MORE 1

/* By which unknown names are found: a power of two. */
#define SIPMSG_BUCKETS 64

/* A field index that stands for "there is none". */
#define SIPMSG_NO_FIELD 255

/* The header fields that are known by name, in the order of their table. */
enum sipmsg_id {
	SIPMSG_ACCEPT_CONTACT,
	SIPMSG_ALLOW_EVENTS,
	SIPMSG_AUTHORIZATION,
	SIPMSG_CALL_ID,
	SIPMSG_CONTACT,
	SIPMSG_CONTENT_ENCODING,
	SIPMSG_CONTENT_LENGTH,
	SIPMSG_CONTENT_TYPE,
	SIPMSG_CSEQ,
	SIPMSG_EVENT,
	SIPMSG_FROM,
	SIPMSG_IDENTITY,
	SIPMSG_IDENTITY_INFO,
	SIPMSG_MAX_FORWARDS,
	SIPMSG_PROXY_AUTHENTICATE,
	SIPMSG_PROXY_AUTHORIZATION,
	SIPMSG_RECORD_ROUTE,
	SIPMSG_REFER_TO,
	SIPMSG_REFERRED_BY,
	SIPMSG_REJECT_CONTACT,
	SIPMSG_REQUEST_DISPOSITION,
	SIPMSG_SESSION_EXPIRES,
	SIPMSG_SUBJECT,
	SIPMSG_SUPPORTED,
	SIPMSG_TIMESTAMP,
	SIPMSG_TO,
	SIPMSG_VIA,
	SIPMSG_WWW_AUTHENTICATE,
	SIPMSG_KNOWN,			/* how many are known */
	SIPMSG_OTHER = SIPMSG_KNOWN	/* any other name */
};

/* One header field as it stands in the message (RFC 3261 7.3). */
struct sipmsg_field {
	struct slice name;		/* as sent: may be compact */
	struct slice value;		/* raw, but for white space at its
					   ends: folds are still in it */
	uint32_t hash;			/* of an unknown name, any case */
	uint8_t id;			/* enum sipmsg_id */
	uint8_t next;			/* next row of the same name */
	uint8_t neighbour;		/* of a first row: the next one in
					   its bucket */
	bool first;			/* first row of its name */
	bool folded;			/* the value holds line ends */
	bool plain_name;		/* letters, digits and "-" only */
};

struct sipmsg {
	/* The start line; slices are empty until it is complete. */
	bool has_start_line;		/* its line end has arrived */
	struct slice method;
	struct slice request_uri;
	struct sipuri uri;		/* valid when the URI is well-formed */
	bool uri_ok;

	uint8_t first[SIPMSG_KNOWN];	/* index of the first row of each
					   known name or SIPMSG_NO_FIELD */

	uint32_t headers_off;		/* octets before the first header */
	uint32_t head_len;		/* octets through the empty line: the
					   body starts here; 0 till known */

	/* Set by sipcheck(). */
	uint32_t cseq;			/* CSeq sequence number */
	bool has_content_length;
	uint64_t content_length;	/* octets */

	/* The first fault, WHY_NONE so far, and the octet it stands at. */
	enum why fault;
	uint32_t fault_at;

	/* Progress of sipmsg_scan(), of no use to others. */
	uint32_t line;			/* where the current line begins */
	uint32_t resume;		/* no line end before this octet */
	bool open;			/* the last field may go on */
	unsigned nlines;		/* header lines without folds */
	uint8_t bucket[SIPMSG_BUCKETS];	/* first rows of unknown names, by
					   hash: the latest of each */

	/* Header fields that arrived whole, in order; few are touched. */
	unsigned nfields;
	struct sipmsg_field field[SIPMSG_MAX_FIELDS];
};

/* Prepare for a new message. */
void sipmsg_init(struct sipmsg *);

/*
 * Prepare for a response instead, whose start line the caller judges: its
 * header lines begin at `headers_off` (RFC 3261 7.2).
 */
void sipmsg_init_response(struct sipmsg *, uint32_t headers_off);

/*
 * How many of the octets before a start line are complete empty lines, CRLF
 * or LF (RFC 3261 7.5, RFC 5626 3.5.1).
 */
size_t sipmsg_empty_lines(const unsigned char *buf, size_t len);

/*
 * Scan what has arrived: buf[0..len) is the message so far, from its first
 * octet.  Returns SIPMSG_MORE, 0 when the empty line has arrived (head_len
 * is set), or the negated reason of a fault that is answered at once, with
 * fault_at set.  Call it again with a longer buffer only after SIPMSG_MORE.
 */
int sipmsg_scan(struct sipmsg *, const unsigned char *buf, size_t len);

/*
 * The input ended, or the time was up, before sipmsg_scan() saw the empty
 * line.  Returns the negated reason to report: `why`, unless what did arrive
 * says more.  Fields whose line has ended count as whole.
 */
int sipmsg_end(struct sipmsg *, const unsigned char *buf, size_t len,
    enum why why);

/*
 * May this message be answered by us?  Not an ACK, nor a CANCEL that fails
 * (RFC 3261 17.1.1.3, 8.2.7): known by the octets before the first space,
 * however malformed the rest.
 */
bool sipmsg_is_answerable(const unsigned char *buf, size_t len);

/* Note a fault, unless an earlier one is noted: the first is reported. */
void sipmsg_fault(struct sipmsg *, enum why why, uint32_t at);

/* The first row of a known name, or NULL. */
const struct sipmsg_field *sipmsg_first(const struct sipmsg *,
    enum sipmsg_id);

/* The row after `f` of the same name, or NULL. */
const struct sipmsg_field *sipmsg_next(const struct sipmsg *,
    const struct sipmsg_field *f);

/* The long name of a known header field, e.g. "Call-ID". */
const char *sipmsg_name(enum sipmsg_id);

#endif
