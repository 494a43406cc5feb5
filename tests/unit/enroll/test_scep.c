/* SPDX-License-Identifier: BSD-2-Clause */

/* The client's side of an enrollment, against a server of the test's own. */

#include "scep_server.h"

#include "base/text.h"

#define ALL_CAPS "AES\nPOSTPKIOperation\nSHA-256\nSCEPStandard\nRenewal\n"

struct place {
	struct world w;
	struct server s;
	struct enrollment e;
	struct scep_run r;
	struct certs anchors;
	struct scep_keys keys;
	struct secret challenge;
};

static void
set(struct place *p, const char *key, const char *value)
{
	OK(scep_profile_set(&p->e.profile, key, value));
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct pkey *key;

	assert_non_null(p);
	rsa_key(&key, 1);
	world_make(&p->w, key);
	p->s = (struct server) { .w = &p->w, .caps = ALL_CAPS };
	enrollment_init(&p->e);
	OK(str_dup(&p->e.profile.name, "test"));
	set(p, "url", SERVER_URL);
	set(p, "upn", "alice@corp.example");
	OK(certs_copy(&p->anchors, p->w.ca.cert));
	p->keys = (struct scep_keys) { .subject = pkey_signer(p->w.key),
		.provider = "Provider" };
	OK(str_dup(&p->e.key, "key"));
	OK(secret_set(&p->challenge, WORLD_CHALLENGE,
	    strlen(WORLD_CHALLENGE)));
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	scep_run_done(&p->r);
	enrollment_done(&p->e);
	certs_done(&p->anchors);
	secret_done(&p->challenge);
	server_done(&p->s);
	world_done(&p->w);
	free(p);
	return 0;
}

/* Until the keys are wanted, or it fails. */
static enum sg_err
find_ca(struct place *p)
{
	SG_TRY(scep_run_begin(&p->r, &p->e, &p->anchors));
	while (scep_run_next(&p->r) == SCEP_EXCHANGE)
		SG_TRY(server_exchange(&p->s, &p->r));
	assert_int_equal(scep_run_next(&p->r), SCEP_REQUEST);
	return SG_OK;
}

static enum sg_err
send_request(struct place *p)
{
	SG_TRY(find_ca(p));
	SG_TRY(scep_run_request(&p->r, &p->keys, &p->challenge, NOW));
	return server_exchange(&p->s, &p->r);
}

/* What a crash leaves: the record, and nothing else. */
static void
forget_all_but_the_record(struct place *p)
{
	auto_done(buf) b = { 0 };

	OK(enrollment_write(&b, &p->e));
	scep_run_done(&p->r);
	enrollment_done(&p->e);
	OK(enrollment_read(&p->e, buf_bytes(&b)));
}

static void
is_ours(const struct place *p)
{
	auto_done(buf) spki = { 0 };

	assert_int_equal(scep_run_next(&p->r), SCEP_ISSUED);
	assert_int_equal(p->e.state, ENROLLMENT_RECEIVED);
	OK(p->keys.subject.ops->spki(p->keys.subject.ctx, &spki));
	assert_true(cert_fits(p->e.issued.v[0], buf_bytes(&spki)));
}

/* --- the whole way --- */

static void
a_certificate_comes_for_the_key(void **state)
{
	struct place *p = *state;

	OK(send_request(p));
	is_ours(p);
	assert_int_equal(p->e.issued.n, 2);
	assert_int_equal(p->s.type, SCEP_PKCS_REQ);
	assert_int_equal(p->s.hash, DIGEST_SHA256);
	assert_int_equal(p->s.cipher, CIPHER_AES128_CBC);
	assert_true(p->s.post);
	assert_string_equal(p->s.url, SERVER_URL "?operation=PKIOperation");
}

static void
the_request_says_what_the_profile_says(void **state)
{
	struct place *p = *state;
	auto_free(csr) c = NULL;

	set(p, "dns", "a.corp.example");
	set(p, "email", "alice@corp.example");
	set(p, "uri", "tag:x");
	set(p, "template", "Badge");
	set(p, "subject", "CN=alice,O=Corp");
	set(p, "key-usage", "digital-signature,key-encipherment");
	OK(send_request(p));
	OK(csr_parse(&c, buf_bytes(&p->s.csr)));
	OK(csr_verify(c));
	assert_string_equal(c->subject, "CN=alice,O=Corp");
	assert_string_equal(c->content.ext.upn, "alice@corp.example");
	assert_string_equal(c->content.ext.dns.v[0], "a.corp.example");
	assert_string_equal(c->content.ext.uri.v[0], "tag:x");
	assert_string_equal(c->content.ext.template_name, "Badge");
	assert_int_equal(c->content.ext.key_usage,
	    USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT);
	assert_true(texts_has(&c->content.ext.eku, OID_SMARTCARD_LOGON));
	assert_string_equal(c->content.provider, "Provider");
}

static bool
holds(struct bytes where, const char *what)
{
	return memmem(where.p, where.n, what, strlen(what)) != NULL;
}

static void
the_challenge_is_in_the_envelope_only(void **state)
{
	struct place *p = *state;
	auto_done(buf) record = { 0 };

	OK(find_ca(p));
	OK(scep_run_request(&p->r, &p->keys, &p->challenge, NOW));
	OK(enrollment_write(&record, &p->e));
	assert_false(holds(buf_bytes(&record), WORLD_CHALLENGE));
	OK(server_exchange(&p->s, &p->r));
	assert_string_equal(p->s.challenge, WORLD_CHALLENGE);
}

static void
without_a_challenge_none_is_sent(void **state)
{
	struct place *p = *state;

	secret_clear(&p->challenge);
	OK(send_request(p));
	assert_string_equal(p->s.challenge, "");
	assert_true(bytes_eq(buf_bytes(&p->s.csr), buf_bytes(&p->e.csr)));
}

static void
the_container_key_signs_where_it_can_decrypt(void **state)
{
	struct place *p = *state;
	auto_free(cert) signer = NULL;
	auto_done(buf) spki = { 0 };

	OK(send_request(p));
	OK(cert_parse(&signer, buf_bytes(&p->s.signer)));
	OK(pkey_spki(p->w.key, &spki));
	assert_true(cert_fits(signer, buf_bytes(&spki)));
	assert_int_equal(p->e.transport.n, 0);
}

static void
a_key_that_cannot_decrypt_gets_a_transport_key(void **state)
{
	struct place *p = *state;
	auto_free(pkey) ec = NULL;

	OK(pkey_new_p256(&ec));
	p->keys.subject = pkey_signer(ec);
	OK(find_ca(p));
	OK(scep_run_request(&p->r, &p->keys, &p->challenge, NOW));
	assert_true(p->e.transport.n > 0);
	/* It is the record's, so that the answer can be read later, too. */
	forget_all_but_the_record(p);
	OK(scep_run_resume(&p->r, &p->e, &p->keys, NOW));
	OK(server_exchange(&p->s, &p->r));
	is_ours(p);
}

static void
a_server_without_post_is_asked_by_get(void **state)
{
	struct place *p = *state;

	p->s.caps = "AES\r\nSHA-256\r\n";
	OK(send_request(p));
	assert_false(p->s.post);
	is_ours(p);
}

static void
ndes_is_asked_for_some_ca(void **state)
{
	struct place *p = *state;
	struct fetch_ask ask;

	scep_profile_clear(&p->e.profile, "url");
	set(p, "url", "http://h/certsrv/mscep/mscep.dll");
	OK(scep_run_begin(&p->r, &p->e, &p->anchors));
	OK(scep_run_ask(&p->r, &ask));
	assert_string_equal(ask.url, "http://h/certsrv/mscep/mscep.dll"
	    "?operation=GetCACaps&message=default");
}

static void
a_ca_is_asked_for_by_its_id(void **state)
{
	struct place *p = *state;
	struct fetch_ask ask;

	set(p, "ca-id", "Issuing CA/2");
	OK(scep_run_begin(&p->r, &p->e, &p->anchors));
	OK(scep_run_ask(&p->r, &ask));
	assert_string_equal(ask.url, SERVER_URL
	    "?operation=GetCACaps&message=Issuing%20CA%2F2");
}

/* --- which CA it is --- */

static void
a_ca_that_nobody_named_is_refused(void **state)
{
	struct place *p = *state;
	auto_str hex = NULL;

	certs_done(&p->anchors);
	p->anchors = (struct certs) { 0 };
	OK(hex_encode(&hex, bytes_of(p->w.ca.cert->sha256, SHA256_LEN)));
	FAILS_SAYING(SG_EVERIFY, "not known here", find_ca(p));
	assert_non_null(strstr(sg_note(SG_EVERIFY), hex));
	assert_non_null(strstr(sg_note(SG_EVERIFY), "--ca-fingerprint"));
}

static void
another_fingerprint_is_refused_whatever_is_trusted(void **state)
{
	struct place *p = *state;

	set(p, "ca-fingerprint", "0123456789abcdef0123456789abcdef01234567");
	FAILS_SAYING(SG_EVERIFY, "not the one whose fingerprint", find_ca(p));
}

static void
a_fingerprint_of_either_kind_will_do(void **state)
{
	static const enum digest kinds[] = { DIGEST_SHA1, DIGEST_SHA256 };
	struct place *p = *state;

	certs_done(&p->anchors);
	p->anchors = (struct certs) { 0 };
	for (size_t i = 0; i < 2; i++) {
		uint8_t digest[DIGEST_MAX];
		auto_str hex = NULL;

		OK(digest_of(kinds[i], buf_bytes(&p->w.ca.cert->der), digest));
		OK(hex_encode(&hex, bytes_of(digest, digest_size(kinds[i]))));
		scep_profile_clear(&p->e.profile, "ca-fingerprint");
		set(p, "ca-fingerprint", hex);
		scep_run_done(&p->r);
		OK(find_ca(p));
		assert_memory_equal(p->e.anchor, p->w.ca.cert->sha256,
		    SHA256_LEN);
	}
}

static void
an_anchor_of_another_ca_vouches_for_nothing(void **state)
{
	struct place *p = *state;
	struct authority other = { 0 };

	fixture_ca(&other, "CN=Corp CA", 0, NULL);
	certs_done(&p->anchors);
	p->anchors = (struct certs) { 0 };
	OK(certs_copy(&p->anchors, other.cert));
	FAILS(SG_EVERIFY, find_ca(p));
	authority_done(&other);
}

/* --- weak servers --- */

static void
a_server_of_old_is_refused_unless_it_is_allowed(void **state)
{
	static const char *const weak[] = { NULL, "", "SHA-1\nDES3\n",
		"AES\n", "SHA-256\nDES3\n" };
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++) {
		p->s.caps = weak[i];
		scep_run_done(&p->r);
		FAILS_SAYING(SG_EUNSUPPORTED, "--allow-legacy", find_ca(p));
	}
}

static void
allowed_it_gets_what_it_can(void **state)
{
	struct place *p = *state;

	set(p, "allow-legacy", "yes");
	p->s.caps = NULL;
	OK(send_request(p));
	assert_int_equal(p->s.hash, DIGEST_SHA1);
	assert_int_equal(p->s.cipher, CIPHER_DES3_CBC);
	is_ours(p);
}

static void
allowed_or_not_the_best_is_taken(void **state)
{
	struct place *p = *state;

	set(p, "allow-legacy", "yes");
	p->s.caps = "DES3\nSHA-1\nSHA-512\nAES\n";
	OK(send_request(p));
	assert_int_equal(p->s.hash, DIGEST_SHA512);
	assert_int_equal(p->s.cipher, CIPHER_AES128_CBC);
}

/* --- waiting --- */

static void
what_waits_for_an_officer_is_asked_for(void **state)
{
	struct place *p = *state;
	auto_str transaction = NULL;

	set(p, "retry-count", "2");
	set(p, "retry-delay", "7");
	p->s.status = SCEP_PENDING;
	OK(send_request(p));
	OK(str_dup(&transaction, p->s.transaction));
	assert_int_equal(p->e.state, ENROLLMENT_PENDING);
	assert_int_equal(scep_run_next(&p->r), SCEP_WAIT);
	assert_int_equal(scep_run_seconds(&p->r), 7 * 60);
	OK(scep_run_waited(&p->r));
	OK(server_exchange(&p->s, &p->r));
	assert_int_equal(p->s.type, SCEP_CERT_POLL);
	assert_string_equal(p->s.transaction, transaction);
	assert_int_equal(scep_run_next(&p->r), SCEP_WAIT);
	OK(scep_run_waited(&p->r));
	p->s.status = SCEP_SUCCESS;
	OK(server_exchange(&p->s, &p->r));
	is_ours(p);
}

static void
it_is_asked_as_often_as_the_profile_says(void **state)
{
	struct place *p = *state;

	set(p, "retry-count", "1");
	p->s.status = SCEP_PENDING;
	OK(send_request(p));
	OK(scep_run_waited(&p->r));
	OK(server_exchange(&p->s, &p->r));
	assert_int_equal(scep_run_next(&p->r), SCEP_UNDECIDED);
	/* Some other day. */
	forget_all_but_the_record(p);
	OK(scep_run_resume(&p->r, &p->e, &p->keys, NOW));
	p->s.status = SCEP_SUCCESS;
	OK(server_exchange(&p->s, &p->r));
	assert_int_equal(p->s.type, SCEP_CERT_POLL);
	is_ours(p);
}

static void
what_was_interrupted_is_sent_again_as_it_was(void **state)
{
	struct place *p = *state;
	auto_done(buf) sent = { 0 };

	OK(find_ca(p));
	OK(scep_run_request(&p->r, &p->keys, &p->challenge, NOW));
	OK(buf_set(&sent, buf_bytes(&p->e.message)));
	forget_all_but_the_record(p);
	OK(scep_run_resume(&p->r, &p->e, &p->keys, NOW));
	OK(server_exchange(&p->s, &p->r));
	assert_true(bytes_eq(buf_bytes(&sent), buf_bytes(&p->s.message)));
	is_ours(p);
}

static void
nothing_under_way_is_nothing_to_resume(void **state)
{
	struct place *p = *state;

	p->e.state = ENROLLMENT_INSTALLED;
	FAILS(SG_EARG, scep_run_resume(&p->r, &p->e, &p->keys, NOW));
}

/* --- refusals --- */

static void
the_cas_reason_is_told(void **state)
{
	struct place *p = *state;

	p->s.status = SCEP_FAILURE;
	p->s.fail = SCEP_BAD_REQUEST;
	p->s.fail_text = "the challenge was used already";
	FAILS_SAYING(SG_EPERM, "badRequest", send_request(p));
	assert_non_null(strstr(sg_note(SG_EPERM),
	    "the challenge was used already"));
	assert_true(p->r.fault.refused);
}

static void
reasons_have_words(void **state)
{
	struct scep_answer a = { .status = SCEP_FAILURE };

	(void)state;
	for (a.fail = SCEP_NO_FAIL; a.fail <= SCEP_FAIL_MAX; a.fail++) {
		auto_str text = NULL;

		OK(scep_reason(&text, &a));
		assert_true(strlen(text) > 10);
	}
	a.fail = SCEP_BAD_REQUEST;
	a.has_hresult = true;
	a.hresult = 0x80094012;
	auto_str text = NULL;
	OK(scep_reason(&text, &a));
	assert_non_null(strstr(text, "0x80094012, CERTSRV_E_TEMPLATE_DENIED"));
}

static void
an_answer_by_somebody_else_is_refused(void **state)
{
	struct place *p = *state;
	struct authority other = { 0 };
	struct scep_ra ra;

	fixture_ca(&other, "CN=Corp CA", 0, NULL);
	ra = (struct scep_ra) { other.cert, pkey_signer(other.key) };
	p->s.ra = &ra;
	FAILS(SG_EVERIFY, send_request(p));
	assert_int_equal(p->e.state, ENROLLMENT_SENT);
	assert_false(p->r.fault.refused);
	authority_done(&other);
}

static void
an_answer_to_another_request_is_refused(void **state)
{
	struct place *p = *state;
	auto_done(fetch_answer) old = { .status = 200 };

	p->s.status = SCEP_PENDING;
	OK(send_request(p));
	OK(buf_set(&old.body, buf_bytes(&p->s.answer)));
	OK(scep_run_waited(&p->r));
	FAILS(SG_EVERIFY, scep_run_take(&p->r, &old, NOW));
	assert_int_equal(p->e.state, ENROLLMENT_PENDING);
}

static void
a_certificate_for_another_key_is_refused(void **state)
{
	struct place *p = *state;
	auto_free(pkey) other = NULL;

	OK(pkey_new_p256(&other));
	p->s.certify = other;
	FAILS_SAYING(SG_EVERIFY, "not for the key that asked",
	    send_request(p));
	assert_int_equal(p->e.issued.n, 0);
}

static void
a_page_is_no_answer(void **state)
{
	struct place *p = *state;

	p->s.page = "<html>Welcome</html>";
	FAILS_SAYING(SG_EFORMAT, "is that the URL of a SCEP server?",
	    find_ca(p));
}

static void
an_http_error_is_told(void **state)
{
	struct place *p = *state;

	p->s.http = 503;
	FAILS_SAYING(SG_EBUSY, "GetCACert", find_ca(p));
	p->s.http = 0;
	scep_run_done(&p->r);
	OK(find_ca(p));
	OK(scep_run_request(&p->r, &p->keys, &p->challenge, NOW));
	p->s.http = 500;
	FAILS_SAYING(SG_EIO, "PKIOperation", server_exchange(&p->s, &p->r));
	assert_int_equal(p->e.state, ENROLLMENT_SENT);
}

static void
hostile_bodies_are_refused(void **state)
{
	struct place *p = *state;
	static const char *const bodies[] = { "", "0", "0\x80", "0\x84\xff",
		"\x30\x82\xff\xff", "AAAA" };

	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		auto_done(fetch_answer) a = { .status = 200 };

		OK(buf_add_str(&a.body, bodies[i]));
		scep_run_done(&p->r);
		OK(scep_run_begin(&p->r, &p->e, &p->anchors));
		OK(scep_run_take(&p->r, NULL, NOW));
		assert_true(scep_run_take(&p->r, &a, NOW) != SG_OK);
	}
}

static void
a_profile_that_names_nobody_is_refused(void **state)
{
	struct place *p = *state;

	free(p->e.profile.upn);
	p->e.profile.upn = NULL;
	FAILS_SAYING(SG_EARG, "--subject",
	    scep_run_begin(&p->r, &p->e, &p->anchors));
	set(p, "dns", "h.corp.example");
	OK(scep_run_begin(&p->r, &p->e, &p->anchors));
	set(p, "subject", "no name");
	FAILS(SG_EARG, scep_run_begin(&p->r, &p->e, &p->anchors));
}

static void
a_url_that_is_none_is_refused_before_anything_is_sent(void **state)
{
	struct place *p = *state;

	set(p, "url", "ftp://ca/");
	FAILS(SG_EARG, scep_run_begin(&p->r, &p->e, &p->anchors));
	scep_profile_clear(&p->e.profile, "url");
	FAILS(SG_EARG, scep_run_begin(&p->r, &p->e, &p->anchors));
}

/* --- renewals --- */

static void
renews(struct place *p)
{
	p->e.renewal = true;
	secret_clear(&p->challenge);
	p->keys.old = p->w.issued;
	p->keys.old_signer = pkey_signer(p->w.key);
}

static void
a_renewal_is_signed_by_the_old_key(void **state)
{
	struct place *p = *state;
	auto_free(pkey) fresh = NULL;
	auto_free(csr) c = NULL;

	renews(p);
	OK(pkey_new_p256(&fresh));
	p->keys.subject = pkey_signer(fresh);
	OK(send_request(p));
	assert_int_equal(p->s.type, SCEP_RENEWAL_REQ);
	assert_true(bytes_eq(buf_bytes(&p->s.signer),
	    buf_bytes(&p->w.issued->der)));
	OK(csr_parse(&c, buf_bytes(&p->s.csr)));
	assert_string_equal(c->subject, "CN=host1,O=Corp");
	assert_string_equal(p->s.challenge, "");
	is_ours(p);
}

static void
a_ca_without_renewals_is_asked_as_before(void **state)
{
	struct place *p = *state;

	renews(p);
	p->s.caps = "AES\nSHA-256\n";
	OK(send_request(p));
	assert_int_equal(p->s.type, SCEP_PKCS_REQ);
	assert_true(bytes_eq(buf_bytes(&p->s.signer),
	    buf_bytes(&p->w.issued->der)));
	is_ours(p);
}

static void
an_old_key_that_cannot_decrypt_cannot_renew(void **state)
{
	struct place *p = *state;
	auto_free(pkey) ec = NULL;

	renews(p);
	OK(pkey_new_p256(&ec));
	p->keys.old_signer = pkey_signer(ec);
	OK(find_ca(p));
	FAILS_SAYING(SG_EUNSUPPORTED, "enroll anew",
	    scep_run_request(&p->r, &p->keys, &p->challenge, NOW));
}

static void
the_same_key_twice_makes_two_transactions(void **state)
{
	struct place *p = *state;
	auto_str first = NULL;

	OK(send_request(p));
	OK(str_dup(&first, p->s.transaction));
	scep_run_done(&p->r);
	OK(send_request(p));
	assert_string_not_equal(first, p->s.transaction);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_certificate_comes_for_the_key),
		CASE(the_request_says_what_the_profile_says),
		CASE(the_challenge_is_in_the_envelope_only),
		CASE(without_a_challenge_none_is_sent),
		CASE(the_container_key_signs_where_it_can_decrypt),
		CASE(a_key_that_cannot_decrypt_gets_a_transport_key),
		CASE(a_server_without_post_is_asked_by_get),
		CASE(ndes_is_asked_for_some_ca),
		CASE(a_ca_is_asked_for_by_its_id),
		CASE(a_ca_that_nobody_named_is_refused),
		CASE(another_fingerprint_is_refused_whatever_is_trusted),
		CASE(a_fingerprint_of_either_kind_will_do),
		CASE(an_anchor_of_another_ca_vouches_for_nothing),
		CASE(a_server_of_old_is_refused_unless_it_is_allowed),
		CASE(allowed_it_gets_what_it_can),
		CASE(allowed_or_not_the_best_is_taken),
		CASE(what_waits_for_an_officer_is_asked_for),
		CASE(it_is_asked_as_often_as_the_profile_says),
		CASE(what_was_interrupted_is_sent_again_as_it_was),
		CASE(nothing_under_way_is_nothing_to_resume),
		CASE(the_cas_reason_is_told),
		cmocka_unit_test(reasons_have_words),
		CASE(an_answer_by_somebody_else_is_refused),
		CASE(an_answer_to_another_request_is_refused),
		CASE(a_certificate_for_another_key_is_refused),
		CASE(a_page_is_no_answer),
		CASE(an_http_error_is_told),
		CASE(hostile_bodies_are_refused),
		CASE(a_profile_that_names_nobody_is_refused),
		CASE(a_url_that_is_none_is_refused_before_anything_is_sent),
		CASE(a_renewal_is_signed_by_the_old_key),
		CASE(a_ca_without_renewals_is_asked_as_before),
		CASE(an_old_key_that_cannot_decrypt_cannot_renew),
		CASE(the_same_key_twice_makes_two_transactions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
