/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_DB_BACKEND_H
#define SG_DB_BACKEND_H

/* Between db.c and what is behind it. */

#include "db/db.h"

enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BLOB };

struct db_value {
	enum db_type type;
	int64_t num;
	struct bytes x;		/* a text has a NUL behind it */
};

/* What the words in braces of a migration mean. */
struct db_word {
	const char *word;
	const char *sql;
};

struct db_ops {
	const char *scheme;	/* of its URLs */
	const struct db_word *words;	/* word NULL at the end */

	enum sg_err (*open)(void **out, const char *rest,
	    const struct db_options *o);
	void (*close)(void *db);

	enum sg_err (*exec)(void *db, const char *sql);
	enum sg_err (*begin)(void *db, enum db_mode mode);
	/* A failure may have ended the transaction. */
	bool (*in_tx)(void *db);

	enum sg_err (*prepare)(void **out, void *db, const char *sql);
	void (*finalize)(void *stmt);
	enum sg_err (*bind)(void *stmt, int i, const struct db_value *v);
	enum sg_err (*step)(bool *row, void *stmt);
	void (*reset)(void *stmt);
	void (*column)(struct db_value *out, void *stmt, int i);
	/* Given out by the last INSERT. */
	enum sg_err (*last_id)(int64_t *id, void *db);

	/* Zeroes when it is new. */
	enum sg_err (*version)(void *db, uint32_t *app, uint32_t *version);
	enum sg_err (*set_version)(void *db, uint32_t app, uint32_t version);

	enum sg_err (*check)(void *db);
	enum sg_err (*backup)(void *db, const char *path);
	enum sg_err (*restore)(const char *rest, const char *path);
};

extern const struct db_ops db_sqlite;

#endif
