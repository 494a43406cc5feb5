/* SPDX-License-Identifier: BSD-2-Clause */

/* The numbers of lists, and a list's contents. */

#include <inttypes.h>

#include "base/file.h"
#include "base/text.h"
#include "ca/revocations.h"

enum sg_err
ca_crl_last_base(struct ca_crl_made *out, const struct ca_store *s,
    enum ca_level level)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, "SELECT number, made, change FROM crls"
	    " WHERE level = $1 AND base IS NULL ORDER BY number DESC"
	    " LIMIT 1"));
	db_bind_int(st, 1, level);
	SG_TRY(db_step(&row, st));
	*out = (struct ca_crl_made) { 0 };
	if (row)
		*out = (struct ca_crl_made) {
			.number = (uint64_t)db_int(st, 0),
			.made = db_int(st, 1), .change = db_int(st, 2) };
	return SG_OK;
}

/* 0 when none lies there. */
static enum sg_err
number_published(uint64_t *out, const struct ca_store *s,
    enum ca_level level)
{
	auto_str path = NULL;
	auto_done(buf) der = { 0 };
	auto_free(crl) last = NULL;
	enum sg_err e;

	*out = 0;
	SG_TRY(str_printf(&path, "%s/%s/ca.crl", s->dir,
	    level == CA_ROOT ? "root" : "issuing"));
	if ((e = file_read(&der, path, CRL_MAX)) == SG_ENOENT)
		return SG_OK;
	SG_TRY(e);
	SG_TRY(sg_while(crl_read(&last, buf_bytes(&der)), "%s", path));
	*out = last->content.number;
	return SG_OK;
}

enum sg_err
ca_crl_number_next(uint64_t *out, const struct ca_store *s,
    enum ca_level level)
{
	auto_free(db_stmt) st = NULL;
	uint64_t published, noted;
	bool row;

	SG_TRY(db_prepare(&st, s->db,
	    "SELECT max(number) FROM crls WHERE level = $1"));
	db_bind_int(st, 1, level);
	SG_TRY(db_step(&row, st));
	noted = (uint64_t)db_int(st, 0);
	SG_TRY(number_published(&published, s, level));
	*out = (noted > published ? noted : published) + 1;
	return SG_OK;
}

static enum sg_err
made_add(const struct ca_store *s, enum ca_level level,
    const struct ca_crl_made *m)
{
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_prepare(&st, s->db, "INSERT INTO crls (level, number, base,"
	    " made, change) VALUES ($1, $2, $3, $4, $5)"));
	db_bind_int(st, 1, level);
	db_bind_int(st, 2, (int64_t)m->number);
	if (m->base > 0)
		db_bind_int(st, 3, (int64_t)m->base);
	db_bind_int(st, 4, m->made);
	db_bind_int(st, 5, m->change);
	return db_run(st);
}

enum sg_err
ca_crl_note(const struct ca_store *s, enum ca_level level,
    const struct ca_crl_made *m, const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;
	enum sg_err e;

	SG_TRY(str_printf(&detail, "ca=%s number=%" PRIu64 "%s",
	    level == CA_ROOT ? "root" : "issuing", m->number,
	    m->base > 0 ? " delta" : ""));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	if ((e = made_add(s, level, m)) == SG_EEXIST)
		return sg_fail(SG_EEXIST, "a list %" PRIu64
		    " was made meanwhile", m->number);
	SG_TRY(e);
	SG_TRY(ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = "crl", .detail = detail,
	    .result = "made" }));
	return db_commit(&tx);
}

static enum sg_err
entries_add(struct crl_content *c, int64_t *change, const struct ca_store *s)
{
	auto_free(ca_revocations) l = NULL;
	struct ca_revocation r;
	bool more = true;

	SG_TRY(ca_revocations_new(&l, s, 0));
	*change = ca_revocations_change(l);
	for (;;) {
		auto_str hex = NULL;

		SG_TRY(ca_revocations_next(l, &r, &more));
		if (!more)
			return SG_OK;
		SG_TRY(hex_encode(&hex, r.serial));
		SG_TRY(crl_content_add(c, hex, r.when, r.reason));
	}
}

enum sg_err
ca_crl_collect(struct crl_content *out, int64_t *change,
    const struct ca_store *s, enum ca_level level)
{
	auto_done(crl_content) c = { 0 };

	*change = 0;
	SG_TRY(ca_crl_number_next(&c.number, s, level));
	/* The root has issued nothing but the issuing CA. */
	if (level == CA_ISSUING)
		SG_TRY(entries_add(&c, change, s));
	*out = c;
	c = (struct crl_content) { 0 };
	return SG_OK;
}
