/* SPDX-License-Identifier: BSD-2-Clause */

/* Public keys that others can break, as far as that shows at a glance. */

#include <openssl/core_names.h>

#include "crypto/ossl.h"
#include "crypto/pkey_spki.h"

#define EXPONENT_BITS	256	/* below 2^256, FIPS 186-5 A.1.1 */
#define E_USUAL		65537u
#define LIMB		8	/* bytes */
#define LIMBS_MAX	128	/* RSA-8192 */

/* The odd ones below 752, as SP 800-56B 6.4.2.2 looks for factors. */
static const uint16_t primes[] = {
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67,
	71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139,
	149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223,
	227, 229, 233, 239, 241, 251, 257, 263, 269, 271, 277, 281, 283, 293,
	307, 311, 313, 317, 331, 337, 347, 349, 353, 359, 367, 373, 379, 383,
	389, 397, 401, 409, 419, 421, 431, 433, 439, 443, 449, 457, 461, 463,
	467, 479, 487, 491, 499, 503, 509, 521, 523, 541, 547, 557, 563, 569,
	571, 577, 587, 593, 599, 601, 607, 613, 617, 619, 631, 641, 643, 647,
	653, 659, 661, 673, 677, 683, 691, 701, 709, 719, 727, 733, 739, 743,
	751,
};
#define PRIMES (sizeof(primes) / sizeof(primes[0]))

/*
 * Moduli of the library behind CVE-2017-15361 are powers of 65537 modulo each
 * of the first primes, which one in 2^27 others is; their factors can be
 * found.  TPMs were among those that made them.
 */
static bool
is_power(unsigned rest, unsigned prime)
{
	unsigned power = 1;

	do {
		if (power == rest)
			return true;
		power = (unsigned)((uint64_t)power * E_USUAL % prime);
	} while (power != 1);
	return false;
}

static bool
tells_of_roca(unsigned prime)
{
	static const unsigned tell[] = { 11, 13, 17, 19, 37, 53, 61, 71, 73,
		79, 97, 103, 107, 109, 127, 151, 157 };

	for (size_t i = 0; i < sizeof(tell) / sizeof(tell[0]); i++)
		if (tell[i] == prime)
			return true;
	return false;
}

__extension__ typedef unsigned __int128 u128;

struct look {
	uint64_t limb[LIMBS_MAX];	/* the modulus, lowest first */
	size_t n;
	bool factor;	/* a small one was found */
	bool roca;	/* nothing speaks against it yet */
};

/* -1 / m modulo 2^64, for odd m: each step doubles the bits that are right. */
static uint64_t
negative_inverse(uint64_t m)
{
	uint64_t v = m;

	for (int bits = 3; bits < 64; bits *= 2)
		v *= 2 - m * v;
	return -v;
}

/*
 * The modulus, over 2^64 once for each limb, modulo m: odd and below 2^63.
 * Montgomery's way takes two multiplications for a limb where a division takes
 * several times as long.
 */
static uint64_t
rest_of(const struct look *l, uint64_t m)
{
	uint64_t inverse = negative_inverse(m), rest = 0;

	for (size_t i = 0; i < l->n; i++) {
		u128 sum = (u128)rest + l->limb[i];
		u128 zero = (u128)((uint64_t)sum * inverse) * m +
		    (uint64_t)sum;

		rest = (uint64_t)(zero >> 64) + (uint64_t)(sum >> 64);
	}
	return rest % m;
}

/* What the divisions by 2^64 took away, put back. */
static unsigned
whole_rest(const struct look *l, unsigned rest, unsigned prime)
{
	uint64_t two64 = (UINT64_MAX % prime + 1) % prime, r = rest;

	for (size_t i = 0; i < l->n; i++)
		r = r * two64 % prime;
	return (unsigned)r;
}

/* One walk through the limbs for several primes. */
static void
look_at(struct look *l, const uint16_t *some, size_t count, uint64_t product)
{
	uint64_t rest = rest_of(l, product);

	for (size_t i = 0; i < count; i++) {
		unsigned r = (unsigned)(rest % some[i]);

		l->factor = l->factor || r == 0;
		l->roca = l->roca && (!tells_of_roca(some[i]) ||
		    is_power(whole_rest(l, r, some[i]), some[i]));
	}
}

static void
look_through(struct look *l)
{
	size_t from = 0;
	uint64_t product = 1;

	for (size_t i = 0; i < PRIMES; i++) {
		if (product > INT64_MAX / primes[i]) {
			look_at(l, primes + from, i - from, product);
			from = i;
			product = 1;
		}
		product *= primes[i];
	}
	look_at(l, primes + from, PRIMES - from, product);
}

static enum sg_err
modulus_check(struct bytes n)
{
	struct look l = { .roca = true };

	if (n.n == 0 || n.n > LIMBS_MAX * LIMB)
		return sg_fail(SG_EUNSUPPORTED, "an RSA modulus of %zu bytes",
		    n.n);
	for (size_t i = 0; i < n.n; i++)
		l.limb[i / LIMB] |= (uint64_t)n.p[n.n - 1 - i] <<
		    8 * (i % LIMB);
	l.n = (n.n + LIMB - 1) / LIMB;
	l.factor = (l.limb[0] & 1) == 0;
	look_through(&l);
	if (l.factor)
		return sg_fail(SG_EVERIFY, "the RSA modulus has a small "
		    "factor: whoever finds the others has the key");
	if (l.roca)
		return sg_fail(SG_EVERIFY, "the RSA key was made by a chip "
		    "whose keys can be computed (CVE-2017-15361): update its "
		    "firmware, and make another");
	return SG_OK;
}

static enum sg_err
exponent_check(const BIGNUM *e)
{
	if (BN_is_odd(e) && BN_num_bits(e) <= EXPONENT_BITS &&
	    BN_get_word(e) >= E_USUAL)
		return SG_OK;
	return sg_fail(SG_EVERIFY, "the RSA exponent is even, below 65537 or "
	    "longer than %d bits (FIPS 186-5)", EXPONENT_BITS);
}

enum sg_err
pkey_sound(const struct pkey *k)
{
	auto_ossl(EVP_PKEY) evp = NULL;
	auto_ossl(BIGNUM) n = NULL;
	auto_ossl(BIGNUM) e = NULL;
	uint8_t raw[LIMBS_MAX * LIMB];
	struct bytes usual;

	if (pkey_kind(k) != KEY_RSA)
		return SG_OK;
	/* OpenSSL takes longer to say its numbers than this with them. */
	if (spki_modulus(&usual, buf_bytes(&k->spki)))
		return modulus_check(usual);
	evp = pkey_evp(k);
	if (EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return ossl_fail(SG_EFORMAT, "RSA key");
	SG_TRY(exponent_check(e));
	if (BN_bn2binpad(n, raw, sizeof(raw)) != sizeof(raw))
		return sg_fail(SG_EUNSUPPORTED, "an RSA modulus of %d bits",
		    BN_num_bits(n));
	return modulus_check(bytes_of(raw, sizeof(raw)));
}
