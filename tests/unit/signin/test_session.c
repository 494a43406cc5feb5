/* SPDX-License-Identifier: BSD-2-Clause */
#include "../pki/fixture.h"

#include <unistd.h>

#include "base/file.h"
#include "signin/private_folder.h"
#include "signin/session.h"
#include "signin/tgt.h"
#include "signin/trust.h"

#define VECTOR_MAX 4096

static struct cert_object certs[1];
static const struct objects objects = { .certs = certs, .cert_count = 1 };

static int
setup(void **state)
{
	static char label[] = "mine";
	auto_str path = NULL;

	(void)state;
	(void)setenv("KRB5_CONFIG", "/dev/null", 1);
	certs[0].kind = CERT_PERSONAL;
	certs[0].label = label;
	OK(str_printf(&path, "%s/tests/vectors/signin/logon.der",
	    getenv("SIGNET_SRC")));
	OK(file_read(&certs[0].der, path, VECTOR_MAX));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_done(&certs[0].der);
	return 0;
}

static struct session_ask
plain_ask(void)
{
	return (struct session_ask) { .host = "rdp.corp.example",
		.credential = RDP_CREDENTIAL_SMARTCARD, .module = "/m.so",
		.client = "xfreerdp3", .objects = &objects,
		.kdc_hostname = "dc1.corp.example" };
}

static void
the_user_is_the_certificates(void **state)
{
	struct session_ask ask = plain_ask();
	auto_done(session) s = { 0 };

	(void)state;
	OK(session_init(&s, &ask));
	assert_string_equal(s.who.user, "alice");
	assert_string_equal(s.who.realm, "CORP.EXAMPLE");
}

static void
another_user_needs_kerberos(void **state)
{
	struct session_ask ask = plain_ask();
	auto_done(session) s = { 0 };

	(void)state;
	ask.user = "bob";
	FAILS_SAYING(SG_EARG, "is that of alice@corp.example, not of "
	    "bob@corp.example", session_init(&s, &ask));
	ask.credential = RDP_CREDENTIAL_KERBEROS;
	OK(session_init(&s, &ask));
	assert_string_equal(s.who.user, "bob");
	assert_string_equal(s.who.realm, "CORP.EXAMPLE");
}

static void
a_realm_can_be_named(void **state)
{
	struct session_ask ask = plain_ask();
	auto_done(session) s = { 0 };

	(void)state;
	ask.credential = RDP_CREDENTIAL_KERBEROS;
	ask.user = "alice@ad.corp.example";
	OK(session_init(&s, &ask));
	assert_string_equal(s.who.realm, "AD.CORP.EXAMPLE");
}

static void
what_does_not_go_together_is_refused(void **state)
{
	struct session_ask ask = plain_ask();
	auto_done(session) s = { 0 };

	(void)state;
	ask.remote_guard = true;
	FAILS_SAYING(SG_EARG, "--credential kerberos",
	    session_init(&s, &ask));
	ask = plain_ask();
	ask.host = "10.0.0.1";
	FAILS(SG_EARG, session_init(&s, &ask));
}

static void
the_plan_shows_no_secret_and_no_file(void **state)
{
	struct session_ask ask = plain_ask();
	auto_done(session) s = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	OK(session_init(&s, &ask));
	OK(session_plan(&s, &b));
	OK(buf_terminate(&b));
	assert_non_null(strstr((char *)b.p, "user: alice@CORP.EXAMPLE\n"));
	assert_non_null(strstr((char *)b.p,
	    "kdc certificate for: dc1.corp.example\n"));
	assert_non_null(strstr((char *)b.p, "/v:rdp.corp.example\n"));
	assert_non_null(strstr((char *)b.p, "/p:<a session PIN>\n"));
}

static void
check_client(const char *program, const char *text, const char *says)
{
	char path[] = "/tmp/signet-test-XXXXXX";
	struct session_ask ask = plain_ask();
	auto_done(session) s = { 0 };

	if (text != NULL) {
		int fd = mkstemp(path);

		assert_true(fd >= 0);
		OK(file_write_fd(fd, bytes_str(text), path));
		(void)close(fd);
		OK(file_replace(path, bytes_str(text), 0700));
		program = path;
	}
	ask.client = program;
	OK(session_init(&s, &ask));
	if (says == NULL)
		OK(session_check_client(&s));
	else
		FAILS_SAYING(text != NULL ? SG_EUNSUPPORTED : SG_ENOENT,
		    says, session_check_client(&s));
	if (text != NULL)
		(void)unlink(path);
}

static void
the_client_must_be_freerdp_3(void **state)
{
	(void)state;
	check_client(NULL, "#!/bin/sh\necho This is FreeRDP version 3.10.3 "
	    "'(n/a)'\n", NULL);
	check_client(NULL, "#!/bin/sh\necho This is FreeRDP version 2.11.2\n",
	    "not FreeRDP 3");
	check_client(NULL, "#!/bin/sh\necho something else\n",
	    "not FreeRDP 3");
	check_client("signet-no-such", NULL, "freerdp3-x11");
}

static size_t
certificates_in(const char *path)
{
	auto_done(buf) b = { 0 };
	size_t n = 0;

	OK(file_read(&b, path, 65536));
	OK(buf_terminate(&b));
	for (const char *p = (char *)b.p; (p = strstr(p,
	    "-----BEGIN CERTIFICATE-----\n")) != NULL; p++)
		n++;
	return n;
}

#define auto_authority \
	__attribute__((cleanup(authority_done))) struct authority

static void
trust_keeps_roots_and_intermediates_apart(void **state)
{
	auto_authority root = { 0 };
	auto_authority sub = { 0 };
	struct cert_object v[3] = { certs[0], certs[0], certs[0] };
	const struct objects o = { .certs = v, .cert_count = 3 };
	auto_done(private_folder) f = { .fd = -1 };
	auto_done(trust) t = { 0 };

	(void)state;
	fixture_ca(&root, "CN=Root", -1, NULL);
	fixture_ca(&sub, "CN=Issuing", 0, &root);
	v[0].kind = CERT_ANCHOR;
	v[0].der = root.cert->der;
	v[1].kind = CERT_INTERMEDIATE;
	v[1].der = sub.cert->der;
	(void)unsetenv("SSL_CERT_FILE");
	(void)unsetenv("XDG_RUNTIME_DIR");
	OK(private_folder_init(&f));
	OK(trust_write(&t, &f, &o));
	assert_int_equal(certificates_in(t.anchors), 1);
	assert_int_equal(certificates_in(t.pool), 1);
	assert_int_equal(certificates_in(t.both), 2);
}

/* TLS takes every root in its file for an anchor, and storing intermediates
 * needs no PIN. */
static void
a_root_among_intermediates_is_no_anchor(void **state)
{
	auto_authority root = { 0 };
	auto_authority sub = { 0 };
	struct cert_object v[2] = { certs[0], certs[0] };
	const struct objects o = { .certs = v, .cert_count = 2 };
	auto_done(private_folder) f = { .fd = -1 };
	auto_done(trust) t = { 0 };

	(void)state;
	fixture_ca(&root, "CN=Somebody's Root", -1, NULL);
	fixture_ca(&sub, "CN=Somebody's Issuing CA", 0, &root);
	v[0].kind = v[1].kind = CERT_INTERMEDIATE;
	v[0].der = root.cert->der;
	v[1].der = sub.cert->der;
	(void)unsetenv("SSL_CERT_FILE");
	(void)unsetenv("XDG_RUNTIME_DIR");
	OK(private_folder_init(&f));
	OK(trust_write(&t, &f, &o));
	assert_null(t.anchors);
	assert_int_equal(certificates_in(t.pool), 1);
	assert_int_equal(certificates_in(t.both), 1);
}

static void
trust_adds_to_the_persons_own(void **state)
{
	struct cert_object v[1] = { certs[0] };
	const struct objects o = { .certs = v, .cert_count = 1 };
	auto_done(private_folder) f = { .fd = -1 };
	auto_done(trust) t = { 0 };
	auto_str own = NULL;

	(void)state;
	v[0].kind = CERT_ANCHOR;
	(void)unsetenv("XDG_RUNTIME_DIR");
	OK(private_folder_init(&f));
	OK(private_folder_write(&f, "own.pem", bytes_str(
	    "-----BEGIN CERTIFICATE-----\nx\n"), &own));
	assert_int_equal(setenv("SSL_CERT_FILE", own, 1), 0);
	OK(trust_write(&t, &f, &o));
	assert_int_equal(certificates_in(t.both), 2);
	assert_int_equal(certificates_in(t.anchors), 1);
	assert_null(t.pool);
}

static void
a_cards_pin_is_shown_to_no_host(void **state)
{
	static char name[] = "badge", token[] = "staff", serial[] = "0815";
	struct key_object keys[] = { { .name = name, .token = token,
	    .serial = serial, .provider = KSP_SMARTCARD } };
	struct objects have = { .certs = certs, .cert_count = 1,
		.keys = keys, .key_count = 1 };
	struct session_ask ask = plain_ask();
	auto_done(session) s = { 0 };
	const struct key_object *k = NULL;

	(void)state;
	ask.objects = &have;
	certs[0].key = name;
	OK(session_init(&s, &ask));
	FAILS_SAYING(SG_EARG, "on the card 'staff' (serial 0815)",
	    session_key(&s, &k));
	ask.credential = RDP_CREDENTIAL_KERBEROS;
	OK(session_key(&s, &k));
	assert_ptr_equal(k, &keys[0]);
	ask.credential = RDP_CREDENTIAL_SMARTCARD;
	keys[0].provider = KSP_SOFTWARE;
	FAILS_SAYING(SG_EARG, "no card shows", session_key(&s, &k));
	keys[0].provider = KSP_PASSPORT;
	OK(session_key(&s, &k));
	have.key_count = 0;
	FAILS_SAYING(SG_ENOENT, "names a key that is not there",
	    session_key(&s, &k));
	certs[0].key = NULL;
}

static void
a_slot_of_a_module_is_named_for_kerberos(void **state)
{
	auto_str id = NULL, *none = NULL;

	(void)state;
	OK(tgt_slot_identity("/m.so", 1609590214, "0a0b", &id));
	assert_string_equal(id,
	    "PKCS11:module_name=/m.so:slotid=1609590214:certid=0a0b");
	FAILS(SG_EARG, tgt_slot_identity("/m:n.so", 1, "0a", &none));
	FAILS(SG_EARG, tgt_module_identity("/m,n.so", "0a", &none));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_user_is_the_certificates),
		cmocka_unit_test(another_user_needs_kerberos),
		cmocka_unit_test(a_realm_can_be_named),
		cmocka_unit_test(what_does_not_go_together_is_refused),
		cmocka_unit_test(the_plan_shows_no_secret_and_no_file),
		cmocka_unit_test(the_client_must_be_freerdp_3),
		cmocka_unit_test(trust_keeps_roots_and_intermediates_apart),
		cmocka_unit_test(a_root_among_intermediates_is_no_anchor),
		cmocka_unit_test(trust_adds_to_the_persons_own),
		cmocka_unit_test(a_cards_pin_is_shown_to_no_host),
		cmocka_unit_test(a_slot_of_a_module_is_named_for_kerberos),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
