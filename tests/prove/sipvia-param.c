/*
 * sipvia-param - sipvia_next_param(): one parameter from any place on, and so
 * any number of them.
 *
 * Sources: sipvia.c sipuri.c octet.c
 * Bound: 10 octets of parameters (small: 6)
 * Unwind: BOUND + 2
 * Assumed: *pos and end lie in the buffer; each call keeps that.
 */
#include "prove.h"
#include "sipvia.h"

int
main(void)
{
	unsigned char buf[BOUND];
	struct sipvia_param param;
	uint32_t pos, before, end;
	int more;

	ASSUME(pos <= BOUND);
	before = pos;
	more = sipvia_next_param(buf, &pos, BOUND, &param);
	PROVE(more >= -1 && more <= 1);
	PROVE(pos >= before && pos <= BOUND);
	PROVE(more != 0 || pos == before);
	if (more <= 0)
		return 0;
	PROVE(pos > before && param.whole.off >= before);
	PROVE(param.whole.off + param.whole.len == pos);
	PROVE(buf[param.whole.off] == ';');
	PROVE(param.name.len > 0);
	PROVE(is_in(param.name, param.whole.off + 1, pos));
}
