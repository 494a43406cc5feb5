/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_RECOVERY_H
#define SG_TPM_RECOVERY_H

/* The recovery key: its public half as the TPM sees it, and its signatures. */

#include "tpm/policy.h"
#include "tpm/vault.h"

/* Appends the TPMT_PUBLIC that a vault's recovery key is loaded with.  Pure. */
enum sg_err recovery_public(const struct vault *v, struct buf *out);
enum sg_err recovery_name(const struct vault *v, struct name *out);

/* The signer's point; SG_EARG unless it is a P-256 key. */
enum sg_err recovery_point(struct signer recovery, uint8_t x[VAULT_POINT_LEN],
    uint8_t y[VAULT_POINT_LEN]);

/* SG_EPIN unless the signer is the vault's recovery key. */
enum sg_err recovery_check(const struct vault *v, struct signer recovery);

enum sg_err recovery_sign(struct signer recovery,
    const uint8_t digest[SHA256_LEN], uint8_t out[VAULT_SIG_LEN]);

/* From Ecdsa-Sig-Value (RFC 3279 2.2.3): strict DER, each number positive and
 * of at most 32 bytes.  Pure. */
enum sg_err signature_parse(struct bytes der, uint8_t out[VAULT_SIG_LEN]);

#endif
