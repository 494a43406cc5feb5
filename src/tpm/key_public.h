/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_KEY_PUBLIC_H
#define SG_TPM_KEY_PUBLIC_H

/* The public area of a key (TPM2B_PUBLIC), read and written without a TPM. */

#include "tpm/key.h"
#include "tpm/policy.h"

#define RSA_BITS	2048
#define RSA_LEN		(RSA_BITS / 8)
#define RSA_EXPONENT	65537

struct key_public {
	enum tpm_key_type type;
	struct bytes area;	/* the TPMT_PUBLIC, a view */
	struct bytes modulus;	/* RSA; a view */
	uint8_t x[VAULT_POINT_LEN];
	uint8_t y[VAULT_POINT_LEN];
};

/* policy, here and below: NULL for a key that has none and is opened by its
 * empty password. */

/* SG_EFORMAT unless it is what key_template() asks for with this policy. */
enum sg_err key_public_parse(const struct tpm_key *k,
    const struct policy *policy, struct key_public *out);

/* Appends its DER SubjectPublicKeyInfo; errors as above. */
enum sg_err key_public_spki(const struct tpm_key *k,
    const struct policy *policy, struct buf *out);

/* Appends the TPMT_PUBLIC of a key to be made. */
enum sg_err key_template(enum tpm_key_type type, const struct policy *policy,
    struct buf *out);

#endif
