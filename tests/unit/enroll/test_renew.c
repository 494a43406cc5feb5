/* SPDX-License-Identifier: BSD-2-Clause */
#include "../pki/fixture.h"

#include "enroll/renew.h"

struct old {
	struct authority ca;
	struct pkey *key;
	struct cert *cert;
};

static int
setup(void **state)
{
	struct old *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	fixture_ca(&o->ca, "CN=CA", 0, NULL);
	OK(pkey_new_rsa(&o->key, 2048));
	fixture_leaf(&o->cert, "CN=alice", o->key, &o->ca);
	*state = o;
	return 0;
}

static int
teardown(void **state)
{
	struct old *o = *state;

	cert_free(o->cert);
	pkey_free(o->key);
	authority_done(&o->ca);
	free(o);
	return 0;
}

static void
the_old_key_asks_for_the_same_names(void **state)
{
	struct old *o = *state;
	auto_done(buf) request = { 0 }, message = { 0 };
	auto_free(csr) r = NULL;
	struct signed_data d;

	OK(renewal_build(&request, &message, o->cert, pkey_signer(o->key),
	    pkey_signer(o->key),
	    PROVIDER_PASSPORT));
	OK(signed_parse(&d, buf_bytes(&message)));
	assert_true(bytes_eq(d.content, buf_bytes(&request)));
	OK(signed_verify(&d, &d.by[0], o->key));
	OK(csr_parse(&r, buf_bytes(&request)));
	OK(csr_verify(r));
	assert_true(bytes_eq(buf_bytes(&r->content.renewal),
	    buf_bytes(&o->cert->der)));
	assert_string_equal(r->content.ext.upn, "alice@corp.example");
	assert_string_equal(r->subject, "CN=alice");
	assert_int_equal(r->content.ext.eku.n, o->cert->ext.eku.n);
}

static void
another_key_is_certified_by_the_old_one(void **state)
{
	struct old *o = *state;
	auto_done(buf) request = { 0 }, message = { 0 }, spki = { 0 };
	auto_free(pkey) fresh = NULL;
	auto_free(csr) r = NULL;
	struct signed_data d;

	OK(pkey_new_p256(&fresh));
	OK(renewal_build(&request, &message, o->cert, pkey_signer(o->key),
	    pkey_signer(fresh),
	    PROVIDER_PASSPORT));
	OK(signed_parse(&d, buf_bytes(&message)));
	OK(signed_verify(&d, &d.by[0], o->key));
	OK(csr_parse(&r, buf_bytes(&request)));
	OK(csr_verify(r));
	OK(pkey_spki(fresh, &spki));
	assert_true(bytes_eq(buf_bytes(&r->spki), buf_bytes(&spki)));
	FAILS(SG_EVERIFY, renewal_build(&request, &message, o->cert,
	    pkey_signer(fresh), pkey_signer(o->key),
	    PROVIDER_PASSPORT));
}

static void
asking_twice_is_asking_for_two(void **state)
{
	struct old *o = *state;
	auto_done(buf) a = { 0 }, b = { 0 }, message = { 0 };

	OK(renewal_build(&a, &message, o->cert, pkey_signer(o->key),
	    pkey_signer(o->key),
	    PROVIDER_PASSPORT));
	OK(renewal_build(&b, &message, o->cert, pkey_signer(o->key),
	    pkey_signer(o->key),
	    PROVIDER_PASSPORT));
	assert_false(bytes_eq(buf_bytes(&a), buf_bytes(&b)));
}

static void
the_only_certificate_is_chosen(void **state)
{
	struct cert_object c[] = { { .kind = CERT_ANCHOR },
		{ .kind = CERT_PERSONAL }, { .kind = CERT_PERSONAL } };
	struct objects o = { .certs = c, .cert_count = 1 };
	const struct cert_object *found;

	(void)state;
	FAILS(SG_ENOENT, renewal_only(&found, &o));
	o.cert_count = 2;
	OK(renewal_only(&found, &o));
	assert_ptr_equal(found, &c[1]);
	o.cert_count = 3;
	FAILS(SG_EARG, renewal_only(&found, &o));
}

#define WITH_A_CERT(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_A_CERT(the_old_key_asks_for_the_same_names),
		WITH_A_CERT(another_key_is_certified_by_the_old_one),
		WITH_A_CERT(asking_twice_is_asking_for_two),
		cmocka_unit_test(the_only_certificate_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
