/*
 * libc.c - models of libc's functions, for those that CBMC has none of: what
 * C11 and glibc's manual say that they do, in the simplest way.
 */
#include <stddef.h>

void *
memchr(const void *octets, int c, size_t n)
{
	const unsigned char *p = octets;

	for (; n > 0; p++, n--)
		if (*p == (unsigned char)c)
			return (void *)p;
	return NULL;
}
