/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/responder.h"
#include "pki/issue.h"
#include "pki/name.h"

#define DAY ((int64_t)86400)
/* Clocks differ. */
#define SKEW (10 * 60)

/* The CA's name with one part more, so that people see whose it is. */
static enum sg_err
fill_names(struct cert_content *c, const struct cert *ca)
{
	auto_str text = NULL;

	SG_TRY(str_printf(&text, "CN=OCSP Responder%s%s",
	    *ca->subject != '\0' ? "," : "", ca->subject));
	SG_TRY(name_parse(&c->subject, text));
	return buf_set(&c->issuer, buf_bytes(&ca->subject_der));
}

static enum sg_err
fill_extensions(struct extensions *x, const struct ca_issuer *i,
    const uint8_t id[KEY_ID_LEN])
{
	static const uint8_t null[] = { 0x05, 0x00 };

	x->key_usage = USAGE_DIGITAL_SIGNATURE;
	x->key_usage_critical = true;
	SG_TRY(texts_add(&x->eku, OID_OCSP_SIGNING));
	SG_TRY(extensions_add_raw(x, OID_OCSP_NOCHECK, false,
	    bytes_of(null, sizeof(null))));
	SG_TRY(buf_add(&x->ski, id, KEY_ID_LEN));
	SG_TRY(buf_set(&x->aki, buf_bytes(&i->cert->ext.ski)));
	return texts_add_all(&x->ca_issuers, i->ca_issuers);
}

static enum sg_err
fill_validity(struct cert_content *c, const struct cert *ca, int64_t now,
    unsigned days)
{
	if (now < ca->not_before || now >= ca->not_after)
		return sg_fail(SG_EVERIFY,
		    "the CA's own certificate is not valid now");
	c->not_before = now - SKEW;
	c->not_after = now + days * DAY;
	if (c->not_before < ca->not_before)
		c->not_before = ca->not_before;
	if (c->not_after > ca->not_after)
		c->not_after = ca->not_after;
	return SG_OK;
}

enum sg_err
responder_cert(struct cert **out, const struct ca_issuer *i,
    struct signer key, int64_t now, unsigned days)
{
	auto_done(cert_content) c;
	auto_done(buf) der = { 0 };
	auto_free(cert) made = NULL;
	uint8_t id[KEY_ID_LEN];

	cert_content_init(&c);
	SG_TRY(key.ops->spki(key.ctx, &c.spki));
	SG_TRY(spki_key_id(buf_bytes(&c.spki), id));
	SG_TRY(fill_names(&c, i->cert));
	SG_TRY(fill_extensions(&c.ext, i, id));
	SG_TRY(fill_validity(&c, i->cert, now, days));
	SG_TRY(cert_serial_new(&c.serial));
	SG_TRY(cert_build(&der, &c, DIGEST_SHA256, i->signer));
	SG_TRY(cert_parse(&made, buf_bytes(&der)));
	SG_TRY(cert_signed_by(made, i->cert));
	*out = made;
	made = NULL;
	return SG_OK;
}
