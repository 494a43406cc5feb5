/* SPDX-License-Identifier: BSD-2-Clause */
#include "tpm/tree.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "tpm/recovery.h"

#define INDEX_SIZE 8	/* a PIN index is {pinCount, pinLimit} */

/*
 * POLICYWRITE as the only way to write is what keeps the owner's empty
 * authorisation from making a counterfeit: it can define one, but not give it
 * the WRITTEN bit that the Name needs.
 */
#define PIN_ATTRIBUTES                                                 \
	((uint32_t)TPM2_NT_PIN_FAIL << TPMA_NV_TPM2_NT_SHIFT |         \
	    TPMA_NV_POLICYWRITE | TPMA_NV_AUTHREAD | TPMA_NV_OWNERREAD | \
	    TPMA_NV_NO_DA)
#define LOGIN_ATTRIBUTES                                               \
	((uint32_t)TPM2_NT_ORDINARY << TPMA_NV_TPM2_NT_SHIFT |         \
	    TPMA_NV_POLICYWRITE | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA |   \
	    TPMA_NV_CLEAR_STCLEAR)

static enum sg_err
names(struct index *x)
{
	struct nv_public written = x->pub;

	SG_TRY(nv_name(&x->pub, &x->unwritten));
	written.attributes |= TPMA_NV_WRITTEN;
	return nv_name(&written, &x->name);
}

static enum sg_err
pin_branches(struct tree *tree, struct bytes id)
{
	struct policy *w1 = &tree->pin_branch[PIN_FIRST_WRITE];
	struct policy *w2 = &tree->pin_branch[PIN_UNBLOCK];
	struct policy *pa = &tree->pin_branch[PIN_CHANGE];
	struct policy *r = &tree->pin_branch[PIN_RESET];

	SG_TRY(policy_command(w1, TPM2_CC_NV_Write));
	SG_TRY(policy_written(w1, false));
	SG_TRY(policy_signed(w1, &tree->recovery, id));
	/* Whoever swaps the index before the first write lacks its auth. */
	SG_TRY(policy_auth(w1));

	SG_TRY(policy_command(w2, TPM2_CC_NV_Write));
	SG_TRY(policy_written(w2, true));
	SG_TRY(policy_signed(w2, &tree->recovery, id));

	SG_TRY(policy_authorize(pa, &tree->recovery,
	    bytes_of(tree->change_ref, sizeof(tree->change_ref))));

	SG_TRY(policy_command(r, TPM2_CC_NV_ChangeAuth));
	return policy_signed(r, &tree->recovery, id);
}

static enum sg_err
pin_index(struct tree *tree, const struct vault *v)
{
	SG_TRY(pin_branches(tree, bytes_of(v->id, sizeof(v->id))));
	tree->pin.pub.index = v->pin_index;
	tree->pin.pub.attributes = PIN_ATTRIBUTES;
	tree->pin.pub.size = INDEX_SIZE;
	SG_TRY(policy_or(&tree->pin.pub.policy, tree->pin_branch,
	    PIN_BRANCHES));
	SG_TRY(names(&tree->pin));
	SG_TRY(policy_command(&tree->approved, TPM2_CC_NV_ChangeAuth));
	return policy_secret(&tree->approved, &tree->pin.name);
}

static enum sg_err
login_index(struct tree *tree, const struct vault *v)
{
	struct policy *lw = &tree->login_branch[LOGIN_ARM];
	struct policy *lc = &tree->login_branch[LOGIN_FRESH];

	SG_TRY(policy_command(lw, TPM2_CC_NV_Write));
	SG_TRY(policy_written(lw, false));
	SG_TRY(policy_secret(lw, &tree->pin.name));
	SG_TRY(policy_auth(lw));

	SG_TRY(policy_command(lc, TPM2_CC_NV_ChangeAuth));
	SG_TRY(policy_secret(lc, &tree->pin.name));

	tree->login.pub.index = v->login_index;
	tree->login.pub.attributes = LOGIN_ATTRIBUTES;
	tree->login.pub.size = INDEX_SIZE;
	SG_TRY(policy_or(&tree->login.pub.policy, tree->login_branch,
	    LOGIN_BRANCHES));
	return names(&tree->login);
}

static enum sg_err
key_policy(struct tree *tree)
{
	SG_TRY(policy_secret(&tree->key_branch[KEY_BY_PIN], &tree->pin.name));
	SG_TRY(policy_secret(&tree->key_branch[KEY_BY_LOGIN],
	    &tree->login.name));
	return policy_or(&tree->key, tree->key_branch, KEY_BRANCHES);
}

/* Every key's policy leads to the id, and so to the limit in it: a file that
 * gives more tries at the next recovery belongs to no key. */
static enum sg_err
check_limit(const struct vault *v)
{
	const uint8_t *at = v->id + VAULT_ID_LEN - VAULT_ID_LIMIT_LEN;

	if (v->pin_limit != (at[0] << 8 | at[1]))
		return sg_fail(SG_EFORMAT, "the number of PIN tries is not the "
		    "one that the container was made with");
	return SG_OK;
}

enum sg_err
tree_of(const struct vault *v, struct tree *out)
{
	struct tree tree = { 0 };

	SG_TRY(check_limit(v));
	SG_TRY(recovery_name(v, &tree.recovery));
	memcpy(tree.change_ref, CHANGE_REF, sizeof(CHANGE_REF) - 1);
	memcpy(tree.change_ref + sizeof(CHANGE_REF) - 1, v->id, sizeof(v->id));
	SG_TRY(pin_index(&tree, v));
	SG_TRY(login_index(&tree, v));
	SG_TRY(key_policy(&tree));
	*out = tree;
	return SG_OK;
}

enum sg_err
tree_approval_digest(const struct tree *tree, uint8_t out[SHA256_LEN])
{
	auto_done(buf) b = { 0 };

	SG_TRY(buf_add_bytes(&b, policy_bytes(&tree->approved)));
	SG_TRY(buf_add(&b, tree->change_ref, sizeof(tree->change_ref)));
	return sha256(buf_bytes(&b), out);
}
