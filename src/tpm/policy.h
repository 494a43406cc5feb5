/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_POLICY_H
#define SG_TPM_POLICY_H

/*
 * The digests that policy commands compute (TPM 2.0 Part 3, section 23), and
 * Names (Part 1, section 16), all with SHA-256.  Pure.
 */

#include "crypto/digest.h"
#include "tpm/tpm.h"

/* Starts as zero bytes; each step extends it as the TPM's command would. */
struct policy {
	uint8_t d[SHA256_LEN];
};

struct name {
	uint8_t d[TPM_NAME_LEN];
};

#define POLICY_BRANCH_MAX 8	/* Part 3, 23.6 */

static inline struct bytes
policy_bytes(const struct policy *p)
{
	return bytes_of(p->d, sizeof(p->d));
}

static inline struct bytes
name_bytes(const struct name *n)
{
	return bytes_of(n->d, sizeof(n->d));
}

enum sg_err policy_command(struct policy *p, uint32_t command_code);
enum sg_err policy_written(struct policy *p, bool written);
enum sg_err policy_auth(struct policy *p);	/* PolicyAuthValue */
/* The entity's auth, without a policyRef. */
enum sg_err policy_secret(struct policy *p, const struct name *entity);
/* A signature by the key. */
enum sg_err policy_signed(struct policy *p, const struct name *key,
    struct bytes ref);
/* Replaces whatever came before by "what the key approved under ref". */
enum sg_err policy_authorize(struct policy *p, const struct name *key,
    struct bytes ref);
/* Replaces whatever came before by the choice; order matters. */
enum sg_err policy_or(struct policy *p, const struct policy *branch, size_t n);

/* What an index is named after: TPMS_NV_PUBLIC (Part 2, 13.5). */
struct nv_public {
	uint32_t index;
	uint32_t attributes;
	struct policy policy;
	uint16_t size;
};
enum sg_err nv_name(const struct nv_public *pub, struct name *out);

/* The Name of an object, from its marshalled TPMT_PUBLIC. */
enum sg_err object_name(struct bytes tpmt_public, struct name *out);

#endif
