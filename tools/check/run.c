#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "tools/check/run.h"

static int64_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static _Noreturn void
become(const char *const argv[], int input, int output)
{
	(void)setpgid(0, 0);
	if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
		_exit(EX_OSERR);
	(void)execv(argv[0], (char *const *)argv);
	_exit(EX_OSERR);
}

/* Read until nobody can write, or the time is up. */
static void
read_output(struct run *r, int output, int64_t deadline)
{
	unsigned char scrap[4096];
	struct pollfd p = { .fd = output, .events = POLLIN };
	int64_t left;
	ssize_t n;

	for (;;) {
		left = deadline - now();
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			r->late = true;
			return;
		}
		n = r->len < sizeof r->output ?
		    read(output, r->output + r->len,
		    sizeof r->output - r->len) :
		    read(output, scrap, sizeof scrap);
		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		if (n > 0 && r->len == sizeof r->output)
			r->cut = true;
		else if (n > 0)
			r->len += (size_t)n;
	}
}

int
run_program(struct run *r, const char *const argv[], int input,
    unsigned seconds)
{
	int ends[2], status = 0;
	pid_t pid;

	if (access(argv[0], X_OK) != 0 || pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0)
		become(argv, input, ends[1]);
	(void)setpgid(pid, pid);
	(void)close(ends[1]);
	memset(r, 0, offsetof(struct run, output));
	read_output(r, ends[0], now() + (int64_t)seconds * 1000);
	if (r->late)
		(void)kill(-pid, SIGKILL);
	(void)close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		r->signal = WTERMSIG(status);
	else
		r->exit_status = WEXITSTATUS(status);
	return 0;
}
