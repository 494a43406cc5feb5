/* SPDX-License-Identifier: BSD-2-Clause */
#include "p11.h"

struct ck_function_list *p11;

int
group_start(void **state)
{
	(void)state;
	/* Neither a person's settings nor a terminal shall matter. */
	(void)setenv("SIGNET_CONFIG", "/dev/null", 1);
	(void)setenv("SIGNET_PIN_ENTRY", "protected", 1);
	fake_make();
	return (int)C_GetFunctionList(&p11);
}

int
group_end(void **state)
{
	(void)state;
	fake_free();
	return 0;
}

int
case_start(void **state)
{
	(void)state;
	fake_reset();
	return (int)p11->C_Initialize(NULL);
}

int
case_end(void **state)
{
	(void)state;
	return (int)p11->C_Finalize(NULL);
}

ck_session_handle_t
session_open(void)
{
	ck_session_handle_t s;

	RV(CKR_OK, p11->C_OpenSession(SLOT, CKF_SERIAL_SESSION, NULL, NULL,
	    &s));
	return s;
}

ck_rv_t
login(ck_session_handle_t s, const char *pin)
{
	unsigned char copy[256] = { 0 };

	memcpy(copy, pin, strlen(pin));
	return p11->C_Login(s, CKU_USER, copy, strlen(pin));
}

ck_session_handle_t
session_login(void)
{
	ck_session_handle_t s = session_open();

	RV(CKR_OK, login(s, FAKE_PIN));
	return s;
}

unsigned long
find(ck_session_handle_t s, struct ck_attribute *templ, unsigned long count,
    ck_object_handle_t *out, unsigned long room)
{
	unsigned long n = 0, total = 0;
	ck_object_handle_t one;

	RV(CKR_OK, p11->C_FindObjectsInit(s, templ, count));
	do {
		RV(CKR_OK, p11->C_FindObjects(s, &one, 1, &n));
		if (n == 1 && total < room)
			out[total] = one;
		total += n;
	} while (n == 1);
	RV(CKR_OK, p11->C_FindObjectsFinal(s));
	return total;
}

ck_object_handle_t
find_one(ck_session_handle_t s, ck_object_class_t class, const char *label)
{
	char copy[128];
	struct ck_attribute t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, copy, strlen(label) },
	};
	ck_object_handle_t o = 0;

	strcpy(copy, label);
	assert_int_equal(find(s, t, 2, &o, 1), 1);
	return o;
}

struct bytes
attribute(ck_session_handle_t s, ck_object_handle_t o,
    ck_attribute_type_t type)
{
	static uint8_t value[4096];
	struct ck_attribute a = { type, value, sizeof(value) };

	RV(CKR_OK, p11->C_GetAttributeValue(s, o, &a, 1));
	return bytes_of(value, a.value_len);
}
