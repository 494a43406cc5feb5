/* SPDX-License-Identifier: BSD-2-Clause */
#include "swtpm.h"

#include "crypto/digest.h"
#include "tpm/bound.h"

static void
words(struct secret *s, const char *text)
{
	secret_done(s);
	OK(secret_set(s, text, strlen(text)));
}

static void
check_signature(struct tpm_bound *k, enum sign_scheme scheme,
    enum digest hash)
{
	struct signer s = tpm_bound_signer(k);
	auto_done(buf) spki = { 0 };
	auto_done(buf) sig = { 0 };
	auto_free(pkey) public = NULL;
	uint8_t digest[64];

	OK(random_fill(digest, sizeof(digest)));
	OK(s.ops->spki(s.ctx, &spki));
	OK(pkey_from_spki(&public, buf_bytes(&spki)));
	OK(s.ops->sign(s.ctx, scheme, hash, bytes_of(digest,
	    digest_size(hash)), &sig));
	OK(pkey_verify(public, scheme, hash, bytes_of(digest,
	    digest_size(hash)), buf_bytes(&sig)));
}

static void
keys_of_each_kind_sign(void **state)
{
	static const struct {
		enum key_kind kind;
		unsigned bits;
		enum sign_scheme scheme;
	} keys[] = {
		{ KEY_RSA, 2048, SIGN_RSA_PKCS1 },
		{ KEY_RSA, 3072, SIGN_RSA_PKCS1 },
		{ KEY_EC, 256, SIGN_ECDSA },
		{ KEY_EC, 384, SIGN_ECDSA },
	};
	struct fixture *f = *state;
	auto_done(secret) pass = { 0 };

	words(&pass, "correct horse");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		auto_done(tpm_blobs) b = { 0 };
		auto_free(tpm_bound) k = NULL;

		OK(tpm_bound_make(f->t, keys[i].kind, keys[i].bits, &pass,
		    &b));
		OK(tpm_bound_load(&k, f->t, &b, &pass));
		check_signature(k, keys[i].scheme, DIGEST_SHA256);
		check_signature(k, keys[i].scheme, DIGEST_SHA384);
	}
}

static void
a_wrong_passphrase_is_told_and_not_counted(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) pass = { 0 };
	auto_done(tpm_blobs) b = { 0 };
	auto_done(buf) out = { 0 };
	auto_free(tpm_bound) k = NULL;
	struct tpm_info info;
	struct signer s;
	uint8_t digest[32] = { 1 };

	words(&pass, "correct horse");
	OK(tpm_bound_make(f->t, KEY_EC, 256, &pass, &b));
	words(&pass, "battery staple");
	OK(tpm_bound_load(&k, f->t, &b, &pass));
	s = tpm_bound_signer(k);
	for (int i = 0; i < 8; i++)
		FAILS(SG_EPIN, s.ops->sign(s.ctx, SIGN_ECDSA, DIGEST_SHA256,
		    bytes_of(digest, 32), &out));
	OK(tpm_info(f->t, &info));
	assert_int_equal(info.lockout_counter, 0);
	FAILS(SG_EUNSUPPORTED, s.ops->sign(s.ctx, SIGN_RSA_PSS, DIGEST_SHA256,
	    bytes_of(digest, 32), &out));
	assert_int_equal(out.n, 0);
}

static void
a_key_outlives_the_tpms_power_and_needs_no_passphrase(void **state)
{
	struct fixture *f = *state;
	auto_done(tpm_blobs) b = { 0 };
	auto_free(tpm_bound) k = NULL;

	OK(tpm_bound_make(f->t, KEY_EC, 256, NULL, &b));
	fixture_reset(f);
	OK(tpm_bound_load(&k, f->t, &b, NULL));
	check_signature(k, SIGN_ECDSA, DIGEST_SHA256);
	tpm_bound_free(k);
	k = NULL;
}

static void
what_cannot_be_is_refused(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) pass = { 0 };
	auto_done(tpm_blobs) b = { 0 };
	auto_free(tpm_bound) k = NULL;

	FAILS(SG_EUNSUPPORTED, tpm_bound_make(f->t, KEY_RSA, 1024, NULL, &b));
	FAILS(SG_EUNSUPPORTED, tpm_bound_make(f->t, KEY_EC, 521, NULL, &b));
	FAILS_SAYING(SG_EUNSUPPORTED, "this TPM makes no RSA keys of 4096",
	    tpm_bound_make(f->t, KEY_RSA, 4096, NULL, &b));
	words(&pass, "a passphrase of more than thirty-two bytes");
	FAILS_SAYING(SG_EARG, "at most 32",
	    tpm_bound_make(f->t, KEY_EC, 256, &pass, &b));
	OK(tpm_bound_make(f->t, KEY_EC, 256, NULL, &b));
	b.private.p[40] ^= 1;
	FAILS_SAYING(SG_ENOENT, "another TPM",
	    tpm_bound_load(&k, f->t, &b, NULL));
	b.private.n--;
	FAILS_SAYING(SG_EFORMAT, "malformed",
	    tpm_bound_load(&k, f->t, &b, NULL));
	assert_null(k);
}

static void
a_containers_key_is_not_one_of_these(void **state)
{
	struct fixture *f = *state;
	struct tpm_blobs b = { f->key.public, f->key.private };
	auto_free(tpm_bound) k = NULL;

	FAILS_SAYING(SG_EFORMAT, "with a passphrase",
	    tpm_bound_load(&k, f->t, &b, NULL));
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(keys_of_each_kind_sign),
		CASE(a_wrong_passphrase_is_told_and_not_counted),
		CASE(a_key_outlives_the_tpms_power_and_needs_no_passphrase),
		CASE(what_cannot_be_is_refused),
		CASE(a_containers_key_is_not_one_of_these),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
