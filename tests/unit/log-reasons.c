/*
 * Log one request for each reason of why.c to the journal, and print the
 * reasons: event, status, token, phrase and hint, with a tab between each two.
 */
#include <stdio.h>

#include "fds.h"
#include "log.h"
#include "why.h"

int
main(void)
{
	struct peer peer = { .remote_addr = "192.0.2.7",
	    .remote_port = 40112 };
	const struct why_entry *why;
	enum event event;
	int i;

	if (fds_secure() != 0)
		return 1;
	log_open("sipcgi-handler", &(struct log_options){
	    .where = LOG_JOURNAL, .level = EVENT_LEVEL_INFO });
	for (i = WHY_NONE + 1; i < WHY_COUNT; i++) {
		why = why_entry((enum why)i);
		event = why->status == 0 && why->exit_status == 0 ?
		    EVENT_DISCARD : why->status == 400 || why->status == 505 ?
		    EVENT_REJECT : EVENT_ERROR;
		log_outcome(&(struct outcome){ .event = event,
		    .why = (enum why)i, .peer = &peer });
		printf("%s\t%d\t%s\t%s\t%s\n", event_name(event), why->status,
		    why->token, why->phrase, why->hint);
	}
	return 0;
}
