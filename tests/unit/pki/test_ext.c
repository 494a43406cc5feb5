/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "pki/ext.h"

/* tests/vectors/pki.md says where each value comes from. */

#define SID "S-1-5-21-1004336348-1177238915-682003330-1104"
#define SID_HEX "303FA03D060A2B060104018237190201A02F042D532D312D352D32312D" \
    "313030343333363334382D313137373233383931352D363832303033333330" \
    "2D31313034"
#define UPN_HEX "3024A022060A2B060104018237140203A0140C12616C69636540636F72" \
    "702E6578616D706C65"
#define TAG_HEX "3074A022060A2B060104018237140203A0140C12616C69636540636F72" \
    "702E6578616D706C65864E7461673A6D6963726F736F66742E636F6D2C323032" \
    "322D30392D31343A7369643A532D312D352D32312D313030343333363334382D" \
    "313137373233383931352D3638323030333333302D31313034"

/* The extension alone, DER: SEQUENCE { SEQUENCE { oid, [critical], octets } }
 * without asking the code under test. */
static void
holds(const struct extensions *x, const char *oid_hex, bool critical,
    const char *value_hex)
{
	auto_done(buf) der = { 0 }, value = { 0 }, inner = { 0 };
	auto_done(buf) oid = { 0 };

	OK(extensions_encode(&der, x));
	OK(hex_decode(&value, value_hex));
	OK(hex_decode(&oid, oid_hex));
	OK(buf_add_bytes(&inner, buf_bytes(&oid)));
	if (critical)
		OK(buf_add(&inner, "\x01\x01\xff", 3));
	OK(buf_add_u8(&inner, 0x04));
	OK(buf_add_u8(&inner, (uint8_t)value.n));
	OK(buf_add_bytes(&inner, buf_bytes(&value)));
	assert_true(value.n < 128);
	/* The tail: two headers of at most four bytes precede it. */
	assert_true(der.n >= inner.n && der.n <= inner.n + 8);
	assert_memory_equal(der.p + der.n - inner.n, inner.p, inner.n);
}

static void
comes_back(const struct extensions *x)
{
	auto_done(buf) der = { 0 }, again = { 0 };
	auto_done(extensions) y;

	extensions_init(&y);
	OK(extensions_encode(&der, x));
	OK(extensions_decode(&y, buf_bytes(&der)));
	OK(extensions_encode(&again, &y));
	assert_true(bytes_eq(buf_bytes(&der), buf_bytes(&again)));
}

static void
the_sid_extension_is_as_windows_writes_it(void **state)
{
	auto_done(extensions) x;

	(void)state;
	extensions_init(&x);
	OK(str_dup(&x.sid, SID));
	holds(&x, "06092b0601040182371902", false, SID_HEX);
	comes_back(&x);
}

static void
the_alternative_name_is_as_windows_writes_it(void **state)
{
	auto_done(extensions) x;

	(void)state;
	extensions_init(&x);
	OK(str_dup(&x.upn, "alice@corp.example"));
	holds(&x, "0603551d11", false, UPN_HEX);
	OK(texts_add(&x.uri, "tag:microsoft.com,2022-09-14:sid:" SID));
	holds(&x, "0603551d11", false, TAG_HEX);
	comes_back(&x);
}

static void
template_extensions_are_as_windows_writes_them(void **state)
{
	auto_done(extensions) x, y;

	(void)state;
	extensions_init(&x);
	extensions_init(&y);
	OK(str_dup(&x.template_oid, "1.3.6.1.4.1.311.21.8.1.2.3"));
	x.template_major = 100;
	x.template_minor = 4;
	holds(&x, "06092b0601040182371507", false,
	    "3014060C2B0601040182371508010203020164020104");
	comes_back(&x);
	OK(str_dup(&y.template_name, "SmartcardLogon"));
	holds(&y, "06092b0601040182371402", false, "1E1C0053006D0061007200740"
	    "063006100720064004C006F0067006F006E");
	comes_back(&y);
}

static void
usages_are_as_windows_writes_them(void **state)
{
	auto_done(extensions) x, y, z, kdc;

	(void)state;
	extensions_init(&x);
	extensions_init(&y);
	extensions_init(&z);
	extensions_init(&kdc);
	OK(texts_add(&x.eku, OID_SMARTCARD_LOGON));
	OK(texts_add(&x.eku, OID_CLIENT_AUTH));
	holds(&x, "0603551d25", false,
	    "3016060A2B06010401823714020206082B06010505070302");
	OK(texts_add_all(&y.app_policies, &x.eku));
	holds(&y, "06092b060104018237150a", false,
	    "301A300C060A2B060104018237140202300A06082B06010505070302");
	z.key_usage = USAGE_DIGITAL_SIGNATURE;
	z.key_usage_critical = true;
	holds(&z, "0603551d0f", true, "03020780");
	z.key_usage |= USAGE_KEY_ENCIPHERMENT;
	holds(&z, "0603551d0f", true, "030205A0");
	z.key_usage = USAGE_KEY_AGREEMENT | USAGE_DECIPHER_ONLY;
	comes_back(&z);
	OK(texts_add(&kdc.eku, OID_CLIENT_AUTH));
	OK(texts_add(&kdc.eku, OID_SERVER_AUTH));
	OK(texts_add(&kdc.eku, OID_SMARTCARD_LOGON));
	OK(texts_add(&kdc.eku, OID_KDC_AUTH));
	holds(&kdc, "0603551d25", false, "302906082B0601050507030206082B0601"
	    "0505070301060A2B06010401823714020206072B060105020305");
}

static void
the_rest_comes_back_as_it_was(void **state)
{
	auto_done(extensions) x;

	(void)state;
	extensions_init(&x);
	x.has_basic = x.basic_critical = x.ca = true;
	x.path_len = 0;
	OK(str_dup(&x.principal, "krbtgt/CORP.EXAMPLE@CORP.EXAMPLE"));
	OK(texts_add(&x.dns, "kdc.corp.example"));
	OK(texts_add(&x.email, "kdc@corp.example"));
	OK(texts_add(&x.ip, "10.0.0.1"));
	OK(texts_add(&x.ip, "fe80::1"));
	OK(texts_add(&x.policies, "1.2.3.4"));
	OK(texts_add(&x.cdp, "http://a.example/ca.crl"));
	OK(texts_add(&x.cdp, "http://b.example/ca.crl"));
	OK(texts_add(&x.ca_issuers, "http://a.example/ca.crt"));
	OK(texts_add(&x.ocsp, "http://a.example/ocsp"));
	OK(buf_add(&x.ski, "12345678901234567890", 20));
	OK(buf_add(&x.aki, "09876543210987654321", 20));
	OK(extensions_add_raw(&x, "1.2.3.4.5", true, bytes_of("\x05\0", 2)));
	comes_back(&x);
}

static void
the_principal_is_read_back(void **state)
{
	auto_done(extensions) x, y;
	auto_done(buf) der = { 0 };

	(void)state;
	extensions_init(&x);
	extensions_init(&y);
	OK(str_dup(&x.principal, "krbtgt/CORP.EXAMPLE@CORP.EXAMPLE"));
	OK(extensions_encode(&der, &x));
	OK(extensions_decode(&y, buf_bytes(&der)));
	assert_string_equal(y.principal, x.principal);
}

static void
hostile_extensions_are_refused(void **state)
{
	static const struct {
		const char *what;
		const char *hex;
		const char *note;
	} v[] = {
		{ "garbage", "3016300906035504030402050030", NULL },
		{ "keyUsage twice", "301c300c0603551d0f0405030307"
		    "8000300c0603551d0f04050303078000", "Key Usage" },
		{ "same twice", "3018300a06032a030404030101ff"
		    "300a06032a030404030101ff", "is there twice" },
		{ "two UPNs", "3035 3033 0603551d11 042c 302a"
		    "a013060a2b060104018237140203a0050c03614062"
		    "a013060a2b060104018237140203a0050c03614062",
		    "there are two UPNs" },
		{ "UPN as IA5String", "3020 301e 0603551d11 0417 3015"
		    "a013060a2b060104018237140203a0051603614062",
		    "not a UTF8String" },
		{ "UPN with a NUL", "3020 301e 0603551d11 0417 3015"
		    "a013060a2b060104018237140203a0050c03610062",
		    "NUL" },
		{ "UPN with an escape", "3020 301e 0603551d11 0417 3015"
		    "a013060a2b060104018237140203a0050c03611b62",
		    "control characters" },
		{ "DNS name with a NUL", "3010 300e 0603551d11 0407 3005"
		    "8203610062", "control characters" },
		{ "tail in a value", "300f 300d 0603551d0e 0406 0401aa 050000",
		    NULL },
		{ "SID that is none", "3026 3024 06092b0601040182371902 0417"
		    "3015 a013 060a2b060104018237190201 a005 0403 532d31",
		    "not a SID" },
		{ "no usage bit", "300d 300b 0603551d0f 0404 03020700",
		    "no bit" },
		{ "negative path", "3014 3012 0603551d13 0101ff 0408 3006"
		    "0101ff 0201ff", "path length" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		auto_done(buf) der = { 0 };
		auto_done(extensions) x;
		char hex[512];
		size_t n = 0;

		for (const char *p = v[i].hex; *p != '\0'; p++)
			if (*p != ' ')
				hex[n++] = *p;
		hex[n] = '\0';
		extensions_init(&x);
		OK(hex_decode(&der, hex));
		FAILS(SG_EFORMAT, extensions_decode(&x, buf_bytes(&der)));
		if (v[i].note != NULL &&
		    strstr(sg_note(SG_EFORMAT), v[i].note) == NULL)
			fail_msg("%s: the note is %s", v[i].what,
			    sg_note(SG_EFORMAT));
	}
}

static void
floods_are_refused(void **state)
{
	auto_done(extensions) x, y;
	auto_done(buf) der = { 0 };

	(void)state;
	extensions_init(&x);
	extensions_init(&y);
	for (int i = 0; i <= EXT_NAMES_MAX; i++)
		OK(texts_add(&x.dns, "a.example"));
	OK(extensions_encode(&der, &x));
	FAILS(SG_ELIMIT, extensions_decode(&y, buf_bytes(&der)));
	extensions_done(&x);
	for (int i = 0; i <= EXT_COUNT_MAX; i++) {
		char oid[32];

		(void)snprintf(oid, sizeof(oid), "1.2.3.%d", i);
		OK(extensions_add_raw(&x, oid, false, bytes_of("\5\0", 2)));
	}
	der.n = 0;
	OK(extensions_encode(&der, &x));
	FAILS(SG_ELIMIT, extensions_decode(&y, buf_bytes(&der)));
}

static void
identities_have_a_form(void **state)
{
	(void)state;
	assert_true(sid_valid(SID));
	assert_true(sid_valid("S-1-5-18"));
	assert_false(sid_valid("S-1-5"));
	assert_false(sid_valid("S-1-5-"));
	assert_false(sid_valid("S-1-5-21-x"));
	assert_false(sid_valid("s-1-5-21-1"));
	assert_false(sid_valid("S-2-5-21-1"));
	assert_true(upn_valid("alice@corp.example"));
	assert_true(upn_valid("j\xc3\xbcrgen@corp.example"));
	assert_false(upn_valid("alice"));
	assert_false(upn_valid("@corp.example"));
	assert_false(upn_valid("alice@"));
	assert_false(upn_valid("a@b@corp.example"));
	assert_false(upn_valid("a\nb@corp.example"));
	assert_false(upn_valid("a\xff@corp.example"));
	assert_true(dns_valid("kdc.corp.example"));
	assert_true(dns_valid("*.corp.example"));
	assert_true(dns_valid("localhost"));
	assert_false(dns_valid(""));
	assert_false(dns_valid("a..b"));
	assert_false(dns_valid("-a.b"));
	assert_false(dns_valid("a b"));
	assert_false(dns_valid("a.*.b"));
	assert_false(dns_valid("a."));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sid_extension_is_as_windows_writes_it),
		cmocka_unit_test(the_alternative_name_is_as_windows_writes_it),
		cmocka_unit_test(
		    template_extensions_are_as_windows_writes_them),
		cmocka_unit_test(usages_are_as_windows_writes_them),
		cmocka_unit_test(the_rest_comes_back_as_it_was),
		cmocka_unit_test(the_principal_is_read_back),
		cmocka_unit_test(hostile_extensions_are_refused),
		cmocka_unit_test(floods_are_refused),
		cmocka_unit_test(identities_have_a_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
