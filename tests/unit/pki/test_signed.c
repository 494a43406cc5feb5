/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "../cms_maker.h"
#include "pki/cmc.h"
#include "pki/signed.h"

#define PKI_DATA "1.3.6.1.5.5.7.12.2"
#define CONTENT "0 is what a SEQUENCE begins with"

struct signing {
	struct authority ca;
	struct pkey *key;
	struct cert *cert;
};

static void
signing_make(struct signing *s, bool rsa)
{
	fixture_ca(&s->ca, "CN=CA", 0, NULL);
	OK(rsa ? pkey_new_rsa(&s->key, 2048) : pkey_new_p256(&s->key));
	fixture_leaf(&s->cert, "CN=alice", s->key, &s->ca);
}

static int
setup(void **state)
{
	struct signing *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	signing_make(s, false);
	*state = s;
	return 0;
}

static void
signing_free(struct signing *s)
{
	cert_free(s->cert);
	pkey_free(s->key);
	authority_done(&s->ca);
	free(s);
}

static int
teardown(void **state)
{
	signing_free(*state);
	return 0;
}

static struct maker
maker_of(const struct signing *s)
{
	return (struct maker) { .key = s->key, .cert = s->cert };
}

/* Both ways of asking say the same. */
static enum sg_err
verified(const struct signed_data *d, const struct signed_by *by,
    const struct pkey *k)
{
	auto_free(verifier) v = NULL;
	auto_done(buf) spki = { 0 };
	enum sg_err e;

	OK(verifier_new(&v));
	OK(pkey_spki(k, &spki));
	e = signed_prove(d, by, buf_bytes(&spki), v);
	assert_int_equal(signed_verify(d, by, k), e);
	return e;
}

static void
openssl_signs_and_we_verify(void **state)
{
	(void)state;
	for (int rsa = 0; rsa < 2; rsa++) {
		struct signing *s = calloc(1, sizeof(*s));
		const EVP_MD *mds[] = { EVP_sha256(), EVP_sha384(),
			EVP_sha512() };

		assert_non_null(s);
		signing_make(s, rsa);
		for (size_t i = 0; i < 3; i++) {
			struct maker m = maker_of(s);
			auto_done(buf) der = { 0 };
			auto_free(pkey) other = NULL;
			struct signed_data d;

			m.md = mds[i];
			maker_sign(&der, bytes_str(CONTENT), NULL, &m, 1, 0);
			OK(signed_parse(&d, buf_bytes(&der)));
			assert_int_equal(d.type, SIGNED_DATA);
			assert_true(bytes_eq(d.content, bytes_str(CONTENT)));
			assert_true(bytes_eq(d.by[0].issuer,
			    buf_bytes(&s->cert->issuer_der)));
			OK(verified(&d, &d.by[0], s->key));
			OK(pkey_new_p256(&other));
			FAILS(SG_EVERIFY, verified(&d, &d.by[0], other));
		}
		signing_free(s);
	}
}

/* A message with PSS and a salt of that length. */
static void
sign_pss(struct buf *out, const struct signing *s, int salt)
{
	BIO *in = BIO_new_mem_buf(CONTENT, sizeof(CONTENT) - 1);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, in,
	    CMS_PARTIAL | CMS_BINARY);
	EVP_PKEY *k = pkey_evp(s->key);
	auto_x509 x = x509_of(s->cert);
	CMS_SignerInfo *si = CMS_add1_signer(cms, x, k,
	    EVP_sha256(), CMS_PARTIAL | CMS_KEY_PARAM);
	EVP_PKEY_CTX *ctx = CMS_SignerInfo_get0_pkey_ctx(si);
	unsigned char *p = NULL;
	int n;

	assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_PSS_PADDING) > 0);
	assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) > 0);
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	n = i2d_CMS_ContentInfo(cms, &p);
	OK(buf_set(out, bytes_of(p, (size_t)n)));
	OPENSSL_free(p);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	EVP_PKEY_free(k);
}

static void
pss_is_verified(void **state)
{
	struct signing *s = calloc(1, sizeof(*s));
	auto_done(buf) der = { 0 };
	struct signed_data d;

	(void)state;
	assert_non_null(s);
	signing_make(s, true);
	sign_pss(&der, s, RSA_PSS_SALTLEN_DIGEST);
	OK(signed_parse(&d, buf_bytes(&der)));
	assert_int_equal(d.by[0].scheme, SIGN_RSA_PSS);
	OK(verified(&d, &d.by[0], s->key));
	sign_pss(&der, s, 24);
	FAILS(SG_EUNSUPPORTED, signed_parse(&d, buf_bytes(&der)));
	signing_free(s);
}

/* In whatever order they are given, the message is the same and DER. */
static void
certificates_alone_are_read_by_openssl(void **state)
{
	auto_done(buf) der = { 0 }, turned = { 0 };
	auto_done(certs) back = { 0 };
	struct signing *s[2];
	const struct cert *all[2];
	const unsigned char *at;
	unsigned char *same = NULL;
	CMS_ContentInfo *cms;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_non_null(s[i] = calloc(1, sizeof(*s[i])));
		signing_make(s[i], i);
		all[i] = s[i]->cert;
	}
	OK(signed_certs(&der, all, 2));
	all[0] = s[1]->cert;
	all[1] = s[0]->cert;
	OK(signed_certs(&turned, all, 2));
	assert_true(bytes_eq(buf_bytes(&der), buf_bytes(&turned)));
	at = der.p;
	cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.n);
	assert_non_null(cms);
	assert_int_equal(i2d_CMS_ContentInfo(cms, &same), (int)der.n);
	assert_memory_equal(same, der.p, der.n);
	OPENSSL_free(same);
	CMS_ContentInfo_free(cms);
	OK(certs_read(&back, buf_bytes(&der)));
	assert_int_equal(back.n, 2);
	for (int i = 0; i < 2; i++) {
		assert_true(bytes_eq(buf_bytes(&s[i]->cert->der),
		    buf_bytes(&back.v[0]->der)) ||
		    bytes_eq(buf_bytes(&s[i]->cert->der),
		    buf_bytes(&back.v[1]->der)));
		signing_free(s[i]);
	}
}

/* And OpenSSL reads what we write, to the signed attribute. */
static void
we_sign_and_openssl_verifies(void **state)
{
	(void)state;
	for (int rsa = 0; rsa < 2; rsa++) {
		struct signing *s = calloc(1, sizeof(*s));
		auto_done(buf) der = { 0 };
		auto_str whom = NULL;
		struct signed_data d;
		struct signed_plan p = { .content = bytes_str(CONTENT),
			.requester = "CORP\\bob" };
		const unsigned char *at;
		CMS_ContentInfo *cms;
		BIO *out = BIO_new(BIO_s_mem());
		X509_STORE *store = X509_STORE_new();
		unsigned char *same = NULL;
		char text[64] = "";

		assert_non_null(s);
		signing_make(s, rsa);
		p.cert = s->cert;
		p.signer = pkey_signer(s->key);
		OK(signed_write(&der, &p));
		at = der.p;
		cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.n);
		assert_non_null(cms);
		assert_int_equal(CMS_verify(cms, NULL, store, NULL, out,
		    CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY), 1);
		assert_int_equal(BIO_read(out, text, sizeof(text) - 1),
		    (int)strlen(CONTENT));
		assert_string_equal(text, CONTENT);
		/* It is DER: encoding it anew changes nothing. */
		assert_int_equal(i2d_CMS_ContentInfo(cms, &same),
		    (int)der.n);
		assert_memory_equal(same, der.p, der.n);
		OPENSSL_free(same);
		OK(signed_parse(&d, buf_bytes(&der)));
		OK(verified(&d, &d.by[0], s->key));
		OK(signed_pair(&whom, &d.by[0], "RequesterName"));
		assert_string_equal(whom, "CORP\\bob");
		CMS_ContentInfo_free(cms);
		X509_STORE_free(store);
		BIO_free(out);
		signing_free(s);
	}
}

static void
a_changed_byte_is_found(void **state)
{
	struct signing *s = *state;
	struct maker m = maker_of(s);
	auto_done(buf) der = { 0 };
	size_t good = 0;

	m.requester = "CORP\\bob";
	m.flags = CMS_NOCERTS;
	maker_sign(&der, bytes_str(CONTENT), NULL, &m, 1, 0);
	for (size_t i = 0; i < der.n; i++) {
		struct signed_data d;

		der.p[i] ^= 0x01;
		/* The name of the signer is not signed: another's key is
		 * looked up by it. */
		if (signed_parse(&d, buf_bytes(&der)) == SG_OK &&
		    bytes_eq(d.by[0].issuer,
		    buf_bytes(&s->cert->issuer_der)) &&
		    verified(&d, &d.by[0], s->key) == SG_OK)
			good++;
		der.p[i] ^= 0x01;
	}
	/* Serial number (16 or 17 bytes, from which the key follows), the
	 * list of digests and its parameters, versions. */
	assert_in_range(good, 1, 40);
}

static void
every_cut_is_refused(void **state)
{
	struct maker m = maker_of(*state);
	auto_done(buf) der = { 0 };
	struct signed_data d;

	maker_sign(&der, bytes_str(CONTENT), NULL, &m, 1, 0);
	for (size_t n = 0; n < der.n; n++)
		FAILS(SG_EFORMAT, signed_parse(&d, bytes_of(der.p, n)));
	OK(buf_add_u8(&der, 0));
	FAILS(SG_EFORMAT, signed_parse(&d, buf_bytes(&der)));
}

/* The same message with an empty SET of signers. */
static void
strip_signers(struct buf *out, struct bytes der)
{
	struct reader r = reader_of(der), v;
	struct bytes oid;

	r = reader_of(der_get(&r, DER_SEQUENCE));
	oid = der_get_whole(&r);
	OK(buf_add_bytes(out, oid));
	v = reader_of(der_get(&r, DER_EXPLICIT(0)));
	v = reader_of(der_get(&v, DER_SEQUENCE));
	for (size_t i = 0; i < 4; i++)
		OK(buf_add_bytes(out, der_get_whole(&v)));
	OK(buf_add(out, "\x31\x00", 2));
	OK(der_wrap(out, oid.n, DER_SEQUENCE));
	OK(der_wrap(out, oid.n, DER_EXPLICIT(0)));
	OK(der_wrap(out, 0, DER_SEQUENCE));
}

static void
what_proves_nothing_is_refused(void **state)
{
	struct maker m = maker_of(*state);
	auto_done(buf) der = { 0 }, none = { 0 };
	struct signed_data d;

	maker_sign(&der, bytes_str(CONTENT), NULL, &m, 1, CMS_DETACHED);
	FAILS_SAYING(SG_EFORMAT, "not in the message",
	    signed_parse(&d, buf_bytes(&der)));
	maker_sign(&der, bytes_str(CONTENT), NULL, &m, 1, 0);
	strip_signers(&none, buf_bytes(&der));
	FAILS_SAYING(SG_EFORMAT, "nobody signed",
	    signed_parse(&d, buf_bytes(&none)));
	m.flags = CMS_NOATTR;
	maker_sign(&der, bytes_str(CONTENT), NULL, &m, 1, 0);
	FAILS_SAYING(SG_EFORMAT, "no attributes",
	    signed_parse(&d, buf_bytes(&der)));
	m.flags = 0;
	maker_sign(&der, bytes_str(CONTENT), "1.2.3.4", &m, 1, 0);
	FAILS(SG_EUNSUPPORTED, signed_parse(&d, buf_bytes(&der)));
}

static void
old_digests_are_refused(void **state)
{
	struct maker m = maker_of(*state);
	const EVP_MD *mds[] = { EVP_sha1(), EVP_sha224() };
	struct signed_data d;

	for (size_t i = 0; i < 2; i++) {
		auto_done(buf) der = { 0 };

		m.md = mds[i];
		maker_sign(&der, bytes_str(CONTENT), NULL, &m, 1, 0);
		FAILS_SAYING(SG_EUNSUPPORTED, "SHA-256",
		    signed_parse(&d, buf_bytes(&der)));
	}
}

static void
many_signers_and_huge_messages_are_limits(void **state)
{
	struct maker m[SIGNED_BY_MAX + 1];
	auto_done(buf) der = { 0 }, huge = { 0 };
	struct signed_data d;
	uint8_t *at;

	for (size_t i = 0; i <= SIGNED_BY_MAX; i++) {
		m[i] = maker_of(*state);
		m[i].flags = CMS_NOCERTS;
	}
	maker_sign(&der, bytes_str(CONTENT), NULL, m, SIGNED_BY_MAX, 0);
	OK(signed_parse(&d, buf_bytes(&der)));
	assert_int_equal(d.count, SIGNED_BY_MAX);
	maker_sign(&der, bytes_str(CONTENT), NULL, m, SIGNED_BY_MAX + 1, 0);
	FAILS(SG_ELIMIT, signed_parse(&d, buf_bytes(&der)));
	OK(buf_extend(&huge, SIGNED_MAX + 1, &at));
	FAILS(SG_ELIMIT, signed_parse(&d, buf_bytes(&huge)));
}

/* The messageDigest is of the content that is there, not of another. */
static void
attributes_are_of_their_content(void **state)
{
	struct signing *s = *state;
	struct maker m = maker_of(s);
	auto_done(buf) a = { 0 }, b = { 0 };
	struct signed_data da, db;

	maker_sign(&a, bytes_str("one"), NULL, &m, 1, 0);
	maker_sign(&b, bytes_str("two"), NULL, &m, 1, 0);
	OK(signed_parse(&da, buf_bytes(&a)));
	OK(signed_parse(&db, buf_bytes(&b)));
	OK(verified(&da, &da.by[0], s->key));
	FAILS_SAYING(SG_EVERIFY, "not what was signed",
	    verified(&da, &db.by[0], s->key));
}

/* Empty SET, twice the digest: by hand, since nobody writes such. */
static void
odd_attributes_are_refused(void **state)
{
	struct maker m = maker_of(*state);
	auto_done(buf) der = { 0 };
	struct signed_data d;
	static const uint8_t digest_oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04 };
	uint8_t *at;

	maker_sign(&der, bytes_str(CONTENT), NULL, &m, 1, CMS_NOCERTS);
	at = memmem(der.p, der.n, digest_oid, sizeof(digest_oid));
	assert_non_null(at);
	at[sizeof(digest_oid) - 1] = 0x63;	/* nothing that is known */
	FAILS_SAYING(SG_EFORMAT, "no digest",
	    signed_parse(&d, buf_bytes(&der)));
	at[sizeof(digest_oid) - 1] = 0x03;	/* the content type again */
	FAILS_SAYING(SG_EFORMAT, "not there once",
	    signed_parse(&d, buf_bytes(&der)));
}

/* The bytes, of which there is one occurrence, with another last one. */
static void
change_last(struct buf *der, const char *bytes, size_t n, uint8_t last)
{
	uint8_t *at = memmem(der->p, der->n, bytes, n);

	assert_non_null(at);
	at[n - 1] = last;
}

static void
what_contradicts_itself_is_refused(void **state)
{
	struct maker m = maker_of(*state);
	auto_done(buf) type = { 0 }, digest = { 0 };
	struct signed_data d;

	m.flags = CMS_NOCERTS;
	maker_sign(&type, bytes_str(CONTENT), NULL, &m, 1, 0);
	OK(buf_set(&digest, buf_bytes(&type)));
	/* The signed attribute says another content type. */
	change_last(&type, "\x09\x03\x31\x0b\x06\x09\x2a\x86\x48\x86\xf7"
	    "\x0d\x01\x07\x01", 15, 0x02);
	FAILS_SAYING(SG_EFORMAT, "not the message's",
	    signed_parse(&d, buf_bytes(&type)));
	/* ecdsa-with-SHA384 beside SHA-256. */
	change_last(&digest, "\x2a\x86\x48\xce\x3d\x04\x03\x02", 8, 0x03);
	FAILS_SAYING(SG_EUNSUPPORTED, "two digests",
	    signed_parse(&d, buf_bytes(&digest)));
}

static void
a_name_that_is_there_twice_is_refused(void **state)
{
	struct maker m = maker_of(*state);
	auto_done(buf) der = { 0 }, twice = { 0 };
	auto_str none = NULL;
	struct signed_data d;

	m.requester = "CORP\\bob";
	maker_sign(&der, bytes_str(CONTENT), NULL, &m, 1, 0);
	OK(signed_parse(&d, buf_bytes(&der)));
	OK(signed_pair(&none, &d.by[0], "something"));
	assert_null(none);
	/* The same attributes once more behind themselves. */
	OK(buf_add_bytes(&twice, d.by[0].attrs));
	OK(buf_add_bytes(&twice, d.by[0].attrs));
	d.by[0].attrs = buf_bytes(&twice);
	FAILS_SAYING(SG_EFORMAT, "twice",
	    signed_pair(&none, &d.by[0], "requestername"));
}

static void
pki_data_is_read(void **state)
{
	struct maker m = maker_of(*state);
	auto_done(buf) data = { 0 }, der = { 0 };
	auto_str whom = NULL, *none = NULL;
	struct signed_data d;
	struct cmc c;

	maker_pki_data(&data, bytes_of("\x30\x00", 2),
	    "CertificateTemplate=User&RequesterName=CORP%5Cbob%20b&x");
	maker_sign(&der, buf_bytes(&data), PKI_DATA, &m, 1, 0);
	OK(signed_parse(&d, buf_bytes(&der)));
	assert_int_equal(d.type, SIGNED_PKI_DATA);
	OK(cmc_parse(&c, d.content));
	assert_int_equal(c.request.n, 2);
	OK(cmc_pair(&whom, &c, "requestername"));
	assert_string_equal(whom, "CORP\\bob b");
	OK(cmc_pair(&none, &c, "RequesterNam"));
	assert_null(none);
	for (size_t n = 0; n < data.n; n++)
		FAILS(SG_EFORMAT, cmc_parse(&c, bytes_of(data.p, n)));
}

static void
odd_pki_data_is_refused(void **state)
{
	auto_done(buf) data = { 0 };
	auto_str s = NULL;
	struct cmc c;

	(void)state;
	maker_pki_data(&data, bytes_of("\x30\x00", 2), "a=1&A=2&b=%00&c=%0a");
	OK(cmc_parse(&c, buf_bytes(&data)));
	FAILS_SAYING(SG_EFORMAT, "twice", cmc_pair(&s, &c, "a"));
	FAILS(SG_EFORMAT, cmc_pair(&s, &c, "b"));
	FAILS(SG_EFORMAT, cmc_pair(&s, &c, "c"));
	/* Two requests in one. */
	maker_pki_data(&data, bytes_of("\x30\x00\x30\x00", 4), NULL);
	FAILS(SG_EFORMAT, cmc_parse(&c, buf_bytes(&data)));
}

#define WITH_A_KEY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_alone_are_read_by_openssl),
		cmocka_unit_test(openssl_signs_and_we_verify),
		cmocka_unit_test(pss_is_verified),
		cmocka_unit_test(we_sign_and_openssl_verifies),
		WITH_A_KEY(a_changed_byte_is_found),
		WITH_A_KEY(every_cut_is_refused),
		WITH_A_KEY(what_proves_nothing_is_refused),
		WITH_A_KEY(old_digests_are_refused),
		WITH_A_KEY(many_signers_and_huge_messages_are_limits),
		WITH_A_KEY(attributes_are_of_their_content),
		WITH_A_KEY(odd_attributes_are_refused),
		WITH_A_KEY(what_contradicts_itself_is_refused),
		WITH_A_KEY(a_name_that_is_there_twice_is_refused),
		WITH_A_KEY(pki_data_is_read),
		cmocka_unit_test(odd_pki_data_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
