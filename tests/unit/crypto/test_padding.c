/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "crypto/padding.h"
#include "crypto/pkey.h"

static struct pkey *rsa;

static int
start(void **state)
{
	(void)state;
	OK(pkey_new_rsa(&rsa, 2048));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	pkey_free(rsa);
	return 0;
}

/* The bare private operation, so that OpenSSL can check what we padded. */
static void
private_operation(const struct buf *block, struct buf *out)
{
	struct signer s = pkey_signer(rsa);

	OK(s.ops->decrypt(s.ctx, DECRYPT_RSA_RAW, buf_bytes(block), out));
}

static void
digests_in_parts_are_those_of_the_whole(void **state)
{
	const struct bytes parts[] = { bytes_str("one "), { 0 },
		bytes_str("two") };
	uint8_t a[DIGEST_MAX], b[DIGEST_MAX];

	(void)state;
	for (enum digest h = DIGEST_SHA1; h <= DIGEST_SHA512; h++) {
		OK(hashes_of(h, parts, 3, a));
		OK(digest_of(h, bytes_str("one two"), b));
		assert_memory_equal(a, b, digest_size(h));
	}
	FAILS(SG_EUNSUPPORTED, hashes_of(0, parts, 3, a));
	FAILS(SG_EUNSUPPORTED, hashes_of(99, parts, 3, a));
}

static void
signatures_hold_for_every_digest(void **state)
{
	(void)state;
	for (enum digest h = DIGEST_SHA1; h <= DIGEST_SHA512; h++) {
		auto_done(buf) info = { 0 }, a = { 0 }, b = { 0 }, x = { 0 },
			y = { 0 };
		uint8_t d[DIGEST_MAX], salt[DIGEST_MAX] = { 1, 2, 3 };
		struct bytes digest = { d, digest_size(h) };
		const struct pss p = { h, h, { salt, digest_size(h) } };

		OK(digest_of(h, bytes_str("message"), d));
		OK(padding_digest_info(h, digest, &info));
		OK(padding_pkcs1(buf_bytes(&info), 256, &a));
		private_operation(&a, &x);
		OK(pkey_verify(rsa, SIGN_RSA_PKCS1, h, digest,
		    buf_bytes(&x)));
		OK(padding_pss(&p, digest, 256, &b));
		private_operation(&b, &y);
		OK(pkey_verify(rsa, SIGN_RSA_PSS, h, digest, buf_bytes(&y)));
	}
}

static void
what_does_not_fit_is_refused(void **state)
{
	static const uint8_t zeros[300];
	auto_done(buf) b = { 0 };
	struct pss p = { DIGEST_SHA512, DIGEST_SHA512, { zeros, 191 } };

	(void)state;
	FAILS(SG_ELIMIT, padding_pkcs1(bytes_of(zeros, 246), 256, &b));
	FAILS(SG_ELIMIT, padding_pkcs1(bytes_of(zeros, 0), 10, &b));
	FAILS(SG_EARG, padding_digest_info(DIGEST_SHA256, bytes_of(zeros, 31),
	    &b));
	FAILS(SG_EUNSUPPORTED, padding_digest_info(7, bytes_of(zeros, 32),
	    &b));
	FAILS(SG_ELIMIT, padding_pss(&p, bytes_of(zeros, 64), 256,
	    &b));
	p.salt.n = SIZE_MAX;
	FAILS(SG_ELIMIT, padding_pss(&p, bytes_of(zeros, 64), 256,
	    &b));
	p.salt.n = 0;
	FAILS(SG_EARG, padding_pss(&p, bytes_of(zeros, 63), 256, &b));
	p.mgf = 0;
	FAILS(SG_EUNSUPPORTED, padding_pss(&p, bytes_of(zeros, 64),
	    256, &b));
	assert_int_equal(b.n, 0);
}

/* A good block with a message of n bytes. */
static void
pkcs1_block(uint8_t block[256], size_t n)
{
	block[0] = 0;
	block[1] = 2;
	memset(block + 2, 0x77, 253 - n);
	block[255 - n] = 0;
	memset(block + 256 - n, 'm', n);
}

static void
a_pkcs1_message_comes_out_at_every_length(void **state)
{
	uint8_t block[256];

	(void)state;
	for (size_t n = 0; n <= 245; n++) {
		auto_done(buf) b = { 0 };

		pkcs1_block(block, n);
		/* A zero inside the message is the message's. */
		if (n > 1)
			block[256 - n + 1] = 0;
		OK(padding_pkcs1_open(bytes_of(block, 256), &b));
		assert_int_equal(b.n, n);
		if (n > 0)
			assert_memory_equal(b.p, block + 256 - n, n);
	}
}

static void
every_bad_pkcs1_block_fails_alike(void **state)
{
	uint8_t block[256];
	auto_done(buf) b = { 0 };

	(void)state;
	pkcs1_block(block, 32);
	block[0] = 1;
	FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
	    padding_pkcs1_open(bytes_of(block, 256), &b));
	pkcs1_block(block, 32);
	block[1] = 1;
	FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
	    padding_pkcs1_open(bytes_of(block, 256), &b));
	for (size_t i = 2; i < 10; i++) {
		pkcs1_block(block, 32);
		block[i] = 0;
		FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
		    padding_pkcs1_open(bytes_of(block, 256), &b));
	}
	pkcs1_block(block, 0);
	block[255] = 0x77;
	FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
	    padding_pkcs1_open(bytes_of(block, 256), &b));
	FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
	    padding_pkcs1_open(bytes_of(block, 10), &b));
	assert_int_equal(b.n, 0);
}

/* RFC 8017 7.1.1 with SHA-256 and an empty label, mask by hand. */
static void
oaep_block(uint8_t block[256], const char *message, size_t spot, uint8_t flip)
{
	uint8_t seed[32] = { 9, 8, 7 }, *db = block + 33, mask[256];
	size_t n = strlen(message);

	memset(block, 0, 256);
	OK(sha256((struct bytes) { 0 }, db));
	db[223 - n - 1] = 1;
	memcpy(db + 223 - n, message, n);
	db[spot] ^= flip;
	for (uint8_t i = 0; i < 7; i++) {
		uint8_t in[36] = { 0 };

		memcpy(in, seed, 32);
		in[35] = i;
		OK(sha256(bytes_of(in, 36), mask + 32 * i));
	}
	for (size_t i = 0; i < 223; i++)
		db[i] ^= mask[i];
	memcpy(block + 1, seed, 32);
	for (uint8_t i = 0; i < 1; i++) {
		uint8_t in[227] = { 0 };

		memcpy(in, db, 223);
		OK(sha256(bytes_of(in, 227), mask));
	}
	for (size_t i = 0; i < 32; i++)
		block[1 + i] ^= mask[i];
}

static void
an_oaep_message_comes_out(void **state)
{
	static const char *const messages[] = { "", "m", "a longer one" };
	const struct oaep o = { DIGEST_SHA256, DIGEST_SHA256, { 0 } };
	uint8_t block[256];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		auto_done(buf) b = { 0 };

		oaep_block(block, messages[i], 0, 0);
		OK(padding_oaep_open(&o, bytes_of(block, 256), &b));
		assert_true(bytes_eq(buf_bytes(&b), bytes_str(messages[i])));
	}
}

static void
every_bad_oaep_block_fails_alike(void **state)
{
	struct oaep o = { DIGEST_SHA256, DIGEST_SHA256, { 0 } };
	/* The label's digest, the zeros, the one. */
	static const size_t spots[] = { 0, 31, 32, 100, 218 };
	uint8_t block[256];
	auto_done(buf) b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(spots) / sizeof(spots[0]); i++) {
		oaep_block(block, "mmmm", spots[i], 0x55);
		FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
		    padding_oaep_open(&o, bytes_of(block, 256), &b));
	}
	/* Zeros to the end, no one. */
	oaep_block(block, "", 222, 1);
	FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
	    padding_oaep_open(&o, bytes_of(block, 256), &b));
	oaep_block(block, "mmmm", 0, 0);
	block[0] = 1;
	FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
	    padding_oaep_open(&o, bytes_of(block, 256), &b));
	block[0] = 0;
	o.label = bytes_str("label");
	FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
	    padding_oaep_open(&o, bytes_of(block, 256), &b));
	FAILS_SAYING(SG_EVERIFY, "cannot be decrypted",
	    padding_oaep_open(&o, bytes_of(block, 65), &b));
	o.hash = 0;
	FAILS(SG_EUNSUPPORTED, padding_oaep_open(&o,
	    bytes_of(block, 256), &b));
	assert_int_equal(b.n, 0);
}

static void
ecdsa_signs_the_leftmost_bits(void **state)
{
	uint8_t d[64];
	auto_done(buf) longer = { 0 }, shorter = { 0 }, none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(d); i++)
		d[i] = (uint8_t)(i + 1);
	OK(padding_ecdsa(bytes_of(d, 64), &longer));
	assert_int_equal(longer.n, 32);
	assert_memory_equal(longer.p, d, 32);
	OK(padding_ecdsa(bytes_of(d, 20), &shorter));
	assert_int_equal(shorter.n, 32);
	assert_memory_equal(shorter.p, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	assert_memory_equal(shorter.p + 12, d, 20);
	FAILS(SG_ELIMIT, padding_ecdsa(bytes_of(d, 0), &none));
}

static void
r_and_s_become_der(void **state)
{
	uint8_t rs[64] = { [31] = 0x7f, [32] = 0x80 };
	static const uint8_t head[] = { 0x30, 0x26, 2, 1, 0x7f, 2, 0x21, 0,
		0x80 };
	auto_done(buf) b = { 0 };

	(void)state;
	OK(padding_ecdsa_der(bytes_of(rs, 64), &b));
	assert_int_equal(b.n, 0x28);
	assert_memory_equal(b.p, head, sizeof(head));
	FAILS(SG_EFORMAT, padding_ecdsa_der(bytes_of(rs, 63), &b));
}

static void
der_becomes_r_and_s(void **state)
{
	uint8_t rs[64] = { [31] = 0x7f, [32] = 0x80, [63] = 1 };
	auto_done(buf) der = { 0 }, back = { 0 }, bad = { 0 };
	static const uint8_t huge[] = { 0x30, 0x81, 0x06, 2, 1, 1, 2, 1, 1 };
	static const uint8_t zero[] = { 0x30, 0x06, 2, 1, 0, 2, 1, 1 };
	static const uint8_t tail[] = { 0x30, 0x07, 2, 1, 1, 2, 1, 1, 0 };

	(void)state;
	OK(padding_ecdsa_der(bytes_of(rs, 64), &der));
	OK(padding_ecdsa_raw(buf_bytes(&der), 32, &back));
	assert_true(bytes_eq(buf_bytes(&back), bytes_of(rs, 64)));
	for (size_t n = 0; n < der.n; n++)
		FAILS(SG_EFORMAT, padding_ecdsa_raw(bytes_of(der.p, n), 32,
		    &bad));
	FAILS(SG_EFORMAT, padding_ecdsa_raw(buf_bytes(&der), 31, &bad));
	FAILS(SG_EFORMAT, padding_ecdsa_raw(bytes_of(huge, sizeof(huge)), 32,
	    &bad));
	FAILS(SG_EFORMAT, padding_ecdsa_raw(bytes_of(zero, sizeof(zero)), 32,
	    &bad));
	FAILS(SG_EFORMAT, padding_ecdsa_raw(bytes_of(tail, sizeof(tail)), 32,
	    &bad));
	OK(buf_add_u8(&der, 0));
	FAILS(SG_EFORMAT, padding_ecdsa_raw(buf_bytes(&der), 32, &bad));
	assert_int_equal(bad.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_in_parts_are_those_of_the_whole),
		cmocka_unit_test(signatures_hold_for_every_digest),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(a_pkcs1_message_comes_out_at_every_length),
		cmocka_unit_test(every_bad_pkcs1_block_fails_alike),
		cmocka_unit_test(an_oaep_message_comes_out),
		cmocka_unit_test(every_bad_oaep_block_fails_alike),
		cmocka_unit_test(ecdsa_signs_the_leftmost_bits),
		cmocka_unit_test(r_and_s_become_der),
		cmocka_unit_test(der_becomes_r_and_s),
	};

	return cmocka_run_group_tests(tests, start, end);
}
