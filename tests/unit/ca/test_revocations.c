/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include "pki/crl_write.h"

static struct ca_row
status(const struct place *p, const char *serial)
{
	auto_done(buf) number = { 0 };
	struct ca_row r;

	OK(ca_serial_parse(&number, serial));
	OK(ca_certs_status(&r, p->store, buf_bytes(&number)));
	return r;
}

static void
what_is_revoked_stays_so(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	const char *serial;

	place_issue(p, &made);
	serial = made.cert->serial;
	OK(ca_revoke(p->store, serial, CRL_SUPERSEDED, &p->act));
	FAILS_SAYING(SG_EEXIST, "revoked already (superseded)",
	    ca_revoke(p->store, serial, CRL_HOLD, &p->act));
	FAILS_SAYING(SG_EEXIST, "is not held",
	    ca_release(p->store, serial, &p->act));
	FAILS(SG_ENOENT, ca_revoke(p->store, "00", CRL_HOLD, &p->act));
	assert_int_equal(status(p, serial).state, CA_REVOKED);
	assert_int_equal(status(p, serial).reason, CRL_SUPERSEDED);
	assert_true(status(p, serial).when == p->act.at);
}

static void
what_is_held_can_be_released_or_revoked(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	struct ca_act later = { "olga", NOW + 99 };
	const char *serial;

	place_issue(p, &made);
	serial = made.cert->serial;
	OK(ca_revoke(p->store, serial, CRL_HOLD, &p->act));
	assert_int_equal(status(p, serial).state, CA_HELD);
	FAILS_SAYING(SG_EEXIST, "held already",
	    ca_revoke(p->store, serial, CRL_HOLD, &p->act));
	OK(ca_release(p->store, serial, &later));
	assert_int_equal(status(p, serial).state, CA_VALID);
	OK(ca_revoke(p->store, serial, CRL_HOLD, &p->act));
	OK(ca_revoke(p->store, serial, CRL_KEY_COMPROMISE, &later));
	assert_int_equal(status(p, serial).state, CA_REVOKED);
	/* Nobody could use it since it was held. */
	assert_true(status(p, serial).when == p->act.at);
}

/* Another process renewed the CA, and issued with the new key. */
static void
what_a_younger_key_signed_is_not_in_an_older_ones_list(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	auto_free(db_stmt) st = NULL;
	enum ca_level level;
	unsigned key;

	place_issue(p, &made);
	OK(db_prepare(&st, p->store->db, "UPDATE certificates SET"
	    " ca_index = 1"));
	OK(db_run(st));
	FAILS_SAYING(SG_EBUSY, "renewed meanwhile", ca_revoke(p->store,
	    made.cert->serial, CRL_KEY_COMPROMISE, &p->act));
	FAILS(SG_EBUSY, ca_revoker(&level, &key, p->store,
	    made.cert->serial));
	assert_int_equal(status(p, made.cert->serial).state, CA_VALID);
}

struct walked {
	size_t n;
	size_t released;
	int64_t change;
};

static struct walked
walk(const struct place *p, int64_t since)
{
	auto_free(ca_revocations) l = NULL;
	struct ca_revocation r;
	struct walked w = { 0 };
	bool more;

	OK(ca_revocations_new(&l, p->store, CA_ISSUING, 0, since));
	w.change = ca_revocations_change(l);
	for (;;) {
		OK(ca_revocations_next(l, &r, &more));
		if (!more)
			return w;
		assert_int_equal(r.serial.n, 16);
		w.n++;
		w.released += r.released;
	}
}

static void
changes_are_told_since_a_change(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) a = { 0 }, b = { 0 }, c = { 0 };
	struct walked base, delta;

	place_issue(p, &a);
	place_issue(p, &b);
	place_issue(p, &c);
	OK(ca_revoke(p->store, a.cert->serial, CRL_HOLD, &p->act));
	OK(ca_revoke(p->store, b.cert->serial, CRL_SUPERSEDED, &p->act));
	base = walk(p, 0);
	assert_true(base.n == 2 && base.change == 2);
	assert_int_equal(walk(p, base.change).n, 0);

	OK(ca_release(p->store, a.cert->serial, &p->act));
	OK(ca_revoke(p->store, c.cert->serial, CRL_SUPERSEDED, &p->act));
	delta = walk(p, base.change);
	assert_true(delta.n == 2 && delta.released == 1 &&
	    delta.change == 4);
	base = walk(p, 0);
	assert_true(base.n == 2 && base.released == 0);
}

static void
numbers_of_lists_grow(void **state)
{
	struct place *p = *state;
	auto_done(ca_outcome) made = { 0 };
	struct ca_crl_made last;

	place_issue(p, &made);
	OK(ca_revoke(p->store, made.cert->serial, CRL_HOLD, &p->act));
	OK(ca_crl_last_base(&last, p->store, CA_ISSUING, 0));
	assert_true(last.number == 0);
	for (uint64_t n = 1; n < 4; n++) {
		struct ca_crl_made m = { .made = NOW };
		struct walked all = walk(p, 0);

		OK(ca_crl_number_next(&m.number, p->store, CA_ISSUING));
		assert_true(m.number == n);
		m.change = all.change;
		OK(ca_crl_note(p->store, CA_ISSUING, 0, &m, &p->act));
		FAILS_SAYING(SG_EEXIST, "made meanwhile",
		    ca_crl_note(p->store, CA_ISSUING, 0, &m, &p->act));
	}
	OK(ca_crl_last_base(&last, p->store, CA_ISSUING, 0));
	assert_true(last.number == 3 && last.change == 1 && last.made == NOW);
}

static enum sg_err
nothing(void *ctx, struct crl_item *out, bool *more)
{
	(void)ctx;
	(void)out;
	*more = false;
	return SG_OK;
}

/* Who restores an old backup must not tell a number twice. */
static void
a_published_number_counts_too(void **state)
{
	struct place *p = *state;
	struct crl_head h = { .issuer = p->store->cert[CA_ISSUING],
		.number = 41, .this_update = NOW, .next_update = NOW + DAY };
	auto_done(draft) d = { 0 };
	auto_str path = NULL;
	size_t n;
	struct ca_crl_made delta = { .number = 60, .base = 42, .made = NOW };
	uint64_t next;

	OK(str_printf(&path, "%s/issuing/ca.crl", p->dir));
	OK(draft_open(&d, path));
	OK(crl_write(d.fd, &h, (struct crl_source) { nothing, NULL },
	    DIGEST_SHA256, p->issuer.signer, &n));
	OK(draft_commit(&d, 0644, DRAFT_REPLACES));
	OK(ca_crl_number_next(&next, p->store, CA_ISSUING));
	assert_true(next == 42);
	OK(ca_crl_number_next(&next, p->store, CA_ROOT));
	assert_true(next == 1);
	OK(ca_crl_note(p->store, CA_ISSUING, 0, &delta, &p->act));
	OK(ca_crl_number_next(&next, p->store, CA_ISSUING));
	assert_true(next == 61);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(what_is_revoked_stays_so),
		IN_A_PLACE(what_is_held_can_be_released_or_revoked),
		IN_A_PLACE(
		    what_a_younger_key_signed_is_not_in_an_older_ones_list),
		IN_A_PLACE(changes_are_told_since_a_change),
		IN_A_PLACE(numbers_of_lists_grow),
		IN_A_PLACE(a_published_number_counts_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
