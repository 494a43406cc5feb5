/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CHAIN_H
#define SG_PKI_CHAIN_H

/* Does a certificate lead to an anchor, and if not, why not, in words. */

#include "pki/cert.h"
#include "pki/crl.h"

struct chain_ask {
	const struct cert *leaf;
	const struct certs *untrusted;	/* intermediates, any order, or NULL */
	const struct certs *anchors;	/* where a path may end */
	const struct crl *const *crls;	/* NULL: revocation is not looked at */
	size_t crl_count;		/* with crls every issuer of the path
					 * needs its list */
	int64_t now;			/* Unix seconds */
	const char *eku;		/* what it must be good for, or NULL */
	unsigned key_usage;		/* USAGE_* that it must allow, or 0 */
};

/*
 * RFC 5280 section 6: signatures, names, times, basic constraints, key usage;
 * keys and digests of at least 112 bits; an EKU of an issuing CA limits what
 * is below it, as Windows reads it.  SG_EVERIFY with the reason; *path (or
 * NULL) receives copies from the leaf to the anchor.
 */
enum sg_err chain_verify(const struct chain_ask *ask, struct certs *path);

#endif
