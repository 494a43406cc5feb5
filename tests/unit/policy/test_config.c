/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <unistd.h>

#include "base/file.h"
#include "policy/config.h"

static enum sg_err
parse(struct config *c, const char *text)
{
	return config_parse(c, bytes_str(text), "f");
}

static void
every_setting_is_read(void **state)
{
	auto_done(config) c = { 0 };
	const struct config_host *h;

	(void)state;
	OK(parse(&c, "# ours\n[prompt]\npinentry = /usr/bin/pinentry-tty\n"
	    "[pkcs11]\npin-entry = protected\n"
	    "[rdp]\nclient = /opt/xfreerdp\ncredential = kerberos\n"
	    "[rdp *.corp.example]\ncredential = smartcard\n"
	    "remote-guard = yes\n"
	    "[kerberos]\nkdc-hostname = dc1.corp.example\n"));
	assert_string_equal(c.pinentry, "/usr/bin/pinentry-tty");
	assert_int_equal(c.pin_entry, PIN_ENTRY_PROTECTED);
	assert_string_equal(c.rdp_client, "/opt/xfreerdp");
	assert_string_equal(c.kdc_hostname, "dc1.corp.example");
	assert_int_equal(c.credential, RDP_CREDENTIAL_KERBEROS);
	h = config_host_find(&c, "RDP.Corp.Example");
	assert_non_null(h);
	assert_int_equal(h->credential, RDP_CREDENTIAL_SMARTCARD);
	assert_true(h->remote_guard && h->remote_guard_set);
	assert_null(config_host_find(&c, "rdp.other.example"));
}

static void
a_later_file_replaces_an_earlier_one(void **state)
{
	auto_done(config) c = { 0 };

	(void)state;
	OK(parse(&c, "[prompt]\npinentry=a\n[rdp *]\ncredential=smartcard\n"
	    "[rdp x]\nremote-guard=on\n"));
	OK(parse(&c, "[prompt]\npinentry=b\n[rdp x]\nremote-guard=off\n"
	    "[rdp *]\ncredential=kerberos\n"));
	assert_string_equal(c.pinentry, "b");
	assert_int_equal(c.host_count, 3);
	assert_int_equal(config_host_find(&c, "x")->credential,
	    RDP_CREDENTIAL_KERBEROS);
}

static void
a_module_reaches_the_cards_or_none_does(void **state)
{
	auto_done(config) c = { 0 };

	(void)state;
	OK(parse(&c, "[smartcard]\nmodule = /usr/lib/opensc-pkcs11.so\n"));
	assert_string_equal(c.card_module, "/usr/lib/opensc-pkcs11.so");
	assert_false(c.cards_off);
	OK(parse(&c, "[smartcard]\nmodule = none\n"));
	assert_null(c.card_module);
	assert_true(c.cards_off);
	OK(parse(&c, "[smartcard]\nmodule = /x.so\n"));
	assert_false(c.cards_off);
	FAILS_SAYING(SG_EFORMAT, "whole path",
	    parse(&c, "[smartcard]\nmodule = x.so\n"));
	FAILS_SAYING(SG_EFORMAT, "unknown key 'reader' in [smartcard]",
	    parse(&c, "[smartcard]\nreader = 1\n"));
}

static void
what_is_unknown_is_named_with_its_line(void **state)
{
	auto_done(config) c = { 0 };

	(void)state;
	FAILS_SAYING(SG_EFORMAT, "f:2: unknown key 'pin-entri' in [pkcs11]",
	    parse(&c, "[pkcs11]\npin-entri = auto\n"));
	FAILS_SAYING(SG_EFORMAT, "f:3: unknown section [promt]",
	    parse(&c, "\n[promt]\npinentry = x\n"));
	FAILS_SAYING(SG_EFORMAT, "f:2: unknown section [prompt x]",
	    parse(&c, "[prompt x]\npinentry = x\n"));
	FAILS_SAYING(SG_EFORMAT, "f:1: the key 'a' stands before",
	    parse(&c, "a = b\n"));
	FAILS_SAYING(SG_EFORMAT, "not 'both'",
	    parse(&c, "[rdp]\ncredential = both\n"));
	FAILS_SAYING(SG_EFORMAT, "f:2: 'maybe' is neither yes nor no",
	    parse(&c, "[rdp h]\nremote-guard = maybe\n"));
	FAILS(SG_EFORMAT, parse(&c, "[pkcs11]\npin-entry = never\n"));
	FAILS(SG_EFORMAT, parse(&c, "[prompt]\npinentry =\n"));
	FAILS(SG_EFORMAT, parse(&c, "[kerberos]\nx = y\n"));
	FAILS(SG_EFORMAT, parse(&c, "[rdp h]\nclient = y\n"));
}

static void
host_sections_have_a_limit(void **state)
{
	auto_done(config) c = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	for (int i = 0; i <= CONFIG_HOST_MAX; i++)
		OK(buf_printf(&b, "[rdp h%d]\ncredential = kerberos\n", i));
	FAILS(SG_ELIMIT, config_parse(&c, buf_bytes(&b), "f"));
	assert_int_equal(c.host_count, CONFIG_HOST_MAX);
}

static void
the_environment_can_name_one_file(void **state)
{
	char dir[] = "/tmp/signet-config-XXXXXX";
	auto_str path = NULL;
	auto_done(config) c = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	OK(str_printf(&path, "%s/c", dir));
	assert_int_equal(setenv("SIGNET_CONFIG", path, 1), 0);
	FAILS_SAYING(SG_ENOENT, "$SIGNET_CONFIG: ", config_load(&c));
	OK(file_replace(path, bytes_str("[prompt]\npinentry = p\n"), 0600));
	OK(config_load(&c));
	assert_string_equal(c.pinentry, "p");
	OK(file_remove(path));
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(unsetenv("SIGNET_CONFIG"), 0);
}

static void
ones_own_file_is_found(void **state)
{
	char dir[] = "/tmp/signet-config-XXXXXX";
	auto_str folder = NULL;
	auto_str path = NULL;
	auto_done(config) none = { 0 };
	auto_done(config) c = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("XDG_CONFIG_HOME", dir, 1), 0);
	OK(config_load(&none));
	OK(str_printf(&folder, "%s/signet", dir));
	OK(str_printf(&path, "%s/signet.conf", folder));
	OK(folder_make(folder, 0700));
	OK(file_replace(path, bytes_str("[kerberos]\nkdc-hostname = k\n"),
	    0600));
	OK(config_load(&c));
	assert_string_equal(c.kdc_hostname, "k");
	OK(file_remove(path));
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting_is_read),
		cmocka_unit_test(a_later_file_replaces_an_earlier_one),
		cmocka_unit_test(a_module_reaches_the_cards_or_none_does),
		cmocka_unit_test(what_is_unknown_is_named_with_its_line),
		cmocka_unit_test(host_sections_have_a_limit),
		cmocka_unit_test(the_environment_can_name_one_file),
		cmocka_unit_test(ones_own_file_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
