/* SPDX-License-Identifier: BSD-2-Clause */

/* With a PIN, and by the protected path, where another program asks. */

#include "p11.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static char folder[] = "/tmp/signet-test-XXXXXX";
static char log_path[64];

static int
prompt_start(void **state)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/tests/unit/module/fake_prompt",
	    getenv("SIGNET_BUILD") != NULL ? getenv("SIGNET_BUILD") : ".");
	(void)setenv("SIGNET_PROMPT", path, 1);
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(log_path, sizeof(log_path), "%s/log", folder);
	(void)setenv("FAKE_PROMPT_LOG", log_path, 1);
	return group_start(state);
}

static int
prompt_end(void **state)
{
	(void)unlink(log_path);
	(void)rmdir(folder);
	return group_end(state);
}

static void
a_right_pin_opens_and_the_last_session_closes(void **state)
{
	ck_session_handle_t s = session_open(), t = session_open();

	(void)state;
	RV(CKR_OK, login(s, FAKE_PIN));
	assert_true(fake.open);
	RV(CKR_USER_ALREADY_LOGGED_IN, login(t, FAKE_PIN));
	RV(CKR_OK, p11->C_CloseSession(s));
	assert_true(fake.open);
	RV(CKR_OK, p11->C_CloseSession(t));
	assert_false(fake.open);
}

static void
finalizing_closes_too(void **state)
{
	(void)state;
	(void)session_login();
	RV(CKR_OK, p11->C_Finalize(NULL));
	assert_false(fake.open);
	RV(CKR_OK, p11->C_Initialize(NULL));
}

static void
a_wrong_pin_costs_one_try_and_the_last_one_locks(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	for (unsigned i = 1; i <= 5; i++) {
		RV(CKR_PIN_INCORRECT, login(s, "314159"));
		assert_int_equal(fake.tries_used, i);
	}
	RV(CKR_PIN_LOCKED, login(s, FAKE_PIN));
	assert_false(fake.open);
}

static void
a_lost_connection_does_not_send_the_pin_twice(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	fake.broken = true;
	RV(CKR_PIN_INCORRECT, login(s, "314159"));
	assert_int_equal(fake.asked.logins, 1);
	assert_int_equal(fake.tries_used, 1);
}

static void
pins_of_impossible_length_never_leave(void **state)
{
	ck_session_handle_t s = session_open();
	char pin[130] = { 0 };

	(void)state;
	memset(pin, '1', 128);
	RV(CKR_PIN_LEN_RANGE, login(s, pin));
	RV(CKR_PIN_LEN_RANGE, login(s, ""));
	RV(CKR_PIN_LEN_RANGE, login(s, "123"));
	assert_int_equal(fake.asked.logins, 0);
	pin[127] = '\0';
	RV(CKR_PIN_INCORRECT, login(s, pin));
}

static void
only_the_user_logs_in_and_out(void **state)
{
	ck_session_handle_t s = session_open();
	unsigned char pin[] = FAKE_PIN;

	(void)state;
	RV(CKR_USER_TYPE_INVALID, p11->C_Login(s, CKU_SO, pin, 6));
	RV(CKR_OPERATION_NOT_INITIALIZED, p11->C_Login(s,
	    CKU_CONTEXT_SPECIFIC, pin, 6));
	RV(CKR_SESSION_HANDLE_INVALID, p11->C_Login(s + 1, CKU_USER, pin, 6));
	RV(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
	RV(CKR_OK, p11->C_Login(s, CKU_USER, pin, 6));
	RV(CKR_OK, p11->C_Logout(s));
	assert_false(fake.open);
	RV(CKR_USER_NOT_LOGGED_IN, p11->C_Logout(s));
}

static void
logging_out_ends_what_was_begun(void **state)
{
	ck_session_handle_t s = session_login();
	struct ck_mechanism m = { CKM_ECDSA, NULL, 0 };
	unsigned char x[64] = { 1 };
	unsigned long n = sizeof(x);
	ck_object_handle_t key = find_one(s, CKO_PRIVATE_KEY, "ec");

	(void)state;
	RV(CKR_OK, p11->C_SignInit(s, &m, key));
	RV(CKR_OK, p11->C_Logout(s));
	RV(CKR_OPERATION_NOT_INITIALIZED, p11->C_Sign(s, x, 32, x, &n));
	RV(CKR_USER_NOT_LOGGED_IN, p11->C_SignInit(s, &m, key));
}

static void
a_login_that_the_daemon_ended_is_noticed(void **state)
{
	ck_session_handle_t s = session_login();
	struct ck_mechanism m = { CKM_ECDSA, NULL, 0 };
	struct ck_session_info info;
	unsigned char x[64] = { 1 };
	unsigned long n = sizeof(x);

	(void)state;
	RV(CKR_OK, p11->C_SignInit(s, &m,
	    find_one(s, CKO_PRIVATE_KEY, "ec")));
	fake.open = false;
	RV(CKR_USER_NOT_LOGGED_IN, p11->C_Sign(s, x, 32, x, &n));
	RV(CKR_OK, p11->C_GetSessionInfo(s, &info));
	assert_int_equal(info.state, CKS_RO_PUBLIC_SESSION);
	RV(CKR_OK, login(s, FAKE_PIN));
}

/* As NSS looks at it before it asks the person. */
static void
a_login_that_ended_elsewhere_is_not_claimed(void **state)
{
	ck_session_handle_t s = session_login();
	struct ck_session_info info;

	(void)state;
	RV(CKR_OK, p11->C_GetSessionInfo(s, &info));
	assert_int_equal(info.state, CKS_RO_USER_FUNCTIONS);
	fake.open = false;
	RV(CKR_OK, p11->C_GetSessionInfo(s, &info));
	assert_int_equal(info.state, CKS_RO_PUBLIC_SESSION);
	RV(CKR_OK, login(s, FAKE_PIN));
	fake.open = false;
	RV(CKR_OK, login(s, FAKE_PIN));
	RV(CKR_USER_ALREADY_LOGGED_IN, login(s, FAKE_PIN));
}

static ck_rv_t
login_protected(ck_session_handle_t s, const char *answer)
{
	(void)setenv("FAKE_PROMPT_ANSWER", answer, 1);
	return p11->C_Login(s, CKU_USER, NULL, 0);
}

static void
an_open_container_needs_no_prompt_and_stays_open(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	fake.open = true;
	(void)unlink(log_path);
	RV(CKR_OK, login_protected(s, "f"));
	assert_int_equal(access(log_path, F_OK), -1);
	RV(CKR_OK, p11->C_CloseSession(s));
	assert_true(fake.open);
	assert_int_equal(fake.asked.logouts, 0);
}

static void
the_helper_answers_for_the_person(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	RV(CKR_FUNCTION_CANCELED, login_protected(s, "c"));
	RV(CKR_PIN_INCORRECT, login_protected(s, "w"));
	RV(CKR_PIN_LOCKED, login_protected(s, "b"));
	RV(CKR_FUNCTION_FAILED, login_protected(s, "f"));
	RV(CKR_FUNCTION_FAILED, login_protected(s, "?"));
	RV(CKR_FUNCTION_FAILED, login_protected(s, ""));
	RV(CKR_OK, login_protected(s, "o"));
	fake.open = true;	/* the real helper opens it */
	RV(CKR_USER_ALREADY_LOGGED_IN, login_protected(s, "o"));
	assert_int_equal(fake.asked.logins, 0);
}

static void
the_helper_gets_the_ticket_and_nothing_of_the_host(void **state)
{
	ck_session_handle_t s = session_open();
	char line[256] = "", expected[256];
	sigset_t all, before;
	FILE *f;

	(void)state;
	/* A descriptor that is not close-on-exec, and a mask. */
	int extra = dup(STDIN_FILENO);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	RV(CKR_OK, login_protected(s, "o"));
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)close(extra);
	f = fopen(log_path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	(void)fclose(f);
	(void)snprintf(expected, sizeof(expected),
	    "tttttttttttttttt test_module_login %d fds 4 blocked 0\n",
	    getpid());
	assert_string_equal(line, expected);
}

/* The helper has the rights of the host and believes what stands in its
 * environment, where to look for pinentry for one. */
static void
the_helper_of_a_setuid_host_gets_no_environment(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	fake.secure = true;
	RV(CKR_FUNCTION_CANCELED, login_protected(s, "o"));
	fake.secure = false;
	RV(CKR_OK, login_protected(s, "o"));
}

static void
a_missing_helper_is_a_failure_and_no_more(void **state)
{
	ck_session_handle_t s = session_open();
	char *old = strdup(getenv("SIGNET_PROMPT"));

	(void)state;
	(void)setenv("SIGNET_PROMPT", "/nonexistent/prompt", 1);
	RV(CKR_FUNCTION_FAILED, login_protected(s, "o"));
	(void)setenv("SIGNET_PROMPT", "/bin/true", 1);
	RV(CKR_FUNCTION_FAILED, login_protected(s, "o"));
	(void)setenv("SIGNET_PROMPT", old, 1);
	free(old);
}

static void
reap(int sig)
{
	int saved = errno;

	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	errno = saved;
}

static void
a_host_may_do_with_its_children_what_it_likes(void **state)
{
	void (*const handlers[])(int) = { SIG_DFL, SIG_IGN, reap };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sigaction sa = { .sa_handler = handlers[i] }, old;
		ck_session_handle_t s = session_open();

		(void)sigaction(SIGCHLD, &sa, &old);
		RV(CKR_OK, login_protected(s, "o"));
		/* No child is left, neither running nor dead. */
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
		(void)sigaction(SIGCHLD, &old, NULL);
		RV(CKR_OK, p11->C_CloseSession(s));
	}
}

static void
without_the_protected_path_a_pin_is_needed(void **state)
{
	ck_session_handle_t s;

	(void)state;
	RV(CKR_OK, p11->C_Finalize(NULL));
	(void)setenv("SIGNET_PIN_ENTRY", "application", 1);
	RV(CKR_OK, p11->C_Initialize(NULL));
	(void)setenv("SIGNET_PIN_ENTRY", "protected", 1);
	s = session_open();
	RV(CKR_ARGUMENTS_BAD, login_protected(s, "o"));
	RV(CKR_OK, login(s, FAKE_PIN));
}

static void
initialize_with(const char *pin_entry)
{
	RV(CKR_OK, p11->C_Finalize(NULL));
	(void)setenv("SIGNET_PIN_ENTRY", pin_entry, 1);
	RV(CKR_OK, p11->C_Initialize(NULL));
	(void)setenv("SIGNET_PIN_ENTRY", "protected", 1);
}

/* For programs that have no place to ask, or no word for logging in. */
static void
the_person_is_asked_when_a_key_is_used(void **state)
{
	struct ck_mechanism m = { CKM_ECDSA, NULL, 0 };
	ck_object_handle_t key;
	ck_session_handle_t s;

	(void)state;
	initialize_with("on-use");
	s = session_open();
	key = find_one(s, CKO_PRIVATE_KEY, "ec");
	(void)setenv("FAKE_PROMPT_ANSWER", "c", 1);
	RV(CKR_FUNCTION_CANCELED, p11->C_SignInit(s, &m, key));
	(void)setenv("FAKE_PROMPT_ANSWER", "w", 1);
	RV(CKR_USER_NOT_LOGGED_IN, p11->C_SignInit(s, &m, key));
	(void)setenv("FAKE_PROMPT_ANSWER", "o", 1);
	RV(CKR_OK, p11->C_SignInit(s, &m, key));
	/* The fake helper opens nothing by itself. */
	fake.open = true;
	(void)setenv("FAKE_PROMPT_ANSWER", "f", 1);
	m.mechanism = CKM_RSA_PKCS;
	RV(CKR_OK, p11->C_DecryptInit(s, &m,
	    find_one(s, CKO_PRIVATE_KEY, "rsa")));
}

static void
and_again_when_the_login_ended_meanwhile(void **state)
{
	struct ck_mechanism m = { CKM_RSA_PKCS, NULL, 0 };
	ck_session_handle_t s;

	(void)state;
	initialize_with("on-use");
	s = session_open();
	RV(CKR_OK, login(s, FAKE_PIN));
	fake.open = false;
	(void)setenv("FAKE_PROMPT_ANSWER", "c", 1);
	RV(CKR_FUNCTION_CANCELED, p11->C_DecryptInit(s, &m,
	    find_one(s, CKO_PRIVATE_KEY, "rsa")));
}

static void
a_session_pin_is_passed_on_where_that_is_asked(void **state)
{
	struct ck_token_info token;
	ck_session_handle_t s;

	(void)state;
	RV(CKR_OK, p11->C_Finalize(NULL));
	(void)setenv("SIGNET_PIN_ENTRY", "session", 1);
	RV(CKR_OK, p11->C_Initialize(NULL));
	s = session_open();
	/* The container's tries and its PIN pad are another matter. */
	fake.tries_used = fake.tries_limit - 1;
	RV(CKR_OK, p11->C_GetTokenInfo(SLOT, &token));
	assert_false(token.flags & (CKF_USER_PIN_FINAL_TRY |
	    CKF_PROTECTED_AUTHENTICATION_PATH));
	assert_true(token.flags & CKF_LOGIN_REQUIRED);
	RV(CKR_PIN_INCORRECT, login(s, FAKE_PIN));
	assert_int_equal(fake.asked.logins, 0);
	RV(CKR_ARGUMENTS_BAD, p11->C_Login(s, CKU_USER, NULL, 0));
	RV(CKR_OK, login(s, FAKE_SESSION_PIN));
	assert_int_equal(fake.asked.session_logins, 2);
	assert_int_equal(fake.asked.logins, 0);
	assert_int_equal(fake.tries_used, fake.tries_limit - 1);
	(void)setenv("SIGNET_PIN_ENTRY", "protected", 1);
}

static void
a_blocked_container_is_not_asked_for(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	fake.state = CONTAINER_BLOCKED;
	(void)unlink(log_path);
	RV(CKR_PIN_LOCKED, login_protected(s, "o"));
	assert_int_equal(access(log_path, F_OK), -1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, case_start, case_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_right_pin_opens_and_the_last_session_closes),
		CASE(finalizing_closes_too),
		CASE(a_wrong_pin_costs_one_try_and_the_last_one_locks),
		CASE(a_lost_connection_does_not_send_the_pin_twice),
		CASE(pins_of_impossible_length_never_leave),
		CASE(only_the_user_logs_in_and_out),
		CASE(logging_out_ends_what_was_begun),
		CASE(a_login_that_the_daemon_ended_is_noticed),
		CASE(a_login_that_ended_elsewhere_is_not_claimed),
		CASE(an_open_container_needs_no_prompt_and_stays_open),
		CASE(the_helper_answers_for_the_person),
		CASE(the_helper_gets_the_ticket_and_nothing_of_the_host),
		CASE(the_helper_of_a_setuid_host_gets_no_environment),
		CASE(a_missing_helper_is_a_failure_and_no_more),
		CASE(a_host_may_do_with_its_children_what_it_likes),
		CASE(without_the_protected_path_a_pin_is_needed),
		CASE(the_person_is_asked_when_a_key_is_used),
		CASE(and_again_when_the_login_ended_meanwhile),
		CASE(a_session_pin_is_passed_on_where_that_is_asked),
		CASE(a_blocked_container_is_not_asked_for),
	};

	return cmocka_run_group_tests(tests, prompt_start, prompt_end);
}
