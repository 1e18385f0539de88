/*
 * text-model.h - texts whose octets are not kept, which cost a solver most of
 * its time: what is put is shown to the harness, octet by octet, and counted.
 * text proves of the real ones what is assumed.
 */
#ifndef TEXT_MODEL_H
#define TEXT_MODEL_H

#include <string.h>

#include "prove.h"
#include "text.h"

/* The harness's: any octet i of n that are put in one go. */
static void prove_octet(const struct text *, const unsigned char *octets,
    size_t i, size_t n);

static void
grow(struct text *t, size_t n)
{
	if (n > t->size - t->len)
		t->full = true;
	else
		t->len += n;
}

void
text_put(struct text *t, const void *octets, size_t n)
{
	const unsigned char *p = octets;
	size_t i;

	PROVE(n == 0 || __CPROVER_r_ok(octets, n));
	if (i < n)
		prove_octet(t, p, i, n);
	grow(t, n);
}

void
text_puts(struct text *t, const char *string)
{
	text_put(t, string, strlen(string));
}

void
text_putc(struct text *t, char c)
{
	text_put(t, &c, 1);
}

#endif
