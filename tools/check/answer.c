#include <stdio.h>
#include <string.h>

#include "tools/check/answer.h"
#include "tools/check/finding.h"
#include "field.h"
#include "octet.h"

#define VALUE_SIZE (SIPMSG_MAX_HEAD + 2 * SIPMSG_MAX_FIELDS)

/* A response that is judged; offsets in `msg` are from `head`. */
struct response {
	unsigned status;
	const unsigned char *head;
	size_t left;			/* octets of output from there on */
	struct sipmsg msg;
};

static void
error(const char *token, const char *text, const char *detail,
    const char *hint)
{
	finding_tell(FINDING_ERROR, "answer", token, text, detail, hint);
}

/* ---- Header fields */

static const struct sipmsg_field *
find(const struct response *r, const char *lower)
{
	unsigned i;

	for (i = 0; i < r->msg.nfields; i++) {
		const struct sipmsg_field *f = &r->msg.field[i];

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
	(void)rows(said, &r->msg, r->head, id);
	n = strlen(asked);
	if (sipmsg_first(&r->msg, id) == NULL) {
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
	const struct sipmsg_field *to = sipmsg_first(&r->msg, SIPMSG_TO);

	if (r->status > 100 && to != NULL &&
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
	bool is_invite = q->msg->method.len == 6 &&
	    memcmp(q->buf + q->msg->method.off, "INVITE", 6) == 0;
	const struct sipmsg_field *contact =
	    sipmsg_first(&r->msg, SIPMSG_CONTACT);
	size_t i;

	for (i = 0; i < sizeof needs / sizeof needs[0]; i++) {
		if (r->status < needs[i].first || r->status > needs[i].last ||
		    (strcmp(needs[i].name, "contact") == 0 ?
		    contact != NULL : find(r, needs[i].name) != NULL))
			continue;
		error(needs[i].token, "this status needs a field that is "
		    "not there:", needs[i].name,
		    "Add it: without it the caller cannot go on");
	}
	if (is_invite && r->status >= 200 && r->status < 300 &&
	    contact == NULL)
		error("no-contact", "a 2xx to an INVITE has no Contact", NULL,
		    "Add one: the ACK goes there (RFC 3261 13.3.1.4)");
}

/* Was it the handler that answered, in place of a script? */
static bool
is_ours(const struct response *r)
{
	static const char ours[] = "sipcgi-handler/";
	const struct sipmsg_field *f = find(r, "server");

	return f != NULL && f->value.len > sizeof ours &&
	    memcmp(r->head + f->value.off, ours, sizeof ours - 1) == 0;
}

/* ---- The body */

/* How many octets of the output this response takes. */
static size_t
check_body(const struct response *r)
{
	size_t there = r->left - r->msg.head_len, i;
	const struct sipmsg_field *f =
	    sipmsg_first(&r->msg, SIPMSG_CONTENT_LENGTH);
	uint64_t said = 0;

	if (f == NULL) {
		error("no-content-length", "there is no Content-Length", NULL,
		    "Add Content-Length: 0, or the octets of the body: over "
		    "TCP nothing else says where the answer ends");
		return r->left;
	}
	for (i = 0; i < f->value.len && said <= r->left; i++) {
		if (!octet_is(r->head[f->value.off + i], OCTET_DIGIT)) {
			error("bad-content-length",
			    "Content-Length is not a number", NULL,
			    "Write how many octets the body has");
			return r->left;
		}
		said = said * 10 + (uint64_t)(r->head[f->value.off + i] - '0');
	}
	if (said > there) {
		error("short-body", "the body is shorter than Content-Length",
		    NULL, "Count octets, not characters; CR LF are two");
		return r->left;
	}
	if (said > 0 && sipmsg_first(&r->msg, SIPMSG_CONTENT_TYPE) == NULL)
		error("no-content-type", "a body without Content-Type", NULL,
		    "Say what it is, for instance text/plain");
	return r->msg.head_len + (size_t)said;
}

/* ---- The head */

static void
check_line_ends(const struct response *r)
{
	size_t i;

	for (i = 0; i < r->msg.head_len; i++)
		if (r->head[i] == '\n' && (i == 0 || r->head[i - 1] != '\r')) {
			error("bare-lf", "lines of the head end in LF alone",
			    NULL, "End them in CR LF: printf '...\\r\\n'");
			return;
		}
}

/* "SIP/2.0 200 OK": 0 when it is none. */
static unsigned
status_of(const unsigned char *line, size_t len)
{
	unsigned status;

	if (len < 12 || memcmp(line, "SIP/2.0 ", 8) != 0 || line[11] != ' ' ||
	    octet_span(line, 8, 11, OCTET_DIGIT) != 11)
		return 0;
	status = (unsigned)((line[8] - '0') * 100 + (line[9] - '0') * 10 +
	    line[10] - '0');
	return status >= 100 && status <= 699 ? status : 0;
}

/* Where the next status line begins, len: nowhere. */
static size_t
find_status_line(const unsigned char *out, size_t len)
{
	size_t i = 0;
	const unsigned char *lf;

	while (i < len && status_of(out + i, len - i) == 0) {
		lf = memchr(out + i, '\n', len - i);
		i = lf == NULL ? len : (size_t)(lf - out) + 1;
	}
	return i;
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

/* False: its end is not known, and nothing more of the output is judged. */
static bool
scan(struct response *r)
{
	const unsigned char *lf = memchr(r->head, '\n', r->left);
	int result = SIPMSG_MORE;

	if (lf != NULL) {
		sipmsg_init_response(&r->msg, (uint32_t)(lf + 1 - r->head));
		result = sipmsg_scan(&r->msg, r->head, r->left);
	}
	if (result == SIPMSG_MORE)
		error("no-empty-line", "no empty line ends the header fields",
		    NULL, "Write one after the last: the caller waits for it");
	else if (result < 0)
		error("bad-head", why_entry((enum why)-result)->phrase, NULL,
		    why_entry((enum why)-result)->hint);
	else if (r->msg.fault != WHY_NONE)
		error("bad-head", why_entry(r->msg.fault)->phrase, NULL,
		    why_entry(r->msg.fault)->hint);
	return result == 0;
}

/* Judge the response at the output's beginning; returns its octets. */
static size_t
check_response(const struct answer_of *q, const unsigned char *out,
    size_t len, unsigned *status)
{
	static const enum sipmsg_id copied[] = { SIPMSG_VIA, SIPMSG_FROM,
	    SIPMSG_TO, SIPMSG_CALL_ID, SIPMSG_CSEQ };
	static struct response r;
	size_t i;

	r.status = *status = status_of(out, len);
	r.head = out;
	r.left = len;
	if (!scan(&r))
		return len;
	if (is_ours(&r)) {
		error("not-run", "the handler ran no script:",
		    first_line(out, len), "sipcgi-handler --explain says why");
		return len;
	}
	check_line_ends(&r);
	for (i = 0; i < sizeof copied / sizeof copied[0]; i++)
		check_copied(q, &r, copied[i]);
	check_tag(&r);
	check_needed(q, &r);
	return check_body(&r);
}

void
answer_check(const struct answer_of *q, const unsigned char *out, size_t len)
{
	size_t at = 0, next;
	unsigned status, finals = 0, responses = 0;

	while (at < len) {
		next = at + find_status_line(out + at, len - at);
		if (next > at && finals > 0)
			error("octets-after", "there is more after the answer:",
			    first_line(out + at, len - at), "Write nothing "
			    "after the body, and let Content-Length count it");
		else if (next > at)
			error("octets-before", "there is something before the "
			    "status line:", first_line(out + at, len - at),
			    "Write nothing to standard output but the answer: "
			    "send notes to standard error");
		if (next == len)
			break;
		at = next + check_response(q, out + next, len - next, &status);
		responses++;
		if (status >= 200 && ++finals == 2)
			error("second-final", "a second final answer", NULL,
			    "End after the first: exit");
	}
	if (responses > 0 && finals == 0)
		error("no-final", "no final answer, but provisional ones",
		    NULL, "Send one of 200 to 699: the caller waits for it");
}
