/*
 * when.h - points in time as people write them, in the forms that journalctl
 * takes (systemd.time(7)).
 */
#ifndef WHEN_H
#define WHEN_H

#include <stdint.h>

/*
 * Read `text` as a point in time, in microseconds since 1970:
 *
 *     now, today, yesterday, tomorrow		midnight but for now
 *     [Mon ]2026-11-23[ 20:15[:30[.5]]]	also with a T for the space
 *     20:15[:30[.5]]				today
 *     -SPAN, SPAN ago, +SPAN, SPAN left	1h, "10 min", 1h30min, 90 (s)
 *     @SECONDS[.5]
 *
 * Local time, unless a date or time ends in " UTC" or "Z".  `now` is what
 * the relative ones are relative to.  Returns 0; -1 leaves *usec alone.
 */
int when_parse(const char *text, uint64_t now, uint64_t *usec);

#endif
