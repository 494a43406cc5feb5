/* SPDX-License-Identifier: BSD-2-Clause */

/* Is what came back the certificate of the request that waits? */

#include "ca/renew.h"
#include "pki/chain.h"
#include "pki/csr.h"
#include "pki/issue.h"
#include "pki/name.h"

/* What there is to build a chain from. */
struct parts {
	struct certs anchors;
	struct certs others;
};

static void
parts_done(struct parts *p)
{
	certs_done(&p->anchors);
	certs_done(&p->others);
}

static bool
is_root(const struct cert *c)
{
	return cert_self_issued(c) && cert_signed_by(c, c) == SG_OK;
}

static enum sg_err
parts_add(struct parts *p, const struct certs *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct cert *c;

		SG_TRY(cert_parse(&c, buf_bytes(&from->v[i]->der)));
		SG_TRY(certs_add(is_root(c) ? &p->anchors : &p->others, c));
	}
	return SG_OK;
}

static bool
known(const struct ca_generations *l, const struct cert *c)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].cert != NULL && bytes_eq(
		    buf_bytes(&l->v[i].cert->der), buf_bytes(&c->der)))
			return true;
	return false;
}

/* A bundle may hold the certificate that is renewed, too: the youngest. */
static enum sg_err
find(const struct cert **out, const struct ca_generations *l,
    const struct certs *given, const struct csr *r)
{
	size_t old = 0;

	*out = NULL;
	for (size_t i = 0; i < given->n; i++) {
		const struct cert *c = given->v[i];

		if (!cert_fits(c, buf_bytes(&r->spki)))
			continue;
		if (known(l, c))
			old++;
		else if (*out == NULL || c->not_before > (*out)->not_before)
			*out = c;
	}
	if (*out != NULL)
		return SG_OK;
	if (old > 0)
		return sg_fail(SG_EVERIFY, "the certificate there is "
		    "installed already; the new one is missing");
	return sg_fail(SG_EVERIFY, "none of the %zu certificates there is for "
	    "the key of this CA's request", given->n);
}

static enum sg_err
version_check(const struct cert *c, const struct ca_version *want)
{
	struct ca_version v;
	bool there;

	SG_TRY(ca_version_read(&v, &there, &c->ext));
	if (there && (v.index != want->index || v.key != want->key))
		return sg_fail(SG_EVERIFY, "it is the CA's certificate %u.%u, "
		    "expected %u.%u", v.index, v.key, want->index,
		    want->key);
	return SG_OK;
}

static enum sg_err
cert_check(const struct cert *c, const struct csr *r,
    const struct ca_version *want)
{
	const unsigned usage = USAGE_CERT_SIGN | USAGE_CRL_SIGN;

	if (!name_same(buf_bytes(&c->subject_der),
	    buf_bytes(&r->content.subject)))
		return sg_fail(SG_EVERIFY, "it is for %s, the request was for"
		    " %s", c->subject, r->subject);
	if (!c->ext.has_basic || !c->ext.ca)
		return sg_fail(SG_EVERIFY, "it is no CA's certificate "
		    "(basicConstraints CA:TRUE is missing)");
	if ((c->ext.key_usage & usage) != usage)
		return sg_fail(SG_EVERIFY, "its key usage does not allow "
		    "signing certificates and CRLs");
	if (cert_self_issued(c))
		return sg_fail(SG_EVERIFY, "it issued itself: this CA stands "
		    "below a root");
	return version_check(c, want);
}

/* What a key has signed names it by this identifier, and only by that it is
 * known later whose list it belongs to. */
static enum sg_err
key_id_check(const struct cert *c, const struct ca_generations *l,
    const struct ca_version *want)
{
	struct bytes id = buf_bytes(&c->ext.ski);

	if (want->key > 0 && id.n == 0)
		return sg_fail(SG_EVERIFY, "its subjectKeyIdentifier is "
		    "missing, which tells the CA's keys apart");
	for (size_t i = 0; i < l->n; i++) {
		const struct ca_generation *g = &l->v[i];
		bool same = g->cert != NULL &&
		    bytes_eq(buf_bytes(&g->cert->ext.ski), id);

		if (g->cert == NULL || g->cert->ext.ski.n == 0 ||
		    same == (g->version.key == want->key))
			continue;
		return sg_fail(SG_EVERIFY, "its subjectKeyIdentifier is %s "
		    "of the CA's certificate %u", same ? "that of another "
		    "key," : "not that", g->version.index);
	}
	return SG_OK;
}

/* OpenSSL looks at the leaf as if nothing could be below it. */
static enum sg_err
lengths_check(const struct certs *path)
{
	for (size_t i = 1; i < path->n; i++) {
		int limit = path->v[i]->ext.path_len;

		if (limit >= 0 && (size_t)limit < i)
			return sg_fail(SG_EVERIFY, "%s has a path length of "
			    "%d, with this CA there are %zu below it",
			    path->v[i]->subject, limit, i);
	}
	return SG_OK;
}

static enum sg_err
chain_find(struct certs *path, const struct cert *c,
    const struct ca_store *s, const struct certs *given, int64_t now)
{
	__attribute__((cleanup(parts_done))) struct parts p = { 0 };
	struct chain_ask ask = { .leaf = c, .untrusted = &p.others,
		.anchors = &p.anchors, .now = now };

	SG_TRY(parts_add(&p, given));
	for (size_t i = 0; i < s->gen[CA_ISSUING].n; i++)
		SG_TRY(parts_add(&p, &s->gen[CA_ISSUING].v[i].above));
	if (p.anchors.n == 0)
		return sg_fail(SG_EVERIFY, "there is no root among the "
		    "certificates: put its chain behind it, up to the root");
	SG_TRY(chain_verify(&ask, path));
	return lengths_check(path);
}

enum sg_err
ca_install_check(struct ca_generation *out, const struct ca_store *s,
    const struct certs *given, int64_t now)
{
	const struct ca_generation *w = ca_waiting(&s->gen[CA_ISSUING]);
	auto_done(ca_generation) g = { 0 };
	auto_done(certs) path = { 0 };
	auto_free(csr) r = NULL;
	const struct cert *c;

	if (w == NULL)
		return sg_fail(SG_ENOENT, "no request of the CA in %s waits "
		    "for a certificate", s->dir);
	SG_TRY(csr_parse(&r, buf_bytes(&w->request)));
	SG_TRY(find(&c, &s->gen[CA_ISSUING], given, r));
	SG_TRY(cert_check(c, r, &w->version));
	SG_TRY(key_id_check(c, &s->gen[CA_ISSUING], &w->version));
	SG_TRY(chain_find(&path, c, s, given, now));
	g.version = w->version;
	SG_TRY(buf_set(&g.request, buf_bytes(&w->request)));
	SG_TRY(cert_parse(&g.cert, buf_bytes(&c->der)));
	for (size_t i = 1; i < path.n; i++) {
		struct cert *copy;

		SG_TRY(cert_parse(&copy, buf_bytes(&path.v[i]->der)));
		SG_TRY(certs_add(&g.above, copy));
	}
	*out = g;
	g = (struct ca_generation) { 0 };
	return SG_OK;
}
