/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "net/condition.h"
#include "net/date.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define DATE_T 784111777

static void
dates_go_both_ways(void **state)
{
	static const int64_t times[] = { 0, DATE_T, 951782399, 4102444800 };
	char text[HTTP_DATE_LEN];

	(void)state;
	OK(http_date_print(text, DATE_T));
	assert_string_equal(text, DATE);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int64_t t = 1;

		OK(http_date_print(text, times[i]));
		OK(http_date_parse(&t, text));
		assert_true(t == times[i]);
	}
	FAILS(SG_EARG, http_date_print(text, INT64_MAX));
	FAILS(SG_EARG, http_date_print(text, 253402300800));
}

static void
what_is_no_date_is_refused(void **state)
{
	static const char *const bad[] = { "", "0",
		"Mon, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 CET",
		"Sun, 06 Nop 1994 08:49:37 GMT",
		"Sun, 31 Feb 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994" };
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(SG_EFORMAT, http_date_parse(&t, bad[i]));
}

static void
etags_are_found_in_lists(void **state)
{
	(void)state;
	assert_true(http_unchanged("\"a1\"", NULL, "a1", 0));
	assert_true(http_unchanged("W/\"a1\"", NULL, "a1", 0));
	assert_true(http_unchanged("\"x\", \"a1\"", NULL, "a1", 0));
	assert_true(http_unchanged("\"x\",W/\"a1\" , \"y\"", NULL, "a1", 0));
	assert_true(http_unchanged("*", NULL, "a1", 0));
	assert_false(http_unchanged("\"a\"", NULL, "a1", 0));
	assert_false(http_unchanged("\"a12\"", NULL, "a1", 0));
	assert_false(http_unchanged("a1", NULL, "a1", 0));
	assert_false(http_unchanged("\"a1", NULL, "a1", 0));
	assert_false(http_unchanged("", NULL, "a1", 0));
	assert_false(http_unchanged(",,,", NULL, "a1", 0));
	assert_false(http_unchanged("*", NULL, "", 0));
}

static void
the_etag_goes_before_the_date(void **state)
{
	(void)state;
	assert_true(http_unchanged(NULL, DATE, "a", DATE_T));
	assert_true(http_unchanged(NULL, DATE, "a", DATE_T - 1));
	assert_false(http_unchanged(NULL, DATE, "a", DATE_T + 1));
	assert_false(http_unchanged(NULL, DATE, "a", 0));
	assert_false(http_unchanged(NULL, "yesterday", "a", 1));
	assert_false(http_unchanged("\"b\"", DATE, "a", DATE_T));
	assert_true(http_unchanged("\"a\"", DATE, "a", DATE_T + 1));
	assert_false(http_unchanged(NULL, NULL, "a", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_go_both_ways),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(etags_are_found_in_lists),
		cmocka_unit_test(the_etag_goes_before_the_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
