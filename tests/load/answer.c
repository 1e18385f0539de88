/*
 * answer - the least that can answer: a fixed 200, whatever was asked.
 *
 * As a script it costs next to nothing, so that what starts it shows. In the
 * place of the handler it shows what the super-server alone costs. It waits
 * for the peer to close, since closing first, with the request unread, would
 * reset the connection under the answer.
 */
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

int
main(void)
{
	char buf[4096];

	if (write(1, answer, sizeof answer - 1) != sizeof answer - 1)
		return 1;
	if (shutdown(1, SHUT_WR) == -1)
		return 1;
	while (read(0, buf, sizeof buf) > 0)
		continue;
	return 0;
}
