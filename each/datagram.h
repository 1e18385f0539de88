/*
 * datagram.h - UDP sockets: datagrams with where they came from and to, and
 * answers that go back the same way (RFC 3261 18.2.2, RFC 3581 4).
 */
#ifndef EACH_DATAGRAM_H
#define EACH_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "peer.h"
#include "sipmsg.h"

/* Sockets that a super-server may hand over. */
#define DATAGRAM_MAX_SOCKETS 16
/* Octets: no datagram is larger. */
#define DATAGRAM_SIZE 65536
/* Octets of an answer: what IPv4 carries, so that both do. */
#define DATAGRAM_MAX_ANSWER 65507

/* The way back; addresses of 16 octets, IPv4 ones mapped. */
struct datagram_route {
	unsigned char to[16];		/* the datagram's source */
	unsigned char from[16];		/* the address that it came to */
	uint32_t scope;			/* of a link-local address */
	uint16_t port;			/* where the answer goes */
	uint8_t socket;			/* which of them */
};

/*
 * Take n sockets, from descriptor `first` on.  Returns 0, or a negated enum
 * why: WHY_LISTENING_SOCKET for any stream socket, WHY_SYSTEM with errno,
 * EAFNOSUPPORT for one that is not of the Internet, E2BIG for too many.
 */
int datagram_open(int first, unsigned n);

/* How many there are, and the descriptor of one. */
unsigned datagram_sockets(void);
int datagram_fd(unsigned socket);

/*
 * Take one datagram, without waiting, into buf of DATAGRAM_SIZE octets.
 * Returns its length, or -1 when there is none.  The route's port is the
 * source port.
 */
ssize_t datagram_receive(unsigned socket, unsigned char *buf,
    struct datagram_route *, struct peer *);

/*
 * Aim at where the answer to this request goes: the source port with `rport`
 * in the topmost Via, else sent-by's, 5060 without one.
 */
void datagram_aim(struct datagram_route *, const struct sipmsg *,
    const unsigned char *buf);

/*
 * Send an answer, without waiting: what the network does not take is lost, as
 * it may be on any way.
 */
void datagram_send(const struct datagram_route *, const void *octets,
    size_t n);

/* Take one datagram and drop it, so that nobody starts us for it for ever. */
void datagram_drop(int fd);

#endif
