/*
 * why.h - the reasons for which a request is not run: one table that holds
 * the status we answer with, the exit status, the token for the log, the reason
 * phrase and a hint.  Nothing else in the program names a status or a phrase.
 *
 * The pure modules return 0 or a negated enum why: `return -WHY_NUL;`.
 */
#ifndef WHY_H
#define WHY_H

enum why {
	WHY_NONE,

	/* Input that gets no answer. */
	WHY_EMPTY,		/* nothing but empty lines */
	WHY_EMPTY_LINES,	/* empty lines without end */
	WHY_RESPONSE,		/* a SIP response */
	WHY_PEER_GONE,		/* the connection closed before we looked */

	/* Framing (RFC 3261 7, 7.5, 18.3). */
	WHY_NOT_SIP,
	WHY_NUL,
	WHY_BARE_CR,
	WHY_START_LINE_LONG,
	WHY_HEAD_LARGE,
	WHY_HEADERS_MANY,
	WHY_HEAD_CUT,
	WHY_BODY_CUT,
	WHY_TIMEOUT,

	/* The start line (RFC 3261 7.1). */
	WHY_START_LINE,
	WHY_METHOD,
	WHY_VERSION,
	WHY_VERSION_UNSUPPORTED,

	/* The Request-URI (RFC 3261 19.1.1, 25.1). */
	WHY_URI_SCHEME,
	WHY_URI_OCTET,
	WHY_URI_ESCAPE,
	WHY_URI_AT,
	WHY_URI_USER,
	WHY_URI_HOST,
	WHY_URI_PORT,
	WHY_URI_HEADERS,

	/* Header fields (RFC 3261 7.3, 20). */
	WHY_FOLD_FIRST,
	WHY_HEADER_NAME,
	WHY_COLON_MISSING,
	WHY_TO_MISSING,
	WHY_FROM_MISSING,
	WHY_CALL_ID_MISSING,
	WHY_CSEQ_MISSING,
	WHY_VIA_MISSING,
	WHY_TO_REPEATED,
	WHY_FROM_REPEATED,
	WHY_CALL_ID_REPEATED,
	WHY_CSEQ_REPEATED,
	WHY_MAX_FORWARDS_REPEATED,
	WHY_CONTENT_LENGTH_REPEATED,
	WHY_CONTENT_TYPE_REPEATED,
	WHY_TO_EMPTY,
	WHY_FROM_EMPTY,
	WHY_CALL_ID_EMPTY,
	WHY_TO_QUOTE,
	WHY_FROM_QUOTE,
	WHY_TO_ANGLE,
	WHY_FROM_ANGLE,
	WHY_CALL_ID_SPACE,
	WHY_CSEQ,
	WHY_CSEQ_LARGE,
	WHY_CSEQ_METHOD,
	WHY_VIA,
	WHY_CONTENT_LENGTH,
	WHY_CONTENT_LENGTH_MISSING,
	WHY_BODY_LARGE,

	/* What the administrator has to fix: 500. */
	WHY_DIRECTORY_MISSING,
	WHY_DIRECTORY_NOT,
	WHY_DIRECTORY_UNREADABLE,
	WHY_DIRECTORY_WRITABLE,
	WHY_SCRIPT_MISSING,
	WHY_SCRIPT_WRITABLE,
	WHY_EXEC,
	WHY_SANDBOX,
	WHY_ENVIRONMENT_LARGE,
	WHY_SYSTEM,

	/* sipcgi-each: before a script is started, and after. */
	WHY_PROXY_HEADER,	/* none, or a malformed one */
	WHY_BUSY,		/* every slot is taken */
	WHY_PER_SOURCE,		/* one address has its share of them */
	WHY_FLOOD,		/* others like it have no line */
	WHY_NO_ANSWER,
	WHY_BAD_ANSWER,
	WHY_SCRIPT_TIMEOUT,
	WHY_PROGRAM,		/* it cannot be found or executed */

	/* What is on fd 0 is not a connection: no answer. */
	WHY_LISTENING_SOCKET,
	WHY_DATAGRAM_SOCKET,

	WHY_COUNT
};

struct why_entry {
	int status;		/* SIP status code, 0: no answer is sent */
	int exit_status;	/* sysexits.h */
	const char *token;	/* stable, for the log: [a-z0-9-]+ */
	const char *phrase;	/* for people; the reason phrase of a 400
				   and 505 (RFC 3261 21.4.1) */
	const char *hint;	/* for people: what to do about it */
};

/* The entry of a reason.  `why` must be one of the enum's. */
const struct why_entry *why_entry(enum why why);

#endif
