/*
 * text - octets put into a room of any size, also into a full one: text_put(),
 * text_puts() and text_putc().
 *
 * Sources: text.c
 * Bound: 12 octets to put into a room of 12 (small: 4)
 * Unwind: 14
 * Assumed: no more is written than there is room for; each put keeps that.
 */
#include "prove.h"

#define ROOM 12

int
main(void)
{
	char room[ROOM], before[ROOM], octets[BOUND + 1];
	struct text t = any_text(room, ROOM), old = t, rest;
	unsigned which;
	size_t n, i, at;

	ASSUME(n <= BOUND);
	for (i = 0; i < ROOM; i++)
		before[i] = room[i];
	octets[BOUND] = '\0';
	if (which == 0)
		text_put(&t, octets + BOUND + 1 - n, n);
	else if (which == 1)
		text_puts(&t, octets + BOUND - n);
	else
		text_putc(&t, octets[0]);
	PROVE(is_grown(t, old));
	PROVE(t.len - old.len <= BOUND);
	PROVE(t.full == old.full || t.len == old.len);
	ASSUME(i < ROOM);
	at = ROOM - t.size;
	PROVE(room[i] == before[i] || (i >= at + old.len && i < at + t.len));
	rest = text_rest(&t);
	PROVE(rest.len == 0 && rest.size == t.size - t.len && !rest.full);
}
