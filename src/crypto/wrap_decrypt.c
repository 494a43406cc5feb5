/* SPDX-License-Identifier: BSD-2-Clause */

/* RSA decryption, provider-asym_cipher(7); encrypting needs no signer, so it
 * is left to OpenSSL's own provider. */

#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/wrap.h"

#define NAME_MAX_LEN 64

struct decrypting {
	const struct wrapped_key *key;	/* the operation's EVP_PKEY owns it */
	int padding;
	enum digest hash;		/* of OAEP */
};

static void *
decrypting_new(void *provctx)
{
	struct decrypting *d = calloc(1, sizeof(*d));

	(void)provctx;
	if (d != NULL) {
		d->padding = RSA_PKCS1_PADDING;
		d->hash = DIGEST_SHA1;
	}
	return d;
}

static void
decrypting_free(void *arg)
{
	free(arg);
}

static void *
decrypting_dup(void *arg)
{
	const struct decrypting *from = arg;
	struct decrypting *d = malloc(sizeof(*d));

	if (d != NULL)
		*d = *from;
	return d;
}

static int
pad_mode_param(struct decrypting *d, const OSSL_PARAM *p)
{
	int mode = 0;

	if (p->data_type == OSSL_PARAM_INTEGER) {
		if (!OSSL_PARAM_get_int(p, &mode))
			return 0;
	} else if (strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0) {
		mode = RSA_PKCS1_PADDING;
	} else if (strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_OAEP) == 0) {
		mode = RSA_PKCS1_OAEP_PADDING;
	} else if (strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_NONE) == 0) {
		mode = RSA_NO_PADDING;
	}
	if (mode != RSA_PKCS1_PADDING && mode != RSA_PKCS1_OAEP_PADDING &&
	    mode != RSA_NO_PADDING)
		return wrap_raise(sg_fail(SG_EUNSUPPORTED,
		    "that RSA padding is not supported"));
	d->padding = mode;
	return 1;
}

static int
hash_param(enum digest *out, const OSSL_PARAM *p)
{
	char name[NAME_MAX_LEN], *at = name;
	enum sg_err e;

	if (!OSSL_PARAM_get_utf8_string(p, &at, sizeof(name)))
		return 0;
	e = digest_from_name(out, name);
	if (e == SG_OK && *out != DIGEST_SHA1 && *out != DIGEST_SHA256)
		e = sg_fail(SG_EUNSUPPORTED,
		    "OAEP is done with SHA-1 and SHA-256 only");
	return e == SG_OK ? 1 : wrap_raise(e);
}

static int
decrypting_set(void *arg, const OSSL_PARAM params[])
{
	struct decrypting *d = arg;
	enum digest mgf;
	const OSSL_PARAM *p;

	if (params == NULL)
		return 1;
	p = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_PAD_MODE);
	if (p != NULL && !pad_mode_param(d, p))
		return 0;
	p = OSSL_PARAM_locate_const(params,
	    OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST);
	if (p != NULL && !hash_param(&d->hash, p))
		return 0;
	p = OSSL_PARAM_locate_const(params,
	    OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST);
	if (p != NULL && (!hash_param(&mgf, p) || mgf != d->hash))
		return 0;
	/* Signers know no label; CMS sets an empty one. */
	p = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL);
	return p == NULL || p->data_size == 0;
}

static const OSSL_PARAM *
decrypting_settable(void *arg, void *provctx)
{
	static const OSSL_PARAM table[] = {
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST,
		    NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST,
		    NULL, 0),
		OSSL_PARAM_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
		    NULL, 0),
		OSSL_PARAM_END,
	};

	(void)arg;
	(void)provctx;
	return table;
}

static int
decrypting_get(void *arg, OSSL_PARAM params[])
{
	const struct decrypting *d = arg;
	OSSL_PARAM *p;

	p = OSSL_PARAM_locate(params, OSSL_ASYM_CIPHER_PARAM_PAD_MODE);
	return p == NULL || p->data_type != OSSL_PARAM_INTEGER ||
	    OSSL_PARAM_set_int(p, d->padding);
}

static const OSSL_PARAM *
decrypting_gettable(void *arg, void *provctx)
{
	static const OSSL_PARAM table[] = {
		OSSL_PARAM_int(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL),
		OSSL_PARAM_END,
	};

	(void)arg;
	(void)provctx;
	return table;
}

static int
decrypt_init(void *arg, void *key, const OSSL_PARAM params[])
{
	struct decrypting *d = arg;

	d->key = key;
	if (!d->key->has_signer || d->key->signer.ops->decrypt == NULL)
		return wrap_raise(sg_fail(SG_EUNSUPPORTED,
		    "the key cannot decrypt"));
	return decrypting_set(d, params);
}

static enum decrypt_scheme
scheme_of(const struct decrypting *d)
{
	if (d->padding == RSA_NO_PADDING)
		return DECRYPT_RSA_RAW;
	if (d->padding == RSA_PKCS1_PADDING)
		return DECRYPT_RSA_PKCS1;
	return d->hash == DIGEST_SHA1 ? DECRYPT_RSA_OAEP_SHA1
				      : DECRYPT_RSA_OAEP_SHA256;
}

static int
decrypt(void *arg, uint8_t *plain, size_t *n, size_t size,
    const uint8_t *in, size_t in_len)
{
	const struct decrypting *d = arg;
	struct signer k = d->key->signer;
	auto_done(buf) out = { 0 };
	enum sg_err e;

	if (plain == NULL) {
		*n = (size_t)EVP_PKEY_get_size(d->key->public);
		return 1;
	}
	sg_note_clear();
	e = k.ops->decrypt(k.ctx, scheme_of(d), bytes_of(in, in_len), &out);
	if (e != SG_OK)
		return wrap_raise(e);
	if (out.n > size)
		return wrap_raise(sg_fail(SG_EINTERNAL,
		    "a plain text of %zu bytes is too long", out.n));
	if (out.n > 0)
		memcpy(plain, out.p, out.n);
	*n = out.n;
	return 1;
}

#define FN(id, f) { OSSL_FUNC_ASYM_CIPHER_##id, (void (*)(void))(f) }

const OSSL_DISPATCH wrap_cipher[] = {
	FN(NEWCTX, decrypting_new),
	FN(FREECTX, decrypting_free),
	FN(DUPCTX, decrypting_dup),
	FN(DECRYPT_INIT, decrypt_init),
	FN(DECRYPT, decrypt),
	FN(GET_CTX_PARAMS, decrypting_get),
	FN(GETTABLE_CTX_PARAMS, decrypting_gettable),
	FN(SET_CTX_PARAMS, decrypting_set),
	FN(SETTABLE_CTX_PARAMS, decrypting_settable),
	{ 0, NULL },
};
