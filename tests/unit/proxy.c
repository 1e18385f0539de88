/*
 * proxy - what is read from a PROXY header.
 *
 * usage: proxy FILE         LENGTH [local] [REMOTE PORT HERE PORT], more, bad
 *        proxy check FILE...  what must hold for any octets
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/check.h"
#include "each/proxy.h"
#include "peer.h"

static unsigned char data[CHECK_MOST];
static size_t size;

static void
read_file(const char *name)
{
	FILE *file = fopen(name, "rb");

	if (file == NULL) {
		perror(name);
		exit(66);
	}
	size = fread(data, 1, sizeof data, file);
	(void)fclose(file);
}

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
		read_file(argv[1]);
		print_header();
		return 0;
	}
	for (i = 2; i < argc; i++) {
		printf("%s\n", argv[i]);
		(void)fflush(stdout);
		read_file(argv[i]);
		check_proxy(data, size);
	}
	return argc > 2 ? 0 : 64;
}
