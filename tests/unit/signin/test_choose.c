/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "signin/choose.h"

static char print_a[] = "aaaa1111aaaa1111", print_b[] = "bbbb2222bbbb2222";
static char upn[] = "alice@corp.example";

static struct candidate
good(const char *label, char *fingerprint)
{
	return (struct candidate) { .label = label,
		.fingerprint = fingerprint, .upn = upn, .not_before = 100,
		.not_after = 200, .logon = true, .rsa = true };
}

static void
the_only_one_is_chosen(void **state)
{
	struct candidate v[] = { good("a", print_a), good("b", print_b) };
	const struct candidates c = { v, 2 };
	const struct candidate *out = NULL;

	(void)state;
	v[0].logon = false;
	OK(choose(&c, NULL, 150, &out));
	assert_ptr_equal(out, &v[1]);
}

static void
several_are_listed_with_how_to_choose(void **state)
{
	struct candidate v[] = { good("a", print_a), good("b", print_b) };
	const struct candidates c = { v, 2 };
	const struct candidate *out = NULL;

	(void)state;
	FAILS_SAYING(SG_EARG, "'a' (aaaa1111), 'b' (bbbb2222); choose one",
	    choose(&c, NULL, 150, &out));
	FAILS_SAYING(SG_EARG, "--cert bbbb2222", choose(&c, NULL, 150, &out));
}

static void
a_label_or_fingerprint_chooses(void **state)
{
	struct candidate v[] = { good("a", print_a), good("b", print_b) };
	const struct candidates c = { v, 2 };
	const struct candidate *out = NULL;

	(void)state;
	OK(choose(&c, "b", 150, &out));
	assert_ptr_equal(out, &v[1]);
	OK(choose(&c, "AA:AA:11:11", 150, &out));
	assert_ptr_equal(out, &v[0]);
	FAILS_SAYING(SG_ENOENT, "'aaaa111'", choose(&c, "aaaa111", 150, &out));
	FAILS_SAYING(SG_ENOENT, "signet cert list",
	    choose(&c, "aaaa1111aaaa11112", 150, &out));
}

/* Same label twice, as after a renewal: the expired one does not count. */
static void
a_label_means_the_usable_one(void **state)
{
	struct candidate v[] = { good("a", print_a), good("a", print_b) };
	const struct candidates c = { v, 2 };
	const struct candidate *out = NULL;

	(void)state;
	v[0].not_after = 140;
	OK(choose(&c, "a", 150, &out));
	assert_ptr_equal(out, &v[1]);
}

static void
flawed(struct candidate c, int64_t now, const char *why)
{
	const struct candidates all = { &c, 1 };
	const struct candidate *out = NULL;

	FAILS_SAYING(SG_ENOENT, why, choose(&all, NULL, now, &out));
	FAILS_SAYING(SG_ENOENT, why, choose(&all, c.label, now, &out));
}

static void
each_flaw_is_told(void **state)
{
	struct candidate c = good("a", print_a);

	(void)state;
	flawed(c, 99, "'a' (aaaa1111) is not valid yet");
	flawed(c, 201, "has expired");
	c.logon = false;
	flawed(c, 150, "is not for smart card logon");
	c.logon = true;
	c.upn = NULL;
	flawed(c, 150, "names no user");
	c.upn = upn;
	c.rsa = false;
	flawed(c, 150, "no RSA-2048 key");
	c.broken = true;
	flawed(c, 150, "cannot be read");
}

static void
an_empty_container_says_what_to_do(void **state)
{
	const struct candidates c = { 0 };
	const struct candidate *out = NULL;

	(void)state;
	FAILS_SAYING(SG_ENOENT, "signet request new",
	    choose(&c, NULL, 150, &out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_only_one_is_chosen),
		cmocka_unit_test(several_are_listed_with_how_to_choose),
		cmocka_unit_test(a_label_or_fingerprint_chooses),
		cmocka_unit_test(a_label_means_the_usable_one),
		cmocka_unit_test(each_flaw_is_told),
		cmocka_unit_test(an_empty_container_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
