/*
 * Log many lines from one process, as sipcgi-each does.
 *
 * usage: log-many FILE COUNT
 *
 * Half go to FILE, which is then renamed to FILE.1, the rest to a new FILE.
 * Ends, with status 0, if no descriptor is left open.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fds.h"
#include "log.h"

/* The lowest that is free: opened ones would be below it. */
static int
lowest_free(void)
{
	int fd = open("/dev/null", O_RDONLY);

	if (fd >= 0)
		(void)close(fd);
	return fd;
}

int
main(int argc, char **argv)
{
	struct log_options options = { .level = EVENT_LEVEL_INFO };
	char rotated[4096];
	int free_before, half, i;

	if (argc != 3 || fds_secure() != 0 ||
	    log_read_where(&options, argv[1]) != NULL)
		return 64;
	half = atoi(argv[2]) / 2;
	free_before = lowest_free();
	(void)snprintf(rotated, sizeof rotated, "%s.1", argv[1]);
	log_open("many", &options);
	for (i = 0; i < 2 * half; i++) {
		if (i == half && rename(argv[1], rotated) != 0)
			return 1;
		log_message(EVENT_LEVEL_INFO, i < half ? "first" : "second");
	}
	return lowest_free() != free_before;
}
