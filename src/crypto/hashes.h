/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_HASHES_H
#define SG_CRYPTO_HASHES_H

/*
 * Digests for code that is a guest in somebody else's program: plain
 * functions, which neither read the program's openssl.cnf nor use its
 * providers (one of these may be what loaded the guest).  OpenSSL's EVP
 * digests do both, even in a context of one's own.
 */

#include "crypto/digest.h"

/* The digest of the parts, one behind the other. */
enum sg_err hashes_of(enum digest hash, const struct bytes *parts,
    size_t count, uint8_t out[DIGEST_MAX]);

/* A digest made piece by piece. */
struct hashing;
enum sg_err hashing_new(struct hashing **out, enum digest hash);
void hashing_free(struct hashing *r);	/* wipes */
SG_AUTO_FREE(hashing)
enum sg_err hashing_add(struct hashing *r, struct bytes part);
/* Ends it: only hashing_free may follow. */
enum sg_err hashing_end(struct hashing *r, uint8_t out[DIGEST_MAX]);

#endif
