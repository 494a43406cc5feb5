/* SPDX-License-Identifier: BSD-2-Clause */

/* Audit lines as they are written, and as they are read again. */

#include "../test.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/audit_line.h"
#include "base/file.h"
#include "base/log.h"

static char path[] = "/tmp/signet-test-XXXXXX";

static int
setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	audit_set_fd(fd);
	return fd < 0;
}

static int
teardown(void **state)
{
	(void)state;
	audit_set_fd(STDERR_FILENO);
	return unlink(path);
}

/* What is in the file now, as a string. */
static void
written(struct buf *out)
{
	OK(file_read(out, path, 65536));
	OK(buf_terminate(out));
}

static void
a_line_is_read_as_it_was_written(void **state)
{
	auto_done(buf) b = { 0 };
	struct audit_line l;

	(void)state;
	audit("key-use", "uid=%u program=\"%s\" key=\"%s\" result=%s", 1000u,
	    audit_text("my prog").s, audit_text("default").s, "ok");
	written(&b);
	OK(audit_line_parse(bytes_of(b.p, b.n - 1), &l));
	assert_true(bytes_eq(l.what, bytes_str("key-use")));
	assert_int_equal(l.count, 4);
	assert_true(bytes_eq(audit_line_value(&l, "program"),
	    bytes_str("my prog")));
	assert_true(bytes_eq(audit_line_value(&l, "result"),
	    bytes_str("ok")));
	assert_null(audit_line_value(&l, "of").p);
	assert_true(audit_line_concerns(&l, 1000));
	assert_false(audit_line_concerns(&l, 100));
	assert_false(audit_line_concerns(&l, 10000));
}

/* A program calls itself what it likes. */
static void
nobody_writes_a_line_or_a_pair_of_his_own(void **state)
{
	static const char evil[] = "x\" uid=0 of=0 y=\"\n2026-11-21T09:12:04Z "
	    "login uid=0\\\x1b[2J\xc3\xa4";
	auto_done(buf) b = { 0 };
	struct audit_line l;

	(void)state;
	audit("login", "uid=%u program=\"%s\" result=%s", 1000u,
	    audit_text(evil).s, "ok");
	written(&b);
	assert_ptr_equal(strchr((char *)b.p, '\n'), b.p + b.n - 1);
	OK(audit_line_parse(bytes_of(b.p, b.n - 1), &l));
	assert_int_equal(l.count, 3);
	assert_true(audit_line_concerns(&l, 1000));
	assert_false(audit_line_concerns(&l, 0));
}

static void
a_deed_concerns_whom_it_was_done_to(void **state)
{
	struct audit_line l;

	(void)state;
	OK(audit_line_parse(bytes_str("2026-11-21T09:12:04Z reset uid=0 "
	    "pid=1 program=\"signet\" of=1000 result=ok"), &l));
	assert_true(audit_line_concerns(&l, 0));
	assert_true(audit_line_concerns(&l, 1000));
}

static void
what_is_no_line_is_refused(void **state)
{
	static const char many[] = "2026-11-21T09:12:04Z l a=1 b=1 c=1 d=1 "
	    "e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1";
	static const char *const bad[] = { "", " ", "login uid=0",
		"2026-11-21T09:12:04Z", "2026-11-21T09:12:04Z ",
		"2026-11-21 09:12:04Z login uid=0",
		"2026-11-21T09:12:04Z login uid",
		"2026-11-21T09:12:04Z login uid=",
		"2026-11-21T09:12:04Z login =0",
		"2026-11-21T09:12:04Z login p=\"x",
		"2026-11-21T09:12:04Z login p=\"x\"uid=0",
		"2026-11-21T09:12:04Z login p=x\"uid=0",
		"2026-11-21T09:12:04Z lo2026-11-21T09:12:04Z login uid=0",
		many };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct audit_line l;

		FAILS(SG_EFORMAT, audit_line_parse(bytes_str(bad[i]), &l));
	}
}

/* /dev/full is a disk that is full. */
static void
lost_lines_are_counted_and_told_later(void **state)
{
	unsigned long before = audit_lost();
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	auto_done(buf) b = { 0 };
	int fd;

	(void)state;
	assert_true(audit_works());
	audit_set_fd(full);
	audit("login", "uid=1 result=ok");
	audit("login", "uid=2 result=ok");
	assert_int_equal(audit_lost(), before + 2);
	assert_false(audit_works());
	(void)close(full);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	audit_set_fd(fd);
	audit("login", "uid=3 result=ok");
	assert_int_equal(audit_lost(), before + 2);
	assert_true(audit_works());
	written(&b);
	assert_non_null(strstr((char *)b.p, "audit-gap lines=2\n"));
	assert_non_null(strstr((char *)b.p, "login uid=3"));
	assert_null(strstr((char *)b.p, "uid=1 "));
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_read_as_it_was_written),
		cmocka_unit_test(a_deed_concerns_whom_it_was_done_to),
		cmocka_unit_test(what_is_no_line_is_refused),
		cmocka_unit_test(lost_lines_are_counted_and_told_later),
	};
	const struct CMUnitTest alone[] = {
		cmocka_unit_test(nobody_writes_a_line_or_a_pair_of_his_own),
	};
	int failed = cmocka_run_group_tests(tests, setup, teardown);

	strcpy(path, "/tmp/signet-test-XXXXXX");
	return failed + cmocka_run_group_tests(alone, setup, teardown);
}
