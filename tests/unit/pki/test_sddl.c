/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "base/text.h"
#include "pki/access.h"

#define DOMAIN "S-1-5-21-1004336348-1177238915-682003330"

/* As forests of today have them. */
static const char *const real[] = {
	"D:PAI(OA;;RPWPCR;0e10c968-78fb-11d2-90d4-00c04f79dc55;;DA)"
	"(OA;;CR;0e10c968-78fb-11d2-90d4-00c04f79dc55;;AU)"
	"(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;;LCRPLORC;;;AU)",
	"O:EAG:EAD:PAI(OA;;RPCR;0e10c968-78fb-11d2-90d4-00c04f79dc55;;RO)"
	"(OA;;RPWPCR;a05b8cc2-17bc-4802-a710-e7c15ab866a2;;ED)"
	"(A;;LCRPLORC;;;AU)",
	"O:LAG:S-1-5-21-622327497-3269355298-2248959698-519D:PAI"
	"(OA;;CR;0e10c968-78fb-11d2-90d4-00c04f79dc55;;DC)",
	"D:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;GR;;;S-1-5-80-3804348527-3718992918-"
	"2141599610-3686422417-2726379419)",
	"D:(A;OICI;LCRPLORC;;;AU)(D;CIIOID;0x100001;;;WD)",
	"D:ARAIS:PAI(AU;SAFA;WPWDWO;;;WD)(OU;CISA;WP;"
	"bf967aa5-0de6-11d0-a285-00aa003049e2;"
	"bf967a86-0de6-11d0-a285-00aa003049e2;WD)",
	"D:NO_ACCESS_CONTROL",
	"O:BAG:SYD:",
	"",
};
#define REAL_LEN (sizeof(real) / sizeof(real[0]))

static void
text_is_printed_as_it_was_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < REAL_LEN; i++) {
		auto_done(sd) s = { 0 };
		auto_str text = NULL;

		OK(sddl_parse(&s, real[i]));
		OK(sddl_print(&text, &s));
		assert_string_equal(text, real[i]);
	}
}

static void
text_that_is_wrong_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum sg_err e;
		const char *saying;
	} bad[] = {
		{ "X:", SG_EFORMAT, "character 1" },
		{ "D:(A;;GA;;;AU", SG_EFORMAT, "')' is missing" },
		{ "D:(A;;GA;;AU)", SG_EFORMAT, "six fields" },
		{ "D:(A;;QQ;;;AU)", SG_EFORMAT, "QQ" },
		{ "D:(A;;G;;;AU)", SG_EFORMAT, "rights" },
		{ "D:(A;ZZ;GA;;;AU)", SG_EFORMAT, "flags" },
		{ "D:(A;;0x1ffffffff;;;AU)", SG_EFORMAT, "no rights" },
		{ "D:(OA;;CR;0e10c968;;AU)", SG_EFORMAT, "not a GUID" },
		{ "D:(A;;CR;" GUID_ENROLL ";;AU)", SG_EFORMAT, "plain" },
		{ "D:(A;;GA;;;ZZ)", SG_EFORMAT, "trustee" },
		{ "D:(A;;GA;;;S-1-5-4294967296)", SG_EFORMAT, "trustee" },
		{ "D:(A;;GA;;;S-1-999999999999999-1)", SG_EFORMAT,
		    "trustee" },
		{ "D:(XA;;GA;;;AU)", SG_EUNSUPPORTED, "XA" },
		{ "D:(A;;GA;;;AU;(x))", SG_EUNSUPPORTED, "conditions" },
		{ "D:D:", SG_EFORMAT, "twice" },
		{ "O:AUO:AU", SG_EFORMAT, "twice" },
		{ "O:", SG_EFORMAT, "neither" },
		{ "D:NO_ACCESS_CONTROL(A;;GA;;;AU)", SG_EFORMAT, "behind" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_done(sd) s = { 0 };

		FAILS_SAYING(bad[i].e, bad[i].saying,
		    sddl_parse(&s, bad[i].text));
	}
}

static void
too_many_entries_are_refused(void **state)
{
	auto_done(buf) text = { 0 };
	auto_done(sd) s = { 0 };

	(void)state;
	OK(buf_add_str(&text, "D:"));
	for (int i = 0; i <= SD_ACES_MAX; i++)
		OK(buf_add_str(&text, "(A;;GA;;;AU)"));
	OK(buf_terminate(&text));
	FAILS(SG_ELIMIT, sddl_parse(&s, (const char *)text.p));
}

static bool
may(const struct sd *s, const char *who, enum access_right r)
{
	auto_done(texts) l = { 0 };

	OK(texts_add(&l, who));
	return access_granted(s, &l, r);
}

static void
the_defaults_are_those_of_a_forest(void **state)
{
	auto_done(sd) s = { 0 };

	(void)state;
	OK(access_default(&s));
	assert_true(may(&s, "AU", ACCESS_READ));
	assert_false(may(&s, "AU", ACCESS_ENROLL));
	assert_false(may(&s, "AU", ACCESS_WRITE));
	assert_true(may(&s, "DA", ACCESS_FULL));
	assert_true(may(&s, "EA", ACCESS_ENROLL));
	assert_false(may(&s, "EA", ACCESS_AUTOENROLL));
	assert_false(may(&s, "WD", ACCESS_READ));
}

static void
entries_are_written_as_the_console_writes_them(void **state)
{
	auto_done(sd) s = { 0 };
	auto_str text = NULL;

	(void)state;
	OK(sddl_parse(&s, "D:PAI(A;;LCRPLORC;;;AU)"));
	OK(access_grant(&s, "AU", ACCESS_ENROLL));
	OK(access_grant(&s, "AU", ACCESS_ENROLL));
	OK(access_grant(&s, "AU", ACCESS_WRITE));
	OK(access_deny(&s, "BG", ACCESS_AUTOENROLL));
	OK(sddl_print(&text, &s));
	assert_string_equal(text, "D:PAI(OD;;CR;" GUID_AUTOENROLL ";;BG)"
	    "(OA;;CR;" GUID_ENROLL ";;AU)(A;;LCRPWPLORCWDWO;;;AU)");
	assert_true(may(&s, "AU", ACCESS_ENROLL));
	assert_true(may(&s, "AU", ACCESS_WRITE));
	assert_false(may(&s, "AU", ACCESS_FULL));
}

static void
entries_count_in_their_order(void **state)
{
	auto_done(sd) s = { 0 };
	auto_done(texts) who = { 0 };

	(void)state;
	OK(texts_add(&who, "AU"));
	OK(texts_add(&who, "S-1-5-21-1-2-3-1104"));
	OK(sddl_parse(&s, "D:(OD;;CR;" GUID_ENROLL ";;S-1-5-21-1-2-3-1104)"
	    "(A;;GA;;;AU)"));
	assert_false(access_granted(&s, &who, ACCESS_ENROLL));
	assert_true(access_granted(&s, &who, ACCESS_AUTOENROLL));
	sd_done(&s);
	OK(sddl_parse(&s, "D:(A;;CR;;;AU)"
	    "(OD;;CR;" GUID_ENROLL ";;S-1-5-21-1-2-3-1104)"));
	assert_true(access_granted(&s, &who, ACCESS_ENROLL));
	sd_done(&s);
	OK(sddl_parse(&s, "D:(A;IO;GA;;;AU)(OA;;CR;;;AU)"));
	assert_true(access_granted(&s, &who, ACCESS_ENROLL));
	assert_false(access_granted(&s, &who, ACCESS_READ));
}

static void
what_was_granted_is_taken_away(void **state)
{
	auto_done(sd) s = { 0 };
	auto_str text = NULL;

	(void)state;
	OK(sddl_parse(&s, "D:(A;;LCRPWPLORCWDWO;;;DU)(OA;;CR;" GUID_ENROLL
	    ";;DU)(A;;LCRPLORC;;;AU)"));
	OK(access_remove(&s, "DU", ACCESS_WRITE));
	assert_true(may(&s, "DU", ACCESS_READ));
	assert_false(may(&s, "DU", ACCESS_WRITE));
	assert_true(may(&s, "DU", ACCESS_ENROLL));
	OK(access_remove(&s, "DU", ACCESS_RIGHTS));
	OK(sddl_print(&text, &s));
	assert_string_equal(text, "D:(A;;LCRPLORC;;;AU)");
	FAILS(SG_ENOENT, access_remove(&s, "DU", ACCESS_RIGHTS));
}

static void
whoever_may_change_it_is_found(void **state)
{
	static const struct {
		const char *sddl;
		bool may;
	} cases[] = {
		{ "D:(A;;LCRPLORC;;;AU)", false },
		{ "D:(A;;GA;;;AU)", true },
		{ "D:(A;;WP;;;AU)", true },
		{ "D:(A;;WD;;;AU)", true },
		{ "D:(A;;GW;;;AU)", true },
		{ "D:(OA;;WP;;;AU)", true },
		{ "D:(OA;;WP;bf967aa5-0de6-11d0-a285-00aa003049e2;;AU)", true },
		/* The write half of the console's own Enroll entry. */
		{ "D:(OA;;RPWPCR;" GUID_ENROLL ";;AU)", false },
		{ "O:AUD:", true },
		{ "D:(D;;WP;;;AU)(A;;WP;;;AU)", false },
		{ "D:NO_ACCESS_CONTROL", true },
	};
	auto_done(texts) who = { 0 };

	(void)state;
	OK(texts_add(&who, "AU"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_done(sd) s = { 0 };

		OK(sddl_parse(&s, cases[i].sddl));
		if (access_may_change(&s, &who) != cases[i].may)
			fail_msg("%s", cases[i].sddl);
	}
}

static void
groups_are_known_by_name(void **state)
{
	auto_str a = NULL, *b = NULL, *c = NULL, *d = NULL, *e = NULL;

	(void)state;
	OK(trustee_parse(&a, "authenticated users"));
	assert_string_equal(a, "AU");
	OK(trustee_parse(&b, "S-1-5-11"));
	assert_string_equal(b, "AU");
	OK(trustee_parse(&c, "s-1-5-21-1-2-3-1104"));
	assert_string_equal(c, "S-1-5-21-1-2-3-1104");
	FAILS(SG_EARG, trustee_parse(&d, "Nobody We Know"));
	OK(trustee_parse(&e, "S-1-05-021-1-2-3-038"));
	assert_string_equal(e, "S-1-5-21-1-2-3-38");
	assert_string_equal(trustee_name("DU"), "Domain Users");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_printed_as_it_was_read),
		cmocka_unit_test(text_that_is_wrong_is_refused),
		cmocka_unit_test(too_many_entries_are_refused),
		cmocka_unit_test(the_defaults_are_those_of_a_forest),
		cmocka_unit_test(
		    entries_are_written_as_the_console_writes_them),
		cmocka_unit_test(entries_count_in_their_order),
		cmocka_unit_test(what_was_granted_is_taken_away),
		cmocka_unit_test(whoever_may_change_it_is_found),
		cmocka_unit_test(groups_are_known_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
