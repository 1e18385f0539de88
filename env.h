/*
 * env.h - struct sipmsg and peer to the environment of the script
 * (RFC 3050 5.5.1), built from nothing.
 *
 * Pure, as sipmsg.h is.
 */
#ifndef ENV_H
#define ENV_H

#include "field.h"
#include "peer.h"
#include "sipmsg.h"

/* Variables that -e may add. */
#define ENV_MAX_EXTRA 64
/* Every header field, ours, those that pass, those of -e, and a NULL. */
#define ENV_MAX (SIPMSG_MAX_FIELDS + 40 + ENV_MAX_EXTRA)
/*
 * Octets of the block: every header field once, the Request-URI up to three
 * times (with user and host), names, and the path of the script.
 */
#define ENV_SIZE (SIPMSG_MAX_HEAD + 2 * SIPMSG_MAX_START_LINE + 16384)

struct env_request {
	const struct sipmsg *msg;
	const unsigned char *buf;
	const struct peer *peer;
	const char *script;		/* absolute path of the script */
	const char *software;		/* SERVER_SOFTWARE */
	uint64_t body_len;		/* octets */
	char *const *inherited;		/* our own environment */
	const char *const *extra;	/* NAME=VALUE or NAME, from -e */
	size_t nextra;			/* at most ENV_MAX_EXTRA */
};

struct env {
	char *vars[ENV_MAX];		/* NAME=VALUE; NULL after the last.
					   They point into the block, into
					   `inherited` and into `extra` */
	size_t nvars;
	/* Header fields that got no variable, by index. */
	uint8_t dropped[SIPMSG_MAX_FIELDS];
	size_t ndropped;
	struct text block;
	char octets[ENV_SIZE];
};

/*
 * Build it.  Returns 0, or -WHY_ENVIRONMENT_LARGE.  Names are unique, and
 * no value begins with "() {": old shells took such a one for code.
 */
int env_build(struct env *, const struct env_request *);

/*
 * May -e set this variable?  `name` is NAME or NAME=VALUE.  NULL when it
 * may, else why it may not.
 */
const char *env_refuse_extra(const char *name);

#endif
