/*
 * options.h - the command line.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "env.h"
#include "log.h"
#include "sandbox.h"

struct options {
	const char *directory;		/* absolute */
	unsigned request_timeout;	/* seconds, at least 1 */
	unsigned script_timeout;	/* seconds, 0: none */
	uint64_t max_body;		/* octets, at most 1 GiB */
	const char *extra[ENV_MAX_EXTRA];	/* -e, in order */
	size_t nextra;
	struct log_options log;
	bool explain;
	bool explain_json;		/* as JSON */
	struct sandbox sandbox;
};

/*
 * Read the command line into `options`, which is all zeroes.  A file to explain
 * becomes fd 0.  --help and
 * --version print and exit 0; bad usage is one line and exit 64.  Neither
 * ever reaches a connection.
 */
void options_read(struct options *, int argc, char **argv);

#endif
