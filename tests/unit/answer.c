/*
 * answer - what is made of a script's output.
 *
 * usage: answer events REQUEST OUTPUT      a line for each response, the end
 *        answer sent REQUEST OUTPUT PEER   all that is sent
 *        answer own REQUEST STATUS PEER [OUTPUT]
 *                                          ours, after what the script said
 *        answer full                       the largest output
 *        answer check FILE...              what must hold for any octets: a
 *                                          request and behind it an output
 *
 * REQUEST and OUTPUT are files, PEER is a number for check_peer().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "each/answer.h"
#include "input.h"

#define SOFTWARE "sipcgi-each/test"

static unsigned char request[CHECK_MOST], output[CHECK_MOST];
static size_t output_len;
static struct feed feed;
static struct answer_request asked;

static void
read_request(const char *name, uint32_t peer)
{
	feed_whole(&feed, request, read_file(name, request), true);
	CHECK(feed.result == 0);
	asked = (struct answer_request){ &feed.msg, feed.buf,
	    check_peer(peer) };
}

static void
print_events(void)
{
	enum answer_event event;
	struct answer a;

	answer_init(&a);
	while ((event = answer_next(&a, &asked, output, output_len, true)) ==
	    ANSWER_RESPONSE)
		printf("%u at %u body=%u\n", a.status, a.start, a.body_len);
	puts(event == ANSWER_NONE ? "end" : answer_fault_text(a.fault));
}

static void
print_sent(void)
{
	static char octets[ANSWER_SIZE];
	struct answer a;

	answer_init(&a);
	while (answer_next(&a, &asked, output, output_len, true) ==
	    ANSWER_RESPONSE) {
		struct text t = { octets, sizeof octets, 0, false };

		answer_build(&t, &a, &asked, output);
		CHECK(!t.full);
		(void)fwrite(octets, 1, t.len, stdout);
	}
}

static void
print_own(unsigned status)
{
	static char octets[ANSWER_SIZE];
	struct text t = { octets, sizeof octets, 0, false };
	struct answer a;

	answer_init(&a);
	while (answer_next(&a, &asked, output, output_len, true) ==
	    ANSWER_RESPONSE)
		;
	answer_own(&t, &asked, status, &a, output, SOFTWARE);
	CHECK(!t.full);
	(void)fwrite(octets, 1, t.len, stdout);
}

/* A response of ANSWER_MAX octets passes, one octet more does not. */
static void
check_full(void)
{
	static const char head[] = "SIP/2.0 200 OK\nContent-Type: a/b\n\n";
	static unsigned char octets[ANSWER_MAX + 1];
	static char built[ANSWER_SIZE];
	struct text t = { built, sizeof built, 0, false };
	struct answer a;

	feed_whole(&feed, request, 0, true);
	asked = (struct answer_request){ &feed.msg, feed.buf, check_peer(0) };
	memcpy(octets, head, sizeof head - 1);
	answer_init(&a);
	CHECK(answer_next(&a, &asked, octets, ANSWER_MAX - 1, false) ==
	    ANSWER_MORE);
	CHECK(answer_next(&a, &asked, octets, ANSWER_MAX, true) ==
	    ANSWER_RESPONSE);
	CHECK(a.body_len == ANSWER_MAX - (sizeof head - 1));
	answer_build(&t, &a, &asked, octets);
	CHECK(!t.full);
	answer_init(&a);
	CHECK(answer_next(&a, &asked, octets, ANSWER_MAX, false) ==
	    ANSWER_BAD);
	CHECK(a.fault == ANSWER_FAULT_LARGE);
	CHECK(answer_next(&a, &asked, octets, ANSWER_MAX, true) ==
	    ANSWER_BAD);
	puts("all of it or nothing");
}

static void
check_all(const char *name)
{
	printf("%s\n", name);
	(void)fflush(stdout);
	check_output(output, read_file(name, output));
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int i;

	if (strcmp(what, "check") == 0) {
		for (i = 2; i < argc; i++)
			check_all(argv[i]);
		return 0;
	}
	if (strcmp(what, "full") == 0) {
		check_full();
		return 0;
	}
	if (argc < 4)
		return 64;
	read_request(argv[2], argc > 4 ? (uint32_t)atoi(argv[4]) : 0);
	if (strcmp(what, "own") == 0) {
		if (argc > 5)
			output_len = read_file(argv[5], output);
		print_own((unsigned)atoi(argv[3]));
		return 0;
	}
	output_len = read_file(argv[3], output);
	if (strcmp(what, "events") == 0)
		print_events();
	else if (strcmp(what, "sent") == 0)
		print_sent();
	else
		return 64;
	return 0;
}
