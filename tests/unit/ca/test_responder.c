/* SPDX-License-Identifier: BSD-2-Clause */
#include "ledger_table.h"

#include <openssl/ocsp.h>

#include "ca/responder.h"

#define NOW	((int64_t)1750000000)
#define DAY	((int64_t)86400)

struct world {
	struct pkey *ca_key, *key, *other_key;
	struct cert *ca, *cert, *other;
	struct texts none;
	struct ledger_table table;
	struct responder_config config;
	struct responder *r;
};

static int
setup(void **state)
{
	static struct world w;
	struct ca_plan plan = { "CN=Issuing,DC=corp,DC=example", 0, NOW, 1000 };
	struct ca_plan other = { "CN=Other", 0, NOW, 1000 };
	struct ca_issuer i;

	w = (struct world) { .table.issued = 9 };
	OK(pkey_new_rsa(&w.ca_key, 2048));
	OK(pkey_new_p256(&w.key));
	OK(pkey_new_p256(&w.other_key));
	OK(ca_make(&w.ca, &plan, pkey_signer(w.ca_key), NULL));
	OK(ca_make(&w.other, &other, pkey_signer(w.other_key), NULL));
	i = (struct ca_issuer) { w.ca, pkey_signer(w.ca_key), &w.none,
		&w.none, &w.none };
	OK(responder_cert(&w.cert, &i, pkey_signer(w.key), NOW,
	    RESPONDER_DAYS));
	w.config = (struct responder_config) { .ca = w.ca, .cert = w.cert,
		.signer = pkey_signer(w.key), .ledger = ledger_of(&w.table),
		.good_seconds = 3600 };
	OK(responder_new(&w.r, &w.config));
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	responder_free(w->r);
	cert_free(w->ca);
	cert_free(w->cert);
	cert_free(w->other);
	pkey_free(w->ca_key);
	pkey_free(w->key);
	pkey_free(w->other_key);
	return 0;
}

/* A request about one or two serial numbers of that issuer. */
static OCSP_REQUEST *
ask(const struct cert *issuer, const EVP_MD *md, long a, long b)
{
	OCSP_REQUEST *q = OCSP_REQUEST_new();

	for (int i = 0; i < (b != 0 ? 2 : 1); i++) {
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		(void)ASN1_INTEGER_set(serial, i == 0 ? a : b);
		(void)OCSP_request_add0_id(q, OCSP_cert_id_new(md,
		    X509_get_subject_name(issuer->x509),
		    X509_get0_pubkey_bitstr(issuer->x509), serial));
		ASN1_INTEGER_free(serial);
	}
	return q;
}

static OCSP_RESPONSE *
answer(struct world *w, OCSP_REQUEST *q, int64_t now, int64_t *expires)
{
	auto_done(buf) out = { 0 };
	uint8_t *der = NULL;
	const uint8_t *p;
	int n = i2d_OCSP_REQUEST(q, &der);
	OCSP_RESPONSE *r;

	OK(responder_answer(w->r, bytes_of(der, (size_t)n), now, &out,
	    expires));
	OPENSSL_free(der);
	p = out.p;
	r = d2i_OCSP_RESPONSE(NULL, &p, (long)out.n);
	assert_non_null(r);
	return r;
}

/* The status of a request's only certificate; the answer must hold as one by
 * the CA's delegate.  Takes the request. */
static int
status(struct world *w, OCSP_REQUEST *q, int *reason)
{
	int64_t expires;
	OCSP_RESPONSE *r = answer(w, q, NOW, &expires);
	OCSP_BASICRESP *b;
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	STACK_OF(X509) *with = sk_X509_new_null();
	int s;

	assert_int_equal(OCSP_response_status(r), 0);
	b = OCSP_response_get1_basic(r);
	assert_int_equal(OCSP_check_nonce(q, b) > 0, 1);
	(void)X509_STORE_add_cert(store, w->ca->x509);
	X509_VERIFY_PARAM_set_time(param, (time_t)NOW);
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	assert_int_equal(OCSP_basic_verify(b, with, store, 0), 1);
	assert_int_equal(OCSP_resp_find_status(b,
	    OCSP_onereq_get0_id(OCSP_request_onereq_get0(q, 0)), &s, reason,
	    NULL, NULL, NULL), 1);
	sk_X509_free(with);
	X509_STORE_free(store);
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
	OCSP_REQUEST_free(q);
	return s;
}

/* The status of an answer that is none.  Takes the request. */
static int
refusal(struct world *w, OCSP_REQUEST *q)
{
	int64_t expires = 1;
	OCSP_RESPONSE *r = answer(w, q, NOW, &expires);
	int s = OCSP_response_status(r);

	assert_int_equal(expires, 0);
	OCSP_RESPONSE_free(r);
	OCSP_REQUEST_free(q);
	return s;
}

static void
the_answer_is_what_the_ledger_says_now(void **state)
{
	struct world *w = *state;
	int reason;

	assert_int_equal(status(w, ask(w->ca, EVP_sha1(), 3, 0), &reason),
	    V_OCSP_CERTSTATUS_GOOD);
	ledger_add(&w->table, 3, CRL_HOLD, NOW - 5);
	assert_int_equal(status(w, ask(w->ca, EVP_sha256(), 3, 0), &reason),
	    V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(reason, OCSP_REVOKED_STATUS_CERTIFICATEHOLD);
	ledger_add(&w->table, 3, CRL_REMOVE, NOW - 4);
	assert_int_equal(status(w, ask(w->ca, EVP_sha512(), 3, 0), &reason),
	    V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(status(w, ask(w->ca, EVP_sha1(), 10, 0), &reason),
	    V_OCSP_CERTSTATUS_UNKNOWN);
	assert_int_equal(status(w, ask(w->ca, EVP_sha1(), -3, 0), &reason),
	    V_OCSP_CERTSTATUS_UNKNOWN);
}

static void
other_cas_are_none_of_our_business(void **state)
{
	struct world *w = *state;

	assert_int_equal(refusal(w, ask(w->other, EVP_sha1(), 3, 0)),
	    OCSP_RESPONSE_STATUS_UNAUTHORIZED);
	assert_int_equal(refusal(w, ask(w->ca, EVP_sha224(), 3, 0)),
	    OCSP_RESPONSE_STATUS_UNAUTHORIZED);
}

static void
beside_ours_theirs_are_unknown(void **state)
{
	struct world *w = *state;
	OCSP_REQUEST *q = ask(w->ca, EVP_sha1(), 3, 0);
	OCSP_REQUEST *theirs = ask(w->other, EVP_sha1(), 3, 0);
	OCSP_RESPONSE *r;
	OCSP_BASICRESP *b;
	int64_t expires;

	(void)OCSP_request_add0_id(q, OCSP_CERTID_dup(OCSP_onereq_get0_id(
	    OCSP_request_onereq_get0(theirs, 0))));
	r = answer(w, q, NOW, &expires);
	b = OCSP_response_get1_basic(r);
	assert_int_equal(OCSP_resp_count(b), 2);
	assert_int_equal(OCSP_single_get0_status(OCSP_resp_get0(b, 0), NULL,
	    NULL, NULL, NULL), V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(OCSP_single_get0_status(OCSP_resp_get0(b, 1), NULL,
	    NULL, NULL, NULL), V_OCSP_CERTSTATUS_UNKNOWN);
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
	OCSP_REQUEST_free(theirs);
	OCSP_REQUEST_free(q);
}

static void
answers_with_a_nonce_are_not_kept(void **state)
{
	struct world *w = *state;
	OCSP_REQUEST *q = ask(w->ca, EVP_sha1(), 3, 4);
	int64_t expires = 0;

	OCSP_RESPONSE_free(answer(w, q, NOW, &expires));
	assert_true(expires == NOW + 3600);
	/* Not longer than the one who says so is good. */
	OCSP_RESPONSE_free(answer(w, q, NOW + RESPONDER_DAYS * DAY - 10,
	    &expires));
	assert_true(expires == w->cert->not_after);
	(void)OCSP_request_add1_nonce(q, NULL, 16);
	OCSP_RESPONSE_free(answer(w, q, NOW, &expires));
	assert_true(expires == 0);
	OCSP_REQUEST_free(q);
}

static void
what_goes_wrong_is_told_apart(void **state)
{
	struct world *w = *state;
	auto_done(buf) out = { 0 };
	int64_t expires;
	OCSP_REQUEST *q = ask(w->ca, EVP_sha1(), 3, 0);
	OCSP_RESPONSE *r;

	OK(responder_answer(w->r, bytes_str("nonsense"), NOW, &out,
	    &expires));
	assert_int_equal(out.n, 5);
	assert_int_equal(out.p[4], OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
	w->table.fails = SG_EBUSY;
	assert_int_equal(refusal(w, ask(w->ca, EVP_sha1(), 3, 0)),
	    OCSP_RESPONSE_STATUS_TRYLATER);
	w->table.fails = SG_EIO;
	assert_int_equal(refusal(w, ask(w->ca, EVP_sha1(), 3, 0)),
	    OCSP_RESPONSE_STATUS_INTERNALERROR);
	w->table.fails = SG_OK;
	r = answer(w, q, w->cert->not_after, &expires);
	assert_int_equal(OCSP_response_status(r),
	    OCSP_RESPONSE_STATUS_TRYLATER);
	OCSP_RESPONSE_free(r);
	OCSP_REQUEST_free(q);
}

static void
the_delegate_can_do_nothing_else(void **state)
{
	struct world *w = *state;
	const struct extensions *x = &w->cert->ext;

	assert_string_equal(w->cert->subject,
	    "CN=OCSP Responder,CN=Issuing,DC=corp,DC=example");
	assert_int_equal(x->eku.n, 1);
	assert_string_equal(x->eku.v[0], "1.3.6.1.5.5.7.3.9");
	assert_int_equal(x->key_usage, USAGE_DIGITAL_SIGNATURE);
	assert_true(x->key_usage_critical);
	assert_false(x->ca);
	assert_int_equal(x->cdp.n, 0);
	assert_true(X509_get_ext_by_NID(w->cert->x509,
	    NID_id_pkix_OCSP_noCheck, -1) >= 0);
	assert_true(w->cert->not_after == NOW + RESPONDER_DAYS * DAY);
}

static void
nobody_else_answers_for_the_ca(void **state)
{
	struct world *w = *state;
	struct responder_config c = w->config;
	struct responder *r = NULL;

	c.cert = w->other;
	FAILS(SG_EVERIFY, responder_new(&r, &c));
	assert_null(r);
	c.cert = w->ca;
	c.signer = pkey_signer(w->ca_key);
	OK(responder_new(&r, &c));
	responder_free(r);
}

/* Who signed the answer to a question about that CA's certificate 3. */
static int
answered_by(struct responder *const *all, const struct cert *about,
    const struct cert *signer)
{
	OCSP_REQUEST *q = ask(about, EVP_sha1(), 3, 0);
	auto_done(buf) out = { 0 };
	uint8_t *der = NULL;
	const uint8_t *p;
	int n = i2d_OCSP_REQUEST(q, &der), held;
	STACK_OF(X509) *with = sk_X509_new_null();
	OCSP_RESPONSE *r;
	OCSP_BASICRESP *b;
	int64_t expires;

	OK(responders_answer(all, 2, bytes_of(der, (size_t)n), NOW, &out,
	    &expires));
	p = out.p;
	r = d2i_OCSP_RESPONSE(NULL, &p, (long)out.n);
	assert_int_equal(OCSP_response_status(r), 0);
	b = OCSP_response_get1_basic(r);
	assert_true(sk_X509_push(with, signer->x509) > 0);
	held = OCSP_basic_verify(b, with, NULL,
	    OCSP_TRUSTOTHER | OCSP_NOINTERN) == 1;
	OPENSSL_free(der);
	sk_X509_free(with);
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
	OCSP_REQUEST_free(q);
	return held;
}

/* A CA that was renewed has one name and two keys. */
static void
each_key_has_a_responder_of_its_own(void **state)
{
	struct world *w = *state;
	struct ca_plan plan = { "CN=Issuing,DC=corp,DC=example", 0, NOW, 1000 };
	struct responder_config c = w->config;
	auto_free(cert) renewed = NULL;
	auto_free(responder) r = NULL;
	struct responder *all[2] = { w->r };

	OK(ca_make(&renewed, &plan, pkey_signer(w->other_key), NULL));
	c.ca = c.cert = renewed;
	c.signer = pkey_signer(w->other_key);
	OK(responder_new(&r, &c));
	all[1] = r;
	assert_true(answered_by(all, w->ca, w->cert));
	assert_false(answered_by(all, w->ca, renewed));
	assert_true(answered_by(all, renewed, renewed));
	assert_false(answered_by(all, renewed, w->cert));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_answer_is_what_the_ledger_says_now),
		CASE(other_cas_are_none_of_our_business),
		CASE(beside_ours_theirs_are_unknown),
		CASE(answers_with_a_nonce_are_not_kept),
		CASE(what_goes_wrong_is_told_apart),
		CASE(the_delegate_can_do_nothing_else),
		CASE(nobody_else_answers_for_the_ca),
		CASE(each_key_has_a_responder_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
