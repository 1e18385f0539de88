/*
 * tally.h - how often something was seen, by kind of event.
 */
#ifndef TALLY_H
#define TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "journal.h"

/* What is counted: up to four values, each cut to so many octets. */
#define TALLY_PARTS	4
#define TALLY_PART_MAX	256

struct tally_row {
	uint64_t count[EVENT_KINDS];
	uint64_t total;
	size_t length;
	char key[];			/* the values, a NUL after each */
};

struct tally {
	void *tree;			/* of tsearch(3) */
	size_t rows;
};

/*
 * Count one event under its values; NULL stands for an absent one.  Returns
 * their row, which lasts.  Ends the program when there is no memory.
 */
struct tally_row *tally_add(struct tally *,
    const struct value *const key[TALLY_PARTS], enum event);

/*
 * All rows, in a new array that the caller frees: most counted first, or in
 * the order of their keys.
 */
const struct tally_row **tally_by_count(const struct tally *);
const struct tally_row **tally_by_key(const struct tally *);

struct tally_part {
	const char *octets;
	size_t length;
};

/*
 * The values of a row.  One with a NUL inside, which the handler never
 * writes, falls into two.
 */
void tally_split(const struct tally_row *, struct tally_part[TALLY_PARTS]);

/* A result of malloc() or the like; when it is NULL, the program ends. */
void *tally_checked(void *memory);

#endif
