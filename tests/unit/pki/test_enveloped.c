/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "../cms_maker.h"
#include "pki/ber.h"
#include "pki/enveloped.h"

#define TEXT "whatever is to be sealed, longer than a block or two"

struct place {
	struct authority ca;
	struct pkey *key, *ec;
	struct cert *cert, *ec_cert;
	struct secret reject;
};

/* With a subjectKeyIdentifier, by which it can be named. */
static void
recipient(struct cert **out, const char *name, const struct pkey *key,
    const struct authority *ca)
{
	auto_done(cert_content) c;
	auto_done(buf) spki = { 0 };
	uint8_t id[KEY_ID_LEN];

	cert_content_init(&c);
	OK(pkey_spki(key, &spki));
	OK(spki_key_id(buf_bytes(&spki), id));
	OK(buf_add(&c.ext.ski, id, sizeof(id)));
	fixture_issue(out, &c, name, key, ca);
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	fixture_ca(&p->ca, "CN=CA,O=Corp", 0, NULL);
	OK(pkey_new_rsa(&p->key, 2048));
	OK(pkey_new_p256(&p->ec));
	recipient(&p->cert, "CN=to", p->key, &p->ca);
	recipient(&p->ec_cert, "CN=curve", p->ec, &p->ca);
	OK(secret_init(&p->reject, SHA256_LEN));
	p->reject.n = SHA256_LEN;
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	authority_done(&p->ca);
	pkey_free(p->key);
	pkey_free(p->ec);
	cert_free(p->cert);
	cert_free(p->ec_cert);
	secret_done(&p->reject);
	free(p);
	return 0;
}

/* By OpenSSL. */
static void
openssl_seals(struct buf *out, const struct cert *const *to, size_t n,
    const EVP_CIPHER *cipher, unsigned flags)
{
	BIO *in = BIO_new_mem_buf(TEXT, sizeof(TEXT) - 1);
	CMS_ContentInfo *cms = CMS_encrypt(NULL, in, cipher,
	    CMS_BINARY | CMS_PARTIAL);
	unsigned char *der = NULL;
	int len;

	for (size_t i = 0; i < n; i++) {
		auto_x509 x = x509_of(to[i]);
		CMS_RecipientInfo *ri = CMS_add1_recipient_cert(cms, x,
		    flags);
		EVP_PKEY_CTX *c;

		assert_non_null(ri);
		c = flags & CMS_KEY_PARAM ? CMS_RecipientInfo_get0_pkey_ctx(ri)
		    : NULL;
		if (c != NULL)
			assert_true(EVP_PKEY_CTX_set_rsa_padding(c,
			    RSA_PKCS1_OAEP_PADDING) > 0);
	}
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	assert_true(len > 0);
	OK(buf_set(out, bytes_of(der, (size_t)len)));
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
}

static void
opens(const struct place *p, const struct enveloped *e)
{
	auto_done(buf) plain = { 0 };
	const struct enveloped_to *to = enveloped_find(e, p->cert);
	size_t n;

	assert_non_null(to);
	OK(enveloped_open(&plain, &n, e, to, p->cert, pkey_signer(p->key),
	    &p->reject));
	assert_int_equal(n, sizeof(TEXT) - 1);
	assert_memory_equal(plain.p, TEXT, n);
}

static void
what_openssl_seals_we_open(void **state)
{
	const struct place *p = *state;
	const struct cert *to[] = { p->cert };
	const EVP_CIPHER *ciphers[] = { EVP_aes_128_cbc(), EVP_aes_256_cbc(),
		EVP_des_ede3_cbc() };

	for (size_t i = 0; i < 3; i++)
		for (unsigned k = 0; k < 2; k++) {
			auto_done(buf) der = { 0 };
			auto_done(enveloped) e = { 0 };

			openssl_seals(&der, to, 1, ciphers[i],
			    k ? CMS_USE_KEYID : 0);
			OK(enveloped_parse(&e, buf_bytes(&der)));
			assert_int_equal(e.cipher, CIPHER_AES128_CBC + i);
			assert_int_equal(e.to[0].key_id.n > 0, k);
			opens(p, &e);
		}
}

static void
what_we_seal_openssl_opens(void **state)
{
	const struct place *p = *state;

	for (int c = CIPHER_AES128_CBC; c <= CIPHER_DES3_CBC; c++) {
		auto_done(buf) der = { 0 };
		const unsigned char *at;
		CMS_ContentInfo *cms;
		BIO *out = BIO_new(BIO_s_mem());
		EVP_PKEY *k = pkey_evp(p->key);
		auto_x509 x = x509_of(p->cert);
		unsigned char *same = NULL;
		char *text;

		OK(enveloped_write(&der, bytes_str(TEXT), (enum cipher)c,
		    p->cert));
		at = der.p;
		cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.n);
		assert_non_null(cms);
		assert_int_equal(i2d_CMS_ContentInfo(cms, &same), (int)der.n);
		assert_memory_equal(same, der.p, der.n);
		assert_int_equal(CMS_decrypt(cms, k, x, NULL, out,
		    CMS_BINARY), 1);
		assert_int_equal(BIO_get_mem_data(out, &text),
		    (int)sizeof(TEXT) - 1);
		assert_memory_equal(text, TEXT, sizeof(TEXT) - 1);
		OPENSSL_free(same);
		CMS_ContentInfo_free(cms);
		EVP_PKEY_free(k);
		BIO_free(out);
	}
}

/* Some clients seal to each certificate that they got. */
static void
one_of_several_recipients_is_found(void **state)
{
	const struct place *p = *state;
	auto_free(pkey) k = NULL;
	auto_free(cert) other = NULL;
	const struct cert *to[ENVELOPED_TO_MAX + 1];
	auto_done(buf) der = { 0 };
	auto_done(enveloped) e = { 0 };

	OK(pkey_new_rsa(&k, 2048));
	fixture_leaf(&other, "CN=other", k, &p->ca);
	for (size_t i = 0; i <= ENVELOPED_TO_MAX; i++)
		to[i] = i == 1 ? p->cert : other;
	openssl_seals(&der, to, ENVELOPED_TO_MAX, EVP_aes_128_cbc(), 0);
	OK(enveloped_parse(&e, buf_bytes(&der)));
	assert_int_equal(e.count, ENVELOPED_TO_MAX);
	opens(p, &e);
	openssl_seals(&der, to, ENVELOPED_TO_MAX + 1, EVP_aes_128_cbc(), 0);
	FAILS_SAYING(SG_ELIMIT, "recipients",
	    enveloped_parse(&e, buf_bytes(&der)));
}

static void
other_key_transports_are_told_apart(void **state)
{
	const struct place *p = *state;
	const struct cert *rsa = p->cert, *ec = p->ec_cert;
	auto_done(buf) oaep = { 0 }, agreed = { 0 }, plain = { 0 };
	auto_done(enveloped) e = { 0 };
	size_t n;

	openssl_seals(&oaep, &rsa, 1, EVP_aes_128_cbc(), CMS_KEY_PARAM);
	OK(enveloped_parse(&e, buf_bytes(&oaep)));
	assert_int_equal(e.count, 1);
	assert_false(e.to[0].usual);
	FAILS(SG_EUNSUPPORTED, enveloped_open(&plain, &n, &e, &e.to[0],
	    p->cert, pkey_signer(p->key), &p->reject));
	enveloped_done(&e);
	openssl_seals(&agreed, &ec, 1, EVP_aes_128_cbc(), 0);
	OK(enveloped_parse(&e, buf_bytes(&agreed)));
	assert_int_equal(e.count, 0);
	assert_null(enveloped_find(&e, ec));
}

static void
other_ciphers_are_told_apart(void **state)
{
	/* aes-192-cbc, aes-128-gcm, des-cbc, rc2-cbc, rc4 by their OIDs */
	static const char *const oids[] = { "2.16.840.1.101.3.4.1.22",
		"2.16.840.1.101.3.4.1.6", "1.3.14.3.2.7",
		"1.2.840.113549.3.2", "1.2.840.113549.3.4" };
	static const uint8_t aes[] = { 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x01, 0x02 };
	const struct place *p = *state;

	for (size_t i = 0; i < 5; i++) {
		auto_done(buf) der = { 0 }, oid = { 0 }, plain = { 0 };
		auto_done(enveloped) e = { 0 };
		uint8_t *at;
		size_t n;

		OK(enveloped_write(&der, bytes_str(TEXT), CIPHER_AES128_CBC,
		    p->cert));
		OK(der_put_oid(&oid, oids[i]));
		at = memmem(der.p, der.n, aes, sizeof(aes));
		assert_non_null(at);
		/* The parameters of what is not ours are not looked at. */
		assert_in_range(oid.n, 1, sizeof(aes));
		memset(at, 0, sizeof(aes));
		memcpy(at, oid.p, oid.n);
		OK(enveloped_parse(&e, buf_bytes(&der)));
		assert_int_equal(e.cipher, 0);
		FAILS(SG_EUNSUPPORTED, enveloped_open(&plain, &n, &e,
		    &e.to[0], p->cert, pkey_signer(p->key), &p->reject));
	}
}

/* An issuer that was written anew in another string type, and one that is
 * somebody else. */
static void
the_recipient_is_found_by_what_its_name_says(void **state)
{
	const struct place *p = *state;
	auto_done(buf) der = { 0 };
	auto_done(enveloped) e = { 0 };
	uint8_t *at;

	OK(enveloped_write(&der, bytes_str(TEXT), CIPHER_AES128_CBC,
	    p->cert));
	/* UTF8String becomes PrintableString, in the only issuer. */
	at = memmem(der.p, der.n, "\x0c\x04" "Corp", 6);
	assert_non_null(at);
	at[0] = 0x13;
	OK(enveloped_parse(&e, buf_bytes(&der)));
	opens(p, &e);
	enveloped_done(&e);
	at[2] = 'K';
	OK(enveloped_parse(&e, buf_bytes(&der)));
	assert_null(enveloped_find(&e, p->cert));
}

static void
every_cut_is_refused(void **state)
{
	const struct place *p = *state;
	auto_done(buf) der = { 0 };
	auto_done(enveloped) e = { 0 };

	OK(enveloped_write(&der, bytes_str(TEXT), CIPHER_AES128_CBC,
	    p->cert));
	for (size_t n = 0; n < der.n; n++)
		FAILS(SG_EFORMAT, enveloped_parse(&e, bytes_of(der.p, n)));
	OK(buf_add_u8(&der, 0));
	FAILS(SG_EFORMAT, enveloped_parse(&e, buf_bytes(&der)));
}

/* Whatever byte is changed: it opens to the text, to something else, or not;
 * never to an error of ours. */
static void
every_changed_byte_is_borne(void **state)
{
	const struct place *p = *state;
	auto_done(buf) der = { 0 };

	OK(enveloped_write(&der, bytes_str(TEXT), CIPHER_AES128_CBC,
	    p->cert));
	for (size_t i = 0; i < der.n; i++) {
		auto_done(enveloped) e = { 0 };
		auto_done(buf) plain = { 0 };
		const struct enveloped_to *to;
		enum sg_err err;
		size_t n;

		der.p[i] ^= 0x11;
		err = enveloped_parse(&e, buf_bytes(&der));
		der.p[i] ^= 0x11;
		if (err != SG_OK || (to = enveloped_find(&e, p->cert)) == NULL)
			continue;
		err = enveloped_open(&plain, &n, &e, to, p->cert,
		    pkey_signer(p->key), &p->reject);
		assert_true(err == SG_OK || err == SG_EFORMAT ||
		    err == SG_EUNSUPPORTED);
	}
}

static void
nothing_is_sealed_to_a_curve(void **state)
{
	const struct place *p = *state;
	auto_done(buf) der = { 0 };

	FAILS(SG_EUNSUPPORTED, enveloped_write(&der, bytes_str(TEXT),
	    CIPHER_AES128_CBC, p->ec_cert));
	FAILS(SG_EUNSUPPORTED, enveloped_write(&der, bytes_str(TEXT),
	    (enum cipher)0, p->cert));
	assert_int_equal(der.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_openssl_seals_we_open),
		cmocka_unit_test(what_we_seal_openssl_opens),
		cmocka_unit_test(one_of_several_recipients_is_found),
		cmocka_unit_test(other_key_transports_are_told_apart),
		cmocka_unit_test(other_ciphers_are_told_apart),
		cmocka_unit_test(the_recipient_is_found_by_what_its_name_says),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(every_changed_byte_is_borne),
		cmocka_unit_test(nothing_is_sealed_to_a_curve),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
