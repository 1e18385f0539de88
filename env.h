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
/* Ours, those that pass, and a NULL: all but header fields and those of -e. */
#define ENV_OURS 40
/*
 * Octets that hold any environment: pointers to the variables, then every
 * header field once, the Request-URI, user and host, names, and the path of
 * the script.
 */
#define ENV_ROOM ((SIPMSG_MAX_FIELDS + ENV_OURS + ENV_MAX_EXTRA + 1) * \
	sizeof(char *) + SIPMSG_MAX_HEAD + \
	(1 + SIPURI_USER_GROWS) * SIPMSG_MAX_START_LINE + 16384)

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
	char **vars;			/* NAME=VALUE; NULL after the last.
					   They point into the room, into
					   `inherited` and into `extra` */
	size_t nvars;
	size_t most;			/* pointers that there is room for */
	struct text *room;
	size_t ndropped;
	/* Header fields that got no variable, by index. */
	uint8_t dropped[SIPMSG_MAX_FIELDS];
};

/*
 * Build it in the room, which is the owner's and must stay.  Returns 0, or
 * -WHY_ENVIRONMENT_LARGE: never when ENV_ROOM is left there and the path is
 * one.  Names are unique, and no value begins with "() {": old shells took
 * such a one for code.
 */
int env_build(struct env *, const struct env_request *, struct text *room);

/*
 * May -e set this variable?  `name` is NAME or NAME=VALUE.  NULL when it
 * may, else why it may not.
 */
const char *env_refuse_extra(const char *name);

#endif
