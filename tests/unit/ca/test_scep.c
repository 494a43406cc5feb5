/* SPDX-License-Identifier: BSD-2-Clause */
#include "../rsa_key.h"
#include "front.h"

#include "ca/challenges.h"
#include "ca/renew.h"
#include "ca/scep.h"
#include "proto/scep_http.h"

#define HOUR ((int64_t)3600)
#define LATER (NOW + 10)

/* A CA with an RA and templates for it. */
struct desk {
	struct front *f;
	struct template_cache *templates;
	struct verifier *verifier;
	struct ca_kept kept;
	struct challenge_book book;
	struct ca_scep *scep;
	struct cert *ra;
};

static void
desk_open(struct desk *d)
{
	struct place *p = d->f->p;
	const struct ca_scep_config c = { .store = p->store,
		.issuer = &p->issuer, .validator = { &challenge_ops,
		&d->book }, .who = "olga" };
	auto_done(ca_ras) ras = { 0 };

	OK(template_cache_new(&d->templates, p->store));
	OK(verifier_new(&d->verifier));
	d->kept = (struct ca_kept) { d->templates, d->verifier };
	d->book = (struct challenge_book) { p->store, d->templates };
	OK(ca_ras_open(&ras, p->store, NULL, LATER));
	OK(cert_parse(&d->ra, buf_bytes(&ras.v[ras.n - 1].cert->der)));
	OK(ca_scep_new(&d->scep, &c, &ras));
}

static void
desk_close(struct desk *d)
{
	ca_scep_free(d->scep);
	verifier_free(d->verifier);
	template_cache_free(d->templates);
	cert_free(d->ra);
}

static void
publish(const struct front *f, const char *name)
{
	enum sg_err e = ca_template_publish(f->p->store, name);

	assert_true(e == SG_OK || e == SG_EEXIST);
}

static int
desk_setup(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));
	const struct ca_ra_plan plan = { .type = "rsa2048" };
	void *f;

	assert_non_null(d);
	if (front_setup(&f) != 0)
		return 1;
	d->f = f;
	publish(d->f, "OfflineRouter");
	publish(d->f, "SmartcardLogon");
	OK(ca_ra_make(d->f->p->store, &d->f->p->issuer, &plan,
	    &d->f->p->act));
	desk_open(d);
	*state = d;
	return 0;
}

static int
desk_teardown(void **state)
{
	struct desk *d = *state;
	void *f = d->f;

	desk_close(d);
	free(d);
	return front_teardown(&f);
}

#define AT_THE_DESK(f) cmocka_unit_test_setup_teardown(f, desk_setup, \
	desk_teardown)

/* The same after the process ended. */
static void
restart(struct desk *d)
{
	desk_close(d);
	place_close(d->f->p);
	place_open(d->f->p);
	desk_open(d);
}

/* --- a client --- */

struct client {
	struct pkey *key;
	struct cert *cert;
	const char *transaction;
};

static void
client_done(struct client *c)
{
	pkey_free(c->key);
	cert_free(c->cert);
}

static void
another_key(struct pkey **out)
{
	static unsigned taken;

	rsa_key(out, taken++);
}

static void
client_init(struct client *c)
{
	auto_done(buf) name = { 0 };

	another_key(&c->key);
	OK(name_parse(&name, "CN=client"));
	OK(scep_self_signed(&c->cert, buf_bytes(&name), pkey_signer(c->key),
	    NOW));
	c->transaction = "A1+/=";
}

/* What a request in a message says. */
struct says {
	const char *challenge, *subject, *upn, *sid, *dns, *uri, *eku;
};

static void
csr_of(struct buf *out, struct pkey *k, const struct says *s)
{
	auto_done(csr_content) c;

	csr_content_init(&c);
	OK(name_parse(&c.subject, s->subject != NULL ? s->subject
	    : "CN=client"));
	if (s->challenge != NULL)
		OK(str_dup(&c.challenge, s->challenge));
	if (s->upn != NULL)
		OK(str_dup(&c.ext.upn, s->upn));
	if (s->sid != NULL)
		OK(str_dup(&c.ext.sid, s->sid));
	if (s->dns != NULL)
		OK(texts_add(&c.ext.dns, s->dns));
	if (s->uri != NULL)
		OK(texts_add(&c.ext.uri, s->uri));
	if (s->eku != NULL)
		OK(texts_add(&c.ext.eku, s->eku));
	OK(csr_build(out, &c, DIGEST_SHA256, false, pkey_signer(k)));
}

struct exchange {
	struct scep_answer a;
	struct ca_scep_result r;
};

static void
exchange_done(struct exchange *x)
{
	scep_answer_done(&x->a);
}

static const uint8_t nonce[SCEP_NONCE_LEN] = { 9, 8, 7 };

/* To the desk and back, as one group. */
static void
deliver(struct desk *d, struct exchange *x, const struct client *c,
    struct bytes message, int64_t now)
{
	auto_done(db_tx) tx = { 0 };
	auto_done(buf) out = { 0 };
	auto_done(certs) from = { 0 };
	auto_free(cert) ra = NULL;
	const struct scep_expect e = { .transaction = c->transaction,
		.nonce = nonce, .from = &from, .cert = c->cert,
		.signer = pkey_signer(c->key) };

	exchange_done(x);
	OK(cert_parse(&ra, buf_bytes(&d->ra->der)));
	OK(certs_add(&from, ra));
	ra = NULL;
	OK(db_begin(&tx, d->f->p->store->db, DB_WRITE));
	OK(ca_scep_answer(&out, &x->r, d->scep, &d->kept, message, now));
	OK(db_commit(&tx));
	OK(scep_answer_read(&x->a, buf_bytes(&out), &e));
}

static struct scep_ask
ask_of(const struct desk *d, const struct client *c, enum scep_type type)
{
	return (struct scep_ask) { .type = type,
		.transaction = c->transaction, .nonce = nonce,
		.cert = c->cert, .signer = pkey_signer(c->key),
		.to = d->ra, .hash = DIGEST_SHA256,
		.cipher = CIPHER_AES128_CBC };
}

static void
send_csr(struct desk *d, struct exchange *x, const struct client *c,
    enum scep_type type, struct bytes csr)
{
	auto_done(buf) m = { 0 };
	struct scep_ask a = ask_of(d, c, type);

	a.csr = csr;
	OK(scep_ask_write(&m, &a));
	deliver(d, x, c, buf_bytes(&m), LATER);
}

static void
enroll(struct desk *d, struct exchange *x, const struct client *c,
    const struct says *s)
{
	auto_done(buf) csr = { 0 };

	csr_of(&csr, c->key, s);
	send_csr(d, x, c, SCEP_PKCS_REQ, buf_bytes(&csr));
}

static void
poll(struct desk *d, struct exchange *x, const struct client *c)
{
	auto_done(buf) m = { 0 };
	struct scep_ask a = ask_of(d, c, SCEP_CERT_POLL);

	a.issuer = buf_bytes(&d->f->p->store->cert[CA_ISSUING]->subject_der);
	a.subject = buf_bytes(&c->cert->subject_der);
	OK(scep_ask_write(&m, &a));
	deliver(d, x, c, buf_bytes(&m), LATER);
}

static void
mint(char out[CHALLENGE_LEN + 1], const struct desk *d, const char *template,
    const struct ca_binding *b, unsigned uses)
{
	static const struct ca_binding none;
	const struct challenge_plan plan = { .template = template,
		.binding = b != NULL ? b : &none, .uses = uses,
		.seconds = HOUR };
	auto_done(secret) text = { 0 };
	int64_t id;

	OK(secret_init(&text, CHALLENGE_LEN + 1));
	OK(challenge_new(&text, &id, d->f->p->store, &plan, &d->f->p->act));
	memcpy(out, text.p, CHALLENGE_LEN + 1);
}

static int64_t
certificates(const struct desk *d)
{
	return place_number(d->f->p, "SELECT count(*) FROM certificates");
}

#define SUCCEEDS(x)                                                       \
	do {                                                              \
		if ((x).a.status != SCEP_SUCCESS)                         \
			fail_msg("refused: %s", (x).a.fail_text != NULL   \
			    ? (x).a.fail_text : "without a word");        \
		assert_true((x).a.certs.n > 0);                           \
	} while (0)
#define REFUSED(x, number, text)                                          \
	do {                                                              \
		assert_int_equal((x).a.status, SCEP_FAILURE);             \
		assert_int_equal((x).a.fail, (number));                   \
		assert_non_null((x).a.fail_text);                         \
		if (strstr((x).a.fail_text, (text)) == NULL)              \
			fail_msg("'%s' lacks '%s'", (x).a.fail_text,      \
			    (text));                                      \
	} while (0)

/* --- by a challenge --- */

static void
a_challenge_gets_a_certificate(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	char challenge[CHALLENGE_LEN + 1];
	const struct cert *got;

	client_init(&c);
	mint(challenge, d, "OfflineRouter", NULL, 1);
	enroll(d, &x, &c, &(struct says) { .challenge = challenge,
	    .subject = "CN=host1,O=X", .dns = "host1.example" });
	SUCCEEDS(x);
	got = x.a.certs.v[0];
	assert_string_equal(got->subject, "CN=host1,O=X");
	assert_string_equal(got->ext.dns.v[0], "host1.example");
	assert_null(got->ext.upn);
	assert_true(cert_fits(got, buf_bytes(&c.cert->spki)));
	assert_int_equal(x.a.certs.n, 2);
	OK(cert_signed_by(got, x.a.certs.v[1]));
	assert_true(x.r.issued);
	assert_int_equal(place_number(d->f->p, "SELECT count(*) FROM requests"
	    " WHERE evidence = 4 AND requester = 'challenge 1'"), 1);
}

static void
names_are_those_of_the_challenge(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(ca_binding) b = { 0 };
	char challenge[CHALLENGE_LEN + 1];

	client_init(&c);
	OK(str_dup(&b.identity.upn, "carol@corp.example"));
	OK(str_dup(&b.identity.sid, DOMAIN "-1099"));
	mint(challenge, d, "SmartcardLogon", &b, 1);
	enroll(d, &x, &c, &(struct says) { .challenge = challenge });
	SUCCEEDS(x);
	assert_string_equal(x.a.certs.v[0]->ext.upn, "carol@corp.example");
	assert_string_equal(x.a.certs.v[0]->ext.sid, DOMAIN "-1099");
	assert_true(texts_has(&x.a.certs.v[0]->ext.eku,
	    OID_SMARTCARD_LOGON));
}

static void
what_does_not_fit_is_named_and_asked_again_rightly(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(ca_binding) b = { 0 };
	char challenge[CHALLENGE_LEN + 1];
	int64_t before = certificates(d);

	client_init(&c);
	OK(str_dup(&b.identity.upn, "carol@corp.example"));
	mint(challenge, d, "SmartcardLogon", &b, 1);
	enroll(d, &x, &c, &(struct says) { .challenge = challenge,
	    .upn = "administrator@corp.example" });
	REFUSED(x, SCEP_BAD_REQUEST, "UPN: ");
	assert_false(x.r.uniform);
	enroll(d, &x, &c, &(struct says) { .challenge = challenge,
	    .sid = "S-1-5-21-1-2-3-500" });
	REFUSED(x, SCEP_BAD_REQUEST, "SID: ");
	assert_int_equal(certificates(d), before);
	enroll(d, &x, &c, &(struct says) { .challenge = challenge,
	    .upn = "carol@corp.example" });
	SUCCEEDS(x);
	assert_int_equal(certificates(d), before + 1);
}

static void
a_stolen_static_challenge_makes_nobody(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	char challenge[CHALLENGE_LEN + 1];

	client_init(&c);
	mint(challenge, d, "OfflineRouter", NULL, 0);
	enroll(d, &x, &c, &(struct says) { .challenge = challenge,
	    .upn = "administrator@corp.example" });
	REFUSED(x, SCEP_BAD_REQUEST, "UPN: ");
	enroll(d, &x, &c, &(struct says) { .challenge = challenge,
	    .sid = "S-1-5-21-1-2-3-500" });
	REFUSED(x, SCEP_BAD_REQUEST, "SID: ");
	enroll(d, &x, &c, &(struct says) { .challenge = challenge, .uri =
	    "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500" });
	REFUSED(x, SCEP_BAD_REQUEST, "SID: ");
	enroll(d, &x, &c, &(struct says) { .challenge = challenge,
	    .eku = OID_SMARTCARD_LOGON });
	REFUSED(x, SCEP_BAD_REQUEST, "extended key usage: ");
	enroll(d, &x, &c, &(struct says) { .challenge = challenge });
	SUCCEEDS(x);
	assert_false(texts_has(&x.a.certs.v[0]->ext.eku,
	    OID_SMARTCARD_LOGON));
}

static void
nothing_that_does_not_open_is_told_apart(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 }, y = { 0 };
	auto_done(buf) csr = { 0 };
	const struct bytes junk = bytes_str("no request at all");
	int64_t before = front_kept(d->f);

	client_init(&c);
	/* Without, or with a challenge that nobody made. */
	enroll(d, &x, &c, &(struct says) { 0 });
	REFUSED(x, SCEP_BAD_REQUEST, "does not open");
	assert_true(x.r.uniform);
	enroll(d, &y, &c, &(struct says) { .challenge =
	    "0123456789ABCDEF0123456789ABCDEF" });
	assert_string_equal(x.a.fail_text, y.a.fail_text);
	/* Inside is nothing. */
	send_csr(d, &y, &c, SCEP_PKCS_REQ, junk);
	assert_string_equal(x.a.fail_text, y.a.fail_text);
	assert_int_equal(y.a.fail, SCEP_BAD_REQUEST);
	assert_true(y.r.uniform);
	/* Its own signature does not hold. */
	csr_of(&csr, c.key, &(struct says) { 0 });
	csr.p[csr.n - 1] ^= 1;
	send_csr(d, &y, &c, SCEP_PKCS_REQ, buf_bytes(&csr));
	assert_string_equal(x.a.fail_text, y.a.fail_text);
	assert_int_equal(y.a.fail, SCEP_BAD_REQUEST);
	assert_true(y.r.uniform);
	assert_int_equal(front_kept(d->f), before);
}

static void
what_is_shown_is_not_kept(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(buf) file = { 0 };
	auto_done(ca_binding) b = { 0 };
	char good[CHALLENGE_LEN + 1], open[CHALLENGE_LEN + 1];

	client_init(&c);
	mint(good, d, "OfflineRouter", NULL, 1);
	enroll(d, &x, &c, &(struct says) { .challenge = good });
	SUCCEEDS(x);
	OK(str_dup(&b.identity.upn, "carol@corp.example"));
	mint(open, d, "SmartcardLogon", &b, 1);
	enroll(d, &x, &c, &(struct says) { .challenge = open,
	    .upn = "bob@corp.example" });
	REFUSED(x, SCEP_BAD_REQUEST, "UPN: ");
	for (int i = 0; i < 2; i++) {
		auto_str path = NULL;

		OK(str_printf(&path, "%s/ca.db%s", d->f->p->dir,
		    i == 0 ? "" : "-wal"));
		OK(file_read(&file, path, 1u << 24));
		assert_null(memmem(file.p, file.n, good, CHALLENGE_LEN));
		assert_null(memmem(file.p, file.n, open, CHALLENGE_LEN));
	}
}

/* --- transactions --- */

static void
a_replay_gets_what_there_was_also_after_a_restart(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 }, y = { 0 };
	auto_done(buf) csr = { 0 };
	char challenge[CHALLENGE_LEN + 1];

	client_init(&c);
	mint(challenge, d, "OfflineRouter", NULL, 1);
	csr_of(&csr, c.key, &(struct says) { .challenge = challenge });
	send_csr(d, &x, &c, SCEP_PKCS_REQ, buf_bytes(&csr));
	SUCCEEDS(x);
	send_csr(d, &y, &c, SCEP_PKCS_REQ, buf_bytes(&csr));
	SUCCEEDS(y);
	assert_string_equal(x.a.certs.v[0]->serial, y.a.certs.v[0]->serial);
	restart(d);
	send_csr(d, &y, &c, SCEP_PKCS_REQ, buf_bytes(&csr));
	SUCCEEDS(y);
	assert_string_equal(x.a.certs.v[0]->serial, y.a.certs.v[0]->serial);
	assert_false(y.r.issued);
	poll(d, &y, &c);
	SUCCEEDS(y);
}

/* strongSwan names a transaction by the key. */
static void
a_second_run_with_the_same_key_is_answered(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 }, y = { 0 };
	char first[CHALLENGE_LEN + 1], second[CHALLENGE_LEN + 1];

	client_init(&c);
	mint(first, d, "OfflineRouter", NULL, 1);
	mint(second, d, "OfflineRouter", NULL, 1);
	enroll(d, &x, &c, &(struct says) { .challenge = first });
	SUCCEEDS(x);
	enroll(d, &y, &c, &(struct says) { .challenge = second });
	SUCCEEDS(y);
	assert_string_not_equal(x.a.certs.v[0]->serial,
	    y.a.certs.v[0]->serial);
	/* The used one, with a request that says something else besides. */
	enroll(d, &y, &c, &(struct says) { .challenge = first,
	    .dns = "another.example" });
	SUCCEEDS(y);
	assert_string_equal(x.a.certs.v[0]->serial, y.a.certs.v[0]->serial);
}

static void
nobody_hears_of_another_key_s_transaction(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 }, other = { 0 };
	auto_done(exchange) x = { 0 };
	char challenge[CHALLENGE_LEN + 1];

	client_init(&c);
	client_init(&other);
	mint(challenge, d, "OfflineRouter", NULL, 1);
	enroll(d, &x, &c, &(struct says) { .challenge = challenge });
	SUCCEEDS(x);
	poll(d, &x, &other);
	REFUSED(x, SCEP_BAD_CERT_ID, "no such transaction");
	c.transaction = "another";
	poll(d, &x, &c);
	REFUSED(x, SCEP_BAD_CERT_ID, "no such transaction");
}

static void
resolve(const struct desk *d, int64_t id, bool good)
{
	auto_done(ca_request) q = { 0 };
	auto_done(template) t;
	auto_done(ca_outcome) r = { 0 };

	template_init(&t);
	if (!good) {
		OK(ca_deny(d->f->p->store, id, "not this week",
		    &d->f->p->act));
		return;
	}
	OK(ca_request_get(&q, d->f->p->store, id));
	OK(ca_template_published(&t, d->f->p->store, q.template));
	OK(ca_approve(&r, d->f->p->store, &d->f->p->issuer, &q, &t,
	    &d->f->p->act));
	ISSUED(r);
}

static void
what_waits_is_polled_for(void **state)
{
	struct desk *d = *state;
	auto_done(exchange) x = { 0 };

	FRONT_CHANGE(d->f, "OfflineRouter", t,
	    t.enrollment_flag |= ENROLL_PEND);
	for (int good = 0; good < 2; good++) {
		auto_done(client) c = { 0 };
		char challenge[CHALLENGE_LEN + 1];

		client_init(&c);
		mint(challenge, d, "OfflineRouter", NULL, 1);
		enroll(d, &x, &c, &(struct says) { .challenge = challenge });
		assert_int_equal(x.a.status, SCEP_PENDING);
		poll(d, &x, &c);
		assert_int_equal(x.a.status, SCEP_PENDING);
		restart(d);
		resolve(d, place_number(d->f->p, "SELECT max(id) FROM"
		    " requests"), good != 0);
		poll(d, &x, &c);
		if (good) {
			SUCCEEDS(x);
			continue;
		}
		REFUSED(x, SCEP_BAD_REQUEST, "not this week");
	}
}

static void
of_what_policy_denies_a_challenge_a_few_are_kept(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	char challenge[CHALLENGE_LEN + 1];
	int64_t before = front_kept(d->f);

	FRONT_CHANGE(d->f, "OfflineRouter", t, t.minimal_key_size = 4096);
	client_init(&c);
	mint(challenge, d, "OfflineRouter", NULL, 0);
	for (int i = 0; i < CHALLENGE_REFUSALS_MAX + 3; i++) {
		enroll(d, &x, &c, &(struct says) { .challenge = challenge });
		REFUSED(x, SCEP_BAD_REQUEST, "4096");
	}
	assert_int_equal(front_kept(d->f), before + CHALLENGE_REFUSALS_MAX);
}

/* By whoever recorded the message. */
static void
a_replay_after_a_revocation_gets_no_other_certificate(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(buf) csr = { 0 };
	char challenge[CHALLENGE_LEN + 1];
	int64_t before;

	client_init(&c);
	mint(challenge, d, "OfflineRouter", NULL, 0);
	csr_of(&csr, c.key, &(struct says) { .challenge = challenge });
	send_csr(d, &x, &c, SCEP_PKCS_REQ, buf_bytes(&csr));
	SUCCEEDS(x);
	before = certificates(d);
	OK(ca_revoke(d->f->p->store, x.a.certs.v[0]->serial,
	    CRL_KEY_COMPROMISE, &d->f->p->act));
	send_csr(d, &x, &c, SCEP_PKCS_REQ, buf_bytes(&csr));
	REFUSED(x, SCEP_BAD_REQUEST, "revoked");
	assert_int_equal(certificates(d), before);
}

/* --- renewals --- */

static void
enrolled(struct desk *d, struct client *c, const char *template,
    const struct ca_binding *b, const struct says *says)
{
	auto_done(exchange) x = { 0 };
	char challenge[CHALLENGE_LEN + 1];
	struct says s = *says;

	client_init(c);
	mint(challenge, d, template, b, 1);
	s.challenge = challenge;
	enroll(d, &x, c, &s);
	SUCCEEDS(x);
	cert_free(c->cert);
	OK(cert_parse(&c->cert, buf_bytes(&x.a.certs.v[0]->der)));
	c->transaction = "renewal";
}

static void
renew(struct desk *d, struct exchange *x, const struct client *c,
    const struct says *s)
{
	auto_free(pkey) k = NULL;
	auto_done(buf) csr = { 0 };

	another_key(&k);
	csr_of(&csr, k, s);
	send_csr(d, x, c, SCEP_RENEWAL_REQ, buf_bytes(&csr));
}

static void
a_renewal_has_the_old_names_and_a_new_key(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(ca_binding) b = { 0 };
	int64_t audits;

	OK(name_parse(&b.identity.subject, "CN=carol"));
	OK(str_dup(&b.identity.upn, "carol@corp.example"));
	OK(str_dup(&b.identity.sid, DOMAIN "-1099"));
	enrolled(d, &c, "SmartcardLogon", &b,
	    &(struct says) { .subject = "CN=carol" });
	audits = place_number(d->f->p, "SELECT count(*) FROM audit");
	renew(d, &x, &c, &(struct says) { .subject = "CN=carol" });
	SUCCEEDS(x);
	assert_string_equal(x.a.certs.v[0]->ext.upn, "carol@corp.example");
	assert_string_equal(x.a.certs.v[0]->ext.sid, DOMAIN "-1099");
	assert_false(cert_fits(x.a.certs.v[0], buf_bytes(&c.cert->spki)));
	assert_int_equal(place_number(d->f->p, "SELECT count(*) FROM audit"),
	    audits + 1);
	c.transaction = "more";
	renew(d, &x, &c, &(struct says) { .subject = "CN=carol",
	    .upn = "administrator@corp.example" });
	REFUSED(x, SCEP_BAD_REQUEST, "UPN: ");
	renew(d, &x, &c, &(struct says) { .subject = "CN=dave" });
	REFUSED(x, SCEP_BAD_REQUEST, "subject: ");
}

static void
a_plain_client_renews_what_it_has_and_no_more(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };

	enrolled(d, &c, "OfflineRouter", NULL,
	    &(struct says) { .subject = "CN=host1", .dns = "host1.example" });
	renew(d, &x, &c, &(struct says) { .subject = "CN=host1",
	    .dns = "host1.example" });
	SUCCEEDS(x);
	assert_string_equal(x.a.certs.v[0]->ext.dns.v[0], "host1.example");
	c.transaction = "more";
	renew(d, &x, &c, &(struct says) { .subject = "CN=host1",
	    .dns = "host2.example" });
	REFUSED(x, SCEP_BAD_REQUEST, "DNS name: ");
	renew(d, &x, &c, &(struct says) { .subject = "CN=host1",
	    .sid = DOMAIN "-500" });
	REFUSED(x, SCEP_BAD_REQUEST, "SID: ");
}

static void
who_is_revoked_or_unknown_renews_nothing(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 }, stranger = { 0 };
	auto_done(exchange) x = { 0 };
	int64_t kept;

	enrolled(d, &c, "OfflineRouter", NULL, &(struct says) { 0 });
	kept = front_kept(d->f);
	OK(ca_revoke(d->f->p->store, c.cert->serial, CRL_HOLD,
	    &d->f->p->act));
	renew(d, &x, &c, &(struct says) { 0 });
	REFUSED(x, SCEP_BAD_REQUEST, "held");
	OK(ca_revoke(d->f->p->store, c.cert->serial, CRL_UNSPECIFIED,
	    &d->f->p->act));
	renew(d, &x, &c, &(struct says) { 0 });
	REFUSED(x, SCEP_BAD_REQUEST, "revoked");
	client_init(&stranger);
	renew(d, &x, &stranger, &(struct says) { 0 });
	REFUSED(x, SCEP_BAD_REQUEST, "not issued here");
	assert_int_equal(front_kept(d->f), kept);
}

static void
a_plain_client_does_not_grow_with_its_template(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 }, carol = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(ca_binding) b = { 0 };

	enrolled(d, &c, "OfflineRouter", NULL,
	    &(struct says) { .subject = "CN=administrator" });
	OK(name_parse(&b.identity.subject, "CN=carol"));
	enrolled(d, &carol, "OfflineRouter", &b,
	    &(struct says) { .subject = "CN=carol" });
	FRONT_CHANGE(d->f, "OfflineRouter", t,
	    OK(texts_add(&t.eku, OID_SMARTCARD_LOGON)));
	renew(d, &x, &c, &(struct says) { .subject = "CN=administrator" });
	REFUSED(x, SCEP_BAD_REQUEST, "vouched");
	renew(d, &x, &carol, &(struct says) { .subject = "CN=carol" });
	SUCCEEDS(x);
}

static void
a_renewal_denied_again_and_again_is_kept_once(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(buf) csr = { 0 };
	int64_t kept;

	enrolled(d, &c, "OfflineRouter", NULL, &(struct says) { 0 });
	kept = front_kept(d->f);
	csr_of(&csr, c.key, &(struct says) { .subject = "CN=another" });
	for (int i = 0; i < 3; i++) {
		send_csr(d, &x, &c, SCEP_RENEWAL_REQ, buf_bytes(&csr));
		REFUSED(x, SCEP_BAD_REQUEST, "subject: ");
	}
	assert_int_equal(front_kept(d->f), kept + 1);
}

/* What he sends in a challenge's place stands elsewhere in the request, too. */
static void
a_challenge_of_the_client_s_choice_changes_no_name(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };

	enrolled(d, &c, "OfflineRouter", NULL, &(struct says) {
	    .dns = "w.example" });
	FRONT_CHANGE(d->f, "OfflineRouter", t,
	    t.enrollment_flag |= ENROLL_PEND);
	renew(d, &x, &c, &(struct says) { .dns = "w.example",
	    .challenge = "w" });
	assert_int_equal(x.a.status, SCEP_PENDING);
	resolve(d, place_number(d->f->p, "SELECT max(id) FROM requests"),
	    true);
	poll(d, &x, &c);
	SUCCEEDS(x);
	assert_string_equal(x.a.certs.v[0]->ext.dns.v[0], "w.example");
}

/* An officer's certificate is an account's, or nobody's. */
static void
accounts_are_asked_for_where_no_challenge_was(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(identity) id = { 0 };
	auto_done(template) t;
	auto_done(buf) csr = { 0 };
	auto_free(csr) r = NULL;
	auto_done(ca_outcome) made = { 0 };
	struct ca_order o = { .template = &t, .identity = &id, .now = NOW,
		.requester = "olga" };

	template_init(&t);
	OK(ca_template_published(&t, d->f->p->store, "Staff"));
	OK(str_dup(&id.upn, "alice@corp.example"));
	OK(str_dup(&id.sid, DOMAIN "-1001"));
	client_init(&c);
	csr_of(&csr, c.key, &(struct says) { 0 });
	OK(csr_parse(&r, buf_bytes(&csr)));
	o.request = r;
	OK(ca_submit(&made, d->f->p->store, &d->f->p->issuer, &o));
	cert_free(c.cert);
	OK(cert_parse(&c.cert, buf_bytes(&made.cert->der)));
	renew(d, &x, &c, &(struct says) { .subject =
	    "CN=alice@corp.example" });
	SUCCEEDS(x);
	OK(ca_account_remove(d->f->p->store, "CORP\\alice",
	    &d->f->p->act));
	c.transaction = "later";
	renew(d, &x, &c, &(struct says) { .subject =
	    "CN=alice@corp.example" });
	REFUSED(x, SCEP_BAD_REQUEST, "no account");
}

/* macOS. */
static void
a_pkcsreq_of_the_old_key_is_a_renewal(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(buf) csr = { 0 };

	enrolled(d, &c, "OfflineRouter", NULL, &(struct says) { 0 });
	csr_of(&csr, c.key, &(struct says) { 0 });
	send_csr(d, &x, &c, SCEP_PKCS_REQ, buf_bytes(&csr));
	SUCCEEDS(x);
	assert_string_not_equal(x.a.certs.v[0]->serial, c.cert->serial);
}

/* --- the rest --- */

static void
certificates_and_lists_are_given_to_whoever_asks(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	struct scep_ask a;
	struct cert *const *ca = &d->f->p->store->cert[CA_ISSUING];

	client_init(&c);
	for (int i = 0; i < 3; i++) {
		auto_done(buf) m = { 0 };

		a = ask_of(d, &c, i == 2 ? SCEP_GET_CRL : SCEP_GET_CERT);
		a.issuer = buf_bytes(&(*ca)->subject_der);
		a.serial = i == 1 ? "7700" : d->f->alice.cert->serial;
		OK(scep_ask_write(&m, &a));
		deliver(d, &x, &c, buf_bytes(&m), LATER);
		if (i == 0) {
			SUCCEEDS(x);
			assert_string_equal(x.a.certs.v[0]->serial,
			    d->f->alice.cert->serial);
		} else {
			/* Nobody has made a list yet. */
			REFUSED(x, SCEP_BAD_CERT_ID, "no such");
		}
	}
}

/* He changes what somebody else sealed, and asks for a number in it. */
static void
no_number_is_told_from_what_does_not_open(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	struct exchange x[2] = { 0 };
	struct bytes issuers[] = { bytes_of("\x04", 1),
		buf_bytes(&d->f->p->store->cert[CA_ISSUING]->subject_der) };

	client_init(&c);
	for (int type = SCEP_GET_CERT; type <= SCEP_GET_CRL; type++) {
		for (int i = 0; i < 2; i++) {
			auto_done(buf) m = { 0 };
			struct scep_ask a = ask_of(d, &c,
			    (enum scep_type)type);

			a.issuer = issuers[i];
			a.serial = "7700";
			OK(scep_ask_write(&m, &a));
			deliver(d, &x[i], &c, buf_bytes(&m), LATER);
			REFUSED(x[i], SCEP_BAD_CERT_ID, "no such");
			assert_true(x[i].r.uniform);
		}
		assert_string_equal(x[0].a.fail_text, x[1].a.fail_text);
	}
	exchange_done(&x[0]);
	exchange_done(&x[1]);
}

static void
an_ec_key_is_told_that_nothing_can_be_sealed_to_it(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { .transaction = "ec" };
	auto_done(exchange) x = { 0 };
	auto_done(buf) name = { 0 }, csr = { 0 };
	char challenge[CHALLENGE_LEN + 1];

	OK(pkey_new_p256(&c.key));
	OK(name_parse(&name, "CN=client"));
	OK(scep_self_signed(&c.cert, buf_bytes(&name), pkey_signer(c.key),
	    NOW));
	mint(challenge, d, "OfflineRouter", NULL, 1);
	csr_of(&csr, c.key, &(struct says) { .challenge = challenge });
	send_csr(d, &x, &c, SCEP_PKCS_REQ, buf_bytes(&csr));
	REFUSED(x, SCEP_BAD_ALG, "RSA");
	/* Another key signs for it. */
	client_done(&c);
	client_init(&c);
	send_csr(d, &x, &c, SCEP_PKCS_REQ, buf_bytes(&csr));
	SUCCEEDS(x);
}

static void
what_is_sealed_to_another_is_told_so(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 }, other = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(buf) m = { 0 }, csr = { 0 };
	struct scep_ask a;

	client_init(&c);
	client_init(&other);
	csr_of(&csr, c.key, &(struct says) { 0 });
	a = ask_of(d, &c, SCEP_PKCS_REQ);
	a.csr = buf_bytes(&csr);
	a.to = other.cert;
	OK(scep_ask_write(&m, &a));
	deliver(d, &x, &c, buf_bytes(&m), LATER);
	REFUSED(x, SCEP_BAD_MESSAGE_CHECK, "GetCACert");
}

static void
what_is_no_message_is_not_answered(void **state)
{
	struct desk *d = *state;
	auto_done(buf) out = { 0 };
	struct ca_scep_result r;

	FAILS(SG_EFORMAT, ca_scep_answer(&out, &r, d->scep, &d->kept,
	    bytes_str("nothing"), LATER));
	FAILS(SG_EFORMAT, ca_scep_answer(&out, &r, d->scep, &d->kept,
	    (struct bytes) { 0 }, LATER));
	assert_int_equal(out.n, 0);
}

static void
a_renewed_ra_is_told_and_the_old_one_still_opens(void **state)
{
	struct desk *d = *state;
	auto_done(client) c = { 0 };
	auto_done(exchange) x = { 0 };
	auto_done(buf) body = { 0 };
	auto_done(certs) told = { 0 };
	const struct ca_ra_plan plan = { .type = "rsa2048" };
	char challenge[CHALLENGE_LEN + 1];
	auto_free(cert) old = NULL;
	const char *type;

	OK(cert_parse(&old, buf_bytes(&d->ra->der)));
	OK(ca_ra_make(d->f->p->store, &d->f->p->issuer, &plan,
	    &d->f->p->act));
	restart(d);
	OK(ca_scep_certs(&body, &type, d->scep));
	assert_string_equal(type, SCEP_TYPE_CERTS);
	OK(scep_ca_read(&told, buf_bytes(&body)));
	assert_int_equal(told.n, 3);
	assert_string_equal(told.v[0]->serial, d->ra->serial);
	assert_string_not_equal(old->serial, d->ra->serial);
	/* Who knows the old one only believes it, too. */
	cert_free(d->ra);
	d->ra = old;
	old = NULL;
	client_init(&c);
	mint(challenge, d, "OfflineRouter", NULL, 1);
	enroll(d, &x, &c, &(struct says) { .challenge = challenge });
	SUCCEEDS(x);
}

/* The CA's next certificate, with the same key; this desk has not read it. */
static void
ca_renewed(const struct place *p)
{
	const struct ca_renewal r = { .level = CA_ISSUING, .days = 700 };
	auto_free(ca_store) s = NULL;
	auto_free(ca_key) root_key = NULL, *key = NULL;
	struct ca_issuer root;

	OK(ca_store_open(&s, p->dir));
	OK(ca_store_key(&root_key, s, CA_ROOT, NULL));
	OK(ca_store_key(&key, s, CA_ISSUING, NULL));
	root = (struct ca_issuer) { s->cert[CA_ROOT],
		ca_key_signer(root_key), &s->config.cdp[CA_ROOT],
		&s->config.ca_issuers[CA_ROOT], &s->config.ocsp[CA_ROOT] };
	OK(ca_renew(s, &r, ca_key_signer(key), &root, &p->act));
}

static void
the_next_ca_is_told_when_there_is_one(void **state)
{
	struct desk *d = *state;
	struct place *p = d->f->p;
	auto_done(buf) body = { 0 };
	auto_done(certs) next = { 0 };

	FAILS(SG_ENOENT, ca_scep_next(&body, d->scep));
	ca_renewed(p);
	OK(ca_scep_next(&body, d->scep));
	OK(scep_next_read(&next, buf_bytes(&body),
	    p->store->cert[CA_ISSUING]));
	assert_int_equal(next.n, 2);
	assert_true(cert_fits(next.v[0],
	    buf_bytes(&p->store->cert[CA_ISSUING]->spki)));
	assert_string_not_equal(next.v[0]->serial,
	    p->store->cert[CA_ISSUING]->serial);
	restart(d);
	FAILS(SG_ENOENT, ca_scep_next(&body, d->scep));
}

/* The RA's of these tests ends with its issuer. */
static void
an_ra_that_cannot_live_longer_is_left_alone(void **state)
{
	struct desk *d = *state;

	assert_int_equal(ca_scep_due(d->scep), INT64_MAX);
	assert_int_equal(ca_scep_ends(d->scep), d->ra->not_after);
	OK(ca_scep_work(d->scep, LATER));
	assert_int_equal(place_number(d->f->p, "SELECT count(*) FROM audit"
	    " WHERE what = 'ra'"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DESK(a_challenge_gets_a_certificate),
		AT_THE_DESK(names_are_those_of_the_challenge),
		AT_THE_DESK(what_does_not_fit_is_named_and_asked_again_rightly),
		AT_THE_DESK(a_stolen_static_challenge_makes_nobody),
		AT_THE_DESK(nothing_that_does_not_open_is_told_apart),
		AT_THE_DESK(what_is_shown_is_not_kept),
		AT_THE_DESK(a_replay_gets_what_there_was_also_after_a_restart),
		AT_THE_DESK(a_second_run_with_the_same_key_is_answered),
		AT_THE_DESK(nobody_hears_of_another_key_s_transaction),
		AT_THE_DESK(what_waits_is_polled_for),
		AT_THE_DESK(a_renewal_has_the_old_names_and_a_new_key),
		AT_THE_DESK(a_plain_client_renews_what_it_has_and_no_more),
		AT_THE_DESK(who_is_revoked_or_unknown_renews_nothing),
		AT_THE_DESK(accounts_are_asked_for_where_no_challenge_was),
		AT_THE_DESK(a_pkcsreq_of_the_old_key_is_a_renewal),
		AT_THE_DESK(a_plain_client_does_not_grow_with_its_template),
		AT_THE_DESK(a_renewal_denied_again_and_again_is_kept_once),
		AT_THE_DESK(a_challenge_of_the_client_s_choice_changes_no_name),
		AT_THE_DESK(no_number_is_told_from_what_does_not_open),
		AT_THE_DESK(of_what_policy_denies_a_challenge_a_few_are_kept),
		AT_THE_DESK(
		    a_replay_after_a_revocation_gets_no_other_certificate),
		AT_THE_DESK(certificates_and_lists_are_given_to_whoever_asks),
		AT_THE_DESK(an_ec_key_is_told_that_nothing_can_be_sealed_to_it),
		AT_THE_DESK(what_is_sealed_to_another_is_told_so),
		AT_THE_DESK(what_is_no_message_is_not_answered),
		AT_THE_DESK(a_renewed_ra_is_told_and_the_old_one_still_opens),
		AT_THE_DESK(the_next_ca_is_told_when_there_is_one),
		AT_THE_DESK(an_ra_that_cannot_live_longer_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
