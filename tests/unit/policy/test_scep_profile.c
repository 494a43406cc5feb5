/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "pki/ext.h"
#include "policy/config.h"

static const char all[] =
    "[scep office]\n"
    "url = https://a.corp.example/scep\n"
    "url = https://b.corp.example/scep\n"
    "ca-id = 7\n"
    "ca-fingerprint = AA:bb:cc:dd:ee:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:"
    "dd:ee\n"
    "subject = CN=alice,O=Corp\n"
    "upn = alice@corp.example\n"
    "dns = alice.corp.example\n"
    "email = alice@corp.example\n"
    "uri = tag:x\n"
    "eku = Smart Card Logon + 1.3.6.1.5.5.7.3.2\n"
    "key-usage = key-encipherment,digital-signature\n"
    "template = Badge\n"
    "key-provider = tpm-or-software\n"
    "key-type = p256\n"
    "renew-key = same\n"
    "allow-legacy = yes\n"
    "retry-count = 99\n"
    "retry-delay = 7\n"
    "renew-at = 33\n";

static void
every_key_is_read(void **state)
{
	auto_done(scep_profile) p = { 0 };

	(void)state;
	OK(scep_profile_read(&p, bytes_str(all), "x"));
	assert_string_equal(p.name, "office");
	assert_int_equal(p.urls.n, 2);
	assert_string_equal(p.urls.v[1], "https://b.corp.example/scep");
	assert_string_equal(p.ca_id, "7");
	assert_string_equal(p.ca_fingerprints.v[0],
	    "aabbccddee00112233445566778899aabbccddee");
	assert_string_equal(p.subject, "CN=alice,O=Corp");
	assert_int_equal(p.ekus.n, 2);
	assert_string_equal(p.ekus.v[0], OID_SMARTCARD_LOGON);
	assert_string_equal(p.ekus.v[1], OID_CLIENT_AUTH);
	assert_int_equal(p.key_usage,
	    USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT);
	assert_int_equal(p.provider, PROFILE_TPM_OR_SOFTWARE);
	assert_int_equal(p.key_type, PROFILE_P256);
	assert_true(p.same_key);
	assert_true(p.allow_legacy);
	assert_int_equal(p.retry_count, PROFILE_RETRIES_MAX);
	assert_int_equal(p.retry_delay, 7);
	assert_int_equal(p.renew_at, 33);
}

static void
what_is_written_reads_back_the_same(void **state)
{
	auto_done(scep_profile) p = { 0 }, q = { 0 };
	auto_done(buf) a = { 0 }, b = { 0 };

	(void)state;
	OK(scep_profile_read(&p, bytes_str(all), "x"));
	OK(scep_profile_write(&a, &p));
	OK(scep_profile_copy(&q, &p));
	OK(scep_profile_write(&b, &q));
	assert_true(bytes_eq(buf_bytes(&a), buf_bytes(&b)));
}

static void
nothing_said_is_what_windows_takes(void **state)
{
	auto_done(scep_profile) p = { 0 };

	(void)state;
	OK(scep_profile_read(&p, bytes_str("[scep x]\nurl = http://ca/\n"),
	    "x"));
	assert_int_equal(p.provider, PROFILE_PASSPORT);
	assert_int_equal(p.key_type, PROFILE_RSA2048);
	assert_int_equal(p.retry_count, 3);
	assert_int_equal(p.retry_delay, 5);
	assert_int_equal(p.renew_at, 20);
	assert_false(p.same_key);
	assert_false(p.allow_legacy);
}

static void
what_a_key_cannot_have_is_refused(void **state)
{
	static const struct {
		const char *key, *value, *why;
	} bad[] = {
		{ "url", "", "empty" },
		{ "url", "http://ca/\033[2J", "plain text" },
		{ "challenge", "x", "unknown key 'challenge'" },
		{ "ca-fingerprint", "1234", "hex digits" },
		{ "ca-fingerprint", "zz", "hex digits" },
		{ "upn", "alice", "no user principal name" },
		{ "dns", "a b", "no DNS name" },
		{ "eku", "Flying", "neither an OID" },
		{ "key-usage", "signing", "none of digital-signature, " },
		{ "key-provider", "hsm", "none of passport, tpm, " },
		{ "key-type", "rsa1024", "none of rsa2048, p256" },
		{ "renew-key", "old", "none of new, same" },
		{ "allow-legacy", "perhaps", "neither yes nor no" },
		{ "retry-count", "-1", "retry-count" },
		{ "retry-delay", "0", "retry-delay" },
		{ "renew-at", "100", "renew-at" },
	};
	auto_done(scep_profile) p = { 0 };

	(void)state;
	scep_profile_init(&p);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		enum sg_err e = scep_profile_set(&p, bad[i].key, bad[i].value);

		assert_true(e == SG_EARG || e == SG_EFORMAT);
		if (strstr(sg_note(e), bad[i].why) == NULL)
			fail_msg("%s: %s", bad[i].key, sg_note(e));
	}
}

static void
a_list_has_an_end(void **state)
{
	auto_done(scep_profile) p = { 0 };
	char name[32];

	(void)state;
	scep_profile_init(&p);
	for (int i = 0; i < PROFILE_LIST_MAX; i++) {
		(void)snprintf(name, sizeof(name), "h%d.example", i);
		OK(scep_profile_set(&p, "dns", name));
	}
	OK(scep_profile_set(&p, "dns", name));	/* the same once more */
	FAILS(SG_EARG, scep_profile_set(&p, "dns", "one.more.example"));
	scep_profile_clear(&p, "dns");
	OK(scep_profile_set(&p, "dns", "one.more.example"));
	assert_int_equal(p.dns.n, 1);
}

static void
the_configuration_holds_profiles(void **state)
{
	auto_done(config) c = { 0 };
	const struct scep_profile *p;

	(void)state;
	OK(config_parse(&c, bytes_str(all), "f"));
	OK(config_parse(&c, bytes_str("[scep home]\nurl = http://h/\n"
	    "[scep office]\nrenew-at = 50\n"), "g"));
	assert_int_equal(c.profile_count, 2);
	p = config_profile_find(&c, "office");
	assert_non_null(p);
	assert_int_equal(p->renew_at, 50);
	assert_int_equal(p->urls.n, 2);
	assert_null(config_profile_find(&c, "nowhere"));
	FAILS_SAYING(SG_EFORMAT, "h:2: ", config_parse(&c,
	    bytes_str("[scep x]\nchallenge = secret\n"), "h"));
	FAILS(SG_EFORMAT, config_parse(&c,
	    bytes_str("[scep]\nurl = http://h/\n"), "h"));
}

static void
a_text_that_is_no_profile_is_refused(void **state)
{
	auto_done(scep_profile) p = { 0 };

	(void)state;
	FAILS(SG_EFORMAT, scep_profile_read(&p, bytes_str(""), "x"));
	FAILS(SG_EFORMAT, scep_profile_read(&p,
	    bytes_str("[rdp]\nclient = x\n"), "x"));
	FAILS(SG_EFORMAT, scep_profile_read(&p, bytes_str("[scep a]\n"
	    "url = http://h/\n[scep b]\nurl = http://h/\n"), "x"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(nothing_said_is_what_windows_takes),
		cmocka_unit_test(what_a_key_cannot_have_is_refused),
		cmocka_unit_test(a_list_has_an_end),
		cmocka_unit_test(the_configuration_holds_profiles),
		cmocka_unit_test(a_text_that_is_no_profile_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
