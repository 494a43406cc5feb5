/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/renew.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/lineage.h"
#include "ca/urls.h"
#include "pki/csr.h"

enum sg_err
ca_renew_lock(int *out, const char *dir)
{
	auto_str path = NULL;
	int fd;

	SG_TRY(str_printf(&path, "%s/renew.lock", dir));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return sg_fail(errno == ENOENT ? SG_ENOENT : SG_EIO, "%s: %s",
		    path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(fd);
		return sg_fail(SG_EBUSY, "somebody else renews the CA in %s",
		    dir);
	}
	*out = fd;
	return SG_OK;
}

static enum sg_err
urls_check(const struct texts *urls, enum ca_url_word w, const char *key,
    const char *word)
{
	for (size_t i = 0; i < urls->n; i++)
		if (!ca_url_has(urls->v[i], w))
			return sg_fail(SG_EARG, "ca.conf: %s = %s would mean "
			    "the old key: put %s into it, which becomes "
			    "\"(1)\" and so on", key, urls->v[i], word);
	return SG_OK;
}

enum sg_err
ca_renew_version(struct ca_version *out, const struct ca_store *s,
    const struct ca_renewal *r)
{
	const struct ca_generations *l = &s->gen[r->level];
	const struct ca_config *c = &s->config;
	unsigned next = (unsigned)l->n;

	SG_TRY(ca_store_ready(s, r->level));
	if (ca_waiting(l) != NULL)
		return sg_fail(SG_EEXIST, "a request for its certificate %u "
		    "waits already ('signet-ca renew-ca --cancel' gives it "
		    "up)", next - 1);
	if (next > CA_INDEX_MAX)
		return sg_fail(SG_ELIMIT, "a CA is renewed %d times at most",
		    CA_INDEX_MAX);
	if (r->name != NULL && !r->new_key)
		return sg_fail(SG_EARG, "what the key has signed is in its "
		    "old name: a new one wants a new key");
	if (r->new_key) {
		SG_TRY(urls_check(&c->cdp[r->level], CA_URL_CRL, "cdp-url",
		    "%8"));
		SG_TRY(urls_check(&c->ca_issuers[r->level], CA_URL_CERT,
		    "aia-url", "%4"));
	}
	*out = (struct ca_version) { next,
		r->new_key ? next : ca_current(l)->version.key };
	return SG_OK;
}

static enum sg_err
plan_make(struct ca_plan *p, struct ca_next *n, const struct ca_store *s,
    const struct ca_renewal *r, int64_t now)
{
	SG_TRY(ca_renew_version(&n->version, s, r));
	n->previous = s->cert[r->level];
	*p = (struct ca_plan) { .name = r->name, .now = now, .days = r->days,
		.path_len = n->previous->ext.path_len };
	return SG_OK;
}

static enum sg_err
keep(const struct ca_store *s, enum ca_level level,
    const struct ca_generation *g, const struct ca_act *act,
    const char *what, const char *result)
{
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;

	SG_TRY(str_printf(&detail, "ca=%s version=%u.%u%s%s",
	    ca_level_name(level), g->version.index, g->version.key,
	    g->cert != NULL ? " serial=" : "",
	    g->cert != NULL ? g->cert->serial : ""));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(ca_generation_put(s->db, level, g, act->at));
	SG_TRY(ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = what, .detail = detail,
	    .result = result }));
	return db_commit(&tx);
}

/* The issuer, and what is above it. */
static enum sg_err
above_fill(struct certs *out, const struct ca_store *s,
    const struct ca_issuer *i)
{
	const struct ca_generations *roots = &s->gen[CA_ROOT];
	struct cert *c;

	for (size_t j = 0; i != NULL && j < roots->n; j++) {
		if (roots->v[j].cert != i->cert)
			continue;
		SG_TRY(cert_parse(&c, buf_bytes(&i->cert->der)));
		SG_TRY(certs_add(out, c));
	}
	return SG_OK;
}

enum sg_err
ca_renew(const struct ca_store *s, const struct ca_renewal *r,
    struct signer key, const struct ca_issuer *i, const struct ca_act *act)
{
	auto_done(ca_generation) g = { 0 };
	struct ca_plan p;
	struct ca_next n;

	SG_TRY(plan_make(&p, &n, s, r, act->at));
	SG_TRY(ca_make_next(&g.cert, &p, &n, key, i));
	SG_TRY(above_fill(&g.above, s, i));
	g.version = n.version;
	return keep(s, r->level, &g, act, "renew-ca", "renewed");
}

static enum sg_err
request_write(const struct ca_store *s, const struct ca_generation *g)
{
	auto_done(buf) text = { 0 };
	auto_str path = NULL;

	SG_TRY(csr_pem(&text, buf_bytes(&g->request), false));
	SG_TRY(ca_lineage_path(&path, s->dir, CA_ISSUING, "request",
	    g->version.index));
	return file_replace(path, buf_bytes(&text), 0644);
}

enum sg_err
ca_renew_request(struct buf *out, const struct ca_store *s,
    const struct ca_renewal *r, struct signer key, const struct ca_act *act)
{
	auto_done(ca_generation) g = { 0 };
	struct ca_plan p;
	struct ca_next n;

	SG_TRY(plan_make(&p, &n, s, r, act->at));
	SG_TRY(ca_make_request(&g.request, &p, &n, key));
	g.version = n.version;
	SG_TRY(request_write(s, &g));
	SG_TRY(keep(s, r->level, &g, act, "renew-ca", "waits"));
	return buf_add_bytes(out, buf_bytes(&g.request));
}

static enum sg_err
waiting(const struct ca_generation **out, const struct ca_store *s)
{
	*out = ca_waiting(&s->gen[CA_ISSUING]);
	if (*out == NULL)
		return sg_fail(SG_ENOENT, "no request of the CA in %s waits "
		    "for a certificate", s->dir);
	return SG_OK;
}

static enum sg_err
rests_remove(const struct ca_store *s, const struct ca_version *v)
{
	auto_str request = NULL, *key = NULL;

	SG_TRY(ca_lineage_path(&request, s->dir, CA_ISSUING, "request",
	    v->index));
	SG_TRY(file_remove(request));
	/* An older one's number is its own. */
	if (v->key != v->index)
		return SG_OK;
	SG_TRY(ca_lineage_path(&key, s->dir, CA_ISSUING, "key", v->key));
	return file_remove(key);
}

enum sg_err
ca_renew_cancel(const struct ca_store *s, const struct ca_act *act)
{
	const struct ca_generation *w;
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;

	SG_TRY(waiting(&w, s));
	if (s->cert[CA_ISSUING] == NULL)
		return sg_fail(SG_EARG, "this CA has no other certificate: "
		    "remove the folder to give it up");
	SG_TRY(str_printf(&detail, "ca=issuing version=%u.%u",
	    w->version.index, w->version.key));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(ca_generation_forget(s->db, CA_ISSUING));
	SG_TRY(ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = "renew-ca", .detail = detail,
	    .result = "cancelled" }));
	SG_TRY(db_commit(&tx));
	return rests_remove(s, &w->version);
}

enum sg_err
ca_install(const struct ca_store *s, const struct ca_generation *g,
    const struct ca_act *act)
{
	return keep(s, CA_ISSUING, g, act, "install-cert", "installed");
}
