/* SPDX-License-Identifier: BSD-2-Clause */

/* Signatures, provider-signature(7): hashing here, the rest in the signer. */

#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/wrap.h"

#define NAME_MAX_LEN 64

struct signing {
	const struct wrapped_key *key;	/* the operation's EVP_PKEY owns it */
	enum sign_scheme scheme;
	enum digest hash;
	EVP_MD_CTX *md;			/* while data are being hashed */
};

static void *
signing_new(void *provctx, const char *properties)
{
	struct signing *s = calloc(1, sizeof(*s));

	(void)provctx;
	(void)properties;
	if (s != NULL)
		s->hash = DIGEST_SHA256;
	return s;
}

static void
signing_free(void *arg)
{
	struct signing *s = arg;

	if (s == NULL)
		return;
	EVP_MD_CTX_free(s->md);
	free(s);
}

/* EVP_DigestSignFinal() works on a copy and fails without a word if there is
 * none. */
static void *
signing_dup(void *arg)
{
	const struct signing *from = arg;
	struct signing *s = malloc(sizeof(*s));

	if (s == NULL)
		return NULL;
	*s = *from;
	if (from->md == NULL)
		return s;
	if ((s->md = EVP_MD_CTX_new()) == NULL ||
	    EVP_MD_CTX_copy_ex(s->md, from->md) != 1) {
		signing_free(s);
		return NULL;
	}
	return s;
}

static int
pad_mode_set(struct signing *s, int mode)
{
	if (s->scheme == SIGN_ECDSA)
		return 0;
	if (mode == RSA_PKCS1_PADDING)
		s->scheme = SIGN_RSA_PKCS1;
	else if (mode == RSA_PKCS1_PSS_PADDING)
		s->scheme = SIGN_RSA_PSS;
	else
		return wrap_raise(sg_fail(SG_EUNSUPPORTED,
		    "that RSA padding is not supported"));
	return 1;
}

static int
pad_mode_param(struct signing *s, const OSSL_PARAM *p)
{
	int mode;

	if (p->data_type == OSSL_PARAM_INTEGER)
		return OSSL_PARAM_get_int(p, &mode) && pad_mode_set(s, mode);
	if (strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0)
		return pad_mode_set(s, RSA_PKCS1_PADDING);
	if (strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0)
		return pad_mode_set(s, RSA_PKCS1_PSS_PADDING);
	return 0;
}

/* Signers know one salt length: the digest's. */
static int
salt_param(const struct signing *s, const OSSL_PARAM *p)
{
	int n = 0;

	if (p->data_type == OSSL_PARAM_UTF8_STRING) {
		if (strcmp(p->data, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0)
			return 1;
		n = atoi(p->data);
	} else if (!OSSL_PARAM_get_int(p, &n)) {
		return 0;
	}
	if (n == RSA_PSS_SALTLEN_DIGEST || n == (int)digest_size(s->hash))
		return 1;
	return wrap_raise(sg_fail(SG_EUNSUPPORTED,
	    "a PSS salt is as long as the digest"));
}

static int
hash_param(enum digest *out, const OSSL_PARAM *p)
{
	char name[NAME_MAX_LEN], *at = name;
	enum sg_err e;

	if (!OSSL_PARAM_get_utf8_string(p, &at, sizeof(name)))
		return 0;
	e = digest_from_name(out, name);
	return e == SG_OK ? 1 : wrap_raise(e);
}

static int
signing_set(void *arg, const OSSL_PARAM params[])
{
	struct signing *s = arg;
	enum digest mgf;
	const OSSL_PARAM *p;

	if (params == NULL)
		return 1;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p != NULL && !hash_param(&s->hash, p))
		return 0;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p != NULL && !pad_mode_param(s, p))
		return 0;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	if (p != NULL && !salt_param(s, p))
		return 0;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
	if (p != NULL && (!hash_param(&mgf, p) || mgf != s->hash))
		return 0;
	return 1;
}

static const OSSL_PARAM *
signing_settable(void *arg, void *provctx)
{
	static const OSSL_PARAM table[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL,
		    0),
		OSSL_PARAM_END,
	};

	(void)arg;
	(void)provctx;
	return table;
}

SG_AUTO_OSSL(RSA_PSS_PARAMS)

/* RFC 4055 section 3.1: hash, MGF1 with the same hash, salt of its length. */
static int
pss_algorithm(X509_ALGOR *out, enum digest hash)
{
	auto_ossl(RSA_PSS_PARAMS) pss = RSA_PSS_PARAMS_new();
	auto_ossl(X509_ALGOR) md = X509_ALGOR_new();
	ASN1_STRING *mgf = NULL, *all = NULL;

	if (pss == NULL || md == NULL ||
	    (pss->hashAlgorithm = X509_ALGOR_new()) == NULL ||
	    (pss->maskGenAlgorithm = X509_ALGOR_new()) == NULL ||
	    (pss->saltLength = ASN1_INTEGER_new()) == NULL)
		return 0;
	X509_ALGOR_set_md(md, digest_md(hash));
	X509_ALGOR_set_md(pss->hashAlgorithm, digest_md(hash));
	if (ASN1_INTEGER_set(pss->saltLength, (long)digest_size(hash)) != 1 ||
	    ASN1_item_pack(md, ASN1_ITEM_rptr(X509_ALGOR), &mgf) == NULL)
		return 0;
	if (X509_ALGOR_set0(pss->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1),
	    V_ASN1_SEQUENCE, mgf) != 1) {
		ASN1_STRING_free(mgf);
		return 0;
	}
	if (ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), &all) == NULL)
		return 0;
	if (X509_ALGOR_set0(out, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE,
	    all) != 1) {
		ASN1_STRING_free(all);
		return 0;
	}
	return 1;
}

static int
algorithm_make(X509_ALGOR *out, const struct signing *s)
{
	int md = EVP_MD_get_type(digest_md(s->hash)), nid;

	if (s->scheme == SIGN_RSA_PSS)
		return pss_algorithm(out, s->hash);
	if (OBJ_find_sigid_by_algs(&nid, md, s->scheme == SIGN_ECDSA
	    ? NID_X9_62_id_ecPublicKey : NID_rsaEncryption) != 1)
		return 0;
	/* RFC 4055 section 5 wants NULL, RFC 5758 section 3.2 nothing. */
	return X509_ALGOR_set0(out, OBJ_nid2obj(nid),
	    s->scheme == SIGN_ECDSA ? V_ASN1_UNDEF : V_ASN1_NULL, NULL);
}

static int
algorithm_get(const struct signing *s, OSSL_PARAM *p)
{
	auto_ossl(X509_ALGOR) alg = X509_ALGOR_new();
	uint8_t *der = NULL;
	int n, ok;

	if (alg == NULL || !algorithm_make(alg, s) ||
	    (n = i2d_X509_ALGOR(alg, &der)) <= 0)
		return 0;
	ok = OSSL_PARAM_set_octet_string(p, der, (size_t)n);
	OPENSSL_free(der);
	return ok;
}

static int
pad_mode_get(const struct signing *s, OSSL_PARAM *p)
{
	bool pss = s->scheme == SIGN_RSA_PSS;

	if (p->data_type == OSSL_PARAM_INTEGER)
		return OSSL_PARAM_set_int(p, pss ? RSA_PKCS1_PSS_PADDING
						 : RSA_PKCS1_PADDING);
	return OSSL_PARAM_set_utf8_string(p, pss ? OSSL_PKEY_RSA_PAD_MODE_PSS
	    : OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
}

static int
salt_get(const struct signing *s, OSSL_PARAM *p)
{
	if (p->data_type == OSSL_PARAM_INTEGER)
		return OSSL_PARAM_set_int(p, (int)digest_size(s->hash));
	return OSSL_PARAM_set_utf8_string(p,
	    OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST);
}

static int
signing_get(void *arg, OSSL_PARAM params[])
{
	const struct signing *s = arg;
	const char *md = EVP_MD_get0_name(digest_md(s->hash));
	OSSL_PARAM *p;

	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	if (p != NULL && !algorithm_get(s, p))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p != NULL && !pad_mode_get(s, p))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p != NULL && !OSSL_PARAM_set_utf8_string(p, md))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
	if (p != NULL && !OSSL_PARAM_set_utf8_string(p, md))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	return p == NULL || salt_get(s, p);
}

static const OSSL_PARAM *
signing_gettable(void *arg, void *provctx)
{
	static const OSSL_PARAM table[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID,
		    NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL,
		    0),
		OSSL_PARAM_END,
	};

	(void)arg;
	(void)provctx;
	return table;
}

static int
sign_init(void *arg, void *key, const OSSL_PARAM params[])
{
	struct signing *s = arg;

	if (key != NULL)
		s->key = key;
	if (s->key == NULL || !s->key->has_signer)
		return 0;
	if (!EVP_PKEY_is_a(s->key->public, "RSA"))
		s->scheme = SIGN_ECDSA;
	else if (s->scheme == 0)
		s->scheme = SIGN_RSA_PKCS1;
	return signing_set(s, params);
}

static int
sign_digest(void *arg, uint8_t *sig, size_t *n, size_t size,
    const uint8_t *digest, size_t digest_len)
{
	const struct signing *s = arg;
	struct signer k = s->key->signer;
	auto_done(buf) out = { 0 };
	enum sg_err e;

	if (sig == NULL) {
		*n = (size_t)EVP_PKEY_get_size(s->key->public);
		return 1;
	}
	sg_note_clear();
	e = k.ops->sign(k.ctx, s->scheme, s->hash,
	    bytes_of(digest, digest_len), &out);
	if (e != SG_OK)
		return wrap_raise(e);
	if (out.n > size)
		return wrap_raise(sg_fail(SG_EINTERNAL,
		    "a signature of %zu bytes is too long", out.n));
	memcpy(sig, out.p, out.n);
	*n = out.n;
	return 1;
}

static int
digest_init(void *arg, const char *name, void *key, const OSSL_PARAM params[])
{
	struct signing *s = arg;
	enum sg_err e;

	if (!sign_init(s, key, params))
		return 0;
	e = name != NULL && *name != '\0' ? digest_from_name(&s->hash, name)
					  : SG_OK;
	if (e != SG_OK)
		return wrap_raise(e);
	EVP_MD_CTX_free(s->md);
	if ((s->md = EVP_MD_CTX_new()) == NULL)
		return 0;
	return EVP_DigestInit_ex(s->md, digest_md(s->hash), NULL);
}

static int
digest_update(void *arg, const uint8_t *p, size_t n)
{
	struct signing *s = arg;

	return s->md != NULL && EVP_DigestUpdate(s->md, p, n);
}

static int
digest_final(void *arg, uint8_t *sig, size_t *n, size_t size)
{
	struct signing *s = arg;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (s->md == NULL)
		return 0;
	if (sig != NULL && !EVP_DigestFinal_ex(s->md, digest, &len))
		return 0;
	return sign_digest(s, sig, n, size, digest, len);
}

#define FN(id, f) { OSSL_FUNC_SIGNATURE_##id, (void (*)(void))(f) }

const OSSL_DISPATCH wrap_signature[] = {
	FN(NEWCTX, signing_new),
	FN(FREECTX, signing_free),
	FN(DUPCTX, signing_dup),
	FN(SIGN_INIT, sign_init),
	FN(SIGN, sign_digest),
	FN(DIGEST_SIGN_INIT, digest_init),
	FN(DIGEST_SIGN_UPDATE, digest_update),
	FN(DIGEST_SIGN_FINAL, digest_final),
	FN(GET_CTX_PARAMS, signing_get),
	FN(GETTABLE_CTX_PARAMS, signing_gettable),
	FN(SET_CTX_PARAMS, signing_set),
	FN(SETTABLE_CTX_PARAMS, signing_settable),
	{ 0, NULL },
};
