/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/policy.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

/* policyDigest = H(policyDigest || command || rest) */
static enum sg_err
extend(struct policy *p, uint32_t command, struct bytes rest)
{
	auto_done(buf) b = { 0 };

	SG_TRY(buf_add_bytes(&b, policy_bytes(p)));
	SG_TRY(buf_add_u32(&b, command));
	SG_TRY(buf_add_bytes(&b, rest));
	return sha256(buf_bytes(&b), p->d);
}

/* Part 3, 23.2.3: PolicyUpdate(), for commands that name an entity. */
static enum sg_err
update(struct policy *p, uint32_t command, const struct name *entity,
    struct bytes ref)
{
	auto_done(buf) b = { 0 };

	SG_TRY(extend(p, command, name_bytes(entity)));
	SG_TRY(buf_add_bytes(&b, policy_bytes(p)));
	SG_TRY(buf_add_bytes(&b, ref));
	return sha256(buf_bytes(&b), p->d);
}

enum sg_err
policy_command(struct policy *p, uint32_t command_code)
{
	auto_done(buf) b = { 0 };

	SG_TRY(buf_add_u32(&b, command_code));
	return extend(p, TPM2_CC_PolicyCommandCode, buf_bytes(&b));
}

enum sg_err
policy_written(struct policy *p, bool written)
{
	uint8_t yes = written ? 1 : 0;

	return extend(p, TPM2_CC_PolicyNvWritten, bytes_of(&yes, 1));
}

enum sg_err
policy_auth(struct policy *p)
{
	return extend(p, TPM2_CC_PolicyAuthValue, bytes_of(NULL, 0));
}

enum sg_err
policy_secret(struct policy *p, const struct name *entity)
{
	return update(p, TPM2_CC_PolicySecret, entity, bytes_of(NULL, 0));
}

enum sg_err
policy_signed(struct policy *p, const struct name *key, struct bytes ref)
{
	return update(p, TPM2_CC_PolicySigned, key, ref);
}

enum sg_err
policy_authorize(struct policy *p, const struct name *key, struct bytes ref)
{
	memset(p, 0, sizeof(*p));
	return update(p, TPM2_CC_PolicyAuthorize, key, ref);
}

enum sg_err
policy_or(struct policy *p, const struct policy *branch, size_t n)
{
	auto_done(buf) b = { 0 };

	if (n < 2 || n > POLICY_BRANCH_MAX)
		return sg_fail(SG_EINTERNAL, "a policy with %zu branches", n);
	for (size_t i = 0; i < n; i++)
		SG_TRY(buf_add_bytes(&b, policy_bytes(&branch[i])));
	memset(p, 0, sizeof(*p));
	return extend(p, TPM2_CC_PolicyOR, buf_bytes(&b));
}

enum sg_err
object_name(struct bytes tpmt_public, struct name *out)
{
	struct name n = { { TPM2_ALG_SHA256 >> 8, TPM2_ALG_SHA256 & 0xff } };

	SG_TRY(sha256(tpmt_public, n.d + 2));
	*out = n;
	return SG_OK;
}

enum sg_err
nv_name(const struct nv_public *pub, struct name *out)
{
	auto_done(buf) b = { 0 };

	SG_TRY(buf_add_u32(&b, pub->index));
	SG_TRY(buf_add_u16(&b, TPM2_ALG_SHA256));
	SG_TRY(buf_add_u32(&b, pub->attributes));
	SG_TRY(buf_add_u16(&b, SHA256_LEN));
	SG_TRY(buf_add_bytes(&b, policy_bytes(&pub->policy)));
	SG_TRY(buf_add_u16(&b, pub->size));
	return object_name(buf_bytes(&b), out);
}
