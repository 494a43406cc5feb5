/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "crypto/cipher.h"
#include "crypto/padding.h"

static const enum cipher all[] = { CIPHER_AES128_CBC, CIPHER_AES256_CBC,
	CIPHER_DES3_CBC };

static void
hex(struct buf *out, const char *s)
{
	OK(hex_decode(out, s));
}

static void
the_first_block_is_that_of_the_standards(void **state)
{
	static const struct {
		enum cipher cipher;
		const char *key, *iv, *plain, *sealed;
	} rows[] = {
		/* SP 800-38A F.2.1 and F.2.5 */
		{ CIPHER_AES128_CBC, "2b7e151628aed2a6abf7158809cf4f3c",
		    "000102030405060708090a0b0c0d0e0f",
		    "6bc1bee22e409f96e93d7e117393172a",
		    "7649abac8119b246cee98e9b12e9197d" },
		{ CIPHER_AES256_CBC, "603deb1015ca71be2b73aef0857d7781"
		    "1f352c073b6108d72d9810a30914dff4",
		    "000102030405060708090a0b0c0d0e0f",
		    "6bc1bee22e409f96e93d7e117393172a",
		    "f58c4c04d6e5f1ba779eabfb5f7bfbd6" },
		/* SP 800-67 B.1, whose first block has no vector */
		{ CIPHER_DES3_CBC, "0123456789abcdef23456789abcdef01"
		    "456789abcdef0123", "0000000000000000",
		    "5468652071756663", "a826fd8ce53b855f" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_done(buf) key = { 0 }, iv = { 0 }, plain = { 0 };
		auto_done(buf) sealed = { 0 }, want = { 0 };

		hex(&key, rows[i].key);
		hex(&iv, rows[i].iv);
		hex(&plain, rows[i].plain);
		hex(&want, rows[i].sealed);
		OK(cipher_seal(&sealed, rows[i].cipher, buf_bytes(&key),
		    buf_bytes(&iv), buf_bytes(&plain)));
		assert_int_equal(sealed.n, 2 * want.n);
		assert_memory_equal(sealed.p, want.p, want.n);
	}
}

static void
every_length_comes_back(void **state)
{
	static const uint8_t zeros[CIPHER_KEY_MAX], text[40] = "text";

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n <= sizeof(text); n++) {
			struct bytes key = bytes_of(zeros,
			    cipher_key_len(all[i]));
			struct bytes iv = bytes_of(zeros,
			    cipher_block_len(all[i]));
			auto_done(buf) sealed = { 0 }, plain = { 0 };
			size_t back;

			OK(cipher_seal(&sealed, all[i], key, iv,
			    bytes_of(text, n)));
			OK(cipher_open(&plain, &back, all[i], key, iv,
			    buf_bytes(&sealed)));
			assert_int_equal(back, n);
			assert_memory_equal(plain.p, text, n);
			assert_int_equal(plain.n, sealed.n);
		}
}

static void
what_is_no_number_of_blocks_is_refused(void **state)
{
	static const uint8_t zeros[64];
	auto_done(buf) plain = { 0 };
	size_t n;

	(void)state;
	for (size_t len = 0; len < 48; len++) {
		enum sg_err e = cipher_open(&plain, &n, CIPHER_AES128_CBC,
		    bytes_of(zeros, 16), bytes_of(zeros, 16),
		    bytes_of(zeros, len));

		assert_int_equal(e, len > 0 && len % 16 == 0 ? SG_OK
		    : SG_EFORMAT);
	}
	FAILS(SG_EARG, cipher_open(&plain, &n, CIPHER_AES128_CBC,
	    bytes_of(zeros, 24), bytes_of(zeros, 16), bytes_of(zeros, 16)));
	FAILS(SG_EARG, cipher_open(&plain, &n, CIPHER_AES128_CBC,
	    bytes_of(zeros, 16), bytes_of(zeros, 8), bytes_of(zeros, 16)));
	FAILS(SG_EUNSUPPORTED, cipher_seal(&plain, (enum cipher)9,
	    bytes_of(zeros, 16), bytes_of(zeros, 16), bytes_of(zeros, 16)));
}

/* Every last byte, and each byte of a padding changed. */
static void
only_whole_paddings_are_paddings(void **state)
{
	(void)state;
	for (size_t block = 8; block <= 16; block += 8)
		for (unsigned pad = 0; pad < 256; pad++) {
			uint8_t text[32];
			bool good = pad >= 1 && pad <= block;

			memset(text, 0x77, sizeof(text));
			for (size_t i = 0; i < pad && i < 32; i++)
				text[31 - i] = (uint8_t)pad;
			text[31] = (uint8_t)pad;
			assert_int_equal(padding_block_end(bytes_of(text, 32),
			    block), good ? 32 - pad : SIZE_MAX);
			for (size_t i = 1; good && i < pad; i++) {
				text[31 - i] ^= 1;
				assert_int_equal(padding_block_end(
				    bytes_of(text, 32), block), SIZE_MAX);
				text[31 - i] ^= 1;
			}
		}
	assert_int_equal(padding_block_end(bytes_of("\1", 1), 16), SIZE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_block_is_that_of_the_standards),
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(what_is_no_number_of_blocks_is_refused),
		cmocka_unit_test(only_whole_paddings_are_paddings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
