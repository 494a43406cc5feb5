/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/pkey.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/ossl.h"
#include "crypto/pkey_spki.h"

#define RSA_BITS_MIN	1024
#define RSA_BITS_MAX	8192
#define SPKI_MAX	4096	/* bytes; RSA-8192 takes about 1,100 */
#define GROUP_MAX	64

void
pkey_free(struct pkey *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_CTX_free(k->signing);
	EVP_PKEY_free(k->evp);
	buf_done(&k->spki);
	free(k);
}

enum sg_err
rsa_numbers_check(const BIGNUM *n, const BIGNUM *e)
{
	int bits = BN_num_bits(n);

	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return sg_fail(SG_EUNSUPPORTED,
		    "an RSA key of %d bits is not supported", bits);
	/* RFC 8017 3.1: both odd, e at least 3; 32 bits are all that TPMs
	 * and we can store. */
	if (!BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e) ||
	    BN_num_bits(e) > 32)
		return sg_fail(SG_EFORMAT,
		    "the RSA key's modulus or exponent cannot be right");
	return SG_OK;
}

static enum sg_err
rsa_check(const EVP_PKEY *k)
{
	auto_ossl(BIGNUM) n = NULL, *e = NULL;

	if (EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return ossl_fail(SG_ECRYPTO, "reading an RSA key");
	return rsa_numbers_check(n, e);
}

static enum sg_err
ec_check(const EVP_PKEY *k)
{
	static const int nids[] = { NID_X9_62_prime256v1, NID_secp384r1,
		NID_secp521r1 };
	char name[GROUP_MAX];
	int nid;

	if (EVP_PKEY_get_group_name(k, name, sizeof(name), NULL) != 1) {
		ERR_clear_error();
		return sg_fail(SG_EUNSUPPORTED,
		    "an EC key without a named curve is not supported");
	}
	nid = OBJ_txt2nid(name);
	for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++)
		if (nid == nids[i])
			return SG_OK;
	return sg_fail(SG_EUNSUPPORTED, "the curve %s is not supported", name);
}

enum sg_err
pkey_from_evp(struct pkey **out, EVP_PKEY *evp)
{
	if (EVP_PKEY_is_a(evp, "RSA"))
		SG_TRY(rsa_check(evp));
	else if (EVP_PKEY_is_a(evp, "EC"))
		SG_TRY(ec_check(evp));
	else
		return sg_fail(SG_EUNSUPPORTED,
		    "only RSA and EC keys are supported");
	return pkey_of_evp(out, evp);
}

enum sg_err
pkey_of_evp(struct pkey **out, EVP_PKEY *evp)
{
	struct pkey *k;

	if ((k = calloc(1, sizeof(*k))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	if (EVP_PKEY_up_ref(evp) != 1) {
		free(k);
		return ossl_fail(SG_ECRYPTO, "taking a key");
	}
	k->evp = evp;
	*out = k;
	return SG_OK;
}

/* Is the algorithm of a key that OpenSSL could not decode one of ours? */
static enum sg_err
spki_undecodable(X509_PUBKEY *x)
{
	ASN1_OBJECT *oid = NULL;
	int nid;

	(void)X509_PUBKEY_get0_param(&oid, NULL, NULL, NULL, x);
	nid = OBJ_obj2nid(oid);
	if (nid == NID_rsaEncryption || nid == NID_X9_62_id_ecPublicKey)
		return ossl_fail(SG_EFORMAT, "decoding a public key");
	ERR_clear_error();
	return sg_fail(SG_EUNSUPPORTED, "only RSA and EC keys are supported");
}

/* Compressed and hybrid points would be further encodings of one key. */
static enum sg_err
check_point(const struct pkey *k, X509_PUBKEY *x)
{
	const uint8_t *bits = NULL;
	int n = 0;

	if (pkey_kind(k) != KEY_EC)
		return SG_OK;
	if (X509_PUBKEY_get0_param(NULL, &bits, &n, NULL, x) == 1 && n > 0 &&
	    bits[0] == POINT_CONVERSION_UNCOMPRESSED)
		return SG_OK;
	return sg_fail(SG_EUNSUPPORTED,
	    "only uncompressed points of EC keys are supported");
}

static enum sg_err
from_any_spki(struct pkey **out, struct bytes der)
{
	const uint8_t *p = der.p;
	auto_ossl(X509_PUBKEY) x = NULL;
	auto_free(pkey) k = NULL;
	EVP_PKEY *evp;

	if ((x = d2i_X509_PUBKEY(NULL, &p, (long)der.n)) == NULL)
		return ossl_fail(SG_EFORMAT, "decoding a public key");
	if (p != der.p + der.n)
		return sg_fail(SG_EFORMAT, "%zu bytes behind a public key",
		    (size_t)(der.p + der.n - p));
	if ((evp = X509_PUBKEY_get0(x)) == NULL)
		return spki_undecodable(x);
	SG_TRY(pkey_from_evp(&k, evp));
	SG_TRY(check_point(k, x));
	/* Keys are found by hashes of their encoding, so there may be only
	 * one: DER, named curve. */
	SG_TRY(pkey_spki(k, &k->spki));
	if (!bytes_eq(der, buf_bytes(&k->spki)))
		return sg_fail(SG_EFORMAT,
		    "the public key is not in its DER encoding");
	*out = k;
	k = NULL;
	return SG_OK;
}

enum sg_err
pkey_from_spki(struct pkey **out, struct bytes der)
{
	auto_free(pkey) k = NULL;
	enum sg_err e;

	if (der.n > SPKI_MAX)
		return sg_fail(SG_ELIMIT, "a public key of %zu bytes", der.n);
	if ((e = pkey_from_usual_spki(&k, der)) == SG_ENOENT)
		return from_any_spki(out, der);
	SG_TRY(e);
	SG_TRY(buf_set(&k->spki, der));
	*out = k;
	k = NULL;
	return SG_OK;
}

enum key_kind
pkey_kind(const struct pkey *k)
{
	return EVP_PKEY_is_a(k->evp, "RSA") ? KEY_RSA : KEY_EC;
}

unsigned
pkey_bits(const struct pkey *k)
{
	return (unsigned)EVP_PKEY_get_bits(k->evp);
}

enum sg_err
pkey_spki(const struct pkey *k, struct buf *out)
{
	uint8_t *der = NULL;
	enum sg_err e;
	int n;

	if (k->spki.n > 0)
		return buf_add_bytes(out, buf_bytes(&k->spki));
	if ((n = i2d_PUBKEY(k->evp, &der)) <= 0)
		return ossl_fail(SG_ECRYPTO, "encoding a public key");
	e = buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	return e;
}

static enum sg_err
coordinate(const struct pkey *k, const char *name, uint8_t out[32])
{
	auto_ossl(BIGNUM) v = NULL;

	if (EVP_PKEY_get_bn_param(k->evp, name, &v) != 1 ||
	    BN_bn2binpad(v, out, 32) != 32)
		return ossl_fail(SG_ECRYPTO, "reading a P-256 point");
	return SG_OK;
}

enum sg_err
pkey_point(const struct pkey *k, uint8_t x[32], uint8_t y[32])
{
	if (pkey_kind(k) != KEY_EC || pkey_bits(k) != 256)
		return sg_fail(SG_EARG, "the key is not on P-256");
	SG_TRY(coordinate(k, OSSL_PKEY_PARAM_EC_PUB_X, x));
	return coordinate(k, OSSL_PKEY_PARAM_EC_PUB_Y, y);
}

struct evp_pkey_st *
pkey_evp(const struct pkey *k)
{
	return EVP_PKEY_up_ref(k->evp) == 1 ? k->evp : NULL;
}
