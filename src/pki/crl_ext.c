/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/crl_ext.h"

#define ID_CE		0x55, 0x1d	/* 2.5.29 */

static const uint8_t number[] = { ID_CE, 20 };
static const uint8_t delta[] = { ID_CE, 27 };
static const uint8_t point[] = { ID_CE, 28 };
static const uint8_t key_id[] = { ID_CE, 35 };
static const uint8_t freshest[] = { ID_CE, 46 };
/* szOID_CRL_NEXT_PUBLISH, 1.3.6.1.4.1.311.21.4 */
static const uint8_t next_publish[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82,
	0x37, 0x15, 0x04 };

const struct bytes crl_oid_number = { number, sizeof(number) };
const struct bytes crl_oid_delta = { delta, sizeof(delta) };

/* Makes the value that was appended since `from' an extension. */
static enum sg_err
extension(struct buf *b, size_t from, struct bytes oid, bool critical)
{
	static const uint8_t yes[] = { 0xff };
	auto_done(buf) value = { 0 };

	SG_TRY(buf_add(&value, b->p + from, b->n - from));
	b->n = from;
	SG_TRY(der_put(b, DER_OID, oid));
	if (critical)
		SG_TRY(der_put(b, DER_BOOLEAN, bytes_of(yes, sizeof(yes))));
	SG_TRY(der_put(b, DER_OCTETS, buf_bytes(&value)));
	return der_wrap(b, from, DER_SEQUENCE);
}

static enum sg_err
put_key_id(struct buf *b, struct bytes id)
{
	size_t from = b->n;

	if (id.n == 0)
		return SG_OK;
	SG_TRY(der_put(b, DER_CONTEXT(0), id));
	SG_TRY(der_wrap(b, from, DER_SEQUENCE));
	return extension(b, from, bytes_of(key_id, sizeof(key_id)), false);
}

static enum sg_err
put_number(struct buf *b, uint64_t v, struct bytes oid, bool critical)
{
	size_t from = b->n;

	SG_TRY(der_put_u64(b, v));
	return extension(b, from, oid, critical);
}

/* DistributionPointName of URLs, [0] { fullName [0] { uri [6] ... } }. */
static enum sg_err
put_point_name(struct buf *b, const struct texts *urls)
{
	size_t from = b->n;

	for (size_t i = 0; i < urls->n; i++)
		SG_TRY(der_put(b, DER_CONTEXT(6), bytes_str(urls->v[i])));
	SG_TRY(der_wrap(b, from, DER_EXPLICIT(0)));
	return der_wrap(b, from, DER_EXPLICIT(0));
}

static enum sg_err
put_issuing_point(struct buf *b, const struct crl_head *h)
{
	static const uint8_t yes[] = { 0xff };
	size_t from = b->n;
	bool named = h->points != NULL && h->points->n > 0;

	if (!named && !h->users_only && !h->cas_only)
		return SG_OK;
	if (named)
		SG_TRY(put_point_name(b, h->points));
	if (h->users_only)
		SG_TRY(der_put(b, DER_CONTEXT(1), bytes_of(yes, 1)));
	if (h->cas_only)
		SG_TRY(der_put(b, DER_CONTEXT(2), bytes_of(yes, 1)));
	SG_TRY(der_wrap(b, from, DER_SEQUENCE));
	return extension(b, from, bytes_of(point, sizeof(point)), true);
}

static enum sg_err
put_next_publish(struct buf *b, int64_t when)
{
	size_t from = b->n;

	if (when == 0)
		return SG_OK;
	SG_TRY(der_put_time(b, when));
	return extension(b, from,
	    bytes_of(next_publish, sizeof(next_publish)), false);
}

static enum sg_err
put_freshest(struct buf *b, const struct texts *urls)
{
	size_t from = b->n;

	if (urls == NULL || urls->n == 0)
		return SG_OK;
	SG_TRY(put_point_name(b, urls));
	SG_TRY(der_wrap(b, from, DER_SEQUENCE));
	SG_TRY(der_wrap(b, from, DER_SEQUENCE));
	return extension(b, from, bytes_of(freshest, sizeof(freshest)),
	    false);
}

enum sg_err
crl_extensions(struct buf *out, const struct crl_head *h)
{
	size_t from = out->n;

	SG_TRY(put_key_id(out, buf_bytes(&h->issuer->ext.ski)));
	SG_TRY(put_number(out, h->number, crl_oid_number, false));
	if (h->delta)
		SG_TRY(put_number(out, h->base, crl_oid_delta, true));
	SG_TRY(put_issuing_point(out, h));
	SG_TRY(put_next_publish(out, h->next_publish));
	SG_TRY(put_freshest(out, h->freshest));
	SG_TRY(der_wrap(out, from, DER_SEQUENCE));
	return der_wrap(out, from, DER_EXPLICIT(0));
}
