/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_LEDGER_H
#define SG_CA_LEDGER_H

/*
 * What lists and OCSP answers ask of whatever keeps the certificates: a seam,
 * with the store behind it, and tables in tests.
 *
 * Every change of a certificate's state has a mark that goes up.  A base list
 * tells all up to one mark, its deltas what has changed since.
 */

#include "pki/crl_write.h"

struct ca_standing {
	bool revoked;		/* or on hold */
	int64_t when;		/* Unix seconds */
	enum crl_reason reason;
};

/* A list that was made, for the books. */
struct ca_list_made {
	uint64_t number;	/* 0: none was */
	uint64_t base;		/* of a delta */
	bool delta;
	int64_t made;		/* Unix seconds */
	int64_t mark;		/* what it covers */
};

struct ca_ledger_ops {
	/*
	 * Begins to walk over one consistent state: with since 0 over what is
	 * revoked or held, otherwise over what changed after that mark, releases
	 * as CRL_REMOVE.  *mark is what the walk covers.  One walk at a time.
	 */
	enum sg_err (*walk)(void *ctx, int64_t since, int64_t *mark);
	enum sg_err (*next)(void *ctx, struct crl_item *out, bool *more);
	void (*end)(void *ctx);		/* also of a walk that failed */
	/* serial as in struct crl_item.  SG_ENOENT: it was never issued. */
	enum sg_err (*standing)(void *ctx, struct bytes serial,
	    struct ca_standing *out);
	/* The last base list; number 0 when there is none. */
	enum sg_err (*last_base)(void *ctx, struct ca_list_made *out);
	/* One more than any list's number. */
	enum sg_err (*number_next)(void *ctx, uint64_t *out);
	/* Before the list is published.  SG_EEXIST: the number is taken. */
	enum sg_err (*note)(void *ctx, const struct ca_list_made *m);
};

/* Borrowed. */
struct ca_ledger {
	const struct ca_ledger_ops *ops;
	void *ctx;
};

#endif
