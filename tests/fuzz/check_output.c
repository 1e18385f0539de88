/*
 * check_output.c - what a script puts out: whatever it is, what is sent is a
 * SIP response to the request.
 *
 * An input is a request and behind it the output; when it does not begin with
 * a request that is accepted, all of it is output for another one.
 */
#include <string.h>

#include "check.h"
#include "each/answer.h"
#include "field.h"
#include "octet.h"
#include "sipvia.h"

#define SOFTWARE "sipcgi-each/test"

/* Responses of one output that are compared. */
#define MOST 16

static const unsigned char stand_in[] =
    "INVITE sip:bob@b.example SIP/2.0\r\n"
    "Via: SIP/2.0/UDP a.example:5070;branch=z9hG4bK1;rport\r\n"
    "v: SIP/2.0/UDP c.example\r\n"
    "Record-Route: <sip:c.example;lr>\r\n"
    "To: <sip:bob@b.example>\r\nFrom: <sip:a>;tag=1\r\n"
    "Call-ID: 1@a.example\r\nCSeq: 07 INVITE\r\nTimestamp: 1\r\n\r\n";

struct response {
	uint16_t status;
	uint32_t start, body_off, body_len;
	struct slice to;
};

struct responses {
	enum answer_event end;
	enum answer_fault fault;
	size_t n;
	struct response response[MOST];
};

static const unsigned char *output;
static size_t output_len;

/* One event after the other until no more comes of these octets. */
static enum answer_event
read_some(struct responses *rs, struct answer *a,
    const struct answer_request *r, size_t len, bool ended)
{
	enum answer_event event;

	while ((event = answer_next(a, r, check_guarded(output, len), len,
	    ended)) == ANSWER_RESPONSE) {
		CHECK(a->start < a->body_off && a->body_off <= len);
		CHECK(a->body_len <= len - a->body_off);
		CHECK(a->status >= 100 && a->status <= 699);
		if (rs->n < MOST)
			rs->response[rs->n++] = (struct response){
			    a->status, a->start, a->body_off, a->body_len,
			    a->to.value };
	}
	CHECK((event == ANSWER_BAD) == (a->fault != ANSWER_FAULT_NONE));
	CHECK(a->fault < ANSWER_FAULTS);
	return event;
}

static void
read_output(struct responses *rs, const struct answer_request *r,
    const size_t *cuts, size_t ncuts)
{
	enum answer_event event = ANSWER_MORE;
	struct answer a;
	size_t i;

	rs->n = 0;
	answer_init(&a);
	for (i = 0; i < ncuts && event == ANSWER_MORE; i++)
		event = read_some(rs, &a, r, cuts[i], false);
	if (event == ANSWER_MORE)
		event = read_some(rs, &a, r, output_len, true);
	CHECK(event == ANSWER_NONE || event == ANSWER_BAD);
	rs->end = event;
	rs->fault = a.fault;
}

static void
check_same(const struct responses *a, const struct responses *b)
{
	CHECK(a->n == b->n && a->end == b->end);
	/* What is too large may be something else by its end. */
	CHECK(a->fault == b->fault || a->fault == ANSWER_FAULT_LARGE ||
	    b->fault == ANSWER_FAULT_LARGE);
	for (size_t i = 0; i < a->n; i++) {
		const struct response *x = &a->response[i];
		const struct response *y = &b->response[i];

		CHECK(x->status == y->status && x->start == y->start);
		CHECK(x->body_off == y->body_off);
		CHECK(x->body_len == y->body_len);
		CHECK(x->to.off == y->to.off && x->to.len == y->to.len);
	}
}

/* ---- What is sent */

static bool
is_clean(const unsigned char *buf, const struct sipmsg_field *f)
{
	uint32_t i;

	for (i = f->value.off; i < f->value.off + f->value.len; i++)
		if (buf[i] == 0x7f ||
		    (buf[i] < ' ' && strchr("\t\r\n", buf[i]) == NULL))
			return false;
	return true;
}

static size_t
unfold(char text[SIPMSG_MAX_HEAD], const unsigned char *buf,
    const struct sipmsg_field *f)
{
	struct text t = { text, SIPMSG_MAX_HEAD, 0, false };

	field_put(&t, buf, f);
	CHECK(!t.full);
	return t.len;
}

/* A field of the request that a response needs: there, unless unclean. */
static bool
is_echoed(const struct answer_request *r, const struct sipmsg *m,
    enum sipmsg_id id)
{
	const struct sipmsg_field *asked = sipmsg_first(r->msg, id);
	const struct sipmsg_field *f = sipmsg_first(m, id);

	CHECK(f != NULL || !is_clean(r->buf, asked));
	return f != NULL;
}

static struct slice
branch_of(const unsigned char *buf, const struct sipmsg_field *f)
{
	struct slice branch = { 0, 0 };
	struct sipvia via;
	uint32_t at;

	CHECK(sipvia_parse(buf, f->value, &via, &at) == 0);
	(void)sipvia_find_param(buf, &via, "branch", &branch);
	return branch;
}

static void
check_echoes(const struct answer_request *r, const struct sipmsg *m,
    const unsigned char *sent)
{
	static char asked[SIPMSG_MAX_HEAD], said[SIPMSG_MAX_HEAD];
	const struct sipmsg_field *f;
	struct slice a, b;
	size_t n;

	if (is_echoed(r, m, SIPMSG_CALL_ID)) {
		f = sipmsg_first(m, SIPMSG_CALL_ID);
		CHECK(f->next == SIPMSG_NO_FIELD);
		n = unfold(asked, r->buf,
		    sipmsg_first(r->msg, SIPMSG_CALL_ID));
		CHECK(unfold(said, sent, f) == n);
		CHECK(memcmp(said, asked, n) == 0);
	}
	if (is_echoed(r, m, SIPMSG_CSEQ)) {
		f = sipmsg_first(m, SIPMSG_CSEQ);
		CHECK(f->next == SIPMSG_NO_FIELD);
		n = unfold(said, sent, f);
		CHECK(n > r->msg->method.len && memcmp(said + n -
		    r->msg->method.len, r->buf + r->msg->method.off,
		    r->msg->method.len) == 0);
	}
	f = sipmsg_first(r->msg, SIPMSG_VIA);
	if (is_echoed(r, m, SIPMSG_VIA) && is_clean(r->buf, f)) {
		a = branch_of(r->buf, f);
		b = branch_of(sent, sipmsg_first(m, SIPMSG_VIA));
		CHECK(a.len == b.len &&
		    memcmp(r->buf + a.off, sent + b.off, a.len) == 0);
	}
	(void)is_echoed(r, m, SIPMSG_FROM);
}

static void
check_to(const struct answer_request *r, const struct sipmsg *m,
    const unsigned char *sent, unsigned status)
{
	const struct sipmsg_field *to = sipmsg_first(m, SIPMSG_TO);

	if (!is_echoed(r, m, SIPMSG_TO))
		return;
	CHECK(to->next == SIPMSG_NO_FIELD);
	CHECK(status == 100 || field_has_tag(sent, to->value));
}

/* Nothing of the head but CRLF ends lines. */
static void
check_line_ends(const unsigned char *sent, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++) {
		CHECK(sent[i] != '\0');
		CHECK(sent[i] != '\n' || (i > 0 && sent[i - 1] == '\r'));
		CHECK(sent[i] != '\r' || (i + 1 < len && sent[i + 1] == '\n'));
	}
}

/* False when it has more fields than we take ourselves. */
static bool
check_response(const struct answer_request *r, const unsigned char *sent,
    size_t len, unsigned status, size_t body_len)
{
	static const struct sipcheck_limits limits = { ANSWER_MAX, true };
	const unsigned char *lf = memchr(sent, '\n', len);
	static struct sipmsg m;
	uint64_t length;
	unsigned i;
	int result;

	CHECK(len > 12 && memcmp(sent, "SIP/2.0 ", 8) == 0 && lf != NULL);
	CHECK((unsigned)((sent[8] - '0') * 100 + (sent[9] - '0') * 10 +
	    sent[10] - '0') == status && sent[11] == ' ');
	sipmsg_init_response(&m, (uint32_t)(lf + 1 - sent));
	result = sipmsg_scan(&m, sent, len);
	if (result == -WHY_HEADERS_MANY || result == -WHY_HEAD_LARGE)
		return false;
	CHECK(result == 0 && m.fault == WHY_NONE);
	check_line_ends(sent, m.head_len);
	check_echoes(r, &m, sent);
	check_to(r, &m, sent, status);
	CHECK(sipcheck_length(&m, sent, &limits, &length));
	CHECK(length == body_len && len - m.head_len == body_len);
	for (i = 0; i < m.nfields; i++)
		CHECK(m.field[i].name.len < 4 ||
		    !octet_equal(sent + m.field[i].name.off, 4, "cgi-"));
	return true;
}

/* What is complete comes out octet for octet. */
static void
check_again(const struct answer_request *r, const struct text *sent)
{
	static char octets[ANSWER_SIZE];
	struct text t = { octets, sizeof octets, 0, false };
	const unsigned char *out = (const unsigned char *)sent->start;
	struct answer a;

	if (sent->len > ANSWER_MAX)
		return;
	answer_init(&a);
	CHECK(answer_next(&a, r, out, sent->len, true) == ANSWER_RESPONSE);
	answer_build(&t, &a, r, out);
	CHECK(!t.full && t.len == sent->len);
	CHECK(memcmp(octets, sent->start, t.len) == 0);
	CHECK(answer_next(&a, r, out, sent->len, true) == ANSWER_NONE);
}

/* Does the request hold only what we echo? */
static bool
is_clean_request(const struct answer_request *r)
{
	unsigned i;

	for (i = 0; i < r->msg->nfields; i++)
		if (!is_clean(r->buf, &r->msg->field[i]))
			return false;
	return true;
}

static void
check_built(struct answer *a, const struct answer_request *r)
{
	static char octets[ANSWER_SIZE];
	struct text t = { octets, sizeof octets, 0, false };
	const unsigned char *sent = (const unsigned char *)octets;

	answer_build(&t, a, r, output);
	CHECK(!t.full);
	CHECK(t.len >= a->body_len && memcmp(octets + t.len - a->body_len,
	    output + a->body_off, a->body_len) == 0);
	if (check_response(r, sent, t.len, a->status, a->body_len) &&
	    is_clean_request(r))
		check_again(r, &t);
}

/* After all that the script has said. */
static void
check_own(const struct answer_request *r)
{
	static const unsigned own[] = { 100, 200, 481, 487, 500, 503, 504 };
	static char octets[ANSWER_SIZE];
	struct answer a;
	size_t i;

	answer_init(&a);
	while (answer_next(&a, r, output, output_len, true) ==
	    ANSWER_RESPONSE)
		;
	for (i = 0; i < sizeof own / sizeof own[0]; i++) {
		struct text t = { octets, sizeof octets, 0, false };

		answer_own(&t, r, own[i], &a, output, SOFTWARE);
		CHECK(!t.full);
		(void)check_response(r, (const unsigned char *)octets, t.len,
		    own[i], 0);
	}
}

static void
check_sent(const struct answer_request *r)
{
	struct answer a;
	unsigned n = 0;

	answer_init(&a);
	while (n++ < MOST && answer_next(&a, r, output, output_len, true) ==
	    ANSWER_RESPONSE)
		check_built(&a, r);
}

/* ---- In any split */

#define SHORT 512

static void
check_output_splits(const struct responses *whole,
    const struct answer_request *r)
{
	uint32_t random = check_hash(output, output_len);
	static struct responses other;
	size_t cuts[SHORT], n, at;
	int round;

	for (n = 0; n < output_len && n < SHORT; n++)
		cuts[n] = n;
	read_output(&other, r, cuts, n);
	check_same(whole, &other);
	for (round = 0; round < 4; round++) {
		for (n = at = 0; n < 8; n++) {
			random = random * 1664525 + 1013904223;
			at += (random >> 8) % (output_len / 4 + 1);
			if (at >= output_len)
				break;
			cuts[n] = at;
		}
		read_output(&other, r, cuts, n);
		check_same(whole, &other);
	}
}

void
check_output(const unsigned char *data, size_t size)
{
	static struct responses whole;
	static struct feed f;
	struct answer_request r;
	uint32_t i;

	if (size > CHECK_MOST)
		return;
	output = data;
	output_len = size;
	feed_whole(&f, data, size, true);
	if (f.result == 0 &&
	    f.msg.content_length <= f.len - f.msg.head_len) {
		output = f.buf + f.msg.head_len + f.msg.content_length;
		output_len = (size_t)(data + size - output);
	} else
		feed_whole(&f, stand_in, sizeof stand_in - 1, true);
	if (output_len > ANSWER_MAX)
		output_len = ANSWER_MAX;
	r = (struct answer_request){ &f.msg, f.buf, check_peer(0) };
	read_output(&whole, &r, NULL, 0);
	check_output_splits(&whole, &r);
	for (i = 0; i < CHECK_PEERS; i++) {
		r.peer = check_peer(i);
		check_sent(&r);
	}
	r.peer = check_peer(check_hash(data, size));
	check_own(&r);
}
