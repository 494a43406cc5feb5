/* SPDX-License-Identifier: BSD-2-Clause */

/* Keys under RSA, good ones and Bleichenbacher's. */

#include "../test.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/digest.h"
#include "crypto/transport.h"

#define K 256	/* bytes of the modulus */

struct place {
	struct pkey *key;
	struct buf modulus;
	struct secret reject;
	/* A signer before the key's, which counts. */
	struct signer_ops ops;
	unsigned count;
	enum sg_err says;
};

static enum sg_err
counted(void *ctx, enum decrypt_scheme scheme, struct bytes in,
    struct buf *out)
{
	struct place *p = ctx;
	struct signer s = pkey_signer(p->key);

	p->count++;
	assert_int_equal(scheme, DECRYPT_RSA_RAW);
	if (p->says != SG_OK)
		return sg_fail(p->says, "the token says no");
	return s.ops->decrypt(s.ctx, scheme, in, out);
}

static struct signer
signer_of(struct place *p)
{
	p->ops = (struct signer_ops) { .decrypt = counted };
	return (struct signer) { &p->ops, p };
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	auto_done(buf) spki = { 0 };

	assert_non_null(p);
	OK(pkey_new_rsa(&p->key, 8 * K));
	OK(pkey_spki(p->key, &spki));
	OK(buf_set(&p->modulus, bytes_of(spki.p + 33, K)));
	OK(secret_init(&p->reject, SHA256_LEN));
	p->reject.n = SHA256_LEN;
	OK(random_fill(p->reject.p, SHA256_LEN));
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	pkey_free(p->key);
	buf_done(&p->modulus);
	secret_done(&p->reject);
	free(p);
	return 0;
}

/* One private operation and a key, whatever comes in. */
static void
opened(struct secret *out, struct place *p, size_t n, struct bytes sealed)
{
	p->count = 0;
	OK(transport_open(out, n, signer_of(p), buf_bytes(&p->modulus), sealed,
	    &p->reject));
	assert_int_equal(p->count, 1);
	assert_int_equal(out->n, n);
}

static void
a_key_comes_back(void **state)
{
	struct place *p = *state;

	for (size_t n = 16; n <= 32; n += 8) {
		uint8_t key[32];
		auto_done(buf) sealed = { 0 };
		auto_done(secret) back = { 0 };

		OK(random_fill(key, sizeof(key)));
		OK(transport_seal(&sealed, p->key, bytes_of(key, n)));
		assert_int_equal(sealed.n, K);
		opened(&back, p, n, buf_bytes(&sealed));
		assert_memory_equal(back.p, key, n);
	}
}

/* The bare public operation. */
static void
seal_block(uint8_t out[K], const struct place *p, const uint8_t block[K])
{
	EVP_PKEY *k = pkey_evp(p->key);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k, NULL);
	size_t n = K;

	assert_int_equal(EVP_PKEY_encrypt_init(c), 1);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING) > 0);
	assert_int_equal(EVP_PKEY_encrypt(c, out, &n, block, K), 1);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(k);
}

/* 00 02, padding, 00, and a key of 16 bytes. */
static void
good_block(uint8_t block[K])
{
	memset(block, 0x5a, K);
	block[0] = 0;
	block[1] = 2;
	block[K - 17] = 0;
	memset(block + K - 16, 0xab, 16);
}

/* Neither what was in the block, nor another thing the next time. */
static void
gets_chance(struct place *p, const uint8_t block[K], struct bytes sealed)
{
	auto_done(secret) a = { 0 }, b = { 0 };

	opened(&a, p, 16, sealed);
	opened(&b, p, 16, sealed);
	assert_memory_equal(a.p, b.p, 16);
	assert_memory_not_equal(a.p, block + K - 16, 16);
}

static void
every_bad_padding_gets_a_key_by_chance(void **state)
{
	/* Where a good block is changed, and to what. */
	static const struct {
		size_t at;
		uint8_t to;
	} changes[] = {
		{ 0, 1 }, { 1, 0 }, { 1, 1 }, { 1, 3 },	/* another type */
		{ 2, 0 }, { 9, 0 },		/* a padding too short */
		{ 100, 0 }, { K - 18, 0 },	/* a key too long */
		{ K - 17, 1 },			/* none at all */
	};
	struct place *p = *state;
	uint8_t seen[sizeof(changes) / sizeof(changes[0])][16];

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t block[K], sealed[K];
		auto_done(secret) key = { 0 };

		good_block(block);
		block[changes[i].at] = changes[i].to;
		seal_block(sealed, p, block);
		gets_chance(p, block, bytes_of(sealed, K));
		opened(&key, p, 16, bytes_of(sealed, K));
		memcpy(seen[i], key.p, 16);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(seen[i], seen[k], 16);
	}
}

static void
a_key_of_another_length_is_none(void **state)
{
	struct place *p = *state;
	uint8_t block[K], sealed[K];
	auto_done(secret) key = { 0 };

	good_block(block);
	seal_block(sealed, p, block);
	opened(&key, p, 24, bytes_of(sealed, K));
	assert_memory_not_equal(key.p + 8, block + K - 16, 16);
	opened(&key, p, 8, bytes_of(sealed, K));
	assert_memory_not_equal(key.p, block + K - 8, 8);
	opened(&key, p, 16, bytes_of(sealed, K));
	assert_memory_equal(key.p, block + K - 16, 16);
}

/* 0, 1, the modulus and its neighbours, and the greatest number. */
static void
numbers_at_the_edges_cost_the_same(void **state)
{
	struct place *p = *state;
	uint8_t block[K] = { 0 }, number[K] = { 0 };

	gets_chance(p, block, bytes_of(number, K));
	number[K - 1] = 1;
	gets_chance(p, block, bytes_of(number, K));
	memcpy(number, p->modulus.p, K);
	gets_chance(p, block, bytes_of(number, K));
	number[K - 1] ^= 1;	/* it is odd */
	gets_chance(p, block, bytes_of(number, K));
	memset(number, 0xff, K);
	gets_chance(p, block, bytes_of(number, K));
}

static void
another_secret_gives_another_chance(void **state)
{
	struct place *p = *state;
	uint8_t number[K] = { 0 };
	auto_done(secret) a = { 0 }, b = { 0 };

	opened(&a, p, 16, bytes_of(number, K));
	p->reject.p[0] ^= 1;
	opened(&b, p, 16, bytes_of(number, K));
	assert_memory_not_equal(a.p, b.p, 16);
}

static void
a_refused_number_is_a_bad_padding_and_trouble_is_trouble(void **state)
{
	static const enum sg_err bad[] = { SG_ECRYPTO, SG_EVERIFY,
		SG_EFORMAT }, trouble[] = { SG_EIO, SG_ELOGIN, SG_ETPM };
	struct place *p = *state;
	uint8_t block[K], sealed[K];
	auto_done(secret) key = { 0 };

	good_block(block);
	seal_block(sealed, p, block);
	for (size_t i = 0; i < 3; i++) {
		p->says = bad[i];
		gets_chance(p, block, bytes_of(sealed, K));
		p->says = trouble[i];
		FAILS(trouble[i], transport_open(&key, 16, signer_of(p),
		    buf_bytes(&p->modulus), bytes_of(sealed, K),
		    &p->reject));
	}
	p->says = SG_OK;
}

static void
lengths_that_do_not_fit_are_refused(void **state)
{
	struct place *p = *state;
	uint8_t sealed[K + 1] = { 0 };
	auto_done(secret) key = { 0 };
	auto_done(buf) out = { 0 };
	auto_free(pkey) ec = NULL;

	FAILS(SG_EFORMAT, transport_open(&key, 16, signer_of(p),
	    buf_bytes(&p->modulus), bytes_of(sealed, K - 1), &p->reject));
	FAILS(SG_EFORMAT, transport_open(&key, 16, signer_of(p),
	    buf_bytes(&p->modulus), bytes_of(sealed, K + 1), &p->reject));
	OK(pkey_new_p256(&ec));
	FAILS(SG_EUNSUPPORTED, transport_seal(&out, ec,
	    bytes_of(sealed, 16)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_comes_back),
		cmocka_unit_test(every_bad_padding_gets_a_key_by_chance),
		cmocka_unit_test(a_key_of_another_length_is_none),
		cmocka_unit_test(numbers_at_the_edges_cost_the_same),
		cmocka_unit_test(another_secret_gives_another_chance),
		cmocka_unit_test(
		    a_refused_number_is_a_bad_padding_and_trouble_is_trouble),
		cmocka_unit_test(lengths_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
