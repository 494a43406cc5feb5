/* SPDX-License-Identifier: BSD-2-Clause */

/* Requests and answers, as both ends write them. */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/issue.h"
#include "proto/scep_attrs.h"

#define SELF_DAYS	7
#define SELF_BACK	((int64_t)3600)	/* seconds that clocks may differ */
#define DAY		((int64_t)86400)
#define TRANSACTION_BYTES 20

/* Attributes that are gathered. */
struct gathered {
	struct signed_extra v[SCEP_ATTRS];
	struct buf value[SCEP_ATTRS];
	size_t n;
};

static void
gathered_done(struct gathered *g)
{
	for (size_t i = 0; i < g->n; i++)
		buf_done(&g->value[i]);
}

/* The place for one more value, which is then finished by add_end(). */
static struct buf *
add_begin(struct gathered *g)
{
	return &g->value[g->n];
}

static void
add_end(struct gathered *g, enum scep_attr which)
{
	g->v[g->n].oid = scep_attr_oids[which];
	g->v[g->n].value = buf_bytes(&g->value[g->n]);
	g->n++;
}

static enum sg_err
add_number(struct gathered *g, enum scep_attr which, int v)
{
	SG_TRY(scep_attr_put_number(add_begin(g), v));
	add_end(g, which);
	return SG_OK;
}

static enum sg_err
add_value(struct gathered *g, enum scep_attr which, uint8_t tag,
    struct bytes x)
{
	SG_TRY(der_put(add_begin(g), tag, x));
	add_end(g, which);
	return SG_OK;
}

/* As long as it may be, and not within a character. */
static struct bytes
cut_text(const char *text)
{
	struct bytes x = bytes_str(text);

	if (x.n <= SCEP_TEXT_MAX)
		return x;
	for (x.n = SCEP_TEXT_MAX; x.n > 0 && (x.p[x.n] & 0xc0) == 0x80;)
		x.n--;
	return x;
}

/* --- answers --- */

static enum sg_err
reply_check(const struct scep_reply *p, const struct scep_request *r)
{
	if (p->status == SCEP_FAILURE && p->fail == SCEP_NO_FAIL)
		return sg_fail(SG_EARG, "a refusal without a reason");
	if (p->status != SCEP_SUCCESS)
		return SG_OK;
	if ((p->n == 0) == (p->crl.n == 0) || p->n > SCEP_CERTS_MAX)
		return sg_fail(SG_EARG, "neither certificates nor a list");
	if (p->crl.n > SCEP_CRL_MAX)
		return sg_fail(SG_ELIMIT, "a list of %zu bytes", p->crl.n);
	if (!scep_request_sealable(r))
		return sg_fail(SG_EUNSUPPORTED,
		    "the message was signed by an EC key, to which no answer "
		    "can be sealed: the signer must be an RSA key");
	return SG_OK;
}

static enum sg_err
reply_attrs(struct gathered *g, const struct scep_reply *p,
    const struct scep_request *r)
{
	SG_TRY(add_number(g, SCEP_ATTR_TYPE, SCEP_CERT_REP));
	SG_TRY(add_number(g, SCEP_ATTR_STATUS, (int)p->status));
	if (p->status == SCEP_FAILURE)
		SG_TRY(add_number(g, SCEP_ATTR_FAIL, (int)p->fail));
	if (p->status == SCEP_FAILURE && p->fail_text != NULL)
		SG_TRY(add_value(g, SCEP_ATTR_FAIL_TEXT, DER_UTF8_STRING,
		    cut_text(p->fail_text)));
	SG_TRY(add_value(g, SCEP_ATTR_SENDER, DER_OCTETS,
	    bytes_of(p->nonce, SCEP_NONCE_LEN)));
	if (r->sender_nonce.n > 0)
		SG_TRY(add_value(g, SCEP_ATTR_RECIPIENT, DER_OCTETS,
		    r->sender_nonce));
	SG_TRY(buf_set(add_begin(g), r->transaction_der));
	add_end(g, SCEP_ATTR_TRANSACTION);
	return SG_OK;
}

static enum sg_err
reply_content(struct buf *out, const struct scep_reply *p,
    const struct scep_request *r)
{
	auto_done(buf) bag = { 0 };
	enum cipher c = r->cipher != 0 ? r->cipher : CIPHER_AES128_CBC;

	if (p->status != SCEP_SUCCESS)
		return SG_OK;
	SG_TRY(signed_bag(&bag, p->certs, p->n, p->crl));
	return enveloped_write_key(out, buf_bytes(&bag), c, r->signer,
	    r->key);
}

enum sg_err
scep_reply_write(struct buf *out, const struct scep_reply *p,
    const struct scep_request *r, const struct scep_ra *ra)
{
	auto_done(gathered) g = { 0 };
	auto_done(buf) content = { 0 };
	struct signed_plan plan = { .cert = ra->cert, .signer = ra->signer,
		.key_name = true };

	SG_TRY(reply_check(p, r));
	SG_TRY(reply_attrs(&g, p, r));
	SG_TRY(reply_content(&content, p, r));
	/* RFC 8894 3 leaves the content out where there is no certificate; an
	 * empty one has the same digest, and certmonger takes a message without
	 * for a forged one. */
	plan.content = buf_bytes(&content);
	plan.hash = r->hash != DIGEST_SHA1 ? r->hash : DIGEST_SHA256;
	plan.extra = g.v;
	plan.extra_count = g.n;
	return signed_write(out, &plan);
}

/* --- requests --- */

static enum sg_err
ask_inside(struct buf *out, const struct scep_ask *a)
{
	switch (a->type) {
	case SCEP_PKCS_REQ:
	case SCEP_RENEWAL_REQ:
	case SCEP_UPDATE_REQ:
		return buf_add_bytes(out, a->csr);
	case SCEP_CERT_POLL:
		SG_TRY(buf_add_bytes(out, a->issuer));
		SG_TRY(buf_add_bytes(out, a->subject));
		return der_wrap(out, 0, DER_SEQUENCE);
	case SCEP_GET_CERT:
	case SCEP_GET_CRL:
		return issuer_serial_put_text(out, a->issuer, a->serial);
	case SCEP_CERT_REP:
		break;
	}
	return sg_fail(SG_EARG, "messageType %d is no request",
	    (int)a->type);
}

static enum sg_err
ask_attrs(struct gathered *g, const struct scep_ask *a)
{
	SG_TRY(add_number(g, SCEP_ATTR_TYPE, (int)a->type));
	SG_TRY(add_value(g, SCEP_ATTR_SENDER, DER_OCTETS,
	    bytes_of(a->nonce, SCEP_NONCE_LEN)));
	return add_value(g, SCEP_ATTR_TRANSACTION, DER_PRINTABLE,
	    bytes_str(a->transaction));
}

enum sg_err
scep_ask_write(struct buf *out, const struct scep_ask *a)
{
	auto_done(gathered) g = { 0 };
	auto_done(buf) inside = { 0 }, content = { 0 };
	struct signed_plan plan = { .cert = a->cert, .signer = a->signer,
		.key_name = true, .hash = a->hash };

	SG_TRY(ask_inside(&inside, a));
	SG_TRY(sg_while(enveloped_write(&content, buf_bytes(&inside),
	    a->cipher, a->to), "sealing to %s", a->to->subject));
	SG_TRY(ask_attrs(&g, a));
	plan.content = buf_bytes(&content);
	plan.extra = g.v;
	plan.extra_count = g.n;
	return signed_write(out, &plan);
}

static enum sg_err
self_content(struct cert_content *c, struct bytes subject, struct signer s,
    int64_t now)
{
	SG_TRY(cert_serial_new(&c->serial));
	SG_TRY(buf_set(&c->subject, subject));
	SG_TRY(buf_set(&c->issuer, subject));
	SG_TRY(s.ops->spki(s.ctx, &c->spki));
	c->not_before = now - SELF_BACK;
	c->not_after = now + SELF_DAYS * DAY;
	c->ext.key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT;
	c->ext.key_usage_critical = true;
	return SG_OK;
}

enum sg_err
scep_self_signed(struct cert **out, struct bytes subject, struct signer s,
    int64_t now)
{
	auto_done(cert_content) c;
	auto_done(buf) der = { 0 };

	cert_content_init(&c);
	SG_TRY(self_content(&c, subject, s, now));
	SG_TRY(cert_build(&der, &c, DIGEST_SHA256, s));
	return cert_parse(out, buf_bytes(&der));
}

enum sg_err
scep_transaction_of(char **out, struct bytes spki)
{
	uint8_t digest[SHA256_LEN];

	SG_TRY(sha256(spki, digest));
	return hex_encode(out, bytes_of(digest, TRANSACTION_BYTES));
}
