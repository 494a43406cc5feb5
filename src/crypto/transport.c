/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/transport.h"

#include <openssl/rsa.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/hashes.h"
#include "crypto/ossl.h"
#include "crypto/padding.h"

enum sg_err
transport_seal(struct buf *out, const struct pkey *k, struct bytes key)
{
	auto_ossl(EVP_PKEY_CTX) ctx = NULL;
	auto_done(buf) sealed = { 0 };
	size_t n;
	uint8_t *at;

	if (pkey_kind(k) != KEY_RSA)
		return sg_fail(SG_EUNSUPPORTED,
		    "nothing can be sealed to an EC key by key transport");
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
	if (ctx == NULL || EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) <= 0)
		return ossl_fail(SG_ECRYPTO, "sealing a key");
	n = (size_t)EVP_PKEY_get_size(k->evp);
	SG_TRY(buf_extend(&sealed, n, &at));
	if (EVP_PKEY_encrypt(ctx, at, &n, key.p, key.n) != 1)
		return ossl_fail(SG_ECRYPTO, "sealing a key");
	return buf_add(out, at, n);
}

/* What stands for the key when there is none. */
static enum sg_err
other_key(uint8_t out[DIGEST_MAX], struct bytes sealed,
    const struct secret *reject)
{
	const struct bytes parts[] = { secret_bytes(reject), sealed,
		secret_bytes(reject) };

	return hashes_of(DIGEST_SHA512, parts, 3, out);
}

/* A number that is not below the modulus is none that was sealed: it gives way
 * to one that is, so that the operation can be done. */
static enum sg_err
number_of(struct buf *out, struct bytes sealed, struct bytes modulus,
    bool *below)
{
	SG_TRY(buf_set(out, sealed));
	*below = memcmp(sealed.p, modulus.p, modulus.n) < 0;
	if (!*below)
		out->p[0] = 0;
	return SG_OK;
}

/* The block inside; zeroes, which are a bad padding like another, when there
 * is none. */
static enum sg_err
raw_open(struct buf *block, struct signer s, struct bytes modulus,
    struct bytes sealed)
{
	auto_done(buf) number = { 0 };
	bool below;
	uint8_t *at;
	enum sg_err e;

	if (s.ops->decrypt == NULL)
		return sg_fail(SG_EUNSUPPORTED, "the key cannot decrypt");
	SG_TRY(number_of(&number, sealed, modulus, &below));
	e = s.ops->decrypt(s.ctx, DECRYPT_RSA_RAW, buf_bytes(&number), block);
	if (e == SG_OK && block->n == modulus.n && below)
		return SG_OK;
	if (e != SG_OK && e != SG_ECRYPTO && e != SG_EVERIFY &&
	    e != SG_EFORMAT)
		return e;
	sg_note_clear();
	buf_done(block);
	return buf_extend(block, modulus.n, &at);
}

enum sg_err
transport_open(struct secret *out, size_t n, struct signer s,
    struct bytes modulus, struct bytes sealed, const struct secret *reject)
{
	auto_done(buf) block = { 0 };
	auto_done(secret) key = { 0 };
	uint8_t other[DIGEST_MAX];

	if (sealed.n != modulus.n || sealed.n == 0 || n > sizeof(other))
		return sg_fail(SG_EFORMAT, "a sealed key of %zu bytes, "
		    "expected %zu", sealed.n, modulus.n);
	if (reject->n != SHA256_LEN)
		return sg_fail(SG_EARG, "no random bytes beside the key");
	SG_TRY(secret_init(&key, n));
	SG_TRY(raw_open(&block, s, modulus, sealed));
	SG_TRY(other_key(other, sealed, reject));
	padding_pkcs1_key(buf_bytes(&block), bytes_of(other, n), key.p);
	wipe(other, sizeof(other));
	key.n = n;
	secret_done(out);
	*out = key;
	key = (struct secret) { 0 };
	return SG_OK;
}
