/*
 * cmdline.h - reading a command line by a table, from which --help, the
 * letters and the long names come.
 */
#ifndef CMDLINE_H
#define CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row of the table: an option. */
struct cmdline_option {
	char letter;			/* or 0 */
	const char *name;
	const char *argument;		/* "=NAME", "[=NAME]" where it may be
					   left out, NULL: takes none */
	const char *help;
	const char *standard;		/* the value without the option, or
					   NULL; read before all others */
	/*
	 * Take the value; NULL where the option stands without one.  Returns
	 * NULL, or what is wrong with it, in words.
	 */
	const char *(*read)(void *into, const char *value);
	bool letter_is_bare;		/* only the long name takes a value:
					   -nd DIR is -n -d DIR */
};

struct cmdline {
	const char *program;
	const char *operands;		/* for --help: "" or "FILE ..." */
	const char *purpose;		/* for --help, whole lines */
	const char *closing;		/* the last lines of --help */
	bool operands_end_options;	/* what follows the first operand
					   is not ours */
	/* At most CMDLINE_OPTIONS_MAX.  --help and --version are added. */
	const struct cmdline_option *options;
	size_t noptions;
	void *into;			/* for the readers */
};

#define CMDLINE_OPTIONS_MAX 24

/*
 * Read it.  Returns the index of the first operand in argv, argc when there
 * is none.  --help and --version print and exit 0; bad usage is one line and
 * exit 64.  Neither ever reaches a connection.
 */
int cmdline_read(const struct cmdline *, int argc, char **argv);

/*
 * End with one line about an option or operand, its value (or NULL), and what
 * is wrong; exit 64.
 */
_Noreturn void cmdline_fail(const struct cmdline *, const char *option,
    const char *value, const char *problem);

/* For readers: 0 or 1 to 86400 seconds; and bytes, with K or M, to 1024M. */
const char *cmdline_seconds(const char *value, unsigned least,
    unsigned *seconds);
const char *cmdline_size(const char *value, uint64_t *octets);

#endif
