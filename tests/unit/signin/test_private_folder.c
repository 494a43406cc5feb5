/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signin/private_folder.h"

static char place[] = "/tmp/signet-test-XXXXXX";

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(place) == NULL)
		return -1;
	return setenv("XDG_RUNTIME_DIR", place, 1);
}

static int
teardown(void **state)
{
	char base[64];

	(void)state;
	(void)snprintf(base, sizeof(base), "%s/signet", place);
	(void)rmdir(base);
	return rmdir(place);
}

static void
only_its_owner_enters_it(void **state)
{
	auto_done(private_folder) f = { .fd = -1 };
	auto_str path = NULL;
	struct stat st;

	(void)state;
	OK(private_folder_init(&f));
	OK(private_folder_write(&f, "x", bytes_str("secret"), &path));
	assert_int_equal(strncmp(f.path, place, strlen(place)), 0);
	assert_int_equal(stat(f.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
nothing_stays_behind(void **state)
{
	auto_done(private_folder) f = { .fd = -1 };
	auto_str file = NULL;
	auto_str path = NULL;

	(void)state;
	OK(private_folder_init(&f));
	OK(private_folder_write(&f, "x", bytes_str("secret"), &file));
	OK(str_dup(&path, f.path));
	private_folder_done(&f);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(access(path, F_OK), -1);
}

/* The contents are gone even for who holds the file open. */
static void
files_are_overwritten(void **state)
{
	auto_done(private_folder) f = { .fd = -1 };
	auto_str file = NULL;
	char got[6];
	FILE *held;

	(void)state;
	OK(private_folder_init(&f));
	OK(private_folder_write(&f, "x", bytes_str("secret"), &file));
	held = fopen(file, "r");
	assert_non_null(held);
	private_folder_done(&f);
	assert_int_equal(fread(got, 1, sizeof(got), held), sizeof(got));
	assert_memory_equal(got, "\0\0\0\0\0\0", sizeof(got));
	(void)fclose(held);
}

/* A child makes one, tells its path, and dies without cleaning up. */
static void
leave_one_behind(char *path, size_t size)
{
	int p[2], status;
	pid_t pid;
	ssize_t n;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct private_folder f = { .fd = -1 };
		auto_str file = NULL;

		if (private_folder_init(&f) != SG_OK ||
		    private_folder_write(&f, "x", bytes_str("s"),
		    &file) != SG_OK ||
		    write(p[1], f.path, strlen(f.path)) < 0)
			_exit(1);
		_exit(0);
	}
	(void)close(p[1]);
	n = read(p[0], path, size - 1);
	assert_true(n > 0);
	path[n] = '\0';
	(void)close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
what_a_dead_process_left_is_swept(void **state)
{
	auto_done(private_folder) f = { .fd = -1 };
	auto_done(private_folder) other = { .fd = -1 };
	char path[256];

	(void)state;
	OK(private_folder_init(&other));
	leave_one_behind(path, sizeof(path));
	assert_int_equal(access(path, F_OK), 0);
	OK(private_folder_init(&f));
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(other.path, F_OK), 0);
}

static void
a_place_open_to_others_is_refused(void **state)
{
	struct private_folder f = { .fd = -1 };
	char base[64];

	(void)state;
	(void)snprintf(base, sizeof(base), "%s/signet", place);
	(void)mkdir(base, 0700);
	assert_int_equal(chmod(base, 0750), 0);
	FAILS_SAYING(SG_EPERM, base, private_folder_init(&f));
	assert_int_equal(rmdir(base), 0);
	assert_int_equal(symlink("/tmp", base), 0);
	FAILS(SG_EPERM, private_folder_init(&f));
	assert_int_equal(unlink(base), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_owner_enters_it),
		cmocka_unit_test(nothing_stays_behind),
		cmocka_unit_test(files_are_overwritten),
		cmocka_unit_test(what_a_dead_process_left_is_swept),
		cmocka_unit_test(a_place_open_to_others_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
