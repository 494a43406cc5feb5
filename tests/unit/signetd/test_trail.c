/* SPDX-License-Identifier: BSD-2-Clause */

/* The audit file: who sees what of it, part by part. */

#include "../test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "trail.h"

#define MANY 6000		/* lines; more than one part */

static char folder[] = "/tmp/signet-test-XXXXXX";
static char path[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/audit", folder);
	return trail_open(path) != SG_OK;
}

static int
teardown(void **state)
{
	(void)state;
	audit_set_fd(STDERR_FILENO);
	(void)unlink(path);
	return rmdir(folder);
}

static size_t
count_lines(const struct buf *b, const char *having)
{
	size_t n = 0;
	const char *at = (const char *)b->p;

	while (at != NULL && (at = strstr(at, having)) != NULL) {
		n++;
		at += strlen(having);
	}
	return n;
}

/* All parts from the end to the beginning. */
static void
read_all(uint32_t uid, struct buf *out, unsigned *parts)
{
	uint64_t end = UINT64_MAX;

	*parts = 0;
	do {
		auto_done(buf) part = { 0 };
		uint64_t start = 0;

		OK(trail_read(path, uid, end, &part, &start));
		assert_true(start < end);
		/* Nothing of others' lines is in it. */
		assert_int_equal(start % TRAIL_CHUNK, 0);
		end = start;
		OK(buf_add_bytes(out, buf_bytes(&part)));
		++*parts;
	} while (end > 0);
	OK(buf_terminate(out));
}

static void
a_user_sees_his_own_lines_all_of_them_and_no_other(void **state)
{
	auto_done(buf) own = { 0 };
	auto_done(buf) all = { 0 };
	auto_done(buf) none = { 0 };
	unsigned parts;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		audit("login", "uid=%u pid=%u program=\"a program\" "
		    "number=%u result=ok", 1000 + i % 3, i, i);
	audit("reset", "uid=0 pid=1 program=\"signet\" of=1001 result=ok");
	audit("tpm-lost", "result=tpm");
	read_all(1001, &own, &parts);
	assert_true(parts > 1);
	assert_int_equal(count_lines(&own, "\n"), MANY / 3 + 1);
	assert_int_equal(count_lines(&own, "uid=1001 "), MANY / 3);
	assert_int_equal(count_lines(&own, "of=1001 "), 1);
	read_all(TRAIL_EVERYBODY, &all, &parts);
	assert_int_equal(count_lines(&all, "\n"), MANY + 2);
	read_all(1003, &none, &parts);
	assert_int_equal(none.n, 0);
}

/* As logrotate does it. */
static void
a_renamed_file_is_written_to_until_it_is_opened_anew(void **state)
{
	auto_done(buf) b = { 0 };
	char old[80];
	struct stat st;
	unsigned parts;

	(void)state;
	(void)snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(rename(path, old), 0);
	audit("lock", "uid=7 result=ok");
	assert_int_not_equal(stat(path, &st), 0);
	OK(trail_open(path));
	audit("lock", "uid=8 result=ok");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	read_all(TRAIL_EVERYBODY, &b, &parts);
	assert_int_equal(count_lines(&b, "\n"), 1);
	assert_non_null(strstr((const char *)b.p, "uid=8"));
	(void)unlink(old);
}

static void
a_line_that_is_not_whole_is_not_shown(void **state)
{
	auto_done(buf) b = { 0 };
	FILE *f = fopen(path, "w");
	unsigned parts;

	(void)state;
	assert_non_null(f);
	(void)fputs("2026-11-21T09:12:04Z login uid=5 result=ok\n"
	    "2026-11-21T09:12:04Z lo\n\n"
	    "2026-11-21T09:12:04Z login uid=5 resu", f);
	(void)fclose(f);
	read_all(5, &b, &parts);
	assert_int_equal(count_lines(&b, "\n"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_user_sees_his_own_lines_all_of_them_and_no_other),
		cmocka_unit_test(
		    a_renamed_file_is_written_to_until_it_is_opened_anew),
		cmocka_unit_test(a_line_that_is_not_whole_is_not_shown),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
