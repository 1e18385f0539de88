#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "each/answer.h"
#include "each/frame.h"
#include "each/proxy.h"
#include "each/store.h"
#include "each/stream.h"
#include "request.h"
#include "text.h"

/* Room behind the largest head for what comes with it. */
#define INPUT_SIZE (SIPMSG_MAX_HEAD + 65536)
/* A script's answer and one of ours, while others wait. */
#define ROOM (2 * ANSWER_SIZE)
#define QUEUE_SIZE (ROOM + ANSWER_SIZE)
/* How long a peer may take to accept what is queued, milliseconds. */
#define OUTPUT_MILLISECONDS 10000
/* How long a PROXY header may take, milliseconds. */
#define PROXY_MILLISECONDS 5000
/* How long a peer is waited for when all is said. */
#define LINGER_MILLISECONDS 1000

enum phase {
	PROXY,				/* its header is to come */
	HEAD,				/* empty lines, or a head */
	BODY,				/* of a request to run */
	READY,				/* a message is there */
	SURPLUS,			/* the body of a refused one */
	SHUT				/* nothing more is read */
};

static struct {
	enum phase phase;
	bool eof;
	bool lost;			/* the peer takes nothing any more */
	bool heard;			/* a request has been read */
	bool said;			/* an octet has been sent */
	bool local;			/* a proxy's own connection */
	bool socket_in, socket_out;
	int store;			/* of a body that is not in `in` */
	size_t store_len;
	int64_t deadline;		/* of what is being read; 0: none */
	int64_t idle_since;
	struct stream_settings settings;
	struct peer *peer;
	struct message message;		/* at READY */
	struct frame frame;

	size_t sent, queued;		/* octets of `out` */
	int64_t out_deadline;		/* for `mark` to be sent */
	size_t mark;
	size_t start, len;		/* what is read and not yet used */
	unsigned char in[INPUT_SIZE];
	unsigned char out[QUEUE_SIZE];
} s;

/* Answers are written whole: none is held back for the next one. */
static void
send_at_once(void)
{
	static const int on = 1;

	(void)setsockopt(STDOUT_FILENO, IPPROTO_TCP, TCP_NODELAY, &on,
	    sizeof on);
}

static bool
is_socket(int fd)
{
	socklen_t n = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0;
}

void
stream_open(struct peer *peer, const struct stream_settings *settings,
    int64_t now)
{
	s.settings = *settings;
	s.peer = peer;
	s.socket_in = is_socket(STDIN_FILENO);
	s.socket_out = is_socket(STDOUT_FILENO);
	send_at_once();
	s.store = -1;
	s.phase = settings->proxy_protocol ? PROXY : HEAD;
	s.deadline = now + (settings->proxy_protocol ? PROXY_MILLISECONDS :
	    (int64_t)settings->request_timeout * 1000);
	frame_init(&s.frame);
}

/* ---- Output */

static void
lose_peer(void)
{
	s.lost = true;
	s.phase = SHUT;
	s.sent = s.queued = 0;
}

/*
 * Octets taken, without waiting.  A pipe takes PIPE_BUF octets at once when
 * poll() says that it has room.
 */
static size_t
write_some(const unsigned char *octets, size_t n)
{
	struct pollfd room = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t some;

	if (s.socket_out)
		some = send(STDOUT_FILENO, octets, n,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (poll(&room, 1, 0) != 1)
		return 0;
	else
		some = write(STDOUT_FILENO, octets,
		    n < PIPE_BUF ? n : PIPE_BUF);
	if (some < 0 && errno != EAGAIN && errno != EINTR)
		lose_peer();
	if (some <= 0)
		return 0;
	s.said = true;
	return (size_t)some;
}

/* All that is queued now is to be taken by then: dribbling does not help. */
static void
set_mark(int64_t now)
{
	s.mark = s.queued;
	s.out_deadline = now + OUTPUT_MILLISECONDS;
}

static void
flush(int64_t now)
{
	s.sent += write_some(s.out + s.sent, s.queued - s.sent);
	if (s.sent == s.queued)
		s.sent = s.queued = 0;
	else if (s.sent >= s.mark)
		set_mark(now);
}

void
stream_send(const void *octets, size_t n)
{
	size_t done = 0;

	if (s.lost)
		return;
	if (s.queued == 0)
		done = write_some(octets, n);
	if (done == n || s.lost)
		return;
	if (QUEUE_SIZE - s.queued < n - done) {
		memmove(s.out, s.out + s.sent, s.queued - s.sent);
		s.queued -= s.sent;
		s.mark -= s.sent < s.mark ? s.sent : s.mark;
		s.sent = 0;
	}
	if (QUEUE_SIZE - s.queued < n - done) {
		lose_peer();		/* nobody asked whether there is room */
		return;
	}
	memcpy(s.out + s.queued, (const char *)octets + done, n - done);
	s.queued += n - done;
	if (s.queued == n - done)
		set_mark(request_now());
}

bool
stream_has_room(void)
{
	return s.lost || QUEUE_SIZE - (s.queued - s.sent) >= ROOM;
}

/* ---- Input */

static unsigned char *
input(void)
{
	return s.in + s.start;
}

static void
drop_input(size_t n)
{
	s.start += n;
	s.len -= n;
	if (s.len == 0)
		s.start = 0;
}

/* Octets behind the head that are in the store now. */
static void
drop_behind_head(size_t n)
{
	size_t head = s.frame.msg.head_len;

	s.len -= n;
	memmove(input() + head, input() + head + n, s.len - head);
}

static bool
wants_input(void)
{
	return s.phase != SHUT && s.phase != READY && !s.eof &&
	    s.len < INPUT_SIZE && stream_has_room();
}

static void
read_some(void)
{
	ssize_t n;

	if (s.start > 0 && s.start + s.len == INPUT_SIZE) {
		memmove(s.in, input(), s.len);
		s.start = 0;
	}
	n = s.socket_in ?
	    recv(STDIN_FILENO, input() + s.len, INPUT_SIZE - s.start - s.len,
	    MSG_DONTWAIT) :
	    read(STDIN_FILENO, input() + s.len, INPUT_SIZE - s.start - s.len);
	if (n > 0)
		s.len += (size_t)n;
	else if (n == 0)
		s.eof = true;
	else if (errno != EAGAIN && errno != EINTR)
		lose_peer();
}

static int64_t
request_deadline(int64_t now)
{
	return now + (int64_t)s.settings.request_timeout * 1000;
}

/* A message is there, to be run or to be refused. */
static void
make_ready(enum why why)
{
	s.message = (struct message){
		.msg = &s.frame.msg, .buf = input(), .body = s.frame.body,
		.store = s.store, .why = why, .error = errno, .len = s.len,
		.peer = s.peer
	};
	s.phase = READY;
}

/* Nothing can be read after it. */
static void
make_last(enum why why)
{
	s.frame.goes_on = false;
	make_ready(why);
}

static void
read_proxy_header(int64_t now)
{
	struct proxy proxy;
	int result = proxy_parse(&proxy, input(), s.len);

	if (result == PROXY_MORE && !s.eof && now < s.deadline)
		return;
	if (result != 0) {
		make_last(WHY_PROXY_HEADER);
		return;
	}
	drop_input(proxy.len);
	s.local = proxy.local;
	if (proxy.has_addresses)
		peer_set(s.peer, proxy.remote, proxy.remote_port, proxy.here,
		    proxy.here_port);
	s.phase = HEAD;
	s.deadline = request_deadline(now);
}

/* CRLFs between messages are answered where nobody waits for more. */
static void
read_empty_lines(int64_t now)
{
	static const char crlf[] = "\r\n";
	unsigned pongs;
	size_t n = frame_keepalives(&s.frame, input(), s.len, &pongs);

	if (n == 0)
		return;
	drop_input(n);
	s.idle_since = now;
	/* A CR that came alone looked like the beginning of a request. */
	if (s.heard)
		s.deadline = 0;
	for (; pongs > 0 && s.queued == 0 && !s.lost; pongs--)
		stream_send(crlf, 2);
	if (s.frame.empty > FRAME_MAX_EMPTY && !s.lost)
		make_last(WHY_EMPTY_LINES);
}

/* There is no head yet, or half of one. */
static void
end_head(int64_t now)
{
	if (s.len > 0 && s.deadline == 0)
		s.deadline = request_deadline(now);
	if (!s.eof && (s.deadline == 0 || now < s.deadline))
		return;
	if (s.len == 0 && s.eof && s.local && !s.heard)
		make_last(WHY_PEER_GONE);	/* a proxy's health check */
	else if (frame_end(&s.frame, input(), s.len,
	    s.eof ? WHY_HEAD_CUT : WHY_TIMEOUT) == FRAME_REFUSED)
		make_last(s.frame.why);
	else
		s.phase = SHUT;
}

static void
read_head(int64_t now)
{
	struct sipcheck_limits limits = { s.settings.max_body, true };

	if (s.frame.msg.line == 0)
		read_empty_lines(now);
	if (s.phase != HEAD)
		return;
	switch (s.len == 0 ? FRAME_MORE :
	    frame_head(&s.frame, input(), s.len, &limits)) {
	case FRAME_MORE:
		end_head(now);
		break;
	case FRAME_REQUEST:
		s.heard = true;
		s.phase = BODY;
		if (s.deadline == 0)
			s.deadline = request_deadline(now);
		break;
	case FRAME_REFUSED:
		s.heard = true;
		make_ready(s.frame.why);
		break;
	}
}

/* Move the head, once, and n octets of the body, to the store. */
static enum why
store_body(size_t n)
{
	size_t head = s.frame.msg.head_len;
	int result;

	if (s.store < 0) {
		s.store = store_open();
		result = store_append(s.store, 0, input(), head + n);
		s.store_len = head + n;
	} else {
		result = store_append(s.store, s.store_len, input() + head, n);
		s.store_len += n;
	}
	drop_behind_head(n);
	return result == 0 ? WHY_NONE : WHY_SYSTEM;
}

/* A body that fits stays in the buffer: most come with their head. */
static void
read_body(int64_t now)
{
	size_t head = s.frame.msg.head_len;
	bool fits = s.store < 0 && s.frame.body <= INPUT_SIZE - head;
	enum why why = WHY_NONE;

	if (fits && s.len - head >= s.frame.body) {
		(void)frame_body(&s.frame, s.len - head);
		make_ready(WHY_NONE);
		return;
	}
	if (!fits && s.len > head)
		why = store_body(frame_body(&s.frame, s.len - head));
	if (why != WHY_NONE) {
		s.frame.goes_on = true;
		make_ready(why);
	} else if (s.frame.body_left == 0)
		make_ready(WHY_NONE);
	else if (s.eof || now >= s.deadline)
		make_last(s.eof ? WHY_BODY_CUT : WHY_TIMEOUT);
	else if (fits && s.start + head + s.frame.body > INPUT_SIZE) {
		memmove(s.in, input(), s.len);
		s.start = 0;
	}
}

static void
end_message(void)
{
	if (s.store >= 0)
		(void)close(s.store);
	s.store = -1;
	s.deadline = 0;
	frame_next(&s.frame);
	s.phase = HEAD;
}

static void
read_surplus(int64_t now)
{
	drop_input(frame_body(&s.frame, s.len));
	if (s.frame.body_left == 0)
		end_message();
	else if (s.eof || now >= s.deadline)
		s.phase = SHUT;
}

bool
stream_next(struct message *m, int64_t now)
{
	enum phase before;

	do {
		before = s.phase;
		switch (s.phase) {
		case PROXY:
			read_proxy_header(now);
			break;
		case HEAD:
			read_head(now);
			break;
		case BODY:
			read_body(now);
			break;
		case SURPLUS:
			read_surplus(now);
			break;
		case READY:
		case SHUT:
			break;
		}
	} while (s.phase != before);
	*m = s.message;
	return s.phase == READY;
}

/* What was stored of a body is not in the buffer any more. */
void
stream_taken(int64_t now)
{
	size_t head = s.frame.msg.head_len;

	if (s.phase != READY)
		return;
	s.idle_since = now;
	if (s.message.why == WHY_NONE) {
		drop_input(head + (s.store < 0 ? (size_t)s.frame.body : 0));
		end_message();
	} else if (s.frame.goes_on) {
		drop_input(head);
		s.phase = SURPLUS;
		if (s.deadline == 0)
			s.deadline = request_deadline(now);
	} else
		s.phase = SHUT;
}

/* ---- Both */

void
stream_poll(struct pollfd pair[2])
{
	pair[0] = (struct pollfd){ .fd = wants_input() ? STDIN_FILENO : -1,
	    .events = POLLIN };
	pair[1] = (struct pollfd){ .fd = s.queued > 0 ? STDOUT_FILENO : -1,
	    .events = POLLOUT };
}

static bool
is_idle(void)
{
	return s.phase == HEAD && s.heard && s.deadline == 0 &&
	    s.settings.idle_timeout != 0 && s.len == 0 && s.queued == 0;
}

static int64_t
idle_deadline(void)
{
	return s.idle_since + (int64_t)s.settings.idle_timeout * 1000;
}

int64_t
stream_deadline(bool busy)
{
	int64_t next = INT64_MAX;

	/* Without room for an answer nothing is read: nothing is late. */
	if (s.phase != SHUT && s.phase != READY && s.deadline != 0 &&
	    stream_has_room())
		next = s.deadline;
	if (is_idle() && !busy)
		next = idle_deadline();
	if (s.queued > 0 && s.out_deadline < next)
		next = s.out_deadline;
	return next;
}

void
stream_ready(const struct pollfd pair[2], bool busy, int64_t now)
{
	if (busy)
		s.idle_since = now;
	if (pair[1].revents != 0)
		flush(now);
	if (s.queued > 0 && now >= s.out_deadline)
		lose_peer();
	if (pair[0].revents != 0 && !s.lost)
		read_some();
	if (is_idle() && now >= idle_deadline())
		s.phase = SHUT;
}

void
stream_stop(void)
{
	s.phase = SHUT;
}

void
stream_give_up(void)
{
	lose_peer();
}

bool
stream_is_over(void)
{
	return s.phase == SHUT && s.queued == 0;
}

void
stream_close(void)
{
	if (s.said && !s.lost && shutdown(STDOUT_FILENO, SHUT_WR) == 0 &&
	    !s.eof)
		request_drain(STDIN_FILENO, LINGER_MILLISECONDS);
}
