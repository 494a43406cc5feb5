/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "container/lock.h"
#include "gesture/recovery.h"

/* A PIN after scrypt. */
static void
auth_of(struct secret *s, uint8_t fill)
{
	OK(secret_init(s, AEAD_KEY_LEN));
	memset(s->p, fill, AEAD_KEY_LEN);
	s->n = AEAD_KEY_LEN;
}

static void
pin_and_code_open_the_same_secret(void **state)
{
	auto_done(secret_lock) l = { 0 };
	auto_done(secret) auth = { 0 }, code = { 0 }, a = { 0 }, b = { 0 };

	(void)state;
	auth_of(&auth, 1);
	OK(recovery_code_new(&code));
	OK(lock_make(&l, bytes_str("c"), &auth, &code));
	assert_int_equal(l.by_pin.n, LOCK_SEALED_LEN);
	assert_int_equal(l.by_code.n, LOCK_SEALED_LEN);
	OK(lock_open(&l, bytes_str("c"), &auth, &a));
	OK(lock_recover(&l, bytes_str("c"), &code, &b));
	assert_int_equal(a.n, LOCK_SECRET_LEN);
	assert_true(bytes_eq(secret_bytes(&a), secret_bytes(&b)));
}

static void
nothing_else_opens_it(void **state)
{
	auto_done(secret_lock) l = { 0 };
	auto_done(secret) auth = { 0 }, wrong = { 0 }, code = { 0 };
	auto_done(secret) other = { 0 }, out = { 0 };

	(void)state;
	auth_of(&auth, 1);
	auth_of(&wrong, 2);
	OK(recovery_code_new(&code));
	OK(recovery_code_new(&other));
	OK(lock_make(&l, bytes_str("c"), &auth, &code));
	FAILS(SG_EPIN, lock_open(&l, bytes_str("c"), &wrong, &out));
	FAILS(SG_EPIN, lock_open(&l, bytes_str("d"), &auth, &out));
	FAILS_SAYING(SG_EPIN, "another container",
	    lock_recover(&l, bytes_str("c"), &other, &out));
	FAILS(SG_EPIN, lock_recover(&l, bytes_str("d"), &code, &out));
	FAILS_SAYING(SG_EPIN, "no recovery code",
	    lock_recover(&l, bytes_str("c"), &auth, &out));
	assert_null(out.p);
}

static void
another_pin_replaces_the_first_and_gives_back_the_tries(void **state)
{
	auto_done(secret_lock) l = { .limit = 3, .used = 3 };
	auto_done(secret) auth = { 0 }, fresh = { 0 }, code = { 0 };
	auto_done(secret) secret = { 0 }, again = { 0 };

	(void)state;
	auth_of(&auth, 1);
	auth_of(&fresh, 2);
	OK(recovery_code_new(&code));
	OK(lock_make(&l, bytes_str("c"), &auth, &code));
	OK(lock_recover(&l, bytes_str("c"), &code, &secret));
	OK(lock_change(&l, bytes_str("c"), &secret, &fresh));
	assert_int_equal(l.used, 0);
	FAILS(SG_EPIN, lock_open(&l, bytes_str("c"), &auth, &again));
	OK(lock_open(&l, bytes_str("c"), &fresh, &again));
	assert_true(bytes_eq(secret_bytes(&secret), secret_bytes(&again)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pin_and_code_open_the_same_secret),
		cmocka_unit_test(nothing_else_opens_it),
		cmocka_unit_test(
		    another_pin_replaces_the_first_and_gives_back_the_tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
