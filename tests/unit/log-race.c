/*
 * Log to a full pipe on fd 2, as if poll() had found room just before others
 * filled it.  Ends, with status 0, if the log does not wait for its reader.
 */
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "fds.h"
#include "log.h"

/* Instead of the C library's. */
int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	(void)timeout;
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = POLLOUT;
	return (int)n;
}

int
main(void)
{
	static const char page[4096];
	int fds[2];

	if (pipe(fds) != 0 || fcntl(fds[1], F_SETFL, O_NONBLOCK) != 0)
		return 1;
	while (write(fds[1], page, sizeof page) > 0)
		;
	if (fcntl(fds[1], F_SETFL, 0) != 0 || dup2(fds[1], 2) != 2)
		return 1;
	if (fds_secure() != 0)
		return 1;
	log_open("race", &(struct log_options){ .where = LOG_STDERR,
	    .level = EVENT_LEVEL_INFO });
	log_message(EVENT_LEVEL_ERR, "lost");
	return 0;
}
