#include <string.h>

#include "logline.h"

/* How many octets of a value a line shows; escapes take up to four each. */
#define MOST_METHOD 32
#define MOST_URI 192
#define MOST_NAME 256
#define MOST_CALL_ID 128
#define MOST_DETAIL 128
#define MOST_DROPPED 64
#define MOST_DROPPED_NAMES 4

/*
 * Where a value goes: to the line as " key=value", or to the journal as
 * "FIELD=value\n".  Each value is written by one function for both.
 */
struct writer {
	struct text *text;
	bool journal;
};

/* Returns where the pair begins, for end(). */
static size_t
begin(const struct writer *w, const char *key, const char *field)
{
	size_t start = w->text->len;

	if (!w->journal)
		text_putc(w->text, ' ');
	text_puts(w->text, w->journal ? field : key);
	text_putc(w->text, '=');
	return start;
}

/* A pair that does not fit is left out. */
static void
end(const struct writer *w, size_t start)
{
	if (w->journal)
		text_putc(w->text, '\n');
	if (w->text->full) {
		w->text->len = start;
		w->text->full = false;
	}
}

/* In a line a space ends the value, so there it is escaped. */
static void
put_octets(const struct writer *w, const char *key, const char *field,
    const void *octets, size_t n, size_t most)
{
	size_t start = begin(w, key, field);

	text_escape(w->text, octets, n, most, w->journal);
	end(w, start);
}

static void
put_slice(const struct writer *w, const char *key, const char *field,
    const unsigned char *buf, struct slice s, size_t most)
{
	if (s.len > 0)
		put_octets(w, key, field, buf + s.off, s.len, most);
}

static void
put_name(const struct writer *w, const char *key, const char *field,
    const char *name, size_t most)
{
	if (name != NULL)
		put_octets(w, key, field, name, strlen(name), most);
}

static void
put_number(const struct writer *w, const char *key, const char *field,
    uint64_t number)
{
	size_t start = begin(w, key, field);

	text_number(w->text, number);
	end(w, start);
}

/* A word of our own. */
static void
put_word(const struct writer *w, const char *key, const char *field,
    const char *word)
{
	size_t start = begin(w, key, field);

	text_puts(w->text, word);
	end(w, start);
}

/*
 * A Request-URI with its password as "***": all between the first colon
 * after the scheme and the last "@", well-formed or not.
 */
static void
put_uri(const struct writer *w, const unsigned char *uri, size_t n)
{
	const unsigned char *scheme = memchr(uri, ':', n);
	const unsigned char *at = memrchr(uri, '@', n);
	const unsigned char *colon = scheme == NULL || at == NULL ||
	    at < scheme ? NULL :
	    memchr(scheme + 1, ':', (size_t)(at - scheme - 1));
	size_t before = colon == NULL ? n : (size_t)(colon + 1 - uri), start;

	if (n == 0)
		return;
	start = begin(w, "uri", "SIP_URI");
	text_escape(w->text, uri, before, MOST_URI, w->journal);
	if (colon != NULL && before <= MOST_URI) {
		text_puts(w->text, "***");
		text_escape(w->text, at, (size_t)(uri + n - at), MOST_URI,
		    w->journal);
	}
	end(w, start);
}

static void
put_peer(const struct writer *w, const struct peer *peer)
{
	bool brackets = !w->journal && strchr(peer->remote_addr, ':') != NULL;
	size_t start = begin(w, "peer", "REMOTE_ADDR");

	if (brackets)
		text_putc(w->text, '[');
	text_puts(w->text, peer->remote_addr);
	if (brackets)
		text_putc(w->text, ']');
	end(w, start);
	if (peer->remote_port == 0)
		return;
	if (w->journal)
		put_number(w, NULL, "REMOTE_PORT", peer->remote_port);
	else {
		text_putc(w->text, ':');
		text_number(w->text, peer->remote_port);
	}
}

/*
 * SIPCGI_REASON and SIPCGI_HINT are for sip-cgi.catalog, which shows them:
 * one MESSAGE_ID explains all reasons of its kind.
 */
static void
put_why(const struct writer *w, const struct outcome *o)
{
	const struct why_entry *why = why_entry(o->why);

	if (o->why != WHY_NONE) {
		put_word(w, "why", "SIPCGI_WHY", why->token);
		if (w->journal) {
			put_word(w, NULL, "SIPCGI_REASON", why->phrase);
			put_word(w, NULL, "SIPCGI_HINT", why->hint);
		}
	}
	if (o->error != 0)
		put_word(w, "errno", "SIPCGI_ERRNO", text_errno(o->error));
	put_name(w, "missing", "SIPCGI_MISSING", o->missing, MOST_NAME);
	put_name(w, "directory", "SIPCGI_DIRECTORY", o->directory, MOST_NAME);
	put_name(w, "detail", "SIPCGI_DETAIL", o->detail, MOST_DETAIL);
}

/* What we answered, and why. */
static void
put_refusal(const struct writer *w, const struct outcome *o)
{
	int status = why_entry(o->why)->status;

	if (status != 0 && o->event != EVENT_DISCARD)
		put_number(w, "status", "SIPCGI_STATUS", (uint64_t)status);
	put_why(w, o);
}

static void
put_request(const struct writer *w, const struct outcome *o)
{
	const struct sipmsg *m = o->msg;
	const struct sipmsg_field *id = m == NULL ? NULL :
	    sipmsg_first(m, SIPMSG_CALL_ID);

	if (m != NULL) {
		put_slice(w, "method", "SIP_METHOD", o->buf, m->method,
		    MOST_METHOD);
		put_uri(w, o->buf + m->request_uri.off, m->request_uri.len);
	}
	put_name(w, "script", "SIPCGI_SCRIPT", o->script, MOST_NAME);
	put_name(w, "skipped", "SIPCGI_SKIPPED", o->skipped, MOST_NAME);
	put_name(w, "skipped-why", "SIPCGI_SKIPPED_WHY", o->skipped_why,
	    MOST_NAME);
	if (id != NULL)
		put_octets(w, "call-id", "SIP_CALL_ID",
		    o->buf + id->value.off, id->value.len, MOST_CALL_ID);
}

static void
put_done(const struct writer *w, const struct outcome *o)
{
	const struct outcome_done *d = o->done;

	if (d->status != 0) {
		put_number(w, "status", "SIPCGI_STATUS", (uint64_t)d->status);
		put_word(w, "by", "SIPCGI_BY",
		    d->by_script ? "script" : "each");
	}
	put_why(w, o);
	put_number(w, "ms", "SIPCGI_MILLISECONDS", d->milliseconds);
	if (d->signal != 0)
		put_number(w, "signal", "SIPCGI_SIGNAL", (uint64_t)d->signal);
	else
		put_number(w, "exit", "SIPCGI_EXIT",
		    (uint64_t)d->exit_status);
	put_number(w, "pid", "SIPCGI_PID", d->pid);
	put_number(w, "repeats", "SIPCGI_REPEATS", d->repeats);
}

static void
put_outcome(const struct writer *w, const struct outcome *o)
{
	if (o->peer != NULL && o->peer->remote_addr[0] != '\0')
		put_peer(w, o->peer);
	if (o->done == NULL)
		put_refusal(w, o);
	put_request(w, o);
	if (o->done != NULL)
		put_done(w, o);
	if (o->sandbox != NULL)
		put_word(w, "sandbox", "SIPCGI_SANDBOX", o->sandbox);
}

static void
put_dropped(const struct writer *w, const struct outcome *o)
{
	size_t i, n = o->env->ndropped, start;

	if (n == 0)
		return;
	start = begin(w, "dropped", NULL);
	for (i = 0; i < n && i < MOST_DROPPED_NAMES; i++) {
		struct slice name =
		    o->msg->field[o->env->dropped[i]].name;

		if (i > 0)
			text_putc(w->text, ',');
		text_escape(w->text, o->buf + name.off, name.len,
		    MOST_DROPPED, false);
	}
	if (n > MOST_DROPPED_NAMES)
		text_puts(w->text, ",...");
	end(w, start);
}

void
logline_put(struct text *t, const struct outcome *o)
{
	const struct writer w = { t, false };
	const char *name = event_name(o->event);
	size_t pad;

	text_puts(t, name);
	for (pad = strlen(name); pad < strlen("reject"); pad++)
		text_putc(t, ' ');
	put_outcome(&w, o);
	if (o->env != NULL)
		put_dropped(&w, o);
}

void
logline_put_fields(struct text *t, const struct outcome *o)
{
	const struct writer w = { t, true };

	put_word(&w, NULL, "MESSAGE_ID", event_message_id(o->event));
	put_word(&w, NULL, "SIPCGI_EVENT", event_name(o->event));
	put_outcome(&w, o);
}

enum event_level
logline_level(const struct outcome *o)
{
	switch (o->event) {
	case EVENT_ERROR:
		return EVENT_LEVEL_ERR;
	case EVENT_REJECT:
		return EVENT_LEVEL_WARNING;
	case EVENT_DISCARD:
		/* A fault that gets no answer is still a refusal. */
		return why_entry(o->why)->status != 0 || o->why == WHY_FLOOD ?
		    EVENT_LEVEL_WARNING : EVENT_LEVEL_INFO;
	case EVENT_DONE:
		/* The script did not do what it should: we answered. */
		return !o->done->by_script && (o->done->status == 500 ||
		    o->done->status == 504) ? EVENT_LEVEL_WARNING :
		    EVENT_LEVEL_INFO;
	case EVENT_EXEC:
	case EVENT_COUNT:
		break;
	}
	/* Was another file meant to answer? */
	return o->skipped != NULL ? EVENT_LEVEL_WARNING : EVENT_LEVEL_INFO;
}
