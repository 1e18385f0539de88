/*
 * floor - the least that does the handler's job: read a message of a known
 * length from fd 0, put it on a memfd that becomes fd 0, execute the script.
 * Nothing is judged, framed or logged.
 *
 * usage: floor LENGTH SCRIPT
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static char buf[131072];

int
main(int argc, char **argv)
{
	char *script[] = { argc == 3 ? argv[2] : NULL, NULL };
	char *environment[] = { NULL };
	long left = argc == 3 ? atol(argv[1]) : 0;
	off_t stored = 0;
	ssize_t n;
	int store = memfd_create("floor", MFD_CLOEXEC);

	if (argc != 3 || store < 0)
		return 1;
	for (; left > 0; left -= n) {
		n = read(STDIN_FILENO, buf, sizeof buf);
		if (n <= 0 || pwrite(store, buf, (size_t)n, stored) != n)
			return 1;
		stored += n;
	}
	if (dup2(store, STDIN_FILENO) < 0)
		return 1;
	execve(script[0], script, environment);
	return 1;
}
