/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The software provider: keys in the container file, encrypted with the
 * *software root*, 32 random bytes that are got by opening the container.  A
 * container with a TPM has them sealed there, under the policy that its keys
 * have; without one they are the lock's secret.
 */

#include <string.h>

#include "container/ksp.h"
#include "crypto/aead.h"
#include "crypto/padding.h"
#include "crypto/pkey.h"
#include "tpm/sealed.h"

#define RSA_BLOCK_LEN	256

/* --- the root --- */

static enum sg_err
root_fresh(struct secret *out)
{
	SG_TRY(secret_init(out, AEAD_KEY_LEN));
	SG_TRY(random_fill(out->p, AEAD_KEY_LEN));
	out->n = AEAD_KEY_LEN;
	return SG_OK;
}

static enum sg_err
need_login(const struct ksp_room *room)
{
	return room->login->n > 0 ? SG_OK : sg_fail(SG_ELOGIN, "this program "
	    "must open the container with the PIN first");
}

/* Gets the root of a container that has one. */
static enum sg_err
root_get(const struct ksp_room *room)
{
	const struct container *c = room->c;

	SG_TRY(need_login(room));
	if (room->root->n > 0)
		return SG_OK;
	if (c->lock == CONTAINER_BY_SECRET)
		return secret_set(room->root, room->login->p, room->login->n);
	if (c->root.public.n == 0)
		return sg_fail(SG_EFORMAT, "the container has software keys, "
		    "but not what they are encrypted with");
	if (room->tpm == NULL)
		return sg_fail(SG_ETPM, "the TPM is not there");
	return sg_while(tpm_unseal(room->tpm, &c->vault, room->login, &c->root,
	    room->root), "what software keys are encrypted with");
}

/* The first software key brings one about, in the copy to be saved. */
static enum sg_err
root_ensure(const struct ksp_room *room, struct container *copy)
{
	if (copy->lock == CONTAINER_BY_SECRET || copy->root.public.n > 0)
		return root_get(room);
	SG_TRY(need_login(room));
	if (room->tpm == NULL)
		return sg_fail(SG_ETPM, "the TPM is not there");
	/* Not the room's own before it is on the disk. */
	{
		auto_done(secret) fresh = { 0 };

		SG_TRY(root_fresh(&fresh));
		SG_TRY(tpm_seal(room->tpm, &copy->vault, &fresh,
		    &copy->root));
		secret_done(room->root);
		*room->root = fresh;
		fresh = (struct secret) { 0 };
	}
	return SG_OK;
}

/* --- a key at rest --- */

/* Bound to its container and record: another name or public key, and it does
 * not open. */
static enum sg_err
about(const struct container *c, const char *name, enum object_key_type type,
    struct bytes spki, struct buf *out)
{
	SG_TRY(buf_add_str(out, "signet software key"));
	SG_TRY(buf_add_u32(out, c->uid));
	SG_TRY(buf_add(out, c->salt, sizeof(c->salt)));
	SG_TRY(buf_add_block(out, bytes_str(name)));
	SG_TRY(buf_add_u8(out, (uint8_t)type));
	return buf_add_block(out, spki);
}

static enum sg_err
pair_make(enum object_key_type type, struct pkey **out)
{
	if (type == OBJECT_RSA2048)
		return pkey_new_rsa(out, object_type_bits(type));
	return pkey_new_ec(out, object_type_bits(type));
}

static enum sg_err
software_make(const struct ksp_room *room, struct container *c,
    const char *name, enum object_key_type type, struct key_blob *blob,
    struct buf *spki)
{
	auto_free(pkey) pair = NULL;
	auto_done(secret) private = { 0 };
	auto_done(buf) what = { 0 };

	SG_TRY(root_ensure(room, c));
	SG_TRY(pair_make(type, &pair));
	SG_TRY(pkey_spki(pair, spki));
	SG_TRY(pkey_private_pem(pair, NULL, &private));
	SG_TRY(about(c, name, type, buf_bytes(spki), &what));
	return aead_seal(room->root, buf_bytes(&what), &private,
	    &blob->sealed);
}

/* What can be said without the root. */
static enum sg_err
software_check(const struct container *c, const struct key_object *k,
    const struct key_blob *blob)
{
	(void)c;
	if (blob->sealed.n <= AEAD_OVERHEAD)
		return sg_fail(SG_EFORMAT, "key '%s' has no private half",
		    k->name);
	return ksp_record_check(k);
}

/* --- using it --- */

static enum sg_err
pair_open(const struct ksp_room *room, const struct key_object *k,
    const struct key_blob *blob, struct pkey **out)
{
	auto_done(secret) private = { 0 };
	auto_done(buf) what = { 0 };

	SG_TRY(root_get(room));
	SG_TRY(about(room->c, k->name, k->type, buf_bytes(&k->spki), &what));
	SG_TRY(sg_while(aead_open(room->root, buf_bytes(&what),
	    buf_bytes(&blob->sealed), &private), "the software key '%s'",
	    k->name));
	return pkey_from_private_pem(out, secret_bytes(&private), NULL);
}

static enum sg_err
ecdsa(struct pkey *pair, struct bytes in, struct buf *out)
{
	struct signer s = pkey_signer(pair);
	auto_done(buf) block = { 0 };
	auto_done(buf) der = { 0 };

	SG_TRY(padding_ecdsa(in, &block));
	SG_TRY(s.ops->sign(s.ctx, SIGN_ECDSA, DIGEST_SHA256,
	    buf_bytes(&block), &der));
	return padding_ecdsa_raw(buf_bytes(&der), ECDSA_BLOCK_LEN, out);
}

static enum sg_err
software_use(const struct ksp_room *room, const struct key_object *k,
    const struct key_blob *blob, struct bytes in, struct buf *out)
{
	auto_free(pkey) pair = NULL;
	struct signer s;

	if (k->type == OBJECT_RSA2048 ? in.n != RSA_BLOCK_LEN
	    : in.n == 0 || in.n > DIGEST_MAX)
		return sg_fail(SG_EARG, "a block of %zu bytes for key '%s'",
		    in.n, k->name);
	SG_TRY(pair_open(room, k, blob, &pair));
	s = pkey_signer(pair);
	if (k->type == OBJECT_RSA2048)
		return s.ops->decrypt(s.ctx, DECRYPT_RSA_RAW, in, out);
	return ecdsa(pair, in, out);
}

const struct ksp ksp_software = { KSP_SOFTWARE, software_make, software_check,
	software_use };
