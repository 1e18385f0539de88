/*
 * request.h - reading one request from fd 0, within its deadline and its
 * limits, and handing it on as the script's stdin.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <sys/types.h>

#include "sipmsg.h"

/* Room behind the head for what comes with it, and for parts of a body. */
#define REQUEST_CHUNK 65536

/*
 * Octets of empty lines before a start line: keep-alives of a peer that has
 * nothing to say (RFC 5626 3.5.1).
 */
#define REQUEST_MAX_BLANK 65536

struct request {
	size_t blank;			/* octets of empty lines dropped */
	size_t len;			/* octets in buf */
	uint64_t body_len;		/* octets of body that have arrived */
	int store;			/* memfd that holds the headers and
					   what was moved there, or -1 */
	off_t store_len;		/* octets in it */
	uint32_t stored;		/* buf before this is in the store */
	struct sipmsg msg;
	unsigned char buf[SIPMSG_MAX_HEAD + REQUEST_CHUNK];
};

struct request_limits {
	unsigned timeout;		/* seconds for the whole request */
	uint64_t max_body;		/* octets */
};

/*
 * Read one request and judge it.  The message begins at buf[0]; the head
 * stays there.  Returns 0 or a negated enum why; WHY_SYSTEM sets errno.
 * What arrived is in msg and buf in either case.
 */
int request_read(struct request *, bool is_socket,
    const struct request_limits *);

/*
 * Make the header lines, the empty line and the body fd 0: a memfd, so that
 * it is seekable and holds any body.  On a socket, what is queued behind the
 * message is thrown away first, without waiting, so that closing the
 * connection does not reset it.  Returns 0 or -WHY_SYSTEM with errno.
 */
int request_become_stdin(struct request *, bool is_socket);

/*
 * Throw away what is queued on the socket fd, at most 1 MiB.  Waits for more
 * until EOF or `milliseconds` have passed.
 */
void request_drain(int fd, int milliseconds);

/* Milliseconds of a clock that nobody sets (CLOCK_MONOTONIC). */
int64_t request_now(void);

#endif
