/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_DB_DB_H
#define SG_DB_DB_H

/*
 * One small interface over SQL.  SQLite is behind it now, PostgreSQL can be:
 * statements are written in what both understand.
 *
 *   placeholders	$1, $2, ...
 *   new ids		INSERT, and db_run_id()
 *   what was changed	UPDATE ... RETURNING id
 *   or update		INSERT ... ON CONFLICT (c) DO UPDATE SET ...
 *   pages		WHERE id > $1 ORDER BY id LIMIT $2
 *   types		those of enum db_type; in migrations {int}, {blob}
 *
 * Codes: SG_EEXIST when a UNIQUE constraint refuses, SG_EBUSY when another
 * process keeps the lock, SG_EFORMAT when the file is damaged or none of ours,
 * SG_EIO when disk or server fail (a full disk says so).
 */

#include "base/bytes.h"

struct db;

struct db_options {
	bool create;		/* make it when it is not there */
	bool read_only;		/* leave no trace */
	bool single;		/* nobody else: no journals stay beside it */
	unsigned busy_ms;	/* patience with others; 0: none */
};
#define DB_BUSY_MS 10000

/* By URL: "sqlite:PATH".  SG_ENOENT without one unless create;
 * SG_EUNSUPPORTED for other kinds.  One thread, one struct db. */
enum sg_err db_open(struct db **out, const char *url,
    const struct db_options *o);
void db_free(struct db *db);
SG_AUTO_FREE(db)

/*
 * Versions.  Migration n leads from version n to n + 1; those that are
 * missing run in one transaction.  In their text {id} stands for the type of
 * a number that is given out upwards and never again, {int} and {blob} for
 * the types, {strict} for what follows the parenthesis of a table.  app marks
 * the file as ours.  SG_EUNSUPPORTED when it is of a later version.
 */
struct db_schema {
	uint32_t app;
	const char *const *migrations;
	size_t count;
};
enum sg_err db_migrate(struct db *db, const struct db_schema *s);

/* A transaction.  One begun inside another is a savepoint of it.  DB_WRITE
 * takes the lock at once, so that it cannot fail later for others' sake. */
enum db_mode { DB_READ, DB_WRITE };
struct db_tx {
	struct db *db;
	unsigned depth;
};
enum sg_err db_begin(struct db_tx *tx, struct db *db, enum db_mode mode);
/* When the outermost returns SG_OK, it is on the disk. */
enum sg_err db_commit(struct db_tx *tx);
/* Takes back what was not committed. */
void db_tx_done(struct db_tx *tx);
bool db_in_tx(const struct db *db);

/* Statements are kept and used again: preparing one twice is cheap. */
struct db_stmt;
enum sg_err db_prepare(struct db_stmt **out, struct db *db, const char *sql);
void db_stmt_free(struct db_stmt *s);
SG_AUTO_FREE(db_stmt)

/* Values are copied.  A failure sticks and is told by the next step. */
void db_bind_int(struct db_stmt *s, int i, int64_t v);
void db_bind_text(struct db_stmt *s, int i, const char *v); /* NULL: null */
void db_bind_blob(struct db_stmt *s, int i, struct bytes v);
void db_bind_null(struct db_stmt *s, int i);

/* The next row, or *row false behind the last. */
enum sg_err db_step(bool *row, struct db_stmt *s);
/* For statements without rows; afterwards it can be bound anew. */
enum sg_err db_run(struct db_stmt *s);
/* The same for an INSERT of one row into a table with an {id}: which it got. */
enum sg_err db_run_id(int64_t *id, struct db_stmt *s);
/* Ready for other values and a new run. */
void db_reset(struct db_stmt *s);
/* Prepares, runs, forgets. */
enum sg_err db_exec(struct db *db, const char *sql);

/* Columns count from 0; views last until the next step.  A null is 0, NULL
 * or empty. */
int64_t db_int(struct db_stmt *s, int i);
const char *db_text(struct db_stmt *s, int i);
struct bytes db_blob(struct db_stmt *s, int i);
bool db_is_null(struct db_stmt *s, int i);

/* Reads everything; SG_EFORMAT says what is damaged. */
enum sg_err db_check(struct db *db);
/* One consistent state into a new file, mode 0600, while others write.
 * SG_EEXIST. */
enum sg_err db_backup(struct db *db, const char *path);
/* Makes a new database at url from that file, after it was checked; SG_EEXIST
 * when there is one. */
enum sg_err db_restore(const char *url, const char *path,
    const struct db_schema *s);

#endif
