/* SPDX-License-Identifier: BSD-2-Clause */
#include "swtpm.h"

#include "crypto/digest.h"

static void
the_pin_logs_in_and_the_key_signs(void **state)
{
	struct fixture *f = *state;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	assert_int_equal(f->login.n, 32);
	OK(fixture_sign(f, &f->login));
	OK(fixture_sign(f, &f->login));
}

static void
a_wrong_pin_uses_a_try_and_a_right_one_gives_them_back(void **state)
{
	struct fixture *f = *state;
	struct vault_tries tries;

	FAILS_SAYING(SG_EPIN, "4 of 5 tries left",
	    vault_login(f->t, &f->v, &f->wrong, &f->login));
	FAILS_SAYING(SG_EPIN, "3 of 5 tries left",
	    vault_login(f->t, &f->v, &f->wrong, &f->login));
	assert_int_equal(f->login.n, 0);
	OK(vault_tries(f->t, &f->v, &tries));
	assert_true(tries.known);
	assert_int_equal(tries.used, 2);
	assert_int_equal(tries.limit, TRIES);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(vault_tries(f->t, &f->v, &tries));
	assert_int_equal(tries.used, 0);
}

static void
block(struct fixture *f)
{
	for (int i = 1; i < TRIES; i++)
		FAILS(SG_EPIN, vault_login(f->t, &f->v, &f->wrong, &f->login));
	FAILS_SAYING(SG_EBLOCKED, "the last try",
	    vault_login(f->t, &f->v, &f->wrong, &f->login));
}

static void
the_last_wrong_pin_blocks_and_recovery_unblocks(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) fresh = { 0 };
	struct vault_tries tries;

	block(f);
	FAILS(SG_EBLOCKED, vault_login(f->t, &f->v, &f->pin, &f->login));
	FAILS(SG_EBLOCKED, vault_change(f->t, &f->v, &f->pin, &f->wrong));
	secret_number(&fresh, 777);
	OK(vault_recover(f->t, &f->v, fixture_signer(f), &fresh));
	OK(vault_tries(f->t, &f->v, &tries));
	assert_int_equal(tries.used, 0);
	FAILS(SG_EPIN, vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(vault_login(f->t, &f->v, &fresh, &f->login));
	OK(fixture_sign(f, &f->login));
}

static void
a_change_leaves_one_pin_that_works(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) fresh = { 0 };

	secret_number(&fresh, 777);
	FAILS(SG_EPIN, vault_change(f->t, &f->v, &f->wrong, &fresh));
	OK(vault_change(f->t, &f->v, &f->pin, &fresh));
	FAILS(SG_EPIN, vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(vault_login(f->t, &f->v, &fresh, &f->login));
	OK(fixture_sign(f, &f->login));
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(the_pin_logs_in_and_the_key_signs),
		CASE(a_wrong_pin_uses_a_try_and_a_right_one_gives_them_back),
		CASE(the_last_wrong_pin_blocks_and_recovery_unblocks),
		CASE(a_change_leaves_one_pin_that_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
