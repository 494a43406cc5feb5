/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_GENERATIONS_H
#define SG_CA_GENERATIONS_H

/*
 * The certificates of a CA, one after the other: each renewal adds one, with
 * the same key or a new one.  The database has them, so that a renewal is one
 * transaction with its audit record.
 */

#include "ca/version.h"
#include "db/db.h"

enum ca_level { CA_ROOT = 0, CA_ISSUING, CA_LEVELS };
/* "root" or "issuing": also a folder's name. */
const char *ca_level_name(enum ca_level level);

struct ca_generation {
	struct ca_version version;
	struct cert *cert;	/* NULL: it waits for it */
	struct certs above;	/* its issuer, and so on to the root */
	struct buf request;	/* DER; what was asked for elsewhere */
	struct texts cdp;	/* URLs for what it issues */
	struct texts ca_issuers;
	struct texts ocsp;
};
void ca_generation_done(struct ca_generation *g);

struct ca_generations {
	struct ca_generation *v;
	size_t n;
};
void ca_generations_done(struct ca_generations *l);
/* One more, empty, at the end; it stays where it is until the next. */
enum sg_err ca_generations_grow(struct ca_generation **out,
    struct ca_generations *l);

/* Of that level, the oldest first; without the URLs.  SG_EFORMAT. */
enum sg_err ca_generations_load(struct ca_generations *out, struct db *db,
    enum ca_level level);
/* Keeps one, in place of one of the same number that waits.  SG_EEXIST when
 * that number has its certificate already.  Inside a transaction. */
enum sg_err ca_generation_put(struct db *db, enum ca_level level,
    const struct ca_generation *g, int64_t at);
/* Forgets the one that waits.  SG_ENOENT.  Inside a transaction. */
enum sg_err ca_generation_forget(struct db *db, enum ca_level level);

/* Each NULL when there is none: the last with a certificate, the one that
 * waits, the last of that key with a certificate, that of that number. */
const struct ca_generation *ca_current(const struct ca_generations *l);
const struct ca_generation *ca_waiting(const struct ca_generations *l);
const struct ca_generation *ca_of_key(const struct ca_generations *l,
    unsigned key);
const struct ca_generation *ca_at(const struct ca_generations *l,
    unsigned index);

/* Is that key still to sign lists: is it the current one, or may something
 * that it signed still be valid?  No certificate outlives its issuer's. */
bool ca_key_live(const struct ca_generations *l, unsigned key, int64_t now);

#endif
