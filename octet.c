#include "octet.h"

/* Short names, for this table alone. */
enum {
	T = OCTET_TOKEN,
	N = OCTET_UNRESERVED,
	U = OCTET_USER,
	P = OCTET_PASSWORD,
	R = OCTET_PARAM,
	ALNUM = T | N | U | P | R,
	D = ALNUM | OCTET_DIGIT | OCTET_HEX,
	A = ALNUM | OCTET_ALPHA,
	X = A | OCTET_HEX
};

const unsigned char octet_classes[256] = {
['0'] = D, ['1'] = D, ['2'] = D, ['3'] = D, ['4'] = D,
['5'] = D, ['6'] = D, ['7'] = D, ['8'] = D, ['9'] = D,
['A'] = X, ['B'] = X, ['C'] = X, ['D'] = X, ['E'] = X,
['F'] = X,
['G'] = A, ['H'] = A, ['I'] = A, ['J'] = A, ['K'] = A,
['L'] = A, ['M'] = A, ['N'] = A, ['O'] = A, ['P'] = A,
['Q'] = A, ['R'] = A, ['S'] = A, ['T'] = A, ['U'] = A,
['V'] = A, ['W'] = A, ['X'] = A, ['Y'] = A, ['Z'] = A,
['a'] = X, ['b'] = X, ['c'] = X, ['d'] = X, ['e'] = X,
['f'] = X,
['g'] = A, ['h'] = A, ['i'] = A, ['j'] = A, ['k'] = A,
['l'] = A, ['m'] = A, ['n'] = A, ['o'] = A, ['p'] = A,
['q'] = A, ['r'] = A, ['s'] = A, ['t'] = A, ['u'] = A,
['v'] = A, ['w'] = A, ['x'] = A, ['y'] = A, ['z'] = A,

['!'] = T | N | U | P | R,      ['#'] = U,
['$'] = U | P | R,
['%'] = T,                      ['&'] = U | P | R,
['\''] = T | N | U | P | R,     ['('] = N | U | P | R,
[')'] = N | U | P | R,          ['*'] = T | N | U | P | R,
['+'] = T | U | P | R,          [','] = U | P,
['-'] = T | N | U | P | R,      ['.'] = T | N | U | P | R,
['/'] = U | R,                  [':'] = R,
[';'] = U | R,                  ['='] = U | P | R,
['?'] = U,                      ['['] = R,
[']'] = R,                      ['_'] = T | N | U | P | R,
['`'] = T,                      ['~'] = T | N | U | P | R,
};

bool
octet_equal(const unsigned char *p, size_t n, const char *lower)
{
	for (; n > 0; p++, lower++, n--)
		if (*lower == '\0' ||
		    octet_lower(*p) != (unsigned char)*lower)
			return false;
	return *lower == '\0';
}

uint32_t
octet_span(const unsigned char *buf, uint32_t from, uint32_t to,
    unsigned class)
{
	while (from < to && octet_is(buf[from], class))
		from++;
	return from;
}

uint32_t
octet_skip_lws(const unsigned char *buf, uint32_t from, uint32_t to)
{
	while (from < to && octet_is_lws(buf[from]))
		from++;
	return from;
}

uint32_t
octet_quoted_end(const unsigned char *buf, uint32_t from, uint32_t to)
{
	uint32_t i;

	for (i = from + 1; i < to; i++) {
		if (buf[i] == '"')
			return i + 1;
		if (buf[i] == '\\')
			i++;
	}
	return 0;
}
