/*
 * check_environment.c - what the environment of a script promises.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "env.h"
#include "octet.h"
#include "sipuri.h"
#include "sipvia.h"

#define SOFTWARE "sipcgi-handler/test"
#define SCRIPT "/scripts/bob@b.example"

/* 192.0.2.7 and 2001:db8::7. */
#define IPV4 { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 7 }
#define IPV6 { 0x20, 1, 0x0d, 0xb8, [15] = 7 }

static const struct peer peers[CHECK_PEERS] = {
	{ false, { 0 }, "127.0.0.1", 0, "localhost", 5060 },
	{ true, IPV4, "192.0.2.7", 40112, "192.0.2.1", 5060 },
	{ true, IPV6, "2001:db8::7", 65535, "2001:db8::1", 1 },
	{ true, IPV6, "2001:db8::7", 0, "localhost", 5060 },
};

/* PATH stands for what must not pass. */
static char *const inherited[] = {
	(char *)"PATH=/inherited", (char *)"LANG=C.UTF-8",
	(char *)"SIP_FROM=inherited", (char *)"TZ=() { :; }",
	(char *)"TMPDIR=/tmp", (char *)"HOME=/root", (char *)"GIVEN=1", NULL
};

static const char *const extra[] = {
	"EXTRA=1", "LANG=C", "GIVEN", "ABSENT", "EXTRA=2", "CODE=() { :; }"
};

const struct peer *
check_peer(uint32_t number)
{
	return &peers[number % CHECK_PEERS];
}

static const char *
value_of(const struct env *e, const char *name)
{
	size_t n = strlen(name), i;

	for (i = 0; i < e->nvars; i++)
		if (strncmp(e->vars[i], name, n) == 0 &&
		    e->vars[i][n] == '=')
			return e->vars[i] + n + 1;
	return NULL;
}

static void
check_variable(const char *variable)
{
	size_t n = strcspn(variable, "=");

	CHECK(variable[n] == '=' && n > 0);
	CHECK(strspn(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
	    n);
	CHECK(variable[0] < '0' || variable[0] > '9');
	CHECK(strncmp(variable + n + 1, "() {", 4) != 0);
	CHECK(strpbrk(variable, "\r\n") == NULL);
}

static int
compare_names(const void *a, const void *b)
{
	const char *p = *(char *const *)a, *q = *(char *const *)b;

	while (*p == *q && *p != '=' && *p != '\0')
		p++, q++;
	return (*p == '=' ? 0 : *p) - (*q == '=' ? 0 : *q);
}

static void
check_variables(const struct env *e)
{
	char *sorted[SIPMSG_MAX_FIELDS + ENV_OURS + ENV_MAX_EXTRA];
	size_t i;

	CHECK(e->nvars <= e->most && e->vars[e->nvars] == NULL);
	CHECK(!e->room->full && e->room->len <= e->room->size);
	for (i = 0; i < e->nvars; i++)
		check_variable(e->vars[i]);
	memcpy(sorted, e->vars, e->nvars * sizeof sorted[0]);
	qsort(sorted, e->nvars, sizeof sorted[0], compare_names);
	for (i = 1; i < e->nvars; i++)
		CHECK(compare_names(&sorted[i - 1], &sorted[i]) < 0);
}

static bool
is(const char *value, const char *expected)
{
	return value != NULL && strcmp(value, expected) == 0;
}

/* What no message may have a say in. */
static void
check_ours(const struct env *e, const struct peer *peer)
{
	CHECK(is(value_of(e, "GATEWAY_INTERFACE"), "SIP-CGI/1.1"));
	CHECK(is(value_of(e, "SERVER_SOFTWARE"), SOFTWARE));
	CHECK(is(value_of(e, "SERVER_PROTOCOL"), "SIP/2.0"));
	CHECK(is(value_of(e, "SERVER_NAME"), peer->local_addr));
	CHECK(is(value_of(e, "REMOTE_ADDR"), peer->remote_addr));
	CHECK(is(value_of(e, "SCRIPT_FILENAME"), SCRIPT));
	CHECK(is(value_of(e, "PATH"), "/usr/local/bin:/usr/bin:/bin"));
	CHECK(is(value_of(e, "LANG"), "C"));
	CHECK(is(value_of(e, "EXTRA"), "2"));
	CHECK(is(value_of(e, "GIVEN"), "1"));
	CHECK(is(value_of(e, "TMPDIR"), "/tmp"));
	CHECK(value_of(e, "TZ") == NULL && value_of(e, "HOME") == NULL);
	CHECK(value_of(e, "ABSENT") == NULL && value_of(e, "CODE") == NULL);
	CHECK(value_of(e, "SIP_AUTHORIZATION") == NULL);
	CHECK(value_of(e, "SIP_PROXY_AUTHORIZATION") == NULL);
	CHECK(value_of(e, "SIP_WWW_AUTHENTICATE") == NULL);
	CHECK(value_of(e, "SIP_PROXY_AUTHENTICATE") == NULL);
}

/* The name of a field's variable, from its text. */
static void
put_name(struct text *t, const struct feed *f, const struct sipmsg_field *h)
{
	uint32_t i;

	text_puts(t, "SIP_");
	if (h->id != SIPMSG_OTHER)
		text_puts(t, sipmsg_name(h->id));
	else
		text_put(t, f->buf + h->name.off, h->name.len);
	for (i = 0; i < t->len; i++)
		t->start[i] = t->start[i] == '-' ? '_' :
		    (char)octet_upper((unsigned char)t->start[i]);
	text_putc(t, '\0');
	CHECK(!t->full);
}

/* The rows of a name, unfolded, without the help of field.c. */
static void
put_rows(struct text *t, const struct feed *f, const struct sipmsg_field *h)
{
	uint32_t i, space, j;

	for (; h != NULL; h = sipmsg_next(&f->msg, h)) {
		if (!h->first)
			text_puts(t, ", ");
		for (i = h->value.off; i < h->value.off + h->value.len; ) {
			space = i;
			while (octet_is_lws(f->buf[space]))
				space++;
			for (j = i; j < space && f->buf[j] != '\n'; j++)
				;
			if (j < space) {
				text_putc(t, ' ');
				i = space;
			} else
				text_putc(t, (char)f->buf[i++]);
		}
	}
	text_putc(t, '\0');
	CHECK(!t->full);
}

static bool
is_dropped(const struct env *e, unsigned index)
{
	size_t i;

	for (i = 0; i < e->ndropped; i++)
		if (e->dropped[i] == index)
			return true;
	return false;
}

/* Each name has its variable with all its rows, or is named as dropped. */
static void
check_header(const struct env *e, const struct feed *f, unsigned index)
{
	static char name_octets[SIPMSG_MAX_HEAD + 8];
	static char octets[SIPMSG_MAX_HEAD + 2 * SIPMSG_MAX_FIELDS];
	struct text name = { name_octets, sizeof name_octets, 0, false };
	struct text value = { octets, sizeof octets, 0, false };
	const struct sipmsg_field *h = &f->msg.field[index];
	bool credential = h->id == SIPMSG_AUTHORIZATION ||
	    h->id == SIPMSG_PROXY_AUTHORIZATION ||
	    h->id == SIPMSG_WWW_AUTHENTICATE ||
	    h->id == SIPMSG_PROXY_AUTHENTICATE;

	if (!h->first) {
		CHECK(!is_dropped(e, index));
		return;
	}
	put_name(&name, f, h);
	put_rows(&value, f, h);
	if (is_dropped(e, index)) {
		CHECK(credential || strncmp(octets, "() {", 4) == 0 ||
		    strspn(name_octets, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "0123456789_") < name.len - 1 ||
		    memchr(f->buf + h->name.off, '_', h->name.len) != NULL);
		return;
	}
	CHECK(!credential);
	if (h->id == SIPMSG_VIA || h->id == SIPMSG_CONTENT_LENGTH)
		CHECK(value_of(e, name_octets) != NULL);
	else
		CHECK(is(value_of(e, name_octets), octets));
}

static void
check_length(const struct env *e, const struct feed *f, uint64_t body_len)
{
	const char *length = value_of(e, "CONTENT_LENGTH");

	if (body_len == 0 && !f->msg.has_content_length) {
		CHECK(length == NULL);
		CHECK(value_of(e, "SIP_CONTENT_LENGTH") == NULL);
		return;
	}
	CHECK(is(value_of(e, "SIP_CONTENT_LENGTH"), length));
	CHECK(strspn(length, "0123456789") == strlen(length));
	CHECK(length[0] != '0' || length[1] == '\0');
	CHECK(strtoull(length, NULL, 10) == body_len);
}

/* How often a parameter is in the first value, and its text when once. */
static unsigned
find_param(const unsigned char *via, uint32_t len, const char *name,
    struct slice *whole)
{
	struct sipvia parts;
	struct sipvia_param param;
	uint32_t pos;
	unsigned n = 0;

	CHECK(sipvia_parse(via, (struct slice){ 0, len }, &parts,
	    &pos) == 0);
	pos = parts.params;
	while (sipvia_next_param(via, &pos, parts.end, &param) > 0)
		if (octet_equal(via + param.name.off, param.name.len, name)) {
			*whole = param.whole;
			n++;
		}
	return n;
}

/* Stamped once it may be stamped again without a difference. */
static void
check_stamp_again(const char *via, uint32_t len, const struct peer *peer)
{
	static char octets[SIPMSG_MAX_HEAD + 256];
	struct text t = { octets, sizeof octets, 0, false };
	struct sipmsg_field row = { .value = { 0, len } };

	field_put_topmost_via(&t, (const unsigned char *)via, &row, peer);
	CHECK(!t.full && t.len == len && memcmp(octets, via, len) == 0);
}

static void
check_via(const struct env *e, const struct peer *peer)
{
	const char *via = value_of(e, "SIP_VIA");
	uint32_t len = (uint32_t)strlen(via);
	const unsigned char *p = (const unsigned char *)via;
	struct slice received, rport;
	unsigned nreceived = find_param(p, len, "received", &received);
	unsigned nrport = find_param(p, len, "rport", &rport);
	char expected[64] = ";received=";

	if (!peer->known)
		return;
	CHECK(nreceived <= 1 && nrport <= 1);
	CHECK(nrport == 0 || nreceived == 1);
	if (nreceived == 1) {
		strcat(expected, peer->remote_addr);
		CHECK(received.len == strlen(expected) &&
		    memcmp(p + received.off, expected, received.len) == 0);
	}
	if (nrport == 1)
		CHECK(peer->remote_port == 0 ? rport.len == 6 :
		    strtoul(via + rport.off + 7, NULL, 10) ==
		    peer->remote_port);
	check_stamp_again(via, len, peer);
}

/* The user and host that name a script. */
static void
check_names(const struct env *e, const struct feed *f)
{
	const char *user = value_of(e, "SIPCGI_USER");
	const char *host = value_of(e, "SIPCGI_HOST");
	char again[SIPURI_USER_GROWS * SIPMSG_MAX_START_LINE];
	struct slice all;
	size_t n;

	CHECK((user != NULL) == f->msg.uri.has_user);
	CHECK((host != NULL) == f->msg.uri.is_sip);
	if (host != NULL)
		CHECK(*host != '\0' && strpbrk(host, "/@% ") == NULL &&
		    host[strlen(host) - 1] != '.');
	if (user == NULL)
		return;
	CHECK(*user != '\0' && strpbrk(user, "@ \t\x7f") == NULL);
	CHECK(strchr(user, '/') == NULL || memchr(f->buf +
	    f->msg.uri.user.off, '/', f->msg.uri.user.len) != NULL);
	all = (struct slice){ 0, (uint32_t)strlen(user) };
	n = sipuri_user((const unsigned char *)user, all, again);
	CHECK(n == all.len && memcmp(again, user, n) == 0);
}

static void
check_tag(const struct env *e, const struct feed *f)
{
	const char *tag = value_of(e, "SIPCGI_TO_TAG");

	CHECK((tag == NULL) == field_has_tag(f->buf,
	    sipmsg_first(&f->msg, SIPMSG_TO)->value));
	if (tag != NULL)
		CHECK(strspn(tag, "0123456789abcdef") == FIELD_TAG_LEN &&
		    tag[FIELD_TAG_LEN] == '\0');
}

static void
check_environment_from(const struct feed *f, const struct peer *peer)
{
	static char octets[ENV_ROOM];
	struct text room = { octets, sizeof octets, 0, false };
	struct env e;
	struct env_request r = {
		.msg = &f->msg, .buf = f->buf, .peer = peer,
		.script = SCRIPT, .software = SOFTWARE,
		.inherited = inherited, .extra = extra,
		.nextra = sizeof extra / sizeof extra[0]
	};
	unsigned i;

	r.body_len = f->msg.has_content_length ? f->msg.content_length :
	    f->len - f->msg.head_len;
	CHECK(env_build(&e, &r, &room) == 0);
	check_variables(&e);
	check_ours(&e, peer);
	for (i = 0; i < f->msg.nfields; i++)
		check_header(&e, f, i);
	check_length(&e, f, r.body_len);
	check_via(&e, peer);
	check_names(&e, f);
	check_tag(&e, f);
}

void
check_environment(const unsigned char *data, size_t size)
{
	struct feed f;
	uint32_t i;

	if (size > CHECK_MOST)
		return;
	feed_whole(&f, data, size, false);
	if (f.result != 0)
		return;
	for (i = 0; i < CHECK_PEERS; i++)
		check_environment_from(&f, check_peer(i));
}
