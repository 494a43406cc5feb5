/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "proto/json.h"

static void
members_keep_their_order(void **state)
{
	auto_free(json_out) j = NULL;
	auto_str text = NULL;

	(void)state;
	OK(json_out_new(&j));
	json_put_object(j, NULL);
	json_put_str(j, "z", "a \"b\"");
	json_put_array(j, "list");
	json_put_num(j, NULL, -7);
	json_put_bool(j, NULL, true);
	json_put_str(j, NULL, NULL);
	json_close(j);
	json_put_hex(j, "a", bytes_of("\x00\xff", 2));
	json_put_time(j, "t", 1000000000);
	json_close(j);
	OK(json_text(j, &text));
	assert_string_equal(text,
	    "{\n  \"z\": \"a \\\"b\\\"\",\n  \"list\": [\n    -7,\n    true,\n"
	    "    null\n  ],\n  \"a\": \"00ff\",\n"
	    "  \"t\": \"2001-09-09T01:46:40Z\"\n}");
}

static void
bytes_that_are_no_text_do_not_break_it(void **state)
{
	auto_free(json_out) j = NULL;
	auto_str text = NULL;

	(void)state;
	OK(json_out_new(&j));
	json_put_array(j, NULL);
	json_put_str(j, NULL, "a\xff\xc3z");
	json_close(j);
	OK(json_text(j, &text));
	assert_string_equal(text, "[\n  \"a??z\"\n]");
}

static void
a_wrong_order_of_calls_is_found(void **state)
{
	auto_free(json_out) open = NULL;
	auto_free(json_out) unnamed = NULL;
	auto_free(json_out) over = NULL;
	auto_str text = NULL;

	(void)state;
	OK(json_out_new(&open));
	FAILS(SG_EINTERNAL, json_text(open, &text));
	json_put_object(open, NULL);
	FAILS(SG_EINTERNAL, json_text(open, &text));

	OK(json_out_new(&unnamed));
	json_put_object(unnamed, NULL);
	json_put_num(unnamed, NULL, 1);
	json_close(unnamed);
	FAILS(SG_EINTERNAL, json_text(unnamed, &text));

	OK(json_out_new(&over));
	json_put_array(over, NULL);
	json_close(over);
	json_put_num(over, NULL, 1);
	FAILS(SG_EINTERNAL, json_text(over, &text));
}

static void
depth_has_a_limit(void **state)
{
	auto_free(json_out) j = NULL;
	auto_str text = NULL;

	(void)state;
	OK(json_out_new(&j));
	for (int i = 0; i <= JSON_DEPTH_MAX; i++)
		json_put_array(j, NULL);
	FAILS(SG_ELIMIT, json_text(j, &text));
}

static void
a_full_disk_is_reported(void **state)
{
	auto_free(json_out) j = NULL;
	FILE *f = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(f);
	OK(json_out_new(&j));
	json_put_array(j, NULL);
	json_close(j);
	FAILS(SG_EIO, json_print(j, f));
	(void)fclose(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_keep_their_order),
		cmocka_unit_test(bytes_that_are_no_text_do_not_break_it),
		cmocka_unit_test(a_wrong_order_of_calls_is_found),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(a_full_disk_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
