/*
 * sandbox.h - confine this process, and with it the script that it becomes.
 *
 * The controlling terminal is given up.  no_new_privs, empty capability sets,
 * a Landlock domain and a seccomp filter all last over execve and cannot be
 * taken off again.  Nothing is forked, mounted or left behind.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "text.h"

enum sandbox_level {
	SANDBOX_NO,
	SANDBOX_TRY,	/* as much of basic as this kernel has */
	SANDBOX_BASIC,	/* no_new_privs, no capabilities, Landlock */
	SANDBOX_FULL	/* and seccomp */
};

/* Each costs one open and one call more; nobody lists so many by hand. */
#define SANDBOX_WRITABLE_MAX	32

/* What is asked for.  Paths are absolute; the caller keeps them. */
struct sandbox {
	enum sandbox_level level;
	bool no_network;	/* no new sockets but AF_UNIX */
	const char *writable[SANDBOX_WRITABLE_MAX];
	size_t nwritable;
	const char *tmp;	/* one more writable path, or NULL */
};

/* What the running kernel has, or what is in force. */
struct sandbox_parts {
	bool no_new_privs;
	int landlock;		/* ABI, 0: none */
	bool seccomp;
};

/* What could not be had. */
struct sandbox_fault {
	const char *what;	/* a part of the kernel, or a path */
	int error;		/* errno */
};

/*
 * Enter the sandbox.  On success return 0 and say in *got what is in force.
 * Else return -1 and say in *fault what is missing: the process is then
 * confined in part, and fit only to answer 500 and exit.  A writable path
 * that cannot be opened, a terminal that cannot be given up and a want of
 * memory are faults at every level but SANDBOX_NO, which does nothing.
 *
 * Descriptors that are open stay as usable as they were.  Those that are
 * opened here have FD_CLOEXEC and are left for execve to close.
 */
int sandbox_enter(const struct sandbox *want, struct sandbox_parts *got,
    struct sandbox_fault *fault);

/* Ask the running kernel.  Changes nothing. */
void sandbox_ask(struct sandbox_parts *kernel);

/*
 * What the kernel lacks and what follows from it, a line each: `i` counts
 * from 0 up to the first NULL.
 */
const char *sandbox_lack(const struct sandbox_parts *kernel, size_t i);

/* "no", "try", "basic" or "full", and back: -1 for no such name. */
const char *sandbox_level_name(enum sandbox_level level);
int sandbox_level(const char *name);

/* The value of the log's sandbox= field, such as "basic,landlock7". */
#define SANDBOX_TEXT_MAX	40

void sandbox_text(struct text *, const struct sandbox *want,
    const struct sandbox_parts *got);

#endif
