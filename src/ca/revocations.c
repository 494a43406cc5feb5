/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/revocations.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"

static enum sg_err
change_last(int64_t *out, const struct ca_store *s)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, "SELECT max(change) FROM revocations"));
	SG_TRY(db_step(&row, st));
	*out = db_int(st, 0);
	return SG_OK;
}

static enum sg_err
state_set(const struct ca_store *s, int64_t cert, enum ca_state state)
{
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_prepare(&st, s->db,
	    "UPDATE certificates SET state = $1 WHERE id = $2"));
	db_bind_int(st, 1, state);
	db_bind_int(st, 2, cert);
	return db_run(st);
}

/* The number of the key that signed it.  It may be younger than what this
 * process knows of its CA; in another key's list nobody would look for it. */
static enum sg_err
key_of(unsigned *out, const struct ca_store *s, const struct ca_row *c)
{
	const struct ca_generation *g = ca_at(&s->gen[c->level], c->index);

	if (g == NULL)
		return sg_fail(SG_EBUSY,
		    "the CA was renewed meanwhile: start again");
	*out = g->version.key;
	return SG_OK;
}

/* A certificate of our own CA has its line only when it is revoked. */
static const struct cert *
own_find(const struct ca_store *s, struct bytes serial)
{
	const struct ca_generations *l = &s->gen[CA_ISSUING];

	for (size_t i = 0; s->ours[CA_ROOT] && i < l->n; i++) {
		auto_done(buf) number = { 0 };
		const struct cert *c = l->v[i].cert;

		if (c != NULL && ca_serial_parse(&number, c->serial) == SG_OK &&
		    bytes_eq(buf_bytes(&number), serial))
			return c;
	}
	return NULL;
}

static enum sg_err
line_find(struct ca_row *out, const struct ca_store *s, struct bytes serial)
{
	const struct cert *own;
	enum sg_err e = ca_certs_status(out, s, serial);

	if (e != SG_ENOENT || (own = own_find(s, serial)) == NULL)
		return e;
	SG_TRY(ca_certs_add(s, own, "SubCA", 0));
	return ca_certs_status(out, s, serial);
}

enum sg_err
ca_revoker(enum ca_level *level, unsigned *key, const struct ca_store *s,
    const char *serial)
{
	auto_done(buf) number = { 0 };
	auto_done(db_tx) tx = { 0 };
	struct ca_row c;

	SG_TRY(ca_serial_parse(&number, serial));
	/* What line_find() adds is only for the answer. */
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(line_find(&c, s, buf_bytes(&number)));
	*level = c.level;
	return key_of(key, s, &c);
}

static enum sg_err
line_set(const struct ca_store *s, const struct ca_row *c, bool released,
    int64_t change)
{
	auto_free(db_stmt) st = NULL;
	unsigned key = 0;

	SG_TRY(key_of(&key, s, c));
	SG_TRY(db_prepare(&st, s->db, "INSERT INTO revocations (cert, serial,"
	    " revoked, reason, released, not_after, change, ca_level, ca_key)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (cert)"
	    " DO UPDATE SET revoked = excluded.revoked,"
	    " reason = excluded.reason, released = excluded.released,"
	    " change = excluded.change"));
	db_bind_int(st, 1, c->id);
	db_bind_blob(st, 2, c->serial);
	db_bind_int(st, 3, c->when);
	db_bind_int(st, 4, c->reason);
	db_bind_int(st, 5, released);
	db_bind_int(st, 6, c->not_after);
	db_bind_int(st, 7, change);
	db_bind_int(st, 8, c->level);
	db_bind_int(st, 9, key);
	return db_run(st);
}

static enum sg_err
note(const struct ca_store *s, const struct ca_act *act, const char *what,
    const char *serial, const char *result)
{
	auto_str detail = NULL;

	SG_TRY(str_printf(&detail, "serial=%s", serial));
	return ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = what, .detail = detail,
	    .result = result });
}

/* What must be so before it can change. */
static enum sg_err
revocable(const struct ca_row *c, const char *serial, enum crl_reason reason)
{
	if (c->state == CA_HELD && reason == CRL_HOLD)
		return sg_fail(SG_EEXIST, "%s is held already", serial);
	if (c->state == CA_REVOKED)
		return sg_fail(SG_EEXIST, "%s is revoked already (%s)",
		    serial, crl_reason_name(c->reason));
	return SG_OK;
}

enum sg_err
ca_revoke(const struct ca_store *s, const char *serial,
    enum crl_reason reason, const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_done(buf) number = { 0 };
	auto_str hex = NULL;
	struct ca_row c;
	int64_t change;

	SG_TRY(ca_serial_parse(&number, serial));
	SG_TRY(hex_encode(&hex, buf_bytes(&number)));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(line_find(&c, s, buf_bytes(&number)));
	SG_TRY(revocable(&c, hex, reason));
	SG_TRY(change_last(&change, s));
	/* A certificate that was held is revoked since then. */
	if (c.state != CA_HELD)
		c.when = act->at;
	c.reason = reason;
	SG_TRY(line_set(s, &c, false, change + 1));
	SG_TRY(state_set(s, c.id, reason == CRL_HOLD ? CA_HELD : CA_REVOKED));
	SG_TRY(note(s, act, reason == CRL_HOLD ? "hold" : "revoke", hex,
	    crl_reason_name(reason)));
	return db_commit(&tx);
}

enum sg_err
ca_release(const struct ca_store *s, const char *serial,
    const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_done(buf) number = { 0 };
	auto_str hex = NULL;
	struct ca_row c;
	int64_t change;

	SG_TRY(ca_serial_parse(&number, serial));
	SG_TRY(hex_encode(&hex, buf_bytes(&number)));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(ca_certs_status(&c, s, buf_bytes(&number)));
	if (c.state != CA_HELD)
		return sg_fail(SG_EEXIST, "%s is not held", hex);
	SG_TRY(change_last(&change, s));
	c.when = act->at;
	SG_TRY(line_set(s, &c, true, change + 1));
	SG_TRY(state_set(s, c.id, CA_VALID));
	SG_TRY(note(s, act, "release", hex, "valid"));
	return db_commit(&tx);
}

struct ca_revocations {
	struct db_tx tx;
	struct db_stmt *st;
	int64_t change;
};

void
ca_revocations_free(struct ca_revocations *r)
{
	if (r == NULL)
		return;
	db_stmt_free(r->st);
	db_tx_done(&r->tx);
	free(r);
}

int64_t
ca_revocations_change(const struct ca_revocations *r)
{
	return r->change;
}

enum sg_err
ca_revocations_new(struct ca_revocations **out, const struct ca_store *s,
    enum ca_level level, unsigned key, int64_t since)
{
	auto_free(ca_revocations) r = calloc(1, sizeof(*r));

	if (r == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	SG_TRY(db_begin(&r->tx, s->db, DB_READ));
	SG_TRY(change_last(&r->change, s));
	if (since == 0) {
		SG_TRY(db_prepare(&r->st, s->db, "SELECT serial, revoked,"
		    " reason, released, not_after FROM revocations"
		    " WHERE released = 0 AND ca_level = $1 AND ca_key = $2"
		    " ORDER BY cert"));
	} else {
		SG_TRY(db_prepare(&r->st, s->db, "SELECT serial, revoked,"
		    " reason, released, not_after FROM revocations"
		    " WHERE ca_level = $1 AND ca_key = $2 AND change > $3"
		    " ORDER BY change"));
		db_bind_int(r->st, 3, since);
	}
	db_bind_int(r->st, 1, level);
	db_bind_int(r->st, 2, key);
	*out = r;
	r = NULL;
	return SG_OK;
}

enum sg_err
ca_revocations_next(struct ca_revocations *r, struct ca_revocation *out,
    bool *more)
{
	SG_TRY(db_step(more, r->st));
	if (*more)
		*out = (struct ca_revocation) { db_blob(r->st, 0),
			db_int(r->st, 1), (enum crl_reason)db_int(r->st, 2),
			db_int(r->st, 3) != 0, db_int(r->st, 4) };
	return SG_OK;
}
