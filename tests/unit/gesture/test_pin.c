/* SPDX-License-Identifier: BSD-2-Clause */
#include "../same_key.h"

#include "gesture/pin.h"
#include "gesture/recovery.h"

static enum sg_err
check(const char *pin)
{
	auto_done(secret) s = { 0 };

	OK(secret_set(&s, pin, strlen(pin)));
	return pin_check(&s, 4);
}

/* The examples of Windows Hello's rule. */
static void
digits_in_equal_steps_are_refused(void **state)
{
	static const char *const bad[] = { "1111", "1234", "1357", "9630",
		"1593", "7036", "987654", "000000" };
	static const char *const good[] = { "1231", "1872", "428193",
		"abcd", "1234x" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS_SAYING(SG_EARG, "too simple", check(bad[i]));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		OK(check(good[i]));
}

static void
exactly_a_hundred_pins_of_a_length_fall(void **state)
{
	char pin[8];
	int fallen = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		(void)snprintf(pin, sizeof(pin), "%04d", i);
		fallen += check(pin) != SG_OK;
	}
	assert_int_equal(fallen, 100);
}

static void
length_and_characters_have_bounds(void **state)
{
	char pin[PIN_MAX + 2];

	(void)state;
	memset(pin, 'x', sizeof(pin));
	pin[PIN_MAX + 1] = '\0';
	FAILS_SAYING(SG_EARG, "too long", check(pin));
	pin[PIN_MAX] = '\0';
	OK(check(pin));
	FAILS_SAYING(SG_EARG, "too short", check("428"));
	FAILS_SAYING(SG_EARG, "too short", check(""));
	FAILS_SAYING(SG_EARG, "control", check("42\n81"));
}

static void
salt_and_pin_decide_the_authorisation(void **state)
{
	auto_done(secret) pin = { 0 };
	auto_done(secret) a = { 0 };
	auto_done(secret) b = { 0 };
	uint8_t salt[PIN_SALT_LEN] = { 1 };

	(void)state;
	OK(secret_set(&pin, "428193", 6));
	OK(pin_auth(&pin, salt, pin_cost_default(), &a));
	OK(pin_auth(&pin, salt, pin_cost_default(), &b));
	assert_int_equal(a.n, PIN_AUTH_LEN);
	assert_memory_equal(a.p, b.p, PIN_AUTH_LEN);
	salt[31] = 1;
	OK(pin_auth(&pin, salt, pin_cost_default(), &b));
	assert_memory_not_equal(a.p, b.p, PIN_AUTH_LEN);
}

static void
odd_costs_are_no_costs(void **state)
{
	(void)state;
	assert_true(pin_cost_valid(pin_cost_default()));
	assert_false(pin_cost_valid((struct scrypt_cost) { 8191, 8, 1 }));
	assert_false(pin_cost_valid((struct scrypt_cost) { 1024, 8, 1 }));
	assert_false(pin_cost_valid((struct scrypt_cost) { 8192, 4, 1 }));
	assert_false(pin_cost_valid((struct scrypt_cost) { 1u << 30, 8, 1 }));
	assert_false(pin_cost_valid((struct scrypt_cost) { 8192, 0, 1 }));
	assert_false(pin_cost_valid((struct scrypt_cost) { 0, 8, 1 }));
	assert_false(pin_cost_valid((struct scrypt_cost) { 8192, 8, 99 }));
}

static void
a_code_leads_to_its_key_however_it_is_typed(void **state)
{
	auto_done(secret) code = { 0 };
	auto_done(secret) typed = { 0 };
	auto_free(pkey) a = NULL;
	auto_free(pkey) b = NULL;

	(void)state;
	OK(recovery_code_new(&code));
	assert_int_equal(code.n, RECOVERY_CODE_LEN);
	OK(recovery_key(&a, &code));
	OK(secret_init(&typed, 64));
	for (size_t i = 0; i < code.n; i++) {
		char c = (char)code.p[i];

		c = c == '-' ? ' ' : c == '0' ? 'o' : c == '1' ? 'l' : c;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		OK(secret_add(&typed, &c, 1));
	}
	OK(recovery_key(&b, &typed));
	assert_true(same_key(a, b));
}

static void
two_codes_differ(void **state)
{
	auto_done(secret) a = { 0 };
	auto_done(secret) b = { 0 };

	(void)state;
	OK(recovery_code_new(&a));
	OK(recovery_code_new(&b));
	assert_memory_not_equal(a.p, b.p, RECOVERY_CODE_LEN);
}

static void
a_mistyped_code_is_told_from_a_foreign_one(void **state)
{
	auto_done(secret) code = { 0 };
	auto_free(pkey) k = NULL;
	int accepted = 0;

	(void)state;
	OK(recovery_code_new(&code));
	for (size_t i = 0; i < code.n; i++) {
		uint8_t was = code.p[i];

		if (was == '-')
			continue;
		code.p[i] = was == '7' ? '8' : '7';
		accepted += recovery_key(&k, &code) == SG_OK;
		pkey_free(k);
		k = NULL;
		code.p[i] = was;
	}
	/* A 12-bit checksum misses one in 4096. */
	assert_true(accepted <= 1);
	code.n--;
	FAILS_SAYING(SG_EPIN, "too short", recovery_key(&k, &code));
	OK(secret_set(&code, "U", 1));
	FAILS_SAYING(SG_EPIN, "do not have", recovery_key(&k, &code));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_in_equal_steps_are_refused),
		cmocka_unit_test(exactly_a_hundred_pins_of_a_length_fall),
		cmocka_unit_test(length_and_characters_have_bounds),
		cmocka_unit_test(salt_and_pin_decide_the_authorisation),
		cmocka_unit_test(odd_costs_are_no_costs),
		cmocka_unit_test(a_code_leads_to_its_key_however_it_is_typed),
		cmocka_unit_test(two_codes_differ),
		cmocka_unit_test(a_mistyped_code_is_told_from_a_foreign_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
