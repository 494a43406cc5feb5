/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_VIEW_H
#define SG_PKI_VIEW_H

/*
 * The fields of a certificate and of a public key that a token shows, cut out
 * of the DER without making OpenSSL's key objects: those read the program's
 * openssl.cnf and load its providers, which a guest in a foreign program must
 * not do (one of the providers may be what loaded the guest).
 */

#include "base/bytes.h"
#include "crypto/signer.h"

/* RFC 5280 4.1; DER with tag and length. */
struct cert_view {
	struct buf serial;
	struct buf issuer;
	struct buf subject;
	struct buf spki;
	char not_before[9];	/* YYYYMMDD, or "" */
	char not_after[9];
};
void cert_view_done(struct cert_view *v);
/* SG_EFORMAT unless der is one certificate and nothing else. */
enum sg_err cert_view_read(struct bytes der, struct cert_view *out);

struct key_view {
	enum key_kind kind;
	struct buf modulus;	/* RSA: big-endian, without leading zeros */
	struct buf exponent;
	struct buf curve;	/* EC: DER OBJECT IDENTIFIER (RFC 5480 2.1.1) */
	struct buf point;	/* EC: the bytes of ECPoint */
};
void key_view_done(struct key_view *v);
/* From DER SubjectPublicKeyInfo of RSA or P-256, else SG_EUNSUPPORTED. */
enum sg_err key_view_read(struct bytes spki, struct key_view *out);

/* DER OCTET STRING around x. */
enum sg_err octet_string(struct bytes x, struct buf *out);

#endif
