/*
 * fds.h - file descriptors 0 to 2: are they there, and is one of them the
 * connection that nobody's diagnostics may reach?
 */
#ifndef FDS_H
#define FDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Make sure that 0, 1 and 2 are open, so that no file opened later becomes
 * one of them: a closed one becomes /dev/null.  Returns 0, or -1 with errno.
 * Remembers which files they are, for fds_is_connection().
 */
int fds_secure(void);

/*
 * Was fd (1 or 2), when we were started, the connection: an Internet socket,
 * or the same file as a lower descriptor (as inetd hands it over) or, for 2,
 * as 1, and not a terminal?  The journal's stream is an AF_UNIX socket of its
 * own.
 */
bool fds_is_connection(int fd);

/* Was fd, when we were started, /dev/null: nobody reads what goes there? */
bool fds_is_null(int fd);

/* Write all n octets, waiting for room.  Returns 0, or -1 with errno. */
int fds_write(int fd, const char *octets, size_t n);

#endif
