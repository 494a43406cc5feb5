/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "proto/inf.h"

static enum sg_err
parse(struct inf *f, const char *text)
{
	return inf_parse(f, bytes_str(text), "f.inf");
}

static const char *
value_of(const struct inf *f, const char *section, size_t at)
{
	const struct inf_section *s = inf_find(f, section);

	assert_non_null(s);
	assert_true(at < s->n);
	return s->lines[at].value;
}

static void
quotes_comments_and_continuations(void **state)
{
	auto_done(inf) f = { 0 };

	(void)state;
	OK(parse(&f, "; a comment\r\n[Version] ; behind\r\n"
	    "Signature = \"$Windows NT$\"\r\n\r\n"
	    "[Ext]\n a = \"x;y\" ; not this\nb= \"say \"\"no\"\"\"\n"
	    "2.5.29.17 = \"{text}\"\n_continue_ = \"UPN=u@x&\"\n"
	    "_CONTINUE_ = \"DNS=d&\"\nempty =\n"));
	assert_string_equal(value_of(&f, "VERSION", 0), "$Windows NT$");
	assert_string_equal(value_of(&f, "ext", 0), "x;y");
	assert_string_equal(value_of(&f, "ext", 1), "say \"no\"");
	assert_string_equal(value_of(&f, "ext", 2), "{text}UPN=u@x&DNS=d&");
	assert_int_equal(inf_find(&f, "ext")->lines[2].line, 8);
	assert_true(inf_find(&f, "ext")->lines[2].quoted);
	assert_string_equal(value_of(&f, "ext", 3), "");
	assert_null(inf_find(&f, "none"));
}

static void
strings_are_replaced_wherever_they_are_defined(void **state)
{
	auto_done(inf) f = { 0 };

	(void)state;
	OK(parse(&f, "[E]\n%szOID_SAN% = \"{text}%Who%&100%%\"\n"
	    "[Strings]\nszoid_san = \"2.5.29.17\"\nwho = UPN=u@x\n"));
	assert_string_equal(inf_find(&f, "E")->lines[0].key, "2.5.29.17");
	assert_string_equal(value_of(&f, "E", 0), "{text}UPN=u@x&100%");
}

static void
sections_of_one_name_are_one(void **state)
{
	auto_done(inf) f = { 0 };

	(void)state;
	OK(parse(&f, "[A]\nx=1\n[B]\ny=2\n[a]\nz=3\n"));
	assert_int_equal(f.n, 2);
	assert_int_equal(inf_find(&f, "A")->n, 2);
	assert_string_equal(value_of(&f, "A", 1), "3");
}

static void
what_windows_editors_save_is_read(void **state)
{
	static const char utf16le[] = "\xff\xfe[\0A\0]\0\n\0k\0=\0\xe4\0"
	    "\x3d\xd8\x00\xde\n\0";
	static const char utf16be[] = "\xfe\xff\0[\0A\0]\0\n\0k\0=\x20\xac";
	auto_done(inf) le = { 0 };
	auto_done(inf) be = { 0 };
	auto_done(inf) bom = { 0 };

	(void)state;
	OK(inf_parse(&le, bytes_of(utf16le, sizeof(utf16le) - 1), "f"));
	assert_string_equal(value_of(&le, "A", 0), "ä\xf0\x9f\x98\x80");
	OK(inf_parse(&be, bytes_of(utf16be, sizeof(utf16be) - 1), "f"));
	assert_string_equal(value_of(&be, "A", 0), "€");
	OK(parse(&bom, "\xef\xbb\xbf[A]\nk=ä\n"));
	assert_string_equal(value_of(&bom, "A", 0), "ä");
}

static void
errors_name_file_and_line(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} bad[] = {
		{ "[A]\nx\n", "f.inf:2: expected 'key = value'" },
		{ "x=1\n", "f.inf:1: a line before the first section" },
		{ "[A\n", "f.inf:1: a section line" },
		{ "[ ]\n", "f.inf:1: a section without a name" },
		{ "[A]\n=1\n", "f.inf:2: nothing stands before" },
		{ "[A]\nx=\"y\n", "f.inf:2: the closing quote is missing" },
		{ "[A]\nx=\"y\"z\n", "f.inf:2: text behind the closing" },
		{ "[A]\nx=y\"z\"\n", "f.inf:2: a quote inside" },
		{ "[A]\n_continue_=y\n", "f.inf:2: _continue_ without" },
		{ "[A]\nx=%y%\n", "f.inf:2: %y% is not in [Strings]" },
		{ "[A]\n\nx=50%\n", "f.inf:3: a lone '%'" },
		{ "[A]\nx=\xff\n", "f.inf: the text is not UTF-8" },
		{ "[A]\nx=\xc0\xaf\n", "not UTF-8" },
		{ "[A]\nx=\xed\xa0\x80\n", "not UTF-8" },
		{ "[A]\nx=\xf4\x90\x80\x80\n", "not UTF-8" },
		{ "[A]\nx=\xe2\x82", "not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		auto_done(inf) f = { 0 };

		FAILS_SAYING(SG_EFORMAT, bad[i].says, parse(&f, bad[i].text));
	}
}

static void
broken_utf16_is_refused(void **state)
{
	static const char lone[] = "\xff\xfe\x00\xd8[\0";
	static const char low[] = "\xff\xfe\x00\xdc";
	static const char odd[] = "\xff\xfe[";
	static const char nul[] = "\xff\xfe\0\0";
	auto_done(inf) f = { 0 };

	(void)state;
	FAILS(SG_EFORMAT, inf_parse(&f, bytes_of(lone, 6), "f"));
	FAILS(SG_EFORMAT, inf_parse(&f, bytes_of(low, 4), "f"));
	FAILS(SG_EFORMAT, inf_parse(&f, bytes_of(odd, 3), "f"));
	FAILS(SG_EFORMAT, inf_parse(&f, bytes_of(nul, 4), "f"));
	FAILS(SG_EFORMAT, inf_parse(&f, bytes_of("[A]\nx=\0y", 8), "f"));
}

static void
limits_hold(void **state)
{
	auto_done(inf) f = { 0 };
	auto_done(buf) lines = { 0 };
	auto_done(buf) sections = { 0 };
	auto_done(buf) bomb = { 0 };

	(void)state;
	OK(buf_add_str(&lines, "[A]\n"));
	for (int i = 0; i <= INF_LINE_MAX; i++)
		OK(buf_add_str(&lines, "a=b\n"));
	FAILS(SG_ELIMIT, inf_parse(&f, buf_bytes(&lines), "f"));
	for (int i = 0; i <= INF_SECTION_MAX; i++)
		OK(buf_printf(&sections, "[s%d]\n", i));
	FAILS(SG_ELIMIT, inf_parse(&f, buf_bytes(&sections), "f"));
	OK(buf_add_str(&bomb, "[Strings]\na="));
	for (int i = 0; i < 1000; i++)
		OK(buf_add_u8(&bomb, 'x'));
	OK(buf_add_str(&bomb, "\n[A]\nk="));
	for (int i = 0; i < 20; i++)
		OK(buf_add_str(&bomb, "%a%"));
	FAILS_SAYING(SG_ELIMIT, "f:4: ", inf_parse(&f, buf_bytes(&bomb), "f"));
}

static void
a_quoted_value_reads_back(void **state)
{
	static const char *const values[] = { "", "a", "say \"x\"; 50% %a%",
		" CN=ä, O=b ", "\"" };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		auto_done(buf) b = { 0 };
		auto_done(inf) f = { 0 };

		OK(buf_add_str(&b, "[A]\nk = "));
		OK(inf_quote(&b, values[i]));
		OK(inf_parse(&f, buf_bytes(&b), "f"));
		assert_string_equal(value_of(&f, "A", 0), values[i]);
	}
	auto_done(buf) b = { 0 };
	FAILS(SG_EARG, inf_quote(&b, "a\nb"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_comments_and_continuations),
		cmocka_unit_test(
		    strings_are_replaced_wherever_they_are_defined),
		cmocka_unit_test(sections_of_one_name_are_one),
		cmocka_unit_test(what_windows_editors_save_is_read),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(broken_utf16_is_refused),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_quoted_value_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
