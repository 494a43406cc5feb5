/* SPDX-License-Identifier: BSD-2-Clause */

/* The public half of a token's key, from what the token shows of it. */

#include <string.h>

#include "crypto/pkey.h"
#include "p11/token_impl.h"
#include "pki/cert.h"

#define TAG_OCTETS	0x04
#define TAG_BITS	0x03
#define TAG_SEQUENCE	0x30
#define EXPONENT_MAX	4

/* id-ecPublicKey, RFC 5480 2.1.1 */
static const uint8_t ec_public_key[] = { 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 0x02, 0x01 };

/* X.690 8.1.3; nothing here reaches 64 KiB. */
static enum sg_err
der_add_length(struct buf *out, size_t n)
{
	if (n < 0x80)
		return buf_add_u8(out, (uint8_t)n);
	if (n < 0x100) {
		SG_TRY(buf_add_u8(out, 0x81));
		return buf_add_u8(out, (uint8_t)n);
	}
	SG_TRY(buf_add_u8(out, 0x82));
	return buf_add_u16(out, (uint16_t)n);
}

static enum sg_err
der_add_value(struct buf *out, uint8_t tag, struct bytes x)
{
	SG_TRY(buf_add_u8(out, tag));
	SG_TRY(der_add_length(out, x.n));
	return buf_add_bytes(out, x);
}

/* CKA_EC_POINT is a DER OCTET STRING; some tokens leave its head away. */
static struct bytes
point_of(const struct buf *b)
{
	struct bytes x = buf_bytes(b);
	size_t head = x.n >= 2 && x.p[0] == TAG_OCTETS ?
	    x.p[1] < 0x80 ? 2 : x.p[1] == 0x81 ? 3 : 0 : 0;

	if (head > 0 && x.n > head && x.p[head - 1] == x.n - head)
		return bytes_of(x.p + head, x.n - head);
	return x;
}

/* RFC 5480 2: AlgorithmIdentifier with the curve, then the point's bits. */
static enum sg_err
ec_spki(const struct token *t, CK_OBJECT_HANDLE o, struct buf *out)
{
	auto_done(buf) params = { 0 }, raw = { 0 }, bits = { 0 };
	auto_done(buf) algorithm = { 0 }, body = { 0 };

	SG_TRY(token_attribute(t, o, CKA_EC_PARAMS, &params));
	SG_TRY(token_attribute(t, o, CKA_EC_POINT, &raw));
	SG_TRY(buf_add(&algorithm, ec_public_key, sizeof(ec_public_key)));
	SG_TRY(buf_add_bytes(&algorithm, buf_bytes(&params)));
	SG_TRY(buf_add_u8(&bits, 0));
	SG_TRY(buf_add_bytes(&bits, point_of(&raw)));
	SG_TRY(der_add_value(&body, TAG_SEQUENCE, buf_bytes(&algorithm)));
	SG_TRY(der_add_value(&body, TAG_BITS, buf_bytes(&bits)));
	return der_add_value(out, TAG_SEQUENCE, buf_bytes(&body));
}

static enum sg_err
rsa_spki(const struct token *t, CK_OBJECT_HANDLE o, struct buf *out)
{
	auto_done(buf) n = { 0 }, e = { 0 };
	auto_free(pkey) k = NULL;
	uint32_t exponent = 0;

	SG_TRY(token_attribute(t, o, CKA_MODULUS, &n));
	SG_TRY(token_attribute(t, o, CKA_PUBLIC_EXPONENT, &e));
	if (e.n > EXPONENT_MAX)
		return sg_fail(SG_EUNSUPPORTED, "token '%s': a public "
		    "exponent of %zu bytes", t->label, e.n);
	for (size_t i = 0; i < e.n; i++)
		exponent = exponent << 8 | e.p[i];
	SG_TRY(pkey_from_rsa(&k, buf_bytes(&n), exponent));
	return pkey_spki(k, out);
}

static enum sg_err
object_of(const struct token *t, CK_OBJECT_CLASS class, struct bytes id,
    CK_OBJECT_HANDLE *out)
{
	CK_ATTRIBUTE want[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, (void *)(uintptr_t)id.p, id.n },
	};
	CK_ULONG n = 0;

	SG_TRY(token_search(t, want, 2, out, 1, &n));
	return n == 1 ? SG_OK : sg_fail(SG_ENOENT, "token '%s' shows neither "
	    "public key nor certificate of the private key", t->label);
}

static enum sg_err
public_object_spki(const struct token *t, CK_OBJECT_HANDLE o, struct buf *out)
{
	auto_done(buf) type = { 0 };
	CK_KEY_TYPE kind;

	SG_TRY(token_attribute(t, o, CKA_KEY_TYPE, &type));
	if (type.n != sizeof(kind))
		return sg_fail(SG_EFORMAT, "token '%s': a key type of %zu "
		    "bytes", t->label, type.n);
	memcpy(&kind, type.p, sizeof(kind));
	if (kind == CKK_RSA)
		return rsa_spki(t, o, out);
	if (kind == CKK_EC)
		return ec_spki(t, o, out);
	return sg_fail(SG_EUNSUPPORTED, "token '%s': a key that is neither "
	    "RSA nor EC", t->label);
}

static enum sg_err
cert_spki(const struct token *t, struct bytes id, struct buf *out)
{
	auto_done(buf) der = { 0 };
	auto_free(cert) c = NULL;
	CK_OBJECT_HANDLE o;

	SG_TRY(object_of(t, CKO_CERTIFICATE, id, &o));
	SG_TRY(token_attribute(t, o, CKA_VALUE, &der));
	SG_TRY(cert_parse(&c, buf_bytes(&der)));
	return buf_add_bytes(out, buf_bytes(&c->spki));
}

enum sg_err
token_spki(const struct token *t, struct bytes id, struct buf *out)
{
	auto_done(buf) spki = { 0 };
	auto_free(pkey) k = NULL;
	CK_OBJECT_HANDLE o;
	enum sg_err e = object_of(t, CKO_PUBLIC_KEY, id, &o);

	if (e == SG_OK)
		e = public_object_spki(t, o, &spki);
	else if (e == SG_ENOENT)
		e = cert_spki(t, id, &spki);
	SG_TRY(e);
	/* What a token says is foreign bytes. */
	SG_TRY(sg_while(pkey_from_spki(&k, buf_bytes(&spki)), "token '%s'",
	    t->label));
	return buf_add_bytes(out, buf_bytes(&spki));
}
