#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "pages.h"
#include "request.h"
#include "sipcheck.h"

/* Linux 6.3; older headers lack it, older kernels answer EINVAL. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

#define READ_SIZE sizeof(((struct request *)0)->buf)

/* What a drain throws away at most: a peer may send without end. */
#define DRAIN_MOST (1 << 20)

struct input {
	bool is_socket;
	int64_t timeout;		/* milliseconds */
	int64_t deadline;		/* CLOCK_MONOTONIC, 0: no clock yet */
};

int64_t
request_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * The clock starts before the first wait.  Most requests are there at once
 * and need none: to read it is cheap, but costs the first touch of two pages.
 */
static int64_t
deadline_of(struct input *in)
{
	if (in->deadline == 0)
		in->deadline = request_now() + in->timeout;
	return in->deadline;
}

/* Wait for something to read.  0, or -1 with errno (ETIMEDOUT). */
static int
wait_for(int fd, int64_t deadline)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	int64_t left;
	int n;

	do {
		left = deadline - request_now();
		n = poll(&in, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0 ? 0 : -1;
}

/*
 * Read what is there, waiting for it until the deadline.  On a socket it
 * usually is there already, and one call does.  Octets read, 0 at EOF, or
 * -1 with errno.
 */
static ssize_t
read_some(struct input *in, unsigned char *to, size_t size)
{
	ssize_t n;

	for (;;) {
		if (!in->is_socket) {
			if (wait_for(STDIN_FILENO, deadline_of(in)) != 0)
				return -1;
			n = read(STDIN_FILENO, to, size);
		} else
			n = recv(STDIN_FILENO, to, size, MSG_DONTWAIT);
		if (n >= 0)
			return n;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return -1;
		if (wait_for(STDIN_FILENO, deadline_of(in)) != 0)
			return -1;
	}
}

/* read_some() returned n <= 0: why reading ends here. */
static enum why
why_ended(ssize_t n, enum why at_eof)
{
	if (n == 0)
		return at_eof;
	if (errno == ETIMEDOUT)
		return WHY_TIMEOUT;
	if (errno == ECONNRESET || errno == EPIPE || errno == ENOTCONN)
		return WHY_PEER_GONE;
	return WHY_SYSTEM;
}

/* Empty lines may precede a start line; the message begins after them. */
static void
drop_blank(struct request *r)
{
	size_t n = sipmsg_empty_lines(r->buf, r->len);

	if (n == 0)
		return;
	r->blank += n;
	r->len -= n;
	memmove(r->buf, r->buf + n, r->len);
}

static int
end_head(struct request *r, ssize_t n)
{
	enum why why = why_ended(n, WHY_HEAD_CUT);

	if (why == WHY_PEER_GONE || why == WHY_SYSTEM)
		return -(int)why;
	if (r->len == 0)
		return -WHY_EMPTY;
	return sipmsg_end(&r->msg, r->buf, r->len, why);
}

static int
read_head(struct request *r, struct input *in)
{
	int result = SIPMSG_MORE;

	while (result == SIPMSG_MORE) {
		ssize_t n = read_some(in, r->buf + r->len,
		    READ_SIZE - r->len);

		if (n <= 0)
			return end_head(r, n);
		r->len += (size_t)n;
		drop_blank(r);
		if (r->blank > REQUEST_MAX_BLANK)
			return -WHY_EMPTY_LINES;
		result = sipmsg_scan(&r->msg, r->buf, r->len);
	}
	return result;
}

static int
open_store(void)
{
	static const char name[] = "sip-request";
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC) :
	    fd;
}

/*
 * Move the headers, and what there is of the body, to the store.  Its file
 * offset stays 0, where the script begins to read.
 */
static int
move_to_store(struct request *r)
{
	if (r->store < 0) {
		r->store = open_store();
		if (r->store < 0)
			return -WHY_SYSTEM;
		r->stored = r->msg.headers_off;
	}
	while (r->stored < r->len) {
		ssize_t n = pwrite(r->store, r->buf + r->stored,
		    r->len - r->stored, r->store_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -WHY_SYSTEM;
		r->stored += (uint32_t)n;
		r->store_len += n;
	}
	/* The room behind the head is free again. */
	r->len = r->stored = r->msg.head_len;
	return 0;
}

/*
 * The body as far as `want` octets, or to EOF.  What fits stays in buf: most
 * bodies come with the head, and all is then one write.
 */
static int
read_body(struct request *r, struct input *in, uint64_t want,
    bool to_eof)
{
	int error;

	r->body_len = r->len - r->msg.head_len;
	if (r->body_len > want) {
		r->len -= (size_t)(r->body_len - want);
		r->body_len = want;
	}
	while (r->body_len < want) {
		size_t room;
		ssize_t n;

		if (r->len == READ_SIZE &&
		    (error = move_to_store(r)) != 0)
			return error;
		room = READ_SIZE - r->len;
		if (room > want - r->body_len)
			room = (size_t)(want - r->body_len);
		n = read_some(in, r->buf + r->len, room);
		if (n == 0 && to_eof)
			return 0;
		if (n <= 0)
			return -(int)why_ended(n, WHY_BODY_CUT);
		r->len += (size_t)n;
		r->body_len += (uint64_t)n;
		if (request_now() > deadline_of(in))
			return -WHY_TIMEOUT;
	}
	return 0;
}

/* How much of what follows the head is the body (RFC 3261 18.3, 20.14). */
static int
read_whole_body(struct request *r, struct input *in,
    uint64_t max_body)
{
	int error;

	if (r->msg.has_content_length)
		error = read_body(r, in, r->msg.content_length, false);
	else if (in->is_socket)
		error = read_body(r, in, 0, false);
	else {
		error = read_body(r, in, max_body + 1, true);
		if (error == 0 && r->body_len > max_body)
			error = -WHY_BODY_LARGE;
	}
	if (error != 0)
		sipmsg_fault(&r->msg, (enum why)-error,
		    r->msg.head_len + (uint32_t)r->body_len);
	return error;
}

int
request_read(struct request *r, bool is_socket,
    const struct request_limits *limits)
{
	struct input in = { .is_socket = is_socket,
	    .timeout = (int64_t)limits->timeout * 1000 };
	struct sipcheck_limits check = { limits->max_body, in.is_socket };
	int error;

	sipmsg_init(&r->msg);
	r->blank = r->len = 0;
	r->body_len = 0;
	r->store = -1;
	r->store_len = 0;
	error = read_head(r, &in);
	if (error == 0)
		error = sipcheck(&r->msg, r->buf, &check);
	if (error == 0)
		error = read_whole_body(r, &in, limits->max_body);
	return error;
}

void
request_drain(int fd, int milliseconds)
{
	static PAGES_LARGE unsigned char scrap[16384];
	int64_t deadline = milliseconds > 0 ? request_now() + milliseconds : 0;
	size_t total = 0;
	ssize_t n;

	while (total < DRAIN_MOST) {
		n = recv(fd, scrap, sizeof scrap, MSG_DONTWAIT);
		if (n == 0)
			return;
		if (n > 0)
			total += (size_t)n;
		else if (errno != EINTR &&
		    (milliseconds == 0 || errno != EAGAIN ||
		    wait_for(fd, deadline) != 0))
			return;
	}
}

int
request_become_stdin(struct request *r, bool is_socket)
{
	int error = move_to_store(r);

	if (error != 0)
		return error;
	if (is_socket)
		request_drain(STDIN_FILENO, 0);
	return dup2(r->store, STDIN_FILENO) < 0 ? -WHY_SYSTEM : 0;
}
