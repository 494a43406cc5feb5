/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/text.h"
#include "piv/data.h"
#include "piv/tlv.h"
#include "script.h"

static struct piv_objects
shown(void)
{
	struct script s;
	struct piv_backend b = script_backend(&s);
	struct piv_objects o = { 0 };

	OK(b.ops->objects(b.ctx, &o));
	return o;
}

static void
is(struct bytes got, const char *expected)
{
	auto_str text = NULL;

	OK(hex_encode(&text, got));
	assert_string_equal(text, expected);
}

static void
select_answers_with_the_identifier(void **state)
{
	auto_done(buf) b = { 0 };

	(void)state;
	OK(piv_application(&b));
	is(buf_bytes(&b), "61114f0600001000010079074f05a000000308");
}

static void
discovery_says_the_identifier_and_the_pin_alone(void **state)
{
	auto_done(piv_objects) o = shown();
	auto_done(buf) b = { 0 };
	uint8_t guid[PIV_GUID_LEN] = { 0 };

	(void)state;
	OK(piv_data(&o, guid, 0x7e, &b));
	is(buf_bytes(&b), "7e124f0ba00000030800001000010" "05f2f024000");
}

static void
the_chuid_has_a_guid_and_fits_one_response(void **state)
{
	auto_done(piv_objects) o = shown();
	auto_done(buf) b = { 0 };
	uint8_t guid[PIV_GUID_LEN];

	(void)state;
	memset(guid, 0xab, sizeof(guid));
	OK(piv_data(&o, guid, 0x5fc102, &b));
	is(buf_bytes(&b), "533b3019d4e739d821086c1084210d8360d82108421084218042"
	    "10c3f33410abababababababababababababababab350839393939313233313e"
	    "00fe00");
}

static void
capabilities_and_history_are_there(void **state)
{
	auto_done(piv_objects) o = shown();
	auto_done(buf) ccc = { 0 }, history = { 0 };
	uint8_t guid[PIV_GUID_LEN] = { 0 };

	(void)state;
	OK(piv_data(&o, guid, 0x5fc107, &ccc));
	is(buf_bytes(&ccc), "5333f015a000000116ff0200000000000000000000000000"
	    "00f10121f20121f300f40100f50110f600f700fa00fb00fc00fd00fe00");
	OK(piv_data(&o, guid, 0x5fc10c, &history));
	is(buf_bytes(&history), "5308c10100c20100fe00");
}

static void
certificates_are_wrapped_and_not_compressed(void **state)
{
	static const uint32_t tags[PIV_SLOTS] = { 0x5fc105, 0x5fc10a,
		0x5fc10b, 0x5fc101 };
	auto_done(piv_objects) o = shown();
	uint8_t guid[PIV_GUID_LEN] = { 0 };

	(void)state;
	for (int i = 0; i < PIV_SLOTS; i++) {
		auto_done(buf) b = { 0 };
		struct reader r;
		struct tlv t;

		OK(piv_data(&o, guid, tags[i], &b));
		r = reader_of(buf_bytes(&b));
		t = tlv_read(&r);
		assert_int_equal(t.tag, 0x53);
		assert_true(reader_end(&r));
		r = reader_of(t.value);
		t = tlv_read(&r);
		assert_int_equal(t.tag, 0x70);
		assert_true(bytes_eq(t.value, buf_bytes(&o.keys[i].cert)));
		is(r.left, "710100fe00");
	}
}

static void
what_the_card_does_not_have_is_not_found(void **state)
{
	static const uint32_t tags[] = { 0x5fff10, 0x5fc103, 0x5fc106, 0x5fc108,
		0x5fc109, 0x5fc10d, 0x5fc120, 0x5fc121, 0x7f61, 0, 0xffffff };
	auto_done(piv_objects) o = shown();
	auto_done(buf) b = { 0 };
	uint8_t guid[PIV_GUID_LEN] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		FAILS(SG_ENOENT, piv_data(&o, guid, tags[i], &b));
	o.keys[PIV_9A].present = false;
	FAILS(SG_ENOENT, piv_data(&o, guid, 0x5fc105, &b));
	buf_done(&o.keys[PIV_9C].cert);
	FAILS(SG_ENOENT, piv_data(&o, guid, 0x5fc10a, &b));
	assert_int_equal(b.n, 0);
}

static void
guid_is(const struct piv_objects *o, const uint8_t *first, bool same)
{
	uint8_t guid[PIV_GUID_LEN];

	OK(piv_guid(o, guid));
	assert_int_equal(guid[6] >> 4, 8);
	assert_int_equal(guid[8] >> 6, 2);
	assert_int_equal(memcmp(guid, first, sizeof(guid)) == 0, same);
}

static void
the_guid_changes_with_what_is_shown_and_only_then(void **state)
{
	auto_done(piv_objects) o = shown();
	uint8_t first[PIV_GUID_LEN];

	(void)state;
	OK(piv_guid(&o, first));
	guid_is(&o, first, true);
	o.keys[PIV_9D].cert.p[3] ^= 1;
	guid_is(&o, first, false);
	o.keys[PIV_9D].cert.p[3] ^= 1;
	guid_is(&o, first, true);
	o.keys[PIV_9E].present = false;
	guid_is(&o, first, false);
	o.keys[PIV_9E].present = true;
	strcpy(o.keys[PIV_9A].name, "other");
	guid_is(&o, first, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(select_answers_with_the_identifier),
		cmocka_unit_test(
		    discovery_says_the_identifier_and_the_pin_alone),
		cmocka_unit_test(the_chuid_has_a_guid_and_fits_one_response),
		cmocka_unit_test(capabilities_and_history_are_there),
		cmocka_unit_test(certificates_are_wrapped_and_not_compressed),
		cmocka_unit_test(what_the_card_does_not_have_is_not_found),
		cmocka_unit_test(
		    the_guid_changes_with_what_is_shown_and_only_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
