#include <string.h>

#include "octet.h"
#include "sipuri.h"
#include "why.h"

static unsigned
hex_value(unsigned char c)
{
	return octet_is(c, OCTET_DIGIT) ? 0u + c - '0' :
	    octet_lower(c) + 10u - 'a';
}

static bool
is_escape(const unsigned char *p, uint32_t left)
{
	return left >= 3 && p[0] == '%' && octet_is(p[1], OCTET_HEX) &&
	    octet_is(p[2], OCTET_HEX);
}

/*
 * *(class / escaped).  Stops at the first octet that is neither and says
 * where, with the reason; 0 when all of the part is well-formed.
 */
static int
check_part(const unsigned char *buf, uint32_t from, uint32_t to,
    unsigned class, uint32_t *at)
{
	uint32_t i;

	for (i = from; i < to; i++) {
		if (octet_is(buf[i], class))
			continue;
		*at = i;
		if (buf[i] != '%')
			return -WHY_URI_OCTET;
		if (!is_escape(buf + i, to - i))
			return -WHY_URI_ESCAPE;
		i += 2;
	}
	return 0;
}

static const unsigned char *
find(const unsigned char *buf, uint32_t from, uint32_t to, int c)
{
	return from < to ? memchr(buf + from, c, to - from) : NULL;
}

/* userinfo = user [ ":" password ] */
static int
parse_userinfo(const unsigned char *buf, uint32_t from, uint32_t to,
    struct sipuri *parts, uint32_t *at)
{
	const unsigned char *colon = find(buf, from, to, ':');
	uint32_t end = colon != NULL ? (uint32_t)(colon - buf) : to;
	int error;

	if (end == from) {
		*at = from;
		return -WHY_URI_USER;
	}
	error = check_part(buf, from, end, OCTET_USER, at);
	if (error == 0 && colon != NULL)
		error = check_part(buf, end + 1, to, OCTET_PASSWORD, at);
	if (error != 0)
		return error;
	parts->has_user = true;
	parts->user = (struct slice){ from, end - from };
	if (colon != NULL)
		parts->password =
		    (struct slice){ end + 1, to - end - 1 };
	return 0;
}

/*
 * host [ ":" port ] [ uri-parameters ].  Parameters are dropped later, so
 * only their octets are judged: an empty one passes.
 */
static int
parse_hostport(const unsigned char *buf, uint32_t from, uint32_t to,
    struct sipuri *parts, uint32_t *at)
{
	const unsigned char *question;
	int reason = -WHY_URI_HOST;
	size_t n;

	*at = from;
	n = sipuri_host(buf + from, to - from);
	if (n == 0)
		return reason;
	parts->host = (struct slice){ from, (uint32_t)n };
	*at += (uint32_t)n;
	if (*at < to && buf[*at] == ':') {
		++*at;
		reason = -WHY_URI_PORT;
		n = sipuri_port(buf + *at, to - *at);
		if (n == 0)
			return reason;
		*at += (uint32_t)n;
	}
	question = find(buf, *at, to, '?');
	if (question != NULL) {
		*at = (uint32_t)(question - buf);
		return -WHY_URI_HEADERS;
	}
	if (*at < to && buf[*at] != ';')
		return reason;
	return check_part(buf, *at, to, OCTET_PARAM, at);
}

/* "/", ";" and "?" are legal in a user, so "@" is looked for first. */
static int
parse_sip(const unsigned char *buf, uint32_t from, uint32_t to,
    struct sipuri *parts, uint32_t *at)
{
	const unsigned char *sign = find(buf, from, to, '@'), *second;
	int error;

	if (sign != NULL) {
		uint32_t end = (uint32_t)(sign - buf);

		second = find(buf, end + 1, to, '@');
		if (second != NULL) {
			*at = (uint32_t)(second - buf);
			return -WHY_URI_AT;
		}
		error = parse_userinfo(buf, from, end, parts, at);
		if (error != 0)
			return error;
		from = end + 1;
	}
	return parse_hostport(buf, from, to, parts, at);
}

/* Octets that RFC 3986 allows nowhere, encoded or not. */
static bool
is_in_no_uri(unsigned char c)
{
	return c <= ' ' || c > '~' || strchr("<>\"{}|\\^`", c) != NULL;
}

static uint32_t
scheme_end(const unsigned char *buf, uint32_t from, uint32_t to)
{
	uint32_t i = from;

	if (i == to || !octet_is(buf[i], OCTET_ALPHA))
		return from;
	while (i < to && (octet_is(buf[i], OCTET_ALPHA | OCTET_DIGIT) ||
	    buf[i] == '+' || buf[i] == '-' || buf[i] == '.'))
		i++;
	return i;
}

int
sipuri_parse(const unsigned char *buf, struct slice uri,
    struct sipuri *parts, uint32_t *at)
{
	struct sipuri found = { .is_sip = false };
	uint32_t from = uri.off, to = uri.off + uri.len, i;
	uint32_t colon = scheme_end(buf, from, to);
	int error;

	if (colon == from || colon == to || buf[colon] != ':') {
		*at = colon;
		return -WHY_URI_SCHEME;
	}
	if (octet_equal(buf + from, colon - from, "sip") ||
	    octet_equal(buf + from, colon - from, "sips")) {
		found.is_sip = true;
		error = parse_sip(buf, colon + 1, to, &found, at);
		if (error != 0)
			return error;
	} else
		for (i = colon + 1; i < to; i++)
			if (is_in_no_uri(buf[i])) {
				*at = i;
				return -WHY_URI_OCTET;
			}
	*parts = found;
	return 0;
}

static size_t
ipv6_reference(const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 1; i < len && (octet_is(p[i], OCTET_HEX) || p[i] == ':' ||
	    p[i] == '.'); i++)
		;
	return i > 1 && i < len && p[i] == ']' ? i + 1 : 0;
}

size_t
sipuri_host(const unsigned char *p, size_t len)
{
	size_t i, label = 0;	/* where the current label begins */

	if (len > 0 && p[0] == '[')
		return ipv6_reference(p, len);
	for (i = 0; i < len; i++) {
		if (p[i] == '.') {
			if (i == label || p[i - 1] == '-')
				return 0;
			label = i + 1;
		} else if (p[i] == '-') {
			if (i == label)
				return 0;
		} else if (!octet_is(p[i], OCTET_ALPHA | OCTET_DIGIT) &&
		    p[i] != '_')
			break;
	}
	if (i == 0 || p[i - 1] == '-')
		return 0;
	return i;
}

size_t
sipuri_port(const unsigned char *p, size_t len)
{
	uint32_t port = 0;
	size_t i;

	for (i = 0; i < len && octet_is(p[i], OCTET_DIGIT); i++) {
		port = port * 10 + (uint32_t)(p[i] - '0');
		if (port > 65535)
			return 0;
	}
	return i;
}

size_t
sipuri_user(const unsigned char *buf, struct slice user, char *out)
{
	const unsigned char *p = buf + user.off, *end = p + user.len;
	size_t n = 0;

	while (p < end) {
		unsigned octet;

		if (*p == '#') {
			out[n++] = '%';
			out[n++] = '2';
			out[n++] = '3';
			p++;
			continue;
		}
		if (*p != '%') {
			out[n++] = (char)*p++;
			continue;
		}
		octet = hex_value(p[1]) << 4 | hex_value(p[2]);
		if (octet_is((unsigned char)octet, OCTET_UNRESERVED))
			out[n++] = (char)octet;
		else {
			out[n++] = '%';
			out[n++] = (char)octet_upper(p[1]);
			out[n++] = (char)octet_upper(p[2]);
		}
		p += 3;
	}
	return n;
}

size_t
sipuri_canonical_host(const unsigned char *buf, struct slice host,
    char *out)
{
	size_t i;

	for (i = 0; i < host.len; i++)
		out[i] = (char)octet_lower(buf[host.off + i]);
	if (i > 0 && out[i - 1] == '.')
		i--;
	return i;
}
