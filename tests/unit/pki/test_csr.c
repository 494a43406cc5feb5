/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <openssl/x509.h>

#include "base/text.h"
#include "pki/csr.h"
#include "pki/name.h"

static void
openssl_reads(const struct csr *r)
{
	const uint8_t *p = r->der.p;
	X509_REQ *q = d2i_X509_REQ(NULL, &p, (long)r->der.n);
	uint8_t *again = NULL;
	const X509_NAME *name;
	int n;

	assert_non_null(q);
	assert_true(p == r->der.p + r->der.n);
	name = X509_REQ_get_subject_name(q);
	n = i2d_X509_NAME(name, &again);
	assert_true(n > 0 && bytes_eq(bytes_of(again, (size_t)n),
	    buf_bytes(&r->content.subject)));
	OPENSSL_free(again);
	again = NULL;
	n = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(q), &again);
	assert_true(n > 0 && bytes_eq(bytes_of(again, (size_t)n),
	    buf_bytes(&r->spki)));
	OPENSSL_free(again);
	X509_REQ_free(q);
}

static void
content_fill(struct csr_content *c)
{
	csr_content_init(c);
	OK(name_parse(&c->subject, "CN=alice@corp.example"));
	OK(str_dup(&c->ext.upn, "alice@corp.example"));
	OK(texts_add(&c->ext.eku, OID_SMARTCARD_LOGON));
	OK(texts_add(&c->ext.eku, OID_CLIENT_AUTH));
	c->ext.key_usage = USAGE_DIGITAL_SIGNATURE;
	c->ext.key_usage_critical = true;
	OK(str_dup(&c->ext.template_name, "SmartcardLogon"));
	OK(csr_content_add_pair(c, "CertificateTemplate", "SmartcardLogon"));
	OK(str_dup(&c->os_version, "10.0.19045.2"));
	OK(str_dup(&c->provider, "Microsoft Passport Key Storage Provider"));
	c->client.id = 9;
	OK(str_dup(&c->client.machine, "pc1.corp.example"));
	OK(str_dup(&c->client.user, "CORP\\alice"));
	OK(str_dup(&c->client.process, "certreq"));
	OK(str_dup(&c->challenge, "one-time"));
}

static void
build(struct buf *der, struct pkey *k, bool pss)
{
	auto_done(csr_content) c;

	content_fill(&c);
	OK(csr_build(der, &c, DIGEST_SHA256, pss, pkey_signer(k)));
}

static bool
has(const struct buf *der, const char *hex)
{
	auto_done(buf) want = { 0 };

	OK(hex_decode(&want, hex));
	return memmem(der->p, der->n, want.p, want.n) != NULL;
}

static void
what_is_built_is_read_back(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		auto_free(pkey) k = NULL;
		auto_free(csr) r = NULL;
		auto_done(buf) der = { 0 }, spki = { 0 };

		OK(kind > 0 ? pkey_new_rsa(&k, 2048) : pkey_new_p256(&k));
		build(&der, k, kind == 2);
		OK(csr_parse(&r, buf_bytes(&der)));
		OK(csr_verify(r));
		OK(pkey_spki(k, &spki));
		assert_true(bytes_eq(buf_bytes(&spki), buf_bytes(&r->spki)));
		assert_string_equal(r->subject, "CN=alice@corp.example");
		assert_string_equal(r->content.ext.upn, "alice@corp.example");
		assert_string_equal(csr_content_pair(&r->content,
		    "certificatetemplate"), "SmartcardLogon");
		assert_string_equal(r->content.os_version, "10.0.19045.2");
		assert_string_equal(r->content.client.user, "CORP\\alice");
		assert_string_equal(r->content.challenge, "one-time");
		assert_int_equal(r->content.key_spec, 0);
		assert_int_equal(r->other_attrs.n, 0);
	}
}

/* adcs.md section 7. */
static void
attributes_are_as_windows_writes_them(void **state)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 };

	(void)state;
	OK(pkey_new_p256(&k));
	build(&der, k, false);
	assert_true(has(&der, "301C060A2B0601040182370D0203310E160C31302E302E"
	    "31393034352E32"));
	assert_true(has(&der, "30560201001E4E004D006900630072006F0073006F0066"
	    "0074002000500061007300730070006F007200740020004B0065007900200053"
	    "0074006F0072006100670065002000500072006F007600690064006500720301"
	    "00"));
	assert_true(has(&der, "302A0201090C107063312E636F72702E6578616D706C65"
	    "0C0A434F52505C616C6963650C0763657274726571"));
	assert_true(has(&der, "1E1C0053006D0061007200740063006100720064004C00"
	    "6F0067006F006E"));
}

static void
a_changed_request_is_not_believed(void **state)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 };
	uint8_t *upn;

	(void)state;
	OK(pkey_new_p256(&k));
	build(&der, k, false);
	upn = memmem(der.p, der.n, "alice@corp", 10);
	assert_non_null(upn);
	do {
		auto_free(csr) r = NULL;

		*upn ^= 1;
		OK(csr_parse(&r, buf_bytes(&der)));
		FAILS(SG_EVERIFY, csr_verify(r));
		*upn ^= 1;
		upn = memmem(upn + 1, (size_t)(der.p + der.n - upn - 1),
		    "alice@corp", 10);
	} while (upn != NULL);
}

static void
old_digests_are_not_accepted(void **state)
{
	auto_free(pkey) k = NULL;
	auto_free(csr) r = NULL, *pss = NULL;
	auto_done(buf) der = { 0 }, second = { 0 };
	auto_done(csr_content) c;

	(void)state;
	content_fill(&c);
	OK(pkey_new_rsa(&k, 2048));
	OK(csr_build(&der, &c, DIGEST_SHA1, false, pkey_signer(k)));
	OK(csr_parse(&r, buf_bytes(&der)));
	FAILS_SAYING(SG_EUNSUPPORTED, "sha1", csr_verify(r));
	OK(csr_build(&second, &c, DIGEST_SHA1, true, pkey_signer(k)));
	OK(csr_parse(&pss, buf_bytes(&second)));
	FAILS_SAYING(SG_EUNSUPPORTED, "sha1", csr_verify(pss));
}

/* As csr_verify() says it, with a verifier that has seen other keys. */
static void
proving_says_what_verifying_says(void **state)
{
	auto_free(verifier) v = NULL;

	(void)state;
	OK(verifier_new(&v));
	for (int kind = 0; kind < 9; kind++) {
		auto_free(pkey) k = NULL;
		auto_done(buf) der = { 0 };

		OK(kind % 3 > 0 ? pkey_new_rsa(&k, 2048) : pkey_new_p256(&k));
		build(&der, k, kind % 3 == 2);
		for (size_t back = 0; back < der.n; back += der.n / 20) {
			auto_free(csr) r = NULL, *same = NULL;

			/* Not a byte in the first round. */
			der.p[der.n - back - (back == 0)] ^=
			    back == 0 ? 0 : 4;
			if (csr_parse(&r, buf_bytes(&der)) == SG_OK) {
				OK(csr_parse(&same, buf_bytes(&der)));
				assert_int_equal(csr_prove(r, v),
				    csr_verify(same));
				assert_int_equal(csr_verify(r),
				    csr_verify(same));
				assert_true(r->proven == (back == 0 &&
				    kind % 3 != 2));
			}
			der.p[der.n - back - (back == 0)] ^=
			    back == 0 ? 0 : 4;
		}
	}
}

static void
truncated_and_prolonged_requests_are_refused(void **state)
{
	auto_free(pkey) k = NULL;
	auto_free(csr) r = NULL;
	auto_done(buf) der = { 0 };

	(void)state;
	OK(pkey_new_p256(&k));
	build(&der, k, false);
	for (size_t n = 0; n < der.n; n++)
		FAILS(SG_EFORMAT, csr_parse(&r, bytes_of(der.p, n)));
	OK(buf_add_u8(&der, 0x30));
	FAILS(SG_EFORMAT, csr_parse(&r, buf_bytes(&der)));
	while (der.n <= CSR_MAX)
		OK(buf_add(&der, "0123456789abcdef", 16));
	FAILS(SG_ELIMIT, csr_parse(&r, buf_bytes(&der)));
	assert_null(r);
}

static void
same_request(const struct csr *a, const struct csr *b)
{
	auto_done(buf) x = { 0 }, y = { 0 };

	assert_string_equal(a->subject, b->subject);
	assert_true(bytes_eq(buf_bytes(&a->content.subject),
	    buf_bytes(&b->content.subject)));
	assert_true(bytes_eq(buf_bytes(&a->spki), buf_bytes(&b->spki)));
	assert_memory_equal(a->key_id, b->key_id, sizeof(a->key_id));
	assert_string_equal(a->content.os_version, b->content.os_version);
	assert_string_equal(a->content.provider, b->content.provider);
	assert_int_equal(a->content.key_spec, b->content.key_spec);
	assert_string_equal(a->content.client.user, b->content.client.user);
	assert_string_equal(a->content.challenge, b->content.challenge);
	assert_string_equal(csr_content_pair(&a->content,
	    "CertificateTemplate"), csr_content_pair(&b->content,
	    "CertificateTemplate"));
	OK(extensions_encode(&x, &a->content.ext));
	OK(extensions_encode(&y, &b->content.ext));
	assert_true(bytes_eq(buf_bytes(&x), buf_bytes(&y)));
}

/* A signature with PSS has parameters that only OpenSSL's templates read. */
static void
both_ways_of_reading_see_the_same(void **state)
{
	auto_free(pkey) k = NULL;
	auto_free(csr) plain = NULL, *other = NULL;
	auto_done(buf) der = { 0 }, pss = { 0 };

	(void)state;
	OK(pkey_new_rsa(&k, 2048));
	build(&der, k, false);
	build(&pss, k, true);
	OK(csr_parse(&plain, buf_bytes(&der)));
	OK(csr_parse(&other, buf_bytes(&pss)));
	same_request(plain, other);
}

/* A byte changed anywhere: what we read, OpenSSL reads too, as the same. */
static void
nothing_is_read_that_openssl_does_not(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x02, 0x20, 0x80, 0xff };
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 };
	unsigned both = 0;

	(void)state;
	OK(pkey_new_p256(&k));
	build(&der, k, false);
	for (size_t at = 0; at < der.n * sizeof(masks); at++) {
		uint8_t *p = der.p + at / sizeof(masks);
		uint8_t mask = masks[at % sizeof(masks)];
		auto_free(csr) r = NULL;

		*p ^= mask;
		if (csr_parse(&r, buf_bytes(&der)) == SG_OK) {
			openssl_reads(r);
			both++;
		}
		*p ^= mask;
	}
	assert_true(both > der.n);
}

static void
both_pem_labels_are_read(void **state)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) der = { 0 };

	(void)state;
	OK(pkey_new_p256(&k));
	build(&der, k, false);
	for (int windows = 0; windows < 2; windows++) {
		auto_free(csr) r = NULL;
		auto_done(buf) pem = { 0 };

		OK(csr_pem(&pem, buf_bytes(&der), windows == 1));
		OK(csr_read(&r, buf_bytes(&pem)));
		assert_true(bytes_eq(buf_bytes(&r->der), buf_bytes(&der)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_built_is_read_back),
		cmocka_unit_test(attributes_are_as_windows_writes_them),
		cmocka_unit_test(a_changed_request_is_not_believed),
		cmocka_unit_test(old_digests_are_not_accepted),
		cmocka_unit_test(proving_says_what_verifying_says),
		cmocka_unit_test(truncated_and_prolonged_requests_are_refused),
		cmocka_unit_test(both_ways_of_reading_see_the_same),
		cmocka_unit_test(nothing_is_read_that_openssl_does_not),
		cmocka_unit_test(both_pem_labels_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
