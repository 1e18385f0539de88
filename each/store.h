/*
 * store.h - a message in a file of its own, which becomes PROGRAM's stdin.
 */
#ifndef EACH_STORE_H
#define EACH_STORE_H

#include <stddef.h>

/*
 * A new one, in memory.  Its reader begins at offset 0, however much is
 * appended; close it when PROGRAM has it.  -1 with errno.
 */
int store_open(void);

/*
 * Append n octets at `at`, where the file ends.  0, or -1 with errno, which
 * stays as it was if there is no store.
 */
int store_append(int store, size_t at, const void *octets, size_t n);

#endif
