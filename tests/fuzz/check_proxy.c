/*
 * check_proxy.c - the PROXY header: what each/proxy.h promises.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "each/proxy.h"

static int
parse(struct proxy *p, const unsigned char *data, size_t len)
{
	return proxy_parse(p, check_guarded(data, len), len);
}

static void
check_same(const struct proxy *a, const struct proxy *b)
{
	CHECK(a->len == b->len && a->local == b->local);
	CHECK(a->has_addresses == b->has_addresses);
	if (!a->has_addresses)
		return;
	CHECK(memcmp(a->remote, b->remote, sizeof a->remote) == 0);
	CHECK(memcmp(a->here, b->here, sizeof a->here) == 0);
	CHECK(a->remote_port == b->remote_port);
	CHECK(a->here_port == b->here_port);
}

/*
 * With fewer octets nothing else is decided: it is a header with its last
 * octet and not before, and what is none stays none.
 */
static void
check_prefixes(const struct proxy *whole, int result,
    const unsigned char *data, size_t size)
{
	struct proxy p;
	size_t len;
	int early;

	for (len = 0; len < size; len++) {
		early = parse(&p, data, len);
		if (result == 0)
			CHECK(early == (len < whole->len ? PROXY_MORE : 0));
		else
			CHECK(early == PROXY_MORE || early == result);
		if (early == 0)
			check_same(&p, whole);
	}
}

/* Version 2, from its octets. */
static void
check_version_2(const struct proxy *p, const unsigned char *data)
{
	unsigned family = data[13] >> 4;
	size_t n = family == 1 ? 4 : 16;

	CHECK(data[12] == 0x20 || data[12] == 0x21);
	CHECK(p->local == (data[12] == 0x20));
	CHECK(p->len == 16u + data[14] * 256u + data[15]);
	CHECK(p->has_addresses ==
	    (!p->local && (family == 1 || family == 2)));
	if (!p->has_addresses)
		return;
	CHECK(memcmp(p->remote + 16 - n, data + 16, n) == 0);
	CHECK(memcmp(p->here + 16 - n, data + 16 + n, n) == 0);
	CHECK(p->remote_port == data[16 + 2 * n] * 256 + data[17 + 2 * n]);
	CHECK(p->here_port == data[18 + 2 * n] * 256 + data[19 + 2 * n]);
}

/* Version 1: what is written from the result reads the same again. */
static void
check_version_1(const struct proxy *p, const unsigned char *data)
{
	char line[200], remote[INET6_ADDRSTRLEN], here[INET6_ADDRSTRLEN];
	bool ipv4 = data[9] == '4';
	int family = ipv4 ? AF_INET : AF_INET6;
	struct proxy again;

	CHECK(p->len <= 107 && memcmp(data, "PROXY ", 6) == 0);
	CHECK(memcmp(data + p->len - 2, "\r\n", 2) == 0);
	CHECK(!p->local);
	if (!p->has_addresses) {
		CHECK(memcmp(data + 6, "UNKNOWN", 7) == 0);
		return;
	}
	CHECK(inet_ntop(family, p->remote + (ipv4 ? 12 : 0), remote,
	    sizeof remote) != NULL);
	CHECK(inet_ntop(family, p->here + (ipv4 ? 12 : 0), here,
	    sizeof here) != NULL);
	(void)snprintf(line, sizeof line, "PROXY TCP%c %s %s %u %u\r\n",
	    data[9], remote, here, p->remote_port, p->here_port);
	CHECK(parse(&again, (unsigned char *)line, strlen(line)) == 0);
	again.len = p->len;
	check_same(p, &again);
}

void
check_proxy(const unsigned char *data, size_t size)
{
	struct proxy p;
	int result;

	if (size > CHECK_MOST)
		return;
	result = parse(&p, data, size);
	CHECK(result == 0 || result == PROXY_MORE || result == PROXY_BAD);
	CHECK(result != PROXY_MORE || size < PROXY_MAX);
	check_prefixes(&p, result, data, size);
	if (result != 0)
		return;
	CHECK(p.len <= size && p.len <= PROXY_MAX);
	if (data[0] == 'P')
		check_version_1(&p, data);
	else
		check_version_2(&p, data);
}
