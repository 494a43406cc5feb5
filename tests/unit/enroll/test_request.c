/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "enroll/request.h"

static char login[] = "login", ec[] = "ec";
static struct key_object keys[] = {
	{ .name = login, .type = OBJECT_RSA2048,
	    .provider = KSP_PASSPORT },
	{ .name = ec, .type = OBJECT_P256, .provider = KSP_SOFTWARE },
};
static const struct objects have = { .keys = keys, .key_count = 2 };

static const struct request_ask alice = { .upn = "alice@corp.example" };

static void
a_description_is_the_cmdlets(void **state)
{
	auto_done(certreq) r = { 0 };
	auto_done(buf) inf = { 0 };

	(void)state;
	OK(request_describe(&r, &alice, &keys[0]));
	OK(certreq_write(&r, &inf));
	OK(buf_terminate(&inf));
	assert_string_equal((char *)inf.p,
	    "[Version]\r\nSignature = \"$Windows NT$\"\r\n[NewRequest]\r\n"
	    "Subject = \"CN=alice@corp.example\"\r\n"
	    "ProviderName = \"Microsoft Passport Key Storage Provider\"\r\n"
	    "KeyContainer = \"login\"\r\nUseExistingKeySet = TRUE\r\n"
	    "RequestType = PKCS10\r\n[EnhancedKeyUsageExtension]\r\n"
	    "OID=1.3.6.1.4.1.311.20.2.2\r\nOID=1.3.6.1.5.5.7.3.2\r\n"
	    "[Extensions]\r\n2.5.29.17 = \"{text}\"\r\n"
	    "_continue_ = \"UPN=alice@corp.example&\"\r\n");
}

static void
without_a_name_there_is_no_request(void **state)
{
	auto_done(certreq) r = { 0 };
	struct request_ask ask = { 0 };

	(void)state;
	FAILS_SAYING(SG_EARG, "--upn", request_describe(&r, &ask, &keys[0]));
	ask.upn = "alice";
	FAILS_SAYING(SG_EARG, "user principal name",
	    request_describe(&r, &ask, &keys[0]));
	ask.upn = "alice@x";
	ask.subject = "no name";
	FAILS(SG_EARG, request_describe(&r, &ask, &keys[0]));
}

static void
a_request_says_what_was_described(void **state)
{
	static const char *const ekus[] = { "1.2.3.4" };
	struct request_ask ask = { .upn = "alice@corp.example",
		.subject = "CN=Alice,O=Corp", .template_name = "WHfB",
		.ekus = ekus, .eku_count = 1 };
	auto_done(certreq) r = { 0 };
	auto_free(pkey) key = NULL;
	auto_done(buf) der = { 0 };
	auto_done(buf) spki = { 0 };
	auto_free(csr) c = NULL;

	(void)state;
	OK(pkey_new_rsa(&key, 2048));
	OK(request_describe(&r, &ask, &keys[0]));
	OK(request_build(&der, &r, pkey_signer(key)));
	OK(csr_parse(&c, buf_bytes(&der)));
	OK(csr_verify(c));
	OK(pkey_spki(key, &spki));
	assert_true(bytes_eq(buf_bytes(&spki), buf_bytes(&c->spki)));
	assert_string_equal(c->subject, "CN=Alice,O=Corp");
	assert_string_equal(c->content.ext.upn, "alice@corp.example");
	/* By which a CA may tell where the key is. */
	assert_string_equal(c->content.provider, PROVIDER_PASSPORT);
	assert_int_equal(c->content.key_spec, 0);
	assert_int_equal(c->content.ext.eku.n, 1);
	assert_string_equal(csr_content_pair(&c->content,
	    "CertificateTemplate"), "WHfB");
}

static void
an_administrators_file_becomes_a_request(void **state)
{
	static const char text[] = "[NewRequest]\nSubject=\"CN=a\"\n"
	    "KeyContainer=ec\nUseExistingKeySet=TRUE\nKeyUsage=0x80\n"
	    "HashAlgorithm=sha384\n[Extensions]\n"
	    "2.5.29.17=\"{text}UPN=a@x.example&DNS=d.example\"\n"
	    "2.5.29.37=\"{text}1.3.6.1.5.5.7.3.2\"\nCritical=2.5.29.37\n";
	auto_done(inf) f = { 0 };
	auto_done(certreq) r = { 0 };
	auto_free(pkey) key = NULL;
	auto_done(buf) der = { 0 };
	auto_free(csr) c = NULL;
	const struct key_object *k;

	(void)state;
	OK(inf_parse(&f, bytes_str(text), "f.inf"));
	OK(certreq_read(&r, &f, "f.inf"));
	OK(request_key(&k, &r, &have, NULL));
	assert_string_equal(k->name, "ec");
	OK(pkey_new_p256(&key));
	OK(request_build(&der, &r, pkey_signer(key)));
	OK(csr_parse(&c, buf_bytes(&der)));
	assert_int_equal(c->content.ext.key_usage, USAGE_DIGITAL_SIGNATURE);
	assert_true(c->content.ext.key_usage_critical);
	assert_true(c->content.ext.eku_critical);
	assert_true(texts_has(&c->content.ext.dns, "d.example"));
}

static void
read_text(struct certreq *r, const char *text)
{
	auto_done(inf) f = { 0 };

	OK(inf_parse(&f, bytes_str(text), "f.inf"));
	OK(certreq_read(r, &f, "f.inf"));
}

static void
the_request_names_the_keys_provider(void **state)
{
	auto_done(certreq) r = { 0 };
	auto_done(certreq) inf = { 0 };
	auto_done(certreq) other = { 0 };
	const struct key_object *k = NULL;

	(void)state;
	OK(request_describe(&r, &alice, &keys[1]));
	assert_string_equal(r.content.provider, PROVIDER_SOFTWARE);
	OK(request_key(&k, &r, &have, NULL));
	read_text(&inf, "[NewRequest]\nSubject=\"CN=a\"\nKeyContainer=ec\n"
	    "UseExistingKeySet=TRUE\n");
	OK(request_key(&k, &inf, &have, NULL));
	OK(request_of_key(&inf, k));
	assert_string_equal(inf.content.provider, PROVIDER_SOFTWARE);
	read_text(&other, "[NewRequest]\nSubject=\"CN=a\"\nKeyContainer=ec\n"
	    "UseExistingKeySet=TRUE\n"
	    "ProviderName=\"Microsoft Platform Crypto Provider\"\n");
	FAILS_SAYING(SG_EVERIFY, "wants one of the Microsoft Platform",
	    request_key(&k, &other, &have, NULL));
}

static void
the_key_must_be_there_and_fit(void **state)
{
	auto_done(certreq) fresh = { 0 };
	auto_done(certreq) rsa = { 0 };
	auto_done(certreq) pss = { 0 };
	auto_done(certreq) gone = { 0 };
	const struct key_object *k = NULL;

	(void)state;
	read_text(&fresh, "[NewRequest]\nSubject=\"CN=a\"\n");
	FAILS_SAYING(SG_EARG, "asks for a new key",
	    request_key(&k, &fresh, &have, NULL));
	OK(request_key(&k, &fresh, &have, "login"));
	assert_ptr_equal(k, &keys[0]);
	read_text(&rsa, "[NewRequest]\nKeyAlgorithm=RSA\nKeyLength=2048\n");
	FAILS_SAYING(SG_EVERIFY, "KeyAlgorithm",
	    request_key(&k, &rsa, &have, "ec"));
	OK(request_key(&k, &rsa, &have, "login"));
	read_text(&pss, "[NewRequest]\nAlternateSignatureAlgorithm=TRUE\n");
	FAILS(SG_EVERIFY, request_key(&k, &pss, &have, "ec"));
	read_text(&gone, "[NewRequest]\nKeyContainer=other\n"
	    "UseExistingKeySet=TRUE\n");
	FAILS_SAYING(SG_ENOENT, "no key 'other'",
	    request_key(&k, &gone, &have, NULL));
}

/* A key behind a gesture that was not made. */
static enum sg_err
refuse(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	(void)ctx;
	(void)scheme;
	(void)hash;
	(void)digest;
	(void)out;
	return sg_fail(SG_ELOGIN, "the container is closed");
}

static enum sg_err
real_spki(void *ctx, struct buf *out)
{
	return pkey_spki(ctx, out);
}

static void
the_signers_refusal_comes_through(void **state)
{
	static const struct signer_ops ops = { .sign = refuse,
		.spki = real_spki };
	auto_done(certreq) r = { 0 };
	auto_free(pkey) key = NULL;
	auto_done(buf) der = { 0 };

	(void)state;
	OK(pkey_new_p256(&key));
	OK(request_describe(&r, &alice, &keys[0]));
	FAILS_SAYING(SG_ELOGIN, "the container is closed",
	    request_build(&der, &r, (struct signer) { &ops, key }));
	assert_int_equal(der.n, 0);
}

static void
a_pending_request_has_a_name(void **state)
{
	auto_done(certreq) named = { 0 };
	auto_done(certreq) plain = { 0 };
	auto_done(certreq) bare = { 0 };
	auto_str a = NULL;
	auto_str b = NULL;
	auto_str c = NULL;

	(void)state;
	read_text(&named, "[NewRequest]\nFriendlyName=\"My card\"\n");
	OK(request_name(&a, &named, "k"));
	assert_string_equal(a, "My card");
	OK(request_describe(&plain, &alice, &keys[0]));
	OK(request_name(&b, &plain, "k"));
	assert_string_equal(b, "alice@corp.example");
	read_text(&bare, "[NewRequest]\n");
	OK(request_name(&c, &bare, "k"));
	assert_string_equal(c, "k");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_description_is_the_cmdlets),
		cmocka_unit_test(without_a_name_there_is_no_request),
		cmocka_unit_test(a_request_says_what_was_described),
		cmocka_unit_test(an_administrators_file_becomes_a_request),
		cmocka_unit_test(the_request_names_the_keys_provider),
		cmocka_unit_test(the_key_must_be_there_and_fit),
		cmocka_unit_test(the_signers_refusal_comes_through),
		cmocka_unit_test(a_pending_request_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
