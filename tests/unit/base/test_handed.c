/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/handed.h"

/* As whoever starts a process does. */
static void
offer(long pid, const char *fds, const char *names)
{
	char text[32];
	int null = open("/dev/null", O_RDONLY);

	assert_true(null >= 0 && dup2(null, 3) == 3 && dup2(null, 4) == 4);
	(void)snprintf(text, sizeof(text), "%ld", pid);
	assert_int_equal(setenv("LISTEN_PID", text, 1), 0);
	assert_int_equal(setenv("LISTEN_FDS", fds, 1), 0);
	assert_int_equal(names != NULL ? setenv("LISTEN_FDNAMES", names, 1)
	    : unsetenv("LISTEN_FDNAMES"), 0);
}

static void
sockets_are_found_by_name(void **state)
{
	struct handed h;

	(void)state;
	offer(getpid(), "2", "http:admin");
	OK(handed_take(&h));
	assert_int_equal(h.n, 2);
	assert_int_equal(handed_find(&h, "admin"), 4);
	assert_int_equal(handed_find(&h, "admin"), -1);
	assert_int_equal(handed_find(&h, "desk"), -1);
	assert_int_equal(handed_find(&h, "http"), 3);
}

static void
names_may_be_missing(void **state)
{
	struct handed h;

	(void)state;
	offer(getpid(), "1", NULL);
	OK(handed_take(&h));
	assert_int_equal(h.fd[0], 3);
	assert_string_equal(h.name[0], "");
	assert_int_equal(handed_find(&h, "http"), -1);
}

static void
what_is_for_another_process_is_left_alone(void **state)
{
	struct handed h;

	(void)state;
	offer((long)getpid() + 1, "2", "http:admin");
	OK(handed_take(&h));
	assert_int_equal(h.n, 0);
}

static void
what_is_not_there_is_told(void **state)
{
	struct handed h;

	(void)state;
	offer(getpid(), "1", NULL);
	(void)close(3);
	FAILS(SG_EARG, handed_take(&h));
}

static void
too_many_and_nonsense_are_refused(void **state)
{
	struct handed h;

	(void)state;
	offer(getpid(), "5", NULL);
	FAILS(SG_EARG, handed_take(&h));
	offer(getpid(), "x", NULL);
	FAILS(SG_EARG, handed_take(&h));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_are_found_by_name),
		cmocka_unit_test(names_may_be_missing),
		cmocka_unit_test(what_is_for_another_process_is_left_alone),
		cmocka_unit_test(what_is_not_there_is_told),
		cmocka_unit_test(too_many_and_nonsense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
