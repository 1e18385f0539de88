#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "explain.h"
#include "fds.h"
#include "pages.h"
#include "sandbox.h"
#include "text.h"

/* Octets of a faulty line that are shown before and after the fault. */
#define SHOWN_BEFORE 40
#define SHOWN_AFTER 30
/* A longer name does not move the others' verdicts. */
#define WIDEST_NAME 40

/* What a label is padded to. */
#define LABEL_WIDTH 10
/*
 * What is printed is written when so little room is left; an octet escaped
 * takes at most six, and no constant string is longer than the rest.
 */
#define OUTPUT_SIZE 16384
#define LEAST_ROOM 2048
#define MOST_ESCAPED 256

/* Colours, on a terminal only. */
static const char *good = "", *bad = "", *dim = "", *plain = "";

static void
choose_colours(void)
{
	if (!isatty(STDOUT_FILENO))
		return;
	good = "\033[1;32m";
	bad = "\033[1;31m";
	dim = "\033[2m";
	plain = "\033[0m";
}

static void
put_strings(struct text *t, const char *a, const char *b, const char *c)
{
	text_puts(t, a);
	text_puts(t, b);
	text_puts(t, c);
}

static void
put_spaces(struct text *t, size_t n)
{
	for (; n > 0; n--)
		text_putc(t, ' ');
}

/* A text that could not be written stays full, which is noticed at the end. */
static void
make_room(struct text *t)
{
	if (t->size - t->len >= LEAST_ROOM)
		return;
	if (fds_write(STDOUT_FILENO, t->start, t->len) != 0)
		t->full = true;
	t->len = 0;
}

/*
 * Octets from the message or the environment, of any number.  Returns how
 * many columns they take.
 */
static size_t
put_escaped(struct text *t, const void *octets, size_t n)
{
	const unsigned char *p = octets;
	size_t columns = 0;

	while (n > 0) {
		size_t some = n < MOST_ESCAPED ? n : MOST_ESCAPED, before;

		make_room(t);
		before = t->len;
		text_escape(t, p, some, some, true);
		columns += t->len - before;
		p += some;
		n -= some;
	}
	return columns;
}

static size_t
put_string(struct text *t, const char *string)
{
	return put_escaped(t, string, strlen(string));
}

static void
put_line(struct text *t, const char *string)
{
	(void)put_string(t, string);
	text_putc(t, '\n');
}

/* "label:    ", so that what follows is aligned. */
static void
put_label(struct text *t, const char *label)
{
	make_room(t);
	put_strings(t, dim, label, ":");
	text_puts(t, plain);
	put_spaces(t, LABEL_WIDTH - 1 - strlen(label));
}

/* Where in the input the fault stands; false when it stands nowhere. */
static bool
find_fault(const struct explain *e, size_t *octet)
{
	if (e->outcome->why == WHY_NONE || e->outcome->why == WHY_RESPONSE ||
	    e->request->msg.fault != e->outcome->why)
		return false;
	*octet = e->request->blank + e->request->msg.fault_at;
	return true;
}

static void
put_verdict(struct text *t, const struct explain *e)
{
	const struct outcome *o = e->outcome;
	const struct why_entry *why = why_entry(o->why);
	size_t octet;

	if (o->why == WHY_NONE) {
		put_strings(t, good, "exec", plain);
		text_putc(t, '\n');
		return;
	}
	text_puts(t, bad);
	if (o->answered) {
		text_puts(t, "reject ");
		text_number(t, (uint64_t)why->status);
		text_putc(t, ' ');
	} else
		text_puts(t, "discard ");
	text_puts(t, why->token);
	text_puts(t, plain);
	if (find_fault(e, &octet)) {
		text_puts(t, " at octet ");
		text_number(t, octet);
	}
	text_putc(t, '\n');
	put_label(t, "reason");
	text_puts(t, why->phrase);
	if (o->error != 0)
		put_strings(t, " (", text_errno(o->error), ")");
	text_putc(t, '\n');
	if (o->missing != NULL) {
		put_label(t, "missing");
		put_line(t, o->missing);
	}
	put_label(t, "hint");
	put_line(t, why->hint);
}

/* The line that holds the fault, and a caret under its octet. */
static void
put_fault(struct text *t, const struct explain *e)
{
	const unsigned char *buf = e->request->buf;
	size_t len = e->request->len, at = e->request->msg.fault_at;
	size_t from, to, columns, octet;

	if (!find_fault(e, &octet) || at > len ||
	    (e->request->msg.head_len > 0 && at >= e->request->msg.head_len))
		return;
	/* What ended too early is shown by the end of its last line. */
	if (at == len && at > 0 && buf[at - 1] == '\n')
		at -= at > 1 && buf[at - 2] == '\r' ? 2 : 1;
	for (from = to = at; from > 0 && buf[from - 1] != '\n' &&
	    at - from < SHOWN_BEFORE; from--)
		;
	while (to < len && buf[to] != '\n' && to - at < SHOWN_AFTER)
		to++;
	if (to > at && buf[to - 1] == '\r' && to < len && buf[to] == '\n')
		to--;
	put_label(t, "fault");
	columns = put_escaped(t, buf + from, at - from);
	(void)put_escaped(t, buf + at, to - at);
	text_putc(t, '\n');
	put_spaces(t, LABEL_WIDTH + columns);
	put_strings(t, bad, "^", plain);
	text_putc(t, '\n');
}

static const char *
find_other_case(const struct script_try *try)
{
	return try->verdict == SCRIPT_ABSENT ? script_other_case(try->name) :
	    NULL;
}

static void
put_other_case(struct text *t, const struct script_try *try)
{
	const char *name = find_other_case(try);

	if (name == NULL)
		return;
	put_label(t, "hint");
	(void)put_string(t, name);
	text_puts(t, " is there: case counts, and a host is in lower case\n");
}

static void
put_tries(struct text *t, const struct script *s)
{
	size_t widest = 0, width;
	unsigned i;

	for (i = 0; i < s->ntries; i++) {
		width = strlen(s->tries[i].name);
		if (width > widest && width <= WIDEST_NAME)
			widest = width;
	}
	for (i = 0; i < s->ntries; i++) {
		put_label(t, "tried");
		width = put_string(t, s->tries[i].name);
		text_putc(t, ':');
		put_spaces(t, width < widest ? widest - width + 1 : 1);
		text_puts(t, script_verdict_text(&s->tries[i]));
		if (s->tries[i].verdict == SCRIPT_ABSENT)
			put_strings(t, " (",
			    text_errno(s->tries[i].error), ")");
		text_putc(t, '\n');
		put_other_case(t, &s->tries[i]);
	}
	if (s->interpreter != NULL) {
		put_label(t, "runs by");
		put_line(t, s->interpreter);
	}
	if (s->ntries > 0 && geteuid() == 0) {
		put_label(t, "as root");
		text_puts(t, "the super-server's user may be allowed less\n");
	}
}

/* What confines the script, and what this kernel lacks for it. */
static void
put_sandbox(struct text *t, const struct explain *e)
{
	struct sandbox_parts kernel;
	const char *lack;
	size_t i;

	if (e->outcome->sandbox == NULL)
		return;
	put_label(t, "sandbox");
	put_line(t, e->outcome->sandbox);
	sandbox_ask(&kernel);
	for (i = 0; (lack = sandbox_lack(&kernel, i)) != NULL; i++) {
		put_label(t, "lacking");
		put_line(t, lack);
	}
}

static uint64_t
stdin_length(const struct explain *e)
{
	const struct sipmsg *m = &e->request->msg;

	return m->head_len - m->headers_off + e->request->body_len;
}

static void
put_environment(struct text *t, const struct explain *e)
{
	const struct sipmsg *m = &e->request->msg;
	const struct env *env = e->outcome->env;
	size_t i;

	put_label(t, "script");
	put_line(t, e->script->path);
	put_label(t, "stdin");
	text_number(t, stdin_length(e));
	text_puts(t, " octets\n");
	for (i = 0; i < env->ndropped; i++) {
		struct slice name = m->field[env->dropped[i]].name;

		put_label(t, "dropped");
		(void)put_escaped(t, e->request->buf + name.off, name.len);
		text_putc(t, '\n');
	}
	put_strings(t, dim, "environment:", plain);
	text_putc(t, '\n');
	for (i = 0; i < env->nvars; i++)
		put_line(t, env->vars[i]);
}

/* ---- The same for programs: one JSON object (RFC 8259). */

/*
 * A string; an octet that is not printable ASCII becomes the character of
 * that number, since what a peer sends need not be UTF-8.
 */
static void
json_octets(struct text *t, const void *octets, size_t n)
{
	const unsigned char *p = octets;

	text_putc(t, '"');
	for (; n > 0; n--, p++) {
		make_room(t);
		if (*p == '"' || *p == '\\')
			text_putc(t, '\\');
		if (*p < ' ' || *p > '~') {
			text_puts(t, "\\u");
			text_hex(t, *p, 4);
		} else
			text_putc(t, (char)*p);
	}
	text_putc(t, '"');
}

static void
json_name(struct text *t, const char *name)
{
	put_strings(t, ",\"", name, "\":");
}

static void
json_string(struct text *t, const char *name, const char *value)
{
	json_name(t, name);
	json_octets(t, value, strlen(value));
}

static void
json_number(struct text *t, const char *name, uint64_t number)
{
	json_name(t, name);
	text_number(t, number);
}

static void
json_verdict(struct text *t, const struct explain *e)
{
	const struct outcome *o = e->outcome;
	const struct why_entry *why = why_entry(o->why);
	size_t octet;

	put_strings(t, "{\"verdict\":\"", o->why == WHY_NONE ? "exec" :
	    o->answered ? "reject" : "discard", "\"");
	if (o->why == WHY_NONE)
		return;
	if (o->answered)
		json_number(t, "status", (uint64_t)why->status);
	json_string(t, "why", why->token);
	json_string(t, "reason", why->phrase);
	json_string(t, "hint", why->hint);
	if (o->error != 0)
		json_string(t, "errno", text_errno(o->error));
	if (o->missing != NULL)
		json_string(t, "missing", o->missing);
	if (find_fault(e, &octet))
		json_number(t, "octet", octet);
}

static void
json_tries(struct text *t, const struct script *s)
{
	const char *other;
	unsigned i;

	text_puts(t, ",\"tried\":[");
	for (i = 0; i < s->ntries; i++) {
		text_puts(t, i == 0 ? "{\"name\":" : ",{\"name\":");
		json_octets(t, s->tries[i].name, strlen(s->tries[i].name));
		json_string(t, "result", script_verdict_text(&s->tries[i]));
		if (s->tries[i].verdict == SCRIPT_ABSENT)
			json_string(t, "errno",
			    text_errno(s->tries[i].error));
		other = find_other_case(&s->tries[i]);
		if (other != NULL)
			json_string(t, "otherCase", other);
		text_putc(t, '}');
	}
	text_putc(t, ']');
	if (s->interpreter != NULL)
		json_string(t, "interpreter", s->interpreter);
	if (s->ntries > 0)
		json_number(t, "user", geteuid());
}

static void
json_sandbox(struct text *t, const struct explain *e)
{
	struct sandbox_parts kernel;
	const char *lack;
	size_t i;

	if (e->outcome->sandbox == NULL)
		return;
	json_string(t, "sandbox", e->outcome->sandbox);
	sandbox_ask(&kernel);
	text_puts(t, ",\"lacking\":[");
	for (i = 0; (lack = sandbox_lack(&kernel, i)) != NULL; i++) {
		if (i > 0)
			text_putc(t, ',');
		json_octets(t, lack, strlen(lack));
	}
	text_putc(t, ']');
}

static void
json_environment(struct text *t, const struct explain *e)
{
	const struct env *env = e->outcome->env;
	size_t i, n;

	json_string(t, "script", e->script->path);
	json_number(t, "stdin", stdin_length(e));
	text_puts(t, ",\"dropped\":[");
	for (i = 0; i < env->ndropped; i++) {
		struct slice name =
		    e->request->msg.field[env->dropped[i]].name;

		if (i > 0)
			text_putc(t, ',');
		json_octets(t, e->request->buf + name.off, name.len);
	}
	text_puts(t, "],\"environment\":{");
	for (i = 0; i < env->nvars; i++) {
		const char *variable = env->vars[i];

		if (i > 0)
			text_putc(t, ',');
		n = strcspn(variable, "=");
		json_octets(t, variable, n);
		text_putc(t, ':');
		json_octets(t, variable + n + 1, strlen(variable + n + 1));
	}
	text_putc(t, '}');
}

int
explain_print(const struct explain *e, bool json)
{
	static PAGES_LARGE char output[OUTPUT_SIZE];
	struct text text = { output, sizeof output, 0, false }, *t = &text;

	if (json) {
		json_verdict(t, e);
		json_tries(t, e->script);
		json_sandbox(t, e);
		if (e->outcome->why == WHY_NONE)
			json_environment(t, e);
		text_puts(t, "}\n");
	} else {
		choose_colours();
		put_verdict(t, e);
		put_fault(t, e);
		put_tries(t, e->script);
		put_sandbox(t, e);
		if (e->outcome->why == WHY_NONE)
			put_environment(t, e);
	}
	if (t->full || fds_write(STDOUT_FILENO, t->start, t->len) != 0)
		return EX_OSERR;
	return e->outcome->why == WHY_NONE ? 0 : 1;
}
