/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/conf.h"

static enum sg_err
collect(void *arg, const struct conf_line *c)
{
	if (strcmp(c->key, "unknown") == 0)
		return sg_fail(SG_EFORMAT, "unknown key '%s'", c->key);
	return buf_printf(arg, "%s|%s|%s|%s|%u;", c->section, c->name, c->key,
	    c->value, c->line);
}

static void
sections_names_and_comments(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	OK(conf_parse(bytes_str("a=1\n# no\n\n [host  rdp.x ]\r\n b = c d \r\n"
	    "e="), "f", collect, &b));
	OK(buf_terminate(&b));
	assert_string_equal((char *)b.p,
	    "||a|1|1;host|rdp.x|b|c d|5;host|rdp.x|e||6;");
}

static void
errors_name_file_and_line(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	FAILS_SAYING(SG_EFORMAT, "f:2: expected 'key = value'",
	    conf_parse(bytes_str("a=1\nb\n"), "f", collect, &b));
	FAILS_SAYING(SG_EFORMAT, "f:1: unknown key 'unknown'",
	    conf_parse(bytes_str("unknown = 1"), "f", collect, &b));
	FAILS_SAYING(SG_EFORMAT, "f:1: a section line",
	    conf_parse(bytes_str("[x"), "f", collect, &b));
	FAILS(SG_EFORMAT, conf_parse(bytes_str("=x"), "f", collect, &b));
}

static void
a_line_has_a_limit(void **state)
{
	auto_done(buf) b = { 0 };
	char text[CONF_LINE_MAX + 8];

	(void)state;
	memset(text, 'x', sizeof(text));
	FAILS(SG_ELIMIT, conf_parse(bytes_of(text, sizeof(text)), "f",
	    collect, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_names_and_comments),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(a_line_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
