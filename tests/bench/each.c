/*
 * each - what does a request cost where its peer keeps the connection, or
 * sends datagrams?  (tests/load/client makes a connection for each request and
 * finds its server there; this one is the super-server too, and counts CPU.)
 *
 * usage: each kept|udp|connect COUNT PARALLEL SERVER [ARGUMENT]...
 *        each kept|udp COUNT PARALLEL PORT
 *        each flood COUNT RATE SERVER [ARGUMENT]...
 *
 * Starts the server, has PARALLEL OPTIONS requests on their way at a time,
 * COUNT in all, each with a branch and a Call-ID of its own, ends the server,
 * and prints
 *
 *     COUNT answers, those lost, the server's CPU for each in microseconds,
 *     with all that it started, and answers a second
 *
 *	kept	the server's fd 0 and 1 are one TCP connection
 *	udp	its fd 0 is a UDP socket
 *	connect	it listens on the port that stands for %p in its arguments: a
 *		connection for each request
 *
 * With a PORT the server is one that listens there, on 127.0.0.1, already; its
 * CPU is not known then, and 0 is printed.  A request that is not answered
 * within 5 seconds is lost.
 *
 *	flood	as udp, but RATE requests a second are sent whatever comes
 *		back; those that are answered 503 are lost, too
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PARALLEL_MAX 256
#define PATIENCE 5000			/* milliseconds */

enum mode { KEPT, UDP, CONNECT, FLOOD };

static enum mode mode;
static struct sockaddr_in server;
static unsigned long count, sent, answered, lost;
static char input[1 << 20];

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t
put_request(char *to, size_t size)
{
	const char *transport = mode == UDP || mode == FLOOD ? "UDP" : "TCP";
	int n = snprintf(to, size,
	    "OPTIONS sip:bryan@foo.com SIP/2.0\r\n"
	    "Via: SIP/2.0/%s 127.0.0.1:5060;branch=z9hG4bK%08lu;rport\r\n"
	    "Max-Forwards: 70\r\n"
	    "From: \"A. Bell\" <sip:bell@example.com>;tag=a48s\r\n"
	    "To: <sip:bryan@foo.com>\r\n"
	    "Call-ID: %08lu-662606876@example.com\r\n"
	    "CSeq: 1 OPTIONS\r\n"
	    "Contact: <sip:bell@127.0.0.1:5060>\r\n"
	    "User-Agent: bench\r\n"
	    "Content-Length: 0\r\n\r\n", transport, sent, sent);

	sent++;
	return (size_t)n;
}

static void
send_request(int fd)
{
	char request[1024];
	size_t n = put_request(request, sizeof request);

	if (send(fd, request, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("send");
}

static int
make_socket(int type, struct sockaddr_in *address)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof *address;

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)address, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)address, &n) != 0)
		die("socket");
	return fd;
}

static int
connect_to_server(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static pid_t
start(char **argv, int fd)
{
	static char port[16];
	pid_t pid;
	int i;

	(void)snprintf(port, sizeof port, "%u", ntohs(server.sin_port));
	for (i = 0; argv[i] != NULL; i++)
		if (strcmp(argv[i], "%p") == 0)
			argv[i] = port;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	if (fd >= 0 && (dup2(fd, 0) < 0 || dup2(fd, 1) < 0))
		die("dup2");
	(void)execvp(argv[0], argv);
	die(argv[0]);
	return -1;
}

/* Answers in what has arrived: heads, since none has a body. */
static size_t
take_answers(size_t len)
{
	char *end, *at = input;

	while ((end = memmem(at, len - (size_t)(at - input), "\r\n\r\n", 4)) !=
	    NULL) {
		answered++;
		at = end + 4;
	}
	len -= (size_t)(at - input);
	memmove(input, at, len);
	return len;
}

static void
ask_on_one(int fd, unsigned long parallel)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (answered + lost < count) {
		while (sent < count && sent - answered - lost < parallel)
			send_request(fd);
		if (poll(&p, 1, PATIENCE) != 1) {
			lost = sent - answered;
			continue;
		}
		n = recv(fd, input + len, sizeof input - len, 0);
		if (n <= 0) {
			lost = count - answered;
			break;
		}
		len = take_answers(len + (size_t)n);
	}
}

/* What has come back by now, for so many milliseconds at most. */
static void
count_answers(int fd, int milliseconds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (poll(&p, 1, milliseconds) == 1 &&
	    recv(fd, input, sizeof input, 0) > 12)
		if (memcmp(input, "SIP/2.0 503 ", 12) == 0)
			lost++;
		else
			answered++;
}

static void
flood(int fd, unsigned long rate)
{
	double began = now();

	while (sent < count) {
		while (sent < count &&
		    (double)sent < (now() - began) * (double)rate)
			send_request(fd);
		count_answers(fd, 1);	/* the server needs the processor */
	}
	count_answers(fd, 200);
	lost = count - answered;
}

static void
ask_on_many(unsigned long parallel)
{
	struct pollfd p[PARALLEL_MAX];
	bool got[PARALLEL_MAX];
	unsigned long i;

	for (i = 0; i < parallel; i++)
		p[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	while (answered + lost < count) {
		for (i = 0; i < parallel; i++)
			if (p[i].fd < 0 && sent < count) {
				p[i].fd = connect_to_server(SOCK_STREAM);
				if (p[i].fd < 0)
					die("connect");
				got[i] = false;
				send_request(p[i].fd);
			}
		if (poll(p, parallel, PATIENCE) <= 0) {
			lost = count - answered;
			break;
		}
		for (i = 0; i < parallel; i++) {
			ssize_t n;

			if (p[i].fd < 0 || p[i].revents == 0)
				continue;
			n = recv(p[i].fd, input, sizeof input, 0);
			if (n > 0) {
				got[i] = true;
				continue;
			}
			if (got[i])
				answered++;
			else
				lost++;
			(void)close(p[i].fd);
			p[i].fd = -1;
		}
	}
}

static void
wait_for_server(void)
{
	double end = now() + 5;
	int fd;

	while ((fd = connect_to_server(SOCK_STREAM)) < 0) {
		if (now() > end)
			die("the server does not listen");
		(void)usleep(10000);
	}
	/* A handler that is asked nothing ends by itself. */
	(void)close(fd);
}

/* Returns our end of what the server was given, -1 where it listens. */
static int
start_server(char **argv, pid_t *pid)
{
	int ours = -1, theirs;

	if (mode == KEPT) {
		int listener = make_socket(SOCK_STREAM, &server);

		if (listen(listener, 1) != 0 ||
		    (ours = connect_to_server(SOCK_STREAM)) < 0 ||
		    (theirs = accept(listener, NULL, NULL)) < 0)
			die("connection");
	} else
		theirs = make_socket(mode == CONNECT ? SOCK_STREAM :
		    SOCK_DGRAM, &server);
	if (mode == CONNECT) {
		(void)close(theirs);
		theirs = -1;
	}
	*pid = start(argv, theirs);
	if (mode == CONNECT)
		wait_for_server();
	else if (mode != KEPT)
		ours = connect_to_server(SOCK_DGRAM);
	if (theirs >= 0)
		(void)close(theirs);
	return ours;
}

static int
find_server(unsigned long port)
{
	int ours;

	server = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port) };
	ours = connect_to_server(mode == KEPT ? SOCK_STREAM : SOCK_DGRAM);
	if (ours < 0)
		die("connect");
	return ours;
}

/* Microseconds of CPU of the server and all that it started. */
static double
end_server(pid_t pid)
{
	struct rusage usage;
	int status;

	if (mode != KEPT)
		(void)kill(pid, SIGTERM);
	if (wait4(pid, &status, 0, &usage) != pid)
		die("wait4");
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
	    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void
run(char **argv, unsigned long parallel)
{
	unsigned long port = strtoul(argv[0], NULL, 10);
	double began, took, cpu = 0;
	pid_t pid = 0;
	int ours;

	ours = port != 0 ? find_server(port) : start_server(argv, &pid);
	began = now();
	if (mode == CONNECT)
		ask_on_many(parallel);
	else if (mode == FLOOD)
		flood(ours, parallel);
	else
		ask_on_one(ours, parallel);
	took = now() - began;
	if (mode == KEPT)
		(void)shutdown(ours, SHUT_WR);
	if (pid != 0)
		cpu = end_server(pid);
	printf("%lu %lu %.1f %.0f\n", answered, lost, cpu / (double)count,
	    (double)answered / took);
}

int
main(int argc, char **argv)
{
	static const char *const modes[] = { "kept", "udp", "connect",
	    "flood" };
	unsigned long parallel;

	if (argc < 5)
		return 64;
	for (mode = KEPT; strcmp(argv[1], modes[mode]) != 0; mode++)
		if (mode == FLOOD)
			return 64;
	count = strtoul(argv[2], NULL, 10);
	parallel = strtoul(argv[3], NULL, 10);
	if (count == 0 || parallel == 0 ||
	    (parallel > PARALLEL_MAX && mode != FLOOD))
		return 64;
	run(argv + 4, parallel);
	return lost == 0 || mode == FLOOD ? 0 : 1;
}
