/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/signers.h"

#include <stdlib.h>

#include "base/text.h"
#include "ca/certs.h"

void
ca_signers_done(struct ca_signers *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].serial);
	*l = (struct ca_signers) { 0 };
}

enum sg_err
ca_signers_add(struct ca_signers *l, const char *serial, enum ca_role role)
{
	if (l->n == CA_SIGNERS_MAX)
		return sg_fail(SG_ELIMIT, "more than %d signers",
		    CA_SIGNERS_MAX);
	SG_TRY(str_dup(&l->v[l->n].serial, serial));
	l->v[l->n++].role = role;
	return SG_OK;
}

enum sg_err
ca_signers_put(const struct ca_store *s, int64_t request,
    const struct ca_signers *l)
{
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_prepare(&st, s->db, "INSERT INTO signers (request, place,"
	    " serial, role) VALUES ($1, $2, $3, $4)"));
	for (size_t i = 0; i < l->n; i++) {
		auto_done(buf) serial = { 0 };

		SG_TRY(ca_serial_parse(&serial, l->v[i].serial));
		db_bind_int(st, 1, request);
		db_bind_int(st, 2, (int64_t)i);
		db_bind_blob(st, 3, buf_bytes(&serial));
		db_bind_int(st, 4, l->v[i].role);
		SG_TRY(db_run(st));
	}
	return SG_OK;
}

enum sg_err
ca_signers_get(struct ca_signers *out, const struct ca_store *s,
    int64_t request)
{
	auto_free(db_stmt) st = NULL;
	auto_done(ca_signers) l = { 0 };

	SG_TRY(db_prepare(&st, s->db, "SELECT serial, role FROM signers"
	    " WHERE request = $1 ORDER BY place"));
	db_bind_int(st, 1, request);
	for (;;) {
		auto_str serial = NULL;
		bool row;

		SG_TRY(db_step(&row, st));
		if (!row)
			break;
		SG_TRY(hex_encode(&serial, db_blob(st, 0)));
		SG_TRY(ca_signers_add(&l, serial,
		    (enum ca_role)db_int(st, 1)));
	}
	*out = l;
	l = (struct ca_signers) { 0 };
	return SG_OK;
}

static enum sg_err
unfit(const struct cert *c, const char *kind, const char *oid)
{
	return sg_fail(SG_EVERIFY, "the agent's certificate %s is not for the "
	    "%s %s", c->serial, kind, oid_name(oid));
}

enum sg_err
ca_agent_fits(const struct template *t, const struct cert *c)
{
	const struct extensions *x = &c->ext;
	const struct texts *uses = x->app_policies.n > 0 ? &x->app_policies
							  : &x->eku;
	auto_done(texts) wanted = { 0 };

	SG_TRY(template_ra_policies(&wanted, t));
	if (wanted.n == 0 && t->ra_policies.n == 0)
		SG_TRY(texts_add(&wanted, OID_REQUEST_AGENT));
	for (size_t i = 0; i < wanted.n; i++)
		if (!texts_has(uses, wanted.v[i]))
			return unfit(c, "use", wanted.v[i]);
	for (size_t i = 0; i < t->ra_policies.n; i++)
		if (!texts_has(&x->policies, t->ra_policies.v[i]))
			return unfit(c, "policy", t->ra_policies.v[i]);
	if (x->key_usage != 0 &&
	    (x->key_usage & USAGE_DIGITAL_SIGNATURE) == 0)
		return sg_fail(SG_EVERIFY,
		    "the agent's certificate %s is not for signatures",
		    c->serial);
	return SG_OK;
}

static enum sg_err
stands(struct ca_verdict *v, const struct ca_store *s,
    const struct ca_signer *signer)
{
	auto_done(buf) serial = { 0 };
	struct ca_row row;
	enum sg_err e;

	SG_TRY(ca_serial_parse(&serial, signer->serial));
	e = ca_certs_status(&row, s, buf_bytes(&serial));
	if (e == SG_ENOENT)
		return ca_verdict_denied(v, CA_E_UNTRUSTED, e);
	if (e != SG_OK || row.state == CA_VALID)
		return e;
	return ca_verdict_denied(v, CA_E_REVOKED, sg_fail(SG_EVERIFY,
	    "the signer's certificate %s is %s", signer->serial,
	    row.state == CA_HELD ? "held" : "revoked"));
}

static enum sg_err
agent_fits(struct ca_verdict *v, const struct ca_store *s,
    const struct template *t, const struct ca_signer *signer)
{
	auto_done(ca_record) r = { 0 };
	enum sg_err e;

	SG_TRY(ca_certs_get(&r, s, signer->serial));
	e = ca_agent_fits(t, r.cert);
	return e == SG_EVERIFY
	    ? ca_verdict_denied(v, CA_E_SIGNATURE_REJECTED, e) : e;
}

static enum sg_err
hold(struct ca_verdict *v, const struct ca_store *s,
    const struct template *t, const struct ca_signer *signer)
{
	SG_TRY(stands(v, s, signer));
	if (v->disposition == CA_DENIED || signer->role != CA_SIGNED_AGENT)
		return SG_OK;
	return agent_fits(v, s, t, signer);
}

enum sg_err
ca_signers_hold(struct ca_verdict *v, const struct ca_store *s,
    const struct ca_order *o)
{
	for (size_t i = 0; o->signers != NULL && i < o->signers->n; i++) {
		SG_TRY(hold(v, s, o->template, &o->signers->v[i]));
		if (v->disposition == CA_DENIED)
			return SG_OK;
	}
	return SG_OK;
}
