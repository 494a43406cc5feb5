/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/scep_impl.h"

#include <stdlib.h>
#include <string.h>

#include "pki/name.h"

#define UNIFORM	"the message does not open, or the challenge in it is not " \
	"known, used up or expired"
/* Whoever changes what somebody else sealed (CBC lets him) learns of no other
 * number than those that there are. */
#define UNIFORM_NUMBER "the message does not open, or there is no such " \
	"certificate here"
#define STAND_IN_BITS 2048

/* Old clients sign with SHA-1, as GetCACaps lets them. */
static const struct scep_rules rules = { .sha1 = true };

/* --- made --- */

void
ca_scep_free(struct ca_scep *x)
{
	if (x == NULL)
		return;
	scep_opener_done(&x->opener);
	ca_ras_done(&x->ras);
	buf_done(&x->stand_in);
	free(x);
}

static enum sg_err
opener_make(struct ca_scep *x)
{
	scep_opener_done(&x->opener);
	for (size_t i = 0; i < x->ras.n; i++)
		x->open[i] = (struct scep_ra) { x->ras.v[i].cert,
			x->ras.v[i].signer };
	return scep_opener_init(&x->opener, x->open, x->ras.n);
}

/* As most requests are. */
static enum sg_err
stand_in_make(struct buf *out)
{
	auto_free(pkey) k = NULL;
	auto_done(csr_content) c;

	csr_content_init(&c);
	SG_TRY(pkey_new_rsa(&k, STAND_IN_BITS));
	SG_TRY(name_parse(&c.subject, "CN=nobody"));
	SG_TRY(str_dup(&c.challenge, "00000000000000000000000000000000"));
	return csr_build(out, &c, DIGEST_SHA256, false, pkey_signer(k));
}

enum sg_err
ca_scep_new(struct ca_scep **out, const struct ca_scep_config *c,
    struct ca_ras *ras)
{
	auto_free(ca_scep) x = calloc(1, sizeof(*x));

	if (x == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	x->c = *c;
	x->ras = *ras;
	*ras = (struct ca_ras) { 0 };
	SG_TRY(stand_in_make(&x->stand_in));
	SG_TRY(opener_make(x));
	*out = x;
	x = NULL;
	return SG_OK;
}

int64_t
ca_scep_due(const struct ca_scep *x)
{
	return ca_ra_due(&x->ras, x->c.issuer);
}

int64_t
ca_scep_ends(const struct ca_scep *x)
{
	return x->ras.v[x->ras.n - 1].cert->not_after;
}

enum sg_err
ca_scep_work(struct ca_scep *x, int64_t now)
{
	const struct ca_act act = { x->c.who, now };
	enum sg_err e;

	if (ca_scep_due(x) > now)
		return SG_OK;
	e = ca_ra_renew(&x->ras, x->c.store, x->c.issuer, &act);
	return e == SG_OK ? opener_make(x) : e;
}

/* --- answers --- */

static enum sg_err
reply(struct scep_turn *t, struct scep_reply *p)
{
	uint8_t nonce[SCEP_NONCE_LEN];

	SG_TRY(random_fill(nonce, sizeof(nonce)));
	p->nonce = nonce;
	t->result->status = p->status;
	return scep_reply_write(t->out, p, t->r, t->ra);
}

enum sg_err
scep_refuse(struct scep_turn *t, enum scep_fail fail, const char *why)
{
	struct scep_reply p = { .status = SCEP_FAILURE, .fail = fail,
		.fail_text = why };

	return reply(t, &p);
}

enum sg_err
scep_refuse_note(struct scep_turn *t, enum scep_fail fail, enum sg_err why)
{
	auto_str note = NULL;

	SG_TRY(str_dup(&note, sg_note(why)));
	return scep_refuse(t, fail, note);
}

enum sg_err
scep_uniform(struct scep_turn *t)
{
	bool number = t->r->type == SCEP_GET_CERT ||
	    t->r->type == SCEP_GET_CRL;

	t->result->uniform = true;
	return number ? scep_refuse(t, SCEP_BAD_CERT_ID, UNIFORM_NUMBER)
		      : scep_refuse(t, SCEP_BAD_REQUEST, UNIFORM);
}

/* The certificate that issued it, of those with its issuer's key the newest. */
static const struct cert *
issuer_of(const struct ca_store *s, const struct cert *c)
{
	const struct ca_generations *l = &s->gen[CA_ISSUING];

	for (size_t i = l->n; i-- > 0;)
		if (l->v[i].cert != NULL && bytes_eq(buf_bytes(&c->ext.aki),
		    buf_bytes(&l->v[i].cert->ext.ski)))
			return l->v[i].cert;
	return NULL;
}

enum sg_err
scep_certificate(struct scep_turn *t, const struct cert *c, bool issuer)
{
	const struct cert *all[2] = { c };
	struct scep_reply p = { .status = SCEP_SUCCESS, .fail = SCEP_NO_FAIL,
		.certs = all, .n = 1 };

	if (issuer && (all[1] = issuer_of(t->x->c.store, c)) != NULL)
		p.n = 2;
	return reply(t, &p);
}

enum sg_err
scep_list(struct scep_turn *t, struct bytes crl)
{
	struct scep_reply p = { .status = SCEP_SUCCESS, .fail = SCEP_NO_FAIL,
		.crl = crl };

	return reply(t, &p);
}

static enum scep_fail
fail_of(uint32_t status)
{
	if (status == CA_E_BAD_ALGORITHM)
		return SCEP_BAD_ALG;
	return status == CA_E_BAD_SIGNATURE ? SCEP_BAD_MESSAGE_CHECK
					    : SCEP_BAD_REQUEST;
}

enum sg_err
scep_outcome(struct scep_turn *t, const struct ca_outcome *r)
{
	struct scep_reply wait = { .status = SCEP_PENDING,
		.fail = SCEP_NO_FAIL };

	switch (r->verdict.disposition) {
	case CA_ISSUED:
		return scep_certificate(t, r->cert, true);
	case CA_PENDING:
		return reply(t, &wait);
	case CA_DENIED:
		return scep_refuse(t, fail_of(r->verdict.status),
		    r->verdict.words);
	}
	return sg_fail(SG_EINTERNAL, "an outcome without a disposition");
}

enum sg_err
scep_known(struct scep_turn *t, int64_t id)
{
	auto_done(ca_request) q = { 0 };
	auto_done(ca_outcome) r = { 0 };

	SG_TRY(ca_request_get(&q, t->x->c.store, id));
	SG_TRY(ca_outcome_of(&r, t->x->c.store, &q));
	return scep_outcome(t, &r);
}

/* --- what all of them do --- */

/* Its outcome is nobody's. */
static enum sg_err
pretend(const struct scep_turn *t)
{
	auto_done(validator_grant) g = { 0 };
	auto_free(csr) c = NULL;
	struct validator_ask ask = { .now = t->now,
		.transaction = t->r->transaction };

	SG_TRY(csr_parse(&c, buf_bytes(&t->x->stand_in)));
	SG_TRY(csr_prove(c, t->kept->verifier));
	ask.challenge = c->content.challenge;
	ask.request = c;
	return t->x->c.validator.ops->validate(t->x->c.validator.ctx, &g,
	    &ask);
}

void
scep_pretend(struct scep_turn *t)
{
	SG_IGNORE(pretend(t));
}

enum sg_err
scep_open(struct scep_turn *t, bool *open)
{
	enum sg_err e = scep_request_open(&t->content, t->r, &t->x->opener);

	*open = e == SG_OK;
	if (e == SG_ENOENT)
		return scep_refuse(t, SCEP_BAD_MESSAGE_CHECK, "it is sealed to"
		    " a certificate that is not this RA's: ask for GetCACert"
		    " again");
	if (e == SG_EUNSUPPORTED)
		return scep_refuse_note(t, SCEP_BAD_ALG, e);
	if (e != SG_EVERIFY)
		return e;
	scep_pretend(t);
	return scep_uniform(t);
}

/* Whose transaction it is.  A self-signed certificate is made anew for each
 * message; one of ours stands for itself, since a key may be kept for many
 * renewals (certmonger does, with one name for all of them). */
static enum sg_err
transaction_name(struct scep_turn *t)
{
	const struct cert *c = t->r->signer;

	return ca_transaction_name(&t->tx, t->r->self_issued
	    ? buf_bytes(&c->spki) : buf_bytes(&c->der), t->r->transaction);
}

/* What is over is no answer to who asks now. */
enum sg_err
scep_still_good(bool *out, const struct scep_turn *t, int64_t id)
{
	auto_done(ca_request) q = { 0 };
	auto_done(ca_record) c = { 0 };

	*out = true;
	SG_TRY(ca_request_get(&q, t->x->c.store, id));
	if (q.serial == NULL)
		return SG_OK;
	SG_TRY(ca_certs_get(&c, t->x->c.store, q.serial));
	*out = c.state == CA_VALID && t->now < c.cert->not_after;
	return SG_OK;
}

/* The very message whose certificate was revoked: whoever recorded it does not
 * get the key another one. */
static enum sg_err
refuse_revoked(struct scep_turn *t, bool *answered)
{
	auto_done(ca_request) q = { 0 };
	auto_done(ca_record) c = { 0 };

	SG_TRY(ca_request_get(&q, t->x->c.store, t->tx.request));
	SG_TRY(ca_certs_get(&c, t->x->c.store, q.serial));
	*answered = c.state != CA_VALID;
	return *answered ? scep_refuse(t, SCEP_BAD_REQUEST, "the certificate"
	    " that this request got is revoked: make another request")
	    : SG_OK;
}

enum sg_err
scep_replayed(struct scep_turn *t, bool *answered)
{
	uint8_t asked[SHA256_LEN];
	bool same;

	*answered = false;
	SG_TRY(sha256(buf_bytes(&t->content.csr->der), asked));
	SG_TRY(transaction_name(t));
	SG_TRY(ca_transaction_find(&t->tx, t->x->c.store));
	same = t->tx.request != 0 && memcmp(t->tx.asked, asked,
	    sizeof(asked)) == 0;
	memcpy(t->tx.asked, asked, sizeof(asked));
	if (!same)
		return SG_OK;
	SG_TRY(scep_still_good(answered, t, t->tx.request));
	return *answered ? scep_known(t, t->tx.request)
			 : refuse_revoked(t, answered);
}

/* A denial is kept as a request, but not as what became of the transaction: the
 * same may be asked again when its reason is gone. */
enum sg_err
scep_submit(struct scep_turn *t, const struct ca_order *o)
{
	SG_TRY(ca_submit(&t->outcome, t->x->c.store, t->x->c.issuer, o));
	t->result->told = true;
	t->result->issued = t->outcome.verdict.disposition == CA_ISSUED;
	if (t->outcome.verdict.disposition == CA_DENIED)
		return SG_OK;
	t->tx.request = t->outcome.request;
	return ca_transaction_put(t->x->c.store, &t->tx);
}

/* RFC 8894 3.3.3: of the key and the name; what is in the envelope says
 * nothing that decides. */
static enum sg_err
poll(struct scep_turn *t)
{
	SG_TRY(transaction_name(t));
	SG_TRY(ca_transaction_find(&t->tx, t->x->c.store));
	if (t->tx.request == 0)
		return scep_refuse(t, SCEP_BAD_CERT_ID, "this key began no "
		    "such transaction");
	return scep_known(t, t->tx.request);
}

/* Whoever may renew nothing is told so before the envelope is opened: he is no
 * more than anybody. */
static enum sg_err
take_old(struct scep_turn *t, bool *refused)
{
	enum sg_err e;

	*refused = false;
	if (t->r->type == SCEP_PKCS_REQ && t->r->self_issued)
		return SG_OK;
	e = scep_find_old(t);
	t->renews = e == SG_OK;
	if (e != SG_EVERIFY || t->r->type == SCEP_PKCS_REQ)
		return e == SG_EVERIFY ? SG_OK : e;
	*refused = true;
	return scep_refuse_note(t, SCEP_BAD_REQUEST, e);
}

/* Some renew by PKCSReq, signed with the old certificate's key, and with the
 * challenge that they had at first (certmonger, macOS). */
static enum sg_err
request(struct scep_turn *t)
{
	bool open, done;

	if (!scep_request_sealable(t->r))
		return scep_refuse(t, SCEP_BAD_ALG, "no certificate can be "
		    "sealed to the key that signed: sign with an RSA key, "
		    "which need not be the request's");
	SG_TRY(take_old(t, &done));
	if (done)
		return SG_OK;
	SG_TRY(scep_open(t, &open));
	if (!open)
		return SG_OK;
	SG_TRY(scep_replayed(t, &done));
	if (done)
		return SG_OK;
	return t->r->type == SCEP_PKCS_REQ ? scep_enroll(t) : scep_renew(t);
}

static enum sg_err
by_type(struct scep_turn *t)
{
	if (t->r->wrong != SCEP_NO_FAIL)
		return scep_refuse(t, t->r->wrong, t->r->why);
	switch (t->r->type) {
	case SCEP_PKCS_REQ:
	case SCEP_RENEWAL_REQ:
	case SCEP_UPDATE_REQ:
		return request(t);
	case SCEP_CERT_POLL:
		return poll(t);
	case SCEP_GET_CERT:
		return scep_get_cert(t);
	case SCEP_GET_CRL:
		return scep_get_crl(t);
	case SCEP_CERT_REP:
		break;
	}
	return scep_refuse(t, SCEP_BAD_REQUEST, "it asks for nothing");
}

/* Who has not heard of a renewed RA believes the one he knows. */
static const struct scep_ra *
ra_of(const struct ca_scep *x, const struct scep_request *r)
{
	for (size_t i = x->ras.n; i-- > 0;)
		if (enveloped_find(&r->envelope, x->open[i].cert) != NULL)
			return &x->open[i];
	return &x->open[x->ras.n - 1];
}

enum sg_err
ca_scep_answer(struct buf *out, struct ca_scep_result *r, struct ca_scep *x,
    const struct ca_kept *kept, struct bytes message, int64_t now)
{
	auto_free(scep_request) q = NULL;
	struct scep_turn t = { .x = x, .kept = kept, .now = now,
		.result = r, .out = out };
	enum sg_err e;

	*r = (struct ca_scep_result) { 0 };
	SG_TRY(scep_request_read(&q, message, &rules));
	t.r = q;
	t.ra = ra_of(x, q);
	r->type = q->type;
	e = by_type(&t);
	scep_content_done(&t.content);
	ca_record_done(&t.old);
	ca_outcome_done(&t.outcome);
	return e;
}
