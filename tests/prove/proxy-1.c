/*
 * proxy-1 - proxy_parse(): a PROXY header of version 1.
 *
 * Sources: each/proxy.c octet.c
 * Bound: 22 octets, the header and what follows it (small: 20)
 * Unwind: BOUND + 2
 * Flags: --unwindset memcmp.0:13,memcpy.0:17,octet_span.0:6,strlen.0:13
 * Assumed: it begins with "PROXY ", all else is in proxy-2; no fewer octets
 * than the bound have arrived, in which shorter headers are.
 */
#include "each/proxy.h"
#include "memory-model.h"
#include "prove.h"

static void
check(const unsigned char *buf, size_t len)
{
	struct proxy p, before = p;
	int result = proxy_parse(&p, buf, len);

	PROVE(result == 0 || result == PROXY_MORE || result == PROXY_BAD);
	if (result != 0) {
		PROVE(p.len == before.len && p.local == before.local &&
		    p.has_addresses == before.has_addresses);
		PROVE(p.remote_port == before.remote_port &&
		    p.here_port == before.here_port);
		return;
	}
	PROVE(p.len > 6 && p.len <= len);
	PROVE(buf[p.len - 2] == '\r' && buf[p.len - 1] == '\n');
	PROVE(!p.local);
}

int
main(void)
{
	unsigned char buf[BOUND];

	memcpy(buf, "PROXY ", 6);
	check(buf, BOUND);
}
