/* SPDX-License-Identifier: BSD-2-Clause */
#include "db/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sg_err
err_damaged(const struct sqlite *s, int rc)
{
	if (rc == SQLITE_NOTADB)
		return sg_fail(SG_EFORMAT, "%s is no database", s->path);
	return sg_fail(SG_EFORMAT, "%s is damaged: %s", s->path,
	    s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
}

static enum sg_err
err_constraint(const struct sqlite *s, int extended)
{
	if (extended == SQLITE_CONSTRAINT_UNIQUE ||
	    extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
	    extended == SQLITE_CONSTRAINT_ROWID)
		return sg_fail(SG_EEXIST, "%s: there is one already (%s)",
		    s->path, sqlite3_errmsg(s->db));
	return sg_fail(SG_EINTERNAL, "%s: %s", s->path,
	    sqlite3_errmsg(s->db));
}

enum sg_err
sqlite_err(const struct sqlite *s, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return SG_OK;
	case SQLITE_NOMEM:
		return sg_fail(SG_ENOMEM, "out of memory");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return sg_fail(SG_EBUSY,
		    "%s: another process keeps it locked", s->path);
	case SQLITE_FULL:
		return sg_fail(SG_EIO, "%s: the disk is full", s->path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_damaged(s, rc & 0xff);
	case SQLITE_CONSTRAINT:
		return err_constraint(s, sqlite3_extended_errcode(s->db));
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return sg_fail(SG_EPERM, "%s: writing is not permitted",
		    s->path);
	case SQLITE_TOOBIG:
		return sg_fail(SG_ELIMIT, "%s: a value is too large", s->path);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_PROTOCOL:
		return sg_fail(SG_EIO, "%s: %s", s->path,
		    sqlite3_errstr(rc));
	default:
		return sg_fail(SG_EINTERNAL, "%s: %s", s->path,
		    s->db != NULL ? sqlite3_errmsg(s->db)
				  : sqlite3_errstr(rc));
	}
}

static enum sg_err
fail_open(const char *path)
{
	int e = errno;

	return sg_fail(e == ENOENT ? SG_ENOENT : e == EACCES ? SG_EPERM
	    : SG_EIO, "%s: %s", path, strerror(e));
}

/* The mode of its journals is that of the file, so that comes first. */
static enum sg_err
file_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? SG_OK : fail_open(path);
	(void)close(fd);
	return SG_OK;
}

/* An existing file is not opened: closing it would give up the locks that
 * this process may have on it (fcntl(2)). */
static enum sg_err
file_ready(const char *path, const struct db_options *o)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISREG(st.st_mode) ? SG_OK
		    : sg_fail(SG_EFORMAT, "%s is no database", path);
	if (errno == ENOENT && o->create)
		return file_make(path);
	return fail_open(path);
}

static enum sg_err
run(const struct sqlite *s, const char *sql)
{
	return sqlite_err(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

static enum sg_err
settings(const struct sqlite *s, const struct db_options *o)
{
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, (int)o->busy_ms);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
	    NULL);
	SG_TRY(run(s, "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
	    "PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384;"
	    "PRAGMA secure_delete = ON"));
	if (o->read_only)
		return SG_OK;
	if (o->single)
		return run(s, "PRAGMA synchronous = FULL");
	/* FULL: a commit is on the disk when it returns. */
	return run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
}

static void
close_db(void *db)
{
	struct sqlite *s = db;

	if (s == NULL)
		return;
	(void)sqlite3_close_v2(s->db);
	free(s->path);
	free(s);
}

static enum sg_err
open_path(struct sqlite *s, const char *rest, const struct db_options *o)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
	    (o->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);

	SG_TRY(str_dup(&s->path, rest));
	SG_TRY(file_ready(rest, o));
	SG_TRY(sqlite_err(s, sqlite3_open_v2(rest, &s->db, flags, NULL)));
	return settings(s, o);
}

static enum sg_err
open_db(void **out, const char *rest, const struct db_options *o)
{
	struct sqlite *s = calloc(1, sizeof(*s));
	enum sg_err e;

	if (s == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	if ((e = open_path(s, rest, o)) != SG_OK) {
		close_db(s);
		return e;
	}
	*out = s;
	return SG_OK;
}

static enum sg_err
exec(void *db, const char *sql)
{
	return run(db, sql);
}

static enum sg_err
begin(void *db, enum db_mode mode)
{
	return run(db, mode == DB_WRITE ? "BEGIN IMMEDIATE" : "BEGIN");
}

static bool
in_tx(void *db)
{
	return sqlite3_get_autocommit(((struct sqlite *)db)->db) == 0;
}

static enum sg_err
last_id(int64_t *id, void *db)
{
	*id = sqlite3_last_insert_rowid(((struct sqlite *)db)->db);
	return SG_OK;
}

static enum sg_err
pragma_int(const struct sqlite *s, const char *sql, uint32_t *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
		*out = (uint32_t)sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return sqlite_err(s, rc);
}

static enum sg_err
version(void *db, uint32_t *app, uint32_t *version)
{
	SG_TRY(pragma_int(db, "PRAGMA application_id", app));
	return pragma_int(db, "PRAGMA user_version", version);
}

static enum sg_err
set_version(void *db, uint32_t app, uint32_t version)
{
	auto_str sql = NULL;

	SG_TRY(str_printf(&sql, "PRAGMA application_id = %u;"
	    "PRAGMA user_version = %u", app, version));
	return run(db, sql);
}

static const struct db_word words[] = {
	{ "id", "INTEGER PRIMARY KEY AUTOINCREMENT" },
	{ "int", "INTEGER" },
	{ "blob", "BLOB" },
	{ "strict", "STRICT" },
	{ NULL, NULL },
};

const struct db_ops db_sqlite = {
	.scheme = "sqlite",
	.words = words,
	.open = open_db,
	.close = close_db,
	.exec = exec,
	.begin = begin,
	.in_tx = in_tx,
	.prepare = sqlite_prepare,
	.finalize = sqlite_finalize,
	.bind = sqlite_bind,
	.step = sqlite_step,
	.reset = sqlite_reset,
	.column = sqlite_column,
	.last_id = last_id,
	.version = version,
	.set_version = set_version,
	.check = sqlite_check,
	.backup = sqlite_backup,
	.restore = sqlite_restore,
};
