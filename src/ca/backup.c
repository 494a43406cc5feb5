/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/backup.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/schema.h"

#define FILE_MAX	((size_t)64 << 20)	/* bytes; a long CRL */
#define CONFIG		"ca.conf"
#define PUBLISHED	"published"	/* ca/template_store.h */

/* Everything in them; they may be missing. */
static const char *const folders[] = { "root", "issuing", "ra",
	"templates" };
#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

/* Names that a backup may bring back, and so may write to: nothing above the
 * folder, nothing hidden. */
static bool
name_good(const char *name)
{
	const char *slash = strchr(name, '/');

	if (strcmp(name, CONFIG) == 0 || strcmp(name, PUBLISHED) == 0)
		return true;
	if (slash == NULL || slash[1] == '.' || slash[1] == '\0' ||
	    strchr(slash + 1, '/') != NULL)
		return false;
	for (size_t i = 0; i < FOLDERS; i++)
		if (strncmp(name, folders[i], (size_t)(slash - name)) == 0 &&
		    folders[i][slash - name] == '\0')
			return true;
	return false;
}

static enum sg_err
file_keep(struct db *db, const char *dir, const char *name)
{
	auto_free(db_stmt) st = NULL;
	auto_done(buf) text = { 0 };
	auto_str path = NULL;
	struct stat sb;
	enum sg_err e;

	SG_TRY(str_printf(&path, "%s/%s", dir, name));
	if (!name_good(name) || stat(path, &sb) != 0 || !S_ISREG(sb.st_mode))
		return SG_OK;
	SG_TRY(db_prepare(&st, db, "INSERT INTO files (name, mode, contents)"
	    " VALUES ($1, $2, $3)"));
	if ((e = file_read(&text, path, FILE_MAX)) == SG_OK) {
		db_bind_text(st, 1, name);
		db_bind_int(st, 2, sb.st_mode & 0777);
		db_bind_blob(st, 3, buf_bytes(&text));
		e = db_run(st);
	}
	return e;
}

static void
dir_close(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

static enum sg_err
folder_keep(struct db *db, const char *dir, const char *folder)
{
	__attribute__((cleanup(dir_close))) DIR *d = NULL;
	auto_str path = NULL;
	struct dirent *e;

	SG_TRY(str_printf(&path, "%s/%s", dir, folder));
	if ((d = opendir(path)) == NULL)
		return errno == ENOENT ? SG_OK : sg_fail(SG_EIO, "%s: %s",
		    path, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		auto_str name = NULL;

		SG_TRY(str_printf(&name, "%s/%s", folder, e->d_name));
		SG_TRY(file_keep(db, dir, name));
	}
	return SG_OK;
}

static enum sg_err
files_keep(const char *file, const char *dir)
{
	static const struct db_options o = { .single = true };
	auto_free(db) db = NULL;
	auto_done(db_tx) tx = { 0 };
	auto_str url = NULL;

	SG_TRY(str_printf(&url, "sqlite:%s", file));
	SG_TRY(db_open(&db, url, &o));
	SG_TRY(db_begin(&tx, db, DB_WRITE));
	SG_TRY(db_exec(db, "CREATE TABLE files (name TEXT PRIMARY KEY,"
	    " mode INTEGER NOT NULL, contents BLOB NOT NULL) STRICT"));
	for (size_t i = 0; i < FOLDERS; i++)
		SG_TRY(folder_keep(db, dir, folders[i]));
	SG_TRY(file_keep(db, dir, PUBLISHED));
	SG_TRY(file_keep(db, dir, CONFIG));
	return db_commit(&tx);
}

static enum sg_err
note(struct db *db, const struct ca_act *act, const char *what,
    const char *result)
{
	auto_done(db_tx) tx = { 0 };

	SG_TRY(db_begin(&tx, db, DB_WRITE));
	SG_TRY(ca_audit_add(db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = what, .detail = "", .result = result }));
	return db_commit(&tx);
}

/* Under another name until it is whole. */
enum sg_err
ca_backup(const struct ca_store *s, const char *file,
    const struct ca_act *act)
{
	auto_str part = NULL;
	enum sg_err e;

	if (access(file, F_OK) == 0)
		return sg_fail(SG_EEXIST, "%s exists already", file);
	SG_TRY(str_printf(&part, "%s.part", file));
	SG_TRY(note(s->db, act, "backup", "begun"));
	SG_TRY(db_backup(s->db, part));
	e = files_keep(part, s->dir);
	if (e == SG_OK && link(part, file) != 0)
		e = sg_fail(errno == EEXIST ? SG_EEXIST : SG_EIO, "%s: %s",
		    file, strerror(errno));
	(void)unlink(part);
	return e;
}

static enum sg_err
file_bring(struct db_stmt *st, const char *dir)
{
	const char *name = db_text(st, 0);
	auto_str path = NULL;

	if (name == NULL || !name_good(name))
		return sg_fail(SG_EFORMAT, "the backup has a file '%.80s'",
		    name != NULL ? name : "");
	SG_TRY(str_printf(&path, "%s/%s", dir, name));
	return file_replace(path, db_blob(st, 2),
	    (mode_t)(db_int(st, 1) & 0777));
}

/* The configuration last: with it the folder is a CA. */
static enum sg_err
files_bring(struct db *db, const char *dir, bool config)
{
	auto_free(db_stmt) st = NULL;
	bool row, any = false;

	SG_TRY(db_prepare(&st, db, config
	    ? "SELECT name, mode, contents FROM files WHERE name = '" CONFIG
	      "'"
	    : "SELECT name, mode, contents FROM files WHERE name <> '" CONFIG
	      "'"));
	for (;;) {
		SG_TRY(db_step(&row, st));
		if (!row)
			break;
		SG_TRY(file_bring(st, dir));
		any = true;
	}
	return any ? SG_OK : sg_fail(SG_EFORMAT,
	    "the backup lacks files of the CA");
}

static enum sg_err
folders_make(const char *dir)
{
	for (size_t i = 0; i < FOLDERS; i++) {
		auto_str path = NULL;

		SG_TRY(str_printf(&path, "%s/%s", dir, folders[i]));
		SG_TRY(folder_make(path, 0755));
	}
	return SG_OK;
}

static enum sg_err
bring(const char *dir, const char *file, const struct ca_act *act)
{
	static const struct db_options o = { .read_only = true }, rw = { 0 };
	auto_free(db) from = NULL, *db = NULL;
	auto_str backup = NULL, *url = NULL;
	struct ca_audit_head h;

	SG_TRY(str_printf(&backup, "sqlite:%s", file));
	SG_TRY(ca_store_url(&url, dir));
	SG_TRY(db_restore(url, file, &ca_schema));
	SG_TRY(db_open(&from, backup, &o));
	SG_TRY(sg_while(ca_audit_verify(&h, from, NULL),
	    "%s: the audit log", file));
	SG_TRY(folders_make(dir));
	SG_TRY(files_bring(from, dir, false));
	SG_TRY(db_open(&db, url, &rw));
	SG_TRY(db_migrate(db, &ca_schema));
	SG_TRY(db_exec(db, "DROP TABLE files"));
	SG_TRY(note(db, act, "restore", "restored"));
	return files_bring(from, dir, true);
}

enum sg_err
ca_restore(const char *dir, const char *file, const struct ca_act *act)
{
	enum sg_err e;
	int lock = -1;

	if (access(file, R_OK) != 0)
		return sg_fail(SG_ENOENT, "%s: %s", file, strerror(errno));
	SG_TRY(ca_store_make(dir, &lock));
	e = bring(dir, file, act);
	(void)close(lock);
	return e;
}
