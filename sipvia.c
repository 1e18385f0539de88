#include "octet.h"
#include "sipuri.h"
#include "sipvia.h"

/* token; returns whether there is one. */
static bool
take_token(const unsigned char *buf, uint32_t *pos, uint32_t to)
{
	uint32_t from = *pos;

	*pos = octet_span(buf, from, to, OCTET_TOKEN);
	return *pos > from;
}

/* A separator with LWS on both sides, as SLASH, COLON and EQUAL are. */
static bool
take_separator(const unsigned char *buf, uint32_t *pos, uint32_t to,
    unsigned char separator)
{
	uint32_t i = octet_skip_lws(buf, *pos, to);

	if (i == to || buf[i] != separator)
		return false;
	*pos = octet_skip_lws(buf, i + 1, to);
	return true;
}

/* sent-protocol LWS */
static bool
take_protocol(const unsigned char *buf, uint32_t *pos, uint32_t to)
{
	uint32_t transport_end;

	if (!take_token(buf, pos, to) || !take_separator(buf, pos, to, '/') ||
	    !take_token(buf, pos, to) || !take_separator(buf, pos, to, '/') ||
	    !take_token(buf, pos, to))
		return false;
	transport_end = *pos;
	*pos = octet_skip_lws(buf, *pos, to);
	return *pos > transport_end;
}

/* sent-by = host [ COLON port ] */
static bool
take_sent_by(const unsigned char *buf, uint32_t *pos, uint32_t to,
    struct sipvia *via)
{
	size_t n = sipuri_host(buf + *pos, to - *pos);

	if (n == 0)
		return false;
	via->host = (struct slice){ *pos, (uint32_t)n };
	*pos += (uint32_t)n;
	via->port = (struct slice){ *pos, 0 };
	if (take_separator(buf, pos, to, ':')) {
		n = sipuri_port(buf + *pos, to - *pos);
		if (n == 0)
			return false;
		via->port = (struct slice){ *pos, (uint32_t)n };
		*pos += (uint32_t)n;
	}
	return true;
}

/*
 * token / host / quoted-string, but any visible octets pass that do not end
 * it: branches with "@", "$" or base64 are common.
 */
static bool
take_param_value(const unsigned char *buf, uint32_t *pos, uint32_t to)
{
	uint32_t from = *pos;

	if (from < to && buf[from] == '"') {
		uint32_t end = octet_quoted_end(buf, from, to);

		if (end == 0)
			return false;
		*pos = end;
		return true;
	}
	while (*pos < to && buf[*pos] > ' ' && buf[*pos] <= '~' &&
	    buf[*pos] != ',' && buf[*pos] != ';' && buf[*pos] != '"')
		++*pos;
	return *pos > from;
}

/*
 * comment = "(" *( ctext / quoted-pair / comment ) ")" (RFC 3261 25.1), which
 * RFC 2543 6.40 allows after the parameters.
 */
static bool
take_comment(const unsigned char *buf, uint32_t *pos, uint32_t to)
{
	uint32_t depth = 0;

	for (; *pos < to; ++*pos) {
		if (buf[*pos] == '\\')
			++*pos;
		else if (buf[*pos] == '(')
			depth++;
		else if (buf[*pos] == ')' && --depth == 0) {
			++*pos;
			return true;
		}
	}
	*pos = to;
	return false;
}

/* Nothing but a comment may stand between `*pos` and the value's end. */
static bool
take_end(const unsigned char *buf, uint32_t *pos, uint32_t to)
{
	*pos = octet_skip_lws(buf, *pos, to);
	if (*pos < to && buf[*pos] == '(') {
		if (!take_comment(buf, pos, to))
			return false;
		*pos = octet_skip_lws(buf, *pos, to);
	}
	return *pos == to || buf[*pos] == ',';
}

int
sipvia_next_param(const unsigned char *buf, uint32_t *pos, uint32_t end,
    struct sipvia_param *param)
{
	uint32_t from = octet_skip_lws(buf, *pos, end);

	if (from == end || buf[from] == ',' || buf[from] == '(')
		return 0;
	*pos = from;
	if (buf[from] != ';')
		return -1;
	*pos = param->name.off = octet_skip_lws(buf, from + 1, end);
	if (!take_token(buf, pos, end))
		return -1;
	param->name.len = *pos - param->name.off;
	if (take_separator(buf, pos, end, '=') &&
	    !take_param_value(buf, pos, end))
		return -1;
	param->whole = (struct slice){ from, *pos - from };
	return 1;
}

int
sipvia_parse(const unsigned char *buf, struct slice row,
    struct sipvia *via, uint32_t *at)
{
	uint32_t pos = row.off, end = row.off + row.len;
	struct sipvia found;
	struct sipvia_param param;
	int more = -1;

	if (take_protocol(buf, &pos, end) &&
	    take_sent_by(buf, &pos, end, &found)) {
		found.params = pos;
		while ((more = sipvia_next_param(buf, &pos, end,
		    &param)) > 0)
			;
		found.end = pos;
	}
	if (more < 0 || !take_end(buf, &pos, end)) {
		*at = pos;
		return -1;
	}
	*via = found;
	return 0;
}

bool
sipvia_find_param(const unsigned char *buf, const struct sipvia *via,
    const char *name, struct slice *value)
{
	struct sipvia_param param;
	uint32_t pos = via->params, end, from;

	while (sipvia_next_param(buf, &pos, via->end, &param) > 0) {
		if (!octet_equal(buf + param.name.off, param.name.len, name))
			continue;
		end = param.whole.off + param.whole.len;
		from = octet_skip_lws(buf, param.name.off + param.name.len,
		    end);
		if (from < end)		/* it is "=" */
			from = octet_skip_lws(buf, from + 1, end);
		*value = (struct slice){ from, end - from };
		return true;
	}
	return false;
}
