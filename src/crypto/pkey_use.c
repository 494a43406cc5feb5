/* SPDX-License-Identifier: BSD-2-Clause */

/* Signatures and decryption with keys in this process. */

#include <openssl/rsa.h>

#include "crypto/ossl.h"

static bool
scheme_fits(const struct pkey *k, enum sign_scheme scheme)
{
	return (scheme == SIGN_ECDSA) == (pkey_kind(k) == KEY_EC);
}

/* What signing and verifying have in common, after _init. */
static enum sg_err
scheme_set(EVP_PKEY_CTX *ctx, enum sign_scheme scheme, enum digest hash)
{
	int ok = 1;

	if (scheme == SIGN_RSA_PKCS1)
		ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING);
	if (scheme == SIGN_RSA_PSS)
		ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING);
	/* ECDSA knows no digest, and its length was checked. */
	if (ok > 0 && scheme != SIGN_ECDSA)
		ok = EVP_PKEY_CTX_set_signature_md(ctx, digest_md(hash));
	if (ok > 0 && scheme == SIGN_RSA_PSS)
		ok = EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx,
		    RSA_PSS_SALTLEN_DIGEST);
	if (ok <= 0)
		return ossl_fail(SG_ECRYPTO, "setting a signature scheme");
	return SG_OK;
}

static enum sg_err
args_check(const struct pkey *k, enum sign_scheme scheme, enum digest hash,
    struct bytes digest)
{
	if (!scheme_fits(k, scheme))
		return sg_fail(SG_EARG,
		    "the signature scheme does not fit the key");
	if (digest.n == 0 || digest.n != digest_size(hash))
		return sg_fail(SG_EARG, "a digest of %zu bytes", digest.n);
	return SG_OK;
}

enum sg_err
pkey_verify(const struct pkey *k, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct bytes signature)
{
	auto_ossl(EVP_PKEY_CTX) ctx = NULL;

	SG_TRY(args_check(k, scheme, hash, digest));
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
		return ossl_fail(SG_ECRYPTO, "checking a signature");
	SG_TRY(scheme_set(ctx, scheme, hash));
	if (EVP_PKEY_verify(ctx, signature.p, signature.n, digest.p,
	    digest.n) == 1)
		return SG_OK;
	ERR_clear_error();
	return sg_fail(SG_EVERIFY, "the signature does not hold");
}

static void
signing_drop(struct pkey *k)
{
	EVP_PKEY_CTX_free(k->signing);
	k->signing = NULL;
}

/* OpenSSL looks for the algorithm each time, which a CA can do without. */
static enum sg_err
signing_ready(struct pkey *k, enum sign_scheme scheme, enum digest hash)
{
	auto_ossl(EVP_PKEY_CTX) ctx = NULL;

	if (k->signing != NULL && k->scheme == scheme && k->hash == hash)
		return SG_OK;
	signing_drop(k);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1)
		return ossl_fail(SG_ECRYPTO, "signing");
	SG_TRY(scheme_set(ctx, scheme, hash));
	k->signing = ctx;
	ctx = NULL;
	k->scheme = scheme;
	k->hash = hash;
	return SG_OK;
}

static enum sg_err
pair_sign(void *arg, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	struct pkey *k = arg;
	auto_done(buf) sig = { 0 };
	size_t n = (size_t)EVP_PKEY_get_size(k->evp);
	uint8_t *at;

	SG_TRY(args_check(k, scheme, hash, digest));
	SG_TRY(signing_ready(k, scheme, hash));
	SG_TRY(buf_extend(&sig, n, &at));
	if (EVP_PKEY_sign(k->signing, at, &n, digest.p, digest.n) != 1) {
		signing_drop(k);
		return ossl_fail(SG_ECRYPTO, "signing");
	}
	return buf_add(out, at, n);
}

static enum sg_err
padding_set(EVP_PKEY_CTX *ctx, enum decrypt_scheme scheme)
{
	int padding = RSA_NO_PADDING, ok;

	if (scheme == DECRYPT_RSA_PKCS1)
		padding = RSA_PKCS1_PADDING;
	else if (scheme != DECRYPT_RSA_RAW)
		padding = RSA_PKCS1_OAEP_PADDING;
	ok = EVP_PKEY_CTX_set_rsa_padding(ctx, padding);
	if (ok > 0 && padding == RSA_PKCS1_OAEP_PADDING)
		ok = EVP_PKEY_CTX_set_rsa_oaep_md(ctx,
		    scheme == DECRYPT_RSA_OAEP_SHA1 ? EVP_sha1()
						    : EVP_sha256());
	if (ok <= 0)
		return ossl_fail(SG_ECRYPTO, "setting a decryption scheme");
	return SG_OK;
}

static enum sg_err
pair_decrypt(void *arg, enum decrypt_scheme scheme, struct bytes in,
    struct buf *out)
{
	struct pkey *k = arg;
	auto_ossl(EVP_PKEY_CTX) ctx = NULL;
	auto_done(buf) plain = { 0 };
	size_t n = (size_t)EVP_PKEY_get_size(k->evp);
	uint8_t *at;

	if (pkey_kind(k) != KEY_RSA)
		return sg_fail(SG_EUNSUPPORTED, "EC keys do not decrypt");
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
	if (ctx == NULL || EVP_PKEY_decrypt_init(ctx) != 1)
		return ossl_fail(SG_ECRYPTO, "decrypting");
	SG_TRY(padding_set(ctx, scheme));
	SG_TRY(buf_extend(&plain, n, &at));
	if (in.n != n || EVP_PKEY_decrypt(ctx, at, &n, in.p, in.n) != 1) {
		/* One note for every cause: no oracle. */
		ERR_clear_error();
		return sg_fail(SG_ECRYPTO, "the text cannot be decrypted");
	}
	return buf_add(out, at, n);
}

static enum sg_err
pair_spki(void *arg, struct buf *out)
{
	return pkey_spki(arg, out);
}

struct signer
pkey_signer(struct pkey *k)
{
	static const struct signer_ops ops = { pair_sign, pair_decrypt,
		pair_spki, true };

	return (struct signer) { &ops, k };
}
