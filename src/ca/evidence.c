/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/evidence.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "ca/signers.h"

void
evidence_message_done(struct evidence_message *m)
{
	for (size_t i = 0; i < m->depth; i++)
		for (size_t j = 0; j < SIGNED_BY_MAX; j++)
			free(m->level[i].requester[j]);
	csr_free(m->csr);
	buf_done(&m->der);
	free(m->requester);
	free(m->template);
	*m = (struct evidence_message) { 0 };
}

static enum sg_err
level_read(struct evidence_level *l, struct bytes der)
{
	SG_TRY(signed_parse(&l->data, der));
	for (size_t i = 0; i < l->data.count; i++)
		SG_TRY(signed_pair(&l->requester[i], &l->data.by[i],
		    "requestername"));
	return SG_OK;
}

/* The request in it; the names and values are everybody's who signed. */
static enum sg_err
pki_data_read(struct evidence_message *m, struct bytes *der)
{
	struct cmc c;

	SG_TRY(cmc_parse(&c, *der));
	SG_TRY(cmc_pair(&m->requester, &c, "requestername"));
	SG_TRY(cmc_pair(&m->template, &c, "CertificateTemplate"));
	*der = c.request;
	return SG_OK;
}

/* From the outermost to the request. */
static enum sg_err
levels_read(struct evidence_message *m)
{
	struct bytes der = buf_bytes(&m->der);

	while (signed_looks(der)) {
		struct evidence_level *l = &m->level[m->depth];

		if (m->depth == EVIDENCE_DEPTH_MAX)
			return sg_fail(SG_ELIMIT,
			    "more than %d messages around one another",
			    EVIDENCE_DEPTH_MAX);
		m->depth++;
		SG_TRY(sg_while(level_read(l, der), "signed message"));
		der = l->data.content;
		if (l->data.type != SIGNED_PKI_DATA)
			continue;
		SG_TRY(pki_data_read(m, &der));
		break;
	}
	return csr_parse(&m->csr, der);
}

enum sg_err
evidence_parse(struct evidence_message *out, struct bytes text)
{
	auto_done(evidence_message) m = { 0 };

	if (text.n > SIGNED_MAX)
		return sg_fail(SG_ELIMIT, "a request of %zu bytes", text.n);
	SG_TRY(request_der(&m.der, text));
	SG_TRY(levels_read(&m));
	*out = m;
	m = (struct evidence_message) { 0 };
	return SG_OK;
}

void
evidence_done(struct evidence *e)
{
	ca_record_done(&e->old);
	for (size_t i = 0; i < e->agents; i++)
		ca_record_done(&e->agent[i]);
	free(e->requester);
	ca_signers_done(&e->signers);
	*e = (struct evidence) { 0 };
}

struct hearing {
	const struct ca_store *s;
	struct verifier *keys;
	const struct evidence_message *m;
	int64_t now;
	uint32_t status;
	struct evidence *e;
	bool silent;		/* an agent did not say for whom */
};

static bool
same_text(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcasecmp(a, b) == 0;
}

/* Two certificates, one agent. */
static bool
same_agent(const struct cert *a, const struct cert *b)
{
	return bytes_eq(buf_bytes(&a->spki), buf_bytes(&b->spki)) ||
	    same_text(a->ext.sid, b->ext.sid) ||
	    same_text(a->ext.upn, b->ext.upn) ||
	    bytes_eq(buf_bytes(&a->subject_der), buf_bytes(&b->subject_der));
}

static bool
is_old(const struct hearing *v, const struct cert *c)
{
	return bytes_eq(buf_bytes(&v->m->csr->content.renewal),
	    buf_bytes(&c->der));
}

/* All who say for whom must say the same. */
static enum sg_err
take_statement(struct hearing *v, const char *requester)
{
	v->status = CA_E_BAD_SUBJECT;
	if (requester == NULL) {
		v->silent = true;
		return SG_OK;
	}
	if (v->e->requester == NULL)
		return str_dup(&v->e->requester, requester);
	if (strcasecmp(v->e->requester, requester) != 0)
		return sg_fail(SG_EVERIFY,
		    "the agents do not agree on whose behalf it is");
	return SG_OK;
}

static enum sg_err
take_agent(struct hearing *v, struct ca_record *r, const char *requester)
{
	struct evidence *e = v->e;

	SG_TRY(take_statement(v, requester));
	SG_TRY(ca_signers_add(&e->signers, r->cert->serial,
	    CA_SIGNED_AGENT));
	for (size_t i = 0; i < e->agents; i++)
		if (same_agent(e->agent[i].cert, r->cert))
			return SG_OK;
	e->agent[e->agents++] = *r;
	*r = (struct ca_record) { 0 };
	return SG_OK;
}

/* Its owner has nothing to say on anybody's behalf. */
static enum sg_err
take_old(struct hearing *v, struct ca_record *r)
{
	SG_TRY(ca_signers_add(&v->e->signers, r->cert->serial,
	    CA_SIGNED_OLD));
	ca_record_done(&v->e->old);
	v->e->old = *r;
	*r = (struct ca_record) { 0 };
	return SG_OK;
}

static enum sg_err
check_standing(struct hearing *v, const struct ca_record *r)
{
	const struct cert *c = r->cert;

	v->status = CA_E_REVOKED;
	if (r->state != CA_VALID)
		return sg_fail(SG_EVERIFY, "the signer's certificate %s is "
		    "%s", c->serial, r->state == CA_HELD ? "held"
		    : "revoked");
	v->status = CA_E_EXPIRED;
	if (v->now < c->not_before || v->now >= c->not_after)
		return sg_fail(SG_EVERIFY, "the signer's certificate %s is "
		    "not valid now", c->serial);
	v->status = CA_E_UNTRUSTED;
	if (c->ext.ca)
		return sg_fail(SG_EVERIFY, "a CA signs no requests");
	return SG_OK;
}

/* By the store's word only: a message may bring any certificate. */
static enum sg_err
find_signer(struct ca_record *out, struct hearing *v,
    const struct signed_by *by)
{
	auto_str serial = NULL;
	enum sg_err e;

	v->status = CA_E_UNTRUSTED;
	SG_TRY(hex_encode(&serial, by->serial));
	e = ca_certs_get(out, v->s, serial);
	/* What is too long for a serial number is nobody's. */
	if (e == SG_ENOENT || e == SG_EARG) {
		auto_str note = NULL;

		SG_TRY(str_dup(&note, sg_note(e)));
		return sg_fail(SG_EVERIFY, "%s", note);
	}
	v->status = 0;		/* a damaged store is nobody's fault */
	SG_TRY(e);
	v->status = CA_E_UNTRUSTED;
	if (!bytes_eq(by->issuer, buf_bytes(&out->cert->issuer_der)))
		return sg_fail(SG_EVERIFY,
		    "a signer's certificate is of another CA");
	return check_standing(v, out);
}

static enum sg_err
verify_cert(struct hearing *v, const struct signed_data *d,
    const struct signed_by *by, const char *requester)
{
	auto_done(ca_record) r = { 0 };

	SG_TRY(find_signer(&r, v, by));
	v->status = CA_E_BAD_SIGNATURE;
	SG_TRY(sg_while(signed_prove(d, by, buf_bytes(&r.cert->spki),
	    v->keys), "signer %s", r.cert->serial));
	return is_old(v, r.cert) ? take_old(v, &r)
				 : take_agent(v, &r, requester);
}

/* The key that the certificate is asked for: it proves what the request's own
 * signature proves. */
static enum sg_err
verify_own(struct hearing *v, const struct signed_data *d,
    const struct signed_by *by)
{
	const struct csr *r = v->m->csr;

	v->status = CA_E_UNTRUSTED;
	if (!by->nobody &&
	    !bytes_eq(by->key_id, bytes_of(r->key_id, sizeof(r->key_id))))
		return sg_fail(SG_EVERIFY,
		    "a signer is named by a key that is not the request's");
	v->status = CA_E_BAD_SIGNATURE;
	if (by->nobody)
		return signed_verify(d, by, NULL);
	return signed_prove(d, by, buf_bytes(&r->spki), v->keys);
}

/* What stands inside, all outer signers have signed. */
static const char *
said_below(const struct evidence_message *m, size_t level)
{
	if (m->requester != NULL)
		return m->requester;
	for (size_t i = m->depth; i-- > level + 1;)
		for (size_t j = 0; j < m->level[i].data.count; j++)
			if (m->level[i].requester[j] != NULL)
				return m->level[i].requester[j];
	return NULL;
}

static enum sg_err
verify_level(struct hearing *v, size_t level)
{
	const struct evidence_level *l = &v->m->level[level];
	const char *below = said_below(v->m, level);

	for (size_t i = 0; i < l->data.count; i++) {
		const struct signed_by *by = &l->data.by[i];
		const char *said = l->requester[i];

		if (by->issuer.n == 0 || by->nobody) {
			SG_TRY(verify_own(v, &l->data, by));
			continue;
		}
		v->status = CA_E_BAD_SUBJECT;
		if (said != NULL && below != NULL &&
		    strcasecmp(said, below) != 0)
			return sg_fail(SG_EVERIFY,
			    "it says on whose behalf it is in two ways");
		SG_TRY(verify_cert(v, &l->data, by,
		    said != NULL ? said : below));
	}
	return SG_OK;
}

/* Whoever wants a renewal must have signed it. */
static enum sg_err
check_whole(struct hearing *v)
{
	v->status = CA_E_BAD_RENEWAL;
	if (v->m->csr->content.renewal.n > 0 && v->e->old.cert == NULL)
		return sg_fail(SG_EVERIFY,
		    "the certificate to renew did not sign the request");
	/* Else an agent's signature for one could be put to another's. */
	v->status = CA_E_SIGNATURE_REJECTED;
	if (v->e->requester != NULL && v->silent)
		return sg_fail(SG_EVERIFY,
		    "an agent did not sign on whose behalf it is");
	return SG_OK;
}

static enum sg_err
verify_all(struct hearing *v)
{
	for (size_t i = 0; i < v->m->depth; i++)
		SG_TRY(verify_level(v, i));
	return check_whole(v);
}

static bool
is_denial(enum sg_err e)
{
	return e == SG_EVERIFY || e == SG_EUNSUPPORTED || e == SG_EFORMAT ||
	    e == SG_ELIMIT;
}

enum sg_err
evidence_verify(struct evidence *out, uint32_t *status,
    const struct ca_store *s, struct verifier *keys,
    const struct evidence_message *m, int64_t now)
{
	auto_done(evidence) proved = { 0 };
	struct hearing v = { .s = s, .keys = keys, .m = m, .now = now,
		.e = &proved };
	enum sg_err e = verify_all(&v);

	*status = is_denial(e) ? v.status : 0;
	SG_TRY(e);
	*out = proved;
	proved = (struct evidence) { 0 };
	return SG_OK;
}
