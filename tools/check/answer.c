#include <stdio.h>
#include <string.h>

#include "tools/check/answer.h"
#include "tools/check/finding.h"
#include "each/answer.h"
#include "field.h"
#include "octet.h"
#include "sipuri.h"

#define VALUE_SIZE (SIPMSG_MAX_HEAD + 2 * SIPMSG_MAX_FIELDS)
/* What the handler calls itself in Server, before its version. */
#define SOFTWARE "sipcgi-handler/"

/* A response that is judged, its header fields at least whole. */
struct response {
	const struct answer *a;
	const struct sipmsg *msg;	/* offsets are from `head` */
	const unsigned char *head;
};

static void
error(const char *token, const char *text, const char *detail,
    const char *hint)
{
	finding_tell(FINDING_ERROR, "answer", token, text, detail, hint);
}

/* The first line of the output, for a message about it. */
static const char *
first_line(const unsigned char *out, size_t len)
{
	static char line[80];
	size_t i;

	for (i = 0; i < len && i < sizeof line - 1 && out[i] != '\0' &&
	    out[i] != '\r' && out[i] != '\n'; i++)
		line[i] = (char)out[i];
	line[i] = '\0';
	return line;
}

/* ---- Header fields */

static const struct sipmsg_field *
find(const struct response *r, const char *lower)
{
	unsigned i;

	for (i = 0; i < r->msg->nfields; i++) {
		const struct sipmsg_field *f = &r->msg->field[i];

		if (octet_equal(r->head + f->name.off, f->name.len, lower))
			return f;
	}
	return NULL;
}

/* All rows of a known name as one text, "" when there is none. */
static const char *
rows(char *room, const struct sipmsg *m, const unsigned char *buf,
    enum sipmsg_id id)
{
	struct text t = { room, VALUE_SIZE - 1, 0, false };
	const struct sipmsg_field *f = sipmsg_first(m, id);

	if (f != NULL)
		field_put_rows(&t, m, buf, f);
	room[t.len] = '\0';
	return room;
}

/*
 * The fields that an answer copies from its request (RFC 3261 8.2.6.2); To
 * may have a tag besides.
 */
static void
check_copied(const struct answer_of *q, const struct response *r,
    enum sipmsg_id id)
{
	static char asked[VALUE_SIZE], said[VALUE_SIZE];
	char text[64];
	size_t n;

	(void)rows(asked, q->msg, q->buf, id);
	(void)rows(said, r->msg, r->head, id);
	n = strlen(asked);
	if (sipmsg_first(r->msg, id) == NULL) {
		(void)snprintf(text, sizeof text, "there is no %s",
		    sipmsg_name(id));
		error("missing-field", text, NULL, "Copy it from the request: "
		    "the caller takes no answer without it");
	} else if (strncmp(said, asked, n) != 0 ||
	    (id != SIPMSG_TO && said[n] != '\0')) {
		(void)snprintf(text, sizeof text, "%s is not the request's",
		    sipmsg_name(id));
		error("changed-field", text, said,
		    "Copy it from the request as it is");
	}
}

static void
check_tag(const struct response *r)
{
	const struct sipmsg_field *to = sipmsg_first(r->msg, SIPMSG_TO);

	if (r->a->status > 100 && to != NULL &&
	    !field_has_tag(r->head, to->value))
		error("to-without-tag", "To has no tag", NULL,
		    "Add ;tag=$SIPCGI_TO_TAG to it (RFC 3261 8.2.6.2)");
}

/* What the RFCs demand of single status codes. */
static void
check_needed(const struct answer_of *q, const struct response *r)
{
	static const struct {
		unsigned first, last;
		const char *name, *token;
	} needs[] = {
		{ 300, 379, "contact", "no-contact" },
		{ 401, 401, "www-authenticate", "no-challenge" },
		{ 405, 405, "allow", "no-allow" },
		{ 407, 407, "proxy-authenticate", "no-challenge" },
		{ 420, 420, "unsupported", "no-unsupported" },
		{ 423, 423, "min-expires", "no-min-expires" },
	};
	unsigned status = r->a->status;
	bool is_invite = q->msg->method.len == 6 &&
	    memcmp(q->buf + q->msg->method.off, "INVITE", 6) == 0;
	const struct sipmsg_field *contact =
	    sipmsg_first(r->msg, SIPMSG_CONTACT);
	size_t i;

	for (i = 0; i < sizeof needs / sizeof needs[0]; i++) {
		if (status < needs[i].first || status > needs[i].last ||
		    (strcmp(needs[i].name, "contact") == 0 ?
		    contact != NULL : find(r, needs[i].name) != NULL))
			continue;
		error(needs[i].token, "this status needs a field that is "
		    "not there:", needs[i].name,
		    "Add it: without it the caller cannot go on");
	}
	if (is_invite && status >= 200 && status < 300 &&
	    contact == NULL)
		error("no-contact", "a 2xx to an INVITE has no Contact", NULL,
		    "Add one: the ACK goes there (RFC 3261 13.3.1.4)");
}

/* The URI of the first value of a Contact row: name-addr or addr-spec. */
static struct slice
uri_of(const unsigned char *head, struct slice value)
{
	uint32_t end = value.off + value.len, i = value.off, open = end;

	while (i < end && head[i] != ',' && open == end)
		if (head[i] == '"') {
			i = octet_quoted_end(head, i, end);
			if (i == 0)
				return (struct slice){ end, 0 };
		} else if (head[i++] == '<')
			open = i;
	if (open < end) {
		for (i = open; i < end && head[i] != '>'; i++)
			;
		return (struct slice){ open, i < end ? i - open : 0 };
	}
	for (i = value.off; i < end && strchr(",; \t", head[i]) == NULL; i++)
		;
	return (struct slice){ value.off, i - value.off };
}

/* Addresses that the caller is to go to. */
static void
check_contacts(const struct response *r)
{
	const struct sipmsg_field *f;
	struct slice uri;
	struct sipuri parts;
	uint32_t at;
	int result;

	for (f = sipmsg_first(r->msg, SIPMSG_CONTACT); f != NULL;
	    f = sipmsg_next(r->msg, f)) {
		uri = uri_of(r->head, f->value);
		result = sipuri_parse(r->head, uri, &parts, &at);
		/* Here it may have header fields. */
		if (result != 0 && result != -WHY_URI_HEADERS)
			error("bad-contact", "Contact holds no URI:",
			    first_line(r->head + f->value.off, f->value.len),
			    "Write <sip:user@host>");
	}
}

/*
 * Was it the handler that answered, in place of a script?  A script may give
 * SERVER_SOFTWARE as its Server, but hardly with one of these.
 */
static bool
is_ours(const struct response *r)
{
	const struct sipmsg_field *f = find(r, "server");

	return (r->a->status == 400 || r->a->status == 500) && f != NULL &&
	    f->value.len > strlen(SOFTWARE) && memcmp(r->head + f->value.off,
	    SOFTWARE, strlen(SOFTWARE)) == 0;
}

static void
check_body(const struct answer_of *q, const struct response *r)
{
	if (!q->completed &&
	    sipmsg_first(r->msg, SIPMSG_CONTENT_LENGTH) == NULL)
		error("no-content-length", "there is no Content-Length", NULL,
		    "Add Content-Length: 0, or the octets of the body: over "
		    "TCP nothing else says where the answer ends");
	else if (r->a->body_len > 0 &&
	    sipmsg_first(r->msg, SIPMSG_CONTENT_TYPE) == NULL)
		error("no-content-type", "a body without Content-Type", NULL,
		    "Say what it is, for instance text/plain");
}

static void
check_line_ends(const struct response *r)
{
	size_t i;

	for (i = 0; i < r->msg->head_len; i++)
		if (r->head[i] == '\n' && (i == 0 || r->head[i - 1] != '\r')) {
			error("bare-lf", "lines of the head end in LF alone",
			    NULL, "End them in CR LF: printf '...\\r\\n'");
			return;
		}
}

static void
check_response(const struct answer_of *q, const struct response *r)
{
	static const enum sipmsg_id copied[] = { SIPMSG_VIA, SIPMSG_FROM,
	    SIPMSG_TO, SIPMSG_CALL_ID, SIPMSG_CSEQ };
	char hint[256];
	size_t i;

	if (is_ours(r)) {
		(void)snprintf(hint, sizeof hint, "%s --explain says why",
		    q->handler);
		error("not-run", "the handler ran no script:",
		    first_line(r->head, r->msg->head_len), hint);
		return;
	}
	if (!q->completed)
		check_line_ends(r);
	for (i = 0; i < sizeof copied / sizeof copied[0]; i++)
		if (!q->completed || sipmsg_first(r->msg, copied[i]) != NULL)
			check_copied(q, r, copied[i]);
	if (!q->completed)
		check_tag(r);
	check_needed(q, r);
	check_contacts(r);
	check_body(q, r);
	if (r->a->status == 500)
		error("server-error", "it is 500", NULL, "See standard error "
		    "for what went wrong; say 503 where that is meant");
}

/* ---- The output */

/* The line that a fault is in; NULL: in none, or in more than one. */
static const char *
faulty_line(const struct answer *a, const unsigned char *out, size_t len)
{
	size_t at = 0;

	if (a->state != ANSWER_BETWEEN) {
		if (a->msg.fault == WHY_NONE)
			return NULL;
		at = a->msg.fault_at;
	}
	while (at > 0 && out[at - 1] != '\n')
		at--;
	return first_line(out + at, len - at);
}

/* What is no response, or has no end, by each/answer.h. */
static void
tell_fault(const struct answer *a, const unsigned char *out, size_t len)
{
	static const struct {
		const char *token, *hint;
	} faults[ANSWER_FAULTS] = {
	[ANSWER_FAULT_ACTION] = { "bad-status-line",
	    "Answer by yourself: nothing here forwards a request" },
	[ANSWER_FAULT_STATUS_LINE] = { "bad-status-line",
	    "Write SIP/2.0, a status of 100 to 699 and a reason, with single "
	    "spaces" },
	[ANSWER_FAULT_NUL] = { "bad-head", "Leave it out" },
	[ANSWER_FAULT_BARE_CR] = { "bad-head", "End lines in CR LF" },
	[ANSWER_FAULT_HEADER] = { "bad-head",
	    "Write Name: value on each line" },
	[ANSWER_FAULT_REPEATED] = { "repeated-field", "Write it once" },
	[ANSWER_FAULT_LENGTH] = { "bad-content-length",
	    "Write how many octets the body has" },
	[ANSWER_FAULT_CUT_HEAD] = { "no-empty-line",
	    "Write one after the last: the caller waits for it" },
	[ANSWER_FAULT_CUT_BODY] = { "short-body",
	    "Count octets, not characters; CR LF are two" },
	[ANSWER_FAULT_LARGE] = { "large", "Send less" },
	};

	error(faults[a->fault].token, answer_fault_text(a->fault),
	    faulty_line(a, out, len), faults[a->fault].hint);
}

/* Of what ANSWER_BAD is about. */
static bool
head_is_whole(const struct answer *a)
{
	return a->state != ANSWER_BETWEEN && a->msg.head_len > 0 &&
	    a->msg.fault == WHY_NONE;
}

/*
 * The next response of out[*at..len), lines that begin none passed over: *at
 * is its first octet afterwards, or that of what is wrong.
 */
static enum answer_event
next_response(struct answer *a, const unsigned char *out, size_t len,
    size_t *at)
{
	enum answer_event event;
	const unsigned char *lf;

	for (;;) {
		*at += sipmsg_empty_lines(out + *at, len - *at);
		answer_init(a);
		event = answer_next(a, NULL, out + *at, len - *at, true);
		if (event != ANSWER_BAD || a->fault != ANSWER_FAULT_NOT_SIP)
			return event;
		lf = memchr(out + *at, '\n', len - *at);
		*at = lf == NULL ? len : (size_t)(lf - out) + 1;
	}
}

/* Octets that belong to no response. */
static void
tell_others(const char *line, bool after, bool before)
{
	if (after)
		error("octets-after", "there is more after the answer:", line,
		    "Write nothing after the body, and let Content-Length "
		    "count it");
	else if (before)
		error("octets-before", "there is something before the status "
		    "line:", line, "Write nothing to standard output but the "
		    "answer: send notes to standard error");
	else
		error("no-response", "this is no SIP response:", line,
		    "Begin with SIP/2.0, a status and a reason");
}

void
answer_check(const struct answer_of *q, const unsigned char *out, size_t len)
{
	static struct answer a;
	size_t at = 0, from;
	unsigned finals = 0, responses = 0;
	enum answer_event event;

	while (at < len) {
		from = at;
		event = next_response(&a, out, len, &at);
		if (at > from)
			tell_others(first_line(out + from, len - from),
			    finals > 0, event != ANSWER_NONE);
		if (event == ANSWER_NONE)
			break;
		if (event == ANSWER_BAD && !q->cut)
			tell_fault(&a, out + at, len - at);
		if (event == ANSWER_RESPONSE || head_is_whole(&a))
			check_response(q, &(struct response){ &a, &a.msg,
			    out + at });
		if (event == ANSWER_BAD)
			return;
		at += a.body_off + a.body_len;
		responses++;
		if (a.status >= 200 && ++finals == 2)
			error("second-final", "a second final answer", NULL,
			    "End after the first: exit");
	}
	if (responses > 0 && finals == 0)
		error("no-final", "no final answer, but provisional ones",
		    NULL, "Send one of 200 to 699: the caller waits for it");
}
