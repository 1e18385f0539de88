/*
 * octet.h - slices of a buffer, and classes of octets of RFC 3261 25.1, the
 * same in every locale.
 */
#ifndef OCTET_H
#define OCTET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum octet_class {
	OCTET_DIGIT = 1,
	OCTET_ALPHA = 2,
	OCTET_TOKEN = 4,		/* token */
	OCTET_UNRESERVED = 8,		/* unreserved */
	OCTET_USER = 16,		/* unreserved, user-unreserved, and
					   the "#" of dialled codes */
	OCTET_PASSWORD = 32,
	OCTET_PARAM = 64,		/* uri-parameters with ; and = */
	OCTET_HEX = 128
};

extern const unsigned char octet_classes[256];

static inline bool
octet_is(unsigned char c, unsigned class)
{
	return (octet_classes[c] & class) != 0;
}

static inline unsigned char
octet_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

static inline unsigned char
octet_upper(unsigned char c)
{
	return c >= 'a' && c <= 'z' ? (unsigned char)(c & ~0x20) : c;
}

/* SP, HTAB, and the CR and LF that framing leaves only inside folds. */
static inline bool
octet_is_lws(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Octets of a buffer that its owner knows. */
struct slice {
	uint32_t off;
	uint32_t len;
};

/* Where the run of octets of these classes that begins at `from` ends. */
uint32_t octet_span(const unsigned char *buf, uint32_t from, uint32_t to,
    unsigned class);

/* Where LWS ends, from `from` on. */
uint32_t octet_skip_lws(const unsigned char *buf, uint32_t from,
    uint32_t to);

/*
 * The octet after the quoted-string that begins at `from`; a backslash
 * escapes any octet.  0 when it has no end before `to`.
 */
uint32_t octet_quoted_end(const unsigned char *buf, uint32_t from,
    uint32_t to);

/* Are the n octets the string, in any case?  `lower` is in lower case. */
bool octet_equal(const unsigned char *p, size_t n, const char *lower);

#endif
