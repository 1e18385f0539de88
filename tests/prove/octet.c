/*
 * octet - the classes of octets, and what walks over a slice.
 *
 * Sources: octet.c
 * Bound: 16 octets (small: 8)
 * Unwind: BOUND + 2
 * Assumed: from and to lie in the buffer, and a quoted-string begins inside:
 * the harness of each caller proves it.
 */
#include "octet-model.h"
#include "prove.h"

static void
prove_classes(void)
{
	unsigned char c;
	unsigned class;

	ASSUME(class <= 255);
	PROVE(octet_is(c, class) == octet_is_by_table(c, class));
	PROVE(!octet_is_by_table(c, class) || (c > ' ' && c < 0x7f));
	PROVE(octet_lower(c) == (c >= 'A' && c <= 'Z' ? c + 32 : c));
	PROVE(octet_upper(c) == (c >= 'a' && c <= 'z' ? c - 32 : c));
}

int
main(void)
{
	unsigned char buf[BOUND];
	uint32_t from, i, span, lws, quoted;

	prove_classes();
	ASSUME(from <= BOUND);
	span = octet_span(buf, from, BOUND, OCTET_TOKEN);
	PROVE(span >= from && span <= BOUND);
	PROVE(span == BOUND || !octet_is(buf[span], OCTET_TOKEN));
	lws = octet_skip_lws(buf, from, BOUND);
	PROVE(lws >= from && lws <= BOUND);
	PROVE(lws == BOUND || !octet_is_lws(buf[lws]));
	for (i = from; i < BOUND; i++) {
		PROVE(i >= span || octet_is(buf[i], OCTET_TOKEN));
		PROVE(i >= lws || octet_is_lws(buf[i]));
	}
	PROVE(!octet_equal(buf + from, BOUND - from, "sip") ||
	    (BOUND - from == 3 && octet_lower(buf[from]) == 's'));
	ASSUME(from < BOUND);
	quoted = octet_quoted_end(buf, from, BOUND);
	PROVE(quoted == 0 || (quoted > from + 1 && quoted <= BOUND &&
	    buf[quoted - 1] == '"'));
}
