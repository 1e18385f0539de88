/*
 * reading - does the handler read values as the script libraries do?
 *
 * usage: reading <values.txt
 *
 * For each row of the table: what the handler's own grammar makes of the
 * value, where it has one for it.  Prints what differs, then how many
 * readings were compared.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/check.h"
#include "field.h"
#include "octet.h"
#include "sipuri.h"
#include "sipvia.h"
#include "why.h"

static unsigned compared;

static void
compare(const char *line, const char *want, const char *got, size_t len)
{
	compared++;
	if (strlen(want) != len || memcmp(want, got, len) != 0)
		printf("%s: %.*s\n", line, (int)len, got);
}

/* What the handler refuses as a From, no library takes apart. */
static void
compare_from(const char *line, const char *value, const char *want)
{
	static char message[SIPMSG_MAX_HEAD];
	struct feed feed;
	int n = snprintf(message, sizeof message,
	    "X sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a\r\nFrom: %s\r\nTo: t\r\n"
	    "Call-ID: i\r\nCSeq: 1 X\r\n\r\n", value);

	feed_whole(&feed, (const unsigned char *)message, (size_t)n, false);
	if (feed.result == -WHY_FROM_QUOTE || feed.result == -WHY_FROM_ANGLE)
		compare(line, want, "none", 4);
}

static void
compare_tag(const char *line, const char *value, const char *want)
{
	const unsigned char *buf = (const unsigned char *)value;
	struct slice tag, all = { 0, (uint32_t)strlen(value) };

	/* A name without a value is no tag. */
	if (*want == '\0')
		want = "none";
	if (field_find_tag(buf, all, &tag))
		compare(line, want, value + tag.off, tag.len);
	else
		compare(line, want, "none", 4);
}

static void
compare_via(const char *line, const char *param, const char *value,
    const char *want)
{
	const unsigned char *buf = (const unsigned char *)value;
	struct slice text, row = { 0, (uint32_t)strlen(value) };
	struct sipvia via;
	uint32_t at;

	if (sipvia_parse(buf, row, &via, &at) != 0)
		return;
	if (sipvia_find_param(buf, &via, param, &text))
		compare(line, want, value + text.off, text.len);
	else if (*want != '\0')
		compare(line, want, "none", 4);
}

/* Of a user the libraries take what a From may have and a Request-URI not. */
static void
compare_uri(const char *line, bool user, const char *value, const char *want)
{
	static char out[SIPMSG_MAX_HEAD];
	const unsigned char *buf = (const unsigned char *)value;
	struct slice all = { 0, (uint32_t)strlen(value) };
	struct sipuri uri;
	uint32_t at;
	int error = sipuri_parse(buf, all, &uri, &at);

	if (error == -WHY_URI_OCTET || error == -WHY_URI_ESCAPE ||
	    error == -WHY_URI_HEADERS)
		return;
	if (error != 0 || !uri.is_sip || (user && !uri.has_user))
		compare(line, want, "none", 4);
	else if (user)
		compare(line, want, out, sipuri_user(buf, uri.user, out));
	else
		compare(line, want, out,
		    sipuri_canonical_host(buf, uri.host, out));
}

static void
compare_row(const char *line, char *row)
{
	const char *function = strsep(&row, "|"), *param = strsep(&row, "|"),
	    *value = strsep(&row, "|"), *want = row;

	if (want == NULL)
		exit(64);
	if (strncmp(value, "SIP/", 4) == 0 || strncmp(value, "SIP ", 4) == 0) {
		compare_via(line, param, value, want);
		return;
	}
	if (strcmp(function, "list") == 0 || strcmp(function, "scheme") == 0 ||
	    strcmp(function, "credential") == 0)
		return;
	compare_from(line, value, want);
	if (strcmp(function, "param") == 0 && strchr(value, ',') == NULL &&
	    octet_equal((const unsigned char *)param, strlen(param), "tag"))
		compare_tag(line, value, want);
	if (strcmp(function, "user") == 0 && strpbrk(value, "<,\"") == NULL)
		compare_uri(line, true, value, want);
	if (strcmp(function, "host") == 0 && strpbrk(value, "<,\"") == NULL)
		compare_uri(line, false, value, want);
}

int
main(void)
{
	static char line[SIPMSG_MAX_HEAD], row[SIPMSG_MAX_HEAD];

	while (fgets(line, sizeof line, stdin) != NULL) {
		if (line[0] == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		memcpy(row, line, sizeof row);
		compare_row(line, row);
	}
	printf("%u readings compared\n", compared);
	return 0;
}
