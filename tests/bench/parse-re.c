/* libre, of baresip. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <re.h>

#include "parse.h"

static struct mbuf *room;

static void
start(void)
{
	room = mbuf_alloc(65536 + 65536);
	if (room == NULL)
		abort();
}

/* A message refers to the buffer that it came in: it is copied, as read(2)
 * would have put it there. */
static bool
parse(const unsigned char *message, size_t len)
{
	struct sip_msg *m = NULL;
	bool good;

	mbuf_rewind(room);
	mbuf_write_mem(room, message, len);
	mbuf_set_pos(room, 0);
	good = sip_msg_decode(&m, room) == 0 && m->req;
	mem_deref(m);
	return good;
}

const struct parser parse_re = { "libre", start, parse };
