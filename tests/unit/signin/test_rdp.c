/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "signin/rdp.h"

static void
a_host_is_a_name(void **state)
{
	static const char *const bad[] = { "10.0.0.1", "::1", "fe80::1",
		"rdp:3389", "", "-x", "a b", "a\n/cert:ignore", "a/b" };

	(void)state;
	OK(rdp_check_host("rdp.corp.example"));
	OK(rdp_check_host("RDP-1_a"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		FAILS(SG_EARG, rdp_check_host(bad[i]));
	FAILS_SAYING(SG_EARG, "by name only", rdp_check_host("10.0.0.1"));
}

static enum sg_err
check_one(const char *option)
{
	char text[64], *v[] = { text };

	(void)snprintf(text, sizeof(text), "%s", option);
	return rdp_check_extra(v, 1, RDP_CREDENTIAL_KERBEROS);
}

static void
a_smart_card_sign_in_redirects_its_own_card(void **state)
{
	char text[] = "/smartcard:other", *v[] = { text };

	(void)state;
	OK(rdp_check_extra(v, 1, RDP_CREDENTIAL_KERBEROS));
	FAILS_SAYING(SG_EARG, "no other",
	    rdp_check_extra(v, 1, RDP_CREDENTIAL_SMARTCARD));
}

static void
own_decisions_pass(void **state)
{
	static const char *const fine[] = { "/cert:ignore", "/cert:tofu",
		"/f", "+clipboard", "-wallpaper", "/size:1024x768",
		"/drive:home,/home/alice", "+auth-only", "/vmconnect",
		"/smartcard", "/port-x" };

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
		OK(check_one(fine[i]));
}

static void
what_would_undo_the_sign_in_is_refused(void **state)
{
	static const char *const bad[] = { "/p:x", "/P:x", "/u:x", "/v:y",
		"/d:x", "/pth:x", "/smartcard-logon:pin:1",
		"/kerberos:cache:x", "/sec:tls", "/auth-pkg-list:ntlm",
		"-authentication", "/remoteGuard", "+restricted-admin",
		"+restrictedAdmin", "/restrictedAdmin",
		"/args-from:stdin", "/port:1", "file.rdp", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		FAILS(SG_EARG, check_one(bad[i]));
	FAILS_SAYING(SG_EARG, "'/sec': only NLA", check_one("/sec:tls"));
}

static void
args_are(const struct rdp_ask *ask, const char *want)
{
	auto_done(buf) b = { 0 };

	OK(rdp_args(ask, &b));
	OK(buf_terminate(&b));
	assert_string_equal((char *)b.p, want);
}

static const struct rdp_ask card = { .host = "rdp.corp.example",
	.credential = RDP_CREDENTIAL_SMARTCARD, .module = "/lib/m.so" };

static void
a_smart_card_sign_in(void **state)
{
	struct rdp_ask ask = card;

	(void)state;
	ask.reader = "Signet Container 00 01";
	args_are(&ask, "/v:rdp.corp.example\n/sec:nla\n"
	    "/auth-pkg-list:!ntlm,kerberos\n/cert:deny\n/smartcard-logon\n"
	    "/smartcard:Signet Container 00 01\n"
	    "/kerberos:pkcs11-module:/lib/m.so\n");
	/* Without a name it would be every reader. */
	args_are(&card, "/v:rdp.corp.example\n/sec:nla\n"
	    "/auth-pkg-list:!ntlm,kerberos\n/cert:deny\n/smartcard-logon\n"
	    "/smartcard:no reader at all\n"
	    "/kerberos:pkcs11-module:/lib/m.so\n");
}

static void
a_kerberos_sign_in(void **state)
{
	struct rdp_ask ask = { .host = "h", .port = 3390,
		.credential = RDP_CREDENTIAL_KERBEROS, .user = "alice",
		.domain = "corp.example" };

	(void)state;
	args_are(&ask, "/v:h\n/port:3390\n/sec:nla\n"
	    "/auth-pkg-list:!ntlm,kerberos\n/cert:deny\n"
	    "/u:alice\n/d:corp.example\n/p:\n");
	ask.remote_guard = true;
	args_are(&ask, "/v:h\n/port:3390\n/sec:nla\n"
	    "/auth-pkg-list:!ntlm,kerberos\n/cert:deny\n"
	    "/u:alice\n/d:corp.example\n/p:\n/remoteGuard\n");
}

static void
who_decides_about_certificates_does_so_alone(void **state)
{
	char option[] = "/cert:tofu", *v[] = { option };
	struct rdp_ask ask = card;
	auto_done(buf) b = { 0 };

	(void)state;
	ask.extra = v;
	ask.extra_count = 1;
	OK(rdp_args(&ask, &b));
	OK(buf_terminate(&b));
	assert_null(strstr((char *)b.p, "/cert:deny"));
	assert_non_null(strstr((char *)b.p, "\n/cert:tofu\n"));
}

static void
a_line_end_cannot_smuggle_an_argument(void **state)
{
	char option[] = "/f\n/cert:ignore", *v[] = { option };
	struct rdp_ask ask = card;
	auto_done(buf) b = { 0 };

	(void)state;
	ask.extra = v;
	ask.extra_count = 1;
	FAILS(SG_EARG, rdp_args(&ask, &b));
	ask = card;
	ask.module = "/a,pin:1";
	FAILS(SG_EARG, rdp_args(&ask, &b));
	assert_int_equal(b.n, 0);
}

static void
secret_args(const struct rdp_ask *ask, const char *pin, struct secret *out)
{
	auto_done(secret) p = { 0 };

	OK(secret_set(&p, pin, strlen(pin)));
	OK(secret_init(out, RDP_ARGS_MAX));
	OK(rdp_args_secret(ask, &p, out));
}

static void
the_pin_is_one_line_whatever_is_in_it(void **state)
{
	static const char end[] = "\n/p:1,2 \"3'\\%\n";
	auto_done(secret) s = { 0 };

	(void)state;
	secret_args(&card, "1,2 \"3'\\%", &s);
	assert_memory_equal(s.p + s.n - strlen(end), end, strlen(end));
}

static void
without_delegation_there_is_no_pin(void **state)
{
	struct rdp_ask ask = { .host = "h", .user = "alice", .domain = "d",
		.credential = RDP_CREDENTIAL_KERBEROS };
	auto_done(secret) s = { 0 };

	(void)state;
	secret_args(&ask, "135790", &s);
	assert_null(memmem(s.p, s.n, "135790", 6));
}

static const char *
value_of(const struct environment *e, const char *name)
{
	const char *found = NULL;
	size_t n = strlen(name);

	for (size_t i = 0; i < e->n; i++)
		if (strncmp(e->v[i], name, n) == 0 && e->v[i][n] == '=') {
			assert_null(found);
			found = e->v[i] + n + 1;
		}
	assert_null(e->v[e->n]);
	return found;
}

static void
the_environment_is_the_persons_and_ours(void **state)
{
	char a[] = "HOME=/h", b[] = "KRB5CCNAME=FILE:/mine",
	    c[] = "WLOG_LEVEL=TRACE", d[] = "FREERDP_ASKPASS=x",
	    *from[] = { a, b, c, d, NULL };
	const struct rdp_environment own = { "/p/k:/etc/krb5.conf",
		"MEMORY:signet", "/p/trust.pem", "aabb", false, NULL, NULL };
	struct rdp_environment with_card = own;
	auto_done(environment) e = { 0 };

	(void)state;
	OK(environment_init(&e, from));
	OK(rdp_environment(&own, &e));
	assert_string_equal(value_of(&e, "HOME"), "/h");
	assert_string_equal(value_of(&e, "KRB5CCNAME"), "MEMORY:signet");
	assert_string_equal(value_of(&e, "KRB5_CONFIG"),
	    "/p/k:/etc/krb5.conf");
	assert_string_equal(value_of(&e, "SSL_CERT_FILE"), "/p/trust.pem");
	assert_string_equal(value_of(&e, "SIGNET_PIN_ENTRY"), "session");
	assert_string_equal(value_of(&e, "SIGNET_LABELS"), "own");
	with_card.card = true;
	OK(rdp_environment(&with_card, &e));
	assert_string_equal(value_of(&e, "SIGNET_LABELS"), "card");
	assert_string_equal(value_of(&e, "SIGNET_CERT"), "aabb");
	assert_null(value_of(&e, "WLOG_LEVEL"));
	assert_null(value_of(&e, "FREERDP_ASKPASS"));
}

static void
the_client_gets_at_one_reader(void **state)
{
	char a[] = "SIGNET_READER=Other 00 00", b[] = "LD_LIBRARY_PATH=/x:/y",
	    *from[] = { a, b, NULL }, *without[] = { NULL };
	struct rdp_environment own = { "/k", "MEMORY:signet", NULL, "aabb",
		true, "/lib/one", "Signet Container 00 01" };
	auto_done(environment) e = { 0 };
	auto_done(environment) bare = { 0 };

	(void)state;
	OK(environment_init(&e, from));
	OK(rdp_environment(&own, &e));
	assert_string_equal(value_of(&e, "SIGNET_READER"),
	    "Signet Container 00 01");
	assert_string_equal(value_of(&e, "LD_LIBRARY_PATH"),
	    "/lib/one:/x:/y");
	own.reader = NULL;
	OK(rdp_environment(&own, &e));
	assert_null(value_of(&e, "SIGNET_READER"));
	OK(environment_init(&bare, without));
	OK(rdp_environment(&own, &bare));
	assert_string_equal(value_of(&bare, "LD_LIBRARY_PATH"), "/lib/one");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_a_name),
		cmocka_unit_test(own_decisions_pass),
		cmocka_unit_test(what_would_undo_the_sign_in_is_refused),
		cmocka_unit_test(a_smart_card_sign_in_redirects_its_own_card),
		cmocka_unit_test(a_smart_card_sign_in),
		cmocka_unit_test(a_kerberos_sign_in),
		cmocka_unit_test(who_decides_about_certificates_does_so_alone),
		cmocka_unit_test(a_line_end_cannot_smuggle_an_argument),
		cmocka_unit_test(the_pin_is_one_line_whatever_is_in_it),
		cmocka_unit_test(without_delegation_there_is_no_pin),
		cmocka_unit_test(the_client_gets_at_one_reader),
		cmocka_unit_test(the_environment_is_the_persons_and_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
