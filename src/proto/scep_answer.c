/* SPDX-License-Identifier: BSD-2-Clause */

/* Answers, as a client reads them. */

#include <stdlib.h>
#include <string.h>

#include "pki/der.h"
#include "proto/scep_attrs.h"

void
scep_answer_done(struct scep_answer *a)
{
	free(a->fail_text);
	certs_done(&a->certs);
	buf_done(&a->crl);
	*a = (struct scep_answer) { 0 };
}

static enum sg_err
check_signature(const struct signed_data *d, const struct scep_expect *e)
{
	auto_free(pkey) k = NULL;
	const struct signed_by *s = &d->by[0];
	const struct cert *c;

	if (d->type != SIGNED_DATA || d->count != 1)
		return sg_fail(SG_EFORMAT, "%zu signers of data, expected one",
		    d->count);
	if (s->hash == DIGEST_SHA1 && !e->sha1)
		return sg_fail(SG_EUNSUPPORTED,
		    "it is signed with SHA-1; expected SHA-256 or better");
	c = scep_signer(e->from, s);
	if (c == NULL || s->nobody)
		return sg_fail(SG_EVERIFY, "it is signed by nobody whose "
		    "certificate the CA gave");
	SG_TRY(cert_key(&k, c));
	return sg_while(signed_verify(d, s, k), "signed by %s", c->subject);
}

static enum sg_err
check_attrs(const struct scep_attrs *a, const struct scep_expect *e)
{
	if (a->type != SCEP_CERT_REP)
		return sg_fail(SG_EFORMAT, "messageType %d is no answer",
		    a->type);
	if (strcmp(a->transaction, e->transaction) != 0)
		return sg_fail(SG_EVERIFY, "it answers transaction '%s', "
		    "expected '%s'", a->transaction, e->transaction);
	if (!bytes_eq(a->recipient, bytes_of(e->nonce, SCEP_NONCE_LEN)))
		return sg_fail(SG_EVERIFY,
		    "its recipientNonce is not the request's senderNonce");
	if (a->status != SCEP_SUCCESS && a->status != SCEP_FAILURE &&
	    a->status != SCEP_PENDING)
		return sg_fail(SG_EFORMAT, "pkiStatus %d is not known",
		    a->status);
	return SG_OK;
}

/* Certificates, or a list, in a message that nobody signed. */
static enum sg_err
read_bag(struct scep_answer *a, struct bytes plain)
{
	auto_done(buf) der = { 0 };
	struct signed_data d;
	struct reader crls;
	struct bytes crl;

	SG_TRY(scep_der(&der, plain));
	SG_TRY(signed_parse_as(&d, buf_bytes(&der), SIGNED_SHA1 |
	    SIGNED_UNKNOWN | SIGNED_EMPTY | SIGNED_UNSIGNED));
	SG_TRY(scep_certs(&a->certs, d.certs, true));
	if (d.crls.n == 0)
		return a->certs.n > 0 ? SG_OK
		    : sg_fail(SG_EFORMAT, "neither certificate nor list");
	crls = reader_of(d.crls);
	crl = der_get_whole(&crls);
	if (crls.failed || crl.n > SCEP_CRL_MAX)
		return sg_fail(SG_EFORMAT, "the list is malformed");
	return buf_set(&a->crl, crl);
}

static enum sg_err
unseal(struct buf *plain, const struct enveloped *env,
    const struct scep_expect *e)
{
	const struct enveloped_to *to = enveloped_find(env, e->cert);
	auto_done(secret) reject = { 0 };
	size_t n;

	if (to == NULL)
		return sg_fail(SG_EVERIFY, "it is sealed to somebody else");
	SG_TRY(secret_init(&reject, SHA256_LEN));
	reject.n = SHA256_LEN;
	SG_TRY(random_fill(reject.p, reject.n));
	SG_TRY(enveloped_open(plain, &n, env, to, e->cert, e->signer,
	    &reject));
	if (n > plain->n)
		return sg_fail(SG_EVERIFY, "it cannot be opened");
	plain->n = n;
	return SG_OK;
}

static enum sg_err
read_content(struct scep_answer *a, const struct signed_data *d,
    const struct scep_expect *e)
{
	auto_done(buf) der = { 0 }, plain = { 0 };
	auto_done(enveloped) env = { 0 };

	if (d->content.n == 0)
		return sg_fail(SG_EFORMAT, "a SUCCESS without content");
	SG_TRY(scep_der(&der, d->content));
	SG_TRY(enveloped_parse(&env, buf_bytes(&der)));
	SG_TRY(unseal(&plain, &env, e));
	return sg_while(read_bag(a, buf_bytes(&plain)), "its contents");
}

static void
take_attrs(struct scep_answer *out, struct scep_attrs *a)
{
	out->status = (enum scep_status)a->status;
	out->fail = a->fail;
	out->fail_text = a->fail_text;
	a->fail_text = NULL;
	out->has_hresult = a->has_hresult;
	out->hresult = a->hresult;
}

static enum sg_err
read_answer(struct scep_answer *out, struct bytes message,
    const struct scep_expect *e)
{
	auto_done(scep_attrs) a = { 0 };
	auto_done(buf) der = { 0 };
	struct signed_data d;

	SG_TRY(scep_der(&der, message));
	SG_TRY(signed_parse_as(&d, buf_bytes(&der),
	    SIGNED_SHA1 | SIGNED_EMPTY));
	SG_TRY(check_signature(&d, e));
	SG_TRY(scep_attrs_read(&a, &d.by[0]));
	SG_TRY(check_attrs(&a, e));
	take_attrs(out, &a);
	return out->status == SCEP_SUCCESS ? read_content(out, &d, e) : SG_OK;
}

enum sg_err
scep_answer_read(struct scep_answer *out, struct bytes message,
    const struct scep_expect *e)
{
	auto_done(scep_answer) a = { .fail = SCEP_NO_FAIL };

	if (message.n > SCEP_ANSWER_MAX)
		return sg_fail(SG_ELIMIT, "an answer of %zu bytes", message.n);
	SG_TRY(sg_while(read_answer(&a, message, e), "SCEP answer"));
	*out = a;
	a = (struct scep_answer) { 0 };
	return SG_OK;
}
