/* SPDX-License-Identifier: BSD-2-Clause */
#include "../same_key.h"

#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"

static const uint8_t digest[32] = { 1, 2, 3 };

static void
rsa_pair(struct pkey **out)
{
	OK(pkey_new_rsa(out, 2048));
}

static void
signatures_hold_and_break(void **state)
{
	static const struct {
		bool rsa;
		enum sign_scheme scheme;
	} v[] = { { true, SIGN_RSA_PKCS1 }, { true, SIGN_RSA_PSS },
		{ false, SIGN_ECDSA } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		auto_free(pkey) k = NULL;
		auto_done(buf) sig = { 0 };
		struct bytes d = bytes_of(digest, sizeof(digest));
		struct signer s;

		OK(v[i].rsa ? pkey_new_rsa(&k, 2048) : pkey_new_p256(&k));
		s = pkey_signer(k);
		OK(s.ops->sign(s.ctx, v[i].scheme, DIGEST_SHA256, d, &sig));
		OK(pkey_verify(k, v[i].scheme, DIGEST_SHA256, d,
		    buf_bytes(&sig)));
		sig.p[sig.n / 2] ^= 1;
		FAILS(SG_EVERIFY, pkey_verify(k, v[i].scheme, DIGEST_SHA256,
		    d, buf_bytes(&sig)));
		FAILS(SG_EVERIFY, pkey_verify(k, v[i].scheme, DIGEST_SHA256,
		    d, (struct bytes) { 0 }));
		FAILS(SG_EARG, pkey_verify(k, v[i].scheme, DIGEST_SHA384, d,
		    buf_bytes(&sig)));
		FAILS(SG_EARG, pkey_verify(k, v[i].rsa ? SIGN_ECDSA
		    : SIGN_RSA_PSS, DIGEST_SHA256, d, buf_bytes(&sig)));
	}
}

static void
a_public_key_survives_its_encodings(void **state)
{
	auto_free(pkey) k = NULL, *spki = NULL, *point = NULL, *other = NULL;
	auto_done(buf) der = { 0 };
	uint8_t x[32], y[32];

	(void)state;
	OK(pkey_new_p256(&k));
	OK(pkey_new_p256(&other));
	OK(pkey_spki(k, &der));
	OK(pkey_from_spki(&spki, buf_bytes(&der)));
	OK(pkey_point(k, x, y));
	OK(pkey_from_point(&point, bytes_of(x, 32), bytes_of(y, 32)));
	assert_true(same_key(k, spki));
	assert_true(same_key(k, point));
	assert_false(same_key(k, other));
	assert_int_equal(pkey_kind(point), KEY_EC);
	assert_int_equal(pkey_bits(point), 256);
	y[31] ^= 1;
	pkey_free(point);
	point = NULL;
	FAILS(SG_EFORMAT, pkey_from_point(&point, bytes_of(x, 32),
	    bytes_of(y, 32)));
}

static void
an_rsa_key_is_made_of_modulus_and_exponent(void **state)
{
	auto_free(pkey) k = NULL, *made = NULL, *bad = NULL;
	auto_done(buf) der = { 0 };
	struct bytes n;

	(void)state;
	rsa_pair(&k);
	OK(pkey_spki(k, &der));
	/* The modulus stands before 02 03 01 00 01. */
	n = bytes_of(der.p + der.n - 5 - 256, 256);
	OK(pkey_from_rsa(&made, n, 65537));
	assert_true(same_key(k, made));
	FAILS(SG_EFORMAT, pkey_from_rsa(&bad, n, 65536));
	FAILS(SG_EFORMAT, pkey_from_rsa(&bad, n, 1));
	n.n = 64;
	FAILS(SG_EUNSUPPORTED, pkey_from_rsa(&bad, n, 65537));
	n.n = 5000;
	FAILS(SG_EUNSUPPORTED, pkey_from_rsa(&bad, n, 65537));
}

static void
hostile_public_keys_are_refused(void **state)
{
	/* Ed25519 of RFC 8410 section 10.1; secp256k1 (curve 1.3.132.0.10). */
	static const char ed[] = "302a300506032b657003210019bf44096984cdfe8541"
	    "bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
	static const char k1[] = "3056301006072a8648ce3d020106052b8104000a0342"
	    "000479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8"
	    "1798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10"
	    "d4b8";
	auto_free(pkey) k = NULL, *bad = NULL;
	auto_done(buf) der = { 0 }, foreign = { 0 }, koblitz = { 0 };

	(void)state;
	OK(hex_decode(&foreign, ed));
	OK(hex_decode(&koblitz, k1));
	FAILS(SG_EUNSUPPORTED, pkey_from_spki(&bad, buf_bytes(&foreign)));
	FAILS(SG_EUNSUPPORTED, pkey_from_spki(&bad, buf_bytes(&koblitz)));
	OK(pkey_new_p256(&k));
	OK(pkey_spki(k, &der));
	for (size_t n = 0; n < der.n; n++)
		FAILS(SG_EFORMAT, pkey_from_spki(&bad, bytes_of(der.p, n)));
	OK(buf_add_u8(&der, 0));
	FAILS_SAYING(SG_EFORMAT, "1 bytes behind",
	    pkey_from_spki(&bad, buf_bytes(&der)));
	assert_null(bad);
}

static void
decryption_undoes_encryption_only(void **state)
{
	auto_free(pkey) k = NULL, *ec = NULL;
	auto_done(buf) raw = { 0 }, plain = { 0 };
	uint8_t block[256] = { 0, 2, 9, 9 };
	struct signer s;

	(void)state;
	rsa_pair(&k);
	s = pkey_signer(k);
	OK(s.ops->decrypt(s.ctx, DECRYPT_RSA_RAW, bytes_of(block, 256), &raw));
	assert_int_equal(raw.n, 256);
	FAILS(SG_ECRYPTO, s.ops->decrypt(s.ctx, DECRYPT_RSA_OAEP_SHA1,
	    bytes_of(block, 256), &plain));
	FAILS(SG_ECRYPTO, s.ops->decrypt(s.ctx, DECRYPT_RSA_RAW,
	    bytes_of(block, 255), &plain));
	OK(pkey_new_p256(&ec));
	s = pkey_signer(ec);
	FAILS(SG_EUNSUPPORTED, s.ops->decrypt(s.ctx, DECRYPT_RSA_PKCS1,
	    bytes_of(block, 256), &plain));
	assert_int_equal(plain.n, 0);
}

static void
private_keys_rest_in_pem_files(void **state)
{
	auto_free(pkey) k = NULL, *open = NULL, *shut = NULL, *bad = NULL;
	auto_done(secret) pass = { 0 }, wrong = { 0 };
	auto_done(secret) plain = { 0 }, sealed = { 0 };

	(void)state;
	OK(pkey_new_p256(&k));
	OK(secret_set(&pass, "correct horse", 13));
	OK(secret_set(&wrong, "correct house", 13));
	OK(pkey_private_pem(k, NULL, &plain));
	OK(pkey_private_pem(k, &pass, &sealed));
	assert_memory_equal(plain.p, "-----BEGIN PRIVATE KEY-----", 27);
	assert_memory_equal(sealed.p, "-----BEGIN ENCRYPTED", 20);
	OK(pkey_from_private_pem(&open, secret_bytes(&plain), NULL));
	OK(pkey_from_private_pem(&shut, secret_bytes(&sealed), &pass));
	assert_true(same_key(k, open));
	assert_true(same_key(k, shut));
	FAILS(SG_EPIN, pkey_from_private_pem(&bad, secret_bytes(&sealed),
	    &wrong));
	FAILS(SG_EPIN, pkey_from_private_pem(&bad, secret_bytes(&sealed),
	    NULL));
	FAILS(SG_EFORMAT, pkey_from_private_pem(&bad, bytes_str("nonsense"),
	    NULL));
	FAILS(SG_EFORMAT, pkey_from_public_pem(&bad, secret_bytes(&plain)));
}

static void
a_seed_determines_its_key(void **state)
{
	auto_free(pkey) a = NULL, *b = NULL, *c = NULL, *bad = NULL;
	auto_done(secret) seed = { 0 }, brief = { 0 };
	auto_done(buf) sig = { 0 };
	struct bytes d = bytes_of(digest, sizeof(digest));
	struct signer s;

	(void)state;
	OK(secret_set(&seed, "0123456789abcdef", 16));
	OK(secret_set(&brief, "0123456789abcde", 15));
	OK(pkey_derive_p256(&a, &seed, "one"));
	OK(pkey_derive_p256(&b, &seed, "one"));
	OK(pkey_derive_p256(&c, &seed, "two"));
	assert_true(same_key(a, b));
	assert_false(same_key(a, c));
	FAILS(SG_EARG, pkey_derive_p256(&bad, &brief, "one"));
	s = pkey_signer(a);
	OK(s.ops->sign(s.ctx, SIGN_ECDSA, DIGEST_SHA256, d, &sig));
	OK(pkey_verify(b, SIGN_ECDSA, DIGEST_SHA256, d, buf_bytes(&sig)));
}

/* One wrong bit anywhere: no key, or one whose encoding is just that. */
static void
flip_all(struct pkey *k)
{
	auto_done(buf) spki = { 0 };

	OK(pkey_spki(k, &spki));
	for (size_t i = 0; i < 8 * spki.n; i += 5) {
		auto_free(pkey) other = NULL;
		auto_done(buf) again = { 0 };

		spki.p[i / 8] ^= (uint8_t)(1 << i % 8);
		if (pkey_from_spki(&other, buf_bytes(&spki)) == SG_OK) {
			OK(pkey_spki(other, &again));
			assert_true(bytes_eq(buf_bytes(&spki),
			    buf_bytes(&again)));
			assert_false(same_key(k, other));
		}
		spki.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

/* SEC 1 2.3.3: 06 or 07 in place of 04, by the last bit of y. */
static void
hybrid(struct pkey *k)
{
	auto_free(pkey) other = NULL;
	auto_done(buf) spki = { 0 };
	size_t at;

	OK(pkey_spki(k, &spki));
	at = spki.n - 2 * (pkey_bits(k) / 8) - 1;
	assert_int_equal(spki.p[at], 4);
	spki.p[at] = (uint8_t)(6 | (spki.p[spki.n - 1] & 1));
	FAILS_SAYING(SG_EUNSUPPORTED, "uncompressed",
	    pkey_from_spki(&other, buf_bytes(&spki)));
}

static void
an_encoding_stands_for_one_key(void **state)
{
	auto_free(pkey) a = NULL, *b = NULL, *c = NULL;

	(void)state;
	OK(pkey_new_ec(&a, 256));
	OK(pkey_new_ec(&b, 384));
	OK(pkey_new_rsa(&c, 2048));
	hybrid(a);
	hybrid(b);
	flip_all(a);
	flip_all(b);
	flip_all(c);
}

/* The encoding that is kept is what OpenSSL would make. */
static void
a_kept_encoding_is_the_keys_own(void **state)
{
	static const unsigned bits[] = { 2048, 3072, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		auto_free(pkey) k = NULL, *again = NULL;
		auto_done(buf) made = { 0 }, kept = { 0 };

		OK(pkey_new_rsa(&k, bits[i]));
		OK(pkey_spki(k, &made));
		OK(pkey_from_spki(&again, buf_bytes(&made)));
		OK(pkey_spki(again, &kept));
		assert_true(bytes_eq(buf_bytes(&made), buf_bytes(&kept)));
		assert_true(same_key(k, again));
		assert_int_equal(pkey_bits(again), bits[i]);
	}
}

static bool
is_prime(unsigned v)
{
	for (unsigned i = 2; i * i <= v; i++)
		if (v % i == 0)
			return false;
	return v > 2;
}

/* The next number from n on, 2048 bits, that is odd and a multiple. */
static void
multiple(uint8_t n[256], unsigned prime)
{
	unsigned rest = 0, add;

	for (size_t i = 0; i < 256; i++)
		rest = (rest << 8 | n[i]) % prime;
	add = (prime - rest) % prime;
	if (((n[255] + add) & 1) == 0)
		add += prime;
	for (size_t i = 256; i-- > 0 && add > 0; add >>= 8) {
		add += n[i];
		n[i] = (uint8_t)add;
	}
}

static void
every_small_factor_is_found(void **state)
{
	(void)state;
	for (unsigned prime = 3; prime < 752; prime++) {
		auto_free(pkey) k = NULL, *again = NULL;
		auto_done(buf) spki = { 0 };
		uint8_t n[256];

		if (!is_prime(prime))
			continue;
		OK(random_fill(n, sizeof(n)));
		n[0] = 0xc0;
		multiple(n, prime);
		OK(pkey_from_rsa(&k, bytes_of(n, sizeof(n)), 65537));
		FAILS_SAYING(SG_EVERIFY, "factor", pkey_sound(k));
		OK(pkey_spki(k, &spki));
		OK(pkey_from_spki(&again, buf_bytes(&spki)));
		FAILS_SAYING(SG_EVERIFY, "factor", pkey_sound(again));
	}
}

static void
keys_that_others_can_break_are_not_sound(void **state)
{
	/* Both factors are powers of 65537 modulo the first 38 primes after
	 * 2, as in CVE-2017-15361. */
	static const char roca[] =
	    "dd4aee4ca9dc032ceaf27d3b1b753d5be9ab9187b64b65960cce3dc7f27d220f"
    "9454be68f999badc706fc11a59d4774b57175ae31258711c1e2f9648302c021c"
    "f63c17e5bf9d16b2e176d85a8033456daf185ebc11de261a10bc7ae749c36af7"
    "07eb5061ed16bc8eeba6bf7794a803bb44a2ce430bdd210c316d645721259a5d"
    "a8adc6377af7618da94605874b25700147a98faaff7285b014a85771d0998aea"
    "593cbba033a481fb004c061ec7c5c1ea96a240fbe21254de36a44fadd7724750"
    "64dfeeea9fc04301a217ba57e1ead787fa186bc6c0971c4dfe1edad63cdc8933"
    "4d3895a50a20ec7c66f4f913bf00c78785cc35fa4641c3e934840dd97d935009";
	auto_free(pkey) good = NULL, *weak = NULL, *ec = NULL;
	auto_free(pkey) e3 = NULL, *factor = NULL;
	auto_done(buf) n = { 0 };

	(void)state;
	OK(pkey_new_rsa(&good, 2048));
	OK(pkey_sound(good));
	OK(pkey_new_p256(&ec));
	OK(pkey_sound(ec));
	OK(hex_decode(&n, roca));
	OK(pkey_from_rsa(&weak, buf_bytes(&n), 65537));
	FAILS_SAYING(SG_EVERIFY, "CVE-2017-15361", pkey_sound(weak));
	n.p[100] ^= 0x10;
	OK(pkey_from_rsa(&e3, buf_bytes(&n), 3));
	FAILS_SAYING(SG_EVERIFY, "exponent", pkey_sound(e3));
	/* 2^2048 - 3 is divisible by 11. */
	memset(n.p, 0xff, n.n);
	n.p[n.n - 1] = 0xfd;
	OK(pkey_from_rsa(&factor, buf_bytes(&n), 65537));
	FAILS_SAYING(SG_EVERIFY, "factor", pkey_sound(factor));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_hold_and_break),
		cmocka_unit_test(a_public_key_survives_its_encodings),
		cmocka_unit_test(an_rsa_key_is_made_of_modulus_and_exponent),
		cmocka_unit_test(hostile_public_keys_are_refused),
		cmocka_unit_test(keys_that_others_can_break_are_not_sound),
		cmocka_unit_test(every_small_factor_is_found),
		cmocka_unit_test(decryption_undoes_encryption_only),
		cmocka_unit_test(private_keys_rest_in_pem_files),
		cmocka_unit_test(a_seed_determines_its_key),
		cmocka_unit_test(an_encoding_stands_for_one_key),
		cmocka_unit_test(a_kept_encoding_is_the_keys_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
