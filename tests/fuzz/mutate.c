/*
 * mutate.c - changes that a SIP message survives: by line, name, number.
 *
 * libFuzzer's own changes of octets seldom get past the start line. Half of
 * the time these are made instead.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What libFuzzer calls, and what it offers. */
size_t LLVMFuzzerCustomMutator(uint8_t *, size_t size, size_t most,
    unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *, size_t, const uint8_t *,
    size_t, uint8_t *, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *, size_t size, size_t most);

#define COUNT(array) (sizeof (array) / sizeof (array)[0])

struct message {
	uint8_t *octets;
	size_t size;
	size_t most;
	uint32_t random;
};

static const char *const names[][2] = {
	{ "a", "Accept-Contact" }, { "b", "Referred-By" },
	{ "c", "Content-Type" }, { "e", "Content-Encoding" },
	{ "f", "From" }, { "i", "Call-ID" }, { "k", "Supported" },
	{ "l", "Content-Length" }, { "m", "Contact" }, { "s", "Subject" },
	{ "t", "To" }, { "v", "Via" }, { "x", "Session-Expires" },
	{ "X-Other", "Call_ID" }, { "CSeq", "Max-Forwards" },
	{ "Authorization", "WWW-Authenticate" },
};

static const char *const numbers[] = {
	"0", "1", "00", "2", "5", "65535", "65536", "4294967295",
	"4294967296", "999999", "1000001", "18446744073709551616", "-1", "",
};

static const char *const pieces[] = {
	";rport", ";rport=1", ";received=192.0.2.7", ";tag=a", ";TAG = a",
	" <sip:a;tag=b>", "\"", "\\", "\"a\\\"b\"", "<", ">", ";", ",", "@",
	":", "%2f", "%41", "%", "[2001:db8::7]", "192.0.2.7", "() {", "/",
	"\t", " ", "\r", "\x01", "\x7f", "\xc3\xa9", "\r\n ", "\n\t",
	"\r\n \r\n ", "\r\n", "\n", ";branch=\"a\r\n b\"", ", SIP/2.0/UDP a",
};

static const char *const starts[] = {
	"ACK ", "CANCEL ", "INVITE ", "a ", "OPTIONS sip:b SIP/2.0\r\n",
	"INVITE sips:a%40b@c.:5 SIP/2.0\n", "ACK tel:+1 SIP/2.0\r\n",
	"REGISTER sip:[::1] sip/2.0\r\n", "CANCEL sip:a SIP/3.0\r\n",
	"INVITE sip:a@b SIP/2.1\r\n", "SIP/2.0 200 OK\r\n", "\r\n",
};

static const char *const lines[] = {
	"Via: SIP/2.0/TCP a.example:5060;branch=z9hG4bK1;rport\r\n",
	"v:SIP / 2.0 / UDP [2001:db8::7] ;received=1\r\n",
	"To: \"a ; \\\" b\" <sip:b;tag=1>\r\n", "t: b;tag=2\r\n",
	"From: <sip:a>;tag=1\r\n", "f:a\r\n", "Call-ID: 1@a\r\n", "i:1\r\n",
	"CSeq: 1 INVITE\r\n", "CSeq: 1 ACK\r\n", "CSeq: 1 OPTIONS\r\n",
	"Content-Length: 0\r\n", "l:5\r\n", "Content-Type: a/b\r\n", "c:\r\n",
	"Authorization: Digest a\r\n", "X-A: () { :; }\r\n", "X_A: 1\r\n",
	"x-a: 2\r\n", "SIP: 1\r\n", "Max-Forwards: 70\r\n", " fold\r\n",
	"\r\n", "no colon\r\n", ": no name\r\n", "Content-Length-: 1\r\n",
};

static uint32_t
choose(struct message *m, size_t below)
{
	m->random = m->random * 1664525 + 1013904223;
	return below == 0 ? 0 : (m->random >> 8) % (uint32_t)below;
}

/* Put other octets in the place of these; not when they have no room. */
static void
replace(struct message *m, size_t at, size_t n, const void *with, size_t len)
{
	if (m->size - n + len > m->most)
		return;
	memmove(m->octets + at + len, m->octets + at + n, m->size - at - n);
	memcpy(m->octets + at, with, len);
	m->size = m->size - n + len;
}

static void
insert(struct message *m, size_t at, const char *string)
{
	replace(m, at, 0, string, strlen(string));
}

/* A line, chosen at random, with its line end. */
static size_t
choose_line(struct message *m, size_t *len)
{
	size_t at = choose(m, m->size), end;

	while (at > 0 && m->octets[at - 1] != '\n')
		at--;
	for (end = at; end < m->size && m->octets[end] != '\n'; end++)
		;
	*len = end + (end < m->size) - at;
	return at;
}

static void
move_line(struct message *m)
{
	static uint8_t copy[1 << 16];
	size_t len, other, at = choose_line(m, &len);
	bool duplicate = choose(m, 2) == 0;

	if (len > sizeof copy)
		return;
	memcpy(copy, m->octets + at, len);
	if (!duplicate)
		replace(m, at, len, "", 0);
	at = choose_line(m, &other);
	replace(m, at, 0, copy, len);
}

static void
rename_line(struct message *m)
{
	size_t len, at = choose_line(m, &len), i, n;
	const uint8_t *colon = len == 0 ? NULL :
	    memchr(m->octets + at, ':', len);
	size_t side;

	if (colon == NULL)
		return;
	n = (size_t)(colon - m->octets) - at;
	for (i = 0; i < 2 * COUNT(names); i++) {
		const char *name = names[i / 2][i % 2];

		if (strlen(name) == n &&
		    memcmp(m->octets + at, name, n) == 0)
			break;
	}
	side = 1 - i % 2;
	if (i == 2 * COUNT(names) || choose(m, 4) == 0)
		i = choose(m, 2 * COUNT(names));
	replace(m, at, n, names[i / 2][side], strlen(names[i / 2][side]));
}

static void
change_number(struct message *m)
{
	size_t at = choose(m, m->size), end;
	const char *number = numbers[choose(m, COUNT(numbers))];

	while (at < m->size && (m->octets[at] < '0' || m->octets[at] > '9'))
		at++;
	for (end = at; end < m->size && m->octets[end] >= '0' &&
	    m->octets[end] <= '9'; end++)
		;
	if (at < end)
		replace(m, at, end - at, number, strlen(number));
}

/* CRLF to LF, or back. */
static void
change_line_end(struct message *m)
{
	size_t len, at = choose_line(m, &len), end = at + len;

	if (len > 1 && m->octets[end - 1] == '\n') {
		if (m->octets[end - 2] == '\r')
			replace(m, end - 2, 1, "", 0);
		else
			replace(m, end - 1, 0, "\r", 1);
	}
}

static void
change_start(struct message *m)
{
	const char *start = starts[choose(m, COUNT(starts))];
	const char stop = start[strlen(start) - 1];
	size_t n;

	for (n = 0; n < m->size && m->octets[n] != (uint8_t)stop; n++)
		;
	if (n < m->size)
		replace(m, 0, n + 1, start, strlen(start));
}

static void
change(struct message *m)
{
	size_t len, at;

	switch (choose(m, 9)) {
	case 0:
	case 1:
		move_line(m);
		break;
	case 2:
		rename_line(m);
		break;
	case 3:
		change_number(m);
		break;
	case 4:
		change_line_end(m);
		break;
	case 5:
		change_start(m);
		break;
	case 6:
		at = choose_line(m, &len);
		insert(m, at, lines[choose(m, COUNT(lines))]);
		break;
	case 7:
		insert(m, choose(m, m->size + 1),
		    pieces[choose(m, COUNT(pieces))]);
		break;
	default:
		/* Cut a line out, or all from somewhere on. */
		at = choose_line(m, &len);
		if (choose(m, 8) == 0)
			m->size = choose(m, m->size + 1);
		else
			replace(m, at, len, "", 0);
	}
}

size_t
LLVMFuzzerCustomMutator(uint8_t *octets, size_t size, size_t most,
    unsigned seed)
{
	struct message m = { octets, size, most, seed };
	uint32_t times;

	if (choose(&m, 2) == 0)
		return LLVMFuzzerMutate(octets, size, most);
	for (times = 1 + choose(&m, 3); times > 0; times--)
		change(&m);
	return m.size;
}

/* The first lines of one message and the last of another. */
size_t
LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b,
    size_t nb, uint8_t *octets, size_t most, unsigned seed)
{
	struct message m = { octets, na < most ? na : most, most, seed };
	size_t len, cut;

	memcpy(octets, a, m.size);
	cut = choose_line(&m, &len);
	m.size = cut;
	for (cut = choose(&m, nb); cut > 0 && b[cut - 1] != '\n'; cut--)
		;
	replace(&m, m.size, 0, b + cut, nb - cut);
	return m.size;
}
