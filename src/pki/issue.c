/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/issue.h"

#include <stdlib.h>

#include "base/text.h"
#include "pki/ext_ossl.h"
#include "pki/name.h"
#include "pki/sign.h"

void
cert_content_init(struct cert_content *c)
{
	*c = (struct cert_content) { 0 };
	extensions_init(&c->ext);
}

void
cert_content_done(struct cert_content *c)
{
	free(c->serial);
	buf_done(&c->issuer);
	buf_done(&c->subject);
	buf_done(&c->spki);
	extensions_done(&c->ext);
	cert_content_init(c);
}

enum sg_err
cert_serial_new(char **out)
{
	uint8_t raw[SERIAL_LEN];

	SG_TRY(random_fill(raw, sizeof(raw)));
	/* Positive, and always as long: the second bit is set. */
	raw[0] = (uint8_t)((raw[0] & 0x7f) | 0x40);
	return hex_encode(out, bytes_of(raw, sizeof(raw)));
}

static enum sg_err
set_names(X509 *x, const struct cert_content *c)
{
	auto_ossl(X509_NAME) subject = NULL, *issuer = NULL;
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(X509_NAME),
	    buf_bytes(&c->subject), "subject"));
	subject = v;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(X509_NAME), buf_bytes(&c->issuer),
	    "issuer"));
	issuer = v;
	if (X509_set_subject_name(x, subject) != 1 ||
	    X509_set_issuer_name(x, issuer) != 1)
		return ossl_fail(SG_ENOMEM, "setting the names");
	return SG_OK;
}

static enum sg_err
set_times(X509 *x, const struct cert_content *c)
{
	auto_ossl(ASN1_TIME) from = ASN1_TIME_set(NULL, c->not_before);
	auto_ossl(ASN1_TIME) to = ASN1_TIME_set(NULL, c->not_after);

	if (c->not_after <= c->not_before)
		return sg_fail(SG_EARG, "the certificate would never be valid");
	if (from == NULL || to == NULL || X509_set1_notBefore(x, from) != 1 ||
	    X509_set1_notAfter(x, to) != 1)
		return ossl_fail(SG_EARG, "setting the validity");
	return SG_OK;
}

static enum sg_err
set_serial(X509 *x, const struct cert_content *c)
{
	auto_ossl(ASN1_INTEGER) serial = NULL;

	SG_TRY(serial_parse(&serial, c->serial));
	if (X509_set_serialNumber(x, serial) != 1)
		return ossl_fail(SG_ENOMEM, "setting the serial number");
	return SG_OK;
}

static void
plain_spki_free(PLAIN_SPKI **p)
{
	ASN1_item_free((ASN1_VALUE *)*p, ASN1_ITEM_rptr(PLAIN_SPKI));
}

static enum sg_err
set_plain(X509 *x, const PLAIN_SPKI *k)
{
	struct bytes bits = plain_spki_bits(k);
	uint8_t *copy = OPENSSL_memdup(bits.p, bits.n);
	X509_PUBKEY *to = X509_get_X509_PUBKEY(x);
	X509_ALGOR *into = NULL;

	if (copy == NULL || X509_PUBKEY_set0_param(to,
	    OBJ_nid2obj(NID_undef), V_ASN1_UNDEF, NULL, copy,
	    (int)bits.n) != 1) {
		OPENSSL_free(copy);
		return ossl_fail(SG_ENOMEM, "setting the public key");
	}
	if (X509_PUBKEY_get0_param(NULL, NULL, NULL, &into, to) != 1 ||
	    X509_ALGOR_copy(into, k->algorithm) != 1)
		return ossl_fail(SG_ENOMEM, "setting the public key");
	return SG_OK;
}

static enum sg_err
set_key(X509 *x, const struct cert_content *c)
{
	__attribute__((cleanup(plain_spki_free))) PLAIN_SPKI *plain = NULL;
	auto_free(pkey) k = NULL;
	void *v;

	SG_TRY(pkey_from_spki(&k, buf_bytes(&c->spki)));
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(PLAIN_SPKI), buf_bytes(&c->spki),
	    "public key"));
	plain = v;
	return set_plain(x, plain);
}

static enum sg_err
set_extensions(X509 *x, const struct cert_content *c)
{
	__attribute__((cleanup(ext_list_free)))
	STACK_OF(X509_EXTENSION) *list = NULL;

	SG_TRY(ext_list_add(&list, &c->ext));
	for (int i = 0; i < sk_X509_EXTENSION_num(list); i++)
		if (X509_add_ext(x, sk_X509_EXTENSION_value(list, i), -1) != 1)
			return ossl_fail(SG_ENOMEM, "adding the extensions");
	return SG_OK;
}

enum sg_err
cert_build(struct buf *out, const struct cert_content *c, enum digest hash,
    struct signer issuer)
{
	auto_done(signing_key) k = { 0 };
	auto_ossl(X509) x = X509_new();

	if (x == NULL || X509_set_version(x, X509_VERSION_3) != 1)
		return ossl_fail(SG_ENOMEM, "making a certificate");
	SG_TRY(set_names(x, c));
	SG_TRY(set_times(x, c));
	SG_TRY(set_serial(x, c));
	SG_TRY(set_key(x, c));
	SG_TRY(set_extensions(x, c));
	SG_TRY(signing_key_init(&k, issuer, hash, false));
	if (X509_sign_ctx(x, k.ctx) <= 0)
		return ossl_fail(SG_ECRYPTO, "signing the certificate");
	return der_add(out, ASN1_ITEM_rptr(X509), x);
}

enum sg_err
cert_signed_by(const struct cert *c, const struct cert *issuer)
{
	auto_free(pkey) k = NULL;

	if (!name_same(buf_bytes(&c->issuer_der),
	    buf_bytes(&issuer->subject_der)))
		return sg_fail(SG_EVERIFY,
		    "the certificate's issuer is %s, not %s", c->issuer,
		    issuer->subject);
	SG_TRY(cert_key(&k, issuer));
	if (X509_verify(c->x509, k->evp) == 1)
		return SG_OK;
	ERR_clear_error();
	return sg_fail(SG_EVERIFY, "the signature on %s is not by %s",
	    c->subject, issuer->subject);
}
