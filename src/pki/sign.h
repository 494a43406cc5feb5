/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_SIGN_H
#define SG_PKI_SIGN_H

/* What requests, certificates and CRLs have in common when they are signed;
 * inside of src/pki only. */

#include "pki/asn1.h"

/* A signer set up for X509_sign_ctx() and its relatives. */
struct signing_key {
	EVP_PKEY *key;		/* the signer, wrapped */
	struct pkey *public;
	EVP_MD_CTX *ctx;
};
void signing_key_done(struct signing_key *k);
enum sg_err signing_key_init(struct signing_key *k, struct signer s,
    enum digest hash, bool pss);

/* SG_OK for SHA-256, -384 and -512 with RSA or ECDSA; SG_EUNSUPPORTED. */
enum sg_err signature_check(const X509_ALGOR *alg);

#endif
