/*
 * answer - answer_next(): which responses a script's output holds, from any
 * state in which one call can leave it to the next.
 *
 * Sources: each/answer.c octet.c
 * Bound: 18 octets of output, and as many in ANSWER_MAX (small: 13)
 * Unwind: BOUND + 2
 * Defines: -DANSWER_MAX=BOUND -DSIPMSG_MAX_FIELDS=5
 * Assumed, and not proved: sipmsg_scan() and sipmsg_empty_lines() do what
 * sipmsg.h says, rows lie in the head, sipcheck_length() keeps to its limit,
 * and field_has_tag() is true or false. Nothing is judged against a request.
 */
#include "each/answer.h"
#include "prove.h"
#include "sipcheck.h"

static struct sipmsg_field row;

/* Any row, or none. */
const struct sipmsg_field *
sipmsg_first(const struct sipmsg *m, enum sipmsg_id id)
{
	struct sipmsg_field any;
	unsigned none;

	ASSUME(any.name.off < m->head_len && any.value.off <= m->head_len);
	ASSUME(any.name.len <= m->head_len - any.name.off);
	ASSUME(any.value.len <= m->head_len - any.value.off);
	row = any;
	return none != 0 ? NULL : &row;
}

const struct sipmsg_field *
sipmsg_next(const struct sipmsg *m, const struct sipmsg_field *f)
{
	return sipmsg_first(m, SIPMSG_OTHER);
}

size_t
sipmsg_empty_lines(const unsigned char *buf, size_t len)
{
	size_t n;

	ASSUME(n <= len);
	return n;
}

void
sipmsg_init_response(struct sipmsg *m, uint32_t headers_off)
{
	m->headers_off = headers_off;
}

int
sipmsg_scan(struct sipmsg *m, const unsigned char *buf, size_t len)
{
	uint32_t head_len;
	unsigned fault;
	int result;

	if (result == SIPMSG_MORE)
		return SIPMSG_MORE;
	ASSUME(head_len > m->headers_off && head_len <= len);
	ASSUME(fault < WHY_COUNT && (result == 0 ||
	    (fault != WHY_NONE && result == -(int)fault)));
	m->head_len = head_len;
	m->fault = (enum why)fault;
	return result;
}

bool
sipcheck_length(const struct sipmsg *m, const unsigned char *buf,
    const struct sipcheck_limits *limits, uint64_t *length)
{
	uint64_t any;
	bool valid = any <= limits->max_body;

	if (valid)
		*length = any;
	return valid;
}

bool
field_has_tag(const unsigned char *buf, struct slice value)
{
	unsigned any;

	return any != 0;
}

static bool
is_between_calls(const struct answer *a, uint32_t len)
{
	switch (a->state) {
	case ANSWER_BETWEEN:
		return a->at <= len && a->seen <= len;
	case ANSWER_IN_HEAD:
		return a->start <= len && a->msg.headers_off >= 1 &&
		    a->msg.headers_off <= len - a->start &&
		    a->status >= 100 && a->status <= 699;
	case ANSWER_IN_BODY:
		return a->start < a->body_off && a->body_off <= len &&
		    a->msg.head_len == a->body_off - a->start &&
		    a->body_len <= ANSWER_MAX &&
		    a->status >= 100 && a->status <= 699;
	}
	return false;
}

int
main(void)
{
	unsigned char out[BOUND];
	struct answer a;
	uint32_t len, before;
	unsigned more;
	bool ended = more == 0;
	enum answer_event event;

	ASSUME(before <= len && len <= BOUND);
	a.to_end = a.to_end != false;
	a.fault = ANSWER_FAULT_NONE;
	ASSUME(is_between_calls(&a, before));
	event = answer_next(&a, NULL, out, len, ended);
	PROVE((event == ANSWER_BAD) == (a.fault != ANSWER_FAULT_NONE));
	PROVE(a.fault < ANSWER_FAULTS && event <= ANSWER_BAD);
	PROVE(event != ANSWER_NONE || ended);
	PROVE(event != ANSWER_MORE || (!ended && len < ANSWER_MAX));
	PROVE(event != ANSWER_MORE || is_between_calls(&a, len));
	if (event != ANSWER_RESPONSE)
		return 0;
	PROVE(is_between_calls(&a, len));
	PROVE(a.status >= 100 && a.status <= 699);
	PROVE(a.start < a.body_off && a.body_off <= len);
	PROVE(a.body_len <= len - a.body_off);
	PROVE(a.at == a.body_off + a.body_len);
}
