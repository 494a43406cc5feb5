/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_SEALED_H
#define SG_TPM_SEALED_H

/* A few bytes that the TPM gives away to who opened the vault: a key with
 * which something larger is encrypted. */

#include "tpm/key.h"

#define TPM_SEALED_MAX 64

/* Replaces *out, of type TPM_KEY_SEALED; plain has 1 to TPM_SEALED_MAX
 * bytes. */
enum sg_err tpm_seal(struct tpm *t, const struct vault *v,
    const struct secret *plain, struct tpm_key *out);

/* Pure.  SG_EFORMAT unless tpm_seal could have made it for this vault. */
enum sg_err tpm_sealed_check(const struct tpm_key *k, const struct vault *v);

/* Replaces *out by what was sealed.  login is the secret of vault_login;
 * SG_ELOGIN when it is no longer good. */
enum sg_err tpm_unseal(struct tpm *t, const struct vault *v,
    const struct secret *login, const struct tpm_key *k, struct secret *out);

#endif
