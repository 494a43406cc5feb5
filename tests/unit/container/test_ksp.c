/* SPDX-License-Identifier: BSD-2-Clause */

/* The keeper's rules for each key storage provider, with a real TPM below, and
 * without one. */

#include "world.h"

#include "base/file.h"
#include "crypto/digest.h"
#include "crypto/padding.h"
#include "crypto/pkey.h"
#include "ipc/objects_wire.h"

static enum sg_err
use(struct world *w, const struct caller *c, const char *key)
{
	auto_done(buf) out = { 0 };
	uint8_t digest[32] = { 1 };

	SG_TRY(keeper_key_use(w->k, c, key, bytes_of(digest, sizeof(digest)),
	    &out));
	assert_int_equal(out.n, 64);
	return SG_OK;
}

static void
look(const struct world *w, struct objects *out)
{
	auto_done(buf) b = { 0 };
	struct reader r;

	OK(board_objects(keeper_board(w->k), ALICE, &b));
	r = reader_of(buf_bytes(&b));
	OK(objects_read(&r, out));
}

/* The keeper, its memory gone. */
static void
restart(struct world *w)
{
	keeper_free(w->k);
	open_keeper(w);
}

static void
a_software_key_signs_behind_the_gesture(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(objects) o = { 0 };
	auto_free(pkey) public = NULL;
	auto_done(buf) rs = { 0 }, der = { 0 };
	uint8_t digest[32] = { 1 };
	struct bytes d = bytes_of(digest, sizeof(digest));

	OK(setup(w, &alice, "428193", &code));
	FAILS(SG_ELOGIN, make_in(w, &alice, "soft", KSP_SOFTWARE));
	OK(login(w, &alice, "428193"));
	OK(make_in(w, &alice, "soft", KSP_SOFTWARE));
	look(w, &o);
	assert_int_equal(objects_key(&o, "soft")->provider, KSP_SOFTWARE);
	OK(pkey_from_spki(&public,
	    buf_bytes(&objects_key(&o, "soft")->spki)));
	OK(keeper_key_use(w->k, &alice, "soft", d, &rs));
	OK(padding_ecdsa_der(buf_bytes(&rs), &der));
	OK(pkey_verify(public, SIGN_ECDSA, DIGEST_SHA256, d,
	    buf_bytes(&der)));
	OK(keeper_logout(w->k, &alice));
	FAILS(SG_ELOGIN, use(w, &alice, "soft"));
	FAILS(SG_ELOGIN, use(w, &alice2, "soft"));
	restart(w);
	FAILS(SG_ELOGIN, use(w, &alice, "soft"));
	OK(login(w, &alice, "428193"));
	OK(use(w, &alice, "soft"));
	FAILS(SG_ENOENT, use(w, &bob, "soft"));
}

static void
a_software_rsa_key_does_the_bare_operation(void **state)
{
	struct world *w = *state;
	const struct key_ask ask = { "rsa", OBJECT_RSA2048, KSP_SOFTWARE };
	auto_done(secret) code = { 0 };
	auto_done(objects) o = { 0 };
	auto_free(pkey) public = NULL;
	auto_done(buf) info = { 0 }, block = { 0 }, sig = { 0 };
	uint8_t digest[32] = { 1 };
	struct bytes d = bytes_of(digest, sizeof(digest));

	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice, "428193"));
	OK(keeper_key_make(w->k, &alice, &ask));
	look(w, &o);
	OK(pkey_from_spki(&public, buf_bytes(&objects_key(&o, "rsa")->spki)));
	OK(padding_digest_info(DIGEST_SHA256, d, &info));
	OK(padding_pkcs1(buf_bytes(&info), 256, &block));
	OK(keeper_key_use(w->k, &alice, "rsa", buf_bytes(&block), &sig));
	OK(pkey_verify(public, SIGN_RSA_PKCS1, DIGEST_SHA256, d,
	    buf_bytes(&sig)));
	FAILS(SG_EARG, keeper_key_use(w->k, &alice, "rsa", d, &sig));
}

static void
a_new_pin_and_the_recovery_code_keep_software_keys(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	uint32_t left = 0;

	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice, "428193"));
	OK(make_in(w, &alice, "soft", KSP_SOFTWARE));
	OK(keeper_pin_change(w->k, &alice, bytes_str("428193"),
	    bytes_str("591602"), &left));
	FAILS(SG_ELOGIN, use(w, &alice, "soft"));
	OK(login(w, &alice, "591602"));
	OK(use(w, &alice, "soft"));
	OK(keeper_pin_recover(w->k, &alice, secret_bytes(&code),
	    bytes_str("771204")));
	FAILS(SG_ELOGIN, use(w, &alice, "soft"));
	OK(login(w, &alice, "771204"));
	OK(use(w, &alice, "soft"));
}

static void
wrong_pins_count_for_software_keys_too(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };

	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice, "428193"));
	OK(make_in(w, &alice, "soft", KSP_SOFTWARE));
	OK(use(w, &alice, "soft"));
	FAILS(SG_EPIN, login(w, &alice2, "000001"));
	FAILS(SG_EPIN, login(w, &alice2, "000002"));
	FAILS(SG_EBLOCKED, login(w, &alice2, "000003"));
	/* Blocked is closed, and the root is forgotten with the login. */
	FAILS(SG_ELOGIN, use(w, &alice, "soft"));
	FAILS(SG_EBLOCKED, login(w, &alice, "428193"));
}

static void
a_platform_key_is_its_owners_without_a_pin(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 }, bobs = { 0 };
	auto_done(objects) o = { 0 };

	OK(setup(w, &alice, "428193", &code));
	OK(setup(w, &bob, "591602", &bobs));
	OK(make_in(w, &alice, "box", KSP_PLATFORM));
	OK(use(w, &alice, "box"));
	OK(use(w, &alice2, "box"));
	FAILS(SG_ELOGIN, use(w, &bob, "box"));
	look(w, &o);
	assert_int_equal(objects_key(&o, "box")->provider, KSP_PLATFORM);
	restart(w);
	OK(use(w, &alice, "box"));
	/* The gesture's keys are as they were. */
	FAILS(SG_ELOGIN, use(w, &alice, "default"));
	OK(keeper_key_remove(w->k, &alice, "box"));
	FAILS(SG_ELOGIN, keeper_key_remove(w->k, &alice, "default"));
}

static void
record_of(struct key_object *out, const char *name, struct pkey *k)
{
	out->provider = KSP_SMARTCARD;
	out->type = OBJECT_P256;
	OK(str_dup(&out->name, name));
	OK(str_dup(&out->token, "badge"));
	OK(str_dup(&out->serial, "0815"));
	OK(buf_add_str(&out->token_id, "\1"));
	OK(pkey_spki(k, &out->spki));
}

static void
a_cards_key_is_a_record_and_no_more(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(key_object) a = { 0 }, twice = { 0 }, taken = { 0 };
	auto_done(key_object) lie = { 0 };
	auto_free(pkey) k = NULL, *other = NULL;
	auto_done(objects) o = { 0 };

	OK(setup(w, &alice, "428193", &code));
	OK(pkey_new_p256(&k));
	OK(pkey_new_p256(&other));
	record_of(&a, "card", k);
	OK(keeper_key_record(w->k, &alice, &a));
	record_of(&twice, "again", k);
	FAILS_SAYING(SG_EEXIST, "as 'card'",
	    keeper_key_record(w->k, &alice, &twice));
	record_of(&taken, "card", other);
	FAILS(SG_EEXIST, keeper_key_record(w->k, &alice, &taken));
	record_of(&lie, "lie", other);
	lie.type = OBJECT_RSA2048;
	FAILS(SG_EFORMAT, keeper_key_record(w->k, &alice, &lie));
	lie.type = OBJECT_P256;
	lie.provider = KSP_PASSPORT;
	FAILS(SG_EARG, keeper_key_record(w->k, &alice, &lie));
	FAILS_SAYING(SG_EUNSUPPORTED, "on the card 'badge' (serial 0815)",
	    use(w, &alice, "card"));
	FAILS(SG_EUNSUPPORTED, make_in(w, &alice, "made", KSP_SMARTCARD));
	restart(w);
	look(w, &o);
	assert_int_equal(o.key_count, 2);
	assert_string_equal(objects_key(&o, "card")->serial, "0815");
	OK(keeper_key_remove(w->k, &alice, "card"));
}

/* --- without a TPM --- */

static enum sg_err
setup_without(struct world *w, const char *pin, struct secret *code)
{
	auto_done(buf) escrow = { 0 };
	const struct keeper_setup ask = { .pin = bytes_str(pin), .tries = 2,
		.type = OBJECT_P256, .key_name = "default",
		.without_tpm = true };

	return keeper_setup(w->k, &alice, &ask, code, &escrow);
}

/* A keeper whose TPM is not there. */
static void
lose_tpm(struct world *w, bool allowed)
{
	static const char nowhere[] = "swtpm:path=/nowhere/tpm";
	struct keeper_config cfg = world_config(w);

	cfg.tcti = nowhere;
	cfg.without_tpm = allowed;
	keeper_free(w->k);
	w->k = NULL;
	OK(keeper_new(&w->k, &cfg));
}

static void
without_a_tpm_the_pin_decrypts_and_the_file_counts(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(status) s = { 0 };

	lose_tpm(w, true);
	FAILS_SAYING(SG_EARG, "too short: at least 10",
	    setup_without(w, "428193", &code));
	OK(setup_without(w, "correct horse", &code));
	FAILS(SG_ELOGIN, use(w, &alice, "default"));
	OK(login(w, &alice, "correct horse"));
	OK(use(w, &alice, "default"));
	OK(make_in(w, &alice, "two", KSP_SOFTWARE));
	OK(use(w, &alice, "two"));
	FAILS(SG_ETPM, make_in(w, &alice, "x", KSP_PASSPORT));
	FAILS(SG_ETPM, make_in(w, &alice, "x", KSP_PLATFORM));
	FAILS_SAYING(SG_EPIN, "1 try left", login(w, &alice2, "wrong"));
	/* A daemon that starts anew has not forgotten. */
	lose_tpm(w, true);
	FAILS(SG_EBLOCKED, login(w, &alice, "wrong"));
	FAILS(SG_EBLOCKED, login(w, &alice, "correct horse"));
	OK(keeper_status(w->k, &alice, ALICE, &s));
	assert_int_equal(s.state, CONTAINER_BLOCKED);
	OK(keeper_pin_recover(w->k, &alice, secret_bytes(&code),
	    bytes_str("battery staple")));
	OK(login(w, &alice, "battery staple"));
	OK(use(w, &alice, "default"));
	OK(use(w, &alice, "two"));
	OK(keeper_reset(w->k, &alice, ALICE));
	FAILS(SG_ENOENT, use(w, &alice, "two"));
}

static void
a_change_of_such_a_pin_keeps_the_keys(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	uint32_t left = 0;

	lose_tpm(w, true);
	OK(setup_without(w, "correct horse", &code));
	FAILS(SG_EARG, keeper_pin_change(w->k, &alice,
	    bytes_str("correct horse"), bytes_str("428193"), &left));
	FAILS(SG_EPIN, keeper_pin_change(w->k, &alice, bytes_str("wrong"),
	    bytes_str("battery staple"), &left));
	assert_int_equal(left, 1);
	OK(keeper_pin_change(w->k, &alice, bytes_str("correct horse"),
	    bytes_str("battery staple"), &left));
	FAILS(SG_EPIN, login(w, &alice, "correct horse"));
	OK(login(w, &alice, "battery staple"));
	OK(use(w, &alice, "default"));
}

static void
a_container_without_a_tpm_is_asked_for_and_allowed(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };

	/* There is one here. */
	FAILS(SG_EPERM, setup_without(w, "correct horse", &code));
	lose_tpm(w, false);
	FAILS_SAYING(SG_EPERM, "without-tpm",
	    setup_without(w, "correct horse", &code));
	lose_tpm(w, true);
	FAILS(SG_ETPM, setup(w, &alice, "correct horse", &code));
}

static void
where_a_tpm_answers_none_is_made_without_it(void **state)
{
	struct world *w = *state;
	struct keeper_config cfg = world_config(w);
	auto_done(secret) code = { 0 };

	cfg.without_tpm = true;
	keeper_free(w->k);
	w->k = NULL;
	OK(keeper_new(&w->k, &cfg));
	FAILS_SAYING(SG_EARG, "has a TPM",
	    setup_without(w, "correct horse", &code));
}

#define IN_A_WORLD(f) \
	cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(a_software_key_signs_behind_the_gesture),
		IN_A_WORLD(a_software_rsa_key_does_the_bare_operation),
		IN_A_WORLD(a_new_pin_and_the_recovery_code_keep_software_keys),
		IN_A_WORLD(wrong_pins_count_for_software_keys_too),
		IN_A_WORLD(a_platform_key_is_its_owners_without_a_pin),
		IN_A_WORLD(a_cards_key_is_a_record_and_no_more),
		IN_A_WORLD(without_a_tpm_the_pin_decrypts_and_the_file_counts),
		IN_A_WORLD(a_change_of_such_a_pin_keeps_the_keys),
		IN_A_WORLD(a_container_without_a_tpm_is_asked_for_and_allowed),
		IN_A_WORLD(where_a_tpm_answers_none_is_made_without_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
