/*
 * parse - what does it cost to parse a message, with this and that library?
 *
 * usage: parse [-p NAME] FILE...
 *
 * The corpus is those of the FILEs, one message in each, that every parser
 * takes for a good request.  Parsers go over all of it in turns, A B C D A B
 * C D ..., and ratios are taken turn by turn.  One line for each parser, of
 * fields separated by tabs: its name, nanoseconds for a message, MB/s
 * (10^6), the ratio of its time to the first one's.
 *
 * With -p one parser goes over the corpus once, in the function one_pass(),
 * after a pass that has linked and warmed all: for callgrind to count.  It
 * prints the octets of the corpus.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "parse.h"

#define MOST_MESSAGES 1000
#define TURNS 301
/* Passes over the corpus in a turn: a turn of some milliseconds. */
#define PASSES 10

static const struct parser *const parsers[] = {
	&parse_handler, &parse_environment, &parse_osip, &parse_re, &parse_sofia
};
#define PARSERS (sizeof parsers / sizeof parsers[0])

static struct message {
	const unsigned char *octets;
	size_t len;
} corpus[MOST_MESSAGES];
static size_t nmessages, noctets;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static bool
is_good(const unsigned char *octets, size_t len)
{
	for (size_t i = 0; i < PARSERS; i++)
		if (!parsers[i]->parse(octets, len))
			return false;
	return true;
}

static void
take(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	unsigned char *octets;

	if (fd < 0 || fstat(fd, &st) != 0)
		err(1, "%s", path);
	octets = calloc(1, (size_t)st.st_size + 1);
	if (octets == NULL || read(fd, octets, (size_t)st.st_size) !=
	    st.st_size)
		err(1, "%s", path);
	close(fd);
	if (nmessages == MOST_MESSAGES || !is_good(octets,
	    (size_t)st.st_size)) {
		free(octets);
		return;
	}
	corpus[nmessages++] = (struct message){ octets, (size_t)st.st_size };
	noctets += (size_t)st.st_size;
}

static __attribute__((noinline)) void
one_pass(const struct parser *parser)
{
	for (size_t i = 0; i < nmessages; i++)
		if (!parser->parse(corpus[i].octets, corpus[i].len))
			errx(1, "%s takes a message only now and then",
			    parser->name);
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *values)
{
	qsort(values, TURNS, sizeof *values, order);
	return values[TURNS / 2];
}

static void
compare(void)
{
	static double time[PARSERS][TURNS], ratio[PARSERS][TURNS];

	for (size_t turn = 0; turn < TURNS; turn++)
		for (size_t i = 0; i < PARSERS; i++) {
			double start = now();

			for (int pass = 0; pass < PASSES; pass++)
				one_pass(parsers[i]);
			time[i][turn] = (now() - start) / PASSES;
			ratio[i][turn] = time[i][turn] / time[0][turn];
		}
	for (size_t i = 0; i < PARSERS; i++) {
		double t = median(time[i]);

		printf("%s\t%.0f\t%.0f\t%.2f\n", parsers[i]->name,
		    t / (double)nmessages, (double)noctets / t * 1000,
		    median(ratio[i]));
	}
}

int
main(int argc, char **argv)
{
	const struct parser *only = NULL;

	for (size_t i = 0; i < PARSERS; i++) {
		parsers[i]->start();
		if (argc > 2 && strcmp(argv[1], "-p") == 0 &&
		    strcmp(argv[2], parsers[i]->name) == 0)
			only = parsers[i];
	}
	for (int i = only != NULL ? 3 : 1; i < argc; i++)
		take(argv[i]);
	if (nmessages == 0)
		errx(64, "usage: parse [-p NAME] FILE...");
	if (only != NULL) {
		one_pass(only);
		printf("%zu\n", noctets);
		return 0;
	}
	printf("%zu messages, %zu octets each\n", nmessages,
	    noctets / nmessages);
	compare();
	return 0;
}
