/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "piv/tlv.h"

static struct reader
over(const char *text, size_t n)
{
	return reader_of(bytes_of(text, n));
}
#define OVER(text) over(text, sizeof(text) - 1)

static void
tags_of_one_two_and_three_bytes_are_read(void **state)
{
	struct reader r = OVER("\x53\x5f\x2f\x5f\xc1\x05\x7f\x49");

	(void)state;
	assert_int_equal(tlv_read_tag(&r), 0x53);
	assert_int_equal(tlv_read_tag(&r), 0x5f2f);
	assert_int_equal(tlv_read_tag(&r), 0x5fc105);
	assert_int_equal(tlv_read_tag(&r), 0x7f49);
	assert_true(reader_end(&r));
}

static void
a_tag_that_does_not_end_is_refused(void **state)
{
	struct reader four = OVER("\x5f\x81\x81\x01"), cut = OVER("\x5f\x81"),
	    none = OVER("");

	(void)state;
	assert_int_equal(tlv_read_tag(&four), 0);
	assert_true(four.failed);
	assert_int_equal(tlv_read_tag(&cut), 0);
	assert_true(cut.failed);
	assert_int_equal(tlv_read_tag(&none), 0);
	assert_true(none.failed);
}

static void
lengths_of_three_forms_are_read(void **state)
{
	struct reader r = OVER("\x81\x01x\x82\x81\x02yz\x83\x82\x00\x01q");
	struct tlv t = tlv_read(&r);

	(void)state;
	assert_int_equal(t.tag, 0x81);
	assert_true(bytes_eq(t.value, bytes_str("x")));
	t = tlv_read(&r);
	assert_true(bytes_eq(t.value, bytes_str("yz")));
	t = tlv_read(&r);
	assert_true(bytes_eq(t.value, bytes_str("q")));
	assert_true(reader_end(&r));
}

static void
lengths_beyond_the_input_or_of_other_forms_are_refused(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} bad[] = { { "\x81\x02x", 3 }, { "\x81\x81\xff", 3 },
		{ "\x81\x82\xff", 3 }, { "\x81\x80", 2 },
		{ "\x81\x83\x00\x00\x00", 5 }, { "\x81\xff", 2 },
		{ "\x81", 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reader r = over(bad[i].p, bad[i].n);
		struct tlv t = tlv_read(&r);

		assert_true(r.failed);
		assert_int_equal(t.tag, 0);
		assert_int_equal(t.value.n, 0);
	}
}

static void
what_is_written_is_read_again(void **state)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535 };
	static const uint32_t tags[] = { 0x53, 0x5f2f, 0x5fc105 };
	static const uint8_t zeros[65535];

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		auto_done(buf) b = { 0 };
		struct reader r;
		struct tlv t;

		OK(tlv_write(&b, tags[i % 3], bytes_of(zeros, sizes[i])));
		r = reader_of(buf_bytes(&b));
		t = tlv_read(&r);
		assert_true(reader_end(&r));
		assert_int_equal(t.tag, tags[i % 3]);
		assert_int_equal(t.value.n, sizes[i]);
	}
}

static void
what_is_too_long_is_not_written(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	FAILS(SG_ELIMIT, tlv_write_head(&b, 0x53, 65536));
	assert_int_equal(b.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_of_one_two_and_three_bytes_are_read),
		cmocka_unit_test(a_tag_that_does_not_end_is_refused),
		cmocka_unit_test(lengths_of_three_forms_are_read),
		cmocka_unit_test(
		    lengths_beyond_the_input_or_of_other_forms_are_refused),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(what_is_too_long_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
