/* SPDX-License-Identifier: BSD-2-Clause */

/* What the TPM seals for a vault, and keys of it that ask for nothing. */

#include "swtpm.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/padding.h"
#include "tpm/free_key.h"
#include "tpm/sealed.h"

#define RSA_LEN 256

static void
what_is_sealed_comes_back_to_who_is_logged_in(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) plain = { 0 };
	auto_done(secret) back = { 0 };
	auto_done(tpm_key) k = { 0 };

	secret_number(&plain, 7);
	OK(tpm_seal(f->t, &f->v, &plain, &k));
	OK(tpm_sealed_check(&k, &f->v));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(tpm_unseal(f->t, &f->v, &f->login, &k, &back));
	assert_true(bytes_eq(secret_bytes(&plain), secret_bytes(&back)));
	/* The blob does not hold it. */
	assert_null(memmem(k.private.p, k.private.n, plain.p, plain.n));
	assert_null(memmem(k.public.p, k.public.n, plain.p, plain.n));
}

static void
without_a_login_nothing_is_unsealed(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) plain = { 0 };
	auto_done(secret) back = { 0 };
	auto_done(secret) old = { 0 };
	auto_done(tpm_key) k = { 0 };

	secret_number(&plain, 7);
	OK(tpm_seal(f->t, &f->v, &plain, &k));
	secret_number(&old, 1);
	FAILS(SG_ELOGIN, tpm_unseal(f->t, &f->v, &old, &k, &back));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(secret_set(&old, f->login.p, f->login.n));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	/* A new login ends the old one, for this too. */
	FAILS(SG_ELOGIN, tpm_unseal(f->t, &f->v, &old, &k, &back));
	assert_null(back.p);
	OK(tpm_unseal(f->t, &f->v, &f->login, &k, &back));
}

static void
another_vaults_or_changed_blobs_are_refused(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) plain = { 0 };
	auto_done(secret) back = { 0 };
	auto_done(tpm_key) k = { 0 };
	struct vault other = f->v;

	secret_number(&plain, 7);
	OK(tpm_seal(f->t, &f->v, &plain, &k));
	other.id[0] ^= 1;
	FAILS(SG_EFORMAT, tpm_sealed_check(&k, &other));
	for (size_t i = 0; i < k.public.n; i++) {
		/* All but the digest of what is sealed says what it is. */
		bool said = i < k.public.n - SHA256_LEN;

		k.public.p[i] ^= 1;
		if (said)
			FAILS(SG_EFORMAT, tpm_sealed_check(&k, &f->v));
		k.public.p[i] ^= 1;
	}
	OK(tpm_sealed_check(&k, &f->v));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	k.public.p[k.public.n - 1] ^= 1;
	FAILS(SG_EFORMAT, tpm_unseal(f->t, &f->v, &f->login, &k, &back));
	k.public.p[k.public.n - 1] ^= 1;
	/* A key is nothing sealed, and the other way. */
	FAILS(SG_EFORMAT, tpm_sealed_check(&f->key, &f->v));
	FAILS(SG_EFORMAT, tpm_key_spki(&k, &f->v, &(struct buf) { 0 }));
	FAILS(SG_EARG, tpm_key_use(f->t, &f->v, &f->login, &k,
	    bytes_of(plain.p, plain.n), &(struct buf) { 0 }));
	OK(fixture_sign(f, &f->login));
}

static void
too_much_and_nothing_are_not_sealed(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) plain = { 0 };
	auto_done(tpm_key) k = { 0 };

	OK(secret_init(&plain, TPM_SEALED_MAX + 1));
	FAILS(SG_ELIMIT, tpm_seal(f->t, &f->v, &plain, &k));
	plain.n = TPM_SEALED_MAX + 1;
	FAILS(SG_ELIMIT, tpm_seal(f->t, &f->v, &plain, &k));
}

static void
a_free_key_signs_for_who_has_its_blobs(void **state)
{
	struct fixture *f = *state;
	auto_done(tpm_key) k = { 0 };
	auto_done(buf) spki = { 0 };
	auto_done(buf) rs = { 0 };
	auto_done(buf) der = { 0 };
	auto_free(pkey) public = NULL;
	uint8_t digest[SHA256_LEN] = { 1 };
	struct bytes d = bytes_of(digest, sizeof(digest));

	OK(tpm_free_key_make(f->t, f->v.srk_name, TPM_KEY_P256, &k));
	OK(tpm_free_key_spki(&k, &spki));
	OK(pkey_from_spki(&public, buf_bytes(&spki)));
	OK(tpm_free_key_use(f->t, f->v.srk_name, &k, d, &rs));
	OK(padding_ecdsa_der(buf_bytes(&rs), &der));
	OK(pkey_verify(public, SIGN_ECDSA, DIGEST_SHA256, d,
	    buf_bytes(&der)));
	FAILS(SG_EARG, tpm_free_key_use(f->t, f->v.srk_name, &k,
	    bytes_of(digest, 3), &rs));
}

static void
a_free_rsa_key_does_the_bare_operation(void **state)
{
	struct fixture *f = *state;
	auto_done(tpm_key) k = { 0 };
	auto_done(buf) spki = { 0 };
	auto_done(buf) info = { 0 };
	auto_done(buf) block = { 0 };
	auto_done(buf) sig = { 0 };
	auto_free(pkey) public = NULL;
	uint8_t digest[SHA256_LEN] = { 1 };
	struct bytes d = bytes_of(digest, sizeof(digest));

	OK(tpm_free_key_make(f->t, f->v.srk_name, TPM_KEY_RSA2048, &k));
	OK(tpm_free_key_spki(&k, &spki));
	OK(pkey_from_spki(&public, buf_bytes(&spki)));
	OK(padding_digest_info(DIGEST_SHA256, d, &info));
	OK(padding_pkcs1(buf_bytes(&info), RSA_LEN, &block));
	OK(tpm_free_key_use(f->t, f->v.srk_name, &k, buf_bytes(&block),
	    &sig));
	OK(pkey_verify(public, SIGN_RSA_PKCS1, DIGEST_SHA256, d,
	    buf_bytes(&sig)));
}

static void
free_keys_and_keys_of_a_vault_are_told_apart(void **state)
{
	struct fixture *f = *state;
	auto_done(tpm_key) k = { 0 };
	auto_done(buf) b = { 0 };
	uint8_t other[TPM_NAME_LEN] = { 1 };

	OK(tpm_free_key_make(f->t, f->v.srk_name, TPM_KEY_P256, &k));
	FAILS(SG_EFORMAT, tpm_key_spki(&k, &f->v, &b));
	FAILS(SG_EFORMAT, tpm_free_key_spki(&f->key, &b));
	FAILS(SG_EFORMAT, tpm_free_key_use(f->t, f->v.srk_name, &f->key,
	    bytes_of(other, 32), &b));
	FAILS(SG_ENOENT, tpm_free_key_use(f->t, other, &k,
	    bytes_of(other, 32), &b));
	/* One after the other, with two places for loaded keys. */
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	for (int i = 0; i < 3; i++) {
		OK(tpm_free_key_use(f->t, f->v.srk_name, &k,
		    bytes_of(other, 32), &b));
		OK(fixture_sign(f, &f->login));
	}
	tpm_key_unload(f->t, &k);
	OK(tpm_free_key_use(f->t, f->v.srk_name, &k, bytes_of(other, 32),
	    &b));
}

#define WITH_A_TPM(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_TPM(what_is_sealed_comes_back_to_who_is_logged_in),
		WITH_A_TPM(without_a_login_nothing_is_unsealed),
		WITH_A_TPM(another_vaults_or_changed_blobs_are_refused),
		WITH_A_TPM(too_much_and_nothing_are_not_sealed),
		WITH_A_TPM(a_free_key_signs_for_who_has_its_blobs),
		WITH_A_TPM(a_free_rsa_key_does_the_bare_operation),
		WITH_A_TPM(free_keys_and_keys_of_a_vault_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
