/*
 * terminal - run a command at a terminal, as an administrator would by hand.
 *
 * usage: terminal [-l] COMMAND [ARGUMENT...]
 *
 * A new pseudo-terminal is the command's controlling terminal and its fd 2.
 * With -l the command leads the session, as it does where a service has a
 * terminal; else a parent does, as a shell.  What the command leaves in the
 * terminal's input, where that shell would read it, is printed at the end:
 * "typed x".  (Not with -l: the terminal ends with its session's leader.)
 */
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int
wait_for(pid_t pid)
{
	int status;

	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		err(1, "fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static _Noreturn void
execute(int terminal, char **command)
{
	(void)dup2(terminal, STDERR_FILENO);
	(void)execvp(command[0], command);
	_exit(127);
}

static void
report_typed(int terminal)
{
	char typed[100];
	int waiting = 0;
	ssize_t n;

	if (ioctl(terminal, FIONREAD, &waiting) == -1 || waiting == 0)
		return;
	n = read(terminal, typed, sizeof(typed));
	if (n > 0)
		printf("typed %.*s\n", (int)n, typed);
	fflush(stdout);
}

/* The session of the terminal `name`, whose leader this process becomes. */
static _Noreturn void
lead(const char *name, bool is_command, char **command)
{
	struct termios raw;
	int terminal, status;
	pid_t child;

	if (setsid() == -1 || (terminal = open(name, O_RDWR)) == -1 ||
	    tcgetattr(terminal, &raw) == -1)
		err(1, "%s", name);
	cfmakeraw(&raw);
	(void)tcsetattr(terminal, TCSANOW, &raw);
	if (is_command)
		execute(terminal, command);
	child = fork();
	if (child == 0)
		execute(terminal, command);
	status = wait_for(child);
	report_typed(terminal);
	_exit(status);
}

int
main(int argc, char **argv)
{
	bool leader = argc > 2 && strcmp(argv[1], "-l") == 0;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid_t child;

	if (argc < 2)
		errx(64, "usage: terminal [-l] COMMAND [ARGUMENT...]");
	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1)
		err(1, "no pseudo-terminal");
	child = fork();
	if (child == 0)
		lead(ptsname(master), leader, argv + 1 + leader);
	return wait_for(child);
}
