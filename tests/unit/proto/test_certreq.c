/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "proto/certreq.h"

/* What Generate-CertificateRequest writes for a Hello key. */
static const char cmdlet[] =
    "[Version]\r\n"
    "Signature = \"$Windows NT$\"\r\n"
    "[NewRequest]\r\n"
    "Subject = \"CN=alice@corp.example\"\r\n"
    "ProviderName = \"Microsoft Passport Key Storage Provider\"\r\n"
    "KeyContainer = \"S-1-5-21-1/k/login.windows.net/t/alice\"\r\n"
    "UseExistingKeySet = TRUE\r\n"
    "RequestType = PKCS10\r\n"
    "[EnhancedKeyUsageExtension]\r\n"
    "OID=1.3.6.1.4.1.311.20.2.2\r\n"
    "OID=1.3.6.1.5.5.7.3.2\r\n"
    "[RequestAttributes]\r\n"
    "CertificateTemplate = \"WHfBCertificateAuthentication\"\r\n"
    "[Extensions]\r\n"
    "2.5.29.17 = \"{text}\"\r\n"
    "_continue_ = \"UPN=alice@corp.example&\"\r\n";

static enum sg_err
read_text(struct certreq *r, const char *text)
{
	auto_done(inf) f = { 0 };

	SG_TRY(inf_parse(&f, bytes_str(text), "f.inf"));
	return certreq_read(r, &f, "f.inf");
}

static void
the_cmdlets_file_is_understood(void **state)
{
	auto_done(certreq) r = { 0 };

	(void)state;
	OK(read_text(&r, cmdlet));
	assert_string_equal(r.subject, "CN=alice@corp.example");
	assert_string_equal(r.container,
	    "S-1-5-21-1/k/login.windows.net/t/alice");
	assert_true(r.existing);
	assert_int_equal(r.content.ext.eku.n, 2);
	assert_string_equal(r.content.ext.eku.v[0], OID_SMARTCARD_LOGON);
	assert_string_equal(r.content.ext.upn, "alice@corp.example");
	assert_string_equal(csr_content_pair(&r.content,
	    "certificatetemplate"), "WHfBCertificateAuthentication");
}

static void
the_cmdlets_file_is_written(void **state)
{
	auto_done(certreq) r = { 0 };
	auto_done(buf) out = { 0 };

	(void)state;
	certreq_init(&r);
	r.existing = true;
	OK(certreq_set_subject(&r, "CN=alice@corp.example"));
	OK(str_dup(&r.content.provider,
	    "Microsoft Passport Key Storage Provider"));
	OK(str_dup(&r.container, "S-1-5-21-1/k/login.windows.net/t/alice"));
	OK(certreq_add_eku(&r, OID_SMARTCARD_LOGON));
	OK(certreq_add_eku(&r, OID_CLIENT_AUTH));
	OK(certreq_add_attribute(&r, "CertificateTemplate",
	    "WHfBCertificateAuthentication"));
	OK(certreq_set_upn(&r, "alice@corp.example"));
	OK(certreq_write(&r, &out));
	OK(buf_terminate(&out));
	assert_string_equal((char *)out.p, cmdlet);
}

static const char everything[] =
    "[NewRequest]\nSubject=\"CN=a;O=b, c\"\nX500NameFlags=0x40000000\n"
    "KeyContainer=k\nUseExistingKeySet=1\nExportable=FALSE\n"
    "MachineKeySet=0\nKeyAlgorithm=RSA\nKeyLength=2048\n"
    "KeySpec=AT_KEYEXCHANGE\nHashAlgorithm=SHA384\n"
    "AlternateSignatureAlgorithm=TRUE\nProviderType=0\nRequestType=1\n"
    "KeyUsage=\"CERT_DIGITAL_SIGNATURE_KEY_USAGE | 0x20\"\n"
    "KeyUsageProperty=NCRYPT_ALLOW_ALL_USAGES\nSilent=FALSE\n"
    "FriendlyName=\"My card\"\nSuppressDefaults=TRUE\nSMIME=FALSE\n"
    "[Extensions]\n"
    "2.5.29.17=\"{text}UPN=u@x&EMail=e@x&DNS=d.x&URL=http://x/&\"\n"
    "2.5.29.37=\"{text}1.2.3, 1.2.4\"\n"
    "1.3.6.1.4.1.311.21.10=\"{text}1.2.3\"\n"
    "2.5.29.19=\"{text}ca=0&pathlength=3\"\n"
    "1.3.6.1.4.1.311.25.2=\"MAA=\"\n"
    "Critical=2.5.29.15, 2.5.29.37, 1.3.6.1.4.1.311.25.2\n"
    "[RequestAttributes]\nSAN=\"upn=u@x&dns=d.x\"\n";

static void
every_supported_key_is_read(void **state)
{
	auto_done(certreq) r = { 0 };
	const struct extensions *x = &r.content.ext;

	(void)state;
	OK(read_text(&r, everything));
	assert_string_equal(r.subject, "CN=a,O=b\\, c");
	assert_int_equal(r.algorithm, CERTREQ_RSA);
	assert_int_equal(r.key_length, 2048);
	assert_int_equal(r.hash, DIGEST_SHA384);
	assert_true(r.pss);
	assert_string_equal(r.friendly_name, "My card");
	assert_int_equal(x->key_usage,
	    USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT);
	assert_string_equal(x->upn, "u@x");
	assert_true(texts_has(&x->email, "e@x"));
	assert_true(texts_has(&x->dns, "d.x"));
	assert_true(texts_has(&x->uri, "http://x/"));
	assert_int_equal(x->eku.n, 2);
	assert_string_equal(x->eku.v[1], "1.2.4");
	assert_true(x->eku_critical);
	assert_false(x->san_critical);
	assert_true(texts_has(&x->app_policies, "1.2.3"));
	assert_true(x->has_basic && !x->ca);
	assert_int_equal(x->raw_count, 1);
	assert_int_equal(x->raw[0].der.n, 2);
	assert_true(x->raw[0].critical);
}

static void
what_is_written_reads_back_the_same(void **state)
{
	auto_done(certreq) first = { 0 };
	auto_done(certreq) second = { 0 };
	auto_done(buf) a = { 0 };
	auto_done(buf) b = { 0 };

	(void)state;
	OK(read_text(&first, everything));
	OK(certreq_write(&first, &a));
	OK(buf_terminate(&a));
	OK(read_text(&second, (char *)a.p));
	OK(certreq_write(&second, &b));
	assert_true(bytes_eq(buf_bytes(&a), buf_bytes(&b)));
	assert_string_equal(second.subject, first.subject);
	assert_int_equal(second.hash, DIGEST_SHA384);
	assert_string_equal(second.content.ext.upn, "u@x");
	assert_true(second.content.ext.eku_critical);
	assert_int_equal(second.content.ext.raw_count, 1);
}

/* A file whose line 2 is the key. */
static void
refused(enum sg_err code, const char *key, const char *says)
{
	auto_done(certreq) r = { 0 };
	auto_str text = NULL;

	OK(str_printf(&text, "[NewRequest]\n%s\n", key));
	FAILS_SAYING(code, "f.inf:2: [NewRequest] ", read_text(&r, text));
	FAILS_SAYING(code, says, read_text(&r, text));
}

static void
what_a_passport_key_cannot_do_is_said(void **state)
{
	(void)state;
	refused(SG_EUNSUPPORTED, "Exportable = TRUE", "never leaves the TPM");
	refused(SG_EUNSUPPORTED, "MachineKeySet = TRUE", "to a person");
	refused(SG_EUNSUPPORTED, "RequestType = CMC", "only PKCS10");
	refused(SG_EUNSUPPORTED, "RequestType = 0xfd00", "only PKCS10");
	refused(SG_EUNSUPPORTED, "Silent = TRUE", "needs the gesture");
	refused(SG_EUNSUPPORTED, "KeyLength = 4096", "2048");
	refused(SG_EUNSUPPORTED, "KeyAlgorithm = ECDSA_P384", "ECDSA_P256");
	refused(SG_EUNSUPPORTED, "HashAlgorithm = md5", "too weak");
	refused(SG_EUNSUPPORTED, "NotAfter = \"1/1/2030\"", "self-signed");
	refused(SG_EUNSUPPORTED, "RenewalCert = \"00\"", "renewal");
	refused(SG_EUNSUPPORTED, "ProviderType = 24", "type is 0");
}

static void
every_provider_is_known_by_its_name(void **state)
{
	static const char *const names[] = {
		"Microsoft Software Key Storage Provider",
		"Microsoft Smart Card Key Storage Provider",
		"Microsoft Platform Crypto Provider",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		auto_done(certreq) r = { 0 };
		auto_done(inf) f = { 0 };
		auto_str text = NULL;

		OK(str_printf(&text, "[NewRequest]\nSubject=\"CN=a\"\n"
		    "ProviderName=\"%s\"\n", names[i]));
		OK(inf_parse(&f, bytes_str(text), "f.inf"));
		OK(certreq_read(&r, &f, "f.inf"));
		assert_string_equal(r.content.provider, names[i]);
	}
}

static void
nonsense_names_its_line_and_key(void **state)
{
	(void)state;
	refused(SG_EFORMAT, "Sbject = \"CN=x\"", "Sbject: unknown key");
	refused(SG_EFORMAT, "Exportable = maybe", "neither TRUE nor FALSE");
	refused(SG_EFORMAT, "KeyUsage = 0x10000", "mean nothing");
	refused(SG_EFORMAT, "KeyUsage = CERT_SIGN", "no known flag");
	refused(SG_EFORMAT, "KeyLength = 2k", "no number");
	refused(SG_EFORMAT, "KeyLength = 99999999999", "no number");
	refused(SG_EFORMAT, "KeySpec = 7", "0, 1 or 2");
	refused(SG_EFORMAT, "Subject = CN=a,O=b", "must stand in quotes");
	refused(SG_EFORMAT, "ProviderName = \"Mine\"", "no key storage");
	refused(SG_EFORMAT, "HashAlgorithm = crc32", "no hash");
	refused(SG_EFORMAT, "RequestType = PKCS11", "no type");
}

static void
whole_files_that_make_no_sense(void **state)
{
	static const struct {
		enum sg_err code;
		const char *text;
		const char *says;
	} bad[] = {
		{ SG_EFORMAT, "[Version]\nSignature=\"$Windows NT$\"\n",
			"[NewRequest] is missing" },
		{ SG_EFORMAT, "[NewReqest]\nSubject=x\n",
			"f.inf:1: unknown section [NewReqest]" },
		{ SG_EFORMAT, "[Version]\nSignature=x\n", "$Windows NT$" },
		{ SG_EFORMAT, "[NewRequest]\nUseExistingKeySet=TRUE\n",
			"needs KeyContainer" },
		{ SG_EFORMAT, "[NewRequest]\nSubject=a\nsubject=b\n",
			"f.inf:3: [NewRequest] subject: it stands there" },
		{ SG_EUNSUPPORTED, "[CRLDistributionPoint]\nURL=x\n",
			"f.inf:2: [CRLDistributionPoint] URL: " },
		{ SG_EFORMAT, "[EnhancedKeyUsageExtension]\nOID=1.x\n",
			"f.inf:2: [EnhancedKeyUsageExtension] OID: '1.x'" },
		{ SG_EFORMAT, "[EnhancedKeyUsageExtension]\nOID=3.1\n", "3.1" },
		{ SG_EFORMAT, "[EnhancedKeyUsageExtension]\nOID=1.\n", "1." },
		{ SG_EFORMAT, "[Extensions]\n2.5.29.17=\"{text}UPN\"\n",
			"'UPN' is not 'kind=name'" },
		{ SG_EFORMAT, "[Extensions]\n2.5.29.17=\"{text}UPM=a\"\n",
			"'UPM' is no kind of name" },
		{ SG_EFORMAT, "[Extensions]\n2.5.29.17=\"{text}UPN=\"\n",
			"not a user principal name" },
		{ SG_EFORMAT, "[Extensions]\n2.5.29.17=\"{text}DNS=a b\"\n",
			"no DNS name" },
		{ SG_EFORMAT, "[Extensions]\n2.5.29.17="
			"\"{text}UPN=a@b&UPN=c@d\"\n",
			"two UPNs" },
		{ SG_EFORMAT, "[NewRequest]\nKeyUsage=0x80\n[Extensions]\n"
			"2.5.29.15=\"AwIHgA==\"\n", "given twice" },
		{ SG_EFORMAT, "[NewRequest]\n[Extensions]\n"
			"Critical=2.5.29.37\n", "not among the extensions" },
		{ SG_EFORMAT, "[NewRequest]\nSubject=\"nonsense\"\n",
			"f.inf: [NewRequest] Subject: " },
		{ SG_EUNSUPPORTED, "[Extensions]\n2.5.29.17=\"{text}Guid=a\"\n",
			"Guid are not supported" },
		{ SG_EUNSUPPORTED, "[Extensions]\n2.5.29.19=\"{text}ca=1\"\n",
			"no CA's" },
		{ SG_EUNSUPPORTED, "[Extensions]\n2.5.29.32=\"{text}1.2\"\n",
			"base64 DER" },
		{ SG_EUNSUPPORTED, "[Extensions]\n2.5.29.32=\"{hex}00\"\n",
			"{text}" },
		{ SG_EFORMAT, "[Extensions]\n2.5.29.32=\"!!\"\n", "base64" },
		{ SG_EFORMAT, "[Extensions]\n2.5.29.32=\n", "empty" },
		{ SG_EFORMAT, "[Extensions]\nCritcal=2.5.29.15\n",
			"Critcal: unknown key" },
		{ SG_EFORMAT, "[RequestAttributes]\nA=b\na=c\n", "twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		auto_done(certreq) r = { 0 };

		FAILS_SAYING(bad[i].code, bad[i].says,
		    read_text(&r, bad[i].text));
	}
}

static void
lists_have_a_limit(void **state)
{
	auto_done(certreq) r = { 0 };

	(void)state;
	certreq_init(&r);
	for (int i = 0; i < CERTREQ_LIST_MAX; i++)
		OK(certreq_add_eku(&r, "1.2.3"));
	FAILS(SG_ELIMIT, certreq_add_eku(&r, "1.2.3"));
	FAILS(SG_EARG, certreq_set_upn(&r, "a&b@c"));
	FAILS(SG_EARG, certreq_set_upn(&r, "alice"));
	FAILS(SG_EARG, certreq_add_attribute(&r, "a b", "c"));
	FAILS(SG_EARG, certreq_add_attribute(&r, "_continue_", "c"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cmdlets_file_is_understood),
		cmocka_unit_test(the_cmdlets_file_is_written),
		cmocka_unit_test(every_supported_key_is_read),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(what_a_passport_key_cannot_do_is_said),
		cmocka_unit_test(every_provider_is_known_by_its_name),
		cmocka_unit_test(nonsense_names_its_line_and_key),
		cmocka_unit_test(whole_files_that_make_no_sense),
		cmocka_unit_test(lists_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
