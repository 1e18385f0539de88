#include <string.h>

#include "each/transaction.h"
#include "field.h"
#include "octet.h"
#include "sipvia.h"

/* ---- Which transaction a message belongs to */

/* No value holds a NUL: it keeps neighbours apart. */
static void
put_slice(struct siphash *h, const unsigned char *buf, struct slice s)
{
	siphash_put(h, buf + s.off, s.len);
	siphash_put(h, "", 1);
}

/* A host is the same in either case; white space may stand at a colon. */
static void
put_sent_by(struct siphash *h, const unsigned char *buf,
    const struct sipvia *via)
{
	unsigned char small[256];
	uint32_t i, n = 0;

	for (i = 0; i < via->host.len; i++) {
		small[n++] = octet_lower(buf[via->host.off + i]);
		if (n == sizeof small) {
			siphash_put(h, small, n);
			n = 0;
		}
	}
	siphash_put(h, small, n);
	siphash_put(h, "", 1);
	put_slice(h, buf, via->port);
}

static void
put_via(struct siphash *h, const struct sipmsg *m, const unsigned char *buf)
{
	struct slice row = sipmsg_first(m, SIPMSG_VIA)->value, branch;
	struct sipvia via;
	uint32_t at;

	if (sipvia_parse(buf, row, &via, &at) != 0)
		return;			/* not reached: sipcheck() passed it */
	put_sent_by(h, buf, &via);
	if (sipvia_find_param(buf, &via, "branch", &branch))
		put_slice(h, buf, branch);
}

/* Call-ID, CSeq number and From tag. */
static void
put_dialog(struct siphash *h, const struct sipmsg *m,
    const unsigned char *buf)
{
	struct slice tag;

	put_slice(h, buf, sipmsg_first(m, SIPMSG_CALL_ID)->value);
	siphash_put(h, &m->cseq, sizeof m->cseq);
	if (field_find_tag(buf, sipmsg_first(m, SIPMSG_FROM)->value, &tag))
		put_slice(h, buf, tag);
}

static enum transaction_method
method_of(const struct transaction_message *m)
{
	static const char *const names[] = {
		[TRANSACTION_INVITE] = "INVITE",
		[TRANSACTION_ACK] = "ACK",
		[TRANSACTION_IS_CANCEL] = "CANCEL"
	};
	struct slice method = m->msg->method;
	unsigned i;

	for (i = 0; i < TRANSACTION_OTHER; i++)
		if (strlen(names[i]) == method.len &&
		    memcmp(m->buf + method.off, names[i], method.len) == 0)
			break;
	return (enum transaction_method)i;
}

/* The name of a method, after all else, makes a key of it. */
static uint64_t
key_for(struct siphash h, const void *method, size_t len)
{
	siphash_put(&h, method, len);
	return siphash_end(&h);
}

struct keys {
	uint64_t invite;		/* as if it were of an INVITE */
	uint64_t all_but_method;
	uint64_t dialog;
};

static void
compute_keys(const struct transactions *t, struct transaction_message *m,
    struct keys *k)
{
	struct siphash dialog, h;
	struct slice method = m->msg->method;

	siphash_init(&dialog, t->secret);
	put_dialog(&dialog, m->msg, m->buf);
	h = dialog;
	k->dialog = siphash_end(&dialog);
	siphash_put(&h, m->source, sizeof m->source);
	put_via(&h, m->msg, m->buf);
	k->all_but_method = key_for(h, "", 0);
	k->invite = key_for(h, "INVITE", 6);
	m->key = key_for(h, m->buf + method.off, method.len);
	m->method = method_of(m);
	m->other = m->method == TRANSACTION_INVITE ? k->dialog :
	    k->all_but_method;
}

/* ---- A message arrives */

static void
add(uint32_t *sum, size_t n)
{
	*sum = n < UINT32_MAX - *sum ? *sum + (uint32_t)n : UINT32_MAX;
}

/* Would this much more be out of proportion to what has been received? */
static bool
amplifies(const struct transaction *e, size_t n)
{
	return (uint64_t)e->sent + n >
	    (uint64_t)e->received * TRANSACTION_AMPLIFICATION;
}

static void
acknowledge(struct transactions *t, struct transaction *e)
{
	table_stop_resending(&t->table, e);
	table_drop_kept(e);
	table_move_if_sooner(&t->table, e, TABLE_ACKED);
}

/* The ACK of a 2xx: the INVITEs that it may belong to. */
static void
acknowledge_success(struct transactions *t, uint64_t dialog)
{
	struct transaction *e = table_last_of(&t->table, dialog);
	unsigned i;

	for (i = 0; e != NULL && i < TRANSACTION_LOOK_AT; i++) {
		if (e->other == dialog && e->method == TRANSACTION_INVITE &&
		    e->status >= 200 && e->status < 300)
			acknowledge(t, e);
		e = table_before(&t->table, e);
	}
}

/*
 * Is the To tag the one that we compute for what this ACK acknowledges?  The
 * ACK of a failure has all that the tag is made of from its INVITE (RFC 3261
 * 17.1.1.3); that of a 2xx has another branch.
 */
static bool
has_our_tag(const struct transaction_message *m)
{
	char tag[FIELD_TAG_LEN];
	struct text t = { tag, sizeof tag, 0, false };
	struct slice said;

	if (!field_find_tag(m->buf, sipmsg_first(m->msg, SIPMSG_TO)->value,
	    &said) || said.len != FIELD_TAG_LEN)
		return false;
	field_put_tag(&t, m->msg, m->buf);
	return memcmp(tag, m->buf + said.off, FIELD_TAG_LEN) == 0;
}

static enum transaction_verdict
look_at_ack(struct transactions *t, struct transaction_message *m,
    const struct keys *k)
{
	struct transaction *invite = table_find_key(&t->table, k->invite), *e;

	if (invite != NULL && invite->status >= 300) {
		m->id = table_id(&t->table, invite);
		add(&invite->repeats, 1);
		acknowledge(t, invite);
		return TRANSACTION_ABSORB;
	}
	acknowledge_success(t, k->dialog);
	e = table_find_key(&t->table, m->key);
	if (e != NULL) {
		m->id = table_id(&t->table, e);
		add(&e->repeats, 1);
		return TRANSACTION_ABSORB;
	}
	if ((invite == NULL || invite->status < 200) && has_our_tag(m))
		return TRANSACTION_ABSORB;
	return TRANSACTION_RUN;
}

/* What a CANCEL names that is not an INVITE. */
static struct transaction *
find_other(struct transactions *t, uint64_t all_but_method)
{
	struct transaction *e = table_last_of(&t->table, all_but_method);
	unsigned i;

	for (i = 0; e != NULL && i < TRANSACTION_LOOK_AT; i++) {
		if (e->other == all_but_method &&
		    e->method == TRANSACTION_OTHER)
			return e;
		e = table_before(&t->table, e);
	}
	return NULL;
}

static enum transaction_verdict
look_at_cancel(struct transactions *t, struct transaction_message *m,
    const struct keys *k)
{
	struct transaction *e = table_find_key(&t->table, k->invite);

	if (e == NULL)
		e = find_other(t, k->all_but_method);
	if (e == NULL)
		return TRANSACTION_CANCEL_UNKNOWN;
	m->id = table_id(&t->table, e);
	add(&e->received, m->octets);
	return e->method == TRANSACTION_INVITE && !table_is_finished(e) ?
	    TRANSACTION_CANCEL : TRANSACTION_CANCEL_LATE;
}

static void
set_path(struct transaction *e, const struct transaction_message *m)
{
	if (m->path != NULL)
		memcpy(e->path, m->path, sizeof e->path);
}

static enum transaction_verdict
look_at_request(struct transactions *t, struct transaction_message *m)
{
	struct transaction *e = table_find_key(&t->table, m->key);

	if (e == NULL)
		return TRANSACTION_RUN;
	m->id = table_id(&t->table, e);
	add(&e->repeats, 1);
	add(&e->received, m->octets);
	set_path(e, m);
	if (e->kept_len == 0)
		return TRANSACTION_ABSORB;
	add(&e->sent, e->kept_len);
	return TRANSACTION_RESEND;
}

enum transaction_verdict
transaction_look(struct transactions *t, struct transaction_message *m,
    int64_t now)
{
	struct keys keys;

	table_set_now(&t->table, now);
	m->id = 0;
	compute_keys(t, m, &keys);
	switch (m->method) {
	case TRANSACTION_ACK:
		return look_at_ack(t, m, &keys);
	case TRANSACTION_IS_CANCEL:
		return look_at_cancel(t, m, &keys);
	default:
		return look_at_request(t, m);
	}
}

/* Where it begins: an ACK gets no answer. */
static enum table_list
first_list(const struct transaction_message *m)
{
	switch (m->method) {
	case TRANSACTION_INVITE:
		return TABLE_WAITING;
	case TRANSACTION_ACK:
		return TABLE_FINISHED;
	default:
		return TABLE_RUNNING;
	}
}

transaction_id
transaction_begin(struct transactions *t, const struct transaction_message *m,
    uint32_t job, int64_t now)
{
	struct transaction *e;

	table_set_now(&t->table, now);
	e = table_add(&t->table, m->key, m->other, first_list(m));
	if (e == NULL)
		return 0;
	e->method = (uint8_t)m->method;
	e->job = job;
	e->received = m->octets;
	set_path(e, m);
	return table_id(&t->table, e);
}

/* ---- An answer is there */

static bool
answer_provisionally(struct transactions *t, struct transaction *e,
    unsigned status, const void *octets, size_t len)
{
	if (e->method != TRANSACTION_INVITE)
		return false;
	if (e->list == TABLE_WAITING)
		table_move(&t->table, e, TABLE_RUNNING);
	e->status = (uint16_t)status;
	if (!t->datagrams)
		return true;
	if (amplifies(e, len))
		return false;
	add(&e->sent, len);
	table_keep(&t->table, e, octets, len);
	return true;
}

static void
answer_finally(struct transactions *t, struct transaction *e,
    unsigned status, const void *octets, size_t len)
{
	e->status = (uint16_t)status;
	if (!t->datagrams && e->method != TRANSACTION_INVITE) {
		table_forget(&t->table, e);
		return;
	}
	table_move(&t->table, e, TABLE_FINISHED);
	if (!t->datagrams)
		return;
	add(&e->sent, len);
	table_keep(&t->table, e, octets, len);
	if (e->method == TRANSACTION_INVITE && e->kept_len > 0)
		table_start_resending(&t->table, e);
}

bool
transaction_answer(struct transactions *t, transaction_id id,
    unsigned status, const void *octets, size_t len, int64_t now)
{
	const struct transaction *known = table_find(&t->table, id);
	struct transaction *e;

	table_set_now(&t->table, now);
	if (known == NULL || table_is_finished(known))
		return false;
	e = &t->table.entry[known - t->table.entry];
	if (status < 200)
		return answer_provisionally(t, e, status, octets, len);
	answer_finally(t, e, status, octets, len);
	return true;
}

/* ---- What is known of it */

bool
transaction_is_final(const struct transactions *t, transaction_id id)
{
	const struct transaction *e = table_find(&t->table, id);

	return e == NULL || table_is_finished(e);
}

uint32_t
transaction_job(const struct transactions *t, transaction_id id)
{
	const struct transaction *e = table_find(&t->table, id);

	return e != NULL ? e->job : UINT32_MAX;
}

uint32_t
transaction_repeats(const struct transactions *t, transaction_id id)
{
	const struct transaction *e = table_find(&t->table, id);

	return e != NULL ? e->repeats : 0;
}

const unsigned char *
transaction_kept(const struct transactions *t, transaction_id id, size_t *len)
{
	const struct transaction *e = table_find(&t->table, id);

	if (e == NULL)
		return NULL;
	*len = e->kept_len;
	return table_kept(&t->table, e);
}

const void *
transaction_path(const struct transactions *t, transaction_id id)
{
	const struct transaction *e = table_find(&t->table, id);

	return e != NULL ? e->path : NULL;
}

uint32_t
transaction_count(const struct transactions *t)
{
	return table_count(&t->table);
}

/* ---- Time passes */

int64_t
transaction_deadline(const struct transactions *t)
{
	return table_deadline(&t->table);
}

static void
forget_old(struct transactions *t)
{
	struct transaction *e;

	while ((e = table_first_due(&t->table, TABLE_FINISHED)) != NULL)
		table_forget(&t->table, e);
	while ((e = table_first_due(&t->table, TABLE_ACKED)) != NULL)
		table_forget(&t->table, e);
}

/*
 * What would be too much for a source that may be forged is not sent, but may
 * be later, when it has been heard of again.
 */
static struct transaction *
resend_due(struct transactions *t)
{
	struct transaction *e;

	do
		e = table_resend_due(&t->table);
	while (e != NULL && amplifies(e, e->kept_len));
	return e;
}

enum transaction_due
transaction_due(struct transactions *t, int64_t now, transaction_id *id)
{
	struct transaction *e;

	table_set_now(&t->table, now);
	forget_old(t);
	e = table_first_due(&t->table, TABLE_WAITING);
	if (e != NULL) {
		table_move(&t->table, e, TABLE_RUNNING);
		*id = table_id(&t->table, e);
		return TRANSACTION_DUE_TRYING;
	}
	e = resend_due(t);
	if (e == NULL)
		return TRANSACTION_IDLE;
	add(&e->sent, e->kept_len);
	*id = table_id(&t->table, e);
	return TRANSACTION_DUE_RESEND;
}

void
transaction_init(struct transactions *t, bool datagrams,
    const unsigned char key[SIPHASH_KEY])
{
	t->datagrams = datagrams;
	memcpy(t->secret, key, sizeof t->secret);
}
