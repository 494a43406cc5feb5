/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/csr_read.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pki/der.h"
#include "pki/sigalg.h"
#include "pki/sign.h"

/* Windows' label (adcs.md 3.1). */
#define LABEL_WINDOWS "NEW CERTIFICATE REQUEST"

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
	free(r);
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
	SG_TRY(sg_while(csr_fill(r, der), "request"));
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

/* 1.2.840.113549.1.9.7 */
static const uint8_t challenge_oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x09, 0x07 };

static void
blacken(struct buf *der, struct bytes part)
{
	uint8_t *p = der->p + (part.p - der->p);

	/* The zeroes of wide characters stay. */
	for (size_t i = 0; i < part.n; i++)
		if (p[i] != 0)
			p[i] = '*';
}

void
csr_challenge_erase(struct csr *r)
{
	struct reader in = reader_of(buf_bytes(&r->der)), list;

	in = reader_of(der_get(&in, DER_SEQUENCE));
	in = reader_of(der_get(&in, DER_SEQUENCE));
	for (int i = 0; i < 3; i++)	/* version, subject, key */
		(void)der_get_whole(&in);
	list = reader_of(der_get(&in, DER_EXPLICIT(0)));
	while (!list.failed && list.left.n > 0) {
		struct reader a = reader_of(der_get(&list, DER_SEQUENCE)), v;

		if (!bytes_eq(der_get(&a, DER_OID), bytes_of(challenge_oid,
		    sizeof(challenge_oid))))
			continue;
		v = reader_of(der_get(&a, DER_SET));
		if (v.left.n > 0)
			blacken(&r->der, der_get(&v, v.left.p[0]));
	}
}

/* The signature by the plain kinds of algorithms; SG_ENOENT for others. */
static enum sg_err
verify_plain(const struct csr *r, struct verifier *v)
{
	struct reader in = reader_of(buf_bytes(&r->der)), body;
	const struct sig_alg *alg;
	struct bytes info, name, signature;
	uint8_t full[DIGEST_MAX];
	enum key_kind kind;
	unsigned bits;

	body = reader_of(der_get(&in, DER_SEQUENCE));
	info = der_get_whole(&body);
	name = der_get_whole(&body);
	alg = sig_alg_find(name);
	signature = der_get(&body, DER_BIT_STRING);
	/* Parameters that others write are for csr_verify() to judge. */
	if (!reader_end(&body) || alg == NULL || !bytes_eq(name, alg->der) ||
	    signature.n == 0 || signature.p[0] != 0)
		return SG_ENOENT;
	SG_TRY(spki_kind(&kind, &bits, buf_bytes(&r->spki)));
	if (kind != alg->kind)
		return SG_ENOENT;
	SG_TRY(digest_of(alg->hash, info, full));
	return verifier_check(v, buf_bytes(&r->spki), alg->scheme, alg->hash,
	    bytes_of(full, digest_size(alg->hash)),
	    bytes_of(signature.p + 1, signature.n - 1));
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
	auto_ossl(CSR) x = NULL;

	if (r->proven)
		return SG_OK;
	SG_TRY(csr_asn1(&x, buf_bytes(&r->der)));
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
