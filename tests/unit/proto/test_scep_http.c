/* SPDX-License-Identifier: BSD-2-Clause */
#include "scep_world.h"

#include "proto/scep_http.h"

/* --- capabilities --- */

static void
caps_are_read_in_every_spelling(void **state)
{
	static const struct {
		const char *text;
		unsigned caps;
	} rows[] = {
		{ "", 0 },
		{ "\r\n\n", 0 },
		{ "AES", SCEP_CAP_AES },
		{ "aes\r\nSHA-256\r\nsha-512\r\n", SCEP_CAP_AES |
		    SCEP_CAP_SHA256 | SCEP_CAP_SHA512 },
		{ "SCEPStandard\n", SCEP_CAP_STANDARD | SCEP_CAP_AES |
		    SCEP_CAP_POST | SCEP_CAP_SHA256 },
		{ "Renewal\nUpdate\nGetNextCACert\nDES3\nSHA-1\n",
		    SCEP_CAP_RENEWAL | SCEP_CAP_UPDATE | SCEP_CAP_NEXT_CA |
		    SCEP_CAP_DES3 | SCEP_CAP_SHA1 },
		{ "Example.com-Thing\nAES256\nAE\nSHA-2560\n", 0 },
		{ "  POSTPKIOperation \tSHA-384", SCEP_CAP_POST |
		    SCEP_CAP_SHA384 },
		{ "<html><body>Not found</body></html>", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned caps = ~0u;

		OK(scep_caps_read(&caps, bytes_str(rows[i].text)));
		if (caps != rows[i].caps)
			fail_msg("'%s': %#x, expected %#x", rows[i].text,
			    caps, rows[i].caps);
	}
}

static void
what_we_announce_comes_back(void **state)
{
	auto_done(buf) text = { 0 };
	unsigned caps;

	(void)state;
	OK(scep_caps_write(&text, SCEP_CAPS_ALL));
	assert_true(text.n <= SCEP_CAPS_OUT_MAX);
	OK(scep_caps_read(&caps, buf_bytes(&text)));
	assert_int_equal(caps, SCEP_CAPS_ALL);
	/* strongSwan's condition for AES. */
	assert_non_null(memmem(text.p, text.n, "SHA-384\n", 8));
}

static void
bytes_are_no_caps(void **state)
{
	auto_done(buf) much = { 0 };
	uint8_t *at;
	unsigned caps;

	(void)state;
	FAILS(SG_EFORMAT, scep_caps_read(&caps, bytes_of("AES\0SHA", 7)));
	OK(buf_extend(&much, SCEP_CAPS_MAX + 1, &at));
	memset(at, 'A', much.n);
	FAILS(SG_ELIMIT, scep_caps_read(&caps, buf_bytes(&much)));
}

/* --- URLs --- */

static void
every_client_s_base64_is_read(void **state)
{
	static const uint8_t der[] = { 0xfb, 0xef, 0xbe, 0xff, 0xff, 0xfe,
		0x00 };		/* ++++///+AA== */
	static const char *const forms[] = { "++++///+AA==",
		"%2B%2B%2B%2B%2F%2F%2F%2BAA%3D%3D",
		"%2b%2b%2b%2b%2f%2f%2f%2bAA%3d%3d",
		"    /// AA==",			/* blanks for '+' */
		"++++///+AA%3D%3D",		/* macOS */
		"++++%0A///+%0AAA==%0A",	/* strongSwan's lines */
		"++++\r\n///+\r\nAA==\r\n", "++++///+AA" };

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		auto_done(buf) got = { 0 };

		if (scep_get_read(&got, bytes_str(forms[i])) != SG_OK)
			fail_msg("%s: %s", forms[i], sg_note(SG_EFORMAT));
		if (!bytes_eq(buf_bytes(&got), bytes_of(der, sizeof(der))))
			fail_msg("%s is another thing", forms[i]);
	}
}

static void
what_is_no_base64_is_refused(void **state)
{
	static const char *const bad[] = { "", "A", "AAAAA", "AA=", "AAAA=",
		"AA===", "AA==A", "AA=A", "A-_A", "AA%3", "AA%3g", "%", "%%%",
		"AAAA%00", "AA\"A", "====" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_done(buf) got = { 0 };

		if (scep_get_read(&got, bytes_str(bad[i])) != SG_EFORMAT)
			fail_msg("'%s' is not refused", bad[i]);
		assert_int_equal(got.n, 0);
	}
}

static void
a_message_in_an_url_is_not_endless(void **state)
{
	auto_done(buf) text = { 0 }, got = { 0 };
	uint8_t *at;

	(void)state;
	OK(buf_extend(&text, SCEP_MAX * 4 + 1, &at));
	memset(at, 'A', text.n);
	FAILS(SG_ELIMIT, scep_get_read(&got, buf_bytes(&text)));
	text.n = SCEP_MAX / 3 * 4 + 8;
	FAILS(SG_ELIMIT, scep_get_read(&got, buf_bytes(&text)));
}

static void
what_we_write_into_an_url_comes_back(void **state)
{
	uint8_t all[256];

	(void)state;
	for (size_t i = 0; i < 256; i++)
		all[i] = (uint8_t)(255 - i);
	for (size_t n = 1; n <= 256; n++) {
		auto_str text = NULL;
		auto_done(buf) got = { 0 };

		OK(scep_get_write(&text, bytes_of(all, n)));
		assert_null(strpbrk(text, "+/= \n"));
		OK(scep_get_read(&got, bytes_str(text)));
		assert_true(bytes_eq(buf_bytes(&got), bytes_of(all, n)));
	}
}

/* --- the CA's certificates --- */

static void
one_certificate_goes_alone_and_several_in_their_order(void **state)
{
	struct world *w = *state;
	const struct cert *both[] = { w->ra_cert, w->ca.cert };
	auto_done(buf) one = { 0 }, two = { 0 };
	auto_done(certs) a = { 0 }, b = { 0 };
	const char *type;

	OK(scep_ca_write(&one, &type, both + 1, 1));
	assert_string_equal(type, SCEP_TYPE_CERT);
	OK(scep_ca_read(&a, buf_bytes(&one)));
	assert_int_equal(a.n, 1);
	OK(scep_ca_write(&two, &type, both, 2));
	assert_string_equal(type, SCEP_TYPE_CERTS);
	OK(scep_ca_read(&b, buf_bytes(&two)));
	assert_int_equal(b.n, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(bytes_eq(buf_bytes(&b.v[i]->der),
		    buf_bytes(&both[i]->der)));
	FAILS(SG_EARG, scep_ca_write(&one, &type, both, 0));
}

/* Content without a byte where there should be none, and no lengths. */
static void
odd_bags_are_read(void **state)
{
	static const uint8_t head[] = { 0x30, 0x80, 0x06, 0x09, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02, 0xa0, 0x80, 0x30,
		0x80, 0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x80, 0x06, 0x09,
		0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01, 0xa0,
		0x80, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x80 };
	static const uint8_t tail[] = { 0x00, 0x00, 0x31, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00 };
	struct world *w = *state;
	auto_done(buf) body = { 0 };
	auto_done(certs) got = { 0 };

	OK(buf_add(&body, head, sizeof(head)));
	OK(buf_add_bytes(&body, buf_bytes(&w->ca.cert->der)));
	OK(buf_add(&body, tail, sizeof(tail)));
	OK(scep_ca_read(&got, buf_bytes(&body)));
	assert_int_equal(got.n, 1);
}

static void
what_holds_no_certificate_is_refused(void **state)
{
	auto_done(buf) bag = { 0 }, huge = { 0 };
	auto_done(certs) got = { 0 };
	uint8_t *at;

	(void)state;
	FAILS(SG_EFORMAT, scep_ca_read(&got, (struct bytes) { 0 }));
	FAILS(SG_EFORMAT, scep_ca_read(&got, bytes_str("<html>")));
	OK(signed_bag(&bag, NULL, 0, (struct bytes) { 0 }));
	FAILS_SAYING(SG_EFORMAT, "none in it",
	    scep_ca_read(&got, buf_bytes(&bag)));
	OK(buf_extend(&huge, SCEP_MAX + 1, &at));
	FAILS(SG_ELIMIT, scep_ca_read(&got, buf_bytes(&huge)));
}

static void
the_next_ca_is_vouched_for_by_the_present_one(void **state)
{
	struct world *w = *state;
	struct authority next = { 0 };
	auto_done(buf) body = { 0 }, forged = { 0 };
	auto_done(certs) got = { 0 }, none = { 0 };
	const struct cert *one[1];

	fixture_ca(&next, "CN=Corp CA 2", 0, NULL);
	one[0] = next.cert;
	OK(scep_next_write(&body, one, 1, w->ca.cert,
	    pkey_signer(w->ca.key)));
	OK(scep_next_read(&got, buf_bytes(&body), w->ca.cert));
	assert_int_equal(got.n, 1);
	assert_true(bytes_eq(buf_bytes(&got.v[0]->der),
	    buf_bytes(&next.cert->der)));
	OK(scep_next_write(&forged, one, 1, next.cert,
	    pkey_signer(next.key)));
	FAILS(SG_EVERIFY, scep_next_read(&none, buf_bytes(&forged),
	    w->ca.cert));
	assert_int_equal(none.n, 0);
	authority_done(&next);
}

/* --- which is what --- */

struct scene {
	struct certs all;
	struct pkey *key;
};

static void
scene_add(struct scene *s, const char *name, unsigned usage,
    const struct authority *ca)
{
	struct cert *c;

	world_ra(&c, name, s->key, usage, ca);
	OK(certs_add(&s->all, c));
}

static void
scene_copy(struct scene *s, const struct cert *c)
{
	struct cert *copy;

	OK(cert_parse(&copy, buf_bytes(&c->der)));
	OK(certs_add(&s->all, copy));
}

static void
scene_done(struct scene *s)
{
	certs_done(&s->all);
	pkey_free(s->key);
}

static void
chooses(const struct scene *s, const struct world *w, const char *to,
    const char *verify, size_t trusted)
{
	auto_done(scep_choice) c = { 0 };

	OK(scep_choose(&c, &s->all, w->ca.cert, NOW));
	assert_string_equal(c.to->subject, to);
	assert_string_equal(c.verify->subject, verify);
	assert_int_equal(c.trusted.n, trusted);
}

static void
the_ra_goes_before_the_ca_and_bits_decide(void **state)
{
	struct world *w = *state;
	auto_done(scene) pair = { 0 }, one = { 0 }, plain = { 0 };

	/* NDES: each has one of the bits. */
	OK(pkey_new_rsa(&pair.key, 2048));
	scene_copy(&pair, w->ca.cert);
	scene_add(&pair, "CN=Agent", USAGE_DIGITAL_SIGNATURE, &w->ca);
	scene_add(&pair, "CN=CEP", USAGE_KEY_ENCIPHERMENT, &w->ca);
	chooses(&pair, w, "CN=CEP", "CN=Agent", 3);
	/* Data encipherment, where there is nothing better. */
	OK(pkey_new_rsa(&one.key, 2048));
	scene_copy(&one, w->ca.cert);
	scene_add(&one, "CN=Signs", USAGE_DIGITAL_SIGNATURE, &w->ca);
	scene_add(&one, "CN=Data", USAGE_DATA_ENCIPHERMENT, &w->ca);
	chooses(&one, w, "CN=Data", "CN=Signs", 3);
	/* No bits at all. */
	OK(pkey_new_rsa(&plain.key, 2048));
	scene_add(&plain, "CN=Plain", 0, &w->ca);
	scene_copy(&plain, w->ca.cert);
	chooses(&plain, w, "CN=Plain", "CN=Plain", 2);
}

/* Whoever is between us and the server may add what he likes. */
static void
only_what_the_anchor_vouches_for_counts(void **state)
{
	struct world *w = *state;
	struct authority evil = { 0 };
	auto_done(scene) s = { 0 };
	auto_done(scep_choice) c = { 0 };

	fixture_ca(&evil, "CN=Corp CA", 0, NULL);	/* the name is free */
	OK(pkey_new_rsa(&s.key, 2048));
	scene_add(&s, "CN=Evil RA", USAGE_DIGITAL_SIGNATURE |
	    USAGE_KEY_ENCIPHERMENT, &evil);
	scene_copy(&s, evil.cert);
	scene_copy(&s, w->ca.cert);
	FAILS_SAYING(SG_ENOENT, "vouches",
	    scep_choose(&c, &s.all, w->ca.cert, NOW));
	scene_add(&s, "CN=RA", USAGE_KEY_ENCIPHERMENT, &w->ca);
	chooses(&s, w, "CN=RA", "CN=RA", 2);
	authority_done(&evil);
}

/* He has a certificate of the same CA, and nobody lets the RA's through. */
static void
whom_the_ca_serves_is_no_ra(void **state)
{
	struct world *w = *state;
	auto_done(scene) s = { 0 };
	auto_done(scep_choice) c = { 0 };
	static const char *const uses[] = { OID_CLIENT_AUTH,
		OID_SMARTCARD_LOGON, OID_PKINIT_CLIENT };
	struct cert *leaf;

	OK(pkey_new_rsa(&s.key, 2048));
	fixture_leaf(&leaf, "CN=alice", s.key, &w->ca);
	OK(certs_add(&s.all, leaf));
	for (size_t i = 0; i <= 3; i++) {
		auto_done(cert_content) k;

		cert_content_init(&k);
		k.ext.key_usage = USAGE_KEY_ENCIPHERMENT;
		OK(i == 3 ? str_dup(&k.ext.upn, "mallory@corp.example")
		    : texts_add(&k.ext.eku, uses[i]));
		fixture_issue(&leaf, &k, "CN=mallory", s.key, &w->ca);
		OK(certs_add(&s.all, leaf));
	}
	FAILS_SAYING(SG_ENOENT, "vouches",
	    scep_choose(&c, &s.all, w->ca.cert, NOW));
	scene_add(&s, "CN=RA", USAGE_KEY_ENCIPHERMENT, &w->ca);
	chooses(&s, w, "CN=RA", "CN=RA", 1);
}

static void
an_intermediate_between_anchor_and_ra_counts(void **state)
{
	struct world *w = *state;
	struct authority root = { 0 }, below = { 0 };
	auto_done(scene) s = { 0 };
	auto_done(scep_choice) c = { 0 };

	(void)w;
	fixture_ca(&root, "CN=Root", -1, NULL);
	fixture_ca(&below, "CN=Issuing", 0, &root);
	OK(pkey_new_rsa(&s.key, 2048));
	scene_add(&s, "CN=RA", 0, &below);
	scene_copy(&s, below.cert);
	OK(scep_choose(&c, &s.all, root.cert, NOW));
	assert_string_equal(c.to->subject, "CN=RA");
	assert_int_equal(c.trusted.n, 2);
	authority_done(&root);
	authority_done(&below);
}

/* What an RA issued, which is no CA. */
static void
an_ra_vouches_for_nobody(void **state)
{
	struct world *w = *state;
	struct authority ra = { w->ra_key, w->ra_cert };
	auto_done(scene) s = { 0 };

	OK(pkey_new_rsa(&s.key, 2048));
	scene_copy(&s, w->ra_cert);
	scene_add(&s, "CN=By the RA", USAGE_KEY_ENCIPHERMENT, &ra);
	chooses(&s, w, "CN=RA,O=Corp", "CN=RA,O=Corp", 1);
}

static void
one_in_time_goes_before_one_that_ended(void **state)
{
	struct world *w = *state;
	auto_done(scene) s = { 0 };
	auto_done(cert_content) c;
	struct cert *old;

	OK(pkey_new_rsa(&s.key, 2048));
	cert_content_init(&c);
	c.ext.key_usage = USAGE_KEY_ENCIPHERMENT | USAGE_DIGITAL_SIGNATURE;
	c.not_before = NOW - 9 * DAY;
	c.not_after = NOW - DAY;
	fixture_issue(&old, &c, "CN=Old RA", s.key, &w->ca);
	OK(certs_add(&s.all, old));
	scene_add(&s, "CN=New RA", 0, &w->ca);
	chooses(&s, w, "CN=New RA", "CN=New RA", 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caps_are_read_in_every_spelling),
		cmocka_unit_test(what_we_announce_comes_back),
		cmocka_unit_test(bytes_are_no_caps),
		cmocka_unit_test(every_client_s_base64_is_read),
		cmocka_unit_test(what_is_no_base64_is_refused),
		cmocka_unit_test(a_message_in_an_url_is_not_endless),
		cmocka_unit_test(what_we_write_into_an_url_comes_back),
		cmocka_unit_test(
		    one_certificate_goes_alone_and_several_in_their_order),
		cmocka_unit_test(odd_bags_are_read),
		cmocka_unit_test(what_holds_no_certificate_is_refused),
		cmocka_unit_test(the_next_ca_is_vouched_for_by_the_present_one),
		cmocka_unit_test(the_ra_goes_before_the_ca_and_bits_decide),
		cmocka_unit_test(only_what_the_anchor_vouches_for_counts),
		cmocka_unit_test(whom_the_ca_serves_is_no_ra),
		cmocka_unit_test(an_intermediate_between_anchor_and_ra_counts),
		cmocka_unit_test(an_ra_vouches_for_nobody),
		cmocka_unit_test(one_in_time_goes_before_one_that_ended),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
