/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/cert.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "pki/ext_ossl.h"
#include "pki/name.h"

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
	X509_free(c->x509);
	free(c);
}

static enum sg_err
names(struct cert *c)
{
	SG_TRY(der_add(&c->subject_der, ASN1_ITEM_rptr(X509_NAME),
	    X509_get_subject_name(c->x509)));
	SG_TRY(der_add(&c->issuer_der, ASN1_ITEM_rptr(X509_NAME),
	    X509_get_issuer_name(c->x509)));
	SG_TRY(sg_while(name_print(&c->subject, buf_bytes(&c->subject_der)),
	    "subject"));
	return sg_while(name_print(&c->issuer, buf_bytes(&c->issuer_der)),
	    "issuer");
}

static enum sg_err
key(struct cert *c)
{
	X509_PUBKEY *k = X509_get_X509_PUBKEY(c->x509);

	SG_TRY(der_add(&c->spki, ASN1_ITEM_rptr(X509_PUBKEY), k));
	return key_id_of(k, c->key_id);
}

static enum sg_err
fill(struct cert *c, struct bytes der)
{
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(X509), der, "DER"));
	c->x509 = v;
	SG_TRY(buf_set(&c->der, der));
	SG_TRY(sha256(der, c->sha256));
	SG_TRY(names(c));
	SG_TRY(serial_text(&c->serial, X509_get0_serialNumber(c->x509)));
	SG_TRY(time_read(&c->not_before, X509_get0_notBefore(c->x509)));
	SG_TRY(time_read(&c->not_after, X509_get0_notAfter(c->x509)));
	SG_TRY(key(c));
	return ext_list_read(&c->ext, X509_get0_extensions(c->x509));
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
cert_key(struct pkey **out, const struct cert *c)
{
	return pkey_from_spki(out, buf_bytes(&c->spki));
}

bool
cert_fits(const struct cert *c, struct bytes spki)
{
	return bytes_eq(buf_bytes(&c->spki), spki);
}

bool
cert_self_issued(const struct cert *c)
{
	return name_same(buf_bytes(&c->subject_der),
	    buf_bytes(&c->issuer_der));
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
	auto_ossl(X509_PUBKEY) k = NULL;
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(X509_PUBKEY), spki,
	    "a public key"));
	k = v;
	return key_id_of(k, id);
}
