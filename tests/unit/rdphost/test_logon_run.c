/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "logon_run.h"

static char folder[] = "/tmp/logon-XXXXXX";

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : chdir(folder);
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink("program");
	return chdir("/") != 0 || rmdir(folder) != 0;
}

/* Runs a script in rdphost-logon's place, to its end. */
static void
run(struct logon_result *out, const char *script, struct delegated *d)
{
	const struct logon_setup s = { "./program", "/run/card", "module.so",
		"FILE:ccache" };
	auto_done(buf) text = { 0 };
	struct logon_run l = { 0 };

	OK(buf_printf(&text, "#!/bin/sh\n%s\n", script));
	OK(file_replace("program", buf_bytes(&text), 0700));
	OK(secret_set(&d->pin, "135790", 6));
	OK(logon_start(&l, &s, d));
	assert_null(d->pin.p);
	while (!logon_serve(&l, out))
		;
	logon_run_done(&l);
}

static void
the_program_gets_card_module_and_pin(void **state)
{
	struct delegated d = { .reader = (char *)(uintptr_t)"R 0",
		.container = (char *)(uintptr_t)"k" };
	struct logon_result r;

	(void)state;
	run(&r, "read -r pin <&3\n"
	    "[ \"$pin\" = 135790 ] && [ \"$RDPHOST_CARD\" = /run/card ] &&\n"
	    "[ \"$*\" = '--reader R 0 --container k --module module.so"
	    " --ccache FILE:ccache' ] || exit 1\n"
	    "echo why=signed in as a@B; echo outcome=signed-in", &d);
	assert_string_equal(r.outcome, "signed-in");
	assert_string_equal(r.why, "signed in as a@B");
}

static void
hints_go_along_as_a_pair(void **state)
{
	struct delegated d = { .user = (char *)(uintptr_t)"u" };
	struct logon_result r;

	(void)state;
	run(&r, "echo outcome=\"$2\"", &d);
	assert_string_equal(r.outcome, "module.so");
	d.domain = (char *)(uintptr_t)"d";
	run(&r, "echo outcome=\"$2-$4\"", &d);
	assert_string_equal(r.outcome, "u-d");
}

static void
who_dies_has_signed_in_nobody(void **state)
{
	struct delegated d = { 0 };
	struct logon_result r;

	(void)state;
	run(&r, "echo outcome=signed-in; kill -9 $$", &d);
	assert_string_equal(r.outcome, "broken");
	run(&r, "echo outcome=signed-in; exit 1", &d);
	assert_string_equal(r.outcome, "broken");
	run(&r, "", &d);
	assert_string_equal(r.outcome, "broken");
}

static void
the_last_words_count_and_have_limits(void **state)
{
	struct logon_result r;
	char text[2 * LOGON_WHY_MAX] = "outcome=a\nwhy=b\nnot outcome=c\n"
	    "outcome=d\nwhy=";

	(void)state;
	memset(text + strlen(text), 'x', sizeof(text) - strlen(text) - 1);
	text[sizeof(text) - 1] = 0;
	logon_words(&r, text);
	assert_string_equal(r.outcome, "d");
	assert_int_equal(strlen(r.why), LOGON_WHY_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_program_gets_card_module_and_pin),
		cmocka_unit_test(hints_go_along_as_a_pair),
		cmocka_unit_test(who_dies_has_signed_in_nobody),
		cmocka_unit_test(the_last_words_count_and_have_limits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
