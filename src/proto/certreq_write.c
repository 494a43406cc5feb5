/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"
#include "proto/certreq.h"

#define EOL "\r\n"

static enum sg_err
put_text(struct buf *out, const char *key, const char *value)
{
	if (value == NULL)
		return SG_OK;
	SG_TRY(buf_printf(out, "%s = ", key));
	SG_TRY(inf_quote(out, value));
	return buf_add_str(out, EOL);
}

static enum sg_err
put_number(struct buf *out, const char *key, unsigned value)
{
	return value != 0 ? buf_printf(out, "%s = %u" EOL, key, value) : SG_OK;
}

static enum sg_err
put_key(const struct certreq *r, struct buf *out)
{
	static const char *const algorithms[] = { NULL, "RSA", "ECDSA_P256" };

	SG_TRY(put_text(out, "ProviderName", r->provider));
	SG_TRY(put_text(out, "KeyContainer", r->container));
	if (r->existing)
		SG_TRY(buf_add_str(out, "UseExistingKeySet = TRUE" EOL));
	SG_TRY(put_text(out, "KeyAlgorithm", algorithms[r->algorithm]));
	SG_TRY(put_number(out, "KeyLength", r->key_length));
	if (r->hash_bits != 0)
		SG_TRY(buf_printf(out, "HashAlgorithm = sha%u" EOL,
		    r->hash_bits));
	if (r->pss)
		SG_TRY(buf_add_str(out,
		    "AlternateSignatureAlgorithm = TRUE" EOL));
	if (r->key_usage != 0)
		SG_TRY(buf_printf(out, "KeyUsage = 0x%x" EOL, r->key_usage));
	return SG_OK;
}

static enum sg_err
put_newrequest(const struct certreq *r, struct buf *out)
{
	SG_TRY(buf_add_str(out, "[NewRequest]" EOL));
	SG_TRY(put_text(out, "Subject", r->subject));
	if (r->separator == ';')
		SG_TRY(buf_add_str(out, "X500NameFlags = 0x40000000" EOL));
	SG_TRY(put_key(r, out));
	SG_TRY(buf_add_str(out, "RequestType = PKCS10" EOL));
	return put_text(out, "FriendlyName", r->friendly_name);
}

static enum sg_err
put_ekus(const struct certreq *r, struct buf *out)
{
	if (r->ekus.n == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, "[EnhancedKeyUsageExtension]" EOL));
	for (size_t i = 0; i < r->ekus.n; i++)
		SG_TRY(buf_printf(out, "OID=%s" EOL, r->ekus.v[i]));
	return SG_OK;
}

static enum sg_err
put_attributes(const struct certreq *r, struct buf *out)
{
	if (r->attribute_count == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, "[RequestAttributes]" EOL));
	for (size_t i = 0; i < r->attribute_count; i++)
		SG_TRY(put_text(out, r->attributes[i].name,
		    r->attributes[i].value));
	return SG_OK;
}

static enum sg_err
put_names(const struct certreq *r, struct buf *out)
{
	static const char *const words[] = { "", "UPN", "EMail", "DNS",
		"URL" };

	if (r->san_count == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, "2.5.29.17 = \"{text}\"" EOL));
	for (size_t i = 0; i < r->san_count; i++) {
		auto_str part = NULL;

		SG_TRY(str_printf(&part, "%s=%s&", words[r->sans[i].kind],
		    r->sans[i].value));
		SG_TRY(put_text(out, "_continue_", part));
	}
	return SG_OK;
}

/* "before" and the texts with commas between them, in quotes. */
static enum sg_err
put_list(struct buf *out, const char *before, const struct certreq_texts *t)
{
	if (t->n == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, before));
	for (size_t i = 0; i < t->n; i++)
		SG_TRY(buf_printf(out, "%s%s", i > 0 ? "," : "", t->v[i]));
	return buf_add_str(out, "\"" EOL);
}

static enum sg_err
put_extensions(const struct certreq *r, struct buf *out)
{
	if (r->san_count == 0 && r->policies.n == 0 && !r->constraints &&
	    r->extension_count == 0 && r->critical.n == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, "[Extensions]" EOL));
	SG_TRY(put_names(r, out));
	SG_TRY(put_list(out, "1.3.6.1.4.1.311.21.10 = \"{text}",
	    &r->policies));
	if (r->constraints)
		SG_TRY(buf_add_str(out, "2.5.29.19 = \"{text}ca=0\"" EOL));
	for (size_t i = 0; i < r->extension_count; i++) {
		auto_str base64 = NULL;

		SG_TRY(base64_encode(&base64,
		    buf_bytes(&r->extensions[i].der)));
		SG_TRY(put_text(out, r->extensions[i].oid, base64));
	}
	return put_list(out, "Critical = \"", &r->critical);
}

enum sg_err
certreq_write(const struct certreq *r, struct buf *out)
{
	SG_TRY(buf_add_str(out, "[Version]" EOL
	    "Signature = \"$Windows NT$\"" EOL));
	SG_TRY(put_newrequest(r, out));
	SG_TRY(put_ekus(r, out));
	SG_TRY(put_attributes(r, out));
	return put_extensions(r, out);
}
