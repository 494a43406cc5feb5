/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <openssl/asn1t.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "pki/der.h"
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

/* What is in an extension that we read. */
static const ASN1_ITEM *
item_of(const X509_EXTENSION *e)
{
	char oid[OID_TEXT_MAX];
	ASN1_OBJECT *o = X509_EXTENSION_get_object(
	    (X509_EXTENSION *)(uintptr_t)e);

	(void)OBJ_obj2txt(oid, sizeof(oid), o, 1);
	if (strcmp(oid, OID_SID) == 0 ||
	    strcmp(oid, OID_SUBJECT_ALT_NAME) == 0)
		return ASN1_ITEM_rptr(GENERAL_NAMES);
	if (strcmp(oid, "2.5.29.37") == 0)
		return ASN1_ITEM_rptr(EXTENDED_KEY_USAGE);
	if (strcmp(oid, "2.5.29.31") == 0)
		return ASN1_ITEM_rptr(CRL_DIST_POINTS);
	return strcmp(oid, "1.3.6.1.5.5.7.1.1") == 0
	    ? ASN1_ITEM_rptr(AUTHORITY_INFO_ACCESS) : NULL;
}

/* OpenSSL, the values included. */
static void
openssl_reads(struct bytes der)
{
	const uint8_t *p = der.p;
	X509_EXTENSIONS *list = d2i_X509_EXTENSIONS(NULL, &p, (long)der.n);

	assert_non_null(list);
	assert_true(p == der.p + der.n);
	for (int i = 0; i < sk_X509_EXTENSION_num(list); i++) {
		X509_EXTENSION *e = sk_X509_EXTENSION_value(list, i);
		const ASN1_ITEM *item = item_of(e);
		ASN1_OCTET_STRING *s = X509_EXTENSION_get_data(e);
		const uint8_t *v = ASN1_STRING_get0_data(s);
		void *x;

		if (item == NULL)
			continue;
		x = ASN1_item_d2i(NULL, &v, ASN1_STRING_length(s), item);
		assert_non_null(x);
		assert_true(v == ASN1_STRING_get0_data(s) +
		    ASN1_STRING_length(s));
		ASN1_item_free(x, item);
	}
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

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

/* The list with the outermost length of one value in the long form: BER, which
 * OpenSSL's templates read. */
static void
lengthen(struct buf *out, struct bytes list, size_t which)
{
	struct reader outer = reader_of(list), r;
	auto_done(buf) all = { 0 };

	r = reader_of(der_get(&outer, DER_SEQUENCE));
	for (size_t i = 0; r.left.n > 0; i++) {
		struct reader e = reader_of(der_get(&r, DER_SEQUENCE)), v;
		size_t from = all.n, value;

		OK(der_put(&all, DER_OID, der_get(&e, DER_OID)));
		if (der_next_is(&e, DER_BOOLEAN))
			OK(der_put(&all, DER_BOOLEAN,
			    der_get(&e, DER_BOOLEAN)));
		value = all.n;
		v = reader_of(der_get(&e, DER_OCTETS));
		if (i == which) {
			uint8_t tag = v.left.p[0];
			struct bytes x = der_get(&v, tag);

			OK(buf_add_u8(&all, tag));
			OK(buf_add_u8(&all, 0x84));
			OK(buf_add_u32(&all, (uint32_t)x.n));
			OK(buf_add_bytes(&all, x));
		} else {
			OK(buf_add_bytes(&all, v.left));
		}
		OK(der_wrap(&all, value, DER_OCTETS));
		OK(der_wrap(&all, from, DER_SEQUENCE));
	}
	OK(der_put(out, DER_SEQUENCE, buf_bytes(&all)));
}

static void
everything_fill(struct extensions *x)
{
	extensions_init(x);
	OK(str_dup(&x->upn, "alice@corp.example"));
	OK(texts_add(&x->dns, "pc1.corp.example"));
	OK(texts_add(&x->dns, "pc2.corp.example"));
	OK(texts_add(&x->email, "alice@corp.example"));
	OK(texts_add(&x->uri, "tag:x"));
	OK(texts_add(&x->ip, "192.0.2.1"));
	OK(texts_add(&x->ip, "2001:db8::1"));
	x->san_critical = true;
	OK(str_dup(&x->sid, SID));
	OK(texts_add(&x->eku, OID_CLIENT_AUTH));
	OK(texts_add(&x->eku, "2.25.340282366920938463463374607431768211455"));
	OK(texts_add(&x->cdp, "http://pki.example/a.crl"));
	OK(texts_add(&x->cdp, "http://pki.example/b.crl"));
	OK(texts_add(&x->ca_issuers, "http://pki.example/a.crt"));
	OK(texts_add(&x->ocsp, "http://pki.example/ocsp"));
}

/* What is read by hand and what OpenSSL reads is the same. */
static void
both_ways_of_reading_see_the_same(void **state)
{
	auto_done(extensions) x;
	auto_done(buf) der = { 0 };

	(void)state;
	everything_fill(&x);
	OK(extensions_encode(&der, &x));
	for (size_t i = 0; i < 5; i++) {
		auto_done(extensions) y;
		auto_done(buf) lax = { 0 }, again = { 0 };

		lengthen(&lax, buf_bytes(&der), i);
		OK(extensions_decode(&y, buf_bytes(&lax)));
		OK(extensions_encode(&again, &y));
		assert_true(lax.n > der.n);
		assert_true(bytes_eq(buf_bytes(&again), buf_bytes(&der)));
	}
}

/* A byte changed anywhere: what we read, OpenSSL reads too. */
static void
nothing_is_read_that_openssl_does_not(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x02, 0x20, 0x80, 0xff };
	auto_done(extensions) x;
	auto_done(buf) der = { 0 };
	unsigned both = 0;

	(void)state;
	everything_fill(&x);
	OK(extensions_encode(&der, &x));
	for (size_t at = 0; at < der.n * sizeof(masks); at++) {
		uint8_t *p = der.p + at / sizeof(masks);
		uint8_t mask = masks[at % sizeof(masks)];
		auto_done(extensions) y;

		*p ^= mask;
		extensions_init(&y);
		if (extensions_decode(&y, buf_bytes(&der)) == SG_OK) {
			openssl_reads(buf_bytes(&der));
			both++;
		}
		*p ^= mask;
	}
	assert_true(both > der.n);
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
		cmocka_unit_test(both_ways_of_reading_see_the_same),
		cmocka_unit_test(nothing_is_read_that_openssl_does_not),
		cmocka_unit_test(floods_are_refused),
		cmocka_unit_test(identities_have_a_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
