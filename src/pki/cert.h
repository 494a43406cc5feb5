/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_CERT_H
#define SG_PKI_CERT_H

/* Certificates (RFC 5280). */

#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "pki/ext.h"

#define CERT_MAX	((size_t)64 << 10)	/* bytes of a certificate */
#define BUNDLE_MAX	((size_t)1 << 20)	/* bytes of a bundle's file */
#define BUNDLE_COUNT_MAX 64			/* certificates in a bundle */
#define KEY_ID_LEN	20

/* A certificate taken apart; read, do not write.  Nothing about it has been
 * verified (see pki/chain.h). */
struct cert {
	struct buf der;
	char *subject;			/* RFC 4514 */
	char *issuer;
	struct buf subject_der;
	struct buf issuer_der;
	char *serial;			/* lower-case hex */
	int64_t not_before;		/* Unix seconds */
	int64_t not_after;
	struct buf spki;		/* DER SubjectPublicKeyInfo */
	uint8_t key_id[KEY_ID_LEN];	/* SHA-1 of the public key's bits */
	uint8_t sha256[SHA256_LEN];	/* of the DER */
	struct extensions ext;
	struct pkey *key;		/* see cert_prepare() */
};
void cert_free(struct cert *c);
SG_AUTO_FREE(cert)

/* From the DER of one certificate and nothing behind it.  SG_EFORMAT for what
 * is malformed, SG_ELIMIT above the limits. */
enum sg_err cert_parse(struct cert **out, struct bytes der);
/* From a file's contents: DER or the first certificate of a PEM text. */
enum sg_err cert_read(struct cert **out, struct bytes text);
/* Appends the PEM text. */
enum sg_err cert_pem(struct buf *out, const struct cert *c);

/* Keeps its public key in c->key, for an issuer whose key is needed over and
 * over; otherwise c->key is NULL.  SG_EUNSUPPORTED as cert_key(). */
enum sg_err cert_prepare(struct cert *c);
/* SG_EUNSUPPORTED for kinds of keys that we do not do. */
enum sg_err cert_key(struct pkey **out, const struct cert *c);
/* Is it the certificate of this public key? */
bool cert_fits(const struct cert *c, struct bytes spki);
/* Does its name say that it issued itself? */
bool cert_self_issued(const struct cert *c);
/* No EKU at all, or this one, or any. */
bool cert_allows(const struct cert *c, const char *eku_oid);
/* What a list would call it: the common name, else the first SAN, else the
 * serial number; in memory of its own, never "". */
enum sg_err cert_label(char **out, const struct cert *c);

/* SHA-1 of the public key's bits of a SubjectPublicKeyInfo (RFC 5280
 * 4.2.1.2): the CKA_ID of everything of this key. */
enum sg_err spki_key_id(struct bytes spki, uint8_t id[KEY_ID_LEN]);

/* A new OpenSSL object of it, for src/pki only. */
struct x509_st;
enum sg_err cert_x509(struct x509_st **out, const struct cert *c);

struct certs {
	struct cert **v;
	size_t n;
};
void certs_done(struct certs *l);
/* Takes the certificate, on failure too. */
enum sg_err certs_add(struct certs *l, struct cert *c);
/* From a file's contents: PEM certificates and PKCS#7 in any order, one DER
 * certificate, or a DER PKCS#7 bundle (.p7b).  Appends; SG_EFORMAT when there
 * is none. */
enum sg_err certs_read(struct certs *l, struct bytes text);

#endif
