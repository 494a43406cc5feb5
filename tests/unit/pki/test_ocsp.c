/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include <openssl/ocsp.h>

#include "base/text.h"
#include "pki/ocsp.h"
#include "../x509.h"

static struct authority ca;
static struct cert *leaf;
static struct pkey *leaf_key;

static int
setup(void **state)
{
	(void)state;
	fixture_ca(&ca, "CN=Issuing", 0, NULL);
	OK(pkey_new_p256(&leaf_key));
	fixture_leaf(&leaf, "CN=alice", leaf_key, &ca);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	cert_free(leaf);
	pkey_free(leaf_key);
	authority_done(&ca);
	return 0;
}

static OCSP_REQUEST *
ask(const EVP_MD *md, size_t n)
{
	auto_x509 x = x509_of(leaf), *issuer = x509_of(ca.cert);
	OCSP_REQUEST *q = OCSP_REQUEST_new();

	for (size_t i = 0; i < n; i++)
		assert_non_null(OCSP_request_add0_id(q, OCSP_cert_to_id(md,
		    x, issuer)));
	return q;
}

static void
encode(struct buf *out, OCSP_REQUEST *q)
{
	uint8_t *p = NULL;
	int n = i2d_OCSP_REQUEST(q, &p);

	assert_true(n > 0);
	OK(buf_set(out, bytes_of(p, (size_t)n)));
	OPENSSL_free(p);
	OCSP_REQUEST_free(q);
}

static void
requests_by_openssl_are_read(void **state)
{
	static const struct {
		const EVP_MD *(*md)(void);
		enum digest hash;
	} t[] = { { EVP_sha1, DIGEST_SHA1 }, { EVP_sha256, DIGEST_SHA256 },
		{ EVP_sha512, DIGEST_SHA512 } };
	uint8_t name[DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		auto_done(buf) der = { 0 };
		auto_str serial = NULL;
		struct ocsp_request q;

		encode(&der, ask(t[i].md(), 1));
		OK(ocsp_request_parse(&q, buf_bytes(&der)));
		assert_int_equal(q.count, 1);
		assert_true(q.id[0].known_hash);
		assert_int_equal(q.id[0].hash, t[i].hash);
		OK(digest_of(t[i].hash, buf_bytes(&ca.cert->subject_der),
		    name));
		assert_true(bytes_eq(q.id[0].name_hash,
		    bytes_of(name, digest_size(t[i].hash))));
		OK(hex_encode(&serial, q.id[0].serial));
		assert_string_equal(serial, leaf->serial);
		assert_int_equal(q.nonce.n, 0);
		if (t[i].hash == DIGEST_SHA1)
			assert_memory_equal(q.id[0].key_hash.p,
			    ca.cert->key_id, KEY_ID_LEN);
	}
}

static void
several_certificates_up_to_the_limit(void **state)
{
	auto_done(buf) most = { 0 }, more = { 0 }, none = { 0 };
	struct ocsp_request q;

	(void)state;
	encode(&most, ask(EVP_sha1(), OCSP_IDS_MAX));
	OK(ocsp_request_parse(&q, buf_bytes(&most)));
	assert_int_equal(q.count, OCSP_IDS_MAX);
	encode(&more, ask(EVP_sha1(), OCSP_IDS_MAX + 1));
	FAILS(SG_ELIMIT, ocsp_request_parse(&q, buf_bytes(&more)));
	encode(&none, ask(EVP_sha1(), 0));
	FAILS(SG_EFORMAT, ocsp_request_parse(&q, buf_bytes(&none)));
}

static void
nonces_have_1_to_32_octets(void **state)
{
	static uint8_t value[40] = { 7 };

	(void)state;
	for (int n = 1; n <= 40; n++) {
		auto_done(buf) der = { 0 };
		struct ocsp_request q;
		OCSP_REQUEST *x = ask(EVP_sha1(), 1);

		assert_int_equal(OCSP_request_add1_nonce(x, value, n), 1);
		encode(&der, x);
		if (n > OCSP_NONCE_MAX) {
			FAILS(SG_EFORMAT,
			    ocsp_request_parse(&q, buf_bytes(&der)));
			continue;
		}
		OK(ocsp_request_parse(&q, buf_bytes(&der)));
		assert_int_equal(q.nonce.n, n);
		assert_memory_equal(q.nonce.p, value, (size_t)n);
	}
}

static void
add_extension(OCSP_REQUEST *q, const char *oid, int critical,
    const char *hex)
{
	auto_done(buf) b = { 0 };
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	X509_EXTENSION *e;

	OK(hex_decode(&b, hex));
	(void)ASN1_OCTET_STRING_set(s, b.p, (int)b.n);
	e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, s);
	assert_int_equal(OCSP_REQUEST_add_ext(q, e, -1), 1);
	X509_EXTENSION_free(e);
	ASN1_OBJECT_free(o);
	ASN1_OCTET_STRING_free(s);
}

static enum sg_err
parse_with(const char *oid, int critical, const char *hex, int times)
{
	auto_done(buf) der = { 0 };
	struct ocsp_request q;
	OCSP_REQUEST *x = ask(EVP_sha1(), 1);

	while (times-- > 0)
		add_extension(x, oid, critical, hex);
	encode(&der, x);
	return ocsp_request_parse(&q, buf_bytes(&der));
}

static void
extensions_are_known_or_not_critical(void **state)
{
	static const char nonce[] = "1.3.6.1.5.5.7.48.1.2";

	(void)state;
	OK(parse_with("1.2.3.4", 0, "0500", 1));
	FAILS(SG_EFORMAT, parse_with("1.2.3.4", 1, "0500", 1));
	OK(parse_with("1.3.6.1.5.5.7.48.1.4", 1, "3000", 1));
	FAILS(SG_EFORMAT, parse_with(nonce, 0, "0400", 1));
	FAILS(SG_EFORMAT, parse_with(nonce, 0, "aabb", 1));
	FAILS(SG_EFORMAT, parse_with(nonce, 0, "0401aa00", 1));
	OK(parse_with(nonce, 0, "0401aa", 1));
	FAILS(SG_EFORMAT, parse_with(nonce, 0, "0401aa", 2));
}

static const struct sig_alg *
preferred(const char *hex, enum key_kind kind)
{
	auto_done(buf) der = { 0 };
	struct ocsp_request q;
	OCSP_REQUEST *x = ask(EVP_sha1(), 1);

	add_extension(x, "1.3.6.1.5.5.7.48.1.8", 0, hex);
	encode(&der, x);
	OK(ocsp_request_parse(&q, buf_bytes(&der)));
	return ocsp_preferred(&q, kind);
}

/* sha1WithRSA, sha512WithRSA, ecdsa-with-SHA384 */
#define WISHES "3032" "300f300d06092a864886f70d0101050500" \
	"300f300d06092a864886f70d01010d0500" "300e300c06082a8648ce3d0403030500"

static void
sane_wishes_for_a_signature_are_met(void **state)
{
	(void)state;
	assert_int_equal(preferred(WISHES, KEY_RSA)->hash, DIGEST_SHA512);
	assert_int_equal(preferred(WISHES, KEY_EC)->hash, DIGEST_SHA384);
	assert_int_equal(preferred("0500", KEY_EC)->hash, DIGEST_SHA256);
	assert_int_equal(preferred("3000", KEY_RSA)->hash, DIGEST_SHA256);
	assert_int_equal(preferred("3011300f300d06092a864886f70d0101050500",
	    KEY_RSA)->hash, DIGEST_SHA256);
}

/* No cut of a request, and nothing behind it, is a request. */
static void
hostile_requests_are_refused(void **state)
{
	auto_done(buf) der = { 0 };
	struct ocsp_request q;
	OCSP_REQUEST *x = ask(EVP_sha256(), 2);

	(void)state;
	(void)OCSP_request_add1_nonce(x, NULL, 16);
	encode(&der, x);
	for (size_t cut = 0; cut < der.n; cut++)
		FAILS(SG_EFORMAT,
		    ocsp_request_parse(&q, bytes_of(der.p, cut)));
	OK(buf_add_u8(&der, 0));
	FAILS(SG_EFORMAT, ocsp_request_parse(&q, buf_bytes(&der)));
	OK(buf_extend(&der, OCSP_REQUEST_MAX, &(uint8_t *) { NULL }));
	FAILS(SG_ELIMIT, ocsp_request_parse(&q, buf_bytes(&der)));
}

/* What OpenSSL reads of der is der again, and holds as the CA's. */
static OCSP_BASICRESP *
read_back(const struct buf *der, const struct cert *responder)
{
	const uint8_t *p = der->p;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)der->n);
	OCSP_BASICRESP *b;
	uint8_t *again = NULL;
	STACK_OF(X509) *with = sk_X509_new_null();
	X509_STORE *store = X509_STORE_new();
	auto_x509 x509 = x509_of(responder);

	assert_non_null(r);
	assert_ptr_equal(p, der->p + der->n);
	assert_int_equal(i2d_OCSP_RESPONSE(r, &again), der->n);
	assert_memory_equal(again, der->p, der->n);
	OPENSSL_free(again);
	assert_int_equal(OCSP_response_status(r), 0);
	b = OCSP_response_get1_basic(r);
	assert_non_null(b);
	/* The byte string inside is templates' work too. */
	again = NULL;
	int n = i2d_OCSP_BASICRESP(b, &again);
	assert_memory_equal(again, der->p + der->n - n, (size_t)n);
	OPENSSL_free(again);
	(void)sk_X509_push(with, x509);
	assert_int_equal(OCSP_basic_verify(b, with, store, OCSP_TRUSTOTHER),
	    1);
	X509_STORE_free(store);
	sk_X509_free(with);
	OCSP_RESPONSE_free(r);
	return b;
}

static struct ocsp_answer
answer(const struct ocsp_single *v, size_t n)
{
	return (struct ocsp_answer) { .v = v, .count = n, .now = NOW,
		.next_update = NOW + 3600, .responder = ca.cert,
		.alg = sig_alg_of(KEY_EC, DIGEST_SHA256),
		.signer = pkey_signer(ca.key) };
}

static void
answers_are_what_openssl_would_write(void **state)
{
	auto_done(buf) der = { 0 }, out = { 0 };
	struct ocsp_request q;
	struct ocsp_single v[4] = { 0 };
	struct ocsp_answer a = answer(v, 4);
	OCSP_BASICRESP *b;
	OCSP_SINGLERESP *s;
	ASN1_GENERALIZEDTIME *when, *this, *next;
	int reason;

	(void)state;
	encode(&der, ask(EVP_sha256(), 4));
	OK(ocsp_request_parse(&q, buf_bytes(&der)));
	v[0] = (struct ocsp_single) { .id = q.id[0].der };
	v[1] = (struct ocsp_single) { q.id[1].der, OCSP_REVOKED, NOW - 9,
		CRL_HOLD };
	v[2] = (struct ocsp_single) { q.id[2].der, OCSP_REVOKED,
		2556144000, CRL_UNSPECIFIED };
	v[3] = (struct ocsp_single) { q.id[3].der, OCSP_UNKNOWN, 0, 0 };
	a.nonce = bytes_str("0123456789abcdef");
	a.archive_cutoff = NOW - 1000;
	OK(ocsp_answer_write(&out, &a));
	b = read_back(&out, ca.cert);
	assert_int_equal(OCSP_resp_count(b), 4);
	s = OCSP_resp_get0(b, 0);
	assert_int_equal(OCSP_single_get0_status(s, &reason, &when, &this,
	    &next), V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(ASN1_TIME_cmp_time_t(this, NOW), 0);
	assert_int_equal(ASN1_TIME_cmp_time_t(next, NOW + 3600), 0);
	assert_true(OCSP_SINGLERESP_get_ext_by_NID(s,
	    NID_id_pkix_OCSP_archiveCutoff, -1) >= 0);
	s = OCSP_resp_get0(b, 1);
	assert_int_equal(OCSP_single_get0_status(s, &reason, &when, NULL,
	    NULL), V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(reason, OCSP_REVOKED_STATUS_CERTIFICATEHOLD);
	assert_int_equal(ASN1_TIME_cmp_time_t(when, NOW - 9), 0);
	s = OCSP_resp_get0(b, 2);
	assert_int_equal(OCSP_single_get0_status(s, &reason, &when, NULL,
	    NULL), V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(reason, OCSP_REVOKED_STATUS_NOSTATUS);
	s = OCSP_resp_get0(b, 3);
	assert_int_equal(OCSP_single_get0_status(s, &reason, NULL, NULL,
	    NULL), V_OCSP_CERTSTATUS_UNKNOWN);
	OCSP_BASICRESP_free(b);
}

static void
the_nonce_comes_back(void **state)
{
	auto_done(buf) der = { 0 }, out = { 0 }, plain = { 0 };
	struct ocsp_request q;
	struct ocsp_single v = { 0 };
	struct ocsp_answer a = answer(&v, 1);
	OCSP_REQUEST *x = ask(EVP_sha1(), 1), *same;
	OCSP_BASICRESP *b;
	const uint8_t *p;

	(void)state;
	(void)OCSP_request_add1_nonce(x, NULL, 32);
	encode(&der, x);
	OK(ocsp_request_parse(&q, buf_bytes(&der)));
	v = (struct ocsp_single) { .id = q.id[0].der };
	OK(ocsp_answer_write(&plain, &a));
	a.nonce = q.nonce;
	a.alg = sig_alg_of(KEY_EC, DIGEST_SHA512);
	OK(ocsp_answer_write(&out, &a));
	p = der.p;
	same = d2i_OCSP_REQUEST(NULL, &p, (long)der.n);
	b = read_back(&out, ca.cert);
	assert_int_equal(OCSP_check_nonce(same, b), 1);
	OCSP_BASICRESP_free(b);
	b = read_back(&plain, ca.cert);
	assert_int_equal(OCSP_check_nonce(same, b), -1);
	OCSP_BASICRESP_free(b);
	OCSP_REQUEST_free(same);
}

static void
refusals_are_five_octets(void **state)
{
	static const enum ocsp_error all[] = { OCSP_MALFORMED, OCSP_INTERNAL,
		OCSP_TRY_LATER, OCSP_UNAUTHORIZED };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		auto_done(buf) out = { 0 };
		const uint8_t *p;
		OCSP_RESPONSE *r;

		OK(ocsp_error_write(&out, all[i]));
		p = out.p;
		r = d2i_OCSP_RESPONSE(NULL, &p, (long)out.n);
		assert_non_null(r);
		assert_int_equal(out.n, 5);
		assert_int_equal(OCSP_response_status(r), all[i]);
		OCSP_RESPONSE_free(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_by_openssl_are_read),
		cmocka_unit_test(several_certificates_up_to_the_limit),
		cmocka_unit_test(nonces_have_1_to_32_octets),
		cmocka_unit_test(extensions_are_known_or_not_critical),
		cmocka_unit_test(sane_wishes_for_a_signature_are_met),
		cmocka_unit_test(hostile_requests_are_refused),
		cmocka_unit_test(answers_are_what_openssl_would_write),
		cmocka_unit_test(the_nonce_comes_back),
		cmocka_unit_test(refusals_are_five_octets),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
