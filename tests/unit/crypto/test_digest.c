/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "crypto/digest.h"

static void
digests_are_those_of_the_standard(void **state)
{
	/* FIPS 180-4 examples, message "abc". */
	static const struct {
		enum digest hash;
		const char *hex;
	} v[] = {
		{ DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad" },
		{ DIGEST_SHA384, "cb00753f45a35e8bb5a03d699ac65007"
		    "272c32ab0eded1631a8b605a43ff5bed"
		    "8086072ba1e7cc2358baeca134c825a7" },
	};
	uint8_t out[DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		auto_str hex = NULL;

		OK(digest_of(v[i].hash, bytes_str("abc"), out));
		OK(hex_encode(&hex, bytes_of(out, digest_size(v[i].hash))));
		assert_string_equal(hex, v[i].hex);
	}
}

static void
random_bytes_differ(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	OK(random_fill(a, sizeof(a)));
	OK(random_fill(b, sizeof(b)));
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
scrypt_matches_rfc_7914(void **state)
{
	/* RFC 7914 section 12, second vector. */
	static const char want[] =
	    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
	    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640";
	auto_done(secret) pass = { 0 }, out = { 0 };
	auto_str hex = NULL;

	(void)state;
	OK(secret_set(&pass, "password", 8));
	OK(secret_init(&out, 64));
	OK(scrypt_derive(&pass, bytes_str("NaCl"),
	    (struct scrypt_cost) { 1024, 8, 16 }, 64, &out));
	OK(hex_encode(&hex, secret_bytes(&out)));
	assert_string_equal(hex, want);
}

static void
scrypt_refuses_mad_costs(void **state)
{
	auto_done(secret) pass = { 0 }, out = { 0 };

	(void)state;
	OK(secret_set(&pass, "password", 8));
	OK(secret_init(&out, 32));
	FAILS(SG_EFORMAT, scrypt_derive(&pass, bytes_str("NaCl"),
	    (struct scrypt_cost) { 1000, 8, 1 }, 32, &out));
	FAILS(SG_ECRYPTO, scrypt_derive(&pass, bytes_str("NaCl"),
	    (struct scrypt_cost) { 1u << 30, 8, 1 }, 32, &out));
	FAILS(SG_EINTERNAL, scrypt_derive(&pass, bytes_str("NaCl"),
	    (struct scrypt_cost) { 1024, 8, 1 }, 33, &out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_those_of_the_standard),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(scrypt_matches_rfc_7914),
		cmocka_unit_test(scrypt_refuses_mad_costs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
