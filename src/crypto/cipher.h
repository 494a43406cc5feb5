/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_CIPHER_H
#define SG_CRYPTO_CIPHER_H

/* Block ciphers in CBC mode, as messages have their contents sealed (RFC 5652
 * 6.3). */

#include "base/secret.h"

enum cipher {
	CIPHER_AES128_CBC = 1,
	CIPHER_AES256_CBC,
	CIPHER_DES3_CBC,	/* three keys */
};

#define CIPHER_KEY_MAX	32
#define CIPHER_BLOCK_MAX 16

/* Bytes of a key; of a block and of the vector that comes first. */
size_t cipher_key_len(enum cipher c);
size_t cipher_block_len(enum cipher c);

/* Appends plain with RFC 5652's padding, encrypted.  Key and vector have their
 * lengths. */
enum sg_err cipher_seal(struct buf *out, enum cipher c, struct bytes key,
    struct bytes iv, struct bytes plain);

/*
 * Decrypts whole blocks into *out, which it replaces, padding included, and
 * says in *n how many bytes are before the padding, or SIZE_MAX when the
 * padding is not good; the time tells neither which nor how many.  SG_EFORMAT
 * when sealed is empty or not a number of blocks.
 */
enum sg_err cipher_open(struct buf *out, size_t *n, enum cipher c,
    struct bytes key, struct bytes iv, struct bytes sealed);

#endif
