/* GNU oSIP (libosip2). */
#include <stdlib.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

#include "parse.h"

static void
start(void)
{
	/* It prints what it finds wrong. */
	osip_trace_initialize(0, NULL);
	parser_init();
}

static bool
parse(const unsigned char *message, size_t len)
{
	osip_message_t *m;
	bool good;

	if (osip_message_init(&m) != 0)
		abort();
	good = osip_message_parse(m, (const char *)message, len) == 0 &&
	    MSG_IS_REQUEST(m);
	osip_message_free(m);
	return good;
}

const struct parser parse_osip = { "libosip2", start, parse };
