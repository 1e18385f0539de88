/*
 * target.c - a fuzz target: -DTARGET=check_parse, or another of check.h.
 */
#include "check.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	TARGET(data, size);
	return 0;
}
