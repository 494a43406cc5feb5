/* SPDX-License-Identifier: BSD-2-Clause */
#include "softhsm.h"

#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "p11/token.h"

static void
pin_of(struct secret *s, const char *text)
{
	OK(secret_set(s, text, strlen(text)));
}

static void
open_it(struct token **t)
{
	auto_done(secret) pin = { 0 };

	pin_of(&pin, SOFTHSM_PIN);
	OK(token_open(t, HSM));
	OK(token_login(*t, &pin));
}

static void
a_token_is_found_by_its_uri(void **state)
{
	auto_free(token) t = NULL;

	(void)state;
	OK(token_open(&t, HSM));
	assert_string_equal(token_label(t), "hsm");
	assert_true(token_wants_pin(t));
}

static void
what_is_not_one_token_is_refused_with_the_reason(void **state)
{
	auto_free(token) t = NULL;

	(void)state;
	FAILS_SAYING(SG_EARG, "2 tokens fit", token_open(&t,
	    "pkcs11:manufacturer=SoftHSM%20project?" MODULE));
	FAILS_SAYING(SG_ENOENT, "no token fits",
	    token_open(&t, "pkcs11:token=none?" MODULE));
	FAILS_SAYING(SG_ENOENT, "/nowhere.so",
	    token_open(&t, "pkcs11:token=hsm?module-path=/nowhere.so"));
	FAILS_SAYING(SG_EARG, "RFC 7512", token_open(&t, "token=hsm"));
	FAILS_SAYING(SG_EARG, "must not hold the PIN",
	    token_open(&t, HSM "&pin-value=" SOFTHSM_PIN));
	assert_null(t);
}

static void
a_wrong_pin_is_told_apart(void **state)
{
	auto_free(token) t = NULL;
	auto_free(token_key) k = NULL;
	auto_done(secret) pin = { 0 };

	(void)state;
	OK(token_open(&t, HSM));
	FAILS_SAYING(SG_EARG, "wants its PIN", token_login(t, NULL));
	FAILS_SAYING(SG_ENOENT, "after its PIN", token_key_find(&k, t, HSM));
	pin_of(&pin, "1234");
	FAILS_SAYING(SG_EPIN, "'hsm': wrong PIN", token_login(t, &pin));
}

static void
check_signature(struct token_key *k, enum sign_scheme scheme,
    enum digest hash)
{
	struct signer s = token_key_signer(k);
	auto_done(buf) spki = { 0 }, sig = { 0 };
	auto_free(pkey) public = NULL;
	uint8_t digest[64];

	OK(random_fill(digest, sizeof(digest)));
	OK(s.ops->spki(s.ctx, &spki));
	OK(pkey_from_spki(&public, buf_bytes(&spki)));
	OK(s.ops->sign(s.ctx, scheme, hash, bytes_of(digest,
	    digest_size(hash)), &sig));
	OK(pkey_verify(public, scheme, hash, bytes_of(digest,
	    digest_size(hash)), buf_bytes(&sig)));
	sig.p[sig.n - 1] ^= 1;
	FAILS(SG_EVERIFY, pkey_verify(public, scheme, hash, bytes_of(digest,
	    digest_size(hash)), buf_bytes(&sig)));
}

static void
an_rsa_key_is_made_found_again_and_signs(void **state)
{
	auto_free(token) t = NULL;
	auto_free(token_key) k = NULL;

	(void)state;
	open_it(&t);
	OK(token_key_make(&k, t, KEY("rsa"), KEY_RSA, 3072));
	token_key_free(k);
	k = NULL;
	FAILS_SAYING(SG_EEXIST, "'rsa' already",
	    token_key_make(&k, t, KEY("rsa"), KEY_RSA, 2048));
	OK(token_key_find(&k, t, KEY("rsa")));
	check_signature(k, SIGN_RSA_PKCS1, DIGEST_SHA256);
	check_signature(k, SIGN_RSA_PKCS1, DIGEST_SHA512);
	check_signature(k, SIGN_RSA_PSS, DIGEST_SHA256);
	check_signature(k, SIGN_RSA_PSS, DIGEST_SHA384);
	FAILS(SG_EUNSUPPORTED, token_key_signer(k).ops->sign(k, SIGN_ECDSA,
	    DIGEST_SHA256, bytes_of("", 0), &(struct buf) { 0 }));
}

static void
ec_keys_sign_digests_of_any_length(void **state)
{
	auto_free(token) t = NULL;
	auto_free(token_key) a = NULL;
	auto_free(token_key) b = NULL;

	(void)state;
	open_it(&t);
	OK(token_key_make(&a, t, KEY("p256"), KEY_EC, 256));
	OK(token_key_make(&b, t, KEY("p384"), KEY_EC, 384));
	check_signature(a, SIGN_ECDSA, DIGEST_SHA256);
	check_signature(a, SIGN_ECDSA, DIGEST_SHA512);
	check_signature(b, SIGN_ECDSA, DIGEST_SHA384);
	check_signature(b, SIGN_ECDSA, DIGEST_SHA256);
}

static void
several_keys_want_a_name(void **state)
{
	auto_free(token) t = NULL;
	auto_free(token_key) k = NULL;

	(void)state;
	open_it(&t);
	FAILS_SAYING(SG_EARG, "several keys", token_key_find(&k, t, HSM));
	FAILS_SAYING(SG_ENOENT, "no private key", token_key_find(&k, t,
	    KEY("none")));
	FAILS_SAYING(SG_EARG, "what to call the key",
	    token_key_make(&k, t, HSM, KEY_EC, 256));
	FAILS(SG_EUNSUPPORTED, token_key_make(&k, t, KEY("x"), KEY_RSA, 1024));
	FAILS(SG_EUNSUPPORTED, token_key_make(&k, t, KEY("x"), KEY_EC, 521));
	assert_null(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_found_by_its_uri),
		cmocka_unit_test(
		    what_is_not_one_token_is_refused_with_the_reason),
		cmocka_unit_test(a_wrong_pin_is_told_apart),
		cmocka_unit_test(an_rsa_key_is_made_found_again_and_signs),
		cmocka_unit_test(ec_keys_sign_digests_of_any_length),
		cmocka_unit_test(several_keys_want_a_name),
	};

	return cmocka_run_group_tests(tests, softhsm_setup,
	    softhsm_teardown);
}
