/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/accept.h"

#include <string.h>
#include <strings.h>

#include "enroll/compare.h"

void
accept_done(struct accept *a)
{
	certs_done(&a->path);
	texts_done(&a->notes);
	texts_done(&a->objections);
}

const struct cert *
accept_root(const struct accept *a)
{
	return a->path.v[a->path.n - 1];
}

static const struct key_object *
key_of(const struct cert *c, const struct objects *have)
{
	for (size_t i = 0; i < have->key_count; i++)
		if (cert_fits(c, buf_bytes(&have->keys[i].spki)))
			return &have->keys[i];
	return NULL;
}

static const struct request_object *
request_of(const struct key_object *k, const struct objects *have)
{
	for (size_t i = 0; k != NULL && i < have->request_count; i++)
		if (strcmp(have->requests[i].key, k->name) == 0)
			return &have->requests[i];
	return NULL;
}

/* Of several that wait for a key, the one that asked for this user. */
static enum sg_err
fitting_request(const struct request_object **out, const struct cert *leaf,
    const struct key_object *key, const struct objects *have)
{
	*out = request_of(key, have);
	for (size_t i = 0; i < have->request_count; i++) {
		const struct request_object *r = &have->requests[i];
		auto_free(csr) c = NULL;

		if (strcmp(r->key, key->name) != 0)
			continue;
		SG_TRY(sg_while(csr_parse(&c, buf_bytes(&r->der)),
		    "the waiting request '%s'", r->name));
		if (leaf->ext.upn != NULL && c->content.ext.upn != NULL &&
		    strcasecmp(leaf->ext.upn, c->content.ext.upn) == 0) {
			*out = r;
			return SG_OK;
		}
	}
	return SG_OK;
}

static bool
same(const struct cert *a, const struct cert *b)
{
	return bytes_eq(buf_bytes(&a->der), buf_bytes(&b->der));
}

static bool
stored(const struct cert *c, const struct objects *have)
{
	for (size_t i = 0; i < have->cert_count; i++)
		if (bytes_eq(buf_bytes(&c->der),
		    buf_bytes(&have->certs[i].der)))
			return true;
	return false;
}

static enum sg_err
nobodys(const struct certs *given)
{
	if (given->n == 1)
		return sg_fail(SG_ENOENT, "the certificate of '%s' is for no"
		    " key of this container", given->v[0]->subject);
	return sg_fail(SG_ENOENT, "none of the %zu certificates is for a key of"
	    " this container", given->n);
}

/* What is stored already gives way; waiting: only keys whose request waits. */
static enum sg_err
leaf_among(struct accept *a, const struct certs *given,
    const struct objects *have, bool waiting)
{
	for (size_t i = 0; i < given->n; i++) {
		const struct cert *c = given->v[i];
		const struct key_object *k = key_of(c, have);

		if (k == NULL || (waiting && request_of(k, have) == NULL))
			continue;
		if (a->leaf == NULL || stored(a->leaf, have)) {
			a->leaf = c;
			a->key = k;
		} else if (!stored(c, have) && !same(c, a->leaf)) {
			return sg_fail(SG_EARG, "several certificates are for"
			    " keys of this container; give one at a time");
		}
	}
	return SG_OK;
}

static enum sg_err
find_leaf(struct accept *a, const struct certs *given,
    const struct objects *have)
{
	SG_TRY(leaf_among(a, given, have, true));
	if (a->leaf == NULL)
		SG_TRY(leaf_among(a, given, have, false));
	if (a->leaf == NULL)
		return nobodys(given);
	return fitting_request(&a->request, a->leaf, a->key, have);
}

static enum sg_err
add_copy(struct certs *to, struct bytes der)
{
	struct cert *c;

	SG_TRY(cert_parse(&c, der));
	return certs_add(to, c);
}

/* Stored certificates of a kind. */
static enum sg_err
add_stored(struct certs *to, const struct objects *have, enum cert_kind kind)
{
	for (size_t i = 0; i < have->cert_count; i++)
		if (have->certs[i].kind == kind)
			SG_TRY(add_copy(to, buf_bytes(&have->certs[i].der)));
	return SG_OK;
}

static enum sg_err
add_given(struct certs *to, const struct certs *given, bool roots)
{
	for (size_t i = 0; i < given->n; i++)
		if (cert_self_issued(given->v[i]) == roots)
			SG_TRY(add_copy(to, buf_bytes(&given->v[i]->der)));
	return SG_OK;
}

/* The path to an anchor of the container, or else to a root that is given. */
static enum sg_err
find_path(struct accept *a, const struct certs *given,
    const struct objects *have, int64_t now)
{
	auto_done(certs) pool = { 0 };
	auto_done(certs) anchors = { 0 };
	auto_done(certs) roots = { 0 };
	struct chain_ask ask = { .leaf = a->leaf, .untrusted = &pool,
		.anchors = &anchors, .now = now };

	SG_TRY(add_given(&pool, given, false));
	SG_TRY(add_stored(&pool, have, CERT_INTERMEDIATE));
	SG_TRY(add_stored(&anchors, have, CERT_ANCHOR));
	SG_TRY(add_given(&roots, given, true));
	a->root_known = true;
	if (anchors.n > 0 && chain_verify(&ask, &a->path) == SG_OK)
		return SG_OK;
	a->root_known = false;
	if (roots.n == 0)
		return sg_fail(SG_EVERIFY, "no certificate of a root CA is"
		    " given and no stored one fits; give the CA's chain"
		    " too");
	ask.anchors = &roots;
	return chain_verify(&ask, &a->path);
}

/* An EKU in a CA's certificate limits what is below it. */
static enum sg_err
check_logon(struct accept *a, int64_t now)
{
	auto_done(certs) pool = { 0 };
	auto_done(certs) root = { 0 };
	struct chain_ask ask = { .leaf = a->leaf, .untrusted = &pool,
		.anchors = &root, .now = now, .eku = OID_SMARTCARD_LOGON };

	if (!texts_has(&a->leaf->ext.eku, OID_SMARTCARD_LOGON))
		return SG_OK;
	for (size_t i = 1; i + 1 < a->path.n; i++)
		SG_TRY(add_copy(&pool, buf_bytes(&a->path.v[i]->der)));
	SG_TRY(add_copy(&root, buf_bytes(&accept_root(a)->der)));
	if (chain_verify(&ask, NULL) == SG_OK)
		return SG_OK;
	return texts_add(&a->objections, sg_note(SG_EVERIFY));
}

static enum sg_err
check_request(struct accept *a)
{
	auto_free(csr) wanted = NULL;

	if (a->request != NULL)
		SG_TRY(sg_while(csr_parse(&wanted,
		    buf_bytes(&a->request->der)), "the waiting request '%s'",
		    a->request->name));
	return compare(a->leaf, wanted, &a->notes, &a->objections);
}

enum sg_err
accept_check(struct accept *out, const struct certs *given,
    const struct objects *have, int64_t now)
{
	auto_done(accept) a = { 0 };

	SG_TRY(find_leaf(&a, given, have));
	SG_TRY(sg_while(find_path(&a, given, have, now),
	    "the certificate of '%s'", a.leaf->subject));
	SG_TRY(check_logon(&a, now));
	SG_TRY(check_request(&a));
	*out = a;
	a = (struct accept) { 0 };
	return SG_OK;
}
