/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "db/sqlite.h"

#define PLACES_MAX 32	/* placeholders of a statement */

struct sqlite_stmt {
	struct sqlite *db;
	sqlite3_stmt *st;
	int places[PLACES_MAX];	/* where $1 and so on are bound; 0: nowhere */
};

/* To SQLite "$1" is a name, not a number. */
static enum sg_err
places_find(struct sqlite_stmt *s)
{
	int n = sqlite3_bind_parameter_count(s->st);

	for (int at = 1; at <= n; at++) {
		const char *name = sqlite3_bind_parameter_name(s->st, at);
		long number = name != NULL ? strtol(name + 1, NULL, 10) : 0;

		if (number < 1 || number > PLACES_MAX)
			return sg_fail(SG_EINTERNAL,
			    "a statement with a wrong placeholder");
		s->places[number - 1] = at;
	}
	return SG_OK;
}

enum sg_err
sqlite_prepare(void **out, void *db, const char *sql)
{
	struct sqlite *d = db;
	struct sqlite_stmt *s = calloc(1, sizeof(*s));
	enum sg_err e;

	if (s == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	s->db = d;
	e = sqlite_err(d, sqlite3_prepare_v3(d->db, sql, -1,
	    SQLITE_PREPARE_PERSISTENT, &s->st, NULL));
	if (e == SG_OK)
		e = places_find(s);
	if (e != SG_OK) {
		sqlite_finalize(s);
		return e;
	}
	*out = s;
	return SG_OK;
}

void
sqlite_finalize(void *stmt)
{
	struct sqlite_stmt *s = stmt;

	(void)sqlite3_finalize(s->st);
	free(s);
}

enum sg_err
sqlite_bind(void *stmt, int i, const struct db_value *v)
{
	struct sqlite_stmt *s = stmt;
	int at = i >= 1 && i <= PLACES_MAX ? s->places[i - 1] : 0;
	int rc = SQLITE_MISUSE;

	if (at == 0)
		return sg_fail(SG_EINTERNAL, "a statement without $%d", i);
	switch (v->type) {
	case DB_NULL:
		rc = sqlite3_bind_null(s->st, at);
		break;
	case DB_INT:
		rc = sqlite3_bind_int64(s->st, at, v->num);
		break;
	case DB_TEXT:
		rc = sqlite3_bind_text64(s->st, at, (const char *)v->x.p,
		    v->x.n, SQLITE_TRANSIENT, SQLITE_UTF8);
		break;
	case DB_BLOB:
		/* NULL would be a null. */
		rc = sqlite3_bind_blob64(s->st, at,
		    v->x.p != NULL ? v->x.p : (const uint8_t *)"", v->x.n,
		    SQLITE_TRANSIENT);
		break;
	}
	return sqlite_err(s->db, rc);
}

enum sg_err
sqlite_step(bool *row, void *stmt)
{
	struct sqlite_stmt *s = stmt;
	int rc = sqlite3_step(s->st);

	*row = rc == SQLITE_ROW;
	return sqlite_err(s->db, rc);
}

void
sqlite_reset(void *stmt)
{
	struct sqlite_stmt *s = stmt;

	/* Says again what the last step has said. */
	(void)sqlite3_reset(s->st);
	(void)sqlite3_clear_bindings(s->st);
}

void
sqlite_column(struct db_value *out, void *stmt, int i)
{
	sqlite3_stmt *st = ((struct sqlite_stmt *)stmt)->st;
	size_t n;

	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		*out = (struct db_value) { .type = DB_INT,
			.num = sqlite3_column_int64(st, i) };
		return;
	case SQLITE_TEXT:
		out->x.p = sqlite3_column_text(st, i);
		break;
	case SQLITE_BLOB:
		out->x.p = sqlite3_column_blob(st, i);
		break;
	default:
		*out = (struct db_value) { .type = DB_NULL };
		return;
	}
	n = (size_t)sqlite3_column_bytes(st, i);
	out->type = sqlite3_column_type(st, i) == SQLITE_TEXT ? DB_TEXT
							       : DB_BLOB;
	out->x.n = out->x.p != NULL ? n : 0;
}
