#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "each/program.h"
#include "log.h"
#include "text.h"

/* Where a program is looked for when there is no PATH. */
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* The new process needs it from clone() to execve(). */
#define STACK_SIZE 16384

/* Variables for the peer, JOURNAL_STREAM, and NULL. */
enum {
	REMOTE_IP, REMOTE_PORT, LOCAL_IP, LOCAL_PORT, PEER_VARIABLES,
	EXTRA = PEER_VARIABLES + 2
};

#define VARIABLE_SIZE (sizeof "TCPREMOTEPORT=" + PEER_ADDRESS_SIZE)
#define STREAM_SIZE 64

static struct {
	char path[PATH_MAX];
	char *const *argv;
	size_t ninherited;
	char *environment[PROGRAM_MAX_VARIABLES + EXTRA];
	char peer[PEER_VARIABLES][VARIABLE_SIZE];
	char journal_stream[STREAM_SIZE];
} program;

/* Beginnings of names: the peer that they name is not the message's. */
static const char *const dropped[] = {
	"REMOTE_ADDR=", "REMOTE_PORT=", "REMOTE_HOST=", "TCPREMOTE",
	"TCPLOCAL", "SOCAT_", "NCAT_", "LISTEN_", "NOTIFY_SOCKET=",
	"SIPCGI_", "JOURNAL_STREAM="
};

static bool
is_dropped(const char *variable)
{
	size_t i;

	for (i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
		if (strncmp(variable, dropped[i], strlen(dropped[i])) == 0)
			return true;
	return false;
}

/* It is not always the one that was inherited. */
static void
name_journal_stream(void)
{
	struct text t = { program.journal_stream, STREAM_SIZE - 1, 0, false };
	struct stat st;

	if (!log_stderr_is_journal() || fstat(STDERR_FILENO, &st) != 0)
		return;
	text_puts(&t, "JOURNAL_STREAM=");
	text_number(&t, st.st_dev);
	text_putc(&t, ':');
	text_number(&t, st.st_ino);
	program.environment[program.ninherited++] = program.journal_stream;
}

static int
take_environment(char *const *inherited)
{
	for (; *inherited != NULL; inherited++) {
		if (is_dropped(*inherited))
			continue;
		if (program.ninherited == PROGRAM_MAX_VARIABLES) {
			errno = E2BIG;
			return -1;
		}
		program.environment[program.ninherited++] = *inherited;
	}
	name_journal_stream();
	return 0;
}

static bool
is_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || access(path, X_OK) != 0)
		return false;
	errno = EACCES;
	return S_ISREG(st.st_mode);
}

/* directory "/" name into program.path; an empty directory is ".". */
static bool
join_path(const char *directory, size_t n, const char *name)
{
	struct text t = { program.path, sizeof program.path - 1, 0, false };

	if (n == 0)
		text_putc(&t, '.');
	text_put(&t, directory, n);
	text_putc(&t, '/');
	text_puts(&t, name);
	program.path[t.len] = '\0';
	return !t.full;
}

static int
search_path(const char *name)
{
	const char *path = getenv("PATH"), *colon;

	if (path == NULL)
		path = DEFAULT_PATH;
	for (;; path = colon + 1) {
		colon = strchrnul(path, ':');
		if (join_path(path, (size_t)(colon - path), name) &&
		    is_program(program.path))
			return 0;
		if (*colon == '\0')
			break;
	}
	errno = ENOENT;
	return -1;
}

int
program_find(char *const argv[], char *const *inherited)
{
	program.argv = argv;
	if (take_environment(inherited) != 0)
		return -1;
	if (strchr(argv[0], '/') == NULL)
		return search_path(argv[0]);
	if (strlen(argv[0]) >= sizeof program.path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(program.path, argv[0]);
	return is_program(program.path) ? 0 : -1;
}

/* One variable behind those that are inherited. */
static struct text
begin_variable(unsigned which, const char *name)
{
	struct text t = { program.peer[which], VARIABLE_SIZE - 1, 0, false };

	text_puts(&t, name);
	return t;
}

static size_t
end_variable(size_t n, unsigned which, const struct text *t)
{
	program.peer[which][t->len] = '\0';
	program.environment[n] = program.peer[which];
	return n + 1;
}

static void
name_peer(const struct peer *peer)
{
	size_t n = program.ninherited;
	struct text t;

	if (peer->known) {
		t = begin_variable(REMOTE_IP, "TCPREMOTEIP=");
		text_puts(&t, peer->remote_addr);
		n = end_variable(n, REMOTE_IP, &t);
		t = begin_variable(LOCAL_IP, "TCPLOCALIP=");
		text_puts(&t, peer->local_addr);
		n = end_variable(n, LOCAL_IP, &t);
		t = begin_variable(LOCAL_PORT, "TCPLOCALPORT=");
		text_number(&t, peer->local_port);
		n = end_variable(n, LOCAL_PORT, &t);
	}
	if (peer->known && peer->remote_port != 0) {
		t = begin_variable(REMOTE_PORT, "TCPREMOTEPORT=");
		text_number(&t, peer->remote_port);
		n = end_variable(n, REMOTE_PORT, &t);
	}
	program.environment[n] = NULL;
}

struct birth {
	int in, out;
	volatile int error;		/* the child's, in shared memory */
};

/* Between clone() and execve(): memory is the parent's, who waits. */
static int
become_program(void *arg)
{
	static const struct sigaction action = { .sa_handler = SIG_DFL };
	struct birth *birth = arg;
	sigset_t none;

	(void)setpgid(0, 0);
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigaction(SIGXFSZ, &action, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(birth->in, STDIN_FILENO) >= 0 &&
	    dup2(birth->out, STDOUT_FILENO) >= 0)
		(void)execve(program.path, program.argv, program.environment);
	birth->error = errno;
	_exit(EXIT_FAILURE);
}

pid_t
program_start(const struct peer *peer, int in, int out)
{
	static char stack[STACK_SIZE] __attribute__((aligned(16)));
	struct birth birth = { in, out, 0 };
	pid_t pid;

	name_peer(peer);
	pid = clone(become_program, stack + sizeof stack,
	    CLONE_VM | CLONE_VFORK | SIGCHLD, &birth);
	if (pid > 0 && birth.error != 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		errno = birth.error;
		return -1;
	}
	return pid;
}
