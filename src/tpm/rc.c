/* SPDX-License-Identifier: BSD-2-Clause */

/* Response codes (Part 2, 6.6) in words. */

#include <tss2/tss2_rc.h>

#include "tpm/context.h"

#define LAYER(rc)	((rc) & TSS2_RC_LAYER_MASK)
/* Part 2, table 17: handle, session or parameter number of format one. */
#define FMT1_NUMBER	0xf40
#define TPM_CODE	0xfff

static const struct {
	TSS2_RC base;
	enum sg_err err;
	const char *words;
} table[] = {
	{ TPM2_RC_BAD_AUTH, SG_ETPM, "the authorisation value is wrong" },
	{ TPM2_RC_AUTH_UNAVAILABLE, SG_ETPM,
	    "its PIN index is blocked or was never written" },
	{ TPM2_RC_AUTH_FAIL, SG_ETPM,
	    "the authorisation value is wrong, counted by the TPM's lockout" },
	{ TPM2_RC_LOCKOUT, SG_ETPM, "the TPM is in its global lockout" },
	{ TPM2_RC_AUTH_TYPE, SG_ETPM, "this use needs the policy" },
	{ TPM2_RC_POLICY_FAIL, SG_ETPM, "the policy is not satisfied" },
	{ TPM2_RC_POLICY_CC, SG_ETPM, "the policy is for another command" },
	{ TPM2_RC_VALUE, SG_ETPM,
	    "a value does not fit (at PolicyOR: no branch is satisfied)" },
	{ TPM2_RC_EXPIRED, SG_ETPM, "the authorisation has expired" },
	{ TPM2_RC_PCR_CHANGED, SG_ETPM, "a PCR changed meanwhile" },
	{ TPM2_RC_SIGNATURE, SG_ETPM, "the signature does not fit" },
	{ TPM2_RC_INTEGRITY, SG_EFORMAT,
	    "the key's private part is damaged or another TPM's" },
	{ TPM2_RC_HANDLE, SG_ENOENT, "it does not exist in the TPM" },
	{ TPM2_RC_ATTRIBUTES, SG_ETPM, "the attributes are not allowed" },
	{ TPM2_RC_NV_AUTHORIZATION, SG_ETPM,
	    "the index may not be read or written that way" },
	{ TPM2_RC_NV_UNINITIALIZED, SG_ETPM, "the index was never written" },
	{ TPM2_RC_NV_DEFINED, SG_EEXIST, "the index is taken" },
	{ TPM2_RC_NV_SPACE, SG_ETPM, "the TPM has no room for an index" },
	{ TPM2_RC_NV_RATE, SG_EBUSY, "the TPM limits how often it writes" },
	{ TPM2_RC_RETRY, SG_EBUSY, "the TPM is busy" },
	{ TPM2_RC_OBJECT_MEMORY, SG_ETPM,
	    "the TPM has no room for another object" },
	{ TPM2_RC_SESSION_MEMORY, SG_ETPM,
	    "the TPM has no room for another session" },
	{ TPM2_RC_SESSION_HANDLES, SG_ETPM,
	    "the TPM has no session number left" },
	{ TPM2_RC_INITIALIZE, SG_ETPM,
	    "the TPM was not started (swtpm: --flags startup-clear)" },
	{ TPM2_RC_FAILURE, SG_ETPM, "the TPM is in failure mode" },
	{ TPM2_RC_DISABLED, SG_ETPM, "the TPM's owner hierarchy is disabled" },
};

static bool
from_tpm(TSS2_RC rc)
{
	return LAYER(rc) == TSS2_TPM_RC_LAYER ||
	    LAYER(rc) == TSS2_RESMGR_TPM_RC_LAYER ||
	    LAYER(rc) == TSS2_RESMGR_RC_LAYER;
}

TSS2_RC
rc_base(TSS2_RC rc)
{
	if (!from_tpm(rc))
		return rc;
	rc &= TPM_CODE;
	return (rc & TPM2_RC_FMT1) != 0 ? rc & ~(TSS2_RC)FMT1_NUMBER : rc;
}

/* What we keep loaded leaves room on a TPM that is ours alone: somebody used it
 * beside us all the same and left something.  A new connection sweeps. */
static bool
is_crowded(const struct tpm *t, TSS2_RC base)
{
	return t->sole && (base == TPM2_RC_OBJECT_MEMORY ||
	    base == TPM2_RC_SESSION_MEMORY || base == TPM2_RC_SESSION_HANDLES);
}

/* An answer that is no answer: whatever comes next belongs to nothing. */
static bool
is_garbage(TSS2_RC rc)
{
	return rc == TSS2_ESYS_RC_RSP_AUTH_FAILED ||
	    (rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_MALFORMED_RESPONSE ||
	    (rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_INSUFFICIENT_RESPONSE;
}

/* An authorisation by a session that does not exist. */
static bool
is_sessionless(TSS2_RC rc)
{
	return rc_base(rc) == TPM2_RC_HANDLE && (rc & TPM2_RC_S) != 0;
}

/* Sessions and objects that the TPM no longer knows do not come back: it was
 * reset behind this connection. */
static bool
is_lost(const struct tpm *t, TSS2_RC rc)
{
	TSS2_RC base = rc_base(rc);

	return t->tcti.broken || base == TPM2_RC_INITIALIZE ||
	    is_crowded(t, base) || is_sessionless(rc) ||
	    (base >= TPM2_RC_REFERENCE_H0 && base <= TPM2_RC_REFERENCE_S6) ||
	    rc == TSS2_ESYS_RC_BAD_SEQUENCE;
}

enum sg_err
tpm_rc(struct tpm *t, TSS2_RC rc, const char *doing)
{
	if (rc == TSS2_RC_SUCCESS)
		return SG_OK;
	/* TPM2_Clear takes the storage root key and leaves the sessions. */
	if (rc_base(rc) == TPM2_RC_HANDLE && !t->tcti.broken)
		tpm_look_again(t);
	t->lost = t->lost || is_lost(t, rc);
	t->tcti.broken = t->tcti.broken || is_garbage(rc);
	if (is_garbage(rc))
		return sg_fail(SG_ETPM, "%s: the TPM's answer makes no sense "
		    "(%s)", doing, Tss2_RC_Decode(rc));
	if (t->tcti.broken)
		return sg_fail(SG_ETPM,
		    "%s: the connection to the TPM is lost (%s)", doing,
		    Tss2_RC_Decode(rc));
	if (t->lost && !is_crowded(t, rc_base(rc)))
		return sg_fail(SG_ETPM, "%s: the TPM was reset, cleared or "
		    "stopped meanwhile (%s)", doing, Tss2_RC_Decode(rc));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (rc_base(rc) == table[i].base)
			return sg_fail(table[i].err, "%s: %s (%s)", doing,
			    table[i].words, Tss2_RC_Decode(rc));
	return sg_fail(SG_ETPM, "%s: the TPM answers %s (0x%x)", doing,
	    Tss2_RC_Decode(rc), rc);
}

enum sg_err
tpm_rc_owner(struct tpm *t, TSS2_RC rc, const char *doing)
{
	if (rc_base(rc) == TPM2_RC_BAD_AUTH || rc_base(rc) == TPM2_RC_AUTH_FAIL)
		return sg_fail(SG_ETPM,
		    "the TPM's owner hierarchy has a password: %s needs it "
		    "empty (tpm2_changeauth -c owner -p OLD)", doing);
	return tpm_rc(t, rc, doing);
}
