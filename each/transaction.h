/*
 * transaction.h - the server transactions of RFC 3261 17.2: which message is
 * new, which a repeat, which an ACK or CANCEL of what; which answer is sent,
 * and when again.
 *
 * Pure: no I/O, no allocation, no clock: `now` is an argument, milliseconds
 * that never go back.  The table is the caller's memory, of one size for ever;
 * what a call costs does not depend on how full it is.
 *
 * For a message that sipcheck() passed:
 *
 *	transaction_look()	says what to do with it
 *	transaction_begin()	when that is TRANSACTION_RUN and there is a
 *				slot for it: the job has a transaction now
 *	transaction_answer()	for each answer that it gives, ours included:
 *				is it sent?
 *
 * and transaction_due() at transaction_deadline(): a 100, or a final answer
 * again.  What a message is told without a transaction (400, 503, 481, the 200
 * to a CANCEL) is not in the table: a repeat gets it anew, and its ACK names
 * the To tag that is computed from itself.
 */
#ifndef EACH_TRANSACTION_H
#define EACH_TRANSACTION_H

#include "each/siphash.h"
#include "sipmsg.h"

/*
 * Transactions that are known at once, a power of two: 512 a second, each for
 * 32 s.
 */
#ifndef TRANSACTION_MAX
#define TRANSACTION_MAX 16384
#endif
/* Octets of kept answers, a multiple of 8: as many of 512 octets. */
#ifndef TRANSACTION_KEEP
#define TRANSACTION_KEEP (8 << 20)
#endif

/*
 * Transactions of one dialog and CSeq number, or of one branch, that an ACK or
 * a CANCEL is compared with: a caller who sends thousands on purpose makes
 * nobody's message expensive.
 */
#ifndef TRANSACTION_LOOK_AT
#define TRANSACTION_LOOK_AT 8
#endif

_Static_assert((TRANSACTION_MAX & (TRANSACTION_MAX - 1)) == 0 &&
    TRANSACTION_MAX >= 2 && TRANSACTION_MAX <= 32768,
    "indices are 16 bits wide, and one is no index");

/* Milliseconds (RFC 3261 17.1.1.2, 17.2.1 and its table 4). */
#define TRANSACTION_T1 500
#define TRANSACTION_T2 4000
#define TRANSACTION_T4 5000
#define TRANSACTION_LIFE (64 * TRANSACTION_T1)
#define TRANSACTION_TRYING_AFTER 200

/*
 * Until its ACK a transaction sends at most so many times the octets that it
 * has received, unless a message asks for it: its source may be forged.
 */
#define TRANSACTION_AMPLIFICATION 3

/* Octets of a caller's struct that says how an answer gets to the peer. */
#define TRANSACTION_PATH 64

/* When nothing is due. */
#define TRANSACTION_NEVER INT64_MAX

/*
 * Names a transaction for as long as it is known; no other ever gets the same
 * name.  0 names none, and every call takes a name whose transaction has been
 * forgotten: it then does nothing.
 */
typedef uint64_t transaction_id;

enum transaction_method {
	TRANSACTION_INVITE,
	TRANSACTION_ACK,
	TRANSACTION_IS_CANCEL,
	TRANSACTION_OTHER
};

/* A message, and what transaction_look() finds out about it. */
struct transaction_message {
	/* The caller's. */
	const struct sipmsg *msg;	/* sipcheck() passed it */
	const unsigned char *buf;
	unsigned char source[16];	/* address; all 0 on a stream */
	const void *path;		/* TRANSACTION_PATH octets, or NULL */
	uint32_t octets;		/* of the whole datagram */
	/* Set by transaction_look(). */
	transaction_id id;		/* what it belongs to; 0: nothing */
	enum transaction_method method;
	uint64_t key;			/* with the method */
	uint64_t other;			/* see struct transaction */
};

enum transaction_verdict {
	TRANSACTION_RUN,		/* new: start the script */
	TRANSACTION_ABSORB,		/* a repeat, or the ACK of a failure:
					   nothing to do */
	TRANSACTION_RESEND,		/* a repeat: send transaction_kept() */
	TRANSACTION_CANCEL,		/* of the INVITE `id`, which runs */
	TRANSACTION_CANCEL_LATE,	/* nothing to cancel: 200 */
	TRANSACTION_CANCEL_UNKNOWN	/* of nothing known: 481 */
};

enum transaction_due {
	TRANSACTION_IDLE,		/* nothing is due */
	TRANSACTION_DUE_TRYING,		/* give it a 100 */
	TRANSACTION_DUE_RESEND		/* send transaction_kept() */
};

/*
 * Prepare the table, which is to be zeroed memory.  `datagrams`: answers are
 * kept and sent again; else this is a stream, on which none is lost.  The key
 * is the process's own, from the kernel's random numbers.
 */
struct transactions;
void transaction_init(struct transactions *, bool datagrams,
    const unsigned char key[SIPHASH_KEY]);

/*
 * What is this message?  A repeat's path becomes that of its transaction, and
 * its octets count for it; an ACK stops the repeating of what it acknowledges.
 * Nothing new is begun.
 *
 * RUN: also for an ACK that is not absorbed, which gets no answer.
 * CANCEL: read what the script has said first; with no final answer, answer
 * the CANCEL with 200, the INVITE with 487 by transaction_answer(), and end
 * the script.
 */
enum transaction_verdict transaction_look(struct transactions *,
    struct transaction_message *, int64_t now);

/*
 * It runs, as `job`, a number of the caller's.  Returns its name, 0 when every
 * transaction in the table still runs.  The oldest of those that do not is
 * forgotten when there is no room.
 */
transaction_id transaction_begin(struct transactions *,
    const struct transaction_message *, uint32_t job, int64_t now);

/*
 * The script, or we, answer with these octets.  True: send them now.  False:
 * not at all, since the final answer has gone, this is an ACK, a provisional
 * one to a method other than INVITE (RFC 4320 4.1), or one that would make too
 * much of a small request.
 */
bool transaction_answer(struct transactions *, transaction_id,
    unsigned status, const void *octets, size_t len, int64_t now);

/* Has it had its final answer, or been forgotten, or none to come? */
bool transaction_is_final(const struct transactions *, transaction_id);

/* The job that began it. */
uint32_t transaction_job(const struct transactions *, transaction_id);

/* Repeats and ACKs absorbed so far. */
uint32_t transaction_repeats(const struct transactions *, transaction_id);

/*
 * The answer to be sent again, len octets, and TRANSACTION_PATH octets of how
 * (those of the last message from there).  NULL: none is kept.  Valid until
 * the next call that changes the table.
 */
const unsigned char *transaction_kept(const struct transactions *,
    transaction_id, size_t *len);
const void *transaction_path(const struct transactions *, transaction_id);

/*
 * When transaction_due() is to be called next, TRANSACTION_NEVER when nothing
 * is to come.
 */
int64_t transaction_deadline(const struct transactions *);

/*
 * One thing that is due now, with its transaction in *id; call it until it
 * says TRANSACTION_IDLE.  What has been known long enough is forgotten.
 */
enum transaction_due transaction_due(struct transactions *, int64_t now,
    transaction_id *id);

/* How many are known, those that run included. */
uint32_t transaction_count(const struct transactions *);

/* ---- The table, of no use to others. */

/*
 * Each list is in the order of what falls due in it, since all that enter one
 * wait for the same time: no heap is needed.
 */
enum transaction_list {
	TRANSACTION_FREE,		/* names no transaction */
	TRANSACTION_RUNNING,		/* has its 100, or needs none */
	TRANSACTION_WAITING,		/* 100 after TRYING_AFTER */
	TRANSACTION_FINISHED,		/* forgotten after LIFE */
	TRANSACTION_ACKED,		/* forgotten after T4 */
	TRANSACTION_LISTS
};

/* Timer G's intervals: T1, 2 T1, 4 T1, T2. */
#define TRANSACTION_INTERVALS 4

/*
 * Entries are named by their index and one, so that in zeroed memory, which is
 * not touched before it is used, there are none.
 */
struct transaction_link {
	uint16_t next, previous;
};

struct transaction_ends {
	uint16_t first, last;
};

/* The lists that an entry is in at once. */
enum transaction_chain {
	TRANSACTION_IN_LIST,
	TRANSACTION_IN_INTERVAL,
	TRANSACTION_IN_OTHER,
	TRANSACTION_CHAINS
};

struct transaction {
	uint64_t serial;		/* the rest of its name */
	/* A hash of source, sent-by, branch, Call-ID, CSeq and From tag. */
	uint64_t key;
	/*
	 * An INVITE's: of Call-ID, CSeq number and From tag, by which the ACK
	 * of its 2xx is known.  Another's: of all of the above but the method,
	 * by which a CANCEL is known.
	 */
	uint64_t other;
	int64_t due;			/* in its list */
	int64_t resend_at;
	uint64_t kept;			/* place in the ring of answers */
	uint32_t kept_len;		/* octets, 0: none */
	uint32_t received, sent;	/* octets */
	uint32_t job;
	uint32_t repeats;
	uint16_t status;		/* of the last answer, 0: none */
	uint8_t method;			/* enum transaction_method */
	uint8_t list;			/* enum transaction_list */
	uint8_t interval;		/* TRANSACTION_INTERVALS: none */
	uint16_t next_key;		/* in its bucket */
	struct transaction_link link[TRANSACTION_CHAINS];
	unsigned char path[TRANSACTION_PATH];
};

struct transactions {
	bool datagrams;
	unsigned char secret[SIPHASH_KEY];
	int64_t now;			/* the latest that was said */
	uint64_t serial;		/* of the last that was begun */
	uint32_t count;
	uint32_t used;			/* entries that ever were */
	/* The ring of kept answers: octets written and given up, ever. */
	uint64_t head, tail;
	struct transaction_ends lists[TRANSACTION_LISTS];
	struct transaction_ends intervals[TRANSACTION_INTERVALS];
	uint16_t by_key[TRANSACTION_MAX];
	struct transaction_ends by_other[TRANSACTION_MAX];
	struct transaction entry[TRANSACTION_MAX];
	unsigned char ring[TRANSACTION_KEEP];
};

#endif
