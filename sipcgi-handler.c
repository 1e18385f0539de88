/*
 * sipcgi-handler - answer one SIP request with a script (RFC 3050).
 *
 * A super-server accepts a connection and starts one process, which reads
 * one request from it, judges it, and becomes the script that answers:
 *
 *	secure fds 0-2 -> read options -> learn the peer -> read one message
 *	(deadline) -> parse -> validate -> choose the script -> build the
 *	environment from nothing -> enter the sandbox -> put headers + body
 *	on fd 0 -> restore process state -> execve -> (only on failure)
 *	answer 500
 *
 * Each step either leaves what the next one needs or ends the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "connection.h"
#include "env.h"
#include "explain.h"
#include "fds.h"
#include "log.h"
#include "options.h"
#include "outcome.h"
#include "pages.h"
#include "reply.h"
#include "request.h"
#include "sandbox.h"
#include "script.h"

#ifndef VERSION
#define VERSION "unknown"
#endif
#ifndef SYS_close_range
#define SYS_close_range 436		/* Linux 5.9, all architectures */
#endif
/* include/uapi/linux/close_range.h, Linux 5.11 */
#define CLOEXEC_RANGE (1u << 2)

#define SOFTWARE "sipcgi-handler/" VERSION

/*
 * How long a peer may take to accept all of our answer, and then to close its
 * side: a reset would take the answer from it, but nobody is waited for longer.
 */
#define ANSWER_MILLISECONDS 2000
#define LINGER_MILLISECONDS 1000

/* What is made of a message: names of scripts, the environment, an answer. */
static PAGES_LARGE char room[SCRIPT_ROOM + ENV_ROOM + REPLY_SIZE];

/*
 * All that is known; zeroed pages, of which a small request touches few: what
 * is large stands last.
 */
static PAGES_LARGE struct life {
	bool is_socket;			/* fd 0 is */
	char sandbox[SANDBOX_TEXT_MAX];
	struct text room;
	struct outcome outcome;
	struct peer peer;
	struct script script;
	struct env env;
	struct options options;
	struct request request;
} life;

extern char **environ;

static void
set_signal(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	(void)sigaction(number, &action, NULL);
}

/* A peer that closes, or a full disk, is an errno here and not the end. */
static void
ignore_signals(void)
{
	set_signal(SIGPIPE, SIG_IGN);
	set_signal(SIGXFSZ, SIG_IGN);
}

/*
 * Write without waiting for ever, nor for a peer that reads drop by drop.  A
 * pipe takes PIPE_BUF octets at once when poll() says it has room; a socket is
 * asked not to wait.
 */
static void
write_answer(const struct text *t)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	int64_t deadline = request_now() + ANSWER_MILLISECONDS, wait;
	size_t done = 0;
	ssize_t n;

	while (done < t->len) {
		size_t left = t->len - done;

		n = send(STDOUT_FILENO, t->start + done, left,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == ENOTSOCK)) {
			bool pipe = errno == ENOTSOCK;

			wait = deadline - request_now();
			if (wait <= 0 || poll(&out, 1, (int)wait) != 1)
				return;
			if (!pipe)
				continue;
			n = write(STDOUT_FILENO, t->start + done,
			    left < PIPE_BUF ? left : PIPE_BUF);
		}
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (n > 0)
			done += (size_t)n;
	}
}

static void
answer(struct life *l)
{
	struct text t = text_rest(&l->room);

	reply_build(&t, &l->request.msg, l->request.buf, &l->peer,
	    l->outcome.why, SOFTWARE);
	if (!t.full)
		write_answer(&t);
}

/* Close without taking the answer from a peer that is still sending. */
static void
linger(void)
{
	if (shutdown(STDOUT_FILENO, SHUT_WR) == 0)
		request_drain(STDOUT_FILENO, LINGER_MILLISECONDS);
}

static int
explain(const struct life *l)
{
	const struct explain e = { .outcome = &l->outcome,
	    .request = &l->request, .script = &l->script };

	return explain_print(&e, l->options.explain_json);
}

/*
 * The request is not run: answer it if it may be answered, log it, end with
 * the status that the table gives.
 */
static _Noreturn void
refuse(struct life *l, enum why why)
{
	struct outcome *o = &l->outcome;

	outcome_refuse(o, why, errno, o->msg != NULL &&
	    sipmsg_is_answerable(l->request.buf, l->request.len));
	if (l->options.explain)
		exit(explain(l));
	if (o->answered)
		answer(l);
	if (why != WHY_EMPTY)
		log_outcome(o);
	if (o->answered)
		linger();
	exit(why_entry(why)->exit_status);
}

static void
learn_peer(struct life *l)
{
	int error = connection_learn(&l->peer, &l->is_socket, environ);

	l->outcome.peer = &l->peer;
	if (error != 0)
		refuse(l, (enum why)-error);
}

static void
read_request(struct life *l)
{
	struct request_limits limits = { l->options.request_timeout,
	    l->options.max_body };
	int error = request_read(&l->request, l->is_socket, &limits);

	l->room = (struct text){ room, sizeof room, 0, false };
	l->outcome.msg = &l->request.msg;
	l->outcome.buf = l->request.buf;
	if (error != 0)
		refuse(l, (enum why)-error);
}

/* What the log says of the choice. */
static void
name_script(struct outcome *o, const struct script *s, const char *directory,
    int why)
{
	const struct script_try *skipped = script_skipped(s);

	o->script = s->name;
	if (skipped != NULL) {
		o->skipped = skipped->name;
		o->skipped_why = script_verdict_token(skipped);
	}
	if (s->ntries == 0 || why == WHY_SCRIPT_MISSING)
		o->directory = directory;
}

static void
choose_script(struct life *l)
{
	int error = script_choose(&l->script, l->options.directory,
	    &l->request.msg, l->request.buf, &l->room);

	name_script(&l->outcome, &l->script, l->options.directory, -error);
	if (error != 0)
		refuse(l, (enum why)-error);
}

static void
build_environment(struct life *l)
{
	struct env_request in = {
		.msg = &l->request.msg, .buf = l->request.buf,
		.peer = &l->peer, .script = l->script.path,
		.software = SOFTWARE, .body_len = l->request.body_len,
		.inherited = environ,
		.extra = l->options.extra, .nextra = l->options.nextra
	};
	int error = env_build(&l->env, &in, &l->room);

	errno = 0;
	if (error != 0)
		refuse(l, (enum why)-error);
}

/* From here on the script's limits are ours. */
static void
enter_sandbox(struct life *l)
{
	struct text t = { l->sandbox, sizeof l->sandbox - 1, 0, false };
	struct sandbox_parts got;
	struct sandbox_fault fault;
	int entered;

	if (l->options.sandbox.level == SANDBOX_NO)
		return;
	log_keep_open();
	entered = sandbox_enter(&l->options.sandbox, &got, &fault);
	sandbox_text(&t, &l->options.sandbox, &got);
	l->outcome.sandbox = l->sandbox;
	if (entered == 0)
		return;
	l->outcome.missing = fault.what;
	errno = fault.error;
	refuse(l, WHY_SANDBOX);
}

static bool
is_ack(const struct life *l)
{
	const struct slice *method = &l->request.msg.method;

	return method->len == 3 &&
	    memcmp(l->request.buf + method->off, "ACK", 3) == 0;
}

/* No script can answer an ACK: there is nothing to write it to. */
static int
close_stdout_for_ack(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		return -1;
	return 0;
}

/*
 * By execve, not before it: if that fails, it is the log's open file that the
 * line goes to, since a sandbox lets none be opened.
 */
static void
close_from_3(void)
{
	struct rlimit files;
	int fd;

	if (syscall(SYS_close_range, 3u, ~0u, CLOEXEC_RANGE) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 65536)
		files.rlim_cur = 65536;
	for (fd = 3; fd < (int)files.rlim_cur; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/*
 * What a program expects to be born with.  Ignored signals, the mask and
 * O_NONBLOCK survive execve; a super-server may have left any of them.  The
 * kernel's own struct sigaction is smaller than this on every machine, and
 * SIG_DFL is 0; the C library's calls do for each signal what only a handler
 * needs, and for SIGABRT three calls more.
 */
static void
restore_state(void)
{
	static const char default_action[64];
	sigset_t none;
	int signal, flags;

	for (signal = 1; signal < 32; signal++)
		if (signal != SIGKILL && signal != SIGSTOP)
			(void)syscall(SYS_rt_sigaction, signal, default_action,
			    NULL, _NSIG / 8);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	flags = fcntl(STDOUT_FILENO, F_GETFL);
	if (flags >= 0 && (flags & O_NONBLOCK))
		(void)fcntl(STDOUT_FILENO, F_SETFL, flags & ~O_NONBLOCK);
	close_from_3();
}

static _Noreturn void
become_script(struct life *l)
{
	char *argv[] = { (char *)l->script.name, NULL };

	l->outcome.event = EVENT_EXEC;
	l->outcome.env = &l->env;
	if (l->options.explain)
		exit(explain(l));
	if (request_become_stdin(&l->request, l->is_socket) != 0)
		refuse(l, WHY_SYSTEM);
	log_outcome(&l->outcome);
	log_adopt_stderr(l->script.name,
	    l->options.sandbox.level != SANDBOX_NO);
	if (is_ack(l) && close_stdout_for_ack() != 0)
		refuse(l, WHY_SYSTEM);
	restore_state();
	if (l->options.script_timeout > 0)
		(void)alarm(l->options.script_timeout);
	(void)execve(l->script.path, argv, l->env.vars);
	(void)alarm(0);
	ignore_signals();
	refuse(l, WHY_EXEC);
}

int
main(int argc, char **argv)
{
	struct life *l = &life;

	if (fds_secure() != 0)
		return EX_OSERR;
	ignore_signals();
	options_read(&l->options, argc, argv);
	log_open("sipcgi-handler", &l->options.log);
	learn_peer(l);
	read_request(l);
	choose_script(l);
	build_environment(l);
	enter_sandbox(l);
	become_script(l);
}
