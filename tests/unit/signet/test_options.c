/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include "options.h"

/* All kinds of options, as a verb would have them. */
struct got {
	bool json;
	const char *out;
	int fd;
	unsigned tries;
	struct option_list ekus;
	struct arguments a;
};

static enum sg_err
parse(struct got *g, const char *line)
{
	static char words[256];
	static char *argv[32];
	char *rest = words, *word;
	int argc = 0;
	const struct option table[] = {
		{ .name = "json", .flag = &g->json },
		{ .name = "out", .text = &g->out },
		{ .name = "pin-fd", .fd = &g->fd },
		{ .name = "tries", .number = &g->tries, .max = 9 },
		{ .name = "eku", .list = &g->ekus },
		{ .name = NULL },
	};

	(void)snprintf(words, sizeof(words), "verb %s", line);
	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			argv[argc++] = word;
	*g = (struct got) { .fd = -1 };
	return options_parse(argc, argv, table, &g->a);
}

static void
options_stand_anywhere(void **state)
{
	struct got g;

	(void)state;
	OK(parse(&g, "a --json b --out=x --pin-fd 0 --tries 9 - c"));
	assert_true(g.json);
	assert_string_equal(g.out, "x");
	assert_int_equal(g.fd, 0);
	assert_int_equal(g.tries, 9);
	assert_int_equal(g.a.n, 4);
	assert_string_equal(g.a.v[0], "a");
	assert_string_equal(g.a.v[2], "-");
	assert_string_equal(g.a.v[3], "c");
	OK(parse(&g, "--out --json"));
	assert_string_equal(g.out, "--json");
	assert_false(g.json);
}

static void
two_dashes_end_them(void **state)
{
	struct got g;

	(void)state;
	OK(parse(&g, "host --json -- --out /f"));
	assert_int_equal(g.a.n, 1);
	assert_int_equal(g.a.rest_n, 2);
	assert_string_equal(g.a.rest[0], "--out");
	assert_null(g.out);
	FAILS_SAYING(SG_EARG, "'--'", arguments_check(&g.a, 1, 1, "one HOST"));
}

static void
an_option_may_repeat_within_its_limit(void **state)
{
	auto_done(buf) many = { 0 };
	struct got g;

	(void)state;
	OK(parse(&g, "--eku 1.2 --eku=1.3"));
	assert_int_equal(g.ekus.n, 2);
	assert_string_equal(g.ekus.v[1], "1.3");
	for (int i = 0; i <= OPTION_LIST_MAX; i++)
		OK(buf_add_str(&many, "--eku=1.2 "));
	OK(buf_terminate(&many));
	FAILS_SAYING(SG_EARG, "more than", parse(&g, (char *)many.p));
}

static void
what_makes_no_sense_is_named(void **state)
{
	struct got g;

	(void)state;
	FAILS_SAYING(SG_EARG, "--frob", parse(&g, "--frob"));
	FAILS_SAYING(SG_EARG, "--jso", parse(&g, "--jso"));
	FAILS_SAYING(SG_EARG, "-x", parse(&g, "-x"));
	FAILS_SAYING(SG_EARG, "takes no value", parse(&g, "--json=1"));
	FAILS_SAYING(SG_EARG, "needs a value", parse(&g, "a --out"));
	FAILS_SAYING(SG_EARG, "pin-fd", parse(&g, "--pin-fd -1"));
	FAILS_SAYING(SG_EARG, "pin-fd", parse(&g, "--pin-fd 3x"));
	FAILS_SAYING(SG_EARG, "1 to 9", parse(&g, "--tries 0"));
	FAILS_SAYING(SG_EARG, "1 to 9", parse(&g, "--tries 10"));
}

static void
arguments_are_counted(void **state)
{
	struct got g;

	(void)state;
	OK(parse(&g, "a b"));
	OK(arguments_check(&g.a, 1, 2, "files"));
	FAILS_SAYING(SG_EARG, "one NAME expected, 2 given",
	    arguments_check(&g.a, 1, 1, "one NAME"));
	FAILS(SG_EARG, arguments_check(&g.a, 3, 4, "files"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(two_dashes_end_them),
		cmocka_unit_test(an_option_may_repeat_within_its_limit),
		cmocka_unit_test(what_makes_no_sense_is_named),
		cmocka_unit_test(arguments_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
