/*
 * logline - lines of the log, each with its level and the journal's fields,
 * for outcomes that stand here.
 *
 * usage: logline NAME
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logline.h"
#include "sipcheck.h"

static const char request[] =
    "INVITE sip:bob:secret@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.7;branch=1\r\nTo: b\r\nFrom: a\r\n"
    "Call-ID: 1 \"2\"\r\nCSeq: 1 INVITE\r\nProxy-Authorization: x\r\n\r\n";

static void
print(const struct outcome *o)
{
	static char octets[LOGLINE_SIZE], more[LOGLINE_FIELDS_SIZE];
	struct text line = { octets, sizeof octets, 0, false };
	struct text fields = { more, sizeof more, 0, false };

	logline_put(&line, o);
	logline_put_fields(&fields, o);
	printf("%d %.*s\n%.*s", (int)logline_level(o), (int)line.len, octets,
	    (int)fields.len, more);
}

/* Each adds to what is known of every request. */
static void
fill_in(struct outcome *o, struct outcome_done *done, const char *name)
{
	static struct env env = { .ndropped = 1, .dropped = { 5 } };

	if (strcmp(name, "exec") == 0) {
		o->event = EVENT_EXEC;
		o->script = "bob@example.com";
		o->sandbox = "full,landlock7";
		o->env = &env;
	} else if (strcmp(name, "exec-skipped") == 0) {
		o->event = EVENT_EXEC;
		o->script = "default.cgi";
		o->skipped = "bob@example.com";
		o->skipped_why = "not-executable";
	} else if (strcmp(name, "reject") == 0)
		outcome_refuse(o, WHY_CALL_ID_SPACE, 2, true);
	else if (strcmp(name, "discard") == 0)
		outcome_refuse(o, WHY_CALL_ID_SPACE, 2, false);
	else if (strcmp(name, "error") == 0)
		outcome_refuse(o, WHY_SCRIPT_MISSING, 2, true);
	else if (strncmp(name, "done", 4) == 0) {
		o->event = EVENT_DONE;
		o->done = done;
	} else
		exit(64);
	if (strcmp(name, "done-signal") == 0) {
		done->signal = 9;
		done->by_script = false;
		done->status = 500;
		o->why = WHY_SYSTEM;
		o->detail = "no \"answer\"";
	} else if (strcmp(name, "done-ack") == 0)
		done->status = 0;
}

int
main(int argc, char **argv)
{
	struct outcome_done done = { .status = 302, .by_script = true,
	    .milliseconds = 12, .exit_status = 3, .pid = 4711, .repeats = 2 };
	struct peer peer = { .remote_addr = "2001:db8::7",
	    .remote_port = 5062 };
	const unsigned char *buf = (const unsigned char *)request;
	struct sipmsg msg;
	struct outcome o = { .peer = &peer, .msg = &msg, .buf = buf };

	if (argc != 2)
		return 64;
	sipmsg_init(&msg);
	if (sipmsg_scan(&msg, buf, sizeof request - 1) != 0)
		return 1;
	fill_in(&o, &done, argv[1]);
	print(&o);
	return 0;
}
