#include <sysexits.h>

#include "outcome.h"

void
outcome_refuse(struct outcome *o, enum why why, int error, bool answerable)
{
	const struct why_entry *entry = why_entry(why);

	o->why = why;
	o->error = entry->status == 500 ? error : 0;
	o->answered = answerable && entry->status != 0;
	if (entry->status == 500 || entry->exit_status != EX_OK)
		o->event = EVENT_ERROR;
	else
		o->event = o->answered ? EVENT_REJECT : EVENT_DISCARD;
}
