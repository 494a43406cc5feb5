/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "base/file.h"
#include "signin/choose.h"

#define VECTOR_MAX 4096

static void
vector(struct cert_object *o, enum cert_kind kind, const char *name)
{
	auto_str path = NULL;

	*o = (struct cert_object) { .kind = kind, .id = { 0xab, 0x01 } };
	OK(str_printf(&path, "%s/tests/vectors/signin/%s",
	    getenv("SIGNET_SRC"), name));
	OK(file_read(&o->der, path, VECTOR_MAX));
	OK(str_dup(&o->label, name));
}

/* objects_done() would free the rest too, which is not ours here. */
static void
vectors_done(struct cert_object *o, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_done(&o[i].der);
		free(o[i].label);
	}
}

static void
what_matters_is_read(void **state)
{
	struct cert_object v[3];
	const struct objects o = { .certs = v, .cert_count = 3 };
	auto_done(candidates) c = { 0 };

	(void)state;
	vector(&v[0], CERT_PERSONAL, "logon.der");
	vector(&v[1], CERT_PERSONAL, "plain.der");
	vector(&v[2], CERT_PERSONAL, "p256.der");
	OK(candidates_init(&c, &o));
	assert_int_equal(c.n, 3);
	assert_string_equal(c.v[0].upn, "alice@corp.example");
	assert_true(c.v[0].logon && c.v[0].rsa && !c.v[0].broken);
	assert_string_equal(c.v[0].label, "logon.der");
	assert_string_equal(c.v[0].id_hex,
	    "ab01000000000000000000000000000000000000");
	assert_int_equal(strlen(c.v[0].fingerprint), 64);
	assert_null(candidate_flaw(&c.v[0], c.v[0].not_before));
	assert_true(c.v[1].rsa && !c.v[1].logon);
	assert_null(c.v[1].upn);
	assert_true(c.v[2].logon && !c.v[2].rsa);
	vectors_done(v, 3);
}

static void
only_personal_ones_count(void **state)
{
	struct cert_object v[2];
	const struct objects o = { .certs = v, .cert_count = 2 };
	auto_done(candidates) c = { 0 };

	(void)state;
	vector(&v[0], CERT_ANCHOR, "logon.der");
	vector(&v[1], CERT_INTERMEDIATE, "logon.der");
	OK(candidates_init(&c, &o));
	assert_int_equal(c.n, 0);
	vectors_done(v, 2);
}

static void
a_broken_one_does_not_hide_the_others(void **state)
{
	struct cert_object v[2];
	const struct objects o = { .certs = v, .cert_count = 2 };
	const struct candidate *chosen = NULL;
	auto_done(candidates) c = { 0 };

	(void)state;
	vector(&v[0], CERT_PERSONAL, "logon.der");
	v[0].der.n /= 2;
	vector(&v[1], CERT_PERSONAL, "logon.der");
	OK(candidates_init(&c, &o));
	assert_true(c.v[0].broken);
	OK(choose(&c, NULL, c.v[1].not_before, &chosen));
	assert_ptr_equal(chosen, &c.v[1]);
	vectors_done(v, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_matters_is_read),
		cmocka_unit_test(only_personal_ones_count),
		cmocka_unit_test(a_broken_one_does_not_hide_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
