/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/text.h"
#include "proto/certreq.h"

#define EOL "\r\n"
#define OID_EXT_KEY_USAGE "2.5.29.37"

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

	SG_TRY(put_text(out, "ProviderName", r->content.provider));
	SG_TRY(put_text(out, "KeyContainer", r->container));
	if (r->existing)
		SG_TRY(buf_add_str(out, "UseExistingKeySet = TRUE" EOL));
	SG_TRY(put_text(out, "KeyAlgorithm", algorithms[r->algorithm]));
	SG_TRY(put_number(out, "KeyLength", r->key_length));
	if (r->hash != DIGEST_SHA256)
		SG_TRY(buf_printf(out, "HashAlgorithm = sha%zu" EOL,
		    8 * digest_size(r->hash)));
	if (r->pss)
		SG_TRY(buf_add_str(out,
		    "AlternateSignatureAlgorithm = TRUE" EOL));
	if (r->content.ext.key_usage != 0)
		SG_TRY(buf_printf(out, "KeyUsage = 0x%x" EOL,
		    r->content.ext.key_usage));
	return SG_OK;
}

static enum sg_err
put_newrequest(const struct certreq *r, struct buf *out)
{
	SG_TRY(buf_add_str(out, "[NewRequest]" EOL));
	SG_TRY(put_text(out, "Subject", r->subject));
	SG_TRY(put_key(r, out));
	SG_TRY(buf_add_str(out, "RequestType = PKCS10" EOL));
	return put_text(out, "FriendlyName", r->friendly_name);
}

static enum sg_err
put_ekus(const struct certreq *r, struct buf *out)
{
	const struct texts *t = &r->content.ext.eku;

	if (t->n == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, "[EnhancedKeyUsageExtension]" EOL));
	for (size_t i = 0; i < t->n; i++)
		SG_TRY(buf_printf(out, "OID=%s" EOL, t->v[i]));
	return SG_OK;
}

static enum sg_err
put_attributes(const struct certreq *r, struct buf *out)
{
	if (r->content.pair_count == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, "[RequestAttributes]" EOL));
	for (size_t i = 0; i < r->content.pair_count; i++)
		SG_TRY(put_text(out, r->content.pairs[i].name,
		    r->content.pairs[i].value));
	return SG_OK;
}

static enum sg_err
put_name(struct buf *out, const char *word, const char *name)
{
	auto_str part = NULL;

	SG_TRY(str_printf(&part, "%s=%s&", word, name));
	return put_text(out, "_continue_", part);
}

static enum sg_err
put_names(const struct extensions *x, struct buf *out)
{
	const struct {
		const char *word;
		const struct texts *names;
	} lists[] = {
		{ "EMail", &x->email }, { "DNS", &x->dns }, { "URL", &x->uri },
	};

	if (x->upn == NULL && x->email.n + x->dns.n + x->uri.n == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, "2.5.29.17 = \"{text}\"" EOL));
	if (x->upn != NULL)
		SG_TRY(put_name(out, "UPN", x->upn));
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (size_t k = 0; k < lists[i].names->n; k++)
			SG_TRY(put_name(out, lists[i].word,
			    lists[i].names->v[k]));
	return SG_OK;
}

/* "before" and the texts with commas between them, in quotes. */
static enum sg_err
put_list(struct buf *out, const char *before, const struct texts *t)
{
	if (t->n == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, before));
	for (size_t i = 0; i < t->n; i++)
		SG_TRY(buf_printf(out, "%s%s", i > 0 ? "," : "", t->v[i]));
	return buf_add_str(out, "\"" EOL);
}

static enum sg_err
put_raw(const struct extensions *x, struct buf *out)
{
	for (size_t i = 0; i < x->raw_count; i++) {
		auto_str base64 = NULL;

		SG_TRY(base64_encode(&base64, buf_bytes(&x->raw[i].der)));
		SG_TRY(put_text(out, x->raw[i].oid, base64));
	}
	return SG_OK;
}

/* KeyUsage is critical without being listed. */
static enum sg_err
critical_oids(const struct extensions *x, struct texts *t)
{
	if (x->san_critical)
		SG_TRY(texts_add(t, OID_SUBJECT_ALT_NAME));
	if (x->eku_critical)
		SG_TRY(texts_add(t, OID_EXT_KEY_USAGE));
	if (x->basic_critical)
		SG_TRY(texts_add(t, OID_BASIC_CONSTRAINTS));
	for (size_t i = 0; i < x->raw_count; i++)
		if (x->raw[i].critical)
			SG_TRY(texts_add(t, x->raw[i].oid));
	return SG_OK;
}

static enum sg_err
put_extensions(const struct certreq *r, struct buf *out)
{
	const struct extensions *x = &r->content.ext;
	auto_done(texts) critical = { 0 };
	auto_done(buf) lines = { 0 };

	SG_TRY(critical_oids(x, &critical));
	SG_TRY(put_names(x, &lines));
	SG_TRY(put_list(&lines, OID_APP_POLICIES " = \"{text}",
	    &x->app_policies));
	if (x->has_basic)
		SG_TRY(buf_add_str(&lines, "2.5.29.19 = \"{text}ca=0\"" EOL));
	SG_TRY(put_raw(x, &lines));
	SG_TRY(put_list(&lines, "Critical = \"", &critical));
	if (lines.n == 0)
		return SG_OK;
	SG_TRY(buf_add_str(out, "[Extensions]" EOL));
	return buf_add_bytes(out, buf_bytes(&lines));
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
