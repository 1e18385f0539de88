/*
 * field-tag - field_find_tag(): the tag of a From or To.
 *
 * Sources: field.c octet.c
 * Bound: 6 octets of a value (small: 5)
 * Unwind: BOUND + 2
 * Assumed: the slice lies in the buffer; nothing proves that of sipmsg.c.
 */
#include "field.h"
#include "prove.h"

int
main(void)
{
	unsigned char buf[BOUND];
	struct slice value, tag;
	uint32_t i;

	ASSUME(value.len <= BOUND);
	value.off = BOUND - value.len;
	if (!field_find_tag(buf, value, &tag))
		return 0;
	PROVE(value.len >= 5);
	PROVE(tag.off >= value.off + 5 && tag.off <= BOUND);
	PROVE(tag.len <= BOUND - tag.off);
	ASSUME(i >= tag.off && i < tag.off + tag.len);
	PROVE(octet_is(buf[i], OCTET_TOKEN));
}
