#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pages.h"
#include "script.h"
#include "sipuri.h"

/* The name that answers what nothing else does: the Apache module's. */
static const char fallback[] = "default.cgi";

/*
 * Who may write to the directory decides what we execute: nobody but its
 * owner and group.  Entered first, it is the same one for all that follows.
 */
int
script_enter(const char *directory)
{
	struct stat st;

	if (chdir(directory) != 0)
		return errno == ENOENT ? -WHY_DIRECTORY_MISSING :
		    errno == ENOTDIR ? -WHY_DIRECTORY_NOT :
		    errno == ENOMEM ? -WHY_SYSTEM : -WHY_DIRECTORY_UNREADABLE;
	if (faccessat(AT_FDCWD, ".", R_OK, AT_EACCESS) != 0)
		return -WHY_DIRECTORY_UNREADABLE;
	if (stat(".", &st) != 0)
		return -WHY_SYSTEM;
	if (st.st_mode & S_IWOTH) {
		errno = EPERM;
		return -WHY_DIRECTORY_WRITABLE;
	}
	return 0;
}

/*
 * Endings of copies that editors (vi, patch, Emacs) and package managers
 * (dpkg, ucf, rpm, pacman, apk) leave beside a file.  None is a top-level
 * domain.  What ends in "~" or ",v" is not a host and is never asked for.
 */
static bool
is_copy(const char *name)
{
	static const char *const endings[] = {
		"bak", "orig", "old", "rej", "swp", "swo", "tmp",
		"dpkg-old", "dpkg-dist", "dpkg-new", "dpkg-tmp", "dpkg-bak",
		"ucf-old", "ucf-dist", "ucf-new", "rpmsave", "rpmnew",
		"rpmorig", "pacsave", "pacnew", "apk-new",
	};
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++)
		if (strcmp(dot + 1, endings[i]) == 0)
			return true;
	return false;
}

static enum script_verdict
look_at(const char *name, int *error)
{
	struct stat st;

	if (strchr(name, '/') != NULL || name[0] == '.' || name[0] == '-')
		return SCRIPT_UNNAMEABLE;
	if (strlen(name) > NAME_MAX)
		return SCRIPT_TOO_LONG;
	if (fstatat(AT_FDCWD, name, &st, 0) != 0) {
		*error = errno;
		return SCRIPT_ABSENT;
	}
	if (!S_ISREG(st.st_mode))
		return SCRIPT_NOT_REGULAR;
	if (is_copy(name))
		return SCRIPT_COPY;
	if (st.st_mode & S_IWOTH)
		return SCRIPT_WRITABLE;
	if (faccessat(AT_FDCWD, name, X_OK, AT_EACCESS) != 0) {
		*error = errno;
		return SCRIPT_NOT_EXECUTABLE;
	}
	return SCRIPT_TAKEN;
}

struct script_try
script_look(const char *name)
{
	struct script_try try = { .name = name };

	try.verdict = look_at(name, &try.error);
	return try;
}

/* Try a name; says whether the search is over. */
static bool
try_name(struct script *s, const char *name)
{
	struct script_try *try = &s->tries[s->ntries++];

	*try = script_look(name);
	return try->verdict == SCRIPT_TAKEN ||
	    try->verdict == SCRIPT_WRITABLE;
}

/* user@host, then @host, whose text is the end of the first. */
static bool
try_uri(struct script *s, const struct sipmsg *m, const unsigned char *buf,
    struct text *room)
{
	char *name = room->start + room->len, *at = name, *end;

	if (m->uri.has_user)
		at += sipuri_user(buf, m->uri.user, at);
	*at = '@';
	end = at + 1;
	end += sipuri_canonical_host(buf, m->uri.host, end);
	*end = '\0';
	room->len += (size_t)(end + 1 - name);
	return (m->uri.has_user && try_name(s, name)) || try_name(s, at);
}

/* The interpreter of a "#!" line, as the kernel reads it. */
static const char *
cut_interpreter(char *line)
{
	char *name = line + 2 + strspn(line + 2, " \t");

	name[strcspn(name, " \t\n")] = '\0';
	return name;
}

/*
 * Would execve take it?  Asked beforehand, so that the log has one line for
 * a request and --explain knows.  What cannot be read may still be executed.
 * The descriptor closes with all others when the script is executed.
 */
static int
check_format(struct script *s, struct text *room)
{
	int fd = open(s->name, O_RDONLY | O_NOCTTY);
	char *begin = room->start + room->len;
	ssize_t n = fd < 0 ? -1 : read(fd, begin, SCRIPT_MAX_INTERPRETER);

	if (n < 0 || (n >= 4 && memcmp(begin, "\177ELF", 4) == 0))
		return 0;
	if (n < 2 || begin[0] != '#' || begin[1] != '!') {
		errno = ENOEXEC;
		return -WHY_EXEC;
	}
	begin[n] = '\0';
	room->len += (size_t)n + 1;
	s->interpreter = cut_interpreter(begin);
	return access(s->interpreter, X_OK) == 0 ? 0 : -WHY_EXEC;
}

static int
set_path(struct script *s, const char *directory, struct text *room)
{
	size_t n = strlen(directory);

	if (n + 1 + strlen(s->name) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	s->path = room->start + room->len;
	text_puts(room, directory);
	if (n == 0 || directory[n - 1] != '/')
		text_putc(room, '/');
	text_puts(room, s->name);
	text_putc(room, '\0');
	return 0;
}

int
script_choose(struct script *s, const char *directory,
    const struct sipmsg *m, const unsigned char *buf, struct text *room)
{
	const struct script_try *last;
	int error;

	s->ntries = 0;
	s->name = s->path = s->interpreter = NULL;
	error = script_enter(directory);
	if (error != 0)
		return error;
	if (!(m->uri.is_sip && try_uri(s, m, buf, room)))
		(void)try_name(s, fallback);
	last = &s->tries[s->ntries - 1];
	errno = last->error;
	if (last->verdict != SCRIPT_TAKEN && last->verdict != SCRIPT_WRITABLE)
		return -WHY_SCRIPT_MISSING;
	s->name = last->name;
	if (last->verdict == SCRIPT_WRITABLE)
		return -WHY_SCRIPT_WRITABLE;
	return set_path(s, directory, room) != 0 ? -WHY_EXEC :
	    check_format(s, room);
}

static const struct {
	const char *token, *text;
} verdicts[] = {
[SCRIPT_TAKEN] = { "taken", "taken" },
[SCRIPT_UNNAMEABLE] = { "unnameable", "skipped: no file name for a script" },
[SCRIPT_TOO_LONG] = { "too-long", "skipped: over 255 octets" },
[SCRIPT_ABSENT] = { "absent", "skipped: cannot be looked up" },
[SCRIPT_NOT_REGULAR] = { "not-regular", "skipped: not a regular file" },
[SCRIPT_NOT_EXECUTABLE] = { "not-executable", "skipped: not executable" },
[SCRIPT_WRITABLE] = { "writable", "refused: writable by others (chmod o-w)" },
[SCRIPT_COPY] = { "copy", "skipped: a copy, by its ending" },
};

const char *
script_verdict_text(const struct script_try *try)
{
	return verdicts[try->verdict].text;
}

const char *
script_verdict_token(const struct script_try *try)
{
	return verdicts[try->verdict].token;
}

const struct script_try *
script_skipped(const struct script *s)
{
	unsigned i;

	for (i = 0; i < s->ntries; i++)
		if (s->tries[i].verdict == SCRIPT_NOT_REGULAR ||
		    s->tries[i].verdict == SCRIPT_NOT_EXECUTABLE ||
		    s->tries[i].verdict == SCRIPT_COPY)
			return &s->tries[i];
	return NULL;
}

/* As the kernel's getdents64 writes it. */
struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* The C library's readdir() would link an allocator. */
const char *
script_other_case(const char *name)
{
	static PAGES_LARGE _Alignas(struct entry) char entries[4096];
	const struct entry *e;
	long n, at;
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && (n = syscall(SYS_getdents64, fd, entries,
	    sizeof entries)) > 0)
		for (at = 0; at < n; at += e->size) {
			e = (const struct entry *)(const void *)(entries + at);
			if (strcasecmp(e->name, name) == 0 &&
			    strcmp(e->name, name) != 0) {
				(void)close(fd);
				return e->name;
			}
		}
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}
