/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_FREE_KEY_H
#define SG_TPM_FREE_KEY_H

/*
 * Keys that only this TPM can load and that ask for nothing: no PIN, no login,
 * no password.  Whoever has the blobs and the TPM uses them, so the blobs are
 * kept from others.  Otherwise as in tpm/key.h; tpm_key_unload() forgets them.
 */

#include "tpm/key.h"

/* Replaces *out. */
enum sg_err tpm_free_key_make(struct tpm *t,
    const uint8_t srk_name[TPM_NAME_LEN],
    enum tpm_key_type type, struct tpm_key *out);

/* Pure; as tpm_key_spki. */
enum sg_err tpm_free_key_spki(const struct tpm_key *k, struct buf *out);

/* As tpm_key_use, one TPM command once the key is loaded. */
enum sg_err tpm_free_key_use(struct tpm *t,
    const uint8_t srk_name[TPM_NAME_LEN], const struct tpm_key *k,
    struct bytes in, struct buf *out);

#endif
