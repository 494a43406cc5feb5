/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "ca/issue.h"
#include "pki/chain.h"

#define NOW	((int64_t)1750000000)
#define DAY	((int64_t)86400)

struct ca {
	struct pkey *root_key;
	struct pkey *key;
	struct cert *root;
	struct cert *cert;
	struct texts cdp;
	struct texts aia;
	struct texts ocsp;
	struct ca_issuer issuer;
	struct template t;
	struct identity id;
	struct csr *request;
};

static void
request(struct ca *ca, struct pkey *k)
{
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 };

	csr_content_init(&c);
	OK(template_request(&c, &ca->t, &ca->id));
	OK(csr_build(&der, &c, DIGEST_SHA256, false, pkey_signer(k)));
	OK(csr_parse(&ca->request, buf_bytes(&der)));
}

static int
setup(void **state)
{
	static struct ca ca;
	auto_free(pkey) k = NULL;
	struct ca_plan p = { "CN=Root", -1, NOW, 1000 };
	struct ca_issuer root;

	ca = (struct ca) { 0 };
	OK(pkey_new_p256(&ca.root_key));
	OK(pkey_new_p256(&ca.key));
	OK(pkey_new_rsa(&k, 2048));
	OK(ca_make(&ca.root, &p, pkey_signer(ca.root_key), NULL));
	root = (struct ca_issuer) { ca.root, pkey_signer(ca.root_key),
		&ca.cdp, &ca.aia, &ca.ocsp };
	p = (struct ca_plan) { "CN=Issuing", 0, NOW, 500 };
	OK(ca_make(&ca.cert, &p, pkey_signer(ca.key), &root));
	OK(texts_add(&ca.cdp, "http://a.example/ca.crl"));
	OK(texts_add(&ca.aia, "http://a.example/ca.crt"));
	OK(texts_add(&ca.ocsp, "http://a.example/ocsp"));
	ca.issuer = (struct ca_issuer) { ca.cert, pkey_signer(ca.key),
		&ca.cdp, &ca.aia, &ca.ocsp };
	OK(template_builtin(&ca.t, "SmartcardLogon", NULL));
	OK(str_dup(&ca.id.upn, "alice@corp.example"));
	request(&ca, k);
	*state = &ca;
	return 0;
}

static int
teardown(void **state)
{
	struct ca *ca = *state;

	csr_free(ca->request);
	identity_done(&ca->id);
	template_done(&ca->t);
	texts_done(&ca->cdp);
	texts_done(&ca->aia);
	texts_done(&ca->ocsp);
	cert_free(ca->cert);
	cert_free(ca->root);
	pkey_free(ca->key);
	pkey_free(ca->root_key);
	return 0;
}

static struct ca_order
order(const struct ca *ca)
{
	return (struct ca_order) { .template = &ca->t, .identity = &ca->id,
		.request = ca->request, .now = NOW };
}

static void
what_is_issued_leads_to_the_root(void **state)
{
	struct ca *ca = *state;
	struct ca_order o = order(ca);
	auto_free(cert) c = NULL;
	struct certs anchors = { &ca->root, 1 }, between = { &ca->cert, 1 };
	struct chain_ask ask = { .untrusted = &between, .anchors = &anchors,
		.now = NOW, .eku = OID_SMARTCARD_LOGON,
		.key_usage = USAGE_DIGITAL_SIGNATURE };

	OK(ca_issue(&c, &ca->issuer, &o));
	ask.leaf = c;
	OK(chain_verify(&ask, NULL));
	assert_string_equal(c->ext.cdp.v[0], "http://a.example/ca.crl");
	assert_string_equal(c->ext.ca_issuers.v[0],
	    "http://a.example/ca.crt");
	assert_string_equal(c->ext.ocsp.v[0], "http://a.example/ocsp");
	assert_true(bytes_eq(buf_bytes(&c->ext.aki),
	    buf_bytes(&ca->cert->ext.ski)));
	assert_true(bytes_eq(buf_bytes(&c->spki),
	    buf_bytes(&ca->request->spki)));
}

static void
serial_numbers_are_random(void **state)
{
	struct ca *ca = *state;
	struct ca_order o = order(ca);
	auto_free(cert) a = NULL, *b = NULL;

	OK(ca_issue(&a, &ca->issuer, &o));
	OK(ca_issue(&b, &ca->issuer, &o));
	assert_int_equal(strlen(a->serial), 32);
	assert_string_not_equal(a->serial, b->serial);
}

static void
nothing_outlives_its_issuer(void **state)
{
	struct ca *ca = *state;
	struct ca_order o = order(ca);
	auto_free(cert) brief = NULL, *wide = NULL, *late = NULL;

	o.days = 3;
	OK(ca_issue(&brief, &ca->issuer, &o));
	assert_true(brief->not_after == NOW + 3 * DAY);
	o.days = 5000;
	OK(ca_issue(&wide, &ca->issuer, &o));
	assert_true(wide->not_after == ca->cert->not_after);
	o.now = ca->cert->not_after;
	FAILS_SAYING(SG_EVERIFY, "not valid now",
	    ca_issue(&late, &ca->issuer, &o));
	o.now = NOW;
	o.days = CA_DAYS_MAX + 1;
	FAILS(SG_EARG, ca_issue(&late, &ca->issuer, &o));
}

static void
what_was_not_granted_is_told(void **state)
{
	struct ca *ca = *state;
	struct ca_order o = order(ca);
	auto_done(identity) bob = { 0 };
	auto_free(cert) c = NULL;
	auto_done(texts) remarks = { 0 }, none = { 0 };

	OK(str_dup(&bob.upn, "bob@corp.example"));
	o.identity = &bob;
	OK(ca_issue(&c, &ca->issuer, &o));
	OK(ca_remarks(&remarks, ca->request, c));
	assert_int_equal(remarks.n, 1);
	assert_string_equal(remarks.v[0], "the request asks for the UPN "
	    "alice@corp.example, the certificate says bob@corp.example");
	cert_free(c);
	c = NULL;
	o.identity = &ca->id;
	OK(ca_issue(&c, &ca->issuer, &o));
	OK(ca_remarks(&none, ca->request, c));
	assert_int_equal(none.n, 0);
}

static void
templates_we_cannot_follow_are_refused(void **state)
{
	struct ca *ca = *state;
	struct ca_order o = order(ca);
	auto_free(cert) c = NULL;
	struct template pend = ca->t, archive = ca->t, agent = ca->t;

	pend.enrollment_flag |= ENROLL_PEND;
	archive.private_key_flag |= KEY_ARCHIVAL;
	agent.ra_signatures = 1;
	o.template = &pend;
	FAILS(SG_EUNSUPPORTED, ca_issue(&c, &ca->issuer, &o));
	o.template = &archive;
	FAILS(SG_EUNSUPPORTED, ca_issue(&c, &ca->issuer, &o));
	o.template = &agent;
	FAILS(SG_EVERIFY, ca_issue(&c, &ca->issuer, &o));
	assert_null(c);
}

static void
flags_leave_things_out(void **state)
{
	struct ca *ca = *state;
	struct ca_order o = order(ca);
	auto_done(identity) id = { 0 };
	auto_free(cert) c = NULL;
	struct template t = ca->t;

	OK(str_dup(&id.upn, "alice@corp.example"));
	OK(str_dup(&id.sid, "S-1-5-21-1-2-3-4"));
	t.enrollment_flag |= ENROLL_NO_REVOCATION_INFO |
	    ENROLL_NO_SECURITY_EXTENSION | ENROLL_BASIC_CONSTRAINTS;
	o.template = &t;
	o.identity = &id;
	OK(ca_issue(&c, &ca->issuer, &o));
	assert_int_equal(c->ext.cdp.n, 0);
	assert_int_equal(c->ext.ocsp.n, 0);
	assert_null(c->ext.sid);
	assert_true(c->ext.has_basic);
	assert_false(c->ext.ca);
}

/* A key that signs with another one than it says: a broken token. */
static enum sg_err
wrong_spki(void *ctx, struct buf *out)
{
	struct ca *ca = ctx;

	return pkey_spki(ca->key, out);
}

static enum sg_err
wrong_sign(void *ctx, enum sign_scheme scheme, enum digest hash,
    struct bytes digest, struct buf *out)
{
	struct ca *ca = ctx;
	struct signer s = pkey_signer(ca->root_key);

	return s.ops->sign(s.ctx, scheme, hash, digest, out);
}

static void
a_signature_that_does_not_hold_is_not_handed_out(void **state)
{
	static const struct signer_ops ops = { .sign = wrong_sign,
		.spki = wrong_spki };
	struct ca *ca = *state;
	struct ca_order o = order(ca);
	struct ca_issuer i = ca->issuer;
	auto_free(cert) c = NULL;

	i.signer = (struct signer) { &ops, ca };
	FAILS_SAYING(SG_EVERIFY, "is not by CN=Issuing",
	    ca_issue(&c, &i, &o));
	assert_null(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_issued_leads_to_the_root),
		cmocka_unit_test(serial_numbers_are_random),
		cmocka_unit_test(nothing_outlives_its_issuer),
		cmocka_unit_test(what_was_not_granted_is_told),
		cmocka_unit_test(templates_we_cannot_follow_are_refused),
		cmocka_unit_test(flags_leave_things_out),
		cmocka_unit_test(
		    a_signature_that_does_not_hold_is_not_handed_out),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
