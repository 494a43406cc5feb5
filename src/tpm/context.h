/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_CONTEXT_H
#define SG_TPM_CONTEXT_H

/* What a connection holds; for the files of this folder (and their tests). */

#include <tss2/tss2_esys.h>

#include "tpm/tcti.h"
#include "tpm/tree.h"

/*
 * A TPM without resource manager has three object slots: a command that uses
 * the persistent SRK takes one, the recovery key or a key being made another.
 */
#define KEYS_LOADED_MAX 2

struct loaded_key {
	struct name name;	/* of the key */
	ESYS_TR key;		/* ESYS_TR_NONE: the place is free */
	ESYS_TR login;		/* its login index, without auth */
	uint32_t login_index;
	unsigned long used;	/* by tpm->clock */
};

struct tpm {
	struct tcti tcti;
	ESYS_CONTEXT *esys;
	bool sole;		/* nobody manages resources behind it */
	bool lost;
	ESYS_TR srk;
	struct name srk_name;
	ESYS_TR session;	/* HMAC, salted, AES-128-CFB */
	ESYS_TR policy;		/* the policy session that is kept, salted */
	struct {		/* what it has proved ahead of its use: */
		bool proved;
		uint8_t of[SHA256_LEN];	/* a vault and its login */
	} ahead;
	struct loaded_key keys[KEYS_LOADED_MAX];
	struct vault of;	/* whose key was used last, and its tree: */
	struct tree tree;	/* twenty digests for each signature else */
	unsigned long clock;
};

/* A thing in the TPM and what the scope's end does with it. */
struct handle {
	struct tpm *t;
	ESYS_TR tr;
	enum {
		HANDLE_NONE,		/* nothing */
		HANDLE_FLUSH,		/* flushes an object or a session */
		HANDLE_INDEX,		/* forgets an NV index and its auth */
		HANDLE_BORROWED,	/* forgets the auth only */
	} kind;
};
void handle_done(struct handle *h);

/* A response of tss2, freed at the end of the scope. */
#define auto_esys __attribute__((cleanup(esys_auto_free)))
void esys_auto_free(void *p);

/* The TPM2B_AUTH that tss2 wants for an auth value, in locked memory.
 * Trailing zero bytes are dropped, as the TPM does. */
enum sg_err auth_value(const struct secret *auth, struct secret *out);
static inline const TPM2B_AUTH *
auth_of(const struct secret *s)
{
	return (const TPM2B_AUTH *)(const void *)s->p;
}

/*
 * Refuses a TPM whose storage root key is not the named one (SG_ENOENT), and
 * only then starts the session: its salt is encrypted to that key.
 */
enum sg_err tpm_ready(struct tpm *t, const uint8_t srk_name[TPM_NAME_LEN]);

/* Something is missing in the TPM.  If it was cleared, then the storage root key
 * is missing too or another one, and this connection is of no use. */
void tpm_look_again(struct tpm *t);

enum sg_err tpm_session_start(struct tpm *t, TPM2_SE type, bool salted,
    ESYS_TR *out);

/* Sets what the session does in the next command besides authorising it:
 * TPMA_SESSION_DECRYPT or _ENCRYPT for the first parameter, or 0. */
enum sg_err tpm_session_mode(struct tpm *t, ESYS_TR session,
    TPMA_SESSION mode);

/* --- response codes, rc.c --- */

/* The code without layer, handle, session and parameter numbers. */
TSS2_RC rc_base(TSS2_RC rc);

/* SG_OK for success; otherwise the failure in words.  Notices a connection
 * or sessions that are lost for good. */
enum sg_err tpm_rc(struct tpm *t, TSS2_RC rc, const char *doing);

/* The same for commands that owner authorisation permits. */
enum sg_err tpm_rc_owner(struct tpm *t, TSS2_RC rc, const char *doing);

#endif
