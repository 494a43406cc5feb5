/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_REVOCATIONS_H
#define SG_CA_REVOCATIONS_H

/*
 * Revoking, holding and releasing, and what lists of revoked certificates are
 * made from.  Each event has a number, its change: a list tells all changes up
 * to one, a delta list those since the one of its base.
 */

#include "ca/certs.h"

/* What somebody did, for the audit log. */
struct ca_act {
	const char *who;
	int64_t at;		/* Unix seconds */
};

/*
 * Each is a transaction with its audit record.  SG_ENOENT when there is no
 * such certificate.  What is revoked stays so: SG_EEXIST; but what is held can
 * be revoked for good.  CRL_HOLD holds.
 */
enum sg_err ca_revoke(const struct ca_store *s, const char *serial,
    enum crl_reason reason, const struct ca_act *act);
/* Whose it is to tell: the CA and the number of its key that issued a
 * certificate; also the root's, for an issuing CA's own.  SG_ENOENT. */
enum sg_err ca_revoker(enum ca_level *level, unsigned *key,
    const struct ca_store *s, const char *serial);
/* SG_EEXIST unless it is held. */
enum sg_err ca_release(const struct ca_store *s, const char *serial,
    const struct ca_act *act);

struct ca_revocation {
	struct bytes serial;	/* big-endian; valid until the next call */
	int64_t when;		/* Unix seconds */
	enum crl_reason reason;
	bool released;		/* for deltas: removeFromCRL */
	int64_t not_after;	/* of the certificate */
};

/* One after the other, in one reading transaction: memory does not grow with
 * their number.  Meanwhile the store's connection does not write. */
struct ca_revocations;
/* Of what that key signed.  since 0: everything that is revoked or held.
 * Otherwise what changed since, releases too. */
enum sg_err ca_revocations_new(struct ca_revocations **out,
    const struct ca_store *s, enum ca_level level, unsigned key,
    int64_t since);
void ca_revocations_free(struct ca_revocations *r);
SG_AUTO_FREE(ca_revocations)
/* *more false behind the last one. */
enum sg_err ca_revocations_next(struct ca_revocations *r,
    struct ca_revocation *out, bool *more);
/* The last change that belongs to this reading. */
int64_t ca_revocations_change(const struct ca_revocations *r);

/* A list that was made. */
struct ca_crl_made {
	uint64_t number;
	uint64_t base;		/* of a delta; 0: it is none */
	int64_t made;		/* Unix seconds */
	int64_t change;		/* the last that it tells */
};
/* The last one by that key that was no delta; number 0 when there was none. */
enum sg_err ca_crl_last_base(struct ca_crl_made *out,
    const struct ca_store *s, enum ca_level level, unsigned key);
/* One more than any number that is known here or, after a restored backup,
 * was published, whatever the key: they have one name. */
enum sg_err ca_crl_number_next(uint64_t *out, const struct ca_store *s,
    enum ca_level level);
/* Notes a list, with its audit record, before it is published; SG_EEXIST when
 * the number was used meanwhile. */
enum sg_err ca_crl_note(const struct ca_store *s, enum ca_level level,
    unsigned key, const struct ca_crl_made *m, const struct ca_act *act);

#endif
