/* SPDX-License-Identifier: BSD-2-Clause */

/* A request for a template, and whether a request may have one. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pki/name.h"
#include "pki/template.h"

#define CA_RIGHTS (USAGE_CERT_SIGN | USAGE_CRL_SIGN)

static bool
is_ca(const struct template *t)
{
	return (t->flags & TEMPLATE_IS_CA) != 0;
}

/* What the certificate will say, as far as a request may say it. */
static enum sg_err
fill(struct csr_content *c, const struct template *t,
    const struct identity *id)
{
	struct extensions *x = &c->ext;

	SG_TRY(buf_set(&c->subject, buf_bytes(&id->subject)));
	if (id->upn != NULL)
		SG_TRY(str_dup(&x->upn, id->upn));
	if (id->sid != NULL)
		SG_TRY(str_dup(&x->sid, id->sid));
	if (id->email != NULL)
		SG_TRY(texts_add(&x->email, id->email));
	SG_TRY(texts_add_all(&x->dns, &id->dns));
	SG_TRY(texts_add_all(&x->ip, &id->ip));
	SG_TRY(texts_add_all(&x->eku, &t->eku));
	SG_TRY(texts_add_all(&x->app_policies, &t->app_policies));
	x->key_usage = t->key_usage;
	x->key_usage_critical = texts_has(&t->critical, OID_KEY_USAGE);
	if (is_ca(t)) {
		x->has_basic = x->basic_critical = x->ca = true;
		x->path_len = t->max_depth;
	}
	if (t->schema >= 2 && t->oid != NULL) {
		SG_TRY(str_dup(&x->template_oid, t->oid));
		x->template_major = t->revision;
		x->template_minor = t->minor;
	} else {
		SG_TRY(str_dup(&x->template_name, t->cn));
	}
	return csr_content_add_pair(c, "CertificateTemplate", t->cn);
}

enum sg_err
template_request(struct csr_content *c, const struct template *t,
    const struct identity *id)
{
	struct csr_content fresh;
	enum sg_err e;

	SG_TRY(identity_check(id));
	csr_content_init(&fresh);
	if ((e = fill(&fresh, t, id)) != SG_OK) {
		csr_content_done(&fresh);
		return e;
	}
	*c = fresh;
	return SG_OK;
}

static enum sg_err
other_template(const struct template *t, const char *asked)
{
	return sg_fail(SG_EVERIFY,
	    "the request is for the template '%s', not for '%s'", asked,
	    t->cn);
}

static enum sg_err
check_template(const struct template *t, const struct csr_content *c)
{
	const char *pair = csr_content_pair(c, "CertificateTemplate");
	const char *name = c->ext.template_name, *oid = c->ext.template_oid;

	if (pair != NULL && strcasecmp(pair, t->cn) != 0)
		return other_template(t, pair);
	if (name != NULL && strcasecmp(name, t->cn) != 0)
		return other_template(t, name);
	if (oid != NULL && (t->oid == NULL || strcmp(oid, t->oid) != 0))
		return other_template(t, oid);
	return SG_OK;
}

static bool
algorithm_fits(const char *algorithm, enum key_kind kind, unsigned bits)
{
	char want[16];

	if (kind == KEY_RSA)
		return strcmp(algorithm, "RSA") == 0;
	(void)snprintf(want, sizeof(want), "_P%u", bits);
	return strncmp(algorithm, "EC", 2) == 0 &&
	    strstr(algorithm, want) != NULL;
}

/* Templates without a packed string know no algorithms: their sizes are
 * RSA's, and an EC key that we support is as strong. */
static enum sg_err
check_key(const struct template *t, const struct csr *r)
{
	auto_str algorithm = NULL;
	bool packed = template_packed(t);
	enum key_kind kind;
	unsigned bits;

	SG_TRY(spki_kind(&kind, &bits, buf_bytes(&r->spki)));
	SG_TRY(template_algorithm(&algorithm, t));
	if (packed && !algorithm_fits(algorithm, kind, bits))
		return sg_fail(SG_EVERIFY, "the template wants an %s key",
		    algorithm);
	if ((packed || kind == KEY_RSA) && bits < t->minimal_key_size)
		return sg_fail(SG_EVERIFY,
		    "the key has %u bits, the template wants %u at least",
		    bits, t->minimal_key_size);
	return SG_OK;
}

static enum sg_err
check_extensions(const struct template *t, const struct extensions *x)
{
	if (x->ca && !is_ca(t))
		return sg_fail(SG_EVERIFY,
		    "the request asks to become a CA (CA:TRUE)");
	if ((x->key_usage & CA_RIGHTS) != 0 && !is_ca(t))
		return sg_fail(SG_EVERIFY,
		    "the request asks to sign certificates or CRLs");
	for (size_t i = 0; i < x->raw_count; i++)
		if (x->raw[i].critical)
			return sg_fail(SG_EVERIFY,
			    "the request holds a critical extension %s that "
			    "is not known here", x->raw[i].oid);
	return SG_OK;
}

enum sg_err
template_check(const struct template *t, const struct csr *r)
{
	SG_TRY(csr_verify(r));
	if ((t->private_key_flag & KEY_ARCHIVAL) != 0)
		return sg_fail(SG_EUNSUPPORTED,
		    "the template wants its keys archived");
	if (t->ra_signatures != 0)
		return sg_fail(SG_EUNSUPPORTED,
		    "the template wants signatures of enrollment agents");
	SG_TRY(check_template(t, &r->content));
	SG_TRY(check_key(t, r));
	return check_extensions(t, &r->content.ext);
}
