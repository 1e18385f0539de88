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

static void
put_vias(struct text *t, const struct sipmsg *m, const unsigned char *buf,
    const struct peer *peer)
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

static void
put_to(struct text *t, const struct sipmsg *m, const unsigned char *buf)
{
	const struct sipmsg_field *f = sipmsg_first(m, SIPMSG_TO);

	if (f == NULL || !is_clean(buf, f))
		return;
	put_header(t, buf, f);
	if (!field_has_tag(buf, f->value)) {
		text_puts(t, ";tag=");
		field_put_tag(t, m, buf);
	}
	text_puts(t, "\r\n");
}

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
reply_build(struct text *t, const struct sipmsg *m, const unsigned char *buf,
    const struct peer *peer, enum why why, const char *software)
{
	const struct why_entry *entry = why_entry(why);

	text_puts(t, "SIP/2.0 ");
	text_number(t, (uint64_t)entry->status);
	text_putc(t, ' ');
	/* What is wrong with this machine is the administrator's to know. */
	text_puts(t, entry->status == 500 ? "Server Internal Error" :
	    entry->phrase);
	text_puts(t, "\r\n");
	put_vias(t, m, buf, peer);
	put_first(t, m, buf, SIPMSG_FROM);
	put_to(t, m, buf);
	put_first(t, m, buf, SIPMSG_CALL_ID);
	put_first(t, m, buf, SIPMSG_CSEQ);
	text_puts(t, "Server: ");
	text_puts(t, software);
	text_puts(t, "\r\nContent-Length: 0\r\n\r\n");
}
