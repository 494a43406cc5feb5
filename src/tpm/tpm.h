/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_TPM_H
#define SG_TPM_TPM_H

/*
 * A connection to a TPM 2.0: its storage root key, and one salted, encrypting
 * session that carries every secret.  One thread at a time.
 */

#include "base/bytes.h"
#include "base/secret.h"

struct tpm;

#define TPM_NAME_LEN	34	/* a Name: SHA-256 algorithm id and digest */

/*
 * For main(), before there are threads: tss2 writes to stderr whatever it does
 * not like, a wrong PIN for one, unless the environment says otherwise.  Sets
 * TSS2_LOG when it is not set.  Programs also ignore SIGPIPE: tss2 writes to
 * its sockets without asking.
 */
void tpm_quiet(void);

/*
 * Connects and makes the storage root key ready (persistent 0x81000001, a P-256
 * key made when it is missing; what is there is taken when it is a proper
 * storage key, P-256 or the RSA-2048 one that Windows makes).
 * tcti is a tss2 configuration string ("swtpm:path=...", "device:/dev/tpm0")
 * or NULL: then /dev/tpmrm0 is used, and its absence is SG_ETPM with a note
 * that says how to get one.
 */
enum sg_err tpm_open(struct tpm **out, const char *tcti);
/* Flushes what this connection loaded, as far as the TPM still answers. */
void tpm_free(struct tpm *t);
SG_AUTO_FREE(tpm)

/* Wipes what the connection still holds of an auth value or a login's secret
 * that it proved.  For a login's, when the login ends. */
void tpm_forget(struct tpm *t, const struct secret *auth);

/* True once talking to the TPM failed so that only a new tpm_open() helps. */
bool tpm_gone(const struct tpm *t);

/*
 * It is gone because the TPM was reset, or its places were taken, and whatever
 * was asked since was refused: asked again on a new connection, nothing happens
 * twice.
 */
bool tpm_was_reset(const struct tpm *t);

/* The Name of the storage root key. */
struct bytes tpm_srk_name(const struct tpm *t);

struct tpm_info {
	char maker[5];			/* "IBM", "INTC", ... */
	char firmware[32];
	bool in_lockout;		/* the global dictionary lockout */
	uint32_t lockout_counter;
};
enum sg_err tpm_info(struct tpm *t, struct tpm_info *out);

/* TPM commands sent over this connection so far. */
unsigned long tpm_commands(const struct tpm *t);

#endif
