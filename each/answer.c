#include <string.h>

#include "each/answer.h"
#include "octet.h"
#include "sipcheck.h"
#include "sipvia.h"

/* "SIP/2.0 200 " */
#define STATUS_LINE_MIN 12

static const char *const fault_texts[ANSWER_FAULTS] = {
[ANSWER_FAULT_NONE] = "nothing",
[ANSWER_FAULT_NOT_SIP] = "no SIP response",
[ANSWER_FAULT_ACTION] = "a CGI action, which is not carried out here",
[ANSWER_FAULT_STATUS_LINE] = "a malformed status line",
[ANSWER_FAULT_NUL] = "a NUL in the head",
[ANSWER_FAULT_BARE_CR] = "a CR without LF in the head",
[ANSWER_FAULT_HEADER] = "a line that is not a header field",
[ANSWER_FAULT_REPEATED] = "a header field twice that may come once",
[ANSWER_FAULT_LENGTH] = "a malformed Content-Length",
[ANSWER_FAULT_CUT_HEAD] = "no empty line after the header fields",
[ANSWER_FAULT_CUT_BODY] = "a body shorter than Content-Length",
[ANSWER_FAULT_CALL_ID] = "another Call-ID than the request's",
[ANSWER_FAULT_CSEQ] = "another CSeq than the request's",
[ANSWER_FAULT_VIA] = "another topmost Via than the request's",
[ANSWER_FAULT_LARGE] = "more than may be sent",
};

const char *
answer_fault_text(enum answer_fault fault)
{
	return fault_texts[fault];
}

void
answer_init(struct answer *a)
{
	/* Each head initializes `msg`. */
	memset(a, 0, offsetof(struct answer, msg));
}

static enum answer_event
fail(struct answer *a, enum answer_fault fault)
{
	a->fault = fault;
	return ANSWER_BAD;
}

/* ---- The status line */

/*
 * Status-Line = "SIP/2.0" SP 3DIGIT SP Reason-Phrase (RFC 3261 7.2).  What
 * RFC 3050 5.6.1 has beside it begins with CGI-.
 */
static enum answer_fault
judge_status_line(struct answer *a, const unsigned char *line, uint32_t len)
{
	uint32_t i;

	if (len >= 4 && octet_equal(line, 4, "cgi-"))
		return ANSWER_FAULT_ACTION;
	if (len < 4 || !octet_equal(line, 4, "sip/"))
		return ANSWER_FAULT_NOT_SIP;
	if (len < STATUS_LINE_MIN || memcmp(line, "SIP/2.0 ", 8) != 0 ||
	    octet_span(line, 8, 11, OCTET_DIGIT) != 11 || line[11] != ' ')
		return ANSWER_FAULT_STATUS_LINE;
	for (i = STATUS_LINE_MIN; i < len; i++)
		if ((line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
			return ANSWER_FAULT_STATUS_LINE;
	a->status = (uint16_t)((line[8] - '0') * 100 + (line[9] - '0') * 10 +
	    line[10] - '0');
	return a->status >= 100 && a->status <= 699 ? ANSWER_FAULT_NONE :
	    ANSWER_FAULT_STATUS_LINE;
}

/* What a line of n octets holds that no line may. */
static enum answer_fault
judge_octets(const unsigned char *line, uint32_t n)
{
	if (memchr(line, '\0', n) != NULL)
		return ANSWER_FAULT_NUL;
	return memchr(line, '\r', n) != NULL ? ANSWER_FAULT_BARE_CR :
	    ANSWER_FAULT_NONE;
}

/* The line that begins at `at`, its LF at `lf`. */
static enum answer_event
take_status_line(struct answer *a, const unsigned char *out, uint32_t lf)
{
	const unsigned char *line = out + a->at;
	uint32_t n = lf - a->at;
	enum answer_fault fault;

	if (n > 0 && line[n - 1] == '\r')
		n--;
	if (n > SIPMSG_MAX_START_LINE)
		return fail(a, ANSWER_FAULT_LARGE);
	fault = judge_octets(line, n);
	if (fault == ANSWER_FAULT_NONE)
		fault = judge_status_line(a, line, n);
	if (fault != ANSWER_FAULT_NONE)
		return fail(a, fault);
	a->start = a->at;
	sipmsg_init_response(&a->msg, lf + 1 - a->start);
	a->state = ANSWER_IN_HEAD;
	return ANSWER_MORE;
}

/* The output ends within a status line, or the line does not in time. */
static enum answer_event
fail_in_status_line(struct answer *a, const unsigned char *line, uint32_t len)
{
	uint32_t n = len < SIPMSG_MAX_START_LINE ? len : SIPMSG_MAX_START_LINE;
	enum answer_fault fault = judge_octets(line, n);

	if (fault == ANSWER_FAULT_NONE)
		fault = judge_status_line(a, line, n);
	if (fault == ANSWER_FAULT_NONE)
		fault = n < len ? ANSWER_FAULT_LARGE : ANSWER_FAULT_CUT_HEAD;
	return fail(a, fault);
}

static enum answer_event
next_status_line(struct answer *a, const unsigned char *out, uint32_t len,
    bool ended)
{
	const unsigned char *lf;
	uint32_t blank = (uint32_t)sipmsg_empty_lines(out + a->at,
	    len - a->at);

	a->at += blank;
	if (a->seen < a->at)
		a->seen = a->at;
	if (a->at == len)
		return ended ? ANSWER_NONE : ANSWER_MORE;
	lf = memchr(out + a->seen, '\n', len - a->seen);
	a->seen = len;
	/* The longest line may have a CR besides. */
	if (lf != NULL && lf - out - a->at <= SIPMSG_MAX_START_LINE + 1)
		return take_status_line(a, out, (uint32_t)(lf - out));
	if (ended || len - a->at > SIPMSG_MAX_START_LINE + 1)
		return fail_in_status_line(a, out + a->at, len - a->at);
	return ANSWER_MORE;
}

/* ---- The head */

static enum answer_fault
fault_of(enum why why)
{
	switch (why) {
	case WHY_NUL:
		return ANSWER_FAULT_NUL;
	case WHY_BARE_CR:
		return ANSWER_FAULT_BARE_CR;
	case WHY_HEAD_LARGE:
	case WHY_HEADERS_MANY:
		return ANSWER_FAULT_LARGE;
	default:
		return ANSWER_FAULT_HEADER;
	}
}

static bool
same_slice(const unsigned char *a, struct slice s, const unsigned char *b,
    struct slice r)
{
	return s.len == r.len && memcmp(a + s.off, b + r.off, s.len) == 0;
}

static bool
is_call_id(const struct answer_request *r, const unsigned char *head,
    struct slice value)
{
	return same_slice(head, value, r->buf,
	    sipmsg_first(r->msg, SIPMSG_CALL_ID)->value);
}

/* 1*DIGIT LWS Method; leading zeros make no other number. */
static bool
is_cseq(const struct answer_request *r, const unsigned char *head,
    struct slice value)
{
	uint32_t end = value.off + value.len, i, method;
	uint32_t digits = octet_span(head, value.off, end, OCTET_DIGIT);
	uint64_t number = 0;

	for (i = value.off; i < digits && number <= UINT32_MAX; i++)
		number = number * 10 + (uint64_t)(head[i] - '0');
	method = octet_skip_lws(head, digits, end);
	return digits > value.off && method > digits &&
	    number == r->msg->cseq && same_slice(head,
	    (struct slice){ method, end - method }, r->buf, r->msg->method);
}

/* RFC 2543's requests may have no branch: nor has the response then. */
static bool
is_via(const struct answer_request *r, const unsigned char *head,
    struct slice value)
{
	struct slice asked = sipmsg_first(r->msg, SIPMSG_VIA)->value;
	struct slice branch = { 0, 0 }, asked_branch = { 0, 0 };
	struct sipvia via, asked_via;
	uint32_t at;

	if (sipvia_parse(head, value, &via, &at) != 0 ||
	    sipvia_parse(r->buf, asked, &asked_via, &at) != 0)
		return false;
	return sipvia_find_param(head, &via, "branch", &branch) ==
	    sipvia_find_param(r->buf, &asked_via, "branch", &asked_branch) &&
	    same_slice(head, branch, r->buf, asked_branch);
}

/* What belongs to the request is the request's, if it is there. */
static enum answer_fault
judge_echo(const struct answer *a, const struct answer_request *r,
    const unsigned char *head)
{
	static const struct {
		enum sipmsg_id id;
		bool (*is_same)(const struct answer_request *,
		    const unsigned char *, struct slice);
		enum answer_fault fault;
	} echoes[] = {
		{ SIPMSG_CALL_ID, is_call_id, ANSWER_FAULT_CALL_ID },
		{ SIPMSG_CSEQ, is_cseq, ANSWER_FAULT_CSEQ },
		{ SIPMSG_VIA, is_via, ANSWER_FAULT_VIA },
	};
	const struct sipmsg_field *f;
	size_t i;

	for (i = 0; i < sizeof echoes / sizeof echoes[0]; i++) {
		f = sipmsg_first(&a->msg, echoes[i].id);
		if (f != NULL && !echoes[i].is_same(r, head, f->value))
			return echoes[i].fault;
	}
	return ANSWER_FAULT_NONE;
}

static bool
is_repeated(const struct sipmsg *m)
{
	static const enum sipmsg_id once[] = { SIPMSG_TO, SIPMSG_FROM,
	    SIPMSG_CALL_ID, SIPMSG_CSEQ, SIPMSG_CONTENT_LENGTH,
	    SIPMSG_CONTENT_TYPE };
	const struct sipmsg_field *f;
	size_t i;

	for (i = 0; i < sizeof once / sizeof once[0]; i++) {
		f = sipmsg_first(m, once[i]);
		if (f != NULL && sipmsg_next(m, f) != NULL)
			return true;
	}
	return false;
}

/* Where the body ends. */
static enum answer_fault
judge_length(struct answer *a, const unsigned char *head)
{
	static const struct sipcheck_limits limits = { ANSWER_MAX, true };
	static const struct sipcheck_limits any = { UINT32_MAX, true };
	uint64_t length = 0;

	a->body_off = a->start + a->msg.head_len;
	a->to_end = false;
	if (sipmsg_first(&a->msg, SIPMSG_CONTENT_LENGTH) == NULL)
		a->to_end =
		    sipmsg_first(&a->msg, SIPMSG_CONTENT_TYPE) != NULL;
	else if (!sipcheck_length(&a->msg, head, &limits, &length))
		return sipcheck_length(&a->msg, head, &any, &length) ?
		    ANSWER_FAULT_LARGE : ANSWER_FAULT_LENGTH;
	a->body_len = (uint32_t)length;
	return ANSWER_FAULT_NONE;
}

static enum answer_fault
judge_head(struct answer *a, const struct answer_request *r,
    const unsigned char *head)
{
	enum answer_fault fault;

	if (a->msg.fault != WHY_NONE)
		return fault_of(a->msg.fault);
	if (is_repeated(&a->msg))
		return ANSWER_FAULT_REPEATED;
	fault = r == NULL ? ANSWER_FAULT_NONE : judge_echo(a, r, head);
	return fault != ANSWER_FAULT_NONE ? fault : judge_length(a, head);
}

static enum answer_event
next_head(struct answer *a, const struct answer_request *r,
    const unsigned char *out, uint32_t len, bool ended)
{
	const unsigned char *head = out + a->start;
	int result = sipmsg_scan(&a->msg, head, len - a->start);
	enum answer_fault fault;

	if (result == SIPMSG_MORE)
		return ended ? fail(a, ANSWER_FAULT_CUT_HEAD) : ANSWER_MORE;
	fault = judge_head(a, r, head);
	if (fault != ANSWER_FAULT_NONE)
		return fail(a, fault);
	a->state = ANSWER_IN_BODY;
	return ANSWER_MORE;
}

/* ---- The body */

/* The dialog that a provisional response has begun. */
static void
note_to(struct answer *a, const unsigned char *out)
{
	const struct sipmsg_field *to = sipmsg_first(&a->msg, SIPMSG_TO);

	if (a->status == 100 || a->status >= 200 || to == NULL ||
	    !field_has_tag(out + a->start, to->value))
		return;
	a->to = *to;
	a->to.name.off += a->start;
	a->to.value.off += a->start;
}

static enum answer_event
next_body(struct answer *a, const unsigned char *out, uint32_t len,
    bool ended)
{
	if (a->to_end) {
		if (!ended)
			return ANSWER_MORE;
		a->body_len = len - a->body_off;
	}
	if (len - a->body_off < a->body_len)
		return ended ? fail(a, ANSWER_FAULT_CUT_BODY) : ANSWER_MORE;
	a->at = a->seen = a->body_off + a->body_len;
	a->state = ANSWER_BETWEEN;
	note_to(a, out);
	return ANSWER_RESPONSE;
}

enum answer_event
answer_next(struct answer *a, const struct answer_request *r,
    const unsigned char *out, size_t size, bool ended)
{
	uint32_t len = size < ANSWER_MAX ? (uint32_t)size : ANSWER_MAX;
	enum answer_event event = ANSWER_MORE;

	if (a->fault != ANSWER_FAULT_NONE)
		return ANSWER_BAD;
	if (a->state == ANSWER_BETWEEN)
		event = next_status_line(a, out, len, ended);
	if (a->state == ANSWER_IN_HEAD && event == ANSWER_MORE)
		event = next_head(a, r, out, len, ended);
	if (a->state == ANSWER_IN_BODY && event == ANSWER_MORE)
		event = next_body(a, out, len, ended);
	if (event == ANSWER_MORE && len == ANSWER_MAX)
		return fail(a, ANSWER_FAULT_LARGE);
	return event;
}

/* ---- What is sent */

/* Lines of the head, each LF that has no CR given one. */
static void
put_lines(struct text *t, const unsigned char *head, uint32_t from,
    uint32_t to)
{
	while (from < to) {
		const unsigned char *lf = memchr(head + from, '\n', to - from);
		uint32_t end = (uint32_t)(lf - head);	/* each line has one */

		if (end > from && head[end - 1] == '\r')
			end--;
		text_put(t, head + from, end - from);
		text_puts(t, "\r\n");
		from = (uint32_t)(lf - head) + 1;
	}
}

/* A To without a tag counts as missing, but in a 100 (RFC 3261 8.2.6.2). */
static bool
has_to(const struct answer *a, const unsigned char *head)
{
	const struct sipmsg_field *to = sipmsg_first(&a->msg, SIPMSG_TO);

	return to != NULL &&
	    (a->status == 100 || field_has_tag(head, to->value));
}

static void
put_fields(struct text *t, const struct answer *a, const unsigned char *head)
{
	const struct sipmsg *m = &a->msg;
	/* The empty line is the last. */
	uint32_t end = m->head_len - (head[m->head_len - 2] == '\r' ? 2 : 1);
	bool to = has_to(a, head);
	unsigned i;

	put_lines(t, head, 0, m->headers_off);
	for (i = 0; i < m->nfields; i++) {
		const struct sipmsg_field *f = &m->field[i];

		if ((f->name.len >= 4 &&
		    octet_equal(head + f->name.off, 4, "cgi-")) ||
		    (f->id == SIPMSG_TO && !to))
			continue;
		put_lines(t, head, f->name.off, i + 1 < m->nfields ?
		    m->field[i + 1].name.off : end);
	}
}

/* A response that makes or updates a dialog (RFC 3261 12.1.1, 6665, 3515). */
static bool
needs_record_route(const struct answer *a, const struct answer_request *r)
{
	static const char *const methods[] = { "INVITE", "SUBSCRIBE",
	    "REFER" };
	struct slice method = r->msg->method;
	size_t i;

	if (a->status < 101 || a->status > 299)
		return false;
	for (i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (strlen(methods[i]) == method.len &&
		    memcmp(r->buf + method.off, methods[i], method.len) == 0)
			return true;
	return false;
}

static void
put_missing(struct text *t, const struct answer *a,
    const struct answer_request *r, const unsigned char *head)
{
	static const enum sipmsg_id echoed[] = { SIPMSG_FROM, SIPMSG_CALL_ID,
	    SIPMSG_CSEQ };
	size_t i;

	if (sipmsg_first(&a->msg, SIPMSG_VIA) == NULL)
		reply_put_vias(t, r->msg, r->buf, r->peer);
	for (i = 0; i < sizeof echoed / sizeof echoed[0]; i++)
		if (sipmsg_first(&a->msg, echoed[i]) == NULL)
			reply_put_rows(t, r->msg, r->buf, echoed[i]);
	if (!has_to(a, head))
		reply_put_to(t, r->msg, r->buf, a->status != 100);
	if (sipmsg_first(&a->msg, SIPMSG_RECORD_ROUTE) == NULL &&
	    needs_record_route(a, r))
		reply_put_rows(t, r->msg, r->buf, SIPMSG_RECORD_ROUTE);
	if (sipmsg_first(&a->msg, SIPMSG_CONTENT_LENGTH) == NULL) {
		text_puts(t, "Content-Length: ");
		text_number(t, a->body_len);
		text_puts(t, "\r\n");
	}
}

void
answer_build(struct text *t, const struct answer *a,
    const struct answer_request *r, const unsigned char *out)
{
	const unsigned char *head = out + a->start;

	put_fields(t, a, head);
	put_missing(t, a, r, head);
	text_puts(t, "\r\n");
	text_put(t, out + a->body_off, a->body_len);
}

/* RFC 3261 21 */
static const char *
phrase_of(unsigned status)
{
	switch (status) {
	case 100:
		return "Trying";
	case 200:
		return "OK";
	case 481:
		return "Call/Transaction Does Not Exist";
	case 487:
		return "Request Terminated";
	case 503:
		return "Service Unavailable";
	case 504:
		return "Server Time-out";
	default:
		return "Server Internal Error";
	}
}

void
answer_own(struct text *t, const struct answer_request *r, unsigned status,
    const struct answer *said, const unsigned char *out,
    const char *software)
{
	struct reply reply = { .status = status, .phrase = phrase_of(status),
	    .software = software };

	if (said != NULL && said->to.name.len > 0) {
		reply.to = &said->to;
		reply.to_buf = out;
	}
	reply_put(t, r->msg, r->buf, r->peer, &reply);
}
