/*
 * log.h - where lines go: to the journal, syslog, stderr or a file; and where
 * the script's stderr goes.
 *
 * The log never fails a request, and waits at most 10 ms for a pipe, for a
 * socket not at all: what cannot be written by then is lost.  A file takes the
 * time that its file system takes.
 */
#ifndef LOG_H
#define LOG_H

#include "event.h"
#include "outcome.h"

enum log_where {
	LOG_AUTO,
	LOG_JOURNAL,
	LOG_SYSLOG,
	LOG_STDERR,
	LOG_FILE,
	LOG_NONE
};

struct log_options {
	enum log_where where;
	const char *file;		/* absolute; for LOG_FILE */
	enum event_level level;		/* lines that matter less are not
					   written */
};

/*
 * What -l and -v say, from text into `options`.  NULL, or what is wrong with
 * it.  The text must stay.
 */
const char *log_read_where(struct log_options *, const char *text);
const char *log_read_level(struct log_options *, const char *text);

/*
 * Choose where lines go, and under which name.  Comes after fds_secure().
 * Nothing is opened before there is something to write, or log_keep_open()
 * is called.
 */
void log_open(const char *program, const struct log_options *);

/*
 * Open the log's file, if it is one, while that is allowed, and keep it: a
 * sandbox lets nothing be opened for writing, but what is open be written to.
 */
void log_keep_open(void);

void log_outcome(const struct outcome *);

/* A line that is not about a request: bad usage. */
void log_message(enum event_level, const char *message);

/*
 * Where fd 2 is the connection, make it a stream to the journal under this
 * name, or /dev/null.
 */
void log_leave_connection(const char *name);

/*
 * Is fd 2 a stream to the journal: the one that JOURNAL_STREAM names, or one
 * that was opened here?  Any other socket is not, whoever listens at it.
 */
bool log_stderr_is_journal(void);

/*
 * Point fd 2 to where the script's stderr belongs.  With LOG_FILE that is the
 * file.  A script that is confined gets no log file, neither that one nor one
 * that is fd 2 already: it could cut the file off.  Where fd 2 is such a file,
 * or the connection, it becomes a stream to the journal in the script's name,
 * or /dev/null.  Else fd 2 stays what it is.
 */
void log_adopt_stderr(const char *script, bool confined);

#endif
