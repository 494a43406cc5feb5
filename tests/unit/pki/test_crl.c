/* SPDX-License-Identifier: BSD-2-Clause */
#include "../crl_reason.h"
#include "fixture.h"

#include <openssl/x509v3.h>
#include <unistd.h>

#include "pki/crl_summary.h"
#include "pki/crl_write.h"
#include "../x509.h"

#define SERIALS_MAX 400000

static struct authority ca;

static int
setup(void **state)
{
	auto_done(cert_content) c;

	(void)state;
	cert_content_init(&c);
	OK(pkey_new_rsa(&ca.key, 2048));
	c.ext.has_basic = c.ext.basic_critical = c.ext.ca = true;
	c.ext.key_usage = USAGE_CERT_SIGN | USAGE_CRL_SIGN;
	OK(buf_add(&c.ext.ski, "0123456789abcdefghij", 20));
	fixture_issue(&ca.cert, &c, "CN=Issuing,DC=corp,DC=example", ca.key,
	    &ca);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	authority_done(&ca);
	return 0;
}

/* A source of n entries with serial numbers that go up. */
struct counter {
	size_t at, n;
	uint8_t serial[8];
	const enum crl_reason *reasons;	/* NULL: none */
	int64_t when;
	size_t fails_at;	/* 0: never */
};

static enum sg_err
count_up(void *ctx, struct crl_item *out, bool *more)
{
	struct counter *c = ctx;

	if (c->fails_at > 0 && c->at == c->fails_at)
		return sg_fail(SG_EIO, "the disk is gone");
	*more = c->at < c->n;
	if (!*more)
		return SG_OK;
	for (size_t i = 0; i < 8; i++)
		c->serial[i] = (uint8_t)((uint64_t)(c->at * 77 + 1) >>
		    8 * (7 - i));
	*out = (struct crl_item) { { c->serial, 8 }, c->when,
		c->reasons != NULL ? c->reasons[c->at] : CRL_UNSPECIFIED };
	c->at++;
	return SG_OK;
}

static struct crl_head
head(void)
{
	return (struct crl_head) { .issuer = ca.cert, .number = 200,
		.this_update = NOW, .next_update = NOW + 7 * DAY };
}

static void
write_list(struct buf *out, const struct crl_head *h, struct counter *from)
{
	FILE *f = tmpfile();
	size_t n = 0;

	assert_non_null(f);
	OK(crl_write(fileno(f), h, (struct crl_source) { count_up, from },
	    DIGEST_SHA256, pkey_signer(ca.key), &n));
	assert_int_equal(n, from->n);
	(void)fseek(f, 0, SEEK_END);
	out->n = 0;
	uint8_t *p;
	OK(buf_extend(out, (size_t)ftell(f), &p));
	rewind(f);
	assert_int_equal(fread(p, 1, out->n, f), out->n);
	(void)fclose(f);
}

static void
add_ext(X509_CRL *x, int nid, const char *value)
{
	auto_x509 x509 = x509_of(ca.cert);
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, x509, NULL, NULL, x, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_CRL_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void
add_number(X509_CRL *x, int nid, long v, int critical)
{
	ASN1_INTEGER *i = ASN1_INTEGER_new();

	(void)ASN1_INTEGER_set(i, v);
	assert_int_equal(X509_CRL_add1_ext_i2d(x, nid, i, critical, 0), 1);
	ASN1_INTEGER_free(i);
}

/* An entry by OpenSSL, of the counter's n-th. */
static void
add_entry(X509_CRL *x, const struct counter *c, size_t n)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, c->when);
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

	(void)ASN1_INTEGER_set_uint64(serial, n * 77 + 1);
	(void)X509_REVOKED_set_serialNumber(r, serial);
	(void)X509_REVOKED_set_revocationDate(r, when);
	if (c->reasons != NULL && c->reasons[n] != CRL_UNSPECIFIED) {
		(void)ASN1_ENUMERATED_set(reason, (long)c->reasons[n]);
		(void)X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0,
		    0);
	}
	assert_int_equal(X509_CRL_add0_revoked(x, r), 1);
	ASN1_ENUMERATED_free(reason);
	ASN1_TIME_free(when);
	ASN1_INTEGER_free(serial);
}

static X509_CRL *
openssl_list(const struct crl_head *h, const struct counter *c)
{
	auto_x509 x509 = x509_of(ca.cert);
	X509_CRL *x = X509_CRL_new();
	ASN1_TIME *this = ASN1_TIME_set(NULL, h->this_update);
	ASN1_TIME *next = ASN1_TIME_set(NULL, h->next_update);

	(void)X509_CRL_set_version(x, X509_CRL_VERSION_2);
	(void)X509_CRL_set_issuer_name(x, X509_get_subject_name(x509));
	(void)X509_CRL_set1_lastUpdate(x, this);
	(void)X509_CRL_set1_nextUpdate(x, next);
	for (size_t i = 0; i < c->n; i++)
		add_entry(x, c, i);
	add_ext(x, NID_authority_key_identifier, "keyid:always");
	ASN1_TIME_free(this);
	ASN1_TIME_free(next);
	return x;
}

/* Signs (PKCS#1 v1.5 has one signature only) and compares. */
static void
is_the_same(X509_CRL *x, const struct buf *der)
{
	struct evp_pkey_st *k = pkey_evp(ca.key);
	uint8_t *p = NULL;
	int n;

	assert_true(X509_CRL_sign(x, k, EVP_sha256()) > 0);
	n = i2d_X509_CRL(x, &p);
	assert_int_equal(n, der->n);
	assert_memory_equal(p, der->p, der->n);
	OPENSSL_free(p);
	EVP_PKEY_free(k);
	X509_CRL_free(x);
}

static void
a_base_list_is_openssls_byte_for_byte(void **state)
{
	static const enum crl_reason reasons[] = { CRL_UNSPECIFIED,
		CRL_KEY_COMPROMISE, CRL_HOLD, CRL_AA_COMPROMISE };
	struct crl_head h = head();
	struct counter c = { .n = 4, .reasons = reasons, .when = NOW - 5 };
	auto_done(buf) der = { 0 };
	auto_done(texts) urls = { 0 };
	X509_CRL *x;

	(void)state;
	OK(texts_add(&urls, "http://a.example/d.crl"));
	OK(texts_add(&urls, "http://b.example/d.crl"));
	h.freshest = &urls;
	write_list(&der, &h, &c);
	x = openssl_list(&h, &c);
	add_number(x, NID_crl_number, 200, 0);
	/* One point of two names; by its text OpenSSL would make two. */
	STACK_OF(GENERAL_NAME) *names = sk_GENERAL_NAME_new_null();
	for (size_t i = 0; i < urls.n; i++) {
		GENERAL_NAME *g = GENERAL_NAME_new();

		g->type = GEN_URI;
		g->d.ia5 = ASN1_IA5STRING_new();
		(void)ASN1_STRING_set(g->d.ia5, urls.v[i], -1);
		(void)sk_GENERAL_NAME_push(names, g);
	}
	DIST_POINT *point = DIST_POINT_new();
	point->distpoint = DIST_POINT_NAME_new();
	point->distpoint->type = 0;
	point->distpoint->name.fullname = names;
	CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
	(void)sk_DIST_POINT_push(points, point);
	(void)X509_CRL_add1_ext_i2d(x, NID_freshest_crl, points, 0, 0);
	CRL_DIST_POINTS_free(points);
	is_the_same(x, &der);
}

static void
a_delta_list_is_openssls_byte_for_byte(void **state)
{
	static const enum crl_reason reasons[] = { CRL_REMOVE, CRL_HOLD };
	struct crl_head h = head();
	struct counter c = { .n = 2, .reasons = reasons, .when = NOW - 5 };
	auto_done(buf) der = { 0 };
	X509_CRL *x;

	(void)state;
	h.delta = true;
	h.base = 127;
	write_list(&der, &h, &c);
	x = openssl_list(&h, &c);
	add_number(x, NID_crl_number, 200, 0);
	add_number(x, NID_delta_crl, 127, 1);
	is_the_same(x, &der);
}

static void
a_partition_is_openssls_byte_for_byte(void **state)
{
	struct crl_head h = head();
	struct counter c = { .n = 3, .when = NOW };
	auto_done(buf) der = { 0 };
	auto_done(texts) urls = { 0 };
	X509_CRL *x;

	(void)state;
	OK(texts_add(&urls, "http://a.example/p.crl"));
	h.points = &urls;
	h.users_only = true;
	write_list(&der, &h, &c);
	x = openssl_list(&h, &c);
	add_number(x, NID_crl_number, 200, 0);
	/* RFC 5280 has [0] fullName, [1] onlyContainsUserCerts. */
	ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();
	idp->distpoint = DIST_POINT_NAME_new();
	idp->distpoint->type = 0;
	idp->distpoint->name.fullname = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *g = GENERAL_NAME_new();
	g->type = GEN_URI;
	g->d.ia5 = ASN1_IA5STRING_new();
	(void)ASN1_STRING_set(g->d.ia5, urls.v[0], -1);
	(void)sk_GENERAL_NAME_push(idp->distpoint->name.fullname, g);
	idp->onlyuser = 0xff;
	(void)X509_CRL_add1_ext_i2d(x, NID_issuing_distribution_point, idp,
	    1, 0);
	ISSUING_DIST_POINT_free(idp);
	is_the_same(x, &der);
}

static void
an_empty_list_has_no_list_of_entries(void **state)
{
	struct crl_head h = head();
	struct counter c = { 0 };
	auto_done(buf) der = { 0 };
	auto_free(crl) l = NULL;
	X509_CRL *x;

	(void)state;
	write_list(&der, &h, &c);
	x = openssl_list(&h, &c);
	add_number(x, NID_crl_number, 200, 0);
	is_the_same(x, &der);
	OK(crl_parse(&l, buf_bytes(&der)));
	OK(crl_verify(l, ca.cert));
	assert_true(bytes_eq(buf_bytes(&l->content.aki),
	    buf_bytes(&ca.cert->ext.ski)));
	assert_int_equal(l->content.count, 0);
}

/* Dates from 2050 on, and lengths on both sides of every width. */
static void
every_length_of_lengths_is_right(void **state)
{
	static const size_t counts[] = { 1, 2, 5, 6, 10, 11, 12, 2000, 2020,
		2040, 2060, 100000, SERIALS_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct crl_head h = head();
		/* 2051-01-01 */
		struct counter c = { .n = counts[i], .when = 2556144000 };
		auto_done(buf) der = { 0 };
		const uint8_t *p;
		X509_CRL *x;
		struct evp_pkey_st *k;

		h.number = (uint64_t)1 << 40;
		write_list(&der, &h, &c);
		p = der.p;
		x = d2i_X509_CRL(NULL, &p, (long)der.n);
		assert_non_null(x);
		assert_ptr_equal(p, der.p + der.n);
		assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(x)),
		    counts[i]);
		k = pkey_evp(ca.key);
		assert_int_equal(X509_CRL_verify(x, k), 1);
		assert_int_equal(ASN1_STRING_type(
		    X509_REVOKED_get0_revocationDate(sk_X509_REVOKED_value(
		    X509_CRL_get_REVOKED(x), 0))), V_ASN1_GENERALIZEDTIME);
		EVP_PKEY_free(k);
		X509_CRL_free(x);
	}
}

static void
a_summary_says_what_was_written(void **state)
{
	struct crl_head h = head();
	struct counter c = { .n = 100000, .when = NOW };
	struct crl_summary s;
	FILE *f = tmpfile();
	size_t n;

	(void)state;
	h.delta = true;
	h.base = 199;
	OK(crl_write(fileno(f), &h, (struct crl_source) { count_up, &c },
	    DIGEST_SHA256, pkey_signer(ca.key), &n));
	OK(crl_summary_read(&s, fileno(f)));
	assert_int_equal(s.number, 200);
	assert_true(s.delta);
	assert_int_equal(s.base, 199);
	assert_true(s.this_update == NOW);
	assert_true(s.next_update == NOW + 7 * DAY);
	assert_false(s.empty);
	/* A file that lost its end. */
	assert_int_equal(ftruncate(fileno(f), 1000000), 0);
	FAILS(SG_EFORMAT, crl_summary_read(&s, fileno(f)));
	assert_int_equal(ftruncate(fileno(f), 10), 0);
	FAILS(SG_EFORMAT, crl_summary_read(&s, fileno(f)));
	assert_int_equal(ftruncate(fileno(f), 0), 0);
	FAILS(SG_EFORMAT, crl_summary_read(&s, fileno(f)));
	(void)fclose(f);
}

static void
every_cut_of_a_list_is_found(void **state)
{
	struct crl_head h = head();
	struct counter c = { .n = 2, .when = NOW };
	auto_done(buf) der = { 0 };
	struct crl_summary s;
	uint64_t at = 0, n = 0, full;

	(void)state;
	write_list(&der, &h, &c);
	OK(crl_summary_head(&s, buf_bytes(&der), &at, &n));
	full = at;
	OK(crl_summary_tail(&s, bytes_of(der.p + at, n)));
	assert_int_equal(s.number, 200);
	for (size_t cut = 0; cut < n; cut++)
		FAILS(SG_EFORMAT,
		    crl_summary_tail(&s, bytes_of(der.p + full, cut)));
	/* Up to the entries' header everything has to be there. */
	for (size_t cut = 0; cut < full - 2 * 25; cut++)
		if (crl_summary_head(&s, bytes_of(der.p, cut), &at, &n) ==
		    SG_OK)
			assert_true(s.empty);
	der.p[1] = 0x80;
	FAILS(SG_EFORMAT, crl_summary_head(&s, buf_bytes(&der), &at, &n));
}

static void
impossible_lists_are_refused(void **state)
{
	static const enum crl_reason removed[] = { CRL_REMOVE };
	auto_done(texts) urls = { 0 };
	struct crl_head h = head();
	struct counter c = { .n = 1, .reasons = removed };
	struct counter broken = { .n = 5000, .fails_at = 4999 };
	struct crl_source from = { count_up, &c };
	FILE *f = tmpfile();
	size_t n = 17;

	(void)state;
	OK(texts_add(&urls, "http://a.example/d.crl"));
	FAILS_SAYING(SG_EARG, "only a delta", crl_write(fileno(f), &h, from,
	    DIGEST_SHA256, pkey_signer(ca.key), &n));
	h.next_update = h.this_update;
	FAILS(SG_EARG, crl_write(fileno(f), &h, from, DIGEST_SHA256,
	    pkey_signer(ca.key), &n));
	h = head();
	h.delta = true;
	h.freshest = &urls;
	FAILS(SG_EARG, crl_write(fileno(f), &h, from, DIGEST_SHA256,
	    pkey_signer(ca.key), &n));
	h.freshest = NULL;
	h.base = 201;
	FAILS(SG_EARG, crl_write(fileno(f), &h, from, DIGEST_SHA256,
	    pkey_signer(ca.key), &n));
	h = head();
	FAILS(SG_EUNSUPPORTED, crl_write(fileno(f), &h, from, DIGEST_SHA1,
	    pkey_signer(ca.key), &n));
	FAILS_SAYING(SG_EIO, "the disk is gone", crl_write(fileno(f), &h,
	    (struct crl_source) { count_up, &broken }, DIGEST_SHA256,
	    pkey_signer(ca.key), &n));
	assert_int_equal(n, 17);
	(void)fclose(f);
}

static void
another_key_than_the_issuers_signs_nothing(void **state)
{
	auto_free(pkey) other = NULL;
	struct crl_head h = head();
	struct counter c = { .n = 1 };
	FILE *f = tmpfile();
	size_t n;

	(void)state;
	OK(pkey_new_rsa(&other, 2048));
	FAILS_SAYING(SG_EVERIFY, "CN=Issuing", crl_write(fileno(f), &h,
	    (struct crl_source) { count_up, &c }, DIGEST_SHA256,
	    pkey_signer(other), &n));
	(void)fclose(f);
}

static void
an_ec_key_signs_lists_too(void **state)
{
	struct authority ec = { 0 };
	struct crl_head h = head();
	struct counter c = { .n = 3, .when = NOW };
	auto_done(buf) der = { 0 };
	auto_free(crl) l = NULL;
	FILE *f = tmpfile();
	uint8_t *p;
	size_t n;

	(void)state;
	fixture_ca(&ec, "CN=EC", 0, NULL);
	h.issuer = ec.cert;
	OK(crl_write(fileno(f), &h, (struct crl_source) { count_up, &c },
	    DIGEST_SHA384, pkey_signer(ec.key), &n));
	OK(buf_extend(&der, (size_t)lseek(fileno(f), 0, SEEK_END), &p));
	assert_int_equal(pread(fileno(f), p, der.n, 0), der.n);
	OK(crl_parse(&l, buf_bytes(&der)));
	OK(crl_verify(l, ec.cert));
	assert_int_equal(l->content.count, 3);
	assert_int_not_equal(crl_reason_of(l, "4e"), -1);
	(void)fclose(f);
	authority_done(&ec);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_base_list_is_openssls_byte_for_byte),
		cmocka_unit_test(a_delta_list_is_openssls_byte_for_byte),
		cmocka_unit_test(a_partition_is_openssls_byte_for_byte),
		cmocka_unit_test(an_empty_list_has_no_list_of_entries),
		cmocka_unit_test(every_length_of_lengths_is_right),
		cmocka_unit_test(a_summary_says_what_was_written),
		cmocka_unit_test(every_cut_of_a_list_is_found),
		cmocka_unit_test(impossible_lists_are_refused),
		cmocka_unit_test(another_key_than_the_issuers_signs_nothing),
		cmocka_unit_test(an_ec_key_signs_lists_too),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
