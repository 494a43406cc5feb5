/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <unistd.h>

#include "base/file.h"
#include "ca/serve_config.h"

static char folder[] = "/tmp/signet-test-XXXXXX";

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
remove_folder(void **state)
{
	auto_str path = NULL;

	(void)state;
	OK(str_printf(&path, "%s/serve.conf", folder));
	(void)unlink(path);
	return rmdir(folder);
}

static enum sg_err
read_text(struct serve_config *out, const char *text)
{
	auto_str path = NULL;

	OK(str_printf(&path, "%s/serve.conf", folder));
	OK(file_replace(path, bytes_str(text), 0644));
	return serve_config_read(out, folder);
}

static void
without_a_file_all_is_usual(void **state)
{
	auto_done(serve_config) c = { 0 };

	(void)state;
	OK(serve_config_read(&c, folder));
	assert_int_equal(c.delta_hours, 0);
	assert_int_equal(c.ocsp_minutes, 60);
	assert_string_equal(c.ocsp_key, "p256");
	assert_string_equal(c.listen, "127.0.0.1:8080");
	assert_false(c.enroll_http);
}

static void
everything_can_be_said(void **state)
{
	auto_done(serve_config) c = { 0 };

	(void)state;
	OK(read_text(&c, "[crl]\ndelta-url = http://a.example/d.crl\n"
	    "delta-url = ldap://b/c?x\ndelta-hours = 6\n[ocsp]\nminutes = 5\n"
	    "key = rsa2048\n"
	    "[http]\nlisten = 0.0.0.0:80\nconnections = 9\n"
	    "connections-per-address = 3\nadmin = 127.0.0.1:1\n"
	    "[signer]\nnetwork = yes\n[enroll]\nover-http = yes\n"));
	assert_int_equal(c.delta_hours, 6);
	assert_int_equal(c.delta_urls.n, 2);
	assert_string_equal(c.delta_urls.v[1], "ldap://b/c?x");
	assert_int_equal(c.ocsp_minutes, 5);
	assert_string_equal(c.ocsp_key, "rsa2048");
	assert_string_equal(c.listen, "0.0.0.0:80");
	assert_int_equal(c.connections, 9);
	assert_string_equal(c.admin, "127.0.0.1:1");
	assert_true(c.network && c.enroll_http);
	assert_int_equal(c.per_address, 3);
}

static void
a_delta_list_has_a_url(void **state)
{
	auto_done(serve_config) c = { 0 }, none = { 0 }, off = { 0 };

	(void)state;
	OK(read_text(&c, "[crl]\ndelta-url = http://a.example/d.crl\n"));
	assert_int_equal(c.delta_hours, 24);
	FAILS(SG_EFORMAT, read_text(&none, "[crl]\ndelta-hours = 1\n"));
	OK(read_text(&off, "[crl]\ndelta-hours = 0\n"
	    "delta-url = http://a.example/d.crl\n"));
	assert_int_equal(off.delta_hours, 0);
}

static void
mistakes_name_the_line(void **state)
{
	static const char *const bad[] = { "[crl]\ndelta-url = nonsense\n",
		"[crl]\ndelta-url = http://a b\n", "[ocsp]\nminutes = 0\n",
		"[http]\nconnections = many\n", "[http]\nport = 80\n",
		"[signer]\nnetwork = perhaps\n" };
	auto_done(serve_config) c = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_not_equal(read_text(&c, bad[i]), SG_OK);
		assert_non_null(strstr(sg_note(SG_EFORMAT),
		    "serve.conf:2"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file_all_is_usual),
		cmocka_unit_test(everything_can_be_said),
		cmocka_unit_test(a_delta_list_has_a_url),
		cmocka_unit_test(mistakes_name_the_line),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
