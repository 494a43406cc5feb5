/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include "ca/backup.h"

struct paths {
	char *file;
	char *dir;
	char *url;	/* of the file */
};

static void
paths_done(struct paths *x)
{
	free(x->file);
	free(x->dir);
	free(x->url);
}
#define auto_paths __attribute__((cleanup(paths_done))) struct paths

static void
paths_make(struct paths *x, const struct place *p)
{
	OK(str_printf(&x->file, "%s/backup", p->dir));
	OK(str_printf(&x->dir, "%s/again", p->dir));
	OK(str_printf(&x->url, "sqlite:%s", x->file));
}

static void
a_backup_becomes_the_same_ca(void **state)
{
	struct place *p = *state;
	auto_paths x = { 0 };
	auto_done(ca_outcome) made = { 0 }, later = { 0 };
	auto_free(ca_store) s = NULL;
	auto_free(ca_key) k = NULL;
	auto_done(ca_record) r = { 0 };
	struct ca_audit_head h;

	paths_make(&x, p);
	place_issue(p, &made);
	OK(ca_revoke(p->store, made.cert->serial, CRL_HOLD, &p->act));
	OK(ca_backup(p->store, x.file, &p->act));
	FAILS(SG_EEXIST, ca_backup(p->store, x.file, &p->act));
	place_issue(p, &later);

	OK(ca_restore(x.dir, x.file, &p->act));
	FAILS(SG_EEXIST, ca_restore(x.dir, x.file, &p->act));
	OK(ca_store_open(&s, x.dir));
	OK(ca_store_key(&k, s, CA_ISSUING, NULL));
	OK(ca_certs_get(&r, s, made.cert->serial));
	assert_int_equal(r.state, CA_HELD);
	ca_record_done(&r);
	FAILS(SG_ENOENT, ca_certs_get(&r, s, later.cert->serial));
	OK(ca_audit_verify(&h, s->db, NULL));
	FAILS(SG_EINTERNAL, db_exec(s->db, "SELECT * FROM files"));
}

static void
change_backup(const struct paths *x, const char *sql)
{
	auto_free(db) db = NULL;

	OK(db_open(&db, x->url, &(struct db_options) { .single = true }));
	OK(db_exec(db, sql));
}

static void
a_hostile_backup_writes_nowhere_else(void **state)
{
	static const char *const names[] = { "../evil", "root/../../evil",
		"/tmp/evil", "root/.evil", "evil", "evil/key.pem", "root/",
		"lock", "ca.db" };
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		auto_paths x = { 0 };
		auto_str sql = NULL;

		paths_make(&x, p);
		(void)unlink(x.file);
		OK(ca_backup(p->store, x.file, &p->act));
		OK(str_printf(&sql, "UPDATE files SET name = '%s'"
		    " WHERE name = 'root/key.pem'", names[i]));
		change_backup(&x, sql);
		FAILS_SAYING(SG_EFORMAT, "has a file",
		    ca_restore(x.dir, x.file, &p->act));
	}
}

static void
what_is_not_whole_is_not_restored(void **state)
{
	struct place *p = *state;
	auto_paths x = { 0 };
	struct ca_store *s;

	paths_make(&x, p);
	OK(ca_backup(p->store, x.file, &p->act));
	change_backup(&x, "UPDATE audit SET who = 'eve' WHERE seq = 1");
	FAILS_SAYING(SG_EVERIFY, "audit log",
	    ca_restore(x.dir, x.file, &p->act));
	FAILS(SG_ENOENT, ca_store_open(&s, x.dir));
	change_backup(&x, "UPDATE audit SET who = 'founder' WHERE seq = 1");
	change_backup(&x, "DELETE FROM files WHERE name = 'ca.conf'");
	FAILS_SAYING(SG_EFORMAT, "lacks files",
	    ca_restore(x.dir, x.file, &p->act));
	FAILS(SG_ENOENT, ca_store_open(&s, x.dir));
	/* Yet what failed is no obstacle to what does not. */
	assert_int_equal(unlink(x.file), 0);
	OK(ca_backup(p->store, x.file, &p->act));
	OK(ca_restore(x.dir, x.file, &p->act));
	assert_int_equal(truncate(x.file, 5000), 0);
	FAILS(SG_EEXIST, ca_restore(x.dir, x.file, &p->act));
}

static void
another_file_is_no_backup(void **state)
{
	struct place *p = *state;
	auto_paths x = { 0 };

	paths_make(&x, p);
	FAILS(SG_ENOENT, ca_restore(x.dir, x.file, &p->act));
	place_write(p, "backup", "not a database, but long enough for one");
	FAILS_SAYING(SG_EFORMAT, "no database",
	    ca_restore(x.dir, x.file, &p->act));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(a_backup_becomes_the_same_ca),
		IN_A_PLACE(a_hostile_backup_writes_nowhere_else),
		IN_A_PLACE(what_is_not_whole_is_not_restored),
		IN_A_PLACE(another_file_is_no_backup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
