/* SPDX-License-Identifier: BSD-2-Clause */

/* SignedData around a request; the OIDs of reading it, too. */

#include <stdlib.h>
#include <string.h>

#include "pki/issuer_serial.h"
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
	SHA2(0x03), OID(0x2b, 0x0e, 0x03, 0x02, 0x1a) };
const struct bytes signed_schemes[SIGNED_SCHEMES] = {
	PKCS(0x01, 0x01), PKCS(0x01, 0x0a),
	/* 1.3.6.1.5.5.7.6.2 */
	OID(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x06, 0x02),
	PKCS(0x01, 0x05),
	OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01),
};
const struct bytes signed_mgf1 = PKCS(0x01, 0x08);
const struct bytes signed_attrs[SIGNED_ATTRS] = { PKCS(0x09, 0x03),
	PKCS(0x09, 0x04) };
/* 1.3.6.1.4.1.311.13.2.1 */
const struct bytes signed_name_value = OID(0x2b, 0x06, 0x01, 0x04, 0x01, 0x82,
	0x37, 0x0d, 0x02, 0x01);

static enum digest
hash_of(const struct signed_plan *p)
{
	return p->hash != 0 ? p->hash : DIGEST_SHA256;
}

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

/* The attributes, each an encoding of its own. */
struct attrs {
	struct buf v[SIGNED_EXTRAS_MAX + 3];
	size_t n;
};

static void
attrs_done(struct attrs *a)
{
	for (size_t i = 0; i < a->n; i++)
		buf_done(&a->v[i]);
}

static enum sg_err
add_attr(struct attrs *a, struct bytes oid, struct bytes value)
{
	return put_attr(&a->v[a->n++], oid, value);
}

static enum sg_err
add_requester(struct attrs *a, const char *requester)
{
	auto_done(buf) pair = { 0 };

	if (requester == NULL)
		return SG_OK;
	SG_TRY(ms_pair_add(&pair, "requestername", requester));
	return add_attr(a, signed_name_value, buf_bytes(&pair));
}

static enum sg_err
add_attrs(struct attrs *a, const struct signed_plan *p)
{
	auto_done(buf) type = { 0 }, digest = { 0 };
	uint8_t d[DIGEST_MAX];

	if (p->extra_count > SIGNED_EXTRAS_MAX)
		return sg_fail(SG_ELIMIT, "more than %d attributes",
		    SIGNED_EXTRAS_MAX);
	SG_TRY(digest_of(hash_of(p), p->content, d));
	SG_TRY(der_put(&type, DER_OID, signed_types[SIGNED_DATA - 1]));
	SG_TRY(der_put(&digest, DER_OCTETS,
	    bytes_of(d, digest_size(hash_of(p)))));
	SG_TRY(add_attr(a, signed_attrs[SIGNED_ATTR_TYPE],
	    buf_bytes(&type)));
	SG_TRY(add_attr(a, signed_attrs[SIGNED_ATTR_DIGEST],
	    buf_bytes(&digest)));
	for (size_t i = 0; i < p->extra_count; i++)
		SG_TRY(add_attr(a, p->extra[i].oid, p->extra[i].value));
	return add_requester(a, p->requester);
}

/* A SET OF in DER is in the order of its encodings (X.690 11.6). */
static int
in_order(struct bytes a, struct bytes b)
{
	int d = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return d != 0 ? d : (a.n > b.n) - (a.n < b.n);
}

static int
attrs_in_order(const void *a, const void *b)
{
	return in_order(buf_bytes(a), buf_bytes(b));
}

/* The contents of the SET. */
static enum sg_err
put_attrs(struct buf *b, const struct signed_plan *p)
{
	auto_done(attrs) a = { 0 };

	SG_TRY(add_attrs(&a, p));
	qsort(a.v, a.n, sizeof(a.v[0]), attrs_in_order);
	for (size_t i = 0; i < a.n; i++)
		SG_TRY(buf_add_bytes(b, buf_bytes(&a.v[i])));
	return SG_OK;
}

/* AlgorithmIdentifier with parameters NULL. */
static enum sg_err
put_algorithm(struct buf *b, struct bytes oid)
{
	size_t at = b->n;

	SG_TRY(der_put(b, DER_OID, oid));
	SG_TRY(der_put(b, DER_NULL, (struct bytes) { 0 }));
	return der_wrap(b, at, DER_SEQUENCE);
}

static enum sg_err
put_hash(struct buf *b, enum digest hash)
{
	static const enum digest order[SIGNED_HASHES] = { DIGEST_SHA256,
		DIGEST_SHA384, DIGEST_SHA512, DIGEST_SHA1 };

	for (size_t i = 0; i < SIGNED_HASHES; i++)
		if (order[i] == hash)
			return put_algorithm(b, signed_hashes[i]);
	return sg_fail(SG_EUNSUPPORTED, "an unknown digest");
}

/* That it is the certificate's key which has signed: that of one that is here
 * is compared, of another the signature is checked. */
static enum sg_err
check_signer(const struct signed_plan *p, enum sign_scheme scheme,
    struct bytes digest, struct bytes signature)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) spki = { 0 };

	if (!p->signer.ops->here) {
		SG_TRY(cert_key(&k, p->cert));
		return pkey_verify(k, scheme, hash_of(p), digest, signature);
	}
	SG_TRY(p->signer.ops->spki(p->signer.ctx, &spki));
	return cert_fits(p->cert, buf_bytes(&spki)) ? SG_OK
	    : sg_fail(SG_EVERIFY, "the key is not that of %s",
	    p->cert->subject);
}

static enum sg_err
make_signature(struct buf *out, const struct signed_plan *p,
    enum sign_scheme scheme, struct bytes attrs)
{
	auto_done(buf) set = { 0 };
	uint8_t full[DIGEST_MAX];
	struct bytes digest = bytes_of(full, digest_size(hash_of(p)));

	SG_TRY(der_put(&set, SIGNED_SET, attrs));
	SG_TRY(digest_of(hash_of(p), buf_bytes(&set), full));
	SG_TRY(p->signer.ops->sign(p->signer.ctx, scheme, hash_of(p), digest,
	    out));
	return check_signer(p, scheme, digest, buf_bytes(out));
}

/* The signature over the SET of the attributes. */
static enum sg_err
put_signature(struct buf *b, const struct signed_plan *p, struct bytes attrs)
{
	auto_done(buf) signature = { 0 };
	const struct sig_alg *a;
	enum sign_scheme scheme;
	enum key_kind kind;
	unsigned bits;

	SG_TRY(spki_kind(&kind, &bits, buf_bytes(&p->cert->spki)));
	scheme = kind == KEY_RSA ? SIGN_RSA_PKCS1 : SIGN_ECDSA;
	a = sig_alg_of(kind, hash_of(p));
	if (p->key_name && kind == KEY_RSA)
		SG_TRY(put_algorithm(b, signed_schemes[SIGNED_RSA]));
	else if (a != NULL)
		SG_TRY(buf_add_bytes(b, a->der));
	else
		return sg_fail(SG_EUNSUPPORTED,
		    "nobody should sign with that digest");
	SG_TRY(make_signature(&signature, p, scheme, attrs));
	return der_put(b, DER_OCTETS, buf_bytes(&signature));
}

static enum sg_err
put_signer(struct buf *b, const struct signed_plan *p)
{
	auto_done(buf) attrs = { 0 };
	size_t at = b->n;

	SG_TRY(put_attrs(&attrs, p));
	SG_TRY(der_put_u64(b, 1));
	SG_TRY(issuer_serial_put(b, p->cert));
	SG_TRY(put_hash(b, hash_of(p)));
	SG_TRY(der_put(b, DER_EXPLICIT(0), buf_bytes(&attrs)));
	SG_TRY(put_signature(b, p, buf_bytes(&attrs)));
	SG_TRY(der_wrap(b, at, DER_SEQUENCE));
	return der_wrap(b, at, SIGNED_SET);
}

static enum sg_err
put_content(struct buf *b, const struct signed_plan *p)
{
	size_t at = b->n, value;

	SG_TRY(der_put(b, DER_OID, signed_types[SIGNED_DATA - 1]));
	value = b->n;
	if (!p->empty) {
		SG_TRY(der_put(b, DER_OCTETS, p->content));
		SG_TRY(der_wrap(b, value, DER_EXPLICIT(0)));
	}
	return der_wrap(b, at, DER_SEQUENCE);
}

static enum sg_err
put_along(struct buf *b, const struct signed_plan *p)
{
	size_t at = b->n;

	SG_TRY(buf_add_bytes(b, buf_bytes(&p->cert->der)));
	for (size_t i = 0; i < p->along_count; i++)
		SG_TRY(buf_add_bytes(b, buf_bytes(&p->along[i]->der)));
	return der_wrap(b, at, DER_EXPLICIT(0));
}

static enum sg_err
put_signed(struct buf *b, const struct signed_plan *p)
{
	size_t at = b->n, set;

	SG_TRY(der_put_u64(b, 1));
	set = b->n;
	SG_TRY(put_hash(b, hash_of(p)));
	SG_TRY(der_wrap(b, set, SIGNED_SET));
	SG_TRY(put_content(b, p));
	SG_TRY(put_along(b, p));
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

static int
certs_in_order(const void *a, const void *b)
{
	const struct cert *const *x = a, *const *y = b;

	return in_order(buf_bytes(&(*x)->der), buf_bytes(&(*y)->der));
}

static enum sg_err
put_certs(struct buf *b, const struct cert *const *certs, size_t n)
{
	size_t at = b->n;

	if (n == 0)
		return SG_OK;
	for (size_t i = 0; i < n; i++)
		SG_TRY(buf_add_bytes(b, buf_bytes(&certs[i]->der)));
	return der_wrap(b, at, DER_EXPLICIT(0));
}

/* RFC 5652 5.1: version 1, no digests, content without a value, no signers. */
enum sg_err
signed_bag(struct buf *out, const struct cert *const *certs, size_t n,
    struct bytes crl)
{
	auto_done(buf) b = { 0 };
	const struct bytes none = { 0 };
	size_t at;

	SG_TRY(der_put_u64(&b, 1));
	SG_TRY(der_put(&b, SIGNED_SET, none));
	at = b.n;
	SG_TRY(der_put(&b, DER_OID, signed_types[SIGNED_DATA - 1]));
	SG_TRY(der_wrap(&b, at, DER_SEQUENCE));
	SG_TRY(put_certs(&b, certs, n));
	if (crl.n > 0)
		SG_TRY(der_put(&b, DER_EXPLICIT(1), crl));
	SG_TRY(der_put(&b, SIGNED_SET, none));
	SG_TRY(der_wrap(&b, 0, DER_SEQUENCE));
	return put_message(out, &b);
}

enum sg_err
signed_certs(struct buf *out, const struct cert *const *certs, size_t n)
{
	const struct cert *v[BUNDLE_COUNT_MAX];

	if (n > BUNDLE_COUNT_MAX)
		return sg_fail(SG_ELIMIT, "more than %d certificates",
		    BUNDLE_COUNT_MAX);
	for (size_t i = 0; i < n; i++)
		v[i] = certs[i];
	qsort(v, n, sizeof(v[0]), certs_in_order);
	return signed_bag(out, v, n, (struct bytes) { 0 });
}
