/*
 * compare - what do commands cost that each answer one message and end?
 *
 * usage: compare [-n PAIRS] [-t SECONDS] [-s SOCKET] [-m MESSAGE] MESSAGE
 *	COMMAND...
 *
 * Each COMMAND is a program and its arguments, split at blanks.  It gets the
 * octets of the file MESSAGE on a socket that is its fd 0 and fd 1, and
 * /dev/null as fd 2; its run is over when it has ended and its answer has
 * been read.  The first command is the measure of the others: it runs just
 * before each of them, A B A B ... A C A C ..., so that what disturbs the
 * machine disturbs both, and ratios are taken pair by pair.  PAIRS for each
 * command, fewer when SECONDS have passed for it; some more come first that
 * do not count.  SOCKET is a datagram socket to make, for commands that log to
 * it; what arrives is thrown away between runs.  With -m the first command
 * gets that message, and the others get the other one.
 *
 * One line per command, of fields separated by blanks:
 *
 *	pairs		that were run
 *	wall p90	median and 90th percentile, microseconds
 *	ratio		median of the wall ratios, pair by pair
 *	cpu cpu-ratio	the same for user and system time (wait4)
 *	faults		minor page faults, median; the script's too
 *	rss		resident KiB when the command executes its script, 0
 *			when it executes none; exact, from smaps_rollup
 *	answer		the first 11 octets of the answer, blanks as "_"
 *
 * A command is started by vfork(), whose cost does not depend on how large
 * this process is; its memory is looked at in a run of its own, by ptrace.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_PAIRS 100000
#define MOST_ARGUMENTS 30
#define WARM_UP 10
/* The whole of a message fits into the socket before the command starts. */
#define SOCKET_ROOM (4 << 20)

struct run {
	double wall, cpu;		/* microseconds */
	double faults;
};

struct message {
	const char *octets;
	size_t len;
};

static int null;
static int log_socket = -1;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct message
open_message(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct message message;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		err(1, "%s", path);
	message.len = (size_t)st.st_size;
	message.octets = mmap(NULL, message.len, PROT_READ, MAP_PRIVATE, fd,
	    0);
	if (message.octets == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
	return message;
}

static void
split(char *command, char **argv)
{
	int n = 0;

	for (char *word = strtok(command, " "); word != NULL;
	    word = strtok(NULL, " ")) {
		if (n == MOST_ARGUMENTS)
			errx(1, "too many arguments: %s ...", argv[0]);
		argv[n++] = word;
	}
	if (n == 0)
		errx(64, "an empty command");
	argv[n] = NULL;
}

/* A socket pair with the message in it. */
static void
connect_both(int ends[2], struct message message)
{
	int room = SOCKET_ROOM;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		err(1, "socketpair");
	if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &room,
	    sizeof room) != 0)
		setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room,
		    sizeof room);
	if (send(ends[0], message.octets, message.len, MSG_DONTWAIT) !=
	    (ssize_t)message.len)
		err(1, "the message does not fit into a socket");
}

static void
make_log_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof address.sun_path)
		errx(1, "%s: too long for a socket", path);
	strcpy(address.sun_path, path);
	unlink(path);
	log_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (log_socket < 0 || bind(log_socket, (struct sockaddr *)&address,
	    sizeof address) != 0)
		err(1, "%s", path);
}

static void
empty_log_socket(void)
{
	char octet;

	while (log_socket >= 0 &&
	    recv(log_socket, &octet, 1, MSG_DONTWAIT) >= 0)
		;
}

static _Noreturn void
become(char *const *argv, int fd)
{
	static char *const environment[] = { NULL };

	if (dup2(fd, 0) == 0 && dup2(fd, 1) == 1 && dup2(null, 2) == 2)
		execve(argv[0], argv, environment);
	_exit(127);
}

struct command {
	char *argv[MOST_ARGUMENTS + 1];
	struct message message;
};

/* Read the answer to its end; keep how it begins. */
static void
take_answer(int fd, char *head, size_t size)
{
	static char scrap[4096];
	size_t have = 0;
	ssize_t n;

	while ((n = read(fd, scrap, sizeof scrap)) > 0) {
		size_t more = (size_t)n < size - 1 - have ? (size_t)n :
		    size - 1 - have;

		memcpy(head + have, scrap, more);
		have += more;
	}
	head[have] = '\0';
}

static struct run
run(const struct command *command, char *head, size_t size)
{
	struct rusage usage;
	struct run result;
	int ends[2], status;
	double start;
	pid_t pid;

	connect_both(ends, command->message);
	start = now();
	pid = vfork();
	if (pid == 0)
		become(command->argv, ends[1]);
	if (pid < 0)
		err(1, "vfork");
	close(ends[1]);
	take_answer(ends[0], head, size);
	/* As a client does: who lingers for our end waits no longer. */
	close(ends[0]);
	if (wait4(pid, &status, 0, &usage) != pid)
		err(1, "wait4");
	result.wall = now() - start;
	empty_log_socket();
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "%s: ended with status %#x", command->argv[0],
		    (unsigned)status);
	result.cpu = (double)(usage.ru_utime.tv_sec +
	    usage.ru_stime.tv_sec) * 1e6 +
	    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	result.faults = (double)usage.ru_minflt;
	return result;
}

static long
resident(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "Rss: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

/*
 * The resident size at each of a process's system calls, the largest before
 * its execve of the script.  Seen from outside: ru_maxrss is kept in parts
 * per processor and would be some dozens of pages off.
 */
static long
peak(const struct command *command)
{
	long most = 0, before = 0, kib;
	int ends[2], status, executions = 0;
	char head[2];
	pid_t pid;

	connect_both(ends, command->message);
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		become(command->argv, ends[1]);
	}
	close(ends[1]);
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL,
	    (void *)(PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
	while (!WIFEXITED(status) && !WIFSIGNALED(status)) {
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
			if (executions++ == 0)
				before = most;
		} else if ((kib = resident(pid)) > most)
			most = kib;
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		if (waitpid(pid, &status, 0) != pid)
			break;
	}
	take_answer(ends[0], head, sizeof head);
	close(ends[0]);
	return before;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
percentile(double *values, size_t n, unsigned percent)
{
	qsort(values, n, sizeof *values, order);
	return values[n * percent / 100];
}

enum column { WALL, RATIO, CPU, CPU_RATIO, FAULTS, COLUMNS };

static void
pair_up(const struct command *first, const struct command *other,
    size_t pairs, double limit)
{
	static double column[COLUMNS][MOST_PAIRS];
	char head[12] = "";
	double end = now() + limit * 1e6;
	size_t n, i;

	for (i = 0; i < WARM_UP; i++) {
		run(first, head, sizeof head);
		run(other, head, sizeof head);
	}
	for (n = 0; n < pairs && (n < 5 || now() < end); n++) {
		struct run a = run(first, head, sizeof head);
		struct run b = run(other, head, sizeof head);

		column[WALL][n] = b.wall;
		column[RATIO][n] = b.wall / a.wall;
		column[CPU][n] = b.cpu;
		column[CPU_RATIO][n] = b.cpu / a.cpu;
		column[FAULTS][n] = b.faults;
	}
	for (i = 0; head[i] != '\0'; i++)
		if (head[i] == ' ' || head[i] == '\r' || head[i] == '\n')
			head[i] = '_';
	printf("%zu %.1f %.1f %.3f %.1f %.3f %.0f %ld %s\n", n,
	    percentile(column[WALL], n, 50), percentile(column[WALL], n, 90),
	    percentile(column[RATIO], n, 50), percentile(column[CPU], n, 50),
	    percentile(column[CPU_RATIO], n, 50),
	    percentile(column[FAULTS], n, 50), peak(other),
	    *head == '\0' ? "-" : head);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct command first, other;
	const char *first_message = NULL;
	size_t pairs = 1000;
	double limit = 10;
	int option;

	while ((option = getopt(argc, argv, "n:t:s:m:")) != -1) {
		if (option == 'n')
			pairs = (size_t)atol(optarg);
		else if (option == 't')
			limit = atof(optarg);
		else if (option == 's')
			make_log_socket(optarg);
		else if (option == 'm')
			first_message = optarg;
		else
			return 64;
	}
	argc -= optind;
	argv += optind;
	if (argc < 2 || pairs < 1 || pairs > MOST_PAIRS)
		errx(64, "usage: compare [-n PAIRS] [-t SECONDS] [-s SOCKET] "
		    "[-m MESSAGE] MESSAGE COMMAND...");
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	other.message = open_message(argv[0]);
	first.message = first_message == NULL ? other.message :
	    open_message(first_message);
	split(argv[1], first.argv);
	/* Against itself: how good the measure is. */
	pair_up(&first, &first, pairs, limit);
	for (int i = 2; i < argc; i++) {
		split(argv[i], other.argv);
		pair_up(&first, &other, pairs, limit);
	}
	return 0;
}
