/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "pki/csr.h"
#include "pki/ms.h"
#include "pki/sign.h"

#define EMPTY_SEQUENCE 2	/* bytes */

/* Takes nothing; the attribute gets one value of that type. */
static enum sg_err
add_string(X509_REQ *r, const char *oid, int type, const ASN1_STRING *s)
{
	auto_ossl(ASN1_OBJECT) o = NULL;

	SG_TRY(object_parse(&o, oid));
	if (X509_REQ_add1_attr_by_OBJ(r, o, type, ASN1_STRING_get0_data(s),
	    ASN1_STRING_length(s)) != 1)
		return ossl_fail(SG_ENOMEM, "adding a request attribute");
	return SG_OK;
}

static enum sg_err
add_text(X509_REQ *r, const char *oid, int type, const char *text)
{
	auto_ossl(ASN1_STRING) s = NULL;

	if (text == NULL)
		return SG_OK;
	SG_TRY(string_make(&s, type, bytes_str(text)));
	return add_string(r, oid, type, s);
}

static enum sg_err
add_sequence(X509_REQ *r, const char *oid, struct bytes der)
{
	auto_ossl(ASN1_STRING) s = NULL;

	if (der.n == 0)
		return SG_OK;
	SG_TRY(string_make(&s, V_ASN1_SEQUENCE, der));
	return add_string(r, oid, V_ASN1_SEQUENCE, s);
}

static enum sg_err
add_item(X509_REQ *r, const char *oid, const ASN1_ITEM *it, const void *x)
{
	auto_done(buf) der = { 0 };

	SG_TRY(der_add(&der, it, x));
	return add_sequence(r, oid, buf_bytes(&der));
}

static enum sg_err
add_client(X509_REQ *r, const struct csr_client *c)
{
	auto_ossl(MS_CLIENT) m = MS_CLIENT_new();

	if (c->process == NULL)
		return SG_OK;
	if (m == NULL || ASN1_INTEGER_set(m->id, c->id) != 1 ||
	    ASN1_STRING_set(m->machine, c->machine ? c->machine : "",
	    -1) != 1 ||
	    ASN1_STRING_set(m->user, c->user ? c->user : "", -1) != 1 ||
	    ASN1_STRING_set(m->process, c->process, -1) != 1)
		return ossl_fail(SG_ENOMEM, "adding client information");
	return add_item(r, OID_CLIENT_INFO, ASN1_ITEM_rptr(MS_CLIENT), m);
}

static enum sg_err
add_provider(X509_REQ *r, const struct csr_content *c)
{
	auto_ossl(MS_CSP) m = MS_CSP_new();

	if (c->provider == NULL)
		return SG_OK;
	if (m == NULL || ASN1_INTEGER_set(m->spec, c->key_spec) != 1)
		return ossl_fail(SG_ENOMEM, "adding the provider");
	ASN1_STRING_free(m->provider);
	m->provider = NULL;
	SG_TRY(bmp_make(&m->provider, c->provider));
	return add_item(r, OID_CSP_INFO, ASN1_ITEM_rptr(MS_CSP), m);
}

static enum sg_err
add_pair(X509_REQ *r, const struct csr_pair *p)
{
	auto_done(buf) der = { 0 };

	SG_TRY(ms_pair_add(&der, p->name, p->value));
	return add_sequence(r, OID_NAME_VALUE, buf_bytes(&der));
}

static enum sg_err
add_extensions(X509_REQ *r, const struct extensions *x)
{
	auto_ossl(ASN1_STRING) s = NULL;
	auto_done(buf) der = { 0 };

	SG_TRY(extensions_encode(&der, x));
	if (der.n <= EMPTY_SEQUENCE)
		return SG_OK;
	SG_TRY(string_make(&s, V_ASN1_SEQUENCE, buf_bytes(&der)));
	return add_string(r, OID_EXTENSIONS, V_ASN1_SEQUENCE, s);
}

static enum sg_err
set_subject(X509_REQ *r, const struct csr_content *c)
{
	auto_ossl(X509_NAME) name = NULL;
	void *v;

	if (c->subject.n == 0)
		return SG_OK;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(X509_NAME),
	    buf_bytes(&c->subject), "subject"));
	name = v;
	if (X509_REQ_set_subject_name(r, name) != 1)
		return ossl_fail(SG_ENOMEM, "setting the subject");
	return SG_OK;
}

/* The attributes in the order of real Windows requests, adcs.md 4.10. */
static enum sg_err
add_attributes(X509_REQ *r, const struct csr_content *c)
{
	SG_TRY(add_text(r, OID_OS_VERSION, V_ASN1_IA5STRING, c->os_version));
	SG_TRY(add_client(r, &c->client));
	SG_TRY(add_provider(r, c));
	for (size_t i = 0; i < c->pair_count; i++)
		SG_TRY(add_pair(r, &c->pairs[i]));
	SG_TRY(add_sequence(r, OID_RENEWAL, buf_bytes(&c->renewal)));
	SG_TRY(add_text(r, OID_CHALLENGE, V_ASN1_UTF8STRING, c->challenge));
	return add_extensions(r, &c->ext);
}

enum sg_err
csr_build(struct buf *out, const struct csr_content *c, enum digest hash,
    bool pss, struct signer s)
{
	auto_done(signing_key) k = { 0 };
	auto_ossl(X509_REQ) r = X509_REQ_new();

	if (r == NULL || X509_REQ_set_version(r, X509_REQ_VERSION_1) != 1)
		return ossl_fail(SG_ENOMEM, "making a request");
	SG_TRY(signing_key_init(&k, s, hash, pss));
	SG_TRY(set_subject(r, c));
	if (X509_REQ_set_pubkey(r, k.public->evp) != 1)
		return ossl_fail(SG_ECRYPTO, "setting the public key");
	SG_TRY(add_attributes(r, c));
	if (X509_REQ_sign_ctx(r, k.ctx) <= 0)
		return ossl_fail(SG_ECRYPTO, "signing the request");
	return der_add(out, ASN1_ITEM_rptr(X509_REQ), r);
}
