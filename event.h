/*
 * event.h - the kinds of line in the log, by the names that people read and
 * by the MESSAGE_IDs that journalctl and sip-cgi.catalog know them by.
 *
 * Pure, as sipmsg.h is.
 */
#ifndef EVENT_H
#define EVENT_H

enum event {
	EVENT_EXEC,			/* the script is executed next */
	EVENT_REJECT,			/* answered 400, 503 or 505 */
	EVENT_DISCARD,			/* not answered */
	EVENT_ERROR,			/* 500, and what we cannot serve */
	EVENT_DONE,			/* sipcgi-each: a script has ended */
	EVENT_COUNT
};

/* As syslog(3) numbers them. */
enum event_level {
	EVENT_LEVEL_ERR = 3,
	EVENT_LEVEL_WARNING = 4,
	EVENT_LEVEL_INFO = 6
};

/* A lower-case word; never more letters than EVENT_NAME_MAX. */
const char *event_name(enum event);
#define EVENT_NAME_MAX 7

/* 32 hexadecimal digits, fixed for ever. */
const char *event_message_id(enum event);

#endif
