/*
 * connect - run a handler on one fresh connection and play its client.
 *
 * What --help says is the whole of it.  It makes what a super-server makes
 * (an accepted TCP connection, a socket pair or pipes on fd 0 and 1).
 * Loopback only; the kernel picks every port; every wait has a bound.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_AGAIN	200e-6		/* seconds */
#define STILL_THERE	124
#define WAS_RESET	121

static const char help[] =
"usage: connect [OPTION]... [--] HANDLER [ARG]... <MESSAGE\n"
"\n"
"Sends standard input to the handler, prints what comes back, and exits with\n"
"the handler's status (128 + N when signal N ended it).  The client's end\n"
"stays open until the handler closes, as SIP clients do.\n"
"\n"
"  --on=inet|inet6|mapped|unix|pipe\n"
"                    what fd 0 and 1 of the handler are: TCP over IPv4 (the\n"
"                    default), IPv6, IPv4 to an IPv6 socket, a socket pair,\n"
"                    two pipes\n"
"  --split=N         send N octets at a time, each piece when the handler has\n"
"                    read the one before\n"
"  --pace=SECONDS    with --split: wait as long between two pieces\n"
"  --early           send all before the handler is started (up to what a\n"
"                    socket holds)\n"
"  --then=half-close|close|reset\n"
"                    do this when all is sent (and read by the handler)\n"
"  --no-read         read nothing before the handler has ended\n"
"  --read-slowly=N   read N octets twice a second until the handler has ended\n"
"  --rcvbuf=N, --sndbuf=N\n"
"                    the client's receive and the handler's send buffer\n"
"  --stderr=connection\n"
"                    give the connection as fd 2 too, as inetd does\n"
"  --nonblock        leave O_NONBLOCK set on the handler's end\n"
"  --names=FILE      write \"client-address client-port server-address\n"
"                    server-port\" to FILE\n"
"  --bound=SECONDS   give up after that long (30)\n"
"\n"
"Exit status of its own: 2 bad usage or no connection; 121 the handler reset\n"
"the connection; 124 the bound was reached (the handler is killed).\n";

struct octets {
	char	*data;
	size_t	 len;
};

static struct {
	const char	*on, *then, *names;
	size_t		 split, read_slowly;
	int		 rcvbuf, sndbuf;
	double		 bound, pace;	/* seconds */
	bool		 early, no_read, stderr_too, nonblock;
} asked = { .bound = 30, .on = "inet", .then = "" };

static double	 deadline;		/* monotonic seconds */
static int	 to = -1, from = -1;	/* the client's end */
static int	 served = -1;		/* the handler's, for a look at it */
static pid_t	 child;
static int	 child_fd = -1;		/* readable when it has ended */
static bool	 ended;			/* the answer, by EOF or a reset */
static bool	 was_reset;
static struct octets answer;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
pause_for(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
	nanosleep(&t, NULL);
}

/* Print the answer and end, as the handler did where it has. */
static _Noreturn void
finish(int status)
{
	fwrite(answer.data, 1, answer.len, stdout);
	if (status == 0 && was_reset) {
		fputs("connect: connection reset by the handler\n", stderr);
		status = WAS_RESET;
	}
	exit(fflush(stdout) == 0 ? status : 2);
}

/* Milliseconds until the bound, at most `most`; ends us when it is reached. */
static int
left(int most)
{
	double seconds = deadline - now();

	if (seconds <= 0) {
		fputs("connect: the handler was still there after its bound\n",
		    stderr);
		if (child > 0 && kill(child, SIGKILL) == 0)
			waitpid(child, NULL, 0);
		finish(STILL_THERE);
	}
	return seconds * 1e3 < most ? (int)(seconds * 1e3) + 1 : most;
}

/* Wait for events, at most so many milliseconds; tells what has come. */
static int
wait_for(int fd, short events, int most)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, left(most)) == -1)
		err(2, "poll");
	return p.revents;
}

static bool
is_gone(void)
{
	struct pollfd p = { .fd = child_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* Leave the served end to the handler, so that its close shows. */
static void
forget_served(void)
{
	if (served != -1)
		close(served);
	served = -1;
}

/* How many octets lie in the served end that nobody has read. */
static size_t
unread(void)
{
	int count = 0;

	if (ioctl(served, FIONREAD, &count) == -1)
		err(2, "FIONREAD");
	return (size_t)count;
}

/* Wait until the handler has read all that was sent, or is gone. */
static void
wait_until_read(void)
{
	while (!is_gone() && served != -1 && unread() > 0) {
		left(0);
		pause_for(LOOK_AGAIN);
	}
}

static void
append(struct octets *to_what, const char *data, size_t len)
{
	to_what->data = realloc(to_what->data, to_what->len + len);
	if (to_what->data == NULL)
		err(2, "realloc");
	memcpy(to_what->data + to_what->len, data, len);
	to_what->len += len;
}

static struct octets
read_all(int fd)
{
	static char buf[65536];
	struct octets all = { .data = malloc(1) };
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		append(&all, buf, (size_t)n);
	if (n == -1)
		err(2, "standard input");
	return all;
}

/* Take what is there of the answer, at most so many octets. */
static void
take(size_t most)
{
	static char buf[65536];
	socklen_t len = sizeof(int);
	int error = 0;
	ssize_t n;

	n = read(from, buf, most < sizeof buf ? most : sizeof buf);
	if (n == -1 && errno == EAGAIN)
		return;
	if (n == -1 && errno != ECONNRESET)
		err(2, "read");
	if (n > 0) {
		append(&answer, buf, (size_t)n);
		return;
	}
	ended = true;
	/* A reset after the end of the answer does not fail the read. */
	if (n == -1 || (to == from && getsockopt(from, SOL_SOCKET, SO_ERROR,
	    &error, &len) == 0 && error != 0))
		was_reset = true;
}

static void
take_all(void)
{
	forget_served();
	while (!ended)
		if (wait_for(from, POLLIN, 1000) != 0)
			take(SIZE_MAX);
}

/* The same, slowly, while there is a handler. */
static void
take_slowly(void)
{
	forget_served();
	while (!is_gone()) {
		take(asked.read_slowly);
		wait_for(child_fd, POLLIN, 500);
	}
}

/* Send all, and read meanwhile; when nobody will take it, stop. */
static void
give(const char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		struct pollfd p[2] = {
			{ .fd = to, .events = POLLOUT },
			{ .fd = asked.no_read || ended ? -1 : from,
			    .events = POLLIN }
		};

		if (poll(p, 2, left(50)) == -1)
			err(2, "poll");
		if (is_gone())
			forget_served();	/* so that writing ends, too */
		if (p[1].revents != 0)
			take(SIZE_MAX);
		if (p[0].revents == 0)
			continue;
		n = write(to, data, len < 65536 ? len : 65536);
		if (n == -1 && (errno == EPIPE || errno == ECONNRESET)) {
			was_reset = true;
			return;
		}
		if (n == -1 && errno != EAGAIN)
			err(2, "write");
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

/* Say that nothing more will be sent. */
static void
half_close(void)
{
	if (to == from)
		(void)shutdown(to, SHUT_WR);
	else if (to != -1) {
		close(to);
		to = -1;
	}
}

static void
close_end(bool reset)
{
	const struct linger now_at_once = { .l_onoff = 1 };

	if (from == -1)
		return;
	if (to != from)
		half_close();
	else if (reset)
		setsockopt(from, SOL_SOCKET, SO_LINGER, &now_at_once,
		    sizeof now_at_once);
	close(from);
	from = to = -1;
	ended = true;
}

/* The handler's status, as a shell shows it. */
static int
wait_for_handler(void)
{
	int status;

	forget_served();
	while (wait_for(child_fd, POLLIN, 1000) == 0)
		;
	if (waitpid(child, &status, 0) != child)
		err(2, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

/* ---- The connection */

union address {
	struct sockaddr		any;
	struct sockaddr_in	v4;
	struct sockaddr_in6	v6;
};

static void
write_name(FILE *f, const union address *a)
{
	char text[INET6_ADDRSTRLEN];

	if (a->any.sa_family == AF_INET)
		fprintf(f, "%s %d", inet_ntop(AF_INET, &a->v4.sin_addr, text,
		    sizeof text), ntohs(a->v4.sin_port));
	else
		fprintf(f, "%s %d", inet_ntop(AF_INET6, &a->v6.sin6_addr, text,
		    sizeof text), ntohs(a->v6.sin6_port));
}

static void
write_names(void)
{
	union address client, server;
	socklen_t client_len = sizeof client, server_len = sizeof server;
	FILE *f = fopen(asked.names, "w");

	if (f == NULL || getsockname(to, &client.any, &client_len) == -1 ||
	    getpeername(to, &server.any, &server_len) == -1)
		err(2, "%s", asked.names);
	write_name(f, &client);
	putc(' ', f);
	write_name(f, &server);
	putc('\n', f);
	if (fclose(f) != 0)
		err(2, "%s", asked.names);
}

static void
set(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof value) == -1)
		err(2, "setsockopt");
}

/* Where a listener is bound to: port 0 of loopback. */
static union address
listening_address(void)
{
	union address a = { .v6 = { .sin6_family = AF_INET6 } };

	if (strcmp(asked.on, "inet") == 0)
		a.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	else if (inet_pton(AF_INET6, strcmp(asked.on, "inet6") == 0 ? "::1" :
	    "::ffff:127.0.0.1", &a.v6.sin6_addr) != 1)
		err(2, "inet_pton");
	return a;
}

static void
connect_tcp(void)
{
	union address a = listening_address();
	bool mapped = strcmp(asked.on, "mapped") == 0;
	socklen_t len = a.any.sa_family == AF_INET ? sizeof a.v4 : sizeof a.v6;
	int listener;

	listener = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener == -1)
		err(2, "socket");
	/* What the kernel lets us have: more than the handler reads at once. */
	set(listener, SOL_SOCKET, SO_RCVBUF, 1 << 20);
	if (mapped)
		set(listener, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	if (bind(listener, &a.any, len) == -1 || listen(listener, 1) == -1 ||
	    getsockname(listener, &a.any, &len) == -1)
		err(2, "listen");
	if (mapped) {
		a.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
		    .sin_port = a.v6.sin6_port,
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		len = sizeof a.v4;
	}
	to = from = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (asked.rcvbuf != 0)
		set(to, SOL_SOCKET, SO_RCVBUF, asked.rcvbuf);
	if (connect(to, &a.any, len) == -1)
		err(2, "connect");
	served = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (served == -1)
		err(2, "accept");
	close(listener);
	if (asked.sndbuf != 0)
		set(served, SOL_SOCKET, SO_SNDBUF, asked.sndbuf);
	set(to, IPPROTO_TCP, TCP_NODELAY, 1);
	if (asked.names != NULL)
		write_names();
}

/* Makes both ends. Returns the handler's fd 1; its fd 0 is `served`. */
static int
make_connection(void)
{
	int in[2], out[2];

	if (strcmp(asked.on, "pipe") == 0) {
		if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
			err(2, "pipe");
		served = in[0], to = in[1], from = out[0];
	} else if (strcmp(asked.on, "unix") == 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) ==
		    -1)
			err(2, "socketpair");
		served = out[1] = in[0], to = from = in[1];
	} else {
		connect_tcp();
		out[1] = served;
	}
	if (fcntl(to, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(from, F_SETFL, O_NONBLOCK) == -1 ||
	    (asked.nonblock && fcntl(served, F_SETFL, O_NONBLOCK) == -1))
		err(2, "O_NONBLOCK");
	return out[1];
}

/* Send it all, and wait until it lies in the served end. */
static void
give_early(const struct octets *message)
{
	if (write(to, message->data, message->len) != (ssize_t)message->len)
		errx(2, "no socket holds %zu octets", message->len);
	while (unread() < message->len) {
		left(0);
		pause_for(LOOK_AGAIN);
	}
}

static void
start(char **argv, int fd1)
{
	if ((child = fork()) == -1)
		err(2, "fork");
	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		/* The test runner's own descriptors are not for a handler. */
		if (dup2(served, 0) == -1 || dup2(fd1, 1) == -1 ||
		    (asked.stderr_too && dup2(fd1, 2) == -1) ||
		    syscall(SYS_close_range, 3U, ~0U, 0U) == -1)
			err(2, "descriptors");
		execvp(argv[0], argv);
		err(127, "%s", argv[0]);
	}
	if (fd1 != served)
		close(fd1);
	child_fd = (int)syscall(SYS_pidfd_open, child, 0);
	if (child_fd == -1)
		err(2, "pidfd_open");
}

/* The client's side, up to the handler's end. */
static int
converse(const struct octets *message)
{
	size_t step = asked.split != 0 ? asked.split : message->len, done = 0;
	int status;

	while (done < message->len && !asked.early) {
		if (step > message->len - done)
			step = message->len - done;
		give(message->data + done, step);
		done += step;
		if (asked.split != 0)
			wait_until_read();
		if (asked.pace > 0 && !is_gone())
			pause_for(asked.pace);
	}
	if (strcmp(asked.then, "half-close") == 0)
		half_close();
	else if (*asked.then != '\0') {
		wait_until_read();
		close_end(strcmp(asked.then, "reset") == 0);
	}
	if (asked.read_slowly != 0)
		take_slowly();
	else if (asked.no_read) {
		status = wait_for_handler();
		take_all();
		return status;
	} else {
		take_all();
		if (strcmp(asked.then, "half-close") == 0 ||
		    *asked.then == '\0')
			close_end(false);	/* or it lingers */
	}
	return wait_for_handler();
}

/* ---- Options */

static const char *
one_of(const char *name, const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return *words;
	errx(2, "--%s does not take %s (try --help)", name, word);
}

static double
number(const char *name, const char *text)
{
	char *end;
	double n = strtod(text, &end);

	if (end == text || *end != '\0' || !(n > 0 && n < 1e9))
		errx(2, "--%s=%s: not a number above 0", name, text);
	return n;
}

static const struct option long_options[] = {
	{ "on", required_argument, NULL, 'o' },
	{ "split", required_argument, NULL, 'i' },
	{ "pace", required_argument, NULL, 'p' },
	{ "early", no_argument, NULL, 'e' },
	{ "then", required_argument, NULL, 't' },
	{ "no-read", no_argument, NULL, 'n' },
	{ "read-slowly", required_argument, NULL, 'l' },
	{ "rcvbuf", required_argument, NULL, 'r' },
	{ "sndbuf", required_argument, NULL, 's' },
	{ "stderr", required_argument, NULL, '2' },
	{ "nonblock", no_argument, NULL, 'k' },
	{ "names", required_argument, NULL, 'm' },
	{ "bound", required_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static void
take_option(int letter, const char *value)
{
	static const char *const transports[] = { "inet", "inet6", "mapped",
	    "unix", "pipe", NULL };
	static const char *const thens[] = { "half-close", "close", "reset",
	    NULL };

	switch (letter) {
	case 'o': asked.on = one_of("on", value, transports); break;
	case 'i': asked.split = (size_t)number("split", value); break;
	case 'p': asked.pace = number("pace", value); break;
	case 'e': asked.early = true; break;
	case 't': asked.then = one_of("then", value, thens); break;
	case 'n': asked.no_read = true; break;
	case 'l': asked.read_slowly = (size_t)number("read-slowly", value);
		break;
	case 'r': asked.rcvbuf = (int)number("rcvbuf", value); break;
	case 's': asked.sndbuf = (int)number("sndbuf", value); break;
	case '2': asked.stderr_too = one_of("stderr", value,
	    (const char *const[]){ "connection", NULL }) != NULL;
		break;
	case 'k': asked.nonblock = true; break;
	case 'm': asked.names = value; break;
	case 'b': asked.bound = number("bound", value); break;
	case 'h': fputs(help, stdout); exit(0);
	default: exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct octets message;
	int letter, fd1;

	while ((letter = getopt_long(argc, argv, "+", long_options, NULL)) !=
	    -1)
		take_option(letter, optarg);
	if (optind == argc)
		errx(2, "no handler named (try --help)");
	message = read_all(0);
	signal(SIGPIPE, SIG_IGN);
	deadline = now() + asked.bound;
	fd1 = make_connection();
	if (asked.early)
		give_early(&message);
	start(argv + optind, fd1);
	finish(converse(&message));
}
