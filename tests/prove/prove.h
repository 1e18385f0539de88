/*
 * prove.h - what the proofs share.
 *
 * A harness has a main() that CBMC runs for every value that a variable
 * without an initializer can have: an array of octets is every input of its
 * length. Input ends where its array ends, and room to write into ends where
 * its array ends, so that an octet too many is out of bounds.
 */
#ifndef PROVE_H
#define PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octet.h"
#include "text.h"

/* This holds before: say in the harness's head who sees to it. */
#define ASSUME(condition) __CPROVER_assume(condition)

/* This holds after, whatever the input. */
#define PROVE(condition) __CPROVER_assert(condition, #condition)

/* Is the inner slice empty, or in from..to? */
static inline bool
is_in(struct slice inner, uint32_t from, uint32_t to)
{
	return inner.len == 0 || (inner.off >= from && inner.off <= to &&
	    inner.len <= to - inner.off);
}

static inline bool
is_same(struct slice a, struct slice b)
{
	return a.off == b.off && a.len == b.len;
}

/*
 * A text of any size that is as full as it likes, in an array of `most`
 * octets: the text's room is the array's end.
 */
static inline struct text
any_text(char *room, size_t most)
{
	struct text t;

	ASSUME(t.size <= most && t.len <= t.size);
	t.start = room + most - t.size;
	t.full = t.full != false;
	return t;
}

/* Did a put keep what text.h says of a text? */
static inline bool
is_grown(struct text t, struct text old)
{
	return t.start == old.start && t.size == old.size &&
	    t.len >= old.len && t.len <= t.size && (t.full || !old.full);
}

/* *(class / escaped), which a URI's user is (RFC 3261 25.1). */
static inline bool
is_part(const unsigned char *buf, struct slice part, unsigned class)
{
	uint32_t i = part.off, end = part.off + part.len;

	for (; i < end; i++) {
		if (octet_is(buf[i], class))
			continue;
		if (buf[i] != '%' || end - i < 3 ||
		    !octet_is(buf[i + 1], OCTET_HEX) ||
		    !octet_is(buf[i + 2], OCTET_HEX))
			return false;
		i += 2;
	}
	return true;
}

#endif
