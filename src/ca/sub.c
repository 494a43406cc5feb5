/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/sub.h"

#include "ca/plan.h"
#include "pki/name.h"

#define TEMPLATE "SubCA"	/* as AD CS calls it */

static enum sg_err
key_check(const struct csr *r)
{
	auto_free(pkey) k = NULL;

	SG_TRY(pkey_from_spki(&k, buf_bytes(&r->spki)));
	if (pkey_kind(k) == KEY_RSA && pkey_bits(k) < CA_SUB_RSA_MIN)
		return sg_fail(SG_EVERIFY, "its RSA key has %u bits, a CA "
		    "needs %d", pkey_bits(k), CA_SUB_RSA_MIN);
	return SG_OK;
}

static enum sg_err
request_check(const struct csr *r, const struct cert *issuer)
{
	const struct extensions *x = &r->content.ext;
	struct bytes name = buf_bytes(&r->content.subject);

	SG_TRY(csr_verify(r));
	SG_TRY(key_check(r));
	if (!x->has_basic || !x->ca)
		return sg_fail(SG_EVERIFY, "it does not ask for a CA's "
		    "certificate (basicConstraints CA:TRUE)");
	if (name_empty(name))
		return sg_fail(SG_EVERIFY, "it has no name");
	if (name_same(name, buf_bytes(&issuer->subject_der)))
		return sg_fail(SG_EVERIFY,
		    "%s is the name of the CA that signs", r->subject);
	for (size_t i = 0; i < x->raw_count; i++)
		if (x->raw[i].critical)
			return sg_fail(SG_EVERIFY, "it has a critical "
			    "extension %s that is not known", x->raw[i].oid);
	return SG_OK;
}

static enum sg_err
issuer_check(const struct cert *issuer, const struct ca_sub *o)
{
	int limit = issuer->ext.path_len;

	if (o->now < issuer->not_before || o->now >= issuer->not_after)
		return sg_fail(SG_EVERIFY,
		    "the CA's own certificate is not valid now");
	if (limit >= 0 && o->path_len >= limit)
		return sg_fail(SG_EVERIFY, "%s has a path length of %d: "
		    "below it %d is too much", issuer->subject, limit,
		    o->path_len);
	return SG_OK;
}

static enum sg_err
fill(struct cert_content *c, const struct ca_sub *o)
{
	const struct csr *r = o->request;
	uint8_t id[KEY_ID_LEN];

	SG_TRY(buf_set(&c->spki, buf_bytes(&r->spki)));
	SG_TRY(buf_set(&c->subject, buf_bytes(&r->content.subject)));
	SG_TRY(spki_key_id(buf_bytes(&r->spki), id));
	SG_TRY(buf_add(&c->ext.ski, id, sizeof(id)));
	ca_rights(&c->ext, o->path_len);
	c->not_before = o->now - CA_SKEW;
	c->not_after = o->now + o->days * CA_DAY;
	return ca_version_copy(&c->ext, &r->content.ext);
}

enum sg_err
ca_sub_sign(struct cert **out, const struct ca_issuer *i,
    const struct ca_sub *o)
{
	auto_done(cert_content) c;
	auto_free(cert) made = NULL;

	cert_content_init(&c);
	SG_TRY(request_check(o->request, i->cert));
	SG_TRY(issuer_check(i->cert, o));
	SG_TRY(fill(&c, o));
	SG_TRY(ca_under(&c, i));
	SG_TRY(ca_sealed(&made, &c, i->signer));
	SG_TRY(cert_signed_by(made, i->cert));
	*out = made;
	made = NULL;
	return SG_OK;
}

enum sg_err
ca_sub_keep(const struct ca_store *s, const struct cert *c,
    const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;

	SG_TRY(str_printf(&detail, "serial=%s template=" TEMPLATE,
	    c->serial));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(ca_certs_add(s, c, TEMPLATE, 0));
	SG_TRY(ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = "sign-ca", .detail = detail,
	    .result = "issued" }));
	return db_commit(&tx);
}
