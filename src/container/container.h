/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_CONTAINER_H
#define SG_CONTAINER_CONTAINER_H

/* One user's container as it lies in its file. */

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

struct container {
	enum container_phase phase;
	uint32_t uid;
	uint64_t created;
	struct vault vault;
	uint8_t salt[PIN_SALT_LEN];
	struct scrypt_cost cost;
	struct objects objects;
	/* The TPM's side of objects.keys, one for one. */
	struct tpm_key *blobs;
	size_t blob_count;
};
void container_done(struct container *c);

/* Replaces out by the file's bytes. */
enum sg_err container_write(const struct container *c, struct buf *out);

/*
 * Pure.  Replaces out; file only names it in notes.  SG_EFORMAT for bytes that
 * are truncated, changed (SHA-256 at the end) or not one container: every key
 * must be one that its vault opens, every id must be its key's.
 */
enum sg_err container_read(struct bytes x, const char *file,
    struct container *out);

/* Appends a key's record and blob; takes what k holds. */
enum sg_err container_add_key(struct container *c, const char *name,
    enum object_key_type type, uint64_t created, struct tpm_key *k);
void container_drop_key(struct container *c, size_t index);

/* Letters, digits and "._@/{}-", 1 to OBJECT_NAME_MAX of them. */
enum sg_err container_name_check(const char *name, const char *what);

#endif
