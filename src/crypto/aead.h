/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_AEAD_H
#define SG_CRYPTO_AEAD_H

/*
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) with a random nonce of 96
 * bits, which stands in front, and the tag of 128 bits behind.  A key must not
 * seal more than some 2^32 secrets.
 */

#include "base/secret.h"

#define AEAD_KEY_LEN	32
#define AEAD_NONCE_LEN	12
#define AEAD_TAG_LEN	16
#define AEAD_OVERHEAD	(AEAD_NONCE_LEN + AEAD_TAG_LEN)

/* Appends plain, sealed; about is not encrypted but must be the same when it
 * is opened.  key has AEAD_KEY_LEN bytes. */
enum sg_err aead_seal(const struct secret *key, struct bytes about,
    const struct secret *plain, struct buf *out);

/* Replaces *out.  SG_EVERIFY for another key, another about, and for bytes
 * that were changed or cut. */
enum sg_err aead_open(const struct secret *key, struct bytes about,
    struct bytes sealed, struct secret *out);

#endif
