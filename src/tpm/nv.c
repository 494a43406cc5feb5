/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/nv.h"

#include <string.h>

#define PROBES_MAX 16

enum sg_err
nv_find(struct tpm *t, uint32_t index, struct handle *out, struct name *name)
{
	auto_done(handle) h = { .t = t };
	TPM2B_NAME auto_esys *n = NULL;
	TSS2_RC rc;

	rc = Esys_TR_FromTPMPublic(t->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, &h.tr);
	if (rc_base(rc) == TPM2_RC_HANDLE)
		return sg_fail(SG_ENOENT, "the TPM has no index 0x%x", index);
	SG_TRY(tpm_rc(t, rc, "looking for an index"));
	h.kind = HANDLE_INDEX;
	SG_TRY(tpm_rc(t, Esys_TR_GetName(t->esys, h.tr, &n), "its name"));
	/* Another hash makes a Name of another length: not one of ours. */
	memset(name, 0, sizeof(*name));
	if (n->size == sizeof(name->d))
		memcpy(name->d, n->name, sizeof(name->d));
	*out = h;
	h.kind = HANDLE_NONE;
	return SG_OK;
}

enum sg_err
nv_auth_set(const struct handle *h, const struct secret *auth)
{
	auto_done(secret) a = { 0 };

	SG_TRY(auth_value(auth, &a));
	return tpm_rc(h->t, Esys_TR_SetAuth(h->t->esys, h->tr, auth_of(&a)),
	    "setting an index's auth");
}

enum sg_err
nv_define(struct tpm *t, const struct nv_public *pub,
    const struct secret *auth, struct handle *out)
{
	auto_done(secret) a = { 0 };
	TPM2B_NV_PUBLIC p = { .nvPublic = {
		.nvIndex = pub->index,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = pub->attributes,
		.authPolicy.size = SHA256_LEN,
		.dataSize = pub->size,
	} };
	ESYS_TR tr;

	memcpy(p.nvPublic.authPolicy.buffer, pub->policy.d, SHA256_LEN);
	SG_TRY(auth_value(auth, &a));
	SG_TRY(tpm_session_mode(t, t->session, TPMA_SESSION_DECRYPT));
	SG_TRY(tpm_rc_owner(t, Esys_NV_DefineSpace(t->esys, ESYS_TR_RH_OWNER,
	    t->session, ESYS_TR_NONE, ESYS_TR_NONE, auth_of(&a), &p, &tr),
	    "defining an index"));
	*out = (struct handle) { t, tr, HANDLE_INDEX };
	return nv_auth_set(out, auth);
}

enum sg_err
nv_undefine(struct handle *h)
{
	SG_TRY(tpm_session_mode(h->t, h->t->session, 0));
	SG_TRY(tpm_rc_owner(h->t, Esys_NV_UndefineSpace(h->t->esys,
	    ESYS_TR_RH_OWNER, h->tr, h->t->session, ESYS_TR_NONE,
	    ESYS_TR_NONE), "removing an index"));
	h->kind = HANDLE_NONE;
	return SG_OK;
}

/*
 * The new value is encrypted by the HMAC session as second session.  The
 * policy session itself would encrypt with a key that contains the index's
 * present auth, which a recovery does not know: the TPM would say yes and set
 * garbage.
 */
enum sg_err
nv_change_auth(const struct handle *h, const struct handle *ps,
    const struct secret *fresh)
{
	auto_done(secret) a = { 0 };

	SG_TRY(auth_value(fresh, &a));
	SG_TRY(tpm_session_mode(h->t, h->t->session, TPMA_SESSION_DECRYPT));
	return tpm_rc(h->t, Esys_NV_ChangeAuth(h->t->esys, h->tr, ps->tr,
	    h->t->session, ESYS_TR_NONE, auth_of(&a)),
	    "setting an index's new auth");
}

enum sg_err
nv_write(const struct handle *h, const struct handle *ps, struct bytes x)
{
	TPM2B_MAX_NV_BUFFER data = { .size = (UINT16)x.n };

	if (x.n > sizeof(data.buffer))
		return sg_fail(SG_EINTERNAL, "%zu bytes for an index", x.n);
	memcpy(data.buffer, x.p, x.n);
	return tpm_rc(h->t, Esys_NV_Write(h->t->esys, h->tr, h->tr, ps->tr,
	    ESYS_TR_NONE, ESYS_TR_NONE, &data, 0), "writing an index");
}

enum sg_err
nv_read(const struct handle *h, uint16_t n, struct buf *out)
{
	TPM2B_MAX_NV_BUFFER auto_esys *data = NULL;

	SG_TRY(tpm_session_mode(h->t, h->t->session, 0));
	SG_TRY(tpm_rc_owner(h->t, Esys_NV_Read(h->t->esys, ESYS_TR_RH_OWNER,
	    h->tr, h->t->session, ESYS_TR_NONE, ESYS_TR_NONE, n, 0, &data),
	    "reading an index"));
	return buf_add(out, data->buffer, data->size);
}

static enum sg_err
defined(struct tpm *t, uint32_t index, bool *out)
{
	TPMS_CAPABILITY_DATA auto_esys *cap = NULL;
	TPMI_YES_NO more;

	SG_TRY(tpm_rc(t, Esys_GetCapability(t->esys, ESYS_TR_NONE,
	    ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, index, 1, &more,
	    &cap), "listing the indices"));
	*out = cap->data.handles.count > 0 &&
	    cap->data.handles.handle[0] == index;
	return SG_OK;
}

enum sg_err
nv_choose(struct tpm *t, uint32_t avoid, uint32_t *out)
{
	for (int i = 0; i < PROBES_MAX; i++) {
		uint32_t index;
		bool taken;

		SG_TRY(random_fill(&index, sizeof(index)));
		index = NV_FIRST + index % (NV_LAST - NV_FIRST + 1);
		if (index == avoid)
			continue;
		SG_TRY(defined(t, index, &taken));
		if (!taken) {
			*out = index;
			return SG_OK;
		}
	}
	return sg_fail(SG_ETPM, "the TPM's owner indices are all taken");
}
