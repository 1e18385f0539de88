/*
 * program.h - PROGRAM: found once at the start, run for each message in an
 * environment that names the message's peer.
 */
#ifndef EACH_PROGRAM_H
#define EACH_PROGRAM_H

#include <sys/types.h>

#include "peer.h"

/* Variables that may be passed on; with more of them nothing starts. */
#define PROGRAM_MAX_VARIABLES 1000

/*
 * Find the program argv[0], by PATH when its name has no "/", and take the
 * environment for it: what is inherited, without what a super-server said of
 * a peer, LISTEN_*, NOTIFY_SOCKET and SIPCGI_*.  argv and the strings must
 * stay.  Call it when fd 2 is what the program is to have: JOURNAL_STREAM names
 * that where it is the journal.  Returns 0, or -1 with errno when there is no
 * such program, or E2BIG.
 */
int program_find(char *const argv[], char *const *inherited);

/*
 * Run it in a process group of its own, with fd `in` as its stdin and `out` as
 * its stdout, and TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP and TCPLOCALPORT for
 * the peer, where it is known.  Returns the process's id, or -1 with
 * errno, also of execve().
 */
pid_t program_start(const struct peer *, int in, int out);

#endif
