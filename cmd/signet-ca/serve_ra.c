/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_ra.h"

#include <string.h>

#include "base/log.h"
#include "proto/scep_http.h"

void
serve_ra_done(struct serve_ra *r)
{
	ca_scep_free(r->scep);
	template_cache_free(r->templates);
	*r = (struct serve_ra) { 0 };
}

static enum sg_err
start(struct serve_ra *r, const struct secret *passphrase)
{
	const struct ca_scep_config c = { .store = r->session->store,
		.issuer = &r->issuing->issuer,
		.validator = { &challenge_ops, &r->book },
		.who = r->session->who };
	auto_done(ca_ras) ras = { 0 };

	SG_TRY(ca_ras_open(&ras, r->session->store, passphrase,
	    clock_now()));
	SG_TRY(ca_scep_new(&r->scep, &c, &ras));
	log_info("ra-ready ends=%lld", (long long)ca_scep_ends(r->scep));
	return SG_OK;
}

/* Lists and OCSP are served without it. */
static void
start_or_tell(struct serve_ra *r, const struct secret *passphrase)
{
	enum sg_err e = start(r, passphrase);

	if (e != SG_OK)
		log_error("scep-not-served why=\"%s\"",
		    audit_text(sg_note(e)).s);
}

enum sg_err
serve_ra_init(struct serve_ra *r, struct session *s, struct issuing *i,
    struct ra_totals *totals, bool wanted)
{
	r->session = s;
	r->issuing = i;
	r->totals = totals;
	r->allowed = wanted;
	SG_TRY(template_cache_new(&r->templates, s->store));
	r->book = (struct challenge_book) { s->store, r->templates };
	if (wanted)
		start_or_tell(r, s->has_passphrase ? &s->passphrase : NULL);
	return SG_OK;
}

void
serve_ra_allow(struct serve_ra *r, bool allowed)
{
	r->allowed = allowed;
	if (allowed && r->scep == NULL)
		start_or_tell(r, NULL);
}

static enum sg_err
check_allowed(const struct serve_ra *r)
{
	if (r->allowed && r->scep != NULL)
		return SG_OK;
	return sg_fail(SG_ENOENT, "serve.conf does not have over-http = yes "
	    "in [scep], or there is no RA");
}

struct deed {
	struct serve_ra *ra;
	struct bytes message;
	struct buf *out;
	struct ca_scep_result result;
};

static enum sg_err
answer(void *arg, const struct ca_kept *kept)
{
	struct deed *d = arg;

	return ca_scep_answer(d->out, &d->result, d->ra->scep, kept,
	    d->message, clock_now());
}

static void
count(struct serve_ra *r, const struct ca_scep_result *x)
{
	struct ra_totals *t = r->totals;

	t->success += x->status == SCEP_SUCCESS;
	t->failure += x->status == SCEP_FAILURE;
	t->pending += x->status == SCEP_PENDING;
	t->closed += x->uniform;
	r->issuing->group.issued += x->issued;
	r->issuing->group.denied += x->told &&
	    x->status == SCEP_FAILURE;
	r->issuing->group.pending += x->told && x->status == SCEP_PENDING;
}

enum sg_err
serve_ra_answer(struct buf *out, bool *hold, struct serve_ra *r,
    struct bytes message)
{
	struct deed d = { .ra = r, .message = message, .out = out };
	enum sg_err e;

	SG_TRY(check_allowed(r));
	e = ca_issuing_do(r->issuing->all, answer, &d);
	r->totals->unreadable += e == SG_EFORMAT || e == SG_ELIMIT ||
	    e == SG_EUNSUPPORTED;
	SG_TRY(e);
	count(r, &d.result);
	*hold = d.result.uniform;
	return SG_OK;
}

static enum sg_err
caps(struct buf *out, const struct serve_ra *r)
{
	auto_done(buf) next = { 0 };
	enum sg_err e = ca_scep_next(&next, r->scep);

	if (e != SG_OK && e != SG_ENOENT)
		return e;
	return scep_caps_write(out, SCEP_CAPS_ALL |
	    (e == SG_OK ? SCEP_CAP_NEXT_CA : 0u));
}

enum sg_err
serve_ra_body(struct buf *out, enum desk_scep_body *kind,
    const struct serve_ra *r, enum desk_scep_ask what)
{
	const char *type;

	SG_TRY(check_allowed(r));
	switch (what) {
	case DESK_SCEP_CAPS:
		*kind = DESK_SCEP_BODY_CAPS;
		return caps(out, r);
	case DESK_SCEP_CERT:
		SG_TRY(ca_scep_certs(out, &type, r->scep));
		*kind = strcmp(type, SCEP_TYPE_CERT) == 0
		    ? DESK_SCEP_BODY_CERT : DESK_SCEP_BODY_CERTS;
		return SG_OK;
	case DESK_SCEP_NEXT:
		*kind = DESK_SCEP_BODY_NEXT;
		return ca_scep_next(out, r->scep);
	}
	return sg_fail(SG_ENOENT, "there is nothing like that");
}

int64_t
serve_ra_ends(const struct serve_ra *r)
{
	return r->scep != NULL ? ca_scep_ends(r->scep) : 0;
}

int64_t
serve_ra_due(const struct serve_ra *r)
{
	return r->scep != NULL ? ca_scep_due(r->scep) : INT64_MAX;
}

enum sg_err
serve_ra_work(struct serve_ra *r)
{
	if (serve_ra_due(r) > clock_now())
		return SG_OK;
	SG_TRY(ca_scep_work(r->scep, clock_now()));
	log_info("ra-renewed ends=%lld", (long long)serve_ra_ends(r));
	return SG_OK;
}
