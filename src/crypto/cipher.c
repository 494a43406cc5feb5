/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/cipher.h"

#include <limits.h>

#include "crypto/ossl.h"
#include "crypto/padding.h"

SG_AUTO_OSSL(EVP_CIPHER_CTX)

static const struct {
	enum cipher cipher;
	size_t key, block;
	const EVP_CIPHER *(*evp)(void);
} table[] = {
	{ CIPHER_AES128_CBC, 16, 16, EVP_aes_128_cbc },
	{ CIPHER_AES256_CBC, 32, 16, EVP_aes_256_cbc },
	{ CIPHER_DES3_CBC, 24, 8, EVP_des_ede3_cbc },
};
#define TABLE_LEN (sizeof(table) / sizeof(table[0]))

size_t
cipher_key_len(enum cipher c)
{
	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].cipher == c)
			return table[i].key;
	return 0;
}

size_t
cipher_block_len(enum cipher c)
{
	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].cipher == c)
			return table[i].block;
	return 0;
}

static enum sg_err
set_up(EVP_CIPHER_CTX **out, enum cipher c, struct bytes key, struct bytes iv,
    int seal)
{
	auto_ossl(EVP_CIPHER_CTX) ctx = NULL;
	const EVP_CIPHER *evp = NULL;

	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].cipher == c)
			evp = table[i].evp();
	if (evp == NULL)
		return sg_fail(SG_EUNSUPPORTED, "an unknown cipher");
	if (key.n != cipher_key_len(c) || iv.n != cipher_block_len(c))
		return sg_fail(SG_EARG, "a key of %zu and a vector of %zu "
		    "bytes", key.n, iv.n);
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL || EVP_CipherInit_ex(ctx, evp, NULL, key.p, iv.p,
	    seal) != 1)
		return ossl_fail(SG_ECRYPTO, "setting up a cipher");
	*out = ctx;
	ctx = NULL;
	return SG_OK;
}

enum sg_err
cipher_seal(struct buf *out, enum cipher c, struct bytes key, struct bytes iv,
    struct bytes plain)
{
	auto_ossl(EVP_CIPHER_CTX) ctx = NULL;
	auto_done(buf) sealed = { 0 };
	uint8_t *at;
	int n = 0, last = 0;

	SG_TRY(set_up(&ctx, c, key, iv, 1));
	if (plain.n > INT_MAX - CIPHER_BLOCK_MAX)
		return sg_fail(SG_ELIMIT, "%zu bytes to encrypt", plain.n);
	SG_TRY(buf_extend(&sealed, plain.n + CIPHER_BLOCK_MAX, &at));
	if (EVP_CipherUpdate(ctx, at, &n, plain.p, (int)plain.n) != 1 ||
	    EVP_CipherFinal_ex(ctx, at + n, &last) != 1)
		return ossl_fail(SG_ECRYPTO, "encrypting");
	return buf_add(out, at, (size_t)(n + last));
}

enum sg_err
cipher_open(struct buf *out, size_t *n, enum cipher c, struct bytes key,
    struct bytes iv, struct bytes sealed)
{
	auto_ossl(EVP_CIPHER_CTX) ctx = NULL;
	auto_done(buf) plain = { 0 };
	size_t block = cipher_block_len(c);
	uint8_t *at;
	int done = 0;

	SG_TRY(set_up(&ctx, c, key, iv, 0));
	if (sealed.n == 0 || sealed.n % block != 0 || sealed.n > INT_MAX)
		return sg_fail(SG_EFORMAT, "encrypted contents of %zu bytes",
		    sealed.n);
	SG_TRY(buf_extend(&plain, sealed.n, &at));
	if (EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_CipherUpdate(ctx, at, &done, sealed.p, (int)sealed.n) != 1 ||
	    (size_t)done != sealed.n)
		return ossl_fail(SG_ECRYPTO, "decrypting");
	*n = padding_block_end(buf_bytes(&plain), block);
	buf_done(out);
	*out = plain;
	plain = (struct buf) { 0 };
	return SG_OK;
}
