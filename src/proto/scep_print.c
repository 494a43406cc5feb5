/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/scep_print.h"

#include "base/text.h"
#include "pki/name.h"
#include "proto/scep_attrs.h"

static const char *
status_name(int status)
{
	switch (status) {
	case SCEP_SUCCESS:
		return "SUCCESS";
	case SCEP_FAILURE:
		return "FAILURE";
	case SCEP_PENDING:
		return "PENDING";
	default:
		return "unknown";
	}
}

static const char *
hash_name(enum digest hash)
{
	switch (hash) {
	case DIGEST_SHA1:
		return "SHA-1";
	case DIGEST_SHA256:
		return "SHA-256";
	case DIGEST_SHA384:
		return "SHA-384";
	case DIGEST_SHA512:
		return "SHA-512";
	}
	return "unknown";
}

static const char *
cipher_name(enum cipher cipher)
{
	switch (cipher) {
	case CIPHER_AES128_CBC:
		return "AES-128-CBC";
	case CIPHER_AES256_CBC:
		return "AES-256-CBC";
	case CIPHER_DES3_CBC:
		return "DES-EDE3-CBC";
	}
	return "unknown";
}

/* "PKCSReq (19)"; nothing for -1. */
static enum sg_err
add_code(struct fields *f, const char *key, const char *label,
    const char *name, int code)
{
	auto_str text = NULL;

	if (code < 0)
		return SG_OK;
	SG_TRY(str_printf(&text, "%s (%d)", name != NULL ? name : "unknown",
	    code));
	return fields_add(f, key, label, text);
}

static enum sg_err
attr_fields(struct fields *f, const struct scep_attrs *a)
{
	auto_str hresult = NULL;

	SG_TRY(add_code(f, "message_type", "Message type",
	    scep_type_name((enum scep_type)a->type), a->type));
	SG_TRY(fields_add(f, "transaction", "Transaction", a->transaction));
	SG_TRY(add_code(f, "status", "Status", status_name(a->status),
	    a->status));
	SG_TRY(add_code(f, "fail_info", "Failure", scep_fail_name(a->fail),
	    a->fail));
	SG_TRY(fields_add(f, "fail_text", "Reason", a->fail_text));
	if (a->has_hresult)
		SG_TRY(str_printf(&hresult, "0x%08x", a->hresult));
	SG_TRY(fields_add(f, "hresult", "NDES's reason", hresult));
	SG_TRY(fields_add_hex(f, "sender_nonce", "Sender's nonce", a->sender));
	return fields_add_hex(f, "recipient_nonce", "Recipient's nonce",
	    a->recipient);
}

static enum sg_err
signer_fields(struct fields *f, const struct signed_data *d,
    const struct certs *along)
{
	const struct cert *c = scep_signer(along, &d->by[0]);
	auto_free(pkey) k = NULL;
	bool holds;

	SG_TRY(fields_add(f, "digest", "Digest", hash_name(d->by[0].hash)));
	if (c == NULL)
		return SG_OK;
	SG_TRY(fields_add(f, "signer", "Signed by", c->subject));
	holds = !d->by[0].nobody && cert_key(&k, c) == SG_OK &&
	    signed_verify(d, &d->by[0], k) == SG_OK;
	sg_note_clear();
	return fields_add_flag(f, "signature_holds", "Signature holds",
	    holds);
}

static enum sg_err
add_recipient(struct fields *f, const struct enveloped_to *to)
{
	auto_str issuer = NULL, *serial = NULL, *text = NULL;

	if (to->key_id.n > 0)
		return fields_add_hex(f, "sealed_to_key", "Sealed to key id",
		    to->key_id);
	SG_TRY(name_print(&issuer, to->name.issuer));
	SG_TRY(hex_encode(&serial, to->name.serial));
	SG_TRY(str_printf(&text, "%s of %s", serial, issuer));
	return fields_add(f, "sealed_to", "Sealed to", text);
}

static enum sg_err
envelope_fields(struct fields *f, struct bytes content)
{
	auto_done(enveloped) e = { 0 };
	auto_done(buf) der = { 0 };

	if (scep_der(&der, content) != SG_OK ||
	    enveloped_parse(&e, buf_bytes(&der)) != SG_OK) {
		sg_note_clear();
		return SG_OK;
	}
	SG_TRY(fields_add(f, "cipher", "Cipher", cipher_name(e.cipher)));
	for (size_t i = 0; i < e.count; i++)
		SG_TRY(add_recipient(f, &e.to[i]));
	return SG_OK;
}

static enum sg_err
message_fields(struct fields *f, const struct signed_data *d,
    const struct scep_attrs *a, const struct certs *along)
{
	SG_TRY(fields_add(f, "type", "Type", "SCEP message"));
	SG_TRY(attr_fields(f, a));
	SG_TRY(signer_fields(f, d, along));
	return envelope_fields(f, d->content);
}

/* Is there a messageType among the signed attributes? */
static bool
looks(struct signed_data *d, struct buf *der, struct bytes message)
{
	struct bytes type;
	bool good = message.n <= SCEP_ANSWER_MAX &&
	    scep_der(der, message) == SG_OK &&
	    signed_parse_as(d, buf_bytes(der), SIGNED_SHA1 | SIGNED_UNKNOWN |
	    SIGNED_EMPTY) == SG_OK && signed_attr(&type, &d->by[0],
	    scep_attr_oids[SCEP_ATTR_TYPE]) == SG_OK;

	sg_note_clear();
	return good;
}

static enum sg_err
add_certs(struct inspection *out, const struct certs *l)
{
	for (size_t i = 0; i < l->n; i++) {
		auto_done(fields) f = { 0 };

		SG_TRY(cert_fields(&f, l->v[i]));
		SG_TRY(inspection_add(out, &f));
	}
	return SG_OK;
}

enum sg_err
scep_inspect(struct inspection *out, struct bytes message)
{
	auto_done(buf) der = { 0 };
	auto_done(scep_attrs) a = { 0 };
	auto_done(certs) along = { 0 };
	auto_done(fields) f = { 0 };
	struct signed_data d;

	if (!looks(&d, &der, message))
		return SG_ENOENT;
	SG_TRY(sg_while(scep_attrs_read(&a, &d.by[0]), "SCEP message"));
	SG_TRY(sg_while(scep_certs(&along, d.certs, false),
	    "SCEP message"));
	SG_TRY(message_fields(&f, &d, &a, &along));
	SG_TRY(inspection_add(out, &f));
	return add_certs(out, &along);
}
