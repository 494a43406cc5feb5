/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "pki/name.h"

static void
prints_as(const char *text, const char *want)
{
	auto_done(buf) der = { 0 }, again = { 0 };
	auto_str printed = NULL;

	OK(name_parse(&der, text));
	OK(name_print(&printed, buf_bytes(&der)));
	assert_string_equal(printed, want);
	OK(name_parse(&again, printed));
	assert_true(bytes_eq(buf_bytes(&der), buf_bytes(&again)));
}

static void
names_are_parsed_and_printed(void **state)
{
	(void)state;
	prints_as("", "");
	prints_as("CN=alice", "CN=alice");
	prints_as(" cn = alice , OU = Staff ;DC=corp, DC=example ",
	    "CN=alice,OU=Staff,DC=corp,DC=example");
	prints_as("CN=a\\,b\\+c\\\\d", "CN=a\\,b\\+c\\\\d");
	prints_as("CN=\"a, \"\"b\"\"\"", "CN=a\\, \\\"b\\\"");
	prints_as("CN=J\\C3\\BCrgen", "CN=J\xc3\xbcrgen");
	prints_as("CN=\\ x\\ ", "CN=\\ x\\ ");
	prints_as("CN=\\#x", "CN=\\#x");
	prints_as("OU=Sales+CN=J. Smith,O=Widget", "CN=J. Smith+OU=Sales,"
	    "O=Widget");	/* DER sorts a SET */
	prints_as("2.5.4.3=x", "CN=x");
	prints_as("E=alice@corp.example,C=DE", "E=alice@corp.example,C=DE");
	prints_as("CN=#0C05616C696365", "CN=alice");
}

static void
the_der_begins_at_the_root(void **state)
{
	auto_done(buf) der = { 0 };
	auto_str hex = NULL;

	(void)state;
	/* X.690 by hand: DC=com (IA5String) first, then CN=x (UTF8String). */
	OK(name_parse(&der, "CN=x,DC=com"));
	OK(hex_encode(&hex, buf_bytes(&der)));
	assert_string_equal(hex, "3021"
	    "31133011060a0992268993f22c6401191603636f6d"
	    "310a300806035504030c0178");
}

/* A string of a type that is not plain takes OpenSSL's way. */
static void
plain_names_print_as_others(void **state)
{
	static const char *const values[] = { "a", "alice@corp.example",
		"a b", " a ", "#a", "a#", "a,b+c;d<e>f\\g\"h", "x=y", "'()/:?" };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		auto_done(buf) plain = { 0 }, other = { 0 }, text = { 0 };
		auto_str hex = NULL, *a = NULL, *b = NULL, *va = NULL,
		    *vb = NULL;

		OK(hex_encode(&hex, bytes_str(values[i])));
		OK(buf_printf(&text, "CN=#0c%02zx%s,OU=#13%02zx%s,DC=x",
		    strlen(values[i]), hex, strlen(values[i]), hex));
		OK(buf_terminate(&text));
		OK(name_parse(&plain, (const char *)text.p));
		text.n = 0;
		OK(buf_printf(&text, "CN=#14%02zx%s,OU=#14%02zx%s,DC=x",
		    strlen(values[i]), hex, strlen(values[i]), hex));
		OK(buf_terminate(&text));
		OK(name_parse(&other, (const char *)text.p));
		OK(name_print(&a, buf_bytes(&plain)));
		OK(name_print(&b, buf_bytes(&other)));
		assert_string_equal(a, b);
		OK(name_attribute(&va, buf_bytes(&plain), "CN"));
		OK(name_attribute(&vb, buf_bytes(&other), "CN"));
		assert_string_equal(va, values[i]);
		assert_string_equal(vb, values[i]);
	}
}

static void
a_plain_common_name_is_a_name(void **state)
{
	static const char *const values[] = { "a", "alice@corp.example",
		"host.corp.example",
		"0123456789012345678901234567890123456789012345678901234567890123" };
	auto_done(buf) none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		auto_done(buf) ours = { 0 }, theirs = { 0 };
		auto_str text = NULL;

		OK(str_printf(&text, "CN=%s", values[i]));
		OK(name_parse(&theirs, text));
		assert_true(name_plain_cn(&ours, values[i]));
		assert_true(bytes_eq(buf_bytes(&ours), buf_bytes(&theirs)));
	}
	assert_false(name_plain_cn(&none, ""));
	assert_false(name_plain_cn(&none, "\xc3\xa4"));
	assert_false(name_plain_cn(&none, "a\n"));
	assert_false(name_plain_cn(&none, "0123456789012345678901234567890123"
	    "4567890123456789012345678901234"));
	assert_int_equal(none.n, 0);
}

static void
unknown_types_become_hex(void **state)
{
	auto_done(buf) der = { 0 };
	auto_str text = NULL;

	(void)state;
	OK(name_parse(&der, "1.2.3.4=hello"));
	OK(name_print(&text, buf_bytes(&der)));
	assert_string_equal(text, "1.2.3.4=#0c0568656c6c6f");
}

static void
bad_names_are_refused_with_the_place(void **state)
{
	static const struct {
		const char *text;
		const char *note;
	} v[] = {
		{ "alice", "expected 'type=value' at character 1" },
		{ "CN=", "an empty value at character 4" },
		{ "CN=a,", "expected one more part" },
		{ "CN=a,,", "expected 'type=value' at character 6" },
		{ "XY=a", "unknown type at character 1" },
		{ "CN=\"a", "a quote is not closed" },
		{ "CN=a\"b", "a quote inside of a value" },
		{ "CN=\"a\"b", "expected ','" },
		{ "CN=a\\", "a wrong escape" },
		{ "CN=a\\z", "a wrong escape" },
		{ "CN=#3003020101", "not the DER of a string" },
		{ "CN=#0c05", "not the DER of a string" },
		{ "CN=#0c", "not the DER of a string" },
		{ "CN=#zz", "wrong hexadecimal" },
		{ "C=Germany", "not allowed there" },
		{ "CN=\\ff\\fe", "not allowed there" },
		{ "CN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaa", "not allowed there" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		auto_done(buf) der = { 0 };

		FAILS_SAYING(SG_EARG, v[i].note, name_parse(&der, v[i].text));
		assert_int_equal(der.n, 0);
	}
}

static void
too_many_parts_are_refused(void **state)
{
	auto_done(buf) text = { 0 }, der = { 0 };

	(void)state;
	for (int i = 0; i < NAME_PARTS_MAX + 1; i++)
		OK(buf_printf(&text, "%sDC=x", i > 0 ? "," : ""));
	OK(buf_terminate(&text));
	FAILS_SAYING(SG_EARG, "too many parts",
	    name_parse(&der, (const char *)text.p));
}

static void
names_compare_without_case(void **state)
{
	auto_done(buf) a = { 0 }, b = { 0 }, c = { 0 }, none = { 0 };
	auto_str cn = NULL, *dc = NULL;

	(void)state;
	OK(name_parse(&a, "CN=Alice  Smith,DC=Corp"));
	OK(name_parse(&b, "CN=alice smith,DC=corp"));
	OK(name_parse(&c, "CN=bob,DC=corp"));
	OK(name_parse(&none, ""));
	assert_true(name_same(buf_bytes(&a), buf_bytes(&b)));
	assert_false(name_same(buf_bytes(&a), buf_bytes(&c)));
	assert_true(name_empty(buf_bytes(&none)));
	OK(name_attribute(&cn, buf_bytes(&c), "CN"));
	assert_string_equal(cn, "bob");
	FAILS(SG_ENOENT, name_attribute(&dc, buf_bytes(&c), "OU"));
}

static void
control_characters_are_escaped(void **state)
{
	auto_done(buf) der = { 0 };
	auto_str text = NULL;

	(void)state;
	OK(name_parse(&der, "CN=a\\1b\\0ab"));
	OK(name_print(&text, buf_bytes(&der)));
	assert_string_equal(text, "CN=a\\1b\\0ab");
}

static void
der_with_a_tail_is_refused(void **state)
{
	auto_done(buf) der = { 0 };
	auto_str text = NULL;

	(void)state;
	OK(name_parse(&der, "CN=x"));
	for (size_t n = 0; n < der.n; n++)
		FAILS(SG_EFORMAT, name_print(&text, bytes_of(der.p, n)));
	OK(buf_add_u8(&der, 0));
	FAILS_SAYING(SG_EFORMAT, "1 bytes too many",
	    name_print(&text, buf_bytes(&der)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_parsed_and_printed),
		cmocka_unit_test(the_der_begins_at_the_root),
		cmocka_unit_test(plain_names_print_as_others),
		cmocka_unit_test(a_plain_common_name_is_a_name),
		cmocka_unit_test(unknown_types_become_hex),
		cmocka_unit_test(bad_names_are_refused_with_the_place),
		cmocka_unit_test(too_many_parts_are_refused),
		cmocka_unit_test(names_compare_without_case),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(der_with_a_tail_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
