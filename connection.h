/*
 * connection.h - what fd 0 is, and who is at its other end.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "peer.h"

/*
 * Learn the peer of fd 0: from the kernel on an Internet socket, unless
 * stunnel made it, else from what the super-server put into the environment
 * (REMOTE_ADDR, TCPREMOTEIP, REMOTE_HOST ...), else 127.0.0.1 and
 * localhost:5060 (RFC 3050 5.5.1.7).
 * Says whether fd 0 is a socket; else it is a pipe, a file or a terminal.
 * Returns 0, or a negated enum why: WHY_PEER_GONE, WHY_LISTENING_SOCKET,
 * WHY_DATAGRAM_SOCKET (one datagram has been read and dropped, so that the
 * super-server does not start us for it for ever), WHY_SYSTEM with errno.
 */
int connection_learn(struct peer *, bool *is_socket,
    char *const *environment);

#endif
