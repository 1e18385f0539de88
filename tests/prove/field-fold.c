/*
 * field-fold - field_put(): a value, unfolded, into a room of 4, full or not.
 *
 * Sources: field.c text.c octet.c
 * Bound: 3 octets of a value (small: 2)
 * Unwind: BOUND + 2
 * Assumed: the value lies in the buffer, and only one that is folded holds line
 * ends: nothing proves that of sipmsg.c.
 */
#include "field.h"
#include "memory-model.h"
#include "prove.h"

#define ROOM 4

int
main(void)
{
	unsigned char buf[BOUND];
	char room[ROOM];
	struct text t = any_text(room, ROOM), old = t;
	struct sipmsg_field row;
	uint32_t i, at;

	row.folded = row.folded != false;
	ASSUME(row.value.len <= BOUND);
	row.value.off = BOUND - row.value.len;
	for (i = row.value.off; i < BOUND; i++)
		ASSUME(buf[i] != '\n' || row.folded);
	field_put(&t, buf, &row);
	PROVE(is_grown(t, old));
	PROVE(t.len - old.len <= row.value.len);
	PROVE(t.full || row.folded || t.len - old.len == row.value.len);
	ASSUME(at >= old.len && at < t.len);
	PROVE(t.start[at] != '\n');
}
