/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#define LATER 99	/* a version of the database */

static void
a_store_opens_as_it_was_made(void **state)
{
	struct place *p = *state;
	const struct ca_config *c = &p->store->config;
	auto_free(ca_key) k = NULL;
	int second;

	assert_string_equal(c->oid_base, "1.2.3");
	assert_int_equal(c->crl_days, 3);
	assert_string_equal(c->cdp[CA_ISSUING].v[0],
	    "http://a.example/ca.crl");
	assert_int_equal(c->cdp[CA_ROOT].n, 0);
	assert_string_equal(p->store->cert[CA_ROOT]->subject, "CN=Root");
	OK(ca_store_key(&k, p->store, CA_ISSUING, NULL));
	FAILS_SAYING(SG_EEXIST, "already", ca_store_make(p->dir, &second));
}

static void
two_may_work_at_once(void **state)
{
	struct place *p = *state;
	auto_free(ca_store) other = NULL;
	auto_done(ca_outcome) made = { 0 };
	auto_done(ca_record) r = { 0 };

	OK(ca_store_open(&other, p->dir));
	place_issue(p, &made);
	OK(ca_certs_get(&r, other, made.cert->serial));
}

/* The store's files may be wrong only while nobody has it open. */
static void
reopen_fails(struct place *p, enum sg_err code, const char *note)
{
	struct ca_store *s = NULL;

	place_close(p);
	FAILS_SAYING(code, note, ca_store_open(&s, p->dir));
}

static void
damaged_configuration_is_named(void **state)
{
	struct place *p = *state;

	place_write(p, "ca.conf", "[ca]\noid-base = x\n");
	reopen_fails(p, SG_EFORMAT, "ca.conf:2: not an OID");
	place_write(p, "ca.conf", "[ca]\nfrob = 1\n");
	reopen_fails(p, SG_EFORMAT, "ca.conf:2: unknown key 'frob'");
	place_write(p, "ca.conf", "[root]\ncdp-url = nonsense\n");
	reopen_fails(p, SG_EARG, "ca.conf:2: 'nonsense' is not a URL");
}

static void
damaged_certificates_are_named(void **state)
{
	struct place *p = *state;

	place_write(p, "root/cert.pem", "nothing");
	reopen_fails(p, SG_EFORMAT, "root/cert.pem");
}

static void
a_database_that_is_none_is_named(void **state)
{
	struct place *p = *state;

	place_close(p);
	place_write(p, "ca.db", "this is a text of some length, no database");
	reopen_fails(p, SG_EFORMAT, "ca.db is no database");
}

static void
a_lost_database_is_not_made_anew(void **state)
{
	struct place *p = *state;
	auto_str path = NULL;

	place_close(p);
	OK(str_printf(&path, "%s/ca.db", p->dir));
	assert_int_equal(unlink(path), 0);
	reopen_fails(p, SG_EIO, "ca.db is missing");
	assert_int_equal(access(path, F_OK), -1);
}

static void
a_database_of_a_later_version_is_left_alone(void **state)
{
	struct place *p = *state;
	const char *many[LATER];
	struct db_schema later = ca_schema;

	for (size_t i = 0; i < LATER; i++)
		many[i] = "SELECT 1";
	later.migrations = many;
	later.count = LATER;
	OK(db_migrate(p->store->db, &later));
	reopen_fails(p, SG_EUNSUPPORTED, "has version 99");
}

static void
a_foreign_key_is_not_used(void **state)
{
	struct place *p = *state;
	auto_free(pkey) other = NULL;
	auto_free(ca_key) k = NULL;
	auto_done(secret) pem = { 0 }, pass = { 0 };
	auto_str path = NULL;

	OK(pkey_new_p256(&other));
	OK(secret_set(&pass, "open", 4));
	OK(pkey_private_pem(other, NULL, &pem));
	OK(str_printf(&path, "%s/issuing/key.pem", p->dir));
	OK(file_replace(path, secret_bytes(&pem), 0600));
	FAILS_SAYING(SG_EVERIFY, "is not the key of CN=Issuing",
	    ca_store_key(&k, p->store, CA_ISSUING, NULL));
	OK(pkey_private_pem(other, &pass, &pem));
	OK(file_replace(path, secret_bytes(&pem), 0600));
	FAILS_SAYING(SG_EPIN, "issuing/key.pem",
	    ca_store_key(&k, p->store, CA_ISSUING, NULL));
}

static void
an_empty_folder_is_no_ca(void **state)
{
	char dir[] = "/tmp/signet-test-XXXXXX";
	struct ca_store *s = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	FAILS_SAYING(SG_ENOENT, "signet-ca init", ca_store_open(&s, dir));
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(a_store_opens_as_it_was_made),
		IN_A_PLACE(two_may_work_at_once),
		IN_A_PLACE(damaged_configuration_is_named),
		IN_A_PLACE(damaged_certificates_are_named),
		IN_A_PLACE(a_database_that_is_none_is_named),
		IN_A_PLACE(a_lost_database_is_not_made_anew),
		IN_A_PLACE(a_database_of_a_later_version_is_left_alone),
		IN_A_PLACE(a_foreign_key_is_not_used),
		cmocka_unit_test(an_empty_folder_is_no_ca),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
