/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <profile.h>
#include <unistd.h>

#include "base/file.h"
#include "signin/krb5_conf.h"

static void
everything_is_written(void **state)
{
	auto_done(kdc_names) k = { 0 };
	auto_done(buf) b = { 0 };
	struct krb5_conf c = { "X.Y", "/run/a.pem", "/run/p.pem", &k };

	(void)state;
	OK(kdc_names_add(&k, "x.y"));
	OK(kdc_names_add(&k, "dc1.x.y"));
	OK(krb5_conf_text(&b, &c));
	OK(buf_terminate(&b));
	assert_string_equal((char *)b.p, "[realms]\n\tX.Y = {\n"
	    "\t\tpkinit_anchors = FILE:/run/a.pem\n"
	    "\t\tpkinit_pool = FILE:/run/p.pem\n"
	    "\t\tpkinit_kdc_hostname = x.y\n"
	    "\t\tpkinit_kdc_hostname = dc1.x.y\n\t}\n"
	    "[plugins]\n\tclpreauth = {\n\t\tenable_only = pkinit\n\t}\n");
}

static void
a_path_cannot_steer_it(void **state)
{
	auto_done(kdc_names) k = { 0 };
	auto_done(buf) b = { 0 };
	struct krb5_conf c = { "X.Y", "/run/a\n[x]", NULL, &k };

	(void)state;
	FAILS(SG_EFORMAT, krb5_conf_text(&b, &c));
}

static void
file_make(char *path, const char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	OK(file_write_fd(fd, bytes_str(text), path));
	(void)close(fd);
}

static void
value_is(profile_t p, const char *key, const char *const *want)
{
	const char *const path[] = { "realms", "X.Y", key, NULL };
	char **v = NULL;
	size_t i;

	assert_int_equal(profile_get_values(p, path, &v), 0);
	for (i = 0; want[i] != NULL; i++)
		assert_string_equal(v[i], want[i]);
	assert_null(v[i]);
	profile_free_list(v);
}

/* What the whole sign-in rests on: libkrb5 merges our realm with the
 * machine's, ours first, nothing lost. */
static void
libkrb5_merges_it_with_the_machines(void **state)
{
	char machine[] = "/tmp/signet-test-XXXXXX";
	char ours[] = "/tmp/signet-test-XXXXXX";
	auto_done(kdc_names) k = { 0 };
	auto_done(buf) b = { 0 };
	auto_str paths = NULL;
	struct krb5_conf c = { "X.Y", "/run/a.pem", NULL, &k };
	profile_t p;

	(void)state;
	OK(kdc_names_add(&k, "dc1.x.y"));
	OK(krb5_conf_text(&b, &c));
	OK(buf_terminate(&b));
	file_make(ours, (char *)b.p);
	file_make(machine, "[realms]\n X.Y = {\n  kdc = k:88\n"
	    "  pkinit_anchors = FILE:/etc/old.pem\n"
	    "  pkinit_eku_checking = kpServerAuth\n }\n");
	assert_int_equal(setenv("KRB5_CONFIG", machine, 1), 0);
	OK(krb5_conf_paths(ours, &paths));
	assert_int_equal(profile_init_path(paths, &p), 0);
	value_is(p, "kdc", (const char *[]) { "k:88", NULL });
	value_is(p, "pkinit_anchors", (const char *[]) {
	    "FILE:/run/a.pem", "FILE:/etc/old.pem", NULL });
	value_is(p, "pkinit_kdc_hostname", (const char *[]) {
	    "dc1.x.y", NULL });
	value_is(p, "pkinit_eku_checking", (const char *[]) {
	    "kpServerAuth", NULL });
	profile_release(p);
	(void)unlink(machine);
	(void)unlink(ours);
}

static void
without_krb5_config_it_is_the_machines_file(void **state)
{
	auto_str paths = NULL;

	(void)state;
	(void)unsetenv("KRB5_CONFIG");
	OK(krb5_conf_paths("/run/k", &paths));
	assert_string_equal(paths, "/run/k:/etc/krb5.conf");
}

static bool
anchors_in(const char *text)
{
	char path[] = "/tmp/signet-test-XXXXXX";
	bool any = false;

	file_make(path, text);
	OK(krb5_conf_has_anchors(path, "X.Y", &any));
	(void)unlink(path);
	return any;
}

static void
anchors_are_found_wherever_libkrb5_looks(void **state)
{
	bool any = false;

	(void)state;
	assert_true(anchors_in("[realms]\n X.Y = {\n  pkinit_anchors = "
	    "FILE:/a\n }\n"));
	assert_true(anchors_in("[libdefaults]\n pkinit_anchors = DIR:/a\n"));
	assert_true(anchors_in("[libdefaults]\n X.Y = {\n  pkinit_anchors = "
	    "FILE:/a\n }\n"));
	assert_false(anchors_in("[realms]\n Z.Y = {\n  pkinit_anchors = "
	    "FILE:/a\n }\n X.Y = {\n  kdc = k\n }\n"));
	FAILS(SG_EIO, krb5_conf_has_anchors("/nonexistent/krb5.conf", "X.Y",
	    &any));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_written),
		cmocka_unit_test(a_path_cannot_steer_it),
		cmocka_unit_test(libkrb5_merges_it_with_the_machines),
		cmocka_unit_test(anchors_are_found_wherever_libkrb5_looks),
		cmocka_unit_test(without_krb5_config_it_is_the_machines_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
