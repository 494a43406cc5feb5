/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/reader.h"
#include "base/secret.h"

static void
numbers_come_back_as_written(void **state)
{
	auto_done(buf) b = { 0 };
	struct reader r;

	(void)state;
	OK(buf_add_u8(&b, 7));
	OK(buf_add_u16(&b, 0x1234));
	OK(buf_add_u32(&b, 0x89abcdef));
	OK(buf_add_u64(&b, 0x0123456789abcdef));
	OK(buf_add_block(&b, bytes_str("hello")));
	r = reader_of(buf_bytes(&b));
	assert_int_equal(read_u8(&r), 7);
	assert_int_equal(read_u16(&r), 0x1234);
	assert_int_equal(read_u32(&r), 0x89abcdef);
	assert_true(read_u64(&r) == 0x0123456789abcdef);
	assert_true(bytes_eq(read_block(&r, 5), bytes_str("hello")));
	assert_true(reader_end(&r));
}

static void
the_first_failure_sticks(void **state)
{
	struct reader r = reader_of(bytes_of("\x01\x02\x03", 3));

	(void)state;
	assert_int_equal(read_u32(&r), 0);
	assert_int_equal(read_u8(&r), 0);
	assert_false(reader_end(&r));
	FAILS_SAYING(SG_EFORMAT, "thing: truncated", reader_finish(&r, "thing"));
}

static void
a_block_above_its_limit_fails(void **state)
{
	struct reader r = reader_of(bytes_of("\0\0\0\x02xy", 6));

	(void)state;
	assert_int_equal(read_block(&r, 1).n, 0);
	assert_true(r.failed);
}

static void
left_over_bytes_are_counted(void **state)
{
	struct reader r = reader_of(bytes_of("xyz", 3));

	(void)state;
	(void)read_u8(&r);
	FAILS_SAYING(SG_EFORMAT, "2 bytes too many", reader_finish(&r, "thing"));
}

static void
a_note_gathers_context_in_front(void **state)
{
	enum sg_err e = sg_fail(SG_EIO, "disk %d", 3);

	(void)state;
	e = sg_while(e, "reading '%s'", "a\x1b[2J");
	assert_int_equal(e, SG_EIO);
	assert_string_equal(sg_note(e), "reading 'a?[2J': disk 3");
}

static void
a_long_note_is_cut_not_overrun(void **state)
{
	char text[2 * SG_NOTE_MAX];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 3; i++)
		FAILS(SG_EIO, sg_while(SG_EIO, "%s", text));
	assert_true(strlen(sg_note(SG_EIO)) < SG_NOTE_MAX);
	FAILS(SG_EIO, sg_fail(SG_EIO, "short"));
	for (int i = 0; i < 300; i++)
		FAILS(SG_EIO, sg_while(SG_EIO, "again"));
	assert_true(strlen(sg_note(SG_EIO)) < SG_NOTE_MAX);
}

static void
a_secret_has_a_limit_and_is_wiped(void **state)
{
	struct secret s = { 0 };

	(void)state;
	OK(secret_init(&s, 4));
	OK(secret_add(&s, "1234", 4));
	FAILS(SG_ELIMIT, secret_add(&s, "5", 1));
	assert_memory_equal(s.p, "1234", 4);
	secret_clear(&s);
	assert_memory_equal(s.p, "\0\0\0\0", 4);
	secret_done(&s);
	assert_null(s.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_back_as_written),
		cmocka_unit_test(the_first_failure_sticks),
		cmocka_unit_test(a_block_above_its_limit_fails),
		cmocka_unit_test(left_over_bytes_are_counted),
		cmocka_unit_test(a_note_gathers_context_in_front),
		cmocka_unit_test(a_long_note_is_cut_not_overrun),
		cmocka_unit_test(a_secret_has_a_limit_and_is_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
