/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_SIGALG_H
#define SG_PKI_SIGALG_H

/* The signatures that we write by hand: RSASSA-PKCS1-v1_5 (RFC 4055) and
 * ECDSA (RFC 5758), with SHA-2. */

#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "pki/der.h"

struct sig_alg {
	enum key_kind kind;
	enum sign_scheme scheme;
	enum digest hash;
	struct bytes der;	/* AlgorithmIdentifier */
};

/* NULL for digests that nobody should sign with. */
const struct sig_alg *sig_alg_of(enum key_kind kind, enum digest hash);
/* By an AlgorithmIdentifier; its parameters are not looked at.  NULL for
 * those that we do not write. */
const struct sig_alg *sig_alg_find(struct bytes der);

/* Appends a signature's BIT STRING. */
enum sg_err sig_alg_put(struct buf *out, struct bytes signature);

#endif
