/*
 * text-number - any number put into a room of any size, also into a full one:
 * text_number() and text_hex().
 *
 * Sources: text.c
 * Bound: 64 bits of a number (small: 16)
 * Unwind: 21
 * Assumed: no more is written than there is room for; each put keeps that.
 */
#include "prove.h"

#define ROOM 21

int
main(void)
{
	char room[ROOM];
	struct text t = any_text(room, ROOM), old = t;
	uint64_t number;
	unsigned digits, hex;

	ASSUME(number <= UINT64_MAX >> (64 - BOUND));
	if (hex == 0)
		text_number(&t, number);
	else
		text_hex(&t, number, digits);
	PROVE(is_grown(t, old));
	PROVE(t.full || t.len > old.len);
	PROVE(t.len - old.len <= (hex == 0 ? 20 : 16));
}
