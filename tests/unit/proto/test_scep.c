/* SPDX-License-Identifier: BSD-2-Clause */

/* Every message there and back, and OpenSSL's opinion of each. */

#include "scep_world.h"

#include <openssl/err.h>

#include "../cms_maker.h"
#include "proto/scep_attrs.h"

/* OpenSSL's own reading of a message: the signature, then, unless there is no
 * content, the envelope with the key. */
static void
openssl_reads(struct buf *plain, struct bytes message, const struct cert *to,
    const struct pkey *key)
{
	const unsigned char *at = message.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at,
	    (long)message.n);
	X509_STORE *store = X509_STORE_new();
	BIO *out = BIO_new(BIO_s_mem()), *inner = BIO_new(BIO_s_mem());
	BIO *none = BIO_new_mem_buf("", 0);
	unsigned char *same = NULL;
	char *p;
	long n;

	assert_non_null(cms);
	assert_ptr_equal(at, message.p + message.n);
	/* It is DER: encoding it anew changes nothing. */
	assert_int_equal(i2d_CMS_ContentInfo(cms, &same), (int)message.n);
	assert_memory_equal(same, message.p, message.n);
	assert_int_equal(CMS_verify(cms, NULL, store, to == NULL ? none
	    : NULL, out, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY), 1);
	if (to != NULL) {
		EVP_PKEY *k = pkey_evp(key);
		auto_x509 x = x509_of(to);
		CMS_ContentInfo *env = d2i_CMS_bio(out, NULL);

		assert_non_null(env);
		assert_int_equal(CMS_decrypt(env, k, x, NULL, inner,
		    CMS_BINARY), 1);
		n = BIO_get_mem_data(inner, &p);
		OK(buf_set(plain, bytes_of(p, (size_t)n)));
		CMS_ContentInfo_free(env);
		EVP_PKEY_free(k);
	}
	OPENSSL_free(same);
	CMS_ContentInfo_free(cms);
	X509_STORE_free(store);
	BIO_free(out);
	BIO_free(inner);
	BIO_free(none);
}

static const enum cipher ciphers[] = { CIPHER_AES128_CBC, CIPHER_AES256_CBC,
	CIPHER_DES3_CBC };
static const enum digest hashes[] = { DIGEST_SHA256, DIGEST_SHA384,
	DIGEST_SHA512, DIGEST_SHA1 };

static void
a_request_arrives_with_every_algorithm(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 4; k++) {
			struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
			auto_free(scep_request) r = NULL;
			auto_done(scep_content) c = { 0 };
			auto_done(buf) plain = { 0 };

			a.cipher = ciphers[i];
			a.hash = hashes[k];
			r = world_read(&a);
			openssl_reads(&plain, buf_bytes(&r->der), w->ra_cert,
			    w->ra_key);
			assert_true(bytes_eq(buf_bytes(&plain),
			    buf_bytes(&w->csr)));
			assert_int_equal(r->wrong, SCEP_NO_FAIL);
			assert_int_equal(r->cipher, ciphers[i]);
			assert_int_equal(r->hash, hashes[k]);
			OK(scep_request_open(&c, r, &w->opener));
			assert_true(c.own);
			assert_string_equal(c.csr->content.challenge,
			    WORLD_CHALLENGE);
		}
}

static void
the_outside_says_who_and_what(void **state)
{
	struct world *w = *state;
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
	auto_free(scep_request) r = world_read(&a);

	assert_int_equal(r->type, SCEP_PKCS_REQ);
	assert_string_equal(scep_type_name(r->type), "PKCSReq");
	assert_string_equal(r->transaction, WORLD_TRANSACTION);
	assert_true(bytes_eq(r->sender_nonce, bytes_str(WORLD_NONCE)));
	assert_true(r->self_issued);
	assert_true(scep_request_sealable(r));
	assert_int_equal(r->certs.n, 1);
	assert_true(bytes_eq(buf_bytes(&r->signer->der),
	    buf_bytes(&w->self->der)));
}

static void
a_renewal_is_signed_by_the_old_certificate(void **state)
{
	struct world *w = *state;
	struct scep_ask a = world_ask(w, SCEP_RENEWAL_REQ);
	auto_free(scep_request) r = NULL;
	auto_done(scep_content) c = { 0 };
	auto_free(pkey) fresh = NULL;
	auto_done(buf) csr = { 0 };

	OK(pkey_new_p256(&fresh));
	world_csr(&csr, fresh, NULL);
	a.cert = w->issued;
	a.csr = buf_bytes(&csr);
	r = world_read(&a);
	assert_int_equal(r->type, SCEP_RENEWAL_REQ);
	assert_false(r->self_issued);
	OK(scep_request_open(&c, r, &w->opener));
	assert_false(c.own);
	assert_null(c.csr->content.challenge);
}

static void
a_poll_names_issuer_and_subject(void **state)
{
	struct world *w = *state;
	struct scep_ask a = world_ask(w, SCEP_CERT_POLL);
	auto_free(scep_request) r = world_read(&a);
	auto_done(scep_content) c = { 0 };

	OK(scep_request_open(&c, r, &w->opener));
	assert_null(c.csr);
	assert_true(bytes_eq(buf_bytes(&c.issuer),
	    buf_bytes(&w->issued->issuer_der)));
	assert_true(bytes_eq(buf_bytes(&c.subject),
	    buf_bytes(&w->issued->subject_der)));
}

static void
certificates_and_lists_are_asked_for_by_serial_number(void **state)
{
	static const enum scep_type types[] = { SCEP_GET_CERT, SCEP_GET_CRL };
	struct world *w = *state;

	for (size_t i = 0; i < 2; i++) {
		struct scep_ask a = world_ask(w, types[i]);
		auto_free(scep_request) r = world_read(&a);
		auto_done(scep_content) c = { 0 };

		assert_int_equal(r->type, types[i]);
		OK(scep_request_open(&c, r, &w->opener));
		assert_string_equal(c.serial, w->issued->serial);
		assert_true(bytes_eq(buf_bytes(&c.issuer),
		    buf_bytes(&w->issued->issuer_der)));
	}
}

/* The answer of that kind, as OpenSSL and the client read it. */
static void
answer(struct scep_answer *out, const struct world *w,
    const struct scep_ask *a, const struct scep_reply *p)
{
	auto_free(scep_request) r = world_read(a);
	auto_done(buf) message = { 0 }, plain = { 0 };
	struct certs from;
	struct scep_expect e = world_expect(w, &from);

	e.cert = a->cert;
	OK(scep_reply_write(&message, p, r, &w->ra));
	openssl_reads(&plain, buf_bytes(&message),
	    p->status == SCEP_SUCCESS ? a->cert : NULL, w->key);
	OK(scep_answer_read(out, buf_bytes(&message), &e));
	assert_int_equal(out->status, p->status);
}

static void
a_success_brings_the_certificate_first(void **state)
{
	struct world *w = *state;
	const struct cert *certs[] = { w->issued, w->ca.cert };
	struct scep_reply p = { .status = SCEP_SUCCESS, .certs = certs,
		.n = 2, .nonce = (const uint8_t *)"fedcba9876543210" };

	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 4; k++) {
			struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
			auto_done(scep_answer) got = { 0 };

			a.cipher = ciphers[i];
			a.hash = hashes[k];
			answer(&got, w, &a, &p);
			assert_int_equal(got.fail, SCEP_NO_FAIL);
			assert_int_equal(got.certs.n, 2);
			assert_true(bytes_eq(buf_bytes(&got.certs.v[0]->der),
			    buf_bytes(&w->issued->der)));
		}
}

static void
a_list_comes_alone(void **state)
{
	struct world *w = *state;
	struct scep_ask a = world_ask(w, SCEP_GET_CRL);
	auto_done(scep_answer) got = { 0 };
	auto_done(buf) crl = { 0 };
	struct scep_reply p = { .status = SCEP_SUCCESS,
		.nonce = (const uint8_t *)WORLD_NONCE };
	X509_CRL *x = X509_CRL_new();
	EVP_PKEY *k = pkey_evp(w->ca.key);
	auto_x509 issuer = x509_of(w->ca.cert);
	ASN1_TIME *t = ASN1_TIME_set(NULL, NOW);
	unsigned char *der = NULL;
	int n;

	assert_int_equal(X509_CRL_set_version(x, 1), 1);
	X509_CRL_set_issuer_name(x, X509_get_subject_name(issuer));
	X509_CRL_set1_lastUpdate(x, t);
	assert_true(X509_CRL_sign(x, k, EVP_sha256()) > 0);
	n = i2d_X509_CRL(x, &der);
	OK(buf_set(&crl, bytes_of(der, (size_t)n)));
	p.crl = buf_bytes(&crl);
	answer(&got, w, &a, &p);
	assert_int_equal(got.certs.n, 0);
	assert_true(bytes_eq(buf_bytes(&got.crl), buf_bytes(&crl)));
	OPENSSL_free(der);
	ASN1_TIME_free(t);
	X509_CRL_free(x);
	EVP_PKEY_free(k);
}

static void
a_refusal_says_why(void **state)
{
	struct world *w = *state;
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);

	for (int fail = SCEP_BAD_ALG; fail <= SCEP_BAD_CERT_ID; fail++) {
		auto_done(scep_answer) got = { 0 };
		struct scep_reply p = { .status = SCEP_FAILURE,
			.fail = (enum scep_fail)fail,
			.fail_text = "dNSName: h\xc3\xb6st is not the one",
			.nonce = (const uint8_t *)WORLD_NONCE };

		answer(&got, w, &a, &p);
		assert_int_equal(got.fail, fail);
		assert_string_equal(got.fail_text, p.fail_text);
		assert_false(got.has_hresult);
		assert_int_equal(got.certs.n, 0);
	}
}

static void
a_long_reason_is_cut_between_characters(void **state)
{
	struct world *w = *state;
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
	auto_done(scep_answer) got = { 0 };
	char text[SCEP_TEXT_MAX + 100];
	struct scep_reply p = { .status = SCEP_FAILURE,
		.fail = SCEP_BAD_REQUEST, .fail_text = text,
		.nonce = (const uint8_t *)WORLD_NONCE };

	text[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xb6", 2);
	text[sizeof(text) - 1] = '\0';
	answer(&got, w, &a, &p);
	assert_int_equal(strlen(got.fail_text), SCEP_TEXT_MAX - 1);
}

static void
a_pending_answer_has_no_content(void **state)
{
	struct world *w = *state;
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
	auto_done(scep_answer) got = { 0 };
	struct scep_reply p = { .status = SCEP_PENDING,
		.nonce = (const uint8_t *)WORLD_NONCE };

	answer(&got, w, &a, &p);
	assert_int_equal(got.certs.n, 0);
}

/* Its outside is read, and refused in words; with certificates there is no
 * answer. */
static void
an_ec_signer_gets_every_answer_but_certificates(void **state)
{
	struct world *rsa = *state, w;
	struct pkey *key;
	struct scep_ask a;
	struct scep_reply p = { .status = SCEP_SUCCESS,
		.nonce = (const uint8_t *)WORLD_NONCE };
	auto_free(scep_request) r = NULL;
	auto_done(scep_answer) got = { 0 };
	auto_done(scep_content) c = { 0 };
	auto_done(buf) none = { 0 };
	const struct cert *one;

	(void)rsa;
	OK(pkey_new_p256(&key));
	world_make(&w, key);
	a = world_ask(&w, SCEP_PKCS_REQ);
	r = world_read(&a);
	assert_int_equal(r->wrong, SCEP_NO_FAIL);
	assert_false(scep_request_sealable(r));
	OK(scep_request_open(&c, r, &w.opener));
	one = w.issued;
	p.certs = &one;
	p.n = 1;
	FAILS_SAYING(SG_EUNSUPPORTED, "EC key",
	    scep_reply_write(&none, &p, r, &w.ra));
	p.status = SCEP_FAILURE;
	p.fail = SCEP_BAD_REQUEST;
	answer(&got, &w, &a, &p);
	world_done(&w);
}

/* An EC key with an RSA key beside it for transport. */
static void
a_transport_key_signs_for_an_ec_request(void **state)
{
	struct world *w = *state;
	auto_free(pkey) ec = NULL;
	auto_done(buf) csr = { 0 };
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
	auto_free(scep_request) r = NULL;
	auto_done(scep_content) c = { 0 };

	OK(pkey_new_p256(&ec));
	world_csr(&csr, ec, WORLD_CHALLENGE);
	a.csr = buf_bytes(&csr);
	r = world_read(&a);
	assert_true(scep_request_sealable(r));
	OK(scep_request_open(&c, r, &w->opener));
	assert_false(c.own);
}

/* By the key's name, which strongSwan wants; the digest follows the request,
 * but nobody signs with SHA-1. */
static void
answers_are_signed_as_rsa_encryption(void **state)
{
	static const uint8_t oid[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x04,
		0x82, 0x01, 0x00 };
	struct world *w = *state;
	struct scep_reply p = { .status = SCEP_PENDING,
		.nonce = (const uint8_t *)WORLD_NONCE };

	for (size_t k = 0; k < 4; k++) {
		struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
		auto_free(scep_request) r = NULL;
		auto_done(buf) m = { 0 };
		struct signed_data d;

		a.hash = hashes[k];
		r = world_read(&a);
		OK(scep_reply_write(&m, &p, r, &w->ra));
		assert_non_null(memmem(m.p, m.n, oid, sizeof(oid)));
		OK(signed_parse_as(&d, buf_bytes(&m), SIGNED_EMPTY));
		assert_int_equal(d.by[0].hash, hashes[k] == DIGEST_SHA1
		    ? DIGEST_SHA256 : hashes[k]);
	}
}

static void
a_transaction_is_named_after_the_key(void **state)
{
	struct world *w = *state;
	auto_str a = NULL, *b = NULL;

	OK(scep_transaction_of(&a, buf_bytes(&w->self->spki)));
	OK(scep_transaction_of(&b, buf_bytes(&w->ra_cert->spki)));
	assert_int_equal(strlen(a), 40);
	assert_string_not_equal(a, b);
}

static void
what_is_no_answer_is_not_written(void **state)
{
	struct world *w = *state;
	struct scep_ask a = world_ask(w, SCEP_PKCS_REQ);
	auto_free(scep_request) r = world_read(&a);
	auto_done(buf) m = { 0 };
	struct scep_reply p = { .status = SCEP_SUCCESS,
		.nonce = (const uint8_t *)WORLD_NONCE };

	FAILS(SG_EARG, scep_reply_write(&m, &p, r, &w->ra));
	p.status = SCEP_FAILURE;
	p.fail = SCEP_NO_FAIL;
	FAILS(SG_EARG, scep_reply_write(&m, &p, r, &w->ra));
	a.type = SCEP_CERT_REP;
	FAILS(SG_EARG, scep_ask_write(&m, &a));
	a.type = SCEP_PKCS_REQ;
	a.to = w->ca.cert;
	FAILS_SAYING(SG_EUNSUPPORTED, "EC key", scep_ask_write(&m, &a));
	assert_int_equal(m.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_arrives_with_every_algorithm),
		cmocka_unit_test(the_outside_says_who_and_what),
		cmocka_unit_test(a_renewal_is_signed_by_the_old_certificate),
		cmocka_unit_test(a_poll_names_issuer_and_subject),
		cmocka_unit_test(
		    certificates_and_lists_are_asked_for_by_serial_number),
		cmocka_unit_test(a_success_brings_the_certificate_first),
		cmocka_unit_test(a_list_comes_alone),
		cmocka_unit_test(a_refusal_says_why),
		cmocka_unit_test(a_long_reason_is_cut_between_characters),
		cmocka_unit_test(a_pending_answer_has_no_content),
		cmocka_unit_test(
		    an_ec_signer_gets_every_answer_but_certificates),
		cmocka_unit_test(a_transport_key_signs_for_an_ec_request),
		cmocka_unit_test(answers_are_signed_as_rsa_encryption),
		cmocka_unit_test(a_transaction_is_named_after_the_key),
		cmocka_unit_test(what_is_no_answer_is_not_written),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
