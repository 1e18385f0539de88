#include <stdio.h>
#include <string.h>

#include "tools/check/finding.h"
#include "text.h"

/* Octets of a value that are shown, each as \xHH at worst. */
#define MOST_SHOWN 200

static struct {
	bool json;
	unsigned told, errors;
} findings;

void
finding_use_json(void)
{
	findings.json = true;
}

/* Printable ASCII, with quotes and backslashes escaped. */
static void
show(const char *octets)
{
	char room[4 * MOST_SHOWN + 8];
	struct text t = { room, sizeof room, 0, false };

	text_escape(&t, octets, strlen(octets), MOST_SHOWN, true);
	(void)printf("%.*s", (int)t.len, room);
}

/* The same as a JSON string: its \xHH reads \\xHH. */
static void
show_json(const char *octets)
{
	char room[4 * MOST_SHOWN + 8];
	struct text t = { room, sizeof room, 0, false };
	size_t i;

	text_escape(&t, octets, strlen(octets), MOST_SHOWN, true);
	for (i = 0; i < t.len; i++) {
		if (room[i] == '\\' && i + 1 < t.len && room[i + 1] == 'x')
			(void)putchar('\\');
		(void)putchar(room[i]);
	}
}

static void
show_member(const char *name, const char *value)
{
	if (value == NULL)
		return;
	(void)printf(",\"%s\":\"", name);
	show_json(value);
	(void)putchar('"');
}

void
finding_tell(enum finding_level level, const char *about, const char *token,
    const char *text, const char *detail, const char *hint)
{
	const char *name = level == FINDING_ERROR ? "error" : "warning";

	if (level == FINDING_ERROR)
		findings.errors++;
	if (findings.json) {
		(void)printf("%s{\"level\":\"%s\"",
		    findings.told > 0 ? ",\n" : "[", name);
		show_member("about", about);
		show_member("finding", token);
		show_member("text", text);
		show_member("detail", detail);
		show_member("hint", hint);
		(void)putchar('}');
	} else {
		(void)printf("%-7s %s: ", name, token);
		show(about);
		(void)printf(": %s", text);
		if (detail != NULL) {
			(void)fputs(" \"", stdout);
			show(detail);
			(void)putchar('"');
		}
		(void)printf(". %s\n", hint);
	}
	findings.told++;
}

unsigned
finding_end(void)
{
	if (findings.json)
		(void)puts(findings.told > 0 ? "]" : "[]");
	return findings.errors;
}
