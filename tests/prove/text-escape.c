/*
 * text-escape - text_escape(): a stranger's octets made fit to print.
 *
 * Sources: text.c
 * Bound: 3 octets into a room of at most 16 (small: 2)
 * Unwind: 17
 */
#include "prove.h"

#define ROOM 16

int
main(void)
{
	unsigned char octets[BOUND];
	char room[ROOM];
	struct text t = { room, ROOM, 0, false };
	size_t n, most, i;
	unsigned spaces;

	ASSUME(n <= BOUND && t.size <= ROOM);
	text_escape(&t, octets + BOUND - n, n, most, spaces != 0);
	PROVE(t.start == room && t.len <= t.size);
	PROVE(t.len <= 4 * n + 3);
	ASSUME(i < t.len);
	PROVE(room[i] >= ' ' && room[i] <= '~');
	PROVE(room[i] != ' ' || spaces != 0);
	PROVE(room[i] != '"' || (i > 0 && room[i - 1] == '\\'));
}
