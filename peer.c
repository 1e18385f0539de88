#include <arpa/inet.h>
#include <string.h>

#include "peer.h"

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static void
put_ipv4(struct text *t, const unsigned char *binary)
{
	unsigned i;

	for (i = 0; i < 4; i++) {
		if (i > 0)
			text_putc(t, '.');
		text_number(t, binary[i]);
	}
}

static unsigned
group(const unsigned char binary[16], unsigned i)
{
	return (unsigned)binary[2 * i] << 8 | binary[2 * i + 1];
}

/* The longest run of zero groups, the first of equals; *n is its length. */
static unsigned
find_zeros(const unsigned char binary[16], unsigned *n)
{
	unsigned first = 0, from, to;

	*n = 0;
	for (from = 0; from < 8; from = to + 1) {
		for (to = from; to < 8 && group(binary, to) == 0; to++)
			;
		if (to - from > *n) {
			first = from;
			*n = to - from;
		}
	}
	return first;
}

/* RFC 5952: no leading zeros, "::" for the longest run of two or more. */
static void
put_ipv6(struct text *t, const unsigned char binary[16])
{
	unsigned nzeros, zeros = find_zeros(binary, &nzeros), i = 0;

	while (i < 8) {
		if (nzeros > 1 && i == zeros) {
			text_puts(t, "::");
			i += nzeros;
			continue;
		}
		if (i > 0 && !(nzeros > 1 && i == zeros + nzeros))
			text_putc(t, ':');
		text_hex(t, group(binary, i++), 1);
	}
}

/*
 * The C library's inet_ntop() says the same, but by printf, which would be a
 * tenth of this program and be mapped for each request.
 */
void
peer_put_address(struct text *t, const unsigned char binary[16])
{
	if (memcmp(binary, mapped, sizeof mapped) == 0)
		put_ipv4(t, binary + sizeof mapped);
	else
		put_ipv6(t, binary);
}

static void
write_address(const unsigned char binary[16], char text[PEER_ADDRESS_SIZE])
{
	struct text t = { text, PEER_ADDRESS_SIZE - 1, 0, false };

	peer_put_address(&t, binary);
	text[t.len] = '\0';
}

uint16_t
peer_read_sockaddr(const union peer_sockaddr *a, unsigned char binary[16])
{
	if (a->any.sa_family == AF_INET) {
		memcpy(binary, mapped, sizeof mapped);
		memcpy(binary + sizeof mapped, &a->in.sin_addr, 4);
		return ntohs(a->in.sin_port);
	}
	memcpy(binary, &a->in6.sin6_addr, 16);
	return ntohs(a->in6.sin6_port);
}

/* An IP literal, without brackets, into binary; false when it is none. */
static bool
read_address(const char *text, unsigned char binary[16])
{
	if (text == NULL)
		return false;
	if (inet_pton(AF_INET6, text, binary) == 1)
		return true;
	memcpy(binary, mapped, sizeof mapped);
	return inet_pton(AF_INET, text, binary + sizeof mapped) == 1;
}

/* 1 to 65535; 0 when the text is no port. */
static uint16_t
read_port(const char *text)
{
	uint32_t port = 0;

	if (text == NULL || *text == '\0')
		return 0;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		port = port * 10 + (uint32_t)(*text - '0');
		if (port > 65535)
			return 0;
	}
	return (uint16_t)port;
}

static const char *
find(char *const *environment, const char *name)
{
	size_t n = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, n) == 0 &&
		    (*environment)[n] == '=')
			return *environment + n + 1;
	return NULL;
}

void
peer_set_local(struct peer *p)
{
	memset(p, 0, sizeof *p);
	strcpy(p->remote_addr, "127.0.0.1");
	strcpy(p->local_addr, "localhost");
	p->local_port = 5060;
}

void
peer_set(struct peer *p, const unsigned char remote[16], uint16_t remote_port,
    const unsigned char local[16], uint16_t local_port)
{
	p->known = true;
	memcpy(p->binary, remote, sizeof p->binary);
	p->remote_port = remote_port;
	p->local_port = local_port;
	write_address(remote, p->remote_addr);
	write_address(local, p->local_addr);
}

void
peer_set_environment(struct peer *p, char *const *environment)
{
	static const char *const sources[][2] = {
		{ "REMOTE_ADDR", "REMOTE_PORT" },
		{ "TCPREMOTEIP", "TCPREMOTEPORT" },
		{ "REMOTE_HOST", "REMOTE_PORT" },
	};
	unsigned char local[16];
	size_t i;

	for (i = 0; i < 3 && !p->known; i++)
		if (read_address(find(environment, sources[i][0]),
		    p->binary)) {
			p->known = true;
			write_address(p->binary, p->remote_addr);
			p->remote_port =
			    read_port(find(environment, sources[i][1]));
		}
	if (!p->known)
		return;
	if (read_address(find(environment, "TCPLOCALIP"), local))
		write_address(local, p->local_addr);
	if (read_port(find(environment, "TCPLOCALPORT")) != 0)
		p->local_port = read_port(find(environment, "TCPLOCALPORT"));
}
