/* SPDX-License-Identifier: BSD-2-Clause */

/* Folders that version 0.1 made: they have no database. */

#include "place.h"

#define CERTS 3

struct old {
	struct place *p;
	char *serial[CERTS];
};

/* As 0.1 kept it: issued/SERIAL.pem. */
static void
keep(const struct place *p, const struct cert *c)
{
	auto_done(buf) pem = { 0 };
	auto_str file = NULL;

	OK(cert_pem(&pem, c));
	OK(buf_terminate(&pem));
	OK(str_printf(&file, "issued/%s.pem", c->serial));
	place_write(p, file, (const char *)pem.p);
}

static void
folder(const struct place *p, const char *name)
{
	auto_str path = NULL;

	OK(str_printf(&path, "%s/%s", p->dir, name));
	OK(folder_make(path, 0755));
}

static int
setup(void **state)
{
	struct old *l = calloc(1, sizeof(*l));
	auto_str db = NULL, *record = NULL;

	assert_non_null(l);
	(void)place_setup(state);
	l->p = *state;
	folder(l->p, "issued");
	folder(l->p, "revoked");
	for (int i = 0; i < CERTS; i++) {
		struct ca_order o = place_order(l->p);
		auto_free(cert) c = NULL;

		/* The last one is the oldest. */
		o.now = NOW + (CERTS - i) * 10;
		OK(ca_issue(&c, &l->p->issuer, &o));
		keep(l->p, c);
		OK(str_dup(&l->serial[i], c->serial));
	}
	OK(str_printf(&record, "revoked/%s", l->serial[0]));
	place_write(l->p, record, "1750000123 superseded\n");
	place_close(l->p);
	OK(str_printf(&db, "%s/ca.db", l->p->dir));
	assert_int_equal(unlink(db), 0);
	*state = l;
	return 0;
}

static int
teardown(void **state)
{
	struct old *l = *state;

	*state = l->p;
	for (int i = 0; i < CERTS; i++)
		free(l->serial[i]);
	free(l);
	return place_teardown(state);
}

static bool
exists(const struct place *p, const char *name)
{
	auto_str path = NULL;

	OK(str_printf(&path, "%s/%s", p->dir, name));
	return access(path, F_OK) == 0;
}

static void
files_move_to_the_database(void **state)
{
	struct old *l = *state;
	auto_done(ca_record) first = { 0 }, last = { 0 };
	struct ca_audit_head h;

	place_open(l->p);
	assert_false(exists(l->p, "issued"));
	assert_true(exists(l->p, "issued.imported"));
	assert_true(exists(l->p, "revoked.imported"));
	OK(ca_certs_get(&first, l->p->store, l->serial[0]));
	OK(ca_certs_get(&last, l->p->store, l->serial[CERTS - 1]));
	assert_int_equal(first.state, CA_REVOKED);
	assert_int_equal(first.reason, CRL_SUPERSEDED);
	assert_true(first.when == 1750000123);
	assert_int_equal(last.state, CA_VALID);
	assert_true(last.id == 1 && first.id == CERTS);
	assert_string_equal(last.template, "SmartcardLogon");
	OK(ca_audit_verify(&h, l->p->store->db, NULL));
	place_close(l->p);
	place_open(l->p);
	assert_int_equal(place_number(l->p,
	    "SELECT count(*) FROM certificates"), CERTS);
}

static void
damage_is_named_and_nothing_moves(void **state)
{
	static const char *const bad[] = { "yesterday superseded\n",
		"1 superseded\nand more\n", "1 bored\n", "" };
	struct old *l = *state;
	auto_str file = NULL;
	struct ca_store *s;

	OK(str_printf(&file, "revoked/%s", l->serial[0]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum sg_err e;

		place_write(l->p, file, bad[i]);
		e = ca_store_open(&s, l->p->dir);
		assert_true(e == SG_EFORMAT || e == SG_EARG);
		assert_non_null(strstr(sg_note(e), l->serial[0]));
		assert_true(exists(l->p, "issued"));
	}
	place_write(l->p, file, "1 superseded\n");
	place_open(l->p);
	assert_int_equal(place_number(l->p,
	    "SELECT count(*) FROM certificates"), CERTS);
	assert_int_equal(place_number(l->p,
	    "SELECT count(*) FROM audit WHERE what = 'import'"), 1);
}

static void
a_certificate_under_another_name_is_refused(void **state)
{
	struct old *l = *state;
	struct ca_store *s;

	place_write(l->p, "issued/00ff.pem", "nothing");
	FAILS_SAYING(SG_EFORMAT, "00ff.pem", ca_store_open(&s, l->p->dir));
}

/* Killed behind the commit: the folders are still there. */
static void
what_is_there_already_is_left(void **state)
{
	struct old *l = *state;
	char command[160];

	place_open(l->p);
	place_close(l->p);
	(void)snprintf(command, sizeof(command), "cd %s && "
	    "mv issued.imported issued && mv revoked.imported revoked",
	    l->p->dir);
	assert_int_equal(system(command), 0);
	place_open(l->p);
	assert_int_equal(place_number(l->p,
	    "SELECT count(*) FROM certificates"), CERTS);
	assert_false(exists(l->p, "issued"));
}

static void
what_a_crash_left_half_is_no_certificate(void **state)
{
	struct old *l = *state;

	place_write(l->p, "issued/0a.pem.new-XyZabc", "half");
	place_open(l->p);
	assert_int_equal(place_number(l->p,
	    "SELECT count(*) FROM certificates"), CERTS);
}

#define IN_AN_OLD_CA(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_AN_OLD_CA(files_move_to_the_database),
		IN_AN_OLD_CA(damage_is_named_and_nothing_moves),
		IN_AN_OLD_CA(a_certificate_under_another_name_is_refused),
		IN_AN_OLD_CA(what_is_there_already_is_left),
		IN_AN_OLD_CA(what_a_crash_left_half_is_no_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
