/* SPDX-License-Identifier: BSD-2-Clause */

/* signetd.conf, and what the command line does to it. */

#include "../test.h"

#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"
#include "ipc/objects_wire.h"
#include "settings.h"

static enum sg_err
parse(const char *text, struct settings *s)
{
	return conf_parse(bytes_str(text), "signetd.conf", settings_key, s);
}

static void
every_quota_has_a_key(void **state)
{
	auto_done(settings) s = { 0 };

	(void)state;
	OK(parse("[quota]\nkeys = 1\ncertificates = 2\nrequests = 3\n"
	    "container-bytes = 5000\nprompts = 4\n"
	    "connections-total = 5\nconnections = 6\nwaiting = 7\n"
	    "pending-bytes = 2000000\n[container]\nmax = 8\n", &s));
	assert_int_equal(s.keeper.keys, 1);
	assert_int_equal(s.keeper.certs, 2);
	assert_int_equal(s.keeper.requests, 3);
	assert_int_equal(s.keeper.bytes, 5000);
	assert_int_equal(s.keeper.prompts, 4);
	assert_int_equal(s.server.total, 5);
	assert_int_equal(s.server.connections, 6);
	assert_int_equal(s.server.waiting, 7);
	assert_int_equal(s.server.bytes, 2000000);
	assert_int_equal(s.containers, 8);
}

static void
odd_values_are_refused_with_file_and_line(void **state)
{
	static const char *const bad[] = { "[quota]\nkeys = 0",
		"[quota]\nkeys = 257", "[quota]\nkeys = many",
		"[quota]\ncontainer-bytes = 1000",
		"[quota]\npending-bytes = 1000", "[quota]\nfoo = 1",
		"[foo]\nkeys = 1", "[container]\nusers = 5-4",
		"[container]\nusers = 1000-", "[container]\nusers = alice",
		"[container]\nusers = 1000-4294967295",
		"[container]\nwithout-tpm = maybe",
		"[audit]\nrequired = perhaps" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_done(settings) s = { 0 };
		enum sg_err e = parse(bad[i], &s);

		assert_int_not_equal(e, SG_OK);
		assert_non_null(strstr(sg_note(e), "signetd.conf:2: "));
	}
}

static void
containers_without_a_tpm_are_allowed_in_words_only(void **state)
{
	auto_done(settings) s = { 0 };

	(void)state;
	OK(parse("[container]\nmax = 3", &s));
	assert_false(s.without_tpm);
	OK(parse("[container]\nwithout-tpm = yes", &s));
	assert_true(s.without_tpm);
	OK(parse("[container]\nwithout-tpm = no", &s));
	assert_false(s.without_tpm);
}

static void
users_are_numbers_and_ranges(void **state)
{
	auto_done(settings) s = { 0 };

	(void)state;
	OK(parse("[container]\nusers = 0 1000-1999  70000", &s));
	assert_int_equal(s.who, KEEPER_LISTED);
	assert_int_equal(s.user_count, 3);
	assert_int_equal(s.users[0].first, 0);
	assert_int_equal(s.users[0].last, 0);
	assert_int_equal(s.users[1].first, 1000);
	assert_int_equal(s.users[1].last, 1999);
	assert_int_equal(s.users[2].last, 70000);
	OK(parse("[container]\nusers =", &s));
	assert_int_equal(s.user_count, 0);
}

static void
the_defaults_are_those_of_the_manual(void **state)
{
	char name[] = "signetd", config[] = "--config", none[] = "/dev/null",
	    state_option[] = "--state", folder[] = "/elsewhere";
	char *argv[] = { name, config, none, state_option, folder, NULL };
	auto_done(settings) s = { 0 };
	enum settings_ask ask = SETTINGS_HELP;

	(void)state;
	OK(settings_read(5, argv, &s, &ask));
	assert_int_equal(ask, SETTINGS_RUN);
	assert_string_equal(s.state, "/elsewhere");
	assert_int_equal(s.keeper.keys, 128);
	assert_int_equal(s.keeper.bytes, OBJECTS_WIRE_MAX);
	assert_int_equal(s.server.connections, 128);
	assert_int_equal(s.who, KEEPER_KNOWN);
	assert_false(s.audit_required);
	assert_false(s.card.certificates);
	assert_string_equal(s.card_user, "signet-card");
	assert_string_equal(s.card_sessions, "/run/systemd/users");
}

static enum sg_err
write_conf(const char *path, const char *text)
{
	return file_replace(path, bytes_str(text), 0600);
}

static void
the_cards_rules_are_read_anew(void **state)
{
	char folder[] = "/tmp/signet-test-XXXXXX";
	auto_done(settings) s = { 0 };
	struct card_policy p = CARD_POLICY_DEFAULT;
	auto_str path = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	OK(str_printf(&path, "%s/conf", folder));
	s.config = path;
	OK(write_conf(path, "[container]\nusers = known\n[card]\n"
	    "certificates = yes\nuser = nobody\nsessions = /none\n"));
	OK(settings_card(&s, &p));
	assert_true(p.certificates);
	/* What was taken out is as it comes again. */
	OK(write_conf(path, "[card]\nslots = 2\n"));
	OK(settings_card(&s, &p));
	assert_false(p.certificates);
	assert_int_equal(p.slots, 2);
	OK(write_conf(path, "[card]\nslots = 3\n[quota]\nkeys = 0\n"));
	FAILS_SAYING(SG_EARG, "conf:4: ", settings_card(&s, &p));
	assert_int_equal(p.slots, 2);
	(void)unlink(path);
	FAILS(SG_ENOENT, settings_card(&s, &p));
	(void)rmdir(folder);
}

static void
an_unknown_option_is_named(void **state)
{
	char name[] = "signetd", odd[] = "--odd";
	char *argv[] = { name, odd, NULL };
	auto_done(settings) s = { 0 };
	enum settings_ask ask = SETTINGS_RUN;

	(void)state;
	FAILS_SAYING(SG_EARG, "--odd", settings_read(2, argv, &s, &ask));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_quota_has_a_key),
		cmocka_unit_test(odd_values_are_refused_with_file_and_line),
		cmocka_unit_test(
		    containers_without_a_tpm_are_allowed_in_words_only),
		cmocka_unit_test(users_are_numbers_and_ranges),
		cmocka_unit_test(the_defaults_are_those_of_the_manual),
		cmocka_unit_test(the_cards_rules_are_read_anew),
		cmocka_unit_test(an_unknown_option_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
