/* SPDX-License-Identifier: BSD-2-Clause */

/* Keys on cards: SoftHSM is the card, and the daemon is ours. */

#include "../p11/softhsm.h"

#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "ipc/objects_wire.h"
#include "ksp/card.h"

#define MODULE_FILE "/usr/lib/softhsm/libsofthsm2.so"

/* --- the daemon, as far as it is asked --- */

static struct {
	struct buf record;	/* the last one, as on the wire */
	bool refuses;
	unsigned made;
	enum provider made_in;
	bool has_tpm;
	char removed[64];
} daemon_;

enum sg_err
client_objects(struct client *c, struct objects *out)
{
	(void)c;
	*out = (struct objects) { 0 };
	return SG_OK;
}

enum sg_err
client_key_record(struct client *c, const struct key_object *key)
{
	(void)c;
	if (daemon_.refuses)
		return sg_fail(SG_ELIMIT, "no room");
	buf_done(&daemon_.record);
	return key_object_write(&daemon_.record, key);
}

enum sg_err
client_key_make(struct client *c, const char *name, enum object_key_type type,
    enum provider provider)
{
	(void)c, (void)name, (void)type;
	if (!daemon_.has_tpm && provider != KSP_SOFTWARE)
		return sg_fail(SG_ETPM, "no TPM");
	daemon_.made++;
	daemon_.made_in = provider;
	return SG_OK;
}

enum sg_err
client_key_remove(struct client *c, const char *name)
{
	(void)c;
	strcpy(daemon_.removed, name);
	return SG_OK;
}

enum sg_err
client_key_use(struct client *c, const char *key, struct bytes in,
    struct buf *out)
{
	(void)c, (void)key, (void)in, (void)out;
	return sg_fail(SG_ELOGIN, "not here");
}

/* --- the person --- */

static struct {
	const char *pin;
	unsigned asked;
	unsigned opened;
	char hint[128];
} person;

static enum sg_err
give_pin(void *arg, const char *token, const char *serial, const char *hint,
    struct secret *pin)
{
	(void)arg;
	assert_true(strlen(token) > 0 && strlen(serial) == 16);
	person.asked++;
	strcpy(person.hint, hint != NULL ? hint : "");
	secret_clear(pin);
	return secret_add(pin, person.pin, strlen(person.pin));
}

static enum sg_err
open_container(void *arg)
{
	(void)arg;
	person.opened++;
	return SG_OK;
}

static const struct ksp ksp = { .module = MODULE_FILE, .open = open_container,
	.pin = give_pin };

static int
reset(void **state)
{
	(void)state;
	buf_done(&daemon_.record);
	memset(&daemon_, 0, sizeof(daemon_));
	memset(&person, 0, sizeof(person));
	person.pin = SOFTHSM_PIN;
	daemon_.has_tpm = true;
	return 0;
}

static void
make(const char *name, const char *token, enum object_key_type type,
    struct key_object *out)
{
	const struct ksp_make ask = { .provider = KSP_SMARTCARD, .name = name,
		.type = type, .token = token };
	struct reader r;

	OK(ksp_key_make(&ksp, &ask, NULL));
	r = reader_of(buf_bytes(&daemon_.record));
	OK(key_object_read(&r, out));
	OK(reader_finish(&r, "record"));
}

static void
sign_with(const struct key_object *key, enum sign_scheme scheme)
{
	auto_free(ksp_key) k = NULL;
	auto_free(pkey) public = NULL;
	auto_done(buf) sig = { 0 };
	uint8_t digest[SHA256_LEN] = { 1 };
	struct bytes d = bytes_of(digest, sizeof(digest));
	struct signer s;

	OK(ksp_key_open(&k, &ksp, key));
	s = ksp_key_signer(k);
	OK(s.ops->sign(s.ctx, scheme, DIGEST_SHA256, d, &sig));
	OK(pkey_from_spki(&public, buf_bytes(&key->spki)));
	OK(pkey_verify(public, scheme, DIGEST_SHA256, d, buf_bytes(&sig)));
}

/* --- cases --- */

static void
a_key_is_made_on_the_card_and_found_by_its_record(void **state)
{
	auto_done(key_object) ec = { 0 }, rsa = { 0 };

	(void)state;
	make("on-card", "hsm", OBJECT_P256, &ec);
	assert_int_equal(ec.provider, KSP_SMARTCARD);
	assert_string_equal(ec.token, "hsm");
	assert_int_equal(strlen(ec.serial), 16);
	sign_with(&ec, SIGN_ECDSA);
	make("rsa/4096", ec.serial, OBJECT_RSA4096, &rsa);
	assert_int_equal(rsa.type, OBJECT_RSA4096);
	sign_with(&rsa, SIGN_RSA_PKCS1);
	/* The container was never opened for it. */
	assert_int_equal(person.opened, 0);
	OK(ksp_key_remove(&ksp, &rsa, true));
	assert_string_equal(daemon_.removed, "rsa/4096");
	FAILS_SAYING(SG_ENOENT, "has no key 'rsa/4096' any more",
	    ksp_key_open(&(struct ksp_key *) { NULL }, &ksp, &rsa));
	OK(ksp_key_remove(&ksp, &ec, false));
	sign_with(&ec, SIGN_ECDSA);
	OK(ksp_key_remove(&ksp, &ec, true));
}

static void
which_card_must_be_clear(void **state)
{
	struct ksp_make ask = { .provider = KSP_SMARTCARD, .name = "x",
		.type = OBJECT_P256 };

	(void)state;
	FAILS_SAYING(SG_EARG, "2 cards fit: ", ksp_key_make(&ksp, &ask, NULL));
	ask.token = "staff";
	FAILS_SAYING(SG_ENOENT, "insert the card 'staff'",
	    ksp_key_make(&ksp, &ask, NULL));
	assert_int_equal(person.asked, 0);
}

static void
an_absent_card_is_asked_for_by_name(void **state)
{
	static char name[] = "k", token[] = "staff",
	    serial[] = "00000000000000ff";
	uint8_t id[] = { 1 };
	const struct key_object key = { .name = name, .token = token,
		.provider = KSP_SMARTCARD, .serial = serial,
		.token_id = { id, 1, 1 } };
	auto_free(ksp_key) k = NULL;
	auto_done(cards) cards = { 0 };

	(void)state;
	FAILS_SAYING(SG_ENOENT, "insert the card 'staff' (serial "
	    "00000000000000ff)", ksp_key_open(&k, &ksp, &key));
	assert_int_equal(person.asked, 0);
	OK(cards_look(&cards, &ksp));
	assert_int_equal(cards.tokens.n, 2);
	assert_false(cards_have(&cards, &key));
}

static void
a_wrong_pin_is_tried_once_and_the_next_prompt_says_so(void **state)
{
	auto_done(key_object) key = { 0 };
	auto_free(ksp_key) k = NULL;

	(void)state;
	make("guarded", "hsm", OBJECT_P256, &key);
	assert_string_equal(person.hint, "");
	person.pin = "0000";
	person.asked = 0;
	FAILS_SAYING(SG_EPIN, "wrong PIN for the card 'hsm' (serial",
	    ksp_key_open(&k, &ksp, &key));
	assert_int_equal(person.asked, 1);
	FAILS(SG_EPIN, ksp_key_open(&k, &ksp, &key));
	assert_non_null(strstr(person.hint, "wrong PINs"));
	person.pin = SOFTHSM_PIN;
	OK(ksp_key_open(&k, &ksp, &key));
	OK(ksp_key_remove(&ksp, &key, true));
}

static void
another_key_under_the_same_id_is_not_it(void **state)
{
	auto_done(key_object) a = { 0 }, b = { 0 };
	auto_free(ksp_key) k = NULL;

	(void)state;
	make("first", "hsm", OBJECT_P256, &a);
	make("second", "hsm", OBJECT_P256, &b);
	OK(buf_set(&a.token_id, buf_bytes(&b.token_id)));
	FAILS_SAYING(SG_EVERIFY, "another key in the place of 'first'",
	    ksp_key_open(&k, &ksp, &a));
	OK(ksp_key_remove(&ksp, &b, true));
}

static void
a_key_that_cannot_be_recorded_is_not_left_on_the_card(void **state)
{
	const struct ksp_make ask = { .provider = KSP_SMARTCARD,
		.name = "orphan", .type = OBJECT_P256, .token = "other" };
	auto_free(token) t = NULL;
	auto_free(token_key) k = NULL;
	auto_done(secret) pin = { 0 };

	(void)state;
	daemon_.refuses = true;
	FAILS_SAYING(SG_ELIMIT, "no room", ksp_key_make(&ksp, &ask, NULL));
	OK(token_open(&t, "pkcs11:token=other?" MODULE));
	OK(secret_set(&pin, SOFTHSM_PIN, 4));
	OK(token_login(t, &pin));
	FAILS(SG_ENOENT, token_key_find(&k, t,
	    "pkcs11:token=other;object=orphan?" MODULE));
}

static void
a_key_falls_back_where_there_is_no_tpm(void **state)
{
	struct ksp_make ask = { .provider = KSP_PLATFORM, .name = "scep",
		.otherwise = KSP_SOFTWARE, .type = OBJECT_RSA2048 };
	enum provider made = 0;

	(void)state;
	OK(ksp_key_make(&ksp, &ask, &made));
	assert_int_equal(made, KSP_PLATFORM);
	assert_int_equal(person.opened, 0);
	daemon_.has_tpm = false;
	OK(ksp_key_make(&ksp, &ask, &made));
	assert_int_equal(made, KSP_SOFTWARE);
	assert_int_equal(person.opened, 1);
	ask.otherwise = 0;
	FAILS(SG_ETPM, ksp_key_make(&ksp, &ask, &made));
	ask.provider = KSP_PASSPORT;
	FAILS(SG_ETPM, ksp_key_make(&ksp, &ask, &made));
}

static void
the_place_of_a_key_is_that_of_its_module(void **state)
{
	auto_done(key_object) key = { 0 };
	auto_done(ksp_place) place = { 0 };
	auto_done(secret) pin = { 0 };

	(void)state;
	make("placed", "hsm", OBJECT_P256, &key);
	OK(ksp_key_place(&ksp, &key, &place, &pin));
	assert_non_null(strstr(place.module, "libsofthsm2.so"));
	assert_true(bytes_eq(secret_bytes(&pin), bytes_str(SOFTHSM_PIN)));
	OK(ksp_key_remove(&ksp, &key, true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    a_key_is_made_on_the_card_and_found_by_its_record, reset),
		cmocka_unit_test_setup(which_card_must_be_clear, reset),
		cmocka_unit_test_setup(an_absent_card_is_asked_for_by_name,
		    reset),
		cmocka_unit_test_setup(
		    a_wrong_pin_is_tried_once_and_the_next_prompt_says_so,
		    reset),
		cmocka_unit_test_setup(another_key_under_the_same_id_is_not_it,
		    reset),
		cmocka_unit_test_setup(
		    a_key_that_cannot_be_recorded_is_not_left_on_the_card,
		    reset),
		cmocka_unit_test_setup(a_key_falls_back_where_there_is_no_tpm,
		    reset),
		cmocka_unit_test_setup(
		    the_place_of_a_key_is_that_of_its_module, reset),
	};

	return cmocka_run_group_tests(tests, softhsm_setup, softhsm_teardown);
}
