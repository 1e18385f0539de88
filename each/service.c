#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "each/answer.h"
#include "each/job.h"
#include "each/options.h"
#include "each/report.h"
#include "each/service.h"
#include "each/store.h"
#include "each/stream.h"
#include "each/transaction.h"
#include "log.h"

#ifndef VERSION
#define VERSION "unknown"
#endif
#define SOFTWARE "sipcgi-each/" VERSION

/* Octets of a source that count for -p, of IPv6: its /64. */
#define SOURCE_IPV6 8

_Static_assert(OPTIONS_MAX_CHILDREN < TABLE_MAX,
    "whatever runs has a transaction");
_Static_assert(sizeof(struct datagram_route) <= TABLE_PATH,
    "a transaction keeps the way of its answers");
_Static_assert(ANSWER_MAX_DATAGRAM == DATAGRAM_MAX_ANSWER,
    "one limit");

/* The large part of a message that runs: a small one touches little of it. */
struct papers {
	struct answer said;		/* by the script, so far */
	struct sipmsg msg;
	unsigned char head[SIPMSG_MAX_HEAD];
	unsigned char output[ANSWER_MAX];
};

/* A message that runs, in the slot with its number. */
struct call {
	transaction_id id;
	bool owes;			/* a final answer */
	bool unread;			/* output is there that waits for room
					   to be sent */
	bool by_script;
	uint16_t status;		/* of the final answer */
	enum why why;
	const char *detail;
	int64_t began, answered;	/* milliseconds */
	int64_t deadline;
	struct peer peer;
	size_t len;			/* octets of output */
	struct papers *papers;
};

static struct {
	struct service_settings settings;
	struct call *call;
	char answer[ANSWER_SIZE];
	unsigned char scrap[16384];
	struct transactions transactions;
} service;

static void *
take_memory(size_t n)
{
	void *memory = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int
service_open(const struct service_settings *settings)
{
	unsigned char key[SIPHASH_KEY];
	struct papers *papers;
	unsigned i, n = settings->children;

	service.settings = *settings;
	if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
		return -1;
	transaction_init(&service.transactions, settings->datagrams, key);
	service.call = take_memory(n * sizeof *service.call);
	papers = take_memory(n * sizeof *papers);
	if (service.call == NULL || papers == NULL)
		return -1;
	for (i = 0; i < n; i++)
		service.call[i].papers = &papers[i];
	return job_open(n);
}

/* ---- Sending */

static struct text
begin_answer(void)
{
	return (struct text){ service.answer, ANSWER_SIZE, 0, false };
}

/* A transaction's answers go the way that its latest message came. */
static void
send_path(const void *path, const void *octets, size_t n)
{
	struct datagram_route route;

	if (!service.settings.datagrams)
		stream_send(octets, n);
	else if (path != NULL) {
		memcpy(&route, path, sizeof route);
		datagram_send(&route, octets, n);
	}
}

static struct answer_request
request_of(const struct call *c)
{
	return (struct answer_request){ &c->papers->msg, c->papers->head,
	    &c->peer };
}

/* Send it, if it is one that is sent. */
static void
send_answer(struct call *c, unsigned status, const struct text *t,
    int64_t now)
{
	if (transaction_answer(&service.transactions, c->id, status,
	    t->start, t->len, now))
		send_path(transaction_path(&service.transactions, c->id),
		    t->start, t->len);
	if (status < 200)
		return;
	c->owes = false;
	c->unread = false;
	c->status = (uint16_t)status;
	c->answered = now;
}

static void
answer_call(struct call *c, unsigned status, int64_t now)
{
	struct text t = begin_answer();
	struct answer_request request = request_of(c);

	answer_own(&t, &request, status, &c->papers->said,
	    c->papers->output, SOFTWARE);
	send_answer(c, status, &t, now);
}

/* Answer in place of the script. */
static void
fail_call(struct call *c, enum why why, const char *detail, int64_t now)
{
	c->why = why;
	c->detail = detail;
	answer_call(c, (unsigned)why_entry(why)->status, now);
}

/* An answer to a message that has no transaction of its own. */
static void
answer_message(const struct message *m, unsigned status,
    const struct call *about)
{
	struct text t = begin_answer();
	struct answer_request request = { m->msg, m->buf, m->peer };

	answer_own(&t, &request, status,
	    about != NULL ? &about->papers->said : NULL,
	    about != NULL ? about->papers->output : NULL, SOFTWARE);
	send_path(m->route, t.start, t.len);
}

/* ---- What a script says */

/* Take the responses that are complete; `ended`: that was all. */
static void
take_answers(struct call *c, bool ended, int64_t now)
{
	struct papers *p = c->papers;
	struct answer_request request = request_of(c);
	struct text t;

	c->unread = false;
	while (c->owes) {
		if (!stream_has_room()) {
			c->unread = true;
			return;
		}
		switch (answer_next(&p->said, &request, p->output, c->len,
		    ended)) {
		case ANSWER_MORE:
		case ANSWER_NONE:
			return;
		case ANSWER_RESPONSE:
			t = begin_answer();
			answer_build(&t, &p->said, &request, p->output);
			if (service.settings.datagrams &&
			    t.len > DATAGRAM_MAX_ANSWER) {
				fail_call(c, WHY_BAD_ANSWER,
				    answer_fault_text(ANSWER_FAULT_LARGE),
				    now);
				return;
			}
			send_answer(c, p->said.status, &t, now);
			c->by_script = !c->owes;
			break;
		case ANSWER_BAD:
			fail_call(c, WHY_BAD_ANSWER,
			    answer_fault_text(p->said.fault), now);
			return;
		}
	}
}

/* One read of what it wrote.  False: there is no more for now. */
static bool
read_output(struct call *c, struct job *j, int64_t now)
{
	struct papers *p = c->papers;
	bool keep = c->owes;		/* then there is room for more */
	ssize_t n;

	if (j->output < 0)
		return false;
	n = keep ? job_read(j, p->output + c->len, ANSWER_MAX - c->len) :
	    job_read(j, service.scrap, sizeof service.scrap);
	if (n < 0)
		return false;
	if (keep)
		c->len += (size_t)n;
	take_answers(c, n == 0, now);
	return n > 0 && !c->unread;
}

unsigned
service_poll(struct pollfd *p)
{
	unsigned slot, n = 0, left = job_running();

	if (!stream_has_room())
		return 0;
	for (slot = 0; left > 0; slot++) {
		const struct job *j = job_slot(slot);

		if (j->pid == 0)
			continue;
		left--;
		if (j->output >= 0)
			p[n++] = (struct pollfd){ .fd = j->output,
			    .events = POLLIN };
	}
	return n;
}

void
service_ready(const struct pollfd *p, unsigned n, int64_t now)
{
	unsigned slot, i = 0, left = job_running();

	for (slot = 0; left > 0; slot++) {
		struct job *j = job_slot(slot);
		struct call *c = &service.call[slot];
		bool readable;

		if (j->pid == 0)
			continue;
		left--;
		if (c->unread)
			take_answers(c, j->output < 0, now);
		readable = i < n && j->output == p[i].fd;
		if (readable && p[i++].revents != 0 && !c->unread &&
		    stream_has_room())
			(void)read_output(c, j, now);
	}
}

/* ---- The end of a script */

static void
end_call(unsigned slot, const struct job_end *end, int64_t now)
{
	struct call *c = &service.call[slot];
	struct job *j = job_slot(slot);
	struct outcome_done done;
	struct outcome outcome = { .event = EVENT_DONE, .peer = &c->peer,
	    .msg = &c->papers->msg, .buf = c->papers->head, .done = &done };

	if (c->owes)
		fail_call(c, WHY_NO_ANSWER, NULL, now);
	outcome.why = c->why;
	outcome.detail = c->detail;
	done = (struct outcome_done){
		.status = c->status, .by_script = c->by_script,
		.milliseconds = (uint64_t)((c->status != 0 ? c->answered :
		    now) - c->began),
		.exit_status = end->status,
		.signal = end->signalled ? end->status : 0,
		.pid = (uint64_t)j->pid,
		.repeats = transaction_repeats(&service.transactions, c->id)
	};
	log_outcome(&outcome);
	job_free(j);
}

/*
 * What it had written is read first.  Its children, which may have held the
 * pipe, have been killed by now.
 */
bool
service_reap(int64_t now)
{
	struct job_end end;
	int slot;

	while (stream_has_room() && (slot = job_find_ended(&end)) >= 0) {
		struct call *c = &service.call[slot];
		struct job *j = job_slot((unsigned)slot);

		if (c->unread)
			take_answers(c, j->output < 0, now);
		while (c->owes && !c->unread && read_output(c, j, now))
			;
		if (!c->unread)
			take_answers(c, true, now);
		if (c->unread)
			return false;
		end_call((unsigned)slot, &end, now);
	}
	return stream_has_room();
}

/* ---- A message */

static void
refuse(const struct message *m, enum why why, int error)
{
	struct text t = begin_answer();
	bool answered = why_entry(why)->status != 0 &&
	    sipmsg_is_answerable(m->buf, m->len);

	if (answered && why_entry(why)->status == 503)
		answer_message(m, 503, NULL);
	else if (answered) {
		reply_build(&t, m->msg, m->buf, m->peer, why, SOFTWARE);
		send_path(m->route, t.start, t.len);
	}
	report_refused(m, why, error, answered);
}

static bool
same_source(const unsigned char a[16], const unsigned char b[16])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool is_ipv4 = memcmp(a, mapped, sizeof mapped) == 0;

	return is_ipv4 == (memcmp(b, mapped, sizeof mapped) == 0) &&
	    memcmp(a, b, is_ipv4 ? 16 : SOURCE_IPV6) == 0;
}

static bool
has_its_share(const struct peer *peer)
{
	unsigned slot, same = 0, left = job_running();

	if (left < service.settings.per_source)
		return false;
	for (slot = 0; left > 0; slot++) {
		if (job_slot(slot)->pid == 0)
			continue;
		left--;
		if (same_source(peer->binary,
		    service.call[slot].peer.binary))
			same++;
	}
	return same >= service.settings.per_source;
}

/* The whole message, for its stdin: -1 with errno. */
static int
store_message(const struct message *m)
{
	int store;

	if (m->store >= 0)
		return m->store;
	store = store_open();
	if (store_append(store, 0, m->buf, m->msg->head_len +
	    (size_t)m->body) == 0)
		return store;
	if (store >= 0)
		(void)close(store);
	return -1;
}

static void
open_call(struct call *c, const struct message *m, int64_t now)
{
	struct papers *p = c->papers;

	*c = (struct call){ .papers = p, .began = now, .peer = *m->peer,
	    .deadline = now +
	    (int64_t)service.settings.script_timeout * 1000,
	    .owes = sipmsg_is_answerable(m->buf, m->msg->head_len) };
	answer_init(&p->said);
	memcpy(p->head, m->buf, m->msg->head_len);
	memcpy(&p->msg, m->msg, offsetof(struct sipmsg, field) +
	    m->msg->nfields * sizeof m->msg->field[0]);
}

static void
start_call(unsigned slot, const struct message *m,
    const struct transaction_message *t, int64_t now)
{
	struct call *c = &service.call[slot];
	int store, error = 0;

	open_call(c, m, now);
	c->id = transaction_begin(&service.transactions, t, slot, now);
	store = store_message(m);
	if (store < 0 || job_start(job_slot(slot), m->peer, store) != 0)
		error = errno;
	if (store >= 0 && store != m->store)
		(void)close(store);
	if (error == 0)
		return;
	if (c->owes)
		answer_call(c, 500, now);
	report_refused(m, WHY_SYSTEM, error, c->owes);
}

/* Full is full, also for a source that may have every slot: 503. */
static bool
run(const struct message *m, const struct transaction_message *t,
    int64_t now)
{
	int slot = job_find_free();

	if (slot < 0 && !service.settings.datagrams)
		return false;
	if (slot < 0)
		refuse(m, WHY_BUSY, 0);
	else if (service.settings.datagrams && has_its_share(m->peer))
		report_refused(m, WHY_PER_SOURCE, 0, false);
	else
		start_call((unsigned)slot, m, t, now);
	return true;
}

static void
resend(transaction_id id)
{
	size_t n;
	const void *octets = transaction_kept(&service.transactions, id, &n);

	if (octets != NULL)
		send_path(transaction_path(&service.transactions, id), octets,
		    n);
}

/*
 * What the script has said by now counts; if it is not a final answer, ours is.
 * False: there is no room to send what it said.
 */
static bool
cancel(const struct message *m, transaction_id id, int64_t now)
{
	unsigned slot = transaction_job(&service.transactions, id);
	struct call *c = &service.call[slot];
	struct job *j = job_slot(slot);

	while (c->owes && !c->unread && read_output(c, j, now))
		;
	if (c->unread)
		return false;
	answer_message(m, 200, c);
	if (!c->owes)
		return true;
	answer_call(c, 487, now);
	job_terminate(j, now);
	return true;
}

bool
service_take(const struct message *m, int64_t now)
{
	static unsigned char path[TABLE_PATH];
	struct transaction_message t = { .msg = m->msg, .buf = m->buf };

	if (m->why != WHY_NONE) {
		refuse(m, m->why, m->error);
		return true;
	}
	if (m->route != NULL) {
		memcpy(path, m->route, sizeof *m->route);
		memcpy(t.source, m->peer->binary, sizeof t.source);
		t.path = path;
		t.octets = (uint32_t)m->len;
	}
	switch (transaction_look(&service.transactions, &t, now)) {
	case TRANSACTION_RUN:
		return run(m, &t, now);
	case TRANSACTION_RESEND:
		resend(t.id);
		break;
	case TRANSACTION_CANCEL:
		return cancel(m, t.id, now);
	case TRANSACTION_CANCEL_LATE:
		answer_message(m, 200, NULL);
		break;
	case TRANSACTION_CANCEL_UNKNOWN:
		answer_message(m, 481, NULL);
		break;
	case TRANSACTION_ABSORB:
		break;
	}
	return true;
}

/* ---- Time */

static void
end_late_calls(int64_t now)
{
	unsigned slot, left = job_running();

	for (slot = 0; left > 0; slot++) {
		struct call *c = &service.call[slot];

		if (job_slot(slot)->pid == 0)
			continue;
		left--;
		if (c->deadline > now || !stream_has_room())
			continue;
		if (c->owes)
			fail_call(c, WHY_SCRIPT_TIMEOUT, NULL, now);
		job_terminate(job_slot(slot), now);
		c->deadline = INT64_MAX;
	}
}

void
service_tick(int64_t now)
{
	transaction_id id;
	enum transaction_due due;

	job_kill_late(now);
	end_late_calls(now);
	while (stream_has_room() &&
	    (due = transaction_due(&service.transactions, now, &id)) !=
	    TRANSACTION_IDLE) {
		if (due == TRANSACTION_DUE_RESEND)
			resend(id);
		else
			answer_call(&service.call[transaction_job(
			    &service.transactions, id)], 100, now);
	}
}

int64_t
service_deadline(void)
{
	int64_t next = transaction_deadline(&service.transactions);
	unsigned slot, left = job_running();

	for (slot = 0; left > 0; slot++) {
		const struct job *j = job_slot(slot);
		const struct call *c = &service.call[slot];

		if (j->pid == 0)
			continue;
		left--;
		if (c->deadline < next)
			next = c->deadline;
		if (j->kill_at != 0 && j->kill_at < next)
			next = j->kill_at;
	}
	return next;
}

unsigned
service_running(void)
{
	return job_running();
}

bool
service_is_idle(void)
{
	return job_running() == 0 &&
	    transaction_count(&service.transactions) == 0;
}

void
service_kill(void)
{
	unsigned slot, left = job_running();

	for (slot = 0; left > 0; slot++) {
		const struct job *j = job_slot(slot);

		if (j->pid == 0)
			continue;
		left--;
		job_kill(j);
	}
}
