/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/cert.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pki/ext_ossl.h"
#include "pki/name.h"
#include "pki/plain.h"

/* RFC 5280 4.1; X509 would make a key object of the key. */
typedef struct {
	ASN1_INTEGER *version;
	ASN1_INTEGER *serial;
	X509_ALGOR *algorithm;
	X509_NAME *issuer;
	X509_VAL *validity;
	X509_NAME *subject;
	PLAIN_SPKI *key;
	ASN1_BIT_STRING *issuer_id;
	ASN1_BIT_STRING *subject_id;
	STACK_OF(X509_EXTENSION) *extensions;
} CERT_INFO;
typedef struct {
	CERT_INFO *info;
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *signature;
} CERT;

ASN1_SEQUENCE(CERT_INFO) = {
	ASN1_EXP_OPT(CERT_INFO, version, ASN1_INTEGER, 0),
	ASN1_SIMPLE(CERT_INFO, serial, ASN1_INTEGER),
	ASN1_SIMPLE(CERT_INFO, algorithm, X509_ALGOR),
	ASN1_SIMPLE(CERT_INFO, issuer, X509_NAME),
	ASN1_SIMPLE(CERT_INFO, validity, X509_VAL),
	ASN1_SIMPLE(CERT_INFO, subject, X509_NAME),
	ASN1_SIMPLE(CERT_INFO, key, PLAIN_SPKI),
	ASN1_IMP_OPT(CERT_INFO, issuer_id, ASN1_BIT_STRING, 1),
	ASN1_IMP_OPT(CERT_INFO, subject_id, ASN1_BIT_STRING, 2),
	ASN1_EXP_SEQUENCE_OF_OPT(CERT_INFO, extensions, X509_EXTENSION, 3),
} static_ASN1_SEQUENCE_END(CERT_INFO)

ASN1_SEQUENCE(CERT) = {
	ASN1_SIMPLE(CERT, info, CERT_INFO),
	ASN1_SIMPLE(CERT, algorithm, X509_ALGOR),
	ASN1_SIMPLE(CERT, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(CERT)

static void
cert_parts_free(CERT **p)
{
	ASN1_item_free((ASN1_VALUE *)*p, ASN1_ITEM_rptr(CERT));
}

void
cert_free(struct cert *c)
{
	if (c == NULL)
		return;
	buf_done(&c->der);
	free(c->subject);
	free(c->issuer);
	buf_done(&c->subject_der);
	buf_done(&c->issuer_der);
	free(c->serial);
	buf_done(&c->spki);
	extensions_done(&c->ext);
	pkey_free(c->key);
	free(c);
}

static enum sg_err
names_print(struct cert *c)
{
	SG_TRY(sg_while(name_print(&c->subject, buf_bytes(&c->subject_der)),
	    "subject"));
	return sg_while(name_print(&c->issuer, buf_bytes(&c->issuer_der)),
	    "issuer");
}

static enum sg_err
key_id_of(struct bytes key, uint8_t id[KEY_ID_LEN])
{
	uint8_t full[DIGEST_MAX];

	SG_TRY(digest_of(DIGEST_SHA1, key, full));
	memcpy(id, full, KEY_ID_LEN);
	return SG_OK;
}

static enum sg_err
fill_parts(struct cert *c, const CERT_INFO *i)
{
	SG_TRY(der_add(&c->subject_der, ASN1_ITEM_rptr(X509_NAME),
	    i->subject));
	SG_TRY(der_add(&c->issuer_der, ASN1_ITEM_rptr(X509_NAME),
	    i->issuer));
	SG_TRY(names_print(c));
	SG_TRY(serial_text(&c->serial, i->serial));
	SG_TRY(time_read(&c->not_before, i->validity->notBefore));
	SG_TRY(time_read(&c->not_after, i->validity->notAfter));
	SG_TRY(der_add(&c->spki, ASN1_ITEM_rptr(PLAIN_SPKI), i->key));
	SG_TRY(key_id_of(plain_spki_bits(i->key), c->key_id));
	return ext_list_read(&c->ext, i->extensions);
}

static enum sg_err
fill_any(struct cert *c)
{
	__attribute__((cleanup(cert_parts_free))) CERT *parts = NULL;
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(CERT), buf_bytes(&c->der),
	    "DER"));
	parts = v;
	return fill_parts(c, parts->info);
}

/*
 * A certificate in strict DER with nothing unusual in it, such as all of ours
 * and nearly all others, without OpenSSL's templates: they take three times as
 * long.
 */
struct plain {
	struct bytes serial;	/* not negative */
	struct bytes issuer, subject, spki, key;
	int64_t not_before, not_after;
	struct bytes extensions;
};

static bool
plain_times(struct plain *p, struct bytes validity)
{
	struct reader r = reader_of(validity);

	p->not_before = der_get_time(&r);
	p->not_after = der_get_time(&r);
	return reader_end(&r);
}

static bool
plain_version(struct reader *body)
{
	struct reader r = reader_of(der_get(body, DER_EXPLICIT(0)));

	return der_get_u64(&r) == 2 && reader_end(&r);
}

static bool
plain_body(struct plain *p, struct reader *r)
{
	struct reader list;
	bool negative;

	if (!plain_version(r))
		return false;
	p->serial = der_get_integer(r, &negative);
	if (negative || p->serial.n > SERIAL_MAX || !plain_algorithm(r))
		return false;
	p->issuer = der_get_whole(r);
	if (!plain_times(p, der_get(r, DER_SEQUENCE)))
		return false;
	p->subject = der_get_whole(r);
	p->spki = der_get_whole(r);
	list = reader_of(der_get(r, DER_EXPLICIT(3)));
	p->extensions = der_get(&list, DER_SEQUENCE);
	return reader_end(&list) && reader_end(r) &&
	    plain_key(&p->key, p->spki);
}

static bool
plain_read(struct plain *p, struct bytes der)
{
	struct reader outer = reader_of(der), r, body;
	struct bytes signature;

	r = reader_of(der_get(&outer, DER_SEQUENCE));
	body = reader_of(der_get(&r, DER_SEQUENCE));
	if (!plain_body(p, &body) || !plain_algorithm(&r))
		return false;
	signature = der_get(&r, DER_BIT_STRING);
	return signature.n > 0 && signature.p[0] == 0 && reader_end(&r) &&
	    reader_end(&outer);
}

static enum sg_err
fill_plain(struct cert *c, const struct plain *p)
{
	SG_TRY(ext_der_read(&c->ext, p->extensions));
	SG_TRY(buf_set(&c->subject_der, p->subject));
	SG_TRY(buf_set(&c->issuer_der, p->issuer));
	SG_TRY(names_print(c));
	SG_TRY(hex_encode(&c->serial, p->serial));
	c->not_before = p->not_before;
	c->not_after = p->not_after;
	SG_TRY(buf_set(&c->spki, p->spki));
	return key_id_of(p->key, c->key_id);
}

static enum sg_err
fill(struct cert *c, struct bytes der)
{
	struct plain p = { 0 };
	enum sg_err e = SG_ENOENT;

	SG_TRY(buf_set(&c->der, der));
	SG_TRY(sha256(der, c->sha256));
	if (plain_read(&p, buf_bytes(&c->der)))
		e = fill_plain(c, &p);
	return e == SG_ENOENT ? fill_any(c) : e;
}

enum sg_err
cert_parse(struct cert **out, struct bytes der)
{
	auto_free(cert) c = NULL;

	if (der.n > CERT_MAX)
		return sg_fail(SG_ELIMIT, "a certificate of %zu bytes", der.n);
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	extensions_init(&c->ext);
	SG_TRY(sg_while(fill(c, der), "certificate"));
	*out = c;
	c = NULL;
	return SG_OK;
}

enum sg_err
cert_read(struct cert **out, struct bytes text)
{
	static const char *const labels[] = { PEM_STRING_X509,
		PEM_STRING_X509_OLD, NULL };
	auto_done(buf) der = { 0 };

	SG_TRY(pem_or_der(&der, text, labels, "certificate"));
	return cert_parse(out, buf_bytes(&der));
}

enum sg_err
cert_pem(struct buf *out, const struct cert *c)
{
	return pem_write(out, PEM_STRING_X509, buf_bytes(&c->der));
}

enum sg_err
cert_prepare(struct cert *c)
{
	return c->key != NULL ? SG_OK
	    : pkey_from_spki(&c->key, buf_bytes(&c->spki));
}

enum sg_err
cert_key(struct pkey **out, const struct cert *c)
{
	return pkey_from_spki(out, buf_bytes(&c->spki));
}

enum sg_err
cert_x509(struct x509_st **out, const struct cert *c)
{
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(X509), buf_bytes(&c->der),
	    "certificate"));
	*out = v;
	return SG_OK;
}

bool
cert_fits(const struct cert *c, struct bytes spki)
{
	return bytes_eq(buf_bytes(&c->spki), spki);
}

bool
cert_self_issued(const struct cert *c)
{
	struct bytes subject = buf_bytes(&c->subject_der);
	struct bytes issuer = buf_bytes(&c->issuer_der);

	/* Both could be read; OpenSSL takes longer to compare two names than
	 * for the rest of the certificate. */
	return bytes_eq(subject, issuer) || name_same(subject, issuer);
}

bool
cert_allows(const struct cert *c, const char *eku_oid)
{
	return c->ext.eku.n == 0 || texts_has(&c->ext.eku, eku_oid) ||
	    texts_has(&c->ext.eku, OID_ANY_USAGE);
}

enum sg_err
cert_label(char **out, const struct cert *c)
{
	auto_str name = NULL;
	const char *best = c->ext.upn;

	if (name_attribute(&name, buf_bytes(&c->subject_der), "CN") == SG_OK
	    && *name != '\0')
		best = name;
	if (best == NULL && c->ext.dns.n > 0)
		best = c->ext.dns.v[0];
	if (best == NULL && *c->subject != '\0')
		best = c->subject;
	return str_dup(out, best != NULL ? best : c->serial);
}

enum sg_err
spki_key_id(struct bytes spki, uint8_t id[KEY_ID_LEN])
{
	auto_ossl(PLAIN_SPKI) k = NULL;
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(PLAIN_SPKI), spki,
	    "a public key"));
	k = v;
	return key_id_of(plain_spki_bits(k), id);
}
