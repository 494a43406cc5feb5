/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CMS_H
#define SG_PKI_CMS_H

/* Cryptographic messages (RFC 5652). */

#include "base/bytes.h"

#define CMS_PLAIN_MAX ((size_t)1 << 20)	/* bytes that are sealed */

/*
 * Appends an EnvelopedData (DER) that only the owner of the key opens:
 *   openssl cms -decrypt -inform DER -in FILE -inkey key.pem
 * pem is a "PUBLIC KEY" or a "CERTIFICATE"; RSA gets key transport (OAEP with
 * SHA-256), EC gets key agreement (RFC 5753); the recipient is named by the
 * SHA-1 of its public key's bits; contents are AES-256-CBC.
 */
enum sg_err cms_seal(struct buf *out, struct bytes plain, struct bytes pem);

#endif
