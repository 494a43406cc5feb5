/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/csr.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pki/der.h"
#include "pki/ext_ossl.h"
#include "pki/ms.h"
#include "pki/name.h"
#include "pki/sigalg.h"
#include "pki/sign.h"

/* Windows' label (adcs.md 3.1). */
#define LABEL_WINDOWS "NEW CERTIFICATE REQUEST"

/* RFC 2986 4; X509_REQ would make a key object of the key.  enc keeps the
 * bytes that were received: it is they that are signed. */
typedef struct {
	ASN1_ENCODING enc;
	ASN1_INTEGER *version;
	X509_NAME *subject;
	PLAIN_SPKI *key;
	STACK_OF(X509_ATTRIBUTE) *attributes;
} CSR_INFO;
typedef struct csr_parts {
	CSR_INFO *info;
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *signature;
} CSR;

ASN1_SEQUENCE_enc(CSR_INFO, enc, 0) = {
	ASN1_SIMPLE(CSR_INFO, version, ASN1_INTEGER),
	ASN1_SIMPLE(CSR_INFO, subject, X509_NAME),
	ASN1_SIMPLE(CSR_INFO, key, PLAIN_SPKI),
	/* Some leave out the empty set. */
	ASN1_IMP_SET_OF_OPT(CSR_INFO, attributes, X509_ATTRIBUTE, 0),
} static_ASN1_SEQUENCE_END_ref(CSR_INFO, CSR_INFO)

ASN1_SEQUENCE(CSR) = {
	ASN1_SIMPLE(CSR, info, CSR_INFO),
	ASN1_SIMPLE(CSR, algorithm, X509_ALGOR),
	ASN1_SIMPLE(CSR, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(CSR)

void
csr_content_init(struct csr_content *c)
{
	*c = (struct csr_content) { 0 };
	extensions_init(&c->ext);
}

void
csr_content_done(struct csr_content *c)
{
	buf_done(&c->subject);
	extensions_done(&c->ext);
	for (size_t i = 0; i < c->pair_count; i++) {
		free(c->pairs[i].name);
		free(c->pairs[i].value);
	}
	free(c->pairs);
	free(c->os_version);
	free(c->provider);
	free(c->client.machine);
	free(c->client.user);
	free(c->client.process);
	if (c->challenge != NULL)
		wipe(c->challenge, strlen(c->challenge));
	free(c->challenge);
	buf_done(&c->renewal);
	csr_content_init(c);
}

enum sg_err
csr_content_add_pair(struct csr_content *c, const char *name,
    const char *value)
{
	struct csr_pair *v = reallocarray(c->pairs, c->pair_count + 1,
	    sizeof(*v));
	auto_str n = NULL;

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	c->pairs = v;
	SG_TRY(str_dup(&n, name));
	SG_TRY(str_dup(&v[c->pair_count].value, value));
	v[c->pair_count++].name = n;
	n = NULL;
	return SG_OK;
}

const char *
csr_content_pair(const struct csr_content *c, const char *name)
{
	for (size_t i = 0; i < c->pair_count; i++)
		if (strcasecmp(c->pairs[i].name, name) == 0)
			return c->pairs[i].value;
	return NULL;
}

void
csr_free(struct csr *r)
{
	if (r == NULL)
		return;
	buf_done(&r->der);
	free(r->subject);
	csr_content_done(&r->content);
	texts_done(&r->other_attrs);
	buf_done(&r->spki);
	ASN1_item_free((ASN1_VALUE *)r->parts, ASN1_ITEM_rptr(CSR));
	free(r);
}

/* The DER of an attribute's only value, if that is a SEQUENCE. */
static enum sg_err
sequence_of(struct bytes *out, const ASN1_TYPE *t)
{
	if (t->type != V_ASN1_SEQUENCE)
		return sg_fail(SG_EFORMAT, "the value is no SEQUENCE");
	*out = bytes_of(ASN1_STRING_get0_data(t->value.sequence),
	    (size_t)ASN1_STRING_length(t->value.sequence));
	return SG_OK;
}

static enum sg_err
read_os_version(struct csr *r, const ASN1_TYPE *t)
{
	if (t->type != V_ASN1_IA5STRING)
		return sg_fail(SG_EFORMAT, "the value is no IA5String");
	return string_ascii(&r->content.os_version, t->value.ia5string);
}

static enum sg_err
read_provider(struct csr *r, const ASN1_TYPE *t)
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
read_pair(struct csr *r, const ASN1_TYPE *t)
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
read_client(struct csr *r, const ASN1_TYPE *t)
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
read_challenge(struct csr *r, const ASN1_TYPE *t)
{
	if (t->type != V_ASN1_UTF8STRING && t->type != V_ASN1_IA5STRING &&
	    t->type != V_ASN1_PRINTABLESTRING && t->type != V_ASN1_T61STRING &&
	    t->type != V_ASN1_BMPSTRING)
		return sg_fail(SG_EFORMAT, "the value is no text");
	if (ASN1_STRING_length(t->value.asn1_string) > CSR_CHALLENGE_MAX)
		return sg_fail(SG_ELIMIT, "the value is too long");
	return string_text(&r->content.challenge, t->value.asn1_string);
}

static enum sg_err
read_renewal(struct csr *r, const ASN1_TYPE *t)
{
	struct bytes der;

	SG_TRY(sequence_of(&der, t));
	return buf_set(&r->content.renewal, der);
}

static enum sg_err
read_extensions(struct csr *r, const ASN1_TYPE *t)
{
	struct bytes der;

	SG_TRY(sequence_of(&der, t));
	return extensions_decode(&r->content.ext, der);
}

static const struct {
	const char *oid;
	const char *name;
	enum sg_err (*read)(struct csr *r, const ASN1_TYPE *t);
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

static enum sg_err
read_attribute(struct csr *r, struct texts *seen, X509_ATTRIBUTE *a)
{
	auto_str oid = NULL;

	SG_TRY(object_text(&oid, X509_ATTRIBUTE_get0_object(a)));
	for (size_t i = 0; i < READERS_LEN; i++) {
		if (strcmp(readers[i].oid, oid) != 0)
			continue;
		SG_TRY(sg_while(once(seen, i), "%s", readers[i].name));
		if (X509_ATTRIBUTE_count(a) != 1)
			return sg_fail(SG_EFORMAT, "%s: not one value",
			    readers[i].name);
		return sg_while(readers[i].read(r,
		    X509_ATTRIBUTE_get0_type(a, 0)), "%s", readers[i].name);
	}
	return texts_add(&r->other_attrs, oid);
}

static enum sg_err
read_attributes(struct csr *r)
{
	auto_done(texts) seen = { 0 };
	const STACK_OF(X509_ATTRIBUTE) *all = r->parts->info->attributes;
	int n = sk_X509_ATTRIBUTE_num(all);

	if (n > CSR_ATTRS_MAX)
		return sg_fail(SG_ELIMIT, "%d attributes are too many", n);
	for (int i = 0; i < n; i++)
		SG_TRY(read_attribute(r, &seen,
		    sk_X509_ATTRIBUTE_value(all, i)));
	return SG_OK;
}

static enum sg_err
fill(struct csr *r, struct bytes der)
{
	const CSR_INFO *info;
	uint8_t full[DIGEST_MAX];
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(CSR), der, "DER"));
	r->parts = v;
	SG_TRY(der_check(der));
	info = r->parts->info;
	if (ASN1_INTEGER_get(info->version) != 0)
		return sg_fail(SG_EFORMAT, "version: not 0, the only one "
		    "(RFC 2986 4.1)");
	SG_TRY(buf_set(&r->der, der));
	SG_TRY(sha256(der, r->sha256));
	SG_TRY(der_add(&r->content.subject, ASN1_ITEM_rptr(X509_NAME),
	    info->subject));
	SG_TRY(name_print(&r->subject, buf_bytes(&r->content.subject)));
	SG_TRY(der_add(&r->spki, ASN1_ITEM_rptr(PLAIN_SPKI), info->key));
	SG_TRY(digest_of(DIGEST_SHA1, plain_spki_bits(info->key), full));
	memcpy(r->key_id, full, sizeof(r->key_id));
	return read_attributes(r);
}

enum sg_err
csr_parse(struct csr **out, struct bytes der)
{
	auto_free(csr) r = NULL;

	if (der.n > CSR_MAX)
		return sg_fail(SG_ELIMIT, "a request of %zu bytes", der.n);
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	csr_content_init(&r->content);
	SG_TRY(sg_while(fill(r, der), "request"));
	*out = r;
	r = NULL;
	return SG_OK;
}

enum sg_err
csr_read(struct csr **out, struct bytes text)
{
	static const char *const labels[] = { PEM_STRING_X509_REQ,
		LABEL_WINDOWS, NULL };
	auto_done(buf) der = { 0 };

	SG_TRY(pem_or_der(&der, text, labels, "certificate request"));
	return csr_parse(out, buf_bytes(&der));
}

enum sg_err
csr_pem(struct buf *out, struct bytes der, bool windows)
{
	return pem_write(out, windows ? LABEL_WINDOWS : PEM_STRING_X509_REQ,
	    der);
}

/* The signature by the plain kinds of algorithms; SG_ENOENT for others. */
static enum sg_err
verify_plain(const struct csr *r, struct verifier *v)
{
	const ASN1_BIT_STRING *sig = r->parts->signature;
	struct reader in = reader_of(buf_bytes(&r->der)), body;
	const struct sig_alg *alg;
	struct bytes info;
	uint8_t full[DIGEST_MAX];
	enum key_kind kind;
	unsigned bits;

	body = reader_of(der_get(&in, DER_SEQUENCE));
	info = der_get_whole(&body);
	alg = sig_alg_find(der_get_whole(&body));
	if (body.failed || alg == NULL || (sig->flags & 7) != 0)
		return SG_ENOENT;
	SG_TRY(signature_check(r->parts->algorithm));
	SG_TRY(spki_kind(&kind, &bits, buf_bytes(&r->spki)));
	if (kind != alg->kind)
		return SG_ENOENT;
	SG_TRY(digest_of(alg->hash, info, full));
	return verifier_check(v, buf_bytes(&r->spki), alg->scheme, alg->hash,
	    bytes_of(full, digest_size(alg->hash)),
	    bytes_of(ASN1_STRING_get0_data(sig),
	    (size_t)ASN1_STRING_length(sig)));
}

enum sg_err
csr_prove(struct csr *r, struct verifier *v)
{
	r->proven = verify_plain(r, v) == SG_OK;
	/* What is wrong, or only not usual, has one who tells it. */
	return csr_verify(r);
}

enum sg_err
csr_verify(const struct csr *r)
{
	auto_free(pkey) k = NULL;
	const struct csr_parts *x = r->parts;

	if (r->proven)
		return SG_OK;
	SG_TRY(sg_while(signature_check(x->algorithm), "request"));
	SG_TRY(sg_while(pkey_from_spki(&k, buf_bytes(&r->spki)), "request"));
	SG_TRY(sg_while(pkey_sound(k), "request"));
	if (ASN1_item_verify(ASN1_ITEM_rptr(CSR_INFO), x->algorithm,
	    x->signature, x->info, k->evp) == 1)
		return SG_OK;
	ERR_clear_error();
	return sg_fail(SG_EVERIFY,
	    "the request is not signed by the key it names");
}
