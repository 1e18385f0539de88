/*
 * sipvia - sipvia_parse(): where the parts of a topmost Via are.
 *
 * Sources: sipvia.c sipuri.c octet.c
 * Bound: 9 octets of a Via row (small: 7)
 * Unwind: BOUND + 2
 * Assumed: the slice lies in the buffer, which sipmsg proves.
 */
#include "prove.h"
#include "sipvia.h"

int
main(void)
{
	unsigned char buf[BOUND];
	struct sipvia via, before = via;
	struct slice row;
	uint32_t at;

	ASSUME(row.len <= BOUND);
	row.off = BOUND - row.len;
	if (sipvia_parse(buf, row, &via, &at) != 0) {
		PROVE(at >= row.off && at <= BOUND);
		PROVE(is_same(via.host, before.host) &&
		    is_same(via.port, before.port));
		PROVE(via.params == before.params && via.end == before.end);
		return 0;
	}
	PROVE(via.host.len > 0 && is_in(via.host, row.off, BOUND));
	PROVE(buf[via.host.off] != '[' || via.host.len > 2);
	PROVE(is_in(via.port, row.off, BOUND) && via.port.len <= BOUND);
	PROVE(via.params >= via.host.off + via.host.len);
	PROVE(via.params <= via.end && via.end <= BOUND);
	PROVE(via.end == BOUND || buf[via.end] == ',' ||
	    buf[via.end] == '(' || octet_is_lws(buf[via.end]));
}
