/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_KEY_H
#define SG_TPM_KEY_H

/* Keys in the TPM that a vault opens.  Nothing here can be exported. */

#include "tpm/vault.h"

enum tpm_key_type { TPM_KEY_RSA2048 = 1, TPM_KEY_P256,
	TPM_KEY_SEALED,		/* no key: some bytes, tpm/sealed.h */
};

/* Bounds of the two blobs, for parsers. */
#define TPM_KEY_PUBLIC_MAX	1024
#define TPM_KEY_PRIVATE_MAX	1024

/* A key at rest: marshalled TPM2B_PUBLIC and TPM2B_PRIVATE (Part 2, 12.2.5
 * and 12.3.7).  Only the TPM that made it can load it. */
struct tpm_key {
	enum tpm_key_type type;
	struct buf public;
	struct buf private;
};
void tpm_key_done(struct tpm_key *k);

/* Makes a key: fixedTPM, fixedParent, noDA, no password of its own, opened by
 * the vault's PIN index or login index.  RSA keys sign and decrypt. */
enum sg_err tpm_key_make(struct tpm *t, const struct vault *v,
    enum tpm_key_type type, struct tpm_key *out);

/*
 * Appends the DER SubjectPublicKeyInfo.  Pure.  SG_EFORMAT unless the public
 * area is a key that tpm_key_make would make for this very vault (type,
 * attributes, policy digest): a file that somebody changed is found here.
 */
enum sg_err tpm_key_spki(const struct tpm_key *k, const struct vault *v,
    struct buf *out);

/*
 * The private operation, three TPM commands once the key is loaded (one after
 * tpm_key_ahead):
 *   RSA-2048: in is a block of 256 bytes, out becomes in^d mod n (256 bytes);
 *   P-256: in is a digest of 20 to 64 bytes (its leftmost 32 are signed),
 *   out becomes r and s, 32 bytes each.
 * login is the secret of vault_login.  SG_ELOGIN when it is no longer good.
 */
enum sg_err tpm_key_use(struct tpm *t, const struct vault *v,
    const struct secret *login, const struct tpm_key *k, struct bytes in,
    struct buf *out);

/*
 * Proves login now for the next tpm_key_use() with this vault and login, which
 * then is one command instead of three: for when nobody waits.  Does nothing
 * when no key of the vault is loaded, or it was done already.  It returns
 * nothing because nothing depends on it: what fails here shows at that use.
 * Another use of the connection's policy session ends it, and so does
 * tpm_key_unload().
 */
void tpm_key_ahead(struct tpm *t, const struct vault *v,
    const struct secret *login);

/* Forgets a loaded key and the kept policy session (logout, removal). */
void tpm_key_unload(struct tpm *t, const struct tpm_key *k);

#endif
