/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/key_signer.h"

#include "crypto/padding.h"

#define RSA_BLOCK_LEN 256	/* every RSA key of a container is RSA-2048 */

static enum sg_err
rsa_block(enum sign_scheme scheme, enum digest hash, struct bytes digest,
    struct buf *block)
{
	auto_done(buf) info = { 0 };
	uint8_t salt[DIGEST_MAX];
	struct pss pss = { hash, hash, { salt, digest_size(hash) } };

	if (scheme == SIGN_RSA_PKCS1) {
		SG_TRY(padding_digest_info(hash, digest, &info));
		return padding_pkcs1(buf_bytes(&info), RSA_BLOCK_LEN, block);
	}
	SG_TRY(random_fill(salt, pss.salt.n));
	return padding_pss(&pss, digest, RSA_BLOCK_LEN, block);
}

static enum sg_err
ecdsa_sign(struct key_signer *k, struct bytes digest, struct buf *out)
{
	auto_done(buf) block = { 0 }, rs = { 0 };

	SG_TRY(padding_ecdsa(digest, &block));
	SG_TRY(client_key_use(k->client, k->key->name, buf_bytes(&block),
	    &rs));
	return padding_ecdsa_der(buf_bytes(&rs), out);
}

static enum sg_err
key_sign(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	struct key_signer *k = ctx;
	auto_done(buf) block = { 0 };
	bool rsa = k->key->type == OBJECT_RSA2048;

	if (rsa == (scheme == SIGN_ECDSA))
		return sg_fail(SG_EUNSUPPORTED,
		    "key '%s' cannot make that kind of signature",
		    k->key->name);
	if (!rsa)
		return ecdsa_sign(k, digest, out);
	SG_TRY(rsa_block(scheme, hash, digest, &block));
	return client_key_use(k->client, k->key->name, buf_bytes(&block), out);
}

static enum sg_err
oaep_open(enum digest hash, struct bytes block, struct buf *out)
{
	struct oaep o = { hash, hash, { 0 } };

	return padding_oaep_open(&o, block, out);
}

static enum sg_err
block_open(enum decrypt_scheme scheme, struct bytes block, struct buf *out)
{
	switch (scheme) {
	case DECRYPT_RSA_RAW:
		return buf_add_bytes(out, block);
	case DECRYPT_RSA_PKCS1:
		return padding_pkcs1_open(block, out);
	case DECRYPT_RSA_OAEP_SHA1:
		return oaep_open(DIGEST_SHA1, block, out);
	case DECRYPT_RSA_OAEP_SHA256:
		return oaep_open(DIGEST_SHA256, block, out);
	}
	return sg_fail(SG_EUNSUPPORTED, "an unknown way of decrypting");
}

static enum sg_err
key_decrypt(void *ctx, enum decrypt_scheme scheme, struct bytes in,
    struct buf *out)
{
	struct key_signer *k = ctx;
	auto_done(buf) block = { 0 };

	if (k->key->type != OBJECT_RSA2048)
		return sg_fail(SG_EUNSUPPORTED, "key '%s' cannot decrypt",
		    k->key->name);
	if (in.n != RSA_BLOCK_LEN)
		return sg_fail(SG_EFORMAT,
		    "a cipher text of %zu bytes, expected %d", in.n,
		    RSA_BLOCK_LEN);
	SG_TRY(client_key_use(k->client, k->key->name, in, &block));
	return block_open(scheme, buf_bytes(&block), out);
}

static enum sg_err
key_spki(void *ctx, struct buf *out)
{
	struct key_signer *k = ctx;

	return buf_add_bytes(out, buf_bytes(&k->key->spki));
}

static const struct signer_ops key_ops = { key_sign, key_decrypt,
	key_spki, false };

struct signer
key_signer(struct key_signer *k)
{
	return (struct signer) { &key_ops, k };
}
