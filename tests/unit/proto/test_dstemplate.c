/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "pki/template_attr.h"
#include "proto/dstemplate.h"
#include "proto/utf.h"

#define BASE "1.3.6.1.4.1.311.21.8.1.2.3.4.5"

/* A dump as certutil of a domain's CA writes it, for the template of the
 * deployment guide; names invented. */
static const char whole[] =
	"[Version]\n"
	"Signature = \"$Windows NT$\"\n"
	"\n"
	"\n"
	"[WHfBCertificateAuthentication]\n"
	"    objectClass = \"top\", \"pKICertificateTemplate\"\n"
	"    cn = \"WHfBCertificateAuthentication\"\n"
	"    distinguishedName = \"CN=WHfBCertificateAuthentication,"
	"CN=Certificate Templates,CN=Public Key Services,CN=Services,"
	"CN=Configuration,DC=corp,DC=example\"\n"
	"    instanceType = \"4\"\n"
	"    whenCreated = \"20240821061451.0Z\"\n"
	"    whenChanged = \"20240821061451.0Z\"\n"
	"    displayName = \"WHfB Certificate Authentication\"\n"
	"    uSNCreated = \"24610\"\n"
	"    uSNChanged = \"24610\"\n"
	"    showInAdvancedViewOnly = \"TRUE\"\n"
	"    nTSecurityDescriptor = \"D:PAI(OA;;RPWPCR;"
	"0e10c968-78fb-11d2-90d4-00c04f79dc55;;DA)(OA;;CR;"
	"0e10c968-78fb-11d2-90d4-00c04f79dc55;;AU)"
	"(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;DA)(A;;LCRPLORC;;;AU)\"\n"
	"    name = \"WHfBCertificateAuthentication\"\n"
	"    objectGUID = \"67f4b90e-1111-2222-3333-444455556666\"\n"
	"    flags = \"131584\"\n"
	"    revision = \"100\"\n"
	"    objectCategory = \"CN=PKI-Certificate-Template,CN=Schema,"
	"CN=Configuration,DC=corp,DC=example\"\n"
	"    pKIDefaultKeySpec = \"1\"\n"
	"    pKIKeyUsage = \"80 00\"\n"
	"    pKIMaxIssuingDepth = \"0\"\n"
	"    pKICriticalExtensions = \"2.5.29.15\"\n"
	"    pKIExpirationPeriod =  \"1 Years\"\n"
	"    pKIOverlapPeriod =  \"6 Weeks\"\n"
	"    pKIExtendedKeyUsage = \"1.3.6.1.5.5.7.3.2\", "
	"\"1.3.6.1.4.1.311.20.2.2\"\n"
	"    pKIDefaultCSPs = \"1,Microsoft Software Key Storage Provider\"\n"
	"    dSCorePropagationData = \"16010101000000.0Z\"\n"
	"    msPKI-RA-Signature = \"0\"\n"
	"    msPKI-Enrollment-Flag = \"256\"\n"
	"    msPKI-Private-Key-Flag = \"67371136\"\n"
	"    msPKI-Certificate-Name-Flag = \"-2113929216\"\n"
	"    msPKI-Minimal-Key-Size = \"2048\"\n"
	"    msPKI-Template-Schema-Version = \"4\"\n"
	"    msPKI-Template-Minor-Revision = \"4\"\n"
	"    msPKI-Cert-Template-OID = \"1.3.6.1.4.1.311.21.8.1234567.2345678."
	"3456789.4567890.5678901.42.11484210.8005739\"\n"
	"    msPKI-RA-Application-Policies = \"msPKI-Asymmetric-Algorithm`"
	"PZPWSTR`RSA`msPKI-Hash-Algorithm`PZPWSTR`SHA256`msPKI-Key-Usage`"
	"DWORD`16777215`msPKI-Symmetric-Algorithm`PZPWSTR`3DES`"
	"msPKI-Symmetric-Key-Length`DWORD`168`\"\n"
	"    msPKI-Certificate-Application-Policy = \"1.3.6.1.5.5.7.3.2\", "
	"\"1.3.6.1.4.1.311.20.2.2\"\n"
	"\n"
	"\n"
	"[TemplateList]\n"
	"    Template = \"WHfBCertificateAuthentication\"\n";

/* An import file of the field: one byte of key usage, no system attributes,
 * a short blank before the list. */
static const char deployed[] =
	"[Version]\n"
	"Signature = \"$Windows NT$\"\n"
	"\n"
	"[VMware]\n"
	"    objectClass = \"top\", \"pKICertificateTemplate\"\n"
	"    cn = \"VMware\"\n"
	"    displayName = \"VMware\"\n"
	"    nTSecurityDescriptor = \"D:PAI(A;;CCDCLCSWRPWPDTLOSDRCWDWO;;;LA)"
	"(A;;LCRPLORC;;;LA)\"\n"
	"    name = \"VMware\"\n"
	"    flags = \"131649\"\n"
	"    revision = \"100\"\n"
	"    pKIDefaultKeySpec = \"1\"\n"
	"    pKIKeyUsage = \"e0\"\n"
	"    pKIMaxIssuingDepth = \"0\"\n"
	"    pKICriticalExtensions = \"2.5.29.15\"\n"
	"    pKIExpirationPeriod =  \"2 Years\"\n"
	"    pKIOverlapPeriod =  \"6 Weeks\"\n"
	"    pKIDefaultCSPs = \"2,Microsoft DH SChannel Cryptographic Provider"
	"\", \"1,Microsoft RSA SChannel Cryptographic Provider\"\n"
	"    dSCorePropagationData = \"16010101000000.0Z\"\n"
	"    msPKI-RA-Signature = \"0\"\n"
	"    msPKI-Enrollment-Flag = \"32768\"\n"
	"    msPKI-Private-Key-Flag = \"50593792\"\n"
	"    msPKI-Certificate-Name-Flag = \"1\"\n"
	"    msPKI-Minimal-Key-Size = \"2048\"\n"
	"    msPKI-Template-Schema-Version = \"2\"\n"
	"    msPKI-Template-Minor-Revision = \"3\"\n"
	"    msPKI-Cert-Template-OID = \"1.3.6.1.4.1.311.21.8.113749.13915579."
	"3820940.12247198.16264753.177.7964721.11618799\"\n"
	"\n"
	"[TemplateList]\n"
	"    Template = \"VMware\"\n";

/* certutil -v, as MS-CRTD section 3 prints it, but for its page's wraps. */
static const char verbose[] =
	"[Version]\n"
	"Signature = \"$Windows NT$\"\n"
	"\n"
	"[Administrator]\n"
	"  objectClass = \"top\", \"pKICertificateTemplate\"\n"
	"  cn = \"Administrator\"\n"
	"  distinguishedName = \n"
	"     \"CN=Administrator,CN=Certificate Templates,\n"
	"      CN=Public Key Services,CN=Services,CN=Configuration\"\n"
	"  whenCreated = \"19990212152445.0Z\" 2/12/1999 7:24 AM\n"
	"  displayName = \"Administrator\"\n"
	"  flags = \"66106\" 0x1023a\n"
	"    (CT_FLAG_MACHINE_TYPE -- 40 (64))\n"
	"    CT_FLAG_IS_DEFAULT -- 10000 (65536)\n"
	"  revision = \"4\"\n"
	"  nTSecurityDescriptor = \"D:PAI(A;;LCRPLORC;;;AU)\"\n"
	"    Allow Read\tNT AUTHORITY\\Authenticated Users\n"
	"  pKIKeyUsage = \"a0 00\"\n"
	"  pKIExpirationPeriod =  \"1 Years\"\n"
	"  pKIOverlapPeriod =  \"6 Weeks\"\n"
	"  pKIExtendedKeyUsage = \n"
	"     \"1.3.6.1.4.1.311.10.3.1\" Microsoft Trust List Signing, \n"
	"     \"1.3.6.1.5.5.7.3.4\" Secure Email ; the last\n"
	"  msPKI-Template-Schema-Version = \"1\"\n";

static enum sg_err
read_text(struct dstemplates *out, const char *text)
{
	return dstemplate_read(out, bytes_str(text), "x.txt");
}

static void
write_one(char **out, const struct template *t)
{
	const struct template *const one[] = { t };
	auto_done(buf) b = { 0 };

	OK(dstemplate_write(&b, one, 1));
	OK(str_from_bytes(out, buf_bytes(&b)));
}

static void
dumps_are_printed_back_byte_for_byte(void **state)
{
	auto_done(dstemplates) l = { 0 };
	auto_str text = NULL;

	(void)state;
	OK(read_text(&l, whole));
	assert_int_equal(l.n, 1);
	assert_int_equal(l.v[0].private_key_flag, 0x04040080);
	assert_int_equal(l.v[0].name_flag, 0x82000000);
	assert_int_equal(l.v[0].security.dacl.n, 4);
	write_one(&text, &l.v[0]);
	assert_string_equal(text, whole);
}

/* Blank lines and what every object has are written as certutil would. */
static void
files_of_the_field_are_read(void **state)
{
	auto_done(dstemplates) l = { 0 }, again = { 0 };
	auto_done(template_changes) c = { 0 };
	auto_str text = NULL;

	(void)state;
	OK(read_text(&l, deployed));
	assert_int_equal(l.v[0].key_usage, 0xe0);
	assert_int_equal(l.v[0].csps.n, 2);
	write_one(&text, &l.v[0]);
	assert_non_null(strstr(text, "    pKIKeyUsage = \"e0\"\n"));
	OK(read_text(&again, text));
	OK(template_diff(&c, &l.v[0], &again.v[0]));
	assert_int_equal(c.n, 0);
}

static void
verbose_dumps_are_read(void **state)
{
	auto_done(dstemplates) l = { 0 };
	auto_done(texts) dn = { 0 };

	(void)state;
	OK(read_text(&l, verbose));
	assert_int_equal(l.v[0].flags, 0x1023a);
	assert_int_equal(l.v[0].eku.n, 2);
	assert_string_equal(l.v[0].eku.v[1], "1.3.6.1.5.5.7.3.4");
	OK(template_get(&dn, &l.v[0], "distinguishedName"));
	assert_string_equal(dn.v[0], "CN=Administrator,CN=Certificate "
	    "Templates,CN=Public Key Services,CN=Services,CN=Configuration");
}

/* Acceptance 4 of the templates' issue. */
static void
all_built_in_ones_come_back_equal(void **state)
{
	size_t n = 0;

	(void)state;
	for (; template_builtin_name(n) != NULL; n++) {
		auto_done(template) t;
		auto_done(dstemplates) l = { 0 };
		auto_done(template_changes) c = { 0 };
		auto_str text = NULL, *again = NULL;

		template_init(&t);
		OK(template_builtin(&t, template_builtin_name(n), BASE));
		write_one(&text, &t);
		OK(read_text(&l, text));
		assert_int_equal(l.n, 1);
		OK(template_diff(&c, &t, &l.v[0]));
		if (c.n != 0)
			fail_msg("%s: %s", t.cn, c.v[0].name);
		assert_int_equal(l.v[0].extra_count, 0);
		write_one(&again, &l.v[0]);
		assert_string_equal(text, again);
	}
	assert_int_equal(n, 33);
}

static void
the_status_line_may_stay(void **state)
{
	auto_done(dstemplates) l = { 0 };
	auto_str text = NULL, *failed = NULL, *more = NULL;

	(void)state;
	OK(str_printf(&text, "%s%s\n", whole, DSTEMPLATE_STATUS));
	OK(read_text(&l, text));
	assert_int_equal(l.n, 1);
	OK(str_printf(&failed, "%sCertUtil: -dsTemplate command FAILED: "
	    "0x80070002\n", whole));
	FAILS_SAYING(SG_EFORMAT, "did not succeed", read_text(&l, failed));
	OK(str_printf(&more, "%sflags = \"1\"\n", text));
	FAILS_SAYING(SG_EFORMAT, "behind the status line",
	    read_text(&l, more));
}

static void
windows_encodings_are_read(void **state)
{
	auto_done(buf) utf16 = { 0 }, latin = { 0 };
	auto_done(dstemplates) a = { 0 }, b = { 0 };
	const char *name = strstr(whole, "WHfB Cert");

	(void)state;
	OK(dstemplate_windows(&utf16, bytes_str(whole)));
	assert_memory_equal(utf16.p, "\xff\xfe[\0V\0", 6);
	OK(dstemplate_read(&a, buf_bytes(&utf16), "x.txt"));
	assert_string_equal(a.v[0].display_name,
	    "WHfB Certificate Authentication");
	/* A German console: an umlaut of the code page 1252. */
	OK(buf_add(&latin, whole, (size_t)(name - whole)));
	OK(buf_add(&latin, "F\xfcr \x80", 5));
	OK(buf_add_str(&latin, name + 4));
	OK(dstemplate_read(&b, buf_bytes(&latin), "x.txt"));
	assert_string_equal(b.v[0].display_name,
	    "F\xc3\xbcr \xe2\x82\xac Certificate Authentication");
}

static void
unknown_attributes_are_kept(void **state)
{
	auto_done(dstemplates) l = { 0 };
	auto_done(buf) b = { 0 };
	const char *at = strstr(whole, "    flags");
	auto_str text = NULL;

	(void)state;
	OK(buf_add(&b, whole, (size_t)(at - whole)));
	OK(buf_add_str(&b, "    msPKI-Of-Tomorrow = \"a;b\", "
	    "\"say \"\"yes\"\"\"\n"));
	OK(buf_add_str(&b, at));
	OK(dstemplate_read(&l, buf_bytes(&b), "x.txt"));
	write_one(&text, &l.v[0]);
	assert_non_null(strstr(text, "    msPKI-Of-Tomorrow = \"a;b\", "
	    "\"say \"\"yes\"\"\"\n"));
}

static void
an_unknown_name_is_told(void **state)
{
	auto_done(dstemplates) l = { 0 };

	(void)state;
	FAILS_SAYING(SG_ENOENT, "display name", read_text(&l,
	    "[Version]\nSignature = \"$Windows NT$\"\n" DSTEMPLATE_STATUS));
}

#define HEAD "[Version]\nSignature = \"$Windows NT$\"\n[T]\n"
#define BODY "pKIKeyUsage = \"80\"\npKIExpirationPeriod = \"1 Years\"\n"

static void
errors_name_the_line(void **state)
{
	static const struct {
		const char *text, *saying;
	} bad[] = {
		{ "flags = \"1\"\n", "x.txt:1: a line before" },
		{ HEAD "flags = \"1\n revision = \"2\"\n",
		    "x.txt:4: the closing quote" },
		{ HEAD "flags = \"1\n", "x.txt:4: the closing quote" },
		{ HEAD "flags = 1\n", "x.txt:4: the value is not in quotes" },
		{ HEAD "\nflags = \"x\"\nrevision = \"1\"\n",
		    "x.txt:5: flags: 'x'" },
		{ HEAD "flags = \"1\", \"2\"\n[TemplateList]\n",
		    "x.txt:4: flags: flags has one value" },
		{ HEAD "flags =\n" BODY, "x.txt:4: flags has no value" },
		{ HEAD "flags \"1\"\n" BODY, "x.txt:4: expected" },
		{ HEAD BODY "displayName = \"a\x1b[2J\"\n",
		    "x.txt:6: displayName: a value with control" },
		{ HEAD BODY "nonsense\n", "x.txt:6: expected" },
		{ HEAD BODY "\"lonely\"\n", "x.txt:6: expected" },
		{ HEAD BODY "cn = \"Other\"\n", "x.txt:6: the cn" },
		{ HEAD BODY "[T]\n", "x.txt:6: [T] is there twice" },
		{ HEAD BODY "[a/b]\n", "x.txt:6: '/'" },
		{ HEAD BODY "[]\n", "x.txt:6: a section line" },
		{ HEAD BODY "pKIOverlapPeriod = \"6 Wochen\"\n",
		    "x.txt:6: pKIOverlapPeriod: '6 Wochen'" },
		{ HEAD BODY "pKIExtendedKeyUsage = \"1.x\"\n",
		    "x.txt:6: pKIExtendedKeyUsage: '1.x'" },
		{ HEAD BODY "nTSecurityDescriptor = \"D:(A;;GA;;;)\"\n",
		    "x.txt:6: nTSecurityDescriptor: SDDL" },
		{ HEAD "flags = \"1\"\n", "x.txt:3: [T] lacks pKIExp" },
		{ HEAD BODY "msPKI-Template-Schema-Version = \"2\"\n",
		    "x.txt:3: [T] lacks msPKI-Cert" },
		{ HEAD BODY "[TemplateList]\nTemplate = \"U\"\n",
		    "names 'U'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_done(dstemplates) l = { 0 };

		FAILS_SAYING(SG_EFORMAT, bad[i].saying,
		    read_text(&l, bad[i].text));
	}
}

static void
limits_hold(void **state)
{
	auto_done(buf) big = { 0 }, many = { 0 }, values = { 0 };
	auto_done(dstemplates) l = { 0 };
	uint8_t *at;

	(void)state;
	OK(buf_extend(&big, DSTEMPLATE_FILE_MAX + 1, &at));
	FAILS(SG_ELIMIT, dstemplate_read(&l, buf_bytes(&big), "x.txt"));
	for (int i = 0; i <= DSTEMPLATE_COUNT_MAX; i++)
		OK(buf_printf(&many, "[T%d]\n", i));
	FAILS(SG_ELIMIT, dstemplate_read(&l, buf_bytes(&many), "x.txt"));
	OK(buf_add_str(&values, HEAD "a = "));
	for (int i = 0; i <= ATTR_VALUES_MAX; i++)
		OK(buf_add_str(&values, "\"x\", "));
	FAILS(SG_ELIMIT, dstemplate_read(&l, buf_bytes(&values), "x.txt"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dumps_are_printed_back_byte_for_byte),
		cmocka_unit_test(files_of_the_field_are_read),
		cmocka_unit_test(verbose_dumps_are_read),
		cmocka_unit_test(all_built_in_ones_come_back_equal),
		cmocka_unit_test(the_status_line_may_stay),
		cmocka_unit_test(windows_encodings_are_read),
		cmocka_unit_test(unknown_attributes_are_kept),
		cmocka_unit_test(an_unknown_name_is_told),
		cmocka_unit_test(errors_name_the_line),
		cmocka_unit_test(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
