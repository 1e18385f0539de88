#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tally.h"

/* A balanced tree: no hash for a stranger's values to collide in. */

static int
compare_keys(const void *left, const void *right)
{
	const struct tally_row *a = left, *b = right;
	size_t shorter = a->length < b->length ? a->length : b->length;
	int order = memcmp(a->key, b->key, shorter);

	if (order != 0)
		return order;
	return (a->length > b->length) - (a->length < b->length);
}

void *
tally_checked(void *memory)
{
	if (memory == NULL) {
		fprintf(stderr, "sipcgi-log: out of memory; choose a shorter "
		    "time with --since and --until\n");
		exit(EX_OSERR);
	}
	return memory;
}

static void
append(struct tally_row *row, const struct value *value)
{
	size_t length = value == NULL ? 0 : value->length;

	if (length > TALLY_PART_MAX)
		length = TALLY_PART_MAX;
	if (length > 0)
		memcpy(row->key + row->length, value->octets, length);
	row->length += length;
	row->key[row->length++] = '\0';
}

struct tally_row *
tally_add(struct tally *tally, const struct value *const key[TALLY_PARTS],
    enum event event)
{
	/* Room for any key: what the tree is searched for. */
	static struct tally_row *wanted;
	struct tally_row **found, *row;
	size_t size, i;

	if (wanted == NULL)
		wanted = tally_checked(calloc(1, sizeof(*wanted) +
		    TALLY_PARTS * (TALLY_PART_MAX + 1)));
	wanted->length = 0;
	for (i = 0; i < TALLY_PARTS; i++)
		append(wanted, key[i]);
	found = tally_checked(tsearch(wanted, &tally->tree, compare_keys));
	if (*found == wanted) {
		size = sizeof(*wanted) + wanted->length;
		*found = tally_checked(malloc(size));
		memcpy(*found, wanted, size);
		tally->rows++;
	}
	row = *found;
	row->count[event]++;
	row->total++;
	return row;
}

struct list {
	const struct tally_row **rows;
	size_t count;
};

static void
collect(const void *node, VISIT visit, void *closure)
{
	struct list *list = closure;

	if (visit == postorder || visit == leaf)
		list->rows[list->count++] =
		    *(const struct tally_row *const *)node;
}

const struct tally_row **
tally_by_key(const struct tally *tally)
{
	struct list list = { NULL, 0 };

	list.rows = tally_checked(calloc(tally->rows + 1,
	    sizeof(list.rows[0])));
	twalk_r(tally->tree, collect, &list);
	return list.rows;
}

static int
compare_counts(const void *left, const void *right)
{
	const struct tally_row *a = *(const struct tally_row *const *)left;
	const struct tally_row *b = *(const struct tally_row *const *)right;

	if (a->total != b->total)
		return a->total < b->total ? 1 : -1;
	return compare_keys(a, b);
}

const struct tally_row **
tally_by_count(const struct tally *tally)
{
	const struct tally_row **rows = tally_by_key(tally);

	qsort(rows, tally->rows, sizeof(rows[0]), compare_counts);
	return rows;
}

void
tally_split(const struct tally_row *row, struct tally_part parts[TALLY_PARTS])
{
	const char *at = row->key, *end = row->key + row->length, *nul;
	size_t i;

	for (i = 0; i < TALLY_PARTS; i++) {
		nul = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
		parts[i].octets = at;
		parts[i].length = nul != NULL ? (size_t)(nul - at) : 0;
		at = nul != NULL ? nul + 1 : end;
	}
}
