/*
 * memory-model.h - memcpy() and memcmp() octet by octet: with a size that isn't
 * constant CBMC's own cost a solver most of its time.
 */
#ifndef MEMORY_MODEL_H
#define MEMORY_MODEL_H

#include <string.h>

void *
memcpy(void *to, const void *from, size_t n)
{
	unsigned char *t = to;
	const unsigned char *f = from;
	size_t i;

	__CPROVER_precondition(n == 0 || !__CPROVER_same_object(to, from),
	    "nothing overlaps");
	for (i = 0; i < n; i++)
		t[i] = f[i];
	return to;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != q[i])
			return p[i] < q[i] ? -1 : 1;
	return 0;
}

#endif
