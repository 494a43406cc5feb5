/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/submit.h"

#include <inttypes.h>
#include <string.h>

#include "ca/signers.h"

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
	if (r->verdict.disposition != CA_DENIED)
		SG_TRY(ca_signers_hold(&r->verdict, s, o));
	if (r->verdict.disposition == CA_DENIED)
		return SG_OK;
	return ca_judge(&r->verdict, &r->cert, i, o);
}

/* Keeps what came of it, all in the caller's transaction.  What is shown again
 * and again and denied alike is kept once: it may not be its owner who does. */
static enum sg_err
keep(struct ca_outcome *r, const struct ca_store *s,
    const struct ca_order *o)
{
	struct line l = { o->renews != NULL ? "renew" : "issue",
		o->requester, o->template->cn, NULL, o->now };

	const bool denied = r->verdict.disposition == CA_DENIED;

	if (denied && o->forget)
		return SG_OK;
	if (denied && (o->once || o->renews != NULL))
		SG_TRY(ca_request_denied(&r->request, s, o->request,
		    r->verdict.status));
	if (r->request != 0)
		return SG_OK;
	SG_TRY(ca_request_add(&r->request, s, o, &r->verdict, r->cert));
	if (r->cert != NULL)
		SG_TRY(ca_certs_add(s, r->cert, o->template->cn,
		    r->request));
	return note(s, r, &l);
}

enum sg_err
ca_outcome_of(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_request *q)
{
	auto_done(ca_outcome) r = { .request = q->id };
	auto_done(ca_record) c = { 0 };

	r.verdict.disposition = q->disposition;
	r.verdict.status = q->status;
	r.verdict.why = q->disposition == CA_DENIED ? SG_EVERIFY : SG_OK;
	SG_TRY(str_dup(&r.verdict.words, q->words));
	if (q->serial != NULL) {
		SG_TRY(ca_certs_get(&c, s, q->serial));
		r.cert = c.cert;
		c.cert = NULL;
	}
	*out = r;
	r = (struct ca_outcome) { 0 };
	return SG_OK;
}

/* Was the very same asked for? */
static enum sg_err
same_order(bool *out, const struct ca_order *o, const struct ca_request *q)
{
	auto_done(buf) a = { 0 }, b = { 0 };

	SG_TRY(ca_identity_encode(&a, o->identity));
	SG_TRY(ca_identity_encode(&b, &q->identity));
	*out = bytes_eq(buf_bytes(&a), buf_bytes(&b)) &&
	    strcmp(o->template->cn, q->template) == 0;
	return SG_OK;
}

/* Whose answer got lost gets it again; nobody gets a second certificate by
 * what somebody signed for one. */
static enum sg_err
earlier(struct ca_outcome *r, bool *known, const struct ca_store *s,
    const struct ca_order *o)
{
	auto_done(ca_request) q = { 0 };
	int64_t id = 0;
	bool same;

	*known = false;
	if (o->once)
		SG_TRY(ca_request_earlier(&id, s, o->request));
	if (id == 0)
		return SG_OK;
	*known = true;
	SG_TRY(ca_request_get(&q, s, id));
	SG_TRY(same_order(&same, o, &q));
	if (same)
		return ca_outcome_of(r, s, &q);
	return ca_verdict_denied(&r->verdict, CA_E_BAD_STATUS, sg_fail(
	    SG_EVERIFY, "this request was used before, for request %"
	    PRId64, id));
}

enum sg_err
ca_refuse(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_order *o, uint32_t status, enum sg_err why)
{
	auto_done(ca_outcome) r = { 0 };
	auto_done(db_tx) tx = { 0 };

	SG_TRY(ca_verdict_denied(&r.verdict, status, why));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(keep(&r, s, o));
	SG_TRY(db_commit(&tx));
	*out = r;
	r = (struct ca_outcome) { 0 };
	return SG_OK;
}

/* Can it be judged before the database is locked? */
static bool
apart(const struct ca_order *o)
{
	return o->renews == NULL && o->signers == NULL && !o->once;
}

enum sg_err
ca_submit(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_order *o)
{
	auto_done(ca_outcome) r = { 0 };
	auto_done(db_tx) tx = { 0 };
	bool known = false;

	/* Nobody revokes meanwhile what is renewed or signed; otherwise the
	 * key works before the lock is taken. */
	if (!apart(o))
		SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(earlier(&r, &known, s, o));
	if (!known) {
		SG_TRY(judge(&r, s, i, o));
		if (tx.db == NULL)
			SG_TRY(db_begin(&tx, s->db, DB_WRITE));
		SG_TRY(keep(&r, s, o));
		SG_TRY(db_commit(&tx));
	}
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
		.approved = true, .signers = &q->signers };

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
