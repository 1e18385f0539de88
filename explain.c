#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "explain.h"
#include "log.h"
#include "sandbox.h"
#include "text.h"

/* Octets of a faulty line that are shown before and after the fault. */
#define SHOWN_BEFORE 40
#define SHOWN_AFTER 30

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

/*
 * Octets from the message, escaped; they can be as long as a head.  Returns
 * how many columns they take.
 */
static size_t
print_escaped(const void *octets, size_t n)
{
	const unsigned char *p = octets;
	char part[4 * 256];
	size_t columns = 0;

	while (n > 0) {
		struct text t = { part, sizeof part, 0, false };
		size_t some = n < 256 ? n : 256;

		text_escape(&t, p, some, some, true);
		fwrite(t.start, 1, t.len, stdout);
		columns += t.len;
		p += some;
		n -= some;
	}
	return columns;
}

static void
print_string(const char *string)
{
	(void)print_escaped(string, strlen(string));
}

/* "label:    ", so that what follows is aligned. */
static void
print_label(const char *label)
{
	printf("%s%s:%s%*s", dim, label, plain, (int)(9 - strlen(label)), "");
}

/* Where in the input the fault stands; false when it stands nowhere. */
static bool
find_fault(const struct explain *e, size_t *octet)
{
	if (e->why == WHY_NONE || e->why == WHY_RESPONSE ||
	    e->request->msg.fault != e->why)
		return false;
	*octet = e->request->blank + e->request->msg.fault_at;
	return true;
}

static void
print_verdict(const struct explain *e)
{
	const struct why_entry *why = why_entry(e->why);
	size_t octet;

	if (e->why == WHY_NONE) {
		printf("%sexec%s\n", good, plain);
		return;
	}
	if (e->answered)
		printf("%sreject %d %s%s", bad, why->status, why->token,
		    plain);
	else
		printf("%sdiscard %s%s", bad, why->token, plain);
	if (find_fault(e, &octet))
		printf(" at octet %zu", octet);
	putchar('\n');
	print_label("reason");
	printf("%s%s%s%s\n", why->phrase, e->error != 0 ? " (" : "",
	    e->error != 0 ? log_errno_name(e->error) : "",
	    e->error != 0 ? ")" : "");
	if (e->missing != NULL) {
		print_label("missing");
		print_string(e->missing);
		putchar('\n');
	}
	print_label("hint");
	puts(why->hint);
}

/* The line that holds the fault, and a caret under its octet. */
static void
print_fault(const struct explain *e)
{
	const unsigned char *buf = e->request->buf;
	size_t len = e->request->len, at = e->request->msg.fault_at;
	size_t from = at, to = at, column, octet;

	if (!find_fault(e, &octet) || at > len ||
	    (e->request->msg.head_len > 0 && at >= e->request->msg.head_len))
		return;
	while (from > 0 && buf[from - 1] != '\n' && at - from < SHOWN_BEFORE)
		from--;
	while (to < len && buf[to] != '\n' && to - at < SHOWN_AFTER)
		to++;
	if (to > at && buf[to - 1] == '\r' && to < len && buf[to] == '\n')
		to--;
	print_label("fault");
	column = print_escaped(buf + from, at - from);
	(void)print_escaped(buf + at, to - at);
	printf("\n%*s%s^%s\n", (int)(10 + column), "", bad, plain);
}

static void
print_tries(const struct script *s)
{
	int widest = 0, width;
	unsigned i;

	for (i = 0; i < s->ntries; i++) {
		width = (int)strlen(s->tries[i].name);
		if (width > widest && width <= 40)
			widest = width;
	}
	for (i = 0; i < s->ntries; i++) {
		print_label("tried");
		width = (int)print_escaped(s->tries[i].name,
		    strlen(s->tries[i].name));
		printf(":%*s %s", width < widest ? widest - width : 0, "",
		    script_verdict_text(&s->tries[i]));
		if (s->tries[i].verdict == SCRIPT_ABSENT)
			printf(" (%s)", log_errno_name(s->tries[i].error));
		putchar('\n');
	}
	if (s->interpreter[0] != '\0') {
		print_label("runs by");
		print_string(s->interpreter);
		putchar('\n');
	}
}

/* What confines the script, and what this kernel has not got for it. */
static void
print_sandbox(const struct explain *e)
{
	struct sandbox_parts kernel;
	const char *lack;
	size_t i;

	if (e->sandbox == NULL)
		return;
	print_label("sandbox");
	puts(e->sandbox);
	sandbox_ask(&kernel);
	for (i = 0; (lack = sandbox_lack(&kernel, i)) != NULL; i++) {
		print_label("lacking");
		puts(lack);
	}
}

static uint64_t
stdin_length(const struct explain *e)
{
	const struct sipmsg *m = &e->request->msg;

	return m->head_len - m->headers_off + e->request->body_len;
}

static void
print_environment(const struct explain *e)
{
	const struct sipmsg *m = &e->request->msg;
	size_t i;

	print_label("script");
	print_string(e->script->path);
	putchar('\n');
	print_label("stdin");
	printf("%llu octets\n", (unsigned long long)stdin_length(e));
	for (i = 0; i < e->env->ndropped; i++) {
		struct slice name = m->field[e->env->dropped[i]].name;

		print_label("dropped");
		(void)print_escaped(e->request->buf + name.off, name.len);
		putchar('\n');
	}
	printf("%senvironment:%s\n", dim, plain);
	for (i = 0; i < e->env->nvars; i++) {
		print_string(e->env->vars[i]);
		putchar('\n');
	}
}

/* ---- The same for programs: one JSON object (RFC 8259). */

/*
 * A string; an octet that is not printable ASCII becomes the character of
 * that number, since what a peer sends need not be UTF-8.
 */
static void
json_octets(const void *octets, size_t n)
{
	const unsigned char *p = octets;

	putchar('"');
	for (; n > 0; n--, p++) {
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else if (*p < ' ' || *p > '~')
			printf("\\u%04x", *p);
		else
			putchar(*p);
	}
	putchar('"');
}

static void
json_string(const char *name, const char *value)
{
	printf(",\"%s\":", name);
	json_octets(value, strlen(value));
}

static void
json_verdict(const struct explain *e)
{
	const struct why_entry *why = why_entry(e->why);
	size_t octet;

	printf("{\"verdict\":\"%s\"", e->why == WHY_NONE ? "exec" :
	    e->answered ? "reject" : "discard");
	if (e->why == WHY_NONE)
		return;
	if (e->answered)
		printf(",\"status\":%d", why->status);
	json_string("why", why->token);
	json_string("reason", why->phrase);
	json_string("hint", why->hint);
	if (e->error != 0)
		json_string("errno", log_errno_name(e->error));
	if (e->missing != NULL)
		json_string("missing", e->missing);
	if (find_fault(e, &octet))
		printf(",\"octet\":%zu", octet);
}

static void
json_tries(const struct script *s)
{
	unsigned i;

	fputs(",\"tried\":[", stdout);
	for (i = 0; i < s->ntries; i++) {
		fputs(i == 0 ? "{\"name\":" : ",{\"name\":", stdout);
		json_octets(s->tries[i].name, strlen(s->tries[i].name));
		json_string("result", script_verdict_text(&s->tries[i]));
		if (s->tries[i].verdict == SCRIPT_ABSENT)
			json_string("errno",
			    log_errno_name(s->tries[i].error));
		putchar('}');
	}
	putchar(']');
	if (s->interpreter[0] != '\0')
		json_string("interpreter", s->interpreter);
}

static void
json_sandbox(const struct explain *e)
{
	struct sandbox_parts kernel;
	const char *lack;
	size_t i;

	if (e->sandbox == NULL)
		return;
	json_string("sandbox", e->sandbox);
	sandbox_ask(&kernel);
	fputs(",\"lacking\":[", stdout);
	for (i = 0; (lack = sandbox_lack(&kernel, i)) != NULL; i++) {
		if (i > 0)
			putchar(',');
		json_octets(lack, strlen(lack));
	}
	putchar(']');
}

static void
json_environment(const struct explain *e)
{
	size_t i, n;

	json_string("script", e->script->path);
	printf(",\"stdin\":%llu", (unsigned long long)stdin_length(e));
	fputs(",\"dropped\":[", stdout);
	for (i = 0; i < e->env->ndropped; i++) {
		struct slice name =
		    e->request->msg.field[e->env->dropped[i]].name;

		if (i > 0)
			putchar(',');
		json_octets(e->request->buf + name.off, name.len);
	}
	fputs("],\"environment\":{", stdout);
	for (i = 0; i < e->env->nvars; i++) {
		const char *variable = e->env->vars[i];

		if (i > 0)
			putchar(',');
		n = strcspn(variable, "=");
		json_octets(variable, n);
		putchar(':');
		json_octets(variable + n + 1, strlen(variable + n + 1));
	}
	putchar('}');
}

int
explain_print(const struct explain *e, bool json)
{
	if (json) {
		json_verdict(e);
		json_tries(e->script);
		json_sandbox(e);
		if (e->why == WHY_NONE)
			json_environment(e);
		puts("}");
	} else {
		choose_colours();
		print_verdict(e);
		print_fault(e);
		print_tries(e->script);
		print_sandbox(e);
		if (e->why == WHY_NONE)
			print_environment(e);
	}
	if (fflush(stdout) != 0)
		return EX_OSERR;
	return e->why == WHY_NONE ? 0 : 1;
}
