/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/aead.h"

#include <limits.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/ossl.h"

#define PLAIN_MAX (1u << 16)

static inline void
EVP_CIPHER_CTX_auto(EVP_CIPHER_CTX **p)
{
	EVP_CIPHER_CTX_free(*p);
}

static enum sg_err
begin(EVP_CIPHER_CTX **out, const struct secret *key, const uint8_t *nonce,
    struct bytes about, int encrypt)
{
	auto_ossl(EVP_CIPHER_CTX) c = EVP_CIPHER_CTX_new();
	int n;

	if (key->n != AEAD_KEY_LEN || about.n > INT_MAX)
		return sg_fail(SG_EINTERNAL, "a key of %zu bytes", key->n);
	if (c == NULL || EVP_CipherInit_ex2(c, EVP_aes_256_gcm(), key->p,
	    nonce, encrypt, NULL) != 1 || (about.n > 0 &&
	    EVP_CipherUpdate(c, NULL, &n, about.p, (int)about.n) != 1))
		return ossl_fail(SG_ECRYPTO, "AES-256-GCM");
	*out = c;
	c = NULL;
	return SG_OK;
}

enum sg_err
aead_seal(const struct secret *key, struct bytes about,
    const struct secret *plain, struct buf *out)
{
	auto_ossl(EVP_CIPHER_CTX) c = NULL;
	auto_done(buf) b = { 0 };
	uint8_t *nonce, *text, *tag;
	int n = 0, end = 0;

	if (plain->n > PLAIN_MAX)
		return sg_fail(SG_ELIMIT, "a secret of %zu bytes", plain->n);
	SG_TRY(buf_extend(&b, plain->n + AEAD_OVERHEAD, &nonce));
	text = nonce + AEAD_NONCE_LEN;
	tag = text + plain->n;
	SG_TRY(random_fill(nonce, AEAD_NONCE_LEN));
	SG_TRY(begin(&c, key, nonce, about, 1));
	if (EVP_CipherUpdate(c, text, &n, plain->p, (int)plain->n) != 1 ||
	    EVP_CipherFinal_ex(c, text + n, &end) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN,
	    tag) != 1)
		return ossl_fail(SG_ECRYPTO, "encrypting");
	return buf_add_bytes(out, buf_bytes(&b));
}

enum sg_err
aead_open(const struct secret *key, struct bytes about, struct bytes sealed,
    struct secret *out)
{
	auto_ossl(EVP_CIPHER_CTX) c = NULL;
	auto_done(secret) plain = { 0 };
	uint8_t tag[AEAD_TAG_LEN];
	int n = 0, end = 0;
	size_t len;

	if (sealed.n <= AEAD_OVERHEAD ||
	    sealed.n - AEAD_OVERHEAD > PLAIN_MAX)
		return sg_fail(SG_EVERIFY, "it was damaged or cut short");
	len = sealed.n - AEAD_OVERHEAD;
	memcpy(tag, sealed.p + AEAD_NONCE_LEN + len, sizeof(tag));
	SG_TRY(secret_init(&plain, len));
	SG_TRY(begin(&c, key, sealed.p, about, 0));
	if (EVP_CipherUpdate(c, plain.p, &n, sealed.p + AEAD_NONCE_LEN,
	    (int)len) != 1 || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG,
	    AEAD_TAG_LEN, tag) != 1 ||
	    EVP_CipherFinal_ex(c, plain.p + n, &end) != 1) {
		ERR_clear_error();
		return sg_fail(SG_EVERIFY, "it was damaged, or is another's");
	}
	plain.n = len;
	secret_done(out);
	*out = plain;
	plain = (struct secret) { 0 };
	return SG_OK;
}
