/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_CMS_MAKER_H
#define SG_TEST_CMS_MAKER_H

/* Signed messages by OpenSSL, good ones and such as nobody should make. */

#include <openssl/cms.h>
#include <openssl/x509.h>

#include "test.h"
#include "crypto/pkey.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "x509.h"

#define MAKER_SET 0x31

struct maker {
	const struct pkey *key;
	const struct cert *cert;
	const char *requester;	/* a signed attribute, or NULL */
	const EVP_MD *md;	/* NULL: SHA-256 */
	unsigned flags;		/* CMS_NOATTR, CMS_USE_KEYID */
};

/* { BMPString, BMPString }; names are ASCII here. */
static inline void
maker_bmp(struct buf *out, const char *s)
{
	auto_done(buf) wide = { 0 };

	for (; *s != '\0'; s++)
		OK(buf_add_u16(&wide, (uint16_t)(uint8_t)*s));
	OK(der_put(out, 0x1e, buf_bytes(&wide)));
}

static inline void
maker_pair(struct buf *out, const char *name, const char *value)
{
	maker_bmp(out, name);
	maker_bmp(out, value);
	OK(der_wrap(out, 0, DER_SEQUENCE));
}

static inline void
maker_add(CMS_ContentInfo *cms, const struct maker *m)
{
	EVP_PKEY *k = pkey_evp(m->key);
	auto_x509 x = x509_of(m->cert);
	CMS_SignerInfo *si = CMS_add1_signer(cms, x, k,
	    m->md != NULL ? m->md : EVP_sha256(),
	    m->flags | CMS_PARTIAL | CMS_NOSMIMECAP);
	auto_done(buf) pair = { 0 };

	EVP_PKEY_free(k);
	assert_non_null(si);
	if (m->requester == NULL)
		return;
	maker_pair(&pair, "requestername", m->requester);
	assert_int_equal(CMS_signed_add1_attr_by_txt(si,
	    "1.3.6.1.4.1.311.13.2.1", V_ASN1_SEQUENCE, pair.p, (int)pair.n),
	    1);
}

/* type is the content's OID, NULL for id-data. */
static inline void
maker_sign(struct buf *out, struct bytes content, const char *type,
    const struct maker *v, size_t n, unsigned flags)
{
	BIO *in = BIO_new_mem_buf(content.p, (int)content.n);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, in,
	    CMS_PARTIAL | CMS_BINARY | flags);
	ASN1_OBJECT *o = type != NULL ? OBJ_txt2obj(type, 1) : NULL;
	unsigned char *der = NULL;
	int len;

	assert_non_null(cms);
	if (o != NULL)
		assert_int_equal(CMS_set1_eContentType(cms, o), 1);
	for (size_t i = 0; i < n; i++)
		maker_add(cms, &v[i]);
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY | flags), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	assert_true(len > 0);
	OK(buf_set(out, bytes_of(der, (size_t)len)));
	OPENSSL_free(der);
	ASN1_OBJECT_free(o);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
}

/* PKIData with one request and, unless NULL, a regInfo. */
static inline void
maker_pki_data(struct buf *out, struct bytes request, const char *reg_info)
{
	static const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07,
		0x07, 0x12 };
	auto_done(buf) controls = { 0 }, requests = { 0 };

	if (reg_info != NULL) {
		size_t set;

		OK(der_put_u64(&controls, 2));
		OK(der_put(&controls, DER_OID, bytes_of(oid, sizeof(oid))));
		set = controls.n;
		OK(der_put(&controls, DER_OCTETS, bytes_str(reg_info)));
		OK(der_wrap(&controls, set, MAKER_SET));
		OK(der_wrap(&controls, 0, DER_SEQUENCE));
	}
	OK(der_wrap(&controls, 0, DER_SEQUENCE));
	OK(der_put_u64(&requests, 1));
	OK(buf_add_bytes(&requests, request));
	OK(der_wrap(&requests, 0, DER_EXPLICIT(0)));
	OK(der_wrap(&requests, 0, DER_SEQUENCE));
	OK(buf_set(out, buf_bytes(&controls)));
	OK(buf_add_bytes(out, buf_bytes(&requests)));
	OK(buf_add(out, "\x30\x00\x30\x00", 4));
	OK(der_wrap(out, 0, DER_SEQUENCE));
}

#endif
