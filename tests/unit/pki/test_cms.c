/* SPDX-License-Identifier: BSD-2-Clause */

/* What we encrypt is opened by the openssl program, as the manual says. */

#include "../test.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/pkey.h"
#include "pki/cms.h"

static char folder[] = "/tmp/signet-test-XXXXXX";

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	(void)unlink("key.pem");
	(void)unlink("sealed");
	return chdir("/") != 0 || rmdir(folder) != 0;
}

/* Runs a shell command and reads what it prints. */
static void
run(const char *command, struct buf *out)
{
	FILE *p = popen(command, "r");

	assert_non_null(p);
	OK(file_read_fd(out, fileno(p), 1 << 16, "pipe"));
	assert_int_equal(pclose(p), 0);
}

static void
round_trip(const char *genpkey, const char *public)
{
	auto_done(buf) pem = { 0 };
	auto_done(buf) sealed = { 0 };
	auto_done(buf) plain = { 0 };
	auto_done(secret) code = { 0 };

	run(genpkey, &plain);
	run(public, &pem);
	OK(secret_set(&code, "W1XJ-VR6Z", 9));
	OK(cms_encrypt(buf_bytes(&pem), &code, &sealed));
	assert_null(memmem(sealed.p, sealed.n, "W1XJ", 4));
	OK(file_replace("sealed", buf_bytes(&sealed), 0600));
	run("openssl cms -decrypt -inform DER -in sealed -inkey key.pem",
	    &plain);
	assert_true(bytes_eq(buf_bytes(&plain), bytes_str("W1XJ-VR6Z")));
}

#define RSA_KEY "openssl genpkey -quiet -algorithm RSA -pkeyopt " \
	"rsa_keygen_bits:2048 -out key.pem"
#define EC_KEY "openssl genpkey -quiet -algorithm EC -pkeyopt " \
	"ec_paramgen_curve:P-256 -out key.pem"
#define PUBLIC "openssl pkey -in key.pem -pubout"
#define CERTIFICATE "openssl req -x509 -key key.pem -subj /CN=admin"

static void
openssl_opens_it_with_each_kind_of_key(void **state)
{
	(void)state;
	round_trip(RSA_KEY, PUBLIC);
	round_trip(RSA_KEY, CERTIFICATE);
	round_trip(EC_KEY, PUBLIC);
	round_trip(EC_KEY, CERTIFICATE);
}

static void
what_is_no_key_is_refused(void **state)
{
	auto_done(secret) code = { 0 };
	auto_done(buf) out = { 0 };
	auto_done(buf) big = { 0 };
	uint8_t *at;

	(void)state;
	OK(secret_set(&code, "x", 1));
	FAILS(SG_EFORMAT, cms_encrypt(bytes_str("no PEM"), &code, &out));
	FAILS(SG_EFORMAT, cms_encrypt(bytes_str(
	    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
	    &code, &out));
	OK(buf_extend(&big, CMS_RECIPIENT_MAX + 1, &at));
	FAILS(SG_ELIMIT, cms_encrypt(buf_bytes(&big), &code, &out));
	assert_int_equal(out.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_opens_it_with_each_kind_of_key),
		cmocka_unit_test(what_is_no_key_is_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
