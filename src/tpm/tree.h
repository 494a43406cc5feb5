/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_TREE_H
#define SG_TPM_TREE_H

/* The policy tree of a vault, as docs/tpm.md describes it.  Pure: all of it
 * follows from id, handles and recovery key. */

#include "tpm/policy.h"
#include "tpm/vault.h"

enum { PIN_FIRST_WRITE, PIN_UNBLOCK, PIN_CHANGE, PIN_RESET, PIN_BRANCHES };
enum { LOGIN_ARM, LOGIN_FRESH, LOGIN_BRANCHES };
enum { KEY_BY_PIN, KEY_BY_LOGIN, KEY_BRANCHES };

#define CHANGE_REF	"pinchange:"
#define CHANGE_REF_LEN	(sizeof(CHANGE_REF) - 1 + VAULT_ID_LEN)

/* An index and its two Names: the right one, and the one it has until the
 * first write that its policy permits. */
struct index {
	struct nv_public pub;
	struct name name;
	struct name unwritten;
};

struct tree {
	struct name recovery;
	uint8_t change_ref[CHANGE_REF_LEN];
	struct policy approved;		/* what the approval signs */
	struct policy pin_branch[PIN_BRANCHES];
	struct index pin;
	struct policy login_branch[LOGIN_BRANCHES];
	struct index login;
	struct policy key_branch[KEY_BRANCHES];
	struct policy key;
};

/* v->approval, pin_limit and srk_name are not looked at. */
enum sg_err tree_of(const struct vault *v, struct tree *out);

/* What the approval is a signature over: H(approved || change_ref). */
enum sg_err tree_approval_digest(const struct tree *tree,
    uint8_t out[SHA256_LEN]);

#endif
