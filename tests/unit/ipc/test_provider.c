/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/reader.h"
#include "ipc/objects_wire.h"

static void
every_provider_has_a_word_and_windows_name(void **state)
{
	(void)state;
	for (int i = KSP_PASSPORT; i < KSP_END; i++) {
		enum provider p = (enum provider)i, found = 0;

		OK(provider_parse(&found, provider_word(p)));
		assert_int_equal(found, p);
		OK(provider_parse(&found, provider_name(p)));
		assert_int_equal(found, p);
	}
	assert_string_equal(provider_name(KSP_PASSPORT),
	    "Microsoft Passport Key Storage Provider");
	assert_string_equal(provider_name(KSP_END), "");
	assert_string_equal(provider_word((enum provider)0), "");
}

static void
what_is_none_is_told_with_those_there_are(void **state)
{
	enum provider p = KSP_SOFTWARE;

	(void)state;
	FAILS_SAYING(SG_EARG, "passport, software, smartcard or platform",
	    provider_parse(&p, "cloud"));
	FAILS(SG_EARG, provider_parse(&p, ""));
	assert_int_equal(p, KSP_SOFTWARE);
}

static void
only_a_token_is_outside_and_two_ask_for_nothing(void **state)
{
	(void)state;
	assert_true(provider_in_container(KSP_PASSPORT));
	assert_true(provider_in_container(KSP_SOFTWARE));
	assert_true(provider_in_container(KSP_PLATFORM));
	assert_false(provider_in_container(KSP_SMARTCARD));
	assert_false(provider_in_container(KSP_END));
	assert_true(provider_wants_gesture(KSP_PASSPORT));
	assert_true(provider_wants_gesture(KSP_SOFTWARE));
	assert_false(provider_wants_gesture(KSP_PLATFORM));
	assert_false(provider_wants_gesture(KSP_SMARTCARD));
}

/* A record as it goes over the wire, and whether it is read. */
static bool
reads(const struct key_object *k)
{
	auto_done(key_object) back = { 0 };
	auto_done(buf) b = { 0 };
	struct reader r;

	OK(key_object_write(&b, k));
	for (size_t n = 0; n < b.n; n++) {
		r = reader_of(bytes_of(b.p, n));
		if (key_object_read(&r, &back) == SG_OK)
			assert_true(r.failed);
		key_object_done(&back);
	}
	r = reader_of(buf_bytes(&b));
	return key_object_read(&r, &back) == SG_OK && reader_end(&r);
}

static void
records_say_what_their_provider_has(void **state)
{
	static char name[] = "k", token[] = "badge", serial[] = "0815";
	uint8_t id[] = { 1 }, spki[] = { 2 };
	struct key_object card = { .name = name, .type = OBJECT_RSA4096,
		.provider = KSP_SMARTCARD, .token = token, .serial = serial,
		.token_id = { id, 1, 1 }, .spki = { spki, 1, 1 } };
	struct key_object soft = { .name = name, .type = OBJECT_P256,
		.provider = KSP_SOFTWARE, .spki = { spki, 1, 1 } };

	(void)state;
	assert_true(reads(&card));
	assert_true(reads(&soft));
	soft.serial = serial;
	assert_false(reads(&soft));
	soft.serial = NULL;
	soft.type = OBJECT_RSA4096;
	assert_false(reads(&soft));
	soft.type = OBJECT_P256;
	soft.provider = KSP_END;
	assert_false(reads(&soft));
	soft.provider = (enum provider)0;
	assert_false(reads(&soft));
	card.serial = NULL;
	assert_false(reads(&card));
	card.serial = serial;
	card.token_id.n = 0;
	assert_false(reads(&card));
	card.token_id.n = 1;
	card.type = OBJECT_TYPE_END;
	assert_false(reads(&card));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_provider_has_a_word_and_windows_name),
		cmocka_unit_test(what_is_none_is_told_with_those_there_are),
		cmocka_unit_test(
		    only_a_token_is_outside_and_two_ask_for_nothing),
		cmocka_unit_test(records_say_what_their_provider_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
