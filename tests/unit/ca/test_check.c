/* SPDX-License-Identifier: BSD-2-Clause */

/* The engine's denials, one by one, and the bytes of what it issues. */

#include "place.h"

#include "base/text.h"
#include "pki/name.h"

static struct ca_verdict
judge(const struct place *p, const struct ca_order *o)
{
	auto_free(cert) c = NULL;
	struct ca_verdict v = { 0 };

	OK(ca_judge(&v, &c, &p->issuer, o));
	assert_true((c != NULL) == (v.disposition == CA_ISSUED));
	free(v.words);
	v.words = NULL;
	return v;
}

static void
denied(const struct place *p, const struct ca_order *o, uint32_t status)
{
	struct ca_verdict v = judge(p, o);

	if (v.disposition != CA_DENIED || v.status != status)
		fail_msg("%s 0x%08x, expected 0x%08x",
		    ca_disposition_name(v.disposition), v.status, status);
	assert_non_null(ca_status_symbol(status));
}

static void
issued(const struct place *p, const struct ca_order *o)
{
	assert_int_equal(judge(p, o).disposition, CA_ISSUED);
}

/* A request with one thing about it. */
static void
request(struct place *p, void (*change)(struct csr_content *c),
    unsigned rsa_bits, enum digest hash)
{
	auto_free(pkey) k = NULL;
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 };

	csr_content_init(&c);
	if (rsa_bits > 0)
		OK(pkey_new_rsa(&k, rsa_bits));
	else
		OK(pkey_new_p256(&k));
	OK(template_request(&c, &p->t, &p->id));
	if (change != NULL)
		change(&c);
	OK(csr_build(&der, &c, hash, false, pkey_signer(k)));
	csr_free(p->csr);
	p->csr = NULL;
	OK(csr_parse(&p->csr, buf_bytes(&der)));
}

static void
names_that_are_missing_are_told_apart(void **state)
{
	static const struct {
		uint32_t flag;
		uint32_t status;
	} cases[] = {
		{ NAME_ALT_UPN, CA_E_UPN }, { NAME_ALT_SPN, CA_E_UPN },
		{ NAME_ALT_EMAIL, CA_E_EMAIL }, { NAME_ALT_DNS, CA_E_DNS },
		{ NAME_ALT_DOMAIN_DNS, CA_E_DNS },
		{ NAME_ALT_GUID, CA_E_GUID },
	};
	struct place *p = *state;
	auto_done(identity) bare = { 0 };

	OK(name_parse(&bare.subject, "CN=alice"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct template t = p->t;
		struct ca_order o = place_order(p);

		t.name_flag = cases[i].flag;
		o.template = &t;
		o.identity = &bare;
		denied(p, &o, cases[i].status);
	}
}

static void
a_small_key_is_denied(void **state)
{
	struct place *p = *state;
	struct ca_order o;

	request(p, NULL, 2048, DIGEST_SHA256);
	o = place_order(p);
	issued(p, &o);
	p->t.minimal_key_size = 3072;
	denied(p, &o, CA_E_KEY_LENGTH);
}

static void
an_old_digest_is_denied(void **state)
{
	struct place *p = *state;
	struct ca_order o;

	request(p, NULL, 0, DIGEST_SHA1);
	o = place_order(p);
	denied(p, &o, CA_E_BAD_ALGORITHM);
}

static void
signature_over_other_bytes_is_denied(void **state)
{
	struct place *p = *state;
	auto_done(buf) der = { 0 };
	auto_free(csr) forged = NULL;
	struct ca_order o = place_order(p);

	OK(buf_add_bytes(&der, buf_bytes(&p->csr->der)));
	/* The last byte of the signature. */
	der.p[der.n - 1] ^= 1;
	OK(csr_parse(&forged, buf_bytes(&der)));
	o.request = forged;
	denied(p, &o, CA_E_BAD_SIGNATURE);
}

static void
ask_ca(struct csr_content *c)
{
	c->ext.has_basic = c->ext.ca = true;
	c->ext.path_len = -1;
}

static void
ask_cert_sign(struct csr_content *c)
{
	c->ext.key_usage |= USAGE_CERT_SIGN;
}

static void
ask_critical(struct csr_content *c)
{
	OK(extensions_add_raw(&c->ext, "1.2.3.4", true,
	    bytes_of("\x05\x00", 2)));
}

static void
ask_other_template(struct csr_content *c)
{
	free(c->ext.template_name);
	c->ext.template_name = NULL;
	OK(str_dup(&c->ext.template_name, "WebServer"));
}

static void
what_a_request_may_not_ask_is_denied(void **state)
{
	static const struct {
		void (*change)(struct csr_content *c);
		uint32_t status;
	} cases[] = {
		{ ask_ca, CA_E_ROLE }, { ask_cert_sign, CA_E_ROLE },
		{ ask_critical, CA_E_CRITICAL },
		{ ask_other_template, CA_E_TEMPLATE_CONFLICT },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ca_order o;

		request(p, cases[i].change, 0, DIGEST_SHA256);
		o = place_order(p);
		denied(p, &o, cases[i].status);
	}
}

static void
name_passport(struct csr_content *c)
{
	OK(str_dup(&c->provider, "Microsoft Passport Key Storage Provider"));
}

static void
only_listed_providers_pass(void **state)
{
	struct place *p = *state;
	struct template t = p->t;
	struct texts other = { 0 }, same = { 0 };
	struct ca_order o;

	OK(texts_add(&other, "1,Microsoft Software Key Storage Provider"));
	OK(texts_add(&same, "2,microsoft passport key storage provider"));
	request(p, name_passport, 0, DIGEST_SHA256);
	o = place_order(p);
	o.template = &t;
	t.schema = 4;
	t.csps = other;
	denied(p, &o, CA_E_BAD_PROVIDER);
	t.csps = same;
	issued(p, &o);
	/* An old template prefers, it does not demand. */
	t.schema = 2;
	t.csps = other;
	issued(p, &o);
	texts_done(&other);
	texts_done(&same);
}

static bool
nobody(void *ctx, const struct template *t, const char *requester)
{
	unsigned *asked = ctx;

	assert_string_equal(t->cn, "SmartcardLogon");
	assert_string_equal(requester, "CORP\\alice");
	(*asked)++;
	return false;
}

static void
the_gate_is_asked_unless_an_officer_vouches(void **state)
{
	struct place *p = *state;
	unsigned asked = 0;
	struct ca_gate gate = { nobody, &asked };
	struct ca_order o = place_order(p);

	o.gate = &gate;
	issued(p, &o);
	o.evidence.kind = CA_BY_OFFICER;
	issued(p, &o);
	assert_int_equal(asked, 0);
	o.evidence.kind = CA_BY_KERBEROS;
	denied(p, &o, CA_E_TEMPLATE_DENIED);
	assert_int_equal(asked, 1);
}

static void
agents_are_counted(void **state)
{
	struct place *p = *state;
	struct template t = p->t;
	struct ca_order o = place_order(p);

	t.ra_signatures = 2;
	o.template = &t;
	o.evidence = (struct ca_evidence) { CA_BY_CERTIFICATE, 1 };
	denied(p, &o, CA_E_SIGNATURE_COUNT);
	o.evidence.agents = 2;
	issued(p, &o);
}

static void
only_an_officer_gives_more_time(void **state)
{
	struct place *p = *state;
	struct template t = p->t;
	struct ca_order o = place_order(p);
	auto_free(cert) a = NULL, *b = NULL, *c = NULL;

	t.validity = 10 * DAY;
	t.overlap = DAY;
	o.template = &t;
	o.days = 20;
	OK(ca_issue(&a, &p->issuer, &o));
	assert_true(a->not_after == NOW + 20 * DAY);
	o.evidence.kind = CA_BY_KERBEROS;
	OK(ca_issue(&b, &p->issuer, &o));
	assert_true(b->not_after == NOW + 10 * DAY);
	o.days = 5;
	OK(ca_issue(&c, &p->issuer, &o));
	assert_true(c->not_after == NOW + 5 * DAY);
	t.overlap = 11 * DAY;
	denied(p, &o, CA_E_OVERLAP);
	t.overlap = DAY;
	o.now = NOW + 600 * DAY;
	denied(p, &o, CA_E_EXPIRED);
}

static void
renewals_keep_the_key_where_they_must(void **state)
{
	struct place *p = *state;
	struct template t = p->t;
	struct ca_order o = place_order(p);
	auto_free(cert) old = NULL;

	t.private_key_flag |= KEY_SAME_FOR_RENEWAL;
	o.template = &t;
	OK(ca_issue(&old, &p->issuer, &o));
	o.renews = old;
	issued(p, &o);
	request(p, NULL, 0, DIGEST_SHA256);
	o.request = p->csr;
	denied(p, &o, CA_E_RENEWAL_KEY);
	t.private_key_flag &= ~KEY_SAME_FOR_RENEWAL;
	issued(p, &o);
	o.now = old->not_after;
	denied(p, &o, CA_E_EXPIRED);
}

/* A template of version 2 with an OID, as the facts' vectors have it. */
static void
version_two(struct template *t)
{
	t->schema = 2;
	t->revision = 100;
	t->minor = 4;
	t->name_flag |= NAME_DIRECTORY_PATH;
	OK(str_dup(&t->oid, "1.3.6.1.4.1.311.21.8.1.2.3"));
	texts_done(&t->eku);
	OK(texts_add(&t->eku, OID_SMARTCARD_LOGON));
	OK(texts_add(&t->eku, OID_CLIENT_AUTH));
	OK(texts_add_all(&t->app_policies, &t->eku));
	t->key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT;
}

static void
approved_once_is_approved_for_renewals(void **state)
{
	struct place *p = *state;
	struct ca_order o = place_order(p);
	auto_free(cert) old = NULL;

	version_two(&p->t);
	request(p, NULL, 0, DIGEST_SHA256);
	o.request = p->csr;
	OK(ca_issue(&old, &p->issuer, &o));
	p->t.enrollment_flag |= ENROLL_PEND;
	p->t.ra_signatures = 1;
	o.renews = old;
	denied(p, &o, CA_E_SIGNATURE_COUNT);
	o.evidence.agents = 1;
	assert_int_equal(judge(p, &o).disposition, CA_PENDING);
	o.evidence.agents = 0;
	p->t.enrollment_flag |= 0x40;	/* PREVIOUS_APPROVAL */
	issued(p, &o);
	/* What another template has approved counts for nothing. */
	free(p->t.oid);
	OK(str_dup(&p->t.oid, "1.3.6.1.4.1.311.21.8.1.2.4"));
	request(p, NULL, 0, DIGEST_SHA256);
	o.request = p->csr;
	denied(p, &o, CA_E_SIGNATURE_COUNT);
}

/* oid (DER, hex), critical or not, and the value (DER, hex): byte for byte. */
static void
has_extension(const struct cert *c, const char *oid, bool critical,
    const char *value)
{
	auto_done(buf) want = { 0 }, v = { 0 };

	OK(hex_decode(&v, value));
	OK(hex_decode(&want, oid));
	if (critical)
		OK(buf_add(&want, "\x01\x01\xff", 3));
	assert_true(v.n < 128);
	OK(buf_add_u8(&want, 0x04));
	OK(buf_add_u8(&want, (uint8_t)v.n));
	OK(buf_add_bytes(&want, buf_bytes(&v)));
	if (memmem(c->der.p, c->der.n, want.p, want.n) == NULL)
		fail_msg("no extension %s %s", oid, value);
}

static void
extensions_are_exact(void **state)
{
	struct place *p = *state;
	struct texts cdp = { 0 }, aia = { 0 };
	struct ca_issuer i = p->issuer;
	struct ca_order o = place_order(p);
	auto_free(cert) c = NULL;

	version_two(&p->t);
	OK(str_dup(&p->id.sid,
	    "S-1-5-21-1004336348-1177238915-682003330-1104"));
	request(p, NULL, 2048, DIGEST_SHA256);
	o.request = p->csr;
	OK(texts_add(&cdp, "http://a/c"));
	OK(texts_add(&cdp, "http://b/c"));
	OK(texts_add(&aia, "http://a/i"));
	i.cdp = &cdp;
	i.ca_issuers = &aia;
	OK(ca_issue(&c, &i, &o));
	/* 1.3.6.1.4.1.311.25.2 */
	has_extension(c, "06092b060104018237" "1902", false,
	    "303FA03D060A2B060104018237190201A02F042D532D312D352D32312D313030"
	    "343333363334382D313137373233383931352D3638323030333333302D313130"
	    "34");
	/* subjectAltName */
	has_extension(c, "0603551d11", false, "3024A022060A2B0601040182371402"
	    "03A0140C12616C69636540636F72702E6578616D706C65");
	/* 1.3.6.1.4.1.311.21.7 */
	has_extension(c, "06092b060104018237" "1507", false,
	    "3014060C2B0601040182371508010203020164020104");
	/* 1.3.6.1.4.1.311.21.10 */
	has_extension(c, "06092b060104018237" "150a", false,
	    "301A300C060A2B060104018237140202300A06082B06010505070302");
	/* extKeyUsage, keyUsage */
	has_extension(c, "0603551d25", false,
	    "3016060A2B06010401823714020206082B06010505070302");
	has_extension(c, "0603551d0f", true, "030205A0");
	/* One distribution point with both URLs. */
	has_extension(c, "0603551d1f", false, "301E301CA01AA018"
	    "860A687474703A2F2F612F63860A687474703A2F2F622F63");
	/* authorityInfoAccess, caIssuers */
	has_extension(c, "06082b06010505070101", false, "301830160608"
	    "2B06010505073002860A687474703A2F2F612F69");
	texts_done(&cdp);
	texts_done(&aia);
}

static void
an_old_template_is_named_as_before(void **state)
{
	struct place *p = *state;
	struct ca_order o = place_order(p);
	auto_free(cert) c = NULL;

	OK(ca_issue(&c, &p->issuer, &o));
	has_extension(c, "06092b060104018237" "1402", false,
	    "1E1C0053006D0061007200740063006100720064004C006F0067006F006E");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(names_that_are_missing_are_told_apart),
		IN_A_PLACE(a_small_key_is_denied),
		IN_A_PLACE(an_old_digest_is_denied),
		IN_A_PLACE(signature_over_other_bytes_is_denied),
		IN_A_PLACE(what_a_request_may_not_ask_is_denied),
		IN_A_PLACE(only_listed_providers_pass),
		IN_A_PLACE(the_gate_is_asked_unless_an_officer_vouches),
		IN_A_PLACE(agents_are_counted),
		IN_A_PLACE(only_an_officer_gives_more_time),
		IN_A_PLACE(renewals_keep_the_key_where_they_must),
		IN_A_PLACE(approved_once_is_approved_for_renewals),
		IN_A_PLACE(extensions_are_exact),
		IN_A_PLACE(an_old_template_is_named_as_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
