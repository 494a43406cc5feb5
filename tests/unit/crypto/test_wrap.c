/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <openssl/rsa.h>

#include "crypto/ossl.h"

/* Wrapped keys must do what OpenSSL's own do, in everything that we use. */

struct pair {
	struct pkey *key;
	EVP_PKEY *wrapped;
};

static void
pair_make(struct pair *p, bool rsa)
{
	OK(rsa ? pkey_new_rsa(&p->key, 2048) : pkey_new_p256(&p->key));
	OK(pkey_wrap_signer(&p->wrapped, pkey_signer(p->key)));
}

static void
pair_done(struct pair *p)
{
	EVP_PKEY_free(p->wrapped);
	pkey_free(p->key);
}

/* A self-signed certificate, decoded anew. */
static X509 *
certificate(const struct pair *p)
{
	auto_ossl(X509) x = X509_new();
	X509 *again = NULL;
	uint8_t *der = NULL;
	const uint8_t *at;
	int n;

	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 5), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(x),
	    "CN", MBSTRING_ASC, (const uint8_t *)"test", -1, -1, 0), 1);
	assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(x)),
	    1);
	assert_int_equal(X509_set_pubkey(x, p->key->evp), 1);
	assert_true(X509_sign(x, p->wrapped, EVP_sha256()) > 0);
	n = i2d_X509(x, &der);
	assert_true(n > 0);
	at = der;
	again = d2i_X509(NULL, &at, n);
	OPENSSL_free(der);
	assert_non_null(again);
	return again;
}

static void
a_certificate_is_signed(void **state)
{
	(void)state;
	for (int rsa = 0; rsa < 2; rsa++) {
		auto_done(pair) p = { 0 };
		auto_ossl(X509) x = NULL;

		pair_make(&p, rsa);
		x = certificate(&p);
		assert_int_equal(X509_verify(x, p.key->evp), 1);
		assert_int_equal(X509_check_private_key(x, p.wrapped), 1);
	}
}

static void
a_request_and_a_crl_are_signed(void **state)
{
	(void)state;
	for (int rsa = 0; rsa < 2; rsa++) {
		auto_done(pair) p = { 0 };
		auto_ossl(X509_REQ) r = X509_REQ_new();
		auto_ossl(X509_CRL) c = X509_CRL_new();
		auto_ossl(ASN1_TIME) t = ASN1_TIME_set(NULL, 0);

		pair_make(&p, rsa);
		assert_int_equal(X509_REQ_set_pubkey(r, p.key->evp), 1);
		assert_true(X509_REQ_sign(r, p.wrapped, EVP_sha384()) > 0);
		assert_int_equal(X509_REQ_verify(r, p.key->evp), 1);
		assert_int_equal(X509_CRL_set1_lastUpdate(c, t), 1);
		assert_true(X509_CRL_sign(c, p.wrapped, EVP_sha256()) > 0);
		assert_int_equal(X509_CRL_verify(c, p.key->evp), 1);
	}
}

static void
pss_signatures_name_their_parameters(void **state)
{
	auto_done(pair) p = { 0 };
	auto_ossl(X509_REQ) r = X509_REQ_new();
	auto_ossl(EVP_MD_CTX) md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;

	(void)state;
	pair_make(&p, true);
	assert_int_equal(X509_REQ_set_pubkey(r, p.key->evp), 1);
	assert_int_equal(EVP_DigestSignInit(md, &ctx, EVP_sha256(), NULL,
	    p.wrapped), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_PSS_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx,
	    RSA_PSS_SALTLEN_DIGEST), 1);
	assert_true(X509_REQ_sign_ctx(r, md) > 0);
	assert_int_equal(X509_REQ_get_signature_nid(r), NID_rsassaPss);
	assert_int_equal(X509_REQ_verify(r, p.key->evp), 1);
}

static void
other_pss_salts_are_refused(void **state)
{
	auto_done(pair) p = { 0 };
	auto_ossl(EVP_MD_CTX) md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx = NULL;

	(void)state;
	pair_make(&p, true);
	assert_int_equal(EVP_DigestSignInit(md, &ctx, EVP_sha256(), NULL,
	    p.wrapped), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_PSS_PADDING), 1);
	assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 7) <= 0);
	FAILS_SAYING(SG_EUNSUPPORTED, "as long as the digest",
	    ossl_fail(SG_ECRYPTO, "test"));
}

/* A message just signed keeps the wrapped key for verifying. */
static void
cms_again(CMS_ContentInfo **cms)
{
	auto_ossl(BIO) b = BIO_new(BIO_s_mem());

	assert_int_equal(i2d_CMS_bio(b, *cms), 1);
	CMS_ContentInfo_free(*cms);
	*cms = d2i_CMS_bio(b, NULL);
	assert_non_null(*cms);
}

static void
cms_is_signed(void **state)
{
	(void)state;
	for (int rsa = 0; rsa < 2; rsa++) {
		auto_done(pair) p = { 0 };
		auto_ossl(X509) x = NULL;
		auto_ossl(BIO) in = BIO_new_mem_buf("content", 7);
		auto_ossl(CMS_ContentInfo) cms = NULL;

		pair_make(&p, rsa);
		x = certificate(&p);
		cms = CMS_sign(x, p.wrapped, NULL, in, CMS_BINARY);
		assert_non_null(cms);
		cms_again(&cms);
		assert_int_equal(CMS_verify(cms, NULL, NULL, NULL, NULL,
		    CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY), 1);
	}
}

static void
envelope_open(const struct pair *p, X509 *x, bool oaep)
{
	auto_ossl(BIO) in = BIO_new_mem_buf("content", 7);
	auto_ossl(BIO) out = BIO_new(BIO_s_mem());
	auto_ossl(CMS_ContentInfo) cms = CMS_encrypt(NULL, in,
	    EVP_aes_128_cbc(), CMS_BINARY | CMS_PARTIAL);
	CMS_RecipientInfo *ri = CMS_add1_recipient_cert(cms, x,
	    CMS_KEY_PARAM);
	EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(ri);
	char *text = NULL;

	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx,
	    oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING), 1);
	if (oaep)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(ctx,
		    EVP_sha256()), 1);
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	assert_int_equal(CMS_decrypt(cms, p->wrapped, x, NULL, out, 0), 1);
	assert_int_equal(BIO_get_mem_data(out, &text), 7);
	assert_memory_equal(text, "content", 7);
}

static void
envelopes_are_opened(void **state)
{
	auto_done(pair) p = { 0 };
	auto_ossl(X509) x = NULL;

	(void)state;
	pair_make(&p, true);
	x = certificate(&p);
	envelope_open(&p, x, false);
	envelope_open(&p, x, true);
}

/* A signer that says no. */
static enum sg_err
refuse_sign(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	(void)ctx;
	(void)scheme;
	(void)hash;
	(void)digest;
	(void)out;
	return sg_fail(SG_ELOGIN, "the container is closed");
}

static enum sg_err
refuse_spki(void *ctx, struct buf *out)
{
	return pkey_spki(ctx, out);
}

static void
a_signer_s_refusal_keeps_code_and_note(void **state)
{
	static const struct signer_ops ops = { .sign = refuse_sign,
		.spki = refuse_spki };
	auto_free(pkey) k = NULL;
	auto_ossl(EVP_PKEY) wrapped = NULL;
	auto_ossl(X509_REQ) r = X509_REQ_new();

	(void)state;
	OK(pkey_new_p256(&k));
	OK(pkey_wrap_signer(&wrapped, (struct signer) { &ops, k }));
	assert_int_equal(X509_REQ_set_pubkey(r, k->evp), 1);
	assert_true(X509_REQ_sign(r, wrapped, EVP_sha256()) <= 0);
	FAILS_SAYING(SG_ELOGIN, "signing: the container is closed",
	    ossl_fail(SG_ECRYPTO, "signing"));
}

static void
other_keys_of_the_process_are_untouched(void **state)
{
	auto_done(pair) p = { 0 };
	auto_ossl(EVP_PKEY) fresh = NULL;

	(void)state;
	pair_make(&p, true);
	fresh = EVP_EC_gen("P-256");
	assert_non_null(fresh);
	assert_int_equal(EVP_PKEY_eq(fresh, p.wrapped) == 1, 0);
	assert_int_equal(EVP_PKEY_eq(p.key->evp, p.wrapped), 1);
	assert_int_equal(EVP_PKEY_eq(p.wrapped, p.key->evp), 1);
	ERR_clear_error();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_is_signed),
		cmocka_unit_test(a_request_and_a_crl_are_signed),
		cmocka_unit_test(pss_signatures_name_their_parameters),
		cmocka_unit_test(other_pss_salts_are_refused),
		cmocka_unit_test(cms_is_signed),
		cmocka_unit_test(envelopes_are_opened),
		cmocka_unit_test(a_signer_s_refusal_keeps_code_and_note),
		cmocka_unit_test(other_keys_of_the_process_are_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
