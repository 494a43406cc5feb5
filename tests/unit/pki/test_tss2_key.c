/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "pki/tss2_key.h"

static void
sample(struct tss2_key *k)
{
	*k = (struct tss2_key) { .parent = 0x81000001 };
	OK(buf_add(&k->public, "\0\3pub", 5));
	OK(buf_add(&k->private, "\0\4priv", 6));
}

static void
what_is_written_is_read(void **state)
{
	auto_done(tss2_key) a = { 0 };
	auto_done(tss2_key) b = { 0 };
	auto_done(buf) pem = { 0 };

	(void)state;
	sample(&a);
	for (int empty = 0; empty < 2; empty++) {
		tss2_key_done(&b);
		buf_done(&pem);
		a.empty_auth = empty;
		OK(tss2_key_write(&a, &pem));
		OK(tss2_key_read(&b, buf_bytes(&pem)));
		assert_int_equal(b.parent, 0x81000001);
		assert_int_equal(b.empty_auth, empty);
		assert_true(bytes_eq(buf_bytes(&a.public),
		    buf_bytes(&b.public)));
		assert_true(bytes_eq(buf_bytes(&a.private),
		    buf_bytes(&b.private)));
	}
}

/* With a passphrase, by tpm2-openssl's rules: the bytes are spelled out so
 * that the encoding cannot drift. */
static void
the_encoding_is_the_specifications(void **state)
{
	static const uint8_t der[] = {
		0x30, 0x22,
		0x06, 0x06, 0x67, 0x81, 0x05, 0x0a, 0x01, 0x03,
		0xa0, 0x03, 0x01, 0x01, 0xff,
		0x02, 0x05, 0x00, 0x81, 0x00, 0x00, 0x01,
		0x04, 0x04, 0x00, 0x02, 'a', 'b',
		0x04, 0x06, 0x00, 0x04, 'c', 'd', 'e', 'f',
	};
	auto_done(tss2_key) k = { 0 };

	(void)state;
	OK(tss2_key_read(&k, bytes_of(der, sizeof(der))));
	assert_true(k.empty_auth);
	assert_int_equal(k.parent, 0x81000001);
	assert_memory_equal(k.public.p, "\0\2ab", 4);
	assert_memory_equal(k.private.p, "\0\4cdef", 6);
}

static void
hostile_ones_are_refused(void **state)
{
	static const struct {
		const char *say;
		enum sg_err err;
		uint8_t der[40];
		size_t n;
	} bad[] = {
		{ "loaded (its type is 2.23.133.10.1.5)", SG_EUNSUPPORTED,
		    { 0x30, 0x1d, 0x06, 0x06, 0x67, 0x81, 0x05, 0x0a, 0x01,
		    0x05, 0x02, 0x05, 0x00, 0x81, 0, 0, 1, 0x04, 0x04, 0, 2,
		    'a', 'b', 0x04, 0x06, 0, 4, 'c', 'd', 'e', 'f' }, 31 },
		{ "policy", SG_EUNSUPPORTED,
		    { 0x30, 0x21, 0x06, 0x06, 0x67, 0x81, 0x05, 0x0a, 0x01,
		    0x03, 0xa1, 0x02, 0x30, 0x00, 0x02, 0x05, 0x00, 0x81, 0,
		    0, 1, 0x04, 0x04, 0, 2, 'a', 'b', 0x04, 0x06, 0, 4, 'c',
		    'd', 'e', 'f' }, 35 },
		{ "no handle", SG_EFORMAT,
		    { 0x30, 0x19, 0x06, 0x06, 0x67, 0x81, 0x05, 0x0a, 0x01,
		    0x03, 0x02, 0x01, 0xff, 0x04, 0x04, 0, 2, 'a', 'b', 0x04,
		    0x06, 0, 4, 'c', 'd', 'e', 'f' }, 27 },
		{ "0 bytes", SG_EFORMAT,
		    { 0x30, 0x15, 0x06, 0x06, 0x67, 0x81, 0x05, 0x0a, 0x01,
		    0x03, 0x02, 0x01, 0x01, 0x04, 0x00, 0x04, 0x06, 0, 4, 'c',
		    'd', 'e', 'f' }, 23 },
	};
	struct tss2_key k;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS_SAYING(bad[i].err, bad[i].say, tss2_key_read(&k,
		    bytes_of(bad[i].der, bad[i].n)));
	FAILS(SG_EFORMAT, tss2_key_read(&k, bytes_str("no key at all")));
	FAILS(SG_EFORMAT, tss2_key_read(&k, bytes_str("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_encoding_is_the_specifications),
		cmocka_unit_test(hostile_ones_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
