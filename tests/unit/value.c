/*
 * value - what the pure modules make of one value.
 *
 * usage: value uri TEXT       the name it gives to a script, or the fault
 *        value via TEXT PEER  sent-by, parameters and the stamped value
 *        value to TEXT        has it a tag?
 *        value tag TEXT       its tag, in brackets
 *        value branch TEXT    of a Via: sent-by's port, and the branch
 *        value host TEXT      how much of it is a host
 *        value port TEXT      how much of it is a port
 *        value escape TEXT    its first eight octets, made fit to print
 *        value address TEXT...  each written anew
 *        value peer NAME=VALUE...  who a super-server says it is; and with
 *                             a connection between loopback addresses
 *        value errno NUMBER...  its name
 *        value stamp RULE SECONDS...  a time in a place; RULE "" is UTC
 *        value beyond TEXT    must crash: the octet after it
 *
 * PEER is a number for check_peer(). The text stands at the end of a page
 * behind which none may be touched.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/check.h"
#include "field.h"
#include "sipuri.h"
#include "sipvia.h"
#include "stamp.h"

static char out[SIPMSG_MAX_HEAD];

static void
print(const char *name, const unsigned char *buf, struct slice s)
{
	printf("%s%.*s\n", name, (int)s.len, (const char *)buf + s.off);
}

static void
print_uri(const unsigned char *buf, uint32_t len)
{
	struct slice all = { 0, len };
	struct sipuri uri;
	uint32_t at;
	int error = sipuri_parse(buf, all, &uri, &at);

	if (error != 0) {
		printf("%s at %u\n", why_entry((enum why)-error)->token, at);
		return;
	}
	if (!uri.is_sip) {
		puts("other");
		return;
	}
	if (uri.has_user)
		printf("%.*s", (int)sipuri_user(buf, uri.user, out), out);
	printf("@%.*s\n", (int)sipuri_canonical_host(buf, uri.host, out),
	    out);
}

static void
print_via(const unsigned char *buf, uint32_t len, const struct peer *peer)
{
	struct sipmsg_field row = { .value = { 0, len }, .folded =
	    memchr(buf, '\n', len) != NULL };
	struct text t = { out, sizeof out, 0, false };
	struct sipvia_param param;
	struct sipvia via;
	uint32_t at;

	if (sipvia_parse(buf, row.value, &via, &at) != 0) {
		printf("fault at %u\n", at);
	} else {
		print("sent-by ", buf, via.host);
		at = via.params;
		while (sipvia_next_param(buf, &at, via.end, &param) > 0)
			print("param ", buf, param.whole);
	}
	field_put_topmost_via(&t, buf, &row, peer);
	printf("stamped %.*s\n", (int)t.len, out);
}

static void
print_tag(const unsigned char *buf, struct slice all)
{
	struct slice tag;

	if (field_find_tag(buf, all, &tag))
		printf("[%.*s]\n", (int)tag.len, (const char *)buf + tag.off);
	else
		puts("none");
}

static void
print_branch(const unsigned char *buf, struct slice all)
{
	struct sipvia via;
	struct slice branch;
	uint32_t at;

	CHECK(sipvia_parse(buf, all, &via, &at) == 0);
	print("port ", buf, via.port);
	if (sipvia_find_param(buf, &via, "branch", &branch))
		print("branch ", buf, branch);
}

static void
print_escaped(const unsigned char *buf, size_t len)
{
	struct text t = { out, sizeof out, 0, false };

	text_escape(&t, buf, len, 8, false);
	printf("%.*s\n", (int)t.len, out);
}

static void
print_address(const char *text)
{
	unsigned char binary[16] = { [10] = 0xff, [11] = 0xff };
	struct text t = { out, PEER_ADDRESS_SIZE - 1, 0, false };

	if (inet_pton(AF_INET6, text, binary) != 1 &&
	    inet_pton(AF_INET, text, binary + 12) != 1)
		exit(64);
	peer_put_address(&t, binary);
	CHECK(!t.full);
	printf("%.*s\n", (int)t.len, out);
}

static void
print_ends(const struct peer *p)
{
	printf("%s %s %u to %s %u\n", p->known ? "known" : "local",
	    p->remote_addr, p->remote_port, p->local_addr, p->local_port);
}

static void
print_peers(char *const *environment)
{
	union peer_sockaddr ipv4 = { .in = { .sin_family = AF_INET,
	    .sin_port = htons(1), .sin_addr = { htonl(INADDR_LOOPBACK) } } };
	union peer_sockaddr ipv6 = { .in6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(2), .sin6_addr = IN6ADDR_LOOPBACK_INIT } };
	unsigned char from[16], to[16];
	uint16_t from_port = peer_read_sockaddr(&ipv4, from);
	uint16_t to_port = peer_read_sockaddr(&ipv6, to);
	struct peer p;

	peer_set_local(&p);
	peer_set_environment(&p, environment);
	print_ends(&p);
	CHECK(peer_is_loopback(from) && peer_is_loopback(to));
	peer_set(&p, from, from_port, to, to_port);
	peer_set_behind_stunnel(&p, environment);
	print_ends(&p);
}

static void
print_stamp(const char *rule, const char *seconds)
{
	struct text t = { out, sizeof out, 0, false };
	int64_t when = strtoll(seconds, NULL, 10);
	int32_t offset;

	if (*rule == '\0')
		stamp_put(&t, when, NULL);
	else if (stamp_offset(rule, when, &offset))
		stamp_put(&t, when, &offset);
	else
		text_puts(&t, "no rule");
	printf("%.*s\n", (int)t.len, out);
}

/* Wanted, so no sanitizer shall report it. */
static void
print_beyond(const volatile unsigned char *buf, size_t len)
{
	(void)signal(SIGSEGV, SIG_DFL);
	printf("%d\n", buf[len]);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	size_t len = argc > 2 ? strlen(argv[2]) : 0;
	const unsigned char *buf = check_guarded(
	    (const unsigned char *)(argc > 2 ? argv[2] : ""), len);
	struct slice all = { 0, (uint32_t)len };

	if (strcmp(what, "uri") == 0)
		print_uri(buf, all.len);
	else if (strcmp(what, "via") == 0 && argc > 3)
		print_via(buf, all.len, check_peer((uint32_t)atoi(argv[3])));
	else if (strcmp(what, "to") == 0)
		puts(field_has_tag(buf, all) ? "tag" : "none");
	else if (strcmp(what, "tag") == 0)
		print_tag(buf, all);
	else if (strcmp(what, "branch") == 0)
		print_branch(buf, all);
	else if (strcmp(what, "host") == 0)
		printf("%zu\n", sipuri_host(buf, len));
	else if (strcmp(what, "port") == 0)
		printf("%zu\n", sipuri_port(buf, len));
	else if (strcmp(what, "escape") == 0)
		print_escaped(buf, len);
	else if (strcmp(what, "address") == 0)
		for (int i = 2; i < argc; i++)
			print_address(argv[i]);
	else if (strcmp(what, "peer") == 0)
		print_peers(argv + 2);
	else if (strcmp(what, "errno") == 0)
		for (int i = 2; i < argc; i++)
			puts(text_errno(atoi(argv[i])));
	else if (strcmp(what, "stamp") == 0)
		for (int i = 3; i < argc; i++)
			print_stamp(argv[2], argv[i]);
	else if (strcmp(what, "beyond") == 0)
		print_beyond(buf, len);
	else
		return 64;
	return 0;
}
