/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/generations.h"

#include <stdlib.h>

#include "pki/der.h"

const char *
ca_level_name(enum ca_level level)
{
	return level == CA_ROOT ? "root" : "issuing";
}

void
ca_generation_done(struct ca_generation *g)
{
	cert_free(g->cert);
	certs_done(&g->above);
	buf_done(&g->request);
	texts_done(&g->cdp);
	texts_done(&g->ca_issuers);
	texts_done(&g->ocsp);
	*g = (struct ca_generation) { 0 };
}

void
ca_generations_done(struct ca_generations *l)
{
	for (size_t i = 0; i < l->n; i++)
		ca_generation_done(&l->v[i]);
	free(l->v);
	*l = (struct ca_generations) { 0 };
}

enum sg_err
ca_generations_grow(struct ca_generation **out, struct ca_generations *l)
{
	struct ca_generation *v;

	if (l->n > CA_INDEX_MAX)
		return sg_fail(SG_ELIMIT, "a CA is renewed %d times at most",
		    CA_INDEX_MAX);
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	l->v = v;
	*out = &v[l->n++];
	**out = (struct ca_generation) { 0 };
	return SG_OK;
}

/* Certificates one behind the other. */
static enum sg_err
above_read(struct certs *out, struct bytes der)
{
	struct reader r = reader_of(der);

	while (r.left.n > 0) {
		struct bytes one = der_get_whole(&r);
		struct cert *c;

		SG_TRY(cert_parse(&c, one));
		SG_TRY(certs_add(out, c));
	}
	return reader_finish(&r, "the certificates above");
}

static enum sg_err
above_write(struct buf *out, const struct certs *above)
{
	for (size_t i = 0; i < above->n; i++)
		SG_TRY(buf_add_bytes(out, buf_bytes(&above->v[i]->der)));
	return SG_OK;
}

static enum sg_err
row_read(struct ca_generation *g, struct db_stmt *st)
{
	int64_t index = db_int(st, 0), key = db_int(st, 1);

	if (index < 0 || index > CA_INDEX_MAX || key < 0 || key > index)
		return sg_fail(SG_EFORMAT, "a CA certificate's number is "
		    "damaged");
	g->version = (struct ca_version) { (unsigned)index, (unsigned)key };
	SG_TRY(buf_set(&g->request, db_blob(st, 2)));
	if (!db_is_null(st, 3))
		SG_TRY(cert_parse(&g->cert, db_blob(st, 3)));
	return above_read(&g->above, db_blob(st, 4));
}

enum sg_err
ca_generations_load(struct ca_generations *out, struct db *db,
    enum ca_level level)
{
	auto_free(db_stmt) st = NULL;
	auto_done(ca_generations) l = { 0 };
	struct ca_generation *g;
	bool row;

	SG_TRY(db_prepare(&st, db, "SELECT ca_index, ca_key, request, cert,"
	    " above FROM cas WHERE ca_level = $1 ORDER BY ca_index"));
	db_bind_int(st, 1, level);
	for (;;) {
		SG_TRY(db_step(&row, st));
		if (!row)
			break;
		SG_TRY(ca_generations_grow(&g, &l));
		SG_TRY(sg_while(row_read(g, st), "the %s CA's certificate "
		    "%zu", ca_level_name(level), l.n - 1));
	}
	ca_generations_done(out);
	*out = l;
	l = (struct ca_generations) { 0 };
	return SG_OK;
}

static enum sg_err
row_remove(struct db *db, enum ca_level level, unsigned index)
{
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_prepare(&st, db, "DELETE FROM cas WHERE ca_level = $1"
	    " AND ca_index = $2 AND cert IS NULL"));
	db_bind_int(st, 1, level);
	db_bind_int(st, 2, index);
	return db_run(st);
}

static enum sg_err
row_add(struct db *db, enum ca_level level, const struct ca_generation *g,
    int64_t at)
{
	auto_free(db_stmt) st = NULL;
	auto_done(buf) above = { 0 };

	SG_TRY(above_write(&above, &g->above));
	SG_TRY(db_prepare(&st, db, "INSERT INTO cas (ca_level, ca_index,"
	    " ca_key, made, request, cert, above)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7)"));
	db_bind_int(st, 1, level);
	db_bind_int(st, 2, g->version.index);
	db_bind_int(st, 3, g->version.key);
	db_bind_int(st, 4, at);
	if (g->request.n > 0)
		db_bind_blob(st, 5, buf_bytes(&g->request));
	if (g->cert != NULL)
		db_bind_blob(st, 6, buf_bytes(&g->cert->der));
	db_bind_blob(st, 7, buf_bytes(&above));
	return db_run(st);
}

enum sg_err
ca_generation_put(struct db *db, enum ca_level level,
    const struct ca_generation *g, int64_t at)
{
	enum sg_err e;

	SG_TRY(row_remove(db, level, g->version.index));
	if ((e = row_add(db, level, g, at)) == SG_EEXIST)
		return sg_fail(SG_EEXIST, "the %s CA has a certificate %u "
		    "already", ca_level_name(level), g->version.index);
	return e;
}

enum sg_err
ca_generation_forget(struct db *db, enum ca_level level)
{
	auto_done(ca_generations) l = { 0 };

	SG_TRY(ca_generations_load(&l, db, level));
	if (ca_waiting(&l) == NULL)
		return sg_fail(SG_ENOENT, "no request of the %s CA waits",
		    ca_level_name(level));
	return row_remove(db, level, ca_waiting(&l)->version.index);
}

const struct ca_generation *
ca_current(const struct ca_generations *l)
{
	for (size_t i = l->n; i > 0; i--)
		if (l->v[i - 1].cert != NULL)
			return &l->v[i - 1];
	return NULL;
}

const struct ca_generation *
ca_waiting(const struct ca_generations *l)
{
	return l->n > 0 && l->v[l->n - 1].cert == NULL ? &l->v[l->n - 1]
						       : NULL;
}

const struct ca_generation *
ca_of_key(const struct ca_generations *l, unsigned key)
{
	for (size_t i = l->n; i > 0; i--)
		if (l->v[i - 1].cert != NULL &&
		    l->v[i - 1].version.key == key)
			return &l->v[i - 1];
	return NULL;
}

const struct ca_generation *
ca_at(const struct ca_generations *l, unsigned index)
{
	return index < l->n ? &l->v[index] : NULL;
}

bool
ca_key_live(const struct ca_generations *l, unsigned key, int64_t now)
{
	const struct ca_generation *g = ca_current(l);

	if (g != NULL && g->version.key == key)
		return true;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].version.key == key && l->v[i].cert != NULL &&
		    l->v[i].cert->not_after > now)
			return true;
	return false;
}
