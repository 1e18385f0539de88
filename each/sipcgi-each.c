/*
 * sipcgi-each - run a program, mostly sipcgi-handler, for each SIP message
 * on a connection that is kept, or on UDP sockets.
 *
 * A super-server starts it once, for a connection or for all datagrams.  The
 * life of a message:
 *
 *	it arrives, whole (stream, datagram) -> it is judged (frame) -> refused,
 *	or known already (transaction), or PROGRAM is run with it on fd 0
 *	(service, job, program) -> what PROGRAM says is made a response
 *	(answer) and sent -> PROGRAM's end is logged (report)
 *
 * At the edges: options (the command line), proxy (the PROXY header), store
 * (the memfd of a message), table and siphash (for transaction).
 *
 * This is RFC 3261's server transaction layer (17.2): it never listens, never
 * forwards, and forgets a message 32 seconds after its answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "each/datagram.h"
#include "each/frame.h"
#include "each/options.h"
#include "each/program.h"
#include "each/report.h"
#include "each/service.h"
#include "each/stream.h"
#include "connection.h"
#include "fds.h"
#include "log.h"
#include "request.h"

#ifndef SYS_close_range
#define SYS_close_range 436		/* Linux 5.9, all architectures */
#endif
/* include/uapi/linux/close_range.h, Linux 5.11 */
#define CLOEXEC_RANGE (1u << 2)

/* What systemd passes begins here (sd_listen_fds(3)). */
#define LISTEN_FIRST 3

/* How long what runs may go on when we are told to end, milliseconds. */
#define STOP_MILLISECONDS 5000

/* And how long a peer may then take for the last answers. */
#define STOP_ANSWER_MILLISECONDS 1000

/* Those that are read, and interrupt nothing. */
#define SIGNALS 4

/* Datagrams of one socket in a row: scripts and other sockets wait. */
#define DATAGRAMS_IN_A_ROW 64

static struct {
	struct each_options options;
	bool datagrams;
	struct peer peer;		/* of the stream */
	int signals;			/* a signalfd */
	bool children;			/* some may have ended */
	bool stopping;
	int64_t stop_at;		/* then what runs is killed */
	int64_t active;			/* the last datagram came then */
	struct frame frame;		/* of a datagram */
	unsigned char datagram[DATAGRAM_SIZE];
	struct pollfd poll[1 + DATAGRAM_MAX_SOCKETS + 2 +
	    OPTIONS_MAX_CHILDREN];
} each;

extern char **environ;

/* Drop a datagram of each socket, or we would be started for it again. */
static _Noreturn void
end_unusable(enum why why, int error)
{
	unsigned i;

	for (i = 0; i < datagram_sockets(); i++)
		datagram_drop(datagram_fd(i));
	report_unusable(why, error);
	exit(why == WHY_SYSTEM && error != EAFNOSUPPORT && error != E2BIG ?
	    EX_OSERR : why == WHY_PEER_GONE ? EX_OK : EX_CONFIG);
}

static void
close_on_exec_from(unsigned first)
{
	struct rlimit files;
	rlim_t fd;

	if (syscall(SYS_close_range, first, ~0u, CLOEXEC_RANGE) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 65536)
		files.rlim_cur = 65536;
	for (fd = first; fd < files.rlim_cur; fd++)
		(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

static unsigned
read_number(const char *text)
{
	unsigned number = 0;

	if (text == NULL)
		return 0;
	for (; *text >= '0' && *text <= '9' && number < 100000000; text++)
		number = number * 10 + (unsigned)(*text - '0');
	return *text == '\0' ? number : 0;
}

/* Descriptors that systemd passed to us, not to whoever started us. */
static unsigned
count_passed(void)
{
	return read_number(getenv("LISTEN_PID")) == (unsigned)getpid() ?
	    read_number(getenv("LISTEN_FDS")) : 0;
}

/* A stream on fd 0 wins, whatever else is there. */
static bool
is_stream(void)
{
	struct stat st;
	socklen_t n = sizeof(int);
	int type;

	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &n) == 0)
		return type == SOCK_STREAM;
	return (fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode)) ||
	    count_passed() == 0;
}

static void
take_input(void)
{
	unsigned passed = count_passed();
	bool is_socket;
	int error;

	each.datagrams = !is_stream();
	if (!each.datagrams)
		error = connection_learn(&each.peer, &is_socket, environ);
	else if (passed > 0)
		error = datagram_open(LISTEN_FIRST, passed);
	else
		error = datagram_open(STDIN_FILENO, 1);
	if (error != 0)
		end_unusable((enum why)-error, errno);
	if (each.datagrams && each.options.proxy_protocol)
		each_options_fail_proxy_protocol();
}

/*
 * What PROGRAM is to have as fd 2 is decided before it is looked up: its
 * environment names it.
 */
static void
find_program(void)
{
	log_leave_connection("sipcgi-each");
	if (program_find(each.options.program, environ) != 0)
		end_unusable(WHY_PROGRAM, errno);
}

/* From now on signals are read, and interrupt nothing. */
static int
open_signals(void)
{
	static const int taken[SIGNALS] = { SIGCHLD, SIGTERM, SIGHUP, SIGINT };
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;
	size_t i;

	(void)sigemptyset(&set);
	for (i = 0; i < SIGNALS; i++)
		(void)sigaddset(&set, taken[i]);
	/* Ignored, it would reap children before they are looked at. */
	(void)sigaction(SIGCHLD, &action, NULL);
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigaction(SIGXFSZ, &action, NULL);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	each.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return each.signals < 0 ? -1 : 0;
}

static void
open_service(void)
{
	const struct each_options *o = &each.options;
	struct service_settings settings = { o->children, o->per_source,
	    o->script_timeout, each.datagrams };
	struct stream_settings stream = { o->request_timeout,
	    o->idle_timeout, o->max_body, o->proxy_protocol };

	if (service_open(&settings) != 0 || open_signals() != 0)
		end_unusable(WHY_SYSTEM, errno);
	each.active = request_now();
	if (!each.datagrams)
		stream_open(&each.peer, &stream, each.active);
}

static void
stop(int64_t now)
{
	if (each.stopping)
		return;
	each.stopping = true;
	each.stop_at = now + STOP_MILLISECONDS;
	stream_stop();
}

/* First the scripts, which are answered for, then a peer that does not read. */
static void
stop_all(int64_t now)
{
	if (service_running() == 0)
		stream_give_up();
	service_kill();
	each.stop_at = now + STOP_ANSWER_MILLISECONDS;
}

/* Of each kind one is pending at most, so these are all. */
static void
take_signals(int64_t now)
{
	struct signalfd_siginfo info[SIGNALS];
	ssize_t n = read(each.signals, info, sizeof info);
	size_t i;

	for (i = 0; n > 0 && i < (size_t)n / sizeof info[0]; i++)
		if (info[i].ssi_signo == SIGCHLD)
			each.children = true;
		else
			stop(now);
}

static void
take_stream(int64_t now)
{
	struct message m;

	while (stream_has_room() && stream_next(&m, now)) {
		if (!service_take(&m, now))
			return;
		stream_taken(now);
	}
}

/* False: none is there. */
static bool
take_datagram(unsigned socket, int64_t now)
{
	struct datagram_route route;
	struct peer peer;
	struct message m = { .store = -1, .peer = &peer, .route = &route };
	struct sipcheck_limits limits = { each.options.max_body, false };
	ssize_t n = datagram_receive(socket, each.datagram, &route, &peer);
	enum frame_event event;
	size_t start;

	if (n < 0)
		return false;
	event = frame_datagram(&each.frame, each.datagram, (size_t)n, &limits,
	    &start);
	if (event == FRAME_MORE)
		return true;
	each.active = now;
	m.msg = &each.frame.msg;
	m.buf = each.datagram + start;
	m.len = (size_t)n - start;
	m.body = each.frame.body;
	m.why = event == FRAME_REFUSED ? each.frame.why : WHY_NONE;
	datagram_aim(&route, m.msg, m.buf);
	(void)service_take(&m, now);
	return true;
}

static void
take_datagrams(const struct pollfd *sockets, int64_t now)
{
	unsigned i, n;

	for (i = 0; i < datagram_sockets(); i++)
		for (n = 0; sockets[i].revents != 0 &&
		    n < DATAGRAMS_IN_A_ROW && take_datagram(i, now); n++)
			;
}

/* What is waited for besides signals and scripts; returns how many. */
static unsigned
poll_input(struct pollfd *p)
{
	unsigned i;

	if (!each.datagrams) {
		stream_poll(p);
		return 2;
	}
	for (i = 0; i < datagram_sockets(); i++)
		p[i] = (struct pollfd){ .events = POLLIN,
		    .fd = each.stopping ? -1 : datagram_fd(i) };
	return i;
}

static int64_t
idle_deadline(void)
{
	if (!each.datagrams || each.options.idle_timeout == 0 ||
	    !service_is_idle())
		return INT64_MAX;
	return each.active + (int64_t)each.options.idle_timeout * 1000;
}

/* While there is no room for answers nothing is due but the peer's reading. */
static int
wait_milliseconds(int64_t now)
{
	int64_t next = each.datagrams ? idle_deadline() :
	    stream_deadline(service_running() > 0), due;

	if (stream_has_room()) {
		due = service_deadline();
		if (due < next)
			next = due;
	}
	if (each.stopping && each.stop_at < next)
		next = each.stop_at;
	if (next <= now)
		return 0;
	return next - now > INT32_MAX ? -1 : (int)(next - now);
}

static bool
is_over(int64_t now)
{
	if (service_running() > 0)
		return false;
	if (each.datagrams)
		return each.stopping || now >= idle_deadline();
	return stream_is_over();
}

/* What has happened while we waited. */
static void
serve_once(unsigned ninput, unsigned nscripts, int64_t now)
{
	const struct pollfd *input = each.poll + 1;

	if (each.poll[0].revents != 0)
		take_signals(now);
	/* First, since it makes room for what scripts have said. */
	if (!each.datagrams)
		stream_ready(input, service_running() > 0, now);
	service_ready(input + ninput, nscripts, now);
	if (each.children && service_reap(now))
		each.children = false;
	service_tick(now);
	if (each.datagrams)
		take_datagrams(input, now);
	else
		take_stream(now);
	if (each.stopping && now >= each.stop_at)
		stop_all(now);
}

static void
serve(void)
{
	unsigned ninput, nscripts;
	int64_t now = request_now();

	while (!is_over(now)) {
		each.poll[0] = (struct pollfd){ .fd = each.signals,
		    .events = POLLIN };
		ninput = poll_input(each.poll + 1);
		nscripts = service_poll(each.poll + 1 + ninput);
		if (poll(each.poll, 1 + ninput + nscripts,
		    wait_milliseconds(now)) < 0 && errno != EINTR)
			end_unusable(WHY_SYSTEM, errno);
		now = request_now();
		serve_once(ninput, nscripts, now);
	}
	if (!each.datagrams)
		stream_close();
}

int
main(int argc, char **argv)
{
	if (fds_secure() != 0)
		return EX_OSERR;
	close_on_exec_from(STDERR_FILENO + 1);
	each_options_read(&each.options, argc, argv);
	log_open("sipcgi-each", &each.options.log);
	take_input();
	find_program();
	open_service();
	serve();
	return EX_OK;
}
