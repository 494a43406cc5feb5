/* SPDX-License-Identifier: BSD-2-Clause */

/* Keys as PEM text (RFC 7468). */

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "crypto/ossl.h"

#define PEM_TEXT_MAX	((size_t)64 << 10)
/* 16 MiB, the most that OpenSSL's readers accept without being told. */
#define PEM_SCRYPT_N	16384
#define PEM_SCRYPT_R	8
#define PEM_SCRYPT_P	1

/* One block of a PEM text; its bytes may be private. */
struct block {
	char *name;
	char *header;
	uint8_t *der;
	long n;
};

static void
block_done(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_clear_free(b->der, b->n > 0 ? (size_t)b->n : 0);
	*b = (struct block) { 0 };
}

/* The first block whose name is one of two. */
static enum sg_err
block_find(struct block *out, struct bytes pem, const char *a, const char *b)
{
	auto_ossl(BIO) in = NULL;

	if (pem.n == 0 || pem.n > PEM_TEXT_MAX)
		return sg_fail(SG_EFORMAT, "a PEM text of %zu bytes", pem.n);
	if ((in = BIO_new_mem_buf(pem.p, (int)pem.n)) == NULL)
		return ossl_fail(SG_ENOMEM, "reading a PEM text");
	while (PEM_read_bio(in, &out->name, &out->header, &out->der,
	    &out->n) == 1) {
		if (strcmp(out->name, a) == 0 || strcmp(out->name, b) == 0)
			return SG_OK;
		block_done(out);
	}
	ERR_clear_error();
	return sg_fail(SG_EFORMAT, "no \"%s\" or \"%s\" in the PEM text", a,
	    b);
}

static enum sg_err
from_certificate(struct pkey **out, struct bytes der)
{
	const uint8_t *p = der.p;
	auto_ossl(X509) x = d2i_X509(NULL, &p, (long)der.n);
	EVP_PKEY *k;

	if (x == NULL || p != der.p + der.n ||
	    (k = X509_get0_pubkey(x)) == NULL)
		return ossl_fail(SG_EFORMAT, "reading a certificate's key");
	return pkey_from_evp(out, k);
}

enum sg_err
pkey_from_public_pem(struct pkey **out, struct bytes pem)
{
	auto_done(block) b = { 0 };
	struct bytes der;

	SG_TRY(block_find(&b, pem, PEM_STRING_PUBLIC, PEM_STRING_X509));
	der = bytes_of(b.der, (size_t)b.n);
	if (strcmp(b.name, PEM_STRING_X509) == 0)
		return from_certificate(out, der);
	return pkey_from_spki(out, der);
}

static PKCS8_PRIV_KEY_INFO *
decrypt(const uint8_t *p, long n, const struct secret *passphrase)
{
	auto_ossl(X509_SIG) sig = d2i_X509_SIG(NULL, &p, n);

	if (sig == NULL)
		return NULL;
	return PKCS8_decrypt(sig, (const char *)passphrase->p,
	    (int)passphrase->n);
}

enum sg_err
pkey_from_private_pem(struct pkey **out, struct bytes pem,
    const struct secret *passphrase)
{
	auto_done(block) b = { 0 };
	auto_ossl(PKCS8_PRIV_KEY_INFO) info = NULL;
	auto_ossl(EVP_PKEY) k = NULL;
	auto_free(pkey) made = NULL;
	const uint8_t *p;

	SG_TRY(block_find(&b, pem, PEM_STRING_PKCS8INF, PEM_STRING_PKCS8));
	p = b.der;
	if (strcmp(b.name, PEM_STRING_PKCS8INF) == 0) {
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, b.n);
	} else if (passphrase == NULL) {
		return sg_fail(SG_EPIN,
		    "the private key is encrypted: a passphrase is needed");
	} else if ((info = decrypt(p, b.n, passphrase)) == NULL) {
		ERR_clear_error();
		return sg_fail(SG_EPIN,
		    "the passphrase does not open the private key");
	}
	if (info == NULL || (k = EVP_PKCS82PKEY(info)) == NULL)
		return ossl_fail(SG_EFORMAT, "decoding a private key");
	SG_TRY(pkey_from_evp(&made, k));
	/* A CA asks for it with every signature. */
	SG_TRY(pkey_spki(made, &made->spki));
	*out = made;
	made = NULL;
	return SG_OK;
}

static enum sg_err
encrypt(X509_SIG **out, PKCS8_PRIV_KEY_INFO *info,
    const struct secret *passphrase)
{
	X509_ALGOR *alg = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0,
	    NULL, PEM_SCRYPT_N, PEM_SCRYPT_R, PEM_SCRYPT_P);

	if (alg == NULL)
		return ossl_fail(SG_ECRYPTO, "encrypting a private key");
	*out = PKCS8_set0_pbe((const char *)passphrase->p,
	    (int)passphrase->n, info, alg);
	if (*out == NULL) {
		X509_ALGOR_free(alg);
		return ossl_fail(SG_ECRYPTO, "encrypting a private key");
	}
	return SG_OK;
}

enum sg_err
pkey_private_pem(const struct pkey *k, const struct secret *passphrase,
    struct secret *out)
{
	auto_ossl(PKCS8_PRIV_KEY_INFO) info = EVP_PKEY2PKCS8(k->evp);
	auto_ossl(X509_SIG) sig = NULL;
	/* Freed memory BIOs are wiped. */
	auto_ossl(BIO) b = BIO_new(BIO_s_secmem());
	char *p = NULL;
	long n;
	int ok;

	if (info == NULL || b == NULL)
		return ossl_fail(SG_ECRYPTO, "encoding a private key");
	if (passphrase != NULL) {
		SG_TRY(encrypt(&sig, info, passphrase));
		ok = PEM_write_bio_PKCS8(b, sig);
	} else {
		ok = PEM_write_bio_PKCS8_PRIV_KEY_INFO(b, info);
	}
	n = BIO_get_mem_data(b, &p);
	if (ok != 1 || n <= 0)
		return ossl_fail(SG_ECRYPTO, "encoding a private key");
	return secret_set(out, p, (size_t)n);
}
