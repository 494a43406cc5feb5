/* SPDX-License-Identifier: BSD-2-Clause */
#include "crl_fixture.h"

#include "pki/print.h"

static size_t
count(const struct fields *f, const char *key)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += strcmp(f->v[i].key, key) == 0;
	return n;
}

static const char *
value(const struct fields *f, const char *key)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].key, key) == 0)
			return f->v[i].value;
	return NULL;
}

static void
is_a(struct bytes file, const char *type, size_t objects)
{
	auto_done(inspection) i = { 0 };

	OK(inspect(&i, file));
	assert_int_equal(i.n, objects);
	assert_string_equal(value(&i.v[0], "type"), type);
}

static void
every_kind_of_file_is_recognised(void **state)
{
	auto_done(authority) a = { 0 };
	auto_done(buf) bundle = { 0 }, req = { 0 }, req_pem = { 0 };
	auto_done(buf) crl = { 0 }, crl_text = { 0 };
	auto_done(csr_content) c;
	const struct fixture_revoked none = { 0 };

	(void)state;
	fixture_ca(&a, "CN=Root", -1, NULL);
	is_a(buf_bytes(&a.cert->der), "certificate", 1);
	OK(cert_pem(&bundle, a.cert));
	OK(cert_pem(&bundle, a.cert));
	is_a(buf_bytes(&bundle), "certificate", 2);
	csr_content_init(&c);
	OK(csr_build(&req, &c, DIGEST_SHA256, false, pkey_signer(a.key)));
	is_a(buf_bytes(&req), "request", 1);
	OK(csr_pem(&req_pem, buf_bytes(&req), true));
	is_a(buf_bytes(&req_pem), "request", 1);
	fixture_crl(&crl, &a, NOW + DAY, &none);
	is_a(buf_bytes(&crl), "crl", 1);
	fixture_crl_pem(&crl_text, buf_bytes(&crl));
	is_a(buf_bytes(&crl_text), "crl", 1);
}

static void
a_certificate_is_shown_by_its_fields(void **state)
{
	auto_done(authority) a = { 0 };
	auto_free(pkey) k = NULL;
	auto_free(cert) c = NULL;
	auto_done(fields) f = { 0 };
	auto_done(buf) text = { 0 };

	(void)state;
	fixture_ca(&a, "CN=Root", -1, NULL);
	OK(pkey_new_p256(&k));
	fixture_leaf(&c, "CN=alice", k, &a);
	OK(cert_fields(&f, c));
	assert_string_equal(value(&f, "subject"), "CN=alice");
	assert_string_equal(value(&f, "upn"), "alice@corp.example");
	assert_string_equal(value(&f, "not_after"),
	    "2025-06-16T15:06:40Z");
	assert_string_equal(value(&f, "key"), "EC P-256");
	assert_int_equal(count(&f, "eku"), 2);
	assert_string_equal(value(&f, "eku"), OID_SMARTCARD_LOGON);
	assert_null(value(&f, "sid"));
	OK(fields_text(&text, &f));
	assert_non_null(memmem(text.p, text.n, "Good for:              "
	    "Smart Card Logon (1.3.6.1.4.1.311.20.2.2)\n", 65));
}

static void
a_request_s_secret_is_not_shown(void **state)
{
	auto_free(pkey) k = NULL;
	auto_free(csr) r = NULL;
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 }, text = { 0 };
	auto_done(fields) f = { 0 };

	(void)state;
	csr_content_init(&c);
	OK(pkey_new_p256(&k));
	OK(str_dup(&c.challenge, "very-secret"));
	OK(csr_build(&der, &c, DIGEST_SHA256, false, pkey_signer(k)));
	OK(csr_parse(&r, buf_bytes(&der)));
	OK(csr_fields(&f, r));
	OK(fields_text(&text, &f));
	assert_string_equal(value(&f, "challenge"), "true");
	assert_string_equal(value(&f, "signature"), "good");
	assert_null(memmem(text.p, text.n, "very-secret", 11));
}

static void
foreign_text_cannot_steer_a_terminal(void **state)
{
	char value[] = "a\x1b[2Jb\nc";
	struct field v = { "subject", "Subject", value, NULL,
		FIELD_TEXT };
	const struct fields f = { &v, 1 };
	auto_done(buf) text = { 0 };

	(void)state;
	OK(fields_text(&text, &f));
	assert_true(bytes_eq(buf_bytes(&text),
	    bytes_str("Subject:               a?[2Jb?c\n")));
}

static void
other_files_are_none_of_it(void **state)
{
	auto_done(inspection) i = { 0 };

	(void)state;
	FAILS(SG_EFORMAT, inspect(&i, bytes_str("hello")));
	FAILS_SAYING(SG_EFORMAT, "neither a certificate",
	    inspect(&i, bytes_of("\x30\x03\x02\x01\x01", 5)));
	FAILS(SG_ELIMIT, inspect(&i, (struct bytes) { 0 }));
	assert_int_equal(i.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_file_is_recognised),
		cmocka_unit_test(a_certificate_is_shown_by_its_fields),
		cmocka_unit_test(a_request_s_secret_is_not_shown),
		cmocka_unit_test(foreign_text_cannot_steer_a_terminal),
		cmocka_unit_test(other_files_are_none_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
