/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "signin/realm.h"

static void
a_upn_gives_user_and_realm(void **state)
{
	auto_done(principal) p = { 0 };

	(void)state;
	OK(principal_parse(&p, "alice@corp.example"));
	assert_string_equal(p.user, "alice");
	assert_string_equal(p.domain, "corp.example");
	assert_string_equal(p.realm, "CORP.EXAMPLE");
}

static void
the_last_at_separates(void **state)
{
	auto_done(principal) p = { 0 };

	(void)state;
	OK(principal_parse(&p, "a@b/c@X.Y"));
	assert_string_equal(p.user, "a@b/c");
	assert_string_equal(p.realm, "X.Y");
}

/* None of these may reach krb5.conf. */
static void
a_realm_cannot_steer_krb5_conf(void **state)
{
	static const char *const bad[] = {
		"alice", "@X", "alice@", "alice@X}\n[libdefaults]", "a@X Y",
		"a@X{", "a@.X", "a@X..Y", "a@X:1", "a\n@X", "a@-X", "a@X\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		auto_done(principal) p = { 0 };

		FAILS(SG_EFORMAT, principal_parse(&p, bad[i]));
	}
}

static void
kdc_names_are_names_once(void **state)
{
	auto_done(kdc_names) k = { 0 };

	(void)state;
	OK(kdc_names_add(&k, "KDC1.Corp.Example:88"));
	OK(kdc_names_add(&k, "kdc1.corp.example."));
	OK(kdc_names_add(&k, "https://proxy.corp.example/KdcProxy"));
	OK(kdc_names_add(&k, "10.99.0.1"));
	OK(kdc_names_add(&k, "[fe80::1]:88"));
	OK(kdc_names_add(&k, "kdc2"));
	assert_int_equal(k.n, 2);
	assert_string_equal(k.v[0], "kdc1.corp.example");
	assert_string_equal(k.v[1], "kdc2");
}

static void
a_chosen_name_stands_alone(void **state)
{
	auto_done(kdc_names) k = { 0 };

	(void)state;
	OK(kdc_names_find(&k, "CORP.EXAMPLE", "dc9.corp.example, dc8"));
	assert_int_equal(k.n, 2);
	assert_string_equal(k.v[0], "dc9.corp.example");
	assert_string_equal(k.v[1], "dc8");
}

static void
a_list_without_names_is_refused(void **state)
{
	auto_done(kdc_names) k = { 0 };

	(void)state;
	FAILS(SG_EARG, kdc_names_find(&k, "CORP.EXAMPLE", " , 10.0.0.1"));
}

static void
krb5_conf_names_the_kdcs(void **state)
{
	static const char text[] = "[libdefaults]\n dns_lookup_kdc = false\n"
	    "[realms]\n CORP.EXAMPLE = {\n  kdc = dc1.corp.example:88\n"
	    "  kdc = DC2.corp.example\n }\n";
	char path[] = "/tmp/signet-test-XXXXXX";
	auto_done(kdc_names) k = { 0 };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	OK(file_write_fd(fd, bytes_str(text), path));
	(void)close(fd);
	assert_int_equal(setenv("KRB5_CONFIG", path, 1), 0);
	OK(kdc_names_find(&k, "CORP.EXAMPLE", NULL));
	(void)unlink(path);
	assert_int_equal(k.n, 3);
	assert_string_equal(k.v[0], "corp.example");
	assert_string_equal(k.v[1], "dc1.corp.example");
	assert_string_equal(k.v[2], "dc2.corp.example");
}

/* _kerberos._tcp.corp.example. SRV 0 100 88 dc1.corp.example, the target's
 * suffix compressed; written down by hand after RFC 1035 and RFC 2782. */
static const char srv[] =
    "123481800001000100000000"
    "095f6b65726265726f73045f74637004636f7270076578616d706c650000210001"
    "c00c002100010000000a000c0000006400580364"
    "6331c01b";

static void
srv_targets_are_read(void **state)
{
	auto_done(kdc_names) k = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	OK(hex_decode(&b, srv));
	OK(kdc_names_from_srv(&k, buf_bytes(&b)));
	assert_int_equal(k.n, 1);
	assert_string_equal(k.v[0], "dc1.corp.example");
}

static void
a_cut_dns_answer_is_refused(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	OK(hex_decode(&b, srv));
	for (size_t n = 0; n < b.n; n++) {
		auto_done(kdc_names) k = { 0 };

		FAILS(SG_EFORMAT, kdc_names_from_srv(&k, bytes_of(b.p, n)));
		assert_int_equal(k.n, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_upn_gives_user_and_realm),
		cmocka_unit_test(the_last_at_separates),
		cmocka_unit_test(a_realm_cannot_steer_krb5_conf),
		cmocka_unit_test(kdc_names_are_names_once),
		cmocka_unit_test(a_chosen_name_stands_alone),
		cmocka_unit_test(a_list_without_names_is_refused),
		cmocka_unit_test(krb5_conf_names_the_kdcs),
		cmocka_unit_test(srv_targets_are_read),
		cmocka_unit_test(a_cut_dns_answer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
