/* SPDX-License-Identifier: BSD-2-Clause */

/* SignedData around a request; the OIDs of reading it, too. */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pki/ms.h"
#include "pki/signed.h"
#include "pki/signed_oid.h"

#define OID(...) { (const uint8_t[]) { __VA_ARGS__ }, \
	sizeof((const uint8_t[]) { __VA_ARGS__ }) }
#define PKCS(...) OID(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, __VA_ARGS__)
#define SHA2(last) OID(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last)

const struct bytes signed_message = PKCS(0x07, 0x02);
const struct bytes signed_types[SIGNED_TYPES] = {
	PKCS(0x07, 0x01),
	/* 1.3.6.1.5.5.7.12.2 */
	OID(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x0c, 0x02),
};
const struct bytes signed_hashes[SIGNED_HASHES] = { SHA2(0x01), SHA2(0x02),
	SHA2(0x03) };
const struct bytes signed_schemes[SIGNED_SCHEMES] = {
	PKCS(0x01, 0x01), PKCS(0x01, 0x0a),
	/* 1.3.6.1.5.5.7.6.2 */
	OID(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x06, 0x02),
};
const struct bytes signed_mgf1 = PKCS(0x01, 0x08);
const struct bytes signed_attrs[SIGNED_ATTRS] = { PKCS(0x09, 0x03),
	PKCS(0x09, 0x04) };
/* 1.3.6.1.4.1.311.13.2.1 */
const struct bytes signed_name_value = OID(0x2b, 0x06, 0x01, 0x04, 0x01, 0x82,
	0x37, 0x0d, 0x02, 0x01);

/* Attribute with one value. */
static enum sg_err
put_attr(struct buf *b, struct bytes oid, struct bytes value)
{
	size_t at = b->n, set;

	SG_TRY(der_put(b, DER_OID, oid));
	set = b->n;
	SG_TRY(buf_add_bytes(b, value));
	SG_TRY(der_wrap(b, set, SIGNED_SET));
	return der_wrap(b, at, DER_SEQUENCE);
}

static enum sg_err
put_requester(struct buf *b, const char *requester)
{
	auto_done(buf) pair = { 0 };

	if (requester == NULL)
		return SG_OK;
	SG_TRY(ms_pair_add(&pair, "requestername", requester));
	return put_attr(b, signed_name_value, buf_bytes(&pair));
}

/* The contents of the SET; by their lengths they are in DER's order. */
static enum sg_err
put_attrs(struct buf *b, const struct signed_plan *p)
{
	auto_done(buf) type = { 0 }, digest = { 0 };
	uint8_t d[DIGEST_MAX];

	SG_TRY(digest_of(DIGEST_SHA256, p->content, d));
	SG_TRY(der_put(&type, DER_OID, signed_types[SIGNED_DATA - 1]));
	SG_TRY(der_put(&digest, DER_OCTETS, bytes_of(d, SHA256_LEN)));
	SG_TRY(put_attr(b, signed_attrs[SIGNED_ATTR_TYPE],
	    buf_bytes(&type)));
	SG_TRY(put_attr(b, signed_attrs[SIGNED_ATTR_DIGEST],
	    buf_bytes(&digest)));
	return put_requester(b, p->requester);
}

static enum sg_err
put_hash(struct buf *b)
{
	size_t at = b->n;

	SG_TRY(der_put(b, DER_OID, signed_hashes[0]));
	SG_TRY(der_put(b, DER_NULL, (struct bytes) { 0 }));
	return der_wrap(b, at, DER_SEQUENCE);
}

/* The signature over the SET of the attributes. */
static enum sg_err
put_signature(struct buf *b, struct bytes attrs, struct signer s)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) set = { 0 }, spki = { 0 }, signature = { 0 };
	const struct sig_alg *a;
	uint8_t d[DIGEST_MAX];

	SG_TRY(s.ops->spki(s.ctx, &spki));
	SG_TRY(pkey_from_spki(&k, buf_bytes(&spki)));
	a = sig_alg_of(pkey_kind(k), DIGEST_SHA256);
	SG_TRY(der_put(&set, SIGNED_SET, attrs));
	SG_TRY(digest_of(DIGEST_SHA256, buf_bytes(&set), d));
	SG_TRY(s.ops->sign(s.ctx, a->scheme, a->hash,
	    bytes_of(d, SHA256_LEN), &signature));
	SG_TRY(buf_add_bytes(b, a->der));
	return der_put(b, DER_OCTETS, buf_bytes(&signature));
}

static enum sg_err
put_name(struct buf *b, const struct cert *c)
{
	auto_done(buf) serial = { 0 };
	size_t at = b->n;

	SG_TRY(hex_decode(&serial, c->serial));
	SG_TRY(buf_add_bytes(b, buf_bytes(&c->issuer_der)));
	SG_TRY(der_put_number(b, buf_bytes(&serial)));
	return der_wrap(b, at, DER_SEQUENCE);
}

static enum sg_err
put_signer(struct buf *b, const struct signed_plan *p)
{
	auto_done(buf) attrs = { 0 };
	size_t at = b->n;

	SG_TRY(put_attrs(&attrs, p));
	SG_TRY(der_put_u64(b, 1));
	SG_TRY(put_name(b, p->cert));
	SG_TRY(put_hash(b));
	SG_TRY(der_put(b, DER_EXPLICIT(0), buf_bytes(&attrs)));
	SG_TRY(put_signature(b, buf_bytes(&attrs), p->signer));
	SG_TRY(der_wrap(b, at, DER_SEQUENCE));
	return der_wrap(b, at, SIGNED_SET);
}

static enum sg_err
put_content(struct buf *b, struct bytes content)
{
	size_t at = b->n, value;

	SG_TRY(der_put(b, DER_OID, signed_types[SIGNED_DATA - 1]));
	value = b->n;
	SG_TRY(der_put(b, DER_OCTETS, content));
	SG_TRY(der_wrap(b, value, DER_EXPLICIT(0)));
	return der_wrap(b, at, DER_SEQUENCE);
}

static enum sg_err
put_signed(struct buf *b, const struct signed_plan *p)
{
	size_t at = b->n, set;

	SG_TRY(der_put_u64(b, 1));
	set = b->n;
	SG_TRY(put_hash(b));
	SG_TRY(der_wrap(b, set, SIGNED_SET));
	SG_TRY(put_content(b, p->content));
	SG_TRY(der_put(b, DER_EXPLICIT(0), buf_bytes(&p->cert->der)));
	SG_TRY(put_signer(b, p));
	return der_wrap(b, at, DER_SEQUENCE);
}

/* ContentInfo around what has been put. */
static enum sg_err
put_message(struct buf *out, struct buf *b)
{
	auto_done(buf) m = { 0 };
	size_t value;

	SG_TRY(der_put(&m, DER_OID, signed_message));
	value = m.n;
	SG_TRY(buf_add_bytes(&m, buf_bytes(b)));
	SG_TRY(der_wrap(&m, value, DER_EXPLICIT(0)));
	SG_TRY(der_wrap(&m, 0, DER_SEQUENCE));
	return buf_add_bytes(out, buf_bytes(&m));
}

enum sg_err
signed_write(struct buf *out, const struct signed_plan *p)
{
	auto_done(buf) b = { 0 };

	SG_TRY(put_signed(&b, p));
	return put_message(out, &b);
}

/* A SET OF in DER is in the order of its encodings. */
static int
in_order(const void *a, const void *b)
{
	const struct cert *const *x = a, *const *y = b;
	size_t n = (*x)->der.n < (*y)->der.n ? (*x)->der.n : (*y)->der.n;
	int d = memcmp((*x)->der.p, (*y)->der.p, n);

	return d != 0 ? d : ((*x)->der.n > (*y)->der.n) -
	    ((*x)->der.n < (*y)->der.n);
}

static enum sg_err
put_certs(struct buf *b, const struct cert **certs, size_t n)
{
	size_t at = b->n;

	qsort(certs, n, sizeof(*certs), in_order);
	for (size_t i = 0; i < n; i++)
		SG_TRY(buf_add_bytes(b, buf_bytes(&certs[i]->der)));
	return der_wrap(b, at, DER_EXPLICIT(0));
}

/* RFC 5652 5.1: version 1, no digests, content without a value, no signers. */
static enum sg_err
put_unsigned(struct buf *b, const struct cert **certs, size_t n)
{
	const struct bytes none = { 0 };
	size_t at;

	SG_TRY(der_put_u64(b, 1));
	SG_TRY(der_put(b, SIGNED_SET, none));
	at = b->n;
	SG_TRY(der_put(b, DER_OID, signed_types[SIGNED_DATA - 1]));
	SG_TRY(der_wrap(b, at, DER_SEQUENCE));
	SG_TRY(put_certs(b, certs, n));
	SG_TRY(der_put(b, SIGNED_SET, none));
	return der_wrap(b, 0, DER_SEQUENCE);
}

enum sg_err
signed_certs(struct buf *out, const struct cert *const *certs, size_t n)
{
	auto_done(buf) b = { 0 };
	const struct cert *v[BUNDLE_COUNT_MAX];

	if (n > BUNDLE_COUNT_MAX)
		return sg_fail(SG_ELIMIT, "more than %d certificates",
		    BUNDLE_COUNT_MAX);
	for (size_t i = 0; i < n; i++)
		v[i] = certs[i];
	SG_TRY(put_unsigned(&b, v, n));
	return put_message(out, &b);
}
