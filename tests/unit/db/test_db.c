/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

static void
values_come_back_as_they_were(void **state)
{
	struct place *p = *state;
	auto_free(db_stmt) in = NULL, *out = NULL;
	const uint8_t raw[] = { 0, 1, 0xff, 0 };
	bool row;

	OK(db_prepare(&in, p->db, "INSERT INTO t (s, b, n) "
	    "VALUES ($2, $3, $1) RETURNING id"));
	db_bind_int(in, 1, INT64_MIN);
	db_bind_text(in, 2, "Gr\xc3\xbc\xc3\x9f" "e '\"; --");
	db_bind_blob(in, 3, bytes_of(raw, sizeof(raw)));
	OK(db_step(&row, in));
	assert_true(row);
	assert_int_equal(db_int(in, 0), 1);
	OK(db_run(in));

	OK(db_prepare(&out, p->db, "SELECT n, s, b FROM t WHERE n = $1"));
	db_bind_int(out, 1, INT64_MIN);
	OK(db_step(&row, out));
	assert_true(row);
	assert_true(db_int(out, 0) == INT64_MIN);
	assert_string_equal(db_text(out, 1), "Gr\xc3\xbc\xc3\x9f" "e '\"; --");
	assert_true(bytes_eq(db_blob(out, 2), bytes_of(raw, sizeof(raw))));
	OK(db_step(&row, out));
	assert_false(row);
}

static void
a_null_is_no_value(void **state)
{
	struct place *p = *state;
	auto_free(db_stmt) in = NULL, *out = NULL;
	bool row;

	OK(db_prepare(&in, p->db,
	    "INSERT INTO t (n, s, b) VALUES ($1, $2, $3)"));
	db_bind_null(in, 1);
	db_bind_text(in, 2, NULL);
	db_bind_blob(in, 3, bytes_of(NULL, 0));
	OK(db_run(in));
	OK(db_prepare(&out, p->db, "SELECT n, s, b FROM t"));
	OK(db_step(&row, out));
	assert_true(db_is_null(out, 0) && db_is_null(out, 1));
	assert_int_equal(db_int(out, 0), 0);
	assert_null(db_text(out, 1));
	/* But empty bytes are one. */
	assert_false(db_is_null(out, 2));
	assert_int_equal(db_blob(out, 2).n, 0);
}

static void
a_wrong_type_is_refused(void **state)
{
	struct place *p = *state;
	auto_free(db_stmt) s = NULL;

	OK(db_prepare(&s, p->db, "INSERT INTO t (n) VALUES ($1)"));
	db_bind_text(s, 1, "seven");
	FAILS(SG_EINTERNAL, db_run(s));
}

static void
a_placeholder_that_is_not_there_is_told(void **state)
{
	struct place *p = *state;
	auto_free(db_stmt) s = NULL;

	OK(db_prepare(&s, p->db, "INSERT INTO t (n) VALUES ($1)"));
	db_bind_int(s, 2, 7);
	db_bind_int(s, 1, 7);
	FAILS_SAYING(SG_EINTERNAL, "without $2", db_run(s));
	db_bind_int(s, 1, 7);
	OK(db_run(s));
}

static void
what_is_unique_is_there_once(void **state)
{
	struct place *p = *state;

	OK(place_add(p->db, 1, "a"));
	FAILS(SG_EEXIST, place_add(p->db, 2, "a"));
	FAILS(SG_EINTERNAL, db_exec(p->db, "INSERT INTO u VALUES (99)"));
	assert_int_equal(place_count(p->db), 1);
}

static void
what_is_there_can_be_updated_instead(void **state)
{
	struct place *p = *state;
	auto_free(db_stmt) s = NULL;
	bool row;

	for (int i = 0; i < 2; i++)
		OK(db_exec(p->db, "INSERT INTO t (n, s) VALUES (1, 'a') "
		    "ON CONFLICT (s) DO UPDATE SET n = t.n + excluded.n"));
	OK(db_prepare(&s, p->db, "SELECT n FROM t"));
	OK(db_step(&row, s));
	assert_int_equal(db_int(s, 0), 2);
}

static void
ids_are_not_given_out_again(void **state)
{
	struct place *p = *state;
	auto_free(db_stmt) s = NULL;
	int64_t id;

	OK(place_add(p->db, 1, "a"));
	OK(place_add(p->db, 1, "b"));
	OK(db_exec(p->db, "DELETE FROM t"));
	OK(db_prepare(&s, p->db, "INSERT INTO t (n) VALUES ($1)"));
	for (int64_t i = 3; i < 5; i++) {
		db_bind_int(s, 1, i);
		OK(db_run_id(&id, s));
		assert_int_equal(id, i);
	}
}

static void
an_insert_that_is_refused_gets_no_id(void **state)
{
	struct place *p = *state;
	auto_free(db_stmt) s = NULL;
	int64_t id = -1;

	OK(place_add(p->db, 1, "a"));
	OK(db_prepare(&s, p->db, "INSERT INTO t (n, s) VALUES (1, 'a')"));
	FAILS(SG_EEXIST, db_run_id(&id, s));
	assert_int_equal(id, -1);
}

static void
what_is_not_committed_did_not_happen(void **state)
{
	struct place *p = *state;
	struct db_tx tx, inner;

	OK(db_begin(&tx, p->db, DB_WRITE));
	OK(place_add(p->db, 1, "a"));
	db_tx_done(&tx);
	assert_int_equal(place_count(p->db), 0);
	assert_false(db_in_tx(p->db));

	OK(db_begin(&tx, p->db, DB_WRITE));
	OK(place_add(p->db, 1, "a"));
	OK(db_begin(&inner, p->db, DB_WRITE));
	OK(place_add(p->db, 2, "b"));
	FAILS(SG_EINTERNAL, db_commit(&tx));
	db_tx_done(&inner);
	OK(db_begin(&inner, p->db, DB_WRITE));
	OK(place_add(p->db, 3, "c"));
	OK(db_commit(&inner));
	db_tx_done(&inner);
	OK(db_commit(&tx));
	db_tx_done(&tx);
	assert_int_equal(place_count(p->db), 2);
}

/* Whoever fails to take back a part must not leave it to the whole. */
static void
what_cannot_be_taken_back_takes_all_with_it(void **state)
{
	struct place *p = *state;
	auto_done(db_tx) tx = { 0 };
	struct db_tx inner;

	OK(db_begin(&tx, p->db, DB_WRITE));
	OK(place_add(p->db, 1, "a"));
	OK(db_begin(&inner, p->db, DB_WRITE));
	OK(place_add(p->db, 2, "b"));
	OK(db_exec(p->db, "RELEASE s1"));
	db_tx_done(&inner);
	FAILS(SG_EIO, db_commit(&tx));
	db_tx_done(&tx);
	assert_int_equal(place_count(p->db), 0);
}

static void
a_reader_does_not_write(void **state)
{
	struct place *p = *state;
	auto_done(db_tx) tx = { 0 };
	struct db_tx inner;

	OK(db_begin(&tx, p->db, DB_READ));
	FAILS(SG_EINTERNAL, db_begin(&inner, p->db, DB_WRITE));
}

static void
a_reader_sees_one_moment(void **state)
{
	struct place *p = *state;
	auto_free(db) other = NULL;
	auto_done(db_tx) tx = { 0 };

	OK(db_open(&other, p->url, &place_options));
	OK(db_begin(&tx, other, DB_READ));
	assert_int_equal(place_count(other), 0);
	OK(place_add(p->db, 1, "a"));
	assert_int_equal(place_count(other), 0);
	db_tx_done(&tx);
	assert_int_equal(place_count(other), 1);
}

static void
one_writes_at_a_time(void **state)
{
	struct place *p = *state;
	auto_free(db) other = NULL;
	auto_done(db_tx) tx = { 0 };
	struct db_tx second;

	OK(db_open(&other, p->url, &place_options));
	OK(db_begin(&tx, p->db, DB_WRITE));
	FAILS_SAYING(SG_EBUSY, "another process",
	    db_begin(&second, other, DB_WRITE));
	FAILS(SG_EBUSY, place_add(other, 1, "a"));
	db_tx_done(&tx);
	OK(place_add(other, 1, "a"));
}

static void
versions_follow_each_other(void **state)
{
	struct place *p = *state;
	const char *two[] = { place_tables[0], "ALTER TABLE t ADD x {int}" };
	const char *bad[] = { two[0], two[1], "CREATE TABLE v (x {int}); oops" };
	struct db_schema s = place_schema;

	s.migrations = two;
	s.count = 2;
	OK(db_migrate(p->db, &s));
	OK(db_migrate(p->db, &s));
	OK(db_exec(p->db, "UPDATE t SET x = 1"));
	FAILS_SAYING(SG_EUNSUPPORTED, "version 2",
	    db_migrate(p->db, &place_schema));
	/* All of a step or nothing. */
	s.migrations = bad;
	s.count = 3;
	FAILS_SAYING(SG_EINTERNAL, "making version 3", db_migrate(p->db, &s));
	FAILS(SG_EINTERNAL, db_exec(p->db, "SELECT * FROM v"));
	s.app++;
	FAILS_SAYING(SG_EFORMAT, "another program", db_migrate(p->db, &s));
	bad[2] = "CREATE TABLE v (x {number})";
	s.app--;
	FAILS_SAYING(SG_EINTERNAL, "unknown word", db_migrate(p->db, &s));
}

static void
a_backup_becomes_a_database(void **state)
{
	struct place *p = *state;
	auto_str file = NULL, *sub = NULL, *url = NULL;
	auto_free(db) back = NULL;
	struct stat st;

	OK(place_add(p->db, 1, "a"));
	OK(str_printf(&file, "%s/backup", p->dir));
	OK(db_backup(p->db, file));
	FAILS(SG_EEXIST, db_backup(p->db, file));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	OK(place_add(p->db, 2, "b"));

	OK(str_printf(&sub, "%s/other", p->dir));
	assert_int_equal(mkdir(sub, 0700), 0);
	OK(p->kind->url(&url, sub));
	OK(db_restore(url, file, &place_schema));
	FAILS(SG_EEXIST, db_restore(url, file, &place_schema));
	OK(db_open(&back, url, &place_options));
	OK(db_migrate(back, &place_schema));
	assert_int_equal(place_count(back), 1);
	OK(db_check(back));
}

static void
only_known_kinds_are_opened(void **state)
{
	struct place *p = *state;
	auto_free(db) db = NULL;
	const struct db_options o = { 0 };
	auto_str url = NULL;

	FAILS(SG_EUNSUPPORTED, db_open(&db, "oracle:x", &o));
	FAILS(SG_EUNSUPPORTED, db_open(&db, "", &o));
	OK(str_printf(&url, "%s.not", p->url));
	FAILS(SG_ENOENT, db_open(&db, url, &o));
}

int
main(void)
{
	int failed = 0;

	for (const struct kind *k = kinds; k < kinds + KINDS; k++) {
		const struct CMUnitTest tests[] = {
			IN_A_PLACE(values_come_back_as_they_were, k),
			IN_A_PLACE(a_null_is_no_value, k),
			IN_A_PLACE(a_wrong_type_is_refused, k),
			IN_A_PLACE(a_placeholder_that_is_not_there_is_told, k),
			IN_A_PLACE(what_is_unique_is_there_once, k),
			IN_A_PLACE(what_is_there_can_be_updated_instead, k),
			IN_A_PLACE(ids_are_not_given_out_again, k),
			IN_A_PLACE(an_insert_that_is_refused_gets_no_id, k),
			IN_A_PLACE(what_is_not_committed_did_not_happen, k),
			IN_A_PLACE(what_cannot_be_taken_back_takes_all_with_it,
			    k),
			IN_A_PLACE(a_reader_does_not_write, k),
			IN_A_PLACE(a_reader_sees_one_moment, k),
			IN_A_PLACE(one_writes_at_a_time, k),
			IN_A_PLACE(versions_follow_each_other, k),
			IN_A_PLACE(a_backup_becomes_a_database, k),
			IN_A_PLACE(only_known_kinds_are_opened, k),
		};

		failed += cmocka_run_group_tests_name(k->name, tests, NULL,
		    NULL);
	}
	return failed;
}
