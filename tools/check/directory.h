/*
 * directory.h - is a directory of scripts fit to serve from?
 */
#ifndef CHECK_DIRECTORY_H
#define CHECK_DIRECTORY_H

#include <stdbool.h>

/*
 * Judge the directory and each file in it, as this process's user sees them;
 * `user`: that is the one who runs the scripts, and should change none.
 * False: it cannot be used at all; that was told.  It is the working
 * directory afterwards.
 */
bool directory_check(const char *directory, bool user);

#endif
