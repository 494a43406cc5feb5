/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_SIGNER_H
#define SG_CRYPTO_SIGNER_H

/*
 * The seam behind which a private key lives: in the TPM, behind the daemon's
 * socket, in a file, in a token.  Code that makes requests, certificates, CRLs
 * and CMS never knows where; see crypto/pkey.h for how it becomes an EVP_PKEY.
 */

#include "base/bytes.h"

enum digest {
	DIGEST_SHA1 = 1,	/* only to read what others made */
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
};

enum key_kind { KEY_RSA = 1, KEY_EC };

enum sign_scheme {
	SIGN_RSA_PKCS1 = 1,	/* RSASSA-PKCS1-v1_5, RFC 8017 8.2 */
	SIGN_RSA_PSS,		/* salt as long as the digest, RFC 8017 8.1 */
	SIGN_ECDSA,		/* DER Ecdsa-Sig-Value, RFC 3279 2.2.3 */
};

enum decrypt_scheme {
	DECRYPT_RSA_RAW = 1,	/* the bare private operation */
	DECRYPT_RSA_PKCS1,	/* RFC 8017 7.2.2, see the contract below */
	DECRYPT_RSA_OAEP_SHA1,
	DECRYPT_RSA_OAEP_SHA256,
};

struct signer_ops {
	/*
	 * Signs a digest (its length fits hash) and appends the signature to
	 * out.  SG_ELOGIN, SG_EPIN and SG_EBLOCKED come from keys behind a
	 * gesture.
	 */
	enum sg_err (*sign)(void *ctx, enum sign_scheme scheme,
	    enum digest hash, struct bytes digest, struct buf *out);
	/*
	 * Appends the plain text.  A bad PKCS#1 v1.5 padding must not be told
	 * apart by the caller's peers.  NULL when the key cannot decrypt.
	 */
	enum sg_err (*decrypt)(void *ctx, enum decrypt_scheme scheme,
	    struct bytes in, struct buf *out);
	/* Appends the DER SubjectPublicKeyInfo (RFC 5280 4.1). */
	enum sg_err (*spki)(void *ctx, struct buf *out);
	/* The private key is in this process and libcrypto works with it, which
	 * by itself repeats an RSA signature whose short way (CRT) went wrong.
	 * What a key elsewhere has signed is checked before it is used. */
	bool here;
};

/* A borrowed key: whoever made it owns ctx and outlives every use. */
struct signer {
	const struct signer_ops *ops;
	void *ctx;
};

/* Bytes of a digest. */
size_t digest_size(enum digest hash);

#endif
