#include "octet.h"
#include "reply.h"

static bool
is_clean(const unsigned char *buf, const struct sipmsg_field *f)
{
	uint32_t i = f->value.off, end = f->value.off + f->value.len;

	for (; i < end; i++)
		if ((buf[i] < ' ' && !octet_is_lws(buf[i])) ||
		    buf[i] == 0x7f)
			return false;
	return true;
}

/* A fold may be CR LF or LF; neither is left in what is written. */
static void
put_header(struct text *t, const unsigned char *buf,
    const struct sipmsg_field *f)
{
	text_puts(t, sipmsg_name(f->id));
	text_puts(t, ": ");
	field_put(t, buf, f);
}

void
reply_put_vias(struct text *t, const struct sipmsg *m,
    const unsigned char *buf, const struct peer *peer)
{
	const struct sipmsg_field *topmost = sipmsg_first(m, SIPMSG_VIA), *f;

	for (f = topmost; f != NULL; f = sipmsg_next(m, f)) {
		if (!is_clean(buf, f))
			continue;
		if (f == topmost) {
			text_puts(t, "Via: ");
			field_put_topmost_via(t, buf, f, peer);
		} else
			put_header(t, buf, f);
		text_puts(t, "\r\n");
	}
}

void
reply_put_rows(struct text *t, const struct sipmsg *m,
    const unsigned char *buf, enum sipmsg_id id)
{
	const struct sipmsg_field *f;

	for (f = sipmsg_first(m, id); f != NULL; f = sipmsg_next(m, f)) {
		if (!is_clean(buf, f))
			continue;
		put_header(t, buf, f);
		text_puts(t, "\r\n");
	}
}

void
reply_put_to(struct text *t, const struct sipmsg *m,
    const unsigned char *buf, bool tag)
{
	const struct sipmsg_field *f = sipmsg_first(m, SIPMSG_TO);

	if (f == NULL || !is_clean(buf, f))
		return;
	put_header(t, buf, f);
	if (tag && !field_has_tag(buf, f->value)) {
		text_puts(t, ";tag=");
		field_put_tag(t, m, buf);
	}
	text_puts(t, "\r\n");
}

/* A message that is refused may have more than one. */
static void
put_first(struct text *t, const struct sipmsg *m, const unsigned char *buf,
    enum sipmsg_id id)
{
	const struct sipmsg_field *f = sipmsg_first(m, id);

	if (f == NULL || !is_clean(buf, f))
		return;
	put_header(t, buf, f);
	text_puts(t, "\r\n");
}

void
reply_put(struct text *t, const struct sipmsg *m, const unsigned char *buf,
    const struct peer *peer, const struct reply *r)
{
	text_puts(t, "SIP/2.0 ");
	text_number(t, r->status);
	text_putc(t, ' ');
	text_puts(t, r->phrase);
	text_puts(t, "\r\n");
	reply_put_vias(t, m, buf, peer);
	put_first(t, m, buf, SIPMSG_FROM);
	if (r->to != NULL && is_clean(r->to_buf, r->to)) {
		put_header(t, r->to_buf, r->to);
		text_puts(t, "\r\n");
	} else
		reply_put_to(t, m, buf, r->status != 100);
	put_first(t, m, buf, SIPMSG_CALL_ID);
	put_first(t, m, buf, SIPMSG_CSEQ);
	if (r->status == 100)
		put_first(t, m, buf, SIPMSG_TIMESTAMP);
	text_puts(t, "Server: ");
	text_puts(t, r->software);
	text_puts(t, "\r\nContent-Length: 0\r\n\r\n");
}

void
reply_build(struct text *t, const struct sipmsg *m, const unsigned char *buf,
    const struct peer *peer, enum why why, const char *software)
{
	const struct why_entry *entry = why_entry(why);
	/* What is wrong with this machine is the administrator's to know. */
	struct reply r = { .status = (unsigned)entry->status,
	    .phrase = entry->status == 500 ? "Server Internal Error" :
	    entry->phrase, .software = software };

	reply_put(t, m, buf, peer, &r);
}
