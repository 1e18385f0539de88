#include <sysexits.h>

#include "each/report.h"
#include "log.h"
#include "request.h"

static enum event
event_of(enum why why, bool answered)
{
	int status = why_entry(why)->status;

	if (status == 500 || why_entry(why)->exit_status != EX_OK)
		return EVENT_ERROR;
	return answered ? EVENT_REJECT : EVENT_DISCARD;
}

/* How many lines it makes in this second, up to one more than matters. */
static unsigned
count_line(void)
{
	static int64_t second;
	static unsigned lines;
	int64_t now = request_now() / 1000;

	if (now != second) {
		second = now;
		lines = 0;
	}
	if (lines <= REPORT_MOST + 1)
		lines++;
	return lines;
}

void
report_refused(const struct message *m, enum why why, int error,
    bool answered)
{
	unsigned n = count_line();
	struct outcome outcome = {
		.event = event_of(why, answered), .why = why,
		.error = why_entry(why)->status == 500 ? error : 0,
		.answered = answered, .peer = m->peer, .msg = m->msg,
		.buf = m->buf
	};

	if (n == REPORT_MOST + 1)
		outcome = (struct outcome){ .event = EVENT_DISCARD,
		    .why = WHY_FLOOD, .peer = m->peer };
	if (n <= REPORT_MOST + 1)
		log_outcome(&outcome);
}

void
report_unusable(enum why why, int error)
{
	enum event event = event_of(why, false);
	struct outcome outcome = {
		.event = event, .why = why,
		.error = event == EVENT_ERROR ? error : 0
	};

	log_outcome(&outcome);
}
