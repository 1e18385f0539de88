#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "when.h"

#define SECOND	1000000ULL
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

/* The year 9999; beyond it a date is a mistake, and sums might overflow. */
#define LAST	(253402300799ULL * SECOND)

static const struct unit {
	const char *name;
	uint64_t usec;
} units[] = {
	{ "", SECOND },
	{ "us", 1 }, { "usec", 1 },
	{ "ms", 1000 }, { "msec", 1000 },
	{ "s", SECOND }, { "sec", SECOND }, { "second", SECOND },
	{ "seconds", SECOND },
	{ "m", MINUTE }, { "min", MINUTE }, { "minute", MINUTE },
	{ "minutes", MINUTE },
	{ "h", HOUR }, { "hr", HOUR }, { "hour", HOUR }, { "hours", HOUR },
	{ "d", DAY }, { "day", DAY }, { "days", DAY },
	{ "w", 7 * DAY }, { "week", 7 * DAY }, { "weeks", 7 * DAY },
	/* A twelfth of the year of 365.25 days, as systemd counts. */
	{ "M", 2629800 * SECOND }, { "month", 2629800 * SECOND },
	{ "months", 2629800 * SECOND },
	{ "y", 31557600 * SECOND }, { "year", 31557600 * SECOND },
	{ "years", 31557600 * SECOND },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip_space(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/*
 * 1*DIGIT ["." 1*DIGIT] times `unit` microseconds.  From the seventh place
 * after the point on, digits are read and dropped.
 */
static int
read_number(const char **at, uint64_t *whole, uint64_t *millionths)
{
	const char *p = *at;
	uint64_t weight = 100000;

	if (!is_digit(*p))
		return -1;
	for (*whole = 0; is_digit(*p); p++) {
		*whole = *whole * 10 + (uint64_t)(*p - '0');
		if (*whole > LAST)
			return -1;
	}
	*millionths = 0;
	if (*p == '.') {
		p++;
		if (!is_digit(*p))
			return -1;
		for (; is_digit(*p); p++, weight /= 10)
			*millionths += (uint64_t)(*p - '0') * weight;
	}
	*at = p;
	return 0;
}

static uint64_t
unit_usec(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == length &&
		    memcmp(units[i].name, name, length) == 0)
			return units[i].usec;
	return 0;
}

/* One or more of NUMBER [UNIT]: "1h30min", "1h 30 min", "90". */
static int
read_span(const char *at, uint64_t *usec)
{
	uint64_t whole, millionths, unit, sum = 0;
	size_t length;

	do {
		at = skip_space(at);
		if (read_number(&at, &whole, &millionths) == -1)
			return -1;
		at = skip_space(at);
		length = strcspn(at, " \t0123456789.");
		if ((unit = unit_usec(at, length)) == 0)
			return -1;
		if (__builtin_mul_overflow(whole, unit, &whole) ||
		    whole > LAST)
			return -1;
		sum += whole + (unit >= SECOND ?
		    millionths * (unit / SECOND) : millionths * unit / SECOND);
		if (sum > LAST)
			return -1;
		at = skip_space(at + length);
	} while (*at != '\0');
	*usec = sum;
	return 0;
}

/* If `text` ends in `suffix`, cut that off. */
static bool
cut_suffix(char *text, const char *suffix)
{
	size_t length = strlen(text), cut = strlen(suffix);

	if (length <= cut || strcmp(text + length - cut, suffix) != 0)
		return false;
	text[length - cut] = '\0';
	return true;
}

/* now ± a span.  0: is one; 1: has not this form; -1: is a bad one. */
static int
relative(char *text, uint64_t now, uint64_t *usec)
{
	uint64_t span;
	bool past = true;

	if (text[0] == '-')
		text++;
	else if (text[0] == '+' || cut_suffix(text, " left")) {
		text += text[0] == '+';
		past = false;
	} else if (!cut_suffix(text, " ago"))
		return 1;
	if (read_span(text, &span) == -1)
		return -1;
	*usec = !past ? now + span : span < now ? now - span : 0;
	return 0;
}

/* Midnight, `days` after the day of `now`; not 24 hours on every day. */
static uint64_t
midnight(uint64_t now, int days)
{
	time_t seconds = (time_t)(now / SECOND);
	struct tm tm;

	(void)localtime_r(&seconds, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday += days;
	tm.tm_isdst = -1;
	return (uint64_t)mktime(&tm) * SECOND;
}

/* A leading "Mon "; -1 in *weekday when there is none. */
static const char *
read_weekday(const char *text, int *weekday)
{
	static const char names[7][5] =
	    { "Sun ", "Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat " };
	int i;

	for (i = 0; i < 7; i++)
		if (strncasecmp(text, names[i], 4) == 0) {
			*weekday = i;
			return skip_space(text + 4);
		}
	*weekday = -1;
	return text;
}

/*
 * A date, a time or both over what *tm has, and millionths of a second.
 * strptime() checks the range of each number.
 */
static int
read_date(const char *text, struct tm *tm, uint64_t *part)
{
	static const char *const formats[] = {
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%H:%M:%S",
		"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%H:%M", "%Y-%m-%d"
	};
	const struct tm before = *tm;
	const char *rest;
	uint64_t seconds;
	size_t i;

	*part = 0;
	if (!is_digit(text[0]))
		return -1;
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		*tm = before;
		rest = strptime(text, formats[i], tm);
		if (rest == NULL)
			continue;
		if (*rest == '\0')
			return 0;
		/* The last digit of the seconds, and what follows a point. */
		rest--;
		if (i < 3 && rest[1] == '.' &&
		    read_number(&rest, &seconds, part) == 0 && *rest == '\0')
			return 0;
	}
	return -1;
}

static int
absolute(char *text, uint64_t now, uint64_t *usec)
{
	bool utc = cut_suffix(text, " UTC") || cut_suffix(text, "Z");
	time_t seconds = (time_t)(now / SECOND);
	uint64_t part;
	struct tm tm;
	int day, weekday;

	(void)(utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm));
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	if (read_date(read_weekday(text, &weekday), &tm, &part) == -1)
		return -1;
	day = tm.tm_mday;
	tm.tm_isdst = -1;
	seconds = utc ? timegm(&tm) : mktime(&tm);
	/* The 31st of June comes back as the 1st of July. */
	if (seconds < 0 || tm.tm_mday != day ||
	    (weekday >= 0 && tm.tm_wday != weekday))
		return -1;
	*usec = (uint64_t)seconds * SECOND + part;
	return 0;
}

int
when_parse(const char *text, uint64_t now, uint64_t *usec)
{
	static const char *const days[] = { "yesterday", "today", "tomorrow" };
	char copy[64];
	const char *at = copy + 1;
	uint64_t whole, part;
	int i, result;

	if (strcmp(text, "now") == 0) {
		*usec = now;
		return 0;
	}
	for (i = 0; i < 3; i++)
		if (strcmp(text, days[i]) == 0) {
			*usec = midnight(now, i - 1);
			return 0;
		}
	if (strlen(text) >= sizeof(copy))
		return -1;
	(void)strcpy(copy, text);
	if (copy[0] == '@') {
		if (read_number(&at, &whole, &part) == -1 || *at != '\0')
			return -1;
		*usec = whole * SECOND + part;
		return 0;
	}
	result = relative(copy, now, usec);
	return result == 1 ? absolute(copy, now, usec) : result;
}
