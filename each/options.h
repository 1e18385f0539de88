/*
 * options.h - the command line of sipcgi-each.
 */
#ifndef EACH_OPTIONS_H
#define EACH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"

/* What -c may say: each slot has its own place for a message and output. */
#define OPTIONS_MAX_CHILDREN 4096

struct each_options {
	unsigned children;		/* processes at once, at least 1 */
	unsigned per_source;		/* of one address's datagrams */
	unsigned idle_timeout;		/* seconds, 0: none */
	unsigned request_timeout;	/* seconds, at least 1 */
	unsigned script_timeout;	/* seconds, at least 1 */
	uint64_t max_body;		/* octets, at most 1 GiB */
	bool proxy_protocol;
	struct log_options log;
	char **program;			/* its name and arguments, then NULL */
};

/*
 * Read the command line into `options`, which is all zeroes.  --help and
 * --version print and exit 0; bad usage is one line and exit 64.  Neither ever
 * reaches a connection.
 */
void each_options_read(struct each_options *, int argc, char **argv);

/* -P was given, and there are datagrams: bad usage. */
_Noreturn void each_options_fail_proxy_protocol(void);

#endif
