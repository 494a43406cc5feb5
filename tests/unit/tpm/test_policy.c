/* SPDX-License-Identifier: BSD-2-Clause */
#include "swtpm.h"

#include "base/text.h"
#include "tpm/nv.h"
#include "tpm/recovery.h"
#include "tpm/session.h"

static void
assert_digest(const struct policy *p, const char *hex)
{
	auto_str have = NULL;

	OK(hex_encode(&have, policy_bytes(p)));
	assert_string_equal(have, hex);
}

static void
digest_set(struct policy *p, const char *hex)
{
	auto_done(buf) b = { 0 };

	OK(hex_decode(&b, hex));
	assert_int_equal(b.n, sizeof(p->d));
	memcpy(p->d, b.p, b.n);
}

/* A Name of 000b and then 00 01 02 ...; the digests below were computed from
 * the formulas of Part 3 by another program (Python's hashlib). */
static struct name
some_name(void)
{
	struct name n = { { 0x00, 0x0b } };

	for (size_t i = 2; i < sizeof(n.d); i++)
		n.d[i] = (uint8_t)(i - 2);
	return n;
}

static void
single_steps_match_vectors(void **state)
{
	const struct name n = some_name();
	struct policy p = { 0 };

	(void)state;
	OK(policy_auth(&p));
	assert_digest(&p, "8fcd2169ab92694e0c633f1ab772842b"
	    "8241bbc20288981fc7ac1eddc1fddb0e");
	p = (struct policy) { 0 };
	OK(policy_command(&p, TPM2_CC_NV_Write));
	assert_digest(&p, "1c4f7107dcaf23ce0075644850855868"
	    "3104bd9e203e93749c227b451270438f");
	OK(policy_written(&p, false));
	assert_digest(&p, "b7afecee9bf7bcbd5078f264de85f7e3"
	    "61dc84f745da7efa34e91fdaf200ee9b");
	OK(policy_written(&p, true));
	assert_digest(&p, "5d7ea15f611ed4677245140d4392063d"
	    "2a22fd4528f71ab828d99744cdf71de0");
	OK(policy_secret(&p, &n));
	assert_digest(&p, "d593b194481c08c89c44085b7c7fa5d3"
	    "3ea3642de3fba4606423383795c3f8e7");
	OK(policy_signed(&p, &n, bytes_str("ref")));
	assert_digest(&p, "63448d8385f35867f701f41eff0a8776"
	    "835af837f5bfd8761f155e4beb00d908");
	OK(policy_authorize(&p, &n, bytes_str("ref")));
	assert_digest(&p, "d8cd76ed3494215408397c2c841f48be"
	    "347e2de69b56333d81d4904e04d6a2ec");
}

/* TCG EK Credential Profile 2.3, annex B.6: PolicyB is A or C. */
static void
a_choice_matches_the_endorsement_keys_policy(void **state)
{
	struct policy branch[2], p = { 0 };

	(void)state;
	digest_set(&branch[0], "837197674484b3f81a90cc8d46a5d724"
	    "fd52d76e06520b64f2a1da1b331469aa");
	digest_set(&branch[1], "3767e2edd43ff45a3a7e1eaefcef7864"
	    "3dca964632e7aad82c673a30d8633fde");
	OK(policy_or(&p, branch, 2));
	assert_digest(&p, "ca3d0a99a2b93906f7a3342414efcfb3"
	    "a385d44cd1fd459089d19b5071c0b7a0");
	FAILS(SG_EINTERNAL, policy_or(&p, branch, 1));
	FAILS(SG_EINTERNAL, policy_or(&p, branch, POLICY_BRANCH_MAX + 1));
}

static void
an_index_is_named_after_its_public_area(void **state)
{
	struct nv_public pub = { 0x01812345, 0x02060088, { { 0 } }, 8 };
	auto_str hex = NULL;
	struct name n;

	(void)state;
	OK(nv_name(&pub, &n));
	OK(hex_encode(&hex, name_bytes(&n)));
	assert_string_equal(hex, "000ba9e6112665b878d4fd7a4b9ba0ef59"
	    "5897b56c49209840e9efeae4a5513de635");
}

static void
trial(struct fixture *f, struct handle *out)
{
	ESYS_TR tr;

	OK(tpm_session_start(f->t, TPM2_SE_TRIAL, false, &tr));
	*out = (struct handle) { f->t, tr, HANDLE_FLUSH };
}

static void
assert_tpm_says(const struct handle *ps, const struct policy *p)
{
	TPM2B_DIGEST auto_esys *d = NULL;

	assert_int_equal(Esys_PolicyGetDigest(ps->t->esys, ps->tr,
	    ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &d), 0);
	assert_true(bytes_eq(bytes_of(d->buffer, d->size), policy_bytes(p)));
}

static void
the_tpm_computes_the_same_pin_branches(void **state)
{
	struct fixture *f = *state;
	auto_done(handle) w1 = { 0 };
	struct tree tree;

	OK(tree_of(&f->v, &tree));
	trial(f, &w1);
	OK(session_command(&w1, TPM2_CC_NV_Write));
	OK(session_written(&w1, false));
	OK(session_signed(&w1, &f->v, fixture_signer(f)));
	OK(session_auth(&w1));
	assert_tpm_says(&w1, &tree.pin_branch[PIN_FIRST_WRITE]);
	handle_done(&w1);

	auto_done(handle) w2 = { 0 };
	trial(f, &w2);
	OK(session_command(&w2, TPM2_CC_NV_Write));
	OK(session_written(&w2, true));
	OK(session_signed(&w2, &f->v, fixture_signer(f)));
	assert_tpm_says(&w2, &tree.pin_branch[PIN_UNBLOCK]);
	handle_done(&w2);

	auto_done(handle) r = { 0 };
	trial(f, &r);
	OK(session_command(&r, TPM2_CC_NV_ChangeAuth));
	OK(session_signed(&r, &f->v, fixture_signer(f)));
	assert_tpm_says(&r, &tree.pin_branch[PIN_RESET]);
	OK(session_or(&r, tree.pin_branch, PIN_BRANCHES));
	assert_tpm_says(&r, &tree.pin.pub.policy);
	handle_done(&r);

	auto_done(handle) pa = { 0 };
	trial(f, &pa);
	OK(session_authorize(&pa, &f->v, &tree));
	assert_tpm_says(&pa, &tree.pin_branch[PIN_CHANGE]);
}

static void
the_tpm_computes_the_same_login_branches(void **state)
{
	struct fixture *f = *state;
	auto_done(handle) pin = { 0 };
	auto_done(handle) ps = { 0 };
	struct tree tree;
	struct name name;

	OK(tree_of(&f->v, &tree));
	OK(nv_find(f->t, f->v.pin_index, &pin, &name));
	assert_true(bytes_eq(name_bytes(&name), name_bytes(&tree.pin.name)));
	OK(nv_auth_set(&pin, &f->pin));
	trial(f, &ps);
	OK(session_command(&ps, TPM2_CC_NV_Write));
	OK(session_written(&ps, false));
	OK(session_secret(&ps, &pin));
	OK(session_auth(&ps));
	assert_tpm_says(&ps, &tree.login_branch[LOGIN_ARM]);
	handle_done(&ps);
	trial(f, &ps);
	OK(session_command(&ps, TPM2_CC_NV_ChangeAuth));
	OK(session_secret(&ps, &pin));
	assert_tpm_says(&ps, &tree.login_branch[LOGIN_FRESH]);
	assert_tpm_says(&ps, &tree.approved);
	OK(session_or(&ps, tree.login_branch, LOGIN_BRANCHES));
	assert_tpm_says(&ps, &tree.login.pub.policy);
}

static void
the_tpm_gives_the_same_names(void **state)
{
	struct fixture *f = *state;
	auto_done(handle) login = { 0 };
	struct tree tree;
	struct name name;

	OK(tree_of(&f->v, &tree));
	OK(nv_find(f->t, f->v.login_index, &login, &name));
	assert_true(bytes_eq(name_bytes(&name),
	    name_bytes(&tree.login.unwritten)));
	handle_done(&login);
	OK(vault_login(f->t, &f->v, &f->pin, &f->login));
	OK(nv_find(f->t, f->v.login_index, &login, &name));
	assert_true(bytes_eq(name_bytes(&name), name_bytes(&tree.login.name)));
}

static void
good_signatures_are_parsed(void **state)
{
	static const uint8_t short_r[] = { 0x30, 0x07, 0x02, 0x01, 0x05, 0x02,
		0x02, 0x00, 0x80 };
	uint8_t rs[VAULT_SIG_LEN];

	(void)state;
	OK(signature_parse(bytes_of(short_r, sizeof(short_r)), rs));
	for (size_t i = 0; i < sizeof(rs); i++)
		assert_int_equal(rs[i], i == 31 ? 0x05 : i == 63 ? 0x80 : 0);
}

static void
bad_signatures_are_refused(void **state)
{
	static const struct {
		size_t n;
		uint8_t p[12];
	} bad[] = {
		{ 0, { 0 } },
		{ 2, { 0x30, 0x00 } },
		{ 8, { 0x31, 0x06, 2, 1, 5, 2, 1, 6 } },	/* tag */
		{ 8, { 0x30, 0x07, 2, 1, 5, 2, 1, 6 } },	/* length */
		{ 9, { 0x30, 0x81, 0x06, 2, 1, 5, 2, 1, 6 } },	/* long */
		{ 9, { 0x30, 0x06, 2, 1, 5, 2, 1, 6, 0 } },	/* a tail */
		{ 9, { 0x30, 0x07, 2, 1, 5, 2, 1, 6, 0 } },	/* inside */
		{ 8, { 0x30, 0x06, 2, 1, 0x85, 2, 1, 6 } },	/* negative */
		{ 8, { 0x30, 0x06, 2, 1, 0, 2, 1, 6 } },	/* zero */
		{ 9, { 0x30, 0x07, 2, 2, 0, 5, 2, 1, 6 } },	/* padded */
		{ 7, { 0x30, 0x05, 2, 0, 2, 1, 6 } },		/* empty */
		{ 8, { 0x30, 0x06, 2, 9, 5, 2, 1, 6 } },	/* beyond */
		{ 8, { 0x30, 0x06, 4, 1, 5, 2, 1, 6 } },	/* its tag */
	};
	uint8_t rs[VAULT_SIG_LEN], wide[2 + 2 + 33 + 3] = { 0x30, 38, 2, 33,
		0x01, [37] = 2, 1, 6 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(SG_EFORMAT, signature_parse(bytes_of(bad[i].p, bad[i].n),
		    rs));
	FAILS(SG_EFORMAT, signature_parse(bytes_of(wide, sizeof(wide)), rs));
}

int
main(void)
{
#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_steps_match_vectors),
		cmocka_unit_test(a_choice_matches_the_endorsement_keys_policy),
		cmocka_unit_test(an_index_is_named_after_its_public_area),
		CASE(the_tpm_computes_the_same_pin_branches),
		CASE(the_tpm_computes_the_same_login_branches),
		CASE(the_tpm_gives_the_same_names),
		cmocka_unit_test(good_signatures_are_parsed),
		cmocka_unit_test(bad_signatures_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
