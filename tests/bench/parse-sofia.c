/* Sofia-SIP. */
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>

#include "parse.h"

static const msg_mclass_t *class;

static void
start(void)
{
	class = sip_default_mclass();
}

static bool
parse(const unsigned char *message, size_t len)
{
	msg_t *m = msg_make(class, 0, message, (ssize_t)len);
	sip_t *sip = m == NULL ? NULL : sip_object(m);
	bool good = sip != NULL && sip->sip_request != NULL &&
	    sip->sip_error == NULL && !msg_has_error(m);

	msg_destroy(m);
	return good;
}

const struct parser parse_sofia = { "Sofia-SIP", start, parse };
