/*
 * parse.h - a parser of SIP messages, for tests/bench/parse.c.
 *
 * One file for each library, since their headers do not go together.
 */
#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>
#include <stddef.h>

struct parser {
	const char *name;
	void (*start)(void);
	/* Parse a message and let go of it; is it a good request? */
	bool (*parse)(const unsigned char *message, size_t len);
};

extern const struct parser parse_handler, parse_environment, parse_osip,
    parse_re, parse_sofia;

#endif
