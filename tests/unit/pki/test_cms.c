/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "pki/cms.h"

/* What an administrator types must open it, so the test types it. */

#define PLAIN "123456-654321-abcdef"

static void
public_pem(struct buf *out, const char *dir)
{
	auto_str path = NULL, *command = NULL;

	OK(str_printf(&command, "openssl pkey -in %s/key.pem -pubout "
	    "-out %s/pub.pem", dir, dir));
	assert_int_equal(system(command), 0);
	OK(str_printf(&path, "%s/pub.pem", dir));
	OK(file_read(out, path, 65536));
}

static void
folder_remove(const char *dir)
{
	auto_str command = NULL;

	OK(str_printf(&command, "rm -r %s", dir));
	assert_int_equal(system(command), 0);
}

static void
opens(const char *dir, struct bytes sealed)
{
	auto_str path = NULL, *out = NULL, *command = NULL;
	auto_done(buf) plain = { 0 };

	OK(str_printf(&path, "%s/sealed", dir));
	OK(file_replace(path, sealed, 0600));
	OK(str_printf(&command, "openssl cms -decrypt -inform DER -in %s "
	    "-inkey %s/key.pem > %s/plain", path, dir, dir));
	assert_int_equal(system(command), 0);
	OK(str_printf(&out, "%s/plain", dir));
	OK(file_read(&plain, out, 4096));
	assert_true(bytes_eq(buf_bytes(&plain), bytes_str(PLAIN)));
}

static void
a_public_key_s_owner_opens_it(void **state)
{
	(void)state;
	for (int rsa = 0; rsa < 2; rsa++) {
		char dir[] = "/tmp/signet-test-XXXXXX";
		auto_free(pkey) k = NULL;
		auto_done(secret) pem = { 0 };
		auto_done(buf) public = { 0 }, sealed = { 0 };
		auto_str path = NULL;

		assert_non_null(mkdtemp(dir));
		OK(rsa ? pkey_new_rsa(&k, 2048) : pkey_new_p256(&k));
		OK(pkey_private_pem(k, NULL, &pem));
		OK(str_printf(&path, "%s/key.pem", dir));
		OK(file_replace(path, secret_bytes(&pem), 0600));
		public_pem(&public, dir);
		OK(cms_seal(&sealed, bytes_str(PLAIN), buf_bytes(&public)));
		assert_null(memmem(sealed.p, sealed.n, PLAIN, 10));
		opens(dir, buf_bytes(&sealed));
		folder_remove(dir);
	}
}

static void
a_certificate_s_owner_opens_it(void **state)
{
	char dir[] = "/tmp/signet-test-XXXXXX";
	auto_done(authority) a = { 0 };
	auto_done(secret) pem = { 0 };
	auto_done(buf) text = { 0 }, sealed = { 0 };
	auto_str path = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fixture_ca(&a, "CN=administrator", -1, NULL);
	OK(pkey_private_pem(a.key, NULL, &pem));
	OK(str_printf(&path, "%s/key.pem", dir));
	OK(file_replace(path, secret_bytes(&pem), 0600));
	OK(cert_pem(&text, a.cert));
	OK(cms_seal(&sealed, bytes_str(PLAIN), buf_bytes(&text)));
	opens(dir, buf_bytes(&sealed));
	folder_remove(dir);
}

static void
other_files_are_refused(void **state)
{
	auto_done(buf) sealed = { 0 };

	(void)state;
	FAILS(SG_EFORMAT, cms_seal(&sealed, bytes_str(PLAIN),
	    bytes_str("not a key")));
	FAILS(SG_ELIMIT, cms_seal(&sealed, bytes_of(PLAIN, CMS_PLAIN_MAX + 1),
	    bytes_str("not a key")));
	assert_int_equal(sealed.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_public_key_s_owner_opens_it),
		cmocka_unit_test(a_certificate_s_owner_opens_it),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
