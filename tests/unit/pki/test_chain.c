/* SPDX-License-Identifier: BSD-2-Clause */
#include "../crl_reason.h"
#include "crl_fixture.h"

#include "pki/chain.h"

/* root <- issuing (path length 0) <- leaf */
struct pki {
	struct authority root;
	struct authority issuing;
	struct pkey *key;
	struct cert *leaf;
	struct certs anchors;
	struct certs between;
};

static void
list_add(struct certs *l, const struct cert *c)
{
	struct cert *copy = NULL;

	OK(cert_parse(&copy, buf_bytes(&c->der)));
	OK(certs_add(l, copy));
}

static void
pki_init(struct pki *p)
{
	*p = (struct pki) { 0 };
	fixture_ca(&p->root, "CN=Root", -1, NULL);
	fixture_ca(&p->issuing, "CN=Issuing", 0, &p->root);
	OK(pkey_new_p256(&p->key));
	fixture_leaf(&p->leaf, "CN=alice", p->key, &p->issuing);
	list_add(&p->anchors, p->root.cert);
	list_add(&p->between, p->issuing.cert);
}

static void
pki_done(struct pki *p)
{
	certs_done(&p->between);
	certs_done(&p->anchors);
	cert_free(p->leaf);
	pkey_free(p->key);
	authority_done(&p->issuing);
	authority_done(&p->root);
}

static struct chain_ask
ask_of(const struct pki *p)
{
	return (struct chain_ask) { .leaf = p->leaf,
		.untrusted = &p->between, .anchors = &p->anchors,
		.now = NOW, .eku = OID_SMARTCARD_LOGON,
		.key_usage = USAGE_DIGITAL_SIGNATURE };
}

static void
a_path_leads_to_the_anchor(void **state)
{
	auto_done(pki) p;
	auto_done(certs) path = { 0 };
	struct chain_ask ask;

	(void)state;
	pki_init(&p);
	ask = ask_of(&p);
	OK(chain_verify(&ask, &path));
	assert_int_equal(path.n, 3);
	assert_string_equal(path.v[0]->subject, "CN=alice");
	assert_string_equal(path.v[2]->subject, "CN=Root");
}

static void
refusals_say_why(void **state)
{
	auto_done(pki) p, other;
	struct chain_ask ask;

	(void)state;
	pki_init(&p);
	pki_init(&other);
	ask = ask_of(&p);
	ask.untrusted = NULL;
	FAILS_SAYING(SG_EVERIFY, "CN=alice, issued by CN=Issuing: its issuer "
	    "is neither in the bundle nor an anchor",
	    chain_verify(&ask, NULL));
	ask = ask_of(&p);
	ask.anchors = &other.anchors;
	FAILS(SG_EVERIFY, chain_verify(&ask, NULL));
	ask = ask_of(&p);
	ask.now = NOW + 2 * DAY;
	FAILS_SAYING(SG_EVERIFY, "has expired (2025-06-16 15:06:40 UTC)",
	    chain_verify(&ask, NULL));
	ask.now = NOW - 2 * DAY;
	FAILS_SAYING(SG_EVERIFY, "is not valid yet",
	    chain_verify(&ask, NULL));
	ask = ask_of(&p);
	ask.eku = OID_SERVER_AUTH;
	FAILS_SAYING(SG_EVERIFY, "not good for Server Authentication",
	    chain_verify(&ask, NULL));
	ask = ask_of(&p);
	ask.key_usage = USAGE_KEY_ENCIPHERMENT;
	FAILS_SAYING(SG_EVERIFY, "key usage", chain_verify(&ask, NULL));
}

static void
a_foreign_signature_is_found(void **state)
{
	auto_done(pki) p, other;
	auto_free(cert) forged = NULL;
	struct chain_ask ask;

	(void)state;
	pki_init(&p);
	pki_init(&other);
	/* The other CA has the same names and another key. */
	fixture_leaf(&forged, "CN=alice", p.key, &other.issuing);
	ask = ask_of(&p);
	ask.leaf = forged;
	FAILS_SAYING(SG_EVERIFY, "not by the issuer's key",
	    chain_verify(&ask, NULL));
	FAILS(SG_EVERIFY, cert_signed_by(forged, p.issuing.cert));
	OK(cert_signed_by(p.leaf, p.issuing.cert));
}

static void
a_leaf_cannot_issue(void **state)
{
	auto_done(pki) p;
	auto_done(authority) mallory = { 0 };
	auto_free(cert) leaf = NULL;
	struct chain_ask ask;

	(void)state;
	pki_init(&p);
	OK(pkey_new_p256(&mallory.key));
	fixture_leaf(&mallory.cert, "CN=mallory", mallory.key, &p.issuing);
	fixture_leaf(&leaf, "CN=administrator", p.key, &mallory);
	list_add(&p.between, mallory.cert);
	ask = ask_of(&p);
	ask.leaf = leaf;
	FAILS_SAYING(SG_EVERIFY, "CN=mallory", chain_verify(&ask, NULL));
}

static void
a_path_length_is_kept(void **state)
{
	auto_done(pki) p;
	auto_done(authority) sub = { 0 };
	auto_free(cert) leaf = NULL;
	struct chain_ask ask;

	(void)state;
	pki_init(&p);
	fixture_ca(&sub, "CN=Below", -1, &p.issuing);
	fixture_leaf(&leaf, "CN=bob", p.key, &sub);
	list_add(&p.between, sub.cert);
	ask = ask_of(&p);
	ask.leaf = leaf;
	FAILS_SAYING(SG_EVERIFY, "path length", chain_verify(&ask, NULL));
}

static void
crl_of(struct crl **out, const struct authority *a, const char *serial,
    int64_t next)
{
	const struct fixture_revoked revoked[] = {
		{ "05", CRL_UNSPECIFIED }, { serial, CRL_SUPERSEDED }, { 0 },
	};
	auto_done(buf) der = { 0 };

	fixture_crl(&der, a, next, revoked);
	OK(crl_parse(out, buf_bytes(&der)));
	OK(crl_verify(*out, a->cert));
}

static void
revoked_certificates_are_refused(void **state)
{
	auto_done(pki) p;
	auto_free(crl) root = NULL, *clean = NULL, *hit = NULL, *old = NULL;
	const struct crl *good[2], *bad[2], *late[2];
	struct chain_ask ask;

	(void)state;
	pki_init(&p);
	crl_of(&root, &p.root, NULL, NOW + DAY);
	crl_of(&clean, &p.issuing, NULL, NOW + DAY);
	crl_of(&hit, &p.issuing, p.leaf->serial, NOW + DAY);
	crl_of(&old, &p.issuing, NULL, NOW - 1);
	good[0] = bad[0] = late[0] = root;
	good[1] = clean;
	bad[1] = hit;
	late[1] = old;
	ask = ask_of(&p);
	ask.crl_count = 2;
	ask.crls = good;
	OK(chain_verify(&ask, NULL));
	ask.crls = bad;
	FAILS_SAYING(SG_EVERIFY, "CN=alice, issued by CN=Issuing: it has been "
	    "revoked", chain_verify(&ask, NULL));
	ask.crls = late;
	FAILS_SAYING(SG_EVERIFY, "CRL has expired", chain_verify(&ask, NULL));
	ask.crl_count = 1;
	FAILS_SAYING(SG_EVERIFY, "CRL is missing", chain_verify(&ask, NULL));
}

static void
crls_come_back_as_they_were(void **state)
{
	auto_done(authority) a = { 0 }, b = { 0 };
	auto_free(crl) l = NULL, *again = NULL, *cut = NULL;
	auto_done(buf) pem = { 0 };
	enum crl_reason r;

	(void)state;
	fixture_ca(&a, "CN=Root", -1, NULL);
	fixture_ca(&b, "CN=Root", -1, NULL);
	crl_of(&l, &a, "4f00", NOW + DAY);
	fixture_crl_pem(&pem, buf_bytes(&l->der));
	OK(crl_read(&again, buf_bytes(&pem)));
	assert_int_equal(again->content.number, 7);
	assert_int_equal(again->content.count, 2);
	assert_true(again->content.next_update == NOW + DAY);
	assert_int_equal(crl_reason_of(again, "4F00"),
	    CRL_SUPERSEDED);
	assert_int_equal(crl_reason_of(again, "06"), -1);
	FAILS(SG_EVERIFY, crl_verify(again, b.cert));
	for (size_t n = 0; n < l->der.n; n++)
		FAILS(SG_EFORMAT, crl_parse(&cut, bytes_of(l->der.p, n)));
	OK(crl_reason_parse(&r, "9"));
	assert_int_equal(r, CRL_PRIVILEGE_WITHDRAWN);
	OK(crl_reason_parse(&r, "KEYCOMPROMISE"));
	assert_int_equal(r, CRL_KEY_COMPROMISE);
	FAILS_SAYING(SG_EARG, "unspecified keyCompromise",
	    crl_reason_parse(&r, "bored"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_leads_to_the_anchor),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(a_foreign_signature_is_found),
		cmocka_unit_test(a_leaf_cannot_issue),
		cmocka_unit_test(a_path_length_is_kept),
		cmocka_unit_test(revoked_certificates_are_refused),
		cmocka_unit_test(crls_come_back_as_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
