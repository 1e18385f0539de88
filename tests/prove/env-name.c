/*
 * env-name - begin_header() of env.c: an unknown header field becomes "SIP_"
 * and capitals, digits and "_" only, as long as its name, and "=".
 *
 * Sources: text.c octet.c
 * Bound: 6 octets of a name (small: 3)
 * Unwind: BOUND + 2
 * Flags: --unwindset strlen.0:6
 * Assumed, and not proved: a name lies in the head, and sipmsg_scan() says
 * plain_name only of letters, digits and "-".
 */
#include <env.c>

#include "prove.h"

#define ROOM (BOUND + 5)

int
main(void)
{
	unsigned char buf[BOUND];
	char room[ROOM];
	struct env e;
	struct sipmsg_field f;
	struct text t = any_text(room, ROOM), old = t;
	uint32_t i;

	ASSUME(f.name.off <= BOUND && f.name.len <= BOUND - f.name.off);
	for (i = 0; i < BOUND; i++)
		ASSUME(octet_is(buf[i], OCTET_ALPHA | OCTET_DIGIT) ||
		    buf[i] == '-');
	f.id = SIPMSG_OTHER;
	e.room = &t;
	begin_header(&e, buf, &f);
	PROVE(is_grown(t, old));
	if (t.full)
		return 0;
	PROVE(t.len == old.len + f.name.len + 5);
	PROVE(memcmp(t.start + old.len, "SIP_", 4) == 0);
	PROVE(t.start[t.len - 1] == '=');
	for (i = 0; i < f.name.len; i++) {
		char c = t.start[old.len + 4 + i];

		PROVE((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '_');
	}
}
