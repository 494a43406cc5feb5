/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/audit.h"

#include <inttypes.h>
#include <string.h>

#define CHAIN "signet audit 1"	/* what is hashed, and its version */

/* What has no end of its own has its length before it. */
enum sg_err
ca_audit_hash(const struct ca_audit *r, uint8_t out[SHA256_LEN])
{
	auto_done(buf) b = { 0 };

	SG_TRY(buf_add_block(&b, bytes_str(CHAIN)));
	SG_TRY(buf_add(&b, r->prev, sizeof(r->prev)));
	SG_TRY(buf_add_u64(&b, (uint64_t)r->seq));
	SG_TRY(buf_add_u64(&b, (uint64_t)r->at));
	SG_TRY(buf_add_block(&b, bytes_str(r->who)));
	SG_TRY(buf_add_block(&b, bytes_str(r->what)));
	SG_TRY(buf_add_block(&b, bytes_str(r->detail)));
	SG_TRY(buf_add_block(&b, bytes_str(r->result)));
	return sha256(buf_bytes(&b), out);
}

static enum sg_err
hash_column(uint8_t out[SHA256_LEN], struct db_stmt *s, int i)
{
	struct bytes x = db_blob(s, i);

	if (x.n != SHA256_LEN)
		return sg_fail(SG_EVERIFY, "a hash of %zu bytes", x.n);
	memcpy(out, x.p, SHA256_LEN);
	return SG_OK;
}

enum sg_err
ca_audit_last(struct ca_audit_head *out, struct db *db)
{
	auto_free(db_stmt) s = NULL;
	struct ca_audit_head h = { 0 };
	bool row;

	SG_TRY(db_prepare(&s, db, "SELECT seq, hash FROM audit_head"));
	SG_TRY(db_step(&row, s));
	if (row) {
		h.seq = db_int(s, 0);
		SG_TRY(hash_column(h.hash, s, 1));
	}
	*out = h;
	return SG_OK;
}

/* first: there is no head yet. */
static enum sg_err
head_set(struct db *db, const struct ca_audit_head *h, bool first)
{
	auto_free(db_stmt) s = NULL;

	SG_TRY(db_prepare(&s, db, first
	    ? "INSERT INTO audit_head (one, seq, hash) VALUES (1, $1, $2)"
	    : "UPDATE audit_head SET seq = $1, hash = $2 WHERE one = 1"));
	db_bind_int(s, 1, h->seq);
	db_bind_blob(s, 2, bytes_of(h->hash, sizeof(h->hash)));
	return db_run(s);
}

static enum sg_err
record_add(struct db *db, const struct ca_audit *r)
{
	auto_free(db_stmt) s = NULL;

	SG_TRY(db_prepare(&s, db, "INSERT INTO audit "
	    "(seq, at, who, what, detail, result, prev) "
	    "VALUES ($1, $2, $3, $4, $5, $6, $7)"));
	db_bind_int(s, 1, r->seq);
	db_bind_int(s, 2, r->at);
	db_bind_text(s, 3, r->who);
	db_bind_text(s, 4, r->what);
	db_bind_text(s, 5, r->detail);
	db_bind_text(s, 6, r->result);
	db_bind_blob(s, 7, bytes_of(r->prev, sizeof(r->prev)));
	return db_run(s);
}

/* A line of its own in any log. */
static enum sg_err
tame(char **out, const char *text)
{
	size_t n = text != NULL ? strlen(text) : 0;

	if (n > CA_AUDIT_TEXT_MAX)
		n = CA_AUDIT_TEXT_MAX;
	SG_TRY(str_from_bytes(out, bytes_of(text, n)));
	for (char *p = *out; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return SG_OK;
}

enum sg_err
ca_audit_add(struct db *db, const struct ca_audit *r)
{
	auto_str who = NULL, *what = NULL, *detail = NULL, *result = NULL;
	struct ca_audit_head h;
	struct ca_audit x = { .at = r->at };

	if (!db_in_tx(db))
		return sg_fail(SG_EINTERNAL,
		    "an audit record outside of a transaction");
	SG_TRY(tame(&who, r->who));
	SG_TRY(tame(&what, r->what));
	SG_TRY(tame(&detail, r->detail));
	SG_TRY(tame(&result, r->result));
	SG_TRY(ca_audit_last(&h, db));
	x.seq = h.seq + 1;
	x.who = who;
	x.what = what;
	x.detail = detail;
	x.result = result;
	memcpy(x.prev, h.hash, sizeof(x.prev));
	SG_TRY(record_add(db, &x));
	h.seq = x.seq;
	SG_TRY(ca_audit_hash(&x, h.hash));
	return head_set(db, &h, x.seq == 1);
}

static enum sg_err
record_read(struct ca_audit *r, struct db_stmt *s)
{
	*r = (struct ca_audit) { .seq = db_int(s, 0), .at = db_int(s, 1),
		.who = db_text(s, 2), .what = db_text(s, 3),
		.detail = db_text(s, 4), .result = db_text(s, 5) };
	if (r->who == NULL || r->what == NULL || r->detail == NULL ||
	    r->result == NULL)
		return sg_fail(SG_EFORMAT, "audit record %" PRId64
		    " is damaged", r->seq);
	return sg_while(hash_column(r->prev, s, 6), "audit record %" PRId64,
	    r->seq);
}

enum sg_err
ca_audit_list(struct db *db, int64_t after, int64_t limit,
    ca_audit_each *each, void *arg)
{
	auto_free(db_stmt) s = NULL;
	bool row = true;

	SG_TRY(db_prepare(&s, db, "SELECT seq, at, who, what, detail, result,"
	    " prev FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2"));
	db_bind_int(s, 1, after);
	db_bind_int(s, 2, limit > 0 ? limit : INT64_MAX);
	for (;;) {
		struct ca_audit r;

		SG_TRY(db_step(&row, s));
		if (!row)
			return SG_OK;
		SG_TRY(record_read(&r, s));
		SG_TRY(each(arg, &r));
	}
}

struct walk {
	struct ca_audit_head at;	/* behind the last record read */
	const struct ca_audit_head *noted;
	bool met;
};

static enum sg_err
step(void *arg, const struct ca_audit *r)
{
	struct walk *w = arg;

	if (r->seq != w->at.seq + 1)
		return sg_fail(SG_EVERIFY, "record %" PRId64 " is missing: "
		    "%" PRId64 " follows %" PRId64, w->at.seq + 1, r->seq,
		    w->at.seq);
	if (memcmp(r->prev, w->at.hash, SHA256_LEN) != 0)
		return sg_fail(SG_EVERIFY, "record %" PRId64 " or what it "
		    "says of the one before was changed", w->at.seq);
	w->at.seq = r->seq;
	SG_TRY(ca_audit_hash(r, w->at.hash));
	if (w->noted == NULL || r->seq != w->noted->seq)
		return SG_OK;
	w->met = true;
	if (memcmp(w->at.hash, w->noted->hash, SHA256_LEN) != 0)
		return sg_fail(SG_EVERIFY, "record %" PRId64 " is not the one "
		    "that was noted elsewhere", r->seq);
	return SG_OK;
}

static enum sg_err
check_end(const struct walk *w, const struct ca_audit_head *h)
{
	if (w->at.seq < h->seq)
		return sg_fail(SG_EVERIFY, "the records %" PRId64
		    " to %" PRId64 " are missing at the end", w->at.seq + 1,
		    h->seq);
	if (w->at.seq > h->seq ||
	    memcmp(w->at.hash, h->hash, SHA256_LEN) != 0)
		return sg_fail(SG_EVERIFY, "the last record, %" PRId64
		    ", or the head was changed", w->at.seq);
	if (w->noted != NULL && w->noted->seq > 0 && !w->met)
		return sg_fail(SG_EVERIFY, "record %" PRId64 " was noted "
		    "elsewhere and is missing here", w->noted->seq);
	return SG_OK;
}

enum sg_err
ca_audit_verify(struct ca_audit_head *out, struct db *db,
    const struct ca_audit_head *noted)
{
	auto_done(db_tx) tx = { 0 };
	struct ca_audit_head h;
	struct walk w = { .noted = noted };

	/* All of one moment. */
	SG_TRY(db_begin(&tx, db, DB_READ));
	SG_TRY(ca_audit_last(&h, db));
	SG_TRY(ca_audit_list(db, 0, 0, step, &w));
	SG_TRY(check_end(&w, &h));
	*out = h;
	return SG_OK;
}
