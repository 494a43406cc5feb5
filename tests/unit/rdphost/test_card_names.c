/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "card_names.h"

#define OURS "Signet Container 00 00"

static void
the_reader_that_is_named_is_taken(void **state)
{
	const char *why;
	auto_str name = NULL;

	(void)state;
	OK(reader_choose(&name, "Other\0" OURS "\0", OURS, &why));
	assert_string_equal(name, OURS);
}

static void
without_a_name_the_only_reader_is_taken(void **state)
{
	const char *why;
	auto_str name = NULL;

	(void)state;
	OK(reader_choose(&name, OURS "\0", NULL, &why));
	assert_string_equal(name, OURS);
}

static void
each_refusal_has_its_own_words(void **state)
{
	const char *none = NULL, *gone = NULL, *several = NULL;
	auto_str name = NULL;

	(void)state;
	FAILS(SG_ENOENT, reader_choose(&name, "", NULL, &none));
	FAILS(SG_ENOENT, reader_choose(&name, "Other\0", OURS, &gone));
	FAILS(SG_ENOENT, reader_choose(&name, "A\0B\0", NULL, &several));
	assert_null(name);
	assert_non_null(strstr(none, "no smart card reader"));
	assert_non_null(strstr(gone, "is not redirected"));
	assert_non_null(strstr(several, "several"));
}

static void
a_piv_container_is_its_certificates_object(void **state)
{
	static const char name[] = "33221100-5544-7766-8899-aabbcc5fc105";
	static const char sign[] = "33221100-5544-7766-8899-aabbcc5FC10A";

	(void)state;
	assert_true(container_is(name, bytes_of("\x01", 1), "any"));
	assert_false(container_is(name, bytes_of("\x02", 1), "any"));
	assert_false(container_is(name, bytes_of("\x01\x01", 2), "any"));
	assert_false(container_is(name, bytes_of("", 0), "any"));
	assert_true(container_is(sign, bytes_of("\x02", 1), "any"));
}

static void
any_other_container_is_a_label(void **state)
{
	static const char guid[] = "33221100-5544-7766-8899-aabbccddeeff";

	(void)state;
	assert_true(container_is("Private Key 00", bytes_of("\0", 1),
	    "Private Key 00"));
	assert_false(container_is("Private Key 00", bytes_of("\0", 1),
	    "Private Key 01"));
	assert_true(container_is(guid, bytes_of("\x01", 1), guid));
	assert_false(container_is(guid, bytes_of("\x01", 1), "other"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reader_that_is_named_is_taken),
		cmocka_unit_test(without_a_name_the_only_reader_is_taken),
		cmocka_unit_test(each_refusal_has_its_own_words),
		cmocka_unit_test(a_piv_container_is_its_certificates_object),
		cmocka_unit_test(any_other_container_is_a_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
