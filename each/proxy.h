/*
 * proxy.h - haproxy's PROXY header, versions 1 and 2: whose connection this
 * is (haproxy's doc/proxy-protocol.txt).
 *
 * Pure: no I/O, no allocation, no state but the caller's.
 */
#ifndef EACH_PROXY_H
#define EACH_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Octets of a header, at most: a version 1 line has 107, a version 2 header
 * 16 and then as many as its sender likes, for TLVs such as certificates.
 */
#define PROXY_MAX 4096

#define PROXY_MORE 1			/* not all of it has arrived */
#define PROXY_BAD (-1)			/* it is none, or a malformed one */

struct proxy {
	size_t len;			/* octets of the header */
	/*
	 * LOCAL of version 2: the proxy speaks for itself, most likely to
	 * see whether we are there.
	 */
	bool local;
	/*
	 * The header says who is talking to whom.  Not where it is LOCAL,
	 * UNKNOWN, or of a family other than IPv4 and IPv6: then the socket
	 * does.
	 */
	bool has_addresses;
	unsigned char remote[16];	/* IPv4 is mapped */
	unsigned char here[16];
	uint16_t remote_port;		/* 0 to 65535, as the header has it */
	uint16_t here_port;
};

/*
 * Read the header at the beginning of a connection; buf[0..len) is all that
 * has arrived.  Returns 0, PROXY_MORE, or PROXY_BAD as soon as this cannot be a
 * header; only with 0 is the struct set.  What follows the header, from
 * buf[proxy->len] on, is the peer's.  How the octets are split over calls makes
 * no difference.
 */
int proxy_parse(struct proxy *, const unsigned char *buf, size_t len);

#endif
