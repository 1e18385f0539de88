/*
 * The handler's own: framing, grammar and checks; and the same with the
 * environment of a script, which the others do not build.
 */
#include "env.h"
#include "parse.h"
#include "sipcheck.h"
#include "sipmsg.h"

static struct sipmsg m;

static void
start(void)
{
}

static bool
parse(const unsigned char *message, size_t len)
{
	const struct sipcheck_limits limits = { 1 << 20, true };

	sipmsg_init(&m);
	return sipmsg_scan(&m, message, len) == 0 &&
	    sipcheck(&m, message, &limits) == 0;
}

static bool
build(const unsigned char *message, size_t len)
{
	static char *inherited[] = { NULL };
	static char octets[ENV_ROOM];
	struct text room = { octets, sizeof octets, 0, false };
	struct env env;
	static const struct peer peer = {
		.known = true,
		.binary = { [10] = 0xff, 0xff, 192, 0, 2, 1 },
		.remote_addr = "192.0.2.1", .remote_port = 40000,
		.local_addr = "192.0.2.2", .local_port = 5060
	};
	struct env_request request = {
		.msg = &m, .buf = message, .peer = &peer,
		.script = "/usr/lib/sip-cgi-bin/default.cgi",
		.software = "sipcgi-handler/1.1.0", .inherited = inherited
	};

	if (!parse(message, len))
		return false;
	request.body_len = m.content_length;
	return env_build(&env, &request, &room) == 0;
}

const struct parser parse_handler = { "sipcgi-handler", start, parse };
const struct parser parse_environment = {
	"and environment", start, build
};
