/*
 * sipuri-name - sipuri_user(), sipuri_canonical_host(), sipuri_host() and
 * sipuri_port(): the names of scripts, and what is a host.
 *
 * Sources: sipuri.c octet.c
 * Bound: 6 octets each of a user and a host (small: 4)
 * Unwind: 3 * BOUND + 2
 * Assumed: a user is *(user / escaped), which sipuri proves.
 */
#include "prove.h"
#include "sipuri.h"

static void
prove_user(void)
{
	unsigned char buf[BOUND];
	char room[SIPURI_USER_GROWS * BOUND], *out;
	struct slice user;
	size_t n, i;

	ASSUME(user.len <= BOUND);
	user.off = BOUND - user.len;
	ASSUME(is_part(buf, user, OCTET_USER));
	out = room + SIPURI_USER_GROWS * user.off;
	n = sipuri_user(buf, user, out);
	PROVE(n <= SIPURI_USER_GROWS * user.len);
	PROVE((n > 0) == (user.len > 0));
	ASSUME(i < n);
	PROVE(out[i] > ' ' && out[i] <= '~' && out[i] != '@' && out[i] != '#');
	PROVE(out[i] != '%' || (n - i >= 3 &&
	    octet_is((unsigned char)out[i + 1], OCTET_HEX) &&
	    octet_is((unsigned char)out[i + 2], OCTET_HEX)));
}

static void
prove_host(void)
{
	unsigned char buf[BOUND];
	char room[BOUND], *out;
	struct slice host;
	size_t n, i;

	ASSUME(host.len <= BOUND);
	host.off = BOUND - host.len;
	n = sipuri_host(buf + host.off, host.len);
	PROVE(n <= host.len);
	ASSUME(n == host.len);
	out = room + host.off;
	n = sipuri_canonical_host(buf, host, out);
	PROVE(n == host.len || n + 1 == host.len);
	ASSUME(i < n);
	PROVE(out[i] > ' ' && out[i] <= '~' && out[i] != '/' && out[i] != '@');
	PROVE(out[i] < 'A' || out[i] > 'Z');
}

static void
prove_port(void)
{
	unsigned char buf[BOUND];
	uint32_t from;
	size_t n, i;

	ASSUME(from <= BOUND);
	n = sipuri_port(buf + from, BOUND - from);
	PROVE(n <= BOUND - from);
	ASSUME(i < n);
	PROVE(octet_is(buf[from + i], OCTET_DIGIT));
}

int
main(void)
{
	unsigned which;

	if (which == 0)
		prove_user();
	else if (which == 1)
		prove_host();
	else
		prove_port();
}
