/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_KSP_H
#define SG_CONTAINER_KSP_H

/*
 * A key storage provider as signetd has it: how a private key is made, kept in
 * the container file, and used.  Rules (who may, when, how often) are the
 * keeper's; this is the mechanism.  src/ksp is the same from the person's side,
 * where tokens are.
 */

#include "container/container.h"

/* What a provider works with. */
struct ksp_room {
	struct tpm *tpm;		/* NULL where none is wanted or there */
	const struct container *c;
	const struct secret *login;	/* empty unless the container is open */
	struct secret *root;		/* the software root, once it was got;
					 * the keeper wipes it */
};

struct ksp {
	enum provider provider;
	/* Makes a key.  blob and spki are zeroed and get its two halves; of a
	 * failure the caller releases both.  c may be changed: it is the copy
	 * that is saved with the key. */
	enum sg_err (*make)(const struct ksp_room *room, struct container *c,
	    const char *name, enum object_key_type type,
	    struct key_blob *blob, struct buf *spki);
	/* Pure: SG_EFORMAT unless record and blob can be one key of c. */
	enum sg_err (*check)(const struct container *c,
	    const struct key_object *k, const struct key_blob *blob);
	/* The private operation as tpm_key_use has it. */
	enum sg_err (*use)(const struct ksp_room *room,
	    const struct key_object *k, const struct key_blob *blob,
	    struct bytes in, struct buf *out);
};

/* NULL for what is no provider. */
const struct ksp *ksp_find(enum provider p);

/* A key of it cannot be used without a TPM command (the room's tpm). */
bool ksp_wants_tpm(const struct ksp_room *room, enum provider p);

/* Of a record whose public half is all there is to look at: that is a key of
 * the record's type.  SG_EFORMAT. */
enum sg_err ksp_record_check(const struct key_object *k);

extern const struct ksp ksp_passport;
extern const struct ksp ksp_software;
extern const struct ksp ksp_platform;
/* Only a record: a token belongs to a person's session, not to signetd. */
extern const struct ksp ksp_card;

#endif
