#include <string.h>

#include "each/frame.h"
#include "octet.h"
#include "sipvia.h"

void
frame_init(struct frame *f)
{
	memset(f, 0, offsetof(struct frame, msg));
	sipmsg_init(&f->msg);
}

void
frame_next(struct frame *f)
{
	frame_init(f);
}

size_t
frame_keepalives(struct frame *f, const unsigned char *buf, size_t len,
    unsigned *pongs)
{
	size_t n = sipmsg_empty_lines(buf, len), i;

	*pongs = 0;
	for (i = 0; i < n; i++) {
		if (buf[i] == '\n') {
			f->half_ping = false;
			continue;
		}
		i++;			/* CR LF */
		if (f->half_ping)
			++*pongs;
		f->half_ping = !f->half_ping;
	}
	f->empty += n;
	return n;
}

/*
 * A head is complete: is its start line that of a SIP/2.0 request, Method SP
 * Request-URI SP SIP-Version?  A fault in the URI leaves no doubt about what
 * the header fields say.
 */
static bool
is_sound(const struct sipmsg *m)
{
	return m->fault_at >= m->headers_off ||
	    (m->fault >= WHY_URI_SCHEME && m->fault <= WHY_URI_HEADERS);
}

/*
 * Only a valid Content-Length tells everybody the same end of a message: by
 * anything else another program might find another one.
 */
static enum frame_event
refuse(struct frame *f, const unsigned char *buf, enum why why,
    const struct sipcheck_limits *limits)
{
	f->why = why;
	f->body = 0;
	f->goes_on = f->msg.head_len > 0 && is_sound(&f->msg) &&
	    sipcheck_length(&f->msg, buf, limits, &f->body);
	f->body_left = f->body;
	return FRAME_REFUSED;
}

enum frame_event
frame_head(struct frame *f, const unsigned char *buf, size_t len,
    const struct sipcheck_limits *limits)
{
	int result = sipmsg_scan(&f->msg, buf, len);

	if (result == SIPMSG_MORE)
		return FRAME_MORE;
	if (result == 0)
		result = sipcheck(&f->msg, buf, limits);
	if (result != 0)
		return refuse(f, buf, (enum why)-result, limits);
	f->body = f->body_left = f->msg.content_length;
	return FRAME_REQUEST;
}

enum frame_event
frame_end(struct frame *f, const unsigned char *buf, size_t len, enum why why)
{
	if (len == 0)
		return FRAME_MORE;
	f->why = (enum why)-sipmsg_end(&f->msg, buf, len, why);
	return FRAME_REFUSED;
}

size_t
frame_body(struct frame *f, size_t len)
{
	size_t n = len < f->body_left ? len : (size_t)f->body_left;

	f->body_left -= n;
	return n;
}

/*
 * Does the start line end in SIP/ and something, and is there a topmost Via to
 * send an answer by?  Anything else that reaches the port gets no word.
 */
static bool
is_request(const struct sipmsg *m, const unsigned char *buf)
{
	const struct sipmsg_field *via = sipmsg_first(m, SIPMSG_VIA);
	uint32_t word = m->headers_off, at;
	struct sipvia parsed;

	if (!m->has_start_line || via == NULL)
		return false;
	while (word > 0 && buf[word - 1] != ' ')
		word--;
	return m->headers_off - word > 4 &&
	    octet_equal(buf + word, 4, "sip/") &&
	    sipvia_parse(buf, via->value, &parsed, &at) == 0;
}

/* A message that stands alone: what follows its head is its body. */
static int
judge_datagram(struct frame *f, const unsigned char *buf, size_t len,
    const struct sipcheck_limits *limits)
{
	int result = sipmsg_scan(&f->msg, buf, len);

	if (len == 0)
		return -WHY_EMPTY;
	if (result == SIPMSG_MORE)
		return sipmsg_end(&f->msg, buf, len, WHY_HEAD_CUT);
	if (result == 0)
		result = sipcheck(&f->msg, buf, limits);
	if (result != 0)
		return result;
	f->body = f->msg.has_content_length ? f->msg.content_length :
	    len - f->msg.head_len;
	if (f->body > len - f->msg.head_len)
		return -WHY_BODY_CUT;
	return f->body > limits->max_body ? -WHY_BODY_LARGE : 0;
}

enum frame_event
frame_datagram(struct frame *f, const unsigned char *datagram, size_t len,
    const struct sipcheck_limits *limits, size_t *start)
{
	const unsigned char *buf;
	int result;

	frame_init(f);
	*start = sipmsg_empty_lines(datagram, len);
	buf = datagram + *start;
	result = judge_datagram(f, buf, len - *start, limits);
	if (result == 0)
		return FRAME_REQUEST;
	f->why = (enum why)-result;
	return is_request(&f->msg, buf) ? FRAME_REFUSED : FRAME_MORE;
}
