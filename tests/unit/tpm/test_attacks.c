/* SPDX-License-Identifier: BSD-2-Clause */

/* Attacks on indices, keys and recovery by somebody who has the TPM and the
 * owner's empty authorisation but no PIN; docs/tpm.md has the table. */

#include "attacker.h"

#include <tss2/tss2_mu.h>

#include "tpm/recovery.h"
#include "tpm/session.h"

#define NO_SESSIONS ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE

/* Satisfies the index and uses the key in one go; the codes of PolicySecret,
 * PolicyOR and Sign. */
struct codes {
	TSS2_RC secret;
	TSS2_RC or;
	TSS2_RC sign;
};

static struct codes
sign_by(struct attacker *a, const struct fixture *f, ESYS_TR index)
{
	ESYS_TR ps = attacker_session(a, TPM2_SE_POLICY);
	ESYS_TR key = attacker_load(a, &f->key);
	struct codes c;

	c.secret = rc_base(attacker_secret(a, index, ps, ESYS_TR_PASSWORD));
	c.or = rc_base(attacker_or(a, ps, a->tree.key_branch, KEY_BRANCHES));
	c.sign = rc_base(attacker_sign(a, key, ps));
	attacker_flush(a, key);
	attacker_flush(a, ps);
	return c;
}

static void
the_attackers_tools_work_when_he_has_the_pin(void **state)
{
	struct fixture *f = *state;
	struct attacker a;
	struct codes c;
	ESYS_TR n;

	attacker_init(&a, f);
	n = attacker_index(&a, f->v.pin_index, "");
	attacker_auth(&a, n, secret_bytes(&f->pin));
	c = sign_by(&a, f, n);
	assert_int_equal(c.secret, 0);
	assert_int_equal(c.or, 0);
	assert_int_equal(c.sign, 0);
	attacker_done(&a);
}

/* Every way to give a counterfeit its first write. */
static void
assert_not_writable(struct attacker *a, ESYS_TR n, bool pin_index)
{
	ESYS_TR ps = attacker_session(a, TPM2_SE_POLICY);

	IS(TPM2_RC_NV_AUTHORIZATION, attacker_write(a, ESYS_TR_RH_OWNER, n,
	    ESYS_TR_PASSWORD));
	IS(TPM2_RC_AUTH_UNAVAILABLE, attacker_write(a, n, n,
	    ESYS_TR_PASSWORD));
	assert_int_equal(Esys_PolicyCommandCode(a->esys, ps, NO_SESSIONS,
	    TPM2_CC_NV_Write), 0);
	assert_int_equal(Esys_PolicyNvWritten(a->esys, ps, NO_SESSIONS,
	    TPM2_NO), 0);
	assert_int_equal(Esys_PolicyAuthValue(a->esys, ps, NO_SESSIONS), 0);
	IS(TPM2_RC_VALUE, pin_index ?
	    attacker_or(a, ps, a->tree.pin_branch, PIN_BRANCHES) :
	    attacker_or(a, ps, a->tree.login_branch, LOGIN_BRANCHES));
	IS(TPM2_RC_POLICY_FAIL, attacker_write(a, n, n, ps));
	attacker_flush(a, ps);
}

static void
a_pin_index_redefined_alike_opens_nothing(void **state)
{
	struct fixture *f = *state;
	auto_done(secret) evil = { 0 };
	struct attacker a;
	struct codes c;
	ESYS_TR n;

	attacker_init(&a, f);
	n = attacker_redefine(&a, &a.tree.pin.pub, a.tree.pin.pub.attributes);
	assert_not_writable(&a, n, true);
	c = sign_by(&a, f, n);
	assert_int_equal(c.secret, TPM2_RC_AUTH_UNAVAILABLE);
	assert_int_equal(c.or, TPM2_RC_VALUE);
	assert_int_equal(c.sign, TPM2_RC_POLICY_FAIL);
	secret_number(&evil, 1);
	FAILS_SAYING(SG_ENOENT, "another one in its place",
	    vault_login(f->t, &f->v, &evil, &f->login));
	FAILS(SG_ENOENT, vault_change(f->t, &f->v, &evil, &f->wrong));
	attacker_done(&a);

	/* What he gets is a denial of service, which recovery ends. */
	OK(vault_recover(f->t, &f->v, fixture_signer(f), &f->pin));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
}

static void
a_pin_index_that_its_owner_may_write_has_another_name(void **state)
{
	struct fixture *f = *state;
	struct attacker a;
	struct codes c;
	ESYS_TR n;

	attacker_init(&a, f);
	n = attacker_redefine(&a, &a.tree.pin.pub,
	    a.tree.pin.pub.attributes | TPMA_NV_OWNERWRITE);
	IS(0, attacker_write(&a, ESYS_TR_RH_OWNER, n, ESYS_TR_PASSWORD));
	c = sign_by(&a, f, n);
	assert_int_equal(c.secret, 0);
	assert_int_equal(c.or, TPM2_RC_VALUE);
	assert_int_equal(c.sign, TPM2_RC_POLICY_FAIL);
	FAILS(SG_ENOENT, vault_login(f->t, &f->v, &f->pin, &f->login));
	attacker_done(&a);
}

static void
an_ordinary_index_in_its_place_has_another_name(void **state)
{
	struct fixture *f = *state;
	struct attacker a;
	struct codes c;
	ESYS_TR n;

	attacker_init(&a, f);
	n = attacker_redefine(&a, &a.tree.pin.pub, TPMA_NV_OWNERWRITE |
	    TPMA_NV_AUTHREAD | TPMA_NV_OWNERREAD | TPMA_NV_NO_DA);
	IS(0, attacker_write(&a, ESYS_TR_RH_OWNER, n, ESYS_TR_PASSWORD));
	c = sign_by(&a, f, n);
	assert_int_equal(c.secret, 0);
	assert_int_equal(c.or, TPM2_RC_VALUE);
	assert_int_equal(c.sign, TPM2_RC_POLICY_FAIL);
	FAILS(SG_ENOENT, vault_login(f->t, &f->v, &f->pin, &f->login));
	attacker_done(&a);
}

static void
a_login_index_redefined_alike_arms_nothing(void **state)
{
	struct fixture *f = *state;
	struct attacker a;
	struct codes c;
	ESYS_TR l;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	attacker_init(&a, f);
	l = attacker_redefine(&a, &a.tree.login.pub,
	    a.tree.login.pub.attributes);
	assert_not_writable(&a, l, false);
	/* An unwritten ordinary index says yes, but as what it is. */
	c = sign_by(&a, f, l);
	assert_int_equal(c.secret, 0);
	assert_int_equal(c.or, TPM2_RC_VALUE);
	assert_int_equal(c.sign, TPM2_RC_POLICY_FAIL);
	FAILS(SG_ELOGIN, fixture_sign(f, &f->login));

	l = attacker_redefine(&a, &a.tree.login.pub,
	    a.tree.login.pub.attributes | TPMA_NV_OWNERWRITE);
	IS(0, attacker_write(&a, ESYS_TR_RH_OWNER, l, ESYS_TR_PASSWORD));
	c = sign_by(&a, f, l);
	assert_int_equal(c.or, TPM2_RC_VALUE);
	FAILS(SG_ELOGIN, fixture_sign(f, &f->login));

	/* His counterfeit is in the way, no more. */
	FAILS(SG_ENOENT, vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(vault_recover(f->t, &f->v, fixture_signer(f), &f->pin));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	attacker_done(&a);
}

static void
a_counterfeit_login_index_dies_with_the_pin(void **state)
{
	struct fixture *f = *state;
	struct attacker a;
	struct codes c;
	ESYS_TR l;

	/* Defined alike by him and armed by the victim's login, it has an
	 * auth that he no longer knows. */
	attacker_init(&a, f);
	(void)attacker_redefine(&a, &a.tree.login.pub,
	    a.tree.login.pub.attributes);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	attacker_done(&a);
	attacker_init(&a, f);
	l = attacker_index(&a, f->v.login_index, "evil");
	c = sign_by(&a, f, l);
	assert_int_equal(c.secret, TPM2_RC_BAD_AUTH);
	attacker_done(&a);
}

/* A recovery key in whose use somebody else gets a turn. */
struct turn {
	struct fixture *f;
	struct attacker *a;
	struct signer real;
	bool taken;
};

static enum sg_err
turn_sign(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	struct turn *turn = ctx;

	if (!turn->taken)
		(void)attacker_redefine(turn->a, &turn->a->tree.pin.pub,
		    turn->a->tree.pin.pub.attributes);
	turn->taken = true;
	return turn->real.ops->sign(turn->real.ctx, scheme, hash, digest, out);
}

static enum sg_err
turn_spki(void *ctx, struct buf *out)
{
	struct turn *turn = ctx;

	return turn->real.ops->spki(turn->real.ctx, out);
}

static void
an_index_swapped_before_its_first_write_is_not_written(void **state)
{
	static const struct signer_ops ops = { .sign = turn_sign,
		.spki = turn_spki };
	struct fixture *f = *state;
	struct attacker a;
	struct turn turn = { f, &a, fixture_signer(f), false };
	struct signer s = { &ops, &turn };
	struct codes c;
	ESYS_TR n;

	OK(vault_remove(f->t, &f->v));
	attacker_init(&a, f);
	/* The victim defines, the attacker swaps, the victim writes. */
	FAILS_SAYING(SG_ETPM, "authorisation value is wrong",
	    vault_make(f->t, &f->v, s, &f->pin));
	assert_true(turn.taken);
	n = attacker_define(&a, &a.tree.pin.pub, a.tree.pin.pub.attributes);
	c = sign_by(&a, f, n);
	assert_int_equal(c.secret, TPM2_RC_AUTH_UNAVAILABLE);
	attacker_done(&a);
}

static void
a_key_is_used_by_its_policy_only(void **state)
{
	const TPM2B_AUTH evil = { 4, "evil" };
	const TPM2B_DATA no_data = { 0 };
	const TPMT_SIG_SCHEME no_scheme = { .scheme = TPM2_ALG_NULL };
	struct fixture *f = *state;
	TPM2B_PRIVATE *priv = NULL;
	TPM2B_ATTEST *attest = NULL;
	TPMT_SIGNATURE *sig = NULL;
	struct attacker a;
	ESYS_TR key, srk, ps;

	attacker_init(&a, f);
	key = attacker_load(&a, &f->key);
	IS(TPM2_RC_AUTH_UNAVAILABLE, attacker_sign(&a, key, ESYS_TR_PASSWORD));
	ps = attacker_session(&a, TPM2_SE_HMAC);
	IS(TPM2_RC_AUTH_UNAVAILABLE, attacker_sign(&a, key, ps));
	attacker_flush(&a, ps);
	ps = attacker_session(&a, TPM2_SE_POLICY);
	IS(TPM2_RC_POLICY_FAIL, attacker_sign(&a, key, ps));
	assert_int_equal(Esys_PolicyAuthValue(a.esys, ps, NO_SESSIONS), 0);
	IS(TPM2_RC_POLICY_FAIL, attacker_sign(&a, key, ps));
	attacker_flush(&a, ps);

	assert_int_equal(Esys_TR_FromTPMPublic(a.esys, 0x81000001, NO_SESSIONS,
	    &srk), 0);
	IS(TPM2_RC_AUTH_TYPE, Esys_ObjectChangeAuth(a.esys, key, srk,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &evil, &priv));
	IS(TPM2_RC_AUTH_TYPE, Esys_Certify(a.esys, key, key, ESYS_TR_PASSWORD,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, &no_data, &no_scheme, &attest,
	    &sig));
	assert_int_equal(Esys_TR_Close(a.esys, &srk), 0);
	attacker_flush(&a, key);
	attacker_done(&a);
}

static void
a_key_cannot_leave_its_tpm(void **state)
{
	const TPM2B_DATA no_key = { 0 };
	const TPMT_SYM_DEF_OBJECT none = { .algorithm = TPM2_ALG_NULL };
	struct fixture *f = *state;
	TPM2B_DATA *out_key = NULL;
	TPM2B_PRIVATE *dup = NULL;
	TPM2B_ENCRYPTED_SECRET *seed = NULL;
	struct attacker a;
	ESYS_TR key, ps;

	attacker_init(&a, f);
	key = attacker_load(&a, &f->key);
	ps = attacker_session(&a, TPM2_SE_POLICY);
	assert_int_equal(Esys_PolicyCommandCode(a.esys, ps, NO_SESSIONS,
	    TPM2_CC_Duplicate), 0);
	/* The policy fails or the attribute does, whichever is looked at
	 * first; neither lets it go. */
	assert_int_not_equal(Esys_Duplicate(a.esys, key, ESYS_TR_RH_NULL, ps,
	    ESYS_TR_NONE, ESYS_TR_NONE, &no_key, &none, &out_key, &dup,
	    &seed), 0);
	assert_null(dup);
	attacker_flush(&a, ps);
	attacker_flush(&a, key);
	attacker_done(&a);
}

/* A recovery key that keeps what it signed. */
struct recorder {
	struct signer real;
	struct buf last;
};

static enum sg_err
recorder_sign(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	struct recorder *r = ctx;

	buf_done(&r->last);
	SG_TRY(r->real.ops->sign(r->real.ctx, scheme, hash, digest, &r->last));
	return buf_add_bytes(out, buf_bytes(&r->last));
}

static enum sg_err
recorder_spki(void *ctx, struct buf *out)
{
	struct recorder *r = ctx;

	return r->real.ops->spki(r->real.ctx, out);
}

static enum sg_err
replay_sign(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	struct recorder *r = ctx;

	(void)scheme;
	(void)hash;
	(void)digest;
	return buf_add_bytes(out, buf_bytes(&r->last));
}

static void
a_recovery_signature_works_once(void **state)
{
	static const struct signer_ops record = { .sign = recorder_sign,
		.spki = recorder_spki };
	static const struct signer_ops replay = { .sign = replay_sign,
		.spki = recorder_spki };
	struct fixture *f = *state;
	struct recorder r = { fixture_signer(f), { 0 } };
	struct vault_tries tries;

	OK(vault_recover(f->t, &f->v, (struct signer) { &record, &r },
	    &f->pin));
	FAILS_SAYING(SG_ETPM, "signature does not fit", vault_recover(f->t,
	    &f->v, (struct signer) { &replay, &r }, &f->wrong));
	buf_done(&r.last);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(vault_tries(f->t, &f->v, &tries));
	assert_int_equal(tries.used, 0);
}

/* The TPM takes the nonce that a caller names, also none at all; what counts
 * is that we sign with it. */
static void
a_recovery_signature_is_bound_to_its_nonce(void **state)
{
	static const struct signer_ops record = { .sign = recorder_sign,
		.spki = recorder_spki };
	struct fixture *f = *state;
	struct recorder r = { fixture_signer(f), { 0 } };
	auto_done(handle) ps = { 0 };
	uint8_t rs[VAULT_SIG_LEN];
	struct attacker a;

	OK(session_start(f->t, SESSION_PLAIN, &ps));
	OK(session_signed(&ps, &f->v, (struct signer) { &record, &r }));
	handle_done(&ps);
	OK(signature_parse(buf_bytes(&r.last), rs));
	buf_done(&r.last);

	attacker_init(&a, f);
	for (int fresh = 0; fresh < 2; fresh++) {
		TPMT_SIGNATURE sig = { .sigAlg = TPM2_ALG_ECDSA };
		const TPM2B_DIGEST no_cp_hash = { 0 };
		TPM2B_NONCE auto_esys *nonce = NULL;
		TPM2B_NONCE none = { 0 }, ref = { .size = VAULT_ID_LEN };
		auto_done(buf) area = { 0 };
		TPM2B_PUBLIC pub = { 0 };
		size_t n = 0;
		ESYS_TR key, s = attacker_session(&a, TPM2_SE_POLICY);

		sig.signature.ecdsa.hash = TPM2_ALG_SHA256;
		sig.signature.ecdsa.signatureR.size = 32;
		sig.signature.ecdsa.signatureS.size = 32;
		memcpy(sig.signature.ecdsa.signatureR.buffer, rs, 32);
		memcpy(sig.signature.ecdsa.signatureS.buffer, rs + 32, 32);
		memcpy(ref.buffer, f->v.id, VAULT_ID_LEN);
		OK(recovery_public(&f->v, &area));
		assert_int_equal(Tss2_MU_TPMT_PUBLIC_Unmarshal(area.p, area.n,
		    &n, &pub.publicArea), 0);
		assert_int_equal(Esys_LoadExternal(a.esys, NO_SESSIONS, NULL,
		    &pub, ESYS_TR_RH_OWNER, &key), 0);
		assert_int_equal(Esys_TRSess_GetNonceTPM(a.esys, s, &nonce),
		    0);
		assert_int_equal(Esys_PolicySigned(a.esys, key, s,
		    NO_SESSIONS, fresh ? nonce : &none, &no_cp_hash, &ref, 0,
		    &sig, NULL, NULL), 0x5db);
		attacker_flush(&a, key);
		attacker_flush(&a, s);
	}
	attacker_done(&a);
}

/* Somebody who knew the PIN has the TPM write down that he did. */
static void
ticket_take(struct attacker *a, const struct fixture *f,
    TPM2B_TIMEOUT **timeout, TPMT_TK_AUTH **ticket)
{
	const TPM2B_DIGEST no_cp_hash = { 0 };
	const TPM2B_NONCE no_ref = { 0 };
	TPM2B_NONCE auto_esys *nonce = NULL;
	ESYS_TR ps = attacker_session(a, TPM2_SE_POLICY);
	ESYS_TR n = attacker_index(a, f->v.pin_index, "");

	attacker_auth(a, n, secret_bytes(&f->pin));
	assert_int_equal(Esys_TRSess_GetNonceTPM(a->esys, ps, &nonce), 0);
	assert_int_equal(Esys_PolicySecret(a->esys, n, ps, ESYS_TR_PASSWORD,
	    ESYS_TR_NONE, ESYS_TR_NONE, nonce, &no_cp_hash, &no_ref, -1000000,
	    timeout, ticket), 0);
	attacker_flush(a, ps);
}

static TSS2_RC
ticket_sign(struct attacker *a, const struct fixture *f,
    const TPM2B_TIMEOUT *timeout, const TPMT_TK_AUTH *ticket)
{
	const TPM2B_DIGEST no_cp_hash = { 0 };
	const TPM2B_NONCE no_ref = { 0 };
	TPM2B_NAME name = { .size = TPM_NAME_LEN };
	ESYS_TR ps = attacker_session(a, TPM2_SE_POLICY);
	ESYS_TR key = attacker_load(a, &f->key);
	TSS2_RC rc;

	memcpy(name.name, a->tree.pin.name.d, TPM_NAME_LEN);
	rc = Esys_PolicyTicket(a->esys, ps, NO_SESSIONS, timeout, &no_cp_hash,
	    &no_ref, &name, ticket);
	if (rc == 0)
		rc = attacker_or(a, ps, a->tree.key_branch, KEY_BRANCHES);
	if (rc == 0)
		rc = attacker_sign(a, key, ps);
	attacker_flush(a, key);
	attacker_flush(a, ps);
	return rc;
}

/* No TPM prevents the first half; docs/tpm.md says so. */
static void
what_is_left_of_a_known_pin_ends_with_the_tpms_power(void **state)
{
	struct fixture *f = *state;
	TPM2B_TIMEOUT auto_esys *timeout = NULL;
	TPMT_TK_AUTH auto_esys *ticket = NULL;
	struct attacker a;

	attacker_init(&a, f);
	ticket_take(&a, f, &timeout, &ticket);
	OK(vault_change(f->t, &f->v, &f->pin, &f->wrong));
	assert_int_equal(ticket_sign(&a, f, timeout, ticket), 0);
	attacker_done(&a);
	fixture_reset(f);
	attacker_init(&a, f);
	assert_int_not_equal(ticket_sign(&a, f, timeout, ticket), 0);
	attacker_done(&a);
}

static void
another_recovery_key_recovers_nothing(void **state)
{
	struct fixture *f = *state;
	auto_free(pkey) other = NULL;
	struct vault forged = f->v;

	OK(pkey_new_p256(&other));
	FAILS(SG_EPIN, vault_recover(f->t, &f->v, pkey_signer(other),
	    &f->wrong));
	/* With his own key's point in the file he has other policies. */
	OK(pkey_point(other, forged.recovery_x, forged.recovery_y));
	FAILS(SG_ENOENT, vault_login(f->t, &forged, &f->pin, &f->login));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, attack_teardown)
	const struct CMUnitTest tests[] = {
		CASE(the_attackers_tools_work_when_he_has_the_pin),
		CASE(a_pin_index_redefined_alike_opens_nothing),
		CASE(a_pin_index_that_its_owner_may_write_has_another_name),
		CASE(an_ordinary_index_in_its_place_has_another_name),
		CASE(a_login_index_redefined_alike_arms_nothing),
		CASE(a_counterfeit_login_index_dies_with_the_pin),
		CASE(an_index_swapped_before_its_first_write_is_not_written),
		CASE(a_key_is_used_by_its_policy_only),
		CASE(a_key_cannot_leave_its_tpm),
		CASE(a_recovery_signature_works_once),
		CASE(a_recovery_signature_is_bound_to_its_nonce),
		CASE(what_is_left_of_a_known_pin_ends_with_the_tpms_power),
		CASE(another_recovery_key_recovers_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
