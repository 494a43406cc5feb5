/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_SCEP_SERVER_H
#define SG_TEST_SCEP_SERVER_H

/* A SCEP server that does what a test wants, without a network. */

#include "../proto/scep_world.h"

#include "enroll/scep.h"
#include "policy/scep_profile.h"

#define SERVER_URL "http://ca.corp.example/scep"

struct server {
	struct world *w;
	const char *caps;		/* its words; NULL: HTTP 404 */
	enum scep_status status;	/* of the next answer */
	enum scep_fail fail;
	const char *fail_text;
	const struct scep_ra *ra;	/* who signs; NULL: w's */
	const struct pkey *certify;	/* another key than the one that asks */
	unsigned http;			/* status; 0: 200 */
	const char *page;		/* instead of a message */

	/* what was seen */
	char url[512];
	bool post;
	enum scep_type type;
	enum digest hash;
	enum cipher cipher;
	char challenge[64];
	struct buf csr;
	struct buf signer;
	struct buf message;
	struct buf answer;		/* the last */
	char *transaction;
};

static inline void
server_done(struct server *s)
{
	buf_done(&s->csr);
	buf_done(&s->signer);
	buf_done(&s->message);
	buf_done(&s->answer);
	free(s->transaction);
}

static inline void
server_issue(struct server *s, struct cert **out, struct bytes spki)
{
	auto_done(cert_content) c;
	auto_free(pkey) key = NULL;

	cert_content_init(&c);
	OK(pkey_from_spki(&key, spki));
	c.ext.key_usage = USAGE_DIGITAL_SIGNATURE;
	OK(texts_add(&c.ext.eku, OID_CLIENT_AUTH));
	fixture_issue(out, &c, "CN=alice", s->certify != NULL ? s->certify
							      : key, &s->w->ca);
}

/* What came, as the server sees it. */
static inline void
server_look(struct server *s, const struct scep_request *r)
{
	auto_done(scep_content) c = { 0 };

	assert_int_equal(r->wrong, SCEP_NO_FAIL);
	OK(scep_request_open(&c, r, &s->w->opener));
	s->type = r->type;
	s->hash = r->hash;
	s->cipher = r->cipher;
	OK(buf_set(&s->signer, buf_bytes(&r->signer->der)));
	free(s->transaction);
	OK(str_dup(&s->transaction, r->transaction));
	if (c.csr == NULL)
		return;
	OK(buf_set(&s->csr, buf_bytes(&c.csr->der)));
	(void)snprintf(s->challenge, sizeof(s->challenge), "%s",
	    c.csr->content.challenge != NULL ? c.csr->content.challenge : "");
}

static inline void
server_message(struct server *s, struct bytes message, struct buf *out)
{
	static const struct scep_rules rules = { .sha1 = true };
	auto_free(scep_request) r = NULL;
	auto_free(csr) csr = NULL;
	auto_free(cert) cert = NULL;
	const struct cert *certs[2];
	struct scep_reply p = { .status = s->status, .fail = s->fail,
		.fail_text = s->fail_text, .certs = certs,
		.nonce = (const uint8_t *)WORLD_NONCE };

	OK(buf_set(&s->message, message));
	OK(scep_request_read(&r, message, &rules));
	server_look(s, r);
	if (s->status == SCEP_SUCCESS) {
		OK(csr_parse(&csr, buf_bytes(&s->csr)));
		server_issue(s, &cert, buf_bytes(&csr->spki));
		certs[0] = s->w->ca.cert;	/* in the wrong order */
		certs[1] = cert;
		p.n = 2;
	}
	OK(scep_reply_write(out, &p, r, s->ra != NULL ? s->ra : &s->w->ra));
	OK(buf_set(&s->answer, buf_bytes(out)));
}

static inline void
server_answer(struct server *s, const struct fetch_ask *ask,
    struct fetch_answer *a)
{
	const struct cert *ca[] = { s->w->ra_cert, s->w->ca.cert };
	const char *type = NULL, *message;

	(void)snprintf(s->url, sizeof(s->url), "%s", ask->url);
	s->post = ask->type != NULL;
	a->status = s->http != 0 ? s->http : 200;
	if (strstr(ask->url, "operation=GetCACaps") != NULL) {
		a->status = s->caps != NULL ? 200 : 404;
		OK(buf_add_str(&a->body, s->caps != NULL ? s->caps : ""));
	} else if (s->page != NULL) {
		(void)snprintf(a->type, sizeof(a->type), "text/html");
		OK(buf_add_str(&a->body, s->page));
	} else if (strstr(ask->url, "operation=GetCACert") != NULL) {
		OK(scep_ca_write(&a->body, &type, ca, 2));
	} else if (s->post) {
		server_message(s, ask->body, &a->body);
	} else {
		auto_done(buf) der = { 0 };

		message = strstr(ask->url, "&message=");
		assert_non_null(message);
		OK(scep_get_read(&der, bytes_str(message + 9)));
		server_message(s, buf_bytes(&der), &a->body);
	}
}

/* One exchange of the run with the server. */
static inline enum sg_err
server_exchange(struct server *s, struct scep_run *r)
{
	auto_done(fetch_answer) a = { 0 };
	struct fetch_ask ask;

	assert_int_equal(scep_run_next(r), SCEP_EXCHANGE);
	SG_TRY(scep_run_ask(r, &ask));
	server_answer(s, &ask, &a);
	return scep_run_take(r, &a, NOW);
}

#endif
