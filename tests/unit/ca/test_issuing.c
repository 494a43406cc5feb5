/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include <signal.h>
#include <sys/wait.h>

#include "ca/issuing.h"
#include "ca/revocations.h"
#include "ca/template_store.h"

#define GROUP 8

/* A caller, and what it was told. */
struct asked {
	struct ca_order order;
	unsigned told;
	enum sg_err answer;
	struct ca_outcome got;
	int fd;			/* gets the serial number, unless -1 */
};

static void
handed(void *arg, enum sg_err e, struct ca_outcome *o)
{
	struct asked *a = arg;

	a->told++;
	a->answer = e;
	if (e != SG_OK) {
		assert_null(o);
		return;
	}
	a->got = *o;
	*o = (struct ca_outcome) { 0 };
	if (a->fd >= 0 && a->got.cert != NULL)
		(void)dprintf(a->fd, "%s\n", a->got.cert->serial);
}

static void
ask(const struct place *p, struct ca_issuing *g, struct asked *a)
{
	*a = (struct asked) { .order = place_order(p), .fd = -1 };
	OK(ca_issuing_submit(g, &a->order, handed, a));
}

static int64_t
seen_by_others(const struct place *p, const char *table)
{
	auto_free(db) other = NULL;
	auto_free(db_stmt) s = NULL;
	auto_str url = NULL, *sql = NULL;
	bool row;

	OK(ca_store_url(&url, p->dir));
	OK(db_open(&other, url, &(struct db_options) { .busy_ms = 100 }));
	OK(str_printf(&sql, "SELECT count(*) FROM %s", table));
	OK(db_prepare(&s, other, sql));
	OK(db_step(&row, s));
	return db_int(s, 0);
}

static void
nothing_is_handed_out_before_the_flush(void **state)
{
	struct place *p = *state;
	auto_free(ca_issuing) g = NULL;
	struct asked a[GROUP - 1];
	size_t n = sizeof(a) / sizeof(a[0]);

	OK(ca_issuing_new(&g, p->store, &p->issuer, GROUP));
	for (size_t i = 0; i < n; i++)
		ask(p, g, &a[i]);
	assert_int_equal(ca_issuing_waiting(g), n);
	assert_int_equal(seen_by_others(p, "requests"), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(a[i].told, 0);
	ca_issuing_flush(g);
	assert_int_equal(ca_issuing_waiting(g), 0);
	assert_int_equal(seen_by_others(p, "certificates"), n);
	assert_int_equal(seen_by_others(p, "requests"), n);
	for (size_t i = 0; i < n; i++) {
		auto_done(ca_record) kept = { 0 };

		assert_int_equal(a[i].told, 1);
		OK(a[i].answer);
		assert_int_equal(a[i].got.verdict.disposition, CA_ISSUED);
		OK(ca_certs_get(&kept, p->store, a[i].got.cert->serial));
		assert_int_equal(kept.request, a[i].got.request);
		assert_true(bytes_eq(buf_bytes(&kept.cert->der),
		    buf_bytes(&a[i].got.cert->der)));
		ca_outcome_done(&a[i].got);
	}
	OK(ca_audit_verify(&(struct ca_audit_head) { 0 }, p->store->db,
	    NULL));
}

/* Others are not kept waiting while the key works. */
static void
the_lock_is_taken_for_the_flush_only(void **state)
{
	struct place *p = *state;
	auto_free(ca_issuing) g = NULL;
	auto_free(db) other = NULL;
	auto_str url = NULL;
	struct asked a;

	OK(ca_issuing_new(&g, p->store, &p->issuer, GROUP));
	ask(p, g, &a);
	OK(ca_store_url(&url, p->dir));
	OK(db_open(&other, url, &(struct db_options) { .busy_ms = 0 }));
	{
		auto_done(db_tx) tx = { 0 };

		OK(db_begin(&tx, other, DB_WRITE));
	}
	ca_issuing_flush(g);
	OK(a.answer);
	ca_outcome_done(&a.got);
}

static void
a_full_group_does_not_wait(void **state)
{
	struct place *p = *state;
	auto_free(ca_issuing) g = NULL;
	struct asked a[2];

	OK(ca_issuing_new(&g, p->store, &p->issuer, 2));
	ask(p, g, &a[0]);
	assert_int_equal(a[0].told, 0);
	ask(p, g, &a[1]);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(a[i].told, 1);
		OK(a[i].answer);
		ca_outcome_done(&a[i].got);
	}
}

static void
what_never_was_flushed_never_happened(void **state)
{
	struct place *p = *state;
	struct ca_issuing *g;
	struct asked a[2];

	OK(ca_issuing_new(&g, p->store, &p->issuer, GROUP));
	ask(p, g, &a[0]);
	ask(p, g, &a[1]);
	ca_issuing_free(g);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(a[i].told, 1);
		assert_int_equal(a[i].answer, SG_ECANCEL);
	}
	assert_int_equal(seen_by_others(p, "requests"), 0);
}

/* One that cannot be kept takes nothing from the others. */
static void
one_that_fails_fails_alone(void **state)
{
	struct place *p = *state;
	auto_free(ca_issuing) g = NULL;
	struct asked a[3];

	OK(db_exec(p->store->db, "CREATE TRIGGER no BEFORE INSERT ON requests"
	    " WHEN NEW.requester = 'CORP\\mallory'"
	    " BEGIN SELECT RAISE(ABORT, 'not him'); END"));
	OK(ca_issuing_new(&g, p->store, &p->issuer, GROUP));
	ask(p, g, &a[0]);
	a[1] = (struct asked) { .order = place_order(p), .fd = -1 };
	a[1].order.requester = "CORP\\mallory";
	OK(ca_issuing_submit(g, &a[1].order, handed, &a[1]));
	ask(p, g, &a[2]);
	ca_issuing_flush(g);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(a[i].told, 1);
		assert_true((a[i].answer == SG_OK) == (i != 1));
		ca_outcome_done(&a[i].got);
	}
	assert_int_equal(seen_by_others(p, "certificates"), 2);
}

static void
a_denial_is_an_outcome(void **state)
{
	struct place *p = *state;
	auto_free(ca_issuing) g = NULL;
	auto_done(buf) der = { 0 };
	auto_free(csr) r = NULL;
	struct asked a = { .order = place_order(p), .fd = -1 };

	OK(ca_issuing_new(&g, p->store, &p->issuer, GROUP));
	OK(buf_set(&der, buf_bytes(&p->csr->der)));
	der.p[der.n - 1] ^= 1;
	OK(ca_issuing_read(&r, g, buf_bytes(&der)));
	a.order.request = r;
	OK(ca_issuing_submit(g, &a.order, handed, &a));
	ca_issuing_flush(g);
	OK(a.answer);
	assert_int_equal(a.got.verdict.disposition, CA_DENIED);
	assert_true(a.got.verdict.status == CA_E_BAD_SIGNATURE);
	ca_outcome_done(&a.got);
	FAILS(SG_EFORMAT, ca_issuing_read(&r, g, bytes_of("\x30\x00", 2)));
}

/* It is judged under the lock, when it is known what is revoked. */
static void
what_was_revoked_meanwhile_is_not_renewed(void **state)
{
	struct place *p = *state;
	auto_free(ca_issuing) g = NULL;
	auto_done(ca_outcome) old = { 0 };
	struct asked a = { .order = place_order(p), .fd = -1 };

	place_issue(p, &old);
	OK(ca_issuing_new(&g, p->store, &p->issuer, GROUP));
	a.order.renews = old.cert;
	OK(ca_issuing_submit(g, &a.order, handed, &a));
	OK(ca_revoke(p->store, old.cert->serial, CRL_KEY_COMPROMISE,
	    &p->act));
	ca_issuing_flush(g);
	OK(a.answer);
	assert_true(a.got.verdict.status == CA_E_REVOKED);
	assert_null(a.got.cert);
	ca_outcome_done(&a.got);
}

/* Issues GROUP and dies at once, before or behind the flush. */
static void
die(const struct place *p, int fd, bool flush)
{
	struct place mine = *p;
	struct asked a[GROUP];
	struct ca_issuing *g;

	mine.store = NULL;
	mine.key = NULL;
	place_open(&mine);
	OK(ca_issuing_new(&g, mine.store, &mine.issuer, GROUP + 1));
	for (int i = 0; i < GROUP; i++) {
		a[i] = (struct asked) { .order = place_order(&mine),
			.fd = fd };
		OK(ca_issuing_submit(g, &a[i].order, handed, &a[i]));
	}
	if (flush)
		ca_issuing_flush(g);
	(void)raise(SIGKILL);
}

/* The serial numbers that got out of it. */
static void
killed(struct place *p, bool flush, struct buf *out)
{
	char some[512];
	int fds[2], status;
	ssize_t n;
	pid_t child;

	place_close(p);		/* a database is not for two processes */
	assert_int_equal(pipe(fds), 0);
	if ((child = fork()) == 0)
		die(p, fds[1], flush);
	(void)close(fds[1]);
	while ((n = read(fds[0], some, sizeof(some))) > 0)
		OK(buf_add(out, some, (size_t)n));
	(void)close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	OK(buf_terminate(out));
	place_open(p);
}

static void
killed_before_the_flush_it_has_issued_nothing(void **state)
{
	struct place *p = *state;
	auto_done(buf) out = { 0 };

	killed(p, false, &out);
	assert_int_equal(out.n, 0);
	assert_int_equal(place_number(p, "SELECT count(*) FROM requests"), 0);
	assert_int_equal(place_number(p,
	    "SELECT count(*) FROM audit WHERE what = 'issue'"), 0);
	OK(ca_audit_verify(&(struct ca_audit_head) { 0 }, p->store->db,
	    NULL));
}

static void
killed_behind_it_all_that_got_out_is_there(void **state)
{
	struct place *p = *state;
	auto_done(buf) out = { 0 };
	char *save = NULL;
	int n = 0;

	killed(p, true, &out);
	for (char *s = strtok_r((char *)out.p, "\n", &save); s != NULL;
	    s = strtok_r(NULL, "\n", &save), n++) {
		auto_done(ca_record) c = { 0 };

		OK(ca_certs_get(&c, p->store, s));
	}
	assert_int_equal(n, GROUP);
	assert_int_equal(place_number(p,
	    "SELECT count(*) FROM audit WHERE what = 'issue'"), GROUP);
	OK(ca_audit_verify(&(struct ca_audit_head) { 0 }, p->store->db,
	    NULL));
}

static void
a_template_is_as_it_is_now(void **state)
{
	struct place *p = *state;
	auto_free(ca_issuing) g = NULL;
	const struct template *t, *same;
	auto_done(template) changed;
	const struct template *one[] = { &changed };

	OK(ca_issuing_new(&g, p->store, &p->issuer, GROUP));
	OK(ca_issuing_template(&t, g, "smartcardlogon"));
	assert_string_equal(t->cn, "SmartcardLogon");
	OK(ca_issuing_template(&same, g, "Smartcard Logon"));
	assert_ptr_equal(t, same);
	FAILS_SAYING(SG_ENOENT, "0x80094800",
	    ca_issuing_template(&t, g, "CAExchange"));
	FAILS(SG_ENOENT, ca_issuing_template(&t, g, "none such"));

	template_init(&changed);
	OK(ca_template_get(&changed, p->store, "SmartcardLogon"));
	changed.validity = 5 * DAY;
	OK(ca_template_put(p->store, one, 1, true));
	OK(ca_issuing_template(&t, g, "SmartcardLogon"));
	assert_true(t->validity == 5 * DAY);
	OK(ca_template_withdraw(p->store, "SmartcardLogon"));
	FAILS(SG_ENOENT, ca_issuing_template(&t, g, "SmartcardLogon"));
}

/* It is borrowed by what waits. */
static void
a_template_goes_after_what_waits_for_it(void **state)
{
	struct place *p = *state;
	auto_free(ca_issuing) g = NULL;
	const struct template *t;
	struct asked a = { .order = place_order(p), .fd = -1 };

	OK(ca_issuing_new(&g, p->store, &p->issuer, GROUP));
	OK(ca_issuing_template(&t, g, "SmartcardLogon"));
	a.order.template = t;
	OK(ca_issuing_submit(g, &a.order, handed, &a));
	OK(ca_template_withdraw(p->store, "SmartcardLogon"));
	FAILS(SG_ENOENT, ca_issuing_template(&t, g, "SmartcardLogon"));
	assert_int_equal(a.told, 1);
	OK(a.answer);
	ca_outcome_done(&a.got);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_A_PLACE(nothing_is_handed_out_before_the_flush),
		IN_A_PLACE(the_lock_is_taken_for_the_flush_only),
		IN_A_PLACE(a_full_group_does_not_wait),
		IN_A_PLACE(what_never_was_flushed_never_happened),
		IN_A_PLACE(one_that_fails_fails_alone),
		IN_A_PLACE(a_denial_is_an_outcome),
		IN_A_PLACE(what_was_revoked_meanwhile_is_not_renewed),
		IN_A_PLACE(killed_before_the_flush_it_has_issued_nothing),
		IN_A_PLACE(killed_behind_it_all_that_got_out_is_there),
		IN_A_PLACE(a_template_is_as_it_is_now),
		IN_A_PLACE(a_template_goes_after_what_waits_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
