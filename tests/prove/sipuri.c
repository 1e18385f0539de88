/*
 * sipuri - sipuri_parse(): where the parts of a Request-URI are.
 *
 * Sources: sipuri.c octet.c
 * Bound: 8 octets of a Request-URI (small: 8)
 * Unwind: BOUND + 2
 * Flags: --unwindset strchr.0:12
 * Assumed: the slice lies in the buffer, which sipmsg proves.
 */
#include "prove.h"
#include "sipuri.h"
#include "why.h"

int
main(void)
{
	unsigned char buf[BOUND];
	struct sipuri parts, before = parts;
	struct slice uri;
	uint32_t at;
	int error;

	ASSUME(uri.len <= BOUND);
	uri.off = BOUND - uri.len;
	error = sipuri_parse(buf, uri, &parts, &at);
	if (error != 0) {
		PROVE(error < 0 && -error < WHY_COUNT);
		PROVE(at >= uri.off && at <= BOUND);
		PROVE(is_same(parts.user, before.user) &&
		    is_same(parts.password, before.password) &&
		    is_same(parts.host, before.host));
		PROVE(parts.is_sip == before.is_sip &&
		    parts.has_user == before.has_user);
		return 0;
	}
	PROVE(is_in(parts.user, uri.off, BOUND));
	PROVE(is_in(parts.password, uri.off, BOUND));
	PROVE(is_in(parts.host, uri.off, BOUND));
	PROVE(parts.is_sip == (parts.host.len > 0));
	PROVE(parts.has_user == (parts.user.len > 0));
	PROVE(parts.is_sip || !parts.has_user);
	PROVE(is_part(buf, parts.user, OCTET_USER));
	for (at = uri.off; at < BOUND; at++)
		PROVE(buf[at] > ' ' && buf[at] < 0x7f);
}
