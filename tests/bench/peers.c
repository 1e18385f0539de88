/*
 * peers - what does a server cost per request?
 *
 * usage: peers [-u] CLIENT COUNT PARALLEL PORT MESSAGE START SERVER
 *		[ARGUMENT]...
 *
 * Starts SERVER, which listens on 127.0.0.1 port PORT (-u: UDP), has CLIENT
 * (tests/load/client) send the file MESSAGE over COUNT connections, PARALLEL
 * at a time (or as COUNT datagrams) and read each answer's head, which must
 * begin with START; then ends the server and waits for all that it has
 * started.  Prints requests per second, milliseconds of CPU (user and system)
 * for a request, and the median time that a request took, in milliseconds.
 *
 * The CPU is the difference of two runs, one of FEW requests and one of COUNT
 * more: what the server takes to start and to end is not counted.  It is that
 * of the server and all its descendants, by wait4(); orphans come to us.  The
 * client's own is not in it.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FEW 16
#define MOST_COUNT 100000
/* Seconds: a server to start, a server to end. */
#define START_LIMIT 10
#define END_LIMIT 5

static const char *protocol = "-e";	/* the client's option */
static const char *client, *port, *message, *start;

struct rates {
	double per_second, median;	/* median: milliseconds */
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static pid_t
start_client(int out, size_t count, const char *parallel)
{
	char times[24];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	snprintf(times, sizeof times, "%zu", count);
	dup2(out, 1);
	execl(client, client, protocol, "-n", times, "-p", parallel, "-s",
	    start, "-t", "5", "127.0.0.1", port, message, (char *)NULL);
	err(127, "%s", client);
}

/* Have requests made. Was each answered as it should be? */
static bool
ask(size_t count, const char *parallel, struct rates *rates)
{
	char line[512] = "";
	int ends[2];
	size_t ok;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		err(1, "pipe");
	pid = start_client(ends[1], count, parallel);
	close(ends[1]);
	if (read(ends[0], line, sizeof line - 1) < 0 ||
	    waitpid(pid, NULL, 0) != pid)
		err(1, "%s", client);
	close(ends[0]);
	return sscanf(line, "ok=%zu error=%*u empty=%*u reset=%*u refused=%*u "
	    "timeout=%*u seconds=%*f rate=%lf p50=%lf", &ok,
	    &rates->per_second, &rates->median) == 3 && ok == count;
}

static pid_t
start_server(char **argv)
{
	double limit = now() + START_LIMIT;
	pid_t pid = fork();
	struct rates rates;
	int null;

	if (pid == 0) {
		setpgid(0, 0);
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		if (getenv("PEERS_STDERR") == NULL)
			dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	while (!ask(1, "1", &rates)) {
		if (now() > limit || waitpid(pid, NULL, WNOHANG) == pid) {
			kill(-pid, SIGKILL);
			errx(1, "%s does not answer as it should", argv[0]);
		}
		poll(NULL, 0, 20);
	}
	return pid;
}

static double
seconds(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
	    (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

/* CPU seconds of the server and all that it started. */
static double
end_server(pid_t server)
{
	double limit = now() + END_LIMIT, cpu = 0;
	struct rusage usage;
	pid_t pid;

	kill(-server, SIGTERM);
	for (;;) {
		pid = wait4(-1, NULL, WNOHANG, &usage);
		if (pid < 0 && errno == ECHILD)
			return cpu;
		if (pid > 0)
			cpu += seconds(&usage);
		else {
			if (now() > limit)
				kill(-server, SIGKILL);
			poll(NULL, 0, 5);
		}
	}
}

static double
run(char **server, size_t count, const char *parallel, struct rates *rates)
{
	pid_t pid = start_server(server);

	if (!ask(count, parallel, rates)) {
		kill(-pid, SIGKILL);
		errx(1, "a request was not answered as it should be");
	}
	return end_server(pid);
}

int
main(int argc, char **argv)
{
	struct rates rates;
	double few, many;
	size_t count;

	if (argc > 1 && strcmp(argv[1], "-u") == 0) {
		protocol = "-u";
		argc--;
		argv++;
	}
	if (argc < 8)
		errx(64, "usage: peers [-u] CLIENT COUNT PARALLEL PORT "
		    "MESSAGE START SERVER [ARGUMENT]...");
	client = argv[1];
	count = (size_t)atol(argv[2]);
	if (count > MOST_COUNT)
		errx(64, "too many");
	port = argv[4];
	message = argv[5];
	start = argv[6];
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		err(1, "peers");
	few = run(argv + 7, FEW, argv[3], &rates);
	many = run(argv + 7, FEW + count, argv[3], &rates);
	printf("%.0f %.3f %.2f\n", rates.per_second,
	    (many - few) / (double)count * 1e3, rates.median);
	return 0;
}
