/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_OSSL_H
#define SG_CRYPTO_OSSL_H

/*
 * OpenSSL in our manners, for src/crypto and src/pki only: cleanup attributes
 * and error notes.
 */

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/pkey.h"

/* auto_ossl(X509) x = NULL;  an OpenSSL object that X509_free() releases. */
#define auto_ossl(type) __attribute__((cleanup(type##_auto))) type *
#define SG_AUTO_OSSL(type)                       \
	static inline void type##_auto(type **p) \
	{                                        \
		type##_free(*p);                 \
	}

static inline void
BIGNUM_auto(BIGNUM **p)
{
	BN_free(*p);
}

SG_AUTO_OSSL(ASN1_BIT_STRING)
SG_AUTO_OSSL(ASN1_INTEGER)
SG_AUTO_OSSL(ASN1_OBJECT)
SG_AUTO_OSSL(ASN1_OCTET_STRING)
SG_AUTO_OSSL(ASN1_STRING)
SG_AUTO_OSSL(ASN1_TIME)
SG_AUTO_OSSL(ASN1_TYPE)
SG_AUTO_OSSL(BIO)
SG_AUTO_OSSL(CMS_ContentInfo)
SG_AUTO_OSSL(EVP_MD_CTX)
SG_AUTO_OSSL(EVP_PKEY)
SG_AUTO_OSSL(EVP_PKEY_CTX)
SG_AUTO_OSSL(GENERAL_NAMES)
SG_AUTO_OSSL(X509)
SG_AUTO_OSSL(X509_ALGOR)
SG_AUTO_OSSL(X509_CRL)
SG_AUTO_OSSL(X509_EXTENSION)
SG_AUTO_OSSL(X509_NAME)
SG_AUTO_OSSL(X509_PUBKEY)
SG_AUTO_OSSL(X509_REQ)
SG_AUTO_OSSL(X509_REVOKED)
SG_AUTO_OSSL(X509_SIG)
SG_AUTO_OSSL(X509_STORE)
SG_AUTO_OSSL(X509_STORE_CTX)
SG_AUTO_OSSL(PKCS8_PRIV_KEY_INFO)

/*
 * Empties OpenSSL's error queue and fails with e and "what: OpenSSL's reason".
 * When a wrapped signer failed underneath, its own code and note are returned
 * instead, with what in front.
 */
enum sg_err ossl_fail(enum sg_err e, const char *what);

/* The digest's algorithm, never NULL for a valid enum. */
const EVP_MD *digest_md(enum digest hash);
/* Maps an algorithm's name or NID back; SG_EUNSUPPORTED. */
enum sg_err digest_from_name(enum digest *out, const char *name);
enum sg_err digest_from_nid(enum digest *out, int nid);

struct pkey {
	EVP_PKEY *evp;
	struct buf spki;	/* its encoding, empty when not made yet */
	/* What its last signature was made with, for the next one like it. */
	EVP_PKEY_CTX *signing;
	enum sign_scheme scheme;
	enum digest hash;
};
/* Takes one reference more of a key; SG_EUNSUPPORTED, SG_EFORMAT unless it is
 * one that crypto/pkey.h names. */
enum sg_err pkey_from_evp(struct pkey **out, EVP_PKEY *k);
/* What it says of RSA keys. */
enum sg_err rsa_numbers_check(const BIGNUM *n, const BIGNUM *e);
/* The same of one that is known to be such. */
enum sg_err pkey_of_evp(struct pkey **out, EVP_PKEY *k);

#endif
