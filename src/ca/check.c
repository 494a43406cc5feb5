/* SPDX-License-Identifier: BSD-2-Clause */

/* May an order become a certificate, and what would be in it? */

#include "ca/check.h"

#include <string.h>
#include <strings.h>

#define DAY ((int64_t)86400)

/* What a step found wrong: a denial's number, or 0 for errors of our own. */
struct step {
	const struct ca_issuer *i;
	const struct ca_order *o;
	struct cert_content *c;
	uint32_t status;
};

static bool
by_officer(const struct ca_order *o)
{
	return o->evidence.kind == 0 || o->evidence.kind == CA_BY_OFFICER;
}

bool
ca_approved_before(const struct ca_order *o)
{
	const struct template *t = o->template;
	const struct extensions *x = o->renews != NULL ? &o->renews->ext
						       : NULL;

	return x != NULL &&
	    (t->enrollment_flag & ENROLL_PREVIOUS_APPROVAL) != 0 &&
	    t->oid != NULL && x->template_oid != NULL &&
	    strcmp(t->oid, x->template_oid) == 0;
}

static enum sg_err
check_issuer(struct step *s)
{
	s->status = CA_E_EXPIRED;
	if (s->o->now < s->i->cert->not_before ||
	    s->o->now >= s->i->cert->not_after)
		return sg_fail(SG_EVERIFY,
		    "the CA's own certificate is not valid now");
	s->status = CA_E_OVERLAP;
	if (s->o->template->overlap > s->o->template->validity)
		return sg_fail(SG_EVERIFY, "the template %s is to be renewed "
		    "before it is issued", s->o->template->cn);
	return SG_OK;
}

static enum sg_err
check_rights(struct step *s)
{
	const struct ca_order *o = s->o;
	const struct ca_gate *g = o->gate;

	s->status = CA_E_TEMPLATE_DENIED;
	if (g != NULL && !by_officer(o) &&
	    !g->may_enroll(g->ctx, o->template, o->requester))
		return sg_fail(SG_EVERIFY, "%s may not enroll for %s",
		    o->requester != NULL ? o->requester : "nobody",
		    o->template->cn);
	s->status = CA_E_SIGNATURE_COUNT;
	if (o->evidence.agents < o->template->ra_signatures &&
	    !ca_approved_before(o))
		return sg_fail(SG_EVERIFY, "the template wants signatures of "
		    "%u enrollment agents, there are %u",
		    o->template->ra_signatures, o->evidence.agents);
	return SG_OK;
}

/* The number before the name is its place in the client's list. */
static bool
provider_listed(const struct template *t, const char *provider)
{
	for (size_t i = 0; i < t->csps.n; i++) {
		const char *comma = strchr(t->csps.v[i], ',');

		if (comma != NULL && strcasecmp(comma + 1, provider) == 0)
			return true;
	}
	return false;
}

/* To templates of the first two versions the list is a preference. */
static enum sg_err
check_provider(struct step *s)
{
	const struct template *t = s->o->template;
	const char *p = s->o->request->content.provider;

	s->status = CA_E_BAD_PROVIDER;
	if (t->schema < 3 || t->csps.n == 0 || p == NULL ||
	    provider_listed(t, p))
		return SG_OK;
	return sg_fail(SG_EVERIFY, "the template does not allow keys of the "
	    "provider '%.120s'", p);
}

static bool
all_among(const struct texts *some, const struct texts *all)
{
	for (size_t i = 0; i < some->n; i++)
		if (!texts_has(all, some->v[i]))
			return false;
	return true;
}

static bool
text_among(const char *some, const char *all)
{
	return some == NULL || (all != NULL && strcmp(some, all) == 0);
}

/* Where the template takes names from the request when nobody else says any, a
 * renewal has those of the old certificate and no others. */
static enum sg_err
check_old_names(struct step *s)
{
	const struct extensions *old = &s->o->renews->ext;
	const struct extensions *asks = &s->o->request->content.ext;

	s->status = CA_E_BAD_SUBJECT;
	if (!template_asks_names(s->o->template, s->o->identity) ||
	    (text_among(asks->upn, old->upn) &&
	    text_among(asks->sid, old->sid) &&
	    all_among(&asks->dns, &old->dns) &&
	    all_among(&asks->email, &old->email) &&
	    all_among(&asks->uri, &old->uri) &&
	    all_among(&asks->ip, &old->ip)))
		return SG_OK;
	return sg_fail(SG_EVERIFY, "a renewal asks for names that the old "
	    "certificate does not have");
}

static enum sg_err
check_renewal(struct step *s)
{
	const struct ca_order *o = s->o;
	const struct cert *old = o->renews;

	if (old == NULL)
		return SG_OK;
	s->status = CA_E_EXPIRED;
	if (o->now < old->not_before || o->now >= old->not_after)
		return sg_fail(SG_EVERIFY,
		    "the certificate to renew is not valid now");
	s->status = CA_E_RENEWAL_KEY;
	if ((o->template->private_key_flag & KEY_SAME_FOR_RENEWAL) != 0 &&
	    !cert_fits(old, buf_bytes(&o->request->spki)))
		return sg_fail(SG_EVERIFY,
		    "the template wants renewals with the same key");
	return check_old_names(s);
}

/* Which of template_check()'s reasons it was; it knows no numbers. */
static uint32_t
request_status(const struct ca_order *o, enum sg_err why)
{
	const struct extensions *x = &o->request->content.ext;
	auto_free(pkey) k = NULL;
	enum sg_err e = csr_verify(o->request);

	if (e == SG_EUNSUPPORTED)
		return CA_E_BAD_ALGORITHM;
	if (pkey_from_spki(&k, buf_bytes(&o->request->spki)) != SG_OK ||
	    pkey_sound(k) != SG_OK)
		return CA_E_BAD_KEY;
	if (e != SG_OK)
		return CA_E_BAD_SIGNATURE;
	if ((o->template->private_key_flag & KEY_ARCHIVAL) != 0)
		return CA_E_ARCHIVAL;
	if (why == SG_EUNSUPPORTED)
		return CA_E_BAD_ALGORITHM;
	if (pkey_kind(k) == KEY_RSA &&
	    pkey_bits(k) < o->template->minimal_key_size)
		return CA_E_KEY_LENGTH;
	if ((o->template->flags & TEMPLATE_IS_CA) == 0 &&
	    (x->ca || (x->key_usage & (USAGE_CERT_SIGN | USAGE_CRL_SIGN))))
		return CA_E_ROLE;
	for (size_t i = 0; i < x->raw_count; i++)
		if (x->raw[i].critical)
			return CA_E_CRITICAL;
	return CA_E_TEMPLATE_CONFLICT;
}

static enum sg_err
check_request(struct step *s)
{
	/* The agents are counted: it does not know of any. */
	struct template t = *s->o->template;
	auto_str note = NULL;
	enum sg_err e;

	t.ra_signatures = 0;
	if ((e = template_check(&t, s->o->request)) == SG_OK)
		return SG_OK;
	SG_TRY(str_dup(&note, sg_note(e)));
	s->status = request_status(s->o, e);
	return sg_fail(e, "%s", note);
}

/* Which name the template wants and nobody gave. */
static uint32_t
names_status(const struct ca_order *o)
{
	uint32_t flags = o->template->name_flag;
	const struct identity *id = o->identity;

	if ((flags & (NAME_ALT_UPN | NAME_ALT_SPN)) != 0 && id->upn == NULL)
		return CA_E_UPN;
	if ((flags & (NAME_ALT_EMAIL | NAME_EMAIL)) != 0 && id->email == NULL)
		return CA_E_EMAIL;
	if ((flags & (NAME_ALT_DNS | NAME_ALT_DOMAIN_DNS |
	    NAME_DNS_AS_CN)) != 0 && id->dns.n == 0)
		return CA_E_DNS;
	if ((flags & NAME_ALT_GUID) != 0 && id->guid.n == 0)
		return CA_E_GUID;
	return CA_E_BAD_SUBJECT;
}

static enum sg_err
fill(struct step *s)
{
	const struct ca_order *o = s->o;

	s->status = names_status(o);
	SG_TRY(template_fill(s->c, o->template, o->identity, o->request,
	    o->now));
	s->status = CA_E_PATH_LENGTH;
	/* RFC 5280 6.1.4 (l): nobody below a path length of 0 is a CA. */
	if (s->c->ext.ca && s->i->cert->ext.path_len == 0)
		return sg_fail(SG_EVERIFY, "%s may not make CAs: its path "
		    "length is 0", s->i->cert->subject);
	return SG_OK;
}

static enum sg_err
validity(struct step *s)
{
	const struct ca_order *o = s->o;
	int64_t until = o->now + o->days * DAY;

	s->status = 0;
	if (o->days > CA_DAYS_MAX)
		return sg_fail(SG_EARG, "more than %d days", CA_DAYS_MAX);
	if (o->days > 0 && (by_officer(o) || until < s->c->not_after))
		s->c->not_after = until;
	if (s->c->not_after > s->i->cert->not_after)
		s->c->not_after = s->i->cert->not_after;
	if (s->c->not_before < s->i->cert->not_before)
		s->c->not_before = s->i->cert->not_before;
	return SG_OK;
}

/* The order is that in which AD CS denies. */
static enum sg_err
check(struct step *s)
{
	SG_TRY(check_issuer(s));
	SG_TRY(check_rights(s));
	SG_TRY(check_renewal(s));
	SG_TRY(check_provider(s));
	SG_TRY(check_request(s));
	SG_TRY(fill(s));
	return validity(s);
}

/* What the one who asks cannot change is no denial. */
static bool
is_denial(const struct step *s, enum sg_err e)
{
	return s->status != 0 && (e == SG_EVERIFY || e == SG_EARG ||
	    e == SG_EUNSUPPORTED || e == SG_EFORMAT || e == SG_ELIMIT);
}

enum sg_err
ca_check(struct cert_content *c, uint32_t *status, const struct ca_issuer *i,
    const struct ca_order *o)
{
	struct step s = { i, o, c, 0 };
	enum sg_err e = check(&s);

	*status = is_denial(&s, e) ? s.status : 0;
	return e;
}
