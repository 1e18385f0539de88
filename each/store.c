#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "each/store.h"

/* Linux 6.3; older headers lack it, older kernels answer EINVAL. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

int
store_open(void)
{
	static const char name[] = "sip-message";
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC) :
	    fd;
}

int
store_append(int store, size_t at, const void *octets, size_t n)
{
	const char *p = octets;

	if (store < 0)
		return -1;
	while (n > 0) {
		ssize_t some = pwrite(store, p, n, (off_t)at);

		if (some < 0 && errno == EINTR)
			continue;
		if (some < 0)
			return -1;
		p += some;
		at += (size_t)some;
		n -= (size_t)some;
	}
	return 0;
}
