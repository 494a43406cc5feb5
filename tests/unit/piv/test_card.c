/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "piv/card.h"
#include "script.h"

#define IDLE_MS	1000
#define A	1		/* two clients */
#define B	2

#define SELECT		"00a4040009a0000003080000100000"
#define SELECT_OTHER	"00a4040005a00000039700"
#define VERIFY_RIGHT	"0020008008313233343536ffff"
#define VERIFY_WRONG	"0020008008363534333231ffff"
#define VERIFY_STATUS	"00200080"
#define VERIFY_RESET	"0020ff80"
#define DISCOVERY	"00cb3fff035c017e00"
#define CERT_9A		"00cb3fff055c035fc10500"

struct world {
	struct script script;
	struct piv_card *card;
	uint64_t now;
	struct buf reply;
};

static void
start(struct world *w)
{
	struct piv_backend b;

	*w = (struct world) { .now = 1 };
	b = script_backend(&w->script);
	OK(piv_card_new(&w->card, &b, IDLE_MS));
	OK(piv_power_up(w->card));
}

static void
world_done(struct world *w)
{
	piv_card_free(w->card);
	buf_done(&w->reply);
}
#define WORLD auto_done(world) w; start(&w)

/* The status word; the data stays in w->reply. */
static unsigned
send_bytes(struct world *w, uint64_t client, struct bytes apdu)
{
	unsigned sw;

	OK(piv_transmit(w->card, client, w->now, apdu, &w->reply));
	assert_true(w->reply.n >= 2 && w->reply.n <= PIV_REPLY_MAX);
	sw = (unsigned)(w->reply.p[w->reply.n - 2] << 8 |
	    w->reply.p[w->reply.n - 1]);
	w->reply.n -= 2;
	return sw;
}

static unsigned
send(struct world *w, uint64_t client, const char *hex)
{
	auto_done(buf) b = { 0 };

	OK(hex_decode(&b, hex));
	return send_bytes(w, client, buf_bytes(&b));
}

#define SENDS(sw, client, hex) assert_int_equal(send(&w, client, hex), sw)

/* GENERAL AUTHENTICATE with n bytes of input, in short commands. */
static unsigned
use(struct world *w, uint64_t client, uint8_t algorithm, uint8_t reference,
    size_t n)
{
	auto_done(buf) data = { 0 };
	unsigned sw = 0;
	uint8_t *at;

	if (n == PIV_RSA_LEN)
		OK(buf_add(&data, "\x7c\x82\x01\x06\x82\x00\x81\x82\x01", 9));
	else
		OK(buf_add(&data, "\x7c\x24\x82\x00\x81", 5));
	OK(buf_add_u8(&data, (uint8_t)n));
	OK(buf_extend(&data, n, &at));
	memset(at, 0x55, n);
	for (size_t done = 0; done < data.n;) {
		auto_done(buf) b = { 0 };
		size_t part = data.n - done < 255 ? data.n - done : 255;
		bool last = done + part == data.n;

		OK(buf_add_u8(&b, last ? 0 : 0x10));
		OK(buf_add_u8(&b, 0x87));
		OK(buf_add_u8(&b, algorithm));
		OK(buf_add_u8(&b, reference));
		OK(buf_add_u8(&b, (uint8_t)part));
		OK(buf_add(&b, data.p + done, part));
		if (last)
			OK(buf_add_u8(&b, 0));
		sw = send_bytes(w, client, buf_bytes(&b));
		if (!last && sw != 0x9000)
			return sw;
		done += part;
	}
	return sw;
}

static unsigned
use_9a(struct world *w, uint64_t client)
{
	return use(w, client, 0x07, 0x9a, PIV_RSA_LEN);
}

static unsigned
use_9c(struct world *w, uint64_t client)
{
	return use(w, client, 0x07, 0x9c, PIV_RSA_LEN);
}

static unsigned
use_9d(struct world *w, uint64_t client)
{
	return use(w, client, 0x11, 0x9d, PIV_HASH_LEN);
}

static void
the_application_is_chosen_by_its_name_or_its_beginning(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, SELECT);
	assert_int_equal(w.reply.n, 0x13);
	SENDS(0x9000, A, "00a404000ba000000308000010000100");
	SENDS(0x9000, A, "00a4040005a000000308");
	SENDS(0x9000, A, "00a4040000");
	SENDS(0x6a82, A, "00a4040004a0000003");
	SENDS(0x6a82, A, "00a404000ca00000030800001000010000");
	SENDS(0x6a82, A, "00a404000ba0000003974349445f0100");
	SENDS(0x6a82, A, "00a40200022f01");
}

static void
the_answer_to_reset_has_its_check_byte(void **state)
{
	struct bytes atr = piv_atr();
	uint8_t sum = 0;

	(void)state;
	assert_true(atr.n <= PIV_ATR_MAX);
	for (size_t i = 1; i < atr.n; i++)
		sum ^= atr.p[i];
	assert_int_equal(sum, 0);
}

static void
long_objects_come_in_parts(void **state)
{
	size_t all = 0;

	WORLD;
	(void)state;
	SENDS(0x6100, A, CERT_9A);
	for (unsigned sw = 0x6100; sw != 0x9000; sw = send(&w, A,
	    "00c0000000")) {
		assert_int_equal(w.reply.n, 256);
		all += w.reply.n;
	}
	/* 53 82 xx xx 70 82 xx xx, 1200 bytes, 71 01 00 FE 00 */
	assert_int_equal(all + w.reply.n, 1200 + 8 + 5);
	SENDS(0x6985, A, "00c0000000");
}

static void
a_part_may_be_asked_for_in_smaller_ones(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x6139, A, "00cb3fff055c035fc10b00");
	assert_int_equal(w.reply.n, 256);
	SENDS(0x6129, A, "00c0000010");
	assert_int_equal(w.reply.n, 16);
	SENDS(0x9000, A, "00c0000000");
	assert_int_equal(w.reply.n, 0x29);
}

static void
who_asks_for_a_few_bytes_gets_those_alone(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, "00cb3fff055c035fc10508");
	assert_int_equal(w.reply.n, 8);
	SENDS(0x6985, A, "00c0000000");
}

static void
an_extended_command_gets_it_all_at_once(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, "00cb3fff0000055c035fc1050000");
	assert_int_equal(w.reply.n, 1200 + 8 + 5);
}

static void
objects_are_asked_for_in_one_way_only(void **state)
{
	static const struct {
		unsigned sw;
		const char *apdu;
	} bad[] = { { 0x6a86, "00cb3f00035c017e00" },
		{ 0x6a86, "00cb00ff035c017e00" }, { 0x6a80, "00cb3fff00" },
		{ 0x6a80, "00cb3fff" }, { 0x6a80, "00cb3fff025c0000" },
		{ 0x6a80, "00cb3fff035d017e00" },
		{ 0x6a80, "00cb3fff045c027e7e00" },
		{ 0x6a80, "00cb3fff045c017e7e00" },
		{ 0x6a80, "00cb3fff065c045fc1050000" },
		{ 0x6a80, "00cb3fff055c045fc10500" },
		{ 0x6a82, "00cb3fff055c035fff1000" } };

	WORLD;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		SENDS(bad[i].sw, A, bad[i].apdu);
		assert_int_equal(w.reply.n, 0);
	}
	SENDS(0x9000, A, DISCOVERY);
	assert_int_equal(w.reply.n, 0x14);
}

static void
tries_are_counted_as_the_back_end_counts_them(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x63c3, A, VERIFY_STATUS);
	SENDS(0x63c3, A, "0020008000");
	SENDS(0x63c2, A, VERIFY_WRONG);
	SENDS(0x63c1, A, VERIFY_WRONG);
	SENDS(0x63c1, A, VERIFY_STATUS);
	SENDS(0x9000, A, VERIFY_RIGHT);
	SENDS(0x9000, A, VERIFY_STATUS);
	SENDS(0x63c2, A, VERIFY_WRONG);
	SENDS(0x63c2, A, VERIFY_STATUS);
	SENDS(0x63c1, A, VERIFY_WRONG);
	SENDS(0x6983, A, VERIFY_WRONG);
	SENDS(0x6983, A, VERIFY_RIGHT);
	SENDS(0x6983, A, VERIFY_STATUS);
	w.script.tries = 100;
	SENDS(0x63cf, A, VERIFY_STATUS);
}

static void
a_malformed_pin_costs_no_try(void **state)
{
	static const char *const bad[] = { "0020008006313233343536",
		"0020008009313233343536ffffff", "00200080083132ffffffffffff",
		"0020008008ffffffffffffffff", "0020008008313233ff343536ff" };

	WORLD;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		SENDS(0x6a80, A, bad[i]);
	SENDS(0x6a86, A, "0020018008313233343536ffff");
	SENDS(0x6a88, A, "0020000008313233343536ffff");
	SENDS(0x6a88, A, "0020008108313233343536ffff");
	SENDS(0x6a88, A, "0020009602030000");
	SENDS(0x6a80, A, "0020ff8008313233343536ffff");
	assert_int_equal(w.script.verifies, 0);
}

static void
nothing_is_signed_without_a_pin_but_by_9e(void **state)
{
	WORLD;
	(void)state;
	assert_int_equal(use_9a(&w, A), 0x6982);
	assert_int_equal(use_9c(&w, A), 0x6982);
	assert_int_equal(use_9d(&w, A), 0x6982);
	assert_int_equal(w.script.uses, 0);
	assert_int_equal(use(&w, A, 0x11, 0x9e, PIV_HASH_LEN), 0x9000);
	assert_int_equal(w.script.uses, 1);
}

static void
an_rsa_block_goes_through_whole(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(use_9a(&w, A), 0x6108);
	assert_int_equal(w.reply.n, 256);
	assert_memory_equal(w.reply.p, "\x7c\x82\x01\x04\x82\x82\x01\x00\xaa",
	    9);
	SENDS(0x9000, A, "00c0000008");
	assert_int_equal(w.reply.n, 8);
	assert_int_equal(use_9a(&w, A), 0x6108);
	assert_int_equal(w.script.uses, 2);
}

static void
an_rsa_block_in_one_extended_command_has_one_answer(void **state)
{
	auto_done(buf) b = { 0 };
	uint8_t *at;

	WORLD;
	(void)state;
	OK(hex_decode(&b, "0087079a00010a7c8201068200818201" "00"));
	OK(buf_extend(&b, PIV_RSA_LEN, &at));
	OK(buf_add_u16(&b, 0));
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(send_bytes(&w, A, buf_bytes(&b)), 0x9000);
	assert_int_equal(w.reply.n, 264);
}

static void
ecdsa_is_answered_in_der(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(use_9d(&w, A), 0x9000);
	/* r and s are aa.. and get a zero in front. */
	assert_int_equal(w.reply.n, 4 + 2 + 2 * (2 + 33));
	assert_memory_equal(w.reply.p, "\x7c\x4a\x82\x48\x30\x46\x02\x21\x00"
	    "\xaa", 10);
}

static void
algorithm_reference_and_template_must_fit(void **state)
{
	static const struct {
		unsigned sw;
		const char *apdu;
	} bad[] = {
		{ 0x6a88, "0087039b047c02800000" },	/* no management key */
		{ 0x6a88, "00870782047c02820000" },
		{ 0x6a86, "0087069a047c02820000" },
		{ 0x6a86, "0087119a047c02820000" },
		{ 0x6a86, "0087079e047c02820000" },
		{ 0x6a80, "0087079a00" },
		{ 0x6a80, "0087079a027c0000" },
		{ 0x6a80, "0087079a047c02820000" },
		{ 0x6a80, "0087079a047c02810000" },
		{ 0x6a80, "0087079a077c05820081015500" },
		{ 0x6a80, "0087079a057c0582008100" },
		{ 0x6a80, "0087119d047e02820000" },
		{ 0x6a81, "0087119d067c048200850000" },
		{ 0x6a81, "0087079a047c02800000" },
		{ 0x6a81, "0087119d087c0682008200810000" },
	};

	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (send(&w, A, bad[i].apdu) != bad[i].sw)
			fail_msg("%s is not answered with %04x", bad[i].apdu,
			    bad[i].sw);
	assert_int_equal(w.script.uses, 0);
}

static void
a_key_that_is_not_there_is_not_found(void **state)
{
	WORLD;
	(void)state;
	w.script.missing_9c = true;
	OK(piv_power_up(w.card));
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(use_9c(&w, A), 0x6a88);
	SENDS(0x6a82, A, "00cb3fff055c035fc10a00");
}

/* 9C */

static void
each_signature_of_9c_wants_the_pin_again(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(use_9c(&w, A), 0x6108);
	assert_int_equal(use_9c(&w, A), 0x6982);
	assert_int_equal(use_9a(&w, A), 0x6982);
	SENDS(0x63c3, A, VERIFY_STATUS);
	assert_int_equal(w.script.uses, 1);
	assert_int_equal(w.script.drops, 1);
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(use_9c(&w, A), 0x6108);
}

static void
between_pin_and_9c_one_may_only_read(void **state)
{
	static const char *const ends[] = { SELECT, "0047009a00", "00fd000000",
		"0087079a047c02820000", "00db3fff00", "ff", "80ca000000" };

	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	SENDS(0x9000, A, DISCOVERY);
	SENDS(0x6100, A, CERT_9A);
	SENDS(0x6100, A, "00c0000000");
	SENDS(0x9000, A, VERIFY_STATUS);
	assert_int_equal(use_9c(&w, A), 0x6108);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		SENDS(0x9000, A, VERIFY_RIGHT);
		(void)send(&w, A, ends[i]);
		assert_int_equal(use_9c(&w, A), 0x6982);
	}
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(use_9a(&w, A), 0x6108);
	assert_int_equal(use_9c(&w, A), 0x6982);
	/* That is no reason to forget what 9A needs. */
	assert_int_equal(use_9a(&w, A), 0x6108);
}

/* Isolation */

static void
a_pin_is_its_clients_alone(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(use_9a(&w, B), 0x6982);
	assert_int_equal(use_9c(&w, B), 0x6982);
	SENDS(0x63c3, B, VERIFY_STATUS);
	SENDS(0x9000, B, VERIFY_RESET);
	assert_int_equal(use_9a(&w, A), 0x6108);
	SENDS(0x9000, B, VERIFY_RIGHT);
	assert_int_equal(use_9a(&w, B), 0x6108);
	SENDS(0x9000, B, VERIFY_RESET);
	assert_int_equal(use_9a(&w, B), 0x6982);
	assert_int_equal(use_9a(&w, A), 0x6108);
	assert_int_equal(w.script.drops, 0);
	piv_client_gone(w.card, A);
	assert_int_equal(use_9a(&w, A), 0x6982);
	assert_int_equal(w.script.drops, 1);
}

static void
a_response_is_its_clients_alone(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x6100, A, CERT_9A);
	SENDS(0x6985, B, "00c0000000");
	SENDS(0x6100, A, "00c0000000");
	SENDS(0x9000, B, DISCOVERY);
	SENDS(0x6985, A, "00c0000000");
	SENDS(0x6100, A, CERT_9A);
	piv_client_gone(w.card, A);
	SENDS(0x6985, A, "00c0000000");
}

static void
power_down_reset_and_another_application_take_the_pin(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	OK(piv_power_up(w.card));
	assert_int_equal(use_9a(&w, A), 0x6982);
	assert_int_equal(w.script.drops, 1);
	SENDS(0x9000, A, VERIFY_RIGHT);
	piv_power_down(w.card);
	FAILS(SG_ENOENT, piv_transmit(w.card, A, w.now, bytes_str("0000"),
	    &w.reply));
	assert_int_equal(w.script.drops, 2);
	OK(piv_power_up(w.card));
	assert_int_equal(use_9a(&w, A), 0x6982);
	SENDS(0x9000, A, VERIFY_RIGHT);
	SENDS(0x9000, A, SELECT);
	assert_int_equal(use_9a(&w, A), 0x6108);
	SENDS(0x6a82, A, SELECT_OTHER);
	assert_int_equal(use_9a(&w, A), 0x6982);
	assert_int_equal(w.script.drops, 3);
}

static void
an_idle_pin_is_forgotten(void **state)
{
	WORLD;
	(void)state;
	assert_int_equal(piv_idle(w.card, w.now), 0);
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(piv_idle(w.card, w.now), IDLE_MS);
	w.now += IDLE_MS - 1;
	assert_int_equal(use_9a(&w, A), 0x6108);
	w.now += IDLE_MS - 1;
	/* Reading and asking are no use of it. */
	SENDS(0x9000, A, DISCOVERY);
	SENDS(0x9000, A, VERIFY_STATUS);
	assert_int_equal(piv_idle(w.card, w.now), 1);
	w.now++;
	assert_int_equal(use_9a(&w, A), 0x6982);
	assert_int_equal(w.script.drops, 1);
	SENDS(0x9000, A, VERIFY_RIGHT);
	w.now += 2;
	SENDS(0x9000, B, VERIFY_RIGHT);
	assert_int_equal(piv_idle(w.card, w.now + IDLE_MS - 2), 2);
	assert_int_equal(piv_idle(w.card, w.now + IDLE_MS), 0);
	assert_int_equal(w.script.drops, 2);
}

static void
what_the_back_end_forgets_nobody_keeps(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	SENDS(0x9000, B, VERIFY_RIGHT);
	w.script.verified = false;
	assert_int_equal(use_9a(&w, A), 0x6982);
	w.script.verified = true;
	assert_int_equal(use_9a(&w, B), 0x6982);
	SENDS(0x9000, A, VERIFY_RIGHT);
	w.script.verified = false;
	SENDS(0x63c3, A, VERIFY_STATUS);
	w.script.verified = true;
	assert_int_equal(use_9a(&w, A), 0x6982);
}

/* As when a session PIN ends and another one begins. */
static void
what_the_back_end_forgot_no_other_pin_brings_back(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	w.script.verified = false;
	SENDS(0x9000, B, VERIFY_RIGHT);
	SENDS(0x63c3, A, VERIFY_STATUS);
	assert_int_equal(use_9a(&w, A), 0x6982);
	assert_int_equal(use_9c(&w, A), 0x6982);
	assert_int_equal(use_9a(&w, B), 0x6108);
}

static void
a_wrong_pin_takes_it_from_everybody(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	SENDS(0x63c2, B, VERIFY_WRONG);
	w.script.verified = true;
	assert_int_equal(use_9a(&w, A), 0x6982);
}

static void
the_one_that_was_idle_for_longest_makes_room(void **state)
{
	WORLD;
	(void)state;
	for (uint64_t c = 1; c <= PIV_CLIENTS_MAX; c++, w.now++)
		SENDS(0x9000, c, VERIFY_RIGHT);
	assert_int_equal(use_9a(&w, 1), 0x6108);
	SENDS(0x9000, PIV_CLIENTS_MAX + 1, VERIFY_RIGHT);
	assert_int_equal(use_9a(&w, 2), 0x6982);
	assert_int_equal(use_9a(&w, 1), 0x6108);
	assert_int_equal(use_9a(&w, PIV_CLIENTS_MAX + 1), 0x6108);
}

/* Chains */

static void
an_interrupted_chain_is_forgotten(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	SENDS(0x9000, A, "1087079a027c0a");
	SENDS(0x9000, A, DISCOVERY);
	SENDS(0x6a80, A, "0087079a02820000");
	SENDS(0x9000, A, "1087079a027c0a");
	SENDS(0x6a88, A, "0087079b02820000");
	SENDS(0x9000, A, "1087079a027c0a");
	SENDS(0x9000, B, DISCOVERY);
	SENDS(0x6a80, A, "0087079a02820000");
	SENDS(0x9000, A, "1087079a027c0a");
	OK(piv_power_up(w.card));
	SENDS(0x6a80, A, "0087079a02820000");
	SENDS(0x9000, A, "1087079a027c0a");
	piv_client_gone(w.card, A);
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(use_9a(&w, A), 0x6108);
}

static void
a_chain_has_an_end(void **state)
{
	auto_done(buf) b = { 0 };
	uint8_t *at;
	unsigned parts = 0;

	WORLD;
	(void)state;
	OK(hex_decode(&b, "1087079aff"));
	OK(buf_extend(&b, 255, &at));
	while (send_bytes(&w, A, buf_bytes(&b)) == 0x9000)
		parts++;
	assert_int_equal(parts, PIV_INPUT_MAX / 255);
	SENDS(0x9000, A, VERIFY_RIGHT);
	assert_int_equal(use_9a(&w, A), 0x6108);
}

static void
only_what_may_be_long_comes_in_parts(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x6884, A, "1020008004313233ff");
	SENDS(0x6884, A, "10cb3fff035c017e");
	SENDS(0x6982, A, "10db3fff0100");
}

static void
a_challenge_is_all_there_is_of_the_management_key(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, "0087009b047c02810000");
	assert_int_equal(w.reply.n, 12);
	assert_memory_equal(w.reply.p, "\x7c\x0a\x81\x08\x5a", 5);
	SENDS(0x9000, A, "0087039b047c02810000");
	SENDS(0x6a88, A, "0087039b0c7c0a82085a5a5a5a5a5a5a5a00");
	SENDS(0x6a88, A, "0087039b047c02800000");
	SENDS(0x6a88, A, "0087039b00");
}

/* What the card does not do */

static void
the_version_is_told(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, "00fd000000");
	assert_int_equal(w.reply.n, 3);
}

static void
what_needs_a_management_key_is_refused(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	SENDS(0x6982, A, "00db3fff095c035fc1025302fe00");
	SENDS(0x6982, A, "0047009a05ac0380010700");
	SENDS(0x6983, A, "002c0080103132333435363738" "313233343536ffff");
	SENDS(0x6a88, A, "002c0081");
	SENDS(0x6983, A, "002400811031323334353637383132333435363738");
	assert_int_equal(w.script.verifies, 1);
	SENDS(0x9000, A, VERIFY_STATUS);
}

static void
unknown_commands_and_classes_are_refused(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x6d00, A, "00f7008000");		/* a vendor's */
	SENDS(0x6d00, A, "00f8000000");
	SENDS(0x6d00, A, "00f9000000");
	SENDS(0x6d00, A, "00cadf3000");
	SENDS(0x6e00, A, "80ca9f7f00");
	SENDS(0x6e00, A, "ffca000000");
	SENDS(0x6881, A, "01cb3fff035c017e00");
	SENDS(0x6882, A, "0ccb3fff035c017e00");
	SENDS(0x6700, A, "");
	SENDS(0x6700, A, "00a404");
	SENDS(0x6700, A, "00a4040005a0");
}

static void
a_command_that_is_too_long_is_refused(void **state)
{
	static uint8_t apdu[PIV_APDU_MAX + 1] = { 0x00, 0xcb, 0x3f, 0xff, 0,
		(PIV_INPUT_MAX + 3) >> 8, (PIV_INPUT_MAX + 3) & 0xff };

	WORLD;
	(void)state;
	assert_int_equal(send_bytes(&w, A, bytes_of(apdu, sizeof(apdu))),
	    0x6700);
}

static void
the_pin_is_changed_where_that_is_allowed(void **state)
{
	static const char change[] = "0024008010" "313233343536ffff"
	    "3837363534333231", wrong[] = "0024008010" "3132333435ffffff"
	    "3837363534333231";

	WORLD;
	(void)state;
	SENDS(0x63c2, A, wrong);
	SENDS(0x9000, A, change);
	assert_string_equal(w.script.pin, "87654321");
	assert_int_equal(use_9a(&w, A), 0x6982);
	SENDS(0x63c2, A, VERIFY_RIGHT);
	w.script.change_allowed = false;
	SENDS(0x6a81, A, change);
	SENDS(0x6a80, A, "0024008008313233343536ffff");
	SENDS(0x6a80, A, "0024008010313233343536ffff31ffffffffffffff");
	SENDS(0x6a86, A, "0024018010313233343536ffff3837363534333231");
	SENDS(0x6a88, A, "0024000010313233343536ffff3837363534333231");
}

static void
trouble_behind_the_card_is_told_in_its_words(void **state)
{
	static const struct {
		enum sg_err e;
		unsigned sw;
	} all[] = { { SG_ETPM, 0x6f00 }, { SG_EIO, 0x6f00 },
		{ SG_ETIMEOUT, 0x6f00 }, { SG_ENOENT, 0x6a88 },
		{ SG_EPERM, 0x6982 }, { SG_EBLOCKED, 0x6983 } };

	WORLD;
	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		w.script.trouble = SG_OK;
		SENDS(0x9000, A, VERIFY_RIGHT);
		w.script.trouble = all[i].e;
		assert_int_equal(use_9a(&w, A), all[i].sw);
		SENDS(all[i].sw, A, VERIFY_STATUS);
		SENDS(all[i].sw, A, VERIFY_RIGHT);
		w.script.trouble = SG_OK;
		assert_int_equal(use_9a(&w, A), 0x6982);
	}
}

static void
a_result_of_another_length_is_not_passed_on(void **state)
{
	WORLD;
	(void)state;
	SENDS(0x9000, A, VERIFY_RIGHT);
	w.script.short_result = true;
	assert_int_equal(use_9a(&w, A), 0x6f00);
	assert_int_equal(w.reply.n, 0);
}

static void
without_a_card_there_is_no_power(void **state)
{
	WORLD;
	(void)state;
	w.script.there = false;
	FAILS(SG_ENOENT, piv_power_up(w.card));
	FAILS(SG_ENOENT, piv_transmit(w.card, A, w.now, bytes_str("0000"),
	    &w.reply));
	w.script.there = true;
	OK(piv_power_up(w.card));
	SENDS(0x9000, A, SELECT);
}

#define CASE(f) cmocka_unit_test(f)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_application_is_chosen_by_its_name_or_its_beginning),
		CASE(the_answer_to_reset_has_its_check_byte),
		CASE(long_objects_come_in_parts),
		CASE(a_part_may_be_asked_for_in_smaller_ones),
		CASE(who_asks_for_a_few_bytes_gets_those_alone),
		CASE(an_extended_command_gets_it_all_at_once),
		CASE(objects_are_asked_for_in_one_way_only),
		CASE(tries_are_counted_as_the_back_end_counts_them),
		CASE(a_malformed_pin_costs_no_try),
		CASE(nothing_is_signed_without_a_pin_but_by_9e),
		CASE(an_rsa_block_goes_through_whole),
		CASE(an_rsa_block_in_one_extended_command_has_one_answer),
		CASE(ecdsa_is_answered_in_der),
		CASE(algorithm_reference_and_template_must_fit),
		CASE(a_key_that_is_not_there_is_not_found),
		CASE(each_signature_of_9c_wants_the_pin_again),
		CASE(between_pin_and_9c_one_may_only_read),
		CASE(a_pin_is_its_clients_alone),
		CASE(a_response_is_its_clients_alone),
		CASE(power_down_reset_and_another_application_take_the_pin),
		CASE(an_idle_pin_is_forgotten),
		CASE(what_the_back_end_forgets_nobody_keeps),
		CASE(what_the_back_end_forgot_no_other_pin_brings_back),
		CASE(a_wrong_pin_takes_it_from_everybody),
		CASE(the_one_that_was_idle_for_longest_makes_room),
		CASE(an_interrupted_chain_is_forgotten),
		CASE(a_chain_has_an_end),
		CASE(only_what_may_be_long_comes_in_parts),
		CASE(a_challenge_is_all_there_is_of_the_management_key),
		CASE(what_needs_a_management_key_is_refused),
		CASE(the_version_is_told),
		CASE(unknown_commands_and_classes_are_refused),
		CASE(a_command_that_is_too_long_is_refused),
		CASE(the_pin_is_changed_where_that_is_allowed),
		CASE(trouble_behind_the_card_is_told_in_its_words),
		CASE(a_result_of_another_length_is_not_passed_on),
		CASE(without_a_card_there_is_no_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
