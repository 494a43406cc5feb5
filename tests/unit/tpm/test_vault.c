/* SPDX-License-Identifier: BSD-2-Clause */
#include "attacker.h"

#include "tpm/nv.h"
#include "tpm/session.h"

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

static void
a_change_ends_no_login_but_the_next_login_does(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) old = { 0 };

	OK(vault_login(f->t, &f->v, &f->pin, &old));
	OK(vault_change(f->t, &f->v, &f->pin, &f->wrong));
	OK(fixture_sign(f, &old));
	OK(vault_login(f->t, &f->v, &f->wrong, &f->login));
	FAILS(SG_ELOGIN, fixture_sign(f, &old));
}

static void
a_login_ends_with_the_tpms_power(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) old = { 0 };

	OK(vault_login(f->t, &f->v, &f->pin, &old));
	OK(fixture_sign(f, &old));
	fixture_reset(f);
	FAILS_SAYING(SG_ELOGIN, "reset", fixture_sign(f, &old));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	FAILS(SG_ELOGIN, fixture_sign(f, &old));
}

static void
a_login_outlives_the_connection(void **state)
{
	struct fixture *f = *state;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	fixture_reconnect(f);
	OK(fixture_sign(f, &f->login));
}

static void
tries_outlive_the_tpms_power(void **state)
{
	struct fixture *f = *state;
	struct vault_tries tries;

	FAILS(SG_EPIN, vault_login(f->t, &f->v, &f->wrong, &f->login));
	FAILS(SG_EPIN, vault_login(f->t, &f->v, &f->wrong, &f->login));
	fixture_reset(f);
	OK(vault_tries(f->t, &f->v, &tries));
	assert_int_equal(tries.used, 2);
}

static void
one_containers_wrong_pins_leave_the_other_alone(void **state)
{
	struct fixture *f = *state;
	struct fixture g = *f;
	auto_done(secret) login = { 0 };
	struct vault_tries tries;

	OK(vault_plan(f->t, fixture_signer(f), TRIES, &g.v));
	OK(vault_make(f->t, &g.v, fixture_signer(f), &f->pin));
	g.key = (struct tpm_key) { 0 };
	OK(tpm_key_make(f->t, &g.v, TPM_KEY_P256, &g.key));
	block(f);
	OK(vault_tries(f->t, &g.v, &tries));
	assert_int_equal(tries.used, 0);
	OK(vault_login(f->t, &g.v, &f->pin, &login));
	OK(fixture_sign(&g, &login));
	FAILS(SG_ELOGIN, fixture_sign(f, &login));
	FAILS(SG_EBLOCKED, vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(vault_remove(f->t, &f->v));
	OK(fixture_sign(&g, &login));
	tpm_key_done(&g.key);
}

static void
a_blocked_container_stays_logged_in_until_the_login_ends(void **state)
{
	struct fixture *f = *state;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	for (int i = 1; i < TRIES; i++)
		FAILS(SG_EPIN, vault_change(f->t, &f->v, &f->wrong, &f->pin));
	FAILS(SG_EBLOCKED, vault_change(f->t, &f->v, &f->wrong, &f->pin));
	OK(fixture_sign(f, &f->login));
	fixture_reset(f);
	FAILS(SG_ELOGIN, fixture_sign(f, &f->login));
}

static void
removed_indices_are_rebuilt_by_recovery(void **state)
{
	struct fixture *f = *state;

	OK(vault_remove(f->t, &f->v));
	OK(vault_remove(f->t, &f->v));
	FAILS_SAYING(SG_ENOENT, "no longer has this container's PIN index",
	    vault_login(f->t, &f->v, &f->pin, &f->login));
	FAILS(SG_ENOENT, vault_change(f->t, &f->v, &f->pin, &f->wrong));
	OK(vault_recover(f->t, &f->v, fixture_signer(f), &f->wrong));
	OK(vault_login(f->t, &f->v, &f->wrong, &f->login));
	OK(fixture_sign(f, &f->login));
	OK(vault_change(f->t, &f->v, &f->wrong, &f->pin));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
}

/* A crash between definition and first write leaves this. */
static void
an_unwritten_pin_index_is_rebuilt_by_recovery(void **state)
{
	struct fixture *f = *state;
	struct handle pin = { 0 };
	struct tree tree;

	OK(vault_remove(f->t, &f->v));
	OK(tree_of(&f->v, &tree));
	OK(nv_define(f->t, &tree.pin.pub, &f->pin, &pin));
	handle_done(&pin);
	FAILS(SG_ENOENT, vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(vault_recover(f->t, &f->v, fixture_signer(f), &f->pin));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
}

static void
a_removed_login_index_is_made_again_by_a_login(void **state)
{
	struct fixture *f = *state;
	struct attacker a;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	attacker_init(&a, f);
	attacker_undefine(&a, f->v.login_index);
	attacker_done(&a);
	FAILS(SG_ELOGIN, fixture_sign(f, &f->login));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
}

static void
somebody_elses_index_is_not_removed(void **state)
{
	struct fixture *f = *state;
	const struct nv_public foreign = { f->v.pin_index, 0x02040008,
		{ { 1 } }, 8 };
	struct handle h = { 0 };
	struct name name;

	OK(vault_remove(f->t, &f->v));
	OK(nv_define(f->t, &foreign, &f->pin, &h));
	handle_done(&h);
	FAILS(SG_EEXIST, vault_make(f->t, &f->v, fixture_signer(f), &f->pin));
	OK(vault_remove(f->t, &f->v));
	OK(nv_find(f->t, f->v.pin_index, &h, &name));
	handle_done(&h);
	/* The failed making left nothing of its own. */
	FAILS(SG_ENOENT, nv_find(f->t, f->v.login_index, &h, &name));
}

static void
a_vault_is_made_once(void **state)
{
	struct fixture *f = *state;

	FAILS(SG_EEXIST, vault_make(f->t, &f->v, fixture_signer(f), &f->wrong));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
}

static void
a_plan_changes_nothing_and_is_never_the_same(void **state)
{
	struct fixture *f = *state;
	struct handle h = { 0 };
	struct vault a, b;
	struct name name;

	OK(vault_plan(f->t, fixture_signer(f), 3, &a));
	OK(vault_plan(f->t, fixture_signer(f), 3, &b));
	assert_memory_not_equal(a.id, b.id, sizeof(a.id));
	assert_int_not_equal(a.pin_index, a.login_index);
	assert_int_not_equal(a.pin_index, b.pin_index);
	assert_in_range(a.pin_index, 0x01800000, 0x01bfffff);
	assert_in_range(a.login_index, 0x01800000, 0x01bfffff);
	FAILS(SG_ENOENT, nv_find(f->t, a.pin_index, &h, &name));
	OK(vault_remove(f->t, &a));
	FAILS(SG_EARG, vault_plan(f->t, fixture_signer(f), 0, &a));
	FAILS(SG_EARG, vault_plan(f->t, fixture_signer(f), 256, &a));
}

static void
an_approval_is_good_for_its_container_only(void **state)
{
	struct fixture *f = *state;
	struct vault v = f->v, other;

	OK(vault_plan(f->t, fixture_signer(f), TRIES, &other));
	memcpy(v.approval, other.approval, sizeof(v.approval));
	FAILS_SAYING(SG_EVERIFY, "approval", vault_change(f->t, &v, &f->pin,
	    &f->wrong));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
}

static void
the_pin_of_one_container_does_not_change_the_others(void **state)
{
	struct fixture *f = *state;
	auto_done(handle) pin_x = { 0 };
	auto_done(handle) pin_y = { 0 };
	auto_done(handle) ps = { 0 };
	struct tree tree_x, tree_y;
	struct vault y;
	struct name name;

	OK(vault_plan(f->t, fixture_signer(f), TRIES, &y));
	OK(vault_make(f->t, &y, fixture_signer(f), &f->wrong));
	OK(tree_of(&f->v, &tree_x));
	OK(tree_of(&y, &tree_y));
	OK(nv_find(f->t, f->v.pin_index, &pin_x, &name));
	OK(nv_find(f->t, y.pin_index, &pin_y, &name));
	OK(nv_auth_set(&pin_x, &f->pin));
	OK(session_start(f->t, SESSION_PLAIN, &ps));
	OK(session_command(&ps, TPM2_CC_NV_ChangeAuth));
	OK(session_secret(&ps, &pin_x));
	OK(session_authorize(&ps, &f->v, &tree_x));
	FAILS(SG_EVERIFY, session_or(&ps, tree_y.pin_branch, PIN_BRANCHES));
	FAILS(SG_ETPM, nv_change_auth(&pin_y, &ps, &f->pin));
	/* A login needs all of this TPM's three sessions. */
	handle_done(&ps);
	OK(vault_login(f->t, &y, &f->wrong, &f->login));
}

/* One in 256 keys and signatures has a number that begins with a zero byte. */
static void
numbers_with_leading_zeros_work(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) seed = { 0 };
	struct vault v;

	for (unsigned i = 0;; i++) {
		auto_free(pkey) k = NULL;
		uint8_t x[32], y[32];

		secret_number(&seed, i);
		OK(pkey_derive_p256(&k, &seed, "test"));
		OK(pkey_point(k, x, y));
		if (x[0] != 0)
			continue;
		do
			OK(vault_plan(f->t, pkey_signer(k), TRIES, &v));
		while (v.approval[0] != 0 && v.approval[32] != 0);
		OK(vault_make(f->t, &v, pkey_signer(k), &f->pin));
		OK(vault_change(f->t, &v, &f->pin, &f->wrong));
		OK(vault_recover(f->t, &v, pkey_signer(k), &f->pin));
		OK(vault_login(f->t, &v, &f->pin, &f->login));
		return;
	}
}

/* The TPM drops trailing zero bytes of an auth value. */
static void
auths_with_trailing_zeros_work(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) fresh = { 0 };

	secret_number(&fresh, 9);
	memset(fresh.p + 24, 0, 8);
	OK(vault_change(f->t, &f->v, &f->pin, &fresh));
	OK(vault_login(f->t, &f->v, &fresh, &f->login));
	memset(fresh.p, 0, 32);
	OK(vault_recover(f->t, &f->v, fixture_signer(f), &fresh));
	OK(vault_login(f->t, &f->v, &fresh, &f->login));
	FAILS(SG_EPIN, vault_login(f->t, &f->v, &f->pin, &f->login));
}

static unsigned long
commands(struct fixture *f, unsigned long *before)
{
	unsigned long now = tpm_commands(f->t), n = now - *before;

	*before = now;
	return n;
}

/* docs/tpm.md states these; on a slow TPM each is felt. */
static void
operations_take_the_commands_that_are_stated(void **state)
{
	struct fixture *f = *state;
	unsigned long at;

	fixture_reset(f);
	at = tpm_commands(f->t);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	assert_int_equal(commands(f, &at), 15);
	OK(fixture_sign(f, &f->login));
	assert_int_equal(commands(f, &at), 5);
	OK(fixture_sign(f, &f->login));
	assert_int_equal(commands(f, &at), 3);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	assert_int_equal(commands(f, &at), 6);
	OK(fixture_sign(f, &f->login));
	assert_int_equal(commands(f, &at), 4);
	FAILS(SG_EPIN, vault_login(f->t, &f->v, &f->wrong, &f->login));
	assert_int_equal(commands(f, &at), 6);
	OK(vault_change(f->t, &f->v, &f->pin, &f->wrong));
	assert_int_equal(commands(f, &at), 11);
	OK(vault_recover(f->t, &f->v, fixture_signer(f), &f->pin));
	assert_int_equal(commands(f, &at), 19);
	OK(vault_remove(f->t, &f->v));
	assert_int_equal(commands(f, &at), 4);
	OK(vault_make(f->t, &f->v, fixture_signer(f), &f->pin));
	assert_int_equal(commands(f, &at), 12);
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
		CASE(a_change_ends_no_login_but_the_next_login_does),
		CASE(a_login_ends_with_the_tpms_power),
		CASE(a_login_outlives_the_connection),
		CASE(tries_outlive_the_tpms_power),
		CASE(one_containers_wrong_pins_leave_the_other_alone),
		CASE(a_blocked_container_stays_logged_in_until_the_login_ends),
		CASE(removed_indices_are_rebuilt_by_recovery),
		CASE(an_unwritten_pin_index_is_rebuilt_by_recovery),
		CASE(a_removed_login_index_is_made_again_by_a_login),
		CASE(somebody_elses_index_is_not_removed),
		CASE(a_vault_is_made_once),
		CASE(a_plan_changes_nothing_and_is_never_the_same),
		CASE(an_approval_is_good_for_its_container_only),
		CASE(the_pin_of_one_container_does_not_change_the_others),
		CASE(numbers_with_leading_zeros_work),
		CASE(auths_with_trailing_zeros_work),
		CASE(operations_take_the_commands_that_are_stated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
