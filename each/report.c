#include <sysexits.h>

#include "each/report.h"
#include "log.h"

static enum event
event_of(enum why why, bool answered)
{
	int status = why_entry(why)->status;

	if (status == 500 || why_entry(why)->exit_status != EX_OK)
		return EVENT_ERROR;
	return answered ? EVENT_REJECT : EVENT_DISCARD;
}

void
report_refused(const struct message *m, enum why why, int error,
    bool answered)
{
	struct outcome outcome = {
		.event = event_of(why, answered), .why = why,
		.error = why_entry(why)->status == 500 ? error : 0,
		.answered = answered, .peer = m->peer, .msg = m->msg,
		.buf = m->buf
	};

	log_outcome(&outcome);
}

void
report_unusable(enum why why, int error)
{
	struct outcome outcome = {
		.event = EVENT_ERROR, .why = why, .error = error
	};

	log_outcome(&outcome);
}
