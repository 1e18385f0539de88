/*
 * check_parse.c - framing and grammar: what struct sipmsg promises.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "octet.h"
#include "text.h"
#include "field.h"

static void
check_in(struct slice inner, uint32_t from, uint32_t to)
{
	CHECK(inner.len == 0 || (inner.off >= from && inner.off <= to &&
	    inner.len <= to - inner.off));
}

static void
check_start_line(const struct feed *f)
{
	const struct sipmsg *m = &f->msg;
	uint32_t uri_end = m->request_uri.off + m->request_uri.len;

	check_in(m->method, 0, (uint32_t)f->len);
	check_in(m->request_uri, 0, (uint32_t)f->len);
	check_in(m->uri.user, m->request_uri.off, uri_end);
	check_in(m->uri.password, m->request_uri.off, uri_end);
	check_in(m->uri.host, m->request_uri.off, uri_end);
	if (m->has_start_line)
		CHECK(m->headers_off > 0 && m->headers_off <= f->len &&
		    f->buf[m->headers_off - 1] == '\n');
}

/* Nothing but white space and, once, `mark`, lies between. */
static void
check_between(const struct feed *f, uint32_t from, uint32_t to,
    unsigned char mark)
{
	bool seen = mark == '\0';
	uint32_t i;

	CHECK(from <= to && to <= f->len);
	for (i = from; i < to; i++)
		if (f->buf[i] == mark && !seen)
			seen = true;
		else
			CHECK(octet_is_lws(f->buf[i]));
	CHECK(seen);
}

static void
check_field(const struct feed *f, const struct sipmsg_field *h)
{
	uint32_t name_end = h->name.off + h->name.len;
	uint32_t end = h->value.off + h->value.len, i;
	bool line_end = false;

	CHECK(h->name.len > 0);
	CHECK(f->buf[h->name.off - 1] == '\n');
	CHECK(octet_span(f->buf, h->name.off, name_end, OCTET_TOKEN) ==
	    name_end);
	check_between(f, name_end, h->value.off, ':');
	CHECK(h->value.len == 0 || (!octet_is_lws(f->buf[h->value.off]) &&
	    !octet_is_lws(f->buf[end - 1])));
	for (i = h->value.off; i < end; i++) {
		CHECK(f->buf[i] != '\0');
		CHECK(f->buf[i] != '\r' || f->buf[i + 1] == '\n');
		CHECK(f->buf[i] != '\n' || f->buf[i + 1] == ' ' ||
		    f->buf[i + 1] == '\t');
		line_end = line_end || f->buf[i] == '\n';
	}
	CHECK(h->folded || !line_end);
}

/* The rows of a name: one is first, the others follow it in order. */
static void
check_rows(const struct sipmsg *m)
{
	bool reached[SIPMSG_MAX_FIELDS] = { false };
	const struct sipmsg_field *h;
	unsigned i, id;

	for (i = 0; i < m->nfields; i++) {
		CHECK(m->field[i].first != reached[i]);
		h = &m->field[i];
		if (h->next == SIPMSG_NO_FIELD)
			continue;
		CHECK(h->next > i && h->next < m->nfields);
		CHECK(m->field[h->next].id == h->id);
		CHECK(!reached[h->next]);
		reached[h->next] = true;
	}
	for (id = 0; id < SIPMSG_KNOWN; id++) {
		for (i = 0; i < m->nfields && m->field[i].id != id; i++)
			;
		CHECK(m->first[id] ==
		    (i < m->nfields ? i : SIPMSG_NO_FIELD));
	}
}

/* Every octet of the header section of a good message is accounted for. */
static void
check_tiled(const struct feed *f)
{
	const struct sipmsg *m = &f->msg;
	uint32_t at = m->headers_off;
	unsigned i;

	for (i = 0; i < m->nfields; i++) {
		check_between(f, at, m->field[i].name.off, '\0');
		at = m->field[i].value.off + m->field[i].value.len;
	}
	check_between(f, at, m->head_len, '\0');
}

static void
check_ranges(const struct feed *f)
{
	const struct sipmsg *m = &f->msg;
	unsigned i;

	CHECK(m->fault_at <= f->len);
	CHECK(m->head_len <= f->len && m->head_len <= SIPMSG_MAX_HEAD);
	CHECK(m->nfields <= SIPMSG_MAX_FIELDS);
	CHECK(f->result <= 0 && -f->result < WHY_COUNT);
	CHECK(f->result == -WHY_EMPTY || f->result == -(int)m->fault);
	check_start_line(f);
	for (i = 0; i < m->nfields; i++) {
		check_in(m->field[i].name, m->headers_off,
		    (uint32_t)f->len);
		check_in(m->field[i].value, m->headers_off,
		    (uint32_t)f->len);
		check_field(f, &m->field[i]);
	}
	check_rows(m);
	if (f->result == 0)
		check_tiled(f);
}

/* Where the head ends, found the simplest way: after the first empty line. */
static size_t
find_head_end(const unsigned char *buf, size_t len)
{
	size_t i;

	for (i = 1; i < len; i++)
		if (buf[i] == '\n' && (buf[i - 1] == '\n' ||
		    (i > 1 && buf[i - 1] == '\r' && buf[i - 2] == '\n')))
			return i + 1;
	return 0;
}

/* The head is complete with its last octet, not before, whatever follows. */
static void
check_framing(const struct feed *f, bool on_stream)
{
	struct feed part;
	struct sipmsg m;

	if (f->msg.head_len == 0)
		return;
	CHECK(f->msg.head_len == find_head_end(f->buf, f->len));
	feed_whole(&part, f->buf, f->msg.head_len, on_stream);
	part.blank = f->blank;
	feed_check_same(f, &part);
	sipmsg_init(&m);
	CHECK(sipmsg_scan(&m, f->buf, f->msg.head_len - 1) == SIPMSG_MORE);
	CHECK(m.head_len == 0);
}

static unsigned
count(const struct sipmsg *m, enum sipmsg_id id)
{
	unsigned i, n = 0;

	for (i = 0; i < m->nfields; i++)
		n += m->field[i].id == id;
	return n;
}

/* The value of a name that comes once, unfolded, as a string. */
static const char *
value_of(const struct feed *f, enum sipmsg_id id)
{
	static char octets[SIPMSG_MAX_HEAD];
	struct text t = { octets, sizeof octets - 1, 0, false };

	field_put(&t, f->buf, sipmsg_first(&f->msg, id));
	CHECK(!t.full);
	octets[t.len] = '\0';
	return octets;
}

/* What passed has what a request needs, found in another way. */
static void
check_accepted(const struct feed *f, bool on_stream)
{
	static const enum sipmsg_id once[] = { SIPMSG_TO, SIPMSG_FROM,
	    SIPMSG_CALL_ID, SIPMSG_CSEQ };
	static const enum sipmsg_id most_once[] = { SIPMSG_MAX_FORWARDS,
	    SIPMSG_CONTENT_LENGTH, SIPMSG_CONTENT_TYPE };
	const struct sipmsg *m = &f->msg;
	const char *value;
	char *end;
	size_t i;

	CHECK(m->method.len > 0 && m->request_uri.len > 0 && m->uri_ok);
	CHECK(m->headers_off - (m->request_uri.off + m->request_uri.len) <=
	    strlen(" SIP/2.0\r\n"));
	for (i = 0; i < sizeof once / sizeof once[0]; i++)
		CHECK(count(m, once[i]) == 1 && *value_of(f, once[i]) != '\0');
	for (i = 0; i < sizeof most_once / sizeof most_once[0]; i++)
		CHECK(count(m, most_once[i]) <= 1);
	CHECK(count(m, SIPMSG_VIA) >= 1);
	CHECK(strpbrk(value_of(f, SIPMSG_CALL_ID), " \t") == NULL);
	value = value_of(f, SIPMSG_CSEQ);
	CHECK(strtoull(value, &end, 10) == m->cseq);
	end += strspn(end, " \t");
	CHECK(strlen(end) == m->method.len &&
	    memcmp(end, f->buf, m->method.len) == 0);
	CHECK(m->has_content_length == (count(m, SIPMSG_CONTENT_LENGTH) > 0));
	if (m->has_content_length) {
		CHECK(strtoull(value_of(f, SIPMSG_CONTENT_LENGTH), &end, 10)
		    == m->content_length && *end == '\0');
		CHECK(m->content_length <= CHECK_MAX_BODY);
	} else
		CHECK(!on_stream || count(m, SIPMSG_CONTENT_TYPE) == 0);
}

static void
put_slice(struct text *t, const struct feed *f, struct slice slice)
{
	text_put(t, f->buf + slice.off, slice.len);
}

/* The message from what was parsed of it, unfolded. */
static void
put_message(struct text *t, const struct feed *f)
{
	const struct sipmsg *m = &f->msg;
	unsigned i;

	put_slice(t, f, m->method);
	text_putc(t, ' ');
	put_slice(t, f, m->request_uri);
	text_puts(t, " SIP/2.0\r\n");
	for (i = 0; i < m->nfields; i++) {
		put_slice(t, f, m->field[i].name);
		text_puts(t, ": ");
		field_put(t, f->buf, &m->field[i]);
		text_puts(t, "\r\n");
	}
	text_puts(t, "\r\n");
}

static void
check_same_text(const struct feed *f, const struct sipmsg_field *a,
    const struct feed *g, const struct sipmsg_field *b)
{
	static char octets[2][SIPMSG_MAX_HEAD];
	struct text s = { octets[0], sizeof octets[0], 0, false };
	struct text t = { octets[1], sizeof octets[1], 0, false };

	field_put(&s, f->buf, a);
	field_put(&t, g->buf, b);
	CHECK(!s.full && !t.full && s.len == t.len);
	CHECK(memcmp(s.start, t.start, s.len) == 0);
	CHECK(a->id == b->id && a->next == b->next && a->first == b->first);
}

/*
 * Written out and read again it is the same request.  A message that only
 * just fits may not when CR and spaces were left out of it.
 */
static void
check_stable(const struct feed *f, bool on_stream)
{
	static char octets[SIPMSG_MAX_HEAD];
	static char tags[2][FIELD_TAG_LEN];
	struct text t = { octets, sizeof octets, 0, false };
	struct text tag = { tags[0], FIELD_TAG_LEN, 0, false };
	struct text tag_again = { tags[1], FIELD_TAG_LEN, 0, false };
	struct feed again;
	unsigned i;

	put_message(&t, f);
	if (t.full)
		return;
	feed_whole(&again, (const unsigned char *)octets, t.len, on_stream);
	CHECK(again.result == 0);
	CHECK(again.msg.method.len == f->msg.method.len);
	CHECK(again.msg.request_uri.len == f->msg.request_uri.len);
	CHECK(memcmp(again.buf, f->buf, f->msg.method.len + 1 +
	    f->msg.request_uri.len) == 0);
	CHECK(again.msg.cseq == f->msg.cseq);
	CHECK(again.msg.content_length == f->msg.content_length);
	CHECK(again.msg.nfields == f->msg.nfields);
	for (i = 0; i < f->msg.nfields; i++)
		check_same_text(f, &f->msg.field[i], &again,
		    &again.msg.field[i]);
	field_put_tag(&tag, &f->msg, f->buf);
	field_put_tag(&tag_again, &again.msg, again.buf);
	CHECK(memcmp(tag.start, tag_again.start, FIELD_TAG_LEN) == 0);
}

static void
check_parse_from(const unsigned char *data, size_t size, bool on_stream)
{
	struct feed f;

	feed_whole(&f, data, size, on_stream);
	check_ranges(&f);
	check_framing(&f, on_stream);
	check_splits(&f, on_stream);
	if (f.result == 0) {
		check_accepted(&f, on_stream);
		check_stable(&f, on_stream);
	}
}

void
check_parse(const unsigned char *data, size_t size)
{
	if (size > CHECK_MOST)
		return;
	check_parse_from(data, size, true);
	check_parse_from(data, size, false);
}
