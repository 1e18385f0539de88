/*
 * report.h - the log's lines about messages that are not run.
 */
#ifndef EACH_REPORT_H
#define EACH_REPORT_H

#include "each/message.h"

/*
 * Lines in a second.  Strangers can send any number of messages that are not
 * run, over UDP in anybody's name: a line for each would push all others out
 * of the log.
 */
#define REPORT_MOST 100

/*
 * A message that is not run; `answered`: with the reason's status.  In place
 * of the first one that is too many for a second a line says WHY_FLOOD.
 */
void report_refused(const struct message *, enum why, int error,
    bool answered);

/* What keeps us from serving at all; a peer that has gone is no error. */
void report_unusable(enum why, int error);

#endif
