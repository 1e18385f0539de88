#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "each/job.h"
#include "each/program.h"

static struct {
	struct job *slot;
	unsigned n;
	unsigned running;
} jobs;

int
job_open(unsigned n)
{
	void *memory = mmap(NULL, n * sizeof *jobs.slot,
	    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -1;
	jobs.slot = memory;
	jobs.n = n;
	return 0;
}

unsigned
job_slots(void)
{
	return jobs.n;
}

struct job *
job_slot(unsigned slot)
{
	return &jobs.slot[slot];
}

int
job_find_free(void)
{
	unsigned i;

	if (jobs.running == jobs.n)
		return -1;
	for (i = 0; jobs.slot[i].pid != 0; i++)
		;
	return (int)i;
}

unsigned
job_running(void)
{
	return jobs.running;
}

int
job_start(struct job *j, const struct peer *peer, int store)
{
	int ends[2], error;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
		pid = -1;
	else
		pid = program_start(peer, store, ends[1]);
	error = errno;
	(void)close(ends[1]);
	if (pid < 0) {
		(void)close(ends[0]);
		errno = error;
		return -1;
	}
	*j = (struct job){ .pid = pid, .output = ends[0] };
	jobs.running++;
	return 0;
}

ssize_t
job_read(struct job *j, void *octets, size_t n)
{
	ssize_t some;

	do
		some = read(j->output, octets, n);
	while (some < 0 && errno == EINTR);
	if (some > 0 || (some < 0 && errno == EAGAIN))
		return some;
	job_close_output(j);
	return 0;
}

void
job_close_output(struct job *j)
{
	if (j->output >= 0)
		(void)close(j->output);
	j->output = -1;
}

/* To the group, and to a process that has left it. */
static void
send_signal(const struct job *j, int number)
{
	(void)kill(-j->pid, number);
	if (getpgid(j->pid) != j->pid)
		(void)kill(j->pid, number);
}

void
job_terminate(struct job *j, int64_t now)
{
	if (j->kill_at != 0)
		return;
	send_signal(j, SIGTERM);
	j->kill_at = now + JOB_TERM_TO_KILL;
}

void
job_kill(const struct job *j)
{
	send_signal(j, SIGKILL);
}

void
job_kill_late(int64_t now)
{
	unsigned i;

	for (i = 0; i < jobs.n; i++) {
		struct job *j = &jobs.slot[i];

		if (j->pid == 0 || j->kill_at == 0 || j->kill_at > now)
			continue;
		job_kill(j);
		j->kill_at = INT64_MAX;
	}
}

static int
find_process(pid_t pid)
{
	unsigned i;

	for (i = 0; i < jobs.n; i++)
		if (jobs.slot[i].pid == pid)
			return (int)i;
	return -1;
}

/*
 * While the process is a zombie its id, which is the group's, is nobody
 * else's.  Children that are not ours, but of whoever became us by execve(),
 * are reaped on the way.
 */
int
job_find_ended(struct job_end *end)
{
	siginfo_t info;
	int slot;

	while (jobs.running > 0) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    info.si_pid == 0)
			break;
		slot = find_process(info.si_pid);
		if (slot >= 0) {
			(void)kill(-info.si_pid, SIGKILL);
			end->signalled = info.si_code != CLD_EXITED;
			end->status = info.si_status;
			return slot;
		}
		(void)waitpid(info.si_pid, NULL, WNOHANG);
	}
	return -1;
}

void
job_free(struct job *j)
{
	job_close_output(j);
	while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
		;
	j->pid = 0;
	jobs.running--;
}
