/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/renew.h"

#include "base/text.h"

#define NONCE_LEN 16

static enum sg_err
copy(char **out, const char *s)
{
	return s != NULL ? str_dup(out, s) : SG_OK;
}

static enum sg_err
names_as_before(struct extensions *x, const struct extensions *old)
{
	SG_TRY(copy(&x->upn, old->upn));
	SG_TRY(texts_add_all(&x->dns, &old->dns));
	SG_TRY(texts_add_all(&x->email, &old->email));
	return texts_add_all(&x->ip, &old->ip);
}

static enum sg_err
extensions_as_before(struct extensions *x, const struct extensions *old)
{
	SG_TRY(names_as_before(x, old));
	SG_TRY(texts_add_all(&x->eku, &old->eku));
	SG_TRY(texts_add_all(&x->app_policies, &old->app_policies));
	x->key_usage = old->key_usage;
	x->key_usage_critical = old->key_usage_critical;
	SG_TRY(copy(&x->template_name, old->template_name));
	SG_TRY(copy(&x->template_oid, old->template_oid));
	x->template_major = old->template_major;
	x->template_minor = old->template_minor;
	return SG_OK;
}

/* RSA signs the same bytes alike: without it, asking twice would be asking
 * once, and a CA that takes a request only once would give the first answer
 * again. */
static enum sg_err
add_nonce(struct csr_content *c)
{
	uint8_t nonce[NONCE_LEN];
	auto_str hex = NULL;

	SG_TRY(random_fill(nonce, sizeof(nonce)));
	SG_TRY(hex_encode(&hex, bytes_of(nonce, sizeof(nonce))));
	return csr_content_add_pair(c, "nonce", hex);
}

enum sg_err
renewal_content(struct csr_content *out, const struct cert *old)
{
	auto_done(csr_content) c;

	csr_content_init(&c);
	SG_TRY(buf_set(&c.subject, buf_bytes(&old->subject_der)));
	SG_TRY(extensions_as_before(&c.ext, &old->ext));
	*out = c;
	csr_content_init(&c);
	return SG_OK;
}

static enum sg_err
request_as_before(struct buf *out, const struct cert *old,
    struct signer fresh, const char *provider)
{
	auto_done(csr_content) c;

	csr_content_init(&c);
	SG_TRY(renewal_content(&c, old));
	SG_TRY(str_dup(&c.provider, provider));
	SG_TRY(buf_set(&c.renewal, buf_bytes(&old->der)));
	SG_TRY(add_nonce(&c));
	return csr_build(out, &c, DIGEST_SHA256, false, fresh);
}

enum sg_err
renewal_build(struct buf *request, struct buf *message,
    const struct cert *cert, struct signer old, struct signer fresh,
    const char *provider)
{
	auto_done(buf) spki = { 0 }, der = { 0 };
	struct signed_plan plan = { .cert = cert, .signer = old };

	SG_TRY(old.ops->spki(old.ctx, &spki));
	if (!cert_fits(cert, buf_bytes(&spki)))
		return sg_fail(SG_EVERIFY,
		    "the key is not the certificate's");
	SG_TRY(request_as_before(&der, cert, fresh, provider));
	plan.content = buf_bytes(&der);
	SG_TRY(signed_write(message, &plan));
	return buf_add_bytes(request, buf_bytes(&der));
}

enum sg_err
renewal_only(const struct cert_object **out, const struct objects *have)
{
	const struct cert_object *found = NULL;

	for (size_t i = 0; i < have->cert_count; i++) {
		if (have->certs[i].kind != CERT_PERSONAL)
			continue;
		if (found != NULL)
			return sg_fail(SG_EARG, "the container has several"
			    " certificates: name one ('signet cert list')");
		found = &have->certs[i];
	}
	if (found == NULL)
		return sg_fail(SG_ENOENT,
		    "the container has no certificate to renew");
	*out = found;
	return SG_OK;
}
