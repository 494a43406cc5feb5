/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <link.h>
#include <sys/wait.h>

#include "base/account.h"

static void
an_account_has_a_user_id(void **state)
{
	uint32_t uid = 7;
	bool found = false;

	(void)state;
	OK(account_find("root", &found, &uid));
	assert_true(found);
	assert_int_equal(uid, 0);
}

static void
no_account_is_no_error_and_no_user_id(void **state)
{
	uint32_t uid = 7;
	bool found = true;

	(void)state;
	OK(account_find("nobody of that name", &found, &uid));
	assert_false(found);
	assert_int_equal(uid, 7);
}

static int
count(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)info;
	(void)size;
	++*(int *)arg;
	return 0;
}

static int
libraries(void)
{
	int n = 0;

	(void)dl_iterate_phdr(count, &n);
	return n;
}

static void
a_lookup_loads_no_library_and_leaves_no_child(void **state)
{
	const int before = libraries();
	uint32_t uid = 0;
	bool found;

	(void)state;
	OK(account_find("nobody of that name", &found, &uid));
	assert_int_equal(libraries(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_has_a_user_id),
		cmocka_unit_test(no_account_is_no_error_and_no_user_id),
		cmocka_unit_test(a_lookup_loads_no_library_and_leaves_no_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
