/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/check.h"

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
	if (revocable) {
		SG_TRY(texts_add_all(&c->ext.cdp, i->cdp));
		SG_TRY(texts_add_all(&c->ext.ocsp, i->ocsp));
	}
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

static bool
must_wait(const struct ca_order *o)
{
	return (o->template->enrollment_flag & ENROLL_PEND) != 0 &&
	    !o->approved && !ca_approved_before(o);
}

static enum sg_err
make(struct cert **out, const struct ca_issuer *i, const struct ca_order *o,
    struct cert_content *c)
{
	auto_free(cert) made = NULL;

	SG_TRY(issuer_part(c, i, (o->template->enrollment_flag &
	    ENROLL_NO_REVOCATION_INFO) == 0));
	SG_TRY(sign(&made, c, i->signer));
	SG_TRY(cert_signed_by(made, i->cert));
	*out = made;
	made = NULL;
	return SG_OK;
}

enum sg_err
ca_judge(struct ca_verdict *v, struct cert **out, const struct ca_issuer *i,
    const struct ca_order *o)
{
	auto_done(cert_content) c;
	uint32_t status;
	enum sg_err e;

	cert_content_init(&c);
	*out = NULL;
	if ((e = ca_check(&c, &status, i, o)) != SG_OK)
		return status != 0 ? ca_verdict_denied(v, status, e) : e;
	if (must_wait(o))
		return ca_verdict_pending(v);
	SG_TRY(make(out, i, o, &c));
	return ca_verdict_issued(v);
}

enum sg_err
ca_issue(struct cert **out, const struct ca_issuer *i,
    const struct ca_order *o)
{
	auto_done(ca_verdict) v = { 0 };
	struct cert *c;

	SG_TRY(ca_judge(&v, &c, i, o));
	if (v.disposition == CA_DENIED)
		return sg_fail(v.why, "%s", v.words);
	if (v.disposition == CA_PENDING)
		return sg_fail(SG_EUNSUPPORTED,
		    "the template wants requests to wait for approval");
	*out = c;
	return SG_OK;
}

const char *
ca_evidence_name(enum ca_evidence_kind k)
{
	static const char *const names[] = { "?", "officer", "kerberos",
		"certificate", "challenge", "password" };

	return k < sizeof(names) / sizeof(names[0]) ? names[k] : "?";
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

static enum sg_err
remark_missing(struct texts *out, const char *what, const char *asked)
{
	auto_str text = NULL;

	SG_TRY(str_printf(&text, "the request asks for the %s %s, which the "
	    "certificate does not have", what, asked));
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
			SG_TRY(remark_missing(out, "DNS name", x->dns.v[i]));
	for (size_t i = 0; i < x->eku.n; i++)
		if (!texts_has(&c->ext.eku, x->eku.v[i]))
			SG_TRY(remark_missing(out, "use",
			    oid_name(x->eku.v[i])));
	return SG_OK;
}
