/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_SESSION_H
#define SG_TPM_SESSION_H

/*
 * Policy sessions.  Each step is the TPM command whose digest the function of
 * the same name in policy.h computes.
 *
 * A session that had PolicyAuthValue must not be used again: tss2 3.2 goes on
 * sending the auth value's HMAC, even after PolicyRestart.
 */

#include "tpm/context.h"
#include "tpm/tree.h"

/*
 * A salted session keeps an auth value that PolicyAuthValue proves, and an
 * encrypted response, from a listener on the bus; it costs the TPM a Diffie-
 * Hellman, so the others do without.
 */
enum session_salt { SESSION_PLAIN, SESSION_SALTED };
enum sg_err session_start(struct tpm *t, enum session_salt salt,
    struct handle *out);

/*
 * The salted session that the connection keeps, its digest empty (what was
 * proved ahead is forgotten): what proves no PolicyAuthValue needs no session
 * of its own.  Whoever fails half way must drop it.
 */
enum sg_err session_kept(struct tpm *t, struct handle *out);
void session_kept_drop(struct tpm *t);

/* The next command is this session's last: if it succeeds the TPM forgets the
 * session, and session_ended() does here. */
enum sg_err session_last(const struct handle *ps);
void session_ended(struct handle *ps);

enum sg_err session_command(const struct handle *ps, uint32_t command_code);
enum sg_err session_written(const struct handle *ps, bool written);
enum sg_err session_auth(const struct handle *ps);

/*
 * Proves the index's auth, which nv_auth_set() gave it.  SG_EPIN: it is wrong;
 * SG_EBLOCKED: a PIN index that is blocked or unwritten.  Success on an
 * ordinary index that is unwritten means nothing yet: session_or() tells.
 */
enum sg_err session_secret(const struct handle *ps,
    const struct handle *index);

/* The recovery key signs this session's nonce, so that the signature is of no
 * use to anybody later. */
enum sg_err session_signed(const struct handle *ps, const struct vault *v,
    struct signer recovery);

/* Presents the approval; the session so far is what it approves. */
enum sg_err session_authorize(const struct handle *ps, const struct vault *v,
    const struct tree *tree);

/* SG_EVERIFY when the session so far is none of the branches. */
enum sg_err session_or(const struct handle *ps, const struct policy *branch,
    size_t n);

#endif
