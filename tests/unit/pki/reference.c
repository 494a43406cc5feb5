/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Extensions and certificates through OpenSSL's templates: the same bytes as
 * src/pki writes by hand, made another way.
 */

#include <string.h>

#include "reference.h"

#include "base/text.h"
#include "pki/ext_ossl.h"
#include "pki/ms.h"
#include "pki/sign.h"

#define KRB_NT_SRV_INST 2	/* RFC 4120 6.2 */

static enum sg_err
ext_add_der(STACK_OF(X509_EXTENSION) **list, const char *oid, bool critical,
    struct bytes der)
{
	auto_ossl(ASN1_OBJECT) object = NULL;
	auto_ossl(ASN1_STRING) value = NULL;
	auto_ossl(X509_EXTENSION) e = NULL;

	SG_TRY(object_parse(&object, oid));
	SG_TRY(string_make(&value, V_ASN1_OCTET_STRING, der));
	e = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	if (e == NULL || X509v3_add_ext(list, e, -1) == NULL)
		return ossl_fail(SG_ENOMEM, "making an extension");
	return SG_OK;
}

static enum sg_err
add_item(STACK_OF(X509_EXTENSION) **list, const char *oid, bool critical,
    const ASN1_ITEM *it, const void *value)
{
	auto_done(buf) der = { 0 };

	SG_TRY(der_add(&der, it, value));
	return ext_add_der(list, oid, critical, buf_bytes(&der));
}

static enum sg_err
push(GENERAL_NAMES *names, GENERAL_NAME *g)
{
	if (sk_GENERAL_NAME_push(names, g) <= 0) {
		GENERAL_NAME_free(g);
		return ossl_fail(SG_ENOMEM, "making a name");
	}
	return SG_OK;
}

/* Takes value. */
static enum sg_err
add_other(GENERAL_NAMES *names, const char *oid, int type, ASN1_STRING *value)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_TYPE *t = ASN1_TYPE_new();
	ASN1_OBJECT *object = NULL;

	if (g == NULL || t == NULL || object_parse(&object, oid) != SG_OK ||
	    GENERAL_NAME_set0_othername(g, object, t) != 1) {
		ASN1_OBJECT_free(object);
		ASN1_TYPE_free(t);
		GENERAL_NAME_free(g);
		ASN1_STRING_free(value);
		return ossl_fail(SG_ENOMEM, "making a name");
	}
	ASN1_TYPE_set(t, type, value);
	return push(names, g);
}

static enum sg_err
add_ia5(GENERAL_NAMES *names, int type, const struct texts *from)
{
	for (size_t i = 0; i < from->n; i++) {
		GENERAL_NAME *g = GENERAL_NAME_new();
		ASN1_STRING *s = NULL;

		if (g == NULL || string_make(&s, V_ASN1_IA5STRING,
		    bytes_str(from->v[i])) != SG_OK) {
			GENERAL_NAME_free(g);
			return ossl_fail(SG_ENOMEM, "making a name");
		}
		GENERAL_NAME_set0_value(g, type, s);
		SG_TRY(push(names, g));
	}
	return SG_OK;
}

static enum sg_err
add_ips(GENERAL_NAMES *names, const struct texts *from)
{
	for (size_t i = 0; i < from->n; i++) {
		GENERAL_NAME *g = GENERAL_NAME_new();
		ASN1_OCTET_STRING *ip = a2i_IPADDRESS(from->v[i]);

		if (g == NULL || ip == NULL) {
			GENERAL_NAME_free(g);
			ASN1_OCTET_STRING_free(ip);
			ERR_clear_error();
			return sg_fail(SG_EARG, "'%s' is not an IP address",
			    from->v[i]);
		}
		GENERAL_NAME_set0_value(g, GEN_IPADD, ip);
		SG_TRY(push(names, g));
	}
	return SG_OK;
}

static enum sg_err
krb_part(KRB_PRINCIPAL *p, const char *s, size_t n)
{
	ASN1_STRING *part = NULL;

	SG_TRY(string_make(&part, V_ASN1_GENERALSTRING, bytes_of(s, n)));
	if (sk_ASN1_GENERALSTRING_push(p->name->parts, part) <= 0) {
		ASN1_STRING_free(part);
		return sg_fail(SG_ENOMEM, "out of memory");
	}
	return SG_OK;
}

/* "krbtgt/REALM@REALM"; no escapes, as realms and services have none. */
static enum sg_err
krb_make(KRB_PRINCIPAL *p, const char *text)
{
	const char *at = strrchr(text, '@'), *s = text;

	if (at == NULL || at == text || at[1] == '\0')
		return sg_fail(SG_EARG, "'%s' is not a principal", text);
	if (p == NULL || ASN1_INTEGER_set(p->name->type,
	    KRB_NT_SRV_INST) != 1 ||
	    ASN1_STRING_set(p->realm, at + 1, -1) != 1)
		return ossl_fail(SG_ENOMEM, "making a principal");
	while (s <= at) {
		size_t n = strcspn(s, "/@");

		SG_TRY(krb_part(p, s, n));
		s += n + 1;
	}
	return SG_OK;
}

static enum sg_err
add_principal(GENERAL_NAMES *names, const char *text)
{
	auto_ossl(KRB_PRINCIPAL) p = KRB_PRINCIPAL_new();
	auto_done(buf) der = { 0 };
	ASN1_STRING *value = NULL;

	SG_TRY(krb_make(p, text));
	SG_TRY(der_add(&der, ASN1_ITEM_rptr(KRB_PRINCIPAL), p));
	SG_TRY(string_make(&value, V_ASN1_SEQUENCE, buf_bytes(&der)));
	return add_other(names, OID_PKINIT_SAN, V_ASN1_SEQUENCE, value);
}

static enum sg_err
add_upn(GENERAL_NAMES *names, const char *upn)
{
	ASN1_STRING *value = NULL;

	SG_TRY(string_make(&value, V_ASN1_UTF8STRING, bytes_str(upn)));
	return add_other(names, OID_UPN, V_ASN1_UTF8STRING, value);
}

static enum sg_err
add_guid(GENERAL_NAMES *names, const struct buf *guid)
{
	ASN1_STRING *value = NULL;

	SG_TRY(string_make(&value, V_ASN1_OCTET_STRING, buf_bytes(guid)));
	return add_other(names, OID_GUID, V_ASN1_OCTET_STRING, value);
}

static enum sg_err
add_san(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	auto_ossl(GENERAL_NAMES) names = GENERAL_NAMES_new();

	if (names == NULL)
		return ossl_fail(SG_ENOMEM, "making names");
	if (x->upn != NULL)
		SG_TRY(add_upn(names, x->upn));
	if (x->principal != NULL)
		SG_TRY(add_principal(names, x->principal));
	if (x->guid.n > 0)
		SG_TRY(add_guid(names, &x->guid));
	SG_TRY(add_ia5(names, GEN_DNS, &x->dns));
	SG_TRY(add_ia5(names, GEN_EMAIL, &x->email));
	SG_TRY(add_ia5(names, GEN_URI, &x->uri));
	SG_TRY(add_ips(names, &x->ip));
	if (sk_GENERAL_NAME_num(names) == 0)
		return SG_OK;
	return add_item(list, OID_SUBJECT_ALT_NAME, x->san_critical,
	    ASN1_ITEM_rptr(GENERAL_NAMES), names);
}

static enum sg_err
add_sid(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	auto_ossl(GENERAL_NAMES) names = GENERAL_NAMES_new();
	ASN1_STRING *value = NULL;

	if (x->sid == NULL)
		return SG_OK;
	if (names == NULL)
		return ossl_fail(SG_ENOMEM, "making names");
	SG_TRY(string_make(&value, V_ASN1_OCTET_STRING, bytes_str(x->sid)));
	SG_TRY(add_other(names, OID_SID_NAME, V_ASN1_OCTET_STRING, value));
	return add_item(list, OID_SID, false, ASN1_ITEM_rptr(GENERAL_NAMES),
	    names);
}

SG_AUTO_OSSL(CERTIFICATEPOLICIES)

/* certificatePolicies, and application policies, which look the same. */
static enum sg_err
add_policies(STACK_OF(X509_EXTENSION) **list, const char *oid,
    const struct texts *from)
{
	auto_ossl(CERTIFICATEPOLICIES) all = CERTIFICATEPOLICIES_new();

	if (from->n == 0)
		return SG_OK;
	for (size_t i = 0; i < from->n; i++) {
		POLICYINFO *p = POLICYINFO_new();

		if (p == NULL || sk_POLICYINFO_push(all, p) <= 0) {
			POLICYINFO_free(p);
			return ossl_fail(SG_ENOMEM, "making policies");
		}
		SG_TRY(object_parse(&p->policyid, from->v[i]));
	}
	return add_item(list, oid, false,
	    ASN1_ITEM_rptr(CERTIFICATEPOLICIES), all);
}

SG_AUTO_OSSL(EXTENDED_KEY_USAGE)

static enum sg_err
add_eku(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	auto_ossl(EXTENDED_KEY_USAGE) all = EXTENDED_KEY_USAGE_new();

	if (x->eku.n == 0)
		return SG_OK;
	for (size_t i = 0; i < x->eku.n; i++) {
		ASN1_OBJECT *o = NULL;

		SG_TRY(object_parse(&o, x->eku.v[i]));
		if (sk_ASN1_OBJECT_push(all, o) <= 0) {
			ASN1_OBJECT_free(o);
			return ossl_fail(SG_ENOMEM, "making key usages");
		}
	}
	return add_item(list, "2.5.29.37", x->eku_critical,
	    ASN1_ITEM_rptr(EXTENDED_KEY_USAGE), all);
}

static enum sg_err
add_key_usage(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	auto_ossl(ASN1_BIT_STRING) bits = ASN1_BIT_STRING_new();

	if (x->key_usage == 0)
		return SG_OK;
	for (int i = 0; i < 9; i++) {
		unsigned bit = i < 8 ? 0x80u >> i : USAGE_DECIPHER_ONLY;

		if ((x->key_usage & bit) != 0 &&
		    ASN1_BIT_STRING_set_bit(bits, i, 1) != 1)
			return ossl_fail(SG_ENOMEM, "making a key usage");
	}
	return add_item(list, OID_KEY_USAGE, x->key_usage_critical,
	    ASN1_ITEM_rptr(ASN1_BIT_STRING), bits);
}

SG_AUTO_OSSL(BASIC_CONSTRAINTS)

static enum sg_err
add_basic(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	auto_ossl(BASIC_CONSTRAINTS) b = BASIC_CONSTRAINTS_new();

	if (!x->has_basic)
		return SG_OK;
	if (b == NULL)
		return ossl_fail(SG_ENOMEM, "making basic constraints");
	b->ca = x->ca ? 0xff : 0;
	if (x->ca && x->path_len >= 0 &&
	    ((b->pathlen = ASN1_INTEGER_new()) == NULL ||
	    ASN1_INTEGER_set(b->pathlen, x->path_len) != 1))
		return ossl_fail(SG_ENOMEM, "making basic constraints");
	return add_item(list, OID_BASIC_CONSTRAINTS, x->basic_critical,
	    ASN1_ITEM_rptr(BASIC_CONSTRAINTS), b);
}

static enum sg_err
set_integer(ASN1_INTEGER **out, int64_t v)
{
	if (v < 0)
		return SG_OK;
	if ((*out = ASN1_INTEGER_new()) == NULL ||
	    ASN1_INTEGER_set_int64(*out, v) != 1)
		return ossl_fail(SG_ENOMEM, "making a number");
	return SG_OK;
}

static enum sg_err
add_template(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	auto_ossl(MS_TEMPLATE) t = MS_TEMPLATE_new();
	auto_ossl(ASN1_STRING) name = NULL;

	if (x->template_name != NULL) {
		SG_TRY(bmp_make(&name, x->template_name));
		SG_TRY(add_item(list, OID_TEMPLATE_V1, false,
		    ASN1_ITEM_rptr(ASN1_BMPSTRING), name));
	}
	if (x->template_oid == NULL)
		return SG_OK;
	if (t == NULL)
		return ossl_fail(SG_ENOMEM, "making a template");
	SG_TRY(object_parse(&t->oid, x->template_oid));
	SG_TRY(set_integer(&t->major, x->template_major));
	SG_TRY(set_integer(&t->minor, x->template_minor));
	return add_item(list, OID_TEMPLATE_V2, false,
	    ASN1_ITEM_rptr(MS_TEMPLATE), t);
}

SG_AUTO_OSSL(CRL_DIST_POINTS)

/* MS-WCCE: one DistributionPoint whose fullName holds every URL. */
static enum sg_err
add_cdp(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	auto_ossl(CRL_DIST_POINTS) points = CRL_DIST_POINTS_new();
	DIST_POINT *p = DIST_POINT_new();

	if (points == NULL || p == NULL || x->cdp.n == 0 ||
	    sk_DIST_POINT_push(points, p) <= 0) {
		DIST_POINT_free(p);
		return x->cdp.n == 0 ? SG_OK
		    : ossl_fail(SG_ENOMEM, "making a distribution point");
	}
	if ((p->distpoint = DIST_POINT_NAME_new()) == NULL ||
	    (p->distpoint->name.fullname = GENERAL_NAMES_new()) == NULL)
		return ossl_fail(SG_ENOMEM, "making a distribution point");
	p->distpoint->type = 0;
	SG_TRY(add_ia5(p->distpoint->name.fullname, GEN_URI, &x->cdp));
	return add_item(list, "2.5.29.31", false,
	    ASN1_ITEM_rptr(CRL_DIST_POINTS), points);
}

SG_AUTO_OSSL(AUTHORITY_INFO_ACCESS)

static enum sg_err
access_add(AUTHORITY_INFO_ACCESS *all, int nid, const struct texts *from)
{
	for (size_t i = 0; i < from->n; i++) {
		ACCESS_DESCRIPTION *a = ACCESS_DESCRIPTION_new();
		ASN1_STRING *s = NULL;

		if (a == NULL || sk_ACCESS_DESCRIPTION_push(all, a) <= 0) {
			ACCESS_DESCRIPTION_free(a);
			return ossl_fail(SG_ENOMEM, "making an access");
		}
		ASN1_OBJECT_free(a->method);
		a->method = OBJ_nid2obj(nid);
		SG_TRY(string_make(&s, V_ASN1_IA5STRING,
		    bytes_str(from->v[i])));
		GENERAL_NAME_set0_value(a->location, GEN_URI, s);
	}
	return SG_OK;
}

static enum sg_err
add_aia(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	auto_ossl(AUTHORITY_INFO_ACCESS) all = AUTHORITY_INFO_ACCESS_new();

	if (x->ca_issuers.n == 0 && x->ocsp.n == 0)
		return SG_OK;
	SG_TRY(access_add(all, NID_ad_ca_issuers, &x->ca_issuers));
	SG_TRY(access_add(all, NID_ad_OCSP, &x->ocsp));
	return add_item(list, "1.3.6.1.5.5.7.1.1", false,
	    ASN1_ITEM_rptr(AUTHORITY_INFO_ACCESS), all);
}

SG_AUTO_OSSL(AUTHORITY_KEYID)

static enum sg_err
add_key_ids(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	auto_ossl(ASN1_STRING) ski = NULL;
	auto_ossl(AUTHORITY_KEYID) aki = AUTHORITY_KEYID_new();

	if (x->ski.n > 0) {
		SG_TRY(string_make(&ski, V_ASN1_OCTET_STRING,
		    buf_bytes(&x->ski)));
		SG_TRY(add_item(list, "2.5.29.14", false,
		    ASN1_ITEM_rptr(ASN1_OCTET_STRING), ski));
	}
	if (x->aki.n == 0)
		return SG_OK;
	SG_TRY(string_make(&aki->keyid, V_ASN1_OCTET_STRING,
	    buf_bytes(&x->aki)));
	return add_item(list, "2.5.29.35", false,
	    ASN1_ITEM_rptr(AUTHORITY_KEYID), aki);
}

static enum sg_err
ext_list_add(STACK_OF(X509_EXTENSION) **list, const struct extensions *x)
{
	SG_TRY(add_basic(list, x));
	SG_TRY(add_key_usage(list, x));
	SG_TRY(add_eku(list, x));
	SG_TRY(add_template(list, x));
	SG_TRY(add_policies(list, OID_APP_POLICIES, &x->app_policies));
	SG_TRY(add_policies(list, "2.5.29.32", &x->policies));
	SG_TRY(add_san(list, x));
	SG_TRY(add_sid(list, x));
	SG_TRY(add_key_ids(list, x));
	SG_TRY(add_cdp(list, x));
	SG_TRY(add_aia(list, x));
	for (size_t i = 0; i < x->raw_count; i++)
		SG_TRY(ext_add_der(list, x->raw[i].oid, x->raw[i].critical,
		    buf_bytes(&x->raw[i].der)));
	return SG_OK;
}

enum sg_err
reference_extensions(struct buf *out, const struct extensions *x)
{
	__attribute__((cleanup(ext_list_free)))
	STACK_OF(X509_EXTENSION) *list = NULL;

	SG_TRY(ext_list_add(&list, x));
	return der_add(out, ASN1_ITEM_rptr(X509_EXTENSIONS), list);
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
	auto_ossl(BIGNUM) v = NULL;
	auto_done(buf) b = { 0 };

	if (hex_decode(&b, c->serial) != SG_OK || b.n == 0)
		return sg_fail(SG_EARG, "'%.80s' is not a serial number",
		    c->serial);
	v = BN_bin2bn(b.p, (int)b.n, NULL);
	if (v == NULL || (serial = BN_to_ASN1_INTEGER(v, NULL)) == NULL)
		return ossl_fail(SG_ENOMEM, "making a serial number");
	if (X509_set_serialNumber(x, serial) != 1)
		return ossl_fail(SG_ENOMEM, "setting the serial number");
	return SG_OK;
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
	auto_ossl(PLAIN_SPKI) plain = NULL;
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
reference_build(struct buf *out, const struct cert_content *c, enum digest hash,
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
