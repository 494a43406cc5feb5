/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_ISSUE_H
#define SG_PKI_ISSUE_H

/* Making certificates. */

#include "pki/cert.h"

#define SERIAL_LEN 16	/* random bytes of a serial number that we make */

/* A certificate before it is signed. */
struct cert_content {
	char *serial;		/* hex, positive; RFC 5280 4.1.2.2 */
	struct buf issuer;	/* DER Name */
	struct buf subject;	/* DER Name */
	int64_t not_before;	/* Unix seconds */
	int64_t not_after;
	struct buf spki;	/* DER SubjectPublicKeyInfo */
	struct extensions ext;
};
void cert_content_init(struct cert_content *c);
void cert_content_done(struct cert_content *c);

/* 128 random bits whose first is 0, in hex. */
enum sg_err cert_serial_new(char **out);
/* Builds and signs (RSA keys with PKCS#1 v1.5); appends the DER. */
enum sg_err cert_build(struct buf *out, const struct cert_content *c,
    enum digest hash, struct signer issuer);
/* The same for the CA with that certificate: what was made is read back, and
 * its signature checked by the certificate's key, SG_EVERIFY, unless the key is
 * here (crypto/signer.h) and the certificate's.  Quick when issuer is
 * prepared (pki/cert.h). */
enum sg_err cert_issue(struct cert **out, const struct cert_content *c,
    enum digest hash, struct signer s, const struct cert *issuer);
/* SG_EVERIFY unless the signature is by this issuer's key and the names
 * follow. */
enum sg_err cert_signed_by(const struct cert *c, const struct cert *issuer);

#endif
