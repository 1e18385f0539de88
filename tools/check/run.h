/*
 * run.h - a script run through the handler, and what it puts out.
 */
#ifndef CHECK_RUN_H
#define CHECK_RUN_H

#include <stdbool.h>
#include <stddef.h>

/* Octets of output that are looked at: sipcgi-each takes no more either. */
#define RUN_MAX_OUTPUT 131072

struct run {
	size_t len;			/* octets of output */
	bool cut;			/* there were more */
	bool late;			/* ended by us, at the time limit */
	int exit_status;		/* unless */
	int signal;			/* a signal ended it, 0: none did */
	unsigned char output[RUN_MAX_OUTPUT];
};

/*
 * Run the program with the descriptor as standard input, its whole process
 * group for so many seconds at most.  Standard error is ours.  0, or -1 with
 * errno: it cannot be started.
 */
int run_program(struct run *, const char *const argv[], int input,
    unsigned seconds);

#endif
