/* SPDX-License-Identifier: BSD-2-Clause */

/* DER to struct extensions. */

#include <arpa/inet.h>
#include <string.h>

#include "pki/der.h"
#include "pki/ext_ossl.h"
#include "pki/ext_plain.h"
#include "pki/ms.h"

static struct bytes
ext_bytes(const X509_EXTENSION *e)
{
	/* OpenSSL's getter lacks a const. */
	X509_EXTENSION *x = (X509_EXTENSION *)(uintptr_t)e;
	const ASN1_OCTET_STRING *s = X509_EXTENSION_get_data(x);

	return bytes_of(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
}

static enum sg_err
limited(const char *s)
{
	if (strlen(s) > EXT_TEXT_MAX)
		return sg_fail(SG_ELIMIT, "a text of %zu bytes is too long",
		    strlen(s));
	return SG_OK;
}

static enum sg_err
add_ascii(struct texts *out, const ASN1_STRING *s)
{
	auto_str text = NULL;

	SG_TRY(string_ascii(&text, s));
	SG_TRY(limited(text));
	return texts_add(out, text);
}

static enum sg_err
read_upn(struct extensions *x, const ASN1_TYPE *t)
{
	auto_str text = NULL;

	if (t->type != V_ASN1_UTF8STRING)
		return sg_fail(SG_EFORMAT, "the UPN is not a UTF8String");
	if (x->upn != NULL)
		return sg_fail(SG_EFORMAT, "there are two UPNs");
	SG_TRY(string_text(&text, t->value.utf8string));
	SG_TRY(limited(text));
	x->upn = text;
	text = NULL;
	return SG_OK;
}

static enum sg_err
read_principal(struct extensions *x, const ASN1_TYPE *t)
{
	auto_ossl(KRB_PRINCIPAL) p = NULL;
	auto_done(buf) b = { 0 };
	auto_str realm = NULL;
	void *v;

	if (t->type != V_ASN1_SEQUENCE)
		return sg_fail(SG_EFORMAT, "the principal is no SEQUENCE");
	if (x->principal != NULL)
		return sg_fail(SG_EFORMAT, "there are two principals");
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(KRB_PRINCIPAL),
	    bytes_of(ASN1_STRING_get0_data(t->value.sequence),
	    (size_t)ASN1_STRING_length(t->value.sequence)), "the principal"));
	p = v;
	for (int i = 0; i < sk_ASN1_GENERALSTRING_num(p->name->parts); i++) {
		auto_str part = NULL;

		SG_TRY(string_ascii(&part,
		    sk_ASN1_GENERALSTRING_value(p->name->parts, i)));
		if (strpbrk(part, "/@") != NULL)
			return sg_fail(SG_EFORMAT,
			    "the principal would need escapes");
		SG_TRY(buf_printf(&b, "%s%s", i > 0 ? "/" : "", part));
	}
	SG_TRY(string_ascii(&realm, p->realm));
	SG_TRY(buf_printf(&b, "@%s", realm));
	SG_TRY(buf_terminate(&b));
	SG_TRY(limited((const char *)b.p));
	return str_from_bytes(&x->principal, buf_bytes(&b));
}

static enum sg_err
read_guid(struct extensions *x, const ASN1_TYPE *t)
{
	if (t->type != V_ASN1_OCTET_STRING ||
	    ASN1_STRING_length(t->value.octet_string) != 16)
		return sg_fail(SG_EFORMAT, "the GUID is not 16 bytes");
	if (x->guid.n > 0)
		return sg_fail(SG_EFORMAT, "there are two GUIDs");
	return buf_add(&x->guid,
	    ASN1_STRING_get0_data(t->value.octet_string), 16);
}

static enum sg_err
read_other(struct extensions *x, const OTHERNAME *o)
{
	auto_str oid = NULL;

	SG_TRY(object_text(&oid, o->type_id));
	if (strcmp(oid, OID_UPN) == 0)
		return read_upn(x, o->value);
	if (strcmp(oid, OID_PKINIT_SAN) == 0)
		return read_principal(x, o->value);
	if (strcmp(oid, OID_GUID) == 0)
		return read_guid(x, o->value);
	x->other_names++;
	return SG_OK;
}

static enum sg_err
read_ip(struct extensions *x, const ASN1_OCTET_STRING *s)
{
	char text[INET6_ADDRSTRLEN];
	int n = ASN1_STRING_length(s);

	if (n != 4 && n != 16)
		return sg_fail(SG_EFORMAT, "an IP address of %d bytes", n);
	if (inet_ntop(n == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(s),
	    text, sizeof(text)) == NULL)
		return sg_fail(SG_EINTERNAL, "printing an IP address");
	return texts_add(&x->ip, text);
}

static enum sg_err
read_name(struct extensions *x, const GENERAL_NAME *g)
{
	switch (g->type) {
	case GEN_OTHERNAME:
		return read_other(x, g->d.otherName);
	case GEN_DNS:
		return add_ascii(&x->dns, g->d.dNSName);
	case GEN_EMAIL:
		return add_ascii(&x->email, g->d.rfc822Name);
	case GEN_URI:
		return add_ascii(&x->uri, g->d.uniformResourceIdentifier);
	case GEN_IPADD:
		return read_ip(x, g->d.iPAddress);
	default:
		x->other_names++;
		return SG_OK;
	}
}

static enum sg_err
names_read(GENERAL_NAMES **out, struct bytes der)
{
	auto_ossl(GENERAL_NAMES) names = NULL;
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(GENERAL_NAMES), der, "names"));
	names = v;
	if (sk_GENERAL_NAME_num(names) > EXT_NAMES_MAX)
		return sg_fail(SG_ELIMIT, "%d names are too many",
		    sk_GENERAL_NAME_num(names));
	*out = names;
	names = NULL;
	return SG_OK;
}

static enum sg_err
read_san(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(GENERAL_NAMES) names = NULL;
	enum sg_err e = ext_plain_san(x, der);

	x->san_critical = critical;
	if (e != SG_ENOENT)
		return e;
	SG_TRY(names_read(&names, der));
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		SG_TRY(read_name(x, sk_GENERAL_NAME_value(names, i)));
	return SG_OK;
}

/* adcs.md 5.4: one otherName with the SID's text. */
static enum sg_err
read_sid(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(GENERAL_NAMES) names = NULL;
	auto_str oid = NULL, *sid = NULL;
	const GENERAL_NAME *g;
	enum sg_err e = ext_plain_sid(x, der);

	(void)critical;
	if (e != SG_ENOENT)
		return e;
	SG_TRY(names_read(&names, der));
	g = sk_GENERAL_NAME_value(names, 0);
	if (sk_GENERAL_NAME_num(names) != 1 || g->type != GEN_OTHERNAME ||
	    g->d.otherName->value->type != V_ASN1_OCTET_STRING)
		return sg_fail(SG_EFORMAT, "not one OCTET STRING otherName");
	SG_TRY(object_text(&oid, g->d.otherName->type_id));
	SG_TRY(string_ascii(&sid, g->d.otherName->value->value.octet_string));
	if (strcmp(oid, OID_SID_NAME) != 0 || !sid_valid(sid))
		return sg_fail(SG_EFORMAT, "not a SID");
	x->sid = sid;
	sid = NULL;
	return SG_OK;
}

static enum sg_err
add_oid(struct texts *out, const ASN1_OBJECT *o)
{
	auto_str oid = NULL;

	SG_TRY(object_text(&oid, o));
	return texts_add(out, oid);
}

SG_AUTO_OSSL(EXTENDED_KEY_USAGE)

static enum sg_err
read_eku(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(EXTENDED_KEY_USAGE) all = NULL;
	void *v;
	enum sg_err e = ext_plain_eku(&x->eku, der);

	x->eku_critical = critical;
	if (e != SG_ENOENT)
		return e;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(EXTENDED_KEY_USAGE), der, "list"));
	all = v;
	for (int i = 0; i < sk_ASN1_OBJECT_num(all); i++)
		SG_TRY(add_oid(&x->eku, sk_ASN1_OBJECT_value(all, i)));
	return SG_OK;
}

SG_AUTO_OSSL(CERTIFICATEPOLICIES)

static enum sg_err
policies(struct texts *out, struct bytes der)
{
	auto_ossl(CERTIFICATEPOLICIES) all = NULL;
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(CERTIFICATEPOLICIES), der,
	    "list"));
	all = v;
	for (int i = 0; i < sk_POLICYINFO_num(all); i++)
		SG_TRY(add_oid(out, sk_POLICYINFO_value(all, i)->policyid));
	return SG_OK;
}

static enum sg_err
read_policies(struct extensions *x, struct bytes der, bool critical)
{
	(void)critical;
	return policies(&x->policies, der);
}

static enum sg_err
read_app_policies(struct extensions *x, struct bytes der, bool critical)
{
	(void)critical;
	return policies(&x->app_policies, der);
}

static enum sg_err
read_key_usage(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(ASN1_BIT_STRING) bits = NULL;
	void *v;

	x->key_usage_critical = critical;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(ASN1_BIT_STRING), der, "bits"));
	bits = v;
	for (int i = 0; i < 9; i++) {
		unsigned bit = i < 8 ? 0x80u >> i : USAGE_DECIPHER_ONLY;

		if (ASN1_BIT_STRING_get_bit(bits, i))
			x->key_usage |= bit;
	}
	/* RFC 5280 4.2.1.3: at least one bit. */
	if (x->key_usage == 0)
		return sg_fail(SG_EFORMAT, "no bit is set");
	return SG_OK;
}

SG_AUTO_OSSL(BASIC_CONSTRAINTS)

static enum sg_err
read_basic(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(BASIC_CONSTRAINTS) b = NULL;
	void *v;
	long n;

	x->basic_critical = critical;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(BASIC_CONSTRAINTS), der,
	    "constraints"));
	b = v;
	x->has_basic = true;
	x->ca = b->ca != 0;
	if (b->pathlen == NULL)
		return SG_OK;
	n = ASN1_INTEGER_get(b->pathlen);
	if (n < 0 || n > INT16_MAX)
		return sg_fail(SG_EFORMAT, "a path length of %ld", n);
	x->path_len = (int)n;
	return SG_OK;
}

static enum sg_err
read_template_v1(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(ASN1_STRING) s = NULL;
	void *v;

	(void)critical;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(ASN1_BMPSTRING), der, "name"));
	s = v;
	SG_TRY(string_text(&x->template_name, s));
	return limited(x->template_name);
}

static enum sg_err
version(int64_t *out, const ASN1_INTEGER *i)
{
	int64_t v;

	if (i == NULL)
		return SG_OK;
	if (ASN1_INTEGER_get_int64(&v, i) != 1 || v < 0 || v > UINT32_MAX) {
		ERR_clear_error();
		return sg_fail(SG_EFORMAT, "a version is out of range");
	}
	*out = v;
	return SG_OK;
}

static enum sg_err
read_template_v2(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(MS_TEMPLATE) t = NULL;
	void *v;

	(void)critical;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(MS_TEMPLATE), der, "template"));
	t = v;
	SG_TRY(version(&x->template_major, t->major));
	SG_TRY(version(&x->template_minor, t->minor));
	return object_text(&x->template_oid, t->oid);
}

SG_AUTO_OSSL(CRL_DIST_POINTS)

static enum sg_err
read_cdp(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(CRL_DIST_POINTS) points = NULL;
	void *v;
	enum sg_err e = ext_plain_cdp(x, der);

	(void)critical;
	if (e != SG_ENOENT)
		return e;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(CRL_DIST_POINTS), der, "list"));
	points = v;
	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);

		if (p->distpoint == NULL || p->distpoint->type != 0)
			continue;
		for (int j = 0; j < sk_GENERAL_NAME_num(
		    p->distpoint->name.fullname); j++) {
			const GENERAL_NAME *g = sk_GENERAL_NAME_value(
			    p->distpoint->name.fullname, j);

			if (g->type == GEN_URI)
				SG_TRY(add_ascii(&x->cdp,
				    g->d.uniformResourceIdentifier));
		}
	}
	return SG_OK;
}

SG_AUTO_OSSL(AUTHORITY_INFO_ACCESS)

static enum sg_err
read_aia(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(AUTHORITY_INFO_ACCESS) all = NULL;
	void *v;
	enum sg_err e = ext_plain_aia(x, der);

	(void)critical;
	if (e != SG_ENOENT)
		return e;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(AUTHORITY_INFO_ACCESS), der,
	    "list"));
	all = v;
	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(all); i++) {
		const ACCESS_DESCRIPTION *a =
		    sk_ACCESS_DESCRIPTION_value(all, i);
		int nid = OBJ_obj2nid(a->method);

		if (a->location->type != GEN_URI)
			continue;
		if (nid == NID_ad_ca_issuers)
			SG_TRY(add_ascii(&x->ca_issuers,
			    a->location->d.uniformResourceIdentifier));
		if (nid == NID_ad_OCSP)
			SG_TRY(add_ascii(&x->ocsp,
			    a->location->d.uniformResourceIdentifier));
	}
	return SG_OK;
}

static enum sg_err
read_ski(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(ASN1_STRING) s = NULL;
	void *v;

	(void)critical;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(ASN1_OCTET_STRING), der, "id"));
	s = v;
	return buf_add(&x->ski, ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
}

SG_AUTO_OSSL(AUTHORITY_KEYID)

static enum sg_err
read_aki(struct extensions *x, struct bytes der, bool critical)
{
	auto_ossl(AUTHORITY_KEYID) k = NULL;
	void *v;

	(void)critical;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(AUTHORITY_KEYID), der, "id"));
	k = v;
	if (k->keyid == NULL)
		return SG_OK;
	return buf_add(&x->aki, ASN1_STRING_get0_data(k->keyid),
	    (size_t)ASN1_STRING_length(k->keyid));
}

static const struct {
	const char *oid;
	const char *name;
	enum sg_err (*read)(struct extensions *x, struct bytes der,
	    bool critical);
} readers[] = {
	{ OID_SUBJECT_ALT_NAME, "subjectAltName", read_san },
	{ OID_SID, "the SID extension", read_sid },
	{ "2.5.29.37", "extKeyUsage", read_eku },
	{ OID_APP_POLICIES, "application policies", read_app_policies },
	{ "2.5.29.32", "certificatePolicies", read_policies },
	{ OID_KEY_USAGE, "keyUsage", read_key_usage },
	{ OID_BASIC_CONSTRAINTS, "basicConstraints", read_basic },
	{ OID_TEMPLATE_V1, "the template name", read_template_v1 },
	{ OID_TEMPLATE_V2, "the template extension", read_template_v2 },
	{ "2.5.29.31", "cRLDistributionPoints", read_cdp },
	{ "1.3.6.1.5.5.7.1.1", "authorityInfoAccess", read_aia },
	{ "2.5.29.14", "subjectKeyIdentifier", read_ski },
	{ "2.5.29.35", "authorityKeyIdentifier", read_aki },
};

static enum sg_err
read_one(struct extensions *x, const char *oid, struct bytes der,
    bool critical)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strcmp(readers[i].oid, oid) == 0)
			return sg_while(readers[i].read(x, der, critical),
			    "%s", readers[i].name);
	return extensions_add_raw(x, oid, critical, der);
}

/* RFC 5280 4.2: never two of the same. */
static enum sg_err
twice(const char *oid)
{
	return sg_fail(SG_EFORMAT, "the extension %s is there twice",
	    oid_name(oid));
}

static enum sg_err
too_many(int n)
{
	return sg_fail(SG_ELIMIT, "%d extensions are too many", n);
}

static enum sg_err
read_all(struct extensions *x, const STACK_OF(X509_EXTENSION) *list)
{
	auto_done(texts) seen = { 0 };
	int n = list != NULL ? sk_X509_EXTENSION_num(list) : 0;

	if (n > EXT_COUNT_MAX)
		return too_many(n);
	for (int i = 0; i < n; i++) {
		X509_EXTENSION *e = sk_X509_EXTENSION_value(list, i);
		auto_str oid = NULL;

		SG_TRY(object_text(&oid, X509_EXTENSION_get_object(e)));
		if (texts_has(&seen, oid))
			return twice(oid);
		SG_TRY(texts_add(&seen, oid));
		SG_TRY(read_one(x, oid, ext_bytes(e),
		    X509_EXTENSION_get_critical(e) == 1));
	}
	return SG_OK;
}

enum sg_err
ext_list_read(struct extensions *x, const STACK_OF(X509_EXTENSION) *list)
{
	auto_done(extensions) fresh;

	extensions_init(&fresh);
	SG_TRY(read_all(&fresh, list));
	*x = fresh;
	extensions_init(&fresh);
	return SG_OK;
}

/* Extension, RFC 5280 4.1 */
struct split {
	struct bytes oid;
	struct bytes value;
	bool critical;
};

static bool
split_next(struct split *out, struct reader *list)
{
	struct reader r = reader_of(der_get(list, DER_SEQUENCE));
	struct bytes critical = { 0 };

	out->oid = der_get(&r, DER_OID);
	if (der_next_is(&r, DER_BOOLEAN)) {
		critical = der_get(&r, DER_BOOLEAN);
		/* FALSE is written by leaving it out. */
		if (critical.n != 1 || critical.p[0] != 0xff)
			return false;
	}
	out->critical = critical.n > 0;
	out->value = der_get(&r, DER_OCTETS);
	return reader_end(&r) && !list->failed;
}

static bool
among(const struct bytes *seen, int n, struct bytes oid)
{
	for (int i = 0; i < n; i++)
		if (bytes_eq(seen[i], oid))
			return true;
	return false;
}

enum sg_err
ext_der_read(struct extensions *x, struct bytes list)
{
	auto_done(extensions) fresh;
	struct bytes seen[EXT_COUNT_MAX];
	struct reader r = reader_of(list);
	int n = 0;

	extensions_init(&fresh);
	while (r.left.n > 0) {
		auto_str oid = NULL;
		struct split e;

		if (!split_next(&e, &r))
			return SG_ENOENT;
		if (n == EXT_COUNT_MAX)
			return too_many(n + 1);
		SG_TRY(oid_text(&oid, e.oid));
		if (among(seen, n, e.oid))
			return twice(oid);
		seen[n++] = e.oid;
		SG_TRY(read_one(&fresh, oid, e.value, e.critical));
	}
	*x = fresh;
	extensions_init(&fresh);
	return SG_OK;
}
