/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/scep.h"

#include <stdlib.h>
#include <string.h>

#include "enroll/scep_request.h"
#include "net/url.h"

void
scep_run_done(struct scep_run *r)
{
	scep_choice_done(&r->choice);
	pkey_free(r->transport);
	cert_free(r->signer_cert);
	buf_done(&r->url);
	*r = (struct scep_run) { 0 };
}

enum scep_step
scep_run_next(const struct scep_run *r)
{
	return r->next;
}

static const char *
base_url(const struct scep_run *r)
{
	return r->e->profile.urls.v[r->e->url];
}

static bool
legacy_digest(const struct scep_run *r)
{
	return (r->e->caps & (SCEP_CAP_SHA256 | SCEP_CAP_SHA384 |
	    SCEP_CAP_SHA512)) == 0;
}

static enum digest
digest_for(const struct scep_run *r)
{
	if ((r->e->caps & SCEP_CAP_SHA256) != 0)
		return DIGEST_SHA256;
	if ((r->e->caps & SCEP_CAP_SHA512) != 0)
		return DIGEST_SHA512;
	return legacy_digest(r) ? DIGEST_SHA1 : DIGEST_SHA384;
}

static enum cipher
cipher_for(const struct scep_run *r)
{
	return (r->e->caps & SCEP_CAP_AES) != 0 ? CIPHER_AES128_CBC
						: CIPHER_DES3_CBC;
}

/* --- beginnings --- */

static enum sg_err
check_profile(const struct enrollment *e)
{
	auto_done(csr_content) c;

	csr_content_init(&c);
	if (e->url >= e->profile.urls.n)
		return sg_fail(SG_EARG, "the profile names no server (url)");
	for (size_t i = 0; i < e->profile.urls.n; i++)
		SG_TRY(url_check(e->profile.urls.v[i]));
	return e->renewal ? SG_OK : scep_content(&c, &e->profile);
}

enum sg_err
scep_run_begin(struct scep_run *out, struct enrollment *e,
    const struct certs *anchors)
{
	SG_TRY(check_profile(e));
	*out = (struct scep_run) { .e = e, .anchors = anchors,
		.next = SCEP_EXCHANGE, .at = SCEP_AT_CAPS };
	return SG_OK;
}

static enum sg_err
choose(struct scep_run *r, const struct cert *anchor, int64_t now)
{
	auto_done(scep_choice) c = { 0 };

	SG_TRY(scep_choose(&c, &r->e->ca, anchor, now));
	scep_choice_done(&r->choice);
	r->choice = c;
	c = (struct scep_choice) { 0 };
	return SG_OK;
}

static enum sg_err
transport_load(struct scep_run *r)
{
	if (r->e->transport.n == 0)
		return SG_OK;
	return sg_while(pkey_from_private_pem(&r->transport,
	    secret_bytes(&r->e->transport), NULL), "the transport key");
}

/* The CA is held against what is trusted now only when it is first met: its
 * certificates are the record's own. */
enum sg_err
scep_run_resume(struct scep_run *out, struct enrollment *e,
    const struct scep_keys *keys, int64_t now)
{
	auto_done(scep_run) r = { .e = e, .keys = *keys,
		.next = SCEP_EXCHANGE, .at = SCEP_AT_MESSAGE };
	const struct cert *anchor = certs_find(&e->ca, e->anchor);

	if ((e->state != ENROLLMENT_SENT && e->state != ENROLLMENT_PENDING) ||
	    anchor == NULL)
		return sg_fail(SG_EARG, "nothing of '%s' is under way",
		    e->profile.name);
	SG_TRY(choose(&r, anchor, now));
	SG_TRY(transport_load(&r));
	SG_TRY(cert_parse(&r.signer_cert, buf_bytes(&e->signer)));
	e->polls = 0;
	*out = r;
	if (e->state == ENROLLMENT_PENDING) {
		r = (struct scep_run) { 0 };
		return scep_run_waited(out);
	}
	r = (struct scep_run) { 0 };
	return SG_OK;
}

/* --- what is sent --- */

/* NDES takes no request without a name of a CA, and any name. */
static const char *
ca_id(const struct scep_run *r)
{
	if (r->e->profile.ca_id != NULL)
		return r->e->profile.ca_id;
	return strcasestr(base_url(r), "/mscep") != NULL ? "default" : NULL;
}

static enum sg_err
url_of_ca(struct scep_run *r, const char *operation)
{
	auto_done(buf) query = { 0 };
	const char *id = ca_id(r);

	SG_TRY(buf_printf(&query, "operation=%s", operation));
	if (id != NULL) {
		SG_TRY(buf_add_str(&query, "&message="));
		SG_TRY(url_escape(&query, bytes_str(id)));
	}
	SG_TRY(buf_terminate(&query));
	return url_with_query(&r->url, base_url(r), (char *)query.p);
}

static enum sg_err
url_of_message(struct scep_run *r, struct fetch_ask *out)
{
	auto_str query = NULL, *value = NULL;

	if ((r->e->caps & SCEP_CAP_POST) != 0) {
		out->type = SCEP_TYPE_MESSAGE;
		out->body = buf_bytes(&r->e->message);
		return url_with_query(&r->url, base_url(r),
		    "operation=PKIOperation");
	}
	SG_TRY(scep_get_write(&value, buf_bytes(&r->e->message)));
	SG_TRY(str_printf(&query, "operation=PKIOperation&message=%s", value));
	return url_with_query(&r->url, base_url(r), query);
}

enum sg_err
scep_run_ask(struct scep_run *r, struct fetch_ask *out)
{
	struct fetch_ask ask = { 0 };

	buf_done(&r->url);
	if (r->at == SCEP_AT_CAPS)
		SG_TRY(url_of_ca(r, "GetCACaps"));
	else if (r->at == SCEP_AT_CA)
		SG_TRY(url_of_ca(r, "GetCACert"));
	else
		SG_TRY(url_of_message(r, &ask));
	SG_TRY(buf_terminate(&r->url));
	ask.url = (char *)r->url.p;
	*out = ask;
	return SG_OK;
}

/* --- what comes --- */

/* Old servers know no capabilities, and say so in their own ways. */
static enum sg_err
take_caps(struct scep_run *r, const struct fetch_answer *a)
{
	unsigned caps = 0;

	if (a != NULL && a->status == 200 &&
	    scep_caps_read(&caps, buf_bytes(&a->body)) != SG_OK)
		caps = 0;
	r->e->caps = caps;
	r->at = SCEP_AT_CA;
	return SG_OK;
}

/* Whoever is on the way can take words out of GetCACaps. */
static enum sg_err
check_caps(const struct scep_run *r)
{
	const char *lacks = legacy_digest(r) ? "SHA-256" : "AES";

	if (r->e->profile.allow_legacy || (!legacy_digest(r) &&
	    (r->e->caps & SCEP_CAP_AES) != 0))
		return SG_OK;
	return sg_fail(SG_EUNSUPPORTED, "the server does not announce %s"
	    " (GetCACaps); --allow-legacy lets 3DES and SHA-1 be used, as old"
	    " servers want it", lacks);
}

/* A page for people instead of what was asked for. */
static enum sg_err
not_scep(const struct fetch_answer *a, enum sg_err e, const char *what)
{
	if (strncmp(a->type, "text/", 5) == 0)
		return sg_fail(SG_EFORMAT, "the server answered with %s, not"
		    " with %s: is that the URL of a SCEP server?", a->type,
		    what);
	return sg_while(e, "%s", what);
}

static enum sg_err
ca_is_there(const struct fetch_answer *a)
{
	enum sg_err e = fetch_expect_ok(a);

	if (e != SG_ENOENT)
		return sg_while(e, "GetCACert");
	return sg_fail(e, "GetCACert: %s: is that the URL of a SCEP server?",
	    sg_note(e));
}

static enum sg_err
take_ca(struct scep_run *r, const struct fetch_answer *a, int64_t now)
{
	auto_done(certs) given = { 0 };
	const struct cert *anchor = NULL;
	enum sg_err e;

	SG_TRY(ca_is_there(a));
	if ((e = scep_ca_read(&given, buf_bytes(&a->body))) != SG_OK)
		return not_scep(a, e, "the CA's certificates");
	if (given.n >= ENROLLMENT_CERTS_MAX)
		return sg_fail(SG_ELIMIT, "the CA gave %zu certificates",
		    given.n);
	SG_TRY(scep_anchor(&anchor, &given, &r->e->profile, r->anchors, now));
	SG_TRY(check_caps(r));
	memcpy(r->e->anchor, anchor->sha256, sizeof(r->e->anchor));
	certs_done(&r->e->ca);
	r->e->ca = given;
	given = (struct certs) { 0 };
	SG_TRY(choose(r, certs_find(&r->e->ca, r->e->anchor), now));
	r->at = SCEP_AT_REQUEST;
	r->next = SCEP_REQUEST;
	return SG_OK;
}

static struct signer
message_signer(const struct scep_run *r)
{
	if (r->transport != NULL)
		return pkey_signer(r->transport);
	return r->keys.old != NULL ? r->keys.old_signer : r->keys.subject;
}

/* The one for the key that asked, before what else came along. */
static enum sg_err
sort_issued(struct certs *out, const struct certs *got, struct bytes csr)
{
	auto_free(csr) asked = NULL;
	auto_done(certs) l = { 0 };
	const struct cert *ours = NULL;

	SG_TRY(csr_parse(&asked, csr));
	for (size_t i = 0; i < got->n && ours == NULL; i++)
		if (cert_fits(got->v[i], buf_bytes(&asked->spki)))
			ours = got->v[i];
	if (ours == NULL)
		return sg_fail(SG_EVERIFY, "the CA issued a certificate, but"
		    " not for the key that asked for it");
	SG_TRY(certs_copy(&l, ours));
	for (size_t i = 0; i < got->n; i++)
		if (got->v[i] != ours)
			SG_TRY(certs_copy(&l, got->v[i]));
	*out = l;
	l = (struct certs) { 0 };
	return SG_OK;
}

static enum sg_err
take_success(struct scep_run *r, const struct scep_answer *a, int64_t now)
{
	auto_done(certs) l = { 0 };

	SG_TRY(sort_issued(&l, &a->certs, buf_bytes(&r->e->csr)));
	certs_done(&r->e->issued);
	r->e->issued = l;
	l = (struct certs) { 0 };
	r->e->state = ENROLLMENT_RECEIVED;
	r->e->changed = now;
	r->next = SCEP_ISSUED;
	return SG_OK;
}

static enum sg_err
take_pending(struct scep_run *r, int64_t now)
{
	r->e->state = ENROLLMENT_PENDING;
	r->e->changed = now;
	r->next = r->e->polls < r->e->profile.retry_count ? SCEP_WAIT
							  : SCEP_UNDECIDED;
	return SG_OK;
}

static enum sg_err
take_failure(struct scep_run *r, const struct scep_answer *a)
{
	auto_str reason = NULL;

	r->fault.refused = true;
	SG_TRY(scep_reason(&reason, a));
	return sg_fail(SG_EPERM, "the CA refused: %s", reason);
}

static enum sg_err
take_message(struct scep_run *r, const struct fetch_answer *a, int64_t now)
{
	struct scep_expect expect = {
		.transaction = r->e->transaction,
		.nonce = r->e->nonce,
		.from = &r->choice.trusted,
		.cert = r->signer_cert,
		.signer = message_signer(r),
		.sha1 = r->e->profile.allow_legacy,
	};
	auto_done(scep_answer) got = { 0 };
	enum sg_err e;

	SG_TRY(sg_while(fetch_expect_ok(a), "PKIOperation"));
	e = scep_answer_read(&got, buf_bytes(&a->body), &expect);
	if (e == SG_EFORMAT)
		return not_scep(a, e, "the CA's answer");
	SG_TRY(sg_while(e, "the CA's answer"));
	switch (got.status) {
	case SCEP_SUCCESS:
		return take_success(r, &got, now);
	case SCEP_PENDING:
		return take_pending(r, now);
	case SCEP_FAILURE:
		break;
	}
	return take_failure(r, &got);
}

enum sg_err
scep_run_take(struct scep_run *r, const struct fetch_answer *a, int64_t now)
{
	if (r->at == SCEP_AT_CAPS)
		return take_caps(r, a);
	if (a == NULL)
		return sg_fail(SG_EINTERNAL, "an answer is missing");
	return r->at == SCEP_AT_CA ? take_ca(r, a, now)
				   : take_message(r, a, now);
}

/* --- requests --- */

static enum sg_err
ask_for(struct scep_run *r, struct scep_ask *ask)
{
	auto_done(buf) message = { 0 };
	uint8_t nonce[SCEP_NONCE_LEN];

	SG_TRY(random_fill(nonce, sizeof(nonce)));
	ask->transaction = r->e->transaction;
	ask->nonce = nonce;
	ask->cert = r->signer_cert;
	ask->signer = message_signer(r);
	ask->to = r->choice.to;
	ask->hash = digest_for(r);
	ask->cipher = cipher_for(r);
	SG_TRY(scep_ask_write(&message, ask));
	SG_TRY(buf_set(&r->e->message, buf_bytes(&message)));
	memcpy(r->e->nonce, nonce, sizeof(nonce));
	r->at = SCEP_AT_MESSAGE;
	r->next = SCEP_EXCHANGE;
	return SG_OK;
}

static enum sg_err
keep_signer(struct scep_run *r, const struct cert *cert)
{
	secret_done(&r->e->transport);
	if (r->transport != NULL)
		SG_TRY(pkey_private_pem(r->transport, NULL,
		    &r->e->transport));
	return buf_set(&r->e->signer, buf_bytes(&cert->der));
}

enum sg_err
scep_run_request(struct scep_run *r, const struct scep_keys *keys,
    const struct secret *challenge, int64_t now)
{
	struct scep_ask ask = { .type = SCEP_PKCS_REQ };
	auto_done(buf) sealed = { 0 }, kept = { 0 };
	auto_str transaction = NULL;

	if (keys->old != NULL && (r->e->caps & SCEP_CAP_RENEWAL) != 0)
		ask.type = SCEP_RENEWAL_REQ;
	r->keys = *keys;
	SG_TRY(scep_csr_build(&sealed, &kept, &r->e->profile, keys,
	    challenge));
	SG_TRY(buf_set(&r->e->csr, buf_bytes(&kept)));
	SG_TRY(scep_signer_choose(&r->signer_cert, &r->transport, keys,
	    buf_bytes(&r->e->csr), now));
	SG_TRY(keep_signer(r, r->signer_cert));
	SG_TRY(scep_transaction_new(&transaction, r->e->key_fresh,
	    keys->subject));
	free(r->e->transaction);
	r->e->transaction = transaction;
	transaction = NULL;
	ask.csr = buf_bytes(&sealed);
	SG_TRY(ask_for(r, &ask));
	r->e->state = ENROLLMENT_SENT;
	r->e->changed = now;
	return SG_OK;
}

unsigned
scep_run_seconds(const struct scep_run *r)
{
	return r->e->profile.retry_delay * 60;
}

enum sg_err
scep_run_waited(struct scep_run *r)
{
	struct scep_ask ask = { .type = SCEP_CERT_POLL };
	auto_free(csr) asked = NULL;
	const struct cert *ra = r->choice.to;

	SG_TRY(csr_parse(&asked, buf_bytes(&r->e->csr)));
	ask.subject = buf_bytes(&asked->content.subject);
	/* Whoever issued the RA's certificate issues ours. */
	ask.issuer = ra->ext.ca ? buf_bytes(&ra->subject_der)
				: buf_bytes(&ra->issuer_der);
	r->e->polls++;
	return ask_for(r, &ask);
}
