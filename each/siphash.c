#include "each/siphash.h"

static uint64_t
load_word(const unsigned char *p)
{
	uint64_t word = 0;
	unsigned i;

	for (i = 0; i < 8; i++)
		word |= (uint64_t)p[i] << 8 * i;
	return word;
}

static uint64_t
rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static void
mix(uint64_t v[4], unsigned rounds)
{
	for (; rounds > 0; rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void
take_word(struct siphash *s, uint64_t word)
{
	s->v[3] ^= word;
	mix(s->v, 2);
	s->v[0] ^= word;
}

void
siphash_init(struct siphash *s, const unsigned char key[SIPHASH_KEY])
{
	uint64_t k0 = load_word(key), k1 = load_word(key + 8);

	s->v[0] = k0 ^ 0x736f6d6570736575u;
	s->v[1] = k1 ^ 0x646f72616e646f6du;
	s->v[2] = k0 ^ 0x6c7967656e657261u;
	s->v[3] = k1 ^ 0x7465646279746573u;
	s->word = s->len = 0;
}

void
siphash_put(struct siphash *s, const void *octets, size_t n)
{
	const unsigned char *p = octets, *end = p + n;

	while (p < end) {
		if (s->len % 8 == 0 && end - p >= 8) {
			take_word(s, load_word(p));
			s->len += 8;
			p += 8;
			continue;
		}
		s->word |= (uint64_t)*p++ << s->len % 8 * 8;
		if (++s->len % 8 == 0) {
			take_word(s, s->word);
			s->word = 0;
		}
	}
}

uint64_t
siphash_end(struct siphash *s)
{
	take_word(s, s->word | s->len << 56);
	s->v[2] ^= 0xff;
	mix(s->v, 4);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}
