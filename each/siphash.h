/*
 * siphash.h - SipHash-2-4: 64 bits that nobody without the key can aim at
 * (Aumasson, Bernstein: a fast short-input PRF).
 *
 * Pure: no I/O, no allocation, no state but the caller's.
 */
#ifndef EACH_SIPHASH_H
#define EACH_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* Octets of a key. */
#define SIPHASH_KEY 16

struct siphash {
	uint64_t v[4];
	uint64_t word;			/* octets that make no word yet */
	uint64_t len;			/* octets so far */
};

void siphash_init(struct siphash *, const unsigned char key[SIPHASH_KEY]);
void siphash_put(struct siphash *, const void *octets, size_t n);
/* The hash of all that was put, however it was split.  Ends it. */
uint64_t siphash_end(struct siphash *);

#endif
