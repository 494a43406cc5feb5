/* SPDX-License-Identifier: BSD-2-Clause */

/* What only a database in a file suffers: damage, a full disk, kill -9. */

#include "place.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define ROWS	200
#define KILLS	30

static void
overwrite(const struct place *p, long at, const char *what, size_t n)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/db", p->dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, what, n, at), n);
	(void)close(fd);
}

static void
fill(const struct place *p)
{
	struct db_tx tx;
	char text[512];

	OK(db_begin(&tx, p->db, DB_WRITE));
	for (int i = 0; i < ROWS; i++) {
		(void)snprintf(text, sizeof(text), "%0500d", i);
		OK(place_add(p->db, i, text));
	}
	OK(db_commit(&tx));
}

/* Closed, so that all is in the one file. */
static void
reopen(struct place *p, enum sg_err (*between)(struct place *))
{
	db_free(p->db);
	p->db = NULL;
	OK(between(p));
}

static enum sg_err
scribble(struct place *p)
{
	for (long page = 2; page < 12; page++)
		overwrite(p, page * 4096, "scribbled over", 14);
	return db_open(&p->db, p->url, &place_options);
}

static enum sg_err
read_all(struct db *db)
{
	auto_free(db_stmt) s = NULL;
	bool row = true;

	SG_TRY(db_prepare(&s, db, "SELECT id, n, s, b FROM t"));
	while (row)
		SG_TRY(db_step(&row, s));
	return SG_OK;
}

static void
damage_is_named(void **state)
{
	struct place *p = *state;

	fill(p);
	reopen(p, scribble);
	FAILS_SAYING(SG_EFORMAT, "damaged", db_check(p->db));
	FAILS_SAYING(SG_EFORMAT, "damaged", read_all(p->db));
}

static enum sg_err
behead(struct place *p)
{
	overwrite(p, 0, "this is a text", 14);
	FAILS_SAYING(SG_EFORMAT, "no database",
	    db_open(&p->db, p->url, &place_options));
	return SG_OK;
}

static void
another_file_is_no_database(void **state)
{
	reopen(*state, behead);
}

static void
a_damaged_backup_is_not_restored(void **state)
{
	struct place *p = *state;
	auto_str url = NULL, *file = NULL;

	fill(p);
	OK(str_printf(&url, "%s.back", p->url));
	OK(str_printf(&file, "%s/db", p->dir));
	reopen(p, scribble);
	db_free(p->db);
	p->db = NULL;
	FAILS_SAYING(SG_EFORMAT, "damaged",
	    db_restore(url, file, &place_schema));
	overwrite(p, 0, "this is a text", 14);
	FAILS(SG_EFORMAT, db_restore(url, file, &place_schema));
	FAILS(SG_ENOENT, db_open(&p->db, url, &(struct db_options) { 0 }));
}

static void
its_files_are_its_owners_alone(void **state)
{
	static const char *const names[] = { "db", "db-wal", "db-shm" };
	struct place *p = *state;

	for (int i = 0; i < 3; i++) {
		char path[64];
		struct stat st;

		(void)snprintf(path, sizeof(path), "%s/%s", p->dir, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

/* A limit on the size of files is what a full disk looks like. */
static void
a_full_disk_takes_nothing(void **state)
{
	struct place *p = *state;
	struct rlimit old, tight;
	enum sg_err e = SG_OK;
	char text[4096];
	int i;

	fill(p);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = (struct rlimit) { 512 << 10, old.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	for (i = 0; i < 1000 && e == SG_OK; i++) {
		(void)snprintf(text, sizeof(text), "x%04000d", i);
		e = place_add(p->db, i, text);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	FAILS(SG_EIO, e);
	assert_true(i > 1 && i < 1000);
	/* What was said to be done is there, what was not is not. */
	assert_int_equal(place_count(p->db), ROWS + i - 1);
	OK(place_add(p->db, 1, "afterwards"));
	OK(db_check(p->db));
}

/* Adds rows and says so, until it is killed. */
static _Noreturn void
add_and_tell(const struct place *p, int fd)
{
	struct db *db;

	if (db_open(&db, p->url, &(struct db_options) { .busy_ms = 5000 }) !=
	    SG_OK)
		_exit(1);
	for (;;) {
		char text[32];
		int64_t n = place_count(db);

		(void)snprintf(text, sizeof(text), "row %lld", (long long)n);
		if (place_add(db, n, text) != SG_OK ||
		    write(fd, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

static void
what_was_told_survives_a_kill(void **state)
{
	struct place *p = *state;
	int64_t told = -1;

	for (unsigned i = 0; i < KILLS; i++) {
		int fds[2], status;
		pid_t pid;

		assert_int_equal(pipe(fds), 0);
		assert_true((pid = fork()) >= 0);
		if (pid == 0)
			add_and_tell(p, fds[1]);
		(void)close(fds[1]);
		/* After some rows, at whatever moment that is. */
		for (unsigned k = 0; k <= i % 7; k++)
			assert_int_equal(read(fds[0], &told, sizeof(told)),
			    sizeof(told));
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		while (read(fds[0], &told, sizeof(told)) == sizeof(told))
			;
		(void)close(fds[0]);
		assert_true(place_count(p->db) > told);
		OK(db_check(p->db));
	}
}

int
main(void)
{
	const struct kind *k = &kinds[0];
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(damage_is_named, k),
		IN_A_PLACE(another_file_is_no_database, k),
		IN_A_PLACE(a_damaged_backup_is_not_restored, k),
		IN_A_PLACE(its_files_are_its_owners_alone, k),
		IN_A_PLACE(a_full_disk_takes_nothing, k),
		IN_A_PLACE(what_was_told_survives_a_kill, k),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
