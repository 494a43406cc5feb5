/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/scep_request.h"

#include <stdlib.h>
#include <string.h>

#include "enroll/renew.h"
#include "pki/name.h"

#define TRANSPORT_BITS	2048
#define TRANSACTION_BYTES 20	/* of a random transactionID */

/* --- what is asked for --- */

static enum sg_err
subject_of(struct buf *out, const struct scep_profile *p)
{
	auto_str text = NULL;
	const char *who = p->upn != NULL ? p->upn
	    : p->dns.n > 0 ? p->dns.v[0] : NULL;
	auto_done(buf) name = { 0 };

	if (p->subject != NULL)
		return sg_while(name_parse(out, p->subject), "the subject");
	if (who == NULL)
		return sg_fail(SG_EARG, "whose certificate shall it be? name"
		    " a subject, a user principal name or a DNS name"
		    " (--subject, --upn, --dns)");
	/* The value's own commas and signs are no syntax. */
	if (name_plain_cn(out, who))
		return SG_OK;
	SG_TRY(buf_add_str(&name, "CN=\""));
	for (const char *c = who; *c != '\0'; c++)
		SG_TRY(buf_printf(&name, *c == '"' ? "\"%c" : "%c", *c));
	SG_TRY(buf_add_str(&name, "\""));
	SG_TRY(str_from_bytes(&text, buf_bytes(&name)));
	return name_parse(out, text);
}

static enum sg_err
usages_of(struct extensions *x, const struct scep_profile *p)
{
	x->key_usage = p->key_usage != 0 ? p->key_usage
					 : USAGE_DIGITAL_SIGNATURE;
	x->key_usage_critical = true;
	if (p->ekus.n > 0)
		return texts_add_all(&x->eku, &p->ekus);
	if (p->upn != NULL)
		SG_TRY(texts_add(&x->eku, OID_SMARTCARD_LOGON));
	return texts_add(&x->eku, OID_CLIENT_AUTH);
}

static enum sg_err
names_of(struct extensions *x, const struct scep_profile *p)
{
	if (p->upn != NULL)
		SG_TRY(str_dup(&x->upn, p->upn));
	SG_TRY(texts_add_all(&x->dns, &p->dns));
	SG_TRY(texts_add_all(&x->email, &p->email));
	return texts_add_all(&x->uri, &p->uri);
}

enum sg_err
scep_content(struct csr_content *out, const struct scep_profile *p)
{
	auto_done(csr_content) c;

	csr_content_init(&c);
	SG_TRY(subject_of(&c.subject, p));
	SG_TRY(names_of(&c.ext, p));
	SG_TRY(usages_of(&c.ext, p));
	if (p->template_name != NULL)
		SG_TRY(str_dup(&c.ext.template_name, p->template_name));
	*out = c;
	csr_content_init(&c);
	return SG_OK;
}

/* --- the request --- */

/* The challenge is text in there, and wiped as soon as it is signed. */
static enum sg_err
sign_with(struct buf *out, struct csr_content *c,
    const struct secret *challenge, struct signer s)
{
	enum sg_err e;

	if (challenge->n == 0)
		return csr_build(out, c, DIGEST_SHA256, false, s);
	SG_TRY(str_from_bytes(&c->challenge, secret_bytes(challenge)));
	e = csr_build(out, c, DIGEST_SHA256, false, s);
	wipe(c->challenge, strlen(c->challenge));
	free(c->challenge);
	c->challenge = NULL;
	return e;
}

enum sg_err
scep_csr_build(struct buf *sealed, struct buf *kept,
    const struct scep_profile *p, const struct scep_keys *keys,
    const struct secret *challenge)
{
	auto_done(csr_content) c;

	csr_content_init(&c);
	SG_TRY(keys->old != NULL ? renewal_content(&c, keys->old)
				 : scep_content(&c, p));
	if (keys->provider != NULL)
		SG_TRY(str_dup(&c.provider, keys->provider));
	SG_TRY(csr_build(kept, &c, DIGEST_SHA256, false, keys->subject));
	if (challenge->n == 0)
		return buf_set(sealed, buf_bytes(kept));
	return sign_with(sealed, &c, challenge, keys->subject);
}

/* --- who signs it --- */

static enum sg_err
spki_of(struct buf *out, struct signer s)
{
	return s.ops->spki(s.ctx, out);
}

/* What is sealed to the signer he must be able to open. */
static enum sg_err
opens(bool *out, struct signer s)
{
	auto_done(buf) spki = { 0 };
	enum key_kind kind;
	unsigned bits;

	SG_TRY(spki_of(&spki, s));
	SG_TRY(spki_kind(&kind, &bits, buf_bytes(&spki)));
	*out = kind == KEY_RSA && s.ops->decrypt != NULL;
	return SG_OK;
}

static enum sg_err
old_signs(struct cert **cert, const struct scep_keys *keys)
{
	bool able;

	SG_TRY(opens(&able, keys->old_signer));
	if (!able)
		return sg_fail(SG_EUNSUPPORTED, "the key of '%s' cannot"
		    " decrypt, and SCEP seals its answer to the key that signs"
		    " a renewal: enroll anew, with a challenge",
		    keys->old->subject);
	return cert_parse(cert, buf_bytes(&keys->old->der));
}

enum sg_err
scep_signer_choose(struct cert **cert, struct pkey **transport,
    const struct scep_keys *keys, struct bytes csr, int64_t now)
{
	auto_free(csr) parsed = NULL;
	auto_free(pkey) fresh = NULL;
	bool able;

	if (keys->old != NULL)
		return old_signs(cert, keys);
	SG_TRY(csr_parse(&parsed, csr));
	SG_TRY(opens(&able, keys->subject));
	if (able)
		return scep_self_signed(cert,
		    buf_bytes(&parsed->content.subject), keys->subject, now);
	SG_TRY(pkey_new_rsa(&fresh, TRANSPORT_BITS));
	SG_TRY(scep_self_signed(cert, buf_bytes(&parsed->content.subject),
	    pkey_signer(fresh), now));
	*transport = fresh;
	fresh = NULL;
	return SG_OK;
}

/* --- its number --- */

enum sg_err
scep_transaction_new(char **out, bool key_fresh, struct signer subject)
{
	uint8_t random[TRANSACTION_BYTES];
	auto_done(buf) spki = { 0 };

	/* A key that is certified once makes the number once: should all this
	 * be forgotten, asking again is still asking for the same. */
	if (key_fresh) {
		SG_TRY(spki_of(&spki, subject));
		return scep_transaction_of(out, buf_bytes(&spki));
	}
	SG_TRY(random_fill(random, sizeof(random)));
	return hex_encode(out, bytes_of(random, sizeof(random)));
}
