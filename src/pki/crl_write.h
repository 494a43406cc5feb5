/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CRL_WRITE_H
#define SG_PKI_CRL_WRITE_H

/*
 * Writing revocation lists of any length (RFC 5280 section 5): entries come
 * from a source one after the other, are walked over once, and go to a file;
 * memory does not grow with their number.
 */

#include "pki/crl.h"

struct crl_item {
	struct bytes serial;	/* big-endian; valid until the next call */
	int64_t when;		/* Unix seconds */
	enum crl_reason reason;
};

struct crl_source {
	/* The next entry, or *more false behind the last one. */
	enum sg_err (*next)(void *ctx, struct crl_item *out, bool *more);
	void *ctx;
};

/* What a list says besides its entries.  Borrows everything. */
struct crl_head {
	const struct cert *issuer;
	uint64_t number;		/* CRLNumber */
	bool delta;			/* base says what it adds to */
	uint64_t base;			/* BaseCRLNumber */
	int64_t this_update;		/* Unix seconds */
	int64_t next_update;
	int64_t next_publish;		/* 1.3.6.1.4.1.311.21.4; 0: absent */
	const struct texts *freshest;	/* URLs of the delta list, or NULL */
	/* issuingDistributionPoint, absent when none of these is set; a base
	 * list and its deltas have the same. */
	const struct texts *points;	/* URLs, or NULL */
	bool users_only;
	bool cas_only;
};

/*
 * Writes the DER to fd, an empty file that can be read and written, and says
 * how many entries there were.  CRL_REMOVE belongs to deltas, and freshest to
 * base lists: SG_EARG.  The signature is SG_EVERIFY when the issuer's
 * certificate does not bear it out.
 */
enum sg_err crl_write(int fd, const struct crl_head *h,
    struct crl_source from, enum digest hash, struct signer s,
    size_t *count);

#endif
