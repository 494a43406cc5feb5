/* SPDX-License-Identifier: BSD-2-Clause */

/* What one user may have, each limit small enough to reach. */

#include "../pki/fixture.h"
#include "world.h"

#include "ipc/objects_wire.h"
#include "pki/csr.h"

static const struct keeper_quota small = { .keys = 2, .certs = 2,
	.requests = 1, .bytes = KEEPER_BYTES_MIN, .prompts = 3 };

static void
reopen(struct world *w, const struct keeper_quota *quota)
{
	struct keeper_config cfg = world_config(w);

	keeper_free(w->k);
	w->k = NULL;
	cfg.quota = quota;
	OK(keeper_new(&w->k, &cfg));
}

/* Alice has a container and is logged in, under the small quota. */
static int
small_setup(void **state)
{
	auto_done(secret) code = { 0 };
	struct world *w;

	if (world_setup(state) != 0)
		return 1;
	w = *state;
	reopen(w, &small);
	OK(setup(w, &alice, "428193", &code));
	OK(login(w, &alice, "428193"));
	return 0;
}

static void
keys_have_a_quota(void **state)
{
	struct world *w = *state;

	OK(make_key(w, &alice, "two"));
	FAILS_SAYING(SG_ELIMIT, "at most 2 keys (quota keys",
	    make_key(w, &alice, "three"));
	OK(keeper_key_remove(w->k, &alice, "two"));
	OK(make_key(w, &alice, "three"));
}

static enum sg_err
add_cert(struct world *w, const struct authority *ca, const char *name,
    struct buf *der)
{
	auto_free(cert) c = NULL;
	struct cert_object o = { .kind = CERT_INTERMEDIATE,
		.label = (char *)(uintptr_t)"some",
		.provider = (char *)(uintptr_t)"",
		.key = (char *)(uintptr_t)"" };

	fixture_leaf(&c, name, ca->key, ca);
	OK(buf_set(der, buf_bytes(&c->der)));
	o.der = c->der;
	return keeper_certs_add(w->k, &alice, &o, 1, "");
}

/* A quota that was lowered keeps nobody from deleting. */
static void
certificates_have_a_quota(void **state)
{
	__attribute__((cleanup(authority_done))) struct authority ca = { 0 };
	struct keeper_quota smaller = small;
	struct world *w = *state;
	auto_done(buf) first = { 0 };
	auto_done(buf) der = { 0 };

	fixture_ca(&ca, "CN=Root", -1, NULL);
	OK(add_cert(w, &ca, "CN=one", &first));
	OK(add_cert(w, &ca, "CN=two", &der));
	FAILS_SAYING(SG_ELIMIT, "at most 2 certificates (quota certificates",
	    add_cert(w, &ca, "CN=three", &der));
	FAILS(SG_ENOENT, keeper_cert_remove(w->k, &alice, buf_bytes(&der)));
	smaller.certs = 0;
	smaller.bytes = 0;
	reopen(w, &smaller);
	OK(keeper_cert_remove(w->k, &alice, buf_bytes(&first)));
}

static enum sg_err
any_signature(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	static const uint8_t sig[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };

	(void)ctx;
	(void)scheme;
	(void)hash;
	(void)digest;
	return buf_add(out, sig, sizeof(sig));
}

static enum sg_err
key_of_alice(void *ctx, struct buf *out)
{
	struct world *w = ctx;
	auto_done(buf) b = { 0 };
	struct objects o = { 0 };
	struct reader r;
	enum sg_err e;

	SG_TRY(board_objects(keeper_board(w->k), ALICE, &b));
	r = reader_of(buf_bytes(&b));
	SG_TRY(objects_read(&r, &o));
	e = buf_add_bytes(out, buf_bytes(&o.keys[0].spki));
	objects_done(&o);
	return e;
}

static enum sg_err
add_request(struct world *w, const char *name)
{
	static const struct signer_ops ops = { .sign = any_signature,
		.spki = key_of_alice };
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 };

	csr_content_init(&c);
	OK(name_parse(&c.subject, "CN=alice"));
	OK(csr_build(&der, &c, DIGEST_SHA256, false,
	    (struct signer) { &ops, w }));
	return keeper_request_add(w->k, &alice, name, "default",
	    buf_bytes(&der));
}

static void
requests_have_a_quota(void **state)
{
	struct world *w = *state;

	OK(add_request(w, "one"));
	FAILS_SAYING(SG_ELIMIT, "at most 1 pending requests (quota requests",
	    add_request(w, "two"));
	OK(keeper_request_remove(w->k, &alice, "one"));
	OK(add_request(w, "two"));
}

static void
bytes_have_a_quota(void **state)
{
	__attribute__((cleanup(authority_done))) struct authority ca = { 0 };
	struct keeper_quota q = small;
	struct world *w = *state;
	auto_done(buf) der = { 0 };
	enum sg_err e = SG_OK;
	char name[32];

	q.certs = 100;
	reopen(w, &q);
	fixture_ca(&ca, "CN=Root", -1, NULL);
	for (int i = 0; e == SG_OK && i < 100; i++) {
		(void)snprintf(name, sizeof(name), "CN=number %d", i);
		e = add_cert(w, &ca, name, &der);
	}
	FAILS_SAYING(SG_ELIMIT, "at most 4096 bytes", e);
	assert_non_null(strstr(sg_note(e), "quota container-bytes"));
}

static void
prompts_have_a_quota(void **state)
{
	struct world *w = *state;
	uint8_t ticket[KEEPER_TICKET_LEN];

	for (int i = 0; i < 3; i++)
		OK(keeper_login_begin(w->k, &alice, ticket));
	FAILS_SAYING(SG_EBUSY, "3 PIN prompts are open",
	    keeper_login_begin(w->k, &alice2, ticket));
	keeper_forget(w->k, alice.process);
	OK(keeper_login_begin(w->k, &alice2, ticket));
}

static void
only_some_users_make_containers(void **state)
{
	static const struct uid_range users[] = { { 0, 0 }, { BOB, BOB + 1 } };
	struct world *w = *state;
	struct keeper_config cfg = world_config(w);
	auto_done(secret) code = { 0 };

	keeper_free(w->k);
	w->k = NULL;
	cfg.users = users;
	cfg.user_count = 2;
	cfg.who = KEEPER_LISTED;
	OK(keeper_new(&w->k, &cfg));
	OK(keeper_reset(w->k, &alice, ALICE));
	FAILS_SAYING(SG_EPERM, "user 1000 may not make a container (users in",
	    setup(w, &alice, "428193", &code));
	OK(setup(w, &bob, "428193", &code));
}

/* Who has subordinate uids is not many people. */
static void
who_has_no_account_makes_no_container(void **state)
{
	struct world *w = *state;
	struct keeper_config cfg = world_config(w);
	auto_done(secret) code = { 0 };
	struct caller nobody = alice, admin = alice;

	nobody.uid = 3999999999u;
	admin.uid = 0;
	keeper_free(w->k);
	w->k = NULL;
	cfg.who = KEEPER_KNOWN;
	OK(keeper_new(&w->k, &cfg));
	FAILS_SAYING(SG_EPERM, "user 3999999999 has no account here",
	    setup(w, &nobody, "428193", &code));
	OK(setup(w, &admin, "428193", &code));
}

#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, small_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keys_have_a_quota),
		CASE(certificates_have_a_quota),
		CASE(requests_have_a_quota),
		CASE(bytes_have_a_quota),
		CASE(prompts_have_a_quota),
		CASE(only_some_users_make_containers),
		CASE(who_has_no_account_makes_no_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
