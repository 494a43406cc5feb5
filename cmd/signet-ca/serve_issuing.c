/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_issuing.h"

#include "base/log.h"
#include "pki/signed.h"

void
issuing_done(struct issuing *i)
{
	ca_issuing_free(i->all);
	*i = (struct issuing) { 0 };
}

enum sg_err
issuing_init(struct issuing *i, struct session *s,
    struct issuing_totals *totals)
{
	i->session = s;
	i->totals = totals;
	SG_TRY(session_issuer(&i->issuer, s, CA_ISSUING));
	return ca_issuing_new(&i->all, s->store, &i->issuer);
}

void
issuing_allow(struct issuing *i, bool allowed)
{
	i->allowed = allowed;
}

static enum sg_err
check_allowed(const struct issuing *i)
{
	if (i->allowed)
		return SG_OK;
	return sg_fail(SG_ENOENT, "serve.conf does not have over-http = yes "
	    "in [enroll]");
}

static void
count(struct issuing_totals *t, enum ca_disposition d)
{
	t->issued += d == CA_ISSUED;
	t->pending += d == CA_PENDING;
	t->denied += d == CA_DENIED;
}

enum sg_err
issuing_submit(struct ca_outcome *out, struct issuing *i,
    struct bytes message, const char *template)
{
	const struct ca_submission m = { .message = message,
		.template = template, .now = clock_now() };

	SG_TRY(check_allowed(i));
	SG_TRY(ca_issuing_submit(out, i->all, &m));
	count(&i->group, out->verdict.disposition);
	return SG_OK;
}

enum sg_err
issuing_flush(struct issuing *i)
{
	const struct issuing_totals g = i->group;
	struct issuing_totals *t = i->totals;
	enum sg_err e = ca_issuing_commit(i->all);

	i->group = (struct issuing_totals) { 0 };
	if (e != SG_OK) {
		t->lost += g.issued + g.pending + g.denied;
		log_error("commit-failed why=\"%s\"",
		    audit_text(sg_note(e)).s);
		return e;
	}
	i->told = i->told || g.issued + g.pending + g.denied > 0;
	t->issued += g.issued;
	t->pending += g.pending;
	t->denied += g.denied;
	t->commits += g.issued + g.pending + g.denied > 0;
	return SG_OK;
}

enum sg_err
issuing_retrieve(struct ca_outcome *out, const struct issuing *i,
    uint64_t request, struct bytes sha256)
{
	SG_TRY(check_allowed(i));
	if (sha256.n != SHA256_LEN || request > INT64_MAX)
		return sg_fail(SG_ENOENT, "there is no such request");
	return ca_retrieve(out, i->session->store, (int64_t)request,
	    sha256.p);
}

/* Of the CA's certificates that have its issuer's key, the newest. */
static const struct ca_generation *
generation_of(const struct session *s, const struct cert *c)
{
	const struct ca_generations *l = &s->store->gen[CA_ISSUING];

	for (size_t i = l->n; i-- > 0;)
		if (l->v[i].cert != NULL && bytes_eq(buf_bytes(&c->ext.aki),
		    buf_bytes(&l->v[i].cert->ext.ski)))
			return &l->v[i];
	return NULL;
}

enum sg_err
issuing_chain(struct buf *out, const struct session *s, const struct cert *c)
{
	const struct cert *all[2 + BUNDLE_COUNT_MAX] = { c };
	const struct ca_generation *g;
	size_t n = 1;

	if (c == NULL)
		return SG_OK;
	if ((g = generation_of(s, c)) != NULL) {
		all[n++] = g->cert;
		for (size_t i = 0; i < g->above.n; i++)
			all[n++] = g->above.v[i];
	}
	return signed_certs(out, all, n);
}

bool
issuing_told(struct issuing *i)
{
	bool told = i->told;

	i->told = false;
	return told;
}
