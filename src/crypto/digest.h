/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_DIGEST_H
#define SG_CRYPTO_DIGEST_H

/* Digests, key derivation and random bytes. */

#include "base/secret.h"
#include "crypto/signer.h"

#define DIGEST_MAX 64

enum sg_err digest_of(enum digest hash, struct bytes in,
    uint8_t out[DIGEST_MAX]);

#define SHA256_LEN 32
enum sg_err sha256(struct bytes in, uint8_t out[SHA256_LEN]);

/* Fills p from the system's generator. */
enum sg_err random_fill(void *p, size_t n);

/* scrypt (RFC 7914): n is a power of two; out gets len bytes and must have
 * the room. */
struct scrypt_cost {
	uint32_t n;
	uint32_t r;
	uint32_t p;
};
enum sg_err scrypt_derive(const struct secret *password, struct bytes salt,
    struct scrypt_cost cost, size_t len, struct secret *out);

#endif
