#include <sysexits.h>

#include "why.h"

#define DISCARD(token, phrase)	{ 0, EX_OK, token, phrase }
#define REJECT(token, phrase)	{ 400, EX_OK, token, phrase }

static const struct why_entry table[WHY_COUNT] = {
[WHY_NONE] = DISCARD("none", "OK"),

[WHY_EMPTY] = DISCARD("empty", "Nothing arrived"),
[WHY_EMPTY_LINES] = DISCARD("empty-lines", "Nothing but empty lines"),
[WHY_RESPONSE] = DISCARD("response", "A response, not a request"),
[WHY_PEER_GONE] = DISCARD("peer-gone", "The peer has gone"),

[WHY_NOT_SIP] = REJECT("not-sip", "Not a SIP message"),
[WHY_NUL] = REJECT("nul", "NUL in the message head"),
[WHY_BARE_CR] = REJECT("bare-cr", "CR without LF in the message head"),
[WHY_START_LINE_LONG] = REJECT("start-line-too-long",
    "Start line too long"),
[WHY_HEAD_LARGE] = REJECT("head-too-large", "Headers too large"),
[WHY_HEADERS_MANY] = REJECT("too-many-headers", "Too many headers"),
[WHY_HEAD_CUT] = REJECT("incomplete-head",
    "Message ends before the empty line"),
[WHY_BODY_CUT] = REJECT("incomplete-body",
    "Body shorter than Content-Length"),
[WHY_TIMEOUT] = REJECT("timeout", "Request did not arrive in time"),

[WHY_START_LINE] = REJECT("bad-start-line", "Malformed start line"),
[WHY_METHOD] = REJECT("bad-method", "Malformed method"),
[WHY_VERSION] = REJECT("bad-version", "Malformed SIP version"),
[WHY_VERSION_UNSUPPORTED] = { 505, EX_OK, "version-not-supported",
    "Version Not Supported" },

[WHY_URI_SCHEME] = REJECT("uri-bad-scheme",
    "Malformed scheme in Request-URI"),
[WHY_URI_OCTET] = REJECT("uri-bad-octet", "Illegal octet in Request-URI"),
[WHY_URI_ESCAPE] = REJECT("uri-bad-escape",
    "Malformed escape in Request-URI"),
[WHY_URI_AT] = REJECT("uri-second-at", "More than one @ in Request-URI"),
[WHY_URI_USER] = REJECT("uri-empty-user", "Empty user in Request-URI"),
[WHY_URI_HOST] = REJECT("uri-bad-host", "Malformed host in Request-URI"),
[WHY_URI_PORT] = REJECT("uri-bad-port", "Malformed port in Request-URI"),
[WHY_URI_HEADERS] = REJECT("uri-headers", "Headers in Request-URI"),

[WHY_FOLD_FIRST] = REJECT("fold-first",
    "Continuation line before the first header"),
[WHY_HEADER_NAME] = REJECT("bad-header-name", "Malformed header name"),
[WHY_COLON_MISSING] = REJECT("missing-colon", "Header without a colon"),
[WHY_TO_MISSING] = REJECT("missing-to", "Missing To header"),
[WHY_FROM_MISSING] = REJECT("missing-from", "Missing From header"),
[WHY_CALL_ID_MISSING] = REJECT("missing-call-id", "Missing Call-ID header"),
[WHY_CSEQ_MISSING] = REJECT("missing-cseq", "Missing CSeq header"),
[WHY_VIA_MISSING] = REJECT("missing-via", "Missing Via header"),
[WHY_TO_REPEATED] = REJECT("repeated-to", "Repeated To header"),
[WHY_FROM_REPEATED] = REJECT("repeated-from", "Repeated From header"),
[WHY_CALL_ID_REPEATED] = REJECT("repeated-call-id",
    "Repeated Call-ID header"),
[WHY_CSEQ_REPEATED] = REJECT("repeated-cseq", "Repeated CSeq header"),
[WHY_MAX_FORWARDS_REPEATED] = REJECT("repeated-max-forwards",
    "Repeated Max-Forwards header"),
[WHY_CONTENT_LENGTH_REPEATED] = REJECT("repeated-content-length",
    "Repeated Content-Length header"),
[WHY_CONTENT_TYPE_REPEATED] = REJECT("repeated-content-type",
    "Repeated Content-Type header"),
[WHY_TO_EMPTY] = REJECT("empty-to", "Empty To header"),
[WHY_FROM_EMPTY] = REJECT("empty-from", "Empty From header"),
[WHY_CALL_ID_EMPTY] = REJECT("empty-call-id", "Empty Call-ID header"),
[WHY_TO_QUOTE] = REJECT("to-unbalanced-quote",
    "Unbalanced quote in To header"),
[WHY_FROM_QUOTE] = REJECT("from-unbalanced-quote",
    "Unbalanced quote in From header"),
[WHY_TO_ANGLE] = REJECT("to-unbalanced-angle", "< without > in To header"),
[WHY_FROM_ANGLE] = REJECT("from-unbalanced-angle",
    "< without > in From header"),
[WHY_CALL_ID_SPACE] = REJECT("call-id-space", "White space in Call-ID header"),
[WHY_CSEQ] = REJECT("bad-cseq", "Malformed CSeq header"),
[WHY_CSEQ_LARGE] = REJECT("cseq-too-large", "CSeq number over 4294967295"),
[WHY_CSEQ_METHOD] = REJECT("cseq-method", "CSeq method is not the request's"),
[WHY_VIA] = REJECT("bad-via", "Malformed topmost Via header"),
[WHY_CONTENT_LENGTH] = REJECT("bad-content-length",
    "Malformed Content-Length header"),
[WHY_CONTENT_LENGTH_MISSING] = REJECT("missing-content-length",
    "Content-Type without Content-Length header"),
[WHY_BODY_LARGE] = REJECT("body-too-large", "Body too large"),

[WHY_DIRECTORY_MISSING] = { 500, EX_CONFIG, "directory-missing",
    "Script directory missing" },
[WHY_DIRECTORY_NOT] = { 500, EX_CONFIG, "directory-not-a-directory",
    "Script directory is not a directory" },
[WHY_DIRECTORY_UNREADABLE] = { 500, EX_CONFIG, "directory-unreadable",
    "Script directory unreadable" },
[WHY_DIRECTORY_WRITABLE] = { 500, EX_CONFIG, "directory-writable",
    "Script directory writable by others" },
[WHY_SCRIPT_MISSING] = { 500, EX_OK, "no-script", "No script" },
[WHY_SCRIPT_WRITABLE] = { 500, EX_OK, "script-writable",
    "Script writable by others" },
[WHY_EXEC] = { 500, EX_OK, "exec-failed", "Script cannot be executed" },
[WHY_ENVIRONMENT_LARGE] = { 500, EX_OK, "environment-too-large",
    "Environment too large" },
[WHY_SYSTEM] = { 500, EX_OSERR, "system-error", "Server Internal Error" },

[WHY_LISTENING_SOCKET] = { 0, EX_CONFIG, "listening-socket",
    "fd 0 is a listening socket; the super-server must accept (Accept=yes)" },
[WHY_DATAGRAM_SOCKET] = { 0, EX_CONFIG, "datagram-socket",
    "fd 0 is a datagram socket; only stream sockets are served" },
};

const struct why_entry *
why_entry(enum why why)
{
	return &table[why];
}
