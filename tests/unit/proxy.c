/*
 * proxy - what is read from a PROXY header.
 *
 * usage: proxy FILE         LENGTH [local] [REMOTE PORT HERE PORT], more, bad
 *        proxy check FILE...  what must hold for any octets
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "each/proxy.h"
#include "input.h"
#include "peer.h"

static unsigned char data[CHECK_MOST];
static size_t size;

static void
print_address(const unsigned char binary[16], unsigned port)
{
	char octets[PEER_ADDRESS_SIZE];
	struct text t = { octets, sizeof octets, 0, false };

	peer_put_address(&t, binary);
	printf(" %.*s %u", (int)t.len, octets, port);
}

static void
print_header(void)
{
	struct proxy p;
	int result = proxy_parse(&p, data, size);

	if (result != 0) {
		puts(result == PROXY_MORE ? "more" : "bad");
		return;
	}
	printf("%zu%s", p.len, p.local ? " local" : "");
	if (p.has_addresses) {
		print_address(p.remote, p.remote_port);
		print_address(p.here, p.here_port);
	}
	puts("");
}

int
main(int argc, char **argv)
{
	int i;

	if (argc == 2) {
		size = read_file(argv[1], data);
		print_header();
		return 0;
	}
	for (i = 2; i < argc; i++) {
		printf("%s\n", argv[i]);
		(void)fflush(stdout);
		size = read_file(argv[i], data);
		check_proxy(data, size);
	}
	return argc > 2 ? 0 : 64;
}
