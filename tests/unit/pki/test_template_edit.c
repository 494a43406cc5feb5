/* SPDX-License-Identifier: BSD-2-Clause */
#include "fixture.h"

#include "base/text.h"
#include "pki/period.h"
#include "pki/template_attr.h"
#include "pki/template_edit.h"
#include "pki/template_flags.h"
#include "pki/template_lint.h"

#define BASE "1.3.6.1.4.1.311.21.8.1.2.3.4.5"
#define PACKED_2012 "msPKI-Asymmetric-Algorithm`PZPWSTR`RSA`" \
	"msPKI-Hash-Algorithm`PZPWSTR`SHA256`msPKI-Key-Usage`DWORD`16777215`" \
	"msPKI-Symmetric-Algorithm`PZPWSTR`3DES`" \
	"msPKI-Symmetric-Key-Length`DWORD`168`"

static void
duplicate(struct template *out, const char *name)
{
	auto_done(template) from;

	template_init(&from);
	OK(template_builtin(&from, name, BASE));
	OK(template_duplicate(out, &from, "My Template", NULL, BASE));
}

static enum sg_err
set_one(struct template *t, const char *name, const char *value)
{
	struct template_set s = { name, value };

	return template_edit(t, &s, 1);
}

static void
attribute_is(const struct template *t, const char *name, const char *want)
{
	auto_done(texts) values = { 0 };
	auto_str text = NULL;

	OK(template_get(&values, t, name));
	OK(texts_join(&text, &values));
	assert_string_equal(text, want);
}

static void
setting_is(const struct template *t, const char *name, const char *want)
{
	const struct template_setting *s;
	auto_str value = NULL;

	for (size_t i = 0; (s = template_setting_at(i)) != NULL; i++)
		if (strcmp(s->name, name) == 0)
			OK(template_setting_get(&value, t, s));
	assert_non_null(value);
	assert_string_equal(value, want);
}

/* The periods' bytes of the facts. */
static void
periods_are_windows_words(void **state)
{
	static const struct {
		const char *text;
		int64_t days;
	} known[] = {
		{ "1 Years", 365 }, { "2 Years", 730 }, { "6 Weeks", 42 },
		{ "1 Weeks", 7 }, { "1 Days", 1 }, { "3 Months", 90 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		auto_str text = NULL;
		int64_t seconds;

		OK(period_parse(&seconds, known[i].text));
		assert_true(seconds == known[i].days * 86400);
		OK(period_print(&text, seconds));
		assert_string_equal(text, known[i].text);
	}
}

static void
odd_periods_are_refused(void **state)
{
	static const char *const bad[] = { "", "1", "Years", "-1 Years",
		"99999999999999999999 Years", "2 fortnights", "1 Y" };
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(SG_EARG, period_parse(&v, bad[i]));
	OK(period_parse(&v, "1 year"));
	assert_true(v == (int64_t)365 * 86400);
}

/* The table of the facts, 1.10, and its last paragraph. */
static void
the_documents_template_comes_out(void **state)
{
	static const struct template_set sets[] = {
		{ "ca-compatibility",
		    "Windows Server 2012 or Windows Server 2012 R2" },
		{ "recipient-compatibility",
		    "Windows Server 2012 or Windows Server 2012 R2" },
		{ "validity", "1 year" },
		{ "application-policies", "+Smart Card Logon" },
		{ "subject", "directory" },
		{ "subject-format", "fully-distinguished-name" },
		{ "alternative-names", "upn" },
		{ "renew-with-same-key", "yes" },
		{ "purpose", "signature and smartcard logon" },
		{ "prompt", "enrollment" },
		{ "provider-category", "Key Storage Provider" },
		{ "algorithm", "RSA" },
		{ "minimum-key-size", "2048" },
		{ "providers", "Microsoft Software Key Storage Provider" },
		{ "request-hash", "SHA256" },
	};
	auto_done(template) t;

	(void)state;
	template_init(&t);
	duplicate(&t, "SmartcardLogon");
	assert_string_equal(t.cn, "MyTemplate");
	attribute_is(&t, "msPKI-Private-Key-Flag", "16842752");
	OK(template_edit(&t, sets, sizeof(sets) / sizeof(sets[0])));
	attribute_is(&t, "flags", "131584");
	attribute_is(&t, "revision", "100");
	attribute_is(&t, "msPKI-Template-Minor-Revision", "1");
	attribute_is(&t, "msPKI-Template-Schema-Version", "4");
	attribute_is(&t, "msPKI-Certificate-Name-Flag", "-2113929216");
	attribute_is(&t, "msPKI-Enrollment-Flag", "256");
	attribute_is(&t, "msPKI-Private-Key-Flag", "67371136");
	attribute_is(&t, "pKIKeyUsage", "80 00");
	attribute_is(&t, "pKIDefaultKeySpec", "1");
	attribute_is(&t, "msPKI-Minimal-Key-Size", "2048");
	attribute_is(&t, "pKIDefaultCSPs",
	    "1,Microsoft Software Key Storage Provider");
	attribute_is(&t, "msPKI-RA-Application-Policies", PACKED_2012);
	attribute_is(&t, "msPKI-Certificate-Application-Policy",
	    OID_CLIENT_AUTH ", " OID_SMARTCARD_LOGON);
	OK(set_one(&t, "ca-compatibility", "2012r2"));
	OK(set_one(&t, "recipient-compatibility", "Windows 8.1 / 2012 R2"));
	attribute_is(&t, "msPKI-Private-Key-Flag", "84213888");
	OK(set_one(&t, "msPKI-Private-Key-Flag",
	    "+CTPRIVATEKEY_FLAG_HELLO_LOGON_KEY"));
	attribute_is(&t, "msPKI-Private-Key-Flag", "86311040");
}

/* Each setting takes what it gives, and nothing changes by that. */
static void
settings_take_what_they_give(void **state)
{
	static const char *const from[] = { "SmartcardLogon", "User",
		"OCSPResponseSigning", "KerberosAuthentication", "CAExchange",
		"KeyRecoveryAgent" };

	(void)state;
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		const struct template_setting *s;
		auto_done(template) t;

		template_init(&t);
		duplicate(&t, from[i]);
		for (size_t k = 0; (s = template_setting_at(k)) != NULL;
		     k++) {
			auto_done(template) same;
			auto_done(template_changes) c = { 0 };
			auto_str value = NULL;

			template_init(&same);
			OK(template_setting_get(&value, &t, s));
			/* A provider's own choice cannot be said. */
			if (*value == '\0' && strcmp(s->tab,
			    "Cryptography") == 0)
				continue;
			OK(template_copy(&same, &t));
			OK(set_one(&same, s->name, value));
			OK(template_diff(&c, &t, &same));
			if (c.n != 0)
				fail_msg("%s %s=%s changes %s", from[i],
				    s->name, value, c.v[0].name);
		}
	}
}

static void
schema_version_1_does_not_change(void **state)
{
	auto_done(template) t;

	(void)state;
	template_init(&t);
	OK(template_builtin(&t, "SmartcardLogon", BASE));
	FAILS_SAYING(SG_EPERM, "duplicate it", set_one(&t, "validity",
	    "2 years"));
	assert_true(t.validity == (int64_t)365 * 86400);
}

static void
impossible_combinations_are_refused(void **state)
{
	static const struct {
		const char *name, *value, *why;
	} bad[] = {
		{ "provider-category", "ksp", "schema version 3" },
		{ "renew-with-same-key", "yes", "ca-compatibility=2012" },
		{ "algorithm", "ECDSA_P256", "provider decides" },
		{ "request-hash", "SHA512", "provider decides" },
		{ "attestation", "required", "2012r2" },
		{ "providers", "Microsoft Passport Key Storage Provider",
		    "other category" },
		{ "subject-format", "nonsense", "none of" },
		{ "old-certificate-names", "yes", "subject=request" },
		{ "key-based-renewal", "yes", "subject=request" },
		{ "renewal-period", "1 year", "shorter" },
		{ "signature-policies", "Certificate Request Agent",
		    "no signature is" },
		{ "supersedes", "MyTemplate", "itself" },
		{ "frobnicate", "yes", "no setting" },
		{ "export-key", "perhaps", "neither yes nor no" },
		{ "cn", "Other", "no setting" },
		{ "msPKI-Enrollment-Flag", "+NO_SUCH", "not a flag" },
		{ "pKIKeyUsage", "xyz", "one or two bytes" },
		{ "msPKI-Cert-Template-OID", "1.2.x", "not an OID" },
		{ "nTSecurityDescriptor", "D:(", "SDDL" },
		{ "display-name", "a\"b", "quotes" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_done(template_changes) c = { 0 };
		auto_done(template) t;
		auto_done(template) before;

		template_init(&t);
		template_init(&before);
		duplicate(&t, "SmartcardLogon");
		OK(template_copy(&before, &t));
		FAILS_SAYING(SG_EARG, bad[i].why, set_one(&t, bad[i].name,
		    bad[i].value));
		OK(template_diff(&c, &before, &t));
		assert_int_equal(c.n, 0);
	}
}

static void
both_sources_of_names_are_refused(void **state)
{
	static const struct template_set both[] = {
		{ "subject", "request" }, { "alternative-names", "upn" },
	};
	static const struct template_set twice[] = {
		{ "validity", "1 year" }, { "validity", "2 years" },
	};
	auto_done(template) t;

	(void)state;
	template_init(&t);
	duplicate(&t, "SmartcardLogon");
	FAILS_SAYING(SG_EARG, "not from both", template_edit(&t, both, 2));
	FAILS_SAYING(SG_EARG, "said twice", template_edit(&t, twice, 2));
	OK(template_edit(&t, both, 1));
	attribute_is(&t, "msPKI-Certificate-Name-Flag", "1");
	OK(set_one(&t, "subject", "directory"));
	setting_is(&t, "subject-format", "common-name");
}

static void
purposes_follow_from_the_bits(void **state)
{
	static const char *const all[] = { "signature", "encryption",
		"signature and encryption", "signature and smartcard logon" };
	auto_done(template) t;

	(void)state;
	template_init(&t);
	duplicate(&t, "SmartcardLogon");
	setting_is(&t, "purpose", "signature and encryption");
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++) {
			OK(set_one(&t, "purpose", all[i]));
			OK(set_one(&t, "purpose", all[k]));
			setting_is(&t, "purpose", all[k]);
		}
}

static void
curves_bring_their_size(void **state)
{
	static const struct template_set sets[] = {
		{ "ca-compatibility", "2016" },
		{ "recipient-compatibility", "10" },
		{ "provider-category", "ksp" }, { "algorithm", "ECDSA_P256" },
	};
	auto_done(template) t;

	(void)state;
	template_init(&t);
	duplicate(&t, "SmartcardLogon");
	OK(template_edit(&t, sets, 4));
	attribute_is(&t, "msPKI-Minimal-Key-Size", "256");
	FAILS_SAYING(SG_EARG, "of the curve", set_one(&t, "minimum-key-size",
	    "2048"));
	OK(set_one(&t, "provider-category", "csp"));
	assert_false(template_packed(&t));
	attribute_is(&t, "msPKI-Private-Key-Flag", "101056768");
}

static void
agents_policies_live_in_either_form(void **state)
{
	static const struct template_set sets[] = {
		{ "signatures", "1" },
		{ "signature-policies", "Certificate Request Agent" },
	};
	static const struct template_set ksp[] = {
		{ "ca-compatibility", "2012" },
		{ "recipient-compatibility", "8" },
		{ "provider-category", "ksp" },
	};
	auto_done(template) t;
	auto_done(texts) l = { 0 };

	(void)state;
	template_init(&t);
	duplicate(&t, "SmartcardLogon");
	OK(template_edit(&t, sets, 2));
	attribute_is(&t, "msPKI-RA-Application-Policies", OID_REQUEST_AGENT);
	OK(template_edit(&t, ksp, 3));
	assert_true(template_packed(&t));
	attribute_is(&t, "msPKI-RA-Application-Policies",
	    "msPKI-RA-Application-Policies`PZPWSTR`" OID_REQUEST_AGENT "`"
	    PACKED_2012);
	OK(template_ra_policies(&l, &t));
	assert_int_equal(l.n, 1);
	OK(set_one(&t, "provider-category", "csp"));
	attribute_is(&t, "msPKI-RA-Application-Policies", OID_REQUEST_AGENT);
}

/* A real string that lacks the last grave accent. */
static void
packed_strings_of_the_field_are_read(void **state)
{
	auto_done(template) t;
	auto_str v = NULL, *none = NULL;

	(void)state;
	template_init(&t);
	OK(texts_add(&t.ra_app_policies, "msPKI-Hash-Algorithm`PZPWSTR`SHA384`"
	    "Something`DWORD`7`msPKI-Symmetric-Key-Length`DWORD`168"));
	OK(template_packed_get(&v, &t, PACKED_CIPHER_LEN));
	assert_string_equal(v, "168");
	assert_int_equal(template_hash(&t), DIGEST_SHA384);
	FAILS(SG_ENOENT, template_packed_get(&none, &t, PACKED_ALGORITHM));
	OK(template_packed_set(&t, PACKED_ALGORITHM, "RSA"));
	assert_string_equal(t.ra_app_policies.v[0],
	    "msPKI-Asymmetric-Algorithm`PZPWSTR`RSA`msPKI-Hash-Algorithm`"
	    "PZPWSTR`SHA384`msPKI-Symmetric-Key-Length`DWORD`168`"
	    "Something`DWORD`7`");
	FAILS(SG_EARG, template_packed_set(&t, PACKED_HASH, "a`b"));
}

static void
flags_have_names_both_ways(void **state)
{
	static const char *const words[] = { "flags", "msPKI-Enrollment-Flag",
		"msPKI-Private-Key-Flag", "msPKI-Certificate-Name-Flag" };
	uint32_t v = 0x05050080;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (int bit = 0; bit < 32; bit++) {
			auto_done(texts) names = { 0 };
			uint32_t back = 0xffffffff;

			OK(template_flags_names(&names, words[i], 1u << bit));
			assert_int_equal(names.n, 1);
			OK(template_flags_edit(&back, words[i], names.v[0]));
			assert_int_equal(back, 1u << bit);
		}
	OK(template_flags_edit(&v, "msPKI-Private-Key-Flag",
	    "+HELLO_LOGON_KEY|0x10"));
	assert_int_equal(v, 0x05250090);
	OK(template_flags_edit(&v, "msPKI-Private-Key-Flag",
	    "-REQUIRE_SAME_KEY_RENEWAL"));
	assert_int_equal(v, 0x05250010);
	OK(template_flags_edit(&v, "msPKI-Private-Key-Flag",
	    "+TEMPLATE_CLIENT_VER_WIN8<<"
	    "CTPRIVATEKEY_FLAG_CLIENTVERSION_SHIFT"));
	assert_int_equal(v, 0x04250010);
	OK(template_flags_edit(&v, "msPKI-Certificate-Name-Flag",
	    "-2113929216"));
	assert_int_equal(v, 0x82000000);
	FAILS(SG_EARG, template_flags_edit(&v, "revision", "1"));
}

static void
duplicates_stand_on_their_own(void **state)
{
	auto_done(template) from;
	auto_done(template) a;
	auto_done(template) b;
	auto_done(texts) dn = { 0 };

	(void)state;
	template_init(&from);
	template_init(&a);
	template_init(&b);
	OK(texts_add(&dn, "CN=User,DC=corp,DC=example"));
	OK(template_builtin(&from, "User", BASE));
	OK(template_put(&from, "distinguishedName", &dn));
	OK(template_duplicate(&a, &from, "A B/C", NULL, BASE));
	OK(template_duplicate(&b, &from, "Other", "Name", BASE));
	assert_string_equal(a.cn, "ABC");
	assert_string_equal(b.cn, "Name");
	assert_string_not_equal(a.oid, b.oid);
	assert_int_equal(a.extra_count, 0);
	assert_int_equal(a.schema, 2);
	assert_int_equal(a.flags, 0x2023a);
	assert_int_equal(a.app_policies.n, 3);
	template_done(&a);
	FAILS(SG_EARG, template_duplicate(&a, &from, "///", NULL, BASE));
	FAILS(SG_EARG, template_duplicate(&a, &from, "x", "../x", BASE));
}

static bool
finds(const struct template *t, const char *id, enum lint_severity severity)
{
	auto_done(lint_findings) l = { 0 };
	bool hit = false;

	OK(template_lint(&l, t));
	for (size_t i = 0; i < l.n; i++) {
		assert_non_null(l.v[i].text);
		assert_non_null(l.v[i].fix);
		assert_true(i == 0 ||
		    l.v[i].severity <= l.v[i - 1].severity);
		hit = hit || (strcmp(l.v[i].id, id) == 0 &&
		    l.v[i].severity == severity);
	}
	return hit;
}

static void
open_it(struct template *t, const char *from)
{
	template_init(t);
	duplicate(t, from);
	OK(set_one(t, "nTSecurityDescriptor", "D:(A;;LCRPLORCCR;;;AU)"
	    "(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)"));
}

static void
the_linter_knows_the_classes(void **state)
{
	static const struct {
		const char *from, *name, *value, *id;
		enum lint_severity severity;
		const char *fix_name, *fix_value;
	} cases[] = {
		{ "SmartcardLogon", "subject", "request", "ESC1",
		    LINT_CRITICAL, "approval", "yes" },
		{ "SmartcardLogon", "application-policies", "", "ESC2",
		    LINT_CRITICAL, "application-policies",
		    "Client Authentication" },
		{ "SmartcardLogon", "application-policies", "Any Purpose",
		    "ESC2", LINT_CRITICAL, "signatures", "1" },
		{ "EnrollmentAgent", "validity", "1 year", "ESC3",
		    LINT_CRITICAL, "approval", "yes" },
		{ "SmartcardLogon", "nTSecurityDescriptor",
		    "D:(A;;WP;;;DU)", "ESC4", LINT_CRITICAL,
		    "nTSecurityDescriptor", "D:(A;;WP;;;DA)" },
		{ "SmartcardLogon", "nTSecurityDescriptor",
		    "D:(A;;GA;;;S-1-5-21-1-2-3-1104)", "ESC4", LINT_WARNING,
		    "nTSecurityDescriptor", "D:(A;;GA;;;EA)" },
		{ "SmartcardLogon", "sid-extension", "no", "ESC9",
		    LINT_CRITICAL, "sid-extension", "yes" },
		{ "SmartcardLogon", "issuance-policies", "1.2.3.4", "ESC13",
		    LINT_NOTE, "issuance-policies", "" },
		{ "WebServer", "validity", "1 year", "any-server",
		    LINT_CRITICAL, "approval", "yes" },
		{ "SubCA", "validity", "1 year", "ca-for-all",
		    LINT_CRITICAL, "approval", "yes" },
		{ "SmartcardLogon", "minimum-key-size", "1024", "weak-key",
		    LINT_WARNING, "minimum-key-size", "2048" },
		{ "SmartcardLogon", "export-key", "yes", "exportable",
		    LINT_NOTE, "export-key", "no" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_done(template) t;

		open_it(&t, cases[i].from);
		OK(set_one(&t, cases[i].name, cases[i].value));
		if (!finds(&t, cases[i].id, cases[i].severity))
			fail_msg("case %zu: no %s", i, cases[i].id);
		OK(set_one(&t, cases[i].fix_name, cases[i].fix_value));
		if (finds(&t, cases[i].id, cases[i].severity))
			fail_msg("case %zu: %s stays", i, cases[i].id);
	}
}

static void
the_linter_is_quiet_where_nothing_is(void **state)
{
	auto_done(lint_findings) l = { 0 };
	auto_done(template) t;
	auto_done(template) old;

	(void)state;
	open_it(&t, "SmartcardLogon");
	OK(template_lint(&l, &t));
	assert_int_equal(l.n, 0);
	/* Nobody but administrators, of any built-in one, is in danger. */
	for (size_t i = 0; template_builtin_name(i) != NULL; i++) {
		auto_done(lint_findings) f = { 0 };

		template_init(&old);
		OK(template_builtin(&old, template_builtin_name(i), BASE));
		OK(template_lint(&f, &old));
		if (lint_critical(&f))
			fail_msg("%s: %s", old.cn, f.v[0].text);
		template_done(&old);
	}
	template_init(&old);
}

static void
schema_version_1_is_fixed_by_access(void **state)
{
	auto_done(lint_findings) l = { 0 };
	auto_done(template) t;
	auto_done(texts) sddl = { 0 };

	(void)state;
	template_init(&t);
	OK(template_builtin(&t, "OfflineRouter", BASE));
	OK(texts_add(&sddl, "D:(A;;CR;;;WD)"));
	OK(template_put(&t, "nTSecurityDescriptor", &sddl));
	OK(template_lint(&l, &t));
	assert_true(lint_critical(&l));
	assert_string_equal(l.v[0].id, "ESC1");
	assert_string_equal(l.v[0].fix,
	    "template access OfflineRouter --remove WD");
	assert_true(finds(&t, "ESC15", LINT_WARNING));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(periods_are_windows_words),
		cmocka_unit_test(odd_periods_are_refused),
		cmocka_unit_test(the_documents_template_comes_out),
		cmocka_unit_test(settings_take_what_they_give),
		cmocka_unit_test(schema_version_1_does_not_change),
		cmocka_unit_test(impossible_combinations_are_refused),
		cmocka_unit_test(both_sources_of_names_are_refused),
		cmocka_unit_test(purposes_follow_from_the_bits),
		cmocka_unit_test(curves_bring_their_size),
		cmocka_unit_test(agents_policies_live_in_either_form),
		cmocka_unit_test(packed_strings_of_the_field_are_read),
		cmocka_unit_test(flags_have_names_both_ways),
		cmocka_unit_test(duplicates_stand_on_their_own),
		cmocka_unit_test(the_linter_knows_the_classes),
		cmocka_unit_test(the_linter_is_quiet_where_nothing_is),
		cmocka_unit_test(schema_version_1_is_fixed_by_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
