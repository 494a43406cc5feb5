/* SPDX-License-Identifier: BSD-2-Clause */
#include "attacker.h"

#define NO_SESSIONS ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE

static void
a_tpm_that_is_not_there_is_named(void **state)
{
	struct tpm *t = NULL;

	(void)state;
	tpm_quiet();
	FAILS_SAYING(SG_ETPM, "swtpm:path=/nonexistent/socket",
	    tpm_open(&t, "swtpm:path=/nonexistent/socket"));
	FAILS_SAYING(SG_ETPM, "cannot be reached", tpm_open(&t, "nonsense:1"));
	assert_null(t);
	tpm_free(t);
}

static void
the_info_is_the_tpms(void **state)
{
	struct fixture *f = *state;
	struct tpm_info info;

	OK(tpm_info(f->t, &info));
	assert_string_equal(info.maker, "IBM");
	assert_non_null(strchr(info.firmware, '.'));
	assert_false(info.in_lockout);
	assert_int_equal(info.lockout_counter, 0);
}

static void
every_command_is_counted(void **state)
{
	struct fixture *f = *state;
	unsigned long before = tpm_commands(f->t);
	struct tpm_info info;

	OK(tpm_info(f->t, &info));
	assert_int_equal(tpm_commands(f->t) - before, 5);
}

static void
the_storage_root_key_is_made_once(void **state)
{
	struct fixture *f = *state;
	uint8_t name[TPM_NAME_LEN];

	memcpy(name, tpm_srk_name(f->t).p, sizeof(name));
	assert_memory_equal(name, f->v.srk_name, sizeof(name));
	fixture_reset(f);
	assert_memory_equal(name, tpm_srk_name(f->t).p, sizeof(name));
}

static void
a_tpm_that_stops_is_gone(void **state)
{
	struct fixture *f = *state;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	assert_false(tpm_gone(f->t));
	swtpm_kill(&f->swtpm);
	FAILS_SAYING(SG_ETPM, "lost", fixture_sign(f, &f->login));
	assert_true(tpm_gone(f->t));
	FAILS_SAYING(SG_ETPM, "lost", vault_login(f->t, &f->v, &f->pin,
	    &f->login));
	swtpm_run(&f->swtpm);
	/* A connection that broke does not heal. */
	FAILS(SG_ETPM, fixture_sign(f, &f->login));
	fixture_reconnect(f);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
}

static void
a_tpm_that_was_reset_behind_us_is_gone(void **state)
{
	struct fixture *f = *state;

	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	swtpm_kill(&f->swtpm);
	swtpm_run(&f->swtpm);
	FAILS_SAYING(SG_ETPM, "reset", fixture_sign(f, &f->login));
	assert_true(tpm_gone(f->t));
	fixture_reconnect(f);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
}

static void
what_a_dead_client_left_is_cleared(void **state)
{
	struct fixture *f = *state;
	struct attacker dead;
	ESYS_TR ps;

	tpm_free(f->t);
	f->t = NULL;
	attacker_init(&dead, f);
	/* All three places of each kind. */
	for (int i = 0; i < 2; i++) {
		(void)attacker_load(&dead, &f->key);
		(void)attacker_session(&dead, TPM2_SE_HMAC);
	}
	ps = attacker_session(&dead, TPM2_SE_POLICY);
	assert_int_not_equal(ps, ESYS_TR_NONE);
	attacker_done(&dead);
	OK(tpm_open(&f->t, f->swtpm.tcti));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
}

static void
an_owner_password_is_explained(void **state)
{
	const TPM2B_AUTH password = { 6, "secret" };
	struct fixture *f = *state;
	struct vault_tries tries;
	struct vault other;
	struct attacker a;

	attacker_init(&a, f);
	assert_int_equal(Esys_HierarchyChangeAuth(a.esys, ESYS_TR_RH_OWNER,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &password), 0);
	attacker_done(&a);
	OK(vault_plan(f->t, fixture_signer(f), TRIES, &other));
	FAILS_SAYING(SG_ETPM, "owner hierarchy has a password",
	    vault_make(f->t, &other, fixture_signer(f), &f->pin));

	/* What was made before goes on; only the count cannot be read. */
	FAILS(SG_EPIN, vault_login(f->t, &f->v, &f->wrong, &f->login));
	OK(vault_tries(f->t, &f->v, &tries));
	assert_false(tries.known);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	OK(vault_change(f->t, &f->v, &f->pin, &f->wrong));
	OK(vault_recover(f->t, &f->v, fixture_signer(f), &f->pin));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
}

static void
a_cleared_tpm_is_explained(void **state)
{
	struct fixture *f = *state;
	struct attacker a;

	attacker_init(&a, f);
	assert_int_equal(Esys_Clear(a.esys, ESYS_TR_RH_LOCKOUT,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE), 0);
	attacker_done(&a);
	fixture_reconnect(f);
	FAILS_SAYING(SG_ENOENT, "cleared", vault_login(f->t, &f->v, &f->pin,
	    &f->login));
	FAILS_SAYING(SG_ENOENT, "cleared", vault_recover(f->t, &f->v,
	    fixture_signer(f), &f->pin));
}

/* Puts another persistent object in the storage root key's place. */
static void
replace_srk(const struct fixture *f, const TPM2B_PUBLIC *template)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA no_data = { 0 };
	const TPML_PCR_SELECTION no_pcr = { 0 };
	struct attacker a;
	ESYS_TR srk, key;

	attacker_init(&a, f);
	assert_int_equal(Esys_TR_FromTPMPublic(a.esys, 0x81000001,
	    NO_SESSIONS, &srk), 0);
	assert_int_equal(Esys_EvictControl(a.esys, ESYS_TR_RH_OWNER, srk,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, 0x81000001, &key),
	    0);
	assert_int_equal(Esys_CreatePrimary(a.esys, ESYS_TR_RH_OWNER,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
	    template, &no_data, &no_pcr, &key, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(Esys_EvictControl(a.esys, ESYS_TR_RH_OWNER, key,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, 0x81000001, &srk),
	    0);
	attacker_flush(&a, key);
	attacker_done(&a);
}

static void
a_signing_key_is_no_storage_root_key(void **state)
{
	const TPM2B_PUBLIC signing = { .publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM |
		    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
		    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT,
		.parameters.eccDetail = {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
	} };
	struct fixture *f = *state;

	replace_srk(f, &signing);
	tpm_free(f->t);
	f->t = NULL;
	FAILS_SAYING(SG_ETPM, "is not a storage root key",
	    tpm_open(&f->t, f->swtpm.tcti));
}

static void
an_rsa_storage_root_key_serves_as_well(void **state)
{
	const TPM2B_PUBLIC rsa = { .publicArea = {
		.type = TPM2_ALG_RSA,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM |
		    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
		    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
		    TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
		.parameters.rsaDetail = {
			.symmetric = {
				.algorithm = TPM2_ALG_AES,
				.keyBits.aes = 128,
				.mode.aes = TPM2_ALG_CFB,
			},
			.scheme.scheme = TPM2_ALG_NULL,
			.keyBits = 2048,
		},
	} };
	struct fixture *f = *state;
	struct vault v;

	replace_srk(f, &rsa);
	fixture_reconnect(f);
	FAILS_SAYING(SG_ENOENT, "storage root key",
	    vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(vault_plan(f->t, fixture_signer(f), TRIES, &v));
	OK(vault_make(f->t, &v, fixture_signer(f), &f->pin));
	f->v = v;
	tpm_key_done(&f->key);
	OK(tpm_key_make(f->t, &f->v, TPM_KEY_P256, &f->key));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
}

/* Somebody else's wrong guesses put the whole TPM into its lockout. */
static void
the_global_lockout_stops_no_container(void **state)
{
	struct fixture *f = *state;
	struct tpm_info info;
	struct nv_public pub;
	struct attacker a;
	ESYS_TR guarded;

	attacker_init(&a, f);
	pub = a.tree.pin.pub;
	pub.index = 0x01800000;
	guarded = attacker_define(&a, &pub, TPMA_NV_OWNERWRITE |
	    TPMA_NV_AUTHREAD);
	IS(0, attacker_write(&a, ESYS_TR_RH_OWNER, guarded,
	    ESYS_TR_PASSWORD));
	attacker_auth(&a, guarded, bytes_str("guess"));
	for (int i = 0; i < 8; i++) {
		TPM2B_MAX_NV_BUFFER *data = NULL;

		assert_int_not_equal(Esys_NV_Read(a.esys, guarded, guarded,
		    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, 8, 0, &data),
		    0);
	}
	attacker_done(&a);
	OK(tpm_info(f->t, &info));
	assert_true(info.in_lockout);
	assert_true(info.lockout_counter > 0);
	FAILS(SG_EPIN, vault_login(f->t, &f->v, &f->wrong, &f->login));
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(fixture_sign(f, &f->login));
	OK(vault_change(f->t, &f->v, &f->pin, &f->wrong));
	OK(vault_recover(f->t, &f->v, fixture_signer(f), &f->pin));
}

static void
codes_lose_their_numbers(void **state)
{
	(void)state;
	assert_int_equal(rc_base(0x9a2), TPM2_RC_BAD_AUTH);
	assert_int_equal(rc_base(0xaa2), TPM2_RC_BAD_AUTH);
	assert_int_equal(rc_base(0x1c4), TPM2_RC_VALUE);
	assert_int_equal(rc_base(0x2c4), TPM2_RC_VALUE);
	assert_int_equal(rc_base(0x184), TPM2_RC_VALUE);
	assert_int_equal(rc_base(0x12f), TPM2_RC_AUTH_UNAVAILABLE);
	assert_int_equal(rc_base(0x149), TPM2_RC_NV_AUTHORIZATION);
	assert_int_equal(rc_base(0x921), TPM2_RC_LOCKOUT);
	/* through a resource manager */
	assert_int_equal(rc_base(0xb09a2), TPM2_RC_BAD_AUTH);
	/* of tss2 itself */
	assert_int_equal(rc_base(0x70014), 0x70014);
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tpm_that_is_not_there_is_named),
		CASE(the_info_is_the_tpms),
		CASE(every_command_is_counted),
		CASE(the_storage_root_key_is_made_once),
		CASE(a_tpm_that_stops_is_gone),
		CASE(a_tpm_that_was_reset_behind_us_is_gone),
		CASE(what_a_dead_client_left_is_cleared),
		CASE(an_owner_password_is_explained),
		CASE(a_cleared_tpm_is_explained),
		CASE(a_signing_key_is_no_storage_root_key),
		CASE(an_rsa_storage_root_key_serves_as_well),
		CASE(the_global_lockout_stops_no_container),
		cmocka_unit_test(codes_lose_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
