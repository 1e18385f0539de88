/*
 * text.h - text that is put together in bounded memory.
 *
 * Pure: no I/O, no allocation, no state but the caller's.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Text that grows in the owner's memory.  What does not fit is not written,
 * and `full` stays set: callers check once, at the end.
 */
struct text {
	char *start;
	size_t size;			/* octets at start */
	size_t len;			/* octets written */
	bool full;
};

void text_put(struct text *, const void *octets, size_t n);
void text_puts(struct text *, const char *string);
void text_putc(struct text *, char c);
void text_number(struct text *, uint64_t number);
/* In hexadecimal, lower case, with at least so many digits. */
void text_hex(struct text *, uint64_t number, unsigned digits);

/* What is left of a text's memory, as a text of its own. */
struct text text_rest(const struct text *);

/*
 * Octets from others, made fit to print: a control, a quote, a backslash or
 * an octet over 7E becomes \xHH (\" and \\), and so does a space unless
 * `spaces`.  After `most` octets the rest is "...".
 */
void text_escape(struct text *, const void *octets, size_t n, size_t most,
    bool spaces);

/* The name of an errno value, e.g. "ENOENT". */
const char *text_errno(int error);

#endif
