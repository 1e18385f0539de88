/*
 * report.h - what sipcgi-each logs of what it does not run.
 */
#ifndef EACH_REPORT_H
#define EACH_REPORT_H

#include "each/message.h"

/* A message that is not run; `answered`: with the reason's status. */
void report_refused(const struct message *, enum why, int error,
    bool answered);

/* What keeps us from serving at all. */
void report_unusable(enum why, int error);

#endif
