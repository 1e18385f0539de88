#include <arpa/inet.h>
#include <string.h>

#include "field.h"
#include "octet.h"
#include "sipvia.h"

/*
 * Octets from..to of a value, each fold as one SP: LWS that holds a line
 * end is one space to every reader (RFC 3261 7.3.1, 25.1).
 */
static void
put_unfolded(struct text *t, const unsigned char *buf, uint32_t from,
    uint32_t to)
{
	while (from < to) {
		uint32_t stop = from, after, i;
		bool fold = false;

		while (stop < to && !octet_is_lws(buf[stop]))
			stop++;
		text_put(t, buf + from, stop - from);
		after = octet_skip_lws(buf, stop, to);
		for (i = stop; i < after; i++)
			fold = fold || buf[i] == '\n';
		if (fold)
			text_putc(t, ' ');
		else
			text_put(t, buf + stop, after - stop);
		from = after;
	}
}

static void
put_slice(struct text *t, const unsigned char *buf, bool folded,
    uint32_t from, uint32_t to)
{
	if (folded)
		put_unfolded(t, buf, from, to);
	else
		text_put(t, buf + from, to - from);
}

void
field_put(struct text *t, const unsigned char *buf,
    const struct sipmsg_field *f)
{
	put_slice(t, buf, f->folded, f->value.off,
	    f->value.off + f->value.len);
}

void
field_put_rows(struct text *t, const struct sipmsg *m,
    const unsigned char *buf, const struct sipmsg_field *first)
{
	const struct sipmsg_field *f;

	for (f = first; f != NULL; f = sipmsg_next(m, f)) {
		if (f != first)
			text_puts(t, ", ");
		field_put(t, buf, f);
	}
}

/* Is the sent-by host this address?  A name never is: it is not looked up. */
static bool
is_address(const unsigned char *buf, struct slice host,
    const unsigned char address[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char binary[16];
	char text[PEER_ADDRESS_SIZE];
	bool ipv6 = buf[host.off] == '[';

	if (ipv6) {
		host.off++;
		host.len -= 2;
	}
	if (host.len >= sizeof text)
		return false;
	memcpy(text, buf + host.off, host.len);
	text[host.len] = '\0';
	if (ipv6)
		return inet_pton(AF_INET6, text, binary) == 1 &&
		    memcmp(binary, address, sizeof binary) == 0;
	return inet_pton(AF_INET, text, binary) == 1 &&
	    memcmp(address, mapped, sizeof mapped) == 0 &&
	    memcmp(binary, address + sizeof mapped, 4) == 0;
}

void
field_put_topmost_via(struct text *t, const unsigned char *buf,
    const struct sipmsg_field *f, const struct peer *peer)
{
	struct sipvia via;
	struct sipvia_param param;
	uint32_t pos, done = f->value.off, whole_end;
	bool stamp, rport_put = false;

	if (!peer->known ||
	    sipvia_parse(buf, f->value, &via, &pos) != 0) {
		field_put(t, buf, f);
		return;
	}
	stamp = !is_address(buf, via.host, peer->binary);
	pos = via.params;
	while (sipvia_next_param(buf, &pos, via.end, &param) > 0) {
		const unsigned char *name = buf + param.name.off;
		bool rport = octet_equal(name, param.name.len, "rport");

		if (!rport &&
		    !octet_equal(name, param.name.len, "received"))
			continue;
		whole_end = param.whole.off + param.whole.len;
		put_slice(t, buf, f->folded, done, param.whole.off);
		done = whole_end;
		if (!rport || rport_put)
			continue;	/* a second one would grow the text */
		stamp = rport_put = true;
		text_puts(t, ";rport");
		if (peer->remote_port != 0) {
			text_putc(t, '=');
			text_number(t, peer->remote_port);
		}
	}
	put_slice(t, buf, f->folded, done, via.end);
	if (stamp) {
		text_puts(t, ";received=");
		text_puts(t, peer->remote_addr);
	}
	put_slice(t, buf, f->folded, via.end,
	    f->value.off + f->value.len);
}

/* The value of a parameter, from its "=" on: up to what ends a token. */
static struct slice
tag_value(const unsigned char *buf, uint32_t equal, uint32_t end)
{
	uint32_t from = octet_skip_lws(buf, equal + 1, end);

	return (struct slice){ from,
	    octet_span(buf, from, end, OCTET_TOKEN) - from };
}

bool
field_find_tag(const unsigned char *buf, struct slice value,
    struct slice *tag)
{
	uint32_t i = value.off, end = value.off + value.len, name;
	enum { BEFORE, INSIDE, AFTER } uri = BEFORE;
	bool found = false;

	while (i < end) {
		if (buf[i] == '"') {
			i = octet_quoted_end(buf, i, end);
			if (i == 0)
				return false;
			continue;
		}
		/* What was found up to a URI's end was its parameter. */
		if ((buf[i] == '<' && uri == BEFORE) ||
		    (buf[i] == '>' && uri == INSIDE)) {
			found = false;
			uri = uri == BEFORE ? INSIDE : AFTER;
		}
		if (buf[i++] != ';')
			continue;
		i = name = octet_skip_lws(buf, i, end);
		i = octet_span(buf, i, end, OCTET_TOKEN);
		if (found || !octet_equal(buf + name, i - name, "tag"))
			continue;
		i = octet_skip_lws(buf, i, end);
		if (i < end && buf[i] == '=') {
			*tag = tag_value(buf, i, end);
			found = true;
		}
	}
	return found;
}

bool
field_has_tag(const unsigned char *buf, struct slice value)
{
	struct slice tag;

	return field_find_tag(buf, value, &tag);
}

/* FNV-1a, 64 bits; folded white space counts as it is written out. */
static uint64_t
hash_octets(uint64_t hash, const unsigned char *buf, uint32_t from,
    uint32_t to)
{
	while (from < to) {
		unsigned char c = buf[from];
		uint32_t after = from + 1;

		if (octet_is_lws(c)) {
			c = ' ';
			after = octet_skip_lws(buf, after, to);
		}
		hash = (hash ^ c) * 1099511628211u;
		from = after;
	}
	/* NUL is in no value: it keeps neighbours apart. */
	return hash * 1099511628211u;
}

static uint64_t
hash_slice(uint64_t hash, const unsigned char *buf, struct slice s)
{
	return hash_octets(hash, buf, s.off, s.off + s.len);
}

static uint64_t
hash_first(uint64_t hash, const struct sipmsg *m, const unsigned char *buf,
    enum sipmsg_id id)
{
	const struct sipmsg_field *f = sipmsg_first(m, id);

	return f == NULL ? hash : hash_slice(hash, buf, f->value);
}

/* The digits as they stand, without leading zeros: judged or not. */
static uint64_t
hash_cseq_number(uint64_t hash, const struct sipmsg *m,
    const unsigned char *buf)
{
	const struct sipmsg_field *f = sipmsg_first(m, SIPMSG_CSEQ);
	uint32_t from, end;

	if (f == NULL)
		return hash;
	from = f->value.off;
	end = octet_span(buf, from, from + f->value.len, OCTET_DIGIT);
	while (from < end && buf[from] == '0')
		from++;
	return hash_octets(hash, buf, from, end);
}

void
field_put_tag(struct text *t, const struct sipmsg *m,
    const unsigned char *buf)
{
	const struct sipmsg_field *via = sipmsg_first(m, SIPMSG_VIA);
	uint64_t hash = 14695981039346656037u;
	struct sipvia topmost;
	uint32_t at;

	hash = hash_first(hash, m, buf, SIPMSG_CALL_ID);
	hash = hash_first(hash, m, buf, SIPMSG_FROM);
	hash = hash_cseq_number(hash, m, buf);
	hash = hash_slice(hash, buf, m->request_uri);
	if (via != NULL &&
	    sipvia_parse(buf, via->value, &topmost, &at) == 0)
		hash = hash_octets(hash, buf, via->value.off, topmost.end);
	/* The last octets must reach every digit. */
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdu;
	hash ^= hash >> 33;
	text_hex(t, hash, FIELD_TAG_LEN);
}
