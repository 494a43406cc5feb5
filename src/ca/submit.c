/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/submit.h"

#include <inttypes.h>

void
ca_outcome_done(struct ca_outcome *o)
{
	ca_verdict_done(&o->verdict);
	cert_free(o->cert);
	*o = (struct ca_outcome) { 0 };
}

static const char *
or_dash(const char *s)
{
	return s != NULL && *s != '\0' ? s : "-";
}

/* Names may come from the request; in quotes they must not end them and write
 * fields of their own. */
static enum sg_err
quoted(struct buf *out, const char *field, const char *value)
{
	if (value == NULL || *value == '\0')
		return SG_OK;
	SG_TRY(buf_printf(out, " %s=\"", field));
	for (; *value != '\0'; value++)
		SG_TRY(buf_add_u8(out, (uint8_t)(*value == '"' ? '?'
							       : *value)));
	return buf_add_str(out, "\"");
}

static enum sg_err
result_write(struct buf *out, const struct ca_verdict *v)
{
	SG_TRY(buf_add_str(out, ca_disposition_name(v->disposition)));
	if (v->status != 0)
		SG_TRY(buf_printf(out, " 0x%08x", v->status));
	return buf_terminate(out);
}

static enum sg_err
detail_write(struct buf *out, const struct ca_outcome *r,
    const char *template, const char *requester)
{
	SG_TRY(buf_printf(out, "request=%" PRId64, r->request));
	if (r->cert != NULL)
		SG_TRY(buf_printf(out, " serial=%s", r->cert->serial));
	SG_TRY(quoted(out, "template", template));
	SG_TRY(quoted(out, "requester", requester));
	if (r->cert != NULL) {
		SG_TRY(quoted(out, "subject", r->cert->subject));
		SG_TRY(quoted(out, "upn", r->cert->ext.upn));
	}
	return buf_terminate(out);
}

struct line {
	const char *what;
	const char *who;
	const char *template;
	const char *requester;
	int64_t at;
};

static enum sg_err
note(const struct ca_store *s, const struct ca_outcome *r,
    const struct line *l)
{
	auto_done(buf) detail = { 0 }, result = { 0 };

	SG_TRY(detail_write(&detail, r, l->template, l->requester));
	SG_TRY(result_write(&result, &r->verdict));
	return ca_audit_add(s->db, &(struct ca_audit) { .at = l->at,
	    .who = or_dash(l->who), .what = l->what,
	    .detail = (const char *)detail.p,
	    .result = (const char *)result.p });
}

/* Is the old one still good, as far as this CA knows? */
static enum sg_err
renewable(struct ca_verdict *v, const struct ca_store *s,
    const struct cert *old)
{
	auto_done(buf) serial = { 0 };
	struct ca_row row;
	enum sg_err e;

	SG_TRY(ca_serial_parse(&serial, old->serial));
	e = ca_certs_status(&row, s, buf_bytes(&serial));
	if (e == SG_ENOENT)
		return ca_verdict_denied(v, CA_E_BAD_SUBJECT,
		    sg_fail(SG_EVERIFY,
		    "the certificate to renew was not issued here"));
	if (e != SG_OK || row.state == CA_VALID)
		return e;
	return ca_verdict_denied(v, CA_E_REVOKED, sg_fail(SG_EVERIFY,
	    "the certificate to renew is %s",
	    row.state == CA_HELD ? "held" : "revoked"));
}

static enum sg_err
judge(struct ca_outcome *r, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_order *o)
{
	if (o->renews != NULL)
		SG_TRY(renewable(&r->verdict, s, o->renews));
	if (r->verdict.disposition == CA_DENIED)
		return SG_OK;
	return ca_judge(&r->verdict, &r->cert, i, o);
}

enum sg_err
ca_submit_keep(struct ca_outcome *r, const struct ca_store *s,
    const struct ca_order *o)
{
	struct line l = { o->renews != NULL ? "renew" : "issue",
		o->requester, o->template->cn, NULL, o->now };

	SG_TRY(ca_request_add(&r->request, s, o, &r->verdict, r->cert));
	if (r->cert != NULL)
		SG_TRY(ca_certs_add(s, r->cert, o->template->cn,
		    r->request));
	return note(s, r, &l);
}

bool
ca_submit_apart(const struct ca_order *o)
{
	return o->renews == NULL;
}

enum sg_err
ca_submit(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_order *o)
{
	auto_done(ca_outcome) r = { 0 };
	auto_done(db_tx) tx = { 0 };

	/* Nobody revokes meanwhile what is renewed; otherwise the key works
	 * before the lock is taken. */
	if (!ca_submit_apart(o))
		SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(judge(&r, s, i, o));
	if (tx.db == NULL)
		SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(ca_submit_keep(&r, s, o));
	SG_TRY(db_commit(&tx));
	*out = r;
	r = (struct ca_outcome) { 0 };
	return SG_OK;
}

static enum sg_err
resolve(struct ca_outcome *r, const struct ca_store *s,
    const struct ca_request *q, const char *what, const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	struct line l = { what, act->who, q->template, q->requester,
		act->at };

	r->request = q->id;
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(ca_request_resolve(s, q->id, &r->verdict, r->cert, act->who,
	    act->at));
	if (r->cert != NULL)
		SG_TRY(ca_certs_add(s, r->cert, q->template, q->id));
	SG_TRY(note(s, r, &l));
	return db_commit(&tx);
}

static enum sg_err
must_pend(const struct ca_request *q)
{
	if (q->disposition == CA_PENDING)
		return SG_OK;
	return sg_fail(SG_EEXIST, "request %" PRId64 " is %s already", q->id,
	    ca_disposition_name(q->disposition));
}

static enum sg_err
judge_again(struct ca_outcome *r, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_order *o,
    const struct ca_request *q)
{
	auto_done(ca_record) old = { 0 };
	struct ca_order again = *o;

	if (q->renews != NULL) {
		SG_TRY(ca_certs_get(&old, s, q->renews));
		again.renews = old.cert;
	}
	return judge(r, s, i, &again);
}

enum sg_err
ca_approve(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_request *q,
    const struct template *t, const struct ca_act *act)
{
	auto_done(ca_outcome) r = { 0 };
	struct ca_order o = { .template = t, .identity = &q->identity,
		.request = q->csr, .now = act->at, .days = q->days,
		.requester = q->requester, .evidence = q->evidence,
		.approved = true };

	SG_TRY(must_pend(q));
	SG_TRY(judge_again(&r, s, i, &o, q));
	SG_TRY(resolve(&r, s, q, "approve", act));
	*out = r;
	r = (struct ca_outcome) { 0 };
	return SG_OK;
}

enum sg_err
ca_deny(const struct ca_store *s, int64_t request, const char *why,
    const struct ca_act *act)
{
	auto_done(ca_request) q = { 0 };
	auto_done(ca_outcome) r = { 0 };

	SG_TRY(ca_request_get(&q, s, request));
	SG_TRY(must_pend(&q));
	r.verdict.disposition = CA_DENIED;
	r.verdict.status = CA_E_ADMIN_DENIED;
	SG_TRY(str_printf(&r.verdict.words, "Denied by %s%s%s", act->who,
	    why != NULL ? ": " : "", why != NULL ? why : ""));
	return resolve(&r, s, &q, "deny", act);
}
