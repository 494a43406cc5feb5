/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "pki/template.h"

#define BASE "1.3.6.1.4.1.311.21.8.1.2.3.4.5"

static void
identity_fill(struct identity *id)
{
	OK(name_parse(&id->subject, "CN=alice,DC=corp,DC=example"));
	OK(str_dup(&id->upn, "alice@corp.example"));
	OK(str_dup(&id->sid, "S-1-5-21-1-2-3-1104"));
	OK(str_dup(&id->email, "alice@corp.example"));
	OK(texts_add(&id->dns, "pc1.corp.example"));
	OK(buf_add(&id->guid, "0123456789abcdef", 16));
}

static void
request_make(struct csr **out, const struct template *t,
    const struct identity *id, struct pkey *k)
{
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 };

	csr_content_init(&c);
	OK(template_request(&c, t, id));
	OK(csr_build(&der, &c, template_hash(t), false, pkey_signer(k)));
	OK(csr_parse(out, buf_bytes(&der)));
}

/* The law: whatever template_request() makes, template_check() accepts. */
static void
what_is_requested_is_accepted(void **state)
{
	auto_free(pkey) rsa = NULL, *ec = NULL;
	auto_done(identity) full = { 0 }, none = { 0 };
	const struct identity *ids[] = { &full, &none };
	struct pkey *keys[2];
	size_t count = 0;

	(void)state;
	identity_fill(&full);
	OK(pkey_new_rsa(&rsa, 2048));
	OK(pkey_new_p256(&ec));
	keys[0] = rsa;
	keys[1] = ec;
	for (; template_builtin_name(count) != NULL; count++) {
		for (int i = 0; i < 8; i++) {
			auto_done(template) t;
			auto_free(csr) r = NULL;

			template_init(&t);
			OK(template_builtin(&t, template_builtin_name(count),
			    i & 4 ? BASE : NULL));
			/* Agents' signatures are not done yet, and a packed
			 * string says RSA. */
			if (t.ra_signatures > 0 || (template_packed(&t) &&
			    (i >> 1 & 1) != 0))
				continue;
			request_make(&r, &t, ids[i & 1], keys[i >> 1 & 1]);
			OK(template_check(&t, r));
		}
	}
	assert_int_equal(count, 33);
}

static void
every_template_fills_a_certificate(void **state)
{
	auto_free(pkey) k = NULL;
	auto_done(identity) id = { 0 };

	(void)state;
	identity_fill(&id);
	OK(pkey_new_rsa(&k, 2048));
	for (size_t i = 0; template_builtin_name(i) != NULL; i++) {
		auto_done(template) t;
		auto_done(cert_content) c;
		auto_free(csr) r = NULL;

		template_init(&t);
		cert_content_init(&c);
		OK(template_builtin(&t, template_builtin_name(i), BASE));
		request_make(&r, &t, &id, k);
		OK(template_fill(&c, &t, &id, r, NOW));
		assert_true(c.not_after - NOW == t.validity);
		assert_int_equal(c.ext.key_usage, t.key_usage);
		assert_int_equal(c.ext.eku.n, t.eku.n);
		assert_true((t.schema == 1) == (c.ext.template_oid == NULL));
		assert_true(c.ext.key_usage_critical);
		assert_int_equal(c.ext.ca, (t.flags & TEMPLATE_IS_CA) != 0);
	}
}

static void
fill(struct cert_content *c, const char *name, const struct identity *id,
    const struct csr *r)
{
	auto_done(template) t;

	template_init(&t);
	cert_content_init(c);
	OK(template_builtin(&t, name, BASE));
	OK(template_fill(c, &t, id, r, NOW));
}

static void
a_smart_card_logon_certificate_is_as_the_documents_say(void **state)
{
	auto_free(pkey) k = NULL;
	auto_free(csr) r = NULL;
	auto_done(identity) id = { 0 };
	auto_done(template) t;
	auto_done(cert_content) c;
	auto_str subject = NULL;

	(void)state;
	template_init(&t);
	OK(pkey_new_rsa(&k, 2048));
	OK(str_dup(&id.upn, "alice@corp.example"));
	OK(str_dup(&id.sid, "S-1-5-21-1-2-3-1104"));
	OK(template_builtin(&t, "smartcard logon", NULL));
	request_make(&r, &t, &id, k);
	fill(&c, "SmartcardLogon", &id, r);
	OK(name_print(&subject, buf_bytes(&c.subject)));
	assert_string_equal(subject, "CN=alice@corp.example");
	assert_string_equal(c.ext.upn, "alice@corp.example");
	assert_string_equal(c.ext.sid, "S-1-5-21-1-2-3-1104");
	assert_string_equal(c.ext.template_name, "SmartcardLogon");
	assert_true(texts_has(&c.ext.eku, OID_CLIENT_AUTH));
	assert_true(texts_has(&c.ext.eku, OID_SMARTCARD_LOGON));
	assert_false(c.ext.san_critical);
	assert_false(c.ext.has_basic);
}

static void
a_kdc_certificate_is_as_the_documents_say(void **state)
{
	auto_free(pkey) k = NULL;
	auto_free(csr) r = NULL;
	auto_done(identity) id = { 0 };
	auto_done(template) t;
	auto_done(cert_content) c;

	(void)state;
	template_init(&t);
	OK(pkey_new_p256(&k));
	OK(texts_add(&id.dns, "kdc.corp.example"));
	OK(str_dup(&id.realm, "CORP.EXAMPLE"));
	OK(template_builtin(&t, "KerberosAuthentication", BASE));
	request_make(&r, &t, &id, k);
	fill(&c, "KerberosAuthentication", &id, r);
	assert_true(name_empty(buf_bytes(&c.subject)));
	assert_true(c.ext.san_critical);
	assert_string_equal(c.ext.principal,
	    "krbtgt/CORP.EXAMPLE@CORP.EXAMPLE");
	assert_string_equal(c.ext.template_oid, BASE ".1.33");
	assert_int_equal(c.ext.template_major, 110);
	assert_int_equal(c.ext.app_policies.n, 4);
	/* RFC 8813: no keyEncipherment for EC. */
	assert_int_equal(c.ext.key_usage, USAGE_DIGITAL_SIGNATURE);
}

/* A request that asserts everything, for templates that do not listen. */
static void
liar(struct csr **out, struct pkey *k)
{
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 };

	csr_content_init(&c);
	OK(name_parse(&c.subject, "CN=Administrator"));
	OK(str_dup(&c.ext.upn, "administrator@corp.example"));
	OK(str_dup(&c.ext.sid, "S-1-5-21-1-2-3-500"));
	OK(texts_add(&c.ext.dns, "dc1.corp.example"));
	OK(csr_build(&der, &c, DIGEST_SHA256, false, pkey_signer(k)));
	OK(csr_parse(out, buf_bytes(&der)));
}

static void
a_request_s_names_are_not_believed(void **state)
{
	auto_free(pkey) k = NULL;
	auto_free(csr) r = NULL;
	auto_done(identity) id = { 0 };
	auto_done(cert_content) c;

	(void)state;
	OK(pkey_new_rsa(&k, 2048));
	liar(&r, k);
	OK(str_dup(&id.upn, "bob@corp.example"));
	fill(&c, "SmartcardLogon", &id, r);
	assert_string_equal(c.ext.upn, "bob@corp.example");
	assert_null(c.ext.sid);
	assert_int_equal(c.ext.dns.n, 0);
}

static void
an_enrollee_supplies_what_nobody_else_says(void **state)
{
	auto_free(pkey) k = NULL;
	auto_free(csr) r = NULL;
	auto_done(identity) id = { 0 }, none = { 0 };
	auto_done(cert_content) c, d;
	auto_str subject = NULL;

	(void)state;
	OK(pkey_new_rsa(&k, 2048));
	liar(&r, k);
	fill(&c, "WebServer", &none, r);
	OK(name_print(&subject, buf_bytes(&c.subject)));
	assert_string_equal(subject, "CN=Administrator");
	assert_true(texts_has(&c.ext.dns, "dc1.corp.example"));
	OK(texts_add(&id.dns, "web.corp.example"));
	fill(&d, "WebServer", &id, r);
	assert_int_equal(d.ext.dns.n, 1);
	assert_string_equal(d.ext.dns.v[0], "web.corp.example");
	assert_null(d.ext.sid);
	assert_null(d.ext.upn);
}

static void
missing_names_are_asked_for(void **state)
{
	static const struct {
		const char *name;
		const char *note;
	} v[] = {
		{ "SmartcardLogon", "wants a UPN" },
		{ "SmartcardUser", "wants a UPN" },
		{ "KerberosAuthentication", "wants a DNS name" },
		{ "DomainController", "wants a DNS name" },
		{ "Machine", "wants a DNS name" },
	};
	auto_free(pkey) k = NULL;
	auto_free(csr) r = NULL;
	auto_done(identity) none = { 0 };

	(void)state;
	OK(pkey_new_rsa(&k, 2048));
	liar(&r, k);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		auto_done(template) t;
		auto_done(cert_content) c;

		template_init(&t);
		cert_content_init(&c);
		OK(template_builtin(&t, v[i].name, BASE));
		FAILS_SAYING(SG_EARG, v[i].note,
		    template_fill(&c, &t, &none, r, NOW));
	}
}

static void
check_fails(const char *name, const struct csr_content *c, struct pkey *k,
    enum sg_err code, const char *note)
{
	auto_done(template) t;
	auto_done(buf) der = { 0 };
	auto_free(csr) r = NULL;

	template_init(&t);
	OK(template_builtin(&t, name, BASE));
	OK(csr_build(&der, c, DIGEST_SHA256, false, pkey_signer(k)));
	OK(csr_parse(&r, buf_bytes(&der)));
	FAILS_SAYING(code, note, template_check(&t, r));
}

static void
hostile_requests_are_refused(void **state)
{
	auto_free(pkey) k = NULL;
	auto_done(csr_content) ca, sign, other, oid, raw, pair;

	(void)state;
	OK(pkey_new_rsa(&k, 2048));
	csr_content_init(&ca);
	ca.ext.has_basic = ca.ext.ca = true;
	check_fails("WebServer", &ca, k, SG_EVERIFY, "become a CA");
	csr_content_init(&sign);
	sign.ext.key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_CERT_SIGN;
	check_fails("SmartcardLogon", &sign, k, SG_EVERIFY,
	    "sign certificates");
	csr_content_init(&other);
	OK(str_dup(&other.ext.template_name, "SubCA"));
	check_fails("SmartcardLogon", &other, k, SG_EVERIFY,
	    "for the template 'SubCA'");
	csr_content_init(&oid);
	OK(str_dup(&oid.ext.template_oid, BASE ".1.18"));
	check_fails("KerberosAuthentication", &oid, k, SG_EVERIFY,
	    "for the template '" BASE ".1.18'");
	csr_content_init(&raw);
	OK(extensions_add_raw(&raw.ext, "2.5.29.30", true,
	    bytes_of("\x30\x00", 2)));
	check_fails("SmartcardLogon", &raw, k, SG_EVERIFY, "2.5.29.30");
	csr_content_init(&pair);
	OK(csr_content_add_pair(&pair, "certificatetemplate", "User"));
	check_fails("SmartcardLogon", &pair, k, SG_EVERIFY,
	    "for the template 'User'");
}

static void
a_packed_string_decides_about_keys(void **state)
{
	auto_free(pkey) rsa = NULL, *ec = NULL;
	auto_free(csr) a = NULL, *b = NULL;
	auto_done(template) t;

	(void)state;
	OK(pkey_new_rsa(&rsa, 2048));
	OK(pkey_new_p256(&ec));
	liar(&a, rsa);
	liar(&b, ec);
	template_init(&t);
	OK(template_builtin(&t, "SmartcardLogon", BASE));
	/* adcs.md 1.6, a real value but for the hash. */
	OK(texts_add(&t.ra_app_policies, "msPKI-Asymmetric-Algorithm`PZPWSTR`"
	    "RSA`msPKI-Hash-Algorithm`PZPWSTR`SHA384`msPKI-Key-Usage`DWORD`"
	    "16777215`msPKI-Symmetric-Algorithm`PZPWSTR`3DES`"
	    "msPKI-Symmetric-Key-Length`DWORD`168`"));
	assert_int_equal(template_hash(&t), DIGEST_SHA384);
	OK(template_check(&t, a));
	FAILS_SAYING(SG_EVERIFY, "wants an RSA key", template_check(&t, b));
	texts_done(&t.ra_app_policies);
	OK(texts_add(&t.ra_app_policies,
	    "msPKI-Asymmetric-Algorithm`PZPWSTR`ECDSA_P256`"));
	t.minimal_key_size = 256;
	OK(template_check(&t, b));
	FAILS(SG_EVERIFY, template_check(&t, a));
	texts_done(&t.ra_app_policies);
	OK(texts_add(&t.ra_app_policies, "`"));
	assert_int_equal(template_hash(&t), DIGEST_SHA256);
}

static void
identities_are_checked(void **state)
{
	auto_done(identity) id = { 0 };

	(void)state;
	OK(identity_check(&id));
	OK(str_dup(&id.upn, "alice"));
	FAILS_SAYING(SG_EARG, "user principal name", identity_check(&id));
	identity_done(&id);
	OK(str_dup(&id.sid, "S-1"));
	FAILS_SAYING(SG_EARG, "SID", identity_check(&id));
	identity_done(&id);
	OK(texts_add(&id.dns, "a b"));
	FAILS_SAYING(SG_EARG, "DNS name", identity_check(&id));
	identity_done(&id);
	OK(str_dup(&id.realm, "A/B"));
	FAILS_SAYING(SG_EARG, "realm", identity_check(&id));
	identity_done(&id);
	OK(buf_add(&id.guid, "short", 5));
	FAILS_SAYING(SG_EARG, "objectGUID", identity_check(&id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_requested_is_accepted),
		cmocka_unit_test(every_template_fills_a_certificate),
		cmocka_unit_test(
		    a_smart_card_logon_certificate_is_as_the_documents_say),
		cmocka_unit_test(a_kdc_certificate_is_as_the_documents_say),
		cmocka_unit_test(a_request_s_names_are_not_believed),
		cmocka_unit_test(an_enrollee_supplies_what_nobody_else_says),
		cmocka_unit_test(missing_names_are_asked_for),
		cmocka_unit_test(hostile_requests_are_refused),
		cmocka_unit_test(a_packed_string_decides_about_keys),
		cmocka_unit_test(identities_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
