#include <string.h>

#include "env.h"
#include "octet.h"
#include "sipuri.h"

/*
 * How many variables set_server() and set_request() make at most; and what
 * CONTENT_LENGTH and CONTENT_TYPE add to the header fields.
 */
#define ENV_SERVER 8
#define ENV_REQUEST 5
#define ENV_LENGTH 3

#define DEFAULT_PATH "PATH=/usr/local/bin:/usr/bin:/bin"

/*
 * Inherited variables that pass: the locale of the machine, and what systemd
 * tells a service about its directories and its log.
 */
static const char *const passed[] = {
	"TZ", "LANG", "TMPDIR", "STATE_DIRECTORY", "CACHE_DIRECTORY",
	"RUNTIME_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY",
	"CREDENTIALS_DIRECTORY", "INVOCATION_ID", "JOURNAL_STREAM",
};

_Static_assert(ENV_OURS >= ENV_SERVER + ENV_REQUEST + ENV_LENGTH + 1 +
    sizeof passed / sizeof passed[0], "there is a pointer for each, and PATH");

/* Names of RFC 3050 5.5.1 and ours: what -e must not forge. */
static const char *const reserved[] = {
	"AUTH_TYPE", "CONTENT_LENGTH", "CONTENT_TYPE", "GATEWAY_INTERFACE",
	"REGISTRATIONS", "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_IDENT",
	"REMOTE_PORT", "REMOTE_USER", "REQUEST_METHOD", "REQUEST_TOKEN",
	"REQUEST_URI", "RESPONSE_REASON", "RESPONSE_STATUS",
	"RESPONSE_TOKEN", "SCRIPT_COOKIE", "SCRIPT_FILENAME", "SERVER_NAME",
	"SERVER_PORT", "SERVER_PROTOCOL", "SERVER_SOFTWARE",
};

/* Header fields that are never exported (RFC 3050 7.3). */
static bool
is_credential(uint8_t id)
{
	return id == SIPMSG_AUTHORIZATION ||
	    id == SIPMSG_PROXY_AUTHORIZATION ||
	    id == SIPMSG_WWW_AUTHENTICATE || id == SIPMSG_PROXY_AUTHENTICATE;
}

static size_t
name_length(const char *variable)
{
	return (size_t)(strchrnul(variable, '=') - variable);
}

static bool
has_name(const char *variable, const char *name)
{
	size_t n = name_length(variable);

	return strlen(name) == n && memcmp(variable, name, n) == 0;
}

/* What old shells took for code, in a variable of any name. */
static bool
is_shell_function(const char *value)
{
	return strncmp(value, "() {", 4) == 0;
}

static bool
holds_shell_function(const char *variable)
{
	return is_shell_function(variable + name_length(variable) + 1);
}

static void
add(struct env *e, char *variable)
{
	if (e->nvars == e->most)
		e->room->full = true;
	else
		e->vars[e->nvars++] = variable;
}

/* Begin a variable in the room; its value is put there next. */
static char *
begin(struct env *e, const char *name)
{
	char *variable = e->room->start + e->room->len;

	text_puts(e->room, name);
	text_putc(e->room, '=');
	return variable;
}

/* The variable is whole: keep it. */
static void
end(struct env *e, char *variable)
{
	text_putc(e->room, '\0');
	if (!e->room->full)
		add(e, variable);
}

static void
set(struct env *e, const char *name, const char *value)
{
	char *variable = begin(e, name);

	text_puts(e->room, value);
	end(e, variable);
}

static void
set_number(struct env *e, const char *name, uint64_t number)
{
	char *variable = begin(e, name);

	text_number(e->room, number);
	end(e, variable);
}

static void
set_slice(struct env *e, const char *name, const unsigned char *buf,
    struct slice slice)
{
	char *variable = begin(e, name);

	text_put(e->room, buf + slice.off, slice.len);
	end(e, variable);
}

static void
set_server(struct env *e, const struct env_request *r)
{
	add(e, (char *)"GATEWAY_INTERFACE=SIP-CGI/1.1");
	add(e, (char *)"SERVER_PROTOCOL=SIP/2.0");
	set(e, "SERVER_SOFTWARE", r->software);
	set(e, "SERVER_NAME", r->peer->local_addr);
	set_number(e, "SERVER_PORT", r->peer->local_port);
	set(e, "REMOTE_ADDR", r->peer->remote_addr);
	if (r->peer->remote_port != 0)
		set_number(e, "REMOTE_PORT", r->peer->remote_port);
	set(e, "SCRIPT_FILENAME", r->script);
}

/* Room of n octets that the caller then fills, or NULL. */
static char *
reserve(struct env *e, size_t n)
{
	if (n > e->room->size - e->room->len) {
		e->room->full = true;
		return NULL;
	}
	return e->room->start + e->room->len;
}

static void
set_request(struct env *e, const struct env_request *r)
{
	const struct sipmsg *m = r->msg;
	char *variable, *room;

	set_slice(e, "REQUEST_METHOD", r->buf, m->method);
	set_slice(e, "REQUEST_URI", r->buf, m->request_uri);
	if (m->uri.has_user) {
		variable = begin(e, "SIPCGI_USER");
		room = reserve(e, SIPURI_USER_GROWS * m->uri.user.len);
		if (room != NULL)
			e->room->len += sipuri_user(r->buf, m->uri.user,
			    room);
		end(e, variable);
	}
	if (m->uri.is_sip) {
		variable = begin(e, "SIPCGI_HOST");
		room = reserve(e, m->uri.host.len);
		if (room != NULL)
			e->room->len += sipuri_canonical_host(r->buf,
			    m->uri.host, room);
		end(e, variable);
	}
	if (!field_has_tag(r->buf, sipmsg_first(m, SIPMSG_TO)->value)) {
		variable = begin(e, "SIPCGI_TO_TAG");
		field_put_tag(e->room, m, r->buf);
		end(e, variable);
	}
}

/* "SIP_" and the long name in upper case, "-" as "_". */
static void
begin_header(struct env *e, const unsigned char *buf,
    const struct sipmsg_field *f)
{
	const unsigned char *name = buf + f->name.off;
	size_t n = f->name.len, i;
	char *to;

	if (f->id != SIPMSG_OTHER) {
		name = (const unsigned char *)sipmsg_name(f->id);
		n = strlen((const char *)name);
	}
	text_puts(e->room, "SIP_");
	to = reserve(e, n);
	if (to != NULL) {
		for (i = 0; i < n; i++)
			to[i] = (char)(name[i] == '-' ? '_' :
			    octet_upper(name[i]));
		e->room->len += n;
	}
	text_putc(e->room, '=');
}

static void
put_header(struct env *e, const struct env_request *r,
    const struct sipmsg_field *f)
{
	const struct sipmsg_field *next;

	if (f->id == SIPMSG_CONTENT_LENGTH) {
		text_number(e->room, r->body_len);
	} else if (f->id == SIPMSG_VIA) {
		field_put_topmost_via(e->room, r->buf, f, r->peer);
		next = sipmsg_next(r->msg, f);
		if (next != NULL) {
			text_puts(e->room, ", ");
			field_put_rows(e->room, r->msg, r->buf, next);
		}
	} else
		field_put_rows(e->room, r->msg, r->buf, f);
}

/* False when it may not be a variable; then nothing is left of it. */
static bool
set_header(struct env *e, const struct env_request *r,
    const struct sipmsg_field *f)
{
	size_t variable = e->room->len, value;

	if (is_credential(f->id) || !f->plain_name)
		return false;
	begin_header(e, r->buf, f);
	value = e->room->len;
	put_header(e, r, f);
	text_putc(e->room, '\0');
	if (e->room->full)
		return true;
	if (is_shell_function(e->room->start + value)) {
		e->room->len = variable;
		return false;
	}
	add(e, e->room->start + variable);
	/* The tail of SIP_CONTENT_TYPE=x is CONTENT_TYPE=x. */
	if (f->id == SIPMSG_CONTENT_TYPE || f->id == SIPMSG_CONTENT_LENGTH)
		add(e, e->room->start + variable + strlen("SIP_"));
	return true;
}

static void
set_headers(struct env *e, const struct env_request *r)
{
	unsigned i;

	for (i = 0; i < r->msg->nfields && !e->room->full; i++)
		if (r->msg->field[i].first &&
		    !set_header(e, r, &r->msg->field[i]))
			e->dropped[e->ndropped++] = (uint8_t)i;
}

/* A body that came without Content-Length, from a pipe or a file. */
static void
set_length(struct env *e, const struct env_request *r)
{
	char *variable;

	if (r->body_len == 0 ||
	    sipmsg_first(r->msg, SIPMSG_CONTENT_LENGTH) != NULL)
		return;
	variable = begin(e, "SIP_CONTENT_LENGTH");
	text_number(e->room, r->body_len);
	end(e, variable);
	add(e, variable + strlen("SIP_"));
}

static char *
find_inherited(const struct env_request *r, const char *name, size_t n)
{
	char *const *p;

	for (p = r->inherited; *p != NULL; p++)
		if (**p == *name && strncmp(*p, name, n) == 0 &&
		    (*p)[n] == '=')
			return *p;
	return NULL;
}

/* Is an -e after number i for the same name?  The last one holds. */
static bool
is_overridden(const struct env_request *r, size_t i)
{
	size_t n = name_length(r->extra[i]), j;

	for (j = i + 1; j < r->nextra; j++)
		if (name_length(r->extra[j]) == n &&
		    memcmp(r->extra[j], r->extra[i], n) == 0)
			return true;
	return false;
}

/* Returns whether PATH is among them. */
static bool
set_extra(struct env *e, const struct env_request *r)
{
	bool path = false;
	size_t i;

	for (i = 0; i < r->nextra; i++) {
		const char *extra = r->extra[i];
		size_t n = name_length(extra);
		char *variable = (char *)extra;

		if (is_overridden(r, i))
			continue;
		if (extra[n] == '\0')
			variable = find_inherited(r, extra, n);
		if (variable == NULL || holds_shell_function(variable))
			continue;
		path = path || has_name(variable, "PATH");
		add(e, variable);
	}
	return path;
}

static void
set_passed(struct env *e, const struct env_request *r)
{
	size_t i, j;
	char *variable;

	for (i = 0; i < sizeof passed / sizeof passed[0]; i++) {
		variable = find_inherited(r, passed[i], strlen(passed[i]));
		for (j = 0; j < r->nextra && variable != NULL; j++)
			if (has_name(r->extra[j], passed[i]))
				variable = NULL;
		if (variable != NULL && !holds_shell_function(variable))
			add(e, variable);
	}
}

/* The pointers stand before what they point to. */
static void
reserve_pointers(struct env *e, size_t n)
{
	char *free = e->room->start + e->room->len;
	size_t pad = -(uintptr_t)free % sizeof(char *);

	if ((n + 1) * sizeof(char *) + pad > e->room->size - e->room->len) {
		e->room->full = true;
		return;
	}
	e->vars = (char **)(void *)(free + pad);
	e->most = n;
	e->room->len += pad + (n + 1) * sizeof(char *);
}

int
env_build(struct env *e, const struct env_request *r, struct text *room)
{
	e->nvars = e->ndropped = e->most = 0;
	e->room = room;
	reserve_pointers(e, r->msg->nfields + ENV_OURS + r->nextra);
	set_server(e, r);
	set_request(e, r);
	set_headers(e, r);
	set_length(e, r);
	set_passed(e, r);
	if (!set_extra(e, r))
		add(e, (char *)DEFAULT_PATH);
	if (room->full)
		return -WHY_ENVIRONMENT_LARGE;
	e->vars[e->nvars] = NULL;
	return 0;
}

const char *
env_refuse_extra(const char *name)
{
	size_t n = name_length(name), i;

	if (n == 0 || octet_is((unsigned char)name[0], OCTET_DIGIT))
		return "is not a variable's name";
	for (i = 0; i < n; i++)
		if (name[i] != '_' && !octet_is((unsigned char)name[i],
		    OCTET_ALPHA | OCTET_DIGIT))
			return "is not a variable's name";
	if (strncmp(name, "SIP_", 4) == 0 || strncmp(name, "SIPCGI_", 7) == 0)
		return "is the handler's own";
	for (i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (has_name(name, reserved[i]))
			return "is the handler's own";
	for (i = 0; i < sizeof passed / sizeof passed[0]; i++)
		if (has_name(name, passed[i]) && strcmp(passed[i], "TZ") != 0
		    && strcmp(passed[i], "LANG") != 0)
			return "is passed on when inherited";
	return NULL;
}
