/* SPDX-License-Identifier: BSD-2-Clause */

/* What is shown to whom, and that a handle stays what it is. */

#include "base/text.h"
#include "crypto/digest.h"
#include "p11.h"

static unsigned long
count_of(ck_session_handle_t s, ck_object_class_t class)
{
	struct ck_attribute t = { CKA_CLASS, &class, sizeof(class) };

	return find(s, &t, 1, NULL, 0);
}

static void
public_objects_are_seen_before_the_login(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	assert_int_equal(count_of(s, CKO_CERTIFICATE), 2);
	assert_int_equal(count_of(s, CKO_PUBLIC_KEY), 2);
	assert_int_equal(count_of(s, CKO_PRIVATE_KEY), 0);
	RV(CKR_OK, login(s, FAKE_PIN));
	assert_int_equal(count_of(s, CKO_PRIVATE_KEY), 2);
	RV(CKR_OK, p11->C_Logout(s));
	assert_int_equal(count_of(s, CKO_PRIVATE_KEY), 0);
}

/* As FreeRDP does it. */
static void
a_certificate_is_found_by_the_id_of_its_public_key(void **state)
{
	ck_session_handle_t s = session_open();
	ck_object_class_t class = CKO_PUBLIC_KEY;
	unsigned char yes = 1, id[64];
	struct ck_attribute pub[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_VERIFY, &yes, 1 },
	};
	ck_object_handle_t keys[2], cert;
	struct bytes x;

	(void)state;
	assert_int_equal(find(s, pub, 2, keys, 2), 2);
	for (size_t i = 0; i < 2; i++) {
		struct ck_attribute of[] = {
			{ CKA_CLASS, &class, sizeof(class) },
			{ CKA_ID, id, 0 },
		};

		class = CKO_CERTIFICATE;
		x = attribute(s, keys[i], CKA_ID);
		memcpy(id, x.p, x.n);
		of[1].value_len = x.n;
		assert_int_equal(x.n, OBJECT_ID_LEN);
		assert_int_equal(find(s, of, 2, &cert, 1), 1);
		assert_true(attribute(s, cert, CKA_LABEL).n > 0);
		assert_true(attribute(s, keys[i], CKA_LABEL).n > 0);
	}
}

static void
a_label_that_belongs_to_piv_cards_is_changed(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	(void)find_one(s, CKO_CERTIFICATE,
	    "Signet: Certificate for PIV Authentication");
	(void)find_one(s, CKO_CERTIFICATE, "alice");
}

static void
certificate_attributes_come_from_the_der(void **state)
{
	static const uint8_t subject[] = { 0x30, 0x10, 0x31, 0x0e, 0x30, 0x0c,
		0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x05, 'a', 'l', 'i', 'c',
		'e' };
	ck_session_handle_t s = session_open();
	ck_object_handle_t o = find_one(s, CKO_CERTIFICATE, "alice");
	struct bytes x;

	(void)state;
	assert_true(bytes_eq(attribute(s, o, CKA_VALUE),
	    buf_bytes(&fake.objects.certs[0].der)));
	assert_true(bytes_eq(attribute(s, o, CKA_SUBJECT),
	    bytes_of(subject, sizeof(subject))));
	assert_true(attribute(s, o, CKA_ISSUER).p[0] == 0x30);
	x = attribute(s, o, CKA_SERIAL_NUMBER);
	assert_true(x.n == 4 && x.p[0] == 2 && x.p[1] == 2);
	assert_true(bytes_eq(attribute(s, o, CKA_START_DATE),
	    bytes_str("20260102")));
	assert_true(bytes_eq(attribute(s, o, CKA_END_DATE),
	    bytes_str("20520304")));
}

static void
key_attributes_come_from_the_der(void **state)
{
	static const uint8_t p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3,
		1, 7 };
	static const uint8_t f4[] = { 1, 0, 1 };
	ck_session_handle_t s = session_login();
	ck_object_handle_t o = find_one(s, CKO_PUBLIC_KEY, "ec");
	uint8_t x[32], y[32];
	struct bytes v;

	(void)state;
	assert_true(bytes_eq(attribute(s, o, CKA_EC_PARAMS),
	    bytes_of(p256, sizeof(p256))));
	OK(pkey_point(fake.ec, x, y));
	v = attribute(s, o, CKA_EC_POINT);
	assert_int_equal(v.n, 67);
	assert_memory_equal(v.p, "\x04\x41\x04", 3);
	assert_memory_equal(v.p + 3, x, 32);
	assert_memory_equal(v.p + 35, y, 32);
	o = find_one(s, CKO_PRIVATE_KEY, "rsa");
	v = attribute(s, o, CKA_MODULUS);
	assert_int_equal(v.n, 256);
	assert_true(v.p[0] >= 0x80);
	assert_true(bytes_eq(attribute(s, o, CKA_PUBLIC_EXPONENT),
	    bytes_of(f4, sizeof(f4))));
	assert_int_equal(*attribute(s, o, CKA_PRIVATE).p, 1);
	assert_int_equal(*attribute(s, o, CKA_EXTRACTABLE).p, 0);
	assert_int_equal(*attribute(s, o, CKA_SIGN).p, 1);
	assert_int_equal(*attribute(s, o, CKA_DECRYPT).p, 1);
}

static void
each_attribute_is_answered_for_itself(void **state)
{
	ck_session_handle_t s = session_login();
	ck_object_handle_t o = find_one(s, CKO_PRIVATE_KEY, "rsa");
	unsigned char small[2], label[16];
	struct ck_attribute t[] = {
		{ CKA_PRIVATE_EXPONENT, NULL, 0 },
		{ CKA_OWNER, NULL, 0 },
		{ CKA_MODULUS, small, sizeof(small) },
		{ CKA_LABEL, label, sizeof(label) },
		{ CKA_MODULUS, NULL, 0 },
	};

	(void)state;
	RV(CKR_ATTRIBUTE_SENSITIVE, p11->C_GetAttributeValue(s, o, t, 5));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(t[i].value_len, CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(t[3].value_len, 3);
	assert_memory_equal(label, "rsa", 3);
	assert_int_equal(t[4].value_len, 256);
	RV(CKR_ATTRIBUTE_TYPE_INVALID, p11->C_GetAttributeValue(s, o, t + 1,
	    1));
	t[2].value_len = sizeof(small);
	RV(CKR_BUFFER_TOO_SMALL, p11->C_GetAttributeValue(s, o, t + 2, 1));
}

static void
a_private_key_is_no_object_before_the_login(void **state)
{
	ck_session_handle_t s = session_login();
	ck_object_handle_t o = find_one(s, CKO_PRIVATE_KEY, "rsa");
	struct ck_attribute t = { CKA_LABEL, NULL, 0 };

	(void)state;
	RV(CKR_OK, p11->C_GetAttributeValue(s, o, &t, 1));
	RV(CKR_OK, p11->C_Logout(s));
	RV(CKR_OBJECT_HANDLE_INVALID, p11->C_GetAttributeValue(s, o, &t, 1));
	RV(CKR_OBJECT_HANDLE_INVALID, p11->C_GetAttributeValue(s, 9999, &t,
	    1));
}

static void
searches_are_checked(void **state)
{
	ck_session_handle_t s = session_open();
	struct ck_attribute bad = { CKA_LABEL, NULL, 3 };
	ck_object_handle_t o[16];
	unsigned long n;

	(void)state;
	RV(CKR_ARGUMENTS_BAD, p11->C_FindObjectsInit(s, &bad, 1));
	RV(CKR_ARGUMENTS_BAD, p11->C_FindObjectsInit(s, NULL, 1));
	RV(CKR_OPERATION_NOT_INITIALIZED, p11->C_FindObjects(s, o, 16, &n));
	RV(CKR_OPERATION_NOT_INITIALIZED, p11->C_FindObjectsFinal(s));
	RV(CKR_OK, p11->C_FindObjectsInit(s, NULL, 0));
	RV(CKR_OPERATION_ACTIVE, p11->C_FindObjectsInit(s, NULL, 0));
	RV(CKR_OK, p11->C_FindObjects(s, o, 3, &n));
	assert_int_equal(n, 3);
	RV(CKR_OK, p11->C_FindObjects(s, o, 16, &n));
	assert_int_equal(n, 1);
	RV(CKR_OK, p11->C_FindObjects(s, o, 16, &n));
	assert_int_equal(n, 0);
	RV(CKR_OK, p11->C_FindObjectsFinal(s));
}

static void
objects_are_fetched_once_until_something_changes(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(count_of(s, CKO_CERTIFICATE), 2);
	assert_int_equal(fake.asked.objects, 1);
	assert_int_equal(fake.asked.uses, 0);
	fake_cert_add("fresh");
	assert_int_equal(count_of(s, CKO_CERTIFICATE), 3);
	assert_int_equal(fake.asked.objects, 2);
}

static void
handles_outlive_a_change_of_other_objects(void **state)
{
	ck_session_handle_t s = session_open();
	ck_object_handle_t cert = find_one(s, CKO_CERTIFICATE, "alice"),
		key = find_one(s, CKO_PUBLIC_KEY, "rsa"), fresh;

	(void)state;
	fake_cert_add("fresh");
	fresh = find_one(s, CKO_CERTIFICATE, "fresh");
	assert_int_equal(find_one(s, CKO_CERTIFICATE, "alice"), cert);
	assert_int_equal(find_one(s, CKO_PUBLIC_KEY, "rsa"), key);
	assert_true(fresh != cert && fresh != key);
	fake_cert_remove_first();
	fake_cert_add("fresh");
	/* Another certificate of the same name is another object. */
	assert_int_not_equal(find_one(s, CKO_CERTIFICATE, "fresh"), fresh);
	assert_int_equal(find_one(s, CKO_CERTIFICATE, "alice"), cert);
}

static void
a_container_that_goes_away_takes_its_objects_along(void **state)
{
	ck_session_handle_t s = session_open();
	ck_object_handle_t o = find_one(s, CKO_CERTIFICATE, "alice");
	struct ck_attribute t = { CKA_LABEL, NULL, 0 };

	(void)state;
	fake.state = CONTAINER_NONE;
	RV(CKR_DEVICE_REMOVED, p11->C_FindObjectsInit(s, NULL, 0));
	RV(CKR_OBJECT_HANDLE_INVALID, p11->C_GetAttributeValue(s, o, &t, 1));
	fake.state = CONTAINER_READY;
	assert_int_equal(count_of(s, CKO_CERTIFICATE), 2);
}

static void
the_environment_leaves_one_certificate(void **state)
{
	ck_session_handle_t s = session_open();
	uint8_t print[SHA256_LEN];
	auto_str hex = NULL;

	(void)state;
	OK(sha256(attribute(s, find_one(s, CKO_CERTIFICATE, "alice"),
	    CKA_VALUE), print));
	OK(hex_encode(&hex, bytes_of(print, sizeof(print))));
	assert_int_equal(setenv("SIGNET_CERT", hex, 1), 0);
	fake_cert_add("of the same key");
	assert_int_equal(count_of(s, CKO_CERTIFICATE), 1);
	(void)find_one(s, CKO_CERTIFICATE, "alice");
	assert_int_equal(count_of(s, CKO_PUBLIC_KEY), 2);
	(void)unsetenv("SIGNET_CERT");
	fake_cert_add("and one more");
	assert_int_equal(count_of(s, CKO_CERTIFICATE), 4);
}

static bool
has_label(ck_session_handle_t s, const char *label)
{
	char copy[128];
	struct ck_attribute t = { CKA_LABEL, copy, strlen(label) };

	strcpy(copy, label);
	return find(s, &t, 1, NULL, 0) > 0;
}

static void
labels_are_the_cards_where_its_certificates_are(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	fake.card_key = "rsa";
	assert_false(has_label(s, "Certificate for PIV Authentication"));
	/* The policy makes them a card's, at once. */
	fake.card_as = true;
	assert_true(has_label(s, "Certificate for PIV Authentication"));
	assert_true(has_label(s, "PIV AUTH pubkey"));
	assert_true(has_label(s, "ec"));
	assert_false(has_label(s, "rsa"));
	RV(CKR_OK, login(s, FAKE_PIN));
	assert_true(has_label(s, "PIV AUTH key"));
	/* And takes them back. */
	fake.card_as = false;
	assert_false(has_label(s, "Certificate for PIV Authentication"));
	assert_true(has_label(s, "rsa"));
}

static void
another_certificate_of_the_same_key_keeps_its_label(void **state)
{
	ck_session_handle_t s = session_open();

	(void)state;
	fake_cert_add("of the same key");
	fake.card_key = "rsa";
	fake.card_as = true;
	assert_true(has_label(s, "Certificate for PIV Authentication"));
	assert_false(has_label(s, "of the same key"));
	assert_int_equal(count_of(s, CKO_CERTIFICATE), 3);
}

static void
the_environment_chooses_the_labels(void **state)
{
	ck_session_handle_t s;

	(void)state;
	fake.card_key = "rsa";
	RV(CKR_OK, p11->C_Finalize(NULL));
	(void)setenv("SIGNET_LABELS", "card", 1);
	RV(CKR_OK, p11->C_Initialize(NULL));
	s = session_open();
	assert_true(has_label(s, "Certificate for PIV Authentication"));
	RV(CKR_OK, p11->C_Finalize(NULL));
	(void)setenv("SIGNET_LABELS", "own", 1);
	RV(CKR_OK, p11->C_Initialize(NULL));
	fake.card_as = true;
	s = session_open();
	assert_false(has_label(s, "Certificate for PIV Authentication"));
	(void)unsetenv("SIGNET_LABELS");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, case_start, case_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(public_objects_are_seen_before_the_login),
		CASE(a_certificate_is_found_by_the_id_of_its_public_key),
		CASE(a_label_that_belongs_to_piv_cards_is_changed),
		CASE(certificate_attributes_come_from_the_der),
		CASE(key_attributes_come_from_the_der),
		CASE(each_attribute_is_answered_for_itself),
		CASE(a_private_key_is_no_object_before_the_login),
		CASE(searches_are_checked),
		CASE(objects_are_fetched_once_until_something_changes),
		CASE(handles_outlive_a_change_of_other_objects),
		CASE(a_container_that_goes_away_takes_its_objects_along),
		CASE(the_environment_leaves_one_certificate),
		CASE(labels_are_the_cards_where_its_certificates_are),
		CASE(another_certificate_of_the_same_key_keeps_its_label),
		CASE(the_environment_chooses_the_labels),
	};

	return cmocka_run_group_tests(tests, group_start, group_end);
}
