/*
 * check_answer.c - what our own answers promise.
 */
#include <string.h>

#include "check.h"
#include "octet.h"
#include "reply.h"

#define SOFTWARE "sipcgi-handler/test"

struct answer {
	const struct feed *feed;
	const struct peer *peer;
	const char *at;			/* the next line */
	const char *end;
	unsigned vias;
};

/* A line without its CRLF; what else it may hold. */
static size_t
take_line(struct answer *a, const char **line)
{
	const char *cr = memchr(a->at, '\r', (size_t)(a->end - a->at)), *p;

	CHECK(cr != NULL && cr + 1 < a->end && cr[1] == '\n');
	for (p = a->at; p < cr; p++)
		CHECK(((unsigned char)*p >= ' ' || *p == '\t') &&
		    *p != 0x7f);
	*line = a->at;
	a->at = cr + 2;
	return (size_t)(cr - *line);
}

static void
check_status_line(struct answer *a, int status)
{
	const char *line;
	size_t n = take_line(a, &line);

	CHECK(n > 12 && memcmp(line, "SIP/2.0 ", 8) == 0);
	CHECK((line[8] - '0') * 100 + (line[9] - '0') * 10 + line[10] - '0'
	    == status);
	CHECK(line[11] == ' ' && line[12] != ' ');
	CHECK(status == 400 || status == 500 || status == 505);
}

/* Does the value say what the field of that name said, unfolded? */
static void
check_echo(struct answer *a, enum sipmsg_id id, const char *value, size_t n)
{
	static char octets[SIPMSG_MAX_HEAD];
	struct text t = { octets, sizeof octets, 0, false };
	const struct sipmsg_field *f = sipmsg_first(&a->feed->msg, id);

	CHECK(f != NULL);
	field_put(&t, a->feed->buf, f);
	CHECK(!t.full && n >= t.len && memcmp(value, octets, t.len) == 0);
	if (id == SIPMSG_TO && !field_has_tag(a->feed->buf, f->value))
		CHECK(n == t.len + strlen(";tag=") + FIELD_TAG_LEN &&
		    memcmp(value + t.len, ";tag=", 5) == 0);
	else
		CHECK(n == t.len);
}

/* The lines come in this order, each at most once but Via. */
static const struct {
	const char *name;
	enum sipmsg_id id;
} order[] = {
	{ "Via: ", SIPMSG_VIA }, { "From: ", SIPMSG_FROM },
	{ "To: ", SIPMSG_TO }, { "Call-ID: ", SIPMSG_CALL_ID },
	{ "CSeq: ", SIPMSG_CSEQ },
};

static void
check_headers(struct answer *a)
{
	size_t i, n, name;
	const char *line;

	for (i = 0; i < sizeof order / sizeof order[0]; i++) {
		name = strlen(order[i].name);
		while ((size_t)(a->end - a->at) > name &&
		    memcmp(a->at, order[i].name, name) == 0) {
			n = take_line(a, &line);
			if (order[i].id == SIPMSG_VIA) {
				a->vias++;
				continue;
			}
			check_echo(a, order[i].id, line + name, n - name);
			break;
		}
	}
	n = take_line(a, &line);
	CHECK(n == strlen("Server: " SOFTWARE) &&
	    memcmp(line, "Server: " SOFTWARE, n) == 0);
	n = take_line(a, &line);
	CHECK(n == strlen("Content-Length: 0") &&
	    memcmp(line, "Content-Length: 0", n) == 0);
	CHECK(take_line(a, &line) == 0);
	CHECK(a->at == a->end);
}

static bool
is_clean(const struct feed *f, const struct sipmsg_field *h)
{
	uint32_t i;

	for (i = h->value.off; i < h->value.off + h->value.len; i++)
		if (f->buf[i] == 0x7f || (f->buf[i] < ' ' &&
		    strchr("\t\r\n", f->buf[i]) == NULL))
			return false;
	return true;
}

/* All that arrived whole and clean is echoed: nothing is forgotten. */
static void
check_complete(const struct answer *a, const char *start)
{
	const struct sipmsg *m = &a->feed->msg;
	const struct sipmsg_field *h;
	unsigned vias = 0;
	size_t i;

	for (h = sipmsg_first(m, SIPMSG_VIA); h != NULL;
	    h = sipmsg_next(m, h))
		vias += is_clean(a->feed, h);
	CHECK(a->vias == vias);
	for (i = 1; i < sizeof order / sizeof order[0]; i++) {
		char line[16] = "\r\n";
		bool there;

		strcat(line, order[i].name);
		h = sipmsg_first(m, order[i].id);
		there = h != NULL && is_clean(a->feed, h);
		CHECK((memmem(start, (size_t)(a->end - start), line,
		    strlen(line)) != NULL) == there);
	}
}

/* Its header section is one that we would take, unless it has many rows. */
static void
check_parses(const char *headers, const char *end)
{
	static unsigned char octets[REPLY_SIZE + 64];
	static const char start_line[] = "OPTIONS sip:a SIP/2.0\r\n";
	size_t n = sizeof start_line - 1, len = (size_t)(end - headers);
	struct sipmsg m;
	int result;

	if (n + len > SIPMSG_MAX_HEAD)
		return;
	memcpy(octets, start_line, n);
	memcpy(octets + n, headers, len);
	sipmsg_init(&m);
	result = sipmsg_scan(&m, octets, n + len);
	if (result == -WHY_HEADERS_MANY)
		return;
	CHECK(result == 0);
	CHECK(m.fault == WHY_NONE && m.head_len == n + len);
	CHECK(sipmsg_first(&m, SIPMSG_CONTENT_LENGTH)->value.len == 1);
}

static void
check_answer_to(const struct feed *f, const struct peer *peer, enum why why)
{
	static char octets[REPLY_SIZE];
	struct text t = { octets, sizeof octets, 0, false };
	struct answer a = { .feed = f, .peer = peer, .at = octets };

	reply_build(&t, &f->msg, f->buf, peer, why, SOFTWARE);
	CHECK(!t.full);
	a.end = octets + t.len;
	check_status_line(&a, why_entry(why)->status);
	check_parses(a.at, a.end);
	check_headers(&a);
	check_complete(&a, octets);
}

/* An ACK and a CANCEL get none, however little else of them is right. */
static void
check_silence(const struct feed *f)
{
	bool silent =
	    (f->len >= 4 && memcmp(f->buf, "ACK ", 4) == 0) ||
	    (f->len >= 7 && memcmp(f->buf, "CANCEL ", 7) == 0) ||
	    (f->len == 3 && memcmp(f->buf, "ACK", 3) == 0) ||
	    (f->len == 6 && memcmp(f->buf, "CANCEL", 6) == 0);

	CHECK(sipmsg_is_answerable(f->buf, f->len) == !silent);
}

static void
check_answer_from(const unsigned char *data, size_t size, bool on_stream)
{
	struct feed f;
	enum why why;
	uint32_t i;

	feed_whole(&f, data, size, on_stream);
	check_silence(&f);
	if (!sipmsg_is_answerable(f.buf, f.len))
		return;
	/* A request that is good is answered when no script can be run. */
	why = f.result == 0 ? WHY_SCRIPT_MISSING : (enum why)-f.result;
	if (why_entry(why)->status == 0)
		return;
	for (i = 0; i < CHECK_PEERS; i++)
		check_answer_to(&f, check_peer(i), why);
}

void
check_answer(const unsigned char *data, size_t size)
{
	if (size > CHECK_MOST)
		return;
	check_answer_from(data, size, true);
	check_answer_from(data, size, false);
}
