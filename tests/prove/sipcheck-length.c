/*
 * sipcheck-length - sipcheck_length(): a Content-Length is read as the number
 * that it is, and one over the limit is none.
 *
 * Sources: sipcheck.c octet.c
 * Bound: 6 octets of a Content-Length (small: 3)
 * Unwind: BOUND + 2
 * Assumed: the row lies in the buffer; the limit is under 2^60.
 */
#include "prove.h"
#include "sipcheck.h"

static struct sipmsg_field row;
static bool one, two;

const struct sipmsg_field *
sipmsg_first(const struct sipmsg *m, enum sipmsg_id id)
{
	return one ? &row : NULL;
}

const struct sipmsg_field *
sipmsg_next(const struct sipmsg *m, const struct sipmsg_field *f)
{
	return two ? &row : NULL;
}

int
main(void)
{
	unsigned char buf[BOUND];
	struct sipmsg m;
	struct sipcheck_limits limits;
	struct slice value;
	uint64_t length, before = length, number = 0;
	unsigned rows;
	uint32_t i;

	ASSUME(value.off <= BOUND && value.len <= BOUND - value.off);
	ASSUME(limits.max_body < (uint64_t)1 << 60);
	row.value = value;
	one = rows >= 1;
	two = rows >= 2;
	if (!sipcheck_length(&m, buf, &limits, &length)) {
		PROVE(length == before);
		return 0;
	}
	PROVE(one && !two && value.len > 0 && length <= limits.max_body);
	for (i = value.off; i < value.off + value.len; i++) {
		PROVE(buf[i] >= '0' && buf[i] <= '9');
		number = number * 10 + (uint64_t)(buf[i] - '0');
	}
	PROVE(length == number);
}
