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
 *
 * Every call takes the id of a transaction that has been forgotten, and then
 * does nothing.
 */
#ifndef EACH_TRANSACTION_H
#define EACH_TRANSACTION_H

#include "each/siphash.h"
#include "each/table.h"
#include "sipmsg.h"

/*
 * Transactions of one dialog and CSeq number, or of one branch, that an ACK or
 * a CANCEL is compared with: a caller who sends thousands on purpose makes
 * nobody's message expensive.
 */
#ifndef TRANSACTION_LOOK_AT
#define TRANSACTION_LOOK_AT 8
#endif

/*
 * Until its ACK a transaction sends at most so many times the octets that it
 * has received, unless a message asks for it: its source may be forged.
 */
#define TRANSACTION_AMPLIFICATION 3

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
	const void *path;		/* TABLE_PATH octets, or NULL */
	uint32_t octets;		/* of the whole datagram */
	/* Set by transaction_look(). */
	transaction_id id;		/* what it belongs to; 0: nothing */
	enum transaction_method method;
	uint64_t key;			/* with the method */
	uint64_t other;			/* see table.h */
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

/* Of no use to others but for its size. */
struct transactions {
	bool datagrams;
	unsigned char secret[SIPHASH_KEY];
	struct table table;
};

/*
 * Prepare the table, which is to be zeroed memory.  `datagrams`: answers are
 * kept and sent again; else this is a stream, on which none is lost.  The key
 * is the process's own, from the kernel's random numbers.
 */
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
 * The answer to be sent again, len octets, and TABLE_PATH octets of how
 * (those of the last message from there).  NULL: none is kept.  Valid until
 * the next call that changes the table.
 */
const unsigned char *transaction_kept(const struct transactions *,
    transaction_id, size_t *len);
const void *transaction_path(const struct transactions *, transaction_id);

/*
 * When transaction_due() is to be called next, TABLE_NEVER when nothing
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

#endif
