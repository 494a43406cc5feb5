/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/plain.h"

#include "pki/ext.h"

bool
plain_oid(struct bytes x)
{
	bool first = true;

	for (size_t i = 0; i < x.n; i++) {
		if (first && x.p[i] == 0x80)
			return false;
		first = (x.p[i] & 0x80) == 0;
	}
	return x.n > 0 && first;
}

bool
plain_algorithm(struct reader *from)
{
	struct reader r = reader_of(der_get(from, DER_SEQUENCE));
	bool good = plain_oid(der_get(&r, DER_OID));

	if (der_next_is(&r, DER_OID))
		good = plain_oid(der_get(&r, DER_OID)) && good;
	else if (r.left.n > 0)
		good = der_get(&r, DER_NULL).n == 0 && good;
	return reader_end(&r) && good;
}

bool
plain_key(struct bytes *key, struct bytes spki)
{
	struct reader outer = reader_of(spki), r;
	struct bytes bits;

	r = reader_of(der_get(&outer, DER_SEQUENCE));
	if (!plain_algorithm(&r))
		return false;
	bits = der_get(&r, DER_BIT_STRING);
	if (!reader_end(&r) || !reader_end(&outer) || bits.n == 0 ||
	    bits.p[0] != 0)
		return false;
	*key = bytes_of(bits.p + 1, bits.n - 1);
	return true;
}

bool
plain_text(struct bytes x)
{
	for (size_t i = 0; i < x.n; i++)
		if (x.p[i] < 0x20 || x.p[i] > 0x7e)
			return false;
	return x.n <= EXT_TEXT_MAX;
}

/* 1.3.6.1.4.1.311.20.2.3 and .25.2.1 */
static const uint8_t upn[] = { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3 };
static const uint8_t sid[] = { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 25, 2, 1 };

bool
plain_is_upn(const struct plain_name *n)
{
	return n->tag == PLAIN_OTHER && n->kind == DER_UTF8_STRING &&
	    bytes_eq(n->oid, bytes_of(upn, sizeof(upn)));
}

bool
plain_is_sid(const struct plain_name *n)
{
	return n->tag == PLAIN_OTHER && n->kind == DER_OCTETS &&
	    bytes_eq(n->oid, bytes_of(sid, sizeof(sid)));
}

/* OtherName, RFC 5280 4.2.1.6 */
static bool
other_get(struct plain_name *out, struct reader *list)
{
	struct reader r = reader_of(der_get(list, PLAIN_OTHER)), in;

	out->oid = der_get(&r, DER_OID);
	in = reader_of(der_get(&r, DER_EXPLICIT(0)));
	out->kind = in.left.n > 0 ? in.left.p[0] : 0;
	out->value = der_get(&in, out->kind);
	return reader_end(&in) && reader_end(&r) && plain_text(out->value) &&
	    (plain_is_upn(out) || plain_is_sid(out));
}

bool
plain_name_get(struct plain_name *out, struct reader *r)
{
	*out = (struct plain_name) { .tag = r->left.n > 0 ? r->left.p[0]
							   : 0 };
	switch (out->tag) {
	case PLAIN_OTHER:
		return other_get(out, r);
	case PLAIN_EMAIL:
	case PLAIN_DNS:
	case PLAIN_URI:
		out->value = der_get(r, out->tag);
		return !r->failed && plain_text(out->value);
	case PLAIN_IP:
		out->value = der_get(r, out->tag);
		return out->value.n == 4 || out->value.n == 16;
	default:
		return false;
	}
}
