#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "why.h"

static int
refuse_datagrams(void)
{
	char octet;

	(void)recv(STDIN_FILENO, &octet, 1, MSG_DONTWAIT);
	return -WHY_DATAGRAM_SOCKET;
}

/* getpeername() failed: the peer has gone, or nobody accepted. */
static int
why_no_peer(void)
{
	int error = errno, listening = 0;
	socklen_t n = sizeof listening;

	if (error != ENOTCONN && error != ECONNRESET && error != EPIPE &&
	    error != EINVAL)
		return -WHY_SYSTEM;
	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening,
	    &n) == 0 && listening)
		return -WHY_LISTENING_SOCKET;
	return -WHY_PEER_GONE;
}

/* Both ends of an Internet socket. */
static void
set_ends(struct peer *p, const union peer_sockaddr *remote,
    const union peer_sockaddr *local, char *const *environment)
{
	unsigned char from[16], to[16];
	uint16_t from_port = peer_read_sockaddr(remote, from);
	uint16_t to_port = peer_read_sockaddr(local, to);

	peer_set(p, from, from_port, to, to_port);
	if (peer_is_loopback(from) && peer_is_loopback(to))
		peer_set_behind_stunnel(p, environment);
}

int
connection_learn(struct peer *p, bool *is_socket, char *const *environment)
{
	union peer_sockaddr remote, local;
	socklen_t n;
	int type;

	peer_set_local(p);
	*is_socket = false;
	n = sizeof type;
	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &n) != 0) {
		peer_set_environment(p, environment);
		return 0;		/* ENOTSOCK */
	}
	if (type != SOCK_STREAM)
		return refuse_datagrams();
	n = sizeof remote;
	if (getpeername(STDIN_FILENO, &remote.any, &n) != 0)
		return why_no_peer();
	n = sizeof local;
	if (getsockname(STDIN_FILENO, &local.any, &n) != 0)
		return -WHY_SYSTEM;
	*is_socket = true;
	if (local.any.sa_family == AF_INET || local.any.sa_family == AF_INET6)
		set_ends(p, &remote, &local, environment);
	else
		peer_set_environment(p, environment);
	return 0;
}
