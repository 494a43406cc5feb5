/* SPDX-License-Identifier: BSD-2-Clause */

/* Containers as smart cards, and session PINs, with a real TPM below. */

#include "../pki/fixture.h"
#include "world.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "container/keeper_card.h"
#include "ipc/objects_wire.h"

#define PIN	"428193"
#define WRONG	"864209"

static const struct caller card __attribute__((unused)) = { "card service",
	990, "signet-card", 77 };

static void
policy(struct world *w, bool emulation, bool certificates, bool all_users)
{
	struct card_policy p = CARD_POLICY_DEFAULT;

	p.emulation = emulation;
	p.certificates = certificates;
	p.all_users = all_users;
	p.slots = 2;
	board_set_policy(keeper_board(w->k), &p);
}

/* A logon certificate of the container's key; its DER. */
static void
add_cert(struct world *w, const struct caller *c, const char *key,
    const char *upn, unsigned usage, const char *eku, struct buf *der)
{
	auto_done(authority) ca = { 0 };
	auto_done(cert_content) x;
	auto_done(buf) b = { 0 };
	__attribute__((cleanup(objects_done))) struct objects o = { 0 };
	struct cert_object ask = { .kind = CERT_PERSONAL,
		.label = (char *)(uintptr_t)key,
		.provider = (char *)(uintptr_t)PROVIDER_PASSPORT,
		.key = (char *)(uintptr_t)key };
	struct reader r;

	OK(board_objects(keeper_board(w->k), c->uid, &b));
	r = reader_of(buf_bytes(&b));
	OK(objects_read(&r, &o));
	fixture_ca(&ca, "CN=Root", -1, NULL);
	cert_content_init(&x);
	x.ext.key_usage = usage;
	OK(texts_add(&x.ext.eku, eku));
	if (upn != NULL)
		OK(str_dup(&x.ext.upn, upn));
	OK(name_parse(&x.subject, "CN=somebody"));
	OK(buf_set(&x.issuer, buf_bytes(&ca.cert->subject_der)));
	OK(cert_serial_new(&x.serial));
	OK(buf_set(&x.spki, buf_bytes(&objects_key(&o, key)->spki)));
	x.not_before = NOW - DAY;
	x.not_after = NOW + DAY;
	OK(cert_build(der, &x, DIGEST_SHA256, pkey_signer(ca.key)));
	ask.der = *der;
	OK(keeper_certs_add(w->k, c, &ask, 1, ""));
}

/* Alice with a container and a logon certificate, nobody logged in. */
static void
alice_with_cert(struct world *w)
{
	auto_done(secret) code = { 0 };
	auto_done(buf) der = { 0 };

	OK(setup(w, &alice, PIN, &code));
	OK(login(w, &alice, PIN));
	add_cert(w, &alice, "default", "alice@corp.example",
	    USAGE_DIGITAL_SIGNATURE, OID_SMARTCARD_LOGON, &der);
	OK(keeper_logout(w->k, &alice));
}

static enum sg_err
verify(struct world *w, uint32_t uid, const char *pin, uint32_t *left)
{
	bool first;

	return keeper_card_verify(w->k, &card, uid, bytes_str(pin), left,
	    &first);
}

static enum sg_err
use(struct world *w, uint32_t uid, const char *key)
{
	auto_done(buf) out = { 0 };
	uint8_t digest[32] = { 1 };

	SG_TRY(keeper_card_use(w->k, &card, uid, key,
	    bytes_of(digest, sizeof(digest)), &out));
	assert_int_equal(out.n, 64);
	return SG_OK;
}

static enum sg_err
sign(struct world *w, const struct caller *c)
{
	auto_done(buf) out = { 0 };
	uint8_t digest[32] = { 1 };

	return keeper_key_use(w->k, c, "default",
	    bytes_of(digest, sizeof(digest)), &out);
}

static enum sg_err
ask_session(struct world *w, const struct caller *c, const char *pin,
    const struct keeper_session *how, struct secret *out)
{
	struct keeper_session ask = { .seconds = 60, .uses = 3 };
	uint32_t left = 0;

	if (how != NULL)
		ask = *how;
	ask.pin = bytes_str(pin);
	return keeper_session_pin(w->k, c, &ask, out, &left);
}

static void
card_text(const struct secret *s, char out[CARD_SESSION_PIN_LEN + 1])
{
	assert_int_equal(s->n, CARD_SESSION_PIN_LEN);
	memcpy(out, s->p, s->n);
	out[s->n] = '\0';
}

/* A session PIN as text. */
static void
open_session(struct world *w, const struct keeper_session *how,
    char out[CARD_SESSION_PIN_LEN + 1])
{
	auto_done(secret) pin = { 0 };

	OK(ask_session(w, &alice, PIN, how, &pin));
	card_text(&pin, out);
	assert_int_equal(strspn(out, "0123456789"), CARD_SESSION_PIN_LEN);
}

/* Another PIN of the same length. */
static void
spoil(char *pin)
{
	pin[0] = pin[0] == '9' ? '0' : (char)(pin[0] + 1);
}

static uint32_t
tries_used(struct world *w)
{
	auto_done(status) s = { 0 };

	OK(keeper_status(w->k, &root, ALICE, &s));
	assert_true(s.tries_known);
	return s.tries_used;
}

static uint32_t
tries_left(struct world *w, bool *verified)
{
	uint32_t tries = 99;

	OK(board_card_tries(keeper_board(w->k), ALICE, world_now, &tries,
	    verified));
	return tries;
}

static void
the_card_has_a_login_of_its_own(void **state)
{
	struct world *w = *state;
	uint32_t left = 0;
	bool verified = true;

	policy(w, true, true, true);
	alice_with_cert(w);
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
	OK(login(w, &alice, PIN));
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
	OK(keeper_logout(w->k, &alice));
	OK(verify(w, ALICE, PIN, &left));
	OK(use(w, ALICE, "default"));
	OK(use(w, ALICE, "default"));
	assert_int_equal(tries_left(w, &verified), 3);
	assert_true(verified);
	FAILS(SG_ELOGIN, sign(w, &alice));
	FAILS(SG_ENOENT, use(w, ALICE, "other"));
	FAILS(SG_ENOENT, use(w, BOB, "default"));
	OK(keeper_card_drop(w->k, &card, ALICE));
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
	assert_int_equal(tries_left(w, &verified), 3);
	assert_false(verified);
}

static void
the_cards_tries_are_the_tpms(void **state)
{
	struct world *w = *state;
	uint32_t left = 9;
	bool verified;

	policy(w, true, true, true);
	alice_with_cert(w);
	OK(verify(w, ALICE, PIN, &left));
	FAILS(SG_EPIN, verify(w, ALICE, WRONG, &left));
	assert_int_equal(left, 2);
	assert_int_equal(tries_left(w, &verified), 2);
	assert_false(verified);
	/* The wrong one has ended what the right one began. */
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
	assert_int_equal(tries_used(w), 1);
	FAILS(SG_EARG, verify(w, ALICE, "123456789", &left));
	FAILS(SG_EARG, verify(w, ALICE, "", &left));
	assert_int_equal(tries_used(w), 1);
	FAILS(SG_EPIN, verify(w, ALICE, WRONG, &left));
	FAILS(SG_EBLOCKED, verify(w, ALICE, WRONG, &left));
	assert_int_equal(left, 0);
	assert_int_equal(tries_left(w, &verified), 0);
}

static void
a_pin_lives_as_long_as_it_is_used(void **state)
{
	struct world *w = *state;
	uint32_t left = 0;

	policy(w, true, true, true);
	alice_with_cert(w);
	OK(verify(w, ALICE, PIN, &left));
	world_now += 29000;
	OK(use(w, ALICE, "default"));
	world_now += 29000;
	OK(use(w, ALICE, "default"));
	assert_int_equal(keeper_next_end(w->k), world_now + 30000);
	world_now += 30000;
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
	assert_int_equal(keeper_next_end(w->k), 0);
}

static enum sg_err
make_p256(struct world *w, const char *name)
{
	const struct key_ask ask = { .name = name, .type = OBJECT_P256,
		.provider = KSP_PASSPORT };

	return keeper_key_make(w->k, &alice, &ask);
}

static void
the_signature_key_wants_the_pin_each_time(void **state)
{
	struct world *w = *state;
	auto_done(buf) der = { 0 };
	uint32_t left = 0;

	policy(w, true, true, true);
	alice_with_cert(w);
	OK(login(w, &alice, PIN));
	OK(make_p256(w, "sign"));
	add_cert(w, &alice, "sign", NULL,
	    USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION,
	    OID_EMAIL_PROTECTION, &der);
	OK(keeper_logout(w->k, &alice));
	OK(verify(w, ALICE, PIN, &left));
	OK(use(w, ALICE, "default"));
	OK(use(w, ALICE, "sign"));
	FAILS(SG_ELOGIN, use(w, ALICE, "sign"));
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
}

static void
a_card_key_works_while_its_owner_is_logged_in(void **state)
{
	struct world *w = *state;
	auto_done(buf) der = { 0 };

	policy(w, true, true, true);
	alice_with_cert(w);
	OK(login(w, &alice, PIN));
	OK(make_p256(w, "card/9e/door"));
	add_cert(w, &alice, "card/9e/door", NULL, USAGE_DIGITAL_SIGNATURE,
	    OID_CLIENT_AUTH, &der);
	OK(use(w, ALICE, "card/9e/door"));
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
	OK(keeper_lock(w->k, &alice));
	FAILS(SG_ELOGIN, use(w, ALICE, "card/9e/door"));
}

static void
a_session_pin_is_taken_instead_of_the_pin(void **state)
{
	struct world *w = *state;
	char pin[CARD_SESSION_PIN_LEN + 1];
	uint32_t left = 0;
	bool verified;

	policy(w, true, false, false);
	alice_with_cert(w);
	/* Without one there is no card at all. */
	FAILS(SG_ENOENT, verify(w, ALICE, PIN, &left));
	open_session(w, NULL, pin);
	FAILS(SG_EPIN, verify(w, ALICE, PIN, &left));
	assert_int_equal(left, 2);
	OK(verify(w, ALICE, pin, &left));
	assert_int_equal(tries_left(w, &verified), 2);
	assert_true(verified);
	OK(use(w, ALICE, "default"));
	assert_int_equal(tries_used(w), 0);
}

static void
a_session_pin_never_opens_the_container(void **state)
{
	struct world *w = *state;
	char pin[CARD_SESSION_PIN_LEN + 1];
	uint8_t ticket[KEEPER_TICKET_LEN];
	uint32_t left = 0;

	policy(w, true, false, false);
	alice_with_cert(w);
	open_session(w, NULL, pin);
	FAILS_SAYING(SG_EPIN, "session PIN", login(w, &alice, pin));
	OK(keeper_login_begin(w->k, &alice, ticket));
	FAILS(SG_EPIN, keeper_login_finish(w->k, &alice2,
	    bytes_of(ticket, sizeof(ticket)), bytes_str(pin), &left));
	FAILS(SG_EPIN, keeper_pin_change(w->k, &alice, bytes_str(pin),
	    bytes_str("918273"), &left));
	FAILS(SG_EPIN, ask_session(w, &alice, pin, NULL,
	    &(struct secret) { 0 }));
	FAILS(SG_EPERM, keeper_card_pin_change(w->k, &card, ALICE,
	    bytes_str(pin), bytes_str("918273"), &left));
	assert_int_equal(tries_used(w), 0);
	FAILS(SG_ELOGIN, sign(w, &alice));
	/* Also when it is over. */
	OK(keeper_session_end(w->k, &alice));
	FAILS(SG_EPIN, login(w, &alice, pin));
	assert_int_equal(tries_used(w), 0);
	OK(login(w, &alice, PIN));
}

static void
three_wrong_tries_end_a_session_pin(void **state)
{
	struct world *w = *state;
	char pin[CARD_SESSION_PIN_LEN + 1], wrong[CARD_SESSION_PIN_LEN + 1];
	uint32_t left = 0;

	policy(w, true, true, true);
	alice_with_cert(w);
	open_session(w, NULL, pin);
	memcpy(wrong, pin, sizeof(pin));
	spoil(wrong);
	FAILS(SG_EPIN, verify(w, ALICE, wrong, &left));
	assert_int_equal(left, 2);
	/* A right one in between gives none back. */
	OK(verify(w, ALICE, pin, &left));
	FAILS(SG_EPIN, verify(w, ALICE, wrong, &left));
	assert_int_equal(left, 1);
	OK(verify(w, ALICE, pin, &left));
	FAILS(SG_EBLOCKED, verify(w, ALICE, wrong, &left));
	FAILS(SG_EBLOCKED, verify(w, ALICE, pin, &left));
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
	assert_int_equal(tries_used(w), 0);
	/* The card takes the container's again. */
	OK(verify(w, ALICE, PIN, &left));
	OK(use(w, ALICE, "default"));
}

static void
a_session_pin_has_so_many_uses(void **state)
{
	struct world *w = *state;
	char pin[CARD_SESSION_PIN_LEN + 1];
	uint32_t left = 0;

	policy(w, true, false, false);
	alice_with_cert(w);
	open_session(w, &(struct keeper_session) { .seconds = 60, .uses = 2 },
	    pin);
	/* Local logins count as well. */
	OK(keeper_session_login(w->k, &alice, bytes_str(pin), &left));
	OK(sign(w, &alice));
	OK(verify(w, ALICE, pin, &left));
	FAILS(SG_EBLOCKED, verify(w, ALICE, pin, &left));
	OK(sign(w, &alice));
	OK(keeper_logout(w->k, &alice));
	/* Nothing is left that it opened. */
	FAILS(SG_ENOENT, use(w, ALICE, "default"));
	FAILS(SG_ENOENT, keeper_session_end(w->k, &alice));
	assert_int_equal(tries_used(w), 0);
}

static void
a_session_login_uses_what_the_card_shows_only(void **state)
{
	struct world *w = *state;
	char pin[CARD_SESSION_PIN_LEN + 1];
	auto_done(buf) out = { 0 };
	uint8_t digest[32] = { 1 };
	uint32_t left = 0;

	policy(w, true, false, false);
	alice_with_cert(w);
	OK(login(w, &alice, PIN));
	OK(make_p256(w, "other"));
	OK(keeper_logout(w->k, &alice));
	open_session(w, NULL, pin);
	FAILS(SG_EPIN, keeper_session_login(w->k, &alice, bytes_str(PIN),
	    &left));
	assert_int_equal(left, 2);
	OK(keeper_session_login(w->k, &alice, bytes_str(pin), &left));
	OK(sign(w, &alice));
	FAILS(SG_ELOGIN, keeper_key_use(w->k, &alice, "other",
	    bytes_of(digest, sizeof(digest)), &out));
	FAILS_SAYING(SG_ELOGIN, "session PIN", make_p256(w, "third"));
	FAILS(SG_ELOGIN, keeper_key_remove(w->k, &alice, "other"));
	FAILS(SG_ELOGIN, ask_session(w, &alice, "", NULL,
	    &(struct secret) { 0 }));
	FAILS(SG_ELOGIN, sign(w, &alice2));
	OK(keeper_session_end(w->k, &alice2));
	FAILS(SG_ELOGIN, sign(w, &alice));
	FAILS(SG_EBLOCKED, keeper_session_login(w->k, &alice,
	    bytes_str(pin), &left));
}

static void
a_session_pin_ends_with_its_time(void **state)
{
	struct world *w = *state;
	char pin[CARD_SESSION_PIN_LEN + 1];
	uint32_t left = 0;

	policy(w, true, false, false);
	alice_with_cert(w);
	open_session(w, NULL, pin);
	OK(verify(w, ALICE, pin, &left));
	world_now += 20000;
	OK(use(w, ALICE, "default"));
	world_now += 20000;
	OK(use(w, ALICE, "default"));
	OK(keeper_session_login(w->k, &alice, bytes_str(pin), &left));
	world_now += 19999;
	OK(use(w, ALICE, "default"));
	world_now++;
	FAILS(SG_ENOENT, use(w, ALICE, "default"));
	FAILS(SG_ELOGIN, sign(w, &alice));
	FAILS(SG_EBLOCKED, keeper_session_login(w->k, &alice,
	    bytes_str(pin), &left));
}

/* Who still thinks that he has verified one hears of it. */
static void
a_new_session_pin_is_told_from_the_one_before(void **state)
{
	struct world *w = *state;
	char pin[CARD_SESSION_PIN_LEN + 1];
	uint32_t left = 0;
	bool first = false;

	policy(w, true, false, false);
	alice_with_cert(w);
	open_session(w, NULL, pin);
	OK(keeper_card_verify(w->k, &card, ALICE, bytes_str(pin), &left,
	    &first));
	assert_true(first);
	OK(keeper_card_verify(w->k, &card, ALICE, bytes_str(pin), &left,
	    &first));
	assert_false(first);
	open_session(w, NULL, pin);
	OK(keeper_card_verify(w->k, &card, ALICE, bytes_str(pin), &left,
	    &first));
	assert_true(first);
	spoil(pin);
	FAILS(SG_EPIN, verify(w, ALICE, pin, &left));
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
}

/* What ends it; afterwards it opens nothing and costs nothing. */
static void
ends_by(struct world *w, void (*end)(struct world *w))
{
	char pin[CARD_SESSION_PIN_LEN + 1];
	uint32_t left = 0;

	open_session(w, NULL, pin);
	OK(verify(w, ALICE, pin, &left));
	end(w);
	assert_int_equal(keeper_next_end(w->k), 0);
	assert_int_not_equal(use(w, ALICE, "default"), SG_OK);
	assert_int_not_equal(verify(w, ALICE, pin, &left), SG_OK);
	FAILS(SG_EBLOCKED, keeper_session_login(w->k, &alice,
	    bytes_str(pin), &left));
}

static void
by_lock(struct world *w)
{
	OK(keeper_lock(w->k, &alice2));
}

static void
by_pin_change(struct world *w)
{
	uint32_t left = 0;

	OK(keeper_pin_change(w->k, &alice, bytes_str(PIN),
	    bytes_str("918273"), &left));
	OK(keeper_pin_change(w->k, &alice, bytes_str("918273"),
	    bytes_str(PIN), &left));
}

static void
by_policy(struct world *w)
{
	policy(w, false, true, true);
	keeper_expire(w->k);
	policy(w, true, true, true);
}

static void
by_another(struct world *w)
{
	auto_done(secret) pin = { 0 };

	OK(ask_session(w, &alice, PIN, NULL, &pin));
	OK(keeper_session_end(w->k, &alice));
}

static void
by_asking(struct world *w)
{
	OK(keeper_session_end(w->k, &alice2));
}

static void
whatever_closes_the_container_ends_a_session_pin(void **state)
{
	struct world *w = *state;

	policy(w, true, true, true);
	alice_with_cert(w);
	ends_by(w, by_asking);
	ends_by(w, by_lock);
	ends_by(w, by_pin_change);
	ends_by(w, by_policy);
	ends_by(w, by_another);
	assert_int_equal(tries_used(w), 0);
}

static void
a_bound_card_takes_nothing_else_until_it_is_given_back(void **state)
{
	struct world *w = *state;
	const struct keeper_session bound = { .seconds = 60, .uses = 1,
		.bound = true };
	char pin[CARD_SESSION_PIN_LEN + 1], again[CARD_SESSION_PIN_LEN + 1];
	uint32_t left = 9;
	bool verified;

	policy(w, true, true, true);
	alice_with_cert(w);
	open_session(w, &bound, pin);
	OK(verify(w, ALICE, pin, &left));
	OK(keeper_card_drop(w->k, &card, ALICE));
	/* It is over, and a host may try what it likes. */
	FAILS(SG_EBLOCKED, verify(w, ALICE, PIN, &left));
	assert_int_equal(left, 0);
	FAILS(SG_EBLOCKED, verify(w, ALICE, WRONG, &left));
	FAILS(SG_EPERM, keeper_card_pin_change(w->k, &card, ALICE,
	    bytes_str(PIN), bytes_str("918273"), &left));
	assert_int_equal(tries_used(w), 0);
	assert_int_equal(tries_left(w, &verified), 0);
	/* Another session PIN is taken. */
	OK(keeper_session_end(w->k, &alice));
	OK(verify(w, ALICE, PIN, &left));
	open_session(w, &bound, again);
	OK(verify(w, ALICE, again, &left));
	/* The process's end is the session's. */
	keeper_forget(w->k, alice.process);
	FAILS(SG_ELOGIN, use(w, ALICE, "default"));
	FAILS(SG_EBLOCKED, verify(w, ALICE, again, &left));
	OK(verify(w, ALICE, PIN, &left));
	assert_int_equal(tries_used(w), 0);
}

static void
a_session_pin_needs_the_gesture(void **state)
{
	struct world *w = *state;
	auto_done(secret) pin = { 0 };
	struct keeper_session long_one = { .seconds = 61 * 60, .uses = 1 };
	struct keeper_session many = { .seconds = 60, .uses = 21 };
	struct keeper_session none = { .seconds = 0, .uses = 1 };

	policy(w, true, false, false);
	FAILS(SG_ENOENT, ask_session(w, &alice, PIN, NULL, &pin));
	alice_with_cert(w);
	FAILS(SG_ELOGIN, ask_session(w, &alice, "", NULL, &pin));
	FAILS(SG_EPIN, ask_session(w, &alice, WRONG, NULL, &pin));
	assert_int_equal(tries_used(w), 1);
	FAILS_SAYING(SG_EARG, "session-minutes",
	    ask_session(w, &alice, PIN, &long_one, &pin));
	FAILS_SAYING(SG_EARG, "session-uses",
	    ask_session(w, &alice, PIN, &many, &pin));
	FAILS(SG_EARG, ask_session(w, &alice, PIN, &none, &pin));
	OK(login(w, &alice, PIN));
	OK(ask_session(w, &alice, "", NULL, &pin));
	/* It holds the container open by itself. */
	OK(keeper_logout(w->k, &alice));
	{
		char text[CARD_SESSION_PIN_LEN + 1];
		uint32_t left = 0;

		card_text(&pin, text);
		OK(verify(w, ALICE, text, &left));
		OK(use(w, ALICE, "default"));
	}
	policy(w, false, false, false);
	FAILS_SAYING(SG_EPERM, "emulation",
	    ask_session(w, &alice, PIN, NULL, &pin));
}

static void
the_card_shows_only_what_the_session_asked_for(void **state)
{
	struct world *w = *state;
	auto_done(buf) der = { 0 };
	auto_done(card_status) s = { 0 };
	char pin[CARD_SESSION_PIN_LEN + 1];
	struct keeper_session ask = { .seconds = 60, .uses = 3 };
	struct card_table t;
	uint64_t before;

	policy(w, true, true, true);
	alice_with_cert(w);
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	before = s.keys.generation;
	assert_string_equal(s.keys.v[0].key, "default");
	OK(login(w, &alice, PIN));
	OK(make_p256(w, "plain"));
	add_cert(w, &alice, "plain", NULL, 0, OID_CLIENT_AUTH, &der);
	ask.cert = bytes_str("not a certificate");
	FAILS(SG_ENOENT, ask_session(w, &alice, "", &ask,
	    &(struct secret) { 0 }));
	ask.cert = buf_bytes(&der);
	open_session(w, &ask, pin);
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	assert_string_equal(s.keys.v[0].key, "plain");
	assert_true(s.keys.generation != before);
	assert_false(s.told);
	OK(board_card_table(keeper_board(w->k), world_now, &t));
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	assert_true(s.told);
	/* Also when the container changes meanwhile. */
	OK(make_p256(w, "third"));
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	assert_string_equal(s.keys.v[0].key, "plain");
	assert_int_equal(s.keys.n, 1);
	OK(keeper_session_end(w->k, &alice));
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	assert_string_equal(s.keys.v[0].key, "default");
	assert_true(s.keys.generation == before);
	/* A bound card stays the same until it is given back. */
	ask.bound = true;
	open_session(w, &ask, pin);
	OK(keeper_session_end(w->k, &alice2));
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	assert_string_equal(s.keys.v[0].key, "plain");
	assert_true(s.held);
	keeper_forget(w->k, alice.process);
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	assert_true(s.keys.generation == before);
	/* A certificate that is gone is shown no longer, and no other is. */
	open_session(w, &ask, pin);
	OK(login(w, &alice, PIN));
	OK(keeper_cert_remove(w->k, &alice, buf_bytes(&der)));
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	assert_int_equal(s.keys.n, 0);
	FAILS(SG_ENOENT, use(w, ALICE, "default"));
}

static size_t
table(struct world *w, struct card_table *t)
{
	*t = (struct card_table) { 0 };
	OK(board_card_table(keeper_board(w->k), world_now, t));
	assert_int_equal(t->slots, board_policy(keeper_board(w->k)).slots);
	return t->n;
}

static void
here(const char *folder, uint32_t uid, const char *text)
{
	auto_str path = NULL;

	OK(str_printf(&path, "%s/%u", folder, uid));
	OK(file_replace(path, bytes_str(text), 0600));
}

static void
the_policy_says_when_a_card_is_there(void **state)
{
	struct world *w = *state;
	char folder[] = "/tmp/signet-users-XXXXXX";
	auto_str path = NULL;
	struct card_table t;

	assert_non_null(mkdtemp(folder));
	board_set_sessions(keeper_board(w->k), folder);
	policy(w, true, true, false);
	alice_with_cert(w);
	assert_int_equal(table(w, &t), 0);
	OK(login(w, &alice, PIN));
	assert_int_equal(table(w, &t), 1);
	assert_int_equal(t.v[0].uid, ALICE);
	OK(keeper_logout(w->k, &alice));
	assert_int_equal(table(w, &t), 0);
	here(folder, ALICE, "NAME=alice\nSTATE=active\nRUNTIME=/run\n");
	assert_int_equal(table(w, &t), 1);
	here(folder, ALICE, "STATE=online");
	assert_int_equal(table(w, &t), 1);
	here(folder, ALICE, "STATE=lingering\n");
	assert_int_equal(table(w, &t), 0);
	here(folder, ALICE, "XSTATE=active\nSTATE=active2\n");
	assert_int_equal(table(w, &t), 0);
	policy(w, true, true, true);
	assert_int_equal(table(w, &t), 1);
	policy(w, true, false, true);
	assert_int_equal(table(w, &t), 0);
	policy(w, false, true, true);
	assert_int_equal(table(w, &t), 0);
	OK(str_printf(&path, "%s/%u", folder, ALICE));
	(void)unlink(path);
	(void)rmdir(folder);
	board_set_sessions(keeper_board(w->k), NULL);
}

static void
a_slot_is_kept(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(buf) der = { 0 };
	auto_done(card_status) s = { 0 };
	struct card_table t;

	policy(w, true, true, false);
	alice_with_cert(w);
	OK(setup(w, &bob, "591602", &code));
	/* A container without a certificate is no card. */
	OK(login(w, &bob, "591602"));
	assert_int_equal(table(w, &t), 0);
	add_cert(w, &bob, "default", "bob@corp.example",
	    USAGE_DIGITAL_SIGNATURE, OID_SMARTCARD_LOGON, &der);
	assert_int_equal(table(w, &t), 1);
	assert_int_equal(t.v[0].slot, 0);
	assert_int_equal(t.v[0].uid, BOB);
	OK(login(w, &alice, PIN));
	assert_int_equal(table(w, &t), 2);
	assert_int_equal(t.v[1].uid, ALICE);
	OK(keeper_logout(w->k, &bob));
	assert_int_equal(table(w, &t), 1);
	assert_int_equal(t.v[0].slot, 1);
	assert_int_equal(t.v[0].uid, ALICE);
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	assert_int_equal(s.slot, 1);
	assert_true(s.service);
	assert_true(s.told);
	OK(board_card_status(keeper_board(w->k), BOB, world_now + 5000, &s));
	assert_true(s.slot == CARD_NO_SLOT);
	assert_false(s.service);
	assert_false(s.told);
	/* It is not there for a reason of its own. */
	assert_false(s.crowded);
	OK(keeper_reset(w->k, &alice, ALICE));
	assert_int_equal(table(w, &t), 0);
}

static void
who_finds_no_slot_is_told_so(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(buf) der = { 0 };
	auto_done(card_status) s = { 0 };
	struct card_policy p = board_policy(keeper_board(w->k));
	struct card_table t;

	p.certificates = p.all_users = p.emulation = true;
	p.slots = 1;
	board_set_policy(keeper_board(w->k), &p);
	alice_with_cert(w);
	assert_int_equal(table(w, &t), 1);
	assert_int_equal(t.v[0].uid, ALICE);
	OK(setup(w, &bob, "591602", &code));
	OK(login(w, &bob, "591602"));
	add_cert(w, &bob, "default", "bob@corp.example",
	    USAGE_DIGITAL_SIGNATURE, OID_SMARTCARD_LOGON, &der);
	assert_int_equal(table(w, &t), 1);
	assert_int_equal(t.v[0].uid, ALICE);
	OK(board_card_status(keeper_board(w->k), BOB, world_now, &s));
	assert_true(s.slot == CARD_NO_SLOT);
	assert_true(s.crowded);
	OK(board_card_status(keeper_board(w->k), ALICE, world_now, &s));
	assert_int_equal(s.slot, 0);
	assert_false(s.crowded);
	/* The slot is free again. */
	OK(keeper_reset(w->k, &alice, ALICE));
	OK(board_card_status(keeper_board(w->k), BOB, world_now, &s));
	assert_int_equal(s.slot, 0);
	assert_false(s.crowded);
}

static void
a_long_pin_is_never_tried_by_the_card(void **state)
{
	struct world *w = *state;
	uint32_t left = 9;
	bool verified;
	char pin[CARD_SESSION_PIN_LEN + 1];
	auto_done(secret) session = { 0 };

	policy(w, true, true, true);
	alice_with_cert(w);
	OK(keeper_pin_change(w->k, &alice, bytes_str(PIN),
	    bytes_str("91827364556"), &left));
	FAILS(SG_EBLOCKED, verify(w, ALICE, "91827364", &left));
	assert_int_equal(left, 0);
	assert_int_equal(tries_used(w), 0);
	assert_int_equal(tries_left(w, &verified), 0);
	OK(ask_session(w, &alice, "91827364556", NULL, &session));
	card_text(&session, pin);
	OK(verify(w, ALICE, pin, &left));
	OK(use(w, ALICE, "default"));
	OK(keeper_session_end(w->k, &alice));
	OK(keeper_pin_change(w->k, &alice, bytes_str("91827364556"),
	    bytes_str(PIN), &left));
	OK(verify(w, ALICE, PIN, &left));
}

static void
no_session_pin_becomes_the_containers(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(buf) der = { 0 };
	char pin[CARD_SESSION_PIN_LEN + 1];
	uint32_t left = 0;

	OK(setup(w, &alice, PIN, &code));
	OK(login(w, &alice, PIN));
	add_cert(w, &alice, "default", "alice@corp.example",
	    USAGE_DIGITAL_SIGNATURE, OID_SMARTCARD_LOGON, &der);
	open_session(w, NULL, pin);
	FAILS_SAYING(SG_EARG, "session PIN", keeper_pin_change(w->k, &alice,
	    bytes_str(PIN), bytes_str(pin), &left));
	/* Nor is it found so: who does not know the PIN is told nothing. */
	FAILS_SAYING(SG_EPIN, "wrong PIN", keeper_pin_change(w->k, &alice,
	    bytes_str(WRONG), bytes_str(pin), &left));
	assert_int_equal(tries_used(w), 1);
	OK(keeper_session_end(w->k, &alice));
	FAILS_SAYING(SG_EARG, "session PIN", keeper_pin_change(w->k, &alice,
	    bytes_str(PIN), bytes_str(pin), &left));
	FAILS(SG_EPIN, keeper_pin_recover(w->k, &alice,
	    bytes_str("0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV"),
	    bytes_str(pin)));
	FAILS_SAYING(SG_EARG, "session PIN", keeper_pin_recover(w->k, &alice,
	    secret_bytes(&code), bytes_str(pin)));
	OK(login(w, &alice, PIN));
}

/* What costs no try may be asked for without end. */
static void
what_a_card_refuses_fills_no_disk(void **state)
{
	struct world *w = *state;
	char pin[CARD_SESSION_PIN_LEN + 1], text[65536];
	char path[] = "/tmp/signet-audit-XXXXXX";
	int fd = mkstemp(path);
	uint32_t left = 0;
	unsigned lines = 0;
	ssize_t n;

	policy(w, true, true, true);
	alice_with_cert(w);
	open_session(w, NULL, pin);
	OK(keeper_session_end(w->k, &alice));
	assert_true(fd >= 0);
	(void)unlink(path);
	audit_set_fd(fd);
	for (int i = 0; i < 300; i++)
		FAILS(SG_EBLOCKED, verify(w, ALICE, pin, &left));
	audit_set_fd(-1);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	for (const char *s = text; (s = strstr(s, "card-verify")) != NULL; s++)
		lines++;
	(void)close(fd);
	assert_in_range(lines, 1, 150);
}

static void
the_card_changes_the_pin_where_it_may(void **state)
{
	struct world *w = *state;
	struct card_policy p = CARD_POLICY_DEFAULT;
	uint32_t left = 9;

	policy(w, true, true, true);
	alice_with_cert(w);
	FAILS(SG_EUNSUPPORTED, keeper_card_pin_change(w->k, &card, ALICE,
	    bytes_str(PIN), bytes_str("918273645"), &left));
	FAILS(SG_EPIN, keeper_card_pin_change(w->k, &card, ALICE,
	    bytes_str(WRONG), bytes_str("918273"), &left));
	assert_int_equal(left, 2);
	FAILS(SG_EARG, keeper_card_pin_change(w->k, &card, ALICE,
	    bytes_str(PIN), bytes_str("111111"), &left));
	OK(keeper_card_pin_change(w->k, &card, ALICE, bytes_str(PIN),
	    bytes_str("918273"), &left));
	OK(verify(w, ALICE, "918273", &left));
	p.certificates = p.all_users = true;
	p.pin_change = false;
	board_set_policy(keeper_board(w->k), &p);
	FAILS(SG_EUNSUPPORTED, keeper_card_pin_change(w->k, &card, ALICE,
	    bytes_str("918273"), bytes_str(PIN), &left));
}

static void
as_a_smart_card_a_login_is_no_longer_than_a_cards(void **state)
{
	struct world *w = *state;

	policy(w, true, false, false);
	alice_with_cert(w);
	OK(login(w, &alice, PIN));
	world_now += 3600000;
	OK(sign(w, &alice));
	policy(w, true, true, false);
	world_now += 29999;
	OK(sign(w, &alice));
	world_now += 30000;
	FAILS(SG_ELOGIN, sign(w, &alice));
	OK(login(w, &alice, PIN));
	OK(sign(w, &alice));
}

/* Digits of many session PINs: each as often as chance lets it. */
static void
session_pins_are_not_alike(void **state)
{
	struct world *w = *state;
	unsigned seen[10] = { 0 };
	char before[CARD_SESSION_PIN_LEN + 1] = "";

	policy(w, true, false, false);
	alice_with_cert(w);
	OK(login(w, &alice, PIN));
	for (int i = 0; i < 200; i++) {
		auto_done(secret) s = { 0 };
		char pin[CARD_SESSION_PIN_LEN + 1];

		OK(ask_session(w, &alice, "", NULL, &s));
		card_text(&s, pin);
		assert_string_not_equal(pin, before);
		memcpy(before, pin, sizeof(pin));
		for (size_t k = 0; k < CARD_SESSION_PIN_LEN; k++)
			seen[pin[k] - '0']++;
	}
	/* 1,600 digits: 160 of each, give or take six deviations. */
	for (size_t i = 0; i < 10; i++)
		assert_in_range(seen[i], 160 - 72, 160 + 72);
}

#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_card_has_a_login_of_its_own),
		CASE(the_cards_tries_are_the_tpms),
		CASE(a_pin_lives_as_long_as_it_is_used),
		CASE(the_signature_key_wants_the_pin_each_time),
		CASE(a_card_key_works_while_its_owner_is_logged_in),
		CASE(a_session_pin_is_taken_instead_of_the_pin),
		CASE(a_session_pin_never_opens_the_container),
		CASE(three_wrong_tries_end_a_session_pin),
		CASE(a_session_pin_has_so_many_uses),
		CASE(a_session_login_uses_what_the_card_shows_only),
		CASE(a_session_pin_ends_with_its_time),
		CASE(a_new_session_pin_is_told_from_the_one_before),
		CASE(whatever_closes_the_container_ends_a_session_pin),
		CASE(a_bound_card_takes_nothing_else_until_it_is_given_back),
		CASE(a_session_pin_needs_the_gesture),
		CASE(the_card_shows_only_what_the_session_asked_for),
		CASE(the_policy_says_when_a_card_is_there),
		CASE(a_slot_is_kept),
		CASE(who_finds_no_slot_is_told_so),
		CASE(a_long_pin_is_never_tried_by_the_card),
		CASE(no_session_pin_becomes_the_containers),
		CASE(what_a_card_refuses_fills_no_disk),
		CASE(the_card_changes_the_pin_where_it_may),
		CASE(as_a_smart_card_a_login_is_no_longer_than_a_cards),
		CASE(session_pins_are_not_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
