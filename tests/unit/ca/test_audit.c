/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include "ca/mirror.h"

#define RECORDS 5	/* with that of the founder */

static enum sg_err
add(const struct place *p, const char *detail)
{
	auto_done(db_tx) tx = { 0 };

	SG_TRY(db_begin(&tx, p->store->db, DB_WRITE));
	SG_TRY(ca_audit_add(p->store->db, &(struct ca_audit) { .at = NOW,
	    .who = "olga", .what = "test", .detail = detail,
	    .result = "done" }));
	return db_commit(&tx);
}

static int
setup(void **state)
{
	(void)place_setup(state);
	for (int i = 1; i < RECORDS; i++)
		OK(add(*state, "a detail"));
	return 0;
}

static enum sg_err
verify(const struct place *p)
{
	struct ca_audit_head h;

	return ca_audit_verify(&h, p->store->db, NULL);
}

static void
run(const struct place *p, const char *sql)
{
	OK(db_exec(p->store->db, sql));
}

static void
an_untouched_chain_holds(void **state)
{
	struct place *p = *state;
	struct ca_audit_head h;

	OK(ca_audit_verify(&h, p->store->db, NULL));
	assert_int_equal(h.seq, RECORDS);
}

static void
every_changed_field_is_found(void **state)
{
	static const char *const changes[] = {
		"UPDATE audit SET at = at + 1 WHERE seq = 3",
		"UPDATE audit SET who = 'eve' WHERE seq = 3",
		"UPDATE audit SET what = 'x' WHERE seq = 3",
		"UPDATE audit SET detail = detail || ' ' WHERE seq = 3",
		"UPDATE audit SET result = 'denied' WHERE seq = 3",
		/* What moves from one field to the next is a change too. */
		"UPDATE audit SET detail = 'a detaild', result = 'one'"
		" WHERE seq = 3",
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		auto_done(db_tx) tx = { 0 };

		OK(db_begin(&tx, p->store->db, DB_WRITE));
		run(p, changes[i]);
		FAILS_SAYING(SG_EVERIFY, "record 3", verify(p));
	}
	OK(verify(p));
}

static void
a_removed_record_is_found(void **state)
{
	struct place *p = *state;

	run(p, "DELETE FROM audit WHERE seq = 3");
	FAILS_SAYING(SG_EVERIFY, "record 3 is missing: 4 follows 2",
	    verify(p));
	run(p, "UPDATE audit SET seq = seq - 1 WHERE seq = 4");
	run(p, "UPDATE audit SET seq = seq - 1 WHERE seq = 5");
	FAILS_SAYING(SG_EVERIFY, "was changed", verify(p));
}

static void
the_first_records_are_not_dispensable(void **state)
{
	struct place *p = *state;

	run(p, "DELETE FROM audit WHERE seq < 3");
	FAILS_SAYING(SG_EVERIFY, "record 1 is missing", verify(p));
}

static void
a_moved_record_is_found(void **state)
{
	struct place *p = *state;

	run(p, "UPDATE audit SET seq = 99 WHERE seq = 2");
	run(p, "UPDATE audit SET seq = 2 WHERE seq = 3");
	run(p, "UPDATE audit SET seq = 3 WHERE seq = 99");
	FAILS(SG_EVERIFY, verify(p));
}

static void
a_cut_end_is_found(void **state)
{
	struct place *p = *state;

	run(p, "DELETE FROM audit WHERE seq > 3");
	FAILS_SAYING(SG_EVERIFY, "records 4 to 5 are missing at the end",
	    verify(p));
	run(p, "DELETE FROM audit");
	FAILS_SAYING(SG_EVERIFY, "records 1 to 5", verify(p));
}

static void
a_changed_last_record_is_found(void **state)
{
	struct place *p = *state;

	run(p, "UPDATE audit SET who = 'eve' WHERE seq = 5");
	FAILS_SAYING(SG_EVERIFY, "last record, 5", verify(p));
}

/* Who can write everything makes a new end, head and all; the noted head
 * still knows. */
static void
a_noted_head_finds_a_new_end(void **state)
{
	struct place *p = *state;
	struct ca_audit_head noted, h;

	OK(ca_audit_last(&noted, p->store->db));
	run(p, "UPDATE audit_head SET seq = 4,"
	    " hash = (SELECT prev FROM audit WHERE seq = 5)");
	run(p, "DELETE FROM audit WHERE seq = 5");
	OK(ca_audit_verify(&h, p->store->db, NULL));
	FAILS_SAYING(SG_EVERIFY, "record 5 was noted elsewhere",
	    ca_audit_verify(&h, p->store->db, &noted));
	OK(add(p, "another detail"));
	FAILS_SAYING(SG_EVERIFY, "record 5 is not the one",
	    ca_audit_verify(&h, p->store->db, &noted));
}

static void
a_record_needs_a_transaction(void **state)
{
	struct place *p = *state;
	struct ca_audit r = { .at = NOW, .who = "olga", .what = "test",
		.detail = "", .result = "" };

	FAILS(SG_EINTERNAL, ca_audit_add(p->store->db, &r));
}

static enum sg_err
only_printable(void *arg, const struct ca_audit *r)
{
	unsigned *n = arg;

	for (const char *s = r->detail; *s != '\0'; s++)
		assert_true((unsigned char)*s >= 0x20);
	(*n)++;
	return SG_OK;
}

static void
a_record_stays_in_its_line(void **state)
{
	struct place *p = *state;
	unsigned n = 0;

	OK(add(p, "one\nseq=1 hash=00\x1b[2J"));
	OK(ca_audit_list(p->store->db, 2, 3, only_printable, &n));
	assert_int_equal(n, 3);
	OK(ca_audit_list(p->store->db, RECORDS, 0, only_printable, &n));
	assert_int_equal(n, 4);
	OK(verify(p));
}

static void
the_mirror_catches_up(void **state)
{
	struct place *p = *state;
	auto_done(ca_mirror) m = { .fd = -1 };
	struct ca_audit_head a, b;
	auto_str path = NULL;

	OK(str_printf(&path, "%s/audit.log", p->dir));
	OK(ca_mirror_open(&m, path));
	OK(ca_mirror_head(&a, &m));
	assert_int_equal(a.seq, 0);
	OK(ca_mirror_update(&m, p->store->db));
	OK(ca_mirror_update(&m, p->store->db));
	OK(ca_mirror_head(&a, &m));
	OK(ca_audit_last(&b, p->store->db));
	assert_memory_equal(&a, &b, sizeof(a));

	OK(add(p, "more seq=7 hash=00"));
	OK(ca_mirror_update(&m, p->store->db));
	OK(ca_mirror_head(&a, &m));
	assert_int_equal(a.seq, RECORDS + 1);
	/* A machine that lost power wrote half a line. */
	assert_int_equal(write(m.fd, "2025-", 5), 5);
	OK(ca_mirror_head(&a, &m));
	assert_int_equal(a.seq, RECORDS + 1);
	assert_int_equal(write(m.fd, "\n", 1), 1);
	FAILS_SAYING(SG_EFORMAT, "audit.log", ca_mirror_head(&a, &m));
	OK(ca_audit_verify(&b, p->store->db, NULL));
}

#define IN_A_CHAIN(f) cmocka_unit_test_setup_teardown(f, setup, \
	place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_CHAIN(an_untouched_chain_holds),
		IN_A_CHAIN(every_changed_field_is_found),
		IN_A_CHAIN(a_removed_record_is_found),
		IN_A_CHAIN(the_first_records_are_not_dispensable),
		IN_A_CHAIN(a_moved_record_is_found),
		IN_A_CHAIN(a_cut_end_is_found),
		IN_A_CHAIN(a_changed_last_record_is_found),
		IN_A_CHAIN(a_noted_head_finds_a_new_end),
		IN_A_CHAIN(a_record_needs_a_transaction),
		IN_A_CHAIN(a_record_stays_in_its_line),
		IN_A_CHAIN(the_mirror_catches_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
