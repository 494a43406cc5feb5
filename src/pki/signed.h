/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_SIGNED_H
#define SG_PKI_SIGNED_H

/*
 * SignedData (RFC 5652 section 5) as requests for certificates come in it
 * (MS-WCCE 2.2.2.6): read strictly, and written.
 *
 * Only DER is read, and only messages that hold what they sign and whose
 * signers signed attributes.  The certificates in a message are not looked at:
 * who verifies knows better ones.
 */

#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "crypto/verifier.h"
#include "pki/cert.h"

#define SIGNED_MAX	((size_t)256 << 10)	/* bytes of a message */
#define SIGNED_BY_MAX	8			/* signers of one */

enum signed_type {
	SIGNED_DATA = 1,	/* id-data: a request, or one more message */
	SIGNED_PKI_DATA,	/* id-cct-PKIData, RFC 5272 3.2.1 */
};

/* A signer; views of the message. */
struct signed_by {
	struct bytes issuer;	/* DER Name, or empty: */
	struct bytes serial;	/* magnitude */
	struct bytes key_id;	/* a subjectKeyIdentifier instead */
	enum digest hash;
	enum sign_scheme scheme;
	bool nobody;		/* id-alg-noSignature, RFC 5272 C.1: proves
				 * nothing */
	struct bytes attrs;	/* contents of the signed attributes' SET */
	struct bytes digest;	/* messageDigest */
	struct bytes signature;
};

struct signed_data {
	enum signed_type type;
	struct bytes content;
	struct bytes certs;	/* contents of the SET of certificates, */
	struct bytes crls;	/* and of CRLs: views, not looked into */
	struct signed_by by[SIGNED_BY_MAX];
	size_t count;		/* 1 or more */
};

/* Is it the beginning of a SignedData, rather than of a bare request? */
bool signed_looks(struct bytes der);

/*
 * Takes it apart, and verifies nothing.  SG_EFORMAT for what is malformed or
 * not DER, without content, signers or signed attributes; SG_EUNSUPPORTED for
 * algorithms other than SHA-256, -384, -512 with RSA or ECDSA, and for other
 * contents; SG_ELIMIT.
 */
enum sg_err signed_parse(struct signed_data *out, struct bytes der);

/* The same for messages of other protocols; allow is a set of these. */
#define SIGNED_SHA1	0x1u	/* digests of old clients */
#define SIGNED_UNKNOWN	0x2u	/* algorithms that are none of ours: hash or
				 * scheme are 0, and signed_verify() refuses */
#define SIGNED_EMPTY	0x4u	/* no content, or content without a byte */
#define SIGNED_UNSIGNED	0x8u	/* no signers (RFC 8551 3.2.2) */
enum sg_err signed_parse_as(struct signed_data *out, struct bytes der,
    unsigned allow);

/* Did this key sign the content and the attributes?  SG_EVERIFY;
 * SG_EUNSUPPORTED.  Of nobody's signature only the digests are compared, and
 * the key may be NULL. */
enum sg_err signed_verify(const struct signed_data *d,
    const struct signed_by *s, const struct pkey *k);

/* The same by a key of which this is the SubjectPublicKeyInfo, for many
 * messages.  SG_EVERIFY also for a key that is not sound, and for nobody's
 * signature. */
enum sg_err signed_prove(const struct signed_data *d,
    const struct signed_by *s, struct bytes spki, struct verifier *v);

/* The only value, DER, of the signed attribute with that OID (contents of its
 * DER).  SG_ENOENT, without a note, when it is not there; SG_EFORMAT when it is
 * there twice or has not one value. */
enum sg_err signed_attr(struct bytes *out, const struct signed_by *s,
    struct bytes oid);

/* The value of a name among the signed attributes (1.3.6.1.4.1.311.13.2.1), in
 * memory of its own; NULL when it is not there.  Names are compared without
 * case; SG_EFORMAT when it is there twice. */
enum sg_err signed_pair(char **out, const struct signed_by *s,
    const char *name);

/* One more signed attribute. */
struct signed_extra {
	struct bytes oid;	/* contents of its DER */
	struct bytes value;	/* DER */
};
#define SIGNED_EXTRAS_MAX 16

/* What is signed, and by whom.  Borrows everything. */
struct signed_plan {
	struct bytes content;		/* as id-data */
	const struct cert *cert;	/* the signer's; goes along */
	struct signer signer;
	const char *requester;		/* on whose behalf, or NULL */

	/* Of other protocols; zero otherwise. */
	bool empty;			/* content is left out */
	enum digest hash;		/* 0: SHA-256 */
	bool key_name;			/* an RSA signature goes by the key's
					 * name, rsaEncryption */
	const struct signed_extra *extra;
	size_t extra_count;
	const struct cert *const *along;	/* go along too, behind cert */
	size_t along_count;
};
/* Appends the message (DER), signed for RSA with PKCS#1 v1.5.  SG_EVERIFY
 * when the signer is not the certificate's. */
enum sg_err signed_write(struct buf *out, const struct signed_plan *p);
/* Appends a message that nobody signed and that holds nothing but these
 * certificates (RFC 8551 3.2.2, "certs-only"). */
enum sg_err signed_certs(struct buf *out, const struct cert *const *certs,
    size_t n);
/* The same with the certificates in the order given, which some clients go by
 * and DER does not allow, and a CRL (DER) unless it is empty. */
enum sg_err signed_bag(struct buf *out, const struct cert *const *certs,
    size_t n, struct bytes crl);
/* The PEM text. */
enum sg_err signed_pem(struct buf *out, struct bytes der);

/* Replaces *der by the DER of a file's contents: a request or a SignedData, DER
 * or PEM with any of the labels that are in use. */
enum sg_err request_der(struct buf *der, struct bytes text);

#endif
