/*
 * message.h - a message that has arrived, from a stream or as a datagram, as
 * those hand it to the service.
 */
#ifndef EACH_MESSAGE_H
#define EACH_MESSAGE_H

#include "each/datagram.h"
#include "peer.h"
#include "sipmsg.h"

struct message {
	const struct sipmsg *msg;	/* sipcheck() passed it, or `why` */
	const unsigned char *buf;	/* its head, at the beginning */
	uint64_t body;			/* octets, all of which are there: */
	int store;			/* head and body, see store.h; -1: in
					   buf, behind the head */
	enum why why;			/* it is to be refused; WHY_NONE */
	int error;			/* errno of WHY_SYSTEM */
	size_t len;			/* octets in buf of what is refused */
	const struct peer *peer;
	const struct datagram_route *route;	/* NULL: a stream */
};

#endif
