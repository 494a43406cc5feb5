/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/recovery.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "base/reader.h"
#include "crypto/pkey.h"

#define DER_INTEGER	0x02
#define DER_SEQUENCE	0x30
#define DER_LONG	0x80	/* lengths from here on; none is valid */

enum sg_err
recovery_public(const struct vault *v, struct buf *out)
{
	SG_TRY(buf_add_u16(out, TPM2_ALG_ECC));
	SG_TRY(buf_add_u16(out, TPM2_ALG_SHA256));
	SG_TRY(buf_add_u32(out, TPMA_OBJECT_USERWITHAUTH |
	    TPMA_OBJECT_SIGN_ENCRYPT));
	SG_TRY(buf_add_u16(out, 0));		/* no policy */
	SG_TRY(buf_add_u16(out, TPM2_ALG_NULL));	/* no cipher */
	SG_TRY(buf_add_u16(out, TPM2_ALG_ECDSA));
	SG_TRY(buf_add_u16(out, TPM2_ALG_SHA256));
	SG_TRY(buf_add_u16(out, TPM2_ECC_NIST_P256));
	SG_TRY(buf_add_u16(out, TPM2_ALG_NULL));	/* no key derivation */
	SG_TRY(buf_add_u16(out, VAULT_POINT_LEN));
	SG_TRY(buf_add(out, v->recovery_x, VAULT_POINT_LEN));
	SG_TRY(buf_add_u16(out, VAULT_POINT_LEN));
	return buf_add(out, v->recovery_y, VAULT_POINT_LEN);
}

enum sg_err
recovery_name(const struct vault *v, struct name *out)
{
	auto_done(buf) b = { 0 };

	SG_TRY(recovery_public(v, &b));
	return object_name(buf_bytes(&b), out);
}

enum sg_err
recovery_point(struct signer recovery, uint8_t x[VAULT_POINT_LEN],
    uint8_t y[VAULT_POINT_LEN])
{
	auto_done(buf) spki = { 0 };
	auto_free(pkey) k = NULL;

	SG_TRY(recovery.ops->spki(recovery.ctx, &spki));
	SG_TRY(pkey_from_spki(&k, buf_bytes(&spki)));
	if (pkey_kind(k) != KEY_EC || pkey_bits(k) != 256)
		return sg_fail(SG_EARG, "the recovery key is not on P-256");
	return pkey_point(k, x, y);
}

enum sg_err
recovery_check(const struct vault *v, struct signer recovery)
{
	uint8_t x[VAULT_POINT_LEN], y[VAULT_POINT_LEN];

	SG_TRY(recovery_point(recovery, x, y));
	if (memcmp(x, v->recovery_x, sizeof(x)) != 0 ||
	    memcmp(y, v->recovery_y, sizeof(y)) != 0)
		return sg_fail(SG_EPIN,
		    "that is not the recovery code of this container");
	return SG_OK;
}

static void
integer_parse(struct reader *r, uint8_t out[VAULT_POINT_LEN])
{
	uint8_t tag = read_u8(r), n = read_u8(r);
	struct bytes x = read_bytes(r, n);

	if (tag != DER_INTEGER || x.n == 0 || x.p[0] >= 0x80 ||
	    (x.n > 1 && x.p[0] == 0 && x.p[1] < 0x80)) {
		reader_fail(r);
		return;
	}
	if (x.p[0] == 0) {
		x.p++;
		x.n--;
	}
	if (x.n == 0 || x.n > VAULT_POINT_LEN) {
		reader_fail(r);
		return;
	}
	memset(out, 0, VAULT_POINT_LEN - x.n);
	memcpy(out + VAULT_POINT_LEN - x.n, x.p, x.n);
}

enum sg_err
signature_parse(struct bytes der, uint8_t out[VAULT_SIG_LEN])
{
	struct reader r = reader_of(der);
	uint8_t rs[VAULT_SIG_LEN] = { 0 };
	uint8_t tag = read_u8(&r), n = read_u8(&r);

	if (tag != DER_SEQUENCE || n >= DER_LONG || n != r.left.n)
		reader_fail(&r);
	integer_parse(&r, rs);
	integer_parse(&r, rs + VAULT_POINT_LEN);
	SG_TRY(reader_finish(&r, "an ECDSA signature"));
	memcpy(out, rs, sizeof(rs));
	return SG_OK;
}

enum sg_err
recovery_sign(struct signer recovery, const uint8_t digest[SHA256_LEN],
    uint8_t out[VAULT_SIG_LEN])
{
	auto_done(buf) der = { 0 };

	SG_TRY(recovery.ops->sign(recovery.ctx, SIGN_ECDSA, DIGEST_SHA256,
	    bytes_of(digest, SHA256_LEN), &der));
	return signature_parse(buf_bytes(&der), out);
}
