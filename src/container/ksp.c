/* SPDX-License-Identifier: BSD-2-Clause */
#include "container/ksp.h"

#include "crypto/pkey.h"
#include "tpm/free_key.h"

static enum tpm_key_type
tpm_type(enum object_key_type type)
{
	return type == OBJECT_P256 ? TPM_KEY_P256 : TPM_KEY_RSA2048;
}

static enum sg_err
need_tpm(const struct ksp_room *room)
{
	if (room->c->lock != CONTAINER_BY_TPM)
		return sg_fail(SG_ETPM, "the container was made without a "
		    "TPM, so it has software keys only");
	if (room->tpm == NULL)
		return sg_fail(SG_ETPM, "the TPM is not there");
	return SG_OK;
}

/* What the blob says against what the record does. */
static enum sg_err
same_key(const struct key_object *k, struct bytes spki)
{
	if (bytes_eq(spki, buf_bytes(&k->spki)))
		return SG_OK;
	return sg_fail(SG_EFORMAT, "key '%s' is not the one that the TPM made",
	    k->name);
}

enum sg_err
ksp_record_check(const struct key_object *k)
{
	auto_free(pkey) public = NULL;

	SG_TRY(sg_while(pkey_from_spki(&public, buf_bytes(&k->spki)),
	    "key '%s'", k->name));
	if ((pkey_kind(public) == KEY_RSA) != object_type_is_rsa(k->type) ||
	    pkey_bits(public) != object_type_bits(k->type))
		return sg_fail(SG_EFORMAT, "key '%s' is of another type than "
		    "its record says", k->name);
	return SG_OK;
}

/* --- passport: the TPM, behind the gesture --- */

static enum sg_err
passport_make(const struct ksp_room *room, struct container *c,
    const char *name, enum object_key_type type, struct key_blob *blob,
    struct buf *spki)
{
	(void)name;
	SG_TRY(need_tpm(room));
	SG_TRY(tpm_key_make(room->tpm, &c->vault, tpm_type(type),
	    &blob->tpm));
	return tpm_key_spki(&blob->tpm, &c->vault, spki);
}

static enum sg_err
passport_check(const struct container *c, const struct key_object *k,
    const struct key_blob *blob)
{
	auto_done(buf) spki = { 0 };

	if (c->lock != CONTAINER_BY_TPM)
		return sg_fail(SG_EFORMAT, "key '%s' is a TPM's, and the "
		    "container has none", k->name);
	SG_TRY(tpm_key_spki(&blob->tpm, &c->vault, &spki));
	return same_key(k, buf_bytes(&spki));
}

static enum sg_err
passport_use(const struct ksp_room *room, const struct key_object *k,
    const struct key_blob *blob, struct bytes in, struct buf *out)
{
	(void)k;
	SG_TRY(need_tpm(room));
	return tpm_key_use(room->tpm, &room->c->vault, room->login,
	    &blob->tpm, in, out);
}

const struct ksp ksp_passport = { KSP_PASSPORT, passport_make, passport_check,
	passport_use };

/* --- platform: the TPM, without a gesture --- */

static enum sg_err
platform_make(const struct ksp_room *room, struct container *c,
    const char *name, enum object_key_type type, struct key_blob *blob,
    struct buf *spki)
{
	(void)name;
	SG_TRY(need_tpm(room));
	SG_TRY(tpm_free_key_make(room->tpm, c->vault.srk_name, tpm_type(type),
	    &blob->tpm));
	return tpm_free_key_spki(&blob->tpm, spki);
}

static enum sg_err
platform_check(const struct container *c, const struct key_object *k,
    const struct key_blob *blob)
{
	auto_done(buf) spki = { 0 };

	if (c->lock != CONTAINER_BY_TPM)
		return sg_fail(SG_EFORMAT, "key '%s' is a TPM's, and the "
		    "container has none", k->name);
	SG_TRY(tpm_free_key_spki(&blob->tpm, &spki));
	return same_key(k, buf_bytes(&spki));
}

static enum sg_err
platform_use(const struct ksp_room *room, const struct key_object *k,
    const struct key_blob *blob, struct bytes in, struct buf *out)
{
	(void)k;
	SG_TRY(need_tpm(room));
	return tpm_free_key_use(room->tpm, room->c->vault.srk_name,
	    &blob->tpm, in, out);
}

const struct ksp ksp_platform = { KSP_PLATFORM, platform_make, platform_check,
	platform_use };

/* --- smart card: a record --- */

static enum sg_err
card_make(const struct ksp_room *room, struct container *c, const char *name,
    enum object_key_type type, struct key_blob *blob, struct buf *spki)
{
	(void)room, (void)c, (void)type, (void)blob, (void)spki;
	return sg_fail(SG_EUNSUPPORTED, "key '%s' is made on the card, by its "
	    "owner's own program", name);
}

static enum sg_err
card_check(const struct container *c, const struct key_object *k,
    const struct key_blob *blob)
{
	(void)c, (void)blob;
	return ksp_record_check(k);
}

static enum sg_err
card_use(const struct ksp_room *room, const struct key_object *k,
    const struct key_blob *blob, struct bytes in, struct buf *out)
{
	(void)room, (void)blob, (void)in, (void)out;
	return sg_fail(SG_EUNSUPPORTED, "key '%s' is on the card '%s' (serial "
	    "%s), which signetd does not use", k->name, k->token, k->serial);
}

const struct ksp ksp_card = { KSP_SMARTCARD, card_make, card_check,
	card_use };

/* --- all of them --- */

const struct ksp *
ksp_find(enum provider p)
{
	switch (p) {
	case KSP_PASSPORT:
		return &ksp_passport;
	case KSP_SOFTWARE:
		return &ksp_software;
	case KSP_SMARTCARD:
		return &ksp_card;
	case KSP_PLATFORM:
		return &ksp_platform;
	case KSP_END:
		break;
	}
	return NULL;
}

bool
ksp_wants_tpm(const struct ksp_room *room, enum provider p)
{
	if (room->c->lock != CONTAINER_BY_TPM || p == KSP_SMARTCARD)
		return false;
	return p != KSP_SOFTWARE || room->root->n == 0;
}
