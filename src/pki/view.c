/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/view.h"

#include <openssl/asn1.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define VIEW_MAX 65536	/* bytes of a certificate */

/*
 * The AlgorithmIdentifiers of the keys that a container makes (RFC 3279 2.3.1,
 * RFC 5480 2.1.1), compared as bytes: decoding an OBJECT IDENTIFIER makes
 * OpenSSL load openssl.cnf, which may define more of them.
 */
static const uint8_t rsa[] = { 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 1, 1, 1, 5, 0 };
static const uint8_t p256[] = { 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce,
	0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
#define CURVE_AT 11	/* where the curve's identifier begins in p256 */

typedef struct {
	ASN1_INTEGER *version;
	ASN1_INTEGER *serial;
	ASN1_TYPE *algorithm;
	ASN1_TYPE *issuer;
	X509_VAL *validity;
	ASN1_TYPE *subject;
	ASN1_TYPE *spki;
	ASN1_BIT_STRING *issuer_id;
	ASN1_BIT_STRING *subject_id;
	ASN1_TYPE *extensions;
} VIEW_TBS;

typedef struct {
	VIEW_TBS *tbs;
	ASN1_TYPE *algorithm;
	ASN1_BIT_STRING *signature;
} VIEW_CERT;

typedef struct {
	ASN1_TYPE *algorithm;
	ASN1_BIT_STRING *key;
} VIEW_SPKI;

typedef struct {
	ASN1_INTEGER *n;
	ASN1_INTEGER *e;
} VIEW_RSA;

ASN1_SEQUENCE(VIEW_TBS) = {
	ASN1_EXP_OPT(VIEW_TBS, version, ASN1_INTEGER, 0),
	ASN1_SIMPLE(VIEW_TBS, serial, ASN1_INTEGER),
	ASN1_SIMPLE(VIEW_TBS, algorithm, ASN1_ANY),
	ASN1_SIMPLE(VIEW_TBS, issuer, ASN1_ANY),
	ASN1_SIMPLE(VIEW_TBS, validity, X509_VAL),
	ASN1_SIMPLE(VIEW_TBS, subject, ASN1_ANY),
	ASN1_SIMPLE(VIEW_TBS, spki, ASN1_ANY),
	ASN1_IMP_OPT(VIEW_TBS, issuer_id, ASN1_BIT_STRING, 1),
	ASN1_IMP_OPT(VIEW_TBS, subject_id, ASN1_BIT_STRING, 2),
	ASN1_EXP_OPT(VIEW_TBS, extensions, ASN1_ANY, 3),
} static_ASN1_SEQUENCE_END(VIEW_TBS)

ASN1_SEQUENCE(VIEW_CERT) = {
	ASN1_SIMPLE(VIEW_CERT, tbs, VIEW_TBS),
	ASN1_SIMPLE(VIEW_CERT, algorithm, ASN1_ANY),
	ASN1_SIMPLE(VIEW_CERT, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(VIEW_CERT)

ASN1_SEQUENCE(VIEW_SPKI) = {
	ASN1_SIMPLE(VIEW_SPKI, algorithm, ASN1_ANY),
	ASN1_SIMPLE(VIEW_SPKI, key, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(VIEW_SPKI)

ASN1_SEQUENCE(VIEW_RSA) = {
	ASN1_SIMPLE(VIEW_RSA, n, ASN1_INTEGER),
	ASN1_SIMPLE(VIEW_RSA, e, ASN1_INTEGER),
} static_ASN1_SEQUENCE_END(VIEW_RSA)

static void
decoded_free(ASN1_VALUE **v, const ASN1_ITEM *it)
{
	ASN1_item_free(*v, it);
}

#define VIEW_AUTO(type)                                                  \
	static void type##_auto(type **p)                                \
	{                                                                \
		decoded_free((ASN1_VALUE **)p, ASN1_ITEM_rptr(type));    \
	}
VIEW_AUTO(VIEW_CERT)
VIEW_AUTO(VIEW_SPKI)
VIEW_AUTO(VIEW_RSA)
#define auto_view(type) __attribute__((cleanup(type##_auto))) type *

/* The whole of der as one value, or NULL; the host's error queue stays as it
 * was. */
static void *
decode(struct bytes der, const ASN1_ITEM *it)
{
	const uint8_t *p = der.p;
	ASN1_VALUE *v = NULL;

	if (der.n == 0 || der.n > VIEW_MAX)
		return NULL;
	(void)ERR_set_mark();
	v = ASN1_item_d2i(NULL, &p, (long)der.n, it);
	(void)ERR_pop_to_mark();
	if (v != NULL && p != der.p + der.n) {
		ASN1_item_free(v, it);
		v = NULL;
	}
	return v;
}

static struct bytes
string_bytes(const ASN1_STRING *s)
{
	return bytes_of(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
}

static enum sg_err
sequence_copy(const ASN1_TYPE *t, struct buf *out)
{
	if (ASN1_TYPE_get(t) != V_ASN1_SEQUENCE)
		return sg_fail(SG_EFORMAT, "certificate: malformed");
	return buf_set(out, string_bytes(t->value.sequence));
}

/* Strips what DER puts before a positive INTEGER; OpenSSL did already. */
static enum sg_err
number_copy(const ASN1_INTEGER *i, const char *what, struct buf *out)
{
	struct bytes x = string_bytes(i);

	if (ASN1_STRING_type(i) != V_ASN1_INTEGER || x.n == 0 || x.p[0] == 0)
		return sg_fail(SG_EFORMAT, "public key: %s is not positive",
		    what);
	return buf_set(out, x);
}

static enum sg_err
der_copy(const void *v, const ASN1_ITEM *it, struct buf *out)
{
	uint8_t *der = NULL;
	int n = ASN1_item_i2d(v, &der, it);
	enum sg_err e;

	if (n <= 0)
		return sg_fail(SG_ENOMEM, "out of memory");
	e = buf_set(out, bytes_of(der, (size_t)n));
	OPENSSL_free(der);
	return e;
}

static void
date_copy(const ASN1_TIME *t, char out[9])
{
	struct tm tm;
	char s[64];

	out[0] = '\0';
	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return;
	if (snprintf(s, sizeof(s), "%04d%02d%02d", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday) == 8)
		memcpy(out, s, 9);
}

void
cert_view_done(struct cert_view *v)
{
	buf_done(&v->serial);
	buf_done(&v->issuer);
	buf_done(&v->subject);
	buf_done(&v->spki);
}

enum sg_err
cert_view_read(struct bytes der, struct cert_view *out)
{
	auto_view(VIEW_CERT) c = decode(der, ASN1_ITEM_rptr(VIEW_CERT));
	auto_done(cert_view) v = { 0 };

	if (c == NULL)
		return sg_fail(SG_EFORMAT, "certificate: malformed");
	SG_TRY(der_copy(c->tbs->serial, ASN1_ITEM_rptr(ASN1_INTEGER),
	    &v.serial));
	SG_TRY(sequence_copy(c->tbs->issuer, &v.issuer));
	SG_TRY(sequence_copy(c->tbs->subject, &v.subject));
	SG_TRY(sequence_copy(c->tbs->spki, &v.spki));
	date_copy(c->tbs->validity->notBefore, v.not_before);
	date_copy(c->tbs->validity->notAfter, v.not_after);
	*out = v;
	v = (struct cert_view) { 0 };
	return SG_OK;
}

void
key_view_done(struct key_view *v)
{
	buf_done(&v->modulus);
	buf_done(&v->exponent);
	buf_done(&v->curve);
	buf_done(&v->point);
}

static enum sg_err
rsa_read(struct bytes key, struct key_view *v)
{
	auto_view(VIEW_RSA) r = decode(key, ASN1_ITEM_rptr(VIEW_RSA));

	if (r == NULL)
		return sg_fail(SG_EFORMAT, "public key: malformed RSA key");
	v->kind = KEY_RSA;
	SG_TRY(number_copy(r->n, "the modulus", &v->modulus));
	return number_copy(r->e, "the exponent", &v->exponent);
}

static enum sg_err
ec_read(struct bytes curve, struct bytes key, struct key_view *v)
{
	v->kind = KEY_EC;
	SG_TRY(buf_set(&v->curve, curve));
	return buf_set(&v->point, key);
}

enum sg_err
key_view_read(struct bytes spki, struct key_view *out)
{
	auto_view(VIEW_SPKI) s = decode(spki, ASN1_ITEM_rptr(VIEW_SPKI));
	auto_done(key_view) v = { 0 };
	struct bytes key, algorithm;

	if (s == NULL || ASN1_TYPE_get(s->algorithm) != V_ASN1_SEQUENCE)
		return sg_fail(SG_EFORMAT, "public key: malformed");
	algorithm = string_bytes(s->algorithm->value.sequence);
	key = string_bytes(s->key);
	if (bytes_eq(algorithm, bytes_of(rsa, sizeof(rsa))))
		SG_TRY(rsa_read(key, &v));
	else if (bytes_eq(algorithm, bytes_of(p256, sizeof(p256))))
		SG_TRY(ec_read(bytes_of(p256 + CURVE_AT,
		    sizeof(p256) - CURVE_AT), key, &v));
	else
		return sg_fail(SG_EUNSUPPORTED,
		    "public key: neither RSA nor P-256");
	*out = v;
	v = (struct key_view) { 0 };
	return SG_OK;
}

enum sg_err
octet_string(struct bytes x, struct buf *out)
{
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	enum sg_err e;

	if (s == NULL || x.n > VIEW_MAX ||
	    ASN1_OCTET_STRING_set(s, x.p, (int)x.n) != 1)
		e = sg_fail(SG_ENOMEM, "out of memory");
	else
		e = der_copy(s, ASN1_ITEM_rptr(ASN1_OCTET_STRING), out);
	ASN1_OCTET_STRING_free(s);
	return e;
}
