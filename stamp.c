#include <string.h>

#include "octet.h"
#include "stamp.h"

#define HOUR 3600
#define DAY INT64_C(86400)

/* When summer time begins or ends, in each year. */
struct change {
	char form;			/* J, M, or 0: a day from 0 */
	int32_t month, week, day;
	int32_t time;			/* local, seconds after midnight */
};

/* A number; false when none stands there, or one over `most`. */
static bool
take_number(const char **p, int32_t most, int32_t *number)
{
	const char *start = *p;
	int32_t value = 0;

	for (; octet_is((unsigned char)**p, OCTET_DIGIT); ++*p) {
		value = value * 10 + (**p - '0');
		if (value > most)
			return false;
	}
	*number = value;
	return *p > start;
}

static bool
take(const char **p, char c)
{
	if (**p != c)
		return false;
	++*p;
	return true;
}

/* [+-]hh[:mm[:ss]], in seconds. */
static bool
take_time(const char **p, int32_t most_hours, int32_t *seconds)
{
	int32_t sign = 1, hours, minutes = 0, rest = 0;

	if (take(p, '-'))
		sign = -1;
	else
		(void)take(p, '+');
	if (!take_number(p, most_hours, &hours) ||
	    (take(p, ':') && (!take_number(p, 59, &minutes) ||
	    (take(p, ':') && !take_number(p, 59, &rest)))))
		return false;
	*seconds = sign * (hours * HOUR + minutes * 60 + rest);
	return true;
}

/* Three letters or more, or <any>. */
static bool
take_name(const char **p)
{
	const char *start = *p, *end;

	if (take(p, '<')) {
		end = strchr(*p, '>');
		*p = end != NULL ? end + 1 : *p;
		return end != NULL;
	}
	while (octet_is((unsigned char)**p, OCTET_ALPHA))
		++*p;
	return *p - start >= 3;
}

/* ,Mm.w.d[/time] ,Jn[/time] ,n[/time] */
static bool
take_change(const char **p, struct change *c)
{
	*c = (struct change){ .time = 2 * HOUR };
	if (!take(p, ','))
		return false;
	if (take(p, 'M')) {
		c->form = 'M';
		if (!take_number(p, 12, &c->month) || c->month == 0 ||
		    !take(p, '.') || !take_number(p, 5, &c->week) ||
		    c->week == 0 || !take(p, '.') ||
		    !take_number(p, 6, &c->day))
			return false;
	} else {
		if (take(p, 'J'))
			c->form = 'J';
		if (!take_number(p, 365, &c->day) ||
		    (c->form == 'J' && c->day == 0))
			return false;
	}
	return !take(p, '/') || take_time(p, 167, &c->time);
}

/* Days from 1970 to a date of the Gregorian calendar, month from 1. */
static int64_t
days_to(int64_t year, int32_t month, int32_t day)
{
	/* Days before a month of a year that begins in March. */
	int32_t from_march = (month + 9) % 12;
	int64_t y = month <= 2 ? year - 1 : year;

	return y * 365 + y / 4 - y / 100 + y / 400 +
	    (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

static bool
is_leap(int64_t year)
{
	return days_to(year, 3, 1) - days_to(year, 2, 28) == 2;
}

static int64_t
year_of(int64_t days)
{
	int64_t year = 1970 + days / 366;

	while (days_to(year + 1, 1, 1) <= days)
		year++;
	return year;
}

/* Seconds from 1970 to the change, local time. */
static int64_t
find_change(const struct change *c, int64_t year)
{
	int64_t day, end;

	if (c->form == 'M') {
		day = days_to(year, c->month, 1);
		end = c->month == 12 ? days_to(year + 1, 1, 1) :
		    days_to(year, c->month + 1, 1);
		/* 1970 began on a Thursday. */
		day += (c->day + 7 - (day + 4) % 7) % 7 + 7 * (c->week - 1);
		while (day >= end)
			day -= 7;
	} else {
		day = days_to(year, 1, 1) + c->day;
		/* J60 is 1 March, in leap years too. */
		if (c->form == 'J' && (c->day < 60 || !is_leap(year)))
			day--;
	}
	return day * DAY + c->time;
}

bool
stamp_offset(const char *rule, int64_t when, int32_t *offset)
{
	static const char usa[] = ",M3.2.0,M11.1.0";
	int32_t west, summer_west;
	struct change from, to;
	int64_t year, start, end;

	if (!take_name(&rule) || !take_time(&rule, 24, &west))
		return false;
	*offset = -west;
	if (*rule == '\0')
		return true;
	summer_west = west - HOUR;
	if (!take_name(&rule) || (*rule != ',' && *rule != '\0' &&
	    !take_time(&rule, 24, &summer_west)))
		return false;
	if (*rule == '\0')
		rule = usa;
	if (!take_change(&rule, &from) || !take_change(&rule, &to) ||
	    *rule != '\0')
		return false;
	year = year_of((when - west) / DAY);
	start = find_change(&from, year) + west;
	end = find_change(&to, year) + summer_west;
	/* In the south summer begins late in the year. */
	if (start < end ? when >= start && when < end :
	    when >= start || when < end)
		*offset = -summer_west;
	return true;
}

static void
put_two(struct text *t, int64_t number)
{
	text_putc(t, (char)('0' + number / 10));
	text_putc(t, (char)('0' + number % 10));
}

static void
put_time(struct text *t, int64_t seconds)
{
	put_two(t, seconds / HOUR);
	text_putc(t, ':');
	put_two(t, seconds / 60 % 60);
}

void
stamp_put(struct text *t, int64_t when, const int32_t *offset)
{
	int64_t local = offset != NULL ? when + *offset : when;
	int64_t days = local / DAY, year = year_of(days);
	int32_t month = 12;

	while (days_to(year, month, 1) > days)
		month--;
	text_number(t, (uint64_t)year);
	text_putc(t, '-');
	put_two(t, month);
	text_putc(t, '-');
	put_two(t, days - days_to(year, month, 1) + 1);
	text_putc(t, 'T');
	put_time(t, local % DAY);
	text_putc(t, ':');
	put_two(t, local % 60);
	if (offset == NULL) {
		text_putc(t, 'Z');
		return;
	}
	text_putc(t, *offset < 0 ? '-' : '+');
	put_time(t, *offset < 0 ? -*offset : *offset);
}
