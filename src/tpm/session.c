/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/session.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "tpm/recovery.h"

#define NO_SESSIONS ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE

enum sg_err
session_start(struct tpm *t, enum session_salt salt, struct handle *out)
{
	ESYS_TR tr;

	SG_TRY(tpm_session_start(t, TPM2_SE_POLICY, salt == SESSION_SALTED,
	    &tr));
	*out = (struct handle) { t, tr, HANDLE_FLUSH };
	return tpm_session_mode(t, tr, 0);
}

/* Nobody may find more proved in it than he proves himself. */
static enum sg_err
kept_restart(struct tpm *t)
{
	enum sg_err e = tpm_rc(t, Esys_PolicyRestart(t->esys, t->policy,
	    NO_SESSIONS), "PolicyRestart");

	t->ahead.proved = false;
	if (e != SG_OK)
		session_kept_drop(t);
	return e;
}

enum sg_err
session_kept(struct tpm *t, struct handle *out)
{
	if (t->ahead.proved)
		SG_TRY(kept_restart(t));
	if (t->policy == ESYS_TR_NONE)
		SG_TRY(tpm_session_start(t, TPM2_SE_POLICY, true, &t->policy));
	*out = (struct handle) { t, t->policy, HANDLE_NONE };
	return tpm_session_mode(t, t->policy, 0);
}

void
session_kept_drop(struct tpm *t)
{
	if (t->policy != ESYS_TR_NONE && !tpm_gone(t))
		(void)Esys_FlushContext(t->esys, t->policy);
	t->policy = ESYS_TR_NONE;
	t->ahead.proved = false;
}

enum sg_err
session_last(const struct handle *ps)
{
	return tpm_rc(ps->t, Esys_TRSess_SetAttributes(ps->t->esys, ps->tr, 0,
	    TPMA_SESSION_CONTINUESESSION), "using a session");
}

void
session_ended(struct handle *ps)
{
	(void)Esys_TR_Close(ps->t->esys, &ps->tr);
	ps->kind = HANDLE_NONE;
}

/* Of a command whose only handle is the session: a TPM that was reset does not
 * know it any more. */
static enum sg_err
step_rc(const struct handle *ps, TSS2_RC rc, const char *doing)
{
	ps->t->lost = ps->t->lost || rc_base(rc) == TPM2_RC_HANDLE;
	return tpm_rc(ps->t, rc, doing);
}

enum sg_err
session_command(const struct handle *ps, uint32_t command_code)
{
	return step_rc(ps, Esys_PolicyCommandCode(ps->t->esys, ps->tr,
	    NO_SESSIONS, command_code), "PolicyCommandCode");
}

enum sg_err
session_written(const struct handle *ps, bool written)
{
	return step_rc(ps, Esys_PolicyNvWritten(ps->t->esys, ps->tr,
	    NO_SESSIONS, written ? TPM2_YES : TPM2_NO), "PolicyNvWritten");
}

enum sg_err
session_auth(const struct handle *ps)
{
	return step_rc(ps, Esys_PolicyAuthValue(ps->t->esys, ps->tr,
	    NO_SESSIONS), "PolicyAuthValue");
}

enum sg_err
session_secret(const struct handle *ps, const struct handle *index)
{
	struct tpm *t = ps->t;
	const TPM2B_NONCE no_ref = { 0 };
	const TPM2B_DIGEST no_cp_hash = { 0 };
	TSS2_RC rc;

	SG_TRY(tpm_session_mode(t, t->session, 0));
	rc = Esys_PolicySecret(t->esys, index->tr, ps->tr, t->session,
	    ESYS_TR_NONE, ESYS_TR_NONE, NULL, &no_cp_hash, &no_ref, 0, NULL,
	    NULL);
	if (rc_base(rc) == TPM2_RC_BAD_AUTH)
		return sg_fail(SG_EPIN, "wrong PIN");
	if (rc_base(rc) == TPM2_RC_AUTH_UNAVAILABLE)
		return sg_fail(SG_EBLOCKED, "too many wrong PINs: the "
		    "container is blocked until its recovery code is used");
	return tpm_rc(t, rc, "PolicySecret");
}

static enum sg_err
recovery_load(struct tpm *t, const struct vault *v, struct handle *out)
{
	auto_done(buf) b = { 0 };
	TPM2B_PUBLIC pub = { 0 };
	size_t at = 0;
	ESYS_TR tr;

	SG_TRY(recovery_public(v, &b));
	if (Tss2_MU_TPMT_PUBLIC_Unmarshal(b.p, b.n, &at, &pub.publicArea) !=
	    TSS2_RC_SUCCESS)
		return sg_fail(SG_EINTERNAL, "the recovery key's public area");
	SG_TRY(tpm_rc(t, Esys_LoadExternal(t->esys, NO_SESSIONS, NULL, &pub,
	    ESYS_TR_RH_OWNER, &tr), "loading the recovery key's public half"));
	*out = (struct handle) { t, tr, HANDLE_FLUSH };
	return SG_OK;
}

static TPMT_SIGNATURE
ecdsa(const uint8_t rs[VAULT_SIG_LEN])
{
	TPMT_SIGNATURE s = { .sigAlg = TPM2_ALG_ECDSA };
	TPMS_SIGNATURE_ECC *e = &s.signature.ecdsa;

	e->hash = TPM2_ALG_SHA256;
	e->signatureR.size = e->signatureS.size = VAULT_POINT_LEN;
	memcpy(e->signatureR.buffer, rs, VAULT_POINT_LEN);
	memcpy(e->signatureS.buffer, rs + VAULT_POINT_LEN, VAULT_POINT_LEN);
	return s;
}

/* aHash of PolicySigned: H(nonceTPM || expiration || cpHashA || policyRef). */
static enum sg_err
sign_nonce(const TPM2B_NONCE *nonce, const struct vault *v,
    struct signer recovery, TPMT_SIGNATURE *out)
{
	auto_done(buf) b = { 0 };
	uint8_t digest[SHA256_LEN], rs[VAULT_SIG_LEN];

	SG_TRY(buf_add(&b, nonce->buffer, nonce->size));
	SG_TRY(buf_add_u32(&b, 0));
	SG_TRY(buf_add(&b, v->id, sizeof(v->id)));
	SG_TRY(sha256(buf_bytes(&b), digest));
	SG_TRY(recovery_sign(recovery, digest, rs));
	*out = ecdsa(rs);
	return SG_OK;
}

enum sg_err
session_signed(const struct handle *ps, const struct vault *v,
    struct signer recovery)
{
	auto_done(handle) key = { 0 };
	TPM2B_NONCE auto_esys *nonce = NULL;
	const TPM2B_DIGEST no_cp_hash = { 0 };
	TPM2B_NONCE ref = { .size = VAULT_ID_LEN };
	TPMT_SIGNATURE sig;

	SG_TRY(tpm_rc(ps->t, Esys_TRSess_GetNonceTPM(ps->t->esys, ps->tr,
	    &nonce), "the session's nonce"));
	SG_TRY(sign_nonce(nonce, v, recovery, &sig));
	SG_TRY(recovery_load(ps->t, v, &key));
	memcpy(ref.buffer, v->id, VAULT_ID_LEN);
	return tpm_rc(ps->t, Esys_PolicySigned(ps->t->esys, key.tr, ps->tr,
	    NO_SESSIONS, nonce, &no_cp_hash, &ref, 0, &sig, NULL, NULL),
	    "PolicySigned");
}

static enum sg_err
approval_verify(struct tpm *t, const struct vault *v, const struct tree *tree,
    TPMT_TK_VERIFIED **out)
{
	auto_done(handle) key = { 0 };
	TPM2B_DIGEST digest = { .size = SHA256_LEN };
	TPMT_SIGNATURE sig = ecdsa(v->approval);
	TSS2_RC rc;

	SG_TRY(tree_approval_digest(tree, digest.buffer));
	SG_TRY(recovery_load(t, v, &key));
	rc = Esys_VerifySignature(t->esys, key.tr, NO_SESSIONS, &digest, &sig,
	    out);
	if (rc_base(rc) == TPM2_RC_SIGNATURE)
		return sg_fail(SG_EVERIFY, "the approval of PIN changes is "
		    "not this container's: its file was changed");
	return tpm_rc(t, rc, "VerifySignature");
}

enum sg_err
session_authorize(const struct handle *ps, const struct vault *v,
    const struct tree *tree)
{
	TPMT_TK_VERIFIED auto_esys *ticket = NULL;
	TPM2B_DIGEST approved = { .size = SHA256_LEN };
	TPM2B_NONCE ref = { .size = CHANGE_REF_LEN };
	TPM2B_NAME name = { .size = TPM_NAME_LEN };

	SG_TRY(approval_verify(ps->t, v, tree, &ticket));
	memcpy(approved.buffer, tree->approved.d, SHA256_LEN);
	memcpy(ref.buffer, tree->change_ref, CHANGE_REF_LEN);
	memcpy(name.name, tree->recovery.d, TPM_NAME_LEN);
	return tpm_rc(ps->t, Esys_PolicyAuthorize(ps->t->esys, ps->tr,
	    NO_SESSIONS, &approved, &ref, &name, ticket), "PolicyAuthorize");
}

enum sg_err
session_or(const struct handle *ps, const struct policy *branch, size_t n)
{
	TPML_DIGEST list = { .count = (UINT32)n };
	TSS2_RC rc;

	for (size_t i = 0; i < n; i++) {
		list.digests[i].size = SHA256_LEN;
		memcpy(list.digests[i].buffer, branch[i].d, SHA256_LEN);
	}
	rc = Esys_PolicyOR(ps->t->esys, ps->tr, NO_SESSIONS, &list);
	if (rc_base(rc) == TPM2_RC_VALUE)
		return sg_fail(SG_EVERIFY,
		    "no branch of the policy is satisfied");
	return step_rc(ps, rc, "PolicyOR");
}
