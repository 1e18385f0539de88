#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "fds.h"
#include "log.h"
#include "text.h"

#ifndef JOURNAL_SOCKET
#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#endif
#ifndef JOURNAL_STDOUT
#define JOURNAL_STDOUT "/run/systemd/journal/stdout"
#endif
#ifndef SYSLOG_SOCKET
#define SYSLOG_SOCKET "/dev/log"
#endif

#define IDENTIFIER "sipcgi-handler"
#define FACILITY_DAEMON 3

/*
 * Under PIPE_BUF, so that a line to a pipe is written whole or not at all,
 * and lines of parallel requests do not mix.
 */
#define LINE_SIZE 4000
/* All fields of a journal entry but MESSAGE, their values at their longest. */
#define FIELDS_SIZE 6000
/* What stands before MESSAGE, and before a line to syslog. */
#define PREFIX_SIZE 128
/* A request waits no longer for somebody else's pipe. */
#define PATIENCE_MICROSECONDS 10000
/* How many octets of a value a line shows; escapes take up to four each. */
#define MOST_METHOD 32
#define MOST_URI 192
#define MOST_NAME 256
#define MOST_CALL_ID 128
#define MOST_DROPPED 64
#define MOST_DROPPED_NAMES 4

_Static_assert(LOG_ROOM >= LINE_SIZE + FIELDS_SIZE + PREFIX_SIZE,
    "an entry is put together in the room that it is given");

static struct {
	enum log_where where;		/* never LOG_AUTO */
	const char *file;
	enum log_level level;
	bool stderr_is_connection;
	int fd;				/* of `file`, -1: not open */
} log_to = { .where = LOG_NONE, .fd = -1 };

static const struct {
	const char *name;
	const char *message_id;		/* fixed, one per kind of event */
} events[] = {
	[LOG_EXEC] = { "exec", "6f1d0c5f3c1e4b0e9a0f5be2a1d4c701" },
	[LOG_REJECT] = { "reject", "9b7e4a52d0c84f4f8e53c1a7b6e2d302" },
	[LOG_DISCARD] = { "discard", "3c58e1f7a9d24d6b8f10e4c2b7a5d903" },
	[LOG_ERROR] = { "error", "e24b9d1c7f3a4086b5d8c6f0a3e71b04" },
};

#define E(name) { name, #name }
static const struct {
	int number;
	const char *name;
} errors[] = {
	E(E2BIG), E(EACCES), E(EBADF), E(EBUSY), E(EFAULT), E(EFBIG),
	E(EINTR), E(EINVAL), E(EIO), E(EISDIR), E(ELIBBAD), E(ELOOP),
	E(EMFILE), E(ENAMETOOLONG), E(ENFILE), E(ENOENT), E(ENOEXEC),
	E(ENOMEM), E(ENOSPC), E(ENOSYS), E(ENOTDIR), E(ENXIO),
	E(EOPNOTSUPP), E(EPERM), E(EPIPE), E(EROFS), E(ETXTBSY),
	E(ECONNRESET), E(ENOTCONN), E(EAGAIN), E(EDQUOT), E(ENODEV),
	E(ETIMEDOUT), E(EHOSTUNREACH), E(ENETUNREACH), E(ECONNABORTED),
	E(ENOBUFS), E(ENOTSOCK), E(EAFNOSUPPORT), E(ESTALE), E(EPROTO),
};
#undef E

const char *
log_errno_name(int error)
{
	size_t i;

	for (i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (errors[i].number == error)
			return errors[i].name;
	return "UNKNOWN";
}

/* Is fd 2 the stream that systemd connected to the journal? */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char text[48] = { 0 };
	struct text t = { text, sizeof text - 1, 0, false };
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	text_number(&t, st.st_dev);
	text_putc(&t, ':');
	text_number(&t, st.st_ino);
	return strcmp(stream, text) == 0;
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Settle `auto`, and keep `stderr` off the connection. */
static enum log_where
settle(enum log_where where)
{
	if (where != LOG_AUTO &&
	    (where != LOG_STDERR || !log_to.stderr_is_connection))
		return where;
	if (!log_to.stderr_is_connection)
		return stderr_is_journal() && exists(JOURNAL_SOCKET) ?
		    LOG_JOURNAL : LOG_STDERR;
	return exists(JOURNAL_SOCKET) ? LOG_JOURNAL : LOG_SYSLOG;
}

void
log_open(enum log_where where, const char *file, enum log_level level)
{
	log_to.stderr_is_connection = fds_is_connection(STDERR_FILENO);
	log_to.where = settle(where);
	log_to.file = file;
	log_to.level = level;
}

/* Of AF_UNIX.  Those for datagrams close when the process ends or execs. */
static int
open_socket(const char *path, int type, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(address->sun_path, path);
	return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/*
 * Send the parts as one.  False: nobody is there to take it.  Who is there but
 * has no room loses it.
 */
static bool
send_datagram(const char *path, const struct text *prefix,
    const struct text *line, const struct text *fields)
{
	struct sockaddr_un address;
	struct iovec parts[] = {
		{ prefix->start, prefix->len }, { line->start, line->len },
		{ fields->start, fields->len }
	};
	struct msghdr message = {
		.msg_name = &address, .msg_namelen = sizeof address,
		.msg_iov = parts, .msg_iovlen = 3
	};
	int fd = open_socket(path, SOCK_DGRAM, &address);

	return fd >= 0 && (sendmsg(fd, &message, MSG_NOSIGNAL) >= 0 ||
	    errno == EAGAIN);
}

/* Once: it stays open until the process ends or becomes the script. */
static int
open_file(void)
{
	if (log_to.fd < 0)
		log_to.fd = open(log_to.file, O_WRONLY | O_APPEND | O_CREAT |
		    O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0640);
	return log_to.fd;
}

void
log_hold(void)
{
	if (log_to.where == LOG_FILE)
		(void)open_file();
}

static void
on_alarm(int number)
{
	(void)number;
}

/*
 * Write to what others write to as well, so that it cannot be made
 * non-blocking: when poll() sees room that another process then takes, a
 * timer ends the wait.
 */
static void
write_patiently(int fd, const struct text *t)
{
	static const struct itimerval off, soon = {
		{ 0, PATIENCE_MICROSECONDS }, { 0, PATIENCE_MICROSECONDS }
	};
	struct sigaction action = { .sa_handler = on_alarm }, before;
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	sigset_t alarms;

	if (poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT) ||
	    sigaction(SIGALRM, &action, &before) != 0)
		return;
	(void)sigemptyset(&alarms);
	(void)sigaddset(&alarms, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	(void)setitimer(ITIMER_REAL, &soon, NULL);
	(void)!write(fd, t->start, t->len);
	(void)setitimer(ITIMER_REAL, &off, NULL);
	(void)sigaction(SIGALRM, &before, NULL);
}

static void
write_stderr(struct text *t)
{
	text_putc(t, '\n');
	if (send(STDERR_FILENO, t->start, t->len,
	    MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == ENOTSOCK)
		write_patiently(STDERR_FILENO, t);
}

/* One write, which does not wait: open_file() said so. */
static void
write_file(struct text *t)
{
	int fd = open_file();

	text_putc(t, '\n');
	if (fd >= 0)
		(void)!write(fd, t->start, t->len);
}

static void
write_syslog(enum log_level level, const struct text *line,
    struct text *prefix)
{
	static const struct text nothing;

	text_putc(prefix, '<');
	text_number(prefix, FACILITY_DAEMON << 3 | (unsigned)level);
	text_puts(prefix, ">" IDENTIFIER "[");
	text_number(prefix, (uint64_t)getpid());
	text_puts(prefix, "]: ");
	(void)send_datagram(SYSLOG_SOCKET, prefix, line, &nothing);
}

/* What stands in every entry, the line, and what put_fields() wrote. */
static bool
write_journal(enum log_level level, const struct text *line,
    const struct text *fields, struct text *prefix)
{
	text_puts(prefix, "SYSLOG_IDENTIFIER=" IDENTIFIER "\nSYSLOG_FACILITY=");
	text_number(prefix, FACILITY_DAEMON);
	text_puts(prefix, "\nPRIORITY=");
	text_number(prefix, (uint64_t)level);
	text_puts(prefix, "\nMESSAGE=");
	return send_datagram(JOURNAL_SOCKET, prefix, line, fields);
}

/*
 * `fields` are for the journal alone: the end of the line MESSAGE, and whole
 * lines NAME=VALUE.  Behind them is room.
 */
static void
write_out(enum log_level level, struct text *line, const struct text *fields)
{
	struct text prefix = { fields->start + fields->len, PREFIX_SIZE, 0,
	    false };

	switch (log_to.where) {
	case LOG_STDERR:
		write_stderr(line);
		break;
	case LOG_FILE:
		write_file(line);
		break;
	case LOG_JOURNAL:
		if (write_journal(level, line, fields, &prefix))
			break;
		prefix.len = 0;
		write_syslog(level, line, &prefix);
		break;
	case LOG_SYSLOG:
		write_syslog(level, line, &prefix);
		break;
	case LOG_AUTO:
	case LOG_NONE:
		break;
	}
}

/*
 * A Request-URI with its password as "***": all between the first colon
 * after the scheme and the last "@", well-formed or not.
 */
static void
put_uri(struct text *t, const unsigned char *uri, size_t n, bool spaces)
{
	const unsigned char *scheme = memchr(uri, ':', n);
	const unsigned char *at = memrchr(uri, '@', n);
	const unsigned char *colon = scheme == NULL || at == NULL ||
	    at < scheme ? NULL :
	    memchr(scheme + 1, ':', (size_t)(at - scheme - 1));
	size_t before;

	if (colon == NULL) {
		text_escape(t, uri, n, MOST_URI, spaces);
		return;
	}
	before = (size_t)(colon + 1 - uri);
	text_escape(t, uri, before, MOST_URI, spaces);
	if (before > MOST_URI)
		return;
	text_puts(t, "***");
	text_escape(t, at, (size_t)(uri + n - at), MOST_URI, spaces);
}

static void
put_peer(struct text *t, const struct peer *peer)
{
	bool ipv6 = strchr(peer->remote_addr, ':') != NULL;

	if (ipv6)
		text_putc(t, '[');
	text_puts(t, peer->remote_addr);
	if (ipv6)
		text_putc(t, ']');
	if (peer->remote_port != 0) {
		text_putc(t, ':');
		text_number(t, peer->remote_port);
	}
}

static void
put_dropped(struct text *t, const struct log_entry *e)
{
	size_t i, n = e->env->ndropped;

	for (i = 0; i < n && i < MOST_DROPPED_NAMES; i++) {
		struct slice name =
		    e->msg->field[e->env->dropped[i]].name;

		text_puts(t, i == 0 ? " dropped=" : ",");
		text_escape(t, e->buf + name.off, name.len, MOST_DROPPED,
		    false);
	}
	if (n > MOST_DROPPED_NAMES)
		text_puts(t, ",...");
}

static void
put_message(struct text *t, const struct log_entry *e)
{
	const struct sipmsg_field *id = e->msg == NULL ? NULL :
	    sipmsg_first(e->msg, SIPMSG_CALL_ID);

	if (e->msg != NULL && e->msg->method.len > 0) {
		text_puts(t, " method=");
		text_escape(t, e->buf + e->msg->method.off,
		    e->msg->method.len, MOST_METHOD, false);
	}
	if (e->msg != NULL && e->msg->request_uri.len > 0) {
		text_puts(t, " uri=");
		put_uri(t, e->buf + e->msg->request_uri.off,
		    e->msg->request_uri.len, false);
	}
	if (e->script != NULL) {
		text_puts(t, " script=");
		text_escape(t, e->script, strlen(e->script), MOST_NAME,
		    false);
	}
	if (id != NULL) {
		text_puts(t, " call-id=");
		text_escape(t, e->buf + id->value.off, id->value.len,
		    MOST_CALL_ID, false);
	}
}

static void
put_line(struct text *t, const struct log_entry *e)
{
	const struct why_entry *why = why_entry(e->why);
	const char *name = events[e->event].name;
	size_t pad;

	text_puts(t, name);
	for (pad = strlen(name); pad < strlen("reject"); pad++)
		text_putc(t, ' ');
	if (e->peer != NULL && e->peer->remote_addr[0] != '\0') {
		text_puts(t, " peer=");
		put_peer(t, e->peer);
	}
	if (e->why != WHY_NONE) {
		if (why->status != 0 && e->event != LOG_DISCARD) {
			text_puts(t, " status=");
			text_number(t, (uint64_t)why->status);
		}
		text_puts(t, " why=");
		text_puts(t, why->token);
	}
	if (e->error != 0) {
		text_puts(t, " errno=");
		text_puts(t, log_errno_name(e->error));
	}
	if (e->missing != NULL) {
		text_puts(t, " missing=");
		text_escape(t, e->missing, strlen(e->missing), MOST_NAME,
		    false);
	}
	put_message(t, e);
	if (e->sandbox != NULL) {
		text_puts(t, " sandbox=");
		text_puts(t, e->sandbox);
	}
	if (e->env != NULL)
		put_dropped(t, e);
}

static void
put_field(struct text *t, const char *name, const char *value)
{
	text_puts(t, name);
	text_putc(t, '=');
	text_puts(t, value);
	text_putc(t, '\n');
}

static void
put_escaped(struct text *t, const char *name, const void *octets, size_t n,
    size_t most)
{
	text_puts(t, name);
	text_putc(t, '=');
	text_escape(t, octets, n, most, true);
	text_putc(t, '\n');
}

static void
put_number(struct text *t, const char *name, uint64_t number)
{
	text_puts(t, name);
	text_putc(t, '=');
	text_number(t, number);
	text_putc(t, '\n');
}

/*
 * SIPCGI_REASON and SIPCGI_HINT are for sip-cgi.catalog, which shows them:
 * one MESSAGE_ID explains all reasons of its kind.
 */
static void
put_why(struct text *t, const struct log_entry *e)
{
	const struct why_entry *why = why_entry(e->why);

	if (e->why != WHY_NONE) {
		put_field(t, "SIPCGI_WHY", why->token);
		put_field(t, "SIPCGI_REASON", why->phrase);
		put_field(t, "SIPCGI_HINT", why->hint);
		if (why->status != 0 && e->event != LOG_DISCARD)
			put_number(t, "SIPCGI_STATUS", (uint64_t)why->status);
	}
	if (e->error != 0)
		put_field(t, "SIPCGI_ERRNO", log_errno_name(e->error));
}

static void
put_request(struct text *t, const struct log_entry *e)
{
	const struct sipmsg *m = e->msg;
	const struct sipmsg_field *id = sipmsg_first(m, SIPMSG_CALL_ID);

	if (m->method.len > 0)
		put_escaped(t, "SIP_METHOD", e->buf + m->method.off,
		    m->method.len, MOST_METHOD);
	if (m->request_uri.len > 0) {
		text_puts(t, "SIP_URI=");
		put_uri(t, e->buf + m->request_uri.off, m->request_uri.len,
		    true);
		text_putc(t, '\n');
	}
	if (id != NULL)
		put_escaped(t, "SIP_CALL_ID", e->buf + id->value.off,
		    id->value.len, MOST_CALL_ID);
}

/* The same, as fields of a journal entry; what is unknown is absent. */
static void
put_fields(struct text *t, const struct log_entry *e)
{
	text_putc(t, '\n');
	put_field(t, "MESSAGE_ID", events[e->event].message_id);
	put_field(t, "SIPCGI_EVENT", events[e->event].name);
	put_why(t, e);
	if (e->missing != NULL)
		put_escaped(t, "SIPCGI_MISSING", e->missing,
		    strlen(e->missing), MOST_NAME);
	if (e->sandbox != NULL)
		put_field(t, "SIPCGI_SANDBOX", e->sandbox);
	if (e->script != NULL)
		put_escaped(t, "SIPCGI_SCRIPT", e->script, strlen(e->script),
		    MOST_NAME);
	if (e->peer != NULL && e->peer->remote_addr[0] != '\0')
		put_field(t, "REMOTE_ADDR", e->peer->remote_addr);
	if (e->peer != NULL && e->peer->remote_port != 0)
		put_number(t, "REMOTE_PORT", e->peer->remote_port);
	if (e->msg != NULL)
		put_request(t, e);
}

static enum log_level
level_of(const struct log_entry *e)
{
	switch (e->event) {
	case LOG_ERROR:
		return LOG_LEVEL_ERR;
	case LOG_REJECT:
		return LOG_LEVEL_WARNING;
	case LOG_DISCARD:
		/* A fault that gets no answer is still a refusal. */
		return why_entry(e->why)->status != 0 ? LOG_LEVEL_WARNING :
		    LOG_LEVEL_INFO;
	case LOG_EXEC:
		break;
	}
	return LOG_LEVEL_INFO;
}

void
log_request(const struct log_entry *e)
{
	struct text line = { e->room, LINE_SIZE - 1, 0, false }, fields;
	enum log_level level = level_of(e);

	if (level > log_to.level || log_to.where == LOG_NONE)
		return;
	put_line(&line, e);
	line.size++;			/* room for the line end */
	fields = (struct text){ line.start + line.len + 1, FIELDS_SIZE, 0,
	    false };
	if (log_to.where == LOG_JOURNAL)
		put_fields(&fields, e);
	write_out(level, &line, &fields);
}

void
log_message(enum log_level level, const char *message)
{
	static LAST_IN_BSS char room[LOG_ROOM];
	struct text line = { room, LINE_SIZE, 0, false };
	struct text fields = { room + LINE_SIZE, 1, 0, false };

	text_putc(&fields, '\n');
	text_escape(&line, message, strlen(message), LINE_SIZE / 4 - 8, true);
	write_out(level, &line, &fields);
}

/*
 * A stream to the journal that bears the script's name: the lines that open
 * it are systemd-journald's, as sd_journal_stream_fd(3) sends them.
 */
static int
open_journal_stream(const char *script)
{
	char octets[MOST_NAME * 4 + 64];
	struct text t = { octets, sizeof octets, 0, false };
	struct sockaddr_un address;
	int fd = open_socket(JOURNAL_STDOUT, SOCK_STREAM, &address);

	if (fd < 0)
		return -1;
	text_escape(&t, script, strlen(script), MOST_NAME, true);
	text_puts(&t, "\n\n5\n1\n0\n0\n0\n");
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
	    send(fd, t.start, t.len, MSG_NOSIGNAL) != (ssize_t)t.len ||
	    fcntl(fd, F_SETFL, 0) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

void
log_adopt_stderr(const char *script)
{
	int fd = -1;

	if (!log_to.stderr_is_connection)
		return;
	if (log_to.where == LOG_FILE) {
		fd = open_file();
		/* A script does not expect EAGAIN, should it be a pipe. */
		(void)fcntl(fd, F_SETFL, O_APPEND);
	} else if (log_to.where == LOG_JOURNAL)
		fd = open_journal_stream(script);
	if (fd < 0)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* Rather no stderr at all than the connection. */
	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		(void)close(STDERR_FILENO);
	if (fd > STDERR_FILENO && fd != log_to.fd)
		(void)close(fd);
}
