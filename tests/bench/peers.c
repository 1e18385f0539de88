/*
 * peers - what does a server cost per request?
 *
 * usage: peers [-u] COUNT PARALLEL PORT MESSAGE STATUS SERVER [ARGUMENT]...
 *
 * Starts SERVER, which listens on 127.0.0.1 port PORT (-u: UDP), has PARALLEL
 * clients send the file MESSAGE over COUNT connections (or as COUNT
 * datagrams) and read each answer's head, which must begin with STATUS; then
 * ends the server and waits for all that it has started.  Prints requests per
 * second, milliseconds of CPU (user and system) for a request, and the
 * median time that a client waited, in milliseconds.
 *
 * The CPU is the difference of two runs, one of FEW requests and one of COUNT
 * more: what the server takes to start and to end is not counted.  It is that
 * of the server and all its descendants, by wait4(); orphans come to us.  The
 * clients' own is not in it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FEW 16
#define MOST_COUNT 100000
#define MESSAGE_SIZE 65536
/* Seconds: a server to start, a request to be answered, a server to end. */
#define START_LIMIT 10
#define ANSWER_LIMIT 5
#define END_LIMIT 5

static struct sockaddr_in address = { .sin_family = AF_INET };
static int type = SOCK_STREAM;
static char message[MESSAGE_SIZE];
static size_t message_len;
static const char *wanted;
static double *waited;			/* shared with the clients */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
read_message(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, message, sizeof message);

	if (n <= 0)
		err(1, "%s", path);
	message_len = (size_t)n;
	close(fd);
}

/*
 * Read to the end of the head (no answer here has a body), or one datagram.
 * Does it begin as it should?
 */
static bool
take_answer(int fd)
{
	char answer[8192];
	size_t have = 0;
	ssize_t n;

	do {
		n = recv(fd, answer + have, sizeof answer - have, 0);
		if (n < 0)
			return false;
		have += (size_t)n;
	} while (type == SOCK_STREAM && n > 0 && have < sizeof answer &&
	    memmem(answer, have, "\r\n\r\n", 4) == NULL);
	return have >= strlen(wanted) &&
	    memcmp(answer, wanted, strlen(wanted)) == 0;
}

static bool
ask(void)
{
	struct timeval limit = { ANSWER_LIMIT, 0 };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	bool good;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	good = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
	    send(fd, message, message_len, MSG_NOSIGNAL) ==
	    (ssize_t)message_len && take_answer(fd);
	close(fd);
	return good;
}

static pid_t
start_server(char **argv)
{
	double limit = now() + START_LIMIT;
	pid_t pid = fork();
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
	while (!ask()) {
		if (now() > limit || waitpid(pid, NULL, WNOHANG) == pid) {
			kill(-pid, SIGKILL);
			errx(1, "%s does not answer as it should", argv[0]);
		}
		poll(NULL, 0, 20);
	}
	return pid;
}

/* Seconds that `count` requests took; the clients' CPU is theirs. */
static double
ask_all(size_t count, size_t parallel)
{
	pid_t client[64];
	double start = now(), end;
	int status;

	for (size_t i = 0; i < parallel; i++) {
		client[i] = fork();
		if (client[i] != 0)
			continue;
		for (size_t n = i; n < count; n += parallel) {
			double before = now();

			if (!ask())
				_exit(1);
			waited[n] = now() - before;
		}
		_exit(0);
	}
	for (size_t i = 0; i < parallel; i++)
		if (waitpid(client[i], &status, 0) != client[i] ||
		    status != 0)
			errx(1, "a request was not answered as it should be");
	end = now();
	return end - start;
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
run(char **server, size_t count, size_t parallel, double *wall)
{
	pid_t pid = start_server(server);

	*wall = ask_all(count, parallel);
	return end_server(pid);
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	double few, many, wall;
	size_t count, parallel;

	if (argc > 1 && strcmp(argv[1], "-u") == 0) {
		type = SOCK_DGRAM;
		argc--;
		argv++;
	}
	if (argc < 7)
		errx(64, "usage: peers [-u] COUNT PARALLEL PORT MESSAGE "
		    "STATUS SERVER [ARGUMENT]...");
	count = (size_t)atol(argv[1]) + FEW;
	parallel = (size_t)atol(argv[2]);
	if (count > MOST_COUNT || parallel < 1 || parallel > 64)
		errx(64, "too many");
	address.sin_port = htons((uint16_t)atoi(argv[3]));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	read_message(argv[4]);
	wanted = argv[5];
	waited = mmap(NULL, MOST_COUNT * sizeof *waited,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (waited == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		err(1, "peers");
	few = run(argv + 6, FEW, parallel, &wall);
	many = run(argv + 6, count, parallel, &wall);
	qsort(waited, count, sizeof *waited, order);
	printf("%.0f %.3f %.2f\n", (double)count / wall,
	    (many - few) / (double)(count - FEW) * 1e3,
	    waited[count / 2] * 1e3);
	return 0;
}
