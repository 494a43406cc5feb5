/* SPDX-License-Identifier: BSD-2-Clause */
#include "describe.h"

#include <stdio.h>

#include "base/text.h"
#include "output.h"
#include "pki/name.h"

void
sink_text(struct sink *s, const char *label, const char *name,
    const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	if (s->json != NULL)
		json_put_str(s->json, name, value);
	else
		field_print(label, value);
}

void
sink_time(struct sink *s, const char *label, const char *name,
    int64_t unix_seconds)
{
	char text[DATE_TEXT_MAX];

	if (s->json != NULL) {
		json_put_time(s->json, name, unix_seconds);
		return;
	}
	moment_text(text, unix_seconds);
	field_print(label, text);
}

static enum sg_err
sink_hex(struct sink *s, const char *label, const char *name, struct bytes x)
{
	auto_str hex = NULL;

	SG_TRY(hex_encode(&hex, x));
	sink_text(s, label, name, hex);
	return SG_OK;
}

static void
sink_flag(struct sink *s, const char *label, const char *name, bool value)
{
	if (s->json != NULL)
		json_put_bool(s->json, name, value);
	else
		field_print(label, value ? "yes" : "no");
}

static void
sink_list(struct sink *s, const char *label, const char *name,
    const struct texts *t)
{
	if (t->n == 0)
		return;
	if (s->json != NULL)
		json_put_array(s->json, name);
	for (size_t i = 0; i < t->n; i++)
		sink_text(s, i == 0 ? label : "", NULL, t->v[i]);
	if (s->json != NULL)
		json_close(s->json);
}

/* OIDs: by name for people, as they are for programs. */
static enum sg_err
sink_oids(struct sink *s, const char *label, const char *name,
    const struct texts *t)
{
	auto_done(texts) shown = { 0 };

	for (size_t i = 0; i < t->n; i++) {
		const char *known = oid_name(t->v[i]);
		auto_str both = NULL;

		if (s->json != NULL || known == t->v[i]) {
			SG_TRY(texts_add(&shown, t->v[i]));
			continue;
		}
		SG_TRY(str_printf(&both, "%s (%s)", known, t->v[i]));
		SG_TRY(texts_add(&shown, both));
	}
	sink_list(s, label, name, &shown);
	return SG_OK;
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
sink_usage(struct sink *s, unsigned bits)
{
	auto_done(texts) t = { 0 };

	for (size_t i = 0; i < sizeof(usages) / sizeof(*usages); i++)
		if ((bits & usages[i].bit) != 0)
			SG_TRY(texts_add(&t, usages[i].name));
	sink_list(s, "Key usage", "key_usage", &t);
	return SG_OK;
}

static enum sg_err
sink_key(struct sink *s, struct bytes spki)
{
	auto_free(pkey) k = NULL;
	auto_str text = NULL;

	if (pkey_from_spki(&k, spki) != SG_OK) {
		sink_text(s, "Key", "key_type",
		    "of a kind that is not supported");
		return SG_OK;
	}
	SG_TRY(str_printf(&text, "%s-%u",
	    pkey_kind(k) == KEY_RSA ? "RSA" : "EC", pkey_bits(k)));
	sink_text(s, "Key", "key_type", text);
	return SG_OK;
}

static enum sg_err
sink_raw(struct sink *s, const struct extensions *x)
{
	auto_done(texts) t = { 0 };

	for (size_t i = 0; i < x->raw_count; i++) {
		auto_str one = NULL;

		SG_TRY(str_printf(&one, "%s%s (%zu bytes)", x->raw[i].oid,
		    x->raw[i].critical ? ", critical" : "",
		    x->raw[i].der.n));
		SG_TRY(texts_add(&t, one));
	}
	sink_list(s, "Extensions", "other_extensions", &t);
	return SG_OK;
}

static void
sink_names(struct sink *s, const struct extensions *x)
{
	sink_text(s, "UPN", "upn", x->upn);
	sink_text(s, "Principal", "principal", x->principal);
	sink_list(s, "DNS names", "dns", &x->dns);
	sink_list(s, "E-mail", "email", &x->email);
	sink_list(s, "URIs", "uri", &x->uri);
	sink_list(s, "IP addresses", "ip", &x->ip);
	sink_text(s, "SID", "sid", x->sid);
}

static enum sg_err
sink_extensions(struct sink *s, const struct extensions *x)
{
	sink_names(s, x);
	SG_TRY(sink_oids(s, "Good for", "eku", &x->eku));
	SG_TRY(sink_oids(s, "App policies", "application_policies",
	    &x->app_policies));
	SG_TRY(sink_oids(s, "Policies", "policies", &x->policies));
	SG_TRY(sink_usage(s, x->key_usage));
	if (x->has_basic)
		sink_flag(s, "CA", "ca", x->ca);
	sink_text(s, "Template", "template", x->template_name);
	sink_text(s, "Template", "template_oid", x->template_oid);
	sink_list(s, "CRLs at", "crl", &x->cdp);
	sink_list(s, "Issuer at", "ca_issuers", &x->ca_issuers);
	sink_list(s, "OCSP at", "ocsp", &x->ocsp);
	return sink_raw(s, x);
}

enum sg_err
describe_cert(struct sink *s, const struct cert *c)
{
	sink_text(s, "Subject", "subject", c->subject);
	sink_text(s, "Issuer", "issuer", c->issuer);
	sink_text(s, "Serial", "serial", c->serial);
	sink_time(s, "Not before", "not_before", c->not_before);
	sink_time(s, "Not after", "not_after", c->not_after);
	SG_TRY(sink_key(s, buf_bytes(&c->spki)));
	SG_TRY(sink_extensions(s, &c->ext));
	return sink_hex(s, "SHA-256", "sha256",
	    bytes_of(c->sha256, sizeof(c->sha256)));
}

static enum sg_err
sink_pairs(struct sink *s, const struct csr_content *c)
{
	auto_done(texts) t = { 0 };

	for (size_t i = 0; i < c->pair_count; i++) {
		auto_str one = NULL;

		SG_TRY(str_printf(&one, "%s = %s", c->pairs[i].name,
		    c->pairs[i].value));
		SG_TRY(texts_add(&t, one));
	}
	sink_list(s, "Attributes", "attributes", &t);
	return SG_OK;
}

enum sg_err
describe_csr(struct sink *s, const struct csr *r)
{
	enum sg_err holds = csr_verify(r);

	sink_text(s, "Subject", "subject", r->subject);
	SG_TRY(sink_key(s, buf_bytes(&r->spki)));
	if (s->json != NULL)
		json_put_bool(s->json, "signature_valid", holds == SG_OK);
	else
		field_print("Signature", holds == SG_OK
			? "valid: the requester has the key" : sg_note(holds));
	SG_TRY(sink_extensions(s, &r->content.ext));
	SG_TRY(sink_pairs(s, &r->content));
	sink_text(s, "Provider", "provider", r->content.provider);
	sink_text(s, "OS version", "os_version", r->content.os_version);
	sink_text(s, "Written by", "written_by", r->content.client.process);
	return sink_hex(s, "Key id", "key_id",
	    bytes_of(r->key_id, sizeof(r->key_id)));
}

static enum sg_err
sink_revoked(struct sink *s, const struct crl_entry *e)
{
	char day[DATE_TEXT_MAX];
	auto_str line = NULL;

	if (s->json != NULL) {
		json_put_object(s->json, NULL);
		json_put_str(s->json, "serial", e->serial);
		json_put_time(s->json, "revoked", e->when);
		json_put_str(s->json, "reason", crl_reason_name(e->reason));
		json_close(s->json);
		return SG_OK;
	}
	date_text(day, e->when);
	SG_TRY(str_printf(&line, "%s on %s, %s", e->serial, day,
	    crl_reason_name(e->reason)));
	field_print("Revoked", line);
	return SG_OK;
}

enum sg_err
describe_crl(struct sink *s, const struct crl *l)
{
	sink_text(s, "Issuer", "issuer", l->issuer);
	sink_time(s, "This update", "this_update", l->content.this_update);
	if (l->content.next_update != 0)
		sink_time(s, "Next update", "next_update",
		    l->content.next_update);
	if (s->json != NULL)
		json_put_array(s->json, "revoked");
	for (size_t i = 0; i < l->content.count; i++)
		SG_TRY(sink_revoked(s, &l->content.entries[i]));
	if (s->json != NULL)
		json_close(s->json);
	else if (l->content.count == 0)
		field_print("Revoked", "nothing");
	return SG_OK;
}

enum sg_err
describe_certreq(struct sink *s, const struct certreq *r)
{
	sink_text(s, "Subject", "subject", r->subject);
	sink_text(s, "Provider", "provider", r->provider);
	sink_text(s, "Key", "key_container", r->container);
	sink_flag(s, "Existing key", "existing_key", r->existing);
	sink_text(s, "Name", "friendly_name", r->friendly_name);
	SG_TRY(sink_extensions(s, &r->content.ext));
	return sink_pairs(s, &r->content);
}
