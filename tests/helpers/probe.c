/*
 * probe: a SIP CGI script that writes down the world it finds.
 *
 * Leaves three files in its working directory and answers 200:
 *
 *	probe.env	the environment, each string with its NUL
 *	probe.stdin	standard input from its present offset to EOF
 *	probe.world	one "key value" a line: argc, argv[0], cwd, each open
 *			descriptor with its flags and offset, signal masks,
 *			umask, and the seconds left on the alarm
 *
 * It is C so that hundreds of messages a second can be tried, and so that
 * no shell changes the environment on the way.
 */

#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *
create(const char *name)
{
	FILE *f = fopen(name, "we");

	if (f == NULL) {
		perror(name);
		exit(1);
	}
	return f;
}

static void
write_env(void)
{
	FILE *f = create("probe.env");

	for (char **e = environ; *e != NULL; e++)
		(void)fwrite(*e, 1, strlen(*e) + 1, f);
	(void)fclose(f);
}

static void
write_descriptors(FILE *f)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		char link[PATH_MAX];
		int fd = atoi(e->d_name);
		ssize_t n;

		if (e->d_name[0] == '.' || fd == dirfd(d) || fd == fileno(f))
			continue;
		n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
		link[n < 0 ? 0 : n] = '\0';
		(void)fprintf(f, "fd %d %s%s offset %lld\n", fd, link,
		    fcntl(fd, F_GETFL) & O_NONBLOCK ? " nonblocking" : "",
		    (long long)lseek(fd, 0, SEEK_CUR));
	}
	(void)closedir(d);
}

static void
write_signals(FILE *f)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (strncmp(line, "SigBlk", 6) == 0 ||
		    strncmp(line, "SigIgn", 6) == 0)
			(void)fputs(line, f);
	if (status != NULL)
		(void)fclose(status);
}

static void
write_world(int argc, char *argv[])
{
	FILE *f = create("probe.world");
	char cwd[PATH_MAX];
	struct rlimit files;
	mode_t mask = umask(0);

	(void)umask(mask);
	(void)fprintf(f, "argc %d\nargv0 %s\n", argc, argv[0]);
	(void)fprintf(f, "cwd %s\n", getcwd(cwd, sizeof(cwd)));
	(void)fprintf(f, "umask %03o\n", (unsigned int)mask);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	(void)fprintf(f, "nofile %llu\n", (unsigned long long)files.rlim_cur);
	write_descriptors(f);
	write_signals(f);
	(void)fprintf(f, "alarm %u\n", alarm(0));
	(void)fclose(f);
}

static void
write_stdin(void)
{
	FILE *f = create("probe.stdin");
	char buf[65536];
	ssize_t n;

	while ((n = read(0, buf, sizeof(buf))) > 0)
		(void)fwrite(buf, 1, (size_t)n, f);
	(void)fclose(f);
}

int
main(int argc, char *argv[])
{
	static const char answer[] = "SIP/2.0 200 OK\r\n"
	    "Content-Length: 0\r\n\r\n";

	write_world(argc, argv);
	write_env();
	write_stdin();
	return write(1, answer, sizeof(answer) - 1) < 0;
}
