/* SPDX-License-Identifier: BSD-2-Clause */

/* [card] of signetd.conf. */

#include "../test.h"

#include "policy/card.h"

static enum sg_err
line(void *arg, const struct conf_line *l)
{
	return card_policy_line(arg, l);
}

static enum sg_err
parse(const char *text, struct card_policy *p)
{
	return conf_parse(bytes_str(text), "signetd.conf", line, p);
}

static void
as_it_comes_a_card_is_for_session_pins(void **state)
{
	const struct card_policy p = CARD_POLICY_DEFAULT;

	(void)state;
	assert_true(p.emulation);
	assert_false(p.certificates);
	assert_false(p.all_users);
	assert_false(card_policy_pin_only(&p));
	assert_int_equal(p.slots, 1);
}

static void
every_key_is_read(void **state)
{
	struct card_policy p = CARD_POLICY_DEFAULT;

	(void)state;
	OK(parse("[card]\nemulation = yes\ncertificates = on\nall-users = 1\n"
	    "pin-change = no\nslots = 16\nidle = 3600\nsession-minutes = 1\n"
	    "session-uses = 100\n", &p));
	assert_true(p.certificates && p.all_users && p.emulation);
	assert_true(card_policy_pin_only(&p));
	assert_false(p.pin_change);
	assert_int_equal(p.slots, 16);
	assert_int_equal(p.idle_s, 3600);
	assert_int_equal(p.session_minutes, 1);
	assert_int_equal(p.session_uses, 100);
	OK(parse("[card]\nemulation = no\n", &p));
	assert_false(card_policy_pin_only(&p));
}

static void
odd_values_are_refused(void **state)
{
	static const char *const bad[] = { "slots = 0", "slots = 17",
		"idle = 0", "idle = 3601", "idle = long",
		"session-minutes = 0", "session-minutes = 1441",
		"session-uses = 101", "certificates = perhaps",
		"certificate = yes", "emulation =" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct card_policy p = CARD_POLICY_DEFAULT;
		auto_str text = NULL;

		OK(str_printf(&text, "[card]\n%s\n", bad[i]));
		assert_int_not_equal(parse(text, &p), SG_OK);
		assert_non_null(strstr(sg_note(SG_EFORMAT),
		    "signetd.conf:2: "));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_comes_a_card_is_for_session_pins),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(odd_values_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
