/*
 * labels.h - the labels of a series, as Prometheus's text format has them.
 */
#ifndef LABELS_H
#define LABELS_H

#include <stdbool.h>
#include <stddef.h>

/* Octets of a series' labels at most, escapes included. */
#define LABELS_SIZE	2048

/* Begins with { .length = 0 }.  What does not fit is left out. */
struct labels {
	size_t length;
	char text[LABELS_SIZE];		/* 'method="INVITE",script="x@y"' */
};

/* Text as it is. */
void labels_put(struct labels *, const char *text);

/*
 * Octets as a value has them: printable ASCII, since one that is not UTF-8
 * would make the whole file worthless; `\` and `"` are escaped.  Others are
 * written \xHH, as everywhere, and then that backslash is escaped.
 */
void labels_escape(struct labels *, const char *octets, size_t length);

/* One label more. */
void labels_add(struct labels *, const char *name, const char *octets,
    size_t length);

/* Are they as labels_add() writes them? */
bool labels_are_sound(const char *text);

#endif
