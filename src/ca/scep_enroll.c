/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/scep_impl.h"

static struct ca_order
order_of(const struct scep_turn *t, const struct validator_grant *g,
    const struct template *template)
{
	return (struct ca_order) { .template = template,
		.identity = &g->identity, .request = t->content.csr,
		.now = t->now, .requester = g->requester,
		.evidence = { .kind = CA_BY_CHALLENGE },
		.forget = !g->keep };
}

static enum sg_err
tell(struct scep_turn *t, const struct validator_grant *g,
    const struct ca_outcome *r)
{
	const struct validator *v = &t->x->c.validator;
	const struct validator_outcome o = { .request = r->request,
		.csr = t->content.csr, .cert = r->cert,
		.taken = r->verdict.disposition != CA_DENIED,
		.status = r->verdict.status, .words = r->verdict.words };

	return v->ops->notify(v->ctx, g, &o);
}

/* The challenge is good, but not for this. */
static enum sg_err
unfit(struct scep_turn *t, const struct validator_grant *g, enum sg_err why)
{
	auto_done(template) t_named;
	struct ca_order o;
	auto_str note = NULL;

	template_init(&t_named);
	o = order_of(t, g, &t_named);
	SG_TRY(str_dup(&note, sg_note(why)));
	csr_challenge_erase(t->content.csr);
	SG_TRY(str_dup(&t_named.cn, g->template));
	if (g->keep) {
		SG_TRY(ca_refuse(&t->outcome, t->x->c.store, &o,
		    CA_E_BAD_SUBJECT, sg_fail(why, "%s", note)));
		t->result->told = true;
	} else {
		SG_TRY(ca_verdict_denied(&t->outcome.verdict,
		    CA_E_BAD_SUBJECT, sg_fail(why, "%s", note)));
	}
	SG_TRY(tell(t, g, &t->outcome));
	return scep_outcome(t, &t->outcome);
}

/* Its template was published when it was looked at a moment ago. */
static enum sg_err
submit(struct scep_turn *t, const struct validator_grant *g)
{
	const struct template *template;
	struct ca_order o;

	SG_TRY(template_cache_published(&template, t->kept->templates,
	    g->template));
	o = order_of(t, g, template);
	SG_TRY(scep_submit(t, &o));
	SG_TRY(tell(t, g, &t->outcome));
	return scep_outcome(t, &t->outcome);
}

enum sg_err
scep_enroll(struct scep_turn *t)
{
	const struct validator *v = &t->x->c.validator;
	auto_done(validator_grant) g = { 0 };
	struct csr *c = t->content.csr;
	struct validator_ask ask = { .request = c, .now = t->now,
		.challenge = c->content.challenge,
		.transaction = t->r->transaction };
	bool good;
	enum sg_err e;

	if (ask.challenge == NULL)
		ask.challenge = "";
	e = v->ops->validate(v->ctx, &g, &ask);
	if (e == SG_ENOENT || (e == SG_OK && g.earlier != 0 && t->renews))
		return t->renews ? scep_renew(t) : scep_uniform(t);
	if (e != SG_OK && e != SG_EVERIFY)
		return e;
	if (e != SG_OK)
		return unfit(t, &g, e);
	csr_challenge_erase(t->content.csr);
	if (g.earlier == 0)
		return submit(t, &g);
	SG_TRY(scep_still_good(&good, t, g.earlier));
	if (!good)
		return scep_uniform(t);
	t->tx.request = g.earlier;
	SG_TRY(ca_transaction_put(t->x->c.store, &t->tx));
	return scep_known(t, g.earlier);
}
