/*
 * peer.h - who is talking to whom: the addresses of a connection.
 *
 * Pure, as sipmsg.h is.
 */
#ifndef PEER_H
#define PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "text.h"

/* Room for any address in text, with its NUL. */
#define PEER_ADDRESS_SIZE 46

struct peer {
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

/* What the kernel writes an address to. */
union peer_sockaddr {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage storage;
};

/*
 * Nobody is known: the message was made on this machine, 127.0.0.1 to
 * localhost:5060 (RFC 3050 5.5.1.7).  The two below add to it.
 */
void peer_set_local(struct peer *);

/* Addresses of 16 octets, an IPv4 one mapped, and ports. */
void peer_set(struct peer *, const unsigned char remote[16],
    uint16_t remote_port, const unsigned char local[16],
    uint16_t local_port);

/* Such an address, and the port, out of one of AF_INET or AF_INET6. */
uint16_t peer_read_sockaddr(const union peer_sockaddr *,
    unsigned char binary[16]);

/*
 * What super-servers say where fd 0 does not: REMOTE_* (systemd), TCP*
 * (UCSPI), REMOTE_HOST (stunnel), SOCAT_*, NCAT_*.  It counts only if it is
 * what it should be: an IP literal, a port.
 */
void peer_set_environment(struct peer *, char *const *environment);

/*
 * stunnel starts a program on a TCP connection that it makes to itself.  Where
 * both ends are loopback addresses, which the caller has asked, REMOTE_HOST
 * and REMOTE_PORT name the peer, if they name another address.
 */
void peer_set_behind_stunnel(struct peer *, char *const *environment);
bool peer_is_loopback(const unsigned char binary[16]);

/*
 * Write an address of 16 octets, an IPv4-mapped one as the IPv4 it is, and
 * IPv6 as RFC 5952 has it; at most PEER_ADDRESS_SIZE - 1 octets.
 */
void peer_put_address(struct text *, const unsigned char binary[16]);

#endif
