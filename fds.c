#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fds.h"

static struct stat was[STDERR_FILENO + 1];

int
fds_secure(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &was[fd]) != 0 &&
		    (open("/dev/null", O_RDWR) != fd ||
		    fstat(fd, &was[fd]) != 0))
			return -1;
	return 0;
}

static bool
is_internet_socket(int fd)
{
	struct sockaddr_storage address;
	socklen_t n = sizeof address;

	return getsockname(fd, (struct sockaddr *)&address, &n) == 0 &&
	    (address.ss_family == AF_INET || address.ss_family == AF_INET6);
}

bool
fds_is_connection(int fd)
{
	int lower;

	if (S_ISSOCK(was[fd].st_mode) && is_internet_socket(fd))
		return true;
	for (lower = STDIN_FILENO; lower < fd; lower++)
		if (was[lower].st_dev == was[fd].st_dev &&
		    was[lower].st_ino == was[fd].st_ino)
			return !isatty(fd);
	return false;
}

bool
fds_is_null(int fd)
{
	return S_ISCHR(was[fd].st_mode) && was[fd].st_rdev == makedev(1, 3);
}

int
fds_write(int fd, const char *octets, size_t n)
{
	while (n > 0) {
		ssize_t some = write(fd, octets, n);

		if (some < 0 && errno == EINTR)
			continue;
		if (some < 0)
			return -1;
		octets += some;
		n -= (size_t)some;
	}
	return 0;
}
