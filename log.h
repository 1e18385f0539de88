/*
 * log.h - where lines go: one line a request (to the journal, syslog, stderr
 * or a file), and the script's stderr.
 *
 * The log never delays and never fails a request: what cannot be written at
 * once is lost.
 */
#ifndef LOG_H
#define LOG_H

#include "env.h"
#include "peer.h"
#include "sipmsg.h"

enum log_where {
	LOG_AUTO,
	LOG_JOURNAL,
	LOG_SYSLOG,
	LOG_STDERR,
	LOG_FILE,
	LOG_NONE
};

/* As syslog(3) numbers them. */
enum log_level {
	LOG_LEVEL_ERR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6
};

enum log_event {
	LOG_EXEC,			/* the script is executed next */
	LOG_REJECT,			/* answered 400 or 505 */
	LOG_DISCARD,			/* not answered */
	LOG_ERROR			/* 500, and what we cannot serve */
};

/* Octets in which an entry is put together. */
#define LOG_ROOM 10240

/* What is known of a request; pointers but `room` may be NULL. */
struct log_entry {
	char *room;			/* LOG_ROOM octets of the caller's */
	enum log_event event;
	enum why why;
	int error;			/* errno, 0: none */
	const struct peer *peer;
	const struct sipmsg *msg;
	const unsigned char *buf;
	const char *script;		/* its name */
	const struct env *env;		/* whose dropped fields are named */
	const char *sandbox;		/* level and Landlock ABI, or NULL */
	const char *missing;		/* what the sandbox lacks */
};

/*
 * Choose where lines go; `file` is for LOG_FILE and must stay.  Comes after
 * fds_secure().  Nothing is opened before there is something to write, or
 * log_hold() is called.
 */
void log_open(enum log_where where, const char *file, enum log_level level);

/*
 * Open the log's file, if it is one, while that is allowed: a sandbox lets
 * nothing be opened for writing, but what is open be written to.
 */
void log_hold(void);

void log_request(const struct log_entry *);

/* A line that is not about a request: bad usage. */
void log_message(enum log_level, const char *message);

/*
 * Point fd 2 to where the script's stderr belongs, when it is the
 * connection: the same place as the log, at worst /dev/null.
 */
void log_adopt_stderr(const char *script);

/* The name of an errno value, e.g. "ENOENT". */
const char *log_errno_name(int error);

#endif
