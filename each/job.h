/*
 * job.h - slots for what runs: a process with its group, the pipe that it
 * answers to, and its end.
 */
#ifndef EACH_JOB_H
#define EACH_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "peer.h"

/* From TERM to KILL for a group that is to end, milliseconds. */
#define JOB_TERM_TO_KILL 2000

struct job {
	pid_t pid;			/* of the group too; 0: free slot */
	int output;			/* to be read; -1: it has ended */
	int64_t kill_at;		/* 0: it may run; INT64_MAX: killed */
};

/* How a process ended. */
struct job_end {
	bool signalled;
	int status;			/* exit status, or the signal */
};

/* Make n slots; at the start, and once.  0, or -1 with errno. */
int job_open(unsigned n);

/* How many slots there are, and one of them. */
unsigned job_slots(void);
struct job *job_slot(unsigned slot);

/* A free slot's number, or -1 when all are in use; how many are. */
int job_find_free(void);
unsigned job_running(void);

/*
 * Run PROGRAM in a free slot on the message in `store`, for the peer.
 * 0, or -1 with errno: the slot is free still.
 */
int job_start(struct job *, const struct peer *, int store);

/*
 * Read what it has written, without waiting.  Octets, -1 when there are none
 * for now, 0 at the end: `output` is closed then.
 */
ssize_t job_read(struct job *, void *octets, size_t n);

/* Read no more from it: what it writes from now on has no reader. */
void job_close_output(struct job *);

/* TERM to the process and its group, KILL in JOB_TERM_TO_KILL; once. */
void job_terminate(struct job *, int64_t now);

/* KILL to both, now. */
void job_kill(const struct job *);

/* KILL to those whose time has come. */
void job_kill_late(int64_t now);

/*
 * A slot whose process has ended, or -1: its group is killed by then, and it
 * stays in its slot until job_free() reaps it.
 */
int job_find_ended(struct job_end *);
void job_free(struct job *);

#endif
