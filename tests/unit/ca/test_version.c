/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "ca/issue.h"
#include "ca/urls.h"

#define NOW	((int64_t)1750000000)

static void
makes(const char *hex, unsigned index, unsigned key)
{
	struct ca_version v = { index, key }, back;
	struct extensions x;
	auto_str made = NULL;
	bool there;

	extensions_init(&x);
	OK(ca_version_add(&x, &v, NULL));
	assert_int_equal(x.raw_count, 1);
	assert_string_equal(x.raw[0].oid, "1.3.6.1.4.1.311.21.1");
	assert_false(x.raw[0].critical);
	OK(hex_encode(&made, buf_bytes(&x.raw[0].der)));
	assert_string_equal(made, hex);
	OK(ca_version_read(&back, &there, &x));
	assert_true(there && back.index == index && back.key == key);
	extensions_done(&x);
}

static void
versions_are_numbers_as_ad_cs_writes_them(void **state)
{
	(void)state;
	makes("020100", 0, 0);
	makes("020101", 1, 0);
	makes("0203020002", 2, 2);
	makes("0203020003", 3, 2);
	makes("020400ff00ff", 255, 255);
}

static void
reads(enum sg_err code, const char *hex)
{
	struct extensions x;
	struct ca_version v;
	auto_done(buf) der = { 0 };
	bool there;

	extensions_init(&x);
	OK(hex_decode(&der, hex));
	OK(extensions_add_raw(&x, "1.3.6.1.4.1.311.21.1", false,
	    buf_bytes(&der)));
	FAILS(code, ca_version_read(&v, &there, &x));
	extensions_done(&x);
}

static void
other_versions_are_refused(void **state)
{
	(void)state;
	reads(SG_EFORMAT, "");
	reads(SG_EFORMAT, "0201ff");
	reads(SG_EFORMAT, "0400");
	reads(SG_EFORMAT, "02010000");
	reads(SG_EFORMAT, "02050100000000");
	reads(SG_OK, "020500ffffffff");
}

/* A CA's certificate for the key, of that version. */
static void
ca_of(struct cert **out, struct pkey *k, const struct ca_next *n)
{
	const struct ca_plan p = { "CN=Issuing CA", 0, NOW, 100 };

	OK(ca_make_next(out, &p, n, pkey_signer(k), NULL));
}

static void
a_renewal_names_the_one_before(void **state)
{
	auto_free(pkey) k = NULL;
	auto_free(cert) first = NULL, *next = NULL;
	struct ca_next n = { { 1, 0 }, NULL };
	uint8_t hash[DIGEST_MAX];
	const struct raw_ext *e;

	(void)state;
	OK(pkey_new_p256(&k));
	ca_of(&first, k, NULL);
	assert_int_equal(first->ext.raw_count, 1);
	n.previous = first;
	ca_of(&next, k, &n);
	assert_int_equal(next->ext.raw_count, 2);
	e = &next->ext.raw[1];
	assert_string_equal(e->oid, "1.3.6.1.4.1.311.21.2");
	OK(digest_of(DIGEST_SHA1, buf_bytes(&first->der), hash));
	assert_int_equal(e->der.n, 22);
	assert_memory_equal(e->der.p, "\x04\x14", 2);
	assert_memory_equal(e->der.p + 2, hash, 20);
}

static void
the_same_key_keeps_its_identifier(void **state)
{
	auto_free(pkey) k = NULL, *other = NULL;
	auto_free(cert) first = NULL, *same = NULL, *fresh = NULL;
	struct ca_next n = { { 1, 0 }, NULL };

	(void)state;
	OK(pkey_new_p256(&k));
	OK(pkey_new_p256(&other));
	ca_of(&first, k, NULL);
	/* As if another CA had chosen it. */
	OK(buf_set(&first->ext.ski, bytes_str("chosen")));
	n.previous = first;
	ca_of(&same, k, &n);
	assert_true(bytes_eq(buf_bytes(&same->ext.ski),
	    bytes_str("chosen")));
	assert_true(bytes_eq(buf_bytes(&same->subject_der),
	    buf_bytes(&first->subject_der)));
	n.version = (struct ca_version) { 1, 1 };
	ca_of(&fresh, other, &n);
	assert_true(bytes_eq(buf_bytes(&fresh->ext.ski),
	    bytes_of(fresh->key_id, KEY_ID_LEN)));
}

static void
a_request_brings_its_version(void **state)
{
	struct extensions from, to;
	struct ca_version v = { 3, 2 }, got;
	bool there;

	(void)state;
	extensions_init(&from);
	extensions_init(&to);
	OK(ca_version_copy(&to, &from));
	assert_int_equal(to.raw_count, 0);
	OK(ca_version_add(&from, &v, NULL));
	OK(extensions_add_raw(&from, "1.3.6.1.4.1.311.21.2", true,
	    bytes_str("\x04\x03" "abc")));
	FAILS_SAYING(SG_EFORMAT, "hash is none", ca_version_copy(&to, &from));
	extensions_done(&to);
	extensions_init(&to);
	OK(buf_set(&from.raw[1].der,
	    bytes_str("\x04\x14" "01234567890123456789")));
	OK(ca_version_copy(&to, &from));
	assert_int_equal(to.raw_count, 2);
	assert_false(to.raw[1].critical);
	OK(ca_version_read(&got, &there, &to));
	assert_true(there && got.index == 3 && got.key == 2);
	extensions_done(&from);
	extensions_done(&to);
}

static void
becomes(const char *url, unsigned index, unsigned key, const char *want)
{
	const struct ca_version v = { index, key };
	auto_done(texts) in = { 0 }, out = { 0 };

	OK(texts_add(&in, url));
	OK(ca_urls_expand(&out, &in, &v));
	assert_int_equal(out.n, 1);
	assert_string_equal(out.v[0], want);
}

static void
words_in_urls_are_replaced(void **state)
{
	(void)state;
	becomes("http://a/issuing%8.crl", 0, 0, "http://a/issuing.crl");
	becomes("http://a/issuing%8.crl", 3, 2, "http://a/issuing(2).crl");
	becomes("http://a/issuing%4.crt", 3, 2, "http://a/issuing(3).crt");
	becomes("http://a/<CertificateName>/<CRLNameSuffix>", 3, 2,
	    "http://a/(3)/(2)");
	becomes("http://a/x%8", 1, 1, "http://a/x(1)");
	/* A byte of a URL, not a word. */
	becomes("ldap:///CN=a%40b,CN=%89?x", 1, 1,
	    "ldap:///CN=a%40b,CN=%89?x");
	becomes("http://a/%20.crl", 1, 1, "http://a/%20.crl");
}

static void
other_words_are_refused(void **state)
{
	(void)state;
	FAILS_SAYING(SG_EARG, "%8", ca_url_check("http://%1/a.crl"));
	FAILS_SAYING(SG_EARG, "%8", ca_url_check("http://a/%3%8%9.crl"));
	FAILS_SAYING(SG_EARG, "%8", ca_url_check("http://a/<CaName>.crl"));
	FAILS_SAYING(SG_EARG, "%8", ca_url_check("http://a/%"));
	FAILS(SG_EARG, ca_url_check("issuing.crl"));
	FAILS(SG_EARG, ca_url_check("http://a/b c"));
	OK(ca_url_check("http://a/b%20c%8.crl"));
	assert_true(ca_url_has("http://a/b%8.crl", CA_URL_CRL));
	assert_false(ca_url_has("http://a/b%8.crl", CA_URL_CERT));
	assert_false(ca_url_has("http://a/b%89.crl", CA_URL_CRL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_numbers_as_ad_cs_writes_them),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(a_renewal_names_the_one_before),
		cmocka_unit_test(the_same_key_keeps_its_identifier),
		cmocka_unit_test(a_request_brings_its_version),
		cmocka_unit_test(words_in_urls_are_replaced),
		cmocka_unit_test(other_words_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
