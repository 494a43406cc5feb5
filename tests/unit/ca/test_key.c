/* SPDX-License-Identifier: BSD-2-Clause */
#include "../p11/softhsm.h"
#include "../tpm/swtpm.h"

#include "ca/key.h"
#include "crypto/digest.h"

static void
words(struct secret *s, const char *text)
{
	secret_done(s);
	OK(secret_set(s, text, strlen(text)));
}

static void
check_signature(struct ca_key *k, struct ca_key_type type)
{
	struct signer s = ca_key_signer(k);
	enum sign_scheme scheme = type.kind == KEY_RSA ? SIGN_RSA_PKCS1
	    : SIGN_ECDSA;
	auto_done(buf) spki = { 0 };
	auto_done(buf) sig = { 0 };
	auto_free(pkey) public = NULL;
	uint8_t digest[SHA256_LEN];

	OK(random_fill(digest, sizeof(digest)));
	OK(s.ops->spki(s.ctx, &spki));
	OK(pkey_from_spki(&public, buf_bytes(&spki)));
	assert_int_equal(pkey_bits(public), type.bits);
	OK(s.ops->sign(s.ctx, scheme, DIGEST_SHA256,
	    bytes_of(digest, sizeof(digest)), &sig));
	OK(pkey_verify(public, scheme, DIGEST_SHA256,
	    bytes_of(digest, sizeof(digest)), buf_bytes(&sig)));
}

/* Makes one, signs, opens what was kept, signs. */
static void
make_and_open(const char *type, const char *place,
    const struct ca_key_access *a, struct secret *keep)
{
	auto_free(ca_key) made = NULL;
	auto_free(ca_key) again = NULL;
	struct ca_key_type t;

	OK(ca_key_type_parse(&t, type));
	OK(ca_key_make(&made, t, place, a, keep));
	check_signature(made, t);
	ca_key_free(made);
	made = NULL;
	OK(ca_key_open(&again, secret_bytes(keep), a));
	check_signature(again, t);
}

static void
keys_live_in_files(void **state)
{
	static const char *const types[] = { "rsa2048", "rsa3072", "p256",
		"p384" };
	auto_done(secret) pass = { 0 };
	struct ca_key_access a = { 0 };

	(void)state;
	words(&pass, "correct horse");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		auto_done(secret) plain = { 0 };
		auto_done(secret) closed = { 0 };
		auto_free(ca_key) k = NULL;

		a.passphrase = NULL;
		make_and_open(types[i], "file", &a, &plain);
		a.passphrase = &pass;
		make_and_open(types[i], "file", &a, &closed);
		a.passphrase = NULL;
		FAILS(SG_EPIN, ca_key_open(&k, secret_bytes(&closed), &a));
	}
}

static void
keys_live_in_tokens(void **state)
{
	auto_done(secret) pin = { 0 };
	auto_done(secret) rsa = { 0 };
	auto_done(secret) ec = { 0 };
	struct ca_key_access a = { &pin, NULL };
	auto_free(ca_key) k = NULL;

	(void)state;
	words(&pin, SOFTHSM_PIN);
	make_and_open("rsa4096", KEY("root"), &a, &rsa);
	make_and_open("p384", KEY("issuing"), &a, &ec);
	assert_memory_equal(ec.p, KEY("issuing") "\n", ec.n);
	words(&pin, "9999");
	FAILS(SG_EPIN, ca_key_open(&k, secret_bytes(&rsa), &a));
	a.passphrase = NULL;
	FAILS(SG_EARG, ca_key_open(&k, secret_bytes(&rsa), &a));
}

static void
keys_live_in_the_tpm(void **state)
{
	struct swtpm swtpm;
	auto_done(secret) pass = { 0 };
	auto_done(secret) open = { 0 };
	auto_done(secret) closed = { 0 };
	struct ca_key_access a = { NULL, swtpm.tcti };
	auto_free(ca_key) k = NULL;

	(void)state;
	swtpm_start(&swtpm);
	make_and_open("p256", "tpm", &a, &open);
	words(&pass, "correct horse");
	a.passphrase = &pass;
	make_and_open("rsa2048", "tpm", &a, &closed);
	a.passphrase = NULL;
	FAILS_SAYING(SG_EPIN, "has a passphrase",
	    ca_key_open(&k, secret_bytes(&closed), &a));
	swtpm_stop(&swtpm);
	FAILS(SG_ETPM, ca_key_open(&k, secret_bytes(&open), &a));
}

static void
what_is_no_place_or_type_is_named(void **state)
{
	auto_done(secret) keep = { 0 };
	struct ca_key_access a = { 0 };
	auto_free(ca_key) k = NULL;
	struct ca_key_type t;

	(void)state;
	FAILS_SAYING(SG_EARG, "'rsa1024' is none of",
	    ca_key_type_parse(&t, "rsa1024"));
	OK(ca_key_type_parse(&t, "p256"));
	FAILS_SAYING(SG_EARG, "'floppy' is no place",
	    ca_key_make(&k, t, "floppy", &a, &keep));
	FAILS(SG_EFORMAT, ca_key_open(&k, bytes_str("no key"), &a));
}

static void
is_place(const char *kept, const char *place)
{
	auto_str got = NULL;

	OK(ca_key_place(&got, bytes_str(kept)));
	assert_string_equal(got, place);
}

static void
next_is(const char *place, unsigned number, const char *next)
{
	auto_str got = NULL;

	OK(ca_key_place_next(&got, place, number));
	assert_string_equal(got, next);
}

static void
the_next_key_is_made_where_the_last_is(void **state)
{
	char *none = NULL;

	(void)state;
	is_place("-----BEGIN PRIVATE KEY-----\n", "file");
	is_place("-----BEGIN TSS2 PRIVATE KEY-----\n", "tpm");
	is_place("pkcs11:token=ca;object=a\n", "pkcs11:token=ca;object=a");
	next_is("file", 1, "file");
	next_is("tpm", 1, "tpm");
	next_is("pkcs11:token=ca;object=a?module-path=/b", 1,
	    "pkcs11:token=ca;object=a(1)?module-path=/b");
	next_is("pkcs11:object=a(1);token=ca", 12,
	    "pkcs11:object=a(12);token=ca");
	next_is("pkcs11:object=a()", 2, "pkcs11:object=a()(2)");
	next_is("pkcs11:object=(3)", 4, "pkcs11:object=(4)");
	FAILS_SAYING(SG_EARG, "--key-at", ca_key_place_next(&none,
	    "pkcs11:token=ca", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_key_is_made_where_the_last_is),
		cmocka_unit_test(keys_live_in_files),
		cmocka_unit_test(keys_live_in_tokens),
		cmocka_unit_test(keys_live_in_the_tpm),
		cmocka_unit_test(what_is_no_place_or_type_is_named),
	};

	tpm_quiet();
	return cmocka_run_group_tests(tests, softhsm_setup,
	    softhsm_teardown);
}
