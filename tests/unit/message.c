/*
 * message - what the pure modules make of a message.
 *
 * usage: message parse FILE [file]
 *        message environment FILE PEER
 *        message answer FILE PEER [TOKEN]
 *        message length FILE
 *        message full FILE
 *        message check FILE...
 *
 * PEER is a number for check_peer(). `file`: the input ends a body, as a
 * pipe does. Slices are of the message; the place of a fault is one in FILE,
 * where empty lines may come before the message. The answer is for the fault
 * that was found, or for the reason with that token. length: what
 * Content-Length says for itself, up to 1000 octets. full: for a script whose
 * path leaves ever less room in the block, and for too many variables. check
 * aborts where something does not hold that must for any octets
 * (tests/fuzz/check.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env.h"
#include "input.h"
#include "reply.h"

#define SOFTWARE "sipcgi-handler/test"

/* More cuts than this are not all tried. */
#define EVERY_CUT_MOST 3000

static unsigned char data[CHECK_MOST];
static size_t size;

/* NAME OFFSET+LENGTH TEXT */
static void
print_slice(const struct feed *f, const char *name,
    struct slice slice)
{
	static char octets[4 * SIPMSG_MAX_HEAD];
	struct text t = { octets, sizeof octets, 0, false };

	text_escape(&t, f->buf + slice.off, slice.len, slice.len, true);
	printf("%s %u+%u %.*s\n", name, slice.off, slice.len, (int)t.len,
	    octets);
}

static void
print_field(const struct feed *f, unsigned index)
{
	const struct sipmsg_field *h = &f->msg.field[index];
	char name[100];

	(void)snprintf(name, sizeof name, "%u %s%s%s%s", index,
	    h->id == SIPMSG_OTHER ? "other" :
	    sipmsg_name((enum sipmsg_id)h->id), h->first ? "" : " again",
	    h->folded ? " folded" : "", h->plain_name ? "" : " odd");
	if (h->next != SIPMSG_NO_FIELD)
		(void)snprintf(name + strlen(name),
		    sizeof name - strlen(name), " next=%u", h->next);
	print_slice(f, name, h->value);
}

static void
print_parsed(const struct feed *f)
{
	const struct sipmsg *m = &f->msg;
	unsigned i;

	if (f->result == 0)
		printf("accept head=%u cseq=%u\n", m->head_len, m->cseq);
	else
		printf("%s at %zu\n", why_entry((enum why)-f->result)->token,
		    f->blank + m->fault_at);
	if (f->blank != 0)
		printf("blank %zu\n", f->blank);
	print_slice(f, "method", m->method);
	print_slice(f, "uri", m->request_uri);
	if (m->uri.has_user)
		print_slice(f, "user", m->uri.user);
	if (m->uri.password.len != 0)
		print_slice(f, "password", m->uri.password);
	if (m->uri.is_sip)
		print_slice(f, "host", m->uri.host);
	for (i = 0; i < m->nfields; i++)
		print_field(f, i);
	if (m->has_content_length)
		printf("length %llu\n",
		    (unsigned long long)m->content_length);
}

static void
print_environment(const struct feed *f, const struct peer *peer)
{
	static char *const inherited[] = { NULL };
	static char octets[ENV_ROOM];
	struct text room = { octets, sizeof octets, 0, false };
	struct env env;
	struct env_request r = {
		.msg = &f->msg, .buf = f->buf, .peer = peer,
		.script = "/scripts/default.cgi", .software = SOFTWARE,
		.body_len = f->msg.has_content_length ?
		    f->msg.content_length : f->len - f->msg.head_len,
		.inherited = inherited
	};
	size_t i;

	if (f->result != 0 || env_build(&env, &r, &room) != 0) {
		puts("none");
		return;
	}
	for (i = 0; i < env.nvars; i++)
		puts(env.vars[i]);
}

/*
 * Build an environment with so many more variables in a room of so many
 * octets.  Returns how many it takes, 0: they are too few.
 */
static size_t
build_in(const struct feed *f, size_t most, const char *const *extra,
    size_t nextra)
{
	static char *const inherited[] = { NULL };
	static char octets[ENV_ROOM + 1];
	/* Pointers must be put right wherever the room begins. */
	struct text room = { octets + 1, most, 0, false };
	struct env env;
	struct env_request r = {
		.msg = &f->msg, .buf = f->buf, .peer = check_peer(0),
		.script = "/", .software = SOFTWARE, .body_len = 1,
		.inherited = inherited, .extra = extra, .nextra = nextra
	};
	int error = env_build(&env, &r, &room);

	CHECK(error == 0 || error == -WHY_ENVIRONMENT_LARGE);
	CHECK(room.len <= most);
	if (error != 0)
		return 0;
	CHECK((uintptr_t)env.vars % sizeof *env.vars == 0);
	CHECK(env.nvars <= env.most && env.vars[env.nvars] == NULL);
	return room.len;
}

/* It ends whole or with an error, wherever the room ends. */
static void
check_full(const struct feed *f)
{
	static char names[ENV_MAX_EXTRA][8];
	const char *extra[ENV_MAX_EXTRA];
	size_t n, whole;

	for (n = 0; n < ENV_MAX_EXTRA; n++) {
		(void)snprintf(names[n], sizeof names[n], "V%zu=", n);
		extra[n] = names[n];
	}
	whole = build_in(f, ENV_ROOM, extra, ENV_MAX_EXTRA);
	CHECK(whole > 0);
	for (n = 0; n < whole; n++)
		CHECK(build_in(f, n, extra, ENV_MAX_EXTRA) == 0);
	CHECK(build_in(f, whole, extra, ENV_MAX_EXTRA) == whole);
	puts("whole or not at all");
}

/* Whatever else is wrong with the message. */
static void
print_length(const struct feed *f)
{
	const struct sipcheck_limits limits = { 1000, true };
	uint64_t length;

	if (sipcheck_length(&f->msg, f->buf, &limits, &length))
		printf("%llu\n", (unsigned long long)length);
	else
		puts("none");
}

static enum why
find_token(const char *token)
{
	int i;

	for (i = 0; i < WHY_COUNT; i++)
		if (strcmp(why_entry((enum why)i)->token, token) == 0)
			return (enum why)i;
	fprintf(stderr, "message: no reason %s\n", token);
	exit(64);
}

static void
print_answer(const struct feed *f, const struct peer *peer, const char *token)
{
	static char octets[REPLY_SIZE];
	struct text t = { octets, sizeof octets, 0, false };
	enum why why = token != NULL ? find_token(token) :
	    (enum why)-f->result;

	if (why_entry(why)->status == 0 ||
	    !sipmsg_is_answerable(f->buf, f->len))
		return;
	reply_build(&t, &f->msg, f->buf, peer, why, SOFTWARE);
	(void)fwrite(octets, 1, t.len, stdout);
}

static void
check_all(const char *name)
{
	struct feed f;

	size = read_file(name, data);
	/* The last line that is seen when a check fails. */
	printf("%s\n", name);
	(void)fflush(stdout);
	check_parse(data, size);
	check_environment(data, size);
	check_answer(data, size);
	check_log(data, size);
	feed_whole(&f, data, size, true);
	if (size <= EVERY_CUT_MOST)
		check_every_cut(&f, true);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	const char *option = argc > 3 ? argv[3] : "0";
	struct feed f;
	int i;

	if (strcmp(what, "check") == 0) {
		for (i = 2; i < argc; i++)
			check_all(argv[i]);
		return 0;
	}
	if (argc < 3)
		return 64;
	size = read_file(argv[2], data);
	feed_whole(&f, data, size, strcmp(what, "parse") != 0 ||
	    strcmp(option, "file") != 0);
	if (strcmp(what, "parse") == 0)
		print_parsed(&f);
	else if (strcmp(what, "environment") == 0)
		print_environment(&f, check_peer((uint32_t)atoi(option)));
	else if (strcmp(what, "answer") == 0)
		print_answer(&f, check_peer((uint32_t)atoi(option)),
		    argc > 4 ? argv[4] : NULL);
	else if (strcmp(what, "length") == 0)
		print_length(&f);
	else if (strcmp(what, "full") == 0)
		check_full(&f);
	else
		return 64;
	return 0;
}
