#include <string.h>

#include "each/table.h"

/*
 * What stands before each kept answer in the ring.  With owner 0 it is a gap
 * at the ring's end, where the answer did not fit.
 */
struct block {
	uint32_t owner;			/* its name */
	uint32_t len;			/* octets that follow, padded to 8 */
};

_Static_assert(sizeof(struct block) == 8 && TABLE_KEEP % 8 == 0,
    "blocks leave no gap that is too short for another");

static const int64_t waits[TABLE_LISTS] = {
	[TABLE_WAITING] = TABLE_TRYING_AFTER,
	[TABLE_FINISHED] = TABLE_LIFE,
	[TABLE_ACKED] = TABLE_T4
};

static const int64_t intervals[TABLE_INTERVALS] = {
	TABLE_T1, 2 * TABLE_T1, 4 * TABLE_T1, TABLE_T2
};

void
table_set_now(struct table *t, int64_t now)
{
	if (now > t->now)
		t->now = now;
}

uint32_t
table_count(const struct table *t)
{
	return t->count;
}

/* ---- Names */

static struct transaction *
entry(struct table *t, uint16_t name)
{
	return &t->entry[name - 1];
}

static struct transaction *
entry_or_null(struct table *t, uint16_t name)
{
	return name != 0 ? entry(t, name) : NULL;
}

static uint16_t
name_of(const struct table *t, const struct transaction *e)
{
	return (uint16_t)(e - t->entry + 1);
}

transaction_id
table_id(const struct table *t, const struct transaction *e)
{
	return e->serial << 16 | name_of(t, e);
}

const struct transaction *
table_find(const struct table *t, transaction_id id)
{
	uint16_t name = (uint16_t)id;
	const struct transaction *e;

	if (name == 0 || name > TABLE_MAX)
		return NULL;
	e = &t->entry[name - 1];
	return e->list != TABLE_FREE && e->serial == id >> 16 ? e : NULL;
}

/* ---- Lists */

static void
append(struct table *t, struct table_ends *ends, struct transaction *e,
    enum table_chain chain)
{
	uint16_t name = name_of(t, e), last = ends->last;

	e->link[chain] = (struct table_link){ 0, last };
	if (last != 0)
		entry(t, last)->link[chain].next = name;
	else
		ends->first = name;
	ends->last = name;
}

static void
take_out(struct table *t, struct table_ends *ends, struct transaction *e,
    enum table_chain chain)
{
	struct table_link link = e->link[chain];

	if (link.previous != 0)
		entry(t, link.previous)->link[chain].next = link.next;
	else
		ends->first = link.next;
	if (link.next != 0)
		entry(t, link.next)->link[chain].previous = link.previous;
	else
		ends->last = link.previous;
}

static void
enter(struct table *t, struct transaction *e, enum table_list list)
{
	e->list = (uint8_t)list;
	e->due = t->now + waits[list];
	append(t, &t->lists[list], e, TABLE_IN_LIST);
}

void
table_move(struct table *t, struct transaction *e, enum table_list list)
{
	take_out(t, &t->lists[e->list], e, TABLE_IN_LIST);
	enter(t, e, list);
}

void
table_move_if_sooner(struct table *t, struct transaction *e,
    enum table_list list)
{
	if (t->now + waits[list] < e->due)
		table_move(t, e, list);
}

bool
table_is_finished(const struct transaction *e)
{
	return e->list == TABLE_FINISHED || e->list == TABLE_ACKED;
}

struct transaction *
table_first_due(struct table *t, enum table_list list)
{
	uint16_t name = t->lists[list].first;

	return name != 0 && entry(t, name)->due <= t->now ? entry(t, name) :
	    NULL;
}

/* ---- Timer G */

void
table_stop_resending(struct table *t, struct transaction *e)
{
	if (e->interval == TABLE_INTERVALS)
		return;
	take_out(t, &t->intervals[e->interval], e, TABLE_IN_INTERVAL);
	e->interval = TABLE_INTERVALS;
}

static void
resend_after(struct table *t, struct transaction *e, uint8_t interval)
{
	table_stop_resending(t, e);
	e->interval = interval;
	e->resend_at = t->now + intervals[interval];
	append(t, &t->intervals[interval], e, TABLE_IN_INTERVAL);
}

void
table_start_resending(struct table *t, struct transaction *e)
{
	resend_after(t, e, 0);
}

struct transaction *
table_resend_due(struct table *t)
{
	struct transaction *e;
	uint8_t i;

	for (i = 0; i < TABLE_INTERVALS; i++) {
		e = entry_or_null(t, t->intervals[i].first);
		if (e == NULL || e->resend_at > t->now)
			continue;
		resend_after(t, e, i + 1 < TABLE_INTERVALS ?
		    (uint8_t)(i + 1) : i);
		return e;
	}
	return NULL;
}

int64_t
table_deadline(const struct table *t)
{
	static const enum table_list lists[] = { TABLE_WAITING,
	    TABLE_FINISHED, TABLE_ACKED };
	int64_t first = TABLE_NEVER;
	uint16_t name;
	size_t i;

	for (i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		name = t->lists[lists[i]].first;
		if (name != 0 && t->entry[name - 1].due < first)
			first = t->entry[name - 1].due;
	}
	for (i = 0; i < TABLE_INTERVALS; i++) {
		name = t->intervals[i].first;
		if (name != 0 && t->entry[name - 1].resend_at < first)
			first = t->entry[name - 1].resend_at;
	}
	return first;
}

/* ---- Keys */

static uint16_t *
bucket_of(struct table *t, uint64_t key)
{
	return &t->by_key[key & (TABLE_MAX - 1)];
}

static struct table_ends *
others_of(struct table *t, uint64_t other)
{
	return &t->by_other[other & (TABLE_MAX - 1)];
}

struct transaction *
table_find_key(struct table *t, uint64_t key)
{
	uint16_t name = *bucket_of(t, key);

	while (name != 0 && entry(t, name)->key != key)
		name = entry(t, name)->next_key;
	return entry_or_null(t, name);
}

struct transaction *
table_last_of(struct table *t, uint64_t other)
{
	return entry_or_null(t, others_of(t, other)->last);
}

struct transaction *
table_before(struct table *t, const struct transaction *e)
{
	return entry_or_null(t, e->link[TABLE_IN_OTHER].previous);
}

/* ---- Adding and forgetting */

void
table_forget(struct table *t, struct transaction *e)
{
	uint16_t name = name_of(t, e), *at = bucket_of(t, e->key);

	while (*at != name)
		at = &entry(t, *at)->next_key;
	*at = e->next_key;
	take_out(t, others_of(t, e->other), e, TABLE_IN_OTHER);
	table_stop_resending(t, e);
	e->kept_len = 0;
	table_move(t, e, TABLE_FREE);
	t->count--;
}

/* The one that has been finished for longest, or NULL. */
static struct transaction *
oldest_finished(struct table *t)
{
	struct transaction *finished, *acked;

	finished = entry_or_null(t, t->lists[TABLE_FINISHED].first);
	acked = entry_or_null(t, t->lists[TABLE_ACKED].first);
	if (finished == NULL || acked == NULL)
		return finished != NULL ? finished : acked;
	return acked->due - TABLE_T4 <= finished->due - TABLE_LIFE ? acked :
	    finished;
}

/* An entry that is in no list. */
static struct transaction *
allocate(struct table *t)
{
	struct transaction *e;

	if (t->lists[TABLE_FREE].first == 0 && t->used < TABLE_MAX)
		return &t->entry[t->used++];
	if (t->lists[TABLE_FREE].first == 0) {
		e = oldest_finished(t);
		if (e == NULL)
			return NULL;
		table_forget(t, e);
	}
	e = entry(t, t->lists[TABLE_FREE].first);
	take_out(t, &t->lists[TABLE_FREE], e, TABLE_IN_LIST);
	return e;
}

struct transaction *
table_add(struct table *t, uint64_t key, uint64_t other, enum table_list list)
{
	struct transaction *e = allocate(t);
	uint16_t *bucket = bucket_of(t, key);

	if (e == NULL)
		return NULL;
	*e = (struct transaction){ .serial = ++t->serial, .key = key,
	    .other = other, .interval = TABLE_INTERVALS,
	    .next_key = *bucket };
	*bucket = name_of(t, e);
	append(t, others_of(t, other), e, TABLE_IN_OTHER);
	enter(t, e, list);
	t->count++;
	return e;
}

/* ---- Kept answers */

/*
 * Give up the oldest octets of the ring.  If an answer there is still kept, a
 * finished transaction is forgotten with it; one that runs can do without its
 * provisional answer.
 */
static void
give_up_oldest(struct table *t)
{
	struct transaction *e;
	struct block block;

	memcpy(&block, t->ring + t->tail % TABLE_KEEP, sizeof block);
	if (block.owner != 0) {
		e = entry(t, (uint16_t)block.owner);
		if (e->kept_len > 0 && e->kept == t->tail) {
			if (table_is_finished(e))
				table_forget(t, e);
			e->kept_len = 0;
		}
	}
	t->tail += sizeof block + block.len;
}

static void
put_block(struct table *t, struct block block)
{
	while (t->head + sizeof block + block.len - t->tail > TABLE_KEEP)
		give_up_oldest(t);
	memcpy(t->ring + t->head % TABLE_KEEP, &block, sizeof block);
	t->head += sizeof block + block.len;
}

void
table_keep(struct table *t, struct transaction *e, const void *octets,
    size_t len)
{
	size_t padded = (len + 7) / 8 * 8, rest;
	uint64_t at;

	e->kept_len = 0;
	if (len == 0 || padded + sizeof(struct block) > TABLE_KEEP / 2)
		return;
	rest = TABLE_KEEP - t->head % TABLE_KEEP;
	if (rest < padded + sizeof(struct block))
		put_block(t, (struct block){ 0,
		    (uint32_t)(rest - sizeof(struct block)) });
	at = t->head;
	put_block(t, (struct block){ name_of(t, e), (uint32_t)padded });
	memcpy(t->ring + at % TABLE_KEEP + sizeof(struct block), octets, len);
	e->kept = at;
	e->kept_len = (uint32_t)len;
}

void
table_drop_kept(struct transaction *e)
{
	e->kept_len = 0;
}

const unsigned char *
table_kept(const struct table *t, const struct transaction *e)
{
	return e->kept_len == 0 ? NULL :
	    t->ring + e->kept % TABLE_KEEP + sizeof(struct block);
}
