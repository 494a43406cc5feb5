/* SPDX-License-Identifier: BSD-2-Clause */

/* Several certificates: PEM bundles and PKCS#7. */

#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <stdlib.h>
#include <string.h>

#include "pki/asn1.h"
#include "pki/cert.h"

SG_AUTO_OSSL(PKCS7)

void
certs_done(struct certs *l)
{
	for (size_t i = 0; i < l->n; i++)
		cert_free(l->v[i]);
	free(l->v);
	*l = (struct certs) { 0 };
}

enum sg_err
certs_add(struct certs *l, struct cert *c)
{
	auto_free(cert) own = c;
	struct cert **v;

	if (l->n >= BUNDLE_COUNT_MAX)
		return sg_fail(SG_ELIMIT,
		    "more than %d certificates", BUNDLE_COUNT_MAX);
	v = reallocarray(l->v, l->n + 1, sizeof(struct cert *));
	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	l->v = v;
	l->v[l->n++] = own;
	own = NULL;
	return SG_OK;
}

static enum sg_err
add_der(struct certs *l, struct bytes der)
{
	struct cert *c = NULL;

	SG_TRY(cert_parse(&c, der));
	return certs_add(l, c);
}

static enum sg_err
add_x509(struct certs *l, const X509 *x)
{
	auto_done(buf) der = { 0 };

	SG_TRY(der_add(&der, ASN1_ITEM_rptr(X509), x));
	return add_der(l, buf_bytes(&der));
}

/* RFC 2315 9.1: only the certificates of a SignedData matter. */
static enum sg_err
add_pkcs7(struct certs *l, struct bytes der)
{
	auto_ossl(PKCS7) p = NULL;
	const STACK_OF(X509) *all;
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(PKCS7), der, "PKCS#7"));
	p = v;
	if (!PKCS7_type_is_signed(p) || p->d.sign == NULL)
		return sg_fail(SG_EFORMAT, "PKCS#7: not a SignedData");
	all = p->d.sign->cert;
	for (int i = 0; i < sk_X509_num(all); i++)
		SG_TRY(add_x509(l, sk_X509_value(all, i)));
	return SG_OK;
}

/* The label's word does not bind: Windows writes "CERTIFICATE" around PKCS#7
 * too (adcs.md 3.1), so the content decides. */
static enum sg_err
add_any(struct certs *l, struct bytes der)
{
	const uint8_t *p = der.p;
	long len;
	int tag, class;

	if (der.n == 0 || der.n > BUNDLE_MAX ||
	    (ASN1_get_object(&p, &len, &tag, &class, (long)der.n) & 0x80)) {
		ERR_clear_error();
		return sg_fail(SG_EFORMAT, "not DER");
	}
	/* A ContentInfo begins with an OID, a certificate with a SEQUENCE. */
	if (p < der.p + der.n && *p == V_ASN1_OBJECT)
		return add_pkcs7(l, der);
	return add_der(l, der);
}

static bool
label_known(const char *label)
{
	static const char *const known[] = { PEM_STRING_X509,
		PEM_STRING_X509_OLD, PEM_STRING_PKCS7, PEM_STRING_CMS,
		PEM_STRING_PKCS7_SIGNED };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(label, known[i]) == 0)
			return true;
	return false;
}

static enum sg_err
add_pem(struct certs *l, struct bytes text)
{
	auto_ossl(BIO) in = BIO_new_mem_buf(text.p, (int)text.n);
	char *label, *header;
	uint8_t *p;
	long n;
	enum sg_err e = SG_OK;

	if (in == NULL)
		return ossl_fail(SG_ENOMEM, "reading PEM");
	while (e == SG_OK && PEM_read_bio(in, &label, &header, &p, &n) == 1) {
		if (label_known(label))
			e = add_any(l, bytes_of(p, (size_t)n));
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_clear_free(p, (size_t)n);
	}
	/* The end of the text looks like this; a broken block does not. */
	if (e == SG_OK &&
	    ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return ossl_fail(SG_EFORMAT, "reading PEM");
	ERR_clear_error();
	return e;
}

enum sg_err
certs_read(struct certs *l, struct bytes text)
{
	auto_done(certs) fresh = { 0 };

	if (text.n == 0 || text.n > BUNDLE_MAX)
		return sg_fail(SG_ELIMIT, "a bundle of %zu bytes", text.n);
	SG_TRY(text.p[0] == 0x30 ? add_any(&fresh, text)
				 : add_pem(&fresh, text));
	if (fresh.n == 0)
		return sg_fail(SG_EFORMAT, "there is no certificate in it");
	while (fresh.n > 0) {
		struct cert *c = fresh.v[0];

		memmove(fresh.v, fresh.v + 1, --fresh.n * sizeof(c));
		SG_TRY(certs_add(l, c));
	}
	return SG_OK;
}
