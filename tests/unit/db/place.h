/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_DB_PLACE_H
#define SG_TEST_DB_PLACE_H

/* A fresh database for each case, of each kind that there is: a test is
 * written once and runs for every line of the table. */

#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"
#include "db/db.h"

struct kind {
	const char *name;
	/* The URL of a database that is not there yet. */
	enum sg_err (*url)(char **out, const char *dir);
};

struct place {
	const struct kind *kind;
	char dir[32];
	char *url;
	struct db *db;
};

static const char *const place_tables[] = {
	"CREATE TABLE t (id {id}, n {int}, s TEXT UNIQUE, b {blob}) {strict};"
	"CREATE TABLE u (id {int} REFERENCES t (id)) {strict}",
};
static const struct db_schema place_schema = { 0x74657374, place_tables, 1 };
static const struct db_options place_options = { .create = true };

static enum sg_err
sqlite_url(char **out, const char *dir)
{
	return str_printf(out, "sqlite:%s/db", dir);
}

static const struct kind kinds[] = { { "sqlite", sqlite_url } };
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int
place_setup(void **state)
{
	const struct kind *k = *state;
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->kind = k;
	strcpy(p->dir, "/tmp/signet-test-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	OK(k->url(&p->url, p->dir));
	OK(db_open(&p->db, p->url, &place_options));
	OK(db_migrate(p->db, &place_schema));
	*state = p;
	return 0;
}

static int
place_teardown(void **state)
{
	struct place *p = *state;
	char command[64];

	db_free(p->db);
	free(p->url);
	(void)snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	assert_int_equal(system(command), 0);
	*state = (void *)(uintptr_t)p->kind;
	free(p);
	return 0;
}

static inline int64_t
place_count(struct db *db)
{
	auto_free(db_stmt) s = NULL;
	bool row;

	OK(db_prepare(&s, db, "SELECT count(*) FROM t"));
	OK(db_step(&row, s));
	assert_true(row);
	return db_int(s, 0);
}

static inline enum sg_err
place_add(struct db *db, int64_t n, const char *text)
{
	auto_free(db_stmt) s = NULL;

	SG_TRY(db_prepare(&s, db, "INSERT INTO t (n, s) VALUES ($1, $2)"));
	db_bind_int(s, 1, n);
	db_bind_text(s, 2, text);
	return db_run(s);
}

/* One case as a line of a group's table, for one kind. */
#define IN_A_PLACE(f, k) { #f, f, place_setup, place_teardown, \
	(void *)(uintptr_t)(k) }

#endif
