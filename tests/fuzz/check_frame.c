/*
 * check_frame.c - a stream of messages, in any split, and a datagram: framed
 * as the handler frames each message alone.
 */
#include <string.h>

#include "check.h"
#include "each/frame.h"
#include "octet.h"
#include "sipvia.h"

/* Events of one stream that are compared; a short stream has no more. */
#define MOST_EVENTS 64

struct event {
	enum frame_event what;		/* FRAME_MORE: the stream is over */
	size_t at;			/* the message's first octet */
	enum why why;
	bool goes_on;
	uint64_t body;			/* octets it has, of which */
	uint64_t had;			/* so many have come */
	unsigned pongs;			/* CRLFs sent before it */
};

struct events {
	size_t n;
	struct event event[MOST_EVENTS];
};

static const struct sipcheck_limits stream = { CHECK_MAX_BODY, true };
static const struct sipcheck_limits alone = { CHECK_MAX_BODY, false };

/* ---- The stream as each/frame.h reads it */

struct reader {
	struct frame frame;
	const unsigned char *data;
	size_t at;			/* octets used */
	size_t arrived;
	struct events *events;
	struct event event;		/* what becomes of this message */
	bool in_body, over;
};

static void
note(struct reader *r)
{
	struct events *e = r->events;

	if (e->n < MOST_EVENTS)
		e->event[e->n++] = r->event;
	memset(&r->event, 0, sizeof r->event);
}

static const unsigned char *
rest(const struct reader *r)
{
	return check_guarded(r->data + r->at, r->arrived - r->at);
}

static void
take(struct reader *r, enum frame_event what)
{
	r->event.what = what;
	r->event.at = r->at;
	r->event.why = what == FRAME_REQUEST ? WHY_NONE : r->frame.why;
	r->event.goes_on = what == FRAME_REQUEST || r->frame.goes_on;
	r->event.body = r->event.goes_on ? r->frame.body : 0;
	r->in_body = r->event.goes_on;
	if (r->in_body)
		r->at += r->frame.msg.head_len;
	else {
		note(r);
		r->over = true;
	}
}

static void
read_head(struct reader *r)
{
	enum frame_event what;
	unsigned pongs;

	r->at += frame_keepalives(&r->frame, rest(r), r->arrived - r->at,
	    &pongs);
	r->event.pongs += pongs;
	what = frame_head(&r->frame, rest(r), r->arrived - r->at, &stream);
	if (what != FRAME_MORE)
		take(r, what);
}

/* All that has arrived; false when more must. */
static bool
read_on(struct reader *r)
{
	size_t n;

	if (!r->in_body)
		read_head(r);
	if (!r->in_body || r->over)
		return false;
	n = frame_body(&r->frame, r->arrived - r->at);
	r->at += n;
	r->event.had += n;
	if (r->frame.body_left > 0)
		return false;
	note(r);
	r->in_body = false;
	frame_next(&r->frame);
	return true;
}

static void
read_end(struct reader *r)
{
	enum frame_event what;

	if (r->over)
		return;
	if (r->in_body) {
		note(r);
		return;
	}
	what = frame_end(&r->frame, rest(r), r->arrived - r->at,
	    WHY_HEAD_CUT);
	if (what == FRAME_MORE) {
		r->event.at = r->at;
		note(r);
	} else
		take(r, what);
}

static void
read_stream(struct events *e, const unsigned char *data, size_t size,
    const size_t *cuts, size_t ncuts)
{
	struct reader r = { .data = data, .events = e };
	size_t i;

	e->n = 0;
	frame_init(&r.frame);
	for (i = 0; i <= ncuts && !r.over; i++) {
		r.arrived = i < ncuts ? cuts[i] : size;
		while (read_on(&r))
			;
	}
	read_end(&r);
}

static void
check_same_events(const struct events *a, const struct events *b)
{
	size_t i;

	CHECK(a->n == b->n);
	for (i = 0; i < a->n; i++) {
		const struct event *x = &a->event[i], *y = &b->event[i];

		CHECK(x->what == y->what && x->at == y->at);
		CHECK(x->why == y->why && x->goes_on == y->goes_on);
		CHECK(x->body == y->body && x->had == y->had);
		CHECK(x->pongs == y->pongs);
	}
}

/* ---- The same from what the handler says of each message alone */

/* CRLFCRLFs, from the left, among empty lines. */
static unsigned
count_pings(const unsigned char *p, size_t n)
{
	unsigned pings = 0;
	size_t i = 0;

	while (i < n)
		if (n - i >= 4 && memcmp(p + i, "\r\n\r\n", 4) == 0) {
			pings++;
			i += 4;
		} else
			i += p[i] == '\r' ? 2 : 1;
	return pings;
}

/* Three words, single spaces between them, no tab; the last one SIP/2.0. */
static bool
is_sound_line(const unsigned char *p, size_t n)
{
	const unsigned char *first, *second;
	size_t left;

	first = memchr(p, ' ', n);
	if (first == NULL || first == p)
		return false;
	left = n - (size_t)(first + 1 - p);
	second = memchr(first + 1, ' ', left);
	if (second == NULL || second == first + 1)
		return false;
	left = n - (size_t)(second + 1 - p);
	return left == 7 && memchr(p, '\t', n) == NULL &&
	    octet_equal(second + 1, 7, "sip/2.0") &&
	    octet_span(p, 0, (uint32_t)(first - p), OCTET_TOKEN) ==
	    (uint32_t)(first - p);
}

/* One Content-Length, of digits, within the limit. */
static bool
find_length(const struct feed *f, uint64_t *length)
{
	const struct sipmsg_field *h = NULL;
	unsigned i, n = 0;
	uint32_t k;

	for (i = 0; i < f->msg.nfields; i++)
		if (f->msg.field[i].id == SIPMSG_CONTENT_LENGTH) {
			h = &f->msg.field[i];
			n++;
		}
	if (n != 1 || h->value.len == 0)
		return false;
	*length = 0;
	for (k = h->value.off; k < h->value.off + h->value.len; k++) {
		if (f->buf[k] < '0' || f->buf[k] > '9')
			return false;
		*length = *length * 10 + (uint64_t)(f->buf[k] - '0');
		if (*length > CHECK_MAX_BODY)
			return false;
	}
	return true;
}

static bool
may_go_on(const struct feed *f, uint64_t *length)
{
	const unsigned char *lf = memchr(f->buf, '\n', f->len);
	size_t n;

	if (f->msg.head_len == 0)
		return false;
	CHECK(lf != NULL);
	n = (size_t)(lf - f->buf);
	if (n > 0 && f->buf[n - 1] == '\r')
		n--;
	return is_sound_line(f->buf, n) && find_length(f, length);
}

static void
expect(struct events *e, const unsigned char *data, size_t size)
{
	struct event *next;
	size_t at = 0;
	struct feed f;

	for (e->n = 0; e->n < MOST_EVENTS; ) {
		feed_whole(&f, data + at, size - at, true);
		next = &e->event[e->n++];
		*next = (struct event){ .at = at + f.blank,
		    .pongs = count_pings(data + at, f.blank),
		    .why = (enum why)-f.result };
		if (f.result == -WHY_EMPTY) {
			next->why = WHY_NONE;
			return;
		}
		next->what = f.result == 0 ? FRAME_REQUEST : FRAME_REFUSED;
		if (f.result == 0) {
			next->goes_on = true;
			next->body = f.msg.content_length;
		} else if (!(next->goes_on = may_go_on(&f, &next->body))) {
			next->body = 0;
			return;
		}
		at += f.blank + f.msg.head_len;
		next->had = size - at < next->body ? size - at : next->body;
		at += next->had;
		if (next->had < next->body)
			return;
	}
}

/* ---- In any split */

/* Up to here each octet is once read alone. */
#define SHORT 512

static void
check_octet_by_octet(const struct events *whole, const unsigned char *data,
    size_t size)
{
	static struct events other;
	size_t cuts[SHORT], i;

	for (i = 0; i < size; i++)
		cuts[i] = i;
	read_stream(&other, data, size, cuts, size);
	check_same_events(whole, &other);
}

static void
check_some_cuts(const struct events *whole, const unsigned char *data,
    size_t size)
{
	static struct events other;
	uint32_t random = check_hash(data, size);
	size_t cuts[8], n, at;
	int round;

	for (round = 0; round < 4; round++) {
		for (n = at = 0; n < 8; n++) {
			random = random * 1664525 + 1013904223;
			at += (random >> 8) % (size / 4 + 1);
			if (at >= size)
				break;
			cuts[n] = at;
		}
		read_stream(&other, data, size, cuts, n);
		check_same_events(whole, &other);
	}
}

static void
check_stream(const unsigned char *data, size_t size)
{
	static struct events whole, expected;

	read_stream(&whole, data, size, NULL, 0);
	expect(&expected, data, size);
	check_same_events(&whole, &expected);
	if (size <= SHORT)
		check_octet_by_octet(&whole, data, size);
	check_some_cuts(&whole, data, size);
}

/* ---- A datagram */

/* A request line, as far as it goes by its end, and a Via to answer by. */
static bool
is_talked_to(const struct feed *f)
{
	const struct sipmsg_field *via = sipmsg_first(&f->msg, SIPMSG_VIA);
	const unsigned char *lf = memchr(f->buf, '\n', f->len), *p;
	struct sipvia parsed;
	uint32_t at;

	if (lf == NULL || !f->msg.has_start_line || via == NULL ||
	    sipvia_parse(f->buf, via->value, &parsed, &at) != 0)
		return false;
	for (p = lf; p > f->buf && p[-1] != ' '; p--)
		;
	return lf - p >= 4 && octet_equal(p, 4, "sip/");
}

static void
check_datagram(const unsigned char *data, size_t size)
{
	static struct frame frame;
	enum frame_event what;
	uint64_t body = 0;
	struct feed f;
	size_t start;

	what = frame_datagram(&frame, check_guarded(data, size), size,
	    &alone, &start);
	feed_whole(&f, data, size, false);
	CHECK(start == f.blank);
	if (f.result == 0) {
		body = f.msg.has_content_length ? f.msg.content_length :
		    f.len - f.msg.head_len;
		if (body > f.len - f.msg.head_len)
			f.result = -WHY_BODY_CUT;
	}
	if (f.result == 0) {
		CHECK(what == FRAME_REQUEST);
		CHECK(frame.body == body);
		CHECK(frame.msg.head_len == f.msg.head_len);
	} else if (why_entry((enum why)-f.result)->status == 0 ||
	    !is_talked_to(&f))
		CHECK(what == FRAME_MORE);
	else {
		CHECK(what == FRAME_REFUSED);
		CHECK(frame.why == (enum why)-f.result);
	}
}

void
check_frame(const unsigned char *data, size_t size)
{
	if (size > CHECK_MOST)
		return;
	check_stream(data, size);
	check_datagram(data, size);
}
