/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_WRAP_H
#define SG_CRYPTO_WRAP_H

/*
 * Inside of the provider that shows signers to OpenSSL as keys:
 * wrap.c          the provider and pkey_wrap_signer()
 * wrap_key.c      key management
 * wrap_sign.c     signatures
 * wrap_decrypt.c  asymmetric ciphers
 */

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/ossl.h"

/* An imported peer's key has no signer: OpenSSL makes such to compare. */
struct wrapped_key {
	EVP_PKEY *public;	/* the default provider's */
	struct signer signer;
	bool has_signer;
};

/* What pkey_wrap_signer() hands to import as this octet string. */
#define WRAP_PARAM "signet-wrapped-key"

extern const OSSL_DISPATCH wrap_rsa_keymgmt[];
extern const OSSL_DISPATCH wrap_ec_keymgmt[];
extern const OSSL_DISPATCH wrap_signature[];
extern const OSSL_DISPATCH wrap_cipher[];

/* Leaves a signer's error in OpenSSL's queue, where ossl_fail() finds it;
 * returns 0, OpenSSL's word for failure. */
int wrap_raise(enum sg_err e);

#endif
