/* SPDX-License-Identifier: BSD-2-Clause */
#include "swtpm.h"

#include "crypto/digest.h"

#define RSA_LEN 256

/* Ecdsa-Sig-Value of r and s. */
static void
der_number(struct buf *out, const uint8_t x[32])
{
	size_t skip = 0;
	bool pad;

	while (skip < 31 && x[skip] == 0)
		skip++;
	pad = x[skip] >= 0x80;
	OK(buf_add_u8(out, 0x02));
	OK(buf_add_u8(out, (uint8_t)(32 - skip + pad)));
	if (pad)
		OK(buf_add_u8(out, 0));
	OK(buf_add(out, x + skip, 32 - skip));
}

static void
der_signature(struct buf *out, const struct buf *rs)
{
	auto_done(buf) b = { 0 };

	assert_int_equal(rs->n, 64);
	der_number(&b, rs->p);
	der_number(&b, rs->p + 32);
	OK(buf_add_u8(out, 0x30));
	OK(buf_add_u8(out, (uint8_t)b.n));
	OK(buf_add_bytes(out, buf_bytes(&b)));
}

static void
public_key(const struct fixture *f, const struct tpm_key *k,
    struct pkey **out)
{
	auto_done(buf) spki = { 0 };

	OK(tpm_key_spki(k, &f->v, &spki));
	OK(pkey_from_spki(out, buf_bytes(&spki)));
}

static void
a_p256_key_signs_digests_of_every_length(void **state)
{
	static const enum digest hash[] = { DIGEST_SHA1, DIGEST_SHA256,
		DIGEST_SHA384, DIGEST_SHA512 };
	struct fixture *f = *state;
	auto_free(pkey) pub = NULL;

	public_key(f, &f->key, &pub);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	for (size_t i = 0; i < sizeof(hash) / sizeof(hash[0]); i++) {
		uint8_t d[DIGEST_MAX];
		auto_done(buf) rs = { 0 };
		auto_done(buf) der = { 0 };
		struct bytes digest = bytes_of(d, digest_size(hash[i]));

		OK(digest_of(hash[i], bytes_str("message"), d));
		OK(tpm_key_use(f->t, &f->v, &f->login, &f->key, digest, &rs));
		der_signature(&der, &rs);
		OK(pkey_verify(pub, SIGN_ECDSA, hash[i], digest,
		    buf_bytes(&der)));
		d[0] ^= 1;
		FAILS(SG_EVERIFY, pkey_verify(pub, SIGN_ECDSA, hash[i],
		    digest, buf_bytes(&der)));
	}
}

/* RFC 8017 9.2 */
static void
pkcs1_block(uint8_t block[RSA_LEN], const uint8_t digest[SHA256_LEN])
{
	static const uint8_t info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
		0x00, 0x04, 0x20 };
	size_t at = RSA_LEN - SHA256_LEN - sizeof(info);

	memset(block, 0xff, RSA_LEN);
	block[0] = 0;
	block[1] = 1;
	block[at - 1] = 0;
	memcpy(block + at, info, sizeof(info));
	memcpy(block + at + sizeof(info), digest, SHA256_LEN);
}

static void
an_rsa_key_does_the_private_operation(void **state)
{
	struct fixture *f = *state;
	auto_done(tpm_key) k = { 0 };
	auto_free(pkey) pub = NULL;
	auto_done(buf) sig = { 0 };
	uint8_t block[RSA_LEN], digest[DIGEST_MAX];

	OK(tpm_key_make(f->t, &f->v, TPM_KEY_RSA2048, &k));
	public_key(f, &k, &pub);
	assert_int_equal(pkey_bits(pub), 2048);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(sha256(bytes_str("message"), digest));
	pkcs1_block(block, digest);
	OK(tpm_key_use(f->t, &f->v, &f->login, &k,
	    bytes_of(block, sizeof(block)), &sig));
	assert_int_equal(sig.n, RSA_LEN);
	OK(pkey_verify(pub, SIGN_RSA_PKCS1, DIGEST_SHA256,
	    bytes_of(digest, SHA256_LEN), buf_bytes(&sig)));

	FAILS(SG_EARG, tpm_key_use(f->t, &f->v, &f->login, &k,
	    bytes_of(block, RSA_LEN - 1), &sig));
	memset(block, 0xff, sizeof(block));
	FAILS_SAYING(SG_EARG, "modulus", tpm_key_use(f->t, &f->v, &f->login,
	    &k, bytes_of(block, RSA_LEN), &sig));
}

/* in^d of 1 is 1: the answer keeps its leading zeros. */
static void
an_rsa_answer_has_always_256_bytes(void **state)
{
	struct fixture *f = *state;
	auto_done(tpm_key) k = { 0 };
	auto_done(buf) out = { 0 };
	uint8_t one[RSA_LEN] = { [RSA_LEN - 1] = 1 };

	OK(tpm_key_make(f->t, &f->v, TPM_KEY_RSA2048, &k));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(tpm_key_use(f->t, &f->v, &f->login, &k, bytes_of(one, RSA_LEN),
	    &out));
	assert_true(bytes_eq(buf_bytes(&out), bytes_of(one, RSA_LEN)));
}

static void
digests_of_odd_lengths_are_refused(void **state)
{
	struct fixture *f = *state;
	auto_done(buf) out = { 0 };
	uint8_t d[65] = { 0 };

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	FAILS(SG_EARG, tpm_key_use(f->t, &f->v, &f->login, &f->key,
	    bytes_of(d, 19), &out));
	FAILS(SG_EARG, tpm_key_use(f->t, &f->v, &f->login, &f->key,
	    bytes_of(d, 65), &out));
	assert_int_equal(out.n, 0);
}

static void
a_use_is_three_commands(void **state)
{
	struct fixture *f = *state;
	unsigned long before;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	for (int i = 0; i < 10; i++) {
		before = tpm_commands(f->t);
		OK(fixture_sign(f, &f->login));
		assert_int_equal(tpm_commands(f->t) - before, 3);
	}
}

static unsigned long
commands_of_a_use(struct fixture *f)
{
	unsigned long before = tpm_commands(f->t);

	OK(fixture_sign(f, &f->login));
	return tpm_commands(f->t) - before;
}

static void
what_was_proved_ahead_leaves_one_command_once(void **state)
{
	struct fixture *f = *state;
	unsigned long before;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	tpm_key_ahead(f->t, &f->v, &f->login);
	assert_true(commands_of_a_use(f) > 3);	/* nothing was loaded */
	for (int i = 0; i < 3; i++) {
		before = tpm_commands(f->t);
		tpm_key_ahead(f->t, &f->v, &f->login);
		tpm_key_ahead(f->t, &f->v, &f->login);
		assert_int_equal(tpm_commands(f->t) - before, 2);
		assert_int_equal(commands_of_a_use(f), 1);
		assert_int_equal(commands_of_a_use(f), 3);
	}
}

static void
what_was_proved_ahead_is_for_that_login_alone(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) other = { 0 };

	secret_number(&other, 77);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	tpm_key_ahead(f->t, &f->v, &f->login);
	FAILS(SG_ELOGIN, fixture_sign(f, &other));
	OK(fixture_sign(f, &f->login));
}

static void
a_login_ends_what_was_proved_ahead(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) old = { 0 };

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	OK(secret_set(&old, f->login.p, f->login.n));
	tpm_key_ahead(f->t, &f->v, &f->login);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	FAILS(SG_ELOGIN, fixture_sign(f, &old));
	OK(fixture_sign(f, &f->login));
}

static void
unloading_ends_what_was_proved_ahead(void **state)
{
	struct fixture *f = *state;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	tpm_key_ahead(f->t, &f->v, &f->login);
	tpm_key_unload(f->t, &f->key);
	assert_true(commands_of_a_use(f) > 3);
	tpm_key_ahead(f->t, &f->v, &f->login);
	fixture_reset(f);
	tpm_key_ahead(f->t, &f->v, &f->login);
	FAILS(SG_ELOGIN, fixture_sign(f, &f->login));
}

static void
more_keys_than_places_take_turns(void **state)
{
	struct fixture *f = *state;
	struct tpm_key k[4] = { 0 };
	uint8_t digest[SHA256_LEN] = { 7 };

	for (size_t i = 0; i < 4; i++)
		OK(tpm_key_make(f->t, &f->v, TPM_KEY_P256, &k[i]));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	for (size_t i = 0; i < 24; i++) {
		auto_done(buf) out = { 0 };

		OK(tpm_key_use(f->t, &f->v, &f->login, &k[i * 7 % 4],
		    bytes_of(digest, sizeof(digest)), &out));
		assert_int_equal(out.n, 64);
		/* Both need a place too. */
		if (i % 8 == 3) {
			auto_done(tpm_key) one = { 0 };

			OK(tpm_key_make(f->t, &f->v, TPM_KEY_P256, &one));
			OK(vault_change(f->t, &f->v, &f->pin, &f->pin));
		}
	}
	for (size_t i = 0; i < 4; i++)
		tpm_key_done(&k[i]);
}

static void
an_unloaded_key_is_loaded_again(void **state)
{
	struct fixture *f = *state;
	unsigned long before;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	tpm_key_unload(f->t, &f->key);
	tpm_key_unload(f->t, &f->key);
	before = tpm_commands(f->t);
	OK(fixture_sign(f, &f->login));
	assert_true(tpm_commands(f->t) - before > 3);
}

static void
without_a_login_nothing_signs(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) none = { 0 };

	OK(secret_init(&none, 1));
	FAILS(SG_ELOGIN, fixture_sign(f, &none));
	FAILS(SG_ELOGIN, fixture_sign(f, &f->wrong));
	FAILS(SG_ELOGIN, fixture_sign(f, &f->pin));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	FAILS(SG_ELOGIN, fixture_sign(f, &none));
	FAILS(SG_ELOGIN, fixture_sign(f, &f->pin));
	OK(fixture_sign(f, &f->login));
}

static void
a_new_login_ends_the_old_one(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) old = { 0 };

	OK(vault_login(f->t, &f->v, &f->pin, &old));
	OK(fixture_sign(f, &old));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	FAILS_SAYING(SG_ELOGIN, "another one", fixture_sign(f, &old));
	OK(fixture_sign(f, &f->login));
}

static void
a_changed_public_area_is_found(void **state)
{
	struct fixture *f = *state;
	auto_done(buf) spki = { 0 };
	size_t fixed = 2 + 2 + 2 + 4 + 2 + 32 + 10;

	for (size_t i = 0; i < fixed; i++) {
		f->key.public.p[i] ^= 1;
		FAILS(SG_EFORMAT, tpm_key_spki(&f->key, &f->v, &spki));
		f->key.public.p[i] ^= 1;
	}
	for (; f->key.public.n > 0; f->key.public.n--) {
		auto_done(buf) out = { 0 };

		if (f->key.public.n < fixed + 68)
			FAILS(SG_EFORMAT, tpm_key_spki(&f->key, &f->v, &out));
	}
	FAILS(SG_EFORMAT, tpm_key_spki(&f->key, &f->v, &spki));
	assert_int_equal(spki.n, 0);
}

static void
a_changed_private_area_is_found(void **state)
{
	struct fixture *f = *state;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	f->key.private.p[f->key.private.n / 2] ^= 1;
	FAILS_SAYING(SG_EFORMAT, "damaged", fixture_sign(f, &f->login));
	f->key.private.p[f->key.private.n / 2] ^= 1;
	f->key.private.n--;
	FAILS(SG_EFORMAT, fixture_sign(f, &f->login));
	f->key.private.n++;
	OK(fixture_sign(f, &f->login));
}

static void
another_vaults_key_is_refused(void **state)
{
	struct fixture *f = *state;
	auto_done(buf) spki = { 0 };
	struct vault other;

	OK(vault_plan(f->t, fixture_signer(f), TRIES, &other));
	FAILS_SAYING(SG_EFORMAT, "policy", tpm_key_spki(&f->key, &other,
	    &spki));
	f->key.type = TPM_KEY_RSA2048;
	FAILS(SG_EFORMAT, tpm_key_spki(&f->key, &f->v, &spki));
	f->key.type = (enum tpm_key_type)9;
	FAILS(SG_EFORMAT, tpm_key_spki(&f->key, &f->v, &spki));
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_p256_key_signs_digests_of_every_length),
		CASE(an_rsa_key_does_the_private_operation),
		CASE(an_rsa_answer_has_always_256_bytes),
		CASE(digests_of_odd_lengths_are_refused),
		CASE(a_use_is_three_commands),
		CASE(what_was_proved_ahead_leaves_one_command_once),
		CASE(what_was_proved_ahead_is_for_that_login_alone),
		CASE(a_login_ends_what_was_proved_ahead),
		CASE(unloading_ends_what_was_proved_ahead),
		CASE(more_keys_than_places_take_turns),
		CASE(an_unloaded_key_is_loaded_again),
		CASE(without_a_login_nothing_signs),
		CASE(a_new_login_ends_the_old_one),
		CASE(a_changed_public_area_is_found),
		CASE(a_changed_private_area_is_found),
		CASE(another_vaults_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
