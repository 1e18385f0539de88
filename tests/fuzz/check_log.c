/*
 * check_log.c - what a line of the log promises, and the journal's fields:
 * printable, bounded, each value in its place, and no password.
 */
#include <string.h>

#include "check.h"
#include "logline.h"

#define WORD "abcdefghijklmnopqrstuvwxyz-"
#define FIELD "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/* All between the second colon and the last "@" of a Request-URI is "***". */
static void
check_password(const char *uri, size_t n)
{
	const char *scheme = memchr(uri, ':', n);
	const char *at = memrchr(uri, '@', n);
	const char *colon;

	if (scheme == NULL || at == NULL || at < scheme)
		return;
	colon = memchr(scheme + 1, ':', (size_t)(at - scheme - 1));
	CHECK(colon == NULL || (at - colon == 4 &&
	    memcmp(colon, ":***", 4) == 0));
}

static void
check_printable(const struct text *t, const char *but)
{
	size_t i;

	for (i = 0; i < t->len; i++)
		CHECK((t->start[i] >= ' ' && t->start[i] <= '~') ||
		    strchr(but, t->start[i]) != NULL);
}

/* A word, then key=value pairs: whatever a stranger sent, nothing else. */
static void
check_line(const struct text *t, const char *event)
{
	const char *p = t->start, *end = p + t->len, *value, *stop;
	size_t key;

	check_printable(t, "");
	CHECK(t->len > strlen(event) &&
	    memcmp(p, event, strlen(event)) == 0);
	p += strlen(event);
	while (p < end && *p == ' ')
		p++;
	while (p < end) {
		for (key = 0; p + key < end && strchr(WORD, p[key]); key++)
			;
		CHECK(key > 0 && p + key < end && p[key] == '=');
		value = p + key + 1;
		stop = memchr(value, ' ', (size_t)(end - value));
		if (stop == NULL)
			stop = end;
		if (key == 3 && memcmp(p, "uri", key) == 0)
			check_password(value, (size_t)(stop - value));
		CHECK(stop == end || stop + 1 < end);
		p = stop + (stop < end);
	}
}

static void
check_fields(const struct text *t)
{
	const char *p = t->start, *end = p + t->len, *value, *stop;
	size_t name;

	CHECK(!t->full);
	check_printable(t, "\n");
	for (; p < end; p = stop + 1) {
		stop = memchr(p, '\n', (size_t)(end - p));
		CHECK(stop != NULL);
		for (name = 0; strchr(FIELD, p[name]); name++)
			;
		CHECK(name > 0 && p[name] == '=');
		value = p + name + 1;
		if (name == 7 && memcmp(p, "SIP_URI", name) == 0)
			check_password(value, (size_t)(stop - value));
	}
}

/* Whole pairs only, however little room there is. */
static void
check_room(const struct outcome *o, size_t size)
{
	static char octets[LOGLINE_SIZE], more[LOGLINE_FIELDS_SIZE];
	struct text line = { octets, size, 0, false };
	struct text fields = { more, size < LOGLINE_SIZE ? size : sizeof more,
	    0, false };

	logline_put(&line, o);
	CHECK(!line.full);
	check_line(&line, event_name(o->event));
	logline_put_fields(&fields, o);
	check_fields(&fields);
}

static void
check_outcome(const struct outcome *o)
{
	enum event_level level = logline_level(o);

	CHECK(level == EVENT_LEVEL_ERR || level == EVENT_LEVEL_WARNING ||
	    level == EVENT_LEVEL_INFO);
	check_room(o, 60);
	check_room(o, 200);
	check_room(o, LOGLINE_SIZE);
}

/* A stranger's octets, where a name or a script's words may stand. */
static const char *
words_of(const unsigned char *data, size_t size)
{
	static char words[1024];
	size_t n = size < sizeof words - 1 ? size : sizeof words - 1, i;

	memcpy(words, data, n);
	words[n] = '\0';
	for (i = 0; i < n; i++)
		if (words[i] == '\0')
			words[i] = '\1';
	return words;
}

static void
check_refused(struct outcome *o, const struct feed *f)
{
	outcome_refuse(o, (enum why)-f->result, 2,
	    sipmsg_is_answerable(f->buf, f->len));
	CHECK(o->error == 0 && (o->event == EVENT_REJECT) == o->answered);
	check_outcome(o);
}

static void
check_run(struct outcome *o, const struct feed *f)
{
	struct env env = { .ndropped = f->msg.nfields };
	struct outcome_done done = { .milliseconds = UINT64_MAX,
	    .pid = UINT64_MAX, .repeats = UINT64_MAX, .exit_status = 255,
	    .status = 699 };
	unsigned i;

	for (i = 0; i < f->msg.nfields; i++)
		env.dropped[i] = (uint8_t)i;
	o->event = EVENT_EXEC;
	o->env = &env;
	check_outcome(o);
	o->env = NULL;
	o->event = EVENT_DONE;
	o->done = &done;
	check_outcome(o);
	done.signal = 64;
	o->why = WHY_SYSTEM;
	check_outcome(o);
	o->done = NULL;
	outcome_refuse(o, WHY_SANDBOX, 2, true);
	CHECK(o->event == EVENT_ERROR && o->error == 2);
	check_outcome(o);
}

void
check_log(const unsigned char *data, size_t size)
{
	const char *words = words_of(data, size);
	struct outcome o = { .script = words, .skipped = words,
	    .skipped_why = words, .directory = words,
	    .sandbox = "full,landlock7", .missing = words, .detail = words };
	struct feed f;

	if (size > CHECK_MOST)
		return;
	feed_whole(&f, data, size, false);
	o.peer = check_peer(check_hash(data, size));
	o.msg = &f.msg;
	o.buf = f.buf;
	if (f.result != 0)
		check_refused(&o, &f);
	else
		check_run(&o, &f);
}
