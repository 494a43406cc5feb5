/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "proto/json_fields.h"

static void
each_form_has_its_json(void **state)
{
	char text[] = "CN=a", one[] = "1.2", two[] = "1.3", four[] = "4",
	     yes[] = "true";
	struct field v[] = {
		{ "subject", "Subject", text, NULL, FIELD_TEXT },
		{ "eku", "Good for", one, NULL, FIELD_LIST },
		{ "eku", "Good for", two, NULL, FIELD_LIST },
		{ "policy", "Policy", one, NULL, FIELD_LIST },
		{ "count", "Entries", four, NULL, FIELD_NUMBER },
		{ "ca", "CA", yes, NULL, FIELD_FLAG },
	};
	const struct fields f = { v, sizeof(v) / sizeof(v[0]) };
	auto_free(json_out) j = NULL;
	auto_str out = NULL;

	(void)state;
	OK(json_out_new(&j));
	json_put_object(j, NULL);
	json_put_fields(j, &f);
	json_close(j);
	OK(json_text(j, &out));
	assert_string_equal(out,
	    "{\n  \"subject\": \"CN=a\",\n  \"eku\": [\n    \"1.2\",\n"
	    "    \"1.3\"\n  ],\n  \"policy\": [\n    \"1.2\"\n  ],\n"
	    "  \"count\": 4,\n  \"ca\": true\n}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_has_its_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
