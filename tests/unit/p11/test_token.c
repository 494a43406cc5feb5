/* SPDX-License-Identifier: BSD-2-Clause */
#include "../pki/fixture.h"
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

static void
tokens_that_are_there_are_listed(void **state)
{
	auto_done(token_list) l = { 0 };
	auto_free(token) t = NULL;
	auto_str uri = NULL, *module = NULL;

	(void)state;
	OK(token_list_make(&l, "/usr/lib/softhsm/libsofthsm2.so"));
	/* The third slot's is not initialised. */
	assert_int_equal(l.n, 2);
	for (size_t i = 0; i < l.n; i++)
		assert_int_equal(strlen(l.v[i].serial), 16);
	OK(token_uri(&uri, l.v[0].label, l.v[0].serial, l.v[0].module));
	OK(token_open(&t, uri));
	assert_string_equal(token_label(t), l.v[0].label);
	assert_string_equal(token_serial(t), l.v[0].serial);
	OK(token_module(t, &module));
	assert_non_null(strstr(module, "libsofthsm2.so"));
	FAILS(SG_ENOENT, token_list_make(&l, "/nowhere.so"));
}

static void
odd_labels_survive_a_uri(void **state)
{
	auto_str uri = NULL;

	(void)state;
	OK(token_uri(&uri, "a;b c/?%", NULL, NULL));
	assert_string_equal(uri, "pkcs11:token=a%3Bb%20c%2F%3F%25");
}

static void
a_key_is_found_by_its_id_and_erased(void **state)
{
	auto_free(token) t = NULL;
	auto_free(token_key) a = NULL, *b = NULL;
	auto_done(buf) id = { 0 };

	(void)state;
	open_it(&t);
	OK(token_key_make_named(&a, t, "by/id", KEY_EC, 256));
	OK(buf_add_bytes(&id, token_key_id(a)));
	OK(token_key_find_id(&b, t, buf_bytes(&id)));
	check_signature(b, SIGN_ECDSA, DIGEST_SHA256);
	token_key_free(b);
	b = NULL;
	OK(token_key_erase(a));
	FAILS_SAYING(SG_ENOENT, "no such private key",
	    token_key_find_id(&b, t, buf_bytes(&id)));
}

struct seen {
	unsigned count;
	struct buf der;
};

static enum sg_err
see(void *arg, struct bytes id, struct bytes der)
{
	struct seen *s = arg;

	assert_int_equal(id.n, 20);
	s->count++;
	return buf_set(&s->der, der);
}

static void
a_certificate_lies_beside_its_key(void **state)
{
	struct authority ca = { 0 };
	auto_free(token) t = NULL, *again = NULL;
	auto_free(token_key) k = NULL;
	auto_free(cert) x = NULL;
	auto_free(pkey) public = NULL;
	auto_done(buf) spki = { 0 }, id = { 0 };
	struct seen seen = { 0 };
	struct signer s;

	(void)state;
	fixture_ca(&ca, "CN=CA", 0, NULL);
	open_it(&t);
	OK(token_key_make_named(&k, t, "certified", KEY_RSA, 2048));
	s = token_key_signer(k);
	OK(s.ops->spki(s.ctx, &spki));
	OK(pkey_from_spki(&public, buf_bytes(&spki)));
	fixture_leaf(&x, "CN=alice", public, &ca);
	OK(buf_add_bytes(&id, token_key_id(k)));
	OK(token_cert_add(t, buf_bytes(&id), "mine", buf_bytes(&x->der)));
	/* Once is enough. */
	OK(token_cert_add(t, buf_bytes(&id), "mine", buf_bytes(&x->der)));
	OK(token_certs(t, see, &seen));
	assert_int_equal(seen.count, 1);
	assert_true(bytes_eq(buf_bytes(&seen.der), buf_bytes(&x->der)));
	OK(token_key_erase(k));
	seen.count = 0;
	OK(token_certs(t, see, &seen));
	assert_int_equal(seen.count, 0);
	buf_done(&seen.der);
	authority_done(&ca);
	FAILS(SG_ENOENT, token_open(&again, "pkcs11:serial=none?" MODULE));
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
		cmocka_unit_test(tokens_that_are_there_are_listed),
		cmocka_unit_test(odd_labels_survive_a_uri),
		cmocka_unit_test(a_key_is_found_by_its_id_and_erased),
		cmocka_unit_test(a_certificate_lies_beside_its_key),
	};

	return cmocka_run_group_tests(tests, softhsm_setup,
	    softhsm_teardown);
}
