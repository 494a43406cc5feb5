/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/requests.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "ca/certs.h"
#include "ca/signers.h"

void
ca_request_done(struct ca_request *r)
{
	free(r->template);
	free(r->requester);
	free(r->renews);
	ca_signers_done(&r->signers);
	identity_done(&r->identity);
	csr_free(r->csr);
	free(r->words);
	free(r->officer);
	free(r->serial);
	*r = (struct ca_request) { 0 };
}

static enum sg_err
bind_serial(struct db_stmt *st, int i, const struct cert *c)
{
	auto_done(buf) serial = { 0 };

	if (c == NULL) {
		db_bind_null(st, i);
		return SG_OK;
	}
	SG_TRY(ca_serial_parse(&serial, c->serial));
	db_bind_blob(st, i, buf_bytes(&serial));
	return SG_OK;
}

static struct bytes
sha256_of(const struct csr *r)
{
	return bytes_of(r->sha256, sizeof(r->sha256));
}

static void
bind_once(struct db_stmt *st, int i, const struct ca_order *o,
    const struct ca_verdict *v)
{
	/* A denied renewal is found again, to be kept once. */
	if (o->once || (o->renews != NULL && v->disposition == CA_DENIED))
		db_bind_blob(st, i, sha256_of(o->request));
	else
		db_bind_null(st, i);
}

static enum sg_err
bind_order(struct db_stmt *st, const struct ca_order *o)
{
	auto_done(buf) identity = { 0 };
	bool officer = o->evidence.kind == 0;

	SG_TRY(ca_identity_encode(&identity, o->identity));
	db_bind_int(st, 1, o->now);
	db_bind_text(st, 2, o->template->cn);
	db_bind_text(st, 3, o->requester != NULL ? o->requester : "");
	db_bind_int(st, 4, officer ? CA_BY_OFFICER : o->evidence.kind);
	db_bind_int(st, 5, o->evidence.agents);
	db_bind_int(st, 6, o->days);
	SG_TRY(bind_serial(st, 7, o->renews));
	db_bind_blob(st, 8, buf_bytes(&identity));
	db_bind_blob(st, 9, buf_bytes(&o->request->der));
	return SG_OK;
}

enum sg_err
ca_request_add(int64_t *id, const struct ca_store *s,
    const struct ca_order *o, const struct ca_verdict *v,
    const struct cert *cert)
{
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_prepare(&st, s->db, "INSERT INTO requests (received,"
	    " template, requester, evidence, agents, days, renews, identity,"
	    " csr, disposition, status, words, resolved, serial, once)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
	    " $14, $15)"));
	SG_TRY(bind_order(st, o));
	db_bind_int(st, 10, v->disposition);
	db_bind_int(st, 11, v->status);
	db_bind_text(st, 12, v->words);
	if (v->disposition != CA_PENDING)
		db_bind_int(st, 13, o->now);
	SG_TRY(bind_serial(st, 14, cert));
	bind_once(st, 15, o, v);
	SG_TRY(db_run_id(id, st));
	return o->signers != NULL ? ca_signers_put(s, *id, o->signers)
				  : SG_OK;
}

/* The id of a request with these bytes, by a statement that ends in what it
 * became; 0 without one. */
static enum sg_err
find_once(int64_t *id, const struct ca_store *s, const struct csr *r,
    const char *sql, uint32_t status)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, sql));
	db_bind_blob(st, 1, sha256_of(r));
	db_bind_int(st, 2, status);
	SG_TRY(db_step(&row, st));
	*id = row ? db_int(st, 0) : 0;
	return SG_OK;
}

enum sg_err
ca_request_earlier(int64_t *id, const struct ca_store *s,
    const struct csr *r)
{
	return find_once(id, s, r, "SELECT id FROM requests WHERE once = $1"
	    " AND disposition IN (3, 5) AND status = $2", 0);
}

enum sg_err
ca_request_denied(int64_t *id, const struct ca_store *s,
    const struct csr *r, uint32_t status)
{
	return find_once(id, s, r, "SELECT id FROM requests WHERE once = $1"
	    " AND disposition = 2 AND status = $2", status);
}

enum sg_err
ca_request_resolve(const struct ca_store *s, int64_t id,
    const struct ca_verdict *v, const struct cert *cert, const char *officer,
    int64_t at)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, "UPDATE requests SET disposition = $1,"
	    " status = $2, words = $3, resolved = $4, officer = $5,"
	    " serial = $6 WHERE id = $7 AND disposition = 5 RETURNING id"));
	db_bind_int(st, 1, v->disposition);
	db_bind_int(st, 2, v->status);
	db_bind_text(st, 3, v->words);
	db_bind_int(st, 4, at);
	db_bind_text(st, 5, officer);
	SG_TRY(bind_serial(st, 6, cert));
	db_bind_int(st, 7, id);
	SG_TRY(db_step(&row, st));
	if (!row)
		return sg_fail(SG_EEXIST, "request %" PRId64
		    " is not pending", id);
	return db_run(st);
}

static enum sg_err
hex_or_null(char **out, struct bytes x)
{
	return x.n > 0 ? hex_encode(out, x) : SG_OK;
}

#define ROW_COLUMNS "id, received, template, requester, evidence," \
	" disposition, status, words, resolved, officer, serial"

static enum sg_err
row_give(struct db_stmt *st, ca_request_each *each, void *arg)
{
	auto_str serial = NULL;
	struct ca_request_row r = { db_int(st, 0), db_int(st, 1),
		db_text(st, 2), db_text(st, 3),
		(enum ca_evidence_kind)db_int(st, 4),
		(enum ca_disposition)db_int(st, 5), (uint32_t)db_int(st, 6),
		db_text(st, 7), db_int(st, 8), db_text(st, 9), NULL };

	SG_TRY(hex_or_null(&serial, db_blob(st, 10)));
	r.serial = serial;
	return each(arg, &r);
}

enum sg_err
ca_requests_each(const struct ca_store *s, const struct ca_request_query *q,
    ca_request_each *each, void *arg)
{
	auto_free(db_stmt) st = NULL;
	bool row = true;

	SG_TRY(db_prepare(&st, s->db, q->pending
	    ? "SELECT " ROW_COLUMNS " FROM requests WHERE disposition = 5"
	      " AND id > $1 ORDER BY id LIMIT $2"
	    : "SELECT " ROW_COLUMNS " FROM requests WHERE id > $1"
	      " ORDER BY id LIMIT $2"));
	db_bind_int(st, 1, q->after);
	db_bind_int(st, 2, q->limit > 0 ? q->limit : INT64_MAX);
	for (;;) {
		SG_TRY(db_step(&row, st));
		if (!row)
			return SG_OK;
		SG_TRY(row_give(st, each, arg));
	}
}

static enum sg_err
dup_or_null(char **out, const char *s)
{
	return s != NULL ? str_dup(out, s) : SG_OK;
}

static enum sg_err
request_read(struct ca_request *r, struct db_stmt *st)
{
	r->id = db_int(st, 0);
	r->received = db_int(st, 1);
	SG_TRY(dup_or_null(&r->template, db_text(st, 2)));
	SG_TRY(dup_or_null(&r->requester, db_text(st, 3)));
	r->evidence = (struct ca_evidence) {
		(enum ca_evidence_kind)db_int(st, 4),
		(unsigned)db_int(st, 11) };
	r->disposition = (enum ca_disposition)db_int(st, 5);
	r->status = (uint32_t)db_int(st, 6);
	SG_TRY(dup_or_null(&r->words, db_text(st, 7)));
	r->resolved = db_int(st, 8);
	SG_TRY(dup_or_null(&r->officer, db_text(st, 9)));
	SG_TRY(hex_or_null(&r->serial, db_blob(st, 10)));
	r->days = (unsigned)db_int(st, 12);
	SG_TRY(hex_or_null(&r->renews, db_blob(st, 13)));
	SG_TRY(ca_identity_decode(&r->identity, db_blob(st, 14)));
	SG_TRY(csr_parse(&r->csr, db_blob(st, 15)));
	/* Its signature was looked at before the challenge in it was made
	 * illegible (ca/scep.h). */
	if (r->evidence.kind == CA_BY_CHALLENGE ||
	    r->evidence.kind == CA_BY_CERTIFICATE)
		r->csr->proven = true;
	return SG_OK;
}

enum sg_err
ca_request_get(struct ca_request *out, const struct ca_store *s, int64_t id)
{
	auto_free(db_stmt) st = NULL;
	auto_done(ca_request) r = { 0 };
	bool row;

	SG_TRY(db_prepare(&st, s->db, "SELECT " ROW_COLUMNS ", agents, days,"
	    " renews, identity, csr FROM requests WHERE id = $1"));
	db_bind_int(st, 1, id);
	SG_TRY(db_step(&row, st));
	if (!row)
		return sg_fail(SG_ENOENT, "there is no request %" PRId64, id);
	SG_TRY(sg_while(request_read(&r, st), "request %" PRId64, id));
	SG_TRY(ca_signers_get(&r.signers, s, id));
	*out = r;
	r = (struct ca_request) { 0 };
	return SG_OK;
}
