/* SPDX-License-Identifier: BSD-2-Clause */

/* Public keys from their numbers, fresh pairs, derived pairs. */

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/ossl.h"

#define RSA_BITS_MIN_NEW 2048
#define RSA_BITS_MAX_NEW 8192
#define P256_LEN 32
#define P384_LEN 48
#define POINT_LEN (1 + 2 * P256_LEN)
#define SEED_MIN 16
/* FIPS 186-5 A.2.1: 64 bits more than the order, so that the remainder has no
 * bias that matters. */
#define DERIVE_LEN (P256_LEN + 8)

SG_AUTO_OSSL(EC_GROUP)
SG_AUTO_OSSL(EC_POINT)
SG_AUTO_OSSL(BN_CTX)
SG_AUTO_OSSL(EVP_KDF)
SG_AUTO_OSSL(EVP_KDF_CTX)

/* Of numbers that were checked, or are ours. */
static enum sg_err
from_params(struct pkey **out, const char *type, int selection,
    OSSL_PARAM *params)
{
	auto_ossl(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, type,
	    NULL);
	auto_ossl(EVP_PKEY) k = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		return ossl_fail(SG_ECRYPTO, "making a key");
	if (EVP_PKEY_fromdata(ctx, &k, selection, params) != 1)
		return ossl_fail(SG_EFORMAT, "making a key of its numbers");
	return pkey_of_evp(out, k);
}

/* OSSL_PARAM wants integers in the machine's byte order. */
static enum sg_err
native(uint8_t *out, size_t n, const BIGNUM *v)
{
	if (BN_bn2nativepad(v, out, (int)n) != (int)n)
		return ossl_fail(SG_ECRYPTO, "encoding a number");
	return SG_OK;
}

enum sg_err
pkey_from_rsa(struct pkey **out, struct bytes n, uint32_t e)
{
	uint8_t modulus[RSA_BITS_MAX_NEW / 8];
	auto_ossl(BIGNUM) v = NULL, *exponent = BN_new();
	OSSL_PARAM params[3];

	if (n.n == 0 || n.n > sizeof(modulus))
		return sg_fail(SG_EUNSUPPORTED,
		    "an RSA modulus of %zu bytes is not supported", n.n);
	v = BN_bin2bn(n.p, (int)n.n, NULL);
	if (v == NULL || exponent == NULL || BN_set_word(exponent, e) != 1)
		return ossl_fail(SG_ECRYPTO, "reading a modulus");
	SG_TRY(rsa_numbers_check(v, exponent));
	SG_TRY(native(modulus, n.n, v));
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus,
	    n.n);
	params[1] = OSSL_PARAM_construct_uint32(OSSL_PKEY_PARAM_RSA_E, &e);
	params[2] = OSSL_PARAM_construct_end();
	return from_params(out, "RSA", EVP_PKEY_PUBLIC_KEY, params);
}

static void
ec_params(OSSL_PARAM params[4], size_t len, uint8_t *point, uint8_t *private)
{
	static char group_p256[] = "P-256", group_p384[] = "P-384";
	char *group = len == P256_LEN ? group_p256 : group_p384;
	size_t i = 0;

	params[i++] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[i++] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * len);
	if (private != NULL)
		params[i++] = OSSL_PARAM_construct_BN(
		    OSSL_PKEY_PARAM_PRIV_KEY, private, len);
	params[i] = OSSL_PARAM_construct_end();
}

enum sg_err
pkey_from_point(struct pkey **out, struct bytes x, struct bytes y)
{
	uint8_t point[1 + 2 * P384_LEN] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM params[4];

	if ((x.n != P256_LEN && x.n != P384_LEN) || y.n != x.n)
		return sg_fail(SG_EFORMAT, "a point of %zu and %zu bytes",
		    x.n, y.n);
	memcpy(point + 1, x.p, x.n);
	memcpy(point + 1 + x.n, y.p, y.n);
	ec_params(params, x.n, point, NULL);
	return from_params(out, "EC", EVP_PKEY_PUBLIC_KEY, params);
}

/* A CA asks for its encoding with every signature. */
static enum sg_err
from_fresh(struct pkey **out, EVP_PKEY *evp)
{
	auto_free(pkey) k = NULL;

	SG_TRY(pkey_from_evp(&k, evp));
	SG_TRY(pkey_spki(k, &k->spki));
	*out = k;
	k = NULL;
	return SG_OK;
}

enum sg_err
pkey_new_rsa(struct pkey **out, unsigned bits)
{
	auto_ossl(EVP_PKEY) k = NULL;

	if (bits < RSA_BITS_MIN_NEW || bits > RSA_BITS_MAX_NEW)
		return sg_fail(SG_EARG, "RSA keys are made with %d to %d bits",
		    RSA_BITS_MIN_NEW, RSA_BITS_MAX_NEW);
	if ((k = EVP_RSA_gen(bits)) == NULL)
		return ossl_fail(SG_ECRYPTO, "making an RSA key");
	return from_fresh(out, k);
}

enum sg_err
pkey_new_ec(struct pkey **out, unsigned bits)
{
	auto_ossl(EVP_PKEY) k = NULL;

	if (bits != 256 && bits != 384)
		return sg_fail(SG_EARG,
		    "EC keys are made on P-256 and P-384");
	if ((k = EVP_EC_gen(bits == 256 ? "P-256" : "P-384")) == NULL)
		return ossl_fail(SG_ECRYPTO, "making an EC key");
	return from_fresh(out, k);
}

enum sg_err
pkey_new_p256(struct pkey **out)
{
	return pkey_new_ec(out, 256);
}

static enum sg_err
hkdf(const struct secret *seed, const char *info, uint8_t *out, size_t len)
{
	auto_ossl(EVP_KDF) kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	auto_ossl(EVP_KDF_CTX) ctx = NULL;
	auto_done(buf) text = { 0 };
	OSSL_PARAM params[4];
	static char hash[] = "SHA256";

	SG_TRY(buf_add_str(&text, info));
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    hash, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
	    seed->p, seed->n);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
	    text.p, text.n);
	params[3] = OSSL_PARAM_construct_end();
	if (kdf == NULL || (ctx = EVP_KDF_CTX_new(kdf)) == NULL ||
	    EVP_KDF_derive(ctx, out, len, params) != 1)
		return ossl_fail(SG_ECRYPTO, "HKDF");
	return SG_OK;
}

static void
bignum_clear(BIGNUM **v)
{
	BN_clear_free(*v);
}

/* d = c mod (n - 1) + 1 and its point; d big-endian in place of c. */
static enum sg_err
pair_from_candidate(const struct secret *c, uint8_t d[P256_LEN],
    uint8_t point[POINT_LEN])
{
	auto_ossl(EC_GROUP) g = EC_GROUP_new_by_curve_name(
	    NID_X9_62_prime256v1);
	auto_ossl(BN_CTX) bn = BN_CTX_secure_new();
	auto_ossl(BIGNUM) order = NULL;
	auto_ossl(EC_POINT) q = NULL;
	__attribute__((cleanup(bignum_clear))) BIGNUM *v =
	    BN_bin2bn(c->p, (int)c->n, NULL);

	if (g == NULL || bn == NULL || v == NULL ||
	    (q = EC_POINT_new(g)) == NULL ||
	    (order = BN_dup(EC_GROUP_get0_order(g))) == NULL)
		return ossl_fail(SG_ENOMEM, "deriving a key");
	BN_set_flags(v, BN_FLG_CONSTTIME);
	if (BN_sub_word(order, 1) != 1 || BN_mod(v, v, order, bn) != 1 ||
	    BN_add_word(v, 1) != 1 ||
	    EC_POINT_mul(g, q, v, NULL, NULL, bn) != 1 ||
	    EC_POINT_point2oct(g, q, POINT_CONVERSION_UNCOMPRESSED, point,
	    POINT_LEN, bn) != POINT_LEN)
		return ossl_fail(SG_ECRYPTO, "deriving a key");
	return native(d, P256_LEN, v);
}

enum sg_err
pkey_derive_p256(struct pkey **out, const struct secret *seed,
    const char *info)
{
	auto_done(secret) c = { 0 };
	uint8_t d[P256_LEN], point[POINT_LEN];
	OSSL_PARAM params[4];
	enum sg_err e;

	if (seed->n < SEED_MIN)
		return sg_fail(SG_EARG, "a seed of %zu bytes is too short",
		    seed->n);
	SG_TRY(secret_init(&c, DERIVE_LEN));
	SG_TRY(hkdf(seed, info, c.p, DERIVE_LEN));
	c.n = DERIVE_LEN;
	e = pair_from_candidate(&c, d, point);
	if (e == SG_OK) {
		ec_params(params, P256_LEN, point, d);
		e = from_params(out, "EC", EVP_PKEY_KEYPAIR, params);
	}
	wipe(d, sizeof(d));
	return e;
}
