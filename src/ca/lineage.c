/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/lineage.h"

#include <string.h>

#include "base/file.h"
#include "ca/urls.h"
#include "pki/csr.h"
#include "pki/issue.h"

enum sg_err
ca_lineage_path(char **out, const char *dir, enum ca_level level,
    const char *stem, unsigned number)
{
	char suffix[CA_SUFFIX_MAX];

	ca_suffix(suffix, number);
	return str_printf(out, "%s/%s/%s%s.pem", dir, ca_level_name(level),
	    stem, suffix);
}

/* NULL when there is no such file. */
static enum sg_err
cert_load(struct cert **out, const char *path)
{
	auto_done(buf) text = { 0 };
	enum sg_err e;

	*out = NULL;
	if ((e = file_read(&text, path, CERT_MAX)) == SG_ENOENT)
		return SG_OK;
	SG_TRY(e);
	return sg_while(cert_read(out, buf_bytes(&text)), "%s", path);
}

/* --- from files --- */

static enum sg_err
above_add(struct ca_generation *g, const struct cert *c)
{
	struct cert *copy;

	SG_TRY(cert_parse(&copy, buf_bytes(&c->der)));
	return certs_add(&g->above, copy);
}

static enum sg_err
request_load(struct buf *out, const char *dir)
{
	auto_done(buf) text = { 0 };
	auto_free(csr) r = NULL;
	auto_str path = NULL;
	enum sg_err e;

	SG_TRY(ca_lineage_path(&path, dir, CA_ISSUING, "request", 0));
	if ((e = file_read(&text, path, CSR_MAX)) == SG_ENOENT)
		return SG_OK;
	SG_TRY(e);
	SG_TRY(sg_while(csr_read(&r, buf_bytes(&text)), "%s", path));
	return buf_set(out, buf_bytes(&r->der));
}

static enum sg_err
issuing_import(struct db *db, const char *dir, const struct cert *root,
    int64_t at)
{
	auto_done(ca_generation) g = { 0 };
	auto_str path = NULL;

	SG_TRY(ca_lineage_path(&path, dir, CA_ISSUING, "cert", 0));
	SG_TRY(cert_load(&g.cert, path));
	if (g.cert == NULL)
		SG_TRY(request_load(&g.request, dir));
	if (g.cert == NULL && g.request.n == 0)
		return root != NULL ? SG_OK : sg_fail(SG_EFORMAT,
		    "%s has no certificate of a CA", dir);
	if (g.cert != NULL && root == NULL)
		return sg_fail(SG_EFORMAT, "%s: the root's certificate is "
		    "missing", dir);
	if (g.cert != NULL) {
		SG_TRY(cert_signed_by(g.cert, root));
		SG_TRY(above_add(&g, root));
	}
	return ca_generation_put(db, CA_ISSUING, &g, at);
}

enum sg_err
ca_lineage_import(struct db *db, const char *dir, int64_t at)
{
	auto_done(ca_generation) root = { 0 };
	auto_str path = NULL;

	SG_TRY(ca_lineage_path(&path, dir, CA_ROOT, "cert", 0));
	SG_TRY(cert_load(&root.cert, path));
	if (root.cert != NULL)
		SG_TRY(ca_generation_put(db, CA_ROOT, &root, at));
	return issuing_import(db, dir, root.cert, at);
}

/* --- from the database --- */

static bool
root_known(const struct ca_generations *roots, const struct cert *c)
{
	for (size_t i = 0; i < roots->n; i++)
		if (bytes_eq(buf_bytes(&roots->v[i].cert->der),
		    buf_bytes(&c->der)))
			return true;
	return false;
}

/* Roots whose keys are elsewhere, as their certificates came with ours. */
static enum sg_err
foreign_roots(struct ca_store *s)
{
	const struct ca_generations *l = &s->gen[CA_ISSUING];

	for (size_t i = 0; i < l->n; i++) {
		const struct certs *above = &l->v[i].above;
		unsigned n = (unsigned)s->gen[CA_ROOT].n;
		struct ca_generation *g;

		if (above->n == 0 || root_known(&s->gen[CA_ROOT],
		    above->v[above->n - 1]))
			continue;
		SG_TRY(ca_generations_grow(&g, &s->gen[CA_ROOT]));
		g->version = (struct ca_version) { n, n };
		SG_TRY(cert_parse(&g->cert,
		    buf_bytes(&above->v[above->n - 1]->der)));
	}
	return SG_OK;
}

static enum sg_err
urls_load(struct ca_store *s, enum ca_level level)
{
	const struct ca_config *c = &s->config;

	for (size_t i = 0; i < s->gen[level].n; i++) {
		struct ca_generation *g = &s->gen[level].v[i];

		SG_TRY(ca_urls_expand(&g->cdp, &c->cdp[level], &g->version));
		SG_TRY(ca_urls_expand(&g->ca_issuers, &c->ca_issuers[level],
		    &g->version));
		SG_TRY(ca_urls_expand(&g->ocsp, &c->ocsp[level],
		    &g->version));
	}
	return SG_OK;
}

enum sg_err
ca_lineage_load(struct ca_store *s)
{
	const struct ca_generation *g;

	for (int i = 0; i < CA_LEVELS; i++) {
		SG_TRY(ca_generations_load(&s->gen[i], s->db,
		    (enum ca_level)i));
		s->ours[i] = s->gen[i].n > 0;
	}
	if (!s->ours[CA_ROOT])
		SG_TRY(foreign_roots(s));
	for (int i = 0; i < CA_LEVELS; i++) {
		g = ca_current(&s->gen[i]);
		s->cert[i] = g != NULL ? g->cert : NULL;
		SG_TRY(urls_load(s, (enum ca_level)i));
	}
	return SG_OK;
}

/* --- to files --- */

static enum sg_err
cert_file(const struct ca_store *s, enum ca_level level,
    const struct ca_generation *g)
{
	auto_done(buf) text = { 0 };
	auto_free(cert) there = NULL;
	auto_str path = NULL;

	SG_TRY(ca_lineage_path(&path, s->dir, level, "cert",
	    g->version.index));
	SG_TRY(cert_load(&there, path));
	if (there == NULL) {
		SG_TRY(cert_pem(&text, g->cert));
		return file_replace(path, buf_bytes(&text), 0644);
	}
	if (bytes_eq(buf_bytes(&there->der), buf_bytes(&g->cert->der)))
		return SG_OK;
	return sg_fail(SG_EVERIFY, "%s is not the certificate that the "
	    "database has", path);
}

enum sg_err
ca_lineage_files(const struct ca_store *s)
{
	for (int i = 0; i < CA_LEVELS; i++)
		for (size_t j = 0; j < s->gen[i].n; j++)
			if (s->gen[i].v[j].cert != NULL)
				SG_TRY(cert_file(s, (enum ca_level)i,
				    &s->gen[i].v[j]));
	return SG_OK;
}
