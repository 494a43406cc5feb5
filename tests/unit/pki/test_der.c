/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <openssl/asn1.h>

#include "base/text.h"
#include "pki/der.h"

static void
is_hex(const struct buf *b, const char *hex)
{
	auto_str text = NULL;

	OK(hex_encode(&text, buf_bytes(b)));
	assert_string_equal(text, hex);
}

static void
numbers_are_written_shortest(void **state)
{
	static const struct {
		uint64_t v;
		const char *hex;
	} t[] = { { 0, "020100" }, { 127, "02017f" }, { 128, "02020080" },
		{ 255, "020200ff" }, { 256, "02020100" },
		{ UINT64_MAX, "020900ffffffffffffffff" } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_done(buf) b = { 0 };
		struct reader r;

		OK(der_put_u64(&b, t[i].v));
		is_hex(&b, t[i].hex);
		r = reader_of(buf_bytes(&b));
		assert_true(der_get_u64(&r) == t[i].v);
		assert_true(reader_end(&r));
	}
}

static void
lengths_are_written_shortest(void **state)
{
	static const struct {
		size_t n;
		const char *hex;
	} t[] = { { 0, "0400" }, { 127, "047f" }, { 128, "048180" },
		{ 255, "0481ff" }, { 256, "04820100" }, { 65535, "0482ffff" },
		{ 65536, "0483010000" } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_done(buf) b = { 0 }, x = { 0 };
		uint8_t *p;
		struct reader r;

		OK(buf_extend(&x, t[i].n, &p));
		OK(der_put(&b, DER_OCTETS, buf_bytes(&x)));
		r = reader_of(buf_bytes(&b));
		assert_int_equal(der_get(&r, DER_OCTETS).n, t[i].n);
		assert_true(reader_end(&r));
		b.n -= t[i].n;
		is_hex(&b, t[i].hex);
	}
}

/* Numbers that fit a machine's word, just or not, are written alike. */
static void
identifiers_of_any_length_are_written(void **state)
{
	static const struct { const char *oid, *hex; } t[] = {
		{ "0.39", "060127" }, { "1.0", "060128" }, { "2.0", "060150" },
		{ "2.5.29.17", "0603551d11" }, { "2.999", "06028837" },
		{ "1.3.6.1.4.1.311.25.2.1", "060a2b060104018237190201" },
		{ "2.72057594037927936", "0609818080808080808050" },
		{ "2.18446744073709551615",
		    "060a8280808080808080804f" },
		{ "2.5.18446744073709551616",
		    "060b5582808080808080808000" },
		{ "2.25.340282366920938463463374607431768211455",
		    "06146983ffffffffffffffffffffffffffffffffff7f" },
	};
	static const char *const bad[] = { "0.40", "1.40", "3.1", "1", "1.2.",
		"1..2", "0.18446744073709551616", "12.3" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		auto_done(buf) b = { 0 };

		OK(der_put_oid(&b, t[i].oid));
		is_hex(&b, t[i].hex);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_done(buf) b = { 0 };

		OK(buf_add_u8(&b, 7));
		FAILS(SG_EARG, der_put_oid(&b, bad[i]));
		is_hex(&b, "07");
	}
}

static void
dates_change_their_form_with_2050(void **state)
{
	static const int64_t times[] = { -631152000, -631152001, -1, 0,
		951827696, 2524607999, 2524608000, 253402300799 };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		ASN1_TIME *t = ASN1_TIME_set(NULL, times[i]);
		auto_done(buf) b = { 0 };
		uint8_t *p = NULL;
		int n = i2d_ASN1_TIME(t, &p);
		struct reader r;

		OK(der_put_time(&b, times[i]));
		assert_int_equal(b.n, n);
		assert_memory_equal(b.p, p, b.n);
		r = reader_of(buf_bytes(&b));
		assert_true(der_get_time(&r) == times[i]);
		assert_true(reader_end(&r));
		OPENSSL_free(p);
		ASN1_TIME_free(t);
	}
	auto_done(buf) b = { 0 };
	FAILS(SG_EARG, der_put_time(&b, 253402300800));
	FAILS(SG_EARG, der_put_generalized(&b, -62167219201));
}

static bool
integer_reads(const char *hex)
{
	auto_done(buf) b = { 0 };
	struct reader r;
	bool negative;

	OK(hex_decode(&b, hex));
	r = reader_of(buf_bytes(&b));
	(void)der_get_integer(&r, &negative);
	return reader_end(&r);
}

static void
what_is_not_der_is_refused(void **state)
{
	(void)state;
	assert_true(integer_reads("020100"));
	assert_true(integer_reads("0201ff"));
	assert_false(integer_reads("0200"));
	assert_false(integer_reads("02020001"));
	assert_false(integer_reads("0202ff80"));
	assert_false(integer_reads("02810101"));	/* long form of 1 */
	assert_false(integer_reads("0282008001"));
	assert_false(integer_reads("028001"));		/* indefinite */
	assert_false(integer_reads("0285010000000001"));
	assert_false(integer_reads("0202"));
	assert_false(integer_reads(""));
}

static bool
time_reads(const char *text, uint8_t tag)
{
	auto_done(buf) b = { 0 };
	struct reader r;

	OK(der_put(&b, tag, bytes_str(text)));
	r = reader_of(buf_bytes(&b));
	(void)der_get_time(&r);
	return reader_end(&r);
}

static void
dates_that_are_none_are_refused(void **state)
{
	(void)state;
	assert_true(time_reads("20240229235959Z", DER_GENERALIZED));
	assert_false(time_reads("20230229235959Z", DER_GENERALIZED));
	assert_false(time_reads("20240229236059Z", DER_GENERALIZED));
	assert_false(time_reads("20240229235959.5Z", DER_GENERALIZED));
	assert_false(time_reads("20240229235959", DER_GENERALIZED));
	assert_false(time_reads("2024022923595 Z", DER_GENERALIZED));
	assert_true(time_reads("240229235959Z", DER_UTC_TIME));
	assert_false(time_reads("2402292359Z", DER_UTC_TIME));
	assert_false(time_reads("", DER_UTC_TIME));
}

static enum sg_err
check_hex(const char *hex)
{
	auto_done(buf) b = { 0 };

	OK(hex_decode(&b, hex));
	return der_check(buf_bytes(&b));
}

static void
ber_is_told_from_der_at_any_depth(void **state)
{
	static const char *const good[] = { "0500", "3000", "30050403ff8180",
		"a003020101", "300730050201000500" };
	static const char *const bad[] = { "", "30", "0501", "30800000",
		"308100", "30030201", "3003308100", "300630800201000000",
		"30048001", "1f0100", "3107a0800201000000", "050005", "05000500" };
	auto_done(buf) deep = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		OK(check_hex(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(SG_EFORMAT, check_hex(bad[i]));
	for (int i = 0; i < DER_DEPTH_MAX; i++)
		OK(der_wrap(&deep, 0, DER_SEQUENCE));
	OK(der_check(buf_bytes(&deep)));
	OK(der_wrap(&deep, 0, DER_SEQUENCE));
	FAILS(SG_EFORMAT, der_check(buf_bytes(&deep)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_written_shortest),
		cmocka_unit_test(lengths_are_written_shortest),
		cmocka_unit_test(identifiers_of_any_length_are_written),
		cmocka_unit_test(dates_change_their_form_with_2050),
		cmocka_unit_test(what_is_not_der_is_refused),
		cmocka_unit_test(ber_is_told_from_der_at_any_depth),
		cmocka_unit_test(dates_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
