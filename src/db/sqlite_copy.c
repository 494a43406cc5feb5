/* SPDX-License-Identifier: BSD-2-Clause */

/* Whole files: check, backup, restore. */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/sqlite.h"

enum sg_err
sqlite_check(void *db)
{
	struct sqlite *s = db;
	sqlite3_stmt *st = NULL;
	enum sg_err e;
	int rc;

	rc = sqlite3_prepare_v2(s->db, "PRAGMA integrity_check(1)", -1, &st,
	    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	e = sqlite_err(s, rc);
	if (e == SG_OK && strcmp((const char *)sqlite3_column_text(st, 0),
	    "ok") != 0)
		e = sg_fail(SG_EFORMAT, "%s is damaged: %s", s->path,
		    (const char *)sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	return e;
}

static enum sg_err
sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
	enum sg_err e = SG_OK;

	if (fd < 0 || fsync(fd) != 0)
		e = sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return e;
}

static enum sg_err
copy_pages(const struct sqlite *from, const struct sqlite *to)
{
	sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db,
	    "main");
	int rc;

	if (b == NULL)
		return sqlite_err(to, sqlite3_errcode(to->db));
	rc = sqlite3_backup_step(b, -1);
	(void)sqlite3_backup_finish(b);
	if (rc != SQLITE_DONE)
		return sqlite_err(rc == SQLITE_BUSY ? from : to, rc);
	/* One file, without a journal beside it. */
	return sqlite_err(to, sqlite3_exec(to->db,
	    "PRAGMA journal_mode = DELETE", NULL, NULL, NULL));
}

static enum sg_err
copy_to(const struct sqlite *from, char *tmp)
{
	struct sqlite to = { NULL, tmp };
	enum sg_err e = sqlite_err(&to, sqlite3_open_v2(tmp, &to.db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));

	if (e == SG_OK)
		e = copy_pages(from, &to);
	(void)sqlite3_close_v2(to.db);
	return e == SG_OK ? sync_path(tmp, 0) : e;
}

/* link() refuses an existing name, rename() would replace it. */
static enum sg_err
name_it(const char *tmp, const char *path)
{
	auto_str copy = NULL;

	SG_TRY(str_dup(&copy, path));
	if (link(tmp, path) != 0)
		return sg_fail(errno == EEXIST ? SG_EEXIST : SG_EIO,
		    "%s: %s", path, strerror(errno));
	return sync_path(dirname(copy), O_DIRECTORY);
}

/* The copy is whole before it has its name. */
static enum sg_err
copy_as(const struct sqlite *from, const char *path)
{
	auto_str tmp = NULL;
	enum sg_err e;
	int fd;

	if (access(path, F_OK) == 0)
		return sg_fail(SG_EEXIST, "%s exists already", path);
	SG_TRY(str_printf(&tmp, "%s.new-XXXXXX", path));
	if ((fd = mkostemp(tmp, O_CLOEXEC)) < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	(void)close(fd);
	e = copy_to(from, tmp);
	if (e == SG_OK)
		e = name_it(tmp, path);
	(void)unlink(tmp);
	return e;
}

enum sg_err
sqlite_backup(void *db, const char *path)
{
	return copy_as(db, path);
}

enum sg_err
sqlite_restore(const char *rest, const char *path)
{
	static const struct db_options o = { .read_only = true };
	void *from;
	enum sg_err e;

	SG_TRY(db_sqlite.open(&from, path, &o));
	e = copy_as(from, rest);
	db_sqlite.close(from);
	return e;
}
