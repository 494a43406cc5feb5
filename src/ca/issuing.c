/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/issuing.h"

#include <stdlib.h>

struct ca_issuing {
	const struct ca_store *s;
	const struct ca_issuer *i;
	struct ca_kept kept;
	struct db_tx tx;	/* of all that was submitted */
	enum sg_err lost;	/* why it is gone, with the words */
	char *why;
};

void
ca_issuing_free(struct ca_issuing *g)
{
	if (g == NULL)
		return;
	db_tx_done(&g->tx);
	template_cache_free(g->kept.templates);
	verifier_free(g->kept.verifier);
	free(g->why);
	free(g);
}

enum sg_err
ca_issuing_new(struct ca_issuing **out, const struct ca_store *s,
    const struct ca_issuer *i)
{
	auto_free(ca_issuing) g = calloc(1, sizeof(*g));

	if (g == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	g->s = s;
	g->i = i;
	SG_TRY(verifier_new(&g->kept.verifier));
	SG_TRY(template_cache_new(&g->kept.templates, s));
	*out = g;
	g = NULL;
	return SG_OK;
}

static enum sg_err
in_savepoint(const struct ca_issuing *g, ca_issuing_deed *deed, void *arg)
{
	auto_done(db_tx) tx = { 0 };

	SG_TRY(db_begin(&tx, g->s->db, DB_WRITE));
	SG_TRY(deed(arg, &g->kept));
	return db_commit(&tx);
}

static enum sg_err
lost(const struct ca_issuing *g)
{
	return sg_fail(g->lost, "%s", g->why != NULL ? g->why
	    : "the transaction was taken back");
}

enum sg_err
ca_issuing_do(struct ca_issuing *g, ca_issuing_deed *deed, void *arg)
{
	enum sg_err e;

	if (g->lost != SG_OK)
		return lost(g);
	if (g->tx.db == NULL)
		SG_TRY(db_begin(&g->tx, g->s->db, DB_WRITE));
	e = in_savepoint(g, deed, arg);
	if (e == SG_OK || db_in_tx(g->s->db))
		return e;
	g->lost = e;
	if (str_dup(&g->why, sg_note(e)) != SG_OK)
		g->why = NULL;
	return lost(g);
}

struct submission {
	const struct ca_issuing *g;
	const struct ca_submission *m;
	struct ca_outcome r;
};

static enum sg_err
submit(void *arg, const struct ca_kept *kept)
{
	struct submission *x = arg;
	struct ca_submission sub = *x->m;

	sub.kept = kept;
	return ca_submit_signed(&x->r, x->g->s, x->g->i, &sub);
}

enum sg_err
ca_issuing_submit(struct ca_outcome *out, struct ca_issuing *g,
    const struct ca_submission *m)
{
	struct submission x = { .g = g, .m = m };
	enum sg_err e = ca_issuing_do(g, submit, &x);

	if (e == SG_OK)
		*out = x.r;
	else
		ca_outcome_done(&x.r);
	return e;
}

enum sg_err
ca_issuing_commit(struct ca_issuing *g)
{
	enum sg_err e = g->lost != SG_OK ? lost(g) : SG_OK;

	if (e == SG_OK && g->tx.db != NULL)
		e = db_commit(&g->tx);
	db_tx_done(&g->tx);
	free(g->why);
	g->why = NULL;
	g->lost = SG_OK;
	return e;
}
