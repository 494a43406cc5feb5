/* SPDX-License-Identifier: BSD-2-Clause */

/* What is the same for every back end: transactions in each other, prepared
 * statements that are kept, versions. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/backend.h"

/* Statements that are kept for their next use. */
#define KEPT_MAX 64

struct db_stmt {
	struct db *db;
	char *sql;
	void *native;
	enum sg_err failed;
	struct db_stmt *next;
};

struct db {
	const struct db_ops *ops;
	void *native;
	unsigned depth;		/* of transactions */
	enum db_mode mode;	/* of the outermost */
	struct db_stmt *kept;
	size_t kept_count;
};

static const struct db_ops *const backends[] = { &db_sqlite };

static enum sg_err
backend_find(const struct db_ops **out, const char **rest, const char *url)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		size_t n = strlen(backends[i]->scheme);

		if (strncmp(url, backends[i]->scheme, n) != 0 ||
		    url[n] != ':')
			continue;
		*out = backends[i];
		*rest = url + n + 1;
		return SG_OK;
	}
	return sg_fail(SG_EUNSUPPORTED,
	    "'%.80s' is no database that is known here (sqlite:PATH)", url);
}

enum sg_err
db_open(struct db **out, const char *url, const struct db_options *o)
{
	auto_free(db) db = calloc(1, sizeof(*db));
	const char *rest;

	if (db == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	SG_TRY(backend_find(&db->ops, &rest, url));
	SG_TRY(db->ops->open(&db->native, rest, o));
	*out = db;
	db = NULL;
	return SG_OK;
}

static void
stmt_drop(struct db_stmt *s)
{
	if (s->native != NULL)
		s->db->ops->finalize(s->native);
	free(s->sql);
	free(s);
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	while (db->kept != NULL) {
		struct db_stmt *s = db->kept;

		db->kept = s->next;
		stmt_drop(s);
	}
	if (db->native != NULL)
		db->ops->close(db->native);
	free(db);
}

static enum sg_err
savepoint(struct db *db, const char *verb, unsigned depth)
{
	char sql[32];

	(void)snprintf(sql, sizeof(sql), "%s s%u", verb, depth);
	return db_exec(db, sql);
}

bool
db_in_tx(const struct db *db)
{
	return db->depth > 0 && db->ops->in_tx(db->native);
}

static enum sg_err
lost(void)
{
	return sg_fail(SG_EIO, "the transaction was taken back before");
}

enum sg_err
db_begin(struct db_tx *tx, struct db *db, enum db_mode mode)
{
	if (db->depth > 0 && !db_in_tx(db))
		return lost();
	if (db->depth > 0 && mode == DB_WRITE && db->mode == DB_READ)
		return sg_fail(SG_EINTERNAL,
		    "writing inside a transaction that reads");
	if (db->depth == 0) {
		SG_TRY(db->ops->begin(db->native, mode));
		db->mode = mode;
	} else {
		SG_TRY(savepoint(db, "SAVEPOINT", db->depth));
	}
	*tx = (struct db_tx) { db, db->depth++ };
	return SG_OK;
}

enum sg_err
db_commit(struct db_tx *tx)
{
	struct db *db = tx->db;

	if (!db_in_tx(db))
		return lost();
	if (db->depth != tx->depth + 1)
		return sg_fail(SG_EINTERNAL,
		    "a transaction ends before one inside it");
	if (tx->depth > 0)
		SG_TRY(savepoint(db, "RELEASE", tx->depth));
	else
		SG_TRY(db->ops->exec(db->native, "COMMIT"));
	db->depth = tx->depth;
	tx->db = NULL;
	return SG_OK;
}

static enum sg_err
take_back(struct db *db, unsigned depth)
{
	if (depth == 0)
		return db->ops->exec(db->native, "ROLLBACK");
	SG_TRY(savepoint(db, "ROLLBACK TO", depth));
	return savepoint(db, "RELEASE", depth);
}

void
db_tx_done(struct db_tx *tx)
{
	struct db *db = tx->db;

	tx->db = NULL;
	if (db == NULL)
		return;
	/* A part that stays would be committed with the rest.  Whoever fails
	 * to take back even that has lost it all the same: what is not
	 * committed is gone with the connection.  The note is another's. */
	if (db_in_tx(db) && take_back(db, tx->depth) != SG_OK)
		SG_IGNORE(take_back(db, 0));
	db->depth = tx->depth;
}

static struct db_stmt *
kept_take(struct db *db, const char *sql)
{
	for (struct db_stmt **p = &db->kept; *p != NULL; p = &(*p)->next) {
		struct db_stmt *s = *p;

		if (strcmp(s->sql, sql) != 0)
			continue;
		*p = s->next;
		db->kept_count--;
		s->next = NULL;
		return s;
	}
	return NULL;
}

enum sg_err
db_prepare(struct db_stmt **out, struct db *db, const char *sql)
{
	auto_free(db_stmt) s = kept_take(db, sql);

	if (s == NULL) {
		if ((s = calloc(1, sizeof(*s))) == NULL)
			return sg_fail(SG_ENOMEM, "out of memory");
		s->db = db;
		SG_TRY(str_dup(&s->sql, sql));
		SG_TRY(db->ops->prepare(&s->native, db->native, sql));
	}
	*out = s;
	s = NULL;
	return SG_OK;
}

void
db_stmt_free(struct db_stmt *s)
{
	if (s == NULL)
		return;
	if (s->native == NULL || s->db->kept_count >= KEPT_MAX) {
		stmt_drop(s);
		return;
	}
	db_reset(s);
	s->next = s->db->kept;
	s->db->kept = s;
	s->db->kept_count++;
}

static void
bind(struct db_stmt *s, int i, struct db_value v)
{
	if (s->failed == SG_OK)
		s->failed = s->db->ops->bind(s->native, i, &v);
}

void
db_bind_int(struct db_stmt *s, int i, int64_t v)
{
	bind(s, i, (struct db_value) { .type = DB_INT, .num = v });
}

void
db_bind_text(struct db_stmt *s, int i, const char *v)
{
	if (v == NULL)
		db_bind_null(s, i);
	else
		bind(s, i, (struct db_value) { .type = DB_TEXT,
		    .x = bytes_str(v) });
}

void
db_bind_blob(struct db_stmt *s, int i, struct bytes v)
{
	bind(s, i, (struct db_value) { .type = DB_BLOB, .x = v });
}

void
db_bind_null(struct db_stmt *s, int i)
{
	bind(s, i, (struct db_value) { .type = DB_NULL });
}

enum sg_err
db_step(bool *row, struct db_stmt *s)
{
	SG_TRY(s->failed);
	return s->db->ops->step(row, s->native);
}

void
db_reset(struct db_stmt *s)
{
	s->db->ops->reset(s->native);
	s->failed = SG_OK;
}

enum sg_err
db_run(struct db_stmt *s)
{
	bool row = true;
	enum sg_err e = SG_OK;

	while (row && e == SG_OK)
		e = db_step(&row, s);
	db_reset(s);
	return e;
}

enum sg_err
db_run_id(int64_t *id, struct db_stmt *s)
{
	SG_TRY(db_run(s));
	return s->db->ops->last_id(id, s->db->native);
}

enum sg_err
db_exec(struct db *db, const char *sql)
{
	auto_free(db_stmt) s = NULL;

	SG_TRY(db_prepare(&s, db, sql));
	return db_run(s);
}

static struct db_value
column(struct db_stmt *s, int i)
{
	struct db_value v = { 0 };

	s->db->ops->column(&v, s->native, i);
	return v;
}

int64_t
db_int(struct db_stmt *s, int i)
{
	return column(s, i).num;
}

const char *
db_text(struct db_stmt *s, int i)
{
	struct db_value v = column(s, i);

	return v.type == DB_TEXT ? (const char *)v.x.p : NULL;
}

struct bytes
db_blob(struct db_stmt *s, int i)
{
	return column(s, i).x;
}

bool
db_is_null(struct db_stmt *s, int i)
{
	return column(s, i).type == DB_NULL;
}

/* One word in braces at p; *end is behind it. */
static enum sg_err
expand_word(struct buf *out, const struct db_word *words, const char *p,
    const char **end)
{
	const char *close = strchr(p, '}');
	size_t n = close != NULL ? (size_t)(close - p) : 0;

	for (; close != NULL && words->word != NULL; words++) {
		if (strlen(words->word) != n ||
		    strncmp(words->word, p, n) != 0)
			continue;
		*end = close + 1;
		return buf_add_str(out, words->sql);
	}
	return sg_fail(SG_EINTERNAL, "a migration with an unknown word");
}

static enum sg_err
expand(struct buf *out, const struct db_word *words, const char *sql)
{
	while (*sql != '\0') {
		size_t n = strcspn(sql, "{");

		SG_TRY(buf_add(out, sql, n));
		sql += n;
		if (*sql == '{')
			SG_TRY(expand_word(out, words, sql + 1, &sql));
	}
	return buf_terminate(out);
}

static enum sg_err
migrate_from(struct db *db, const struct db_schema *s, uint32_t version)
{
	for (size_t i = version; i < s->count; i++) {
		auto_done(buf) sql = { 0 };

		SG_TRY(expand(&sql, db->ops->words, s->migrations[i]));
		SG_TRY(sg_while(db->ops->exec(db->native,
		    (const char *)sql.p), "making version %zu of the database",
		    i + 1));
	}
	return db->ops->set_version(db->native, s->app, (uint32_t)s->count);
}

static enum sg_err
version_check(struct db *db, const struct db_schema *s, uint32_t *version)
{
	uint32_t app;

	SG_TRY(db->ops->version(db->native, &app, version));
	if (app != s->app && (app != 0 || *version != 0))
		return sg_fail(SG_EFORMAT,
		    "the database belongs to another program");
	if (*version > s->count)
		return sg_fail(SG_EUNSUPPORTED, "the database has version %u, "
		    "this program knows %zu at most", *version, s->count);
	return SG_OK;
}

enum sg_err
db_migrate(struct db *db, const struct db_schema *s)
{
	auto_done(db_tx) tx = { 0 };
	uint32_t version;

	SG_TRY(version_check(db, s, &version));
	if (version == s->count)
		return SG_OK;
	SG_TRY(db_begin(&tx, db, DB_WRITE));
	/* Somebody may have been quicker. */
	SG_TRY(version_check(db, s, &version));
	if (version < s->count)
		SG_TRY(migrate_from(db, s, version));
	return db_commit(&tx);
}

enum sg_err
db_check(struct db *db)
{
	return db->ops->check(db->native);
}

enum sg_err
db_backup(struct db *db, const char *path)
{
	return db->ops->backup(db->native, path);
}

/* Is that file one that we can use? */
static enum sg_err
backup_check(const char *path, const struct db_schema *s)
{
	auto_free(db) db = NULL;
	auto_str url = NULL;
	uint32_t version;

	SG_TRY(str_printf(&url, "%s:%s", db_sqlite.scheme, path));
	SG_TRY(db_open(&db, url, &(struct db_options) { .read_only = true }));
	SG_TRY(version_check(db, s, &version));
	if (version == 0)
		return sg_fail(SG_EFORMAT, "it is empty");
	return db_check(db);
}

enum sg_err
db_restore(const char *url, const char *path, const struct db_schema *s)
{
	const struct db_ops *ops;
	const char *rest;

	SG_TRY(backend_find(&ops, &rest, url));
	SG_TRY(sg_while(backup_check(path, s), "%s", path));
	return ops->restore(rest, path);
}
