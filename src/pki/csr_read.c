/* SPDX-License-Identifier: BSD-2-Clause */

/* Requests, taken apart: by hand when they are what nearly everybody sends,
 * else by OpenSSL's templates. */

#include "pki/csr_read.h"

#include <string.h>

#include "pki/ext_ossl.h"
#include "pki/ms.h"
#include "pki/name.h"
#include "pki/plain.h"

ASN1_SEQUENCE_enc(CSR_INFO, enc, 0) = {
	ASN1_SIMPLE(CSR_INFO, version, ASN1_INTEGER),
	ASN1_SIMPLE(CSR_INFO, subject, X509_NAME),
	ASN1_SIMPLE(CSR_INFO, key, PLAIN_SPKI),
	/* Some leave out the empty set. */
	ASN1_IMP_SET_OF_OPT(CSR_INFO, attributes, X509_ATTRIBUTE, 0),
} ASN1_SEQUENCE_END_enc(CSR_INFO, CSR_INFO)

ASN1_SEQUENCE(CSR) = {
	ASN1_SIMPLE(CSR, info, CSR_INFO),
	ASN1_SIMPLE(CSR, algorithm, X509_ALGOR),
	ASN1_SIMPLE(CSR, signature, ASN1_BIT_STRING),
} ASN1_SEQUENCE_END(CSR)

enum sg_err
csr_asn1(CSR **out, struct bytes der)
{
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(CSR), der, "DER"));
	*out = v;
	return SG_OK;
}

/* An attribute's value: of a SEQUENCE the whole, of other types the contents;
 * types as OpenSSL numbers them. */
struct value {
	int type;
	struct bytes x;
};

/* As OpenSSL's functions for texts take it. */
static ASN1_STRING
string_of(const struct value *v)
{
	return (ASN1_STRING) { .length = (int)v->x.n, .type = v->type,
		.data = (uint8_t *)(uintptr_t)v->x.p };
}

static enum sg_err
sequence_of(struct bytes *out, const struct value *v)
{
	if (v->type != V_ASN1_SEQUENCE)
		return sg_fail(SG_EFORMAT, "the value is no SEQUENCE");
	*out = v->x;
	return SG_OK;
}

static enum sg_err
read_os_version(struct csr *r, const struct value *t)
{
	ASN1_STRING s = string_of(t);

	if (t->type != V_ASN1_IA5STRING)
		return sg_fail(SG_EFORMAT, "the value is no IA5String");
	return string_ascii(&r->content.os_version, &s);
}

static enum sg_err
read_provider(struct csr *r, const struct value *t)
{
	auto_ossl(MS_CSP) m = NULL;
	struct bytes der;
	int64_t spec;
	void *v;

	SG_TRY(sequence_of(&der, t));
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(MS_CSP), der, "value"));
	m = v;
	if (ASN1_INTEGER_get_int64(&spec, m->spec) != 1 || spec < 0 ||
	    spec > 2) {
		ERR_clear_error();
		return sg_fail(SG_EFORMAT, "a wrong key spec");
	}
	r->content.key_spec = (int)spec;
	return string_text(&r->content.provider, m->provider);
}

static enum sg_err
read_pair(struct csr *r, const struct value *t)
{
	auto_str name = NULL, *value = NULL;
	struct bytes der;

	SG_TRY(sequence_of(&der, t));
	SG_TRY(ms_pair_read(&name, &value, der));
	if (csr_content_pair(&r->content, name) != NULL)
		return sg_fail(SG_EFORMAT, "'%.80s' is there twice", name);
	return csr_content_add_pair(&r->content, name, value);
}

static enum sg_err
read_client(struct csr *r, const struct value *t)
{
	struct csr_client *c = &r->content.client;
	auto_ossl(MS_CLIENT) m = NULL;
	struct bytes der;
	int64_t id;
	void *v;

	SG_TRY(sequence_of(&der, t));
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(MS_CLIENT), der, "value"));
	m = v;
	if (ASN1_INTEGER_get_int64(&id, m->id) != 1 || id < 0 ||
	    id > INT16_MAX) {
		ERR_clear_error();
		return sg_fail(SG_EFORMAT, "a wrong client id");
	}
	c->id = (int)id;
	SG_TRY(string_text(&c->machine, m->machine));
	SG_TRY(string_text(&c->user, m->user));
	return string_text(&c->process, m->process);
}

static enum sg_err
read_challenge(struct csr *r, const struct value *t)
{
	ASN1_STRING s = string_of(t);

	if (t->type != V_ASN1_UTF8STRING && t->type != V_ASN1_IA5STRING &&
	    t->type != V_ASN1_PRINTABLESTRING && t->type != V_ASN1_T61STRING &&
	    t->type != V_ASN1_BMPSTRING)
		return sg_fail(SG_EFORMAT, "the value is no text");
	if (t->x.n > CSR_CHALLENGE_MAX)
		return sg_fail(SG_ELIMIT, "the value is too long");
	return string_text(&r->content.challenge, &s);
}

static enum sg_err
read_renewal(struct csr *r, const struct value *t)
{
	struct bytes der;

	SG_TRY(sequence_of(&der, t));
	return buf_set(&r->content.renewal, der);
}

static enum sg_err
read_extensions(struct csr *r, const struct value *t)
{
	struct bytes der;

	SG_TRY(sequence_of(&der, t));
	return extensions_decode(&r->content.ext, der);
}

static const struct {
	const char *oid;
	const char *name;
	enum sg_err (*read)(struct csr *r, const struct value *t);
	bool many;
} readers[] = {
	{ OID_OS_VERSION, "OS version", read_os_version, false },
	{ OID_CLIENT_INFO, "client information", read_client, false },
	{ OID_CSP_INFO, "key provider", read_provider, false },
	{ OID_NAME_VALUE, "name and value", read_pair, true },
	{ OID_CHALLENGE, "challenge password", read_challenge, false },
	{ OID_RENEWAL, "certificate to renew", read_renewal, false },
	{ OID_EXTENSIONS, "extension request", read_extensions, false },
	{ OID_EXTENSIONS_MS, "extension request", read_extensions, false },
};
#define READERS_LEN (sizeof(readers) / sizeof(readers[0]))

/* Both OIDs of the extension request are one thing (MS-WCCE 2.2.2.7.4). */
static enum sg_err
once(struct texts *seen, size_t reader)
{
	const char *name = readers[reader].name;

	if (readers[reader].many)
		return SG_OK;
	if (texts_has(seen, name))
		return sg_fail(SG_EFORMAT, "the attribute is there twice");
	return texts_add(seen, name);
}

/* values is how many there are, v the first. */
static enum sg_err
take_attribute(struct csr *r, struct texts *seen, const char *oid,
    int values, const struct value *v)
{
	for (size_t i = 0; i < READERS_LEN; i++) {
		if (strcmp(readers[i].oid, oid) != 0)
			continue;
		SG_TRY(sg_while(once(seen, i), "%s", readers[i].name));
		if (values != 1)
			return sg_fail(SG_EFORMAT, "%s: not one value",
			    readers[i].name);
		return sg_while(readers[i].read(r, v), "%s",
		    readers[i].name);
	}
	return texts_add(&r->other_attrs, oid);
}

/* Of types that are no strings nothing is read. */
static struct value
value_of(const ASN1_TYPE *t)
{
	struct value v = { .type = t != NULL ? t->type : V_ASN1_UNDEF };

	if (v.type != V_ASN1_UNDEF && v.type != V_ASN1_BOOLEAN &&
	    v.type != V_ASN1_NULL && v.type != V_ASN1_OBJECT)
		v.x = bytes_of(ASN1_STRING_get0_data(t->value.asn1_string),
		    (size_t)ASN1_STRING_length(t->value.asn1_string));
	return v;
}

static enum sg_err
read_attribute(struct csr *r, struct texts *seen, X509_ATTRIBUTE *a)
{
	auto_str oid = NULL;
	struct value v = value_of(X509_ATTRIBUTE_get0_type(a, 0));

	SG_TRY(object_text(&oid, X509_ATTRIBUTE_get0_object(a)));
	return take_attribute(r, seen, oid, X509_ATTRIBUTE_count(a), &v);
}

static enum sg_err
read_attributes(struct csr *r, const STACK_OF(X509_ATTRIBUTE) *all)
{
	auto_done(texts) seen = { 0 };
	int n = sk_X509_ATTRIBUTE_num(all);

	if (n > CSR_ATTRS_MAX)
		return sg_fail(SG_ELIMIT, "%d attributes are too many", n);
	for (int i = 0; i < n; i++)
		SG_TRY(read_attribute(r, &seen,
		    sk_X509_ATTRIBUTE_value(all, i)));
	return SG_OK;
}

static enum sg_err
take_key(struct csr *r, struct bytes key)
{
	uint8_t full[DIGEST_MAX];

	SG_TRY(digest_of(DIGEST_SHA1, key, full));
	memcpy(r->key_id, full, sizeof(r->key_id));
	return SG_OK;
}

static enum sg_err
fill_any(struct csr *r, struct bytes der)
{
	auto_ossl(CSR) parts = NULL;
	const CSR_INFO *info;

	SG_TRY(csr_asn1(&parts, der));
	SG_TRY(der_check(der));
	info = parts->info;
	if (ASN1_INTEGER_get(info->version) != 0)
		return sg_fail(SG_EFORMAT, "version: not 0, the only one "
		    "(RFC 2986 4.1)");
	SG_TRY(der_add(&r->content.subject, ASN1_ITEM_rptr(X509_NAME),
	    info->subject));
	SG_TRY(name_print(&r->subject, buf_bytes(&r->content.subject)));
	SG_TRY(der_add(&r->spki, ASN1_ITEM_rptr(PLAIN_SPKI), info->key));
	SG_TRY(take_key(r, plain_spki_bits(info->key)));
	return read_attributes(r, info->attributes);
}

struct plain {
	struct bytes subject, spki, key;
	struct bytes attributes;	/* contents of the SET */
};

/* Attribute, RFC 2986 4.1, with one value of a type that attributes have. */
static bool
plain_attribute(struct bytes *oid, struct value *v, struct reader *list)
{
	struct reader r = reader_of(der_get(list, DER_SEQUENCE)), set;
	uint8_t tag;

	*oid = der_get(&r, DER_OID);
	set = reader_of(der_get(&r, DER_SET));
	tag = set.left.n > 0 ? set.left.p[0] : 0;
	v->x = tag == DER_SEQUENCE ? der_get_whole(&set)
				   : der_get(&set, tag);
	v->type = tag == DER_SEQUENCE ? V_ASN1_SEQUENCE : tag;
	return (tag == DER_SEQUENCE || tag == DER_UTF8_STRING ||
	    tag == DER_PRINTABLE || tag == DER_IA5_STRING) &&
	    plain_oid(*oid) && reader_end(&set) && reader_end(&r) &&
	    !list->failed;
}

static bool
plain_attributes(struct bytes list)
{
	struct reader r = reader_of(list);
	int n = 0;

	while (r.left.n > 0) {
		struct bytes oid;
		struct value v;

		if (++n > CSR_ATTRS_MAX || !plain_attribute(&oid, &v, &r))
			return false;
	}
	return true;
}

static bool
plain_info(struct plain *p, struct reader r)
{
	if (der_get_u64(&r) != 0 || !der_next_is(&r, DER_SEQUENCE))
		return false;
	p->subject = der_get_whole(&r);
	p->spki = der_get_whole(&r);
	p->attributes = (struct bytes) { 0 };
	if (r.left.n > 0)
		p->attributes = der_get(&r, DER_EXPLICIT(0));
	return reader_end(&r) && plain_key(&p->key, p->spki) &&
	    plain_attributes(p->attributes);
}

static bool
plain_read(struct plain *p, struct bytes der)
{
	struct reader outer = reader_of(der), r, info;
	struct bytes signature;

	r = reader_of(der_get(&outer, DER_SEQUENCE));
	info = reader_of(der_get(&r, DER_SEQUENCE));
	if (!reader_end(&outer) || !plain_info(p, info) ||
	    !plain_algorithm(&r))
		return false;
	signature = der_get(&r, DER_BIT_STRING);
	return signature.n > 0 && signature.p[0] == 0 && reader_end(&r);
}

static enum sg_err
take_attributes(struct csr *r, struct bytes list)
{
	struct reader in = reader_of(list);
	auto_done(texts) seen = { 0 };

	while (in.left.n > 0) {
		auto_str text = NULL;
		struct bytes oid;
		struct value v;

		if (!plain_attribute(&oid, &v, &in))
			return sg_fail(SG_EINTERNAL, "an attribute changed");
		SG_TRY(oid_text(&text, oid));
		SG_TRY(take_attribute(r, &seen, text, 1, &v));
	}
	return SG_OK;
}

static enum sg_err
fill_plain(struct csr *r, const struct plain *p)
{
	SG_TRY(buf_set(&r->content.subject, p->subject));
	SG_TRY(name_print(&r->subject, p->subject));
	SG_TRY(buf_set(&r->spki, p->spki));
	SG_TRY(take_key(r, p->key));
	return take_attributes(r, p->attributes);
}

enum sg_err
csr_fill(struct csr *r, struct bytes der)
{
	struct plain p = { 0 };

	SG_TRY(buf_set(&r->der, der));
	SG_TRY(sha256(der, r->sha256));
	if (!plain_read(&p, der))
		return fill_any(r, der);
	SG_TRY(der_check(der));
	return fill_plain(r, &p);
}
