/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/enroll.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ca/accounts.h"
#include "ca/evidence.h"
#include "ca/template_store.h"
#include "ca/vouched.h"
#include "pki/name.h"

#define ASKING_MAX (CA_SIGNERS_MAX + 2)

/* A submission on its way. */
struct desk {
	const struct ca_store *s;
	const struct ca_submission *sub;
	const struct ca_kept *kept;
	struct evidence_message m;
	struct evidence e;
	struct template nameless;
	const struct template *t;
	struct ca_account asking[ASKING_MAX];	/* each must be allowed to */
	size_t asking_count;
	struct identity identity;
	struct ca_order order;
	uint32_t status;
};

static void
desk_done(struct desk *d)
{
	evidence_message_done(&d->m);
	evidence_done(&d->e);
	template_done(&d->nameless);
	for (size_t i = 0; i < d->asking_count; i++)
		ca_account_done(&d->asking[i]);
	identity_done(&d->identity);
}

/* Nobody is known who could have asked: the outcome is told and forgotten. */
static enum sg_err
turn_away(struct ca_outcome *out, uint32_t status, enum sg_err why)
{
	auto_done(ca_outcome) r = { 0 };

	SG_TRY(ca_verdict_denied(&r.verdict, status, why));
	*out = r;
	r = (struct ca_outcome) { 0 };
	return SG_OK;
}

static enum sg_err
oid_template(char **out, struct template_cache *known, const char *oid)
{
	const struct ca_templates *all;

	SG_TRY(template_cache_list(&all, known));
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].t.oid != NULL &&
		    strcmp(all->v[i].t.oid, oid) == 0)
			return str_dup(out, all->v[i].t.cn);
	return str_dup(out, oid);
}

/* Of those who may name it, the first who does; that the request's own words
 * do not contradict is for the engine to see. */
static enum sg_err
template_name(char **out, const struct desk *d)
{
	const struct csr_content *c = &d->m.csr->content;
	const char *pair = csr_content_pair(c, "CertificateTemplate");
	const char *names[] = { d->sub->template, d->m.template, pair,
		c->ext.template_name };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] != NULL)
			return str_dup(out, names[i]);
	if (c->ext.template_oid != NULL)
		return oid_template(out, d->kept->templates,
		    c->ext.template_oid);
	return d->e.old.template != NULL
	    ? str_dup(out, d->e.old.template) : SG_OK;
}

/* A name for the books when there is no template. */
static enum sg_err
nameless(struct desk *d, const char *name)
{
	d->t = &d->nameless;
	return str_dup(&d->nameless.cn, name != NULL &&
	    template_name_check(name) == SG_OK ? name : "?");
}

/* What stands beside the request takes nothing to another template than the
 * one for which it was signed. */
static enum sg_err
signed_template(struct desk *d)
{
	const char *said = d->m.template;

	d->status = CA_E_TEMPLATE_CONFLICT;
	if (said == NULL || strcasecmp(said, d->t->cn) == 0)
		return SG_OK;
	return sg_fail(SG_EVERIFY, "it was signed for the template '%.120s',"
	    " not for '%s'", said, d->t->cn);
}

static enum sg_err
find_template(struct desk *d)
{
	auto_str name = NULL, *note = NULL;
	enum sg_err e;

	SG_TRY(template_name(&name, d));
	d->status = CA_E_NO_TEMPLATE;
	if (name == NULL) {
		SG_TRY(nameless(d, NULL));
		return sg_fail(SG_EVERIFY, "no template is named");
	}
	d->status = CA_E_UNSUPPORTED_TEMPLATE;
	e = template_cache_published(&d->t, d->kept->templates, name);
	if (e == SG_OK)
		return signed_template(d);
	SG_TRY(str_dup(&note, sg_note(e)));
	SG_TRY(nameless(d, name));
	return sg_fail(e, "%s", note);
}

/* The account of who asks. */
static enum sg_err
asks(struct desk *d, enum sg_err found)
{
	d->status = CA_E_TEMPLATE_DENIED;
	if (found == SG_OK)
		d->asking_count++;
	return found;
}

static enum sg_err
asks_by_name(struct desk *d, const char *name)
{
	return asks(d, ca_account_find(&d->asking[d->asking_count], d->s,
	    name));
}

static enum sg_err
asks_by_cert(struct desk *d, const struct cert *c)
{
	auto_done(identity) id = { 0 };

	SG_TRY(ca_identity_of(&id, c));
	return asks(d, ca_account_of(&d->asking[d->asking_count], d->s,
	    &id));
}

/* A name that its holder chose says nothing about who he is. */
static enum sg_err
check_vouched(struct desk *d, const struct ca_record *r)
{
	bool vouched;

	SG_TRY(ca_names_vouched(&vouched, d->s, r));
	return vouched ? SG_OK : sg_fail(SG_EVERIFY, "nobody but its own "
	    "request vouched for the names in the certificate %s",
	    r->cert->serial);
}

static enum sg_err
agents_ask(struct desk *d)
{
	for (size_t i = 0; i < d->e.agents; i++) {
		d->status = CA_E_SIGNATURE_REJECTED;
		SG_TRY(check_vouched(d, &d->e.agent[i]));
		SG_TRY(asks_by_cert(d, d->e.agent[i].cert));
	}
	return SG_OK;
}

static enum sg_err
identity_copy(struct identity *out, const struct identity *from)
{
	auto_done(buf) b = { 0 };

	SG_TRY(ca_identity_encode(&b, from));
	return ca_identity_decode(out, buf_bytes(&b));
}

/* On behalf of somebody: by the agents' word, which counts where the template
 * wants it. */
static enum sg_err
on_behalf(struct desk *d)
{
	auto_done(ca_account) whom = { 0 };

	SG_TRY(agents_ask(d));
	d->status = CA_E_RENEWAL_SUBJECT;
	if (d->t->ra_signatures == 0)
		return sg_fail(SG_EVERIFY, "the template %s wants no agent's "
		    "signature, so none speaks for %s", d->t->cn,
		    d->e.requester);
	d->status = CA_E_SIGNATURE_REJECTED;
	for (size_t i = 0; i < d->e.agents; i++)
		if (!texts_has(&d->e.agent[i].cert->ext.eku,
		    OID_REQUEST_AGENT))
			return sg_fail(SG_EVERIFY, "the certificate %s is no "
			    "enrollment agent's",
			    d->e.agent[i].cert->serial);
	d->status = CA_E_TEMPLATE_DENIED;
	SG_TRY(ca_account_find(&whom, d->s, d->e.requester));
	return identity_copy(&d->identity, &whom.identity);
}

/* MS-WCCE 3.2.2.6.2.1.2.3: the same template, or one that says that it takes
 * the place of the old one. */
static enum sg_err
same_template(struct desk *d)
{
	const char *old = d->e.old.template;

	d->status = CA_E_TEMPLATE_CONFLICT;
	if (old != NULL && strcasecmp(old, d->t->cn) == 0)
		return SG_OK;
	for (size_t i = 0; old != NULL && i < d->t->supersedes.n; i++)
		if (strcasecmp(d->t->supersedes.v[i], old) == 0)
			return SG_OK;
	return sg_fail(SG_EVERIFY, "the certificate to renew is of the "
	    "template %s, which %s does not supersede",
	    old != NULL ? old : "(none)", d->t->cn);
}

/* MS-CRTD 2.26: then the old certificate's key is all that it takes. */
static bool
key_based(const struct template *t)
{
	return (t->enrollment_flag & ENROLL_KEY_BASED_RENEWAL) != 0 &&
	    (t->enrollment_flag & ENROLL_PREVIOUS_APPROVAL) != 0 &&
	    (t->name_flag & NAME_ENROLLEE_SUPPLIES) != 0;
}

/* The caller, and whom agents speak for, are the old certificate's owner. */
static enum sg_err
same_owner(struct desk *d, const char *name)
{
	auto_done(ca_account) a = { 0 };

	if (name == NULL)
		return SG_OK;
	d->status = CA_E_TEMPLATE_DENIED;
	SG_TRY(ca_account_find(&a, d->s, name));
	d->status = CA_E_RENEWAL_SUBJECT;
	if (d->asking_count == 0 || a.id != d->asking[0].id)
		return sg_fail(SG_EVERIFY, "the certificate to renew is not "
		    "of %s", a.name);
	return SG_OK;
}

static enum sg_err
renewal(struct desk *d)
{
	const struct ca_caller *c = d->sub->caller;
	enum sg_err e;

	d->order.renews = d->e.old.cert;
	SG_TRY(same_template(d));
	/* The template's names are those of accounts. */
	d->status = CA_E_BAD_SUBJECT;
	if ((d->t->name_flag & NAME_ENROLLEE_SUPPLIES) == 0)
		SG_TRY(check_vouched(d, &d->e.old));
	if (!key_based(d->t) || c != NULL) {
		e = asks_by_cert(d, d->e.old.cert);
		if (e == SG_EVERIFY)
			d->status = CA_E_BAD_SUBJECT;
		SG_TRY(e);
	}
	SG_TRY(same_owner(d, c != NULL ? c->account : NULL));
	SG_TRY(same_owner(d, d->e.requester));
	SG_TRY(agents_ask(d));
	d->status = CA_E_BAD_SUBJECT;
	return ca_identity_of(&d->identity, d->e.old.cert);
}

/* The caller's own; agents may have signed, too. */
static enum sg_err
own(struct desk *d)
{
	if (d->asking_count == 0)
		return sg_fail(SG_EVERIFY,
		    "nobody signed on whose behalf it is");
	if ((d->t->name_flag & NAME_ENROLLEE_SUPPLIES) != 0)
		return SG_OK;
	return identity_copy(&d->identity, &d->asking[0].identity);
}

static enum sg_err
whose(struct desk *d)
{
	const struct ca_caller *c = d->sub->caller;

	if (d->e.old.cert != NULL)
		return renewal(d);
	if (c != NULL)
		SG_TRY(asks_by_name(d, c->account));
	d->status = CA_E_BAD_SUBJECT;
	return d->e.requester != NULL ? on_behalf(d) : own(d);
}

static bool
may_enroll(void *ctx, const struct template *t, const char *requester)
{
	const struct desk *d = ctx;

	(void)requester;
	for (size_t i = 0; i < d->asking_count; i++) {
		bool may;

		/* Out of memory is no reason to let anybody in. */
		if (ca_account_may(&may, &d->asking[i], &t->security,
		    ACCESS_ENROLL) != SG_OK || !may)
			return false;
	}
	return true;
}

/* Who asks, for the books. */
static const char *
requester(const struct desk *d)
{
	if (d->asking_count > 0)
		return d->asking[0].name;
	if (d->sub->caller != NULL)
		return d->sub->caller->account;
	return d->e.old.cert != NULL ? d->e.old.cert->subject
				     : d->e.agent[0].cert->subject;
}

static void
order_make(struct desk *d)
{
	struct ca_order *o = &d->order;

	o->template = d->t;
	o->identity = &d->identity;
	o->request = d->m.csr;
	o->now = d->sub->now;
	o->requester = requester(d);
	o->evidence.kind = d->sub->caller != NULL && d->e.old.cert == NULL
	    ? d->sub->caller->by : CA_BY_CERTIFICATE;
	o->evidence.agents = (unsigned)d->e.agents;
	o->signers = &d->e.signers;
	o->once = d->e.signers.n > 0;
}

/* Somebody is known to have asked; what is wrong from here on is kept. */
static enum sg_err
decide(struct desk *d)
{
	SG_TRY(find_template(d));
	return whose(d);
}

static enum sg_err
submit(struct ca_outcome *out, struct desk *d, const struct ca_issuer *i)
{
	const struct ca_gate gate = { may_enroll, d };
	enum sg_err e = decide(d);

	order_make(d);
	if (e != SG_OK && !ca_verdict_denies(e))
		return e;
	if (e != SG_OK)
		return ca_refuse(out, d->s, &d->order, d->status, e);
	d->order.gate = &gate;
	return ca_submit(out, d->s, i, &d->order);
}

static enum sg_err
process(struct ca_outcome *out, struct desk *d, const struct ca_issuer *i)
{
	enum sg_err e = evidence_parse(&d->m, d->sub->message);

	if (e != SG_OK)
		return ca_verdict_denies(e) ? turn_away(out,
		    e == SG_EUNSUPPORTED ? CA_E_BAD_ALGORITHM
		    : CA_E_INVALID_DATA, e) : e;
	/* If it does not hold, ca_judge() finds that and denies. */
	SG_IGNORE(csr_prove(d->m.csr, d->kept->verifier));
	e = evidence_verify(&d->e, &d->status, d->s, d->kept->verifier, &d->m,
	    d->sub->now);
	if (e != SG_OK)
		return d->status != 0 ? turn_away(out, d->status, e) : e;
	if (d->e.signers.n == 0 && d->sub->caller == NULL)
		return turn_away(out, CA_E_NO_SIGNER, sg_fail(SG_EVERIFY,
		    "nobody vouches for the request"));
	SG_TRY(submit(out, d, i));
	memcpy(out->sha256, d->m.csr->sha256, sizeof(out->sha256));
	return SG_OK;
}

enum sg_err
ca_submit_signed(struct ca_outcome *out, const struct ca_store *s,
    const struct ca_issuer *i, const struct ca_submission *m)
{
	auto_done(desk) d = { .s = s, .sub = m, .kept = m->kept };
	auto_free(template_cache) templates = NULL;
	auto_free(verifier) verifier = NULL;
	struct ca_kept own;

	template_init(&d.nameless);
	if (m->kept == NULL) {
		SG_TRY(template_cache_new(&templates, s));
		SG_TRY(verifier_new(&verifier));
		own = (struct ca_kept) { templates, verifier };
		d.kept = &own;
	}
	return process(out, &d, i);
}

enum sg_err
ca_retrieve(struct ca_outcome *out, const struct ca_store *s,
    int64_t request, const uint8_t request_sha256[SHA256_LEN])
{
	auto_done(ca_request) q = { 0 };
	enum sg_err e = ca_request_get(&q, s, request);

	if (e != SG_OK && e != SG_ENOENT)
		return e;
	if (e != SG_OK ||
	    memcmp(q.csr->sha256, request_sha256, SHA256_LEN) != 0)
		return sg_fail(SG_ENOENT, "there is no such request");
	SG_TRY(ca_outcome_of(out, s, &q));
	memcpy(out->sha256, q.csr->sha256, sizeof(out->sha256));
	return SG_OK;
}
