/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "crypto/pkey.h"
#include "pki/view.h"

static struct pkey *rsa, *ec;
static struct buf cert;

/* Version 3 with unique ids left out, an extension, a long serial number. */
static void
cert_make(void)
{
	X509 *x = X509_new();
	EVP_PKEY *k = pkey_evp(ec);
	uint8_t *der = NULL, serial[16] = { 0x80, 1, 2 };
	X509_NAME *n = X509_get_subject_name(x);
	int len;

	assert_int_equal(X509_set_version(x, 2), 1);
	assert_int_equal(ASN1_STRING_set(X509_get_serialNumber(x), serial,
	    sizeof(serial)), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
	    (const unsigned char *)"alice", -1, -1, 0), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notBefore(x),
	    "20260102030405Z"), 1);
	assert_int_equal(ASN1_TIME_set_string_X509(X509_getm_notAfter(x),
	    "99991231235959Z"), 1);
	assert_int_equal(X509_set_pubkey(x, k), 1);
	assert_true(X509_sign(x, k, EVP_sha256()) > 0);
	len = i2d_X509(x, &der);
	assert_true(len > 0);
	OK(buf_set(&cert, bytes_of(der, (size_t)len)));
	OPENSSL_free(der);
	EVP_PKEY_free(k);
	X509_free(x);
}

static int
start(void **state)
{
	(void)state;
	OK(pkey_new_rsa(&rsa, 2048));
	OK(pkey_new_p256(&ec));
	cert_make();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	pkey_free(rsa);
	pkey_free(ec);
	buf_done(&cert);
	return 0;
}

static void
a_certificate_shows_its_fields(void **state)
{
	static const uint8_t serial[] = { 2, 17, 0, 0x80, 1, 2 };
	auto_done(cert_view) v = { 0 };
	auto_done(buf) spki = { 0 };

	(void)state;
	OK(cert_view_read(buf_bytes(&cert), &v));
	assert_int_equal(v.serial.n, 19);
	assert_memory_equal(v.serial.p, serial, sizeof(serial));
	assert_true(bytes_eq(buf_bytes(&v.issuer), bytes_of("0", 2)));
	assert_int_equal(v.subject.n, 18);
	assert_string_equal(v.not_before, "20260102");
	assert_string_equal(v.not_after, "99991231");
	OK(pkey_spki(ec, &spki));
	assert_true(bytes_eq(buf_bytes(&v.spki), buf_bytes(&spki)));
}

static void
keys_show_their_numbers(void **state)
{
	auto_done(key_view) r = { 0 }, e = { 0 };
	auto_done(buf) a = { 0 }, b = { 0 }, octets = { 0 };
	uint8_t x[32], y[32];

	(void)state;
	OK(pkey_spki(rsa, &a));
	OK(key_view_read(buf_bytes(&a), &r));
	assert_int_equal(r.kind, KEY_RSA);
	assert_int_equal(r.modulus.n, 256);
	assert_true(bytes_eq(buf_bytes(&r.exponent), bytes_of("\1\0\1", 3)));
	OK(pkey_spki(ec, &b));
	OK(key_view_read(buf_bytes(&b), &e));
	OK(pkey_point(ec, x, y));
	assert_int_equal(e.kind, KEY_EC);
	assert_true(bytes_eq(buf_bytes(&e.curve),
	    bytes_of("\6\10\52\206\110\316\75\3\1\7", 10)));
	assert_int_equal(e.point.n, 65);
	assert_memory_equal(e.point.p + 1, x, 32);
	OK(octet_string(buf_bytes(&e.point), &octets));
	assert_int_equal(octets.n, 67);
	assert_memory_equal(octets.p, "\4\101\4", 3);
}

static void
damaged_der_is_refused_and_leaves_no_trace(void **state)
{
	auto_done(cert_view) v = { 0 };
	auto_done(key_view) k = { 0 };
	auto_done(buf) spki = { 0 };

	(void)state;
	ERR_clear_error();
	OK(pkey_spki(rsa, &spki));
	for (size_t n = 0; n < cert.n; n++)
		FAILS(SG_EFORMAT, cert_view_read(bytes_of(cert.p, n), &v));
	for (size_t n = 0; n < spki.n; n++)
		FAILS(SG_EFORMAT, key_view_read(bytes_of(spki.p, n), &k));
	OK(buf_add_u8(&spki, 0));
	FAILS(SG_EFORMAT, key_view_read(buf_bytes(&spki), &k));
	FAILS(SG_EFORMAT, key_view_read(buf_bytes(&cert), &k));
	FAILS(SG_EFORMAT, cert_view_read(buf_bytes(&spki), &v));
	assert_int_equal(ERR_peek_error(), 0);
}

/* What a host had in its queue of errors stays there. */
static void
the_hosts_errors_stay(void **state)
{
	auto_done(cert_view) v = { 0 };
	unsigned long before;

	(void)state;
	ERR_raise(ERR_LIB_USER, 42);
	before = ERR_peek_last_error();
	OK(cert_view_read(buf_bytes(&cert), &v));
	FAILS(SG_EFORMAT, cert_view_read(bytes_str("0"), &v));
	assert_int_equal(ERR_peek_last_error(), before);
	ERR_clear_error();
}

static void
odd_keys_are_refused(void **state)
{
	/* Ed25519; RSA with the modulus 0; EC with the curve left out. */
	static const uint8_t ed[] = { 0x30, 0x0a, 0x30, 5, 6, 3, 0x2b, 0x65,
		0x70, 3, 1, 0 };
	static const uint8_t zero[] = { 0x30, 0x1a, 0x30, 0x0d, 6, 9, 0x2a,
		0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0, 3, 9, 0, 0x30,
		6, 2, 1, 0, 2, 1, 3 };
	static const uint8_t bare[] = { 0x30, 0x10, 0x30, 9, 6, 7, 0x2a, 0x86,
		0x48, 0xce, 0x3d, 2, 1, 3, 3, 0, 4, 1 };
	auto_done(key_view) k = { 0 };

	(void)state;
	FAILS(SG_EUNSUPPORTED, key_view_read(bytes_of(ed, sizeof(ed)), &k));
	FAILS_SAYING(SG_EFORMAT, "modulus",
	    key_view_read(bytes_of(zero, sizeof(zero)), &k));
	FAILS(SG_EUNSUPPORTED, key_view_read(bytes_of(bare, sizeof(bare)), &k));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_shows_its_fields),
		cmocka_unit_test(keys_show_their_numbers),
		cmocka_unit_test(damaged_der_is_refused_and_leaves_no_trace),
		cmocka_unit_test(the_hosts_errors_stay),
		cmocka_unit_test(odd_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, start, end);
}
