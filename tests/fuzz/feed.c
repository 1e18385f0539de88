/*
 * feed.c - a message in pieces, as a connection brings it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

void
check_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

uint32_t
check_hash(const unsigned char *data, size_t size)
{
	uint32_t hash = 2166136261u;

	while (size-- > 0)
		hash = (hash ^ *data++) * 16777619u;
	return hash ^ hash >> 15;
}

/* Room for any input, up to a page that may not be touched. */
static unsigned char *
guard(void)
{
	static unsigned char *end;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (CHECK_MOST + page - 1) / page * page;
	unsigned char *start;

	if (end != NULL)
		return end;
	start = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(start != MAP_FAILED);
	CHECK(mprotect(start + room, page, PROT_NONE) == 0);
	end = start + room;
	return end;
}

const unsigned char *
check_guarded(const unsigned char *octets, size_t n)
{
	unsigned char *copy = guard() - n;

	memcpy(copy, octets, n);
	return copy;
}

/* What is there so far: read_head() and drop_blank() of request.c. */
static int
scan(struct feed *f, size_t arrived)
{
	f->blank = sipmsg_empty_lines(check_guarded(f->data, arrived),
	    arrived);
	f->buf = f->data + f->blank;
	f->len = arrived - f->blank;
	return sipmsg_scan(&f->msg, check_guarded(f->buf, f->len), f->len);
}

void
feed_read(struct feed *f, const unsigned char *data, size_t size,
    const size_t *cuts, size_t ncuts, bool on_stream)
{
	struct sipcheck_limits limits = { CHECK_MAX_BODY, on_stream };
	size_t i;

	CHECK(size <= CHECK_MOST);
	f->data = data;
	f->size = size;
	f->result = SIPMSG_MORE;
	sipmsg_init(&f->msg);
	for (i = 0; i <= ncuts && f->result == SIPMSG_MORE; i++)
		f->result = scan(f, i < ncuts ? cuts[i] : size);
	if (f->result == SIPMSG_MORE && f->len == 0)
		f->result = -WHY_EMPTY;
	else if (f->result == SIPMSG_MORE)
		f->result = sipmsg_end(&f->msg, check_guarded(f->buf, f->len),
		    f->len, WHY_HEAD_CUT);
	else if (f->result == 0)
		f->result = sipcheck(&f->msg,
		    check_guarded(f->buf, f->len), &limits);
	/* Later reads do not change what there is to be read of it. */
	f->len = size - f->blank;
}

void
feed_whole(struct feed *f, const unsigned char *data, size_t size,
    bool on_stream)
{
	feed_read(f, data, size, NULL, 0, on_stream);
}

static bool
same_slice(struct slice a, struct slice b)
{
	return a.off == b.off && a.len == b.len;
}

static void
check_same_uri(const struct sipuri *a, const struct sipuri *b)
{
	CHECK(a->is_sip == b->is_sip);
	CHECK(a->has_user == b->has_user);
	CHECK(same_slice(a->user, b->user));
	CHECK(same_slice(a->password, b->password));
	CHECK(same_slice(a->host, b->host));
}

static void
check_same_field(const struct sipmsg_field *a, const struct sipmsg_field *b)
{
	CHECK(same_slice(a->name, b->name));
	CHECK(same_slice(a->value, b->value));
	CHECK(a->id == b->id);
	CHECK(a->id != SIPMSG_OTHER || a->hash == b->hash);
	CHECK(a->next == b->next);
	CHECK(a->first == b->first);
	CHECK(a->folded == b->folded);
	CHECK(a->plain_name == b->plain_name);
}

void
feed_check_same(const struct feed *a, const struct feed *b)
{
	const struct sipmsg *m = &a->msg, *n = &b->msg;
	unsigned i;

	CHECK(a->result == b->result);
	CHECK(a->blank == b->blank);
	CHECK(m->fault == n->fault);
	CHECK(m->fault_at == n->fault_at);
	CHECK(m->has_start_line == n->has_start_line);
	CHECK(same_slice(m->method, n->method));
	CHECK(same_slice(m->request_uri, n->request_uri));
	CHECK(m->uri_ok == n->uri_ok);
	check_same_uri(&m->uri, &n->uri);
	CHECK(m->headers_off == n->headers_off);
	CHECK(m->head_len == n->head_len);
	CHECK(m->cseq == n->cseq);
	CHECK(m->has_content_length == n->has_content_length);
	CHECK(m->content_length == n->content_length);
	CHECK(m->nfields == n->nfields);
	for (i = 0; i < m->nfields; i++)
		check_same_field(&m->field[i], &n->field[i]);
	CHECK(memcmp(m->first, n->first, sizeof m->first) == 0);
}

/* Up to here each octet is once read alone. */
#define SHORT 512

static void
check_octet_by_octet(const struct feed *whole, bool on_stream)
{
	size_t cuts[SHORT], i;
	struct feed other;

	for (i = 0; i < whole->size; i++)
		cuts[i] = i;
	feed_read(&other, whole->data, whole->size, cuts, whole->size,
	    on_stream);
	feed_check_same(whole, &other);
}

/* Cuts that follow from the octets: a failure can be repeated. */
static void
check_some_cuts(const struct feed *whole, bool on_stream)
{
	uint32_t random = check_hash(whole->data, whole->size);
	struct feed other;
	size_t cuts[8], n, at;
	int round;

	for (round = 0; round < 4; round++) {
		for (n = at = 0; n < 8; n++) {
			random = random * 1664525 + 1013904223;
			at += (random >> 8) % (whole->size / 4 + 1);
			if (at >= whole->size)
				break;
			cuts[n] = at;
		}
		feed_read(&other, whole->data, whole->size, cuts, n,
		    on_stream);
		feed_check_same(whole, &other);
	}
}

void
check_splits(const struct feed *whole, bool on_stream)
{
	if (whole->size <= SHORT)
		check_octet_by_octet(whole, on_stream);
	check_some_cuts(whole, on_stream);
}

void
check_every_cut(const struct feed *whole, bool on_stream)
{
	struct feed other;
	size_t cut;

	for (cut = 0; cut < whole->size; cut++) {
		feed_read(&other, whole->data, whole->size, &cut, 1,
		    on_stream);
		feed_check_same(whole, &other);
	}
}
