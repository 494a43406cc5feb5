/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/responder.h"

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"

/* The CA as requests name it, by one digest. */
struct ca_hashes {
	uint8_t name[DIGEST_MAX];
	uint8_t key[DIGEST_MAX];
	size_t n;
};
#define HASHES_LEN (DIGEST_SHA512 + 1)

struct responder {
	struct responder_config config;
	enum key_kind kind;
	struct ca_hashes hashes[HASHES_LEN];	/* by enum digest */
};

void
responder_free(struct responder *r)
{
	free(r);
}

/* The BIT STRING's bytes of a SubjectPublicKeyInfo. */
static struct bytes
key_bits(struct bytes spki)
{
	struct reader r = reader_of(spki), in;
	struct bytes bits;

	in = reader_of(der_get(&r, DER_SEQUENCE));
	(void)der_get(&in, DER_SEQUENCE);
	bits = der_get(&in, DER_BIT_STRING);
	return bits.n > 0 ? bytes_of(bits.p + 1, bits.n - 1) : bits;
}

static enum sg_err
hashes_make(struct responder *r)
{
	const struct cert *ca = r->config.ca;

	for (int h = DIGEST_SHA1; h < HASHES_LEN; h++) {
		struct ca_hashes *x = &r->hashes[h];
		enum digest hash = (enum digest)h;

		x->n = digest_size(hash);
		SG_TRY(digest_of(hash, buf_bytes(&ca->subject_der),
		    x->name));
		SG_TRY(digest_of(hash, key_bits(buf_bytes(&ca->spki)),
		    x->key));
	}
	return SG_OK;
}

static enum sg_err
cert_check(const struct responder_config *c)
{
	if (bytes_eq(buf_bytes(&c->cert->der), buf_bytes(&c->ca->der)))
		return SG_OK;
	SG_TRY(cert_signed_by(c->cert, c->ca));
	if (!texts_has(&c->cert->ext.eku, OID_OCSP_SIGNING))
		return sg_fail(SG_EVERIFY, "%s may not answer OCSP",
		    c->cert->subject);
	return SG_OK;
}

enum sg_err
responder_new(struct responder **out, const struct responder_config *c)
{
	auto_free(responder) r = calloc(1, sizeof(*r));
	auto_free(pkey) k = NULL;

	if (r == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	SG_TRY(cert_check(c));
	SG_TRY(cert_key(&k, c->cert));
	r->config = *c;
	r->kind = pkey_kind(k);
	SG_TRY(hashes_make(r));
	*out = r;
	r = NULL;
	return SG_OK;
}

static bool
is_ours(const struct responder *r, const struct ocsp_id *id)
{
	const struct ca_hashes *x = &r->hashes[id->hash];

	return id->known_hash &&
	    bytes_eq(id->name_hash, bytes_of(x->name, x->n)) &&
	    bytes_eq(id->key_hash, bytes_of(x->key, x->n));
}

/* What was never issued is unknown, and so is what another CA did. */
static enum sg_err
single_make(struct ocsp_single *s, const struct responder *r,
    const struct ocsp_id *id)
{
	const struct ca_ledger *l = &r->config.ledger;
	struct ca_standing at = { 0 };
	enum sg_err e;

	*s = (struct ocsp_single) { .id = id->der, .status = OCSP_UNKNOWN };
	if (!is_ours(r, id) || id->serial.n == 0)
		return SG_OK;
	if ((e = l->ops->standing(l->ctx, id->serial, &at)) == SG_ENOENT)
		return SG_OK;
	SG_TRY(e);
	s->status = at.revoked ? OCSP_REVOKED : OCSP_GOOD;
	s->when = at.when;
	s->reason = at.reason;
	return SG_OK;
}

static bool
any_is_ours(const struct responder *r, const struct ocsp_request *q)
{
	for (size_t i = 0; i < q->count; i++)
		if (is_ours(r, &q->id[i]))
			return true;
	return false;
}

static void
count(const struct responder *r, const struct ocsp_single *v, size_t n)
{
	struct responder_counts *c = r->config.counts;

	for (size_t i = 0; c != NULL && i < n; i++) {
		c->good += v[i].status == OCSP_GOOD;
		c->revoked += v[i].status == OCSP_REVOKED;
		c->unknown += v[i].status == OCSP_UNKNOWN;
	}
}

static enum sg_err
refuse(const struct responder *r, struct buf *out, enum ocsp_error why)
{
	struct responder_counts *c = r->config.counts;

	if (c != NULL) {
		c->malformed += why == OCSP_MALFORMED;
		c->internal += why == OCSP_INTERNAL;
		c->try_later += why == OCSP_TRY_LATER;
		c->unauthorized += why == OCSP_UNAUTHORIZED;
	}
	return ocsp_error_write(out, why);
}

static enum sg_err
answer(struct responder *r, const struct ocsp_request *q, int64_t now,
    struct buf *out, int64_t *expires)
{
	const struct responder_config *c = &r->config;
	struct ocsp_single v[OCSP_IDS_MAX];
	struct ocsp_answer a = { .v = v, .count = q->count,
		.nonce = q->nonce, .now = now,
		.next_update = now + c->good_seconds,
		.archive_cutoff = c->archive_cutoff, .responder = c->cert,
		.alg = ocsp_preferred(q, r->kind), .signer = c->signer };

	for (size_t i = 0; i < q->count; i++)
		SG_TRY(single_make(&v[i], r, &q->id[i]));
	if (a.next_update > c->cert->not_after)
		a.next_update = c->cert->not_after;
	SG_TRY(ocsp_answer_write(out, &a));
	count(r, v, q->count);
	*expires = q->nonce.n > 0 ? 0 : a.next_update;
	return SG_OK;
}

enum sg_err
responder_answer(struct responder *r, struct bytes request, int64_t now,
    struct buf *out, int64_t *expires)
{
	struct ocsp_request q;
	enum sg_err e;

	*expires = 0;
	e = ocsp_request_parse(&q, request);
	if (e != SG_OK)
		return refuse(r, out, OCSP_MALFORMED);
	if (!any_is_ours(r, &q))
		return refuse(r, out, OCSP_UNAUTHORIZED);
	/* A certificate that ran out convinces nobody. */
	if (now >= r->config.cert->not_after)
		return refuse(r, out, OCSP_TRY_LATER);
	e = answer(r, &q, now, out, expires);
	if (e == SG_OK || e == SG_ENOMEM)
		return e;
	return refuse(r, out, e == SG_EBUSY || e == SG_ETIMEOUT
	    ? OCSP_TRY_LATER : OCSP_INTERNAL);
}

enum sg_err
responders_answer(struct responder *const *all, size_t n,
    struct bytes request, int64_t now, struct buf *out, int64_t *expires)
{
	struct responder *chosen = all[0];
	struct ocsp_request q;

	/* What cannot be read, or asks nobody, any of them refuses. */
	if (n > 1 && ocsp_request_parse(&q, request) == SG_OK)
		for (size_t i = n; i > 0; i--)
			if (any_is_ours(all[i - 1], &q))
				chosen = all[i - 1];
	return responder_answer(chosen, request, now, out, expires);
}
