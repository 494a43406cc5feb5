/* SPDX-License-Identifier: BSD-2-Clause */

/* Threads and forks. */

#include "p11.h"

#include <pthread.h>
#include <sys/wait.h>

#define THREADS	8
#define ROUNDS	50

/* cmocka's assertions are for the main thread. */
static bool
work_once(ck_session_handle_t s, ck_object_handle_t key)
{
	struct ck_mechanism m = { CKM_ECDSA_SHA256, NULL, 0 };
	unsigned char x[64] = { 1 };
	unsigned long n = sizeof(x), found;
	ck_object_handle_t o[16];

	return p11->C_FindObjectsInit(s, NULL, 0) == CKR_OK &&
	    p11->C_FindObjects(s, o, 16, &found) == CKR_OK && found == 6 &&
	    p11->C_FindObjectsFinal(s) == CKR_OK &&
	    p11->C_SignInit(s, &m, key) == CKR_OK &&
	    p11->C_SignUpdate(s, x, 1) == CKR_OK &&
	    p11->C_SignFinal(s, x, &n) == CKR_OK;
}

static void *
work(void *arg)
{
	ck_object_handle_t key = *(const ck_object_handle_t *)arg;
	ck_session_handle_t s;

	for (int i = 0; i < ROUNDS; i++)
		if (p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION, NULL, NULL,
		    &s) != CKR_OK || !work_once(s, key) ||
		    p11->C_CloseSession(s) != CKR_OK)
			return NULL;
	return arg;
}

static void
threads_work_side_by_side(void **state)
{
	ck_session_handle_t s = session_login();
	ck_object_handle_t key = find_one(s, CKO_PRIVATE_KEY, "ec");
	pthread_t t[THREADS];
	void *done;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, work, &key), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], &done), 0);
		assert_non_null(done);
	}
	assert_int_equal(fake.asked.uses, THREADS * ROUNDS);
}

/* The child's first failing line, 0 for none. */
static int
child_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define CHILD(expected, expr)                     \
	do {                                      \
		if ((expr) != (expected))         \
			_exit(__LINE__ % 255 + 1); \
	} while (0)

static void
child_uses_the_module(ck_session_handle_t parents)
{
	struct ck_info info;
	ck_session_handle_t s;
	unsigned long n = 1;
	ck_slot_id_t id;

	CHILD(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_GetInfo(&info));
	CHILD(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_CloseSession(parents));
	CHILD(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
	CHILD(CKR_OK, p11->C_Initialize(NULL));
	CHILD(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(NULL));
	CHILD(CKR_SESSION_HANDLE_INVALID, p11->C_CloseSession(parents));
	CHILD(CKR_OK, p11->C_GetSlotList(1, &id, &n));
	CHILD(CKR_OK, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION, NULL, NULL,
	    &s));
	/* The fake's memory was copied: no login may have been ended. */
	CHILD(0, fake.asked.logouts);
	CHILD(CKR_OK, p11->C_Finalize(NULL));
	_exit(0);
}

static void
a_forked_child_starts_anew_and_the_parent_goes_on(void **state)
{
	ck_session_handle_t s = session_login();
	ck_object_handle_t key = find_one(s, CKO_PRIVATE_KEY, "ec");
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		child_uses_the_module(s);
	assert_int_equal(child_wait(pid), 0);
	assert_true(work_once(s, key));
	assert_int_equal(fake.asked.opens, 1);
}

static void
a_grandchild_does_too(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pid_t next = fork();
		int status;

		if (next == 0)
			child_uses_the_module(1);
		CHILD(next, waitpid(next, &status, 0));
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 255);
	}
	assert_int_equal(child_wait(pid), 0);
}

/* Forks while other threads are inside: the child's lock must be free. */
static void
a_fork_in_the_midst_of_work_leaves_a_usable_child(void **state)
{
	ck_session_handle_t s = session_login();
	ck_object_handle_t key = find_one(s, CKO_PRIVATE_KEY, "ec");
	pthread_t t[THREADS];
	void *done;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, work, &key), 0);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			CHILD(CKR_OK, p11->C_Initialize(NULL));
			_exit(0);
		}
		assert_int_equal(child_wait(pid), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], &done), 0);
		assert_non_null(done);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, case_start, case_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(threads_work_side_by_side),
		CASE(a_forked_child_starts_anew_and_the_parent_goes_on),
		CASE(a_grandchild_does_too),
		CASE(a_fork_in_the_midst_of_work_leaves_a_usable_child),
	};

	return cmocka_run_group_tests(tests, group_start, group_end);
}
