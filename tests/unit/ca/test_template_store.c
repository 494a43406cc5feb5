/* SPDX-License-Identifier: BSD-2-Clause */
#include "../test.h"

#include <ftw.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/template_store.h"
#include "pki/template_attr.h"
#include "pki/template_edit.h"

/* No keys are needed: the templates are a matter of the folder alone. */
struct place {
	char dir[64];
	struct ca_store store;
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return 1;
	(void)snprintf(p->dir, sizeof(p->dir), "/tmp/signet-test-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return 1;
	OK(str_dup(&p->store.dir, p->dir));
	OK(str_dup(&p->store.config.oid_base, "1.2.3"));
	*state = p;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	struct place *p = *state;

	free(p->store.dir);
	ca_config_done(&p->store.config);
	(void)nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

static enum sg_err
put(struct place *p, const struct template *t, bool replace)
{
	const struct template *const one[] = { t };

	return ca_template_put(&p->store, one, 1, replace);
}

static void
make(struct place *p, const char *display_name)
{
	auto_done(template) from;
	auto_done(template) t;

	template_init(&from);
	template_init(&t);
	OK(ca_template_get(&from, &p->store, "Smartcard Logon"));
	OK(template_duplicate(&t, &from, display_name, NULL, "1.2.3"));
	OK(put(p, &t, false));
}

static size_t
count(struct place *p, bool published)
{
	auto_done(ca_templates) l = { 0 };
	size_t n = 0;

	OK(ca_template_list(&l, &p->store));
	for (size_t i = 0; i < l.n; i++) {
		assert_true(i == 0 ||
		    strcasecmp(l.v[i - 1].t.cn, l.v[i].t.cn) < 0);
		n += !published || l.v[i].published;
	}
	return n;
}

static void
a_fresh_ca_has_all_and_issues_some(void **state)
{
	struct place *p = *state;
	auto_done(template) t;

	template_init(&t);
	assert_int_equal(count(p, false), 33);
	assert_int_equal(count(p, true), 9);
	OK(ca_template_published(&t, &p->store, "smartcard logon"));
	assert_string_equal(t.oid, "1.2.3.1.5");
	FAILS_SAYING(SG_ENOENT, "0x80094800", ca_template_published(&t,
	    &p->store, "User"));
	FAILS_SAYING(SG_ENOENT, "there are CA ClientAuth",
	    ca_template_published(&t, &p->store, "Nothing"));
}

static void
what_is_made_is_found_again(void **state)
{
	struct place *p = *state;
	auto_done(template) a;
	auto_done(template) b;
	auto_done(template_changes) c = { 0 };

	template_init(&a);
	template_init(&b);
	make(p, "My Template");
	OK(ca_template_get(&a, &p->store, "My Template"));
	OK(ca_template_get(&b, &p->store, "mytemplate"));
	OK(template_diff(&c, &a, &b));
	assert_int_equal(c.n, 0);
	assert_int_equal(count(p, false), 34);
	template_done(&a);
	FAILS(SG_ENOENT, ca_template_published(&a, &p->store, "MyTemplate"));
	OK(ca_template_publish(&p->store, "MyTemplate"));
	OK(ca_template_published(&a, &p->store, "MyTemplate"));
	FAILS(SG_EEXIST, ca_template_publish(&p->store, "MyTemplate"));
	FAILS(SG_EBUSY, ca_template_delete(&p->store, "MyTemplate"));
	OK(ca_template_withdraw(&p->store, "MyTemplate"));
	FAILS(SG_ENOENT, ca_template_withdraw(&p->store, "MyTemplate"));
	assert_int_equal(count(p, true), 9);
	OK(ca_template_delete(&p->store, "MyTemplate"));
	FAILS(SG_ENOENT, ca_template_delete(&p->store, "MyTemplate"));
	assert_int_equal(count(p, false), 33);
}

static void
names_are_taken_once(void **state)
{
	struct place *p = *state;
	auto_done(template) t;
	auto_done(template) other;

	template_init(&t);
	template_init(&other);
	make(p, "My Template");
	OK(ca_template_get(&t, &p->store, "MyTemplate"));
	FAILS_SAYING(SG_EEXIST, "already", put(p, &t, false));
	OK(put(p, &t, true));
	OK(template_duplicate(&other, &t, "my template", "x", "1.2.3"));
	FAILS_SAYING(SG_EEXIST, "is called", put(p, &other, false));
	template_done(&other);
	OK(template_duplicate(&other, &t, "Another", NULL, "1.2.3"));
	free(other.oid);
	OK(str_dup(&other.oid, t.oid));
	FAILS_SAYING(SG_EEXIST, "has the OID", put(p, &other, false));
	template_done(&other);
	/* On a disk these would be two files. */
	OK(template_duplicate(&other, &t, "Another", "MYTEMPLATE", "1.2.3"));
	FAILS(SG_EEXIST, put(p, &other, true));
}

static void
all_are_stored_or_none(void **state)
{
	struct place *p = *state;
	auto_done(template) from;
	auto_done(template) a;
	auto_done(template) b;
	const struct template *both[] = { &a, &b };

	template_init(&from);
	template_init(&a);
	template_init(&b);
	OK(ca_template_get(&from, &p->store, "User"));
	OK(template_duplicate(&a, &from, "One", "A", "1.2.3"));
	OK(template_duplicate(&b, &from, "one", "B", "1.2.3"));
	FAILS_SAYING(SG_EEXIST, "is called 'One'", ca_template_put(&p->store,
	    both, 2, false));
	assert_int_equal(count(p, false), 33);
	free(b.display_name);
	OK(str_dup(&b.display_name, "Two"));
	OK(ca_template_put(&p->store, both, 2, false));
	assert_int_equal(count(p, false), 35);
}

static void
a_built_in_one_can_be_changed_and_restored(void **state)
{
	static const struct template_set set = { "validity", "2 years" };
	struct place *p = *state;
	auto_done(template) t;
	auto_done(template) now;

	template_init(&t);
	template_init(&now);
	OK(ca_template_get(&t, &p->store, "KerberosAuthentication"));
	FAILS_SAYING(SG_ENOENT, "was not changed", ca_template_delete(
	    &p->store, "KerberosAuthentication"));
	OK(template_edit(&t, &set, 1));
	OK(put(p, &t, true));
	assert_int_equal(count(p, false), 33);
	OK(ca_template_published(&now, &p->store, "KerberosAuthentication"));
	assert_true(now.validity == (int64_t)2 * 365 * 86400);
	template_done(&now);
	OK(ca_template_delete(&p->store, "KerberosAuthentication"));
	OK(ca_template_published(&now, &p->store, "KerberosAuthentication"));
	assert_true(now.validity == (int64_t)365 * 86400);
}

static void
write_file(struct place *p, const char *name, const char *text)
{
	auto_str path = NULL;

	OK(str_printf(&path, "%s/%s", p->dir, name));
	OK(file_replace(path, bytes_str(text), 0644));
}

static void
damaged_files_are_told(void **state)
{
	struct place *p = *state;
	auto_done(ca_templates) l = { 0 };

	make(p, "My Template");
	write_file(p, "templates/notes", "not a template");
	write_file(p, "templates/.x.txt", "half written");
	OK(ca_template_list(&l, &p->store));
	ca_templates_done(&l);
	write_file(p, "templates/Other.txt", "[Version]\n");
	FAILS_SAYING(SG_EFORMAT, "Other.txt", ca_template_list(&l,
	    &p->store));
	write_file(p, "templates/Other.txt", "[Some]\npKIKeyUsage = \"80\"\n"
	    "pKIExpirationPeriod = \"1 Years\"\n");
	FAILS_SAYING(SG_EFORMAT, "holds the template Some",
	    ca_template_list(&l, &p->store));
}

static void
the_published_list_is_read_with_care(void **state)
{
	struct place *p = *state;
	auto_done(ca_templates) l = { 0 };

	write_file(p, "published", "WebServer\nwebserver\n\nGone\n");
	assert_int_equal(count(p, true), 1);
	write_file(p, "published", "");
	assert_int_equal(count(p, true), 0);
	write_file(p, "published", "../../etc/passwd\n");
	FAILS_SAYING(SG_EARG, "published", ca_template_list(&l, &p->store));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_fresh_ca_has_all_and_issues_some, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_made_is_found_again,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(names_are_taken_once, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(all_are_stored_or_none, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_built_in_one_can_be_changed_and_restored, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(damaged_files_are_told, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    the_published_list_is_read_with_care, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
