/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/cms.h"

#include <openssl/rsa.h>

#include "crypto/ossl.h"
#include "pki/cert.h"

static bool
fill_cert(X509 *x, const struct pkey *k, const ASN1_OCTET_STRING *id)
{
	return ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 0) != NULL &&
	    X509_set_pubkey(x, k->evp) == 1 &&
	    X509_add1_ext_i2d(x, NID_subject_key_identifier,
	    (void *)(uintptr_t)id, 0, X509V3_ADD_DEFAULT) == 1;
}

/* CMS knows recipients by certificates only: a key gets one that carries its
 * identifier, is signed by a key that nobody keeps, and goes nowhere. */
static enum sg_err
recipient_cert(struct bytes pem, X509 **out)
{
	auto_free(pkey) k = NULL;
	auto_free(pkey) nobody = NULL;
	auto_ossl(ASN1_OCTET_STRING) id = ASN1_OCTET_STRING_new();
	auto_ossl(X509) x = X509_new();
	auto_done(buf) spki = { 0 };
	uint8_t ski[KEY_ID_LEN];

	if (pem.n > CMS_RECIPIENT_MAX)
		return sg_fail(SG_ELIMIT, "more than %u bytes",
		    CMS_RECIPIENT_MAX);
	SG_TRY(pkey_from_public_pem(&k, pem));
	SG_TRY(pkey_new_p256(&nobody));
	SG_TRY(pkey_spki(k, &spki));
	SG_TRY(spki_key_id(buf_bytes(&spki), ski));
	if (x == NULL || id == NULL ||
	    ASN1_OCTET_STRING_set(id, ski, sizeof(ski)) != 1 ||
	    !fill_cert(x, k, id) ||
	    X509_sign(x, nobody->evp, EVP_sha256()) <= 0)
		return ossl_fail(SG_ECRYPTO, "naming the recipient");
	*out = x;
	x = NULL;
	return SG_OK;
}

static enum sg_err
append_der(CMS_ContentInfo *cms, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_CMS_ContentInfo(cms, &der);
	enum sg_err e;

	if (n <= 0)
		return ossl_fail(SG_ECRYPTO, "encoding the envelope");
	e = buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
	return e;
}

/* RSA gets OAEP (RFC 3560): a padding oracle is no way in. */
static bool
add_recipient(CMS_ContentInfo *cms, X509 *x)
{
	CMS_RecipientInfo *ri = CMS_add1_recipient_cert(cms, x,
	    CMS_USE_KEYID | CMS_KEY_PARAM);
	EVP_PKEY_CTX *ctx;

	if (ri == NULL || CMS_RecipientInfo_type(ri) != CMS_RECIPINFO_TRANS)
		return ri != NULL;
	ctx = CMS_RecipientInfo_get0_pkey_ctx(ri);
	return ctx != NULL &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) > 0;
}

enum sg_err
cms_encrypt(struct bytes recipient_pem, const struct secret *plain,
    struct buf *out)
{
	const unsigned int flags = CMS_BINARY | CMS_PARTIAL;
	auto_ossl(CMS_ContentInfo) cms = NULL;
	auto_ossl(X509) x = NULL;
	auto_ossl(BIO) in = NULL;

	SG_TRY(recipient_cert(recipient_pem, &x));
	in = BIO_new_mem_buf(plain->p, (int)plain->n);
	cms = CMS_encrypt(NULL, NULL, EVP_aes_256_cbc(), flags);
	if (in == NULL || cms == NULL ||
	    !add_recipient(cms, x) ||
	    CMS_final(cms, in, NULL, flags) != 1)
		return ossl_fail(SG_ECRYPTO, "encrypting for the recipient");
	return append_der(cms, out);
}
