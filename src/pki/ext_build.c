/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * struct extensions to DER, by hand: through OpenSSL's templates this took
 * nearly as long as the certificate's signature.
 */

#include <string.h>

#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/ext.h"

#define KRB_NT_SRV_INST 2	/* RFC 4120 6.2 */
#define KEY_USAGE_BITS	9	/* RFC 5280 4.2.1.3 */

/* GeneralName, RFC 5280 4.2.1.6 */
#define GN_OTHER	DER_EXPLICIT(0)
#define GN_EMAIL	DER_CONTEXT(1)
#define GN_DNS	DER_CONTEXT(2)
#define GN_URI	DER_CONTEXT(6)
#define GN_IP		DER_CONTEXT(7)

/* An extension whose value is being appended. */
struct open_ext {
	struct buf *b;
	size_t from;	/* where it begins */
	size_t value;
};

static enum sg_err
ext_open(struct open_ext *e, struct buf *b, const char *oid, bool critical)
{
	*e = (struct open_ext) { b, b->n, 0 };
	SG_TRY(der_put_oid(b, oid));
	if (critical)
		SG_TRY(der_put(b, DER_BOOLEAN, bytes_of("\xff", 1)));
	e->value = b->n;
	return SG_OK;
}

static enum sg_err
ext_close(const struct open_ext *e)
{
	SG_TRY(der_wrap(e->b, e->value, DER_OCTETS));
	return der_wrap(e->b, e->from, DER_SEQUENCE);
}

static enum sg_err
ext_put(struct buf *b, const char *oid, bool critical, struct bytes value)
{
	struct open_ext e;

	SG_TRY(ext_open(&e, b, oid, critical));
	SG_TRY(buf_add_bytes(b, value));
	return ext_close(&e);
}

/* The value of an extension that is one SEQUENCE of what was appended. */
static enum sg_err
ext_close_sequence(const struct open_ext *e)
{
	SG_TRY(der_wrap(e->b, e->value, DER_SEQUENCE));
	return ext_close(e);
}

static enum sg_err
put_basic(struct buf *b, const struct extensions *x)
{
	struct open_ext e;

	if (!x->has_basic)
		return SG_OK;
	SG_TRY(ext_open(&e, b, OID_BASIC_CONSTRAINTS, x->basic_critical));
	if (x->ca)
		SG_TRY(der_put(b, DER_BOOLEAN, bytes_of("\xff", 1)));
	if (x->ca && x->path_len >= 0)
		SG_TRY(der_put_u64(b, (uint64_t)x->path_len));
	return ext_close_sequence(&e);
}

/* A named bit list: without zeroes at the end, X.690 11.2.2. */
static enum sg_err
put_key_usage(struct buf *b, const struct extensions *x)
{
	bool ninth = (x->key_usage & USAGE_DECIPHER_ONLY) != 0;
	uint8_t value[3] = { 0, (uint8_t)x->key_usage, ninth ? 0x80u : 0 };
	struct open_ext e;
	unsigned bits = KEY_USAGE_BITS;

	if (x->key_usage == 0)
		return SG_OK;
	while (bits > 0 && (value[1 + (bits - 1) / 8] &
	    (0x80u >> (bits - 1) % 8)) == 0)
		bits--;
	value[0] = (uint8_t)((8 - bits % 8) % 8);
	SG_TRY(ext_open(&e, b, OID_KEY_USAGE, x->key_usage_critical));
	SG_TRY(der_put(b, DER_BIT_STRING, bytes_of(value,
	    1 + (bits + 7) / 8)));
	return ext_close(&e);
}

static enum sg_err
put_eku(struct buf *b, const struct extensions *x)
{
	struct open_ext e;

	if (x->eku.n == 0)
		return SG_OK;
	SG_TRY(ext_open(&e, b, "2.5.29.37", x->eku_critical));
	for (size_t i = 0; i < x->eku.n; i++)
		SG_TRY(der_put_oid(b, x->eku.v[i]));
	return ext_close_sequence(&e);
}

static enum sg_err
put_template_name(struct buf *b, const char *name)
{
	auto_ossl(ASN1_STRING) s = NULL;
	struct open_ext e;

	SG_TRY(bmp_make(&s, name));
	SG_TRY(ext_open(&e, b, OID_TEMPLATE_V1, false));
	SG_TRY(der_put(b, DER_BMP_STRING, bytes_of(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s))));
	return ext_close(&e);
}

static enum sg_err
put_template(struct buf *b, const struct extensions *x)
{
	struct open_ext e;

	if (x->template_name != NULL)
		SG_TRY(put_template_name(b, x->template_name));
	if (x->template_oid == NULL)
		return SG_OK;
	SG_TRY(ext_open(&e, b, OID_TEMPLATE_V2, false));
	SG_TRY(der_put_oid(b, x->template_oid));
	if (x->template_major >= 0)
		SG_TRY(der_put_u64(b, (uint64_t)x->template_major));
	if (x->template_minor >= 0)
		SG_TRY(der_put_u64(b, (uint64_t)x->template_minor));
	return ext_close_sequence(&e);
}

/* certificatePolicies, and application policies, which look the same. */
static enum sg_err
put_policies(struct buf *b, const char *oid, const struct texts *from)
{
	struct open_ext e;

	if (from->n == 0)
		return SG_OK;
	SG_TRY(ext_open(&e, b, oid, false));
	for (size_t i = 0; i < from->n; i++) {
		size_t at = b->n;

		SG_TRY(der_put_oid(b, from->v[i]));
		SG_TRY(der_wrap(b, at, DER_SEQUENCE));
	}
	return ext_close_sequence(&e);
}

/* What was appended since b->n was `from' is an otherName's value. */
static enum sg_err
other_wrap(struct buf *b, size_t from, const char *oid)
{
	auto_done(buf) value = { 0 };

	SG_TRY(buf_add(&value, b->p + from, b->n - from));
	b->n = from;
	SG_TRY(der_put_oid(b, oid));
	SG_TRY(der_put(b, DER_EXPLICIT(0), buf_bytes(&value)));
	return der_wrap(b, from, GN_OTHER);
}

static enum sg_err
put_other(struct buf *b, const char *oid, uint8_t tag, struct bytes value)
{
	size_t from = b->n;

	SG_TRY(der_put(b, tag, value));
	return other_wrap(b, from, oid);
}

static enum sg_err
put_names(struct buf *b, uint8_t tag, const struct texts *from)
{
	for (size_t i = 0; i < from->n; i++)
		SG_TRY(der_put(b, tag, bytes_str(from->v[i])));
	return SG_OK;
}

static enum sg_err
put_ips(struct buf *b, const struct texts *from)
{
	for (size_t i = 0; i < from->n; i++) {
		auto_ossl(ASN1_OCTET_STRING) ip = a2i_IPADDRESS(from->v[i]);

		if (ip == NULL) {
			ERR_clear_error();
			return sg_fail(SG_EARG, "'%s' is not an IP address",
			    from->v[i]);
		}
		SG_TRY(der_put(b, GN_IP, bytes_of(ASN1_STRING_get0_data(ip),
		    (size_t)ASN1_STRING_length(ip))));
	}
	return SG_OK;
}

/* PrincipalName, RFC 4120 5.2.2: "krbtgt/REALM" up to the '@'.  No escapes, as
 * realms and services have none. */
static enum sg_err
put_krb_name(struct buf *b, const char *text, const char *at)
{
	size_t from = b->n, parts;

	SG_TRY(der_put_u64(b, KRB_NT_SRV_INST));
	SG_TRY(der_wrap(b, from, DER_EXPLICIT(0)));
	parts = b->n;
	while (text <= at) {
		size_t n = strcspn(text, "/@");

		SG_TRY(der_put(b, DER_GENERAL_STRING, bytes_of(text, n)));
		text += n + 1;
	}
	SG_TRY(der_wrap(b, parts, DER_SEQUENCE));
	SG_TRY(der_wrap(b, parts, DER_EXPLICIT(1)));
	return der_wrap(b, from, DER_SEQUENCE);
}

/* KRB5PrincipalName, RFC 4556 3.2.2 */
static enum sg_err
put_principal(struct buf *b, const char *text)
{
	const char *at = strrchr(text, '@');
	size_t from = b->n, name;

	if (at == NULL || at == text || at[1] == '\0')
		return sg_fail(SG_EARG, "'%s' is not a principal", text);
	SG_TRY(der_put(b, DER_GENERAL_STRING, bytes_str(at + 1)));
	SG_TRY(der_wrap(b, from, DER_EXPLICIT(0)));
	name = b->n;
	SG_TRY(put_krb_name(b, text, at));
	SG_TRY(der_wrap(b, name, DER_EXPLICIT(1)));
	SG_TRY(der_wrap(b, from, DER_SEQUENCE));
	return other_wrap(b, from, OID_PKINIT_SAN);
}

static enum sg_err
put_san(struct buf *b, const struct extensions *x)
{
	struct open_ext e;

	SG_TRY(ext_open(&e, b, OID_SUBJECT_ALT_NAME, x->san_critical));
	if (x->upn != NULL)
		SG_TRY(put_other(b, OID_UPN, DER_UTF8_STRING,
		    bytes_str(x->upn)));
	if (x->principal != NULL)
		SG_TRY(put_principal(b, x->principal));
	if (x->guid.n > 0)
		SG_TRY(put_other(b, OID_GUID, DER_OCTETS,
		    buf_bytes(&x->guid)));
	SG_TRY(put_names(b, GN_DNS, &x->dns));
	SG_TRY(put_names(b, GN_EMAIL, &x->email));
	SG_TRY(put_names(b, GN_URI, &x->uri));
	SG_TRY(put_ips(b, &x->ip));
	if (b->n > e.value)
		return ext_close_sequence(&e);
	b->n = e.from;
	return SG_OK;
}

/* adcs.md 5.4: one otherName with the SID's text. */
static enum sg_err
put_sid(struct buf *b, const struct extensions *x)
{
	struct open_ext e;

	if (x->sid == NULL)
		return SG_OK;
	SG_TRY(ext_open(&e, b, OID_SID, false));
	SG_TRY(put_other(b, OID_SID_NAME, DER_OCTETS, bytes_str(x->sid)));
	return ext_close_sequence(&e);
}

static enum sg_err
put_key_ids(struct buf *b, const struct extensions *x)
{
	struct open_ext e;

	if (x->ski.n > 0) {
		SG_TRY(ext_open(&e, b, "2.5.29.14", false));
		SG_TRY(der_put(b, DER_OCTETS, buf_bytes(&x->ski)));
		SG_TRY(ext_close(&e));
	}
	if (x->aki.n == 0)
		return SG_OK;
	SG_TRY(ext_open(&e, b, "2.5.29.35", false));
	SG_TRY(der_put(b, DER_CONTEXT(0), buf_bytes(&x->aki)));
	return ext_close_sequence(&e);
}

/* MS-WCCE: one DistributionPoint whose fullName holds every URL. */
static enum sg_err
put_cdp(struct buf *b, const struct extensions *x)
{
	struct open_ext e;

	if (x->cdp.n == 0)
		return SG_OK;
	SG_TRY(ext_open(&e, b, "2.5.29.31", false));
	SG_TRY(put_names(b, GN_URI, &x->cdp));
	SG_TRY(der_wrap(b, e.value, DER_EXPLICIT(0)));	/* fullName */
	SG_TRY(der_wrap(b, e.value, DER_EXPLICIT(0)));
	SG_TRY(der_wrap(b, e.value, DER_SEQUENCE));
	return ext_close_sequence(&e);
}

static enum sg_err
put_access(struct buf *b, const char *method, const struct texts *from)
{
	for (size_t i = 0; i < from->n; i++) {
		size_t at = b->n;

		SG_TRY(der_put_oid(b, method));
		SG_TRY(der_put(b, GN_URI, bytes_str(from->v[i])));
		SG_TRY(der_wrap(b, at, DER_SEQUENCE));
	}
	return SG_OK;
}

static enum sg_err
put_aia(struct buf *b, const struct extensions *x)
{
	struct open_ext e;

	if (x->ca_issuers.n == 0 && x->ocsp.n == 0)
		return SG_OK;
	SG_TRY(ext_open(&e, b, "1.3.6.1.5.5.7.1.1", false));
	SG_TRY(put_access(b, "1.3.6.1.5.5.7.48.2", &x->ca_issuers));
	SG_TRY(put_access(b, "1.3.6.1.5.5.7.48.1", &x->ocsp));
	return ext_close_sequence(&e);
}

enum sg_err
extensions_encode(struct buf *out, const struct extensions *x)
{
	size_t from = out->n;

	SG_TRY(put_basic(out, x));
	SG_TRY(put_key_usage(out, x));
	SG_TRY(put_eku(out, x));
	SG_TRY(put_template(out, x));
	SG_TRY(put_policies(out, OID_APP_POLICIES, &x->app_policies));
	SG_TRY(put_policies(out, "2.5.29.32", &x->policies));
	SG_TRY(put_san(out, x));
	SG_TRY(put_sid(out, x));
	SG_TRY(put_key_ids(out, x));
	SG_TRY(put_cdp(out, x));
	SG_TRY(put_aia(out, x));
	for (size_t i = 0; i < x->raw_count; i++)
		SG_TRY(ext_put(out, x->raw[i].oid, x->raw[i].critical,
		    buf_bytes(&x->raw[i].der)));
	return der_wrap(out, from, DER_SEQUENCE);
}
