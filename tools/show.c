#include <string.h>
#include <time.h>

#include "show.h"

const enum colour event_colours[EVENT_COUNT] = {
	COLOUR_GREEN, COLOUR_YELLOW, COLOUR_DIM, COLOUR_RED, COLOUR_PLAIN
};

static bool colours;

void
show_use_colours(void)
{
	colours = true;
}

void
show_colour(enum colour colour)
{
	static const char *const codes[] = {
		"\033[0m", "\033[1m", "\033[2m", "\033[32m", "\033[33m",
		"\033[31m"
	};

	if (colours)
		(void)fputs(codes[colour], stdout);
}

/* Columns that an octet takes. */
static size_t
octet_width(unsigned char octet)
{
	return octet < 0x20 || octet > 0x7e ? 4 : 1;
}

/*
 * The columns of the octets, and in *fits how many of them are to be shown
 * before "..." when that is over `width`.
 */
static size_t
measure(const char *octets, size_t length, size_t width, size_t *fits)
{
	size_t columns = 0, cut = 3, i;

	for (i = *fits = 0; i < length; i++) {
		columns += octet_width((unsigned char)octets[i]);
		if (columns + 3 <= width) {
			*fits = i + 1;
			cut = columns + 3;
		} else if (columns > width)
			return cut;
	}
	*fits = length;
	return columns;
}

size_t
show_width(const char *octets, size_t length, size_t width)
{
	size_t fits;

	return measure(octets, length, width, &fits);
}

size_t
show_text(const char *octets, size_t length, size_t width)
{
	size_t fits, columns = measure(octets, length, width, &fits), i;

	for (i = 0; i < fits; i++)
		if (octet_width((unsigned char)octets[i]) == 1)
			(void)putchar(octets[i]);
		else
			(void)printf("\\x%02X", (unsigned char)octets[i]);
	if (fits < length)
		(void)fputs("...", stdout);
	return columns;
}

/*
 * The UTF-8 sequence at `at`, of `left` octets (RFC 3629 section 4).
 * Returns its length, 0 when it is none.
 */
static size_t
utf8_read(const unsigned char *at, size_t left, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 :
	    at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
	size_t i;

	if (length == 0 || length > left)
		return 0;
	*character = length == 1 ? at[0] :
	    at[0] & ((1U << (7 - length)) - 1);
	for (i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (at[i] & 0x3f);
	}
	if (*character < least[length] || *character > 0x10ffff ||
	    (*character >= 0xd800 && *character < 0xe000))
		return 0;
	return length;
}

void
show_json_string(const char *octets, size_t length)
{
	const unsigned char *at = (const unsigned char *)octets;
	uint32_t character;
	size_t used;

	(void)putchar('"');
	for (; length > 0; at += used, length -= used) {
		used = utf8_read(at, length, &character);
		if (used == 0) {
			used = 1;
			character = 0xfffd;
		}
		if (character == '"' || character == '\\')
			(void)printf("\\%c", (int)character);
		else if (character >= 0x20 && character < 0x7f)
			(void)putchar((int)character);
		else if (character < 0x10000)
			(void)printf("\\u%04x", character);
		else
			(void)printf("\\u%04x\\u%04x",
			    0xd7c0 + (character >> 10),
			    0xdc00 | (character & 0x3ff));
	}
	(void)putchar('"');
}

void
show_json_time(uint64_t usec)
{
	time_t seconds = (time_t)(usec / 1000000);
	char text[32];
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)printf("\"%s.%06uZ\"", text, (unsigned)(usec % 1000000));
}

void
show_time(uint64_t usec)
{
	time_t seconds = (time_t)(usec / 1000000);
	char text[32];
	struct tm tm;

	(void)localtime_r(&seconds, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	(void)fputs(text, stdout);
}

/* " VALUE", or nothing when it is absent. */
static void
show_value(const char *before, const struct value *value)
{
	if (value->length == 0)
		return;
	(void)fputs(before, stdout);
	(void)show_text(value->octets, value->length, 4 * VALUE_MAX);
	if (value->cut)
		(void)fputs("...", stdout);
}

/* Peers line up when they are no longer than an IPv4 address and port. */
static void
show_peer(const struct request *request)
{
	const struct value *addr = &request->value[FIELD_ADDR];
	const struct value *port = &request->value[FIELD_PORT];
	bool colon = memchr(addr->octets, ':', addr->length) != NULL;
	size_t columns = 0;

	if (addr->length == 0)
		columns = show_text("-", 1, 1);
	else {
		if (colon)
			columns += show_text("[", 1, 1);
		columns += show_text(addr->octets, addr->length, 64);
		if (colon)
			columns += show_text("]", 1, 1);
	}
	if (port->length > 0) {
		columns += show_text(":", 1, 1);
		columns += show_text(port->octets, port->length, 16);
	}
	(void)printf("%*s", columns < 21 ? (int)(21 - columns) : 0, "");
}

/*
 * " -> SCRIPT", the file that was passed over for it, and the directory where
 * that is at fault.
 */
static void
show_script(const struct value value[FIELD_COUNT])
{
	show_value(" -> ", &value[FIELD_SCRIPT]);
	if (value[FIELD_SKIPPED].length > 0) {
		show_value(", not ", &value[FIELD_SKIPPED]);
		show_value(": ", &value[FIELD_SKIPPED_WHY]);
	}
	show_value(" in ", &value[FIELD_DIRECTORY]);
}

/*
 * " by each, 25004 ms, signal 9"; an exit status and repeats of 0 are left out.
 */
static void
show_end(const struct value value[FIELD_COUNT])
{
	if (value_is(&value[FIELD_BY], "each"))
		(void)fputs(" by each,", stdout);
	show_value(" ", &value[FIELD_MS]);
	(void)fputs(" ms", stdout);
	if (!value_is(&value[FIELD_EXIT], "0"))
		show_value(", exit ", &value[FIELD_EXIT]);
	show_value(", signal ", &value[FIELD_SIGNAL]);
	if (!value_is(&value[FIELD_REPEATS], "0"))
		show_value(", repeats ", &value[FIELD_REPEATS]);
	show_value(": ", &value[FIELD_DETAIL]);
}

void
show_request_text(const struct request *request)
{
	const struct value *value = request->value;

	show_time(request->usec);
	show_colour(event_colours[request->event]);
	(void)printf(" %-7s ", event_name(request->event));
	show_colour(COLOUR_PLAIN);
	show_peer(request);
	show_value(" ", &value[FIELD_STATUS]);
	show_colour(event_colours[request->event]);
	show_value(" ", &value[FIELD_WHY]);
	show_colour(COLOUR_PLAIN);
	show_value(" ", &value[FIELD_ERRNO]);
	show_value(" ", &value[FIELD_METHOD]);
	show_value(" ", &value[FIELD_URI]);
	show_script(value);
	if (request->event == EVENT_DONE)
		show_end(value);
	(void)putchar('\n');
}

void
show_json_value(const char *octets, size_t length, bool number)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (octets[i] < '0' || octets[i] > '9')
			number = false;
	/* RFC 8259 section 6: no leading zero. */
	if (number && length > 0 && length < 10 &&
	    (octets[0] != '0' || length == 1))
		(void)printf("%.*s", (int)length, octets);
	else
		show_json_string(octets, length);
}

void
show_request_json(const struct request *request)
{
	static const struct {
		const char *name;
		bool number;
	} members[FIELD_COUNT] = {
		[FIELD_ADDR] = { "peer", false },
		[FIELD_PORT] = { "port", true },
		[FIELD_STATUS] = { "status", true },
		[FIELD_WHY] = { "why", false },
		[FIELD_ERRNO] = { "errno", false },
		[FIELD_METHOD] = { "method", false },
		[FIELD_URI] = { "uri", false },
		[FIELD_SCRIPT] = { "script", false },
		[FIELD_SKIPPED] = { "skipped", false },
		[FIELD_SKIPPED_WHY] = { "skipped_why", false },
		[FIELD_DIRECTORY] = { "directory", false },
		[FIELD_CALL_ID] = { "call_id", false },
		[FIELD_SANDBOX] = { "sandbox", false },
		[FIELD_MISSING] = { "missing", false },
		[FIELD_PID] = { "pid", true },
		[FIELD_BY] = { "by", false },
		[FIELD_DETAIL] = { "detail", false },
		[FIELD_MS] = { "ms", true },
		[FIELD_EXIT] = { "exit", true },
		[FIELD_SIGNAL] = { "signal", true },
		[FIELD_SCRIPT_PID] = { "script_pid", true },
		[FIELD_REPEATS] = { "repeats", true },
	};
	size_t i;

	(void)fputs("{\"time\":", stdout);
	show_json_time(request->usec);
	(void)printf(",\"event\":\"%s\"", event_name(request->event));
	for (i = 0; i < FIELD_COUNT; i++) {
		if (request->value[i].length == 0)
			continue;
		(void)printf(",\"%s\":", members[i].name);
		show_json_value(request->value[i].octets,
		    request->value[i].length, members[i].number);
	}
	(void)puts("}");
}
