/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_HASHES_H
#define SG_CRYPTO_HASHES_H

/*
 * Digests for code that is a guest in somebody else's program: they come from
 * an OpenSSL context of our own, so that neither the program's openssl.cnf nor
 * its providers are read, loaded or changed by us.
 */

#include "crypto/digest.h"

/* One context; may be used by one thread at a time. */
struct hashes;
enum sg_err hashes_new(struct hashes **out);
void hashes_free(struct hashes *h);
SG_AUTO_FREE(hashes)

/* The digest of the parts, one behind the other. */
enum sg_err hashes_of(struct hashes *h, enum digest hash,
    const struct bytes *parts, size_t count, uint8_t out[DIGEST_MAX]);

/* A digest made piece by piece; the hashes outlive it. */
struct hashing;
enum sg_err hashing_new(struct hashing **out, struct hashes *h,
    enum digest hash);
void hashing_free(struct hashing *r);
SG_AUTO_FREE(hashing)
enum sg_err hashing_add(struct hashing *r, struct bytes part);
/* Ends it: only hashing_free may follow. */
enum sg_err hashing_end(struct hashing *r, uint8_t out[DIGEST_MAX]);

#endif
