/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/key_public.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "base/reader.h"
#include "crypto/pkey.h"
#include "tpm/tree.h"

/* With a policy nothing else opens it; without, its empty password does. */
static uint32_t
attributes(enum tpm_key_type type, const struct policy *policy)
{
	uint32_t a = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	    TPMA_OBJECT_NODA;

	a |= policy != NULL ? TPMA_OBJECT_ADMINWITHPOLICY
			    : TPMA_OBJECT_USERWITHAUTH;
	if (type == TPM_KEY_SEALED)
		return a;
	a |= TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_SIGN_ENCRYPT;
	return type == TPM_KEY_RSA2048 ? a | TPMA_OBJECT_DECRYPT : a;
}

static enum sg_err
head_begin(enum tpm_key_type type, const struct policy *policy,
    struct buf *out)
{
	SG_TRY(buf_add_u16(out, type == TPM_KEY_RSA2048 ? TPM2_ALG_RSA
	    : type == TPM_KEY_P256 ? TPM2_ALG_ECC : TPM2_ALG_KEYEDHASH));
	SG_TRY(buf_add_u16(out, TPM2_ALG_SHA256));
	SG_TRY(buf_add_u32(out, attributes(type, policy)));
	if (policy == NULL)
		return buf_add_u16(out, 0);
	SG_TRY(buf_add_u16(out, SHA256_LEN));
	return buf_add_bytes(out, policy_bytes(policy));
}

/* Everything of a TPMT_PUBLIC up to the key itself. */
static enum sg_err
head(enum tpm_key_type type, const struct policy *policy, struct buf *out)
{
	bool rsa = type == TPM_KEY_RSA2048;

	SG_TRY(head_begin(type, policy, out));
	/* No cipher, no scheme. */
	SG_TRY(buf_add_u16(out, TPM2_ALG_NULL));
	if (type == TPM_KEY_SEALED)
		return SG_OK;
	if (rsa) {
		/* No scheme: padding and its undoing are done outside. */
		SG_TRY(buf_add_u16(out, TPM2_ALG_NULL));
		SG_TRY(buf_add_u16(out, RSA_BITS));
		return buf_add_u32(out, 0);		/* means 65537 */
	}
	SG_TRY(buf_add_u16(out, TPM2_ALG_ECDSA));
	SG_TRY(buf_add_u16(out, TPM2_ALG_SHA256));
	SG_TRY(buf_add_u16(out, TPM2_ECC_NIST_P256));
	return buf_add_u16(out, TPM2_ALG_NULL);	/* no key derivation */
}

enum sg_err
key_template(enum tpm_key_type type, const struct policy *policy,
    struct buf *out)
{
	SG_TRY(head(type, policy, out));
	SG_TRY(buf_add_u16(out, 0));
	return type == TPM_KEY_P256 ? buf_add_u16(out, 0) : SG_OK;
}

/* Some TPMs drop leading zero bytes of a coordinate. */
static void
coordinate(struct reader *r, uint8_t out[VAULT_POINT_LEN])
{
	struct bytes x = read_bytes(r, read_u16(r));

	if (x.n == 0 || x.n > VAULT_POINT_LEN) {
		reader_fail(r);
		return;
	}
	memset(out, 0, VAULT_POINT_LEN - x.n);
	memcpy(out + VAULT_POINT_LEN - x.n, x.p, x.n);
}

static void
modulus(struct reader *r, struct bytes *out)
{
	*out = read_bytes(r, read_u16(r));
	if (out->n != RSA_LEN || out->p[0] < 0x80 ||
	    (out->p[RSA_LEN - 1] & 1) == 0)
		reader_fail(r);
}

enum sg_err
key_public_parse(const struct tpm_key *k, const struct policy *policy,
    struct key_public *out)
{
	struct key_public pub = { .type = k->type };
	struct reader r = reader_of(buf_bytes(&k->public));
	auto_done(buf) expected = { 0 };

	if (k->type < TPM_KEY_RSA2048 || k->type > TPM_KEY_SEALED)
		return sg_fail(SG_EFORMAT, "a TPM key of unknown type %d",
		    (int)k->type);
	if (read_u16(&r) != r.left.n)
		reader_fail(&r);
	pub.area = r.left;
	SG_TRY(head(k->type, policy, &expected));
	if (!bytes_eq(read_bytes(&r, expected.n), buf_bytes(&expected)))
		return sg_fail(SG_EFORMAT, "a TPM key's public area is not "
		    "one that this container makes: type, attributes or "
		    "policy differ");
	if (k->type == TPM_KEY_RSA2048) {
		modulus(&r, &pub.modulus);
	} else if (k->type == TPM_KEY_SEALED) {
		/* A digest of what is sealed and of something random. */
		if (read_bytes(&r, read_u16(&r)).n != SHA256_LEN)
			reader_fail(&r);
	} else {
		coordinate(&r, pub.x);
		coordinate(&r, pub.y);
	}
	SG_TRY(reader_finish(&r, "a TPM key's public area"));
	*out = pub;
	return SG_OK;
}

enum sg_err
key_public_spki(const struct tpm_key *k, const struct policy *policy,
    struct buf *out)
{
	auto_free(pkey) key = NULL;
	struct key_public pub;

	SG_TRY(key_public_parse(k, policy, &pub));
	if (pub.type == TPM_KEY_SEALED)
		return sg_fail(SG_EFORMAT, "something sealed is no key");
	if (pub.type == TPM_KEY_RSA2048)
		SG_TRY(pkey_from_rsa(&key, pub.modulus, RSA_EXPONENT));
	else
		SG_TRY(pkey_from_point(&key, bytes_of(pub.x, sizeof(pub.x)),
		    bytes_of(pub.y, sizeof(pub.y))));
	return pkey_spki(key, out);
}

enum sg_err
tpm_key_spki(const struct tpm_key *k, const struct vault *v, struct buf *out)
{
	struct tree tree;

	SG_TRY(tree_of(v, &tree));
	return key_public_spki(k, &tree.key, out);
}

void
tpm_key_done(struct tpm_key *k)
{
	buf_done(&k->public);
	buf_done(&k->private);
	*k = (struct tpm_key) { 0 };
}
