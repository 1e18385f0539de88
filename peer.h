/*
 * peer.h - who is talking to whom: the addresses of the connection on fd 0.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* Room for any address in text, with its NUL. */
#define PEER_ADDRESS_SIZE 46

enum peer_input {
	PEER_INET,			/* a TCP connection */
	PEER_UNIX,			/* another stream socket */
	PEER_FILE			/* a pipe, a file, a terminal */
};

struct peer {
	enum peer_input input;
	/*
	 * The remote address is the kernel's or the super-server's word, not
	 * the stand-in for a message that was made on this machine.
	 */
	bool known;
	unsigned char binary[16];	/* remote address; IPv4 is mapped */
	char remote_addr[PEER_ADDRESS_SIZE];	/* IPv6 has no brackets,
					   ::ffff:a.b.c.d is a.b.c.d */
	uint16_t remote_port;		/* 0: unknown */
	char local_addr[PEER_ADDRESS_SIZE];
	uint16_t local_port;		/* never 0 */
};

/*
 * Learn the peer of fd 0: from the kernel on an Internet socket, else from
 * what the super-server put into the environment (REMOTE_ADDR, TCPREMOTEIP,
 * REMOTE_HOST ...), else 127.0.0.1 and localhost:5060 (RFC 3050 5.5.1.7).
 * Returns 0, or a negated enum why: WHY_PEER_GONE, WHY_LISTENING_SOCKET,
 * WHY_DATAGRAM_SOCKET (one datagram has been read and dropped, so that the
 * super-server does not start us for it for ever), WHY_SYSTEM with errno.
 */
int peer_learn(struct peer *, char *const *environment);

/*
 * Write an address of 16 octets, an IPv4-mapped one as the IPv4 it is, and
 * IPv6 as RFC 5952 has it; at most PEER_ADDRESS_SIZE - 1 octets.
 */
void peer_put_address(struct text *, const unsigned char binary[16]);

#endif
