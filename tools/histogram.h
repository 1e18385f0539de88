/*
 * histogram.h - requests over time.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include "journal.h"
#include "tally.h"

/* Count one under its minute. */
void histogram_add(struct tally *minutes, const struct request *);

/*
 * Draw it, with `per` minutes to a line; 0: the fewest that make at most sixty
 * lines.
 */
void histogram_show(const struct tally *minutes, unsigned per);

/* A JSON object; lines of nothing are left out. */
void histogram_show_json(const struct tally *minutes, unsigned per);

#endif
