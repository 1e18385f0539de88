/*
 * transaction - what the table of transactions says to messages and time.
 *
 * usage: transaction play FILE      steps, a line each, see below
 *        transaction random N       N programs for check_transaction()
 *        transaction check FILE...  each such a program
 *        transaction million        a million transactions, memory and cost
 *        transaction full           a table in which all run
 *        transaction large          answers that fill the ring
 *        transaction crowd          one caller's crowd of one dialog
 *        transaction siphash N      of the N octets 0, 1, 2 ...
 *
 * Steps, and what each prints:
 *	stream			at the beginning: no datagrams
 *	METHOD [NAME=VALUE...]	what the message is; when it is to be run, it
 *				runs as the job with the next number.  Names:
 *				via branch from to call cseq uri source octets;
 *				to=ours is the tag that is computed, to=oursX
 *				that one and X
 *	answer JOB STATUS LEN	sent or dropped
 *	now MILLISECONDS	all that is due, and when more will be
 *	known JOB		repeats, and the path's number
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../fuzz/check.h"
#include "each/transaction.h"
#include "field.h"
#include "programs.h"

/* What a million octets, one for each transaction, would be far over. */
#define FEW_PAGES 16

/* Jobs of one play. */
#define MOST_JOBS 100

static struct transactions table;
static const unsigned char key[SIPHASH_KEY] = { 0, 1, 2, 3, 4, 5, 6, 7, 8,
    9, 10, 11, 12, 13, 14, 15 };

/* ---- A message */

static struct sipmsg msg;
static unsigned char text[1024];

struct values {
	const char *method, *via, *branch, *from, *to, *call, *cseq, *uri;
	unsigned source, octets;
};

static const struct values ordinary = { "INVITE", "a", "1", "f", "t", "c",
    "1", "sip:b", 1, 500 };

static size_t
write_message(const struct values *v, const char *tag)
{
	int n = snprintf((char *)text, sizeof text, "%s %s SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP %s%s%s\r\nFrom: <sip:a>%s%s\r\n"
	    "To: <sip:b>;tag=%s\r\nCall-ID: %s\r\nCSeq: %s %s\r\n\r\n",
	    v->method, v->uri, v->via, *v->branch ? ";branch=" : "",
	    v->branch, *v->from ? ";tag=" : "", v->from, tag, v->call,
	    v->cseq, v->method);

	CHECK(n > 0 && (size_t)n < sizeof text);
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

static struct transaction_message
make_message(const struct values *v)
{
	char tag[FIELD_TAG_LEN + 10];
	struct text t = { tag, sizeof tag - 1, 0, false };
	struct transaction_message m = { .msg = &msg, .buf = text,
	    .octets = v->octets, .source = { [14] =
	    (unsigned char)(v->source >> 8), [15] =
	    (unsigned char)v->source } };

	parse_message(write_message(v, v->to));
	if (strncmp(v->to, "ours", 4) != 0)
		return m;
	field_put_tag(&t, &msg, text);
	text_puts(&t, v->to + 4);
	tag[t.len] = '\0';
	parse_message(write_message(v, tag));
	return m;
}

/* ---- Steps */

static transaction_id jobs[MOST_JOBS + 1];
static uint32_t njobs;
static int64_t now = 1000000;		/* a clock does not begin at 0 */
static int64_t start = 1000000;

static uint32_t
job_of(transaction_id id)
{
	return transaction_job(&table, id);
}

static void
set_value(struct values *v, char *name)
{
	char *value = strchr(name, '=');
	const struct {
		const char *name;
		const char **value;
	} texts[] = {
		{ "via", &v->via }, { "branch", &v->branch },
		{ "from", &v->from }, { "to", &v->to }, { "call", &v->call },
		{ "cseq", &v->cseq }, { "uri", &v->uri },
	};
	size_t i;

	CHECK(value != NULL);
	*value++ = '\0';
	if (strcmp(name, "source") == 0)
		v->source = (unsigned)atoi(value);
	else if (strcmp(name, "octets") == 0)
		v->octets = (unsigned)atoi(value);
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(name, texts[i].name) == 0)
			*texts[i].value = value;
}

static void
print_kept(transaction_id id)
{
	size_t len = 0;
	const unsigned char *kept = transaction_kept(&table, id, &len);

	CHECK(kept != NULL);
	printf(" %u: %c %zu\n", job_of(id), kept[0], len);
}

static void
print_verdict(enum transaction_verdict verdict,
    struct transaction_message *m)
{
	switch (verdict) {
	case TRANSACTION_RUN:
		CHECK(njobs < MOST_JOBS);
		jobs[njobs + 1] = transaction_begin(&table, m, njobs + 1,
		    now);
		CHECK(jobs[++njobs] != 0);
		printf("run %u\n", njobs);
		break;
	case TRANSACTION_ABSORB:
		puts("absorb");
		break;
	case TRANSACTION_RESEND:
		printf("resend");
		print_kept(m->id);
		break;
	case TRANSACTION_CANCEL:
		printf("cancel %u\n", job_of(m->id));
		break;
	case TRANSACTION_CANCEL_LATE:
		printf("late %u\n", job_of(m->id));
		break;
	case TRANSACTION_CANCEL_UNKNOWN:
		puts("unknown");
		break;
	}
}

static void
take_message(char *method, char *more)
{
	static uint32_t messages;
	struct values v = ordinary;
	unsigned char path[TABLE_PATH] = { 0 };
	struct transaction_message m;
	char *word;

	v.method = method;
	while ((word = strtok_r(NULL, " ", &more)) != NULL)
		set_value(&v, word);
	messages++;
	memcpy(path, &messages, sizeof messages);
	m = make_message(&v);
	m.path = path;
	print_verdict(transaction_look(&table, &m, now), &m);
}

static void
take_answer(char *more)
{
	static unsigned char octets[100000];
	unsigned job = 0, status = 0;
	size_t len = 0;

	CHECK(sscanf(more, "%u %u %zu", &job, &status, &len) == 3);
	CHECK(job > 0 && job <= njobs && len <= sizeof octets);
	/* The first digit tells answers apart. */
	memset(octets, (int)('0' + status / 100), len);
	puts(transaction_answer(&table, jobs[job], status, octets, len,
	    now) ? "sent" : "dropped");
}

static void
take_time(char *more)
{
	enum transaction_due due;
	transaction_id id;
	int64_t next;

	now = start + atoll(more);
	while ((due = transaction_due(&table, now, &id)) != TRANSACTION_IDLE)
		if (due == TRANSACTION_DUE_TRYING)
			printf("trying %u\n", job_of(id));
		else {
			printf("again");
			print_kept(id);
		}
	next = transaction_deadline(&table);
	if (next == TABLE_NEVER)
		printf("never, %u known\n", transaction_count(&table));
	else
		printf("next %lld, %u known\n", (long long)(next - start),
		    transaction_count(&table));
}

static void
print_known(char *more)
{
	transaction_id id = jobs[atoi(more)];
	const void *path = transaction_path(&table, id);
	uint32_t number = 0;

	if (path == NULL) {
		puts("forgotten");
		return;
	}
	memcpy(&number, path, sizeof number);
	printf("repeats %u path %u%s\n", transaction_repeats(&table, id),
	    number, transaction_is_final(&table, id) ? " final" : "");
}

static void
play(const char *name)
{
	FILE *file = fopen(name, "r");
	char line[1024], *more, *word;
	bool begun = false;

	if (file == NULL) {
		perror(name);
		exit(66);
	}
	while (fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		word = strtok_r(line, " ", &more);
		if (word == NULL)
			continue;
		if (!begun)
			transaction_init(&table,
			    strcmp(word, "stream") != 0, key);
		begun = true;
		if (strcmp(word, "answer") == 0)
			take_answer(more);
		else if (strcmp(word, "now") == 0)
			take_time(more);
		else if (strcmp(word, "known") == 0)
			print_known(more);
		else if (strcmp(word, "stream") != 0)
			take_message(word, more);
	}
	(void)fclose(file);
}

/* ---- Many */

static double
cpu_seconds(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Pages in memory. */
static long
resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = 0;

	CHECK(file != NULL && fscanf(file, "%*d %ld", &pages) == 1);
	(void)fclose(file);
	return pages;
}

/*
 * A message that is parsed once: only the digits of its branch and Call-ID
 * change, so that what is measured is the table.
 */
struct numbered {
	struct sipmsg msg;
	unsigned char text[sizeof text];
	unsigned char *branch, *call;	/* DIGITS each */
};

#define DIGITS 7

static void
make_numbered(struct numbered *n, const char *method)
{
	struct values v = ordinary;

	v.method = method;
	v.branch = v.call = "0000000";
	(void)make_message(&v);
	n->msg = msg;
	memcpy(n->text, text, sizeof text);
	n->branch = (unsigned char *)strstr((char *)n->text, v.branch);
	n->call = (unsigned char *)strstr((char *)n->branch + DIGITS, v.call);
	CHECK(n->call != NULL);
}

static struct transaction_message
set_number(struct numbered *n, unsigned number)
{
	unsigned i;

	for (i = DIGITS; i-- > 0; number /= 10)
		n->branch[i] = n->call[i] =
		    (unsigned char)('0' + number % 10);
	return (struct transaction_message){ .msg = &n->msg, .buf = n->text,
	    .octets = 500 };
}

/* One INVITE or MESSAGE with its repeat, answer and, if it is one, ACK. */
static void
serve(unsigned number)
{
	static const unsigned char octets[600];
	static struct numbered messages[2], ack;
	bool invite = number % 2 == 0;
	struct transaction_message m;
	transaction_id id;

	if (ack.call == NULL) {
		make_numbered(&messages[0], "MESSAGE");
		make_numbered(&messages[1], "INVITE");
		make_numbered(&ack, "ACK");
	}
	m = set_number(&messages[invite], number);
	CHECK(transaction_look(&table, &m, now) == TRANSACTION_RUN);
	id = transaction_begin(&table, &m, 1, now);
	CHECK(id != 0);
	CHECK(transaction_look(&table, &m, now) == TRANSACTION_ABSORB);
	CHECK(transaction_answer(&table, id, invite ? 486 : 200, octets,
	    100 + number % 500, now));
	CHECK(transaction_look(&table, &m, now) == TRANSACTION_RESEND);
	if (number % 4 == 0) {
		m = set_number(&ack, number);
		CHECK(transaction_look(&table, &m, now) ==
		    TRANSACTION_ABSORB);
	}
}

/* CPU seconds for n transactions, so many in a millisecond. */
static double
serve_many(unsigned first, unsigned n, unsigned per_millisecond)
{
	double before = cpu_seconds();
	transaction_id id;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (i % per_millisecond == 0)
			now++;
		serve(first + i);
		while (transaction_due(&table, now, &id) != TRANSACTION_IDLE)
			;
	}
	return cpu_seconds() - before;
}

/*
 * A million transactions, ten in a millisecond, so that the table is full from
 * the second batch on. What the last hundred thousand cost is compared with
 * what the first, in a table that is cleared often, did.
 */
static void
check_million(void)
{
	const unsigned batch = 100000;
	double few = 0, last = 0;
	long pages;
	unsigned i;

	transaction_init(&table, true, key);
	for (i = 0; i < batch; i += 100) {
		now += 2 * TABLE_LIFE;
		few += serve_many(i, 100, 10);
	}
	CHECK(transaction_count(&table) < 200);
	(void)serve_many(batch, batch, 10);
	/* The first call brings pages of the C library in. */
	(void)resident();
	pages = resident();
	for (i = 2; i < 10; i++)
		last = serve_many(i * batch, batch, 10);
	CHECK(transaction_count(&table) == TABLE_MAX);
	printf("%s\n", resident() <= pages + FEW_PAGES ? "memory is constant" :
	    "memory grows");
	if (last < 4 * few)
		puts("so is the cost");
	else
		printf("few %f s, last %f s\n", few, last);
	now += 2 * TABLE_LIFE;
	(void)serve_many(0, 1, 1);
	printf("%u known at the end\n", transaction_count(&table));
}

/* One that begins with this branch, or 0. */
static transaction_id
begin(unsigned number)
{
	struct values v = ordinary;
	struct transaction_message m;
	char branch[16];

	(void)snprintf(branch, sizeof branch, "%u", number);
	v.branch = branch;
	v.method = "MESSAGE";
	m = make_message(&v);
	CHECK(transaction_look(&table, &m, now) == TRANSACTION_RUN);
	return transaction_begin(&table, &m, number, now);
}

/* None of those that run goes for a new one; the first that does not goes. */
static void
check_table_full(void)
{
	transaction_id id, first = 0;
	unsigned i;

	transaction_init(&table, true, key);
	for (i = 0; i < TABLE_MAX; i++) {
		id = begin(i);
		CHECK(id != 0);
		first = first != 0 ? first : id;
	}
	CHECK(begin(i) == 0);
	CHECK(!transaction_answer(&table, 0, 200, "a", 1, now));
	/* Nothing to keep: it is known all the same. */
	CHECK(transaction_answer(&table, first, 200, "", 0, now));
	CHECK(transaction_is_final(&table, first));
	CHECK(transaction_count(&table) == TABLE_MAX);
	id = begin(i);
	CHECK(id != 0 && transaction_job(&table, id) == i);
	CHECK(transaction_path(&table, first) == NULL);
	CHECK(begin(i + 1) == 0);
	puts("none too many");
}

/*
 * Answers that fill the ring: the oldest is forgotten with its transaction.
 * An INVITE that runs loses its provisional answer alone.
 */
static void
check_ring_full(void)
{
	static unsigned char octets[60000];
	const unsigned n = TABLE_KEEP / sizeof octets + 1;
	struct transaction_message invite;
	transaction_id ringing, id, first = 0;
	size_t len;
	unsigned i;

	transaction_init(&table, true, key);
	invite = make_message(&ordinary);
	ringing = transaction_begin(&table, (transaction_look(&table, &invite,
	    now), &invite), 0, now);
	CHECK(transaction_answer(&table, ringing, 180, "a", 1, now));
	for (i = 0; i < n; i++) {
		id = begin(i);
		first = first != 0 ? first : id;
		CHECK(transaction_answer(&table, id, 200, octets,
		    sizeof octets, now));
	}
	CHECK(transaction_path(&table, first) == NULL);
	CHECK(transaction_kept(&table, id, &len) != NULL);
	CHECK(transaction_count(&table) == n);
	invite = make_message(&ordinary);
	CHECK(transaction_look(&table, &invite, now) == TRANSACTION_ABSORB);
	CHECK(transaction_answer(&table, ringing, 200, "b", 1, now));
	invite = make_message(&ordinary);
	CHECK(transaction_look(&table, &invite, now) == TRANSACTION_RESEND);
	puts("the oldest went");
}

/*
 * Ten thousand INVITEs of one dialog, each in a branch of its own, and ACKs
 * for it: what an ACK costs does not grow with them.
 */
static double
crowd(unsigned n)
{
	struct values v = ordinary;
	struct transaction_message m;
	transaction_id id;
	char branch[16];
	double before;
	unsigned i;

	memset(&table, 0, sizeof table);
	transaction_init(&table, true, key);
	v.branch = branch;
	for (i = 0; i < n; i++) {
		(void)snprintf(branch, sizeof branch, "%u", i);
		m = make_message(&v);
		id = transaction_begin(&table, (transaction_look(&table, &m,
		    now), &m), 1, now);
		(void)transaction_answer(&table, id, 200, "a", 1, now);
	}
	v.method = "ACK";
	v.branch = "ack";
	m = make_message(&v);
	before = cpu_seconds();
	for (i = 0; i < 20000; i++)
		CHECK(transaction_look(&table, &m, now) == TRANSACTION_RUN);
	return cpu_seconds() - before;
}

static void
check_crowd(void)
{
	double few = crowd(10), many = crowd(10000);

	if (many < 4 * few)
		puts("a crowd costs no more");
	else
		printf("few %f s, many %f s\n", few, many);
}

static void
print_siphash(size_t n)
{
	unsigned char octets[64];
	struct siphash whole, parts;
	uint64_t hash;
	size_t i, part;

	CHECK(n <= sizeof octets);
	for (i = 0; i < n; i++)
		octets[i] = (unsigned char)i;
	siphash_init(&whole, key);
	siphash_put(&whole, octets, n);
	hash = siphash_end(&whole);
	siphash_init(&parts, key);
	for (i = 0; i < n; i += part) {
		part = 1 + i % 13;
		if (part > n - i)
			part = n - i;
		siphash_put(&parts, octets + i, part);
	}
	CHECK(siphash_end(&parts) == hash);
	printf("%016llx\n", (unsigned long long)hash);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "play") == 0 && argc > 2)
		play(argv[2]);
	else if (strcmp(what, "million") == 0)
		check_million();
	else if (strcmp(what, "full") == 0)
		check_table_full();
	else if (strcmp(what, "large") == 0)
		check_ring_full();
	else if (strcmp(what, "crowd") == 0)
		check_crowd();
	else if (strcmp(what, "siphash") == 0 && argc > 2)
		print_siphash((size_t)atoi(argv[2]));
	else
		return programs_main(argc, argv) ? 0 : 64;
	return 0;
}
