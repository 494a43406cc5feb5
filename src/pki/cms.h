/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CMS_H
#define SG_PKI_CMS_H

/* Cryptographic Message Syntax, RFC 5652. */

#include "base/secret.h"

#define CMS_RECIPIENT_MAX (16u << 10)	/* bytes of PEM */

/*
 * Appends a DER EnvelopedData (AES-256-CBC) that holds plain for the owner of
 * a PEM "PUBLIC KEY" or "CERTIFICATE", RSA or EC, named by its subject key
 * identifier, so that
 *	openssl cms -decrypt -inform DER -in FILE -inkey KEY
 * opens it without more.
 */
enum sg_err cms_encrypt(struct bytes recipient_pem,
    const struct secret *plain, struct buf *out);

#endif
