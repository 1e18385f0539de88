/*
 * table.h - the transactions that are known: found by their keys, in the order
 * in which something falls due, each with its last answer.
 *
 * Pure: no I/O, no allocation, no clock: table_set_now() says what time it is.
 * The table is its caller's memory, of one size for ever, and zeroed memory is
 * an empty table; what a call costs does not depend on how full it is.
 *
 * transaction.h decides what becomes of a transaction.
 */
#ifndef EACH_TABLE_H
#define EACH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Transactions that are known at once, a power of two: 512 a second, each for
 * 32 s.
 */
#ifndef TABLE_MAX
#define TABLE_MAX 16384
#endif
/* Octets of kept answers, a multiple of 8: as many of 512 octets. */
#ifndef TABLE_KEEP
#define TABLE_KEEP (8 << 20)
#endif

_Static_assert((TABLE_MAX & (TABLE_MAX - 1)) == 0 && TABLE_MAX >= 2 &&
    TABLE_MAX <= 32768, "indices are 16 bits wide, and one is no index");

/* Milliseconds (RFC 3261 17.1.1.2, 17.2.1 and its table 4). */
#define TABLE_T1 500
#define TABLE_T2 4000
#define TABLE_T4 5000
#define TABLE_LIFE (64 * TABLE_T1)
#define TABLE_TRYING_AFTER 200

/* When nothing is due. */
#define TABLE_NEVER INT64_MAX

/* Octets of a caller's struct that says how an answer gets to the peer. */
#define TABLE_PATH 64

/*
 * Names a transaction for as long as it is known; no other ever gets the same
 * name.  0 names none.
 */
typedef uint64_t transaction_id;

/*
 * Each list is in the order of what falls due in it, since all that enter one
 * wait for the same time: no heap is needed.
 */
enum table_list {
	TABLE_FREE,			/* names no transaction */
	TABLE_RUNNING,			/* has its 100, or needs none */
	TABLE_WAITING,			/* 100 after TRYING_AFTER */
	TABLE_FINISHED,			/* forgotten after LIFE */
	TABLE_ACKED,			/* forgotten after T4 */
	TABLE_LISTS
};

/* Timer G's intervals: T1, 2 T1, 4 T1, T2. */
#define TABLE_INTERVALS 4

/*
 * An entry's name is its index plus one: zeroed memory, which is not touched
 * before it is used, names none.
 */
struct table_link {
	uint16_t next, previous;
};

struct table_ends {
	uint16_t first, last;
};

/* The lists that an entry is in at once. */
enum table_chain {
	TABLE_IN_LIST,
	TABLE_IN_INTERVAL,
	TABLE_IN_OTHER,
	TABLE_CHAINS
};

struct transaction {
	/* Its user's; all zeroes in a new one. */
	uint32_t received, sent;	/* octets */
	uint32_t job;
	uint32_t repeats;
	uint16_t status;		/* of the last answer, 0: none */
	uint8_t method;			/* enum transaction_method */
	unsigned char path[TABLE_PATH];

	/* To be read only. */
	uint64_t key, other;
	int64_t due;			/* in its list */
	uint32_t kept_len;		/* octets of its answer, 0: none */
	uint8_t list;			/* enum table_list */

	/* Of no use to others. */
	uint8_t interval;		/* TABLE_INTERVALS: none */
	uint16_t next_key;		/* in its bucket */
	struct table_link link[TABLE_CHAINS];
	int64_t resend_at;
	uint64_t kept;			/* place in the ring of answers */
	uint64_t serial;		/* the rest of its name */
};

/* Of no use to others but for its size. */
struct table {
	int64_t now;			/* the latest that was said */
	uint64_t serial;		/* of the last that was added */
	uint32_t count;
	uint32_t used;			/* entries that ever were */
	/* The ring of kept answers: octets written and given up, ever. */
	uint64_t head, tail;
	struct table_ends lists[TABLE_LISTS];
	struct table_ends intervals[TABLE_INTERVALS];
	uint16_t by_key[TABLE_MAX];
	struct table_ends by_other[TABLE_MAX];
	struct transaction entry[TABLE_MAX];
	unsigned char ring[TABLE_KEEP];
};

/* The time, in milliseconds.  It never goes back: lists stay in order. */
void table_set_now(struct table *, int64_t now);

/* How many are known. */
uint32_t table_count(const struct table *);

/*
 * One more, in a list.  It is found by `key`, which is nobody else's, and
 * among those that have `other` in common with it.  The oldest that is
 * finished is forgotten when there is no room; NULL when there is none.
 */
struct transaction *table_add(struct table *, uint64_t key, uint64_t other,
    enum table_list);

/* Nothing is known of it any more. */
void table_forget(struct table *, struct transaction *);

transaction_id table_id(const struct table *, const struct transaction *);

/* The one of this name, or of this key, or NULL. */
const struct transaction *table_find(const struct table *, transaction_id);
struct transaction *table_find_key(struct table *, uint64_t key);

/*
 * Among those with the same `other`, the youngest, and the next older than this
 * one; NULL: no more.  Those of another one may be among them: compare.
 */
struct transaction *table_last_of(struct table *, uint64_t other);
struct transaction *table_before(struct table *, const struct transaction *);

/* Has it had its final answer, or does it need none? */
bool table_is_finished(const struct transaction *);

/* Into a list, to wait there from now on; or only if that ends sooner. */
void table_move(struct table *, struct transaction *, enum table_list);
void table_move_if_sooner(struct table *, struct transaction *,
    enum table_list);

/* The first of a list, if its time has come, or NULL. */
struct transaction *table_first_due(struct table *, enum table_list);

/* Timer G: its answer is due again after T1. */
void table_start_resending(struct table *, struct transaction *);
void table_stop_resending(struct table *, struct transaction *);

/*
 * One whose answer is due again, or NULL.  Its next interval has begun by
 * then.
 */
struct transaction *table_resend_due(struct table *);

/*
 * When something falls due next, in a list or by timer G; TABLE_NEVER: nothing
 * will.
 */
int64_t table_deadline(const struct table *);

/*
 * Keep this answer in place of the one before, if it is not too long.  Others
 * that were kept for longest give way: a finished transaction is forgotten
 * with its answer, one that runs can do without.
 */
void table_keep(struct table *, struct transaction *, const void *octets,
    size_t len);
void table_drop_kept(struct transaction *);

/* The answer's kept_len octets, valid until the table changes; NULL: none. */
const unsigned char *table_kept(const struct table *,
    const struct transaction *);

#endif
