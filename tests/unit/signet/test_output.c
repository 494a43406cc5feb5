/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "output.h"

/* What print writes to standard output. */
static void
captured(struct buf *out, void (*print)(void))
{
	char path[] = "/tmp/signet-output-XXXXXX";
	int file = mkstemp(path), saved = dup(STDOUT_FILENO);

	assert_true(file >= 0 && saved >= 0);
	(void)fflush(stdout);
	assert_true(dup2(file, STDOUT_FILENO) >= 0);
	print();
	(void)fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	(void)close(file);
	(void)close(saved);
	OK(file_read(out, path, 65536));
	OK(buf_terminate(out));
	OK(file_remove(path));
}

static const char *const heads[] = { "NAME", "TYPE" };

static void
print_rows(void)
{
	auto_done(table) t = { .heads = heads, .columns = 2 };

	table_cell(&t, "ä\x1b[2J");
	table_cell(&t, "rsa2048");
	table_cell(&t, "a long name");
	table_cell(&t, "");
	OK(table_print(&t, "nothing"));
}

static void
columns_line_up_and_cannot_steer_the_terminal(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	captured(&b, print_rows);
	assert_string_equal((char *)b.p,
	    "NAME         TYPE\n"
	    "ä?[2J        rsa2048\n"
	    "a long name  -\n");
}

static void
print_none(void)
{
	auto_done(table) t = { .heads = heads, .columns = 2 };

	OK(table_print(&t, "There is no key."));
}

static void
an_empty_list_says_so(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	captured(&b, print_none);
	assert_string_equal((char *)b.p, "There is no key.\n");
}

static void
print_fields(void)
{
	field_print("Good for", "a\nb");
	field_print("", "c");
}

static void
a_field_may_have_more_lines(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	captured(&b, print_fields);
	assert_string_equal((char *)b.p,
	    "Good for:      a?b\n"
	    "               c\n");
}

static void
times_are_local_and_nonsense_is_shown(void **state)
{
	char text[DATE_TEXT_MAX];

	(void)state;
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	date_text(text, 1000000000);
	assert_string_equal(text, "2001-09-09");
	moment_text(text, 1000000000);
	assert_string_equal(text, "2001-09-09 01:46");
	date_text(text, INT64_MAX);
	assert_string_equal(text, "?");
}

static void
key_types_have_names(void **state)
{
	enum object_key_type t;

	(void)state;
	OK(key_type_parse(&t, "P256"));
	assert_int_equal(t, OBJECT_P256);
	assert_string_equal(key_type_name(OBJECT_RSA2048), "rsa2048");
	FAILS(SG_EARG, key_type_parse(&t, "rsa1024"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_line_up_and_cannot_steer_the_terminal),
		cmocka_unit_test(an_empty_list_says_so),
		cmocka_unit_test(a_field_may_have_more_lines),
		cmocka_unit_test(times_are_local_and_nonsense_is_shown),
		cmocka_unit_test(key_types_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
