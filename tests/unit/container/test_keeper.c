/* SPDX-License-Identifier: BSD-2-Clause */

/* The keeper's rules, with a real TPM below and no socket above. */

#include "../pki/fixture.h"
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/objects_wire.h"
#include "ipc/verbs.h"

static enum sg_err
sign(struct world *w, const struct caller *c)
{
	auto_done(buf) out = { 0 };
	uint8_t digest[32] = { 1 };

	SG_TRY(keeper_key_use(w->k, c, "default",
	    bytes_of(digest, sizeof(digest)), &out));
	assert_int_equal(out.n, 64);
	return SG_OK;
}

static enum sg_err
glance(const struct world *w, const struct caller *c, struct status *out)
{
	return board_glance(keeper_board(w->k), c->uid, c->process, out);
}

/* What the board shows of alice's container. */
static void
look(const struct world *w, struct objects *out)
{
	auto_done(buf) b = { 0 };
	struct reader r;

	OK(board_objects(keeper_board(w->k), ALICE, &b));
	r = reader_of(buf_bytes(&b));
	OK(objects_read(&r, out));
}

static void
a_login_counts_for_its_process_only(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };

	OK(setup(w, &alice, "428193", &code));
	FAILS(SG_ELOGIN, sign(w, &alice));
	OK(login(w, &alice, "428193"));
	OK(sign(w, &alice));
	FAILS(SG_ELOGIN, sign(w, &alice2));
	FAILS(SG_ENOENT, sign(w, &bob));
	OK(login(w, &alice2, "428193"));
	OK(sign(w, &alice));
	keeper_forget(w->k, alice.process);
	FAILS(SG_ELOGIN, sign(w, &alice));
	OK(sign(w, &alice2));
	OK(keeper_logout(w->k, &alice2));
	FAILS(SG_ELOGIN, sign(w, &alice2));
}

static unsigned long
commands(const struct world *w)
{
	keeper_tell(w->k);
	return board_count(keeper_board(w->k)).tpm_commands;
}

/* What a rest after so many uses sends. */
static unsigned long
rest_after(struct world *w, const struct caller *c, int uses)
{
	unsigned long before;

	for (int i = 0; i < uses; i++)
		OK(sign(w, c));
	before = commands(w);
	keeper_rest(w->k);
	return commands(w) - before;
}

static void
a_run_of_uses_is_prepared_in_the_rests(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(secret) bobs = { 0 };
	unsigned long before;

	keeper_rest(w->k);
	OK(setup(w, &alice, "428193", &code));
	OK(setup(w, &bob, "591602", &bobs));
	OK(login(w, &alice, "428193"));
	OK(login(w, &bob, "591602"));
	assert_int_equal(rest_after(w, &alice, 3), 0);
	assert_int_equal(rest_after(w, &alice, 1), 2);
	before = commands(w);
	assert_int_equal(rest_after(w, &alice, 1), 2);
	assert_int_equal(commands(w) - before, 3);
	/* Another's use ends the run. */
	OK(sign(w, &bob));
	assert_int_equal(rest_after(w, &alice, 3), 0);
	assert_int_equal(rest_after(w, &alice, 1), 2);
	OK(keeper_lock(w->k, &alice));
	before = commands(w);
	keeper_rest(w->k);
	assert_int_equal(commands(w), before);
	FAILS(SG_ELOGIN, sign(w, &alice));
	OK(sign(w, &bob));
}

static void
wrong_pins_block_one_user_only(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(secret) bobs = { 0 };
	auto_done(status) s = { 0 };

	OK(setup(w, &alice, "428193", &code));
	OK(setup(w, &bob, "591602", &bobs));
	OK(login(w, &alice2, "428193"));
	FAILS_SAYING(SG_EPIN, "2 tries left", login(w, &alice, "000001"));
	/* The right one gives the tries back. */
	OK(login(w, &alice, "428193"));
	FAILS_SAYING(SG_EPIN, "2 tries left", login(w, &alice, "000001"));
	FAILS_SAYING(SG_EPIN, "1 try left", login(w, &alice, "000002"));
	FAILS_SAYING(SG_EBLOCKED, "recover", login(w, &alice, "000003"));
	FAILS(SG_EBLOCKED, login(w, &alice, "428193"));
	/* Blocked means closed, for who was inside too. */
	FAILS(SG_ELOGIN, sign(w, &alice2));
	OK(keeper_status(w->k, &alice, ALICE, &s));
	assert_int_equal(s.state, CONTAINER_BLOCKED);
	OK(login(w, &bob, "591602"));
	OK(sign(w, &bob));
}

static void
the_recovery_code_keeps_the_keys(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(secret) bobs = { 0 };

	OK(setup(w, &alice, "428193", &code));
	OK(setup(w, &bob, "591602", &bobs));
	for (int i = 0; i < 3; i++)
		assert_int_not_equal(login(w, &alice, "000001"), SG_OK);
	FAILS_SAYING(SG_EPIN, "another container", keeper_pin_recover(w->k,
	    &alice, secret_bytes(&bobs), bytes_str("777123")));
	FAILS(SG_EARG, keeper_pin_recover(w->k, &alice, secret_bytes(&code),
	    bytes_str("123456")));
	OK(keeper_pin_recover(w->k, &alice, secret_bytes(&code),
	    bytes_str("777123")));
	FAILS(SG_EPIN, login(w, &alice, "428193"));
	OK(login(w, &alice, "777123"));
	OK(sign(w, &alice));
}

static void
a_new_pin_ends_the_logins(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	uint32_t left = 9;

	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice2, "428193"));
	FAILS(SG_EPIN, keeper_pin_change(w->k, &alice, bytes_str("000001"),
	    bytes_str("777123"), &left));
	assert_int_equal(left, 2);
	FAILS(SG_EARG, keeper_pin_change(w->k, &alice, bytes_str("428193"),
	    bytes_str("428193"), &left));
	OK(keeper_pin_change(w->k, &alice, bytes_str("428193"),
	    bytes_str("777123"), &left));
	FAILS(SG_ELOGIN, sign(w, &alice2));
	FAILS(SG_EPIN, login(w, &alice, "428193"));
	OK(login(w, &alice, "777123"));
	OK(sign(w, &alice));
}

static void
a_ticket_opens_for_who_began(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(secret) bobs = { 0 };
	uint8_t t[KEEPER_TICKET_LEN] = { 0 };
	uint8_t other[KEEPER_TICKET_LEN] = { 0 };
	struct bytes ticket = bytes_of(t, sizeof(t));
	uint32_t left = 0;

	OK(setup(w, &alice, "428193", &code));
	OK(setup(w, &bob, "591602", &bobs));
	OK(keeper_login_begin(w->k, &alice, t));
	FAILS(SG_ETIMEOUT, keeper_login_finish(w->k, &bob, ticket,
	    bytes_str("591602"), &left));
	FAILS(SG_ETIMEOUT, keeper_login_finish(w->k, &alice2,
	    bytes_of(other, sizeof(other)), bytes_str("428193"), &left));
	FAILS(SG_EPIN, keeper_login_finish(w->k, &alice2, ticket,
	    bytes_str("000001"), &left));
	OK(keeper_login_finish(w->k, &alice2, ticket, bytes_str("428193"),
	    &left));
	OK(sign(w, &alice));
	FAILS(SG_ELOGIN, sign(w, &alice2));
	FAILS(SG_ETIMEOUT, keeper_login_finish(w->k, &alice2, ticket,
	    bytes_str("428193"), &left));
}

static void
a_ticket_dies_with_its_process(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	uint8_t t[KEEPER_TICKET_LEN];
	uint32_t left;

	OK(setup(w, &alice, "428193", &code));
	OK(keeper_login_begin(w->k, &alice, t));
	keeper_forget(w->k, alice.process);
	FAILS(SG_ETIMEOUT, keeper_login_finish(w->k, &alice2,
	    bytes_of(t, sizeof(t)), bytes_str("428193"), &left));
}

static void
setup_says_what_it_does_not_like(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(buf) escrow = { 0 };
	struct keeper_setup ask = { .pin = bytes_str("428193"),
		.type = OBJECT_P256, .key_name = "a b" };
	const struct caller carol = { "carol", 1002, "test", 31 };

	FAILS_SAYING(SG_EARG, "too simple", setup(w, &alice, "123456", &code));
	FAILS_SAYING(SG_EARG, "too short", setup(w, &alice, "4281", &code));
	FAILS_SAYING(SG_EARG, "a key's name",
	    keeper_setup(w->k, &alice, &ask, &code, &escrow));
	ask.key_name = "default";
	ask.tries = 99;
	FAILS_SAYING(SG_EARG, "tries",
	    keeper_setup(w->k, &alice, &ask, &code, &escrow));
	ask.tries = 0;
	ask.escrow = bytes_str("no PEM");
	FAILS_SAYING(SG_EFORMAT, "escrow",
	    keeper_setup(w->k, &alice, &ask, &code, &escrow));
	OK(setup(w, &alice, "428193", &code));
	FAILS(SG_EEXIST, setup(w, &alice, "428193", &code));
	OK(setup(w, &bob, "428193", &code));
	FAILS_SAYING(SG_ELIMIT, "2 containers",
	    setup(w, &carol, "428193", &code));
}

static void
only_the_owner_and_root_delete(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(status) s = { 0 };

	OK(setup(w, &alice, "428193", &code));
	FAILS(SG_EPERM, keeper_reset(w->k, &bob, ALICE));
	OK(keeper_reset(w->k, &root, ALICE));
	OK(keeper_status(w->k, &alice, ALICE, &s));
	assert_int_equal(s.state, CONTAINER_NONE);
	FAILS(SG_ENOENT, keeper_reset(w->k, &alice, ALICE));
	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice, "428193"));
}

/* A daemon that died between writing the plan and making the indices, and
 * one that died while it removed them. */
static void
what_a_crash_left_is_tidied(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(container) c = { 0 };

	OK(setup(w, &alice, "428193", &code));
	OK(store_load(w->folder, ALICE, &c));
	c.phase = CONTAINER_DOOMED;
	OK(store_save(w->folder, &c));
	keeper_free(w->k);
	open_keeper(w);
	OK(setup(w, &alice, "777123", &code));
	OK(login(w, &alice, "777123"));
	OK(sign(w, &alice));
}

static void
a_restart_closes_and_keeps(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };

	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice, "428193"));
	keeper_free(w->k);
	open_keeper(w);
	FAILS(SG_ELOGIN, sign(w, &alice));
	OK(login(w, &alice, "428193"));
	OK(sign(w, &alice));
}

static void
a_tpm_that_was_reset_needs_the_pin_again(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	enum sg_err e;

	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice, "428193"));
	OK(sign(w, &alice));
	swtpm_kill(&w->swtpm);
	swtpm_run(&w->swtpm);
	/* The first command finds the connection dead, the second that the
	 * login is. */
	e = sign(w, &alice);
	if (e != SG_ELOGIN) {
		assert_int_equal(e, SG_ETPM);
		FAILS(SG_ELOGIN, sign(w, &alice));
	}
	OK(login(w, &alice, "428193"));
	OK(sign(w, &alice));
}

static void
a_damaged_file_is_named_and_kept(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(status) s = { 0 };
	auto_done(buf) b = { 0 };
	auto_done(buf) after = { 0 };
	auto_str path = NULL;

	OK(setup(w, &alice, "428193", &code));
	OK(str_printf(&path, "%s/%d.container", w->folder, ALICE));
	OK(file_read(&b, path, CONTAINER_FILE_MAX));
	b.n -= 7;
	OK(file_replace(path, buf_bytes(&b), 0600));
	keeper_free(w->k);
	open_keeper(w);
	FAILS_SAYING(SG_EFORMAT, path, login(w, &alice, "428193"));
	OK(keeper_status(w->k, &alice, ALICE, &s));
	assert_int_equal(s.state, CONTAINER_BROKEN);
	assert_non_null(strstr(s.trouble, path));
	FAILS_SAYING(SG_EFORMAT, "signet reset",
	    setup(w, &alice, "428193", &code));
	OK(file_read(&after, path, CONTAINER_FILE_MAX));
	assert_true(bytes_eq(buf_bytes(&b), buf_bytes(&after)));
	OK(keeper_reset(w->k, &alice, ALICE));
	OK(setup(w, &alice, "428193", &code));
}

static void
keys_are_made_and_removed_behind_the_pin(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	__attribute__((cleanup(objects_done))) struct objects o = { 0 };

	OK(setup(w, &alice, "428193", &code));
	FAILS(SG_ELOGIN, make_key(w, &alice, "two"));
	OK(login(w, &alice, "428193"));
	OK(make_key(w, &alice, "two"));
	FAILS(SG_EEXIST, make_key(w, &alice, "two"));
	look(w, &o);
	assert_int_equal(o.key_count, 2);
	OK(keeper_key_remove(w->k, &alice, "default"));
	look(w, &o);
	assert_int_equal(o.key_count, 1);
	assert_string_equal(o.keys[0].name, "two");
	FAILS(SG_ENOENT, sign(w, &alice));
}

#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

/* About 40 KB of certificate. */
static void
make_large_cert(struct cert **out, const struct authority *ca, unsigned n)
{
	auto_done(cert_content) c;
	auto_str name = NULL;

	cert_content_init(&c);
	OK(str_printf(&name, "CN=Large %u", n));
	for (unsigned i = 0; i < 160; i++) {
		auto_str dns = NULL;

		OK(str_printf(&dns, "%060u.%060u.%060u.%060u.example", i, i,
		    i, i));
		OK(texts_add(&c.ext.dns, dns));
	}
	fixture_issue(out, &c, name, ca->key, ca);
}

static enum sg_err
add_large(struct world *w, const struct authority *ca, unsigned n)
{
	auto_free(cert) c = NULL;
	struct cert_object o = { .kind = CERT_INTERMEDIATE,
		.label = (char *)(uintptr_t)"large",
		.provider = (char *)(uintptr_t)"",
		.key = (char *)(uintptr_t)"" };

	make_large_cert(&c, ca, n);
	o.der = c->der;
	return keeper_certs_add(w->k, &alice, &o, 1, "");
}

static void
what_a_container_holds_fits_into_a_reply(void **state)
{
	__attribute__((cleanup(authority_done))) struct authority ca = { 0 };
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(secret) frame = { 0 };
	auto_done(buf) b = { 0 };
	struct message m = { .verb = verb_find(VERB_OBJECTS) };
	__attribute__((cleanup(objects_done))) struct objects o = { 0 };
	enum sg_err e = SG_OK;

	OK(setup(w, &alice, "428193", &code));
	fixture_ca(&ca, "CN=Large", -1, NULL);
	for (unsigned i = 0; e == SG_OK && i < OBJECT_COUNT_MAX; i++)
		e = add_large(w, &ca, i);
	assert_int_equal(e, SG_ELIMIT);
	look(w, &o);
	assert_true(o.cert_count > 10);
	OK(objects_write(&b, &o));
	m.f[0] = field_b(buf_bytes(&b));
	OK(message_write_reply(&m, &frame));
	OK(keeper_cert_remove(w->k, &alice, buf_bytes(&o.certs[0].der)));
	OK(add_large(w, &ca, OBJECT_COUNT_MAX));
}

/* swtpm is gone when the glances are made: they would fail or hang. */
static void
a_glance_needs_no_tpm(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(status) s = { 0 };

	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice2, "428193"));
	FAILS(SG_EPIN, login(w, &alice, "000001"));
	swtpm_kill(&w->swtpm);
	OK(glance(w, &alice2, &s));
	assert_int_equal(s.state, CONTAINER_OPEN);
	assert_int_equal(s.uid, ALICE);
	assert_true(s.tries_known);
	assert_int_equal(s.tries_used, 1);
	assert_string_equal(s.tpm, "");
	OK(glance(w, &bob, &s));
	assert_int_equal(s.state, CONTAINER_NONE);
	keeper_free(w->k);
	open_keeper(w);
	OK(glance(w, &alice, &s));
	assert_int_equal(s.state, CONTAINER_READY);
	assert_false(s.tries_known);
	swtpm_run(&w->swtpm);
}

static void
a_glance_follows_the_tries(void **state)
{
	struct world *w = *state;
	auto_done(secret) code = { 0 };
	auto_done(status) s = { 0 };

	OK(setup(w, &alice, "428193", &code));
	FAILS(SG_EPIN, login(w, &alice, "000001"));
	OK(login(w, &alice, "428193"));
	OK(glance(w, &alice, &s));
	assert_true(s.tries_known);
	assert_int_equal(s.tries_used, 0);
	for (int i = 0; i < 2; i++)
		FAILS(SG_EPIN, login(w, &alice, "000001"));
	FAILS(SG_EBLOCKED, login(w, &alice, "000001"));
	OK(glance(w, &alice, &s));
	assert_int_equal(s.state, CONTAINER_BLOCKED);
	OK(keeper_pin_recover(w->k, &alice, secret_bytes(&code),
	    bytes_str("591602")));
	OK(glance(w, &alice, &s));
	assert_int_equal(s.state, CONTAINER_READY);
}

struct reader_thread {
	struct board *board;
	atomic_bool stop;
	unsigned looks;
};

/* Looks as the daemon's clients do, without a pause. */
static void *
read_on(void *arg)
{
	struct reader_thread *r = arg;

	while (!atomic_load(&r->stop)) {
		auto_done(status) s = { 0 };
		auto_done(buf) b = { 0 };
		uint64_t generation = 0;

		SG_IGNORE(board_objects(r->board, ALICE, &b));
		SG_IGNORE(board_generation(r->board, ALICE, &generation));
		if (board_glance(r->board, ALICE, alice.process, &s) !=
		    SG_OK || s.state > CONTAINER_OPEN)
			return arg;
		r->looks++;
	}
	return NULL;
}

static void
work_and_check(struct world *w)
{
	auto_done(secret) code = { 0 };
	auto_done(status) s = { 0 };
	uint64_t before = 0, after = 0;

	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice, "428193"));
	OK(glance(w, &alice, &s));
	assert_int_equal(s.state, CONTAINER_OPEN);
	OK(board_generation(keeper_board(w->k), ALICE, &before));
	OK(make_key(w, &alice, "two"));
	OK(board_generation(keeper_board(w->k), ALICE, &after));
	assert_int_equal(after, before + 1);
	OK(keeper_reset(w->k, &alice, ALICE));
	OK(glance(w, &alice, &s));
	assert_int_equal(s.state, CONTAINER_NONE);
}

/* Whatever another thread found in the file, the board never shows less than
 * the keeper has done. */
static void
the_board_is_never_behind_the_keeper(void **state)
{
	struct world *w = *state;
	struct reader_thread r = { .board = keeper_board(w->k) };
	void *failed = NULL;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, read_on, &r), 0);
	for (int i = 0; i < 5; i++)
		work_and_check(w);
	atomic_store(&r.stop, true);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	assert_true(r.looks > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_login_counts_for_its_process_only),
		CASE(a_run_of_uses_is_prepared_in_the_rests),
		CASE(wrong_pins_block_one_user_only),
		CASE(the_recovery_code_keeps_the_keys),
		CASE(a_new_pin_ends_the_logins),
		CASE(a_ticket_opens_for_who_began),
		CASE(a_ticket_dies_with_its_process),
		CASE(setup_says_what_it_does_not_like),
		CASE(only_the_owner_and_root_delete),
		CASE(what_a_crash_left_is_tidied),
		CASE(a_restart_closes_and_keeps),
		CASE(a_tpm_that_was_reset_needs_the_pin_again),
		CASE(a_damaged_file_is_named_and_kept),
		CASE(keys_are_made_and_removed_behind_the_pin),
		CASE(what_a_container_holds_fits_into_a_reply),
		CASE(a_glance_needs_no_tpm),
		CASE(a_glance_follows_the_tries),
		CASE(the_board_is_never_behind_the_keeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
