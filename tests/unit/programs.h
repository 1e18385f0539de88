/*
 * programs.h - programs for check_transaction(), from files or at random.
 */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/check.h"

static void
check_random(unsigned long n)
{
	static unsigned char program[700];
	uint64_t random = 1;
	size_t i;

	for (; n > 0; n--) {
		for (i = 0; i < sizeof program; i++) {
			random = random * 6364136223846793005u + 1;
			program[i] = (unsigned char)(random >> 40);
		}
		check_transaction(program, sizeof program);
	}
	puts("as the model");
}

static void
check_file(const char *name)
{
	static unsigned char program[4096];
	FILE *file = fopen(name, "rb");

	if (file == NULL) {
		perror(name);
		exit(66);
	}
	printf("%s\n", name);
	(void)fflush(stdout);
	check_transaction(program, fread(program, 1, sizeof program, file));
	(void)fclose(file);
}

/* "random N" or "check FILE...": false when it is neither. */
static bool
programs_main(int argc, char **argv)
{
	int i;

	if (argc == 3 && strcmp(argv[1], "random") == 0)
		check_random(strtoul(argv[2], NULL, 10));
	else if (argc > 1 && strcmp(argv[1], "check") == 0)
		for (i = 2; i < argc; i++)
			check_file(argv[i]);
	else
		return false;
	return true;
}

#endif
