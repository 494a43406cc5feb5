/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"

static void
base64_round_trips(void **state)
{
	uint8_t in[64];

	(void)state;
	for (size_t n = 0; n < sizeof(in); n++) {
		auto_done(buf) back = { 0 };
		auto_str text = NULL;

		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)(i * 37 + n);
		OK(base64_encode(&text, bytes_of(in, n)));
		OK(base64_decode(&back, bytes_str(text)));
		assert_true(bytes_eq(buf_bytes(&back), bytes_of(in, n)));
	}
}

static void
bad_base64_is_refused(void **state)
{
	/* RFC 4648 3.5: stray bits; and every place for a wrong '='. */
	static const char *const bad[] = { "A", "AB", "ABC", "A===", "=AAA",
		"AB=A", "AA==AAAA", "AB==", "AAB=", "A*AA", "====" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_done(buf) out = { 0 };

		FAILS(SG_EFORMAT, base64_decode(&out, bytes_str(bad[i])));
	}
}

static void
hex_round_trips_and_refuses(void **state)
{
	auto_done(buf) out = { 0 };
	auto_str text = NULL;

	(void)state;
	OK(hex_decode(&out, "00ffA1"));
	OK(hex_encode(&text, buf_bytes(&out)));
	assert_string_equal(text, "00ffa1");
	FAILS(SG_EFORMAT, hex_decode(&out, "0"));
	FAILS(SG_EFORMAT, hex_decode(&out, "0g"));
}

static void
numbers_are_whole_and_in_range(void **state)
{
	long long v = 0;

	(void)state;
	OK(number_parse(&v, "-3", -5, 5, "tries"));
	assert_int_equal(v, -3);
	FAILS_SAYING(SG_EARG, "tries: '6'", number_parse(&v, "6", 0, 5, "tries"));
	FAILS(SG_EARG, number_parse(&v, "", 0, 5, "tries"));
	FAILS(SG_EARG, number_parse(&v, "1x", 0, 5, "tries"));
	FAILS(SG_EARG, number_parse(&v, "99999999999999999999", 0, 5, "tries"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_round_trips),
		cmocka_unit_test(bad_base64_is_refused),
		cmocka_unit_test(hex_round_trips_and_refuses),
		cmocka_unit_test(numbers_are_whole_and_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
