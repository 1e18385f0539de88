#include <arpa/inet.h>
#include <string.h>

#include "octet.h"
#include "each/proxy.h"

/* A version 1 line with its CRLF: two IPv6 addresses and ports, at most. */
#define MAX_LINE 107

/* "PROXY " */
#define PREFIX 6

/* Of version 2: signature, version and command, family, length. */
#define FIXED 16

static const unsigned char signature[12] = "\r\n\r\n\0\r\nQUIT\n";
static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

enum family {
	FAMILY_UNSPEC = 0x0,
	FAMILY_INET = 0x1,
	FAMILY_INET6 = 0x2,
	FAMILY_UNIX = 0x3
};

/* Do the octets agree with the string as far as both go? */
static bool
may_begin(const unsigned char *buf, size_t len, const void *string, size_t n)
{
	return memcmp(buf, string, len < n ? len : n) == 0;
}

/* The next word of a line, which one space or the line's end follows. */
static struct slice
take_word(const unsigned char *buf, uint32_t *at, uint32_t end)
{
	struct slice word = { *at, 0 };

	while (*at < end && buf[*at] != ' ')
		++*at;
	word.len = *at - word.off;
	if (*at < end)
		++*at;
	return word;
}

static bool
read_address(const unsigned char *buf, struct slice word, int family,
    unsigned char binary[16])
{
	char text[INET6_ADDRSTRLEN];
	unsigned char *to = binary;

	if (word.len >= sizeof text ||
	    memchr(buf + word.off, '\0', word.len) != NULL)
		return false;
	memcpy(text, buf + word.off, word.len);
	text[word.len] = '\0';
	if (family == AF_INET) {
		memcpy(binary, mapped, sizeof mapped);
		to += sizeof mapped;
	}
	return inet_pton(family, text, to) == 1;
}

/* 0 to 65535, without leading zeros: nobody then takes it for octal. */
static bool
read_port(const unsigned char *buf, struct slice word, uint16_t *port)
{
	uint32_t end = word.off + word.len, number = 0, i;

	if (word.len == 0 || word.len > 5 ||
	    (word.len > 1 && buf[word.off] == '0') ||
	    octet_span(buf, word.off, end, OCTET_DIGIT) != end)
		return false;
	for (i = word.off; i < end; i++)
		number = number * 10 + (uint32_t)(buf[i] - '0');
	*port = (uint16_t)number;
	return number <= 65535;
}

/* family remote here remote-port here-port, single spaces between. */
static bool
parse_line(struct proxy *p, const unsigned char *buf, uint32_t at,
    uint32_t end)
{
	struct slice family = take_word(buf, &at, end);
	struct slice remote, here, remote_port, here_port;
	int number;

	if (family.len == 7 && memcmp(buf + family.off, "UNKNOWN", 7) == 0)
		return true;		/* whatever follows */
	if (family.len != 4 || memcmp(buf + family.off, "TCP", 3) != 0 ||
	    (buf[family.off + 3] != '4' && buf[family.off + 3] != '6'))
		return false;
	number = buf[family.off + 3] == '4' ? AF_INET : AF_INET6;
	remote = take_word(buf, &at, end);
	here = take_word(buf, &at, end);
	remote_port = take_word(buf, &at, end);
	here_port = take_word(buf, &at, end);
	p->has_addresses = true;
	/* Nothing follows the last word, not even a space. */
	return here_port.off + here_port.len == end &&
	    read_address(buf, remote, number, p->remote) &&
	    read_address(buf, here, number, p->here) &&
	    read_port(buf, remote_port, &p->remote_port) &&
	    read_port(buf, here_port, &p->here_port);
}

static int
parse_version_1(struct proxy *p, const unsigned char *buf, size_t len)
{
	uint32_t most = len < MAX_LINE ? (uint32_t)len : MAX_LINE, cr;
	struct proxy found = { 0 };

	for (cr = PREFIX; cr < most && buf[cr] != '\r'; cr++)
		;
	if (cr + 1 >= most)
		return len < MAX_LINE ? PROXY_MORE : PROXY_BAD;
	if (buf[cr + 1] != '\n' || !parse_line(&found, buf, PREFIX, cr))
		return PROXY_BAD;
	found.len = cr + 2;
	*p = found;
	return 0;
}

static uint16_t
get_number(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Octets of one address; 0: of a family that says nothing to us. */
static size_t
address_len(unsigned family)
{
	return family == FAMILY_INET ? 4 : family == FAMILY_INET6 ? 16 : 0;
}

static void
copy_address(unsigned char binary[16], const unsigned char *from, size_t n)
{
	memcpy(binary, mapped, sizeof mapped);
	memcpy(binary + 16 - n, from, n);
}

/*
 * remote, here, remote-port, here-port.  An AF_UNIX pair is passed over: it
 * names no SIP peer.
 */
static bool
take_addresses(struct proxy *p, unsigned family, const unsigned char *at,
    size_t len)
{
	size_t n = address_len(family);

	if (n == 0)
		return true;
	if (len < 2 * n + 4)
		return false;
	copy_address(p->remote, at, n);
	copy_address(p->here, at + n, n);
	p->remote_port = get_number(at + 2 * n);
	p->here_port = get_number(at + 2 * n + 2);
	p->has_addresses = true;
	return true;
}

static int
parse_version_2(struct proxy *p, const unsigned char *buf, size_t len)
{
	struct proxy found = { 0 };
	unsigned family, transport;
	size_t rest;

	/* Version 2; LOCAL 0, PROXY 1. */
	if (len > 12 && buf[12] != 0x20 && buf[12] != 0x21)
		return PROXY_BAD;
	if (len < FIXED)
		return PROXY_MORE;
	rest = get_number(buf + 14);
	if (FIXED + rest > PROXY_MAX)
		return PROXY_BAD;
	found.local = buf[12] == 0x20;
	family = buf[13] >> 4;
	transport = buf[13] & 15;	/* unspecified, stream, datagram */
	if (!found.local && (family > FAMILY_UNIX || transport > 2))
		return PROXY_BAD;
	if (len < FIXED + rest)
		return PROXY_MORE;
	if (!found.local &&
	    !take_addresses(&found, family, buf + FIXED, rest))
		return PROXY_BAD;
	found.len = FIXED + rest;
	*p = found;
	return 0;
}

int
proxy_parse(struct proxy *p, const unsigned char *buf, size_t len)
{
	if (may_begin(buf, len, signature, sizeof signature))
		return parse_version_2(p, buf, len);
	if (!may_begin(buf, len, "PROXY ", PREFIX))
		return PROXY_BAD;
	return len < PREFIX ? PROXY_MORE : parse_version_1(p, buf, len);
}
