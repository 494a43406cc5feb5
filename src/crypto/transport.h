/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_TRANSPORT_H
#define SG_CRYPTO_TRANSPORT_H

/*
 * Keys that travel under RSA with PKCS#1 v1.5 (RFC 8017 7.2), the only way
 * that SCEP knows.
 */

#include "base/secret.h"
#include "crypto/pkey.h"

/* Appends the key, sealed to k; SG_EUNSUPPORTED unless k is RSA. */
enum sg_err transport_seal(struct buf *out, const struct pkey *k,
    struct bytes key);

/*
 * The key of n bytes that was sealed to s, which has that modulus.  When what
 * was sealed is no such key, *out gets another one that looks like chance: it
 * follows from reject (SHA256_LEN random bytes) and the sealed bytes, so that
 * asking twice tells nothing.  The private operation is done in any case, time
 * does not tell, and there is no error for it (RFC 5246 7.4.7.1, RFC 3218).
 * Errors are the signer's own; one that says SG_ECRYPTO, SG_EVERIFY or
 * SG_EFORMAT has refused the number, which counts as bad padding.  SG_EFORMAT
 * when sealed is not as long as the modulus.
 */
enum sg_err transport_open(struct secret *out, size_t n, struct signer s,
    struct bytes modulus, struct bytes sealed, const struct secret *reject);

#endif
