/* SPDX-License-Identifier: BSD-2-Clause */

/* Signatures that OpenSSL checks, messages that OpenSSL encrypted. */

#include "p11.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/padding.h"

static const char message[] = "a message of some length";

static struct ck_mechanism
plain(ck_mechanism_type_t type)
{
	return (struct ck_mechanism) { type, NULL, 0 };
}

/* The bytes as the module's prototypes want them. */
static unsigned char *
in(struct bytes x)
{
	static unsigned char copy[4096];

	memcpy(copy, x.p, x.n);
	return copy;
}

static void
sign_start(ck_session_handle_t s, struct ck_mechanism m, const char *key)
{
	RV(CKR_OK, p11->C_SignInit(s, &m,
	    find_one(s, CKO_PRIVATE_KEY, key)));
}

static struct bytes
sign(ck_session_handle_t s, struct bytes x, size_t expected)
{
	static unsigned char signature[256];
	unsigned long n = sizeof(signature);

	RV(CKR_OK, p11->C_Sign(s, in(x), x.n, signature, &n));
	assert_int_equal(n, expected);
	return bytes_of(signature, n);
}

static const struct {
	enum digest hash;
	ck_mechanism_type_t pkcs1, pss, ecdsa, hash_only;
	unsigned long mgf;
} hashes[] = {
	{ DIGEST_SHA1, CKM_SHA1_RSA_PKCS, CKM_SHA1_RSA_PKCS_PSS,
	    CKM_ECDSA_SHA1, CKM_SHA_1, CKG_MGF1_SHA1 },
	{ DIGEST_SHA256, CKM_SHA256_RSA_PKCS, CKM_SHA256_RSA_PKCS_PSS,
	    CKM_ECDSA_SHA256, CKM_SHA256, CKG_MGF1_SHA256 },
	{ DIGEST_SHA384, CKM_SHA384_RSA_PKCS, CKM_SHA384_RSA_PKCS_PSS,
	    CKM_ECDSA_SHA384, CKM_SHA384, CKG_MGF1_SHA384 },
	{ DIGEST_SHA512, CKM_SHA512_RSA_PKCS, CKM_SHA512_RSA_PKCS_PSS,
	    CKM_ECDSA_SHA512, CKM_SHA512, CKG_MGF1_SHA512 },
};
#define HASHES (sizeof(hashes) / sizeof(hashes[0]))

static struct bytes
digest(enum digest hash)
{
	static uint8_t d[DIGEST_MAX];

	OK(digest_of(hash, bytes_str(message), d));
	return bytes_of(d, digest_size(hash));
}

static void
check_ec(enum digest hash, struct bytes rs)
{
	auto_done(buf) der = { 0 };

	OK(padding_ecdsa_der(rs, &der));
	OK(pkey_verify(fake.ec, SIGN_ECDSA, hash, digest(hash),
	    buf_bytes(&der)));
}

static void
messages_are_hashed_and_signed(void **state)
{
	ck_session_handle_t s = session_login();

	(void)state;
	for (size_t i = 0; i < HASHES; i++) {
		struct ck_rsa_pkcs_pss_params p = { hashes[i].hash_only,
			hashes[i].mgf, digest_size(hashes[i].hash) };
		struct ck_mechanism pss = { hashes[i].pss, &p, sizeof(p) };

		sign_start(s, plain(hashes[i].pkcs1), "rsa");
		OK(pkey_verify(fake.rsa, SIGN_RSA_PKCS1, hashes[i].hash,
		    digest(hashes[i].hash),
		    sign(s, bytes_str(message), 256)));
		sign_start(s, pss, "rsa");
		OK(pkey_verify(fake.rsa, SIGN_RSA_PSS, hashes[i].hash,
		    digest(hashes[i].hash),
		    sign(s, bytes_str(message), 256)));
		sign_start(s, plain(hashes[i].ecdsa), "ec");
		check_ec(hashes[i].hash, sign(s, bytes_str(message), 64));
	}
}

static void
digests_are_signed(void **state)
{
	ck_session_handle_t s = session_login();

	(void)state;
	for (size_t i = 0; i < HASHES; i++) {
		struct ck_rsa_pkcs_pss_params p = { hashes[i].hash_only,
			hashes[i].mgf, digest_size(hashes[i].hash) };
		struct ck_mechanism pss = { CKM_RSA_PKCS_PSS, &p, sizeof(p) };
		auto_done(buf) info = { 0 };

		OK(padding_digest_info(hashes[i].hash, digest(hashes[i].hash),
		    &info));
		sign_start(s, plain(CKM_RSA_PKCS), "rsa");
		OK(pkey_verify(fake.rsa, SIGN_RSA_PKCS1, hashes[i].hash,
		    digest(hashes[i].hash), sign(s, buf_bytes(&info), 256)));
		sign_start(s, pss, "rsa");
		OK(pkey_verify(fake.rsa, SIGN_RSA_PSS, hashes[i].hash,
		    digest(hashes[i].hash),
		    sign(s, digest(hashes[i].hash), 256)));
		sign_start(s, plain(CKM_ECDSA), "ec");
		check_ec(hashes[i].hash,
		    sign(s, digest(hashes[i].hash), 64));
	}
}

static void
a_raw_block_is_signed_as_it_is(void **state)
{
	ck_session_handle_t s = session_login();
	auto_done(buf) info = { 0 };
	auto_done(buf) block = { 0 };

	(void)state;
	OK(padding_digest_info(DIGEST_SHA256, digest(DIGEST_SHA256), &info));
	OK(padding_pkcs1(buf_bytes(&info), 256, &block));
	sign_start(s, plain(CKM_RSA_X_509), "rsa");
	/* The leading zero byte may be left out. */
	OK(pkey_verify(fake.rsa, SIGN_RSA_PKCS1, DIGEST_SHA256,
	    digest(DIGEST_SHA256),
	    sign(s, bytes_of(block.p + 1, 255), 256)));
}

static void
a_message_may_come_in_parts(void **state)
{
	ck_session_handle_t s = session_login();
	unsigned char signature[256], *m = in(bytes_str(message));
	unsigned long n = sizeof(signature), one = 1;

	(void)state;
	sign_start(s, plain(CKM_SHA256_RSA_PKCS), "rsa");
	RV(CKR_OK, p11->C_SignUpdate(s, m, 5));
	RV(CKR_OPERATION_ACTIVE, p11->C_Sign(s, m, 5, signature, &n));
	RV(CKR_OK, p11->C_SignUpdate(s, m + 5, strlen(message) - 5));
	RV(CKR_BUFFER_TOO_SMALL, p11->C_SignFinal(s, signature, &one));
	assert_int_equal(one, 256);
	RV(CKR_OK, p11->C_SignFinal(s, signature, &n));
	assert_int_equal(fake.asked.uses, 1);
	OK(pkey_verify(fake.rsa, SIGN_RSA_PKCS1, DIGEST_SHA256,
	    digest(DIGEST_SHA256), bytes_of(signature, n)));
	RV(CKR_OPERATION_NOT_INITIALIZED, p11->C_SignFinal(s, signature, &n));
}

static void
a_signature_is_made_only_when_there_is_room(void **state)
{
	ck_session_handle_t s = session_login();
	struct bytes d = digest(DIGEST_SHA256);
	unsigned char signature[64];
	unsigned long n = 0;

	(void)state;
	sign_start(s, plain(CKM_ECDSA), "ec");
	RV(CKR_OK, p11->C_Sign(s, in(d), d.n, NULL, &n));
	assert_int_equal(n, 64);
	n = 63;
	RV(CKR_BUFFER_TOO_SMALL, p11->C_Sign(s, in(d), d.n, signature, &n));
	assert_int_equal(n, 64);
	assert_int_equal(fake.asked.uses, 0);
	RV(CKR_OK, p11->C_Sign(s, in(d), d.n, signature, &n));
	assert_int_equal(fake.asked.uses, 1);
	check_ec(DIGEST_SHA256, bytes_of(signature, n));
	RV(CKR_OPERATION_NOT_INITIALIZED, p11->C_Sign(s, in(d), d.n,
	    signature, &n));
}

static ck_rv_t
start_rv(ck_session_handle_t s, struct ck_mechanism m, ck_object_handle_t key)
{
	return p11->C_SignInit(s, &m, key);
}

static void
a_start_that_makes_no_sense_is_refused(void **state)
{
	ck_session_handle_t s = session_login();
	ck_object_handle_t rsa = find_one(s, CKO_PRIVATE_KEY, "rsa"),
		ec = find_one(s, CKO_PRIVATE_KEY, "ec"),
		public = find_one(s, CKO_PUBLIC_KEY, "rsa");
	struct ck_rsa_pkcs_pss_params p = { CKM_SHA256, CKG_MGF1_SHA256, 223 };
	struct ck_mechanism pss = { CKM_RSA_PKCS_PSS, &p, sizeof(p) },
		odd = { CKM_RSA_PKCS, &p, 4 };

	(void)state;
	RV(CKR_ARGUMENTS_BAD, p11->C_SignInit(s, NULL, rsa));
	RV(CKR_MECHANISM_INVALID, start_rv(s, plain(CKM_AES_CBC), rsa));
	RV(CKR_MECHANISM_INVALID, start_rv(s, plain(CKM_RSA_PKCS_OAEP), rsa));
	RV(CKR_KEY_TYPE_INCONSISTENT, start_rv(s, plain(CKM_ECDSA), rsa));
	RV(CKR_KEY_TYPE_INCONSISTENT, start_rv(s, plain(CKM_RSA_PKCS), ec));
	RV(CKR_KEY_HANDLE_INVALID, start_rv(s, plain(CKM_RSA_PKCS), public));
	RV(CKR_KEY_HANDLE_INVALID, start_rv(s, plain(CKM_RSA_PKCS), 77));
	RV(CKR_MECHANISM_PARAM_INVALID, start_rv(s, odd, rsa));
	RV(CKR_MECHANISM_PARAM_INVALID, start_rv(s, plain(CKM_RSA_PKCS_PSS),
	    rsa));
	RV(CKR_MECHANISM_PARAM_INVALID, start_rv(s, pss, rsa));
	p.s_len = 222;
	RV(CKR_OK, start_rv(s, pss, rsa));
	RV(CKR_OPERATION_ACTIVE, start_rv(s, pss, rsa));
	RV(CKR_SESSION_HANDLE_INVALID, start_rv(s + 1, pss, rsa));
}

static ck_rv_t
sign_rv(ck_session_handle_t s, size_t n)
{
	unsigned char signature[256], x[300] = { 0 };
	unsigned long len = sizeof(signature);

	return p11->C_Sign(s, x, n, signature, &len);
}

static void
input_that_does_not_fit_ends_the_operation(void **state)
{
	ck_session_handle_t s = session_login();
	struct ck_rsa_pkcs_pss_params p = { CKM_SHA256, CKG_MGF1_SHA256, 32 };

	(void)state;
	sign_start(s, plain(CKM_RSA_PKCS), "rsa");
	RV(CKR_DATA_LEN_RANGE, sign_rv(s, 246));
	RV(CKR_OPERATION_NOT_INITIALIZED, sign_rv(s, 245));
	sign_start(s, plain(CKM_RSA_PKCS), "rsa");
	RV(CKR_OK, sign_rv(s, 245));
	sign_start(s, plain(CKM_RSA_X_509), "rsa");
	RV(CKR_DATA_LEN_RANGE, sign_rv(s, 257));
	sign_start(s, plain(CKM_ECDSA), "ec");
	RV(CKR_DATA_LEN_RANGE, sign_rv(s, 65));
	sign_start(s, plain(CKM_ECDSA), "ec");
	RV(CKR_DATA_LEN_RANGE, sign_rv(s, 0));
	sign_start(s, (struct ck_mechanism) { CKM_RSA_PKCS_PSS, &p,
	    sizeof(p) }, "rsa");
	RV(CKR_DATA_LEN_RANGE, sign_rv(s, 31));
}

static void
what_the_daemon_refuses_is_passed_on(void **state)
{
	static const struct {
		enum sg_err e;
		ck_rv_t rv;
	} cases[] = {
		{ SG_ELOGIN, CKR_USER_NOT_LOGGED_IN },
		{ SG_ETPM, CKR_DEVICE_ERROR },
		{ SG_ENOENT, CKR_KEY_HANDLE_INVALID },
		{ SG_ENOMEM, CKR_HOST_MEMORY },
		{ SG_EINTERNAL, CKR_FUNCTION_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_session_handle_t s = session_login();

		sign_start(s, plain(CKM_RSA_PKCS), "rsa");
		fake.use_fails = cases[i].e;
		RV(cases[i].rv, sign_rv(s, 32));
		fake.use_fails = SG_OK;
		RV(CKR_OK, p11->C_CloseSession(s));
	}
}

static struct ck_rsa_pkcs_oaep_params oaep_sha1 = { CKM_SHA_1, CKG_MGF1_SHA1,
	CKZ_DATA_SPECIFIED, NULL, 0 };
static struct ck_rsa_pkcs_oaep_params oaep_sha256 = { CKM_SHA256,
	CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0 };

static struct bytes
encrypted(int padding, const EVP_MD *md)
{
	static unsigned char out[256];
	EVP_PKEY *k = pkey_evp(fake.rsa);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k, NULL);
	size_t n = sizeof(out);

	assert_int_equal(EVP_PKEY_encrypt_init(c), 1);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(c, padding) > 0);
	if (md != NULL)
		assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(c, md) > 0);
	assert_int_equal(EVP_PKEY_encrypt(c, out, &n,
	    (const unsigned char *)message, strlen(message)), 1);
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(k);
	return bytes_of(out, n);
}

static void
decrypt_start(ck_session_handle_t s, struct ck_mechanism m)
{
	RV(CKR_OK, p11->C_DecryptInit(s, &m,
	    find_one(s, CKO_PRIVATE_KEY, "rsa")));
}

static void
decrypts(struct ck_mechanism m, struct bytes x)
{
	ck_session_handle_t s = session_login();
	unsigned char out[256];
	unsigned long n = sizeof(out);

	decrypt_start(s, m);
	RV(CKR_OK, p11->C_Decrypt(s, in(x), x.n, out, &n));
	assert_int_equal(n, strlen(message));
	assert_memory_equal(out, message, n);
	RV(CKR_OK, p11->C_CloseSession(s));
}

static void
messages_are_decrypted(void **state)
{
	(void)state;
	decrypts(plain(CKM_RSA_PKCS), encrypted(RSA_PKCS1_PADDING, NULL));
	decrypts((struct ck_mechanism) { CKM_RSA_PKCS_OAEP, &oaep_sha1,
	    sizeof(oaep_sha1) },
	    encrypted(RSA_PKCS1_OAEP_PADDING, EVP_sha1()));
	decrypts((struct ck_mechanism) { CKM_RSA_PKCS_OAEP, &oaep_sha256,
	    sizeof(oaep_sha256) },
	    encrypted(RSA_PKCS1_OAEP_PADDING, EVP_sha256()));
}

static void
a_message_waits_for_room_without_a_second_decryption(void **state)
{
	ck_session_handle_t s = session_login();
	struct bytes x = encrypted(RSA_PKCS1_PADDING, NULL);
	unsigned char out[256];
	unsigned long n = 0;

	(void)state;
	decrypt_start(s, plain(CKM_RSA_PKCS));
	RV(CKR_OK, p11->C_Decrypt(s, in(x), x.n, NULL, &n));
	assert_true(n >= strlen(message) && n <= 256);
	assert_int_equal(fake.asked.uses, 0);
	n = 3;
	RV(CKR_BUFFER_TOO_SMALL, p11->C_Decrypt(s, in(x), x.n, out, &n));
	assert_int_equal(n, strlen(message));
	RV(CKR_OK, p11->C_Decrypt(s, in(x), x.n, out, &n));
	assert_memory_equal(out, message, n);
	assert_int_equal(fake.asked.uses, 1);
	RV(CKR_OPERATION_NOT_INITIALIZED, p11->C_Decrypt(s, in(x), x.n, out,
	    &n));
}

static void
a_cipher_text_of_another_padding_is_refused(void **state)
{
	ck_session_handle_t s = session_login();
	struct bytes x = encrypted(RSA_PKCS1_OAEP_PADDING, EVP_sha1());
	struct ck_mechanism m = { CKM_RSA_PKCS_OAEP, &oaep_sha256,
		sizeof(oaep_sha256) };
	unsigned char out[256];
	unsigned long n = sizeof(out);

	(void)state;
	decrypt_start(s, m);
	RV(CKR_ENCRYPTED_DATA_INVALID, p11->C_Decrypt(s, in(x), x.n, out,
	    &n));
	decrypt_start(s, m);
	RV(CKR_ENCRYPTED_DATA_LEN_RANGE, p11->C_Decrypt(s, in(x), 255, out,
	    &n));
	RV(CKR_OPERATION_NOT_INITIALIZED, p11->C_Decrypt(s, in(x), x.n, out,
	    &n));
	m.mechanism = CKM_SHA256_RSA_PKCS;
	RV(CKR_MECHANISM_INVALID, p11->C_DecryptInit(s, &m,
	    find_one(s, CKO_PRIVATE_KEY, "rsa")));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, case_start, case_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(messages_are_hashed_and_signed),
		CASE(digests_are_signed),
		CASE(a_raw_block_is_signed_as_it_is),
		CASE(a_message_may_come_in_parts),
		CASE(a_signature_is_made_only_when_there_is_room),
		CASE(a_start_that_makes_no_sense_is_refused),
		CASE(input_that_does_not_fit_ends_the_operation),
		CASE(what_the_daemon_refuses_is_passed_on),
		CASE(messages_are_decrypted),
		CASE(a_message_waits_for_room_without_a_second_decryption),
		CASE(a_cipher_text_of_another_padding_is_refused),
	};

	return cmocka_run_group_tests(tests, group_start, group_end);
}
