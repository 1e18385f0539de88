#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "explain.h"
#include "log.h"
#include "text.h"

/* Octets from the message, escaped; they can be as long as a head. */
static void
print_escaped(const void *octets, size_t n)
{
	const unsigned char *p = octets;
	char part[4 * 256 + 4];

	while (n > 0) {
		struct text t = { part, sizeof part, 0, false };
		size_t some = n < 256 ? n : 256;

		text_escape(&t, p, some, some, true);
		fwrite(t.start, 1, t.len, stdout);
		p += some;
		n -= some;
	}
}

static bool
has_offset(const struct explain *e)
{
	return e->request->msg.fault == e->why && e->why != WHY_RESPONSE;
}

static void
print_verdict(const struct explain *e)
{
	const struct why_entry *why = why_entry(e->why);

	if (e->why == WHY_NONE) {
		puts("exec");
		return;
	}
	if (e->answered)
		printf("reject %d %s", why->status, why->token);
	else
		printf("discard %s", why->token);
	if (has_offset(e))
		printf(" at octet %zu",
		    e->request->blank + e->request->msg.fault_at);
	printf("\nreason: %s", why->phrase);
	if (e->error != 0)
		printf(" (%s)", log_errno_name(e->error));
	putchar('\n');
}

static void
print_tries(const struct script *s)
{
	unsigned i;

	for (i = 0; i < s->ntries; i++) {
		fputs("tried: ", stdout);
		print_escaped(s->tries[i].name, strlen(s->tries[i].name));
		printf(": %s", script_verdict_text(&s->tries[i]));
		if (s->tries[i].verdict == SCRIPT_ABSENT)
			printf(" (%s)", log_errno_name(s->tries[i].error));
		putchar('\n');
	}
}

static void
print_environment(const struct explain *e)
{
	const struct sipmsg *m = &e->request->msg;
	size_t i;

	for (i = 0; i < e->env->ndropped; i++) {
		struct sipmsg_slice name = m->field[e->env->dropped[i]].name;

		fputs("dropped: ", stdout);
		print_escaped(e->request->buf + name.off, name.len);
		putchar('\n');
	}
	puts("environment:");
	for (i = 0; i < e->env->nvars; i++) {
		print_escaped(e->env->vars[i], strlen(e->env->vars[i]));
		putchar('\n');
	}
}

int
explain_print(const struct explain *e)
{
	print_verdict(e);
	print_tries(e->script);
	if (e->why == WHY_NONE) {
		printf("script: %s\n", e->script->path);
		printf("stdin: %llu octets\n", (unsigned long long)
		    (e->request->msg.head_len - e->request->msg.headers_off +
		    e->request->body_len));
		print_environment(e);
	}
	if (fflush(stdout) != 0)
		return EX_OSERR;
	return e->why == WHY_NONE ? 0 : 1;
}
