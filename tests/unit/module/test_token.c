/* SPDX-License-Identifier: BSD-2-Clause */

/* Initialising, the slot, its token, and what is not offered. */

#include "p11.h"

static void
every_function_of_the_list_can_be_called(void **state)
{
	void *const *f = (void *const *)&p11->C_Initialize;
	size_t n = (sizeof(*p11) - offsetof(struct ck_function_list,
	    C_Initialize)) / sizeof(*f);

	(void)state;
	assert_int_equal(p11->version.major, 2);
	assert_int_equal(p11->version.minor, 40);
	assert_int_equal(n, 68);
	for (size_t i = 0; i < n; i++)
		assert_non_null(f[i]);
	RV(CKR_ARGUMENTS_BAD, p11->C_GetFunctionList(NULL));
}

static void
initializing_twice_is_refused_and_finalizing_allows_it_again(void **state)
{
	struct ck_info info;

	(void)state;
	RV(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_Finalize(&info));
	RV(CKR_OK, p11->C_Finalize(NULL));
	RV(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
	RV(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_GetInfo(&info));
	RV(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_DigestInit(1, NULL));
	RV(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_GenerateRandom(1, NULL, 0));
	RV(CKR_OK, p11->C_Initialize(NULL));
	RV(CKR_OK, p11->C_GetInfo(&info));
	assert_memory_equal(info.manufacturer_id,
	    "Signet                          ", 32);
}

static ck_rv_t
make_mutex(void **m)
{
	*m = NULL;
	return CKR_OK;
}

static ck_rv_t
use_mutex(void *m)
{
	(void)m;
	return CKR_OK;
}

static void
arguments_of_initialize_are_checked(void **state)
{
	struct ck_c_initialize_args os = { .flags = CKF_OS_LOCKING_OK },
		own = { make_mutex, use_mutex, use_mutex, use_mutex, 0, NULL },
		half = { make_mutex, NULL, use_mutex, use_mutex, 0, NULL },
		odd = { .reserved = &odd };

	(void)state;
	RV(CKR_OK, p11->C_Finalize(NULL));
	RV(CKR_ARGUMENTS_BAD, p11->C_Initialize(&half));
	RV(CKR_ARGUMENTS_BAD, p11->C_Initialize(&odd));
	RV(CKR_OK, p11->C_Initialize(&own));
	RV(CKR_OK, p11->C_Finalize(NULL));
	RV(CKR_OK, p11->C_Initialize(&os));
}

static unsigned long
slots(bool with_token)
{
	ck_slot_id_t id[2] = { 0, 0 };
	unsigned long n = 2;

	RV(CKR_OK, p11->C_GetSlotList(with_token, id, &n));
	if (n > 0)
		assert_int_equal(id[0], SLOT);
	return n;
}

static void
the_token_is_there_when_the_container_is(void **state)
{
	struct ck_slot_info info;
	struct ck_token_info token;
	ck_session_handle_t s;
	ck_slot_id_t id;
	unsigned long n = 0;

	(void)state;
	assert_int_equal(slots(true), 1);
	RV(CKR_BUFFER_TOO_SMALL, p11->C_GetSlotList(1, &id, &n));
	assert_int_equal(n, 1);
	RV(CKR_OK, p11->C_GetSlotInfo(SLOT, &info));
	assert_true(info.flags & CKF_TOKEN_PRESENT);
	assert_memory_equal(info.slot_description,
	    "Signet Container 00 00  ", 24);
	RV(CKR_SLOT_ID_INVALID, p11->C_GetSlotInfo(2, &info));
	fake.state = CONTAINER_NONE;
	assert_int_equal(slots(true), 0);
	assert_int_equal(slots(false), 1);
	RV(CKR_OK, p11->C_GetSlotInfo(SLOT, &info));
	assert_false(info.flags & CKF_TOKEN_PRESENT);
	RV(CKR_TOKEN_NOT_PRESENT, p11->C_GetTokenInfo(SLOT, &token));
	RV(CKR_TOKEN_NOT_PRESENT, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION,
	    NULL, NULL, &s));
}

static void
the_slot_is_called_like_the_cards_reader(void **state)
{
	struct ck_slot_info info;

	(void)state;
	fake.card_slot = 3;
	RV(CKR_OK, p11->C_GetSlotInfo(SLOT, &info));
	assert_memory_equal(info.slot_description,
	    "Signet Container 00 03  ", 24);
	fake.card_slot = CARD_NO_SLOT;
	RV(CKR_OK, p11->C_GetSlotInfo(SLOT, &info));
	assert_memory_equal(info.slot_description,
	    "Signet Container 00 00  ", 24);
}

static void
without_the_daemon_there_is_a_slot_and_no_token(void **state)
{
	(void)state;
	fake.down = true;
	assert_int_equal(slots(true), 0);
	assert_int_equal(slots(false), 1);
	fake.down = false;
	assert_int_equal(slots(true), 1);
}

static void
a_daemon_started_anew_is_found_again(void **state)
{
	(void)state;
	assert_int_equal(slots(true), 1);
	fake.broken = true;
	assert_int_equal(slots(true), 1);
	assert_int_equal(fake.asked.opens, 2);
	assert_int_equal(fake.asked.frees, 1);
}

static void
a_daemon_that_hangs_is_asked_once(void **state)
{
	struct ck_slot_info info;
	struct ck_token_info token;
	ck_session_handle_t s;

	(void)state;
	fake.hangs = true;
	assert_int_equal(slots(true), 0);
	RV(CKR_OK, p11->C_GetSlotInfo(SLOT, &info));
	assert_false(info.flags & CKF_TOKEN_PRESENT);
	RV(CKR_TOKEN_NOT_PRESENT, p11->C_GetTokenInfo(SLOT, &token));
	RV(CKR_TOKEN_NOT_PRESENT, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION,
	    NULL, NULL, &s));
	assert_int_equal(fake.asked.glances, 1);
	assert_int_equal(fake.asked.opens, 1);
	/* Nor is it asked by those who begin anew. */
	RV(CKR_OK, p11->C_Finalize(NULL));
	RV(CKR_OK, p11->C_Initialize(NULL));
	assert_int_equal(slots(true), 0);
	assert_int_equal(fake.asked.glances, 1);
	/* It is forgotten after a while. */
	fake.hangs = false;
	fake.seconds += 31;
	assert_int_equal(slots(true), 1);
}

static ck_flags_t
token_flags(void)
{
	struct ck_token_info t;

	RV(CKR_OK, p11->C_GetTokenInfo(SLOT, &t));
	return t.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY |
	    CKF_USER_PIN_LOCKED | CKF_PROTECTED_AUTHENTICATION_PATH);
}

static ck_flags_t
flags_with(const char *pin_entry)
{
	RV(CKR_OK, p11->C_Finalize(NULL));
	(void)setenv("SIGNET_PIN_ENTRY", pin_entry, 1);
	RV(CKR_OK, p11->C_Initialize(NULL));
	(void)setenv("SIGNET_PIN_ENTRY", "protected", 1);
	return token_flags();
}

static void
the_flags_tell_how_many_tries_are_left(void **state)
{
	static const struct {
		uint32_t limit, used;
		bool known;
		ck_flags_t flags;
	} cases[] = {
		{ 5, 0, true, 0 },
		{ 5, 1, true, CKF_USER_PIN_COUNT_LOW },
		{ 5, 3, true, CKF_USER_PIN_COUNT_LOW },
		{ 5, 4, true, CKF_USER_PIN_COUNT_LOW |
		    CKF_USER_PIN_FINAL_TRY },
		{ 5, 5, true, CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED },
		{ 2, 0, true, 0 },
		{ 2, 1, true, CKF_USER_PIN_COUNT_LOW |
		    CKF_USER_PIN_FINAL_TRY },
		{ 2, 2, true, CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED },
		{ 1, 0, true, CKF_USER_PIN_FINAL_TRY },
		{ 1, 1, true, CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED },
		/* Nobody has asked the TPM yet. */
		{ 5, 0, false, 0 },
		{ 1, 0, false, CKF_USER_PIN_FINAL_TRY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake.tries_limit = cases[i].limit;
		fake.tries_used = cases[i].used;
		fake.tries_unknown = !cases[i].known;
		assert_int_equal(flags_with("application"), cases[i].flags);
		assert_int_equal(flags_with("protected"), cases[i].flags |
		    CKF_PROTECTED_AUTHENTICATION_PATH);
	}
	fake.state = CONTAINER_BLOCKED;
	assert_int_equal(flags_with("application"), CKF_USER_PIN_COUNT_LOW |
	    CKF_USER_PIN_LOCKED);
}

static void
who_asks_for_the_pin_is_a_setting(void **state)
{
	struct ck_token_info t;

	(void)state;
	assert_int_equal(flags_with("protected"),
	    CKF_PROTECTED_AUTHENTICATION_PATH);
	assert_int_equal(flags_with("application"), 0);
	/* Open: nobody need be asked. */
	fake.open = true;
	assert_int_equal(flags_with("auto"),
	    CKF_PROTECTED_AUTHENTICATION_PATH);
	assert_int_equal(flags_with("application"), 0);
	RV(CKR_OK, p11->C_GetTokenInfo(SLOT, &t));
	assert_true(t.flags & CKF_LOGIN_REQUIRED);
	assert_int_equal(flags_with("on-use"),
	    CKF_PROTECTED_AUTHENTICATION_PATH);
	RV(CKR_OK, p11->C_GetTokenInfo(SLOT, &t));
	assert_false(t.flags & CKF_LOGIN_REQUIRED);
}

static void
the_token_names_its_owner(void **state)
{
	struct ck_token_info t;
	char serial[17];

	(void)state;
	RV(CKR_OK, p11->C_GetTokenInfo(SLOT, &t));
	assert_memory_equal(t.label, "Signet (", 8);
	assert_int_equal(t.label[31], ' ');
	(void)snprintf(serial, sizeof(serial), "%08x00000001", geteuid());
	assert_memory_equal(t.serial_number, serial, 16);
	assert_true(t.flags & CKF_LOGIN_REQUIRED);
	assert_true(t.flags & CKF_TOKEN_INITIALIZED);
	assert_true(t.flags & CKF_USER_PIN_INITIALIZED);
	assert_false(t.flags & (CKF_RNG | CKF_WRITE_PROTECTED));
	assert_int_equal(t.max_pin_len, 127);
}

static void
each_mechanism_of_the_list_has_its_info(void **state)
{
	ck_mechanism_type_t m[64];
	struct ck_mechanism_info info;
	unsigned long n = 3;

	(void)state;
	RV(CKR_BUFFER_TOO_SMALL, p11->C_GetMechanismList(SLOT, m, &n));
	RV(CKR_OK, p11->C_GetMechanismList(SLOT, NULL, &n));
	assert_true(n > 10 && n < 64);
	RV(CKR_OK, p11->C_GetMechanismList(SLOT, m, &n));
	for (unsigned long i = 0; i < n; i++) {
		RV(CKR_OK, p11->C_GetMechanismInfo(SLOT, m[i], &info));
		assert_true(info.flags & (CKF_SIGN | CKF_DECRYPT |
		    CKF_GENERATE_KEY_PAIR));
		assert_false(info.flags & (CKF_VERIFY | CKF_ENCRYPT));
	}
	RV(CKR_MECHANISM_INVALID, p11->C_GetMechanismInfo(SLOT, CKM_AES_CBC,
	    &info));
}

static void
what_is_not_offered_says_so(void **state)
{
	ck_session_handle_t s = session_open();
	unsigned char x[8] = { 0 };
	unsigned long n = sizeof(x);

	(void)state;
	RV(CKR_FUNCTION_NOT_SUPPORTED, p11->C_Verify(s, x, n, x, n));
	RV(CKR_FUNCTION_NOT_SUPPORTED, p11->C_Encrypt(s, x, n, x, &n));
	RV(CKR_FUNCTION_NOT_SUPPORTED, p11->C_VerifyInit(s, NULL, 0));
	RV(CKR_RANDOM_NO_RNG, p11->C_GenerateRandom(s, x, n));
	RV(CKR_FUNCTION_NOT_PARALLEL, p11->C_CancelFunction(s));
}

static void
sessions_open_and_close(void **state)
{
	ck_session_handle_t a = session_open(), b;
	struct ck_session_info info;

	(void)state;
	RV(CKR_SESSION_PARALLEL_NOT_SUPPORTED, p11->C_OpenSession(SLOT, 0,
	    NULL, NULL, &b));
	RV(CKR_OK, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION |
	    CKF_RW_SESSION, NULL, NULL, &b));
	assert_int_not_equal(a, b);
	RV(CKR_OK, p11->C_GetSessionInfo(a, &info));
	assert_int_equal(info.state, CKS_RO_PUBLIC_SESSION);
	RV(CKR_OK, p11->C_GetSessionInfo(b, &info));
	assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
	RV(CKR_OK, login(a, FAKE_PIN));
	RV(CKR_OK, p11->C_GetSessionInfo(b, &info));
	assert_int_equal(info.state, CKS_RW_USER_FUNCTIONS);
	RV(CKR_OK, p11->C_CloseSession(a));
	RV(CKR_SESSION_HANDLE_INVALID, p11->C_CloseSession(a));
	RV(CKR_SESSION_HANDLE_INVALID, p11->C_GetSessionInfo(a, &info));
	RV(CKR_OK, p11->C_CloseAllSessions(SLOT));
	RV(CKR_SESSION_HANDLE_INVALID, p11->C_GetSessionInfo(b, &info));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, case_start, case_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_function_of_the_list_can_be_called),
		CASE(initializing_twice_is_refused_and_finalizing_allows_it_again),
		CASE(arguments_of_initialize_are_checked),
		CASE(the_slot_is_called_like_the_cards_reader),
		CASE(the_token_is_there_when_the_container_is),
		CASE(without_the_daemon_there_is_a_slot_and_no_token),
		CASE(a_daemon_started_anew_is_found_again),
		CASE(a_daemon_that_hangs_is_asked_once),
		CASE(the_flags_tell_how_many_tries_are_left),
		CASE(who_asks_for_the_pin_is_a_setting),
		CASE(the_token_names_its_owner),
		CASE(each_mechanism_of_the_list_has_its_info),
		CASE(what_is_not_offered_says_so),
		CASE(sessions_open_and_close),
	};

	return cmocka_run_group_tests(tests, group_start, group_end);
}
