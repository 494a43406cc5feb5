/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_ATTACKER_H
#define SG_TEST_ATTACKER_H

/*
 * Somebody else with access to the same TPM: a connection of his own, the
 * owner's empty authorisation, and tss2 as it comes.
 */

#include "swtpm.h"

#include "tpm/tree.h"

struct attacker {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	struct tree tree;	/* all of it is public */
};
void attacker_init(struct attacker *a, const struct fixture *f);
void attacker_done(struct attacker *a);

/* Fixture of a test with attacks: the teardown also demands that nothing was
 * counted by the TPM's global lockout. */
int attack_teardown(void **state);

/* The response code without the number of handle, session or parameter. */
#define IS(code, expr) assert_int_equal(rc_base(expr), (code))

ESYS_TR attacker_index(struct attacker *a, uint32_t index, const char *auth);
void attacker_undefine(struct attacker *a, uint32_t index);
/* Like the victim's but with these attributes, and the auth "evil". */
ESYS_TR attacker_define(struct attacker *a, const struct nv_public *pub,
    uint32_t attributes);
/* Undefines and defines. */
ESYS_TR attacker_redefine(struct attacker *a, const struct nv_public *pub,
    uint32_t attributes);

/* Writes {0, 255}, or as many zeros, authorised by who in session s. */
TSS2_RC attacker_write(struct attacker *a, ESYS_TR who, ESYS_TR index,
    ESYS_TR s);
TSS2_RC attacker_secret(struct attacker *a, ESYS_TR entity, ESYS_TR ps,
    ESYS_TR s);
TSS2_RC attacker_or(struct attacker *a, ESYS_TR ps,
    const struct policy *branch, size_t n);
TSS2_RC attacker_sign(struct attacker *a, ESYS_TR key, ESYS_TR s);
ESYS_TR attacker_load(struct attacker *a, const struct tpm_key *k);
ESYS_TR attacker_session(struct attacker *a, TPM2_SE type);
void attacker_flush(struct attacker *a, ESYS_TR tr);
void attacker_auth(struct attacker *a, ESYS_TR tr, struct bytes auth);

#endif
