/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/ocsp.h"
#include "pki/ocsp_oid.h"

#define ID_OCSP 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01

static const uint8_t oid_basic[] = { ID_OCSP, 1 };
static const uint8_t oid_nonce[] = { ID_OCSP, 2 };
static const uint8_t oid_response[] = { ID_OCSP, 4 };
static const uint8_t oid_cutoff[] = { ID_OCSP, 6 };
static const uint8_t oid_preferred[] = { ID_OCSP, 8 };

const struct bytes ocsp_oid_basic = { oid_basic, sizeof(oid_basic) };
const struct bytes ocsp_oid_nonce = { oid_nonce, sizeof(oid_nonce) };
const struct bytes ocsp_oid_response = { oid_response, sizeof(oid_response) };
const struct bytes ocsp_oid_cutoff = { oid_cutoff, sizeof(oid_cutoff) };
const struct bytes ocsp_oid_preferred = { oid_preferred,
	sizeof(oid_preferred) };

/* Makes the value appended since `from' the only extension of a list [1]. */
static enum sg_err
wrap_extensions(struct buf *b, size_t from, struct bytes oid)
{
	auto_done(buf) value = { 0 };

	SG_TRY(buf_add(&value, b->p + from, b->n - from));
	b->n = from;
	SG_TRY(der_put(b, DER_OID, oid));
	SG_TRY(der_put(b, DER_OCTETS, buf_bytes(&value)));
	SG_TRY(der_wrap(b, from, DER_SEQUENCE));
	SG_TRY(der_wrap(b, from, DER_SEQUENCE));
	return der_wrap(b, from, DER_EXPLICIT(1));
}

static enum sg_err
put_revoked(struct buf *b, const struct ocsp_single *s)
{
	uint8_t reason = (uint8_t)s->reason;
	size_t from = b->n, at;

	SG_TRY(der_put_generalized(b, s->when));
	at = b->n;
	if (s->reason != CRL_UNSPECIFIED) {
		SG_TRY(der_put(b, DER_ENUMERATED, bytes_of(&reason, 1)));
		SG_TRY(der_wrap(b, at, DER_EXPLICIT(0)));
	}
	return der_wrap(b, from, DER_EXPLICIT(1));
}

static enum sg_err
put_status(struct buf *b, const struct ocsp_single *s)
{
	if (s->status == OCSP_REVOKED)
		return put_revoked(b, s);
	return der_put(b, s->status == OCSP_GOOD ? DER_CONTEXT(0)
						 : DER_CONTEXT(2),
	    (struct bytes) { 0 });
}

static enum sg_err
put_single(struct buf *b, const struct ocsp_answer *a,
    const struct ocsp_single *s)
{
	size_t from = b->n, at;

	SG_TRY(buf_add_bytes(b, s->id));
	SG_TRY(put_status(b, s));
	SG_TRY(der_put_generalized(b, a->now));
	at = b->n;
	SG_TRY(der_put_generalized(b, a->next_update));
	SG_TRY(der_wrap(b, at, DER_EXPLICIT(0)));
	at = b->n;
	if (a->archive_cutoff != 0) {
		SG_TRY(der_put_generalized(b, a->archive_cutoff));
		SG_TRY(wrap_extensions(b, at, ocsp_oid_cutoff));
	}
	return der_wrap(b, from, DER_SEQUENCE);
}

/* What is signed. */
static enum sg_err
put_data(struct buf *b, const struct ocsp_answer *a)
{
	size_t from = b->n, at;

	SG_TRY(der_put(b, DER_OCTETS,
	    bytes_of(a->responder->key_id, KEY_ID_LEN)));
	SG_TRY(der_wrap(b, from, DER_EXPLICIT(2)));
	SG_TRY(der_put_generalized(b, a->now));
	at = b->n;
	for (size_t i = 0; i < a->count; i++)
		SG_TRY(put_single(b, a, &a->v[i]));
	SG_TRY(der_wrap(b, at, DER_SEQUENCE));
	at = b->n;
	if (a->nonce.n > 0) {
		SG_TRY(der_put(b, DER_OCTETS, a->nonce));
		SG_TRY(wrap_extensions(b, at, ocsp_oid_nonce));
	}
	return der_wrap(b, from, DER_SEQUENCE);
}

static enum sg_err
put_basic(struct buf *b, const struct ocsp_answer *a)
{
	uint8_t digest[DIGEST_MAX];
	auto_done(buf) signature = { 0 };
	size_t from = b->n, at;

	SG_TRY(put_data(b, a));
	SG_TRY(digest_of(a->alg->hash, bytes_of(b->p + from, b->n - from),
	    digest));
	SG_TRY(a->signer.ops->sign(a->signer.ctx, a->alg->scheme,
	    a->alg->hash, bytes_of(digest, digest_size(a->alg->hash)),
	    &signature));
	SG_TRY(buf_add_bytes(b, a->alg->der));
	SG_TRY(sig_alg_put(b, buf_bytes(&signature)));
	at = b->n;
	SG_TRY(buf_add_bytes(b, buf_bytes(&a->responder->der)));
	SG_TRY(der_wrap(b, at, DER_SEQUENCE));
	SG_TRY(der_wrap(b, at, DER_EXPLICIT(0)));
	return der_wrap(b, from, DER_SEQUENCE);
}

static enum sg_err
put_response_status(struct buf *b, uint8_t status)
{
	return der_put(b, DER_ENUMERATED, bytes_of(&status, 1));
}

enum sg_err
ocsp_answer_write(struct buf *out, const struct ocsp_answer *a)
{
	auto_done(buf) b = { 0 };
	size_t from, at;

	SG_TRY(put_response_status(&b, 0));
	from = b.n;
	SG_TRY(der_put(&b, DER_OID, ocsp_oid_basic));
	at = b.n;
	SG_TRY(put_basic(&b, a));
	SG_TRY(der_wrap(&b, at, DER_OCTETS));
	SG_TRY(der_wrap(&b, from, DER_SEQUENCE));
	SG_TRY(der_wrap(&b, from, DER_EXPLICIT(0)));
	SG_TRY(der_wrap(&b, 0, DER_SEQUENCE));
	return buf_add_bytes(out, buf_bytes(&b));
}

enum sg_err
ocsp_error_write(struct buf *out, enum ocsp_error e)
{
	size_t from = out->n;

	SG_TRY(put_response_status(out, (uint8_t)e));
	return der_wrap(out, from, DER_SEQUENCE);
}
