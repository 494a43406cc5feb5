/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_VALIDATOR_H
#define SG_CA_VALIDATOR_H

/*
 * Who says what somebody with a secret may have: the challenges of this CA
 * (ca/challenges.h), or a service that handed out challenges of its own.  A
 * request is validated, and then the validator hears what became of it.
 */

#include "ca/binding.h"

/* Borrows everything. */
struct validator_ask {
	const char *challenge;		/* as it came; a secret */
	const struct csr *request;	/* its signature was looked at */
	const char *transaction;	/* the client's name for it */
	int64_t now;			/* Unix seconds */
};

/* What may be issued. */
struct validator_grant {
	char *template;			/* cn */
	struct identity identity;	/* empty: names are the request's */
	char *requester;		/* for the books; no secret */
	int64_t id;			/* the validator's own */
	bool keep;			/* a refusal is worth a line in the
					 * books */
	int64_t earlier;		/* the same key has had it, by that
					 * request; else 0 */
};
static inline void
validator_grant_done(struct validator_grant *g)
{
	str_auto_free(&g->template);
	identity_done(&g->identity);
	str_auto_free(&g->requester);
	*g = (struct validator_grant) { 0 };
}

/* What became of it. */
struct validator_outcome {
	int64_t request;		/* its number in our books */
	const struct csr *csr;
	const struct cert *cert;	/* NULL: none, or not yet */
	bool taken;			/* issued or waits; else refused: */
	uint32_t status;		/* ca/verdict.h */
	const char *words;
};

struct validator_ops {
	/*
	 * SG_ENOENT: the challenge is not known, used up, expired, revoked: no
	 * matter which, and nobody is told.  SG_EVERIFY: it is good, and the
	 * note, which the client gets, names what of the request does not fit;
	 * out is filled then, too.  Inside the transaction of what follows.
	 */
	enum sg_err (*validate)(void *ctx, struct validator_grant *out,
	    const struct validator_ask *ask);
	/* Once for each request that was validated, SG_EVERIFY included, and
	 * is not an earlier one's; inside the same transaction.  An error
	 * undoes all of it. */
	enum sg_err (*notify)(void *ctx, const struct validator_grant *g,
	    const struct validator_outcome *r);
};

struct validator {
	const struct validator_ops *ops;
	void *ctx;
};

#endif
