/*
 * stream.h - the connection on fd 0 and fd 1: messages one after the other
 * come in, answers go out whole, until the peer or we end it.
 */
#ifndef EACH_STREAM_H
#define EACH_STREAM_H

#include <poll.h>

#include "each/message.h"

struct stream_settings {
	unsigned request_timeout;	/* seconds */
	unsigned idle_timeout;		/* seconds, 0: none */
	uint64_t max_body;		/* octets */
	bool proxy_protocol;		/* a PROXY header comes first */
};

/*
 * Begin.  `peer` must stay; a PROXY header makes it the one that it names.
 */
void stream_open(struct peer *, const struct stream_settings *, int64_t now);

/*
 * What to wait for: pair[0] the input, pair[1] the output; and until when.
 * `busy`: a script runs for it, so it is not idle.
 */
void stream_poll(struct pollfd pair[2]);
int64_t stream_deadline(bool busy);

/* Read and write what can be. */
void stream_ready(const struct pollfd pair[2], bool busy, int64_t now);

/*
 * The next message that is there; it stays in the caller's struct until
 * stream_taken(), and comes again until then.  False: none for now.
 */
bool stream_next(struct message *, int64_t now);
void stream_taken(int64_t now);

/* Queue an answer, which goes out whole. */
void stream_send(const void *octets, size_t n);

/*
 * Is there room for a script's answer of any size and one of ours?  While
 * there is not, make none.
 */
bool stream_has_room(void);

/* Read no more. */
void stream_stop(void);

/* Stop waiting for the peer to take its answers. */
void stream_give_up(void);

/* Nothing more comes in, and nothing is left to go out. */
bool stream_is_over(void);

/*
 * Close, without taking the last answer from a peer that is still sending: if
 * there has been one, it is waited for a moment.
 */
void stream_close(void);

#endif
