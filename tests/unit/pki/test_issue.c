/* SPDX-License-Identifier: BSD-2-Clause */

/* What is written by hand is what OpenSSL's templates write. */

#include "fixture.h"

#include "pki/template.h"
#include "reference.h"

#define ROUNDS 3000

static struct pkey *rsa;	/* PKCS#1 v1.5 has one signature only */
static struct pkey *ec;

static int
setup(void **state)
{
	(void)state;
	OK(pkey_new_rsa(&rsa, 2048));
	OK(pkey_new_p256(&ec));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pkey_free(rsa);
	pkey_free(ec);
	return 0;
}

/* Both give the same bytes, or both refuse. */
static bool
same_extensions(const struct extensions *x)
{
	auto_done(buf) ours = { 0 }, theirs = { 0 };
	enum sg_err a = extensions_encode(&ours, x);
	enum sg_err b = reference_extensions(&theirs, x);

	assert_int_equal(a, b);
	if (a == SG_OK) {
		assert_int_equal(ours.n, theirs.n);
		assert_memory_equal(ours.p, theirs.p, ours.n);
	}
	return a == SG_OK;
}

static void
same_certificate(const struct cert_content *c, enum digest hash)
{
	auto_done(buf) ours = { 0 }, theirs = { 0 };

	OK(cert_build(&ours, c, hash, pkey_signer(rsa)));
	OK(reference_build(&theirs, c, hash, pkey_signer(rsa)));
	assert_int_equal(ours.n, theirs.n);
	assert_memory_equal(ours.p, theirs.p, ours.n);
}

static void
content_make(struct cert_content *c, const struct pkey *subject)
{
	cert_content_init(c);
	OK(str_dup(&c->serial, "4a01"));
	OK(name_parse(&c->issuer, "CN=Issuing,DC=corp,DC=example"));
	OK(name_parse(&c->subject, "CN=alice"));
	OK(pkey_spki(subject, &c->spki));
	c->not_before = NOW;
	c->not_after = NOW + DAY;
}

static void
every_template_gives_the_same_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; template_builtin_name(i) != NULL; i++) {
		auto_done(template) t = { 0 };
		auto_done(identity) id = { 0 };
		auto_done(csr_content) q;
		auto_done(buf) der = { 0 };
		auto_free(csr) r = NULL;
		auto_done(cert_content) c;

		OK(template_builtin(&t, template_builtin_name(i), "1.3.6.1"));
		OK(str_dup(&id.upn, "\xc3\xa4lice@corp.example"));
		OK(str_dup(&id.sid, "S-1-5-21-1-2-3-1104"));
		OK(str_dup(&id.email, "alice@corp.example"));
		OK(texts_add(&id.dns, "a.corp.example"));
		OK(texts_add(&id.dns, "b.corp.example"));
		OK(buf_add(&id.guid, "0123456789abcdef", 16));
		OK(template_request(&q, &t, &id));
		OK(csr_build(&der, &q, DIGEST_SHA256, false,
		    pkey_signer(ec)));
		OK(csr_parse(&r, buf_bytes(&der)));
		cert_content_init(&c);
		OK(template_fill(&c, &t, &id, r, NOW));
		OK(str_dup(&c.serial, "00ff000000000000000000000000000001"));
		OK(name_parse(&c.issuer, "CN=Issuing"));
		OK(buf_add(&c.ext.aki, "0123456789abcdef0123", 20));
		OK(texts_add(&c.ext.cdp, "http://a.example/1.crl"));
		OK(texts_add(&c.ext.cdp, "ldap:///CN=1?a?b"));
		OK(texts_add(&c.ext.ca_issuers, "http://a.example/1.crt"));
		OK(texts_add(&c.ext.ocsp, "http://a.example/ocsp"));
		same_certificate(&c, DIGEST_SHA256);
	}
}

/* A small generator with a state of its own: the same on every run. */
static unsigned
dice(uint64_t *s, unsigned sides)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*s >> 33) % sides;
}

static const char *const oids[] = { "1.2", "0.39", "0.0", "1.39.127", "2.999",
	"2.47.128", "2.48", "1.3.6.1.4.1.311.21.8.16777215.4294967296",
	"2.25.329800735698586629295641978511506172918", "1.40", "0.40.1",
	"2.5.29.16383.16384.2097151.2097152", "1.2.00.007" };
#define OIDS (sizeof(oids) / sizeof(oids[0]))

static void
some_texts(uint64_t *s, struct texts *out, const char *const *from, size_t n)
{
	for (unsigned k = dice(s, 4); k > 0; k--)
		OK(texts_add(out, from[dice(s, (unsigned)n)]));
}

static void
any_names(uint64_t *s, struct extensions *x)
{
	static const char *const words[] = { "a", "corp.example", "",
		"a.very.long.name.that.needs.more.than.a.short.length.in.its."
		"header.because.it.has.more.than.127.bytes.which.takes.some."
		"more.words.example" };
	static const char *const ips[] = { "192.0.2.1", "2001:db8::1",
		"::", "::ffff:192.0.2.1", "1.2.3", "2001:db8::g" };
	static const char *const principals[] = { "krbtgt/R@R",
		"a/b/c@REALM", "x@Y", "@R", "x@", "none" };

	if (dice(s, 2))
		OK(str_dup(&x->upn, words[dice(s, 4)]));
	if (dice(s, 4) == 0)
		OK(str_dup(&x->principal, principals[dice(s, 6)]));
	if (dice(s, 3) == 0)
		OK(buf_add(&x->guid, words[3], 16));
	some_texts(s, &x->dns, words, 4);
	some_texts(s, &x->email, words, 4);
	some_texts(s, &x->uri, words, 4);
	some_texts(s, &x->ip, ips, dice(s, 4) ? 4 : 6);
	x->san_critical = dice(s, 2);
	if (dice(s, 2))
		OK(str_dup(&x->sid, "S-1-5-21-1-2-3-1104"));
	some_texts(s, &x->cdp, words, 4);
	some_texts(s, &x->ca_issuers, words, 4);
	some_texts(s, &x->ocsp, words, 4);
}

static void
any_template(uint64_t *s, struct extensions *x)
{
	static const int64_t versions[] = { -1, 0, 127, 128, 255, 65536,
		UINT32_MAX };
	static const char *const names[] = { "User", "\xe2\x82\xac",
		"\xf0\x9f\x94\x91", "" };

	if (dice(s, 2))
		OK(str_dup(&x->template_name, names[dice(s, 4)]));
	if (dice(s, 2))
		OK(str_dup(&x->template_oid, oids[dice(s, OIDS)]));
	x->template_major = versions[dice(s, 7)];
	x->template_minor = versions[dice(s, 7)];
}

static void
any_extensions(uint64_t *s, struct extensions *x)
{
	x->has_basic = dice(s, 2);
	x->basic_critical = dice(s, 2);
	x->ca = dice(s, 2);
	x->path_len = (int)dice(s, 300) - 1;
	x->key_usage = dice(s, 2) ? dice(s, 0x10000) : 0;
	x->key_usage_critical = dice(s, 2);
	some_texts(s, &x->eku, oids, dice(s, 4) ? 9 : OIDS);
	x->eku_critical = dice(s, 2);
	some_texts(s, &x->app_policies, oids, 9);
	some_texts(s, &x->policies, oids, 9);
	any_template(s, x);
	any_names(s, x);
	for (unsigned n = dice(s, 30); n > 0 && n < 21; n--)
		OK(buf_add_u8(n % 2 ? &x->ski : &x->aki, (uint8_t)n));
	for (unsigned n = dice(s, 3); n > 0; n--)
		OK(extensions_add_raw(x, oids[dice(s, OIDS)], dice(s, 2),
		    bytes_of("\x05\x00", dice(s, 2) * 2)));
}

static void
any_extensions_give_the_same_bytes(void **state)
{
	uint64_t s = 1;
	unsigned good = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		auto_done(extensions) x;

		extensions_init(&x);
		any_extensions(&s, &x);
		good += same_extensions(&x);
	}
	/* And it was about something: neither all nor none were refused. */
	assert_in_range(good, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

static void
times_and_numbers_have_one_form(void **state)
{
	static const int64_t times[] = { -631152001, -631152000, 0, NOW,
		2524607999, 2524608000, 253402300799 };
	static const char *const serials[] = { "00", "01", "7f", "80", "ff",
		"0080", "000001", "ffffffffffffffffffffffffffffffff",
		"4A" };

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(times) / sizeof(times[0]); i++) {
		auto_done(cert_content) c;

		content_make(&c, ec);
		c.not_before = times[i];
		c.not_after = times[i + 1];
		same_certificate(&c, DIGEST_SHA384);
	}
	for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
		auto_done(cert_content) c;

		content_make(&c, rsa);
		free(c.serial);
		OK(str_dup(&c.serial, serials[i]));
		same_certificate(&c, DIGEST_SHA512);
	}
}

static void
what_is_not_der_is_not_signed(void **state)
{
	auto_done(buf) out = { 0 };
	auto_done(cert_content) c;

	(void)state;
	content_make(&c, ec);
	OK(buf_add_u8(&c.subject, 0));
	FAILS_SAYING(SG_EFORMAT, "subject", cert_build(&out, &c,
	    DIGEST_SHA256, pkey_signer(rsa)));
	c.subject.n--;
	c.issuer.n--;
	FAILS_SAYING(SG_EFORMAT, "issuer", cert_build(&out, &c,
	    DIGEST_SHA256, pkey_signer(rsa)));
	c.issuer.n++;
	c.spki.n--;
	FAILS(SG_EFORMAT, cert_build(&out, &c, DIGEST_SHA256,
	    pkey_signer(rsa)));
	c.spki.n++;
	c.not_after = c.not_before;
	FAILS(SG_EARG, cert_build(&out, &c, DIGEST_SHA256,
	    pkey_signer(rsa)));
	assert_int_equal(out.n, 0);
}

/* A key that is not the one in the CA's certificate, or that errs. */
static void
another_key_s_signature_is_found_out(void **state)
{
	struct authority ca = { 0 };
	auto_done(cert_content) c;
	auto_free(cert) made = NULL;
	auto_free(pkey) other = NULL;

	(void)state;
	OK(pkey_new_p256(&other));
	fixture_ca(&ca, "CN=CA", 0, NULL);
	content_make(&c, ec);
	for (int prepared = 0; prepared < 2; prepared++) {
		if (prepared)
			OK(cert_prepare(ca.cert));
		FAILS_SAYING(SG_EVERIFY, "not by CN=CA", cert_issue(&made, &c,
		    DIGEST_SHA256, pkey_signer(other), ca.cert));
		assert_null(made);
	}
	OK(cert_issue(&made, &c, DIGEST_SHA256, pkey_signer(ca.key), ca.cert));
	assert_string_equal(made->subject, "CN=alice");
	authority_done(&ca);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_template_gives_the_same_bytes),
		cmocka_unit_test(any_extensions_give_the_same_bytes),
		cmocka_unit_test(times_and_numbers_have_one_form),
		cmocka_unit_test(what_is_not_der_is_not_signed),
		cmocka_unit_test(another_key_s_signature_is_found_out),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
