/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "crypto/digest.h"
#include "crypto/verifier.h"

#define KEYS 6

struct sample {
	struct pkey *k;
	struct buf spki;
	struct buf sig;
	enum sign_scheme scheme;
};

static const uint8_t digest[SHA256_LEN] = { 1, 2, 3 };

static enum sg_err
make_key(struct pkey **out, int i)
{
	if (i % 3 == 2)
		return pkey_new_ec(out, 384);
	return i % 3 == 1 ? pkey_new_rsa(out, 2048) : pkey_new_p256(out);
}

static void
make(struct sample *s, int i)
{
	struct signer signer;

	*s = (struct sample) { .scheme = i % 3 == 1 ? SIGN_RSA_PKCS1
						    : SIGN_ECDSA };
	OK(make_key(&s->k, i));
	signer = pkey_signer(s->k);
	OK(pkey_spki(s->k, &s->spki));
	OK(signer.ops->sign(signer.ctx, s->scheme, DIGEST_SHA256,
	    bytes_of(digest, sizeof(digest)), &s->sig));
}

static void
sample_done(struct sample *s)
{
	pkey_free(s->k);
	buf_done(&s->spki);
	buf_done(&s->sig);
}

static enum sg_err
check(struct verifier *v, const struct sample *key, const struct sample *sig)
{
	return verifier_check(v, buf_bytes(&key->spki), sig->scheme,
	    DIGEST_SHA256, bytes_of(digest, sizeof(digest)),
	    buf_bytes(&sig->sig));
}

/* Keys of one kind take each other's place; none may be taken for another. */
static void
each_key_is_itself(void **state)
{
	auto_free(verifier) v = NULL;
	struct sample s[KEYS];

	(void)state;
	OK(verifier_new(&v));
	for (int i = 0; i < KEYS; i++)
		make(&s[i], i);
	for (int i = 0; i < KEYS; i++)
		for (int j = 0; j < KEYS; j++) {
			enum sg_err e = check(v, &s[i], &s[j]);

			if (i == j)
				OK(e);
			else if (s[i].scheme == s[j].scheme)
				assert_int_equal(e, SG_EVERIFY);
			else
				assert_int_equal(e, SG_EARG);
		}
	for (int i = 0; i < KEYS; i++)
		sample_done(&s[i]);
}

static void
a_point_beside_the_curve_is_refused_and_forgotten(void **state)
{
	auto_free(verifier) v = NULL;
	auto_done(sample) s;

	(void)state;
	OK(verifier_new(&v));
	make(&s, 0);
	for (int again = 0; again < 2; again++) {
		OK(check(v, &s, &s));
		s.spki.p[s.spki.n - 1] ^= 1;
		FAILS(SG_EFORMAT, check(v, &s, &s));
		s.spki.p[s.spki.n - 1] ^= 1;
	}
	OK(check(v, &s, &s));
}

static void
an_unsound_key_is_unsound_again(void **state)
{
	auto_free(verifier) v = NULL;
	auto_free(pkey) k = NULL;
	auto_done(sample) good, weak = { .scheme = SIGN_RSA_PKCS1 };
	uint8_t n[256];

	(void)state;
	OK(verifier_new(&v));
	make(&good, 1);
	/* 2^2048 - 3 is divisible by 11. */
	memset(n, 0xff, sizeof(n));
	n[255] = 0xfd;
	OK(pkey_from_rsa(&k, bytes_of(n, sizeof(n)), 65537));
	OK(pkey_spki(k, &weak.spki));
	OK(buf_add(&weak.sig, n, sizeof(n)));
	for (int again = 0; again < 2; again++) {
		FAILS_SAYING(SG_EVERIFY, "factor", check(v, &weak, &weak));
		OK(check(v, &good, &good));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_is_itself),
		cmocka_unit_test(
		    a_point_beside_the_curve_is_refused_and_forgotten),
		cmocka_unit_test(an_unsound_key_is_unsound_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
