/*
 * floor - the least that does the handler's job: read a message of a known
 * length from fd 0, put it on a memfd that becomes fd 0, execute the script.
 * Nothing is judged, framed or logged.
 *
 * usage: floor LENGTH SCRIPT
 *
 * With CONTRACT defined it also makes each system call that the handler owes
 * to the administrator and to the script, and passes an environment as large
 * as that of the page's INVITE; but what it asks is known beforehand, and what
 * it hears is not looked at.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char buf[131072];

#ifdef CONTRACT
static char *environment[] = {
	"GATEWAY_INTERFACE=SIP-CGI/1.1", "SERVER_PROTOCOL=SIP/2.0",
	"SERVER_SOFTWARE=sipcgi-handler/1.1.0", "SERVER_NAME=localhost",
	"SERVER_PORT=5060", "REMOTE_ADDR=127.0.0.1",
	"SCRIPT_FILENAME=/usr/local/lib/sip-cgi-bin/default.cgi",
	"REQUEST_METHOD=INVITE", "REQUEST_URI=sip:bryan@foo.com:5060;user=IP",
	"SIPCGI_USER=bryan", "SIPCGI_HOST=foo.com",
	"SIPCGI_TO_TAG=36817d46a074bd81",
	"SIP_VIA=SIP/2.0/TCP 192.168.27.105:5060", "SIP_FROM=bryan",
	"SIP_TO=user", "SIP_CALL_ID=723425489@192.168.27.104",
	"SIP_CSEQ=1 INVITE", "SIP_SUBJECT=VovidaINVITE",
	"SIP_CONTENT_TYPE=application/sdp", "CONTENT_TYPE=application/sdp",
	"SIP_CONTENT_LENGTH=0", "CONTENT_LENGTH=0",
	"PATH=/usr/local/bin:/usr/bin:/bin", NULL
};

/* What fds 0 to 2 are, and who is connected. */
static void
ask_for_connection(void)
{
	struct sockaddr_storage address;
	struct stat st;
	socklen_t n = sizeof address;
	int type;

	for (int fd = 0; fd < 3; fd++)
		fstat(fd, &st);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	getsockopt(0, SOL_SOCKET, SO_TYPE, &type, &n);
	getpeername(0, (struct sockaddr *)&address, &n);
	getsockname(0, (struct sockaddr *)&address, &n);
}

/* Its directory, three names, and whether it could be executed. */
static void
ask_for_script(const char *script)
{
	static char directory[4096];
	const char *name = strrchr(script, '/') + 1;
	struct stat st;
	int fd;

	memcpy(directory, script, (size_t)(name - script));
	chdir(directory);
	faccessat(AT_FDCWD, ".", R_OK, AT_EACCESS);
	stat(".", &st);
	stat("bryan@foo.com", &st);
	stat("@foo.com", &st);
	stat(name, &st);
	faccessat(AT_FDCWD, name, X_OK, AT_EACCESS);
	fd = open(name, O_RDONLY);
	read(fd, directory, 256);
}

static void
restore_state(void)
{
	static const char zeros[64];
	sigset_t none;

	for (int number = 1; number < 32; number++)
		if (number != SIGKILL && number != SIGSTOP)
			syscall(SYS_rt_sigaction, number, zeros, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fcntl(1, F_GETFL);
	syscall(SYS_close_range, 3, ~0u, 4);
}
#else
static char *environment[] = { NULL };
#endif

int
main(int argc, char **argv)
{
	char *script[] = { argc == 3 ? argv[2] : NULL, NULL };
	long left = argc == 3 ? atol(argv[1]) : 0;
	off_t stored = 0;
	ssize_t n;
	int store = memfd_create("floor", MFD_CLOEXEC);

	if (argc != 3 || store < 0)
		return 1;
#ifdef CONTRACT
	ask_for_connection();
#endif
	for (; left > 0; left -= n) {
		n = read(STDIN_FILENO, buf, sizeof buf);
		if (n <= 0 || pwrite(store, buf, (size_t)n, stored) != n)
			return 1;
		stored += n;
	}
#ifdef CONTRACT
	ask_for_script(script[0]);
	recv(STDIN_FILENO, buf, sizeof buf, MSG_DONTWAIT);
#endif
	if (dup2(store, STDIN_FILENO) < 0)
		return 1;
#ifdef CONTRACT
	restore_state();
#endif
	execve(script[0], script, environment);
	return 1;
}
