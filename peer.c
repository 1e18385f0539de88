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

/* 1 to 65535; 0 when the text is not a port. */
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

/*
 * Variables that name the peer and our own address; a super-server sets those
 * of one line.
 */
static const struct source {
	const char *remote_addr, *remote_port, *local_addr, *local_port;
	bool brackets;			/* around an IPv6 address */
} sources[] = {
	/* systemd */
	{ "REMOTE_ADDR", "REMOTE_PORT", NULL, NULL, false },
	/* UCSPI: tcpserver, s6-tcpserver, sipcgi-each */
	{ "TCPREMOTEIP", "TCPREMOTEPORT", "TCPLOCALIP", "TCPLOCALPORT",
	    false },
	/* stunnel */
	{ "REMOTE_HOST", "REMOTE_PORT", NULL, NULL, false },
	{ "SOCAT_PEERADDR", "SOCAT_PEERPORT", "SOCAT_SOCKADDR",
	    "SOCAT_SOCKPORT", true },
	{ "NCAT_REMOTE_ADDR", "NCAT_REMOTE_PORT", "NCAT_LOCAL_ADDR",
	    "NCAT_LOCAL_PORT", false },
};

/* The value's address, if it is an IP literal and nothing else. */
static bool
find_address(char *const *environment, const char *name, bool brackets,
    unsigned char binary[16])
{
	const char *value = name == NULL ? NULL : find(environment, name);
	char inside[PEER_ADDRESS_SIZE];
	size_t n = value == NULL ? 0 : strlen(value);

	if (!brackets || n < 3 || value[0] != '[' || value[n - 1] != ']' ||
	    n - 2 >= sizeof inside)
		return read_address(value, binary);
	memcpy(inside, value + 1, n - 2);
	inside[n - 2] = '\0';
	return read_address(inside, binary);
}

static uint16_t
find_port(char *const *environment, const char *name)
{
	return name == NULL ? 0 : read_port(find(environment, name));
}

void
peer_set_environment(struct peer *p, char *const *environment)
{
	const struct source *s = sources;
	const struct source *end = s + sizeof sources / sizeof sources[0];
	unsigned char local[16];
	uint16_t port;

	while (s < end && !find_address(environment, s->remote_addr,
	    s->brackets, p->binary))
		s++;
	if (s == end)
		return;
	p->known = true;
	write_address(p->binary, p->remote_addr);
	p->remote_port = find_port(environment, s->remote_port);
	if (find_address(environment, s->local_addr, s->brackets, local))
		write_address(local, p->local_addr);
	port = find_port(environment, s->local_port);
	if (port != 0)
		p->local_port = port;
}

bool
peer_is_loopback(const unsigned char binary[16])
{
	static const unsigned char loopback[16] = { [15] = 1 };

	return memcmp(binary, loopback, sizeof loopback) == 0 ||
	    (memcmp(binary, mapped, sizeof mapped) == 0 && binary[12] == 127);
}

void
peer_set_behind_stunnel(struct peer *p, char *const *environment)
{
	unsigned char binary[16];
	uint16_t port = find_port(environment, "REMOTE_PORT");

	/* Where there is a REMOTE_ADDR, the port is that one's. */
	if (port == 0 || find(environment, "REMOTE_ADDR") != NULL ||
	    !find_address(environment, "REMOTE_HOST", false, binary) ||
	    memcmp(binary, p->binary, sizeof binary) == 0)
		return;
	memcpy(p->binary, binary, sizeof p->binary);
	p->remote_port = port;
	write_address(binary, p->remote_addr);
}
