/* SPDX-License-Identifier: BSD-2-Clause */

/* What is said of cards on the socket, and what is no such thing. */

#include "../test.h"

#include "ipc/card.h"

static void
slots_have_pcscds_names(void **state)
{
	char name[CARD_READER_MAX];

	(void)state;
	card_reader_name(0, name);
	assert_string_equal(name, "Signet Container 00 00");
	card_reader_name(11, name);
	assert_string_equal(name, "Signet Container 00 0B");
	card_reader_name(CARD_NO_SLOT, name);
	assert_string_equal(name, "Signet Container 00 00");
}

static void
fill_keys(struct card_keys *k)
{
	static const enum card_ref refs[] = { CARD_AUTHENTICATION,
		CARD_MANAGEMENT };

	k->generation = 0x0102030405060708;
	for (; k->n < 2; k->n++) {
		struct card_key *key = &k->v[k->n];

		key->ref = refs[k->n];
		key->type = k->n == 0 ? OBJECT_RSA2048 : OBJECT_P256;
		OK(str_dup(&key->key, k->n == 0 ? "one" : "two"));
		OK(str_dup(&key->label, "label"));
		OK(buf_add_str(&key->cert, "certificate"));
	}
}

static void
a_table_comes_back(void **state)
{
	const struct card_table t = { { { 0, 1000, 7 }, { 3, 1001, 8 } }, 2, 4,
		30 };
	struct card_table back = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	OK(card_table_write(&b, &t));
	OK(card_table_read(buf_bytes(&b), &back));
	assert_int_equal(back.n, 2);
	assert_int_equal(back.slots, 4);
	assert_int_equal(back.idle_s, 30);
	assert_int_equal(back.v[1].slot, 3);
	assert_int_equal(back.v[1].uid, 1001);
	assert_true(back.v[1].generation == 8);
}

static void
bad_table(const struct card_table *t)
{
	struct card_table back = { 0 };
	auto_done(buf) b = { 0 };

	OK(card_table_write(&b, t));
	FAILS(SG_EFORMAT, card_table_read(buf_bytes(&b), &back));
	assert_int_equal(back.slots, 0);
}

static void
slots_are_in_order_and_exist(void **state)
{
	const struct card_table twice = { { { 1, 1, 1 }, { 1, 2, 2 } }, 2, 4,
		30 };
	const struct card_table behind = { { { 4, 1, 1 } }, 1, 4, 30 };
	const struct card_table more = { { { 0, 1, 1 }, { 1, 1, 1 } }, 2, 1,
		30 };
	const struct card_table many = { .slots = CARD_READER_SLOTS_MAX + 1 };

	(void)state;
	bad_table(&twice);
	bad_table(&behind);
	bad_table(&more);
	bad_table(&many);
}

static void
keys_come_back_and_are_found(void **state)
{
	auto_done(card_keys) k = { 0 };
	auto_done(card_keys) back = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	fill_keys(&k);
	OK(card_keys_write(&b, &k));
	OK(card_keys_read(buf_bytes(&b), &back));
	assert_int_equal(back.n, 2);
	assert_true(back.generation == k.generation);
	assert_string_equal(card_keys_ref(&back, CARD_MANAGEMENT)->key,
	    "two");
	assert_int_equal(card_keys_key(&back, "one")->ref,
	    CARD_AUTHENTICATION);
	assert_null(card_keys_ref(&back, CARD_CARD));
	assert_null(card_keys_key(&back, "three"));
}

static void
keys_that_no_card_has_are_refused(void **state)
{
	auto_done(card_keys) back = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		auto_done(card_keys) k = { 0 };
		auto_done(buf) b = { 0 };

		fill_keys(&k);
		if (i == 0)
			k.v[1].ref = CARD_AUTHENTICATION;
		if (i == 1)
			k.v[0].ref = (enum card_ref)0x9b;
		if (i == 2)
			k.v[0].type = (enum object_key_type)3;
		OK(card_keys_write(&b, &k));
		if (i == 3)
			b.p[8] = CARD_REFS + 1;
		FAILS(SG_EFORMAT, card_keys_read(buf_bytes(&b), &back));
		assert_int_equal(back.n, 0);
	}
}

static void
a_status_comes_back(void **state)
{
	auto_done(card_status) s = { .use = CARD_USE_CARD, .service = true,
		.slot = 2, .session = true, .held = true, .told = true,
		.seconds = 59, .uses = 3, .tries = 2 };
	auto_done(card_status) back = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	fill_keys(&s.keys);
	OK(card_status_write(&b, &s));
	OK(card_status_read(buf_bytes(&b), &back));
	assert_int_equal(back.use, CARD_USE_CARD);
	assert_true(back.service && back.session && back.held && back.told);
	assert_false(back.all_users || back.verified || back.pin_long);
	assert_int_equal(back.slot, 2);
	assert_int_equal(back.seconds, 59);
	assert_int_equal(back.uses, 3);
	assert_int_equal(back.tries, 2);
	assert_int_equal(back.keys.n, 2);
	/* Without a slot, and in one. */
	b.p[1] = 0x80;
	FAILS(SG_EFORMAT, card_status_read(buf_bytes(&b), &back));
	b.p[1] = 0;
	b.p[0] = 3;
	FAILS(SG_EFORMAT, card_status_read(buf_bytes(&b), &back));
	assert_int_equal(back.keys.n, 2);
}

static void
a_card_that_finds_no_slot_comes_back(void **state)
{
	auto_done(card_status) s = { .use = CARD_USE_CARD,
		.slot = CARD_NO_SLOT, .crowded = true };
	auto_done(card_status) back = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	OK(card_status_write(&b, &s));
	OK(card_status_read(buf_bytes(&b), &back));
	assert_true(back.crowded);
	assert_true(back.slot == CARD_NO_SLOT);
}

static void
what_is_cut_short_or_too_long_is_refused(void **state)
{
	auto_done(card_status) s = { .use = CARD_USE_CARD };
	auto_done(buf) b = { 0 };

	(void)state;
	fill_keys(&s.keys);
	OK(card_status_write(&b, &s));
	for (size_t n = 0; n < b.n; n++) {
		auto_done(card_status) back = { 0 };

		FAILS(SG_EFORMAT, card_status_read(bytes_of(b.p, n), &back));
	}
	OK(buf_add_u8(&b, 0));
	FAILS(SG_EFORMAT, card_status_read(buf_bytes(&b), &s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_have_pcscds_names),
		cmocka_unit_test(a_table_comes_back),
		cmocka_unit_test(slots_are_in_order_and_exist),
		cmocka_unit_test(keys_come_back_and_are_found),
		cmocka_unit_test(keys_that_no_card_has_are_refused),
		cmocka_unit_test(a_status_comes_back),
		cmocka_unit_test(a_card_that_finds_no_slot_comes_back),
		cmocka_unit_test(what_is_cut_short_or_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
