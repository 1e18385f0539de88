/*
 * show.h - values that a stranger wrote, shown so that no octet of them
 * commands a terminal or breaks JSON; and a request as a line of either.
 */
#ifndef SHOW_H
#define SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "journal.h"

enum colour {
	COLOUR_PLAIN,
	COLOUR_BOLD,
	COLOUR_DIM,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_RED
};

/* The colour of a kind of event. */
extern const enum colour event_colours[EVENT_COUNT];

/* Let show_colour() write; without this it does nothing. */
void show_use_colours(void);
void show_colour(enum colour);

/*
 * Octets in printable ASCII, all others as \xHH, which is also how the
 * handler writes those that it found; at most `width` columns, with "..." at
 * the end when that cuts it.  Returns the columns written.
 */
size_t show_text(const char *octets, size_t length, size_t width);

/* The columns that show_text() would write. */
size_t show_width(const char *octets, size_t length, size_t width);

/*
 * A JSON string in ASCII, quotes included.  What is not UTF-8 reads \ufffd.
 */
void show_json_string(const char *octets, size_t length);

/* A number if one is wanted and it is one of at most nine digits. */
void show_json_value(const char *octets, size_t length, bool number);

/* "2026-11-23T20:15:30.123456Z", quotes included. */
void show_json_time(uint64_t usec);

/* "2026-11-23 20:15:30" in local time, as --since takes it. */
void show_time(uint64_t usec);

/* One request, one line. */
void show_request_text(const struct request *);
void show_request_json(const struct request *);

#endif
