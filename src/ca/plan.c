/* SPDX-License-Identifier: BSD-2-Clause */

/* Certificates of CAs themselves, and requests for them. */

#include "ca/plan.h"
#include "pki/csr.h"
#include "pki/name.h"

/* As AD CS calls what it asks for. */
#define TEMPLATE "SubCA"

static enum sg_err
subject_fill(struct buf *out, const struct ca_plan *p,
    const struct ca_next *n)
{
	/* Byte for byte: some compare names so. */
	if (n != NULL && p->name == NULL)
		return buf_set(out, buf_bytes(&n->previous->subject_der));
	SG_TRY(name_parse(out, p->name));
	if (name_empty(buf_bytes(out)))
		return sg_fail(SG_EARG, "a CA needs a name");
	return SG_OK;
}

static enum sg_err
key_id_fill(struct buf *out, const struct ca_next *n, struct bytes spki)
{
	uint8_t id[KEY_ID_LEN];

	/* What it signed with that key names it so. */
	if (n != NULL && n->previous->ext.ski.n > 0 &&
	    cert_fits(n->previous, spki))
		return buf_set(out, buf_bytes(&n->previous->ext.ski));
	SG_TRY(spki_key_id(spki, id));
	return buf_add(out, id, sizeof(id));
}

void
ca_rights(struct extensions *x, int path_len)
{
	x->has_basic = x->basic_critical = x->ca = true;
	x->path_len = path_len;
	x->key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_CERT_SIGN |
	    USAGE_CRL_SIGN;
	x->key_usage_critical = true;
}

static enum sg_err
ext_fill(struct extensions *x, const struct ca_next *n, struct bytes spki)
{
	static const struct ca_version first = { 0, 0 };

	SG_TRY(key_id_fill(&x->ski, n, spki));
	return ca_version_add(x, n != NULL ? &n->version : &first,
	    n != NULL ? n->previous : NULL);
}

static enum sg_err
plan_fill(struct cert_content *c, const struct ca_plan *p,
    const struct ca_next *n, struct signer key)
{
	SG_TRY(key.ops->spki(key.ctx, &c->spki));
	SG_TRY(subject_fill(&c->subject, p, n));
	ca_rights(&c->ext, p->path_len);
	c->not_before = p->now - CA_SKEW;
	c->not_after = p->now + p->days * CA_DAY;
	return ext_fill(&c->ext, n, buf_bytes(&c->spki));
}

enum sg_err
ca_under(struct cert_content *c, const struct ca_issuer *i)
{
	if (c->not_after > i->cert->not_after)
		c->not_after = i->cert->not_after;
	SG_TRY(buf_set(&c->issuer, buf_bytes(&i->cert->subject_der)));
	SG_TRY(buf_set(&c->ext.aki, buf_bytes(&i->cert->ext.ski)));
	SG_TRY(texts_add_all(&c->ext.cdp, i->cdp));
	SG_TRY(texts_add_all(&c->ext.ocsp, i->ocsp));
	return texts_add_all(&c->ext.ca_issuers, i->ca_issuers);
}

enum sg_err
ca_sealed(struct cert **out, struct cert_content *c, struct signer s)
{
	auto_done(buf) der = { 0 };

	SG_TRY(cert_serial_new(&c->serial));
	SG_TRY(cert_build(&der, c, DIGEST_SHA256, s));
	return cert_parse(out, buf_bytes(&der));
}

enum sg_err
ca_make_next(struct cert **out, const struct ca_plan *p,
    const struct ca_next *n, struct signer key, const struct ca_issuer *i)
{
	auto_done(cert_content) c;

	cert_content_init(&c);
	SG_TRY(plan_fill(&c, p, n, key));
	if (i == NULL) {
		SG_TRY(buf_set(&c.issuer, buf_bytes(&c.subject)));
		SG_TRY(buf_set(&c.ext.aki, buf_bytes(&c.ext.ski)));
		return ca_sealed(out, &c, key);
	}
	SG_TRY(ca_under(&c, i));
	return ca_sealed(out, &c, i->signer);
}

enum sg_err
ca_make(struct cert **out, const struct ca_plan *p, struct signer key,
    const struct ca_issuer *i)
{
	return ca_make_next(out, p, NULL, key, i);
}

enum sg_err
ca_make_request(struct buf *out, const struct ca_plan *p,
    const struct ca_next *n, struct signer key)
{
	auto_done(csr_content) c;
	auto_done(buf) spki = { 0 };

	csr_content_init(&c);
	SG_TRY(key.ops->spki(key.ctx, &spki));
	SG_TRY(subject_fill(&c.subject, p, n));
	/* How far it may reach is for the one who signs to say. */
	ca_rights(&c.ext, -1);
	SG_TRY(ext_fill(&c.ext, n, buf_bytes(&spki)));
	SG_TRY(str_dup(&c.ext.template_name, TEMPLATE));
	return csr_build(out, &c, DIGEST_SHA256, false, key);
}
