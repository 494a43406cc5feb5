/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/scep_impl.h"

#include "base/file.h"
#include "ca/publish.h"
#include "pki/name.h"
#include "proto/scep_http.h"

/* A list that goes into an answer; who wants a longer one fetches it by its
 * URL. */
#define LIST_MAX	((size_t)48 << 10)

static bool
issued_by(const struct cert *c, struct bytes issuer)
{
	struct bytes own = buf_bytes(&c->issuer_der);

	return bytes_eq(own, issuer) || name_same(own, issuer);
}

static enum sg_err
no_such(struct scep_turn *t)
{
	scep_pretend(t);
	return scep_uniform(t);
}

/* SG_ENOENT. */
static enum sg_err
named(struct ca_record *out, const struct scep_turn *t)
{
	auto_done(ca_record) r = { 0 };
	enum sg_err e = ca_certs_get(&r, t->x->c.store, t->content.serial);

	if (e == SG_EARG || (e == SG_OK && !issued_by(r.cert,
	    buf_bytes(&t->content.issuer))))
		return sg_fail(SG_ENOENT, "there is no such certificate");
	SG_TRY(e);
	*out = r;
	r = (struct ca_record) { 0 };
	return SG_OK;
}

/* As scep_open(), for what is answered with something sealed. */
static enum sg_err
query_open(struct scep_turn *t, bool *open)
{
	if (scep_request_sealable(t->r))
		return scep_open(t, open);
	SG_TRY(scep_refuse(t, SCEP_BAD_ALG, "nothing can be sealed to "
	    "the key that signed: sign with an RSA key"));
	*open = false;
	return SG_OK;
}

enum sg_err
scep_get_cert(struct scep_turn *t)
{
	auto_done(ca_record) r = { 0 };
	enum sg_err e;
	bool open;

	SG_TRY(query_open(t, &open));
	if (!open)
		return SG_OK;
	e = named(&r, t);
	if (e == SG_ENOENT)
		return no_such(t);
	SG_TRY(e);
	return scep_certificate(t, r.cert, false);
}

/* Which key's list tells of that certificate; a CA's own name and number mean
 * the list of its key. */
static enum sg_err
list_key(unsigned *out, const struct scep_turn *t)
{
	const struct ca_generations *l = &t->x->c.store->gen[CA_ISSUING];
	auto_done(ca_record) r = { 0 };
	const struct ca_generation *g;
	enum sg_err e = named(&r, t);

	if (e == SG_OK && r.level == CA_ISSUING &&
	    (g = ca_at(l, r.index)) != NULL) {
		*out = g->version.key;
		return SG_OK;
	}
	if (e != SG_OK && e != SG_ENOENT)
		return e;
	for (size_t i = l->n; i-- > 0;)
		if (l->v[i].cert != NULL && name_same(
		    buf_bytes(&l->v[i].cert->subject_der),
		    buf_bytes(&t->content.issuer))) {
			*out = l->v[i].version.key;
			return SG_OK;
		}
	return sg_fail(SG_ENOENT, "there is no such CA");
}

static enum sg_err
list_read(struct buf *out, const struct scep_turn *t, unsigned key)
{
	auto_str file = NULL, *path = NULL;

	SG_TRY(ca_list_file(&file, CA_LIST_BASE, key));
	SG_TRY(str_printf(&path, "%s/%s/%s", t->x->c.store->dir,
	    ca_level_name(CA_ISSUING), file));
	return file_read(out, path, LIST_MAX);
}

enum sg_err
scep_get_crl(struct scep_turn *t)
{
	auto_done(buf) crl = { 0 };
	unsigned key = 0;
	enum sg_err e;
	bool open;

	SG_TRY(query_open(t, &open));
	if (!open)
		return SG_OK;
	e = list_key(&key, t);
	if (e == SG_OK)
		e = list_read(&crl, t, key);
	if (e == SG_ENOENT)
		return no_such(t);
	if (e == SG_ELIMIT)
		return scep_refuse(t, SCEP_BAD_REQUEST, "the list is too long "
		    "for an answer: fetch it from the URL in the "
		    "certificate");
	SG_TRY(e);
	return scep_list(t, buf_bytes(&crl));
}

/* --- without a message --- */

enum sg_err
ca_scep_certs(struct buf *out, const char **type, const struct ca_scep *x)
{
	const struct ca_generations *l = &x->c.store->gen[CA_ISSUING];
	const struct cert *all[2 + BUNDLE_COUNT_MAX];
	const struct ca_generation *g = ca_current(l);
	size_t n = 0;

	all[n++] = x->ras.v[x->ras.n - 1].cert;
	all[n++] = g->cert;
	for (size_t i = 0; i < g->above.n && n < SCEP_CERTS_MAX; i++)
		all[n++] = g->above.v[i];
	return scep_ca_write(out, type, all, n);
}

/* What the database has by now and this process has not read. */
enum sg_err
ca_scep_next(struct buf *out, const struct ca_scep *x)
{
	const struct ca_issuer *i = x->c.issuer;
	auto_done(ca_generations) l = { 0 };
	const struct cert *all[2 + BUNDLE_COUNT_MAX];
	const struct ca_generation *g;
	size_t n = 0;

	SG_TRY(ca_generations_load(&l, x->c.store->db, CA_ISSUING));
	g = ca_current(&l);
	if (g == NULL || bytes_eq(buf_bytes(&g->cert->der),
	    buf_bytes(&i->cert->der)))
		return sg_fail(SG_ENOENT, "there is no next CA");
	all[n++] = g->cert;
	for (size_t j = 0; j < g->above.n && n < SCEP_CERTS_MAX; j++)
		all[n++] = g->above.v[j];
	return scep_next_write(out, all, n, i->cert, i->signer);
}
