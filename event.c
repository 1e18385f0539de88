#include "event.h"

/* systemd/sip-cgi.catalog has a text for each MESSAGE_ID. */
static const struct {
	const char *name;
	const char *message_id;
} events[EVENT_COUNT] = {
	[EVENT_EXEC] = { "exec", "6f1d0c5f3c1e4b0e9a0f5be2a1d4c701" },
	[EVENT_REJECT] = { "reject", "9b7e4a52d0c84f4f8e53c1a7b6e2d302" },
	[EVENT_DISCARD] = { "discard", "3c58e1f7a9d24d6b8f10e4c2b7a5d903" },
	[EVENT_ERROR] = { "error", "e24b9d1c7f3a4086b5d8c6f0a3e71b04" },
	[EVENT_DONE] = { "done", "b1c7d94e60f24b3a97d2f85e4a06cd05" },
};

const char *
event_name(enum event event)
{
	return events[event].name;
}

const char *
event_message_id(enum event event)
{
	return events[event].message_id;
}
