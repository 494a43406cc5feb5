/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/issue.h"

#include <string.h>

#include "pki/name.h"

#define DAY ((int64_t)86400)
/* Clocks differ. */
#define SKEW (10 * 60)

/* The issuer's own part of a certificate. */
static enum sg_err
issuer_part(struct cert_content *c, const struct ca_issuer *i, bool revocable)
{
	SG_TRY(buf_set(&c->issuer, buf_bytes(&i->cert->subject_der)));
	SG_TRY(buf_set(&c->ext.aki, buf_bytes(&i->cert->ext.ski)));
	if (revocable)
		SG_TRY(texts_add_all(&c->ext.cdp, i->cdp));
	return texts_add_all(&c->ext.ca_issuers, i->ca_issuers);
}

/* Builds, and believes only what was read back. */
static enum sg_err
sign(struct cert **out, struct cert_content *c, struct signer s)
{
	auto_done(buf) der = { 0 };

	SG_TRY(cert_serial_new(&c->serial));
	SG_TRY(cert_build(&der, c, DIGEST_SHA256, s));
	return cert_parse(out, buf_bytes(&der));
}

static enum sg_err
validity(struct cert_content *c, const struct ca_issuer *i,
    const struct ca_order *o)
{
	if (o->now < i->cert->not_before || o->now >= i->cert->not_after)
		return sg_fail(SG_EVERIFY,
		    "the CA's own certificate is not valid now");
	if (o->days > CA_DAYS_MAX)
		return sg_fail(SG_EARG, "more than %d days", CA_DAYS_MAX);
	if (o->days > 0)
		c->not_after = o->now + o->days * DAY;
	if (c->not_after > i->cert->not_after)
		c->not_after = i->cert->not_after;
	if (c->not_before < i->cert->not_before)
		c->not_before = i->cert->not_before;
	return SG_OK;
}

/* RFC 5280 6.1.4 (l): nobody below a path length of 0 is a CA. */
static enum sg_err
check_depth(const struct cert_content *c, const struct ca_issuer *i)
{
	if (c->ext.ca && i->cert->ext.path_len == 0)
		return sg_fail(SG_EVERIFY, "%s may not make CAs: its path "
		    "length is 0", i->cert->subject);
	return SG_OK;
}

enum sg_err
ca_issue(struct cert **out, const struct ca_issuer *i,
    const struct ca_order *o)
{
	const struct template *t = o->template;
	auto_done(cert_content) c;
	auto_free(cert) made = NULL;

	cert_content_init(&c);
	if ((t->enrollment_flag & ENROLL_PEND) != 0)
		return sg_fail(SG_EUNSUPPORTED,
		    "the template wants requests to wait for approval");
	SG_TRY(template_check(t, o->request));
	SG_TRY(template_fill(&c, t, o->identity, o->request, o->now));
	SG_TRY(check_depth(&c, i));
	SG_TRY(validity(&c, i, o));
	SG_TRY(issuer_part(&c, i,
	    (t->enrollment_flag & ENROLL_NO_REVOCATION_INFO) == 0));
	SG_TRY(sign(&made, &c, i->signer));
	SG_TRY(cert_signed_by(made, i->cert));
	*out = made;
	made = NULL;
	return SG_OK;
}

static enum sg_err
remark(struct texts *out, const char *what, const char *asked,
    const char *got)
{
	auto_str text = NULL;

	if (asked == NULL || (got != NULL && strcmp(asked, got) == 0))
		return SG_OK;
	SG_TRY(str_printf(&text, "the request asks for the %s %s, the "
	    "certificate says %s", what, asked, got != NULL ? got : "none"));
	return texts_add(out, text);
}

enum sg_err
ca_remarks(struct texts *out, const struct csr *r, const struct cert *c)
{
	const struct extensions *x = &r->content.ext;

	if (!name_empty(buf_bytes(&r->content.subject)))
		SG_TRY(remark(out, "subject", r->subject, c->subject));
	SG_TRY(remark(out, "UPN", x->upn, c->ext.upn));
	SG_TRY(remark(out, "SID", x->sid, c->ext.sid));
	for (size_t i = 0; i < x->dns.n; i++)
		if (!texts_has(&c->ext.dns, x->dns.v[i]))
			SG_TRY(remark(out, "DNS name", x->dns.v[i], NULL));
	for (size_t i = 0; i < x->eku.n; i++)
		if (!texts_has(&c->ext.eku, x->eku.v[i]))
			SG_TRY(remark(out, "use", oid_name(x->eku.v[i]),
			    NULL));
	return SG_OK;
}

static enum sg_err
plan_fill(struct cert_content *c, const struct ca_plan *p, struct signer key)
{
	uint8_t id[KEY_ID_LEN];

	SG_TRY(key.ops->spki(key.ctx, &c->spki));
	SG_TRY(spki_key_id(buf_bytes(&c->spki), id));
	SG_TRY(buf_add(&c->ext.ski, id, sizeof(id)));
	SG_TRY(name_parse(&c->subject, p->name));
	if (name_empty(buf_bytes(&c->subject)))
		return sg_fail(SG_EARG, "a CA needs a name");
	c->ext.has_basic = c->ext.basic_critical = c->ext.ca = true;
	c->ext.path_len = p->path_len;
	c->ext.key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_CERT_SIGN |
	    USAGE_CRL_SIGN;
	c->ext.key_usage_critical = true;
	c->not_before = p->now - SKEW;
	c->not_after = p->now + p->days * DAY;
	return SG_OK;
}

enum sg_err
ca_make(struct cert **out, const struct ca_plan *p, struct signer key,
    const struct ca_issuer *i)
{
	auto_done(cert_content) c;

	cert_content_init(&c);
	SG_TRY(plan_fill(&c, p, key));
	if (i == NULL) {
		SG_TRY(buf_set(&c.issuer, buf_bytes(&c.subject)));
		SG_TRY(buf_set(&c.ext.aki, buf_bytes(&c.ext.ski)));
		return sign(out, &c, key);
	}
	if (c.not_after > i->cert->not_after)
		c.not_after = i->cert->not_after;
	SG_TRY(issuer_part(&c, i, true));
	return sign(out, &c, i->signer);
}

enum sg_err
ca_crl(struct buf *out, const struct ca_issuer *i, struct crl_content *c,
    int64_t now, unsigned days)
{
	auto_done(buf) der = { 0 };
	auto_free(crl) made = NULL;

	SG_TRY(buf_set(&c->issuer, buf_bytes(&i->cert->subject_der)));
	SG_TRY(buf_set(&c->aki, buf_bytes(&i->cert->ext.ski)));
	c->this_update = now - SKEW;
	c->next_update = now + days * DAY;
	SG_TRY(crl_build(&der, c, DIGEST_SHA256, i->signer));
	SG_TRY(crl_parse(&made, buf_bytes(&der)));
	SG_TRY(crl_verify(made, i->cert));
	return buf_add_bytes(out, buf_bytes(&der));
}
