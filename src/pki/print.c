/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define LABEL_WIDTH 22

void
fields_done(struct fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].value);
		free(f->v[i].shown);
	}
	free(f->v);
	*f = (struct fields) { 0 };
}

static enum sg_err
add_form(struct fields *f, struct field what, const char *value,
    const char *shown)
{
	struct field *v;
	auto_str copy = NULL, *text = NULL;

	if (value == NULL || *value == '\0')
		return SG_OK;
	SG_TRY(str_dup(&copy, value));
	if (shown != NULL)
		SG_TRY(str_dup(&text, shown));
	v = reallocarray(f->v, f->n + 1, sizeof(*v));
	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	f->v = v;
	what.value = copy;
	what.shown = text;
	f->v[f->n++] = what;
	copy = NULL;
	text = NULL;
	return SG_OK;
}

static enum sg_err
add_shown(struct fields *f, const char *key, const char *label,
    const char *value, const char *shown)
{
	return add_form(f, (struct field) { .key = key, .label = label },
	    value, shown);
}

static enum sg_err
add_item(struct fields *f, const char *key, const char *label,
    const char *value, const char *shown)
{
	return add_form(f, (struct field) { .key = key, .label = label,
	    .form = FIELD_LIST }, value, shown);
}

enum sg_err
fields_add(struct fields *f, const char *key, const char *label,
    const char *value)
{
	return add_shown(f, key, label, value, NULL);
}

enum sg_err
fields_add_flag(struct fields *f, const char *key, const char *label,
    bool value)
{
	return add_form(f, (struct field) { .key = key, .label = label,
	    .form = FIELD_FLAG }, value ? "true" : "false",
	    value ? "yes" : "no");
}

static enum sg_err
add_number(struct fields *f, const char *key, const char *label, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)n);
	return add_form(f, (struct field) { .key = key, .label = label,
	    .form = FIELD_NUMBER }, text, NULL);
}

enum sg_err
fields_add_time(struct fields *f, const char *key, const char *label,
    int64_t t)
{
	char value[32] = "", shown[32] = "";
	time_t tt = t;
	struct tm tm;

	if (gmtime_r(&tt, &tm) == NULL)
		return sg_fail(SG_EFORMAT, "a time is out of range");
	(void)strftime(value, sizeof(value), "%Y-%m-%dT%H:%M:%SZ", &tm);
	(void)strftime(shown, sizeof(shown), "%Y-%m-%d %H:%M:%S UTC", &tm);
	return add_shown(f, key, label, value, shown);
}

enum sg_err
fields_add_hex(struct fields *f, const char *key, const char *label,
    struct bytes x)
{
	auto_str hex = NULL;

	if (x.n == 0)
		return SG_OK;
	SG_TRY(hex_encode(&hex, x));
	return fields_add(f, key, label, hex);
}

static enum sg_err
add_texts(struct fields *f, const char *key, const char *label,
    const struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		SG_TRY(add_item(f, key, label, t->v[i], NULL));
	return SG_OK;
}

static enum sg_err
add_oid(struct fields *f, struct field what, const char *oid,
    const char *more)
{
	const char *name = oid_name(oid);
	auto_str shown = NULL;

	if (name == oid)
		SG_TRY(str_printf(&shown, "%s%s", oid, more));
	else
		SG_TRY(str_printf(&shown, "%s (%s)%s", name, oid, more));
	return add_form(f, what, oid, shown);
}

static enum sg_err
add_oids(struct fields *f, const char *key, const char *label,
    const struct texts *t)
{
	const struct field what = { .key = key, .label = label,
		.form = FIELD_LIST };

	for (size_t i = 0; i < t->n; i++)
		SG_TRY(add_oid(f, what, t->v[i], ""));
	return SG_OK;
}

static enum sg_err
add_key(struct fields *f, struct bytes spki, const uint8_t id[KEY_ID_LEN])
{
	auto_free(pkey) k = NULL;
	char text[32];

	if (pkey_from_spki(&k, spki) == SG_OK) {
		(void)snprintf(text, sizeof(text), "%s%u",
		    pkey_kind(k) == KEY_RSA ? "RSA " : "EC P-", pkey_bits(k));
		SG_TRY(fields_add(f, "key", "Public key", text));
	} else {
		SG_TRY(fields_add(f, "key", "Public key", "of another kind"));
	}
	return fields_add_hex(f, "key_id", "Key id", bytes_of(id, KEY_ID_LEN));
}

static const struct {
	unsigned bit;
	const char *name;
} usages[] = {
	{ USAGE_DIGITAL_SIGNATURE, "digitalSignature" },
	{ USAGE_NON_REPUDIATION, "nonRepudiation" },
	{ USAGE_KEY_ENCIPHERMENT, "keyEncipherment" },
	{ USAGE_DATA_ENCIPHERMENT, "dataEncipherment" },
	{ USAGE_KEY_AGREEMENT, "keyAgreement" },
	{ USAGE_CERT_SIGN, "keyCertSign" },
	{ USAGE_CRL_SIGN, "cRLSign" },
	{ USAGE_ENCIPHER_ONLY, "encipherOnly" },
	{ USAGE_DECIPHER_ONLY, "decipherOnly" },
};

static enum sg_err
add_usage(struct fields *f, const struct extensions *x)
{
	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
		if ((x->key_usage & usages[i].bit) != 0)
			SG_TRY(add_item(f, "key_usage", "Key usage",
			    usages[i].name, NULL));
	return SG_OK;
}

static enum sg_err
add_names(struct fields *f, const struct extensions *x)
{
	SG_TRY(fields_add(f, "upn", "User principal name", x->upn));
	SG_TRY(fields_add(f, "sid", "Security identifier", x->sid));
	SG_TRY(fields_add(f, "principal", "Kerberos principal", x->principal));
	SG_TRY(add_texts(f, "dns", "DNS name", &x->dns));
	SG_TRY(add_texts(f, "email", "Mail address", &x->email));
	SG_TRY(add_texts(f, "uri", "URI", &x->uri));
	SG_TRY(add_texts(f, "ip", "IP address", &x->ip));
	SG_TRY(fields_add_hex(f, "guid", "Object GUID", buf_bytes(&x->guid)));
	if (x->other_names > 0)
		SG_TRY(add_number(f, "other_names", "Names of other kinds",
		    x->other_names));
	return SG_OK;
}

static enum sg_err
add_template(struct fields *f, const struct extensions *x)
{
	char version[48] = "";

	SG_TRY(fields_add(f, "template", "Template", x->template_name));
	if (x->template_oid == NULL)
		return SG_OK;
	if (x->template_major >= 0)
		(void)snprintf(version, sizeof(version), ", version %lld.%lld",
		    (long long)x->template_major,
		    (long long)(x->template_minor < 0 ? 0
						      : x->template_minor));
	return add_oid(f, (struct field) { .key = "template_oid",
	    .label = "Template" }, x->template_oid, version);
}

static enum sg_err
add_basic(struct fields *f, const struct extensions *x)
{
	if (!x->has_basic)
		return SG_OK;
	SG_TRY(fields_add_flag(f, "ca", "Certificate authority", x->ca));
	if (x->path_len >= 0)
		SG_TRY(add_number(f, "path_len", "Path length", x->path_len));
	return SG_OK;
}

static enum sg_err
add_extensions(struct fields *f, const struct extensions *x)
{
	SG_TRY(add_names(f, x));
	SG_TRY(add_basic(f, x));
	SG_TRY(add_usage(f, x));
	SG_TRY(add_oids(f, "eku", "Good for", &x->eku));
	SG_TRY(add_template(f, x));
	SG_TRY(add_oids(f, "app_policy", "Application policy",
	    &x->app_policies));
	SG_TRY(add_oids(f, "policy", "Issuance policy", &x->policies));
	SG_TRY(add_texts(f, "cdp", "Revocation list", &x->cdp));
	SG_TRY(add_texts(f, "ca_issuers", "Issuer's certificate",
	    &x->ca_issuers));
	SG_TRY(add_texts(f, "ocsp", "OCSP responder", &x->ocsp));
	SG_TRY(fields_add_hex(f, "ski", "Subject key id", buf_bytes(&x->ski)));
	SG_TRY(fields_add_hex(f, "aki", "Issuer key id", buf_bytes(&x->aki)));
	for (size_t i = 0; i < x->raw_count; i++)
		SG_TRY(add_oid(f, (struct field) { .key = "extension",
		    .label = "Other extension", .form = FIELD_LIST },
		    x->raw[i].oid, x->raw[i].critical ? ", critical" : ""));
	return SG_OK;
}

enum sg_err
cert_fields(struct fields *out, const struct cert *c)
{
	SG_TRY(add_shown(out, "type", "Type", "certificate", "Certificate"));
	SG_TRY(fields_add(out, "subject", "Subject", c->subject));
	SG_TRY(fields_add(out, "issuer", "Issuer", c->issuer));
	SG_TRY(fields_add(out, "serial", "Serial number", c->serial));
	SG_TRY(fields_add_time(out, "not_before", "Valid from", c->not_before));
	SG_TRY(fields_add_time(out, "not_after", "Valid until", c->not_after));
	SG_TRY(add_key(out, buf_bytes(&c->spki), c->key_id));
	SG_TRY(add_extensions(out, &c->ext));
	return fields_add_hex(out, "sha256", "SHA-256",
	    bytes_of(c->sha256, sizeof(c->sha256)));
}

static enum sg_err
add_attributes(struct fields *f, const struct csr_content *c)
{
	for (size_t i = 0; i < c->pair_count; i++) {
		auto_str text = NULL;

		SG_TRY(str_printf(&text, "%s:%s", c->pairs[i].name,
		    c->pairs[i].value));
		SG_TRY(add_item(f, "attribute", "Request attribute", text,
		    NULL));
	}
	SG_TRY(fields_add(f, "provider", "Key storage provider", c->provider));
	SG_TRY(fields_add(f, "os_version", "OS version", c->os_version));
	SG_TRY(fields_add(f, "client_machine", "Made on", c->client.machine));
	SG_TRY(fields_add(f, "client_user", "Made by", c->client.user));
	SG_TRY(fields_add(f, "client_process", "Made with", c->client.process));
	/* A secret: that there is one is all that is said. */
	return c->challenge == NULL ? SG_OK
	    : fields_add_flag(f, "challenge", "Challenge password", true);
}

enum sg_err
content_fields(struct fields *out, const struct csr_content *c)
{
	SG_TRY(add_extensions(out, &c->ext));
	return add_attributes(out, c);
}

/* The serial number is what everybody knows it by. */
static enum sg_err
add_renewal(struct fields *f, const struct buf *der)
{
	auto_free(cert) c = NULL;

	if (der->n == 0)
		return SG_OK;
	if (cert_parse(&c, buf_bytes(der)) != SG_OK)
		return fields_add(f, "renews", "Renews", "(unreadable)");
	return fields_add(f, "renews", "Renews", c->serial);
}

enum sg_err
csr_fields(struct fields *out, const struct csr *r)
{
	bool holds = csr_verify(r) == SG_OK;

	SG_TRY(add_shown(out, "type", "Type", "request",
	    "Certificate request"));
	SG_TRY(fields_add(out, "subject", "Subject", r->subject));
	SG_TRY(add_key(out, buf_bytes(&r->spki), r->key_id));
	SG_TRY(content_fields(out, &r->content));
	SG_TRY(add_renewal(out, &r->content.renewal));
	SG_TRY(add_oids(out, "other_attribute", "Other attribute",
	    &r->other_attrs));
	return add_shown(out, "signature", "Signature",
	    holds ? "good" : "bad",
	    holds ? "holds" : "does NOT hold, or is of a kind not accepted");
}

static enum sg_err
add_entry(struct fields *f, const struct crl_entry *e)
{
	auto_str text = NULL;
	time_t t = e->when;
	char date[32] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return sg_fail(SG_EFORMAT, "a time is out of range");
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	SG_TRY(str_printf(&text, "%s %s %s", e->serial, date,
	    crl_reason_name(e->reason)));
	return add_item(f, "revoked", "Revoked", text, NULL);
}

enum sg_err
crl_fields(struct fields *out, const struct crl *l)
{
	const struct crl_content *c = &l->content;

	SG_TRY(add_shown(out, "type", "Type", "crl", "Revocation list"));
	SG_TRY(fields_add(out, "issuer", "Issuer", l->issuer));
	SG_TRY(add_number(out, "number", "Number", (int64_t)c->number));
	SG_TRY(fields_add_time(out, "this_update", "Made", c->this_update));
	if (c->next_update != 0)
		SG_TRY(fields_add_time(out, "next_update", "Next due",
		    c->next_update));
	SG_TRY(fields_add_hex(out, "aki", "Issuer key id", buf_bytes(&c->aki)));
	SG_TRY(add_number(out, "count", "Entries", (int64_t)c->count));
	for (size_t i = 0; i < c->count; i++)
		SG_TRY(add_entry(out, &c->entries[i]));
	return SG_OK;
}

enum sg_err
fields_text(struct buf *out, const struct fields *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct field *x = &f->v[i];
		const char *s = x->shown != NULL ? x->shown : x->value;
		int pad = LABEL_WIDTH - (int)strlen(x->label);

		SG_TRY(buf_printf(out, "%s:%*s", x->label, pad, ""));
		for (; *s != '\0'; s++) {
			bool control = (unsigned char)*s < 0x20 || *s == 0x7f;

			SG_TRY(buf_add_u8(out, control ? '?' : (uint8_t)*s));
		}
		SG_TRY(buf_add_u8(out, '\n'));
	}
	return SG_OK;
}
