/* SPDX-License-Identifier: BSD-2-Clause */
#include "attacker.h"

#include <tss2/tss2_mu.h>
#include <tss2/tss2_tctildr.h>

#define NO_SESSIONS ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE

void
attacker_init(struct attacker *a, const struct fixture *f)
{
	*a = (struct attacker) { 0 };
	assert_int_equal(Tss2_TctiLdr_Initialize(f->swtpm.tcti, &a->tcti), 0);
	assert_int_equal(Esys_Initialize(&a->esys, a->tcti, NULL), 0);
	OK(tree_of(&f->v, &a->tree));
}

void
attacker_done(struct attacker *a)
{
	Esys_Finalize(&a->esys);
	Tss2_TctiLdr_Finalize(&a->tcti);
}

int
attack_teardown(void **state)
{
	struct fixture *f = *state;
	struct tpm_info info;

	OK(tpm_info(f->t, &info));
	assert_int_equal(info.lockout_counter, 0);
	assert_false(info.in_lockout);
	return fixture_teardown(state);
}

void
attacker_auth(struct attacker *a, ESYS_TR tr, struct bytes auth)
{
	TPM2B_AUTH v = { .size = (UINT16)auth.n };

	memcpy(v.buffer, auth.p, auth.n);
	assert_int_equal(Esys_TR_SetAuth(a->esys, tr, &v), 0);
}

ESYS_TR
attacker_index(struct attacker *a, uint32_t index, const char *auth)
{
	ESYS_TR tr;

	assert_int_equal(Esys_TR_FromTPMPublic(a->esys, index, NO_SESSIONS,
	    &tr), 0);
	attacker_auth(a, tr, bytes_str(auth));
	return tr;
}

void
attacker_undefine(struct attacker *a, uint32_t index)
{
	ESYS_TR tr = attacker_index(a, index, "");

	assert_int_equal(Esys_NV_UndefineSpace(a->esys, ESYS_TR_RH_OWNER, tr,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE), 0);
}

ESYS_TR
attacker_define(struct attacker *a, const struct nv_public *pub,
    uint32_t attributes)
{
	const TPM2B_AUTH evil = { .size = 4, .buffer = "evil" };
	TPM2B_NV_PUBLIC p = { .nvPublic = {
		.nvIndex = pub->index,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = attributes,
		.authPolicy.size = SHA256_LEN,
		.dataSize = pub->size,
	} };
	ESYS_TR tr;

	memcpy(p.nvPublic.authPolicy.buffer, pub->policy.d, SHA256_LEN);
	assert_int_equal(Esys_NV_DefineSpace(a->esys, ESYS_TR_RH_OWNER,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &evil, &p, &tr), 0);
	attacker_auth(a, tr, bytes_str("evil"));
	return tr;
}

ESYS_TR
attacker_redefine(struct attacker *a, const struct nv_public *pub,
    uint32_t attributes)
{
	attacker_undefine(a, pub->index);
	return attacker_define(a, pub, attributes);
}

TSS2_RC
attacker_write(struct attacker *a, ESYS_TR who, ESYS_TR index, ESYS_TR s)
{
	const TPM2B_MAX_NV_BUFFER data = { 8, { 0, 0, 0, 0, 0, 0, 0, 255 } };

	return Esys_NV_Write(a->esys, who, index, s, ESYS_TR_NONE,
	    ESYS_TR_NONE, &data, 0);
}

TSS2_RC
attacker_secret(struct attacker *a, ESYS_TR entity, ESYS_TR ps, ESYS_TR s)
{
	const TPM2B_NONCE no_ref = { 0 };
	const TPM2B_DIGEST no_cp_hash = { 0 };

	return Esys_PolicySecret(a->esys, entity, ps, s, ESYS_TR_NONE,
	    ESYS_TR_NONE, NULL, &no_cp_hash, &no_ref, 0, NULL, NULL);
}

TSS2_RC
attacker_or(struct attacker *a, ESYS_TR ps, const struct policy *branch,
    size_t n)
{
	TPML_DIGEST list = { .count = (UINT32)n };

	for (size_t i = 0; i < n; i++) {
		list.digests[i].size = SHA256_LEN;
		memcpy(list.digests[i].buffer, branch[i].d, SHA256_LEN);
	}
	return Esys_PolicyOR(a->esys, ps, NO_SESSIONS, &list);
}

TSS2_RC
attacker_sign(struct attacker *a, ESYS_TR key, ESYS_TR s)
{
	const TPMT_SIG_SCHEME scheme = { TPM2_ALG_ECDSA,
		{ .ecdsa = { TPM2_ALG_SHA256 } } };
	const TPMT_TK_HASHCHECK no_ticket = { TPM2_ST_HASHCHECK, TPM2_RH_NULL,
		{ 0 } };
	const TPM2B_DIGEST digest = { SHA256_LEN, { 1, 2, 3 } };
	TPMT_SIGNATURE *sig = NULL;
	TSS2_RC rc = Esys_Sign(a->esys, key, s, ESYS_TR_NONE, ESYS_TR_NONE,
	    &digest, &scheme, &no_ticket, &sig);

	Esys_Free(sig);
	return rc;
}

ESYS_TR
attacker_load(struct attacker *a, const struct tpm_key *k)
{
	TPM2B_PUBLIC pub = { 0 };
	TPM2B_PRIVATE priv = { 0 };
	ESYS_TR srk, key;
	size_t n = 0;

	assert_int_equal(Tss2_MU_TPM2B_PUBLIC_Unmarshal(k->public.p,
	    k->public.n, &n, &pub), 0);
	n = 0;
	assert_int_equal(Tss2_MU_TPM2B_PRIVATE_Unmarshal(k->private.p,
	    k->private.n, &n, &priv), 0);
	assert_int_equal(Esys_TR_FromTPMPublic(a->esys, 0x81000001,
	    NO_SESSIONS, &srk), 0);
	assert_int_equal(Esys_Load(a->esys, srk, ESYS_TR_PASSWORD,
	    ESYS_TR_NONE, ESYS_TR_NONE, &priv, &pub, &key), 0);
	assert_int_equal(Esys_TR_Close(a->esys, &srk), 0);
	return key;
}

ESYS_TR
attacker_session(struct attacker *a, TPM2_SE type)
{
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	ESYS_TR tr;

	assert_int_equal(Esys_StartAuthSession(a->esys, ESYS_TR_NONE,
	    ESYS_TR_NONE, NO_SESSIONS, NULL, type, &none, TPM2_ALG_SHA256,
	    &tr), 0);
	assert_int_equal(Esys_TRSess_SetAttributes(a->esys, tr,
	    TPMA_SESSION_CONTINUESESSION, 0xff), 0);
	return tr;
}

void
attacker_flush(struct attacker *a, ESYS_TR tr)
{
	assert_int_equal(Esys_FlushContext(a->esys, tr), 0);
}
