/* SPDX-License-Identifier: BSD-2-Clause */

/* Modules that say what is not so. */

#include "../test.h"

#include "p11/token_impl.h"

#define CLAIMED	(TOKEN_SLOTS_MAX + 5)

static CK_RV
claims_too_many(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n)
{
	assert_int_equal(present, CK_TRUE);
	assert_int_equal(*n, TOKEN_SLOTS_MAX);
	for (CK_ULONG i = 0; i < *n; i++)
		slots[i] = i;
	*n = CLAIMED;
	return CKR_OK;
}

static CK_RV
has_no_room(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n)
{
	(void)present, (void)slots;
	*n = CLAIMED;
	return CKR_BUFFER_TOO_SMALL;
}

static CK_RV
has_two(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n)
{
	(void)present;
	slots[0] = 7;
	slots[1] = 9;
	*n = 2;
	return CKR_OK;
}

static CK_RV
begins(CK_SESSION_HANDLE session, CK_ATTRIBUTE *want, CK_ULONG count)
{
	(void)session, (void)want, (void)count;
	return CKR_OK;
}

static CK_RV
finds_too_many(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *out, CK_ULONG max,
    CK_ULONG *n)
{
	(void)session;
	for (CK_ULONG i = 0; i < max; i++)
		out[i] = i + 1;
	*n = max + 5;
	return CKR_OK;
}

static CK_RV
ends(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

/* Its second answer is longer than its first. */
static CK_RV
grows(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *a,
    CK_ULONG count)
{
	(void)session, (void)object;
	assert_int_equal(count, 1);
	a->ulValueLen = a->pValue == NULL ? 4 : TOKEN_ATTRIBUTE_MAX;
	return CKR_OK;
}

static void
slots_that_were_not_asked_for_are_not_read(void **state)
{
	const CK_FUNCTION_LIST m = { .C_GetSlotList = claims_too_many };
	CK_SLOT_ID slots[TOKEN_SLOTS_MAX];

	(void)state;
	assert_int_equal(token_slots(&m, slots), TOKEN_SLOTS_MAX);
	assert_int_equal(slots[TOKEN_SLOTS_MAX - 1], TOKEN_SLOTS_MAX - 1);
}

static void
a_module_that_cannot_tell_its_slots_has_none(void **state)
{
	const CK_FUNCTION_LIST m = { .C_GetSlotList = has_no_room };
	CK_SLOT_ID slots[TOKEN_SLOTS_MAX];

	(void)state;
	assert_int_equal(token_slots(&m, slots), 0);
}

static void
the_slots_of_an_honest_module_are_all_there(void **state)
{
	const CK_FUNCTION_LIST m = { .C_GetSlotList = has_two };
	CK_SLOT_ID slots[TOKEN_SLOTS_MAX];

	(void)state;
	assert_int_equal(token_slots(&m, slots), 2);
	assert_int_equal(slots[1], 9);
}

static void
objects_that_were_not_asked_for_are_not_read(void **state)
{
	CK_FUNCTION_LIST m = { .C_FindObjectsInit = begins,
		.C_FindObjects = finds_too_many, .C_FindObjectsFinal = ends };
	const struct token t = { .module = &m };
	CK_OBJECT_HANDLE found[3];
	CK_ULONG n = 0;

	(void)state;
	OK(token_search(&t, NULL, 0, found, 3, &n));
	assert_int_equal(n, 3);
}

static void
an_attribute_that_grows_between_two_answers_is_refused(void **state)
{
	CK_FUNCTION_LIST m = { .C_GetAttributeValue = grows };
	const struct token t = { .module = &m };
	auto_done(buf) value = { 0 };

	(void)state;
	FAILS_SAYING(SG_EFORMAT, "of 4 before",
	    token_attribute(&t, 1, CKA_VALUE, &value));
	assert_int_equal(value.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_that_were_not_asked_for_are_not_read),
		cmocka_unit_test(a_module_that_cannot_tell_its_slots_has_none),
		cmocka_unit_test(the_slots_of_an_honest_module_are_all_there),
		cmocka_unit_test(objects_that_were_not_asked_for_are_not_read),
		cmocka_unit_test(
		    an_attribute_that_grows_between_two_answers_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
