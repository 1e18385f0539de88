/*
 * outcome.h - what became of a request, as far as it is known: the log and
 * --explain tell it.
 *
 * Filled in step by step while the request is served.  What is not known
 * yet, or does not apply, is 0 or NULL.  Pointers are the owner's.
 *
 * Pure, as sipmsg.h is.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "env.h"
#include "event.h"
#include "peer.h"
#include "sipmsg.h"
#include "why.h"

/* How a request ended that sipcgi-each ran a script for. */
struct outcome_done {
	int status;			/* of the final answer, 0: none was
					   sent, as for an ACK */
	bool by_script;			/* the answer is the script's */
	uint64_t milliseconds;		/* until the final answer */
	int exit_status;		/* of the script's process, unless */
	int signal;			/* a signal ended it, 0: none did */
	uint64_t pid;
	uint64_t repeats;		/* and ACKs, absorbed */
};

struct outcome {
	enum event event;
	enum why why;			/* it was not run, or answered by us */
	int error;			/* errno */
	bool answered;			/* a fault is answered, by us */
	const struct peer *peer;
	const struct sipmsg *msg;	/* what has arrived of it, and */
	const unsigned char *buf;	/* the octets that it points into */
	const char *script;		/* the script's name */
	const char *skipped;		/* a file passed over for it, */
	const char *skipped_why;	/* and why: a token */
	const char *directory;		/* of the scripts, when it or what is
					   in it is at fault */
	const struct env *env;		/* its environment; fields that got no
					   variable are named */
	const char *sandbox;		/* level and Landlock ABI */
	const char *missing;		/* what the sandbox lacks */
	const char *detail;		/* what was wrong, in words */
	const struct outcome_done *done;	/* of EVENT_DONE alone */
};

/*
 * The request is not run.  Sets why, errno if this machine is at fault, event
 * and answered: we answer if the reason has a status and the message may be
 * answered at all.
 */
void outcome_refuse(struct outcome *, enum why, int error, bool answerable);

#endif
