/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_VAULT_H
#define SG_TPM_VAULT_H

/*
 * What opens one container: a PIN index that counts wrong PINs in the TPM, and
 * a login index whose secret lives in the daemon's memory only.  Both can be
 * written only under a policy, so that the owner's empty authorisation cannot
 * counterfeit them.  docs/tpm.md describes the policy tree.
 */

#include "crypto/signer.h"
#include "tpm/tpm.h"

#define VAULT_ID_LEN	16	/* random, but for the limit at its end */
#define VAULT_ID_LIMIT_LEN 2	/* big-endian, the same as pin_limit */
#define VAULT_AUTH_LEN	32	/* what the PIN becomes, see gesture/pin.h */
#define VAULT_POINT_LEN	32	/* a P-256 coordinate */
#define VAULT_SIG_LEN	64	/* ECDSA P-256, r and s big-endian */

/* Public; kept in the container file.  Flat: copy it freely. */
struct vault {
	uint8_t id[VAULT_ID_LEN];
	uint32_t pin_index;		/* NV handles, owner range */
	uint32_t login_index;
	uint16_t pin_limit;		/* wrong PINs until it blocks, 1..255 */
	uint8_t srk_name[TPM_NAME_LEN];
	uint8_t recovery_x[VAULT_POINT_LEN];	/* the recovery key's point */
	uint8_t recovery_y[VAULT_POINT_LEN];
	uint8_t approval[VAULT_SIG_LEN];	/* of "change the PIN" */
};

struct vault_tries {
	uint32_t used;
	uint32_t limit;
	bool known;	/* false when the TPM would not tell */
};

/*
 * Chooses id and free handles, and signs the approval with the recovery key
 * (P-256, see crypto/pkey.h).  Changes nothing in the TPM: the caller stores v
 * first, so that a crash leaves nothing that cannot be found and removed.
 */
enum sg_err vault_plan(struct tpm *t, struct signer recovery,
    uint16_t pin_limit, struct vault *v);

/* Defines both indices; auth is VAULT_AUTH_LEN bytes.  SG_EEXIST when another
 * took a handle in between: plan again. */
enum sg_err vault_make(struct tpm *t, const struct vault *v,
    struct signer recovery, const struct secret *auth);

/*
 * Checks auth against the PIN index and gives the login index a fresh secret,
 * which replaces *login.  Ends every earlier login.  Makes the login
 * index anew when only that is gone.  SG_EPIN: wrong, one try
 * used; SG_EBLOCKED: no try left, or none was before; SG_ENOENT: the indices
 * are gone (TPM cleared or another TPM), the note says so.
 */
enum sg_err vault_login(struct tpm *t, const struct vault *v,
    const struct secret *auth, struct secret *login);

/* Checks the old auth, counted as in vault_login, and sets the new one. One
 * TPM command decides: after a crash exactly one of both holds.  Earlier
 * logins stay good until the next vault_login. */
enum sg_err vault_change(struct tpm *t, const struct vault *v,
    const struct secret *auth, const struct secret *fresh);

/*
 * Sets a new auth with the recovery key and gives back all tries; works while
 * blocked.  SG_EPIN when it is not this vault's recovery key.  Rebuilds the
 * indices when they were deleted.  Earlier logins stay good until the next
 * vault_login.
 */
enum sg_err vault_recover(struct tpm *t, const struct vault *v,
    struct signer recovery, const struct secret *fresh);

enum sg_err vault_tries(struct tpm *t, const struct vault *v,
    struct vault_tries *out);

/* Removes both indices; missing ones are fine. */
enum sg_err vault_remove(struct tpm *t, const struct vault *v);

#endif
