/*
 * sipvia.h - the topmost Via value (RFC 3261 18.2.1, 20.42; RFC 3581).
 *
 * Pure, as sipmsg.h is.
 */
#ifndef SIPVIA_H
#define SIPVIA_H

#include "sipmsg.h"

struct sipvia {
	struct slice host;		/* of sent-by, raw */
	struct slice port;		/* of sent-by, digits; empty: none */
	uint32_t params;		/* where the parameters begin */
	uint32_t end;			/* where they end: a comment, a comma
					   or the end of the row follows */
};

struct sipvia_param {
	struct slice whole;		/* from the ";" through the value */
	struct slice name;
};

/*
 * Judge the first value of the row:
 *
 *   protocol-name SLASH version SLASH transport LWS sent-by *(SEMI param)
 *       [ comment ]
 *   param = token [ EQUAL ( 1*( visible octet but , ; and " ) /
 *       quoted-string ) ]
 *
 * Any protocol and transport pass, addresses in parameters with or without
 * brackets (RFC 5118 4.5), what is not a token in a branch, port 0, and the
 * comment of RFC 2543. Returns 0, or -1 with *at at the fault;
 * `via` is then left alone.
 */
int sipvia_parse(const unsigned char *buf, struct slice row,
    struct sipvia *via, uint32_t *at);

/*
 * One parameter; *pos is via->params at first.  Returns 1 with *pos after
 * it, 0 at the end of the value, -1 with *pos at the fault (never in a value
 * that sipvia_parse() accepted).
 */
int sipvia_next_param(const unsigned char *buf, uint32_t *pos, uint32_t end,
    struct sipvia_param *param);

/*
 * The value of the first parameter of this name, which is in lower case; empty
 * when it has none.  False: there is no such parameter.
 */
bool sipvia_find_param(const unsigned char *buf, const struct sipvia *,
    const char *name, struct slice *value);

#endif
