/*
 * proxy-2 - proxy_parse(): a PROXY header of version 2, or none.
 *
 * Sources: each/proxy.c octet.c
 * Bound: 54 octets or fewer that have arrived (small: 28)
 * Unwind: 17
 * Flags: --unwindset parse_version_1.0:1,take_word.0:1,strlen.0:1
 * Assumed: it does not begin with "PROXY ", as that of proxy-1 does: so no loop
 * over a line is entered, which the flags rely on and prove.
 */
#include "each/proxy.h"
#include "memory-model.h"
#include "prove.h"

int
main(void)
{
	unsigned char buf[BOUND], *from;
	struct proxy p, before = p;
	size_t len, i;
	int result;

	ASSUME(len <= BOUND && i < 16);
	from = buf + BOUND - len;
	ASSUME(len < 6 || memcmp(from, "PROXY ", 6) != 0);
	result = proxy_parse(&p, from, len);
	PROVE(result == 0 || result == PROXY_MORE || result == PROXY_BAD);
	if (result != 0) {
		PROVE(p.len == before.len && p.local == before.local &&
		    p.has_addresses == before.has_addresses);
		PROVE(p.remote[i] == before.remote[i] &&
		    p.here[i] == before.here[i]);
		PROVE(p.remote_port == before.remote_port &&
		    p.here_port == before.here_port);
		return 0;
	}
	PROVE(p.len > 0 && p.len <= len && p.len <= PROXY_MAX);
	PROVE(!p.local || !p.has_addresses);
}
