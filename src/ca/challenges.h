/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_CHALLENGES_H
#define SG_CA_CHALLENGES_H

/*
 * Secrets that are handed out so that a device may ask for a certificate
 * (SCEP's challengePassword), each bound to a template and to what its maker
 * knew.
 *
 * A challenge is 128 random bits in hexadecimal, as NDES writes them.  The
 * store has its SHA-256 only: nobody tries 2^127 of them, so a slow hash or a
 * salt would add nothing, and looking a hash up takes a time that says nothing
 * about the secret.
 */

#include "base/secret.h"
#include "ca/revocations.h"
#include "ca/validator.h"

#define CHALLENGE_LEN	32	/* characters */
#define CHALLENGE_USES_MAX 1000000
/* Refusals of one challenge that are kept as requests; more are forgotten, so
 * that nobody fills the disk with one. */
#define CHALLENGE_REFUSALS_MAX 16

struct challenge_plan {
	const char *template;		/* a published one's cn */
	const struct ca_binding *binding;
	unsigned uses;			/* 0: any number, until it ends */
	int64_t seconds;		/* it is good for */
};
/* Appends the challenge to out, which has room for it.  A transaction with its
 * audit record.  SG_EARG as ca_binding_check(), and for names without a limit
 * of uses; SG_ENOENT without the template. */
enum sg_err challenge_new(struct secret *out, int64_t *id,
    const struct ca_store *s, const struct challenge_plan *p,
    const struct ca_act *act);

/* Borrowed: valid until the callback returns. */
struct challenge_row {
	int64_t id;
	const char *template;
	const char *who;		/* made it */
	int64_t made;			/* Unix seconds */
	int64_t expires;
	bool limited;
	int64_t left;			/* uses; if it is limited */
	int64_t used;
	int64_t refused;
	int64_t revoked;		/* when, or 0 */
	int64_t last_request;		/* 0: none */
	const struct ca_binding *binding;
};
typedef enum sg_err challenge_each(void *arg, const struct challenge_row *r);
/* By number, behind after, at most limit (0: all). */
enum sg_err challenges_each(const struct ca_store *s, int64_t after,
    int64_t limit, challenge_each *each, void *arg);
/* "open", "used", "expired", "revoked" */
const char *challenge_state(const struct challenge_row *r, int64_t now);

/* SG_ENOENT; SG_EEXIST when it was before. */
enum sg_err challenge_revoke(const struct ca_store *s, int64_t id,
    const struct ca_act *act);

/* Challenges of this store; it borrows both.  ctx points to a struct
 * challenge_book of the caller's. */
struct challenge_book {
	const struct ca_store *store;
	struct template_cache *templates;
};
extern const struct validator_ops challenge_ops;

#endif
