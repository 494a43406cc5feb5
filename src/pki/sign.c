/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/sign.h"

#include <openssl/rsa.h>

void
signing_key_done(struct signing_key *k)
{
	EVP_MD_CTX_free(k->ctx);
	EVP_PKEY_free(k->key);
	pkey_free(k->public);
	*k = (struct signing_key) { 0 };
}

enum sg_err
signing_key_init(struct signing_key *k, struct signer s, enum digest hash,
    bool pss)
{
	auto_done(buf) spki = { 0 };
	EVP_PKEY_CTX *ctx = NULL;

	SG_TRY(s.ops->spki(s.ctx, &spki));
	SG_TRY(pkey_from_spki(&k->public, buf_bytes(&spki)));
	SG_TRY(pkey_wrap_signer(&k->key, s));
	if ((k->ctx = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestSignInit(k->ctx, &ctx, digest_md(hash), NULL,
	    k->key) != 1)
		return ossl_fail(SG_ECRYPTO, "preparing a signature");
	if (!pss || pkey_kind(k->public) != KEY_RSA)
		return SG_OK;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) <= 0)
		return ossl_fail(SG_ECRYPTO, "preparing a PSS signature");
	return SG_OK;
}

SG_AUTO_OSSL(RSA_PSS_PARAMS)

/* The digest inside of RSASSA-PSS-params; absent means SHA-1. */
static int
pss_nid(const X509_ALGOR *alg)
{
	auto_ossl(RSA_PSS_PARAMS) pss = NULL;
	const void *p;
	const ASN1_OBJECT *o;
	int type;

	X509_ALGOR_get0(NULL, &type, &p, alg);
	if (type != V_ASN1_SEQUENCE)
		return NID_undef;
	pss = ASN1_item_unpack(p, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (pss == NULL || pss->hashAlgorithm == NULL) {
		ERR_clear_error();
		return NID_sha1;
	}
	X509_ALGOR_get0(&o, NULL, NULL, pss->hashAlgorithm);
	return OBJ_obj2nid(o);
}

/* RFC 4055 5: NULL, which many leave out; RFC 5758 3.2: nothing at all. */
static bool
parameters_fit(int nid, int type)
{
	switch (nid) {
	case NID_sha256WithRSAEncryption:
	case NID_sha384WithRSAEncryption:
	case NID_sha512WithRSAEncryption:
		return type == V_ASN1_NULL || type == V_ASN1_UNDEF;
	case NID_ecdsa_with_SHA256:
	case NID_ecdsa_with_SHA384:
	case NID_ecdsa_with_SHA512:
		return type == V_ASN1_UNDEF;
	default:
		return true;
	}
}

enum sg_err
signature_check(const X509_ALGOR *alg)
{
	static const int good[] = { NID_sha256WithRSAEncryption,
		NID_sha384WithRSAEncryption, NID_sha512WithRSAEncryption,
		NID_ecdsa_with_SHA256, NID_ecdsa_with_SHA384,
		NID_ecdsa_with_SHA512, NID_sha256, NID_sha384, NID_sha512 };
	const ASN1_OBJECT *o;
	int nid, type;

	X509_ALGOR_get0(&o, &type, NULL, alg);
	nid = OBJ_obj2nid(o);
	if (!parameters_fit(nid, type))
		return sg_fail(SG_EUNSUPPORTED, "signatures of the kind %s "
		    "have no such parameters", OBJ_nid2ln(nid));
	if (nid == NID_rsassaPss)
		nid = pss_nid(alg);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (nid == good[i])
			return SG_OK;
	return sg_fail(SG_EUNSUPPORTED,
	    "signatures of the kind %s are not accepted",
	    nid == NID_undef ? "(unknown)" : OBJ_nid2ln(nid));
}
