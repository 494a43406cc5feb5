/* SPDX-License-Identifier: BSD-2-Clause */

/* Requests, as a server reads them. */

#include <stdlib.h>

#include "base/text.h"
#include "pki/der.h"
#include "proto/scep_attrs.h"

void
scep_request_free(struct scep_request *r)
{
	if (r == NULL)
		return;
	buf_done(&r->der);
	free(r->transaction);
	certs_done(&r->certs);
	pkey_free(r->key);
	free(r->why);
	buf_done(&r->inner);
	enveloped_done(&r->envelope);
	free(r);
}

/* Notes it for the answer. */
static enum sg_err
wrong(struct scep_request *r, enum scep_fail fail, const char *why)
{
	sg_note_clear();
	r->wrong = fail;
	return str_dup(&r->why, why);
}

static enum sg_err
verify(const struct scep_request *r, const struct signed_by *s,
    struct verifier *v)
{
	if (v != NULL)
		return signed_prove(&r->data, s,
		    buf_bytes(&r->signer->spki), v);
	SG_TRY(pkey_sound(r->key));
	return signed_verify(&r->data, s, r->key);
}

static enum sg_err
check_signature(struct scep_request *r, const struct signed_by *s,
    const struct scep_rules *rules)
{
	enum sg_err e;

	if (s->hash == 0)
		return wrong(r, SCEP_BAD_ALG, "the message's digest is none "
		    "of SHA-256, SHA-384 and SHA-512");
	if (s->hash == DIGEST_SHA1 && !rules->sha1)
		return wrong(r, SCEP_BAD_ALG, "the message is signed with "
		    "SHA-1; expected SHA-256");
	if (s->scheme == 0 && !s->nobody)
		return wrong(r, SCEP_BAD_ALG, "the message is signed by an "
		    "algorithm that is not accepted");
	e = s->nobody ? SG_EVERIFY : verify(r, s, rules->verifier);
	if (e == SG_EVERIFY)
		return wrong(r, SCEP_BAD_MESSAGE_CHECK,
		    "the message's signature does not hold");
	return e;
}

static bool
any_usual(const struct enveloped *e)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->to[i].usual)
			return true;
	return false;
}

/* What the envelope shows to everybody. */
static enum sg_err
check_envelope(struct scep_request *r)
{
	struct bytes der = r->data.content;
	enum sg_err e;

	if (der_check(der) != SG_OK) {
		e = scep_der(&r->inner, der);
		der = buf_bytes(&r->inner);
		if (e == SG_ENOMEM)
			return e;
	}
	e = enveloped_parse(&r->envelope, der);
	if (e == SG_ENOMEM)
		return e;
	if (e != SG_OK)
		return wrong(r, SCEP_BAD_REQUEST,
		    "the message holds no EnvelopedData that can be read");
	r->cipher = r->envelope.cipher;
	if (r->cipher == 0)
		return wrong(r, SCEP_BAD_ALG, "the message is encrypted by "
		    "none of AES-128-CBC, AES-256-CBC and DES-EDE3-CBC");
	if (!any_usual(&r->envelope))
		return wrong(r, SCEP_BAD_ALG, "the message is encrypted by "
		    "another key transport than RSA with PKCS#1 v1.5");
	sg_note_clear();
	return SG_OK;
}

static bool
type_known(int type)
{
	return type >= SCEP_RENEWAL_REQ && type <= SCEP_GET_CRL;
}

static enum sg_err
check(struct scep_request *r, const struct scep_rules *rules)
{
	const struct signed_by *s = &r->data.by[0];

	SG_TRY(check_signature(r, s, rules));
	if (r->wrong != SCEP_NO_FAIL)
		return SG_OK;
	if (r->type == 0)
		return wrong(r, SCEP_BAD_REQUEST, "messageType is none of "
		    "PKCSReq (19), RenewalReq (17), CertPoll (20), "
		    "GetCert (21) and GetCRL (22)");
	return check_envelope(r);
}

static enum sg_err
take_attrs(struct scep_request *r)
{
	auto_done(scep_attrs) a = { 0 };

	SG_TRY(scep_attrs_read(&a, &r->data.by[0]));
	r->type = type_known(a.type) ? (enum scep_type)a.type
	    : (enum scep_type)0;
	r->transaction = a.transaction;
	a.transaction = NULL;
	r->transaction_der = a.transaction_der;
	r->sender_nonce = a.sender;
	return SG_OK;
}

/* One that is not sound is kept, for the answer that says so. */
static enum sg_err
take_key(struct scep_request *r, struct verifier *v)
{
	enum sg_err e = SG_EVERIFY;

	if (v != NULL)
		e = verifier_key(&r->key, v, buf_bytes(&r->signer->spki));
	return e == SG_EVERIFY ? cert_key(&r->key, r->signer) : e;
}

static enum sg_err
take_signer(struct scep_request *r, struct verifier *v)
{
	SG_TRY(scep_certs(&r->certs, r->data.certs, false));
	r->signer = scep_signer(&r->certs, &r->data.by[0]);
	if (r->signer == NULL)
		return sg_fail(SG_EFORMAT, "the signer's certificate is not "
		    "in the message, or cannot be read");
	r->self_issued = cert_self_issued(r->signer);
	return sg_while(take_key(r, v), "the signer's key");
}

static enum sg_err
read_outside(struct scep_request *r, struct bytes message,
    const struct scep_rules *rules)
{
	SG_TRY(scep_der(&r->der, message));
	SG_TRY(signed_parse_as(&r->data, buf_bytes(&r->der),
	    SIGNED_SHA1 | SIGNED_UNKNOWN | SIGNED_EMPTY));
	if (r->data.type != SIGNED_DATA || r->data.count != 1)
		return sg_fail(SG_EFORMAT, "%zu signers of data, expected one",
		    r->data.count);
	r->hash = r->data.by[0].hash;
	SG_TRY(take_attrs(r));
	SG_TRY(take_signer(r, rules->verifier));
	return check(r, rules);
}

enum sg_err
scep_request_read(struct scep_request **out, struct bytes message,
    const struct scep_rules *rules)
{
	auto_free(scep_request) r = NULL;

	if (message.n > SCEP_MAX)
		return sg_fail(SG_ELIMIT, "a message of %zu bytes", message.n);
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	r->wrong = SCEP_NO_FAIL;
	SG_TRY(sg_while(read_outside(r, message, rules), "SCEP message"));
	*out = r;
	r = NULL;
	return SG_OK;
}

bool
scep_request_sealable(const struct scep_request *r)
{
	return pkey_kind(r->key) == KEY_RSA;
}

/* --- the inside --- */

enum sg_err
scep_opener_init(struct scep_opener *o, const struct scep_ra *ra, size_t n)
{
	*o = (struct scep_opener) { .ra = ra, .n = n };
	SG_TRY(verifier_new(&o->verifier));
	SG_TRY(secret_init(&o->reject, SHA256_LEN));
	o->reject.n = SHA256_LEN;
	return random_fill(o->reject.p, SHA256_LEN);
}

void
scep_opener_done(struct scep_opener *o)
{
	verifier_free(o->verifier);
	secret_done(&o->reject);
	*o = (struct scep_opener) { 0 };
}

void
scep_content_done(struct scep_content *c)
{
	csr_free(c->csr);
	buf_done(&c->issuer);
	buf_done(&c->subject);
	free(c->serial);
	*c = (struct scep_content) { 0 };
}

static enum sg_err
take_csr(struct scep_content *c, const struct scep_request *r,
    struct bytes der, struct verifier *v)
{
	SG_TRY(csr_parse(&c->csr, der));
	SG_TRY(csr_prove(c->csr, v));
	c->own = cert_fits(r->signer, buf_bytes(&c->csr->spki));
	return SG_OK;
}

/* IssuerAndSubject, RFC 8894 3.3.3 */
static enum sg_err
take_names(struct scep_content *c, struct bytes der)
{
	struct reader r = reader_of(der), in;
	struct bytes issuer, subject;

	in = reader_of(der_get(&r, DER_SEQUENCE));
	issuer = der_get_whole(&in);
	subject = der_get_whole(&in);
	if (!reader_end(&in) || !reader_end(&r) ||
	    issuer.p[0] != DER_SEQUENCE || subject.p[0] != DER_SEQUENCE)
		return sg_fail(SG_EFORMAT, "not an IssuerAndSubject");
	SG_TRY(buf_set(&c->issuer, issuer));
	return buf_set(&c->subject, subject);
}

static enum sg_err
take_serial(struct scep_content *c, struct bytes der)
{
	struct reader r = reader_of(der);
	struct issuer_serial s = issuer_serial_get(&r);

	if (!reader_end(&r) || s.serial.n == 0)
		return sg_fail(SG_EFORMAT, "not an IssuerAndSerialNumber");
	SG_TRY(buf_set(&c->issuer, s.issuer));
	return hex_encode(&c->serial, s.serial);
}

static enum sg_err
take_inside(struct scep_content *c, const struct scep_request *r,
    struct bytes der, struct verifier *v)
{
	if (r->type == SCEP_CERT_POLL)
		return take_names(c, der);
	if (r->type == SCEP_GET_CERT || r->type == SCEP_GET_CRL)
		return take_serial(c, der);
	return take_csr(c, r, der, v);
}

/* For everything inside: whoever sealed it shall not learn how far it came. */
static enum sg_err
sealed_shut(void)
{
	return sg_fail(SG_EVERIFY, "what is sealed in the message cannot be "
	    "opened, or is not what its type says");
}

static enum sg_err
open_for(struct scep_content *out, const struct scep_request *r,
    const struct enveloped_to *to, const struct scep_ra *ra,
    const struct scep_opener *o)
{
	auto_done(scep_content) c = { 0 };
	auto_done(buf) plain = { 0 };
	size_t n;
	enum sg_err e;

	e = enveloped_open(&plain, &n, &r->envelope, to, ra->cert, ra->signer,
	    &o->reject);
	if (e == SG_EFORMAT)
		return sealed_shut();
	SG_TRY(e);
	/* A bad padding is read like a good one, as if there were none. */
	e = take_inside(&c, r, bytes_of(plain.p, n < plain.n ? n : plain.n),
	    o->verifier);
	if (e == SG_ENOMEM)
		return e;
	if (e != SG_OK || n > plain.n)
		return sealed_shut();
	*out = c;
	c = (struct scep_content) { 0 };
	return SG_OK;
}

enum sg_err
scep_request_open(struct scep_content *out, const struct scep_request *r,
    const struct scep_opener *o)
{
	if (r->wrong != SCEP_NO_FAIL)
		return sg_fail(SG_EARG, "a message that must be refused: %s",
		    r->why);
	for (size_t i = 0; i < o->n; i++) {
		const struct enveloped_to *to = enveloped_find(&r->envelope,
		    o->ra[i].cert);

		if (to != NULL)
			return open_for(out, r, to, &o->ra[i], o);
	}
	return sg_fail(SG_ENOENT, "the message is sealed to none of the "
	    "certificates of this server");
}
