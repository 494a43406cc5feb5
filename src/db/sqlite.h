/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_DB_SQLITE_H
#define SG_DB_SQLITE_H

/* Between sqlite.c and its neighbours. */

#include <sqlite3.h>

#include "db/backend.h"

struct sqlite {
	sqlite3 *db;
	char *path;
};

/* What SQLite's code means, with the file's name; SG_OK for SQLITE_OK. */
enum sg_err sqlite_err(const struct sqlite *s, int rc);

enum sg_err sqlite_prepare(void **out, void *db, const char *sql);
void sqlite_finalize(void *stmt);
enum sg_err sqlite_bind(void *stmt, int i, const struct db_value *v);
enum sg_err sqlite_step(bool *row, void *stmt);
void sqlite_reset(void *stmt);
void sqlite_column(struct db_value *out, void *stmt, int i);

enum sg_err sqlite_check(void *db);
enum sg_err sqlite_backup(void *db, const char *path);
enum sg_err sqlite_restore(const char *rest, const char *path);

#endif
