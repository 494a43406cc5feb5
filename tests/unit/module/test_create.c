/* SPDX-License-Identifier: BSD-2-Clause */

/* Keys and certificates that a program makes, stores and destroys. */

#include "p11.h"

static unsigned char yes = 1, no = 0;
static unsigned char f4[] = { 1, 0, 1 };
static unsigned char p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
static unsigned char p384[] = { 6, 5, 0x2b, 0x81, 4, 0, 0x22 };
static unsigned long bits = 2048;
static char label[] = "fresh";

#define BOOL(type, v) { (type), &(v), 1 }
#define N(t) (sizeof(t) / sizeof((t)[0]))

static ck_session_handle_t
session_writing(void)
{
	ck_session_handle_t s;

	RV(CKR_OK, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION |
	    CKF_RW_SESSION, NULL, NULL, &s));
	RV(CKR_OK, login(s, FAKE_PIN));
	return s;
}

struct pair {
	ck_object_handle_t public;
	ck_object_handle_t private;
};

static ck_rv_t
ec_make(ck_session_handle_t s, const char *name, struct pair *out)
{
	struct ck_mechanism how = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	char copy[64];
	struct ck_attribute public[] = { BOOL(CKA_TOKEN, yes),
		{ CKA_EC_PARAMS, p256, sizeof(p256) } },
		private[] = { BOOL(CKA_TOKEN, yes),
		{ CKA_LABEL, copy, strlen(name) } };

	(void)snprintf(copy, sizeof(copy), "%s", name);
	return p11->C_GenerateKeyPair(s, &how, public, N(public), private,
	    N(private), &out->public, &out->private);
}

static void
a_key_is_made_in_the_container(void **state)
{
	ck_session_handle_t s = session_writing();
	struct pair pair = { 0, 0 };

	(void)state;
	RV(CKR_OK, ec_make(s, label, &pair));
	assert_int_equal(find_one(s, CKO_PUBLIC_KEY, label), pair.public);
	assert_int_equal(find_one(s, CKO_PRIVATE_KEY, label), pair.private);
	assert_true(bytes_eq(attribute(s, pair.private, CKA_EC_PARAMS),
	    bytes_of(p256, sizeof(p256))));
	assert_non_null(objects_key(&fake.objects, label));
}

/* What OpenSC's tool asks for. */
static void
an_rsa_key_too(void **state)
{
	ck_session_handle_t s = session_writing();
	struct ck_mechanism how = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	ck_object_class_t class = CKO_PRIVATE_KEY;
	ck_key_type_t type = CKK_RSA;
	unsigned char id[] = { 1 };
	struct ck_attribute public[] = { BOOL(CKA_TOKEN, yes),
		{ CKA_MODULUS_BITS, &bits, sizeof(bits) },
		{ CKA_PUBLIC_EXPONENT, f4, sizeof(f4) },
		BOOL(CKA_VERIFY, yes), BOOL(CKA_ENCRYPT, yes),
		{ CKA_ID, id, 1 } };
	struct ck_attribute private[] = { BOOL(CKA_TOKEN, yes),
		BOOL(CKA_PRIVATE, yes), BOOL(CKA_SENSITIVE, yes),
		BOOL(CKA_SIGN, yes), BOOL(CKA_DECRYPT, no),
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_ID, id, 1 } };
	struct pair pair = { 0, 0 };

	(void)state;
	RV(CKR_OK, p11->C_GenerateKeyPair(s, &how, public, N(public),
	    private, N(private), &pair.public, &pair.private));
	/* Nobody named it. */
	assert_int_equal(find_one(s, CKO_PRIVATE_KEY, "key-1"), pair.private);
	assert_int_equal(attribute(s, pair.public, CKA_MODULUS).n, 256);
	assert_int_equal(attribute(s, pair.public, CKA_ID).n, OBJECT_ID_LEN);
}

static void
what_a_key_of_the_tpm_cannot_be_is_refused(void **state)
{
	static unsigned long short_bits = 1024;
	static unsigned char three[] = { 3 };
	static unsigned char wide[] = { 1, 1 };
	static const struct {
		bool ec;
		bool private;
		struct ck_attribute a;
		ck_rv_t rv;
	} cases[] = {
		{ true, true, BOOL(CKA_TOKEN, no),
		    CKR_TEMPLATE_INCONSISTENT },
		{ true, false, BOOL(CKA_TOKEN, no),
		    CKR_TEMPLATE_INCONSISTENT },
		{ true, true, BOOL(CKA_EXTRACTABLE, yes),
		    CKR_TEMPLATE_INCONSISTENT },
		{ true, true, BOOL(CKA_SENSITIVE, no),
		    CKR_TEMPLATE_INCONSISTENT },
		{ true, true, BOOL(CKA_PRIVATE, no),
		    CKR_TEMPLATE_INCONSISTENT },
		{ true, true, BOOL(CKA_UNWRAP, yes),
		    CKR_TEMPLATE_INCONSISTENT },
		{ true, true, BOOL(CKA_DECRYPT, yes),
		    CKR_TEMPLATE_INCONSISTENT },
		{ false, true, BOOL(CKA_UNWRAP, yes),
		    CKR_TEMPLATE_INCONSISTENT },
		{ false, true, { CKA_SENSITIVE, wide, 2 },
		    CKR_TEMPLATE_INCONSISTENT },
		{ false, true, { CKA_MODULUS, wide, 2 },
		    CKR_ATTRIBUTE_TYPE_INVALID },
		{ false, false, { CKA_MODULUS_BITS, &short_bits, 8 },
		    CKR_KEY_SIZE_RANGE },
		{ false, false, { CKA_PUBLIC_EXPONENT, three, 1 },
		    CKR_ATTRIBUTE_VALUE_INVALID },
		{ true, false, { CKA_EC_PARAMS, p384, sizeof(p384) },
		    CKR_CURVE_NOT_SUPPORTED },
	};
	ck_session_handle_t s = session_writing();

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct ck_mechanism how = { cases[i].ec ? CKM_EC_KEY_PAIR_GEN
			: CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
		struct ck_attribute public[] = { cases[i].a,
			BOOL(CKA_TOKEN, yes), { CKA_EC_PARAMS, p256,
			sizeof(p256) } };
		struct ck_attribute private[] = { BOOL(CKA_TOKEN, yes),
			cases[i].a };
		struct pair pair;

		if (!cases[i].ec)
			public[2] = (struct ck_attribute) { CKA_MODULUS_BITS,
				&bits, sizeof(bits) };
		if (cases[i].private)
			public[0] = public[1];
		RV(cases[i].rv, p11->C_GenerateKeyPair(s, &how, public, 3,
		    private, cases[i].private ? 2 : 1, &pair.public,
		    &pair.private));
		assert_int_equal(fake.objects.key_count, 3);
	}
}

static void
a_template_is_complete(void **state)
{
	ck_session_handle_t s = session_writing();
	struct ck_mechanism how = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	struct ck_attribute token[] = { BOOL(CKA_TOKEN, yes) },
		curve[] = { { CKA_EC_PARAMS, p256, sizeof(p256) } },
		bad[] = { { CKA_LABEL, NULL, 3 } };
	struct pair p;

	(void)state;
	RV(CKR_TEMPLATE_INCOMPLETE, p11->C_GenerateKeyPair(s, &how, token, 1,
	    token, 1, &p.public, &p.private));
	RV(CKR_TEMPLATE_INCOMPLETE, p11->C_GenerateKeyPair(s, &how, curve, 1,
	    token, 1, &p.public, &p.private));
	RV(CKR_ARGUMENTS_BAD, p11->C_GenerateKeyPair(s, &how, bad, 1, token,
	    1, &p.public, &p.private));
	RV(CKR_ARGUMENTS_BAD, p11->C_GenerateKeyPair(s, &how, NULL, 1, token,
	    1, &p.public, &p.private));
	RV(CKR_ARGUMENTS_BAD, p11->C_GenerateKeyPair(s, NULL, token, 1, token,
	    1, &p.public, &p.private));
	how.mechanism = CKM_ECDSA;
	RV(CKR_MECHANISM_INVALID, p11->C_GenerateKeyPair(s, &how, token, 1,
	    token, 1, &p.public, &p.private));
	how = (struct ck_mechanism) { CKM_EC_KEY_PAIR_GEN, p256, 1 };
	RV(CKR_MECHANISM_PARAM_INVALID, p11->C_GenerateKeyPair(s, &how, token,
	    1, token, 1, &p.public, &p.private));
}

static void
a_name_is_given_once(void **state)
{
	ck_session_handle_t s = session_writing();
	struct pair p;

	(void)state;
	RV(CKR_ATTRIBUTE_VALUE_INVALID, ec_make(s, "rsa", &p));
	RV(CKR_ATTRIBUTE_VALUE_INVALID, ec_make(s, "two words", &p));
	RV(CKR_OK, ec_make(s, "", &p));
	RV(CKR_OK, ec_make(s, "", &p));
	assert_int_equal(find_one(s, CKO_PRIVATE_KEY, "key-2"), p.private);
}

static void
writing_needs_a_writing_session_and_a_login(void **state)
{
	ck_session_handle_t ro = session_login(), rw;
	ck_object_handle_t cert = find_one(ro, CKO_CERTIFICATE, "alice");
	struct pair p;

	(void)state;
	RV(CKR_SESSION_READ_ONLY, ec_make(ro, label, &p));
	RV(CKR_SESSION_READ_ONLY, p11->C_DestroyObject(ro, cert));
	RV(CKR_OK, p11->C_Logout(ro));
	RV(CKR_OK, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION |
	    CKF_RW_SESSION, NULL, NULL, &rw));
	RV(CKR_USER_NOT_LOGGED_IN, ec_make(rw, label, &p));
	RV(CKR_USER_NOT_LOGGED_IN, p11->C_DestroyObject(rw, cert));
	assert_int_equal(fake.objects.cert_count, 5);
	/* The daemon has the last word. */
	RV(CKR_OK, login(rw, FAKE_PIN));
	fake.open = false;
	RV(CKR_USER_NOT_LOGGED_IN, ec_make(rw, label, &p));
	RV(CKR_OK, login(rw, FAKE_PIN));
	RV(CKR_OK, ec_make(rw, label, &p));
}

static void
a_key_is_destroyed_with_both_halves(void **state)
{
	ck_session_handle_t s = session_writing();
	struct pair p;

	(void)state;
	RV(CKR_OK, ec_make(s, label, &p));
	assert_int_equal(*attribute(s, p.private, CKA_DESTROYABLE).p, 1);
	assert_int_equal(*attribute(s, p.public, CKA_DESTROYABLE).p, 0);
	RV(CKR_ACTION_PROHIBITED, p11->C_DestroyObject(s, p.public));
	RV(CKR_OK, p11->C_DestroyObject(s, p.private));
	assert_null(objects_key(&fake.objects, label));
	RV(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(s, p.private));
	RV(CKR_OK, p11->C_DestroyObject(s, p.public));
	RV(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(s, p.public));
	RV(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(s, 0));
}

static void
a_key_with_a_certificate_stays(void **state)
{
	ck_session_handle_t s = session_writing();
	ck_object_handle_t key = find_one(s, CKO_PRIVATE_KEY, "rsa");

	(void)state;
	RV(CKR_ACTION_PROHIBITED, p11->C_DestroyObject(s, key));
	assert_non_null(objects_key(&fake.objects, "rsa"));
}

static ck_object_class_t certificate = CKO_CERTIFICATE;
static ck_certificate_type_t x509 = CKC_X_509;

static ck_rv_t
cert_put(ck_session_handle_t s, struct bytes der, const char *name,
    ck_object_handle_t *out)
{
	char copy[64];
	struct ck_attribute t[] = {
		{ CKA_CLASS, &certificate, sizeof(certificate) },
		{ CKA_CERTIFICATE_TYPE, &x509, sizeof(x509) },
		BOOL(CKA_TOKEN, yes),
		{ CKA_VALUE, (void *)(uintptr_t)der.p, der.n },
		{ CKA_LABEL, copy, strlen(name) },
	};

	(void)snprintf(copy, sizeof(copy), "%s", name);
	return p11->C_CreateObject(s, t, N(t), out);
}

static void
a_certificate_is_stored_with_its_key(void **state)
{
	ck_session_handle_t s = session_writing();
	ck_object_handle_t o = 0;
	auto_done(buf) der = { 0 };
	const struct cert_object *c;

	(void)state;
	fake_cert_made("stored", &der);
	RV(CKR_OK, cert_put(s, buf_bytes(&der), label, &o));
	assert_int_equal(find_one(s, CKO_CERTIFICATE, label), o);
	c = &fake.objects.certs[fake.objects.cert_count - 1];
	assert_string_equal(c->key, "rsa");
	assert_int_equal(c->kind, CERT_PERSONAL);
	RV(CKR_OK, p11->C_DestroyObject(s, o));
	RV(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(s, o));
	assert_int_equal(fake.objects.cert_count, 5);
	RV(CKR_OK, cert_put(s, buf_bytes(&der), "", &o));
	assert_int_equal(find_one(s, CKO_CERTIFICATE, "rsa"), o);
}

static void
what_is_no_certificate_of_ours_is_refused(void **state)
{
	ck_session_handle_t s = session_writing();
	ck_object_class_t data = CKO_DATA;
	struct ck_attribute t[] = {
		{ CKA_CLASS, &data, sizeof(data) },
		BOOL(CKA_TOKEN, yes),
		{ CKA_VALUE, p256, sizeof(p256) },
	};
	auto_done(buf) der = { 0 };
	ck_object_handle_t o;

	(void)state;
	RV(CKR_TEMPLATE_INCONSISTENT, p11->C_CreateObject(s, t, 3, &o));
	RV(CKR_TEMPLATE_INCOMPLETE, p11->C_CreateObject(s, t + 1, 2, &o));
	RV(CKR_ARGUMENTS_BAD, p11->C_CreateObject(s, t, 3, NULL));
	RV(CKR_ATTRIBUTE_VALUE_INVALID, cert_put(s, bytes_of(p256,
	    sizeof(p256)), label, &o));
	/* An authority's; its key is not here. */
	fake_cert_made("stored", &der);
	objects_done(&fake.objects);
	fake.objects = (struct objects) { .generation = 4711 };
	RV(CKR_TEMPLATE_INCONSISTENT, cert_put(s, buf_bytes(&der), label,
	    &o));
}

static void
attributes_do_not_change(void **state)
{
	ck_session_handle_t s = session_writing();
	struct ck_attribute t = { CKA_LABEL, label, sizeof(label) };

	(void)state;
	RV(CKR_ACTION_PROHIBITED, p11->C_SetAttributeValue(s, find_one(s,
	    CKO_PUBLIC_KEY, "rsa"), &t, 1));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, case_start, case_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_key_is_made_in_the_container),
		CASE(an_rsa_key_too),
		CASE(what_a_key_of_the_tpm_cannot_be_is_refused),
		CASE(a_template_is_complete),
		CASE(a_name_is_given_once),
		CASE(writing_needs_a_writing_session_and_a_login),
		CASE(a_key_is_destroyed_with_both_halves),
		CASE(a_key_with_a_certificate_stays),
		CASE(a_certificate_is_stored_with_its_key),
		CASE(what_is_no_certificate_of_ours_is_refused),
		CASE(attributes_do_not_change),
	};

	return cmocka_run_group_tests(tests, group_start, group_end);
}
