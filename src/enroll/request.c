/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/request.h"

#include <stdlib.h>
#include <string.h>

static const char *const usual_ekus[] = { OID_SMARTCARD_LOGON,
	OID_CLIENT_AUTH };

static enum sg_err
describe_names(struct certreq *r, const struct request_ask *ask)
{
	auto_str subject = NULL;

	if (ask->upn == NULL)
		return sg_fail(SG_EARG, "whose certificate shall it be? name"
		    " the user principal name (--upn YOU@REALM)");
	SG_TRY(certreq_set_upn(r, ask->upn));
	if (ask->subject != NULL)
		return certreq_set_subject(r, ask->subject);
	SG_TRY(str_printf(&subject, "CN=%s", ask->upn));
	return certreq_set_subject(r, subject);
}

static enum sg_err
describe_usages(struct certreq *r, const struct request_ask *ask)
{
	const char *const *oids = ask->eku_count > 0 ? ask->ekus : usual_ekus;
	size_t n = ask->eku_count > 0
	    ? ask->eku_count
	    : sizeof(usual_ekus) / sizeof(*usual_ekus);

	for (size_t i = 0; i < n; i++)
		SG_TRY(certreq_add_eku(r, oids[i]));
	return SG_OK;
}

enum sg_err
request_describe(struct certreq *out, const struct request_ask *ask,
    const struct key_object *key)
{
	auto_done(certreq) r = { 0 };

	certreq_init(&r);
	SG_TRY(describe_names(&r, ask));
	SG_TRY(describe_usages(&r, ask));
	if (ask->template_name != NULL)
		SG_TRY(certreq_add_attribute(&r, "CertificateTemplate",
		    ask->template_name));
	SG_TRY(str_dup(&r.content.provider, provider_name(key->provider)));
	SG_TRY(str_dup(&r.container, key->name));
	r.existing = true;
	*out = r;
	certreq_init(&r);
	return SG_OK;
}

static enum sg_err
check_key(const struct certreq *r, const struct key_object *k)
{
	bool rsa = object_type_is_rsa(k->type);
	unsigned bits = object_type_bits(k->type);
	const char *provider = provider_name(k->provider);

	if (r->content.provider != NULL &&
	    strcmp(r->content.provider, provider) != 0)
		return sg_fail(SG_EVERIFY, "the key '%s' is of the %s, the"
		    " request wants one of the %s (ProviderName)", k->name,
		    provider, r->content.provider);
	if ((r->algorithm == CERTREQ_RSA && !rsa) ||
	    (r->algorithm == CERTREQ_P256 && rsa))
		return sg_fail(SG_EVERIFY, "the key '%s' is %s, the request"
		    " wants the other kind (KeyAlgorithm)", k->name,
		    rsa ? "an RSA key" : "an EC key");
	if (r->key_length != 0 && r->key_length != bits)
		return sg_fail(SG_EVERIFY, "the key '%s' has %u bits, the"
		    " request wants %u (KeyLength)", k->name, bits,
		    r->key_length);
	if (r->pss && !rsa)
		return sg_fail(SG_EVERIFY, "AlternateSignatureAlgorithm is for"
		    " RSA keys, and '%s' is none", k->name);
	return SG_OK;
}

enum sg_err
request_key(const struct key_object **out, const struct certreq *r,
    const struct objects *have, const char *choice)
{
	const char *name = choice != NULL ? choice : r->container;
	const struct key_object *k;

	if (choice == NULL && !r->existing)
		return sg_fail(SG_EARG, "the file asks for a new key"
		    " (UseExistingKeySet is not TRUE): make one with 'signet"
		    " key new' and name it with --key");
	if (name == NULL)
		return sg_fail(SG_EARG, "no key is named (--key)");
	if ((k = objects_key(have, name)) == NULL)
		return sg_fail(SG_ENOENT, "the container has no key '%s'"
		    " ('signet key list' shows them, --key names one)", name);
	SG_TRY(check_key(r, k));
	*out = k;
	return SG_OK;
}

enum sg_err
request_of_key(struct certreq *r, const struct key_object *key)
{
	if (r->content.provider != NULL)
		return SG_OK;
	return str_dup(&r->content.provider, provider_name(key->provider));
}

/* What was built says what was meant; a CA will look no closer. */
static enum sg_err
check_built(struct bytes der, const struct certreq *r)
{
	auto_free(csr) c = NULL;
	const struct extensions *want = &r->content.ext;

	SG_TRY(csr_parse(&c, der));
	SG_TRY(csr_verify(c));
	if (want->upn != NULL && (c->content.ext.upn == NULL ||
	    strcmp(want->upn, c->content.ext.upn) != 0))
		return sg_fail(SG_EINTERNAL, "the request lost its UPN");
	for (size_t i = 0; i < want->eku.n; i++)
		if (!texts_has(&c->content.ext.eku, want->eku.v[i]))
			return sg_fail(SG_EINTERNAL, "the request lost the key"
			    " usage %s", want->eku.v[i]);
	return SG_OK;
}

enum sg_err
request_build(struct buf *out, const struct certreq *r, struct signer s)
{
	auto_done(buf) der = { 0 };

	SG_TRY(csr_build(&der, &r->content, r->hash, r->pss, s));
	SG_TRY(sg_while(check_built(buf_bytes(&der), r),
	    "reading the request back"));
	return buf_add_bytes(out, buf_bytes(&der));
}

enum sg_err
request_name(char **out, const struct certreq *r, const char *key_name)
{
	const char *choices[] = { r->friendly_name, r->content.ext.upn,
		r->subject, key_name };

	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++)
		if (choices[i] != NULL && *choices[i] != '\0')
			return str_dup(out, choices[i]);
	return sg_fail(SG_EARG, "the request needs a name (--name)");
}
