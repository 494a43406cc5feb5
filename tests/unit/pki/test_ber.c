/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "pki/ber.h"
#include "pki/der.h"

static void
becomes(const char *in, const char *want)
{
	auto_done(buf) ber = { 0 }, der = { 0 };
	auto_str got = NULL;
	enum sg_err e;

	OK(hex_decode(&ber, in));
	if ((e = ber_to_der(&der, buf_bytes(&ber))) != SG_OK)
		fail_msg("%s: %s", in, sg_note(e));
	OK(hex_encode(&got, buf_bytes(&der)));
	assert_string_equal(got, want);
}

static void
refused(const char *in)
{
	auto_done(buf) ber = { 0 }, der = { 0 };

	OK(hex_decode(&ber, in));
	if (ber_to_der(&der, buf_bytes(&ber)) != SG_EFORMAT)
		fail_msg("%s is not refused", in);
}

static void
der_stays_as_it_is(void **state)
{
	(void)state;
	becomes("3000", "3000");
	becomes("0500", "0500");
	becomes("30060201000401ff", "30060201000401ff");
	becomes("a003020102", "a003020102");
	becomes("3106020102020101", "3106020102020101");
}

static void
values_without_a_length_get_one(void **state)
{
	(void)state;
	becomes("30800000", "3000");
	becomes("308002010030800401ff00000000", "300802010030030401ff");
	becomes("a080020102" "0000", "a003020102");
	becomes("30800500" "3180" "0000" "0000", "300405003100");
}

static void
lengths_become_the_shortest(void **state)
{
	(void)state;
	becomes("308103020100", "3003020100");
	becomes("3084000000040281" "0100", "3003020100");
}

static void
pieces_become_one_octet_string(void **state)
{
	(void)state;
	becomes("2480" "0401aa" "0402bbcc" "0000", "0403aabbcc");
	becomes("2403" "0401aa", "0401aa");
	becomes("2480" "2480" "0401aa" "0000" "0401bb" "0000", "0402aabb");
	becomes("24800000", "0400");
	becomes("3080" "2480" "0401aa" "0000" "0000", "30030401aa");
	/* What is inside of one is not looked at. */
	becomes("2480" "04023080" "0000", "04023080");
}

static void
what_is_malformed_is_refused(void **state)
{
	static const char *const bad[] = { "", "30", "3001", "3080", "308000",
		"30800201", "0480" "0000",	/* primitive without length */
		"300000",			/* bytes behind */
		"0000",				/* an end without beginning */
		"30020000",
		"2480" "020100" "0000",		/* a piece of another type */
		"2480" "3080" "0000" "0000",
		"1f810100",			/* a tag of several octets */
		"30ff00", "3089010000000000000000" "00",
		"3088ffffffffffffffff" "00", "04840fffffff" "00" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i]);
}

static void
depth_is_a_limit(void **state)
{
	static const uint8_t open[] = { 0x30, 0x80 }, close[2];

	(void)state;
	for (size_t depth = 1; depth <= 2 * BER_DEPTH_MAX; depth++) {
		auto_done(buf) ber = { 0 }, der = { 0 };
		enum sg_err e;

		for (size_t i = 0; i < depth; i++)
			OK(buf_add(&ber, open, 2));
		for (size_t i = 0; i < depth; i++)
			OK(buf_add(&ber, close, 2));
		e = ber_to_der(&der, buf_bytes(&ber));
		assert_int_equal(e, depth <= BER_DEPTH_MAX ? SG_OK
		    : SG_EFORMAT);
		if (e == SG_OK)
			OK(der_check(buf_bytes(&der)));
	}
}

/* A hundred thousand openings cost no stack. */
static void
a_flood_of_openings_is_refused(void **state)
{
	auto_done(buf) ber = { 0 }, der = { 0 };
	uint8_t *at;

	(void)state;
	OK(buf_extend(&ber, 200000, &at));
	for (size_t i = 0; i < ber.n; i += 2) {
		at[i] = 0x24;
		at[i + 1] = 0x80;
	}
	FAILS(SG_EFORMAT, ber_to_der(&der, buf_bytes(&ber)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(der_stays_as_it_is),
		cmocka_unit_test(values_without_a_length_get_one),
		cmocka_unit_test(lengths_become_the_shortest),
		cmocka_unit_test(pieces_become_one_octet_string),
		cmocka_unit_test(what_is_malformed_is_refused),
		cmocka_unit_test(depth_is_a_limit),
		cmocka_unit_test(a_flood_of_openings_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
