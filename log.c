#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fds.h"
#include "log.h"
#include "logline.h"
#include "pages.h"
#include "stamp.h"
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

/* Where TZ=Europe/Paris is found. */
#define ZONES "/usr/share/zoneinfo"

#define FACILITY_DAEMON 3

/* What a sink puts before a line. */
#define PREFIX_SIZE 128
/* A request waits no longer for somebody else's pipe. */
#define PATIENCE_MICROSECONDS 10000
/* Octets of a script's name that the journal sees. */
#define MOST_NAME 256

static struct {
	const char *program;
	enum log_where where;		/* never LOG_AUTO */
	const char *file;
	enum event_level level;
	bool stderr_is_connection;
	bool stream_is_ours;		/* fd 2: we connected it to the
					   journal */
	int kept;			/* fd of `file`, -1: opened anew for
					   each line */
	int datagrams;			/* AF_UNIX socket, -1: none yet */
} log_to = { .where = LOG_NONE, .kept = -1, .datagrams = -1 };

/*
 * An entry: what the sink puts first, the line with its line end, and for the
 * journal fields, each with its line end.  Line and fields stand without a
 * gap in `room`, so that a short entry touches one page.
 */
struct entry {
	enum event_level level;
	struct text prefix;
	struct text line;		/* len is without the line end */
	struct text fields;
};

static PAGES_LARGE char room[PREFIX_SIZE + LOGLINE_SIZE + 1 +
    LOGLINE_FIELDS_SIZE];

bool
log_stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char text[48] = { 0 };
	struct text t = { text, sizeof text - 1, 0, false };
	struct stat st;

	if (log_to.stream_is_ours)
		return true;
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
	if (!log_to.stderr_is_connection && !fds_is_null(STDERR_FILENO))
		return log_stderr_is_journal() && exists(JOURNAL_SOCKET) ?
		    LOG_JOURNAL : LOG_STDERR;
	return exists(JOURNAL_SOCKET) ? LOG_JOURNAL : LOG_SYSLOG;
}

const char *
log_read_where(struct log_options *options, const char *text)
{
	static const char *const places[] = {
		[LOG_AUTO] = "auto", [LOG_JOURNAL] = "journal",
		[LOG_SYSLOG] = "syslog", [LOG_STDERR] = "stderr",
		[LOG_NONE] = "none",
	};
	unsigned i;

	if (text[0] == '/') {
		options->where = LOG_FILE;
		options->file = text;
		return NULL;
	}
	for (i = 0; i < sizeof places / sizeof places[0]; i++)
		if (places[i] != NULL && strcmp(text, places[i]) == 0) {
			options->where = (enum log_where)i;
			return NULL;
		}
	return "not auto, journal, syslog, stderr, none or an absolute path";
}

const char *
log_read_level(struct log_options *options, const char *text)
{
	if (strcmp(text, "err") == 0)
		options->level = EVENT_LEVEL_ERR;
	else if (strcmp(text, "warning") == 0)
		options->level = EVENT_LEVEL_WARNING;
	else if (strcmp(text, "info") == 0)
		options->level = EVENT_LEVEL_INFO;
	else
		return "not err, warning or info";
	return NULL;
}

void
log_open(const char *program, const struct log_options *options)
{
	log_to.program = program;
	log_to.stderr_is_connection = fds_is_connection(STDERR_FILENO);
	log_to.where = settle(options->where);
	log_to.file = options->file;
	log_to.level = options->level;
}

/* Lines never wait: neither for a reader of a FIFO nor for its room. */
static int
open_file(void)
{
	return open(log_to.file, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY |
	    O_NONBLOCK | O_CLOEXEC, 0640);
}

void
log_keep_open(void)
{
	if (log_to.where == LOG_FILE)
		log_to.kept = open_file();
}

static int
open_socket(int type)
{
	return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, path);
	return address;
}

/*
 * Send two parts as one.  False: nobody is there to take it.  Who is there
 * but has no room loses it.
 */
static bool
send_datagram(const char *path, struct iovec parts[2])
{
	struct sockaddr_un address = address_of(path);
	struct msghdr message = {
		.msg_name = &address, .msg_namelen = sizeof address,
		.msg_iov = parts, .msg_iovlen = 2
	};

	if (log_to.datagrams < 0)
		log_to.datagrams = open_socket(SOCK_DGRAM);
	return log_to.datagrams >= 0 &&
	    (sendmsg(log_to.datagrams, &message, MSG_NOSIGNAL) >= 0 ||
	    errno == EAGAIN);
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
write_patiently(int fd, const char *octets, size_t n)
{
	static const struct itimerval off, soon = {
		{ 0, PATIENCE_MICROSECONDS }, { 0, PATIENCE_MICROSECONDS }
	};
	struct sigaction action = { .sa_handler = on_alarm }, before;
	struct pollfd out = { .fd = fd, .events = POLLOUT };
	sigset_t alarms;

	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT) ||
	    sigaction(SIGALRM, &action, &before) != 0)
		return;
	(void)sigemptyset(&alarms);
	(void)sigaddset(&alarms, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	(void)setitimer(ITIMER_REAL, &soon, NULL);
	(void)!write(fd, octets, n);
	(void)setitimer(ITIMER_REAL, &off, NULL);
	(void)sigaction(SIGALRM, &before, NULL);
}

/* "sipcgi-handler[4711]: " */
static void
put_program(struct text *t)
{
	text_puts(t, log_to.program);
	text_putc(t, '[');
	text_number(t, (uint64_t)getpid());
	text_puts(t, "]: ");
}

static void
write_stderr(const struct entry *e)
{
	if (send(STDERR_FILENO, e->line.start, e->line.len + 1,
	    MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == ENOTSOCK)
		write_patiently(STDERR_FILENO, e->line.start,
		    e->line.len + 1);
}

/*
 * The last line of a file of the zoneinfo database is the rule that holds now
 * and from now on, in the form of POSIX.1's TZ (RFC 8536 3.3).
 */
static const char *
read_zone(const char *name)
{
	static char rule[64];
	char path[256], *end;
	struct text t = { path, sizeof path - 1, 0, false };
	struct stat st;
	ssize_t n;
	int fd;

	name += *name == ':';
	if (*name != '/')
		text_puts(&t, ZONES "/");
	text_puts(&t, name);
	path[t.len] = '\0';
	fd = t.full ? -1 : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = fstat(fd, &st) == 0 && st.st_size >= (off_t)sizeof rule ?
	    pread(fd, rule, sizeof rule, st.st_size - (off_t)sizeof rule) : 0;
	(void)close(fd);
	if (n != sizeof rule || rule[n - 1] != '\n')
		return NULL;
	rule[n - 1] = '\0';
	end = memrchr(rule, '\n', sizeof rule);
	return end != NULL ? end + 1 : NULL;
}

/*
 * Seconds since 1970.  By the system call, where it knows time as the C library
 * does: the vDSO would be two pages more to touch.
 */
static int64_t
now(void)
{
	struct timespec t;

	if (sizeof(long) == 8 &&
	    syscall(SYS_clock_gettime, CLOCK_REALTIME, &t) == 0)
		return t.tv_sec;
	return (int64_t)time(NULL);
}

/* "2026-11-29T13:36:34Z sipcgi-handler[4711]: " */
static void
put_stamp(struct text *t)
{
	const char *zone = getenv("TZ");
	int64_t when = now();
	int32_t offset;
	bool known = false;

	if (zone != NULL && *zone != '\0') {
		known = stamp_offset(zone, when, &offset);
		if (!known && (zone = read_zone(zone)) != NULL)
			known = stamp_offset(zone, when, &offset);
	}
	stamp_put(t, when, known ? &offset : NULL);
	text_putc(t, ' ');
	put_program(t);
}

/* By its name for each line, so that it may be rotated away. */
static void
write_file(struct entry *e)
{
	int fd = log_to.kept >= 0 ? log_to.kept : open_file();
	struct iovec parts[2];

	if (fd < 0)
		return;
	put_stamp(&e->prefix);
	parts[0] = (struct iovec){ e->prefix.start, e->prefix.len };
	parts[1] = (struct iovec){ e->line.start, e->line.len + 1 };
	(void)!writev(fd, parts, 2);
	if (fd != log_to.kept)
		(void)close(fd);
}

static void
write_syslog(struct entry *e)
{
	struct iovec parts[2];

	e->prefix.len = 0;
	text_putc(&e->prefix, '<');
	text_number(&e->prefix, FACILITY_DAEMON << 3 | (unsigned)e->level);
	text_putc(&e->prefix, '>');
	put_program(&e->prefix);
	parts[0] = (struct iovec){ e->prefix.start, e->prefix.len };
	parts[1] = (struct iovec){ e->line.start, e->line.len };
	(void)send_datagram(SYSLOG_SOCKET, parts);
}

/* The line is the field MESSAGE. */
static bool
write_journal(struct entry *e)
{
	struct iovec parts[2];

	text_puts(&e->prefix, "SYSLOG_IDENTIFIER=");
	text_puts(&e->prefix, log_to.program);
	text_puts(&e->prefix, "\nSYSLOG_FACILITY=");
	text_number(&e->prefix, FACILITY_DAEMON);
	text_puts(&e->prefix, "\nPRIORITY=");
	text_number(&e->prefix, (uint64_t)e->level);
	text_puts(&e->prefix, "\nMESSAGE=");
	parts[0] = (struct iovec){ e->prefix.start, e->prefix.len };
	parts[1] = (struct iovec){ e->line.start,
	    e->line.len + 1 + e->fields.len };
	return send_datagram(JOURNAL_SOCKET, parts);
}

static void
write_out(struct entry *e)
{
	switch (log_to.where) {
	case LOG_STDERR:
		write_stderr(e);
		break;
	case LOG_FILE:
		write_file(e);
		break;
	case LOG_JOURNAL:
		if (!write_journal(e))
			write_syslog(e);
		break;
	case LOG_SYSLOG:
		write_syslog(e);
		break;
	case LOG_AUTO:
	case LOG_NONE:
		break;
	}
}

static struct entry
begin_entry(enum event_level level)
{
	return (struct entry){
		.level = level,
		.prefix = { room, PREFIX_SIZE, 0, false },
		.line = { room + PREFIX_SIZE, LOGLINE_SIZE, 0, false }
	};
}

static void
end_line(struct entry *e)
{
	char *end = e->line.start + e->line.len;

	*end = '\n';
	e->fields = (struct text){ end + 1, LOGLINE_FIELDS_SIZE, 0, false };
}

void
log_outcome(const struct outcome *o)
{
	struct entry e = begin_entry(logline_level(o));

	if (e.level > log_to.level || log_to.where == LOG_NONE)
		return;
	logline_put(&e.line, o);
	end_line(&e);
	if (log_to.where == LOG_JOURNAL)
		logline_put_fields(&e.fields, o);
	write_out(&e);
}

void
log_message(enum event_level level, const char *message)
{
	struct entry e = begin_entry(level);

	text_escape(&e.line, message, strlen(message), LOGLINE_SIZE / 4 - 8,
	    true);
	end_line(&e);
	write_out(&e);
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
	struct sockaddr_un address = address_of(JOURNAL_STDOUT);
	int fd = open_socket(SOCK_STREAM);

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

/* Is fd 2 the file that our lines go to? */
static bool
stderr_is_log_file(void)
{
	struct stat st, file;

	if (fstat(STDERR_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	return log_to.where == LOG_STDERR || (log_to.where == LOG_FILE &&
	    stat(log_to.file, &file) == 0 && st.st_dev == file.st_dev &&
	    st.st_ino == file.st_ino);
}

/* A stream to the journal under this name becomes fd 2, or /dev/null. */
static void
replace_stderr(const char *name)
{
	int fd = open_journal_stream(name);

	log_to.stream_is_ours = fd >= 0;
	if (fd < 0)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* Rather no stderr at all than one that is not to be written to. */
	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		(void)close(STDERR_FILENO);
	if (fd >= 0 && fd != STDERR_FILENO)
		(void)close(fd);
}

void
log_leave_connection(const char *name)
{
	if (log_to.stderr_is_connection)
		replace_stderr(name);
}

void
log_adopt_stderr(const char *script, bool confined)
{
	int fd = log_to.where == LOG_FILE && !confined ? open_file() : -1;

	if (fd >= 0) {
		/* A script does not expect EAGAIN, should it be a pipe. */
		(void)fcntl(fd, F_SETFL, O_APPEND);
		(void)dup2(fd, STDERR_FILENO);
		if (fd != STDERR_FILENO)
			(void)close(fd);
	} else if (log_to.stderr_is_connection ||
	    (confined && stderr_is_log_file()))
		replace_stderr(script);
}
