/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/chain.h"

#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <time.h>

#include "pki/asn1.h"

/* SSL_CTX_set_security_level(3): 112 bits, no SHA-1. */
#define AUTH_LEVEL 2

static const struct {
	int code;
	const char *words;
} why[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "its issuer is missing" },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	    "its issuer is neither in the bundle nor an anchor" },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
	    "its issuer is neither in the bundle nor an anchor" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
	    "it issued itself and is not an anchor" },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
	    "the path ends in it, and it is not an anchor" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE,
	    "its signature is not by the issuer's key" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "it is not valid yet" },
	{ X509_V_ERR_CERT_HAS_EXPIRED, "it has expired" },
	{ X509_V_ERR_INVALID_CA, "it is not a CA's certificate" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED,
	    "its path length constraint is exceeded" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN,
	    "its key usage does not allow signing certificates" },
	{ X509_V_ERR_KEYUSAGE_NO_CRL_SIGN,
	    "its key usage does not allow signing CRLs" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
	    "it has a critical extension that is not understood" },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, "its key is too small" },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, "its key is too small" },
	{ X509_V_ERR_CA_MD_TOO_WEAK, "it is signed with a weak digest" },
	{ X509_V_ERR_CERT_REVOKED, "it has been revoked" },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, "its issuer's CRL is missing" },
	{ X509_V_ERR_CRL_HAS_EXPIRED, "its issuer's CRL has expired" },
	{ X509_V_ERR_CRL_NOT_YET_VALID, "its issuer's CRL is not valid yet" },
	{ X509_V_ERR_CRL_SIGNATURE_FAILURE,
	    "its issuer's CRL is not signed by the issuer" },
	{ X509_V_ERR_PERMITTED_VIOLATION,
	    "its names are outside of what its CA may name" },
	{ X509_V_ERR_EXCLUDED_VIOLATION,
	    "its names are among those its CA may not name" },
};

static const char *
reason(int code)
{
	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++)
		if (why[i].code == code)
			return why[i].words;
	return X509_verify_cert_error_string(code);
}

static void
date(char out[32], int64_t t)
{
	time_t tt = t;
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&tt, &tm) != NULL)
		(void)strftime(out, 32, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

static const char *
shown(const struct cert *c)
{
	return *c->subject != '\0' ? c->subject : "(no subject)";
}

static enum sg_err
cert_of(struct cert **out, const X509 *x)
{
	auto_done(buf) der = { 0 };

	SG_TRY(der_add(&der, ASN1_ITEM_rptr(X509), x));
	return cert_parse(out, buf_bytes(&der));
}

static enum sg_err
explain(X509_STORE_CTX *ctx)
{
	int code = X509_STORE_CTX_get_error(ctx);
	const X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	auto_free(cert) c = NULL;
	char when[32] = "";

	ERR_clear_error();
	if (x == NULL || cert_of(&c, x) != SG_OK)
		return sg_fail(SG_EVERIFY, "the chain does not hold: %s",
		    reason(code));
	if (code == X509_V_ERR_CERT_HAS_EXPIRED)
		date(when, c->not_after);
	if (code == X509_V_ERR_CERT_NOT_YET_VALID)
		date(when, c->not_before);
	return sg_fail(SG_EVERIFY, "%s, issued by %s: %s%s%s%s", shown(c),
	    c->issuer, reason(code), *when ? " (" : "", when,
	    *when ? ")" : "");
}

/* An EKU in a CA's certificate limits those below it. */
static enum sg_err
check_eku(const struct certs *path, const char *eku)
{
	for (size_t i = 0; eku != NULL && i < path->n; i++) {
		auto_str has = NULL;

		if (cert_allows(path->v[i], eku))
			continue;
		SG_TRY(texts_join(&has, &path->v[i]->ext.eku));
		return sg_fail(SG_EVERIFY,
		    "%s is not good for %s (%s); it is for %s",
		    shown(path->v[i]), oid_name(eku), eku, has);
	}
	return SG_OK;
}

static enum sg_err
check_usage(const struct cert *leaf, unsigned usage)
{
	if (leaf->ext.key_usage == 0 ||
	    (leaf->ext.key_usage & usage) == usage)
		return SG_OK;
	return sg_fail(SG_EVERIFY, "%s: its key usage %#x lacks %#x",
	    shown(leaf), leaf->ext.key_usage, usage & ~leaf->ext.key_usage);
}

static enum sg_err
path_read(struct certs *path, X509_STORE_CTX *ctx)
{
	const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);

	for (int i = 0; i < sk_X509_num(chain); i++) {
		struct cert *c = NULL;

		SG_TRY(cert_of(&c, sk_X509_value(chain, i)));
		SG_TRY(certs_add(path, c));
	}
	return SG_OK;
}

static void
stack_free(STACK_OF(X509) **s)
{
	sk_X509_pop_free(*s, X509_free);
}

static enum sg_err
stack_fill(STACK_OF(X509) *s, const struct certs *from)
{
	if (s == NULL)
		return ossl_fail(SG_ENOMEM, "building a chain");
	for (size_t i = 0; from != NULL && i < from->n; i++) {
		X509 *x;

		SG_TRY(cert_x509(&x, from->v[i]));
		if (sk_X509_push(s, x) <= 0) {
			X509_free(x);
			return ossl_fail(SG_ENOMEM, "building a chain");
		}
	}
	return SG_OK;
}

static enum sg_err
store_fill(X509_STORE *s, const struct chain_ask *ask)
{
	if (s == NULL)
		return ossl_fail(SG_ENOMEM, "building a chain");
	for (size_t i = 0; i < ask->anchors->n; i++) {
		auto_ossl(X509) x = NULL;

		SG_TRY(cert_x509(&x, ask->anchors->v[i]));
		if (X509_STORE_add_cert(s, x) != 1)
			return ossl_fail(SG_ENOMEM, "adding an anchor");
	}
	for (size_t i = 0; ask->crls != NULL && i < ask->crl_count; i++)
		if (X509_STORE_add_crl(s, ask->crls[i]->crl) != 1)
			return ossl_fail(SG_ENOMEM, "adding a CRL");
	return SG_OK;
}

static void
set_rules(X509_STORE_CTX *ctx, const struct chain_ask *ask)
{
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN |
	    X509_V_FLAG_TRUSTED_FIRST;

	if (ask->crls != NULL)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	(void)X509_VERIFY_PARAM_set_flags(p, flags);
	X509_VERIFY_PARAM_set_time(p, ask->now);
	X509_VERIFY_PARAM_set_auth_level(p, AUTH_LEVEL);
}

enum sg_err
chain_verify(const struct chain_ask *ask, struct certs *path)
{
	auto_ossl(X509) leaf = NULL;
	auto_ossl(X509_STORE) store = X509_STORE_new();
	auto_ossl(X509_STORE_CTX) ctx = X509_STORE_CTX_new();
	__attribute__((cleanup(stack_free))) STACK_OF(X509) *others =
	    sk_X509_new_null();
	auto_done(certs) found = { 0 };

	SG_TRY(store_fill(store, ask));
	SG_TRY(stack_fill(others, ask->untrusted));
	SG_TRY(cert_x509(&leaf, ask->leaf));
	if (ctx == NULL || X509_STORE_CTX_init(ctx, store, leaf,
	    others) != 1)
		return ossl_fail(SG_ENOMEM, "building a chain");
	set_rules(ctx, ask);
	if (X509_verify_cert(ctx) != 1)
		return explain(ctx);
	SG_TRY(path_read(&found, ctx));
	SG_TRY(check_eku(&found, ask->eku));
	SG_TRY(check_usage(ask->leaf, ask->key_usage));
	if (path == NULL)
		return SG_OK;
	certs_done(path);
	*path = found;
	found = (struct certs) { 0 };
	return SG_OK;
}
