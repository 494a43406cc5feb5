/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/signet-test-XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
remove_folder(void **state)
{
	(void)state;
	(void)unlink(in_folder("a"));
	(void)unlink(in_folder("b"));
	return rmdir(folder);
}

static int
count_files(void)
{
	DIR *d = opendir(folder);
	int n = 0;

	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static void
a_draft_is_seen_when_it_is_committed(void **state)
{
	auto_done(draft) d = { 0 }, lost = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	OK(draft_open(&lost, in_folder("a")));
	OK(file_write_fd(lost.fd, bytes_str("lost"), "a"));
	draft_done(&lost);
	assert_int_equal(count_files(), 0);
	OK(draft_open(&d, in_folder("a")));
	OK(file_write_fd(d.fd, bytes_str("one "), "a"));
	FAILS(SG_ENOENT, file_read(&b, in_folder("a"), 100));
	OK(file_write_fd(d.fd, bytes_str("two"), "a"));
	OK(draft_commit(&d, 0640, DRAFT_CREATES));
	FAILS(SG_EEXIST, draft_commit(&d, 0640, DRAFT_CREATES));
	draft_done(&d);
	OK(file_read(&b, in_folder("a"), 100));
	assert_true(bytes_eq(buf_bytes(&b), bytes_str("one two")));
	assert_int_equal(count_files(), 1);
	OK(file_remove(in_folder("a")));
}

static void
replacing_leaves_one_file_with_the_mode(void **state)
{
	auto_done(buf) b = { 0 };
	struct stat st;

	(void)state;
	OK(file_replace(in_folder("a"), bytes_str("one"), 0600));
	OK(file_replace(in_folder("a"), bytes_str("two"), 0600));
	OK(file_read(&b, in_folder("a"), 3));
	assert_true(bytes_eq(buf_bytes(&b), bytes_str("two")));
	assert_int_equal(stat(in_folder("a"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(count_files(), 1);
	OK(file_remove(in_folder("a")));
	OK(file_remove(in_folder("a")));
}

static void
creating_never_replaces(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	OK(file_create(in_folder("b"), bytes_str("one"), 0644));
	FAILS_SAYING(SG_EEXIST, "/b exists",
	    file_create(in_folder("b"), bytes_str("two"), 0644));
	OK(file_read(&b, in_folder("b"), 10));
	assert_true(bytes_eq(buf_bytes(&b), bytes_str("one")));
	assert_int_equal(count_files(), 1);
}

static void
reading_knows_its_limits(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	OK(file_replace(in_folder("b"), bytes_str("12345"), 0600));
	FAILS(SG_ELIMIT, file_read(&b, in_folder("b"), 4));
	FAILS_SAYING(SG_ENOENT, "/none", file_read(&b, in_folder("none"), 4));
	FAILS_SAYING(SG_EIO, "folder", file_read(&b, folder, 4));
}

static void
a_secret_line_ends_at_the_line_end(void **state)
{
	struct secret s = { 0 };
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "1234\r\nrest\n", 11), 11);
	assert_int_equal(close(fd[1]), 0);
	OK(secret_init(&s, 16));
	OK(file_read_secret_line(&s, fd[0]));
	assert_true(bytes_eq(secret_bytes(&s), bytes_str("1234")));
	OK(file_read_secret_line(&s, fd[0]));
	assert_true(bytes_eq(secret_bytes(&s), bytes_str("rest")));
	FAILS(SG_ENOENT, file_read_secret_line(&s, fd[0]));
	(void)close(fd[0]);
	secret_done(&s);
}

static void
a_pipe_is_written_to_and_not_replaced(void **state)
{
	char got[8] = { 0 };
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(in_folder("a"), 0600), 0);
	fd = open(in_folder("a"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	OK(file_replace(in_folder("a"), bytes_str("text"), 0644));
	assert_int_equal(read(fd, got, sizeof(got)), 4);
	assert_string_equal(got, "text");
	assert_int_equal(lstat(in_folder("a"), &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	(void)close(fd);
	OK(file_remove(in_folder("a")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_draft_is_seen_when_it_is_committed),
		cmocka_unit_test(replacing_leaves_one_file_with_the_mode),
		cmocka_unit_test(creating_never_replaces),
		cmocka_unit_test(a_pipe_is_written_to_and_not_replaced),
		cmocka_unit_test(reading_knows_its_limits),
		cmocka_unit_test(a_secret_line_ends_at_the_line_end),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
