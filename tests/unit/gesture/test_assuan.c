/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "gesture/assuan.h"

static struct assuan_line
parsed(const char *line)
{
	struct assuan_line l = { 0 };

	OK(assuan_parse(&l, bytes_str(line)));
	return l;
}

static void
responses_are_told_apart(void **state)
{
	struct assuan_line l;

	(void)state;
	assert_int_equal(parsed("OK").kind, ASSUAN_OK);
	assert_int_equal(parsed("OK Pleased to meet you").kind, ASSUAN_OK);
	assert_int_equal(parsed("S ERROR curses.isatty 83918950").kind,
	    ASSUAN_STATUS);
	assert_int_equal(parsed("INQUIRE QUALITY 12").kind, ASSUAN_INQUIRE);
	assert_int_equal(parsed("# nothing").kind, ASSUAN_COMMENT);
	assert_int_equal(parsed("").kind, ASSUAN_COMMENT);
	l = parsed("D 12%2534 ");
	assert_int_equal(l.kind, ASSUAN_DATA);
	assert_true(bytes_eq(l.rest, bytes_str("12%2534 ")));
	l = parsed("D");
	assert_int_equal(l.rest.n, 0);
}

static void
an_error_carries_its_number(void **state)
{
	struct assuan_line l = parsed("ERR 83886179 Operation cancelled");

	(void)state;
	assert_int_equal(l.kind, ASSUAN_ERR);
	assert_int_equal(ASSUAN_CODE(l.code), ASSUAN_CANCELED);
	assert_true(bytes_eq(l.rest, bytes_str("Operation cancelled")));
	assert_int_equal(ASSUAN_CODE(parsed("ERR 83886142").code),
	    ASSUAN_TIMEOUT);
}

static void
hostile_lines_are_refused(void **state)
{
	struct assuan_line l;
	char longest[ASSUAN_LINE_MAX + 1];

	(void)state;
	FAILS(SG_EFORMAT, assuan_parse(&l, bytes_str("OKAY")));
	FAILS(SG_EFORMAT, assuan_parse(&l, bytes_str("ERR")));
	FAILS(SG_EFORMAT, assuan_parse(&l, bytes_str("ERR x")));
	FAILS(SG_EFORMAT, assuan_parse(&l, bytes_str("ERR 12x")));
	FAILS(SG_EFORMAT,
	    assuan_parse(&l, bytes_str("ERR 99999999999999999999999")));
	FAILS(SG_EFORMAT, assuan_parse(&l, bytes_str("123456")));
	memset(longest, '#', sizeof(longest));
	FAILS(SG_ELIMIT, assuan_parse(&l, bytes_of(longest, sizeof(longest))));
}

static void
a_refused_line_is_not_quoted(void **state)
{
	struct assuan_line l;

	(void)state;
	FAILS(SG_EFORMAT, assuan_parse(&l, bytes_str("987654")));
	assert_null(strstr(sg_note(SG_EFORMAT), "987654"));
}

static void
escapes_are_undone(void **state)
{
	auto_done(secret) s = { 0 };

	(void)state;
	OK(secret_init(&s, 8));
	OK(assuan_unescape(&s, bytes_str("a%25%0a%0D")));
	assert_true(bytes_eq(secret_bytes(&s), bytes_str("a%\n\r")));
	FAILS(SG_EFORMAT, assuan_unescape(&s, bytes_str("%")));
	FAILS(SG_EFORMAT, assuan_unescape(&s, bytes_str("%4")));
	FAILS(SG_EFORMAT, assuan_unescape(&s, bytes_str("%zz")));
	secret_clear(&s);
	FAILS(SG_ELIMIT, assuan_unescape(&s, bytes_str("123456789")));
}

static void
commands_are_one_line(void **state)
{
	auto_done(buf) b = { 0 };
	char longest[ASSUAN_LINE_MAX + 1];

	(void)state;
	OK(assuan_command(&b, "SETDESC", "100%\nBYE"));
	OK(assuan_command(&b, "GETPIN", NULL));
	assert_true(bytes_eq(buf_bytes(&b),
	    bytes_str("SETDESC 100%25%0ABYE\nGETPIN\n")));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	FAILS(SG_ELIMIT, assuan_command(&b, "SETDESC", longest));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responses_are_told_apart),
		cmocka_unit_test(an_error_carries_its_number),
		cmocka_unit_test(hostile_lines_are_refused),
		cmocka_unit_test(a_refused_line_is_not_quoted),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(commands_are_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
