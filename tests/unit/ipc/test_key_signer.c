/* SPDX-License-Identifier: BSD-2-Clause */

/* client_key_use() is a part of this test: OpenSSL's bare operation. */

#include "../test.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "ipc/key_signer.h"

static struct pkey *rsa, *ec;
static char rsa_name[] = "rsa", ec_name[] = "ec";
static struct key_object rsa_key = { .name = rsa_name,
	.type = OBJECT_RSA2048 };
static struct key_object ec_key = { .name = ec_name, .type = OBJECT_P256 };
static enum sg_err refusal;

static enum sg_err
ec_use(struct bytes in, struct buf *out)
{
	struct signer s = pkey_signer(ec);
	auto_done(buf) der = { 0 };
	const uint8_t *p;
	uint8_t *at;
	ECDSA_SIG *sig;

	SG_TRY(s.ops->sign(s.ctx, SIGN_ECDSA, DIGEST_SHA256, in, &der));
	p = der.p;
	sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
	assert_non_null(sig);
	SG_TRY(buf_extend(out, 64, &at));
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), at, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), at + 32, 32),
	    32);
	ECDSA_SIG_free(sig);
	return SG_OK;
}

enum sg_err
client_key_use(struct client *c, const char *key, struct bytes in,
    struct buf *out)
{
	struct signer s = pkey_signer(rsa);

	(void)c;
	if (refusal != SG_OK)
		return sg_fail(refusal, "refused");
	return strcmp(key, "ec") == 0 ? ec_use(in, out)
		: s.ops->decrypt(s.ctx, DECRYPT_RSA_RAW, in, out);
}

static int
start(void **state)
{
	(void)state;
	OK(pkey_new_rsa(&rsa, 2048));
	OK(pkey_new_p256(&ec));
	OK(pkey_spki(rsa, &rsa_key.spki));
	OK(pkey_spki(ec, &ec_key.spki));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	pkey_free(rsa);
	pkey_free(ec);
	buf_done(&rsa_key.spki);
	buf_done(&ec_key.spki);
	return 0;
}

static void
sign_and_check(const struct pkey *k, const struct key_object *o,
    enum sign_scheme scheme, enum digest hash)
{
	struct key_signer ks = { NULL, o };
	struct signer s = key_signer(&ks);
	auto_done(buf) sig = { 0 };
	uint8_t d[DIGEST_MAX];
	struct bytes digest = { d, digest_size(hash) };

	OK(digest_of(hash, bytes_str("message"), d));
	OK(s.ops->sign(s.ctx, scheme, hash, digest, &sig));
	OK(pkey_verify(k, scheme, hash, digest, buf_bytes(&sig)));
}

static void
signatures_hold(void **state)
{
	(void)state;
	for (enum digest h = DIGEST_SHA1; h <= DIGEST_SHA512; h++) {
		sign_and_check(rsa, &rsa_key, SIGN_RSA_PKCS1, h);
		sign_and_check(rsa, &rsa_key, SIGN_RSA_PSS, h);
		sign_and_check(ec, &ec_key, SIGN_ECDSA, h);
	}
}

static void
a_scheme_of_the_other_kind_of_key_is_refused(void **state)
{
	struct key_signer kr = { NULL, &rsa_key }, ke = { NULL, &ec_key };
	struct signer r = key_signer(&kr), e = key_signer(&ke);
	auto_done(buf) b = { 0 };
	uint8_t d[256] = { 0 };

	(void)state;
	FAILS(SG_EUNSUPPORTED, r.ops->sign(r.ctx, SIGN_ECDSA, DIGEST_SHA256,
	    bytes_of(d, 32), &b));
	FAILS(SG_EUNSUPPORTED, e.ops->sign(e.ctx, SIGN_RSA_PSS, DIGEST_SHA256,
	    bytes_of(d, 32), &b));
	FAILS(SG_EUNSUPPORTED, e.ops->decrypt(e.ctx, DECRYPT_RSA_RAW,
	    bytes_of(d, 256), &b));
	FAILS(SG_EARG, r.ops->sign(r.ctx, SIGN_RSA_PKCS1, DIGEST_SHA256,
	    bytes_of(d, 31), &b));
	FAILS(SG_EFORMAT, r.ops->decrypt(r.ctx, DECRYPT_RSA_PKCS1,
	    bytes_of(d, 255), &b));
}

static void
encrypt(int padding, const EVP_MD *md, uint8_t out[256])
{
	EVP_PKEY *k = pkey_evp(rsa);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k, NULL);
	size_t n = 256;

	assert_int_equal(EVP_PKEY_encrypt_init(c), 1);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(c, padding) > 0);
	if (md != NULL)
		assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(c, md) > 0);
	assert_int_equal(EVP_PKEY_encrypt(c, out, &n,
	    (const uint8_t *)"message", 7), 1);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(k);
}

static void
decrypt_and_check(enum decrypt_scheme scheme, int padding, const EVP_MD *md)
{
	struct key_signer ks = { NULL, &rsa_key };
	struct signer s = key_signer(&ks);
	auto_done(buf) b = { 0 };
	uint8_t in[256];

	encrypt(padding, md, in);
	OK(s.ops->decrypt(s.ctx, scheme, bytes_of(in, 256), &b));
	assert_true(bytes_eq(buf_bytes(&b), bytes_str("message")));
}

static void
messages_come_back(void **state)
{
	struct key_signer ks = { NULL, &rsa_key };
	struct signer s = key_signer(&ks);
	auto_done(buf) raw = { 0 };
	uint8_t in[256];

	(void)state;
	decrypt_and_check(DECRYPT_RSA_PKCS1, RSA_PKCS1_PADDING, NULL);
	decrypt_and_check(DECRYPT_RSA_OAEP_SHA1, RSA_PKCS1_OAEP_PADDING,
	    EVP_sha1());
	decrypt_and_check(DECRYPT_RSA_OAEP_SHA256, RSA_PKCS1_OAEP_PADDING,
	    EVP_sha256());
	encrypt(RSA_PKCS1_PADDING, NULL, in);
	OK(s.ops->decrypt(s.ctx, DECRYPT_RSA_RAW, bytes_of(in, 256), &raw));
	assert_int_equal(raw.n, 256);
	assert_memory_equal(raw.p, "\0\2", 2);
	FAILS(SG_EUNSUPPORTED, s.ops->decrypt(s.ctx, 9, bytes_of(in, 256),
	    &raw));
}

static void
the_daemons_refusal_comes_through(void **state)
{
	struct key_signer ks = { NULL, &rsa_key };
	struct signer s = key_signer(&ks);
	auto_done(buf) b = { 0 };
	uint8_t d[32] = { 0 };

	(void)state;
	refusal = SG_ELOGIN;
	FAILS(SG_ELOGIN, s.ops->sign(s.ctx, SIGN_RSA_PKCS1, DIGEST_SHA256,
	    bytes_of(d, 32), &b));
	refusal = SG_OK;
	assert_int_equal(b.n, 0);
}

static void
the_public_key_is_the_objects(void **state)
{
	struct key_signer ks = { NULL, &ec_key };
	struct signer s = key_signer(&ks);
	auto_done(buf) b = { 0 };

	(void)state;
	OK(s.ops->spki(s.ctx, &b));
	assert_true(bytes_eq(buf_bytes(&b), buf_bytes(&ec_key.spki)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_hold),
		cmocka_unit_test(a_scheme_of_the_other_kind_of_key_is_refused),
		cmocka_unit_test(messages_come_back),
		cmocka_unit_test(the_daemons_refusal_comes_through),
		cmocka_unit_test(the_public_key_is_the_objects),
	};

	return cmocka_run_group_tests(tests, start, end);
}
