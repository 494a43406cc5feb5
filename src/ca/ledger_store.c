/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/ledger_store.h"

void
ca_ledger_store_done(struct ca_ledger_store *l)
{
	ca_revocations_free(l->walk);
	l->walk = NULL;
}

static enum sg_err
walk(void *ctx, int64_t since, int64_t *mark)
{
	struct ca_ledger_store *l = ctx;

	SG_TRY(ca_revocations_new(&l->walk, l->store, l->level, l->key,
	    since));
	*mark = ca_revocations_change(l->walk);
	return SG_OK;
}

static enum sg_err
next(void *ctx, struct crl_item *out, bool *more)
{
	struct ca_ledger_store *l = ctx;
	struct ca_revocation r;

	SG_TRY(ca_revocations_next(l->walk, &r, more));
	if (*more)
		*out = (struct crl_item) { r.serial, r.when,
			r.released ? CRL_REMOVE : r.reason };
	return SG_OK;
}

static void
end(void *ctx)
{
	ca_ledger_store_done(ctx);
}

static enum sg_err
standing(void *ctx, struct bytes serial, struct ca_standing *out)
{
	const struct ca_ledger_store *l = ctx;
	const struct ca_generation *g;
	struct ca_row r;

	SG_TRY(ca_certs_status(&r, l->store, serial));
	g = ca_at(&l->store->gen[r.level], r.index);
	if (r.level != l->level || g == NULL || g->version.key != l->key)
		return sg_fail(SG_ENOENT, "another key signed it");
	*out = (struct ca_standing) { r.state != CA_VALID, r.when, r.reason };
	return SG_OK;
}

static enum sg_err
last_base(void *ctx, struct ca_list_made *out)
{
	const struct ca_ledger_store *l = ctx;
	struct ca_crl_made m;

	SG_TRY(ca_crl_last_base(&m, l->store, l->level, l->key));
	*out = (struct ca_list_made) { .number = m.number, .made = m.made,
		.mark = m.change };
	return SG_OK;
}

static enum sg_err
number_next(void *ctx, uint64_t *out)
{
	const struct ca_ledger_store *l = ctx;

	return ca_crl_number_next(out, l->store, l->level);
}

static enum sg_err
note(void *ctx, const struct ca_list_made *m)
{
	const struct ca_ledger_store *l = ctx;
	const struct ca_crl_made made = { m->number, m->base, m->made,
		m->mark };
	const struct ca_act act = { l->who, m->made };

	return ca_crl_note(l->store, l->level, l->key, &made, &act);
}

struct ca_ledger
ca_ledger_of_store(struct ca_ledger_store *l)
{
	static const struct ca_ledger_ops ops = { walk, next, end, standing,
		last_base, number_next, note };

	return (struct ca_ledger) { &ops, l };
}

enum sg_err
ca_responder_keep(const struct ca_store *s, const struct cert *c,
    const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;

	SG_TRY(str_printf(&detail, "serial=%s template=OCSPResponseSigning",
	    c->serial));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(ca_certs_add(s, c, "OCSPResponseSigning", 0));
	SG_TRY(ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = "issue", .detail = detail,
	    .result = "issued" }));
	return db_commit(&tx);
}
