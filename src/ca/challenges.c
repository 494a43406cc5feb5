/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/challenges.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "ca/template_cache.h"

/* --- made --- */

static enum sg_err
plan_check(const struct ca_store *s, const struct challenge_plan *p)
{
	auto_done(template) t;

	template_init(&t);
	SG_TRY(ca_template_published(&t, s, p->template));
	if (t.ra_signatures > 0)
		return sg_fail(SG_EARG, "the template %s wants signatures of "
		    "enrollment agents, which no challenge takes the place of",
		    t.cn);
	SG_TRY(ca_binding_check(p->binding, &t));
	if (p->uses == 0 && ca_binding_names(p->binding))
		return sg_fail(SG_EARG, "names want a number of uses: whoever "
		    "heard of it would be that person");
	return SG_OK;
}

static enum sg_err
insert(int64_t *id, const struct ca_store *s, const struct challenge_plan *p,
    struct bytes hash, const struct ca_act *act)
{
	auto_free(db_stmt) st = NULL;
	auto_done(buf) binding = { 0 };
	bool row;

	SG_TRY(ca_binding_encode(&binding, p->binding));
	SG_TRY(db_prepare(&st, s->db, "INSERT INTO challenges (hash, template,"
	    " binding, made, who, expires, uses_left, used, refused) VALUES"
	    " ($1, $2, $3, $4, $5, $6, $7, 0, 0) RETURNING id"));
	db_bind_blob(st, 1, hash);
	db_bind_text(st, 2, p->template);
	db_bind_blob(st, 3, buf_bytes(&binding));
	db_bind_int(st, 4, act->at);
	db_bind_text(st, 5, act->who);
	db_bind_int(st, 6, act->at + p->seconds);
	if (p->uses > 0)
		db_bind_int(st, 7, p->uses);
	SG_TRY(db_step(&row, st));
	*id = db_int(st, 0);
	return db_run(st);
}

static enum sg_err
audit_act(const struct ca_store *s, const char *what, int64_t id,
    const char *detail, const struct ca_act *act)
{
	auto_str text = NULL;

	SG_TRY(str_printf(&text, "challenge=%" PRId64 "%s%s", id,
	    detail != NULL ? " " : "", detail != NULL ? detail : ""));
	return ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = what, .detail = text,
	    .result = "done" });
}

static enum sg_err
hash_of(uint8_t out[SHA256_LEN], const char *challenge)
{
	return sha256(bytes_str(challenge), out);
}

/* Upper case, as NDES writes them. */
static enum sg_err
challenge_make(char out[CHALLENGE_LEN + 1])
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t random[CHALLENGE_LEN / 2];

	SG_TRY(random_fill(random, sizeof(random)));
	for (size_t i = 0; i < sizeof(random); i++) {
		out[2 * i] = digits[random[i] >> 4];
		out[2 * i + 1] = digits[random[i] & 15];
	}
	out[CHALLENGE_LEN] = '\0';
	wipe(random, sizeof(random));
	return SG_OK;
}

static enum sg_err
keep(int64_t *id, const struct ca_store *s, const struct challenge_plan *p,
    const char *challenge, const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;
	uint8_t hash[SHA256_LEN];

	SG_TRY(hash_of(hash, challenge));
	SG_TRY(str_printf(&detail, "template=\"%s\" uses=%u names=%s",
	    p->template, p->uses, ca_binding_names(p->binding) ? "bound"
	    : "of-the-request"));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(insert(id, s, p, bytes_of(hash, sizeof(hash)), act));
	SG_TRY(audit_act(s, "challenge new", *id, detail, act));
	return db_commit(&tx);
}

enum sg_err
challenge_new(struct secret *out, int64_t *id, const struct ca_store *s,
    const struct challenge_plan *p, const struct ca_act *act)
{
	char text[CHALLENGE_LEN + 1];
	enum sg_err e;

	SG_TRY(plan_check(s, p));
	SG_TRY(challenge_make(text));
	e = keep(id, s, p, text, act);
	if (e == SG_OK)
		e = secret_add(out, text, CHALLENGE_LEN);
	wipe(text, sizeof(text));
	return e;
}

/* --- looked at --- */

#define COLUMNS "id, template, who, made, expires, uses_left, used, refused," \
	" revoked, last_request, binding"

static enum sg_err
row_read(struct challenge_row *r, struct ca_binding *b, struct db_stmt *st)
{
	*r = (struct challenge_row) { .id = db_int(st, 0),
		.template = db_text(st, 1), .who = db_text(st, 2),
		.made = db_int(st, 3), .expires = db_int(st, 4),
		.limited = !db_is_null(st, 5), .left = db_int(st, 5),
		.used = db_int(st, 6), .refused = db_int(st, 7),
		.revoked = db_int(st, 8), .last_request = db_int(st, 9),
		.binding = b };
	return sg_while(ca_binding_decode(b, db_blob(st, 10)),
	    "challenge %" PRId64, r->id);
}

enum sg_err
challenges_each(const struct ca_store *s, int64_t after, int64_t limit,
    challenge_each *each, void *arg)
{
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_prepare(&st, s->db, "SELECT " COLUMNS " FROM challenges"
	    " WHERE id > $1 ORDER BY id LIMIT $2"));
	db_bind_int(st, 1, after);
	db_bind_int(st, 2, limit > 0 ? limit : INT64_MAX);
	for (;;) {
		auto_done(ca_binding) b = { 0 };
		struct challenge_row r;
		bool row;

		SG_TRY(db_step(&row, st));
		if (!row)
			return SG_OK;
		SG_TRY(row_read(&r, &b, st));
		SG_TRY(each(arg, &r));
	}
}

const char *
challenge_state(const struct challenge_row *r, int64_t now)
{
	if (r->revoked > 0)
		return "revoked";
	if (r->limited && r->left <= 0)
		return "used";
	return now >= r->expires ? "expired" : "open";
}

enum sg_err
challenge_revoke(const struct ca_store *s, int64_t id,
    const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_free(db_stmt) find = NULL, *st = NULL;
	bool row;

	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(db_prepare(&find, s->db, "SELECT revoked FROM challenges"
	    " WHERE id = $1"));
	db_bind_int(find, 1, id);
	SG_TRY(db_step(&row, find));
	if (!row)
		return sg_fail(SG_ENOENT, "there is no challenge %" PRId64,
		    id);
	if (!db_is_null(find, 0))
		return sg_fail(SG_EEXIST, "challenge %" PRId64 " is revoked "
		    "already", id);
	SG_TRY(db_prepare(&st, s->db, "UPDATE challenges SET revoked = $1"
	    " WHERE id = $2"));
	db_bind_int(st, 1, act->at);
	db_bind_int(st, 2, id);
	SG_TRY(db_run(st));
	SG_TRY(audit_act(s, "challenge revoke", id, NULL, act));
	return db_commit(&tx);
}

/* --- used --- */

struct found {
	int64_t id;
	char *template;
	int64_t expires;
	bool limited;
	int64_t left;
	int64_t refused;
	bool revoked;
	struct buf last_key;
	int64_t last_request;
	struct ca_binding binding;
};

static void
found_done(struct found *f)
{
	str_auto_free(&f->template);
	buf_done(&f->last_key);
	ca_binding_done(&f->binding);
}

static enum sg_err
none(void)
{
	return sg_fail(SG_ENOENT, "the challenge is not known, used up or "
	    "expired");
}

static enum sg_err
find(struct found *out, const struct ca_store *s, const char *challenge)
{
	auto_free(db_stmt) st = NULL;
	uint8_t hash[SHA256_LEN];
	bool row;

	SG_TRY(hash_of(hash, challenge));
	SG_TRY(db_prepare(&st, s->db, "SELECT id, template, expires,"
	    " uses_left, revoked, last_key, last_request, binding,"
	    " refused FROM challenges WHERE hash = $1"));
	db_bind_blob(st, 1, bytes_of(hash, sizeof(hash)));
	SG_TRY(db_step(&row, st));
	if (!row)
		return none();
	out->id = db_int(st, 0);
	SG_TRY(str_dup(&out->template, db_text(st, 1)));
	out->expires = db_int(st, 2);
	out->limited = !db_is_null(st, 3);
	out->left = db_int(st, 3);
	out->revoked = !db_is_null(st, 4);
	SG_TRY(buf_set(&out->last_key, db_blob(st, 5)));
	out->last_request = db_int(st, 6);
	out->refused = db_int(st, 8);
	return sg_while(ca_binding_decode(&out->binding, db_blob(st, 7)),
	    "challenge %" PRId64, out->id);
}

/* Whose answer got lost asks again with the same key, and gets what there is:
 * nobody else can use it. */
static enum sg_err
used_by(bool *out, const struct found *f, const struct csr *r)
{
	uint8_t hash[SHA256_LEN];

	SG_TRY(sha256(buf_bytes(&r->spki), hash));
	*out = f->last_request != 0 && bytes_eq(buf_bytes(&f->last_key),
	    bytes_of(hash, sizeof(hash)));
	return SG_OK;
}

static enum sg_err
grant_fill(struct validator_grant *g, struct found *f)
{
	g->id = f->id;
	g->keep = f->refused < CHALLENGE_REFUSALS_MAX;
	SG_TRY(str_printf(&g->requester, "challenge %" PRId64, f->id));
	g->template = f->template;
	f->template = NULL;
	g->identity = f->binding.identity;
	f->binding.identity = (struct identity) { 0 };
	return SG_OK;
}

/* The template as it is by now. */
static enum sg_err
fits(const struct challenge_book *b, const struct found *f,
    const struct csr *r)
{
	const struct template *t;
	enum sg_err e;

	e = template_cache_published(&t, b->templates, f->template);
	if (e == SG_ENOENT)
		return sg_fail(SG_EVERIFY, "template: %s is no longer issued "
		    "by", f->template);
	SG_TRY(e);
	if (ca_binding_check(&f->binding, t) != SG_OK)
		return sg_fail(SG_EVERIFY, "template: %s is by now for those "
		    "whose names are known", t->cn);
	return ca_binding_fits(&f->binding, t, r);
}

static enum sg_err
validate(void *ctx, struct validator_grant *out,
    const struct validator_ask *ask)
{
	const struct challenge_book *b = ctx;
	auto_done(validator_grant) g = { 0 };
	auto_done(found) f = { 0 };
	auto_str note = NULL;
	bool again = false, over;
	enum sg_err e;

	SG_TRY(find(&f, b->store, ask->challenge));
	if (f.revoked)
		return none();
	SG_TRY(used_by(&again, &f, ask->request));
	over = ask->now >= f.expires || (f.limited && f.left <= 0);
	if (over && !again)
		return none();
	g.earlier = over ? f.last_request : 0;
	e = fits(b, &f, ask->request);
	if (e != SG_OK && e != SG_EVERIFY)
		return e;
	SG_TRY(str_dup(&note, sg_note(e)));
	SG_TRY(grant_fill(&g, &f));
	*out = g;
	g = (struct validator_grant) { 0 };
	return e == SG_OK ? SG_OK : sg_fail(e, "%s", note);
}

/* Two at a time are one after the other: the second finds none left. */
static enum sg_err
take(const struct ca_store *s, const struct validator_grant *g,
    const struct validator_outcome *r)
{
	auto_free(db_stmt) st = NULL;
	uint8_t hash[SHA256_LEN];
	bool row;

	SG_TRY(sha256(buf_bytes(&r->csr->spki), hash));
	SG_TRY(db_prepare(&st, s->db, "UPDATE challenges SET"
	    " uses_left = uses_left - 1, used = used + 1, last_key = $1,"
	    " last_request = $2 WHERE id = $3 AND revoked IS NULL"
	    " AND (uses_left IS NULL OR uses_left > 0) RETURNING id"));
	db_bind_blob(st, 1, bytes_of(hash, sizeof(hash)));
	db_bind_int(st, 2, r->request);
	db_bind_int(st, 3, g->id);
	SG_TRY(db_step(&row, st));
	if (!row)
		return none();
	return db_run(st);
}

static enum sg_err
notify(void *ctx, const struct validator_grant *g,
    const struct validator_outcome *r)
{
	const struct challenge_book *b = ctx;
	auto_free(db_stmt) st = NULL;

	if (r->taken)
		return take(b->store, g, r);
	SG_TRY(db_prepare(&st, b->store->db, "UPDATE challenges SET"
	    " refused = refused + 1 WHERE id = $1"));
	db_bind_int(st, 1, g->id);
	return db_run(st);
}

const struct validator_ops challenge_ops = { validate, notify };
