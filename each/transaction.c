#include <string.h>

#include "each/transaction.h"
#include "field.h"
#include "octet.h"
#include "sipvia.h"

/*
 * What stands before each kept answer in the ring.  With owner 0 it is a gap
 * at the ring's end, where the answer did not fit.
 */
struct block {
	uint32_t owner;			/* its name */
	uint32_t len;			/* octets that follow, padded to 8 */
};

_Static_assert(sizeof(struct block) == 8 && TRANSACTION_KEEP % 8 == 0,
    "blocks leave no gap that is too short for another");

static const int64_t intervals[TRANSACTION_INTERVALS] = {
	TRANSACTION_T1, 2 * TRANSACTION_T1, 4 * TRANSACTION_T1, TRANSACTION_T2
};

/* ---- Names */

static struct transaction *
entry(struct transactions *t, uint16_t name)
{
	return &t->entry[name - 1];
}

static uint16_t
name_of(const struct transactions *t, const struct transaction *e)
{
	return (uint16_t)(e - t->entry + 1);
}

static transaction_id
id_of(const struct transactions *t, const struct transaction *e)
{
	return e->serial << 16 | name_of(t, e);
}

static const struct transaction *
find(const struct transactions *t, transaction_id id)
{
	uint16_t name = (uint16_t)id;
	const struct transaction *e;

	if (name == 0 || name > TRANSACTION_MAX)
		return NULL;
	e = &t->entry[name - 1];
	return e->list != TRANSACTION_FREE && e->serial == id >> 16 ? e :
	    NULL;
}

static bool
is_final(const struct transaction *e)
{
	return e->status >= 200 || e->method == TRANSACTION_ACK;
}

/* Time never goes back: lists stay in order. */
static void
set_now(struct transactions *t, int64_t now)
{
	if (now > t->now)
		t->now = now;
}

/* ---- Lists */

static void
append(struct transactions *t, struct transaction_ends *ends,
    struct transaction *e, enum transaction_chain chain)
{
	uint16_t name = name_of(t, e), last = ends->last;

	e->link[chain] = (struct transaction_link){ 0, last };
	if (last != 0)
		entry(t, last)->link[chain].next = name;
	else
		ends->first = name;
	ends->last = name;
}

static void
take_out(struct transactions *t, struct transaction_ends *ends,
    struct transaction *e, enum transaction_chain chain)
{
	struct transaction_link link = e->link[chain];

	if (link.previous != 0)
		entry(t, link.previous)->link[chain].next = link.next;
	else
		ends->first = link.next;
	if (link.next != 0)
		entry(t, link.next)->link[chain].previous = link.previous;
	else
		ends->last = link.previous;
}

static void
move_to(struct transactions *t, struct transaction *e,
    enum transaction_list list, int64_t wait)
{
	take_out(t, &t->lists[e->list], e, TRANSACTION_IN_LIST);
	e->list = (uint8_t)list;
	e->due = t->now + wait;
	append(t, &t->lists[list], e, TRANSACTION_IN_LIST);
}

static void
stop_resending(struct transactions *t, struct transaction *e)
{
	if (e->interval == TRANSACTION_INTERVALS)
		return;
	take_out(t, &t->intervals[e->interval], e, TRANSACTION_IN_INTERVAL);
	e->interval = TRANSACTION_INTERVALS;
}

static void
resend_after(struct transactions *t, struct transaction *e, uint8_t interval)
{
	stop_resending(t, e);
	e->interval = interval;
	e->resend_at = t->now + intervals[interval];
	append(t, &t->intervals[interval], e, TRANSACTION_IN_INTERVAL);
}

static struct transaction_ends *
others_of(struct transactions *t, uint64_t other)
{
	return &t->by_other[other & (TRANSACTION_MAX - 1)];
}

static uint16_t *
bucket_of(struct transactions *t, uint64_t key)
{
	return &t->by_key[key & (TRANSACTION_MAX - 1)];
}

/* ---- The table */

static struct transaction *
find_key(struct transactions *t, uint64_t key)
{
	uint16_t name = *bucket_of(t, key);

	while (name != 0 && entry(t, name)->key != key)
		name = entry(t, name)->next_key;
	return name != 0 ? entry(t, name) : NULL;
}

/* Nothing is known of it any more. */
static void
forget(struct transactions *t, struct transaction *e)
{
	uint16_t name = name_of(t, e), *at = bucket_of(t, e->key);

	while (*at != name)
		at = &entry(t, *at)->next_key;
	*at = e->next_key;
	take_out(t, others_of(t, e->other), e, TRANSACTION_IN_OTHER);
	stop_resending(t, e);
	e->kept_len = 0;
	move_to(t, e, TRANSACTION_FREE, 0);
	t->count--;
}

/* The one that has been finished for longest, or NULL. */
static struct transaction *
oldest_finished(struct transactions *t)
{
	uint16_t finished = t->lists[TRANSACTION_FINISHED].first;
	uint16_t acked = t->lists[TRANSACTION_ACKED].first;

	if (finished == 0 && acked == 0)
		return NULL;
	if (acked == 0)
		return entry(t, finished);
	if (finished == 0 || entry(t, acked)->due - TRANSACTION_T4 <=
	    entry(t, finished)->due - TRANSACTION_LIFE)
		return entry(t, acked);
	return entry(t, finished);
}

/* An entry that is in no list. */
static struct transaction *
allocate(struct transactions *t)
{
	struct transaction *e;

	if (t->lists[TRANSACTION_FREE].first == 0 &&
	    t->used < TRANSACTION_MAX)
		return &t->entry[t->used++];
	if (t->lists[TRANSACTION_FREE].first == 0) {
		e = oldest_finished(t);
		if (e == NULL)
			return NULL;
		forget(t, e);
	}
	e = entry(t, t->lists[TRANSACTION_FREE].first);
	take_out(t, &t->lists[TRANSACTION_FREE], e, TRANSACTION_IN_LIST);
	return e;
}

/* ---- Kept answers */

/*
 * Give up the oldest octets of the ring.  If an answer there is still kept, a
 * finished transaction is forgotten with it; one that runs can do without its
 * provisional answer.
 */
static void
give_up_oldest(struct transactions *t)
{
	struct transaction *e;
	struct block block;

	memcpy(&block, t->ring + t->tail % TRANSACTION_KEEP, sizeof block);
	if (block.owner != 0) {
		e = entry(t, (uint16_t)block.owner);
		if (e->kept_len > 0 && e->kept == t->tail) {
			if (is_final(e))
				forget(t, e);
			e->kept_len = 0;
		}
	}
	t->tail += sizeof block + block.len;
}

static void
put_block(struct transactions *t, struct block block)
{
	while (t->head + sizeof block + block.len - t->tail >
	    TRANSACTION_KEEP)
		give_up_oldest(t);
	memcpy(t->ring + t->head % TRANSACTION_KEEP, &block, sizeof block);
	t->head += sizeof block + block.len;
}

/* Keep this answer in place of the one before. */
static void
keep(struct transactions *t, struct transaction *e, const void *octets,
    size_t len)
{
	size_t padded = (len + 7) / 8 * 8, rest;
	uint64_t at;

	e->kept_len = 0;
	if (len == 0 || padded + sizeof(struct block) > TRANSACTION_KEEP / 2)
		return;
	rest = TRANSACTION_KEEP - t->head % TRANSACTION_KEEP;
	if (rest < padded + sizeof(struct block))
		put_block(t, (struct block){ 0,
		    (uint32_t)(rest - sizeof(struct block)) });
	at = t->head;
	put_block(t, (struct block){ name_of(t, e), (uint32_t)padded });
	memcpy(t->ring + at % TRANSACTION_KEEP + sizeof(struct block),
	    octets, len);
	e->kept = at;
	e->kept_len = (uint32_t)len;
}

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
	stop_resending(t, e);
	e->kept_len = 0;
	if (e->list == TRANSACTION_FINISHED &&
	    e->due > t->now + TRANSACTION_T4)
		move_to(t, e, TRANSACTION_ACKED, TRANSACTION_T4);
}

/* The ACK of a 2xx: the INVITEs that it may belong to. */
static void
acknowledge_success(struct transactions *t, uint64_t dialog)
{
	uint16_t name = others_of(t, dialog)->last, next;
	struct transaction *e;
	unsigned i;

	for (i = 0; name != 0 && i < TRANSACTION_LOOK_AT; i++) {
		e = entry(t, name);
		next = e->link[TRANSACTION_IN_OTHER].previous;
		if (e->other == dialog && e->method == TRANSACTION_INVITE &&
		    e->status >= 200 && e->status < 300)
			acknowledge(t, e);
		name = next;
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
	struct transaction *invite = find_key(t, k->invite), *e;

	if (invite != NULL && invite->status >= 300) {
		m->id = id_of(t, invite);
		add(&invite->repeats, 1);
		acknowledge(t, invite);
		return TRANSACTION_ABSORB;
	}
	acknowledge_success(t, k->dialog);
	e = find_key(t, m->key);
	if (e != NULL) {
		m->id = id_of(t, e);
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
	uint16_t name = others_of(t, all_but_method)->last;
	unsigned i;

	for (i = 0; name != 0 && i < TRANSACTION_LOOK_AT; i++) {
		if (entry(t, name)->other == all_but_method &&
		    entry(t, name)->method == TRANSACTION_OTHER)
			return entry(t, name);
		name = entry(t, name)->link[TRANSACTION_IN_OTHER].previous;
	}
	return NULL;
}

static enum transaction_verdict
look_at_cancel(struct transactions *t, struct transaction_message *m,
    const struct keys *k)
{
	struct transaction *e = find_key(t, k->invite);

	if (e == NULL)
		e = find_other(t, k->all_but_method);
	if (e == NULL)
		return TRANSACTION_CANCEL_UNKNOWN;
	m->id = id_of(t, e);
	add(&e->received, m->octets);
	return e->method == TRANSACTION_INVITE && !is_final(e) ?
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
	struct transaction *e = find_key(t, m->key);

	if (e == NULL)
		return TRANSACTION_RUN;
	m->id = id_of(t, e);
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

	set_now(t, now);
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

transaction_id
transaction_begin(struct transactions *t, const struct transaction_message *m,
    uint32_t job, int64_t now)
{
	struct transaction *e;
	uint16_t *bucket = bucket_of(t, m->key);

	set_now(t, now);
	e = allocate(t);
	if (e == NULL)
		return 0;
	*e = (struct transaction){ .serial = ++t->serial, .key = m->key,
	    .other = m->other, .job = job, .method = (uint8_t)m->method,
	    .interval = TRANSACTION_INTERVALS, .next_key = *bucket,
	    .received = m->octets };
	*bucket = name_of(t, e);
	append(t, others_of(t, e->other), e, TRANSACTION_IN_OTHER);
	append(t, &t->lists[TRANSACTION_FREE], e, TRANSACTION_IN_LIST);
	if (m->method == TRANSACTION_ACK)
		move_to(t, e, TRANSACTION_FINISHED, TRANSACTION_LIFE);
	else if (m->method == TRANSACTION_INVITE)
		move_to(t, e, TRANSACTION_WAITING, TRANSACTION_TRYING_AFTER);
	else
		move_to(t, e, TRANSACTION_RUNNING, 0);
	set_path(e, m);
	t->count++;
	return id_of(t, e);
}

/* ---- An answer is there */

static bool
answer_provisionally(struct transactions *t, struct transaction *e,
    unsigned status, const void *octets, size_t len)
{
	if (e->method != TRANSACTION_INVITE)
		return false;
	if (e->list == TRANSACTION_WAITING)
		move_to(t, e, TRANSACTION_RUNNING, 0);
	e->status = (uint16_t)status;
	if (!t->datagrams)
		return true;
	if (amplifies(e, len))
		return false;
	add(&e->sent, len);
	keep(t, e, octets, len);
	return true;
}

static void
answer_finally(struct transactions *t, struct transaction *e,
    unsigned status, const void *octets, size_t len)
{
	e->status = (uint16_t)status;
	if (!t->datagrams && e->method != TRANSACTION_INVITE) {
		forget(t, e);
		return;
	}
	move_to(t, e, TRANSACTION_FINISHED, TRANSACTION_LIFE);
	if (!t->datagrams)
		return;
	add(&e->sent, len);
	keep(t, e, octets, len);
	if (e->method == TRANSACTION_INVITE && e->kept_len > 0)
		resend_after(t, e, 0);
}

bool
transaction_answer(struct transactions *t, transaction_id id,
    unsigned status, const void *octets, size_t len, int64_t now)
{
	const struct transaction *known = find(t, id);
	struct transaction *e;

	set_now(t, now);
	if (known == NULL || is_final(known))
		return false;
	e = entry(t, (uint16_t)id);
	if (status < 200)
		return answer_provisionally(t, e, status, octets, len);
	answer_finally(t, e, status, octets, len);
	return true;
}

/* ---- What is known of it */

bool
transaction_is_final(const struct transactions *t, transaction_id id)
{
	const struct transaction *e = find(t, id);

	return e == NULL || is_final(e);
}

uint32_t
transaction_job(const struct transactions *t, transaction_id id)
{
	const struct transaction *e = find(t, id);

	return e != NULL ? e->job : UINT32_MAX;
}

uint32_t
transaction_repeats(const struct transactions *t, transaction_id id)
{
	const struct transaction *e = find(t, id);

	return e != NULL ? e->repeats : 0;
}

const unsigned char *
transaction_kept(const struct transactions *t, transaction_id id, size_t *len)
{
	const struct transaction *e = find(t, id);

	if (e == NULL || e->kept_len == 0)
		return NULL;
	*len = e->kept_len;
	return t->ring + e->kept % TRANSACTION_KEEP + sizeof(struct block);
}

const void *
transaction_path(const struct transactions *t, transaction_id id)
{
	const struct transaction *e = find(t, id);

	return e != NULL ? e->path : NULL;
}

uint32_t
transaction_count(const struct transactions *t)
{
	return t->count;
}

/* ---- Time passes */

int64_t
transaction_deadline(const struct transactions *t)
{
	static const enum transaction_list lists[] = { TRANSACTION_WAITING,
	    TRANSACTION_FINISHED, TRANSACTION_ACKED };
	int64_t first = TRANSACTION_NEVER;
	uint16_t name;
	size_t i;

	for (i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		name = t->lists[lists[i]].first;
		if (name != 0 && t->entry[name - 1].due < first)
			first = t->entry[name - 1].due;
	}
	for (i = 0; i < TRANSACTION_INTERVALS; i++) {
		name = t->intervals[i].first;
		if (name != 0 && t->entry[name - 1].resend_at < first)
			first = t->entry[name - 1].resend_at;
	}
	return first;
}

/* The first of a list, if its time has come. */
static struct transaction *
first_due(struct transactions *t, enum transaction_list list)
{
	uint16_t name = t->lists[list].first;

	return name != 0 && entry(t, name)->due <= t->now ? entry(t, name) :
	    NULL;
}

static void
forget_old(struct transactions *t)
{
	struct transaction *e;

	while ((e = first_due(t, TRANSACTION_FINISHED)) != NULL)
		forget(t, e);
	while ((e = first_due(t, TRANSACTION_ACKED)) != NULL)
		forget(t, e);
}

/*
 * Timer G.  What would be too much for a source that may be forged is not
 * sent, but may be later, when it has been heard of again.
 */
static struct transaction *
resend_due(struct transactions *t)
{
	struct transaction *e;
	uint16_t name;
	uint8_t i;

	for (i = 0; i < TRANSACTION_INTERVALS; i++)
		while ((name = t->intervals[i].first) != 0 &&
		    entry(t, name)->resend_at <= t->now) {
			e = entry(t, name);
			resend_after(t, e, i + 1 < TRANSACTION_INTERVALS ?
			    (uint8_t)(i + 1) : i);
			if (!amplifies(e, e->kept_len))
				return e;
		}
	return NULL;
}

enum transaction_due
transaction_due(struct transactions *t, int64_t now, transaction_id *id)
{
	struct transaction *e;

	set_now(t, now);
	forget_old(t);
	e = first_due(t, TRANSACTION_WAITING);
	if (e != NULL) {
		move_to(t, e, TRANSACTION_RUNNING, 0);
		*id = id_of(t, e);
		return TRANSACTION_DUE_TRYING;
	}
	e = resend_due(t);
	if (e == NULL)
		return TRANSACTION_IDLE;
	add(&e->sent, e->kept_len);
	*id = id_of(t, e);
	return TRANSACTION_DUE_RESEND;
}

void
transaction_init(struct transactions *t, bool datagrams,
    const unsigned char key[SIPHASH_KEY])
{
	t->datagrams = datagrams;
	memcpy(t->secret, key, sizeof t->secret);
}
