/*
 * sipuri.h - the grammar of a Request-URI (RFC 3261 19.1.1, 25.1) and the
 * canonical user and host that name a script.
 *
 * Pure: no I/O, no allocation, no state but the caller's.
 */
#ifndef SIPURI_H
#define SIPURI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octet.h"

/* The parts of a sip or sips Request-URI. */
struct sipuri {
	bool is_sip;			/* scheme sip or sips */
	bool has_user;
	struct slice user;		/* raw, escapes undecoded */
	struct slice password;		/* raw; never logged */
	struct slice host;		/* raw */
};

/*
 * Judge the Request-URI at `uri` and find the parts of a sip or sips one.
 * Any other scheme needs to be a scheme; what follows it is checked for
 * octets that no URI has and otherwise not judged.  Returns 0, or a negated
 * reason with *at at the octet in fault; `parts` is then left alone.
 */
int sipuri_parse(const unsigned char *buf, struct slice uri,
    struct sipuri *parts, uint32_t *at);

/*
 * A host (RFC 3261 25.1): labels of letters, digits, "-" and "_" (which the
 * RFC lacks and the field uses) with no "-" at either end, the last label
 * unrestricted, a final dot allowed; an IPv4 address is such a name.  Or an
 * IPv6 reference, of which only the character set is judged (RFC 5118 4.10).
 * Returns its length, 0 when there is none at p.
 */
size_t sipuri_host(const unsigned char *p, size_t len);

/*
 * A port, 0 to 65535: phones write 0 where they have none.  Returns its number
 * of digits, 0 when it is not a port.
 */
size_t sipuri_port(const unsigned char *p, size_t len);

/*
 * Write the canonical user: %HH is decoded, once, where it yields an
 * unreserved octet; every other escape stays text with upper-case digits, so
 * that none becomes "/", "@", NUL, CR or LF.  "#", which RFC 3261 forbids and
 * phones dial (*72#), is the escape that it should be.  Returns the length, at
 * most SIPURI_USER_GROWS times user.len; `out` holds that much.
 */
#define SIPURI_USER_GROWS 3
size_t sipuri_user(const unsigned char *buf, struct slice user, char *out);

/*
 * Write the host in lower case without a final dot.  Returns the length, at
 * most host.len; `out` holds that much.
 */
size_t sipuri_canonical_host(const unsigned char *buf, struct slice host,
    char *out);

#endif
