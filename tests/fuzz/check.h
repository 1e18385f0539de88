/*
 * check.h - what must hold whatever octets arrive.
 *
 * The fuzz targets and the unit tests' driver share these.  A check that
 * fails says which and aborts, so that a fuzzer keeps the input.
 */
#ifndef CHECK_H
#define CHECK_H

#include "sipcheck.h"
#include "sipmsg.h"

/* An input is at most this long: one octet over what a head may have. */
#define CHECK_MOST (2 * SIPMSG_MAX_HEAD)

/* Octets of body that the checks let pass. */
#define CHECK_MAX_BODY 1000000

#define CHECK(condition) \
	((condition) ? (void)0 : \
	    check_failed(#condition, __FILE__, __LINE__))

_Noreturn void check_failed(const char *condition, const char *file,
    int line);

/* A message as far as it was read. */
struct feed {
	const unsigned char *data;	/* all that is there */
	size_t size;
	size_t blank;			/* octets of empty lines before it */
	const unsigned char *buf;	/* the message: data + blank */
	size_t len;			/* octets after blank */
	int result;			/* 0 or a negated enum why */
	struct sipmsg msg;
};

/*
 * Read octets as request.c does, but from memory: `cuts` holds the ncuts
 * places, in order, where one read ends and the next begins.  Each read sees
 * a copy that ends where the next page may not be touched.
 */
void feed_read(struct feed *, const unsigned char *data, size_t size,
    const size_t *cuts, size_t ncuts, bool on_stream);

/* At once. */
void feed_whole(struct feed *, const unsigned char *data, size_t size,
    bool on_stream);

/* The same message from other reads gives the same, field by field. */
void feed_check_same(const struct feed *, const struct feed *);

/* Some cuts and, when it is short, each octet alone. */
void check_splits(const struct feed *whole, bool on_stream);

/* All cuts into two. */
void check_every_cut(const struct feed *whole, bool on_stream);

/* Those that are fuzzed: the handler's, then those of sipcgi-each. */
void check_parse(const unsigned char *data, size_t size);
void check_environment(const unsigned char *data, size_t size);
void check_answer(const unsigned char *data, size_t size);
void check_log(const unsigned char *data, size_t size);
void check_frame(const unsigned char *data, size_t size);
void check_output(const unsigned char *data, size_t size);
void check_proxy(const unsigned char *data, size_t size);
void check_transaction(const unsigned char *data, size_t size);

/*
 * A copy of at most CHECK_MOST octets that ends where the next page may not
 * be touched, valid until the next call.
 */
const unsigned char *check_guarded(const unsigned char *octets, size_t n);

/* A number that depends on the octets, to choose by. */
uint32_t check_hash(const unsigned char *data, size_t size);

/*
 * Who the message came from: nobody known, then IPv4, IPv6 with and without
 * a port.
 */
struct peer;
#define CHECK_PEERS 4
const struct peer *check_peer(uint32_t number);

#endif
