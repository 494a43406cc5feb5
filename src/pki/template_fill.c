/* SPDX-License-Identifier: BSD-2-Clause */

/* A certificate by a template; the order of MS-WCCE 3.2.2.6.2.1.4. */

#include <string.h>

#include "pki/name.h"
#include "pki/template.h"

/* Clocks differ. */
#define SKEW (10 * 60)

static bool
wants(const struct template *t, uint32_t name_flag)
{
	return (t->name_flag & name_flag) != 0;
}

static enum sg_err
missing(const struct template *t, const char *what)
{
	return sg_fail(SG_EARG, "the template %s wants %s", t->cn, what);
}

/* type="value" for name_parse(). */
static enum sg_err
quoted(struct buf *out, const char *type, const char *value)
{
	SG_TRY(buf_printf(out, "%s=\"", type));
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			SG_TRY(buf_add_u8(out, '\\'));
		SG_TRY(buf_add_u8(out, (uint8_t)*value));
	}
	return buf_add_str(out, "\"");
}

static enum sg_err
common_name(struct buf *out, const char *value, const char *email)
{
	auto_done(buf) text = { 0 };

	if (email == NULL && name_plain_cn(out, value))
		return SG_OK;
	/* As Windows: the mail address is the most specific part. */
	if (email != NULL) {
		SG_TRY(quoted(&text, "E", email));
		SG_TRY(buf_add_str(&text, ","));
	}
	SG_TRY(quoted(&text, "CN", value));
	SG_TRY(buf_terminate(&text));
	return name_parse(out, (const char *)text.p);
}

/* The subject when nobody gave one. */
static enum sg_err
subject_make(struct buf *out, const struct template *t,
    const struct identity *id)
{
	const char *email = wants(t, NAME_EMAIL) ? id->email : NULL;

	if (wants(t, NAME_DNS_AS_CN)) {
		if (id->dns.n == 0)
			return missing(t, "a DNS name");
		return common_name(out, id->dns.v[0], email);
	}
	if (!wants(t, NAME_DIRECTORY_PATH | NAME_COMMON_NAME |
	    NAME_ENROLLEE_SUPPLIES))
		return name_parse(out, "");
	if (id->upn != NULL)
		return common_name(out, id->upn, email);
	if (id->dns.n > 0)
		return common_name(out, id->dns.v[0], email);
	return missing(t, wants(t, NAME_ALT_UPN) ? "a UPN" : "a subject");
}

static enum sg_err
set_subject(struct cert_content *c, const struct template *t,
    const struct identity *id, const struct csr *r)
{
	if (id->subject.n > 0)
		return buf_set(&c->subject, buf_bytes(&id->subject));
	if (wants(t, NAME_ENROLLEE_SUPPLIES) && id->upn == NULL &&
	    id->dns.n == 0 && !name_empty(buf_bytes(&r->content.subject)))
		return buf_set(&c->subject, buf_bytes(&r->content.subject));
	return subject_make(&c->subject, t, id);
}

/* Everything the officer said about names. */
static enum sg_err
names_given(struct extensions *x, const struct identity *id)
{
	if (id->upn != NULL)
		SG_TRY(str_dup(&x->upn, id->upn));
	if (id->email != NULL)
		SG_TRY(texts_add(&x->email, id->email));
	if (id->realm != NULL)
		SG_TRY(str_printf(&x->principal, "krbtgt/%s@%s", id->realm,
		    id->realm));
	SG_TRY(buf_set(&x->guid, buf_bytes(&id->guid)));
	SG_TRY(texts_add_all(&x->dns, &id->dns));
	return texts_add_all(&x->ip, &id->ip);
}

static enum sg_err
names_asked(struct extensions *x, const struct extensions *from)
{
	if (from->upn != NULL)
		SG_TRY(str_dup(&x->upn, from->upn));
	SG_TRY(texts_add_all(&x->dns, &from->dns));
	SG_TRY(texts_add_all(&x->email, &from->email));
	SG_TRY(texts_add_all(&x->uri, &from->uri));
	return texts_add_all(&x->ip, &from->ip);
}

static bool
names_none(const struct identity *id)
{
	return id->upn == NULL && id->email == NULL && id->realm == NULL &&
	    id->guid.n == 0 && id->dns.n == 0 && id->ip.n == 0;
}

bool
template_asks_names(const struct template *t, const struct identity *id)
{
	return wants(t, NAME_ENROLLEE_SUPPLIES) && names_none(id);
}

static bool
any_empty(const struct texts *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (*names->v[i] == '\0')
			return true;
	return false;
}

static enum sg_err
names_check(const struct template *t, const struct extensions *x)
{
	if (wants(t, NAME_ALT_UPN | NAME_ALT_SPN) && x->upn == NULL)
		return missing(t, "a UPN");
	if (wants(t, NAME_ALT_EMAIL | NAME_EMAIL) && x->email.n == 0)
		return missing(t, "a mail address");
	if (wants(t, NAME_ALT_DNS | NAME_ALT_DOMAIN_DNS) && x->dns.n == 0)
		return missing(t, "a DNS name");
	if (wants(t, NAME_ALT_GUID) && x->guid.n == 0)
		return missing(t, "an objectGUID");
	/* RFC 5280 4.2.1.6: what is nothing is no name. */
	if ((x->upn != NULL && *x->upn == '\0') || any_empty(&x->dns) ||
	    any_empty(&x->email) || any_empty(&x->uri))
		return sg_fail(SG_EARG, "one of the names is empty");
	if (x->principal != NULL && !texts_has(&x->eku, OID_KDC_AUTH))
		return sg_fail(SG_EARG,
		    "the template %s is not for KDCs: no realm there", t->cn);
	return SG_OK;
}

static enum sg_err
set_names(struct cert_content *c, const struct template *t,
    const struct identity *id, const struct csr *r)
{
	struct extensions *x = &c->ext;
	const char *sid = id->sid;

	if (template_asks_names(t, id)) {
		if (!x->ca)
			SG_TRY(names_asked(x, &r->content.ext));
		if (sid == NULL && !x->ca)
			sid = r->content.ext.sid;
	} else {
		SG_TRY(names_given(x, id));
	}
	if (sid != NULL &&
	    (t->enrollment_flag & ENROLL_NO_SECURITY_EXTENSION) == 0)
		SG_TRY(str_dup(&x->sid, sid));
	/* RFC 5280 4.1.2.6: without a subject the SAN is critical. */
	x->san_critical = texts_has(&t->critical, OID_SUBJECT_ALT_NAME) ||
	    name_empty(buf_bytes(&c->subject));
	SG_TRY(names_check(t, x));
	if (name_empty(buf_bytes(&c->subject)) && x->upn == NULL &&
	    x->dns.n == 0 && x->email.n == 0)
		return missing(t, "a name");
	return SG_OK;
}

static enum sg_err
set_usage(struct extensions *x, const struct template *t)
{
	x->key_usage = t->key_usage;
	x->key_usage_critical = texts_has(&t->critical, OID_KEY_USAGE);
	SG_TRY(texts_add_all(&x->eku, &t->eku));
	SG_TRY(texts_add_all(&x->policies, &t->policies));
	if ((t->flags & TEMPLATE_IS_CA) != 0) {
		x->has_basic = x->basic_critical = x->ca = true;
		x->path_len = t->max_depth;
	} else if ((t->enrollment_flag & ENROLL_BASIC_CONSTRAINTS) != 0) {
		x->has_basic = true;
	}
	/* RFC 6960 4.2.2.2.1: a NULL. */
	if ((t->enrollment_flag & ENROLL_OCSP_NOCHECK) != 0)
		SG_TRY(extensions_add_raw(x, OID_OCSP_NOCHECK, false,
		    bytes_of("\x05\x00", 2)));
	if (t->schema < 2)
		return str_dup(&x->template_name, t->cn);
	SG_TRY(texts_add_all(&x->app_policies, &t->app_policies));
	if (t->oid == NULL)
		return SG_OK;
	x->template_major = t->revision;
	x->template_minor = t->minor;
	return str_dup(&x->template_oid, t->oid);
}

/* RFC 8813 section 3: an EC key is not for key or data encipherment, which
 * templates made for RSA keys grant. */
static enum sg_err
fit_usage(struct cert_content *c)
{
	enum key_kind kind;
	unsigned bits;

	SG_TRY(spki_kind(&kind, &bits, buf_bytes(&c->spki)));
	if (kind == KEY_EC)
		c->ext.key_usage &= ~(USAGE_KEY_ENCIPHERMENT |
		    USAGE_DATA_ENCIPHERMENT);
	return SG_OK;
}

enum sg_err
template_fill(struct cert_content *c, const struct template *t,
    const struct identity *id, const struct csr *r, int64_t now)
{
	SG_TRY(identity_check(id));
	SG_TRY(set_usage(&c->ext, t));
	SG_TRY(set_subject(c, t, id, r));
	SG_TRY(set_names(c, t, id, r));
	SG_TRY(buf_set(&c->spki, buf_bytes(&r->spki)));
	SG_TRY(buf_add(&c->ext.ski, r->key_id, sizeof(r->key_id)));
	SG_TRY(fit_usage(c));
	c->not_before = now - SKEW;
	c->not_after = now + t->validity;
	return SG_OK;
}
