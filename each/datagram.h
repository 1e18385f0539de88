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

/* The way back; addresses have 16 octets, IPv4 ones are mapped. */
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
 * Set the port that the answer to this request goes to: the source port where
 * the topmost Via has `rport`, else sent-by's, 5060 when it has none.
 */
void datagram_aim(struct datagram_route *, const struct sipmsg *,
    const unsigned char *buf);

/*
 * Send an answer, without waiting: what the network does not take is lost, as
 * any datagram may be.
 */
void datagram_send(const struct datagram_route *, const void *octets,
    size_t n);

/* Drop one datagram, or we would be started for it again and again. */
void datagram_drop(int fd);

#endif
