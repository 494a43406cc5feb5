/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/sigalg.h"

#define RSA_OID(last)  0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, \
	0x0d, 0x01, 0x01, (last), 0x05, 0x00
#define ECDSA_OID(last)  0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, \
	0x3d, 0x04, 0x03, (last)
#define RSA_LEN		15
#define ECDSA_LEN	12

static const uint8_t rsa_sha256[] = { RSA_OID(0x0b) };
static const uint8_t rsa_sha384[] = { RSA_OID(0x0c) };
static const uint8_t rsa_sha512[] = { RSA_OID(0x0d) };
static const uint8_t ecdsa_sha256[] = { ECDSA_OID(0x02) };
static const uint8_t ecdsa_sha384[] = { ECDSA_OID(0x03) };
static const uint8_t ecdsa_sha512[] = { ECDSA_OID(0x04) };

static const struct sig_alg algs[] = {
	{ KEY_RSA, SIGN_RSA_PKCS1, DIGEST_SHA256, { rsa_sha256, RSA_LEN } },
	{ KEY_RSA, SIGN_RSA_PKCS1, DIGEST_SHA384, { rsa_sha384, RSA_LEN } },
	{ KEY_RSA, SIGN_RSA_PKCS1, DIGEST_SHA512, { rsa_sha512, RSA_LEN } },
	{ KEY_EC, SIGN_ECDSA, DIGEST_SHA256, { ecdsa_sha256, ECDSA_LEN } },
	{ KEY_EC, SIGN_ECDSA, DIGEST_SHA384, { ecdsa_sha384, ECDSA_LEN } },
	{ KEY_EC, SIGN_ECDSA, DIGEST_SHA512, { ecdsa_sha512, ECDSA_LEN } },
};
#define ALGS_LEN (sizeof(algs) / sizeof(algs[0]))

const struct sig_alg *
sig_alg_of(enum key_kind kind, enum digest hash)
{
	for (size_t i = 0; i < ALGS_LEN; i++)
		if (algs[i].kind == kind && algs[i].hash == hash)
			return &algs[i];
	return NULL;
}

static struct bytes
oid_of(struct bytes der)
{
	struct reader r = reader_of(der), in;

	in = reader_of(der_get(&r, DER_SEQUENCE));
	return der_get(&in, DER_OID);
}

const struct sig_alg *
sig_alg_find(struct bytes der)
{
	struct bytes oid = oid_of(der);

	for (size_t i = 0; i < ALGS_LEN && oid.n > 0; i++)
		if (bytes_eq(oid_of(algs[i].der), oid))
			return &algs[i];
	return NULL;
}

enum sg_err
sig_alg_put(struct buf *out, struct bytes signature)
{
	uint8_t header[DER_HEADER_MAX];

	SG_TRY(buf_add(out, header, der_header(header, DER_BIT_STRING,
	    signature.n + 1)));
	SG_TRY(buf_add_u8(out, 0));	/* no unused bits */
	return buf_add_bytes(out, signature);
}
