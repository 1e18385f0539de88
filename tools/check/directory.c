#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/check/directory.h"
#include "tools/check/finding.h"
#include "script.h"
#include "sipuri.h"

/* What a script's PATH is (RFC 3050 5.5 leaves it to us). */
static const char *const path[] = { "/usr/local/bin", "/usr/bin", "/bin" };

static void
error(const char *about, const char *token, const char *text,
    const char *detail, const char *hint)
{
	finding_tell(FINDING_ERROR, about, token, text, detail, hint);
}

/* ---- Who may change it */

/* Does this process run as the user who runs the scripts? */
static bool is_user;

/*
 * What a script's own user may change, a script that was taken over may, too.
 * Root is no such user; the owner of a file may change its mode.
 */
static void
check_writers(const char *about, const char *file)
{
	struct stat st;

	if (stat(file, &st) != 0)
		return;
	if (is_user && geteuid() != 0 &&
	    (st.st_uid == geteuid() || access(file, W_OK) == 0))
		finding_tell(FINDING_WARNING, about, "owner",
		    "the user who runs the scripts may change it", NULL,
		    "Let another own it: a script that was taken over could "
		    "change what is run");
	else if ((st.st_mode & S_IWGRP) != 0)
		finding_tell(FINDING_WARNING, about, "group-writable",
		    "its group may write to it", NULL, "chmod g-w it, unless "
		    "all of the group are to change what is run");
}

/* ---- The file's name */

/*
 * The names that addresses reach are those that script.h makes of them: what
 * is not its own canonical form is asked for under another name.
 */
static bool
is_canonical(const char *name)
{
	char uri[NAME_MAX + 8], made[SIPURI_USER_GROWS * (NAME_MAX + 8)];
	const unsigned char *buf = (const unsigned char *)uri;
	struct sipuri parts;
	struct slice all = { 0, 0 };
	uint32_t at;
	size_t n = 0;

	(void)snprintf(uri, sizeof uri, "sip:%s", name[0] == '@' ? name + 1 :
	    name);
	all.len = (uint32_t)strlen(uri);
	if (sipuri_parse(buf, all, &parts, &at) != 0)
		return false;
	if (name[0] != '@' && parts.has_user)
		n = sipuri_user(buf, parts.user, made);
	made[n++] = '@';
	n += sipuri_canonical_host(buf, parts.host, made + n);
	return parts.password.len == 0 && n == strlen(name) &&
	    memcmp(made, name, n) == 0;
}

/* False: no request asks for a file of this name. */
static bool
check_name(const char *name)
{
	if (strcmp(name, "default.cgi") == 0)
		return true;
	if (strchr(name, '@') != NULL && name[0] != '.' && name[0] != '-' &&
	    is_canonical(name))
		return true;
	finding_tell(FINDING_WARNING, name, "unreachable-name",
	    "no address leads to a file of this name", NULL,
	    "Leave it if other scripts need it; else call it user@host or "
	    "@host, with the host in lower case and few escapes");
	return false;
}

/* ---- The file's first line */

static bool
is_in_path(const char *program)
{
	char file[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof path / sizeof path[0]; i++) {
		(void)snprintf(file, sizeof file, "%s/%s", path[i], program);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

/* What env(1) is to find; "-S" may stand before it. */
static void
check_env(const char *name, const char *argument)
{
	char program[SCRIPT_MAX_INTERPRETER];
	size_t n;

	if (strncmp(argument, "-S", 2) == 0)
		argument += 2;
	argument += strspn(argument, " \t");
	n = strcspn(argument, " \t");
	(void)snprintf(program, sizeof program, "%.*s", (int)n, argument);
	if (strchr(program, '/') == NULL && strchr(program, '=') == NULL &&
	    !is_in_path(program))
		error(name, "no-interpreter",
		    "env does not find it in /usr/local/bin:/usr/bin:/bin",
		    program, "Write the interpreter's path, or give another "
		    "PATH by -e PATH=");
}

/* `line` is what follows "#!", without its LF. */
static void
check_interpreter(const char *name, char *line)
{
	char *interpreter = line + strspn(line, " \t"), *argument;
	size_t n = strcspn(interpreter, " \t");

	argument = interpreter + n + strspn(interpreter + n, " \t");
	interpreter[n] = '\0';
	if (interpreter[0] != '/')
		error(name, "relative-interpreter",
		    "the interpreter has no absolute path", interpreter,
		    "Write its whole path after #!");
	else if (access(interpreter, X_OK) != 0)
		error(name, "no-interpreter", "cannot execute the interpreter",
		    interpreter, strerror(errno));
	else if (strcmp(strrchr(interpreter, '/'), "/env") == 0)
		check_env(name, argument);
}

static void
check_first_line(const char *name, char *text, size_t n)
{
	char *end;

	if (n >= 4 && memcmp(text, "\177ELF", 4) == 0)
		return;
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		error(name, "bom", "it begins with a byte order mark", NULL,
		    "Save it as UTF-8 without one");
		return;
	}
	if (n < 2 || memcmp(text, "#!", 2) != 0) {
		error(name, "no-interpreter-line",
		    n == 0 ? "it is empty" : "it does not begin with #!", NULL,
		    "Begin it with #! and the path of its interpreter");
		return;
	}
	end = memchr(text, '\n', n);
	if (end == NULL && n == SCRIPT_MAX_INTERPRETER) {
		error(name, "long-interpreter-line",
		    "the kernel reads 255 octets of the first line", NULL,
		    "Shorten it");
		return;
	}
	if (end == NULL)
		end = text + n;
	*end = '\0';
	if (end > text && end[-1] == '\r') {
		error(name, "crlf", "its lines end in CR LF", NULL,
		    "The interpreter would be looked for with the CR in its "
		    "name: sed -i 's/\\r$//' it");
		return;
	}
	check_interpreter(name, text + 2);
}

static void
check_format(const char *name)
{
	char text[SCRIPT_MAX_INTERPRETER + 1];
	int fd = open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		finding_tell(FINDING_WARNING, name, "unreadable",
		    "an interpreter could not read it", NULL, strerror(errno));
		return;
	}
	n = read(fd, text, SCRIPT_MAX_INTERPRETER);
	(void)close(fd);
	if (n >= 0)
		check_first_line(name, text, (size_t)n);
}

/* ---- A file */

/* A file that would be asked for, by its name. */
static void
check_script(const char *name)
{
	struct script_try try = script_look(name);

	switch (try.verdict) {
	case SCRIPT_ABSENT:
		error(name, try.error == ENOENT ? "dangling-link" :
		    "no-look-up", try.error == ENOENT ?
		    "the link leads nowhere" : "it cannot be looked up", NULL,
		    strerror(try.error));
		return;
	case SCRIPT_NOT_REGULAR:
		error(name, "not-regular", "it is not a regular file", NULL,
		    "Only files and links to them are run");
		return;
	case SCRIPT_WRITABLE:
		error(name, "writable", "others may write to it", NULL,
		    "Requests for it are answered 500: chmod o-w it");
		break;
	case SCRIPT_NOT_EXECUTABLE:
		error(name, "not-executable", "it may not be executed", NULL,
		    "chmod +x it, and look at who may enter the directory");
		break;
	case SCRIPT_TAKEN:
	case SCRIPT_COPY:
	case SCRIPT_UNNAMEABLE:
	case SCRIPT_TOO_LONG:
		break;
	}
	check_format(name);
}

static void
check_file(const char *name)
{
	struct script_try try = script_look(name);

	if (try.verdict == SCRIPT_COPY)
		finding_tell(FINDING_WARNING, name, "copy",
		    "it is passed over as a copy, by its ending", NULL,
		    "Move it elsewhere");
	else if (check_name(name))
		check_script(name);
	else if (try.verdict == SCRIPT_WRITABLE)
		finding_tell(FINDING_WARNING, name, "writable",
		    "others may write to it", NULL, "chmod o-w it, where a "
		    "script runs it");
	check_writers(name, name);
}

static int
is_shown(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	    strcmp(entry->d_name, "..") != 0;
}

bool
directory_check(const char *directory, bool user)
{
	struct dirent **entries;
	enum why why = (enum why)-script_enter(directory);
	int n, i;

	if (why != WHY_NONE) {
		error(directory, why_entry(why)->token,
		    why_entry(why)->phrase, NULL, why_entry(why)->hint);
		return false;
	}
	is_user = user;
	check_writers(directory, ".");
	n = scandir(".", &entries, is_shown, alphasort);
	if (n < 0) {
		error(directory, "directory-unreadable", "it cannot be read",
		    NULL, strerror(errno));
		return false;
	}
	for (i = 0; i < n; i++) {
		check_file(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (access("default.cgi", F_OK) != 0)
		finding_tell(FINDING_WARNING, directory, "no-default",
		    "there is no default.cgi", NULL, "Requests that no other "
		    "script takes are answered 500");
	return true;
}
