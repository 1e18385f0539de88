/*
 * frame - where the messages of a stream, or of a datagram, begin and end.
 *
 * usage: frame stream FILE [MAX-BODY]
 *        frame datagram FILE [MAX-BODY]
 *        frame keepalives N     empty lines one by one; what is counted
 *        frame check FILE...    what must hold for any octets
 *
 * stream: a line for each message, "request" or "refused WHY", its first octet
 * in FILE, octets of head and body, and whether there is more to read; before
 * it "pong N". Where the stream ends: "end" or "cut" with octets of body.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "each/frame.h"
#include "input.h"

static unsigned char data[CHECK_MOST];
static size_t size;

static void
print_message(const struct frame *f, enum frame_event what, size_t at)
{
	if (what == FRAME_REQUEST)
		printf("request at %zu", at);
	else
		printf("refused %s at %zu", why_entry(f->why)->token, at);
	if (what == FRAME_REQUEST || f->goes_on)
		printf(" head=%u body=%llu\n", f->msg.head_len,
		    (unsigned long long)f->body);
	else
		puts("");
}

static void
print_stream(uint64_t max_body)
{
	struct sipcheck_limits limits = { max_body, true };
	enum frame_event what;
	struct frame f;
	size_t at = 0, n;
	unsigned pongs;

	frame_init(&f);
	for (;;) {
		at += frame_keepalives(&f, data + at, size - at, &pongs);
		if (pongs > 0)
			printf("pong %u\n", pongs);
		what = frame_head(&f, data + at, size - at, &limits);
		if (what == FRAME_MORE)
			what = frame_end(&f, data + at, size - at,
			    WHY_HEAD_CUT);
		if (what == FRAME_MORE)
			break;
		print_message(&f, what, at);
		if (what == FRAME_REFUSED && !f.goes_on)
			return;
		at += f.msg.head_len;
		n = frame_body(&f, size - at);
		at += n;
		if (f.body_left > 0) {
			printf("cut %zu\n", n);
			return;
		}
		frame_next(&f);
	}
	puts("end");
}

static void
print_datagram(uint64_t max_body)
{
	struct sipcheck_limits limits = { max_body, false };
	static struct frame f;
	size_t start;
	enum frame_event what = frame_datagram(&f, data, size, &limits,
	    &start);

	if (what == FRAME_REQUEST)
		printf("request at %zu head=%u body=%llu\n", start,
		    f.msg.head_len, (unsigned long long)f.body);
	else
		printf("%s %s\n", what == FRAME_MORE ? "silence" : "refused",
		    why_entry(f.why)->token);
}

static void
print_keepalives(size_t n)
{
	unsigned pongs, sum = 0;
	struct frame f;

	frame_init(&f);
	for (; n > 0; n--) {
		CHECK(frame_keepalives(&f, (const unsigned char *)"\r\n", 2,
		    &pongs) == 2);
		sum += pongs;
	}
	printf("pong %u empty %zu\n", sum, f.empty);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	uint64_t max_body = argc > 3 ? strtoull(argv[3], NULL, 10) :
	    CHECK_MAX_BODY;
	int i;

	if (strcmp(what, "check") == 0) {
		for (i = 2; i < argc; i++) {
			printf("%s\n", argv[i]);
			(void)fflush(stdout);
			size = read_file(argv[i], data);
			check_frame(data, size);
		}
		return 0;
	}
	if (strcmp(what, "keepalives") == 0) {
		print_keepalives((size_t)strtoull(argv[2], NULL, 10));
		return 0;
	}
	if (argc < 3)
		return 64;
	size = read_file(argv[2], data);
	if (strcmp(what, "stream") == 0)
		print_stream(max_body);
	else if (strcmp(what, "datagram") == 0)
		print_datagram(max_body);
	else
		return 64;
	return 0;
}
