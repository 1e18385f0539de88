/*
 * reply-clean - reply_put_vias(), _rows() and _to(): a value with a control
 * octet is not echoed, and words of our own hold no line end but CRLF.
 *
 * Sources: reply.c octet.c
 * Bound: 8 octets of a value (small: 4)
 * Unwind: BOUND + 2
 * Flags: --unwindset strlen.0:16
 * Assumed: the row lies in the buffer; texts (text).
 * Assumed, and not proved: field_put() leaves no line end in a value.
 */
#include "reply.h"
#include "text-model.h"

static unsigned char buf[BOUND];
static struct sipmsg_field row;

/* Values come by field_put(): all others are words of our own. */
static void
prove_octet(const struct text *t, const unsigned char *octets, size_t i,
    size_t n)
{
	unsigned char c = octets[i];

	PROVE((c >= ' ' && c <= '~') || (n == 2 && c == "\r\n"[i]));
}

const struct sipmsg_field *
sipmsg_first(const struct sipmsg *m, enum sipmsg_id id)
{
	return &row;
}

const struct sipmsg_field *
sipmsg_next(const struct sipmsg *m, const struct sipmsg_field *f)
{
	return NULL;
}

void
field_put(struct text *t, const unsigned char *from,
    const struct sipmsg_field *f)
{
	uint32_t i;

	if (i >= f->value.len)
		return;
	PROVE(from[f->value.off + i] != 0x7f);
	PROVE(from[f->value.off + i] >= ' ' ||
	    octet_is_lws(from[f->value.off + i]));
}

void
field_put_topmost_via(struct text *t, const unsigned char *from,
    const struct sipmsg_field *f, const struct peer *peer)
{
	field_put(t, from, f);
}

bool
field_has_tag(const unsigned char *from, struct slice value)
{
	unsigned any;

	return any != 0;
}

void
field_put_tag(struct text *t, const struct sipmsg *m,
    const unsigned char *from)
{
	grow(t, FIELD_TAG_LEN);
}

const char *
sipmsg_name(enum sipmsg_id id)
{
	return "Via";
}

int
main(void)
{
	unsigned char any[BOUND];
	char room[1];
	struct sipmsg m;
	struct slice value;
	struct peer peer;
	struct text t = { room, REPLY_SIZE, 0, false };
	unsigned which;

	memcpy(buf, any, sizeof buf);
	ASSUME(value.off <= BOUND && value.len <= BOUND - value.off);
	row.value = value;
	row.folded = which & 4;
	if (which & 1)
		reply_put_vias(&t, &m, buf, &peer);
	else if (which & 2)
		reply_put_rows(&t, &m, buf, SIPMSG_VIA);
	else
		reply_put_to(&t, &m, buf, which & 8);
}
