/*
 * service.h - what becomes of a message: it is refused, it is known already,
 * or PROGRAM runs for it; and what becomes of what PROGRAM says.
 */
#ifndef EACH_SERVICE_H
#define EACH_SERVICE_H

#include <poll.h>

#include "each/message.h"

struct service_settings {
	unsigned children;		/* processes at once */
	unsigned per_source;		/* of one address's datagrams */
	unsigned script_timeout;	/* seconds */
	bool datagrams;			/* else a stream */
};

/* Once, at the start.  0, or -1 with errno. */
int service_open(const struct service_settings *);

/*
 * Take a message.  False: it needs a slot and there is none; on a stream it
 * is to come again when one is free.
 */
bool service_take(const struct message *, int64_t now);

/*
 * What to wait for, of at most as many as there are slots; returns how many
 * were written.  Then take what the scripts wrote.
 */
unsigned service_poll(struct pollfd *);
void service_ready(const struct pollfd *, unsigned n, int64_t now);

/* Take the scripts that have ended.  False: not all of them yet. */
bool service_reap(int64_t now);

/* Do what is due; when something is due next. */
void service_tick(int64_t now);
int64_t service_deadline(void);

/* Scripts that run, and whether any transaction is known. */
unsigned service_running(void);
bool service_is_idle(void);

/* End all scripts, at once. */
void service_kill(void);

#endif
