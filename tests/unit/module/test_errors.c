/* SPDX-License-Identifier: BSD-2-Clause */

/* Which return value each function gives for which mistake (PKCS #11 Base
 * Specification 2.40, 5.1 and each function's own list). */

#include "p11.h"

static unsigned char x[256];
static unsigned long n = sizeof(x);
static struct ck_mechanism ecdsa = { CKM_ECDSA, NULL, 0 };
static struct ck_attribute label = { CKA_LABEL, NULL, 0 };
static ck_object_handle_t o, p;

/* Every function that takes a session: what it says with a good one, when the
 * other arguments make sense and nothing was begun. */
#define SESSION_CALLS(CALL)                                                  \
	CALL(CKR_OK, C_GetSessionInfo(s, &info))                             \
	CALL(CKR_USER_NOT_LOGGED_IN, C_Logout(s))                            \
	CALL(CKR_PIN_LEN_RANGE, C_Login(s, CKU_USER, x, 0))                  \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_InitPIN(s, x, n))                 \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_SetPIN(s, x, n, x, n))            \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_GetOperationState(s, x, &n))      \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_SetOperationState(s, x, n, o, o)) \
	CALL(CKR_TEMPLATE_INCOMPLETE, C_CreateObject(s, &label, 1, &o))      \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_CopyObject(s, o, &label, 1, &p))  \
	CALL(CKR_OBJECT_HANDLE_INVALID, C_DestroyObject(s, 4711))            \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_GetObjectSize(s, o, &n))          \
	CALL(CKR_OBJECT_HANDLE_INVALID, C_GetAttributeValue(s, 4711,         \
	    &label, 1))                                                      \
	CALL(CKR_ACTION_PROHIBITED, C_SetAttributeValue(s, o, &label, 1))    \
	CALL(CKR_OK, C_FindObjectsInit(s, NULL, 0))                          \
	CALL(CKR_OK, C_FindObjects(s, &o, 1, &n))                            \
	CALL(CKR_OK, C_FindObjectsFinal(s))                                  \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_EncryptInit(s, &ecdsa, o))        \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_Encrypt(s, x, n, x, &n))          \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_EncryptUpdate(s, x, n, x, &n))    \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_EncryptFinal(s, x, &n))           \
	CALL(CKR_KEY_HANDLE_INVALID, C_DecryptInit(s, &rsa, 4711))           \
	CALL(CKR_OPERATION_NOT_INITIALIZED, C_Decrypt(s, x, n, x, &n))       \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DecryptUpdate(s, x, n, x, &n))    \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DecryptFinal(s, x, &n))           \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DigestInit(s, &ecdsa))            \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_Digest(s, x, n, x, &n))           \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DigestUpdate(s, x, n))            \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DigestKey(s, o))                  \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DigestFinal(s, x, &n))            \
	CALL(CKR_KEY_HANDLE_INVALID, C_SignInit(s, &ecdsa, 4711))            \
	CALL(CKR_OPERATION_NOT_INITIALIZED, C_Sign(s, x, n, x, &n))          \
	CALL(CKR_OPERATION_NOT_INITIALIZED, C_SignUpdate(s, x, n))           \
	CALL(CKR_OPERATION_NOT_INITIALIZED, C_SignFinal(s, x, &n))           \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_SignRecoverInit(s, &ecdsa, o))    \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_SignRecover(s, x, n, x, &n))      \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_VerifyInit(s, &ecdsa, o))         \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_Verify(s, x, n, x, n))            \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_VerifyUpdate(s, x, n))            \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_VerifyFinal(s, x, n))             \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_VerifyRecoverInit(s, &ecdsa, o))  \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_VerifyRecover(s, x, n, x, &n))    \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DigestEncryptUpdate(s, x, n, x,   \
	    &n))                                                             \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DecryptDigestUpdate(s, x, n, x,   \
	    &n))                                                             \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_SignEncryptUpdate(s, x, n, x,     \
	    &n))                                                             \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DecryptVerifyUpdate(s, x, n, x,   \
	    &n))                                                             \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_GenerateKey(s, &ecdsa, &label,    \
	    1, &o))                                                          \
	CALL(CKR_MECHANISM_INVALID, C_GenerateKeyPair(s, &ecdsa, &label,     \
	    1, &label, 1, &o, &p))                                           \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_WrapKey(s, &ecdsa, o, o, x, &n))  \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_UnwrapKey(s, &ecdsa, o, x, n,     \
	    &label, 1, &p))                                                  \
	CALL(CKR_FUNCTION_NOT_SUPPORTED, C_DeriveKey(s, &ecdsa, o, &label,   \
	    1, &p))                                                          \
	CALL(CKR_RANDOM_NO_RNG, C_SeedRandom(s, x, n))                       \
	CALL(CKR_RANDOM_NO_RNG, C_GenerateRandom(s, x, n))                   \
	CALL(CKR_FUNCTION_NOT_PARALLEL, C_GetFunctionStatus(s))              \
	CALL(CKR_FUNCTION_NOT_PARALLEL, C_CancelFunction(s))                 \
	CALL(CKR_OK, C_CloseSession(s))

#define GOOD(rv, call) RV(rv, p11->call);
#define BAD(rv, call) bad_handle(#call, p11->call);
#define BEFORE(rv, call) RV(CKR_CRYPTOKI_NOT_INITIALIZED, p11->call);

static struct ck_mechanism rsa = { CKM_RSA_PKCS, NULL, 0 };
static struct ck_session_info info;

static void
each_function_has_its_answer(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	SESSION_CALLS(GOOD)
}

/* What is not there at all may say that first. */
static void
bad_handle(const char *name, ck_rv_t rv)
{
	if (rv != CKR_SESSION_HANDLE_INVALID &&
	    rv != CKR_FUNCTION_NOT_SUPPORTED && rv != CKR_RANDOM_NO_RNG &&
	    rv != CKR_FUNCTION_NOT_PARALLEL && rv != CKR_ACTION_PROHIBITED)
		fail_msg("%s: 0x%lx", name, rv);
}

static void
a_session_that_is_none_is_told(void **state)
{
	ck_session_handle_t s = session_open() + 1;

	(void)state;
	SESSION_CALLS(BAD)
}

static void
nothing_works_before_it_is_initialized(void **state)
{
	struct ck_slot_info slot;
	struct ck_token_info token;
	struct ck_mechanism_info mechanism;
	struct ck_info all;
	ck_session_handle_t s = 1;
	ck_slot_id_t id;

	(void)state;
	RV(CKR_OK, p11->C_Finalize(NULL));
	SESSION_CALLS(BEFORE)
	BEFORE(0, C_GetSlotInfo(SLOT, &slot))
	BEFORE(0, C_GetTokenInfo(SLOT, &token))
	BEFORE(0, C_GetMechanismList(SLOT, &id, &n))
	BEFORE(0, C_GetMechanismInfo(SLOT, CKM_ECDSA, &mechanism))
	BEFORE(0, C_OpenSession(SLOT, CKF_SERIAL_SESSION, NULL, NULL, &s))
	BEFORE(0, C_CloseAllSessions(SLOT))
	BEFORE(0, C_InitToken(SLOT, x, n, x))
	BEFORE(0, C_GetSlotList(1, &id, &n))
	BEFORE(0, C_WaitForSlotEvent(0, &id, NULL))
	RV(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_GetInfo(&all));
	RV(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
	RV(CKR_OK, p11->C_Initialize(NULL));
}

static void
a_slot_that_is_none_is_told(void **state)
{
	struct ck_slot_info slot;
	struct ck_token_info token;
	struct ck_mechanism_info mechanism;
	ck_session_handle_t s;

	(void)state;
	RV(CKR_SLOT_ID_INVALID, p11->C_GetSlotInfo(2, &slot));
	RV(CKR_SLOT_ID_INVALID, p11->C_GetTokenInfo(2, &token));
	RV(CKR_SLOT_ID_INVALID, p11->C_GetMechanismList(2, NULL, &n));
	RV(CKR_SLOT_ID_INVALID, p11->C_GetMechanismInfo(2, CKM_ECDSA,
	    &mechanism));
	RV(CKR_SLOT_ID_INVALID, p11->C_OpenSession(2, CKF_SERIAL_SESSION,
	    NULL, NULL, &s));
	RV(CKR_SLOT_ID_INVALID, p11->C_CloseAllSessions(2));
}

static void
a_place_for_the_answer_is_needed(void **state)
{
	ck_session_handle_t s = session_login();
	ck_object_handle_t key = find_one(s, CKO_PRIVATE_KEY, "ec");

	(void)state;
	RV(CKR_ARGUMENTS_BAD, p11->C_GetInfo(NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_GetSlotList(0, NULL, NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_GetSlotInfo(SLOT, NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_GetTokenInfo(SLOT, NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_GetMechanismList(SLOT, NULL, NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_GetMechanismInfo(SLOT, CKM_ECDSA, NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION,
	    NULL, NULL, NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_GetSessionInfo(s, NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_GetAttributeValue(s, key, NULL, 1));
	RV(CKR_ARGUMENTS_BAD, p11->C_FindObjectsInit(s, NULL, 1));
	RV(CKR_ARGUMENTS_BAD, p11->C_SignInit(s, NULL, key));
	RV(CKR_ARGUMENTS_BAD, p11->C_DecryptInit(s, NULL, key));
	RV(CKR_OK, p11->C_FindObjectsInit(s, NULL, 0));
	RV(CKR_ARGUMENTS_BAD, p11->C_FindObjects(s, NULL, 1, &n));
	RV(CKR_ARGUMENTS_BAD, p11->C_FindObjects(s, &o, 1, NULL));
	/* A mistake there leaves the search; one here ends the operation. */
	RV(CKR_OK, p11->C_FindObjects(s, &o, 1, &n));
	RV(CKR_OK, p11->C_SignInit(s, &ecdsa, key));
	RV(CKR_ARGUMENTS_BAD, p11->C_Sign(s, NULL, 32, x, &n));
	RV(CKR_OPERATION_NOT_INITIALIZED, p11->C_Sign(s, x, 32, x, &n));
	RV(CKR_OK, p11->C_SignInit(s, &ecdsa, key));
	RV(CKR_ARGUMENTS_BAD, p11->C_SignFinal(s, x, NULL));
}

/* The token is gone; what needs it says so, and comes back with it. */
static void
a_container_that_is_gone_is_told_by_each_function(void **state)
{
	ck_session_handle_t s = session_login(), t;
	ck_object_handle_t key = find_one(s, CKO_PRIVATE_KEY, "ec");
	struct ck_token_info token;

	(void)state;
	n = sizeof(x);
	RV(CKR_OK, p11->C_SignInit(s, &ecdsa, key));
	fake.state = CONTAINER_NONE;
	RV(CKR_DEVICE_REMOVED, p11->C_Sign(s, x, 32, x, &n));
	RV(CKR_TOKEN_NOT_PRESENT, p11->C_GetTokenInfo(SLOT, &token));
	RV(CKR_TOKEN_NOT_PRESENT, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION,
	    NULL, NULL, &t));
	RV(CKR_DEVICE_REMOVED, p11->C_FindObjectsInit(s, NULL, 0));
	RV(CKR_TOKEN_NOT_PRESENT, login(s, FAKE_PIN));
	fake.state = CONTAINER_READY;
	RV(CKR_OK, login(s, FAKE_PIN));
	RV(CKR_OK, p11->C_SignInit(s, &ecdsa,
	    find_one(s, CKO_PRIVATE_KEY, "ec")));
	RV(CKR_OK, p11->C_Sign(s, x, 32, x, &n));
}

static void
a_daemon_that_is_gone_is_told_by_each_function(void **state)
{
	ck_session_handle_t s = session_login(), t;
	struct ck_session_info session;

	(void)state;
	RV(CKR_OK, p11->C_SignInit(s, &ecdsa,
	    find_one(s, CKO_PRIVATE_KEY, "ec")));
	fake.down = true;
	RV(CKR_DEVICE_REMOVED, p11->C_Sign(s, x, 32, x, &n));
	RV(CKR_DEVICE_REMOVED, p11->C_FindObjectsInit(s, NULL, 0));
	RV(CKR_TOKEN_NOT_PRESENT, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION,
	    NULL, NULL, &t));
	/* It forgot the login when it went. */
	RV(CKR_OK, p11->C_GetSessionInfo(s, &session));
	assert_int_equal(session.state, CKS_RO_PUBLIC_SESSION);
	RV(CKR_DEVICE_REMOVED, login(s, FAKE_PIN));
	fake.down = false;
	RV(CKR_OK, login(s, FAKE_PIN));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, case_start, case_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_function_has_its_answer),
		CASE(a_session_that_is_none_is_told),
		CASE(nothing_works_before_it_is_initialized),
		CASE(a_slot_that_is_none_is_told),
		CASE(a_place_for_the_answer_is_needed),
		CASE(a_container_that_is_gone_is_told_by_each_function),
		CASE(a_daemon_that_is_gone_is_told_by_each_function),
	};

	return cmocka_run_group_tests(tests, group_start, group_end);
}
