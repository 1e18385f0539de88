/*
 * client - send one message over each of many TCP connections, or in as many
 * datagrams, and count what comes back.
 *
 * usage: client [-eu] [-n COUNT] [-p PARALLEL] [-s START] [-t SECONDS]
 *               [-b SOURCE] HOST PORT [MESSAGE]
 *
 * Eight "#" in MESSAGE stand for a number that no other message has.  Each
 * connection sends the file MESSAGE, or nothing without one, and reads
 * until the server closes (-e: or to an empty line), for at most SECONDS (10).
 * -u: each is a UDP socket, and reads one datagram. PARALLEL (1) of them are
 * open at a time, COUNT (1) in all, from the address SOURCE. HOST and SOURCE
 * are addresses. The last line says how they ended:
 *
 *     ok       a 2xx or 3xx response, or  refused  no connection
 *              what begins with START
 *     error    another response           timeout  nothing, or no end, in time
 *     empty    closed without an octet    reset    connection reset
 *
 * and, of those that are ok, how many there were per second and how long they
 * took from connect() to the end, in milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX	(1024 * 1024)
#define PARALLEL_MAX	4096
#define COUNT_MAX	10000000
#define START_MAX	32	/* octets */
#define NUMBER_DIGITS	8

enum outcome { OK, ERROR, EMPTY, RESET, REFUSED, TIMEOUT, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = {
	"ok", "error", "empty", "reset", "refused", "timeout"
};

enum phase { CONNECTING, SENDING, READING };

struct connection {
	double		 started;	/* monotonic seconds */
	size_t		 sent;		/* octets of the message */
	size_t		 got;		/* octets of the answer */
	enum phase	 phase;
	char		 start[START_MAX];	/* of the answer */
	int		 line_ends;	/* with nothing between, up to 2 */
};

static struct {
	struct addrinfo	*server;
	struct addrinfo	*source;	/* or NULL */
	const char	*message;
	size_t		 message_len;
	char		*number;	/* in the message, or NULL */
	uint32_t	 last_number;
	size_t		 count;
	size_t		 parallel;
	double		 limit;		/* seconds for each connection */
	int		 type;		/* of the sockets */
	bool		 head_only;
	const char	*starts[2];	/* of an answer that is ok */
} plan = { .count = 1, .parallel = 1, .limit = 10, .type = SOCK_STREAM,
    .starts = { "SIP/2.0 2", "SIP/2.0 3" } };

static struct pollfd	 fds[PARALLEL_MAX];	/* fd is -1 when it is free */
static struct connection connections[PARALLEL_MAX];
static size_t		 outcomes[OUTCOMES];
static double		*latencies;		/* of those that are ok */

static void
fail(const char *what)
{
	fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct addrinfo *
address(const char *host, const char *port)
{
	const struct addrinfo hints = {
		.ai_socktype = plan.type,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
	};
	struct addrinfo *result;
	int error;

	if ((error = getaddrinfo(host, port, &hints, &result)) != 0) {
		fprintf(stderr, "client: %s: %s\n", host, gai_strerror(error));
		exit(2);
	}
	return result;
}

static void
finish(size_t i, enum outcome how)
{
	if (how == OK)
		latencies[outcomes[OK]] = now() - connections[i].started;
	outcomes[how]++;
	close(fds[i].fd);
	fds[i].fd = -1;
}

static void
finish_errno(size_t i)
{
	switch (errno) {
	case ECONNREFUSED:
		finish(i, REFUSED);
		break;
	case ECONNRESET:
	case EPIPE:
		finish(i, RESET);
		break;
	case ETIMEDOUT:
		finish(i, TIMEOUT);
		break;
	default:
		fail("connection");
	}
}

static void
begin(size_t i)
{
	int fd;

	fd = socket(plan.server->ai_family,
	    plan.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		fail("socket");
	if (plan.source != NULL && bind(fd, plan.source->ai_addr,
	    plan.source->ai_addrlen) == -1)
		fail("bind");
	connections[i] = (struct connection){ .started = now() };
	fds[i] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	if (connect(fd, plan.server->ai_addr, plan.server->ai_addrlen) == -1 &&
	    errno != EINPROGRESS)
		finish_errno(i);
}

static bool
begins_with(const struct connection *c, const char *start)
{
	return c->got >= strlen(start) &&
	    memcmp(c->start, start, strlen(start)) == 0;
}

/* The answer is whole. */
static void
judge(size_t i)
{
	const struct connection *c = &connections[i];

	if (c->got == 0)
		finish(i, EMPTY);
	else if (begins_with(c, plan.starts[0]) ||
	    begins_with(c, plan.starts[1]))
		finish(i, OK);
	else
		finish(i, ERROR);
}

/* Keep how the answer begins, and see whether its head ends. */
static void
note(struct connection *c, const char *octets, size_t n)
{
	for (size_t i = 0; i < n && c->line_ends < 2; i++) {
		if (octets[i] == '\n')
			c->line_ends++;
		else if (octets[i] != '\r')
			c->line_ends = 0;
	}
	for (size_t i = c->got; i < START_MAX && i < c->got + n; i++)
		c->start[i] = octets[i - c->got];
	c->got += n;
}

static void
receive(size_t i)
{
	struct connection *c = &connections[i];
	char buf[16384];
	ssize_t n;

	while ((n = recv(fds[i].fd, buf, sizeof buf, 0)) > 0) {
		note(c, buf, (size_t)n);
		if (plan.type == SOCK_DGRAM ||
		    (plan.head_only && c->line_ends == 2)) {
			judge(i);
			return;
		}
	}
	if (n == 0)
		judge(i);
	else if (errno != EAGAIN)
		finish_errno(i);
}

/* A message that is sent at once has its number when the next gets its own. */
static void
number_message(void)
{
	char digits[NUMBER_DIGITS + 1];

	if (plan.number == NULL)
		return;
	(void)snprintf(digits, sizeof digits, "%08" PRIx32,
	    ++plan.last_number);
	memcpy(plan.number, digits, NUMBER_DIGITS);
}


static void
transmit(size_t i)
{
	struct connection *c = &connections[i];
	ssize_t n = 0;
	int error;
	socklen_t len = sizeof error;

	if (c->phase == CONNECTING) {
		if (getsockopt(fds[i].fd, SOL_SOCKET, SO_ERROR, &error,
		    &len) == -1)
			fail("getsockopt");
		if (error != 0) {
			errno = error;
			finish_errno(i);
			return;
		}
		c->phase = SENDING;
	}
	if (c->sent == 0)
		number_message();
	if (c->sent < plan.message_len)
		n = send(fds[i].fd, plan.message + c->sent,
		    plan.message_len - c->sent, MSG_NOSIGNAL);
	if (n == -1 && errno != EAGAIN) {
		/* An early answer may be there to be read nevertheless. */
		receive(i);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	if (c->sent == plan.message_len) {
		c->phase = READING;
		fds[i].events = POLLIN;
	}
}

static void
proceed(size_t i)
{
	if (connections[i].phase == READING)
		receive(i);
	else
		transmit(i);
}

/* Run the whole plan. Returns the seconds that it took. */
static double
drive(void)
{
	double start = now(), last = start, t;
	size_t active, begun = 0, i;

	do {
		active = 0;
		for (i = 0; i < plan.parallel; i++) {
			if (fds[i].fd == -1 && begun < plan.count) {
				begin(i);
				begun++;
			}
			active += fds[i].fd != -1;
		}
		if (poll(fds, plan.parallel, 50) == -1)
			fail("poll");
		t = now();
		for (i = 0; i < plan.parallel; i++) {
			if (fds[i].fd == -1)
				continue;
			if (fds[i].revents != 0)
				proceed(i);
			else if (t - connections[i].started > plan.limit)
				finish(i, TIMEOUT);
			if (fds[i].fd == -1)
				last = t;
		}
	} while (active > 0 || begun < plan.count);
	return last - start;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The latency below which `part` of the connections stayed, in milliseconds. */
static double
percentile(double part)
{
	if (outcomes[OK] == 0)
		return 0;
	return 1e3 * latencies[(size_t)((double)(outcomes[OK] - 1) * part)];
}

static void
report(double seconds)
{
	size_t i;

	qsort(latencies, outcomes[OK], sizeof *latencies, compare);
	for (i = 0; i < OUTCOMES; i++)
		printf("%s=%zu ", outcome_names[i], outcomes[i]);
	printf("seconds=%.3f rate=%.0f p50=%.2f p95=%.2f p99=%.2f max=%.2f\n",
	    seconds, seconds > 0 ? (double)outcomes[OK] / seconds : 0,
	    percentile(.5), percentile(.95), percentile(.99), percentile(1));
}

static void
read_message(const char *path)
{
	static char buf[MESSAGE_MAX];
	size_t len;
	FILE *f;

	if ((f = fopen(path, "r")) == NULL)
		fail(path);
	len = fread(buf, 1, sizeof buf, f);
	if (ferror(f) || !feof(f))
		fail(path);
	fclose(f);
	plan.message = buf;
	plan.number = memmem(buf, len, "########", NUMBER_DIGITS);
	plan.last_number = (uint32_t)getpid() << 16;
	plan.message_len = len;
}

static size_t
number(const char *text, size_t max)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 1 || (size_t)n > max) {
		fprintf(stderr, "client: %s is not a number from 1 to %zu\n",
		    text, max);
		exit(64);
	}
	return (size_t)n;
}

static void
usage(void)
{
	fputs("usage: client [-eu] [-n COUNT] [-p PARALLEL] [-s START] "
	    "[-t SECONDS] [-b SOURCE] HOST PORT [MESSAGE]\n", stderr);
	exit(64);
}

int
main(int argc, char *argv[])
{
	size_t i;
	int option;

	while ((option = getopt(argc, argv, "eun:p:s:t:b:")) != -1)
		switch (option) {
		case 'e':
			plan.head_only = true;
			break;
		case 'u':
			plan.type = SOCK_DGRAM;
			break;
		case 's':
			if (strlen(optarg) > START_MAX)
				usage();
			plan.starts[0] = plan.starts[1] = optarg;
			break;
		case 'n':
			plan.count = number(optarg, COUNT_MAX);
			break;
		case 'p':
			plan.parallel = number(optarg, PARALLEL_MAX);
			break;
		case 't':
			plan.limit = (double)number(optarg, 3600);
			break;
		case 'b':
			plan.source = address(optarg, NULL);
			break;
		default:
			usage();
		}
	if (argc - optind != 2 && argc - optind != 3)
		usage();
	plan.server = address(argv[optind], argv[optind + 1]);
	if (argc - optind == 3)
		read_message(argv[optind + 2]);
	if ((latencies = calloc(plan.count, sizeof *latencies)) == NULL)
		fail("calloc");
	for (i = 0; i < PARALLEL_MAX; i++)
		fds[i].fd = -1;
	report(drive());
	return 0;
}
