/* SPDX-License-Identifier: BSD-2-Clause */
#include "../pki/fixture.h"

#include "enroll/accept.h"
#include "enroll/request.h"

/* The daemon, as far as installing needs it. */
static struct {
	size_t count;
	enum cert_kind kinds[8];
	char labels[8][160];
	char key[64];
	char provider[64];
	char request[64];
} daemon_saw;

enum sg_err
client_certs_add(struct client *c, const struct cert_ask *asks, size_t count,
    const char *request_done)
{
	(void)c;
	assert_true(count <= 8);
	memset(&daemon_saw, 0, sizeof(daemon_saw));
	daemon_saw.count = count;
	for (size_t i = 0; i < count; i++) {
		daemon_saw.kinds[i] = asks[i].kind;
		strcpy(daemon_saw.labels[i], asks[i].label);
	}
	strcpy(daemon_saw.key, asks[0].key);
	strcpy(daemon_saw.provider, asks[0].provider);
	strcpy(daemon_saw.request, request_done ? request_done : "(none)");
	return SG_OK;
}

static char login[] = "login", pending[] = "alice@corp.example";

/* A root, an issuing CA, and a container with one key and one request. */
struct world {
	struct authority root;
	struct authority issuing;
	struct pkey *key;
	struct key_object key_object;
	struct request_object requests[2];
	struct cert_object stored[3];
	struct objects have;
	struct certs given;
};

static void
wait_for(struct world *w, const char *upn)
{
	struct request_ask ask = { .upn = upn };
	auto_done(certreq) r = { 0 };

	OK(request_describe(&r, &ask,
	    &(struct key_object) { .name = login,
	    .provider = KSP_PASSPORT }));
	buf_done(&w->requests[0].der);
	OK(request_build(&w->requests[0].der, &r, pkey_signer(w->key)));
	w->requests[0].name = pending;
	w->requests[0].key = login;
	w->have.request_count = 1;
}

static int
world_make(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	fixture_ca(&w->root, "CN=Root", 1, NULL);
	fixture_ca(&w->issuing, "CN=Issuing", 0, &w->root);
	OK(pkey_new_p256(&w->key));
	w->key_object = (struct key_object) { .name = login,
		.type = OBJECT_P256, .provider = KSP_PASSPORT };
	OK(pkey_spki(w->key, &w->key_object.spki));
	w->have = (struct objects) { .keys = &w->key_object, .key_count = 1,
		.certs = w->stored, .requests = w->requests };
	wait_for(w, "alice@corp.example");
	*state = w;
	return 0;
}

static int
world_remove(void **state)
{
	struct world *w = *state;

	authority_done(&w->root);
	authority_done(&w->issuing);
	pkey_free(w->key);
	buf_done(&w->key_object.spki);
	buf_done(&w->requests[0].der);
	buf_done(&w->requests[1].der);
	for (size_t i = 0; i < w->have.cert_count; i++)
		buf_done(&w->stored[i].der);
	certs_done(&w->given);
	free(w);
	return 0;
}

static void
give(struct world *w, const struct cert *c)
{
	struct cert *copy;

	OK(cert_parse(&copy, buf_bytes(&c->der)));
	OK(certs_add(&w->given, copy));
}

static void
give_leaf(struct world *w, const struct pkey *key)
{
	struct cert *leaf;

	fixture_leaf(&leaf, "CN=alice@corp.example", key, &w->issuing);
	OK(certs_add(&w->given, leaf));
}

/* A leaf of other contents, by the issuing CA. */
static void
give_content(struct world *w, struct cert_content *c)
{
	struct cert *leaf;

	fixture_issue(&leaf, c, "CN=alice@corp.example", w->key, &w->issuing);
	OK(certs_add(&w->given, leaf));
	give(w, w->issuing.cert);
	give(w, w->root.cert);
}

static void
store(struct world *w, enum cert_kind kind, const struct cert *c, char *label)
{
	struct cert_object *o = &w->stored[w->have.cert_count++];

	o->kind = kind;
	o->label = label;
	OK(buf_set(&o->der, buf_bytes(&c->der)));
}

static bool
says(const struct texts *t, const char *words)
{
	for (size_t i = 0; i < t->n; i++)
		if (strstr(t->v[i], words) != NULL)
			return true;
	return false;
}

static void
what_was_asked_for_is_installed(void **state)
{
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	give(w, w->root.cert);
	give(w, w->issuing.cert);
	give_leaf(w, w->key);
	OK(accept_check(&a, &w->given, &w->have, NOW));
	assert_ptr_equal(a.leaf, w->given.v[2]);
	assert_ptr_equal(a.request, &w->requests[0]);
	assert_int_equal(a.path.n, 3);
	assert_false(a.root_known);
	assert_int_equal(a.objections.n, 0);
	assert_string_equal(accept_root(&a)->subject, "CN=Root");

	OK(accept_install(NULL, &a, &w->have, NULL));
	assert_int_equal(daemon_saw.count, 3);
	assert_int_equal(daemon_saw.kinds[0], CERT_PERSONAL);
	assert_string_equal(daemon_saw.labels[0], "alice@corp.example");
	assert_string_equal(daemon_saw.key, "login");
	assert_string_equal(daemon_saw.provider, PROVIDER_PASSPORT);
	assert_int_equal(daemon_saw.kinds[1], CERT_INTERMEDIATE);
	assert_string_equal(daemon_saw.labels[1], "Issuing");
	assert_int_equal(daemon_saw.kinds[2], CERT_ANCHOR);
	assert_string_equal(daemon_saw.request, "alice@corp.example");
}

static void
a_stored_anchor_completes_the_chain(void **state)
{
	static char label[] = "Root";
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	store(w, CERT_ANCHOR, w->root.cert, label);
	give_leaf(w, w->key);
	give(w, w->issuing.cert);
	OK(accept_check(&a, &w->given, &w->have, NOW));
	assert_true(a.root_known);
	OK(accept_install(NULL, &a, &w->have, "My card"));
	assert_int_equal(daemon_saw.count, 2);
	assert_string_equal(daemon_saw.labels[0], "My card");
	assert_int_equal(daemon_saw.kinds[1], CERT_INTERMEDIATE);
}

static void
a_broken_chain_is_refused_with_the_reason(void **state)
{
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	give_leaf(w, w->key);
	FAILS_SAYING(SG_EVERIFY, "give the CA's chain",
	    accept_check(&a, &w->given, &w->have, NOW));
	give(w, w->root.cert);
	FAILS_SAYING(SG_EVERIFY, "CN=alice@corp.example",
	    accept_check(&a, &w->given, &w->have, NOW));
	give(w, w->issuing.cert);
	OK(accept_check(&a, &w->given, &w->have, NOW));
}

static void
an_expired_certificate_is_refused(void **state)
{
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	give_leaf(w, w->key);
	give(w, w->issuing.cert);
	give(w, w->root.cert);
	FAILS_SAYING(SG_EVERIFY, "expired",
	    accept_check(&a, &w->given, &w->have, NOW + 2 * DAY));
}

static void
a_certificate_for_another_key_is_not_ours(void **state)
{
	struct world *w = *state;
	auto_done(accept) a = { 0 };
	auto_free(pkey) other = NULL;

	OK(pkey_new_p256(&other));
	give_leaf(w, other);
	FAILS_SAYING(SG_ENOENT, "no key of this container",
	    accept_check(&a, &w->given, &w->have, NOW));
}

static void
two_fresh_certificates_are_one_too_many(void **state)
{
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	give_leaf(w, w->key);
	give_leaf(w, w->key);
	give(w, w->issuing.cert);
	give(w, w->root.cert);
	FAILS_SAYING(SG_EARG, "one at a time",
	    accept_check(&a, &w->given, &w->have, NOW));
}

static void
a_stored_certificate_gives_way_to_its_successor(void **state)
{
	static char label[] = "alice@corp.example";
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	give_leaf(w, w->key);
	give_leaf(w, w->key);
	give(w, w->issuing.cert);
	give(w, w->root.cert);
	store(w, CERT_PERSONAL, w->given.v[0], label);
	OK(accept_check(&a, &w->given, &w->have, NOW));
	assert_ptr_equal(a.leaf, w->given.v[1]);
	OK(accept_install(NULL, &a, &w->have, NULL));
	assert_string_equal(daemon_saw.labels[0], "alice@corp.example (2)");
}

static void
another_user_is_objected_to(void **state)
{
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	wait_for(w, "bob@corp.example");
	give_leaf(w, w->key);
	give(w, w->issuing.cert);
	give(w, w->root.cert);
	OK(accept_check(&a, &w->given, &w->have, NOW));
	assert_true(says(&a.objections, "it is for the user"
	    " 'alice@corp.example'; 'bob@corp.example' was requested"));
	assert_true(says(&a.notes, "its subject is"));
}

static void
the_case_of_a_user_name_does_not_matter(void **state)
{
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	wait_for(w, "Alice@CORP.example");
	give_leaf(w, w->key);
	give(w, w->issuing.cert);
	give(w, w->root.cert);
	OK(accept_check(&a, &w->given, &w->have, NOW));
	assert_int_equal(a.objections.n, 0);
}

static void
of_two_requests_the_users_own_ends(void **state)
{
	static char bobs[] = "bob's";
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	w->requests[1] = w->requests[0];
	w->requests[0] = (struct request_object) { 0 };
	wait_for(w, "bob@corp.example");
	w->requests[0].name = bobs;
	w->have.request_count = 2;
	give_leaf(w, w->key);
	give(w, w->issuing.cert);
	give(w, w->root.cert);
	OK(accept_check(&a, &w->given, &w->have, NOW));
	assert_ptr_equal(a.request, &w->requests[1]);
	assert_int_equal(a.objections.n, 0);
}

static void
what_a_ca_left_out_is_said(void **state)
{
	struct world *w = *state;
	auto_done(accept) a = { 0 };
	auto_done(cert_content) c;

	cert_content_init(&c);
	OK(texts_add(&c.ext.eku, OID_CLIENT_AUTH));
	OK(texts_add(&c.ext.eku, OID_EMAIL_PROTECTION));
	c.ext.key_usage = USAGE_KEY_ENCIPHERMENT;
	give_content(w, &c);
	OK(accept_check(&a, &w->given, &w->have, NOW));
	assert_true(says(&a.objections, "it names no user"));
	assert_true(says(&a.objections, "it is not good for"));
	assert_true(says(&a.objections, "does not allow signatures"));
	assert_true(says(&a.notes, "it is also good for"));
}

static void
without_a_request_there_is_nothing_to_differ_from(void **state)
{
	struct world *w = *state;
	auto_done(accept) a = { 0 };

	w->have.request_count = 0;
	give_leaf(w, w->key);
	give(w, w->issuing.cert);
	give(w, w->root.cert);
	OK(accept_check(&a, &w->given, &w->have, NOW));
	assert_null(a.request);
	assert_int_equal(a.objections.n, 0);
	assert_true(says(&a.notes, "altSecurityIdentities"));
	OK(accept_install(NULL, &a, &w->have, NULL));
	assert_string_equal(daemon_saw.request, "(none)");
}

static void
an_issuer_for_other_purposes_is_objected_to(void **state)
{
	struct world *w = *state;
	struct authority limited = { 0 };
	auto_done(cert_content) c;
	auto_done(accept) a = { 0 };
	struct cert *leaf;

	cert_content_init(&c);
	OK(pkey_new_p256(&limited.key));
	c.ext.has_basic = c.ext.basic_critical = c.ext.ca = true;
	c.ext.path_len = 0;
	c.ext.key_usage = USAGE_CERT_SIGN;
	OK(texts_add(&c.ext.eku, OID_SERVER_AUTH));
	fixture_issue(&limited.cert, &c, "CN=Servers", limited.key, &w->root);
	fixture_leaf(&leaf, "CN=alice@corp.example", w->key, &limited);
	OK(certs_add(&w->given, leaf));
	give(w, limited.cert);
	give(w, w->root.cert);
	authority_done(&limited);
	OK(accept_check(&a, &w->given, &w->have, NOW));
	assert_int_equal(a.objections.n, 1);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_make, \
	    world_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_was_asked_for_is_installed),
		WORLD_TEST(a_stored_anchor_completes_the_chain),
		WORLD_TEST(a_broken_chain_is_refused_with_the_reason),
		WORLD_TEST(an_expired_certificate_is_refused),
		WORLD_TEST(a_certificate_for_another_key_is_not_ours),
		WORLD_TEST(two_fresh_certificates_are_one_too_many),
		WORLD_TEST(a_stored_certificate_gives_way_to_its_successor),
		WORLD_TEST(another_user_is_objected_to),
		WORLD_TEST(the_case_of_a_user_name_does_not_matter),
		WORLD_TEST(of_two_requests_the_users_own_ends),
		WORLD_TEST(what_a_ca_left_out_is_said),
		WORLD_TEST(without_a_request_there_is_nothing_to_differ_from),
		WORLD_TEST(an_issuer_for_other_purposes_is_objected_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
