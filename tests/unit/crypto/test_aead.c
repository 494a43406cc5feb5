/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "crypto/aead.h"

static void
key_of(struct secret *k, uint8_t fill)
{
	OK(secret_init(k, AEAD_KEY_LEN));
	memset(k->p, fill, AEAD_KEY_LEN);
	k->n = AEAD_KEY_LEN;
}

/* The GCM specification's test case 16 (McGrew and Viega), with its nonce in
 * front and its tag behind. */
static void
a_known_answer_opens(void **state)
{
	auto_done(buf) key = { 0 }, about = { 0 }, sealed = { 0 };
	auto_done(buf) expected = { 0 };
	auto_done(secret) k = { 0 }, plain = { 0 };

	(void)state;
	OK(hex_decode(&key, "feffe9928665731c6d6a8f9467308308"
	    "feffe9928665731c6d6a8f9467308308"));
	OK(hex_decode(&about, "feedfacedeadbeeffeedfacedeadbeefabaddad2"));
	OK(hex_decode(&sealed, "cafebabefacedbaddecaf888"
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	    "76fc6ece0f4e1768cddf8853bb2d551b"));
	OK(hex_decode(&expected,
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"));
	OK(secret_set(&k, key.p, key.n));
	OK(aead_open(&k, buf_bytes(&about), buf_bytes(&sealed), &plain));
	assert_true(bytes_eq(secret_bytes(&plain), buf_bytes(&expected)));
}

static void
what_was_sealed_opens_with_the_same_key_and_subject(void **state)
{
	auto_done(secret) k = { 0 }, other = { 0 }, plain = { 0 };
	auto_done(secret) back = { 0 };
	auto_done(buf) a = { 0 }, b = { 0 };
	struct bytes about = bytes_str("about");

	(void)state;
	key_of(&k, 1);
	key_of(&other, 2);
	OK(secret_set(&plain, "a private key", 13));
	OK(aead_seal(&k, about, &plain, &a));
	OK(aead_seal(&k, about, &plain, &b));
	assert_int_equal(a.n, 13 + AEAD_OVERHEAD);
	/* Another nonce each time. */
	assert_false(bytes_eq(buf_bytes(&a), buf_bytes(&b)));
	OK(aead_open(&k, about, buf_bytes(&a), &back));
	assert_true(bytes_eq(secret_bytes(&plain), secret_bytes(&back)));
	FAILS(SG_EVERIFY, aead_open(&other, about, buf_bytes(&a), &back));
	FAILS(SG_EVERIFY, aead_open(&k, bytes_str("About"), buf_bytes(&a),
	    &back));
	FAILS(SG_EVERIFY, aead_open(&k, bytes_of(NULL, 0), buf_bytes(&a),
	    &back));
}

static void
every_cut_and_every_change_is_refused(void **state)
{
	auto_done(secret) k = { 0 }, plain = { 0 }, back = { 0 };
	auto_done(buf) a = { 0 };

	(void)state;
	key_of(&k, 1);
	OK(secret_set(&plain, "a private key", 13));
	OK(aead_seal(&k, bytes_of(NULL, 0), &plain, &a));
	for (size_t n = 0; n < a.n; n++)
		FAILS(SG_EVERIFY, aead_open(&k, bytes_of(NULL, 0),
		    bytes_of(a.p, n), &back));
	for (size_t i = 0; i < a.n; i++) {
		a.p[i] ^= 0x80;
		FAILS(SG_EVERIFY, aead_open(&k, bytes_of(NULL, 0),
		    buf_bytes(&a), &back));
		a.p[i] ^= 0x80;
	}
	assert_null(back.p);
	OK(aead_open(&k, bytes_of(NULL, 0), buf_bytes(&a), &back));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_answer_opens),
		cmocka_unit_test(
		    what_was_sealed_opens_with_the_same_key_and_subject),
		cmocka_unit_test(every_cut_and_every_change_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
