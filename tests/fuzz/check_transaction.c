/*
 * check_transaction.c - the table of transactions against a simple model: a
 * list that is searched from end to end.
 *
 * An input is a program for both: its first octet chooses stream or datagrams,
 * each octet after it what happens next, mostly with one more that says how.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "each/transaction.h"
#include "field.h"

/* Steps of a program that are taken, and so transactions that ever were. */
#define MOST_STEPS 300

/* Octets of an answer, at most: more than are kept of one in a small ring. */
#define MOST_ANSWER 1700

enum method { INVITE, ACK, CANCEL, OPTIONS, BYE, METHODS };
static const char *const method_names[METHODS] = { "INVITE", "ACK", "CANCEL",
    "OPTIONS", "BYE" };

/* What a message says, as numbers. */
struct said {
	enum method method;
	unsigned source, branch, dialog;
	bool our_tag;			/* in To */
};

/* What the model knows of a transaction. */
struct known {
	bool there;
	struct said said;
	transaction_id id;
	uint32_t job, repeats;
	unsigned status;
	bool waiting, acked;
	int64_t due;			/* of a 100, or to be forgotten */
	int64_t since;			/* that it is finished, or acked */
	unsigned order;			/* among those of the same time */
	int64_t resend_at;		/* 0: not */
	int64_t interval;
	uint64_t received, sent;
	size_t kept;
	unsigned char fill;		/* what the answer consists of */
	uint64_t written;		/* to the ring before it */
	uint32_t path;
};

static struct model {
	bool datagrams;
	int64_t now;
	int64_t back;			/* the clock says so much less */
	unsigned steps, orders;
	uint64_t written;		/* octets to the ring, ever */
	size_t largest;			/* of its blocks */
	unsigned n;
	struct known known[MOST_STEPS];
} model;

static struct transactions table;

/* ---- A message */

static unsigned char text[512];
static struct sipmsg msg;

static size_t
write_message(const struct said *s, const char *tag)
{
	int n = snprintf((char *)text, sizeof text,
	    "%s sip:b@b.example SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP %s;branch=z9hG4bK%u\r\n"
	    "From: <sip:a>;tag=%u\r\nTo: <sip:b>;tag=%s\r\n"
	    "Call-ID: call\r\nCSeq: %u %s\r\n\r\n",
	    method_names[s->method], s->branch % 2 ? "A:5060" : "a:5060",
	    s->branch / 2, s->dialog & 1, tag, s->dialog >> 1,
	    method_names[s->method]);

	return (size_t)n;
}

static void
parse_message(size_t len)
{
	static const struct sipcheck_limits limits = { 0, false };

	sipmsg_init(&msg);
	CHECK(sipmsg_scan(&msg, text, len) == 0);
	CHECK(sipcheck(&msg, text, &limits) == 0);
}

static size_t
make_message(const struct said *s)
{
	char tag[FIELD_TAG_LEN + 1];
	struct text t = { tag, FIELD_TAG_LEN, 0, false };
	size_t len = write_message(s, "0123456789abcdef");

	parse_message(len);
	if (s->our_tag) {
		field_put_tag(&t, &msg, text);
		tag[t.len] = '\0';
		len = write_message(s, tag);
		parse_message(len);
	}
	return len;
}

/* ---- The model */

/* Branches 0 and 1 are one to all: their sent-by differs in case alone. */
static bool
is_same(const struct said *a, const struct said *b)
{
	return a->source == b->source && a->branch / 2 == b->branch / 2 &&
	    a->dialog == b->dialog;
}

static struct known *
known_as(const struct said *s, enum method method)
{
	unsigned i;

	for (i = 0; i < model.n; i++)
		if (model.known[i].there &&
		    model.known[i].said.method == method &&
		    is_same(&model.known[i].said, s))
			return &model.known[i];
	return NULL;
}

static bool
is_over(const struct known *k)
{
	return k->status >= 200 || k->said.method == ACK;
}

static void
expect_ack_of(struct known *k)
{
	k->resend_at = 0;
	k->kept = 0;
	if (k->acked || k->due <= model.now + 5000)
		return;
	k->acked = true;
	k->since = model.now;
	k->due = model.now + 5000;
	k->order = ++model.orders;
}

static enum transaction_verdict
expect_ack(const struct said *s, transaction_id *id)
{
	struct known *invite = known_as(s, INVITE), *again;
	unsigned i;

	if (invite != NULL && invite->status >= 300) {
		*id = invite->id;
		invite->repeats++;
		expect_ack_of(invite);
		return TRANSACTION_ABSORB;
	}
	/* The latest first: so they stand in line to be forgotten. */
	for (i = model.n; i > 0; i--) {
		struct known *k = &model.known[i - 1];

		if (k->there && k->said.method == INVITE && k->status >= 200 &&
		    k->status < 300 && k->said.dialog == s->dialog)
			expect_ack_of(k);
	}
	again = known_as(s, ACK);
	if (again != NULL) {
		*id = again->id;
		again->repeats++;
		return TRANSACTION_ABSORB;
	}
	if (s->our_tag && (invite == NULL || invite->status < 200))
		return TRANSACTION_ABSORB;
	return TRANSACTION_RUN;
}

static enum transaction_verdict
expect_cancel(const struct said *s, size_t len, transaction_id *id)
{
	struct known *k = known_as(s, INVITE);

	if (k == NULL)
		k = known_as(s, OPTIONS);
	if (k == NULL)
		k = known_as(s, BYE);
	if (k == NULL)
		return TRANSACTION_CANCEL_UNKNOWN;
	/* Of two that are not INVITE either will do. */
	if (k->said.method == INVITE || known_as(s, BYE) == NULL ||
	    known_as(s, OPTIONS) == NULL)
		*id = k->id;
	else
		k = known_as(s, OPTIONS)->id == *id ? known_as(s, OPTIONS) :
		    known_as(s, BYE);
	k->received += len;
	return k->said.method == INVITE && !is_over(k) ? TRANSACTION_CANCEL :
	    TRANSACTION_CANCEL_LATE;
}

static enum transaction_verdict
expect_request(const struct said *s, size_t len, transaction_id *id)
{
	struct known *k = known_as(s, s->method);

	if (k == NULL)
		return TRANSACTION_RUN;
	*id = k->id;
	k->repeats++;
	k->received += len;
	k->path = model.steps;
	if (k->kept == 0)
		return TRANSACTION_ABSORB;
	k->sent += k->kept;
	return TRANSACTION_RESEND;
}

/* The one that goes when there is no room. */
static struct known *
oldest(void)
{
	struct known *found = NULL, *k;

	for (k = model.known; k < model.known + model.n; k++)
		if (k->there && is_over(k) && (found == NULL ||
		    k->since < found->since || (k->since == found->since &&
		    (k->acked > found->acked || (k->acked == found->acked &&
		    k->order < found->order)))))
			found = k;
	return found;
}

static unsigned
count(void)
{
	unsigned i, n = 0;

	for (i = 0; i < model.n; i++)
		n += model.known[i].there;
	return n;
}

/* ---- Both at once */

static int64_t
clock_says(void)
{
	return model.now - model.back;
}

static void
begin(const struct transaction_message *m, const struct said *s, size_t len)
{
	struct known *k = &model.known[model.n];
	struct known *gone = count() < TABLE_MAX ? NULL : oldest();
	transaction_id id = transaction_begin(&table, m, model.steps,
	    clock_says());

	if (count() == TABLE_MAX && gone == NULL) {
		CHECK(id == 0);
		return;
	}
	CHECK(id != 0);
	if (gone != NULL)
		gone->there = false;
	*k = (struct known){ .there = true, .said = *s, .id = id,
	    .job = model.steps, .received = len, .path = model.steps };
	k->waiting = s->method == INVITE;
	k->due = model.now + (k->waiting ? 200 : 32000);
	k->since = model.now;
	k->order = ++model.orders;
	model.n++;
}

static void
arrive(unsigned how)
{
	struct said s = { (enum method)(how % METHODS), how / 5 & 1,
	    how / 10 % 3, how / 30 & 3, how / 120 & 1 };
	size_t len = make_message(&s);
	unsigned char path[TABLE_PATH] = { 0 };
	struct transaction_message m = { .msg = &msg, .buf = text,
	    .path = path, .octets = (uint32_t)len,
	    .source = { [15] = (unsigned char)s.source } };
	enum transaction_verdict verdict, expected;
	transaction_id id = 0;

	memcpy(path, &model.steps, sizeof model.steps);
	verdict = transaction_look(&table, &m, clock_says());
	if (s.method == ACK)
		expected = expect_ack(&s, &id);
	else if (s.method == CANCEL) {
		id = m.id;
		expected = expect_cancel(&s, len, &id);
		if (expected == TRANSACTION_CANCEL_UNKNOWN)
			id = 0;
	} else
		expected = expect_request(&s, len, &id);
	CHECK(verdict == expected);
	CHECK(m.id == id);
	if (verdict == TRANSACTION_RUN)
		begin(&m, &s, len);
}

/*
 * An answer was kept: the ring may have given up old ones.  It does when it
 * has been written full since, and may a block earlier, for a gap at its end.
 */
static void
age_ring(void)
{
	size_t len;

	for (struct known *k = model.known; k < model.known + model.n; k++) {
		uint64_t age = model.written - k->written;

		if (!k->there || k->kept == 0 ||
		    age + model.largest <= TABLE_KEEP)
			continue;
		if (transaction_kept(&table, k->id, &len) == NULL) {
			k->kept = 0;
			k->there = !is_over(k);
		}
		CHECK(k->kept == 0 || age <= TABLE_KEEP);
	}
}

static void
note_kept(struct known *k, size_t len)
{
	size_t block = 8 + (len + 7) / 8 * 8;

	k->kept = 0;
	if (block > TABLE_KEEP / 2)
		return;			/* too large to be kept */
	k->kept = len;
	k->fill = (unsigned char)model.steps;
	k->written = model.written;
	model.written += block;
	if (block > model.largest)
		model.largest = block;
	age_ring();
}

static bool
expect_provisional(struct known *k, unsigned status, size_t len)
{
	if (k->said.method != INVITE)
		return false;
	k->waiting = false;
	k->status = status;
	if (!model.datagrams)
		return true;
	if (k->sent + len > 3 * k->received)
		return false;
	k->sent += len;
	note_kept(k, len);
	return true;
}

static void
expect_final(struct known *k, unsigned status, size_t len)
{
	k->status = status;
	k->waiting = false;
	k->since = model.now;
	k->due = model.now + 32000;
	k->order = ++model.orders;
	k->kept = 0;
	if (!model.datagrams) {
		k->there = k->said.method == INVITE;
		return;
	}
	k->sent += len;
	note_kept(k, len);
	if (k->said.method == INVITE && k->kept > 0) {
		k->interval = 500;
		k->resend_at = model.now + k->interval;
	}
}

static void
answer(unsigned which, unsigned how)
{
	static const unsigned statuses[] = { 100, 180, 200, 302, 487 };
	static unsigned char octets[MOST_ANSWER];
	struct known *k = &model.known[model.n == 0 ? 0 : which % model.n];
	unsigned status = statuses[how % 5];
	size_t len = how % 16 == 15 ? MOST_ANSWER : 1 + how * 13 % 700;
	bool sent, expected = false;

	if (model.n == 0)
		return;
	memset(octets, (unsigned char)model.steps, len);
	sent = transaction_answer(&table, k->id, status, octets, len,
	    clock_says());
	if (!k->there || is_over(k))
		CHECK(!sent);
	else if (status < 200) {
		expected = expect_provisional(k, status, len);
		CHECK(sent == expected);
	} else {
		CHECK(sent);
		expect_final(k, status, len);
	}
}

static struct known *
by_id(transaction_id id)
{
	struct known *k;

	for (k = model.known; k < model.known + model.n; k++)
		if (k->there && k->id == id)
			return k;
	check_failed("it is known", __FILE__, __LINE__);
}

static void
set_next_resend(struct known *k)
{
	if (k->interval < 4000)
		k->interval *= 2;
	k->resend_at = model.now + k->interval;
}

static void
take_due(void)
{
	enum transaction_due due;
	transaction_id id = 0;
	struct known *k;

	for (k = model.known; k < model.known + model.n; k++)
		if (k->there && is_over(k) && k->due <= model.now)
			k->there = false;
	while ((due = transaction_due(&table, clock_says(), &id)) !=
	    TRANSACTION_IDLE) {
		k = by_id(id);
		if (due == TRANSACTION_DUE_TRYING) {
			CHECK(k->waiting && k->due <= model.now);
			k->waiting = false;
			continue;
		}
		CHECK(k->resend_at != 0 && k->resend_at <= model.now);
		CHECK(k->sent + k->kept <= 3 * k->received);
		k->sent += k->kept;
		set_next_resend(k);
	}
	for (k = model.known; k < model.known + model.n; k++) {
		CHECK(!k->there || !k->waiting || k->due > model.now);
		if (!k->there || k->resend_at == 0 ||
		    k->resend_at > model.now)
			continue;
		CHECK(k->sent + k->kept > 3 * k->received);
		set_next_resend(k);
	}
}

static void
pass_time(unsigned how)
{
	static const int64_t steps[] = { 0, 1, 100, 199, 200, 499, 500, 501,
	    1000, 2000, 4000, 5000, 26999, 27000, 32000, -1000 };
	int64_t step = steps[how % 16];

	/* A clock that goes back stands, until it is where it was. */
	model.back = step < 0 ? -step : 0;
	model.now += step < 0 ? 0 : step;
	take_due();
}

static int64_t
expected_deadline(void)
{
	int64_t first = TABLE_NEVER;
	struct known *k;

	for (k = model.known; k < model.known + model.n; k++) {
		if (k->there && (k->waiting || is_over(k)) && k->due < first)
			first = k->due;
		if (k->there && k->resend_at != 0 && k->resend_at < first)
			first = k->resend_at;
	}
	return first;
}

static void
check_known(const struct known *k)
{
	const unsigned char *kept;
	size_t len = 0;
	uint32_t path;

	kept = transaction_kept(&table, k->id, &len);
	if (!k->there) {
		CHECK(transaction_is_final(&table, k->id));
		CHECK(kept == NULL && transaction_path(&table, k->id) == NULL);
		return;
	}
	CHECK(transaction_is_final(&table, k->id) == is_over(k));
	CHECK(transaction_job(&table, k->id) == k->job);
	CHECK(transaction_repeats(&table, k->id) == k->repeats);
	CHECK((kept != NULL) == (k->kept != 0));
	CHECK(kept == NULL || len == k->kept);
	CHECK(kept == NULL || (kept[0] == k->fill &&
	    memcmp(kept, kept + 1, len - 1) == 0));
	memcpy(&path, transaction_path(&table, k->id), sizeof path);
	CHECK(path == k->path);
}

void
check_transaction(const unsigned char *data, size_t size)
{
	static const unsigned char key[SIPHASH_KEY] = "a key of its own";
	size_t at = 1;
	unsigned i;

	if (size == 0)
		return;
	memset(&table, 0, sizeof table);
	memset(&model, 0, sizeof model);
	model.datagrams = data[0] % 4 != 0;
	transaction_init(&table, model.datagrams, key);
	while (at + 2 < size && model.steps < MOST_STEPS) {
		model.steps++;
		switch (data[at] % 4) {
		case 0:
		case 1:
			arrive(data[at + 1]);
			break;
		case 2:
			answer(data[at + 1], data[at + 2]);
			at++;
			break;
		default:
			pass_time(data[at + 1]);
		}
		at += 2;
		for (i = 0; i < model.n; i++)
			if (model.known[i].there)
				check_known(&model.known[i]);
		CHECK(transaction_count(&table) == count());
		CHECK(transaction_deadline(&table) == expected_deadline());
	}
	/* Names of what is forgotten name nothing, whatever came after. */
	for (i = 0; i < model.n; i++)
		check_known(&model.known[i]);
}
