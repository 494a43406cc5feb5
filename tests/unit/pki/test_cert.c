/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "base/text.h"

static void
a_certificate_is_taken_apart(void **state)
{
	auto_done(authority) root = { 0 };
	auto_free(pkey) k = NULL;
	auto_free(cert) c = NULL;
	auto_done(buf) spki = { 0 }, other = { 0 };
	auto_str label = NULL;
	uint8_t id[KEY_ID_LEN];

	(void)state;
	fixture_ca(&root, "CN=Root,DC=example", -1, NULL);
	OK(pkey_new_p256(&k));
	fixture_leaf(&c, "CN=alice,OU=Staff", k, &root);
	assert_string_equal(c->subject, "CN=alice,OU=Staff");
	assert_string_equal(c->issuer, "CN=Root,DC=example");
	assert_int_equal(strlen(c->serial), 2 * SERIAL_LEN);
	assert_true(c->not_before == NOW - DAY && c->not_after == NOW + DAY);
	assert_string_equal(c->ext.upn, "alice@corp.example");
	assert_int_equal(c->ext.key_usage, USAGE_DIGITAL_SIGNATURE);
	assert_true(cert_allows(c, OID_CLIENT_AUTH));
	assert_false(cert_allows(c, OID_SERVER_AUTH));
	assert_false(cert_self_issued(c));
	assert_true(cert_self_issued(root.cert));
	OK(pkey_spki(k, &spki));
	OK(pkey_spki(root.key, &other));
	assert_true(cert_fits(c, buf_bytes(&spki)));
	assert_false(cert_fits(c, buf_bytes(&other)));
	OK(spki_key_id(buf_bytes(&spki), id));
	assert_memory_equal(id, c->key_id, KEY_ID_LEN);
	OK(cert_label(&label, c));
	assert_string_equal(label, "alice");
}

static void
the_key_id_is_that_of_the_bits(void **state)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) spki = { 0 };
	uint8_t id[KEY_ID_LEN], want[DIGEST_MAX];

	(void)state;
	OK(pkey_new_p256(&k));
	OK(pkey_spki(k, &spki));
	/* RFC 5480: the 65 bytes of the point end the SPKI. */
	OK(digest_of(DIGEST_SHA1, bytes_of(spki.p + spki.n - 65, 65), want));
	OK(spki_key_id(buf_bytes(&spki), id));
	assert_memory_equal(id, want, KEY_ID_LEN);
}

static void
same_texts(const struct texts *a, const struct texts *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_string_equal(a->v[i], b->v[i]);
}

/* BER that is not DER is read by OpenSSL's templates; what it says is the
 * same. */
static void
both_ways_of_reading_see_the_same(void **state)
{
	static const uint8_t critical[] = { 0x01, 0x01, 0xff, 0x04 };
	auto_done(authority) root = { 0 };
	auto_free(pkey) k = NULL;
	auto_free(cert) c = NULL, *lax = NULL;
	auto_done(buf) der = { 0 }, a = { 0 }, b = { 0 };
	uint8_t *at;

	(void)state;
	fixture_ca(&root, "CN=Root,DC=example", -1, NULL);
	OK(pkey_new_p256(&k));
	fixture_leaf(&c, "CN=alice+OU=Staff,O=\\#1 \\\"x\\\"", k, &root);
	OK(buf_set(&der, buf_bytes(&c->der)));
	at = memmem(der.p, der.n, critical, sizeof(critical));
	assert_non_null(at);
	at[2] = 0x01;
	OK(cert_parse(&lax, buf_bytes(&der)));
	assert_string_equal(lax->subject, c->subject);
	assert_string_equal(lax->issuer, c->issuer);
	assert_string_equal(lax->serial, c->serial);
	assert_true(lax->not_before == c->not_before);
	assert_true(lax->not_after == c->not_after);
	assert_memory_equal(lax->key_id, c->key_id, KEY_ID_LEN);
	assert_true(bytes_eq(buf_bytes(&lax->spki), buf_bytes(&c->spki)));
	assert_true(bytes_eq(buf_bytes(&lax->subject_der),
	    buf_bytes(&c->subject_der)));
	assert_true(bytes_eq(buf_bytes(&lax->issuer_der),
	    buf_bytes(&c->issuer_der)));
	same_texts(&lax->ext.eku, &c->ext.eku);
	OK(extensions_encode(&a, &lax->ext));
	OK(extensions_encode(&b, &c->ext));
	assert_true(bytes_eq(buf_bytes(&a), buf_bytes(&b)));
}

/* Nor does one take what the other refuses. */
static void
broken_algorithms_are_refused(void **state)
{
	static const uint8_t alg[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
		0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
	static const struct { size_t at; uint8_t byte; } breaks[] = {
		{ 11, 0x82 },	/* a number that does not end */
		{ 10, 0x80 },	/* a zero in front */
		{ 3, 0x00 },	/* nothing, and something behind it */
		{ 3, 0x06 },	/* parameters that are cut off */
	};
	auto_done(authority) root = { 0 };
	auto_free(pkey) k = NULL;
	auto_free(cert) c = NULL;

	(void)state;
	fixture_ca(&root, "CN=Root,DC=example", -1, NULL);
	OK(pkey_new_p256(&k));
	fixture_leaf(&c, "CN=alice", k, &root);
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		auto_free(cert) broken = NULL;
		auto_done(buf) der = { 0 };
		uint8_t *at;

		OK(buf_set(&der, buf_bytes(&c->der)));
		at = memmem(der.p, der.n, alg, sizeof(alg));
		assert_non_null(at);
		at[breaks[i].at] = breaks[i].byte;
		FAILS(SG_EFORMAT, cert_parse(&broken, buf_bytes(&der)));
	}
}

static void
truncated_certificates_are_refused(void **state)
{
	auto_done(authority) root = { 0 };
	auto_free(cert) c = NULL;
	auto_done(buf) der = { 0 };

	(void)state;
	fixture_ca(&root, "CN=Root", -1, NULL);
	OK(buf_set(&der, buf_bytes(&root.cert->der)));
	for (size_t n = 0; n < der.n; n++)
		FAILS(SG_EFORMAT, cert_parse(&c, bytes_of(der.p, n)));
	OK(buf_add_u8(&der, 0));
	FAILS_SAYING(SG_EFORMAT, "1 bytes too many",
	    cert_parse(&c, buf_bytes(&der)));
	while (der.n <= CERT_MAX)
		OK(buf_add(&der, "0123456789abcdef", 16));
	FAILS(SG_ELIMIT, cert_parse(&c, buf_bytes(&der)));
	assert_null(c);
}

/* A certs-only SignedData of RFC 5652 around the two, written by hand. */
static void
pkcs7(struct buf *out, const struct cert *a, const struct cert *b)
{
	static const char head[] = "06092a864886f70d010702";
	static const char inner[] = "020101 3100 300b 06092a864886f70d010701";
	size_t certs = a->der.n + b->der.n;
	auto_done(buf) x = { 0 };

	for (const char *p = inner; *p != '\0'; p += 2) {
		char two[3] = { p[0], p[1], 0 };

		if (*p == ' ')
			p++, memcpy(two, p, 2);
		OK(hex_decode(&x, two));
	}
	OK(buf_add(&x, "\xa0\x82", 2));
	OK(buf_add_u16(&x, (uint16_t)certs));
	OK(buf_add_bytes(&x, buf_bytes(&a->der)));
	OK(buf_add_bytes(&x, buf_bytes(&b->der)));
	OK(buf_add(&x, "\x31\x00", 2));
	OK(buf_add(out, "\x30\x82", 2));
	OK(buf_add_u16(out, (uint16_t)(11 + 4 + 4 + x.n)));
	OK(hex_decode(out, head));
	OK(buf_add(out, "\xa0\x82", 2));
	OK(buf_add_u16(out, (uint16_t)(4 + x.n)));
	OK(buf_add(out, "\x30\x82", 2));
	OK(buf_add_u16(out, (uint16_t)x.n));
	OK(buf_add_bytes(out, buf_bytes(&x)));
}

static void
bundles_of_every_form_are_read(void **state)
{
	auto_done(authority) a = { 0 }, b = { 0 };
	auto_done(certs) pem = { 0 }, p7b = { 0 }, one = { 0 };
	auto_done(buf) text = { 0 }, der = { 0 };

	(void)state;
	fixture_ca(&a, "CN=A", -1, NULL);
	fixture_ca(&b, "CN=B", -1, NULL);
	OK(buf_add_str(&text, "some words before\n"));
	OK(cert_pem(&text, a.cert));
	OK(cert_pem(&text, b.cert));
	OK(certs_read(&pem, buf_bytes(&text)));
	assert_int_equal(pem.n, 2);
	assert_string_equal(pem.v[1]->subject, "CN=B");
	pkcs7(&der, a.cert, b.cert);
	OK(certs_read(&p7b, buf_bytes(&der)));
	assert_int_equal(p7b.n, 2);
	OK(certs_read(&one, buf_bytes(&a.cert->der)));
	assert_int_equal(one.n, 1);
}

static void
windows_labels_do_not_confuse(void **state)
{
	auto_done(authority) a = { 0 }, b = { 0 };
	auto_done(certs) l = { 0 };
	auto_done(buf) der = { 0 }, text = { 0 };
	auto_str b64 = NULL;

	(void)state;
	fixture_ca(&a, "CN=A", -1, NULL);
	fixture_ca(&b, "CN=B", -1, NULL);
	pkcs7(&der, a.cert, b.cert);
	OK(base64_encode(&b64, buf_bytes(&der)));
	OK(buf_add_str(&text, "-----BEGIN CERTIFICATE-----\r\n"));
	for (size_t i = 0; i < strlen(b64); i += 64)
		OK(buf_printf(&text, "%.64s\r\n", b64 + i));
	OK(buf_add_str(&text, "-----END CERTIFICATE-----\r\n"));
	OK(certs_read(&l, buf_bytes(&text)));
	assert_int_equal(l.n, 2);
}

static void
broken_bundles_add_nothing(void **state)
{
	auto_done(authority) a = { 0 };
	auto_done(certs) l = { 0 };
	auto_done(buf) text = { 0 }, flood = { 0 };

	(void)state;
	fixture_ca(&a, "CN=A", -1, NULL);
	FAILS(SG_ELIMIT, certs_read(&l, (struct bytes) { 0 }));
	FAILS_SAYING(SG_EFORMAT, "no certificate",
	    certs_read(&l, bytes_str("nothing here")));
	OK(cert_pem(&text, a.cert));
	OK(cert_pem(&text, a.cert));
	text.p[text.n - 40] = '!';
	FAILS(SG_EFORMAT, certs_read(&l, buf_bytes(&text)));
	for (int i = 0; i <= BUNDLE_COUNT_MAX; i++)
		OK(cert_pem(&flood, a.cert));
	FAILS(SG_ELIMIT, certs_read(&l, buf_bytes(&flood)));
	assert_int_equal(l.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_is_taken_apart),
		cmocka_unit_test(the_key_id_is_that_of_the_bits),
		cmocka_unit_test(both_ways_of_reading_see_the_same),
		cmocka_unit_test(broken_algorithms_are_refused),
		cmocka_unit_test(truncated_certificates_are_refused),
		cmocka_unit_test(bundles_of_every_form_are_read),
		cmocka_unit_test(windows_labels_do_not_confuse),
		cmocka_unit_test(broken_bundles_add_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
