#include <errno.h>
#include <string.h>

#include "text.h"

void
text_put(struct text *t, const void *octets, size_t n)
{
	if (n > t->size - t->len) {
		t->full = true;
		return;
	}
	memcpy(t->start + t->len, octets, n);
	t->len += n;
}

void
text_puts(struct text *t, const char *string)
{
	text_put(t, string, strlen(string));
}

void
text_putc(struct text *t, char c)
{
	if (t->len == t->size)
		t->full = true;
	else
		t->start[t->len++] = c;
}

void
text_number(struct text *t, uint64_t number)
{
	char digits[20];
	size_t i = sizeof digits;

	do
		digits[--i] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	text_put(t, digits + i, sizeof digits - i);
}

void
text_hex(struct text *t, uint64_t number, unsigned digits)
{
	static const char hex[] = "0123456789abcdef";
	unsigned n = 1;

	while (n < 16 && (n < digits || number >> 4 * n != 0))
		n++;
	while (n-- > 0)
		text_putc(t, hex[number >> 4 * n & 15]);
}

struct text
text_rest(const struct text *t)
{
	return (struct text){ t->start + t->len, t->size - t->len, 0, false };
}

void
text_escape(struct text *t, const void *octets, size_t n, size_t most,
    bool spaces)
{
	const unsigned char *p = octets, *end = p + (n < most ? n : most);

	for (; p < end; p++) {
		if (*p == '"' || *p == '\\') {
			text_putc(t, '\\');
			text_putc(t, (char)*p);
		} else if (*p < ' ' || *p > '~' || (*p == ' ' && !spaces)) {
			text_puts(t, "\\x");
			text_hex(t, *p, 2);
		} else
			text_putc(t, (char)*p);
	}
	if (n > most)
		text_puts(t, "...");
}

#define E(name) { name, #name }
static const struct {
	int number;
	const char *name;
} errors[] = {
	E(E2BIG), E(EACCES), E(EBADF), E(EBUSY), E(EFAULT), E(EFBIG),
	E(EINTR), E(EINVAL), E(EIO), E(EISDIR), E(ELIBBAD), E(ELOOP),
	E(EMFILE), E(ENAMETOOLONG), E(ENFILE), E(ENOENT), E(ENOEXEC),
	E(ENOMEM), E(ENOSPC), E(ENOSYS), E(ENOTDIR), E(ENXIO),
	E(EOPNOTSUPP), E(EPERM), E(EPIPE), E(EROFS), E(ETXTBSY),
	E(ECONNRESET), E(ENOTCONN), E(EAGAIN), E(EDQUOT), E(ENODEV),
	E(ETIMEDOUT), E(EHOSTUNREACH), E(ENETUNREACH), E(ECONNABORTED),
	E(ENOBUFS), E(ENOTSOCK), E(EAFNOSUPPORT), E(ESTALE), E(EPROTO),
};
#undef E

const char *
text_errno(int error)
{
	size_t i;

	for (i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (errors[i].number == error)
			return errors[i].name;
	return "UNKNOWN";
}
