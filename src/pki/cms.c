/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/cms.h"

#include <openssl/rsa.h>

#include "pki/asn1.h"
#include "pki/issue.h"
#include "pki/name.h"

/*
 * OpenSSL takes recipients from certificates only.  This one carries the bare
 * key and its id and is thrown away; nobody reads its signature.
 */
static enum sg_err
carrier(struct cert **out, const struct pkey *k)
{
	auto_done(cert_content) c;
	auto_free(pkey) any = NULL;
	auto_done(buf) der = { 0 };
	uint8_t id[KEY_ID_LEN];

	cert_content_init(&c);
	SG_TRY(pkey_new_p256(&any));
	SG_TRY(pkey_spki(k, &c.spki));
	SG_TRY(spki_key_id(buf_bytes(&c.spki), id));
	SG_TRY(buf_add(&c.ext.ski, id, sizeof(id)));
	SG_TRY(name_parse(&c.subject, "CN=recipient"));
	SG_TRY(name_parse(&c.issuer, "CN=recipient"));
	SG_TRY(cert_serial_new(&c.serial));
	c.not_after = 1;
	SG_TRY(cert_build(&der, &c, DIGEST_SHA256, pkey_signer(any)));
	return cert_parse(out, buf_bytes(&der));
}

static enum sg_err
add_recipient(CMS_ContentInfo *cms, const struct pkey *k)
{
	auto_free(cert) c = NULL;
	auto_ossl(X509) x = NULL;
	CMS_RecipientInfo *ri;
	EVP_PKEY_CTX *ctx;

	SG_TRY(carrier(&c, k));
	SG_TRY(cert_x509(&x, c));
	ri = CMS_add1_recipient_cert(cms, x, CMS_USE_KEYID | CMS_KEY_PARAM);
	if (ri == NULL)
		return ossl_fail(SG_ECRYPTO, "adding a recipient");
	if (pkey_kind(k) == KEY_EC)
		return SG_OK;
	ctx = CMS_RecipientInfo_get0_pkey_ctx(ri);
	if (ctx == NULL ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) <= 0)
		return ossl_fail(SG_ECRYPTO, "choosing OAEP");
	return SG_OK;
}

enum sg_err
cms_seal(struct buf *out, struct bytes plain, struct bytes pem)
{
	auto_free(pkey) k = NULL;
	auto_ossl(BIO) in = NULL;
	auto_ossl(CMS_ContentInfo) cms = NULL;

	if (plain.n > CMS_PLAIN_MAX)
		return sg_fail(SG_ELIMIT, "%zu bytes to seal", plain.n);
	SG_TRY(pkey_from_public_pem(&k, pem));
	in = BIO_new_mem_buf(plain.p, (int)plain.n);
	cms = CMS_encrypt(NULL, in, EVP_aes_256_cbc(),
	    CMS_BINARY | CMS_PARTIAL);
	if (in == NULL || cms == NULL)
		return ossl_fail(SG_ECRYPTO, "sealing");
	SG_TRY(add_recipient(cms, k));
	if (CMS_final(cms, in, NULL, CMS_BINARY) != 1)
		return ossl_fail(SG_ECRYPTO, "sealing");
	return der_add(out, ASN1_ITEM_rptr(CMS_ContentInfo), cms);
}
