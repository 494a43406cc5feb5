/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "piv/apdu.h"

static struct buf
hex(const char *text)
{
	struct buf b = { 0 };

	OK(hex_decode(&b, text));
	return b;
}

struct expected {
	const char *apdu;
	size_t data;
	bool has_le;
	size_t le;
};

static void
every_case_of_a_command_is_read(void **state)
{
	static const struct expected all[] = {
		{ "00200080", 0, false, 256 },
		{ "0020008000", 0, true, 256 },
		{ "00c0000008", 0, true, 8 },
		{ "00200080020102", 2, false, 256 },
		{ "0020008002010200", 2, true, 256 },
		{ "00200080020102ff", 2, true, 255 },
		{ "00cb3fff000000", 0, true, 65536 },
		{ "00cb3fff000100", 0, true, 256 },
		{ "00cb3fff0000020102", 2, false, 256 },
		{ "00cb3fff00000201020000", 2, true, 65536 },
		{ "00cb3fff00000201020400", 2, true, 1024 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		auto_done(buf) b = hex(all[i].apdu);
		struct apdu a = { 0 };

		OK(apdu_read(buf_bytes(&b), &a));
		assert_int_equal(a.cla, b.p[0]);
		assert_int_equal(a.ins, b.p[1]);
		assert_int_equal(a.p1, b.p[2]);
		assert_int_equal(a.p2, b.p[3]);
		assert_int_equal(a.data.n, all[i].data);
		assert_int_equal(a.has_le, all[i].has_le);
		assert_int_equal(a.le, all[i].le);
	}
}

static void
lengths_that_do_not_fit_are_refused(void **state)
{
	static const char *const all[] = { "", "00", "002000",
		"002000800201", "00200080020102000000",
		"00cb3fff0000", "00cb3fff0000030102", "00cb3fff000000ff",
		"00cb3fff00000001", "00cb3fff0000000000",
		"00cb3fff00000201020000ff", "00cb3fff00000201020000ffff" };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		auto_done(buf) b = hex(all[i]);
		struct apdu a = { .cla = 0x77 };

		if (apdu_read(buf_bytes(&b), &a) != SG_EFORMAT)
			fail_msg("%s was read", all[i]);
		assert_int_equal(a.cla, 0x77);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_of_a_command_is_read),
		cmocka_unit_test(lengths_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
