#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "each/datagram.h"
#include "sipvia.h"
#include "why.h"

/* SIP's (RFC 3261 18.2.2). */
#define DEFAULT_PORT 5060

/* Room for one IP_PKTINFO or IPV6_PKTINFO. */
union control {
	struct cmsghdr align;
	char in[CMSG_SPACE(sizeof(struct in_pktinfo))];
	char in6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static struct {
	unsigned n;
	struct datagram_socket {
		int fd;
		bool ipv6;
		uint16_t port;		/* that it is bound to */
	} socket[DATAGRAM_MAX_SOCKETS];
} sockets;

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static void
map_address(unsigned char binary[16], const struct in_addr *a)
{
	memcpy(binary, mapped, sizeof mapped);
	memcpy(binary + sizeof mapped, a, sizeof *a);
}

static int
open_socket(struct datagram_socket *s, int fd)
{
	static const int on = 1;
	union peer_sockaddr local;
	socklen_t n = sizeof(int);
	int type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) != 0)
		return -WHY_SYSTEM;
	if (type == SOCK_STREAM)
		return -WHY_LISTENING_SOCKET;
	n = sizeof local;
	memset(&local, 0, sizeof local);
	if (getsockname(fd, &local.any, &n) != 0)
		return -WHY_SYSTEM;
	errno = EAFNOSUPPORT;
	if (type != SOCK_DGRAM || (local.any.sa_family != AF_INET &&
	    local.any.sa_family != AF_INET6))
		return -WHY_SYSTEM;
	s->fd = fd;
	s->ipv6 = local.any.sa_family == AF_INET6;
	s->port = ntohs(s->ipv6 ? local.in6.sin6_port : local.in.sin_port);
	if ((s->ipv6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on,
	    sizeof on) : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on,
	    sizeof on)) != 0)
		return -WHY_SYSTEM;
	return fd <= STDERR_FILENO || fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ?
	    0 : -WHY_SYSTEM;
}

int
datagram_open(int first, unsigned n)
{
	int error;

	if (n > DATAGRAM_MAX_SOCKETS) {
		errno = E2BIG;
		return -WHY_SYSTEM;
	}
	for (sockets.n = 0; sockets.n < n; sockets.n++) {
		error = open_socket(&sockets.socket[sockets.n],
		    first + (int)sockets.n);
		if (error != 0)
			return error;
	}
	return 0;
}

unsigned
datagram_sockets(void)
{
	return sockets.n;
}

int
datagram_fd(unsigned socket)
{
	return sockets.socket[socket].fd;
}

/* The address that the datagram was sent to. */
static void
take_local(struct datagram_route *r, struct msghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);	/* the only one */
	struct in_pktinfo in;
	struct in6_pktinfo in6;

	if (c == NULL)
		return;
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&in, CMSG_DATA(c), sizeof in);
		map_address(r->from, &in.ipi_addr);
	} else if (c->cmsg_level == IPPROTO_IPV6 &&
	    c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&in6, CMSG_DATA(c), sizeof in6);
		memcpy(r->from, &in6.ipi6_addr, sizeof r->from);
	}
}

ssize_t
datagram_receive(unsigned socket, unsigned char *buf,
    struct datagram_route *r, struct peer *peer)
{
	const struct datagram_socket *s = &sockets.socket[socket];
	union peer_sockaddr source;
	union control control;
	struct iovec part = { .iov_len = DATAGRAM_SIZE };
	struct msghdr message = {
		.msg_name = &source, .msg_namelen = sizeof source,
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof control
	};
	ssize_t n;

	part.iov_base = buf;
	n = recvmsg(s->fd, &message, MSG_DONTWAIT);
	if (n < 0)
		return -1;
	memset(r, 0, sizeof *r);
	r->socket = (uint8_t)socket;
	r->port = peer_read_sockaddr(&source, r->to);
	if (s->ipv6)
		r->scope = source.in6.sin6_scope_id;
	take_local(r, &message);
	memset(peer, 0, sizeof *peer);
	peer_set(peer, r->to, r->port, r->from, s->port);
	return n;
}

void
datagram_aim(struct datagram_route *r, const struct sipmsg *m,
    const unsigned char *buf)
{
	const struct sipmsg_field *f = sipmsg_first(m, SIPMSG_VIA);
	struct sipvia via;
	struct slice value;
	uint32_t at, port = 0;

	if (f == NULL || sipvia_parse(buf, f->value, &via, &at) != 0 ||
	    sipvia_find_param(buf, &via, "rport", &value))
		return;
	for (at = via.port.off; at < via.port.off + via.port.len; at++)
		port = port * 10 + (uint32_t)(buf[at] - '0');
	r->port = (uint16_t)(port != 0 ? port : DEFAULT_PORT);
}

static socklen_t
put_remote(union peer_sockaddr *a, const struct datagram_route *r, bool ipv6)
{
	memset(a, 0, sizeof *a);
	if (!ipv6) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(r->port);
		memcpy(&a->in.sin_addr, r->to + sizeof mapped,
		    sizeof a->in.sin_addr);
		return sizeof a->in;
	}
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(r->port);
	memcpy(&a->in6.sin6_addr, r->to, sizeof r->to);
	a->in6.sin6_scope_id = r->scope;
	return sizeof a->in6;
}

static void
put_local(struct msghdr *message, const struct datagram_route *r, bool ipv6)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	struct in_pktinfo in = { 0 };
	struct in6_pktinfo in6 = { 0 };

	if (!ipv6) {
		memcpy(&in.ipi_spec_dst, r->from + sizeof mapped,
		    sizeof in.ipi_spec_dst);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof in);
		memcpy(CMSG_DATA(c), &in, sizeof in);
		message->msg_controllen = CMSG_SPACE(sizeof in);
		return;
	}
	memcpy(&in6.ipi6_addr, r->from, sizeof r->from);
	in6.ipi6_ifindex = r->scope;
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof in6);
	memcpy(CMSG_DATA(c), &in6, sizeof in6);
	message->msg_controllen = CMSG_SPACE(sizeof in6);
}

/*
 * A broadcast or multicast address cannot be a source, nor can one that is no
 * longer this machine's: the kernel chooses one then.
 */
void
datagram_send(const struct datagram_route *r, const void *octets, size_t n)
{
	const struct datagram_socket *s = &sockets.socket[r->socket];
	union peer_sockaddr to;
	union control control;
	struct iovec part = { (void *)octets, n };
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = put_remote(&to, r, s->ipv6),
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof control
	};

	memset(&control, 0, sizeof control);
	put_local(&message, r, s->ipv6);
	if (sendmsg(s->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
	    (errno != EINVAL && errno != EADDRNOTAVAIL))
		return;
	message.msg_control = NULL;
	message.msg_controllen = 0;
	(void)sendmsg(s->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void
datagram_drop(int fd)
{
	char octet;

	(void)recv(fd, &octet, 1, MSG_DONTWAIT);
}
