/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_CONTAINER_H
#define SG_CONTAINER_CONTAINER_H

/* One user's container as it lies in its file. */

#include "container/lock.h"
#include "gesture/pin.h"
#include "ipc/objects.h"
#include "tpm/key.h"

#define CONTAINER_FILE_MAX (1u << 20)

enum container_phase {
	/* Written before the TPM's indices are made, so that a crash leaves
	 * nothing in the TPM that no file names. */
	CONTAINER_PLANNED = 1,
	CONTAINER_LIVE,
	/* Written before they are removed, for the same reason. */
	CONTAINER_DOOMED,
};

enum container_lock {
	CONTAINER_BY_TPM = 1,	/* the vault checks the PIN and counts */
	CONTAINER_BY_SECRET,	/* there is no TPM: the PIN decrypts */
};

/* The private half of a key as its provider keeps it. */
struct key_blob {
	struct tpm_key tpm;	/* passport, platform */
	struct buf sealed;	/* software: PKCS#8, encrypted */
};
void key_blob_done(struct key_blob *b);

#define KEY_SEALED_MAX	4096	/* bytes of key_blob.sealed */

struct container {
	enum container_phase phase;
	uint32_t uid;
	uint64_t created;
	enum container_lock lock;
	struct vault vault;		/* of CONTAINER_BY_TPM, else zero */
	struct secret_lock secret;	/* of CONTAINER_BY_SECRET, else empty */
	uint8_t salt[PIN_SALT_LEN];
	struct scrypt_cost cost;
	/* What software keys are encrypted with, sealed in the TPM; empty until
	 * there is one.  Without a TPM the lock gives it away. */
	struct tpm_key root;
	struct objects objects;
	/* The private halves of objects.keys, one for one. */
	struct key_blob *blobs;
	size_t blob_count;
};
void container_done(struct container *c);
/* The PIN tries of a container with all of them. */
uint16_t container_tries(const struct container *c);

/* Replaces out by the file's bytes. */
enum sg_err container_write(const struct container *c, struct buf *out);

/*
 * Pure.  Replaces out; file only names it in notes.  SG_EFORMAT for bytes that
 * are truncated, changed (SHA-256 at the end) or not one container: every key
 * of the TPM must be one that its vault opens, every id must be its key's.
 * Whether a software key is the one that its record names shows when it is
 * used.  SG_EUNSUPPORTED for a later version; version 1 is read too.
 */
enum sg_err container_read(struct bytes x, const char *file,
    struct container *out);

/* Appends a key of the record's provider; takes what record and blob hold.  The
 * record's id is set here. */
enum sg_err container_add_key(struct container *c, struct key_object *record,
    struct key_blob *blob);
void container_drop_key(struct container *c, size_t index);

/* Letters, digits and "._@/{}-", 1 to OBJECT_NAME_MAX of them. */
enum sg_err container_name_check(const char *name, const char *what);

#endif
