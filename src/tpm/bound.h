/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_BOUND_H
#define SG_TPM_BOUND_H

/*
 * A signing key that is bound to this TPM and opened by a passphrase, without
 * a container: a CA's.  Wrong passphrases are not counted (a CA that others
 * could lock out is worth less than one with a long passphrase).
 */

#include "crypto/signer.h"
#include "tpm/tpm.h"

#define TPM_BOUND_PASSPHRASE_MAX 32	/* bytes, the size of an auth value */

/* At rest: marshalled TPM2B_PUBLIC and TPM2B_PRIVATE under the storage root
 * key, as in a "TSS2 PRIVATE KEY" file (pki/tss2_key.h). */
struct tpm_blobs {
	struct buf public;
	struct buf private;
};
void tpm_blobs_done(struct tpm_blobs *b);

/* Bits: RSA 2048 to 4096, EC 256 or 384; what the TPM cannot do is
 * SG_EUNSUPPORTED.  passphrase may be NULL. */
enum sg_err tpm_bound_make(struct tpm *t, enum key_kind kind, unsigned bits,
    const struct secret *passphrase, struct tpm_blobs *out);

/* A loaded one.  The connection must outlive it. */
struct tpm_bound;
/* SG_EFORMAT for blobs that are no signing key, SG_ENOENT for those of another
 * TPM.  Keeps a copy of the passphrase; whether it is right shows when the key
 * signs: SG_EPIN. */
enum sg_err tpm_bound_load(struct tpm_bound **out, struct tpm *t,
    const struct tpm_blobs *blobs, const struct secret *passphrase);
void tpm_bound_free(struct tpm_bound *k);
SG_AUTO_FREE(tpm_bound)

/* Makes PKCS#1 v1.5 and ECDSA signatures; neither PSS, whose salt the TPM
 * would choose as long as it likes, nor decryption. */
struct signer tpm_bound_signer(struct tpm_bound *k);

#endif
