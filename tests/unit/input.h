/* The file that a driver is given, as a whole. */
#ifndef INPUT_H
#define INPUT_H

#include <stdio.h>
#include <stdlib.h>

#include "../fuzz/check.h"

/*
 * The first CHECK_MOST octets of a file go to `to`. Returns how many there
 * were; ends the driver if there is no such file.
 */
static size_t
read_file(const char *name, unsigned char *to)
{
	FILE *file = fopen(name, "rb");
	size_t n;

	if (file == NULL) {
		perror(name);
		exit(66);
	}
	n = fread(to, 1, CHECK_MOST, file);
	(void)fclose(file);
	return n;
}

#endif
