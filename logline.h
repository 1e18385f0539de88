/*
 * logline.h - one line of the log, and the fields of a journal entry, out of
 * a stranger's octets: printable ASCII, bounded, without a password.
 *
 * Pure, as sipmsg.h is.
 */
#ifndef LOGLINE_H
#define LOGLINE_H

#include "event.h"
#include "outcome.h"
#include "text.h"

/*
 * Octets of a line at most, without its line end: under PIPE_BUF, so that a
 * line to a pipe is written whole or not at all, and lines of parallel
 * requests do not mix.
 */
#define LOGLINE_SIZE 3999
/* Octets that hold the fields of any journal entry. */
#define LOGLINE_FIELDS_SIZE 6000

/* How much it matters: error, warning or info. */
enum event_level logline_level(const struct outcome *);

/*
 * The line: the event's name, then key=value pairs separated by spaces.
 * Values are escaped as text_escape() does it and cut off after a while.
 */
void logline_put(struct text *, const struct outcome *);

/*
 * The same as fields of a journal entry, each a line NAME=VALUE with its line
 * end, but for MESSAGE; what is unknown is absent.
 */
void logline_put_fields(struct text *, const struct outcome *);

#endif
