/* SPDX-License-Identifier: BSD-2-Clause */

/* C_WaitForSlotEvent. */

#include "p11.h"

#include <pthread.h>

static ck_rv_t
event(void)
{
	ck_slot_id_t slot = 0;
	ck_rv_t rv = p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL);

	if (rv == CKR_OK)
		assert_int_equal(slot, SLOT);
	return rv;
}

static void
each_change_of_the_token_is_one_event(void **state)
{
	(void)state;
	RV(CKR_NO_EVENT, event());
	fake.state = CONTAINER_NONE;
	RV(CKR_OK, event());
	RV(CKR_NO_EVENT, event());
	fake.state = CONTAINER_READY;
	RV(CKR_OK, event());
	RV(CKR_NO_EVENT, event());
	fake.down = true;
	RV(CKR_OK, event());
	RV(CKR_NO_EVENT, event());
	fake.down = false;
	RV(CKR_OK, event());
	RV(CKR_NO_EVENT, event());
}

static void
a_container_made_anew_is_another_token(void **state)
{
	(void)state;
	RV(CKR_NO_EVENT, event());
	fake.created++;
	RV(CKR_OK, event());
	RV(CKR_NO_EVENT, event());
}

static void
what_happens_inside_the_container_is_no_event(void **state)
{
	(void)state;
	RV(CKR_NO_EVENT, event());
	fake_cert_add("fresh");
	fake.open = true;
	fake.tries_used = 2;
	RV(CKR_NO_EVENT, event());
	fake.state = CONTAINER_BLOCKED;
	RV(CKR_NO_EVENT, event());
}

/* The standard counts from C_Initialize; nobody looked before this. */
static void
a_change_since_the_first_look_at_the_slot_counts(void **state)
{
	ck_slot_id_t id;
	unsigned long n = 1;

	(void)state;
	fake.state = CONTAINER_NONE;
	RV(CKR_OK, p11->C_GetSlotList(1, &id, &n));
	assert_int_equal(n, 0);
	fake.state = CONTAINER_READY;
	n = 1;
	RV(CKR_OK, p11->C_GetSlotList(1, &id, &n));
	assert_int_equal(n, 1);
	RV(CKR_OK, event());
	RV(CKR_NO_EVENT, event());
}

static void
arguments_are_checked(void **state)
{
	ck_slot_id_t slot;

	(void)state;
	RV(CKR_ARGUMENTS_BAD, p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL,
	    NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot,
	    &slot));
}

static void *
wait_blocking(void *arg)
{
	ck_slot_id_t slot;

	*(ck_rv_t *)arg = p11->C_WaitForSlotEvent(0, &slot, NULL);
	return NULL;
}

/* Looks from another thread until the waiting one has begun. */
static pthread_t
waiter_start(ck_rv_t *rv)
{
	struct ck_slot_info info;
	pthread_t t;
	unsigned before, after;

	RV(CKR_OK, p11->C_GetSlotInfo(SLOT, &info));
	before = fake.asked.glances;
	assert_int_equal(pthread_create(&t, NULL, wait_blocking, rv), 0);
	do {
		struct ck_token_info token;

		/* Takes the module's lock, so that the count is seen. */
		RV(CKR_OK, p11->C_GetTokenInfo(SLOT, &token));
		before++;
		after = fake.asked.glances;
		(void)usleep(1000);
	} while (after == before);
	return t;
}

static void
a_waiting_thread_is_told(void **state)
{
	ck_rv_t rv = CKR_GENERAL_ERROR;
	pthread_t t = waiter_start(&rv);

	(void)state;
	fake.created++;
	assert_int_equal(pthread_join(t, NULL), 0);
	RV(CKR_OK, rv);
}

static void
finalizing_wakes_a_waiting_thread(void **state)
{
	ck_rv_t rv = CKR_GENERAL_ERROR;
	pthread_t t = waiter_start(&rv);

	(void)state;
	RV(CKR_OK, p11->C_Finalize(NULL));
	assert_int_equal(pthread_join(t, NULL), 0);
	RV(CKR_CRYPTOKI_NOT_INITIALIZED, rv);
	RV(CKR_OK, p11->C_Initialize(NULL));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, case_start, case_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_change_of_the_token_is_one_event),
		CASE(a_container_made_anew_is_another_token),
		CASE(what_happens_inside_the_container_is_no_event),
		CASE(a_change_since_the_first_look_at_the_slot_counts),
		CASE(arguments_are_checked),
		CASE(a_waiting_thread_is_told),
		CASE(finalizing_wakes_a_waiting_thread),
	};

	return cmocka_run_group_tests(tests, group_start, group_end);
}
