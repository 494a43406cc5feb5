/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/wrap.h"

#include <openssl/crypto.h>
#include <openssl/provider.h>

/*
 * The provider lives in a library context of its own: programs that load our
 * PKCS#11 module keep theirs as it was, and loading us does not switch off
 * their default provider (provider(7), "fallback").  Keys refer to the context
 * without counting, so it is made once and lasts as long as the process.
 */
static OSSL_LIB_CTX *context;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static const OSSL_ALGORITHM keymgmts[] = {
	{ "RSA:rsaEncryption", "provider=signet", wrap_rsa_keymgmt, NULL },
	{ "EC:id-ecPublicKey", "provider=signet", wrap_ec_keymgmt, NULL },
	{ NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM signatures[] = {
	{ "RSA:rsaEncryption", "provider=signet", wrap_signature, NULL },
	{ "ECDSA", "provider=signet", wrap_signature, NULL },
	{ NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM ciphers[] = {
	{ "RSA:rsaEncryption", "provider=signet", wrap_cipher, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *
query(void *provctx, int operation, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keymgmts;
	case OSSL_OP_SIGNATURE:
		return signatures;
	case OSSL_OP_ASYM_CIPHER:
		return ciphers;
	default:
		return NULL;
	}
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
    const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH table[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ 0, NULL },
	};

	(void)handle;
	(void)in;
	*out = table;
	*provctx = NULL;
	return 1;
}

static void
context_make(void)
{
	OSSL_LIB_CTX *c = OSSL_LIB_CTX_new();

	if (c != NULL && OSSL_PROVIDER_add_builtin(c, "signet",
	    provider_init) == 1 && OSSL_PROVIDER_load(c, "signet") != NULL)
		context = c;
	else
		OSSL_LIB_CTX_free(c);
}

int
wrap_raise(enum sg_err e)
{
	ERR_new();
	ERR_set_debug(__FILE__, __LINE__, __func__);
	ERR_set_error(ERR_LIB_USER, (int)e, "%s", sg_note(e));
	return 0;
}

enum sg_err
pkey_wrap_signer(struct evp_pkey_st **out, struct signer s)
{
	auto_done(buf) spki = { 0 };
	auto_free(pkey) public = NULL;
	auto_ossl(EVP_PKEY_CTX) ctx = NULL;
	auto_ossl(EVP_PKEY) k = NULL;
	struct wrapped_key w = { .signer = s, .has_signer = true };
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_octet_string(WRAP_PARAM,
	    &w, sizeof(w)), OSSL_PARAM_construct_end() };

	SG_TRY(s.ops->spki(s.ctx, &spki));
	SG_TRY(pkey_from_spki(&public, buf_bytes(&spki)));
	w.public = public->evp;
	if (CRYPTO_THREAD_run_once(&once, context_make) != 1 ||
	    context == NULL)
		return ossl_fail(SG_ECRYPTO, "loading the built-in provider");
	ctx = EVP_PKEY_CTX_new_from_name(context,
	    pkey_kind(public) == KEY_RSA ? "RSA" : "EC", NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_KEYPAIR, params) != 1)
		return ossl_fail(SG_ECRYPTO, "wrapping a key");
	*out = k;
	k = NULL;
	return SG_OK;
}
