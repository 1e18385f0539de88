#include <string.h>

#include "octet.h"
#include "sipcheck.h"
#include "sipvia.h"

/* What a header field must be there for, once, or not empty. */
static const struct {
	enum sipmsg_id id;
	enum why missing;
	enum why repeated;
	enum why empty;
} rules[] = {
{ SIPMSG_TO, WHY_TO_MISSING, WHY_TO_REPEATED, WHY_TO_EMPTY },
{ SIPMSG_FROM, WHY_FROM_MISSING, WHY_FROM_REPEATED, WHY_FROM_EMPTY },
{ SIPMSG_CALL_ID, WHY_CALL_ID_MISSING, WHY_CALL_ID_REPEATED,
    WHY_CALL_ID_EMPTY },
{ SIPMSG_CSEQ, WHY_CSEQ_MISSING, WHY_CSEQ_REPEATED, WHY_NONE },
{ SIPMSG_VIA, WHY_VIA_MISSING, WHY_NONE, WHY_NONE },
{ SIPMSG_MAX_FORWARDS, WHY_NONE, WHY_MAX_FORWARDS_REPEATED, WHY_NONE },
{ SIPMSG_CONTENT_LENGTH, WHY_NONE, WHY_CONTENT_LENGTH_REPEATED, WHY_NONE },
{ SIPMSG_CONTENT_TYPE, WHY_NONE, WHY_CONTENT_TYPE_REPEATED, WHY_NONE },
};

static enum why
judge_presence(const struct sipmsg *m, uint32_t *at)
{
	const struct sipmsg_field *f, *second;
	size_t i;

	for (i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		f = sipmsg_first(m, rules[i].id);
		*at = m->head_len;
		if (f == NULL) {
			if (rules[i].missing != WHY_NONE)
				return rules[i].missing;
			continue;
		}
		second = sipmsg_next(m, f);
		if (second != NULL && rules[i].repeated != WHY_NONE) {
			*at = second->name.off;
			return rules[i].repeated;
		}
		if (f->value.len == 0 && rules[i].empty != WHY_NONE) {
			*at = f->value.off;
			return rules[i].empty;
		}
	}
	return WHY_NONE;
}

/*
 * To and From are judged for what a reader of them could be misled by:
 * quotes that do not close and a "<" without ">" (RFC 3261 20.20, 20.39;
 * RFC 2543 senders write bare words, which pass).
 */
static enum why
judge_address(const struct sipmsg *m, const unsigned char *buf,
    enum sipmsg_id id, enum why quote, enum why angle, uint32_t *at)
{
	struct slice value = sipmsg_first(m, id)->value;
	uint32_t i = value.off, end = value.off + value.len;
	bool open = false;
	uint32_t next;

	while (i < end) {
		if (buf[i] == '"') {
			next = octet_quoted_end(buf, i, end);
			if (next == 0) {
				*at = i;
				return quote;
			}
			i = next;
			continue;
		}
		if (buf[i] == '<') {
			open = true;
			*at = i;
		} else if (buf[i] == '>')
			open = false;
		i++;
	}
	return open ? angle : WHY_NONE;
}

/* Call-ID = one word without white space (RFC 3261 20.8). */
static enum why
judge_call_id(const struct sipmsg *m, const unsigned char *buf, uint32_t *at)
{
	struct slice value = sipmsg_first(m, SIPMSG_CALL_ID)->value;
	uint32_t i;

	for (i = value.off; i < value.off + value.len; i++)
		if (octet_is_lws(buf[i])) {
			*at = i;
			return WHY_CALL_ID_SPACE;
		}
	return WHY_NONE;
}

/* n digits.  False where the number is over `most`, under 2^60. */
static bool
read_number(const unsigned char *buf, uint32_t from, uint32_t n,
    uint64_t most, uint64_t *number)
{
	uint64_t value = 0;

	for (; n > 0; n--) {
		value = value * 10 + (uint64_t)(buf[from++] - '0');
		if (value > most)
			return false;
	}
	*number = value;
	return true;
}

/* CSeq = 1*DIGIT LWS Method (RFC 3261 20.16, 8.1.1.5). */
static enum why
judge_cseq(struct sipmsg *m, const unsigned char *buf, uint32_t *at)
{
	struct slice value = sipmsg_first(m, SIPMSG_CSEQ)->value;
	uint32_t end = value.off + value.len, method;
	uint64_t number;

	*at = octet_span(buf, value.off, end, OCTET_DIGIT);
	method = octet_skip_lws(buf, *at, end);
	if (*at == value.off || method == *at)
		return WHY_CSEQ;
	if (!read_number(buf, value.off, *at - value.off, UINT32_MAX,
	    &number)) {
		*at = value.off;
		return WHY_CSEQ_LARGE;
	}
	m->cseq = (uint32_t)number;
	*at = octet_span(buf, method, end, OCTET_TOKEN);
	if (*at == method || *at != end)
		return WHY_CSEQ;
	*at = method;
	if (end - method != m->method.len ||
	    memcmp(buf + method, buf + m->method.off, m->method.len) != 0)
		return WHY_CSEQ_METHOD;
	return WHY_NONE;
}

/* Only the topmost value is ours to read (RFC 3261 18.2.1). */
static enum why
judge_via(const struct sipmsg *m, const unsigned char *buf, uint32_t *at)
{
	struct slice value = sipmsg_first(m, SIPMSG_VIA)->value;
	struct sipvia via;

	return sipvia_parse(buf, value, &via, at) == 0 ? WHY_NONE : WHY_VIA;
}

/* Content-Length = 1*DIGIT (RFC 3261 20.14, 18.3). */
static enum why
judge_length(const struct sipmsg *m, const unsigned char *buf,
    const struct sipcheck_limits *limits, uint64_t *length, uint32_t *at)
{
	const struct sipmsg_field *f = sipmsg_first(m, SIPMSG_CONTENT_LENGTH);
	uint32_t end = f->value.off + f->value.len;

	*at = octet_span(buf, f->value.off, end, OCTET_DIGIT);
	if (f->value.len == 0 || *at != end)
		return WHY_CONTENT_LENGTH;
	*at = f->value.off;
	return read_number(buf, f->value.off, f->value.len, limits->max_body,
	    length) ? WHY_NONE : WHY_BODY_LARGE;
}

/* Where the body ends, or that nothing says it. */
static enum why
judge_body(struct sipmsg *m, const unsigned char *buf,
    const struct sipcheck_limits *limits, uint32_t *at)
{
	enum why why;

	if (sipmsg_first(m, SIPMSG_CONTENT_LENGTH) != NULL) {
		why = judge_length(m, buf, limits, &m->content_length, at);
		m->has_content_length = why == WHY_NONE;
		return why;
	}
	*at = m->head_len;
	return limits->on_stream &&
	    sipmsg_first(m, SIPMSG_CONTENT_TYPE) != NULL ?
	    WHY_CONTENT_LENGTH_MISSING : WHY_NONE;
}

bool
sipcheck_length(const struct sipmsg *m, const unsigned char *buf,
    const struct sipcheck_limits *limits, uint64_t *length)
{
	const struct sipmsg_field *f = sipmsg_first(m, SIPMSG_CONTENT_LENGTH);
	uint32_t at;

	return f != NULL && sipmsg_next(m, f) == NULL &&
	    judge_length(m, buf, limits, length, &at) == WHY_NONE;
}

static enum why
judge(struct sipmsg *m, const unsigned char *buf,
    const struct sipcheck_limits *limits, uint32_t *at)
{
	enum why why = judge_presence(m, at);

	if (why == WHY_NONE)
		why = judge_address(m, buf, SIPMSG_TO, WHY_TO_QUOTE,
		    WHY_TO_ANGLE, at);
	if (why == WHY_NONE)
		why = judge_address(m, buf, SIPMSG_FROM, WHY_FROM_QUOTE,
		    WHY_FROM_ANGLE, at);
	if (why == WHY_NONE)
		why = judge_call_id(m, buf, at);
	if (why == WHY_NONE)
		why = judge_cseq(m, buf, at);
	if (why == WHY_NONE)
		why = judge_via(m, buf, at);
	if (why == WHY_NONE)
		why = judge_body(m, buf, limits, at);
	return why;
}

int
sipcheck(struct sipmsg *m, const unsigned char *buf,
    const struct sipcheck_limits *limits)
{
	enum why why;
	uint32_t at;

	if (m->fault == WHY_NONE) {
		why = judge(m, buf, limits, &at);
		if (why != WHY_NONE)
			sipmsg_fault(m, why, at);
	}
	return -(int)m->fault;
}
