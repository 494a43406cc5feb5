/* SPDX-License-Identifier: BSD-2-Clause */

/* Messages of foreign programs and in the forms of others:
 * tests/vectors/scep.md says where each comes from. */

#include "../test.h"

#include "base/file.h"
#include "pki/name.h"
#include "proto/scep.h"
#include "proto/scep_http.h"
#include "proto/scep_print.h"

#define FILE_MAX ((size_t)64 << 10)

struct vectors {
	struct pkey *ra_key, *client_key;
	struct cert *ca, *ra_cert, *client, *issued;
	struct scep_ra ra;
	struct scep_opener opener;
};

static void
load(struct buf *out, const char *name)
{
	auto_str path = NULL;

	OK(str_printf(&path, "%s/tests/vectors/scep/%s", getenv("SIGNET_SRC"),
	    name));
	OK(file_read(out, path, FILE_MAX));
}

static void
load_key(struct pkey **out, const char *name)
{
	auto_done(buf) pem = { 0 };

	load(&pem, name);
	OK(pkey_from_private_pem(out, buf_bytes(&pem), NULL));
}

static void
load_cert(struct cert **out, const char *name)
{
	auto_done(buf) pem = { 0 };

	load(&pem, name);
	OK(cert_read(out, buf_bytes(&pem)));
}

static int
setup(void **state)
{
	struct vectors *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	load_key(&v->ra_key, "ra.key");
	load_key(&v->client_key, "client.key");
	load_cert(&v->ca, "ca.pem");
	load_cert(&v->ra_cert, "ra.pem");
	load_cert(&v->client, "client.pem");
	load_cert(&v->issued, "issued.pem");
	v->ra = (struct scep_ra) { v->ra_cert, pkey_signer(v->ra_key) };
	OK(scep_opener_init(&v->opener, &v->ra, 1));
	*state = v;
	return 0;
}

static int
teardown(void **state)
{
	struct vectors *v = *state;

	scep_opener_done(&v->opener);
	pkey_free(v->ra_key);
	pkey_free(v->client_key);
	cert_free(v->ca);
	cert_free(v->ra_cert);
	cert_free(v->client);
	cert_free(v->issued);
	free(v);
	return 0;
}

/* A request that must open, and what it must say. */
struct row {
	const char *file;
	enum scep_type type;
	enum cipher cipher;
	enum digest hash;
	size_t nonce;
	bool url;		/* the value of message= */
	bool own;
};

static const struct row requests[] = {
	{ "strongswan-pkcsreq-aes.der", SCEP_PKCS_REQ, CIPHER_AES128_CBC,
	    DIGEST_SHA256, 16, false, true },
	{ "strongswan-pkcsreq-3des.der", SCEP_PKCS_REQ, CIPHER_DES3_CBC,
	    DIGEST_SHA512, 16, false, true },
	{ "certmonger-pkcsreq.query", SCEP_PKCS_REQ, CIPHER_AES256_CBC,
	    DIGEST_SHA256, 16, true, true },
	{ "jscep-pkcsreq.ber", SCEP_PKCS_REQ, CIPHER_DES3_CBC, DIGEST_SHA1,
	    16, false, true },
	{ "apple-pkcsreq.ber", SCEP_PKCS_REQ, CIPHER_AES256_CBC,
	    DIGEST_SHA512, 16, false, true },
	{ "apple-pkcsreq.query", SCEP_PKCS_REQ, CIPHER_AES256_CBC,
	    DIGEST_SHA512, 16, true, true },
	{ "openssl-stream-pkcsreq.ber", SCEP_PKCS_REQ, CIPHER_AES128_CBC,
	    DIGEST_SHA256, 16, false, true },
	{ "micromdm-pkcsreq.der", SCEP_PKCS_REQ, CIPHER_AES128_CBC,
	    DIGEST_SHA256, 16, false, true },
	{ "windows-pkcsreq.der", SCEP_PKCS_REQ, CIPHER_DES3_CBC, DIGEST_SHA1,
	    16, false, true },
	{ "no-nonce-pkcsreq.der", SCEP_PKCS_REQ, CIPHER_AES128_CBC,
	    DIGEST_SHA256, 0, false, true },
	{ "short-nonce-pkcsreq.der", SCEP_PKCS_REQ, CIPHER_AES128_CBC,
	    DIGEST_SHA256, 1, false, true },
};

static void
load_message(struct buf *out, const char *name, bool url)
{
	auto_done(buf) text = { 0 };

	load(&text, name);
	if (url)
		OK(scep_get_read(out, buf_bytes(&text)));
	else
		OK(buf_set(out, buf_bytes(&text)));
}

static struct scep_request *
read_request(const char *name, bool url)
{
	static const struct scep_rules rules = { .sha1 = true };
	auto_done(buf) m = { 0 };
	struct scep_request *r;
	enum sg_err e;

	load_message(&m, name, url);
	if ((e = scep_request_read(&r, buf_bytes(&m), &rules)) != SG_OK)
		fail_msg("%s: %s", name, sg_note(e));
	return r;
}

static void
open_row(const struct vectors *v, const struct row *row)
{
	auto_free(scep_request) r = read_request(row->file, row->url);
	auto_done(scep_content) c = { 0 };
	enum sg_err e;

	if (r->wrong != SCEP_NO_FAIL)
		fail_msg("%s: %s", row->file, r->why);
	if (r->type != row->type || r->cipher != row->cipher ||
	    r->hash != row->hash || r->sender_nonce.n != row->nonce)
		fail_msg("%s: type %d, cipher %d, digest %d, nonce %zu",
		    row->file, (int)r->type, (int)r->cipher, (int)r->hash,
		    r->sender_nonce.n);
	if ((e = scep_request_open(&c, r, &v->opener)) != SG_OK)
		fail_msg("%s: %s", row->file, sg_note(e));
	assert_non_null(c.csr);
	assert_int_equal(c.own, row->own);
	assert_non_null(c.csr->content.challenge);
	assert_string_equal(c.csr->content.challenge, "one time only");
	assert_string_equal(c.csr->content.ext.dns.v[0],
	    "host1.corp.example");
}

static void
requests_of_every_client_open(void **state)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		open_row(*state, &requests[i]);
}

static void
certmonger_names_its_template(void **state)
{
	const struct vectors *v = *state;
	auto_free(scep_request) r = read_request("certmonger-pkcsreq.query",
	    true);
	auto_done(scep_content) c = { 0 };

	OK(scep_request_open(&c, r, &v->opener));
	assert_string_equal(c.csr->content.ext.template_name, "Machine");
}

static void
strongswan_renews_with_the_old_certificate(void **state)
{
	const struct vectors *v = *state;
	auto_free(scep_request) r = read_request("strongswan-renewal.der",
	    false);
	auto_done(scep_content) c = { 0 };

	assert_int_equal(r->wrong, SCEP_NO_FAIL);
	assert_int_equal(r->type, SCEP_RENEWAL_REQ);
	assert_false(r->self_issued);
	assert_true(bytes_eq(buf_bytes(&r->signer->der),
	    buf_bytes(&v->issued->der)));
	OK(scep_request_open(&c, r, &v->opener));
	assert_non_null(c.csr);
}

static void
strongswan_polls_for_what_it_asked(void **state)
{
	static const char *const asked[] = { "strongswan-pkcsreq-aes.der",
		"strongswan-poll-pkcsreq-aes.der",
		"strongswan-pkcsreq-3des.der",
		"strongswan-poll-pkcsreq-3des.der" };
	const struct vectors *v = *state;

	for (size_t i = 0; i < 4; i += 2) {
		auto_free(scep_request) first = read_request(asked[i], false);
		auto_free(scep_request) poll = read_request(asked[i + 1],
		    false);
		auto_done(scep_content) c = { 0 };

		assert_int_equal(poll->wrong, SCEP_NO_FAIL);
		assert_int_equal(poll->type, SCEP_CERT_POLL);
		assert_string_equal(poll->transaction, first->transaction);
		OK(scep_request_open(&c, poll, &v->opener));
		assert_true(name_same(buf_bytes(&c.subject),
		    buf_bytes(&v->client->subject_der)));
	}
}

static void
a_transaction_in_base64_is_kept_as_it_is(void **state)
{
	auto_free(scep_request) r = read_request("micromdm-pkcsreq.der",
	    false);

	(void)state;
	assert_string_equal(r->transaction, "q83vEjRWeJ+/==");
	assert_int_equal(r->envelope.count, 2);
}

/* They are answered, not dropped. */
static void
old_algorithms_are_refused_in_a_signed_answer(void **state)
{
	static const struct {
		const char *file, *why;
	} rows[] = {
		{ "des-pkcsreq.der", "DES-EDE3-CBC" },
		{ "md5-pkcsreq.der", "SHA-256" },
	};
	const struct vectors *v = *state;

	for (size_t i = 0; i < 2; i++) {
		auto_free(scep_request) r = read_request(rows[i].file, false);
		auto_done(scep_content) c = { 0 };
		auto_done(buf) m = { 0 };
		struct scep_reply p = { .status = SCEP_FAILURE,
			.fail = r->wrong, .fail_text = r->why,
			.nonce = (const uint8_t *)"fedcba9876543210" };

		assert_int_equal(r->wrong, SCEP_BAD_ALG);
		assert_non_null(strstr(r->why, rows[i].why));
		assert_string_equal(r->transaction, "T-1");
		FAILS(SG_EARG, scep_request_open(&c, r, &v->opener));
		OK(scep_reply_write(&m, &p, r, &v->ra));
	}
}

static void
sha1_counts_only_where_it_is_allowed(void **state)
{
	static const struct scep_rules strict;
	auto_done(buf) m = { 0 };
	auto_free(scep_request) r = NULL;

	(void)state;
	load(&m, "jscep-pkcsreq.ber");
	OK(scep_request_read(&r, buf_bytes(&m), &strict));
	assert_int_equal(r->wrong, SCEP_BAD_ALG);
	assert_non_null(strstr(r->why, "SHA-1"));
}

/* --- answers --- */

static struct scep_expect
expect(const struct vectors *v, struct certs *from)
{
	*from = (struct certs) { (struct cert **)(uintptr_t)&v->ra_cert, 1 };
	return (struct scep_expect) { .transaction = "T-1",
		.nonce = (const uint8_t *)"0123456789abcdef", .from = from,
		.cert = v->client, .signer = pkey_signer(v->client_key),
		.sha1 = true };
}

static void
ndes_says_why_in_its_own_words(void **state)
{
	struct certs from;
	struct scep_expect e = expect(*state, &from);
	auto_done(scep_answer) a = { 0 };
	auto_done(buf) m = { 0 };

	load(&m, "ndes-failure.der");
	OK(scep_answer_read(&a, buf_bytes(&m), &e));
	assert_int_equal(a.status, SCEP_FAILURE);
	assert_int_equal(a.fail, SCEP_BAD_REQUEST);
	assert_true(a.has_hresult);
	assert_int_equal(a.hresult, 0x80070057);
	assert_null(a.fail_text);
}

static void
ndes_lets_wait_with_a_byte_of_content(void **state)
{
	struct certs from;
	struct scep_expect e = expect(*state, &from);
	auto_done(scep_answer) a = { 0 };
	auto_done(buf) m = { 0 };

	load(&m, "ndes-pending.der");
	OK(scep_answer_read(&a, buf_bytes(&m), &e));
	assert_int_equal(a.status, SCEP_PENDING);
}

static void
certificates_come_in_either_form(void **state)
{
	static const char *const files[] = { "ndes-success.der",
		"bc-success.ber" };
	const struct vectors *v = *state;

	for (size_t i = 0; i < 2; i++) {
		struct certs from;
		struct scep_expect e = expect(v, &from);
		auto_done(scep_answer) a = { 0 };
		auto_done(buf) m = { 0 };

		load(&m, files[i]);
		OK(scep_answer_read(&a, buf_bytes(&m), &e));
		assert_int_equal(a.status, SCEP_SUCCESS);
		assert_int_equal(a.certs.n, 2);
		assert_true(bytes_eq(buf_bytes(&a.certs.v[0]->der),
		    buf_bytes(&v->issued->der)));
	}
}

static void
sha1_answers_count_only_where_they_are_allowed(void **state)
{
	struct certs from;
	struct scep_expect e = expect(*state, &from);
	auto_done(scep_answer) a = { 0 };
	auto_done(buf) m = { 0 };

	e.sha1 = false;
	load(&m, "ndes-success.der");
	FAILS_SAYING(SG_EUNSUPPORTED, "SHA-1",
	    scep_answer_read(&a, buf_bytes(&m), &e));
}

/* --- for people --- */

/* The value of a field, of which there is one at most; "" without it. */
static const char *
value_of(const struct fields *f, const char *key)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].key, key) == 0)
			return f->v[i].value;
	return "";
}

static void
messages_are_shown_as_far_as_they_are_open(void **state)
{
	static const struct {
		const char *file, *key, *value;
		size_t things;	/* the message, and certificates */
	} rows[] = {
		{ "apple-pkcsreq.ber", "message_type", "PKCSReq (19)", 2 },
		{ "apple-pkcsreq.ber", "cipher", "AES-256-CBC", 2 },
		{ "apple-pkcsreq.ber", "signature_holds", "true", 2 },
		{ "micromdm-pkcsreq.der", "transaction", "q83vEjRWeJ+/==", 2 },
		{ "md5-pkcsreq.der", "digest", "unknown", 2 },
		{ "md5-pkcsreq.der", "signature_holds", "false", 2 },
		{ "strongswan-poll-pkcsreq-aes.der", "message_type",
		    "CertPoll (20)", 2 },
		{ "ndes-failure.der", "fail_info", "badRequest (2)", 1 },
		{ "ndes-failure.der", "hresult", "0x80070057", 1 },
		{ "ndes-pending.der", "status", "PENDING (3)", 1 },
		{ "ndes-success.der", "signer", "", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_done(inspection) got = { 0 };
		auto_done(buf) m = { 0 };

		load(&m, rows[i].file);
		OK(scep_inspect(&got, buf_bytes(&m)));
		assert_string_equal(value_of(&got.v[0], "type"),
		    "SCEP message");
		assert_string_equal(value_of(&got.v[0], rows[i].key),
		    rows[i].value);
		assert_int_equal(got.n, rows[i].things);
	}
}

static void
what_is_no_message_is_left_to_others(void **state)
{
	static const char *const files[] = { "ra.pem", "ra.key",
		"certmonger-pkcsreq.query" };
	const struct vectors *v = *state;
	auto_done(inspection) got = { 0 };
	auto_done(buf) bag = { 0 };
	const struct cert *one[] = { v->ca };

	for (size_t i = 0; i < 3; i++) {
		auto_done(buf) m = { 0 };

		load(&m, files[i]);
		FAILS(SG_ENOENT, scep_inspect(&got, buf_bytes(&m)));
	}
	OK(signed_certs(&bag, one, 1));
	FAILS(SG_ENOENT, scep_inspect(&got, buf_bytes(&bag)));
	FAILS(SG_ENOENT, scep_inspect(&got, buf_bytes(&v->ca->der)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_every_client_open),
		cmocka_unit_test(certmonger_names_its_template),
		cmocka_unit_test(strongswan_renews_with_the_old_certificate),
		cmocka_unit_test(strongswan_polls_for_what_it_asked),
		cmocka_unit_test(a_transaction_in_base64_is_kept_as_it_is),
		cmocka_unit_test(
		    old_algorithms_are_refused_in_a_signed_answer),
		cmocka_unit_test(sha1_counts_only_where_it_is_allowed),
		cmocka_unit_test(ndes_says_why_in_its_own_words),
		cmocka_unit_test(ndes_lets_wait_with_a_byte_of_content),
		cmocka_unit_test(certificates_come_in_either_form),
		cmocka_unit_test(
		    sha1_answers_count_only_where_they_are_allowed),
		cmocka_unit_test(messages_are_shown_as_far_as_they_are_open),
		cmocka_unit_test(what_is_no_message_is_left_to_others),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
