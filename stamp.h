/*
 * stamp.h - a point in time as people read it: ISO 8601, with the offset from
 * UTC.  The C library's localtime() would link an allocator.
 *
 * Pure, as sipmsg.h is.
 */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/*
 * How many seconds local time is ahead of UTC at `when`, seconds since 1970,
 * by a rule in the form of POSIX.1's TZ: "CET-1CEST,M3.5.0,M10.5.0/3".  A rule
 * that names summer time without saying when it is has that of the USA.
 * Returns false for anything else.
 */
bool stamp_offset(const char *rule, int64_t when, int32_t *offset);

/* 2026-11-29T13:36:34+01:00; at UTC, which `offset` NULL is, ends in Z. */
void stamp_put(struct text *, int64_t when, const int32_t *offset);

#endif
