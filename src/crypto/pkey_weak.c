/* SPDX-License-Identifier: BSD-2-Clause */

/* Public keys that others can break, as far as that shows at a glance. */

#include <openssl/core_names.h>

#include "crypto/ossl.h"

#define SMALL_PRIMES_TO	752	/* as SP 800-56B 6.4.2.2 looks for factors */
#define EXPONENT_BITS	256	/* below 2^256, FIPS 186-5 A.1.1 */
#define E_USUAL		65537u

static bool
is_prime(unsigned n)
{
	for (unsigned d = 3; d * d <= n; d += 2)
		if (n % d == 0)
			return false;
	return n % 2 != 0 && n > 2;
}

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
	static const unsigned primes[] = { 11, 13, 17, 19, 37, 53, 61, 71, 73,
		79, 97, 103, 107, 109, 127, 151, 157 };

	for (size_t i = 0; i < sizeof(primes) / sizeof(primes[0]); i++)
		if (primes[i] == prime)
			return true;
	return false;
}

struct look {
	const BIGNUM *n;
	bool factor;	/* a small one was found */
	bool roca;	/* nothing speaks against it yet */
};

/* Divisions of a long number are what costs: one for several primes. */
static void
look_at(struct look *l, const unsigned *primes, size_t count, BN_ULONG product)
{
	BN_ULONG rest = BN_mod_word(l->n, product);

	for (size_t i = 0; i < count; i++) {
		unsigned r = (unsigned)(rest % primes[i]);

		l->factor = l->factor || r == 0;
		l->roca = l->roca && (!tells_of_roca(primes[i]) ||
		    is_power(r, primes[i]));
	}
}

static void
look_through(struct look *l)
{
	unsigned primes[16];
	size_t count = 0;
	BN_ULONG product = 1;

	for (unsigned p = 3; p < SMALL_PRIMES_TO; p += 2) {
		if (!is_prime(p))
			continue;
		if (product > (BN_ULONG)-1 / p ||
		    count == sizeof(primes) / sizeof(primes[0])) {
			look_at(l, primes, count, product);
			count = 0;
			product = 1;
		}
		primes[count++] = p;
		product *= p;
	}
	look_at(l, primes, count, product);
}

static enum sg_err
modulus_check(const BIGNUM *n)
{
	struct look l = { n, !BN_is_odd(n), true };

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

	if (pkey_kind(k) != KEY_RSA)
		return SG_OK;
	evp = pkey_evp(k);
	if (EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    EVP_PKEY_get_bn_param(evp, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return ossl_fail(SG_EFORMAT, "RSA key");
	SG_TRY(exponent_check(e));
	return modulus_check(n);
}
