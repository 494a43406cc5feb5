/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "delegated.h"

/* What FreeRDP 3.10 sends for a PIV card, with a PIN of ours, and the same
 * with hints as Windows sends them. */
#define PIN	"\xa0\x06\x04\x04" "1\0" "2\0"
#define READER	"\xa2\x06\x04\x04" "R\0" "d\0"
#define CONTAINER "\xa3\x04\x04\x02" "k\0"
#define PROVIDER "\xa4\x04\x04\x02" "P\0"
#define KEYSPEC	"\xa0\x03\x02\x01\x01"
#define CSP	"\xa1\x1b\x30\x19" KEYSPEC READER CONTAINER PROVIDER
#define HINTS	"\xa2\x04\x04\x02" "u\0" "\xa3\x04\x04\x02" "d\0"

static struct delegated d;

static int
done(void **state)
{
	(void)state;
	delegated_done(&d);
	return 0;
}

/* TSCredentials of that type around the credentials. */
static enum sg_err
read_it(uint8_t type, const char *p, size_t n)
{
	auto_done(buf) b = { 0 };
	struct bytes x;
	uint8_t *tight;
	enum sg_err e;

	OK(buf_printf(&b, "%c%c%c%c%c%c%c%c%c%c%c", 0x30, (int)(n + 9), 0xa0,
	    3, 2, 1, type, 0xa1, (int)(n + 2), 4, (int)n));
	OK(buf_add(&b, p, n));
	x = buf_bytes(&b);
	/* A read beyond the end is one beyond an allocation. */
	tight = malloc(x.n);
	memcpy(tight, x.p, x.n);
	assert_true(delegated_seems(bytes_of(tight, x.n)));
	e = delegated_read(&d, bytes_of(tight, x.n));
	free(tight);
	return e;
}
#define READ(type, x) read_it(type, x, sizeof(x) - 1)

static void
pin_reader_and_container_are_read(void **state)
{
	(void)state;
	OK(READ(2, "\x30\x25" PIN CSP));
	assert_int_equal(d.kind, DELEGATED_SMART_CARD);
	assert_true(bytes_eq(secret_bytes(&d.pin), bytes_str("12")));
	assert_string_equal(d.reader, "Rd");
	assert_string_equal(d.container, "k");
	assert_string_equal(d.provider, "P");
	assert_null(d.card);
	assert_null(d.user);
}

static void
hints_are_read(void **state)
{
	(void)state;
	OK(READ(2, "\x30\x31" PIN CSP HINTS));
	assert_string_equal(d.user, "u");
	assert_string_equal(d.domain, "d");
}

static void
of_a_password_only_that_it_is_one_is_kept(void **state)
{
	(void)state;
	OK(READ(1, "\x30\x06\xa0\x04\x04\x02" "x\0"));
	assert_int_equal(d.kind, DELEGATED_PASSWORD);
	assert_null(d.pin.p);
}

static void
other_types_are_refused(void **state)
{
	(void)state;
	FAILS(SG_EUNSUPPORTED, READ(3, "\x30\0"));
	FAILS(SG_EUNSUPPORTED, READ(0, "\x30\0"));
}

static void
hostile_credentials_are_refused(void **state)
{
	static const struct { const char *p; size_t n; } hostile[] = {
#define H(x) { x, sizeof(x) - 1 }
		H(""),
		H("\x30"),
		H("\x30\x80"),
		H("\x30\x84\xff\xff\xff\xff"),
		H("\x31\x25" PIN CSP),
		H("\x30\x24" PIN CSP),
		H("\x30\x25" PIN CSP "\0"),
		H("\x30\x08" PIN),
		H("\x30\x1d" CSP),
		/* The PIN: half a character, a NUL, a field within a field
		 * that is longer or shorter than it. */
		H("\x30\x24" "\xa0\x05\x04\x03" "1\0" "2" CSP),
		H("\x30\x25" "\xa0\x06\x04\x04" "1\0" "\0\0" CSP),
		H("\x30\x25" "\xa0\x06\x04\x05" "1\0" "2\0" CSP),
		H("\x30\x25" "\xa0\x06\x04\x03" "1\0" "2\0" CSP),
		/* Fields out of order, twice, unknown. */
		H("\x30\x25" PIN "\xa1\x1b\x30\x19" KEYSPEC CONTAINER READER
		    PROVIDER),
		H("\x30\x1d" PIN "\xa1\x13\x30\x11" KEYSPEC CONTAINER
		    CONTAINER),
		H("\x30\x1d" PIN "\xa1\x13\x30\x11" KEYSPEC CONTAINER
		    "\xa5\x04\x04\x02" "x\0"),
		/* A key specification of five bytes, of none. */
		H("\x30\x15" PIN "\xa1\x0b\x30\x09" "\xa0\x07\x02\x05\0\0\0\0"
		    "\1"),
		H("\x30\x10" PIN "\xa1\x06\x30\x04" "\xa0\x02\x02\0"),
#undef H
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		enum sg_err e = read_it(2, hostile[i].p, hostile[i].n);

		if (e != SG_EFORMAT)
			fail_msg("number %zu: %s", i, sg_err_name(e));
		assert_null(d.reader);
	}
}

static void
what_is_too_long_is_refused(void **state)
{
	auto_done(buf) b = { 0 };
	uint8_t *at;

	(void)state;
	OK(buf_extend(&b, DELEGATED_MAX + 1, &at));
	FAILS(SG_ELIMIT, delegated_read(&d, buf_bytes(&b)));
}

static void
only_the_shape_of_credentials_seems_to_be_them(void **state)
{
	static const char key[] = "\x30\x82\x01\x0a\x02\x82\x01\x01";

	(void)state;
	assert_false(delegated_seems(bytes_of("", 0)));
	assert_false(delegated_seems(bytes_of(key, sizeof(key) - 1)));
	assert_false(delegated_seems(bytes_of("\x30\x0b" KEYSPEC
	    "\xa1\x04\x04\x02xyz", 14)));
	assert_true(delegated_seems(bytes_of("\x30\x0b" KEYSPEC
	    "\xa1\x04\x04\x02xy", 13)));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, done)
	const struct CMUnitTest tests[] = {
		TEST(pin_reader_and_container_are_read),
		TEST(hints_are_read),
		TEST(of_a_password_only_that_it_is_one_is_kept),
		TEST(other_types_are_refused),
		TEST(hostile_credentials_are_refused),
		TEST(what_is_too_long_is_refused),
		TEST(only_the_shape_of_credentials_seems_to_be_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
