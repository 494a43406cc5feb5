/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Guessing the PIN through everything that looks at the PIN index's auth, also
 * what a TPM's makers may have forgotten to count.  The right value is among
 * the guesses, far beyond the limit: no way may find it.
 */

#include "attacker.h"

#include <tss2/tss2_mu.h>

#include "tpm/recovery.h"

#define NO_SESSIONS	ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE
#define GUESSES		400
#define RIGHT		250	/* where the right one is tried */

struct guesser {
	struct fixture *f;
	struct attacker a;
	ESYS_TR n;
	TPMT_TK_VERIFIED *ticket;	/* of the approval */
};

/* One guess; 0 would be success. */
typedef TSS2_RC guess(struct guesser *g);

static void
guess_set(struct guesser *g, unsigned i)
{
	auto_done(secret) s = { 0 };

	secret_number(&s, i == RIGHT ? 123456 : 1000000 + i);
	attacker_auth(&g->a, g->n, secret_bytes(&s));
}

static void
assert_never_found(struct fixture *f, guess *try)
{
	struct guesser g = { .f = f };
	struct vault_tries tries;

	attacker_init(&g.a, f);
	g.n = attacker_index(&g.a, f->v.pin_index, "");
	for (unsigned i = 0; i < GUESSES; i++) {
		guess_set(&g, i);
		if (try(&g) == TPM2_RC_SUCCESS)
			fail_msg("guess %u is taken for the PIN", i);
	}
	Esys_Free(g.ticket);
	attacker_done(&g.a);
	OK(vault_tries(f->t, &f->v, &tries));
	assert_true(tries.known);
	assert_in_range(tries.used, 0, TRIES);
	if (tries.used == TRIES)
		FAILS(SG_EBLOCKED, vault_login(f->t, &f->v, &f->pin,
		    &f->login));
	else
		OK(vault_login(f->t, &f->v, &f->pin, &f->login));
}

/* The test's own test: what may succeed does, with the right value. */
static void
assert_found(struct fixture *f, guess *try)
{
	struct guesser g = { .f = f };

	attacker_init(&g.a, f);
	g.n = attacker_index(&g.a, f->v.pin_index, "");
	guess_set(&g, RIGHT);
	assert_int_equal(try(&g), 0);
	attacker_done(&g.a);
}

static TSS2_RC
by_password(struct guesser *g)
{
	ESYS_TR ps = attacker_session(&g->a, TPM2_SE_POLICY);
	TSS2_RC rc = attacker_secret(&g->a, g->n, ps, ESYS_TR_PASSWORD);

	attacker_flush(&g->a, ps);
	return rc;
}

static void
policy_secret_with_a_password(void **state)
{
	assert_never_found(*state, by_password);
}

static TSS2_RC
by_hmac(struct guesser *g)
{
	ESYS_TR ps = attacker_session(&g->a, TPM2_SE_POLICY);
	ESYS_TR s = attacker_session(&g->a, TPM2_SE_HMAC);
	TSS2_RC rc = attacker_secret(&g->a, g->n, ps, s);

	attacker_flush(&g->a, s);
	attacker_flush(&g->a, ps);
	return rc;
}

static void
policy_secret_with_an_hmac(void **state)
{
	assert_never_found(*state, by_hmac);
}

static TSS2_RC
by_reading(struct guesser *g)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	TSS2_RC rc = Esys_NV_Read(g->a.esys, g->n, g->n, ESYS_TR_PASSWORD,
	    ESYS_TR_NONE, ESYS_TR_NONE, 8, 0, &data);

	Esys_Free(data);
	return rc;
}

static void
reading_with_the_auth(void **state)
{
	assert_never_found(*state, by_reading);
}

static TSS2_RC
by_writing(struct guesser *g)
{
	return attacker_write(&g->a, g->n, g->n, ESYS_TR_PASSWORD);
}

static void
writing_with_the_auth(void **state)
{
	assert_never_found(*state, by_writing);
}

static TSS2_RC
by_binding(struct guesser *g)
{
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	TPM2B_MAX_NV_BUFFER *data = NULL;
	ESYS_TR s;
	TSS2_RC rc = Esys_StartAuthSession(g->a.esys, ESYS_TR_NONE, g->n,
	    NO_SESSIONS, NULL, TPM2_SE_HMAC, &none, TPM2_ALG_SHA256, &s);

	if (rc != TPM2_RC_SUCCESS)
		return rc;
	rc = Esys_NV_Read(g->a.esys, g->n, g->n, s, ESYS_TR_NONE,
	    ESYS_TR_NONE, 8, 0, &data);
	Esys_Free(data);
	/* The session may have ended with the command. */
	(void)Esys_FlushContext(g->a.esys, s);
	return rc;
}

static void
a_session_bound_to_the_index(void **state)
{
	assert_never_found(*state, by_binding);
}

static TSS2_RC
secret_by_policy(struct guesser *g, bool password)
{
	ESYS_TR ps = attacker_session(&g->a, TPM2_SE_POLICY);
	ESYS_TR by = attacker_session(&g->a, TPM2_SE_POLICY);
	TSS2_RC rc = password ?
	    Esys_PolicyPassword(g->a.esys, by, NO_SESSIONS) :
	    Esys_PolicyAuthValue(g->a.esys, by, NO_SESSIONS);

	assert_int_equal(rc, 0);
	rc = attacker_secret(&g->a, g->n, ps, by);
	attacker_flush(&g->a, by);
	attacker_flush(&g->a, ps);
	return rc;
}

static TSS2_RC
by_policy_auth_value(struct guesser *g)
{
	return secret_by_policy(g, false);
}

static TSS2_RC
by_policy_password(struct guesser *g)
{
	return secret_by_policy(g, true);
}

static void
policy_secret_by_a_policy_session_with_auth_value(void **state)
{
	assert_never_found(*state, by_policy_auth_value);
}

static void
policy_secret_by_a_policy_session_with_password(void **state)
{
	assert_never_found(*state, by_policy_password);
}

/* The branch that a PIN index must never have: libtpms 0.9 counts, but does
 * not stop, what PolicyAuthValue checks at NV_ChangeAuth. */
static TSS2_RC
by_changing(struct guesser *g)
{
	const TPM2B_AUTH evil = { 4, "evil" };
	ESYS_TR ps = attacker_session(&g->a, TPM2_SE_POLICY);
	TSS2_RC rc;

	assert_int_equal(Esys_PolicyCommandCode(g->a.esys, ps, NO_SESSIONS,
	    TPM2_CC_NV_ChangeAuth), 0);
	assert_int_equal(Esys_PolicyAuthValue(g->a.esys, ps, NO_SESSIONS), 0);
	assert_int_not_equal(attacker_or(&g->a, ps, g->a.tree.pin_branch,
	    PIN_BRANCHES), 0);
	rc = Esys_NV_ChangeAuth(g->a.esys, g->n, ps, ESYS_TR_NONE,
	    ESYS_TR_NONE, &evil);
	attacker_flush(&g->a, ps);
	return rc;
}

static void
changing_with_policy_auth_value(void **state)
{
	assert_never_found(*state, by_changing);
}

static TSS2_RC
by_first_write(struct guesser *g)
{
	ESYS_TR ps = attacker_session(&g->a, TPM2_SE_POLICY);
	TSS2_RC rc;

	assert_int_equal(Esys_PolicyCommandCode(g->a.esys, ps, NO_SESSIONS,
	    TPM2_CC_NV_Write), 0);
	assert_int_equal(Esys_PolicyAuthValue(g->a.esys, ps, NO_SESSIONS), 0);
	rc = attacker_write(&g->a, g->n, g->n, ps);
	attacker_flush(&g->a, ps);
	return rc;
}

static void
writing_with_policy_auth_value(void **state)
{
	assert_never_found(*state, by_first_write);
}

static void
ticket_get(struct guesser *g)
{
	TPM2B_DIGEST digest = { .size = SHA256_LEN };
	TPMT_SIGNATURE sig = { .sigAlg = TPM2_ALG_ECDSA };
	auto_done(buf) area = { 0 };
	TPM2B_PUBLIC pub = { 0 };
	size_t n = 0;
	ESYS_TR key;

	OK(tree_approval_digest(&g->a.tree, digest.buffer));
	sig.signature.ecdsa.hash = TPM2_ALG_SHA256;
	sig.signature.ecdsa.signatureR.size = 32;
	sig.signature.ecdsa.signatureS.size = 32;
	memcpy(sig.signature.ecdsa.signatureR.buffer, g->f->v.approval, 32);
	memcpy(sig.signature.ecdsa.signatureS.buffer, g->f->v.approval + 32,
	    32);
	OK(recovery_public(&g->f->v, &area));
	assert_int_equal(Tss2_MU_TPMT_PUBLIC_Unmarshal(area.p, area.n, &n,
	    &pub.publicArea), 0);
	assert_int_equal(Esys_LoadExternal(g->a.esys, NO_SESSIONS, NULL, &pub,
	    ESYS_TR_RH_OWNER, &key), 0);
	assert_int_equal(Esys_VerifySignature(g->a.esys, key, NO_SESSIONS,
	    &digest, &sig, &g->ticket), 0);
	attacker_flush(&g->a, key);
}

/* The branch by which the person changes the PIN, with a guess for it; and
 * when the guess is refused, the rest all the same. */
static TSS2_RC
by_approval(struct guesser *g)
{
	const TPM2B_AUTH evil = { 4, "evil" };
	TPM2B_DIGEST approved = { .size = SHA256_LEN };
	TPM2B_NONCE ref = { .size = CHANGE_REF_LEN };
	TPM2B_NAME name = { .size = TPM_NAME_LEN };
	ESYS_TR ps = attacker_session(&g->a, TPM2_SE_POLICY);
	TSS2_RC rc;

	if (g->ticket == NULL)
		ticket_get(g);
	memcpy(approved.buffer, g->a.tree.approved.d, SHA256_LEN);
	memcpy(ref.buffer, g->a.tree.change_ref, CHANGE_REF_LEN);
	memcpy(name.name, g->a.tree.recovery.d, TPM_NAME_LEN);
	assert_int_equal(Esys_PolicyCommandCode(g->a.esys, ps, NO_SESSIONS,
	    TPM2_CC_NV_ChangeAuth), 0);
	(void)attacker_secret(&g->a, g->n, ps, ESYS_TR_PASSWORD);
	(void)Esys_PolicyAuthorize(g->a.esys, ps, NO_SESSIONS, &approved, &ref,
	    &name, g->ticket);
	(void)attacker_or(&g->a, ps, g->a.tree.pin_branch, PIN_BRANCHES);
	rc = Esys_NV_ChangeAuth(g->a.esys, g->n, ps, ESYS_TR_NONE,
	    ESYS_TR_NONE, &evil);
	attacker_flush(&g->a, ps);
	return rc;
}

static void
changing_with_the_approval(void **state)
{
	assert_never_found(*state, by_approval);
}

static void
the_right_value_would_be_found(void **state)
{
	assert_found(*state, by_password);
	assert_found(*state, by_hmac);
	assert_found(*state, by_reading);
}

/* The same for the way that is shut by not having the branch. */
static void
a_policy_with_the_forbidden_branch_would_be_used(void **state)
{
	struct fixture *f = *state;
	struct guesser g = { .f = f };
	struct nv_public pub;

	attacker_init(&g.a, f);
	pub = g.a.tree.pin.pub;
	attacker_undefine(&g.a, pub.index);
	pub.policy = (struct policy) { 0 };
	OK(policy_command(&pub.policy, TPM2_CC_NV_ChangeAuth));
	OK(policy_auth(&pub.policy));
	g.n = attacker_define(&g.a, &pub, pub.attributes |
	    TPMA_NV_OWNERWRITE);
	assert_int_equal(attacker_write(&g.a, ESYS_TR_RH_OWNER, g.n,
	    ESYS_TR_PASSWORD), 0);
	attacker_auth(&g.a, g.n, bytes_str("wrong"));
	assert_int_not_equal(by_changing(&g), 0);
	attacker_auth(&g.a, g.n, bytes_str("evil"));
	assert_int_equal(by_changing(&g), 0);
	attacker_done(&g.a);
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, attack_teardown)
	const struct CMUnitTest tests[] = {
		CASE(the_right_value_would_be_found),
		CASE(a_policy_with_the_forbidden_branch_would_be_used),
		CASE(policy_secret_with_a_password),
		CASE(policy_secret_with_an_hmac),
		CASE(reading_with_the_auth),
		CASE(writing_with_the_auth),
		CASE(a_session_bound_to_the_index),
		CASE(policy_secret_by_a_policy_session_with_auth_value),
		CASE(policy_secret_by_a_policy_session_with_password),
		CASE(changing_with_policy_auth_value),
		CASE(writing_with_policy_auth_value),
		CASE(changing_with_the_approval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
