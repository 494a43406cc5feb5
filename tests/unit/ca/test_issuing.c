/* SPDX-License-Identifier: BSD-2-Clause */
#include "front.h"

#include <signal.h>
#include <sys/wait.h>

#include "ca/issuing.h"

#define GROUP 8

static enum sg_err
try_renewal(struct ca_outcome *out, struct ca_issuing *g,
    const struct holder *h, const char *template)
{
	auto_done(buf) m = { 0 };
	const struct ca_submission sub = { .template = template,
		.now = NOW + DAY };
	struct ca_submission s = sub;

	front_renewal(&m, h, &(struct ask) { .template = template });
	s.message = buf_bytes(&m);
	return ca_issuing_submit(out, g, &s);
}

/* Alice's certificate once more. */
static void
renew(struct ca_outcome *out, const struct front *f, struct ca_issuing *g)
{
	OK(try_renewal(out, g, &f->alice, "Staff"));
	ISSUED(*out);
	assert_non_null(out->cert);
}

static int64_t
seen_by_others(const struct front *f, const char *table)
{
	auto_free(db) other = NULL;
	auto_free(db_stmt) s = NULL;
	auto_str url = NULL, *sql = NULL;
	bool row;

	OK(ca_store_url(&url, f->p->dir));
	OK(db_open(&other, url, &(struct db_options) { .busy_ms = 100 }));
	OK(str_printf(&sql, "SELECT count(*) FROM %s", table));
	OK(db_prepare(&s, other, sql));
	OK(db_step(&row, s));
	return db_int(s, 0);
}

static void
chain_is_whole(const struct front *f)
{
	OK(ca_audit_verify(&(struct ca_audit_head) { 0 }, f->p->store->db,
	    NULL));
}

static void
nothing_is_there_before_the_commit(void **state)
{
	struct front *f = *state;
	auto_free(ca_issuing) g = NULL;
	struct ca_outcome a[GROUP] = { 0 };
	int64_t before = front_kept(f);

	OK(ca_issuing_new(&g, f->p->store, &f->p->issuer));
	for (size_t i = 0; i < GROUP; i++)
		renew(&a[i], f, g);
	assert_int_equal(seen_by_others(f, "requests"), before);
	OK(ca_issuing_commit(g));
	assert_int_equal(seen_by_others(f, "requests"), before + GROUP);
	for (size_t i = 0; i < GROUP; i++) {
		auto_done(ca_record) kept = { 0 };

		OK(ca_certs_get(&kept, f->p->store, a[i].cert->serial));
		assert_int_equal(kept.request, a[i].request);
		assert_true(bytes_eq(buf_bytes(&kept.cert->der),
		    buf_bytes(&a[i].cert->der)));
		ca_outcome_done(&a[i]);
	}
	chain_is_whole(f);
	OK(ca_issuing_commit(g));	/* of nothing */
}

/* Nobody revokes meanwhile what is renewed. */
static void
others_wait_for_the_commit(void **state)
{
	struct front *f = *state;
	auto_free(ca_issuing) g = NULL;
	auto_free(db) other = NULL;
	auto_done(ca_outcome) a = { 0 };
	auto_done(db_tx) tx = { 0 };
	auto_str url = NULL;

	OK(ca_issuing_new(&g, f->p->store, &f->p->issuer));
	OK(ca_store_url(&url, f->p->dir));
	OK(db_open(&other, url, &(struct db_options) { .busy_ms = 0 }));
	renew(&a, f, g);
	FAILS(SG_EBUSY, db_begin(&tx, other, DB_WRITE));
	OK(ca_issuing_commit(g));
	OK(db_begin(&tx, other, DB_WRITE));
}

static void
what_never_was_committed_never_happened(void **state)
{
	struct front *f = *state;
	struct ca_issuing *g;
	auto_done(ca_outcome) a = { 0 };
	int64_t before = front_kept(f);

	OK(ca_issuing_new(&g, f->p->store, &f->p->issuer));
	renew(&a, f, g);
	ca_issuing_free(g);
	assert_int_equal(front_kept(f), before);
	chain_is_whole(f);
}

/* One that cannot be kept takes nothing from the others. */
static void
one_that_fails_fails_alone(void **state)
{
	struct front *f = *state;
	auto_free(ca_issuing) g = NULL;
	struct ca_outcome a[3] = { 0 };
	int64_t before = front_kept(f);

	OK(db_exec(f->p->store->db, "CREATE TRIGGER no BEFORE INSERT ON"
	    " requests WHEN NEW.requester = 'CORP\\eve'"
	    " BEGIN SELECT RAISE(ABORT, 'not her'); END"));
	OK(ca_issuing_new(&g, f->p->store, &f->p->issuer));
	renew(&a[0], f, g);
	assert_true(try_renewal(&a[1], g, &f->eve, "Agents") != SG_OK);
	assert_null(a[1].cert);
	renew(&a[2], f, g);
	OK(ca_issuing_commit(g));
	assert_int_equal(front_kept(f), before + 2);
	ca_outcome_done(&a[0]);
	ca_outcome_done(&a[2]);
	chain_is_whole(f);
}

/* As by a full disk: SQLite takes all of it back. */
static void
when_all_is_lost_all_are_told(void **state)
{
	struct front *f = *state;
	auto_free(ca_issuing) g = NULL;
	struct ca_outcome a[4] = { 0 };
	int64_t before = front_kept(f);

	OK(db_exec(f->p->store->db, "CREATE TRIGGER no BEFORE INSERT ON"
	    " requests WHEN NEW.requester = 'CORP\\eve'"
	    " BEGIN SELECT RAISE(ROLLBACK, 'no room'); END"));
	OK(ca_issuing_new(&g, f->p->store, &f->p->issuer));
	renew(&a[0], f, g);
	assert_true(try_renewal(&a[1], g, &f->eve, "Agents") != SG_OK);
	assert_true(try_renewal(&a[2], g, &f->alice, "Staff") != SG_OK);
	assert_non_null(strstr(sg_note(SG_EIO), "no room"));
	assert_true(ca_issuing_commit(g) != SG_OK);
	assert_non_null(strstr(sg_note(SG_EIO), "no room"));
	assert_int_equal(front_kept(f), before);
	renew(&a[3], f, g);
	OK(ca_issuing_commit(g));
	assert_int_equal(front_kept(f), before + 1);
	ca_outcome_done(&a[0]);
	ca_outcome_done(&a[3]);
	chain_is_whole(f);
}

/* It fails at the very end: a debt that nobody pays is found by COMMIT. */
static void
a_commit_that_fails_issues_nothing(void **state)
{
	struct front *f = *state;
	struct db *db = f->p->store->db;
	auto_free(ca_issuing) g = NULL;
	struct ca_outcome a[3] = { 0 };
	int64_t before = front_kept(f);

	OK(db_exec(db, "PRAGMA foreign_keys = ON"));
	OK(db_exec(db, "CREATE TABLE lender (id INTEGER PRIMARY KEY)"));
	OK(db_exec(db, "CREATE TABLE debt (id INTEGER REFERENCES lender (id)"
	    " DEFERRABLE INITIALLY DEFERRED)"));
	OK(db_exec(db, "CREATE TRIGGER owe AFTER INSERT ON requests"
	    " BEGIN INSERT INTO debt VALUES (1); END"));
	OK(ca_issuing_new(&g, f->p->store, &f->p->issuer));
	renew(&a[0], f, g);
	renew(&a[1], f, g);
	assert_true(ca_issuing_commit(g) != SG_OK);
	assert_int_equal(front_kept(f), before);
	OK(db_exec(db, "DROP TRIGGER owe"));
	renew(&a[2], f, g);
	OK(ca_issuing_commit(g));
	assert_int_equal(front_kept(f), before + 1);
	for (size_t i = 0; i < 3; i++)
		ca_outcome_done(&a[i]);
	chain_is_whole(f);
}

static void
a_denial_is_an_outcome(void **state)
{
	struct front *f = *state;
	auto_free(ca_issuing) g = NULL;
	auto_done(ca_outcome) a = { 0 };

	OK(ca_issuing_new(&g, f->p->store, &f->p->issuer));
	OK(ca_issuing_submit(&a, g, &(struct ca_submission) {
	    .message = buf_bytes(&f->p->csr->der), .now = NOW }));
	DENIED(CA_E_NO_SIGNER, a);
	assert_int_equal(a.request, 0);
	OK(ca_issuing_commit(g));
}

/* The second of two that are the same, in one commit, is the first. */
static void
a_message_is_good_once(void **state)
{
	struct front *f = *state;
	auto_free(ca_issuing) g = NULL;
	auto_done(ca_outcome) a = { 0 }, b = { 0 };
	auto_done(buf) m = { 0 };
	struct ca_submission sub = { .now = NOW + DAY };

	OK(ca_issuing_new(&g, f->p->store, &f->p->issuer));
	front_renewal(&m, &f->alice, &(struct ask) { .template = "Staff" });
	sub.message = buf_bytes(&m);
	OK(ca_issuing_submit(&a, g, &sub));
	OK(ca_issuing_submit(&b, g, &sub));
	OK(ca_issuing_commit(g));
	assert_string_equal(a.cert->serial, b.cert->serial);
	assert_memory_equal(a.sha256, b.sha256, sizeof(a.sha256));
}

/* A template that was withdrawn between two submissions of a group. */
static void
a_template_is_as_it_is_now(void **state)
{
	struct front *f = *state;
	auto_free(ca_issuing) g = NULL;
	auto_done(ca_outcome) a = { 0 }, b = { 0 };

	OK(ca_issuing_new(&g, f->p->store, &f->p->issuer));
	renew(&a, f, g);
	OK(ca_template_withdraw(f->p->store, "Staff"));
	OK(try_renewal(&b, g, &f->alice, "Staff"));
	DENIED(CA_E_UNSUPPORTED_TEMPLATE, b);
	OK(ca_issuing_commit(g));
}

/* Issues GROUP and dies at once, before or behind the commit. */
static void
die(const struct front *f, int fd, bool commit)
{
	struct place mine = *f->p;
	struct front there = *f;
	struct ca_outcome a[GROUP] = { 0 };
	struct ca_issuing *g;

	mine.store = NULL;
	mine.key = NULL;
	place_open(&mine);
	there.p = &mine;
	OK(ca_issuing_new(&g, mine.store, &mine.issuer));
	for (int i = 0; i < GROUP; i++)
		renew(&a[i], &there, g);
	if (commit)
		OK(ca_issuing_commit(g));
	for (int i = 0; i < GROUP && commit; i++)
		(void)dprintf(fd, "%s\n", a[i].cert->serial);
	(void)raise(SIGKILL);
}

/* The serial numbers that got out of it. */
static void
killed(struct front *f, bool commit, struct buf *out)
{
	char some[512];
	int fds[2], status;
	ssize_t n;
	pid_t child;

	place_close(f->p);	/* a database is not for two processes */
	assert_int_equal(pipe(fds), 0);
	if ((child = fork()) == 0)
		die(f, fds[1], commit);
	(void)close(fds[1]);
	while ((n = read(fds[0], some, sizeof(some))) > 0)
		OK(buf_add(out, some, (size_t)n));
	(void)close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	OK(buf_terminate(out));
	place_open(f->p);
}

static void
killed_before_the_commit_it_has_issued_nothing(void **state)
{
	struct front *f = *state;
	auto_done(buf) out = { 0 };
	int64_t before = front_kept(f);

	killed(f, false, &out);
	assert_int_equal(out.n, 0);
	assert_int_equal(front_kept(f), before);
	assert_int_equal(place_number(f->p,
	    "SELECT count(*) FROM audit WHERE what = 'renew'"), 0);
	chain_is_whole(f);
}

static void
killed_behind_it_all_that_got_out_is_there(void **state)
{
	struct front *f = *state;
	auto_done(buf) out = { 0 };
	char *save = NULL;
	int n = 0;

	killed(f, true, &out);
	for (char *s = strtok_r((char *)out.p, "\n", &save); s != NULL;
	    s = strtok_r(NULL, "\n", &save), n++) {
		auto_done(ca_record) c = { 0 };

		OK(ca_certs_get(&c, f->p->store, s));
	}
	assert_int_equal(n, GROUP);
	assert_int_equal(place_number(f->p,
	    "SELECT count(*) FROM audit WHERE what = 'renew'"), GROUP);
	chain_is_whole(f);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		AT_THE_FRONT(nothing_is_there_before_the_commit),
		AT_THE_FRONT(others_wait_for_the_commit),
		AT_THE_FRONT(what_never_was_committed_never_happened),
		AT_THE_FRONT(one_that_fails_fails_alone),
		AT_THE_FRONT(when_all_is_lost_all_are_told),
		AT_THE_FRONT(a_commit_that_fails_issues_nothing),
		AT_THE_FRONT(a_denial_is_an_outcome),
		AT_THE_FRONT(a_message_is_good_once),
		AT_THE_FRONT(a_template_is_as_it_is_now),
		AT_THE_FRONT(killed_before_the_commit_it_has_issued_nothing),
		AT_THE_FRONT(killed_behind_it_all_that_got_out_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
