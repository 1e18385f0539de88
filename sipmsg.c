#include <string.h>

#include "octet.h"
#include "sipmsg.h"
#include "sipuri.h"

/*
 * The known header fields, sorted by name: the long name in the case that
 * RFC 3261 20 writes, the same in lower case, and the compact form.
 */
static const struct {
	const char *name;
	const char *lower;
	char compact;
} names[SIPMSG_KNOWN] = {
[SIPMSG_ACCEPT_CONTACT] = { "Accept-Contact", "accept-contact", 'a' },
[SIPMSG_ALLOW_EVENTS] = { "Allow-Events", "allow-events", 'u' },
[SIPMSG_AUTHORIZATION] = { "Authorization", "authorization", 0 },
[SIPMSG_CALL_ID] = { "Call-ID", "call-id", 'i' },
[SIPMSG_CONTACT] = { "Contact", "contact", 'm' },
[SIPMSG_CONTENT_ENCODING] = { "Content-Encoding", "content-encoding", 'e' },
[SIPMSG_CONTENT_LENGTH] = { "Content-Length", "content-length", 'l' },
[SIPMSG_CONTENT_TYPE] = { "Content-Type", "content-type", 'c' },
[SIPMSG_CSEQ] = { "CSeq", "cseq", 0 },
[SIPMSG_EVENT] = { "Event", "event", 'o' },
[SIPMSG_FROM] = { "From", "from", 'f' },
[SIPMSG_IDENTITY] = { "Identity", "identity", 'y' },
[SIPMSG_IDENTITY_INFO] = { "Identity-Info", "identity-info", 'n' },
[SIPMSG_MAX_FORWARDS] = { "Max-Forwards", "max-forwards", 0 },
[SIPMSG_PROXY_AUTHENTICATE] = { "Proxy-Authenticate",
    "proxy-authenticate", 0 },
[SIPMSG_PROXY_AUTHORIZATION] = { "Proxy-Authorization",
    "proxy-authorization", 0 },
[SIPMSG_RECORD_ROUTE] = { "Record-Route", "record-route", 0 },
[SIPMSG_REFER_TO] = { "Refer-To", "refer-to", 'r' },
[SIPMSG_REFERRED_BY] = { "Referred-By", "referred-by", 'b' },
[SIPMSG_REJECT_CONTACT] = { "Reject-Contact", "reject-contact", 'j' },
[SIPMSG_REQUEST_DISPOSITION] = { "Request-Disposition",
    "request-disposition", 'd' },
[SIPMSG_SESSION_EXPIRES] = { "Session-Expires", "session-expires", 'x' },
[SIPMSG_SUBJECT] = { "Subject", "subject", 's' },
[SIPMSG_SUPPORTED] = { "Supported", "supported", 'k' },
[SIPMSG_TIMESTAMP] = { "Timestamp", "timestamp", 0 },
[SIPMSG_TO] = { "To", "to", 't' },
[SIPMSG_VIA] = { "Via", "via", 'v' },
[SIPMSG_WWW_AUTHENTICATE] = { "WWW-Authenticate", "www-authenticate", 0 },
};

const char *
sipmsg_name(enum sipmsg_id id)
{
	return names[id].name;
}

/* Orders a name of any case against a lower-case string. */
static int
compare_name(const unsigned char *p, uint32_t n, const char *lower)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		int d = octet_lower(p[i]) - (unsigned char)lower[i];

		if (d != 0)
			return d;	/* also at the string's end */
	}
	return lower[n] == '\0' ? 0 : -1;
}

static uint8_t
look_up_compact(unsigned char c)
{
	unsigned id;

	for (id = 0; id < SIPMSG_KNOWN; id++)
		if ((unsigned char)names[id].compact == octet_lower(c))
			return (uint8_t)id;
	return SIPMSG_OTHER;
}

static uint8_t
look_up_name(const unsigned char *p, uint32_t n)
{
	unsigned low = 0, high = SIPMSG_KNOWN;

	if (n == 1)
		return look_up_compact(p[0]);
	while (low < high) {
		unsigned middle = (low + high) / 2;
		int d = compare_name(p, n, names[middle].lower);

		if (d == 0)
			return (uint8_t)middle;
		if (d < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return SIPMSG_OTHER;
}

void
sipmsg_init(struct sipmsg *m)
{
	/* The field array need not be cleared: nfields guards it. */
	memset(m, 0, offsetof(struct sipmsg, field));
	memset(&m->first, SIPMSG_NO_FIELD, sizeof m->first);
	memset(&m->bucket, SIPMSG_NO_FIELD, sizeof m->bucket);
}

void
sipmsg_init_response(struct sipmsg *m, uint32_t headers_off)
{
	sipmsg_init(m);
	m->has_start_line = true;
	m->headers_off = m->line = m->resume = headers_off;
}

const struct sipmsg_field *
sipmsg_first(const struct sipmsg *m, enum sipmsg_id id)
{
	return m->first[id] == SIPMSG_NO_FIELD ? NULL :
	    &m->field[m->first[id]];
}

const struct sipmsg_field *
sipmsg_next(const struct sipmsg *m, const struct sipmsg_field *f)
{
	return f->next == SIPMSG_NO_FIELD ? NULL : &m->field[f->next];
}

size_t
sipmsg_empty_lines(const unsigned char *buf, size_t len)
{
	size_t i = 0;

	for (;;) {
		if (i < len && buf[i] == '\n')
			i++;
		else if (i + 1 < len && buf[i] == '\r' && buf[i + 1] == '\n')
			i += 2;
		else
			return i;
	}
}

bool
sipmsg_is_answerable(const unsigned char *buf, size_t len)
{
	const unsigned char *space = memchr(buf, ' ', len);
	size_t n = space != NULL ? (size_t)(space - buf) : len;

	return !(n == 3 && memcmp(buf, "ACK", 3) == 0) &&
	    !(n == 6 && memcmp(buf, "CANCEL", 6) == 0);
}

void
sipmsg_fault(struct sipmsg *m, enum why why, uint32_t at)
{
	if (m->fault == WHY_NONE) {
		m->fault = why;
		m->fault_at = at;
	}
}

/*
 * A fault that ends reading.  An unsupported version goes before it: it is
 * decided whatever the headers are, cut off ones too.
 */
static int
end_with(struct sipmsg *m, enum why why, uint32_t at)
{
	if (m->fault != WHY_VERSION_UNSUPPORTED) {
		m->fault = why;
		m->fault_at = at;
	}
	return -(int)m->fault;
}

/* SIP-Version = "SIP" "/" 1*DIGIT "." 1*DIGIT, the letters in any case. */
static enum why
check_version(const unsigned char *buf, uint32_t from, uint32_t to)
{
	uint32_t dot;

	if (to - from < 4 || !octet_equal(buf + from, 4, "sip/"))
		return WHY_VERSION;
	from += 4;
	dot = octet_span(buf, from, to, OCTET_DIGIT);
	if (dot == from || dot == to || buf[dot] != '.' || dot + 1 == to ||
	    octet_span(buf, dot + 1, to, OCTET_DIGIT) != to)
		return WHY_VERSION;
	/* The number is a literal: 02.0 is another version. */
	return to - from == 3 && memcmp(buf + from, "2.0", 3) == 0 ?
	    WHY_NONE : WHY_VERSION_UNSUPPORTED;
}

/* The first SP or HTAB, or `to`. */
static uint32_t
find_white(const unsigned char *buf, uint32_t from, uint32_t to)
{
	while (from < to && buf[from] != ' ' && buf[from] != '\t')
		from++;
	return from;
}

/*
 * Request-Line = Method SP Request-URI SP SIP-Version CRLF (RFC 3261 7.1).
 * The version stands after the last space, and is judged first.  White space
 * in excess is the line's fault and not the Request-URI's.
 */
static void
parse_start_line(struct sipmsg *m, const unsigned char *buf, uint32_t to)
{
	uint32_t method, last = to, at;
	enum why version;
	int error;

	m->has_start_line = true;
	method = octet_span(buf, 0, to, OCTET_TOKEN);
	if (method == 0 || method == to || buf[method] != ' ') {
		sipmsg_fault(m, method == to || buf[method] == '\t' ?
		    WHY_START_LINE : WHY_METHOD, method);
		return;
	}
	m->method = (struct slice){ 0, method };
	while (buf[last - 1] != ' ')
		last--;
	if (last - 1 == method) {
		sipmsg_fault(m, WHY_START_LINE, to);
		return;
	}
	m->request_uri =
	    (struct slice){ method + 1, last - 1 - (method + 1) };
	version = check_version(buf, last, to);
	if (version == WHY_VERSION_UNSUPPORTED) {
		sipmsg_fault(m, version, last);
		return;
	}
	if (m->request_uri.len == 0 || find_white(buf, last, to) < to ||
	    last == to) {
		sipmsg_fault(m, WHY_START_LINE, last == to ? to : last);
		return;
	}
	if (version != WHY_NONE)
		sipmsg_fault(m, version, last);
	at = find_white(buf, method + 1, last - 1);
	if (at < last - 1) {
		sipmsg_fault(m, WHY_START_LINE, at);
		return;
	}
	error = sipuri_parse(buf, m->request_uri, &m->uri, &at);
	if (error != 0)
		sipmsg_fault(m, (enum why)-error, at);
	else
		m->uri_ok = true;
}

/*
 * What is to be known of a name that is not in the table: FNV-1a over it, the
 * same in either case of a letter, tells such names apart cheaply.  The hash
 * needs no key: names chosen to collide make at most SIPMSG_MAX_FIELDS names
 * be compared with each other, which costs less than reading them did.
 */
static void
note_other_name(struct sipmsg_field *f, const unsigned char *p, uint32_t n)
{
	f->hash = 2166136261u;
	for (; n > 0; p++, n--) {
		f->hash = (f->hash ^ (*p | 0x20u)) * 16777619u;
		f->plain_name = f->plain_name && (*p == '-' ||
		    octet_is(*p, OCTET_ALPHA | OCTET_DIGIT));
	}
}

static bool
same_name(const unsigned char *buf, struct slice a,
    struct slice b)
{
	uint32_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		if (octet_lower(buf[a.off + i]) !=
		    octet_lower(buf[b.off + i]))
			return false;
	return true;
}

static uint8_t *
bucket_of(struct sipmsg *m, const struct sipmsg_field *f)
{
	/* FNV's lowest bits depend on the octets' lowest bits alone. */
	return &m->bucket[f->hash >> 16 & (SIPMSG_BUCKETS - 1)];
}

/* The first row with the name of `new`, or SIPMSG_NO_FIELD. */
static uint8_t
find_first(struct sipmsg *m, const unsigned char *buf,
    const struct sipmsg_field *new)
{
	uint8_t i;

	if (new->id != SIPMSG_OTHER)
		return m->first[new->id];
	for (i = *bucket_of(m, new); i != SIPMSG_NO_FIELD;
	    i = m->field[i].neighbour)
		if (m->field[i].hash == new->hash &&
		    same_name(buf, m->field[i].name, new->name))
			break;
	return i;
}

/* `f`, the row with number `row`, is the first of its name. */
static void
keep_first(struct sipmsg *m, struct sipmsg_field *f, uint8_t row)
{
	uint8_t *first = f->id != SIPMSG_OTHER ? &m->first[f->id] :
	    bucket_of(m, f);

	f->neighbour = *first;
	*first = row;
}

/* The last field is whole: chain it to the rows of its name. */
static void
close_field(struct sipmsg *m, const unsigned char *buf)
{
	struct sipmsg_field *f = &m->field[m->nfields];
	uint32_t end = f->value.off + f->value.len;
	uint8_t row;

	if (!m->open)
		return;
	m->open = false;
	while (f->value.off < end && octet_is_lws(buf[f->value.off]))
		f->value.off++;
	while (end > f->value.off && octet_is_lws(buf[end - 1]))
		end--;
	f->value.len = end - f->value.off;
	f->next = SIPMSG_NO_FIELD;
	row = find_first(m, buf, f);
	f->first = row == SIPMSG_NO_FIELD;
	if (!f->first) {
		while (m->field[row].next != SIPMSG_NO_FIELD)
			row = m->field[row].next;
		m->field[row].next = (uint8_t)m->nfields;
	} else
		keep_first(m, f, (uint8_t)m->nfields);
	m->nfields++;
}

/*
 * name *(SP / HTAB) ":" value (RFC 3261 7.3.1).  A line in fault is noted
 * and passed over, so that the answer can echo the others.
 */
static void
open_field(struct sipmsg *m, const unsigned char *buf, uint32_t from,
    uint32_t to)
{
	struct sipmsg_field *f = &m->field[m->nfields];
	uint32_t end = octet_span(buf, from, to, OCTET_TOKEN), colon = end;

	while (colon < to && (buf[colon] == ' ' || buf[colon] == '\t'))
		colon++;
	if (colon == to || buf[colon] != ':' || end == from) {
		bool none = memchr(buf + from, ':', to - from) == NULL;

		sipmsg_fault(m, none ? WHY_COLON_MISSING : WHY_HEADER_NAME,
		    none ? to : end);
		return;
	}
	f->name = (struct slice){ from, end - from };
	f->value = (struct slice){ colon + 1, to - colon - 1 };
	f->folded = false;
	f->id = look_up_name(buf + from, end - from);
	f->plain_name = true;
	f->hash = 0;
	if (f->id == SIPMSG_OTHER)
		note_other_name(f, buf + from, end - from);
	m->open = true;
}

/* A line that begins with SP or HTAB continues the value before it. */
static void
continue_field(struct sipmsg *m, uint32_t from, uint32_t to)
{
	struct sipmsg_field *f = &m->field[m->nfields];

	if (m->open) {
		f->value.len = to - f->value.off;
		f->folded = true;
	} else if (m->nlines == 0)
		sipmsg_fault(m, WHY_FOLD_FIRST, from);
}

/*
 * One complete line without its line end.  Returns SIPMSG_MORE, 0 at the
 * empty line, or a fault.
 */
static int
take_line(struct sipmsg *m, const unsigned char *buf, uint32_t to,
    uint32_t next)
{
	uint32_t from = m->line;

	m->line = m->resume = next;
	if (!m->has_start_line) {
		parse_start_line(m, buf, to);
		m->headers_off = next;
		return SIPMSG_MORE;
	}
	if (to > from && (buf[from] == ' ' || buf[from] == '\t')) {
		continue_field(m, from, to);
		return SIPMSG_MORE;
	}
	close_field(m, buf);
	if (to == from) {
		m->head_len = next;
		return 0;
	}
	if (m->nlines == SIPMSG_MAX_FIELDS)
		return end_with(m, WHY_HEADERS_MANY, from);
	m->nlines++;
	open_field(m, buf, from, to);
	return SIPMSG_MORE;
}

/*
 * Is one of 8 octets a CR or below?  The subtraction sets the top bit of
 * those that are; where ~word lets it through, a borrow may set one more, but
 * only beside one that is.
 */
static bool
holds_low(const unsigned char *octets)
{
	const uint64_t ones = UINT64_MAX / 255;
	uint64_t word;

	memcpy(&word, octets, sizeof word);
	return ((word - ones * ('\r' + 1)) & ~word & ones * 0x80) != 0;
}

/*
 * The first LF, CR or NUL, or `to`.  Every octet of a head comes by here:
 * eight at a time.
 */
static uint32_t
find_stop(const unsigned char *buf, uint32_t from, uint32_t to)
{
	while (from < to) {
		uint32_t end = to;

		while (to - from >= 8 && !holds_low(buf + from))
			from += 8;
		if (to - from > 8)
			end = from + 8;
		for (; from < end; from++)
			if (buf[from] <= '\r' && (buf[from] == '\n' ||
			    buf[from] == '\r' || buf[from] == '\0'))
				return from;
	}
	return to;
}

/*
 * A fault in the middle of a line.  The field before it is whole when this
 * line is not a continuation of it.
 */
static int
end_in_line(struct sipmsg *m, const unsigned char *buf, size_t len,
    enum why why, uint32_t at)
{
	if (m->line < len && buf[m->line] != ' ' && buf[m->line] != '\t')
		close_field(m, buf);
	return end_with(m, why, at);
}

/* What the first octets tell before any line is complete. */
static int
check_beginning(struct sipmsg *m, const unsigned char *buf, size_t len)
{
	if (len > 0 && !octet_is(buf[0], OCTET_TOKEN) && buf[0] != '\r' &&
	    buf[0] != '\0')
		return end_with(m, WHY_NOT_SIP, 0);
	if (len >= 4 && octet_equal(buf, 4, "sip/"))
		return end_with(m, WHY_RESPONSE, 0);
	return SIPMSG_MORE;
}

int
sipmsg_scan(struct sipmsg *m, const unsigned char *buf, size_t len)
{
	uint32_t end = len < SIPMSG_MAX_HEAD ? (uint32_t)len :
	    SIPMSG_MAX_HEAD, stop;
	int result = SIPMSG_MORE;

	if (!m->has_start_line)
		result = check_beginning(m, buf, len);
	while (result == SIPMSG_MORE) {
		stop = find_stop(buf, m->resume, end);
		if (!m->has_start_line && stop > SIPMSG_MAX_START_LINE)
			return end_with(m, WHY_START_LINE_LONG,
			    SIPMSG_MAX_START_LINE);
		m->resume = stop;
		if (stop == end || (buf[stop] == '\r' && stop + 1 == end)) {
			if (end == SIPMSG_MAX_HEAD)
				return end_in_line(m, buf, end,
				    WHY_HEAD_LARGE, end);
			break;
		}
		if (buf[stop] == '\0')
			return end_in_line(m, buf, end, WHY_NUL, stop);
		if (buf[stop] == '\n')
			result = take_line(m, buf, stop, stop + 1);
		else if (buf[stop + 1] == '\n')
			result = take_line(m, buf, stop, stop + 2);
		else
			return end_in_line(m, buf, end, WHY_BARE_CR, stop);
	}
	return result;
}

int
sipmsg_end(struct sipmsg *m, const unsigned char *buf, size_t len,
    enum why why)
{
	/* With its line end here, a field counts as whole. */
	if (m->line == len)
		close_field(m, buf);
	if (len > 0 && buf[len - 1] == '\r')
		return end_in_line(m, buf, len, WHY_BARE_CR,
		    (uint32_t)len - 1);
	return end_in_line(m, buf, len, why, (uint32_t)len);
}
