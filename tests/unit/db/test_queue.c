/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include "db/queue.h"

#define JOBS 8

struct job {
	struct db_queue *queue;
	int64_t n;
	enum sg_err fail;	/* after its work */
	bool again;		/* adds itself once more when told */
	unsigned told;
	enum sg_err answer;
};

static enum sg_err
work(void *arg, struct db *db)
{
	const struct job *j = arg;
	auto_str text = NULL;

	SG_TRY(str_printf(&text, "%lld", (long long)j->n));
	SG_TRY(place_add(db, j->n, text));
	return j->fail == SG_OK ? SG_OK : sg_fail(j->fail, "as told");
}

static void
finished(void *arg, enum sg_err e)
{
	struct job *j = arg;

	j->told++;
	j->answer = e;
	if (e != SG_OK)
		assert_non_null(strstr(sg_note(e),
		    j->fail != SG_OK ? "as told" : ""));
	/* What the next hears is not what this one says. */
	SG_IGNORE(sg_fail(SG_EINTERNAL, "another note"));
	if (j->again) {
		j->again = false;
		j->n += 100;
		OK(db_queue_add(j->queue, work, finished, j));
	}
}

static int64_t
seen_by_others(const struct place *p)
{
	auto_free(db) other = NULL;

	OK(db_open(&other, p->url, &place_options));
	return place_count(other);
}

static void
what_waits_is_committed_together(void **state)
{
	struct place *p = *state;
	auto_free(db_queue) q = NULL;
	struct job j[JOBS] = { 0 };

	OK(db_queue_new(&q, p->db, 100));
	for (int i = 0; i < JOBS; i++) {
		j[i].n = i;
		OK(db_queue_add(q, work, finished, &j[i]));
	}
	assert_int_equal(db_queue_waiting(q), JOBS);
	assert_int_equal(seen_by_others(p), 0);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(j[i].told, 0);
	OK(db_queue_flush(q));
	assert_int_equal(seen_by_others(p), JOBS);
	for (int i = 0; i < JOBS; i++)
		assert_true(j[i].told == 1 && j[i].answer == SG_OK);
	OK(db_queue_flush(q));
	assert_int_equal(db_queue_waiting(q), 0);
}

static void
one_that_fails_takes_nothing_with_it(void **state)
{
	struct place *p = *state;
	auto_free(db_queue) q = NULL;
	struct job a = { .n = 1 }, b = { .n = 2, .fail = SG_EVERIFY },
	    c = { .n = 3 };

	OK(db_queue_new(&q, p->db, 100));
	OK(db_queue_add(q, work, finished, &a));
	OK(db_queue_add(q, work, finished, &b));
	assert_true(b.told == 1 && b.answer == SG_EVERIFY);
	OK(db_queue_add(q, work, finished, &c));
	OK(db_queue_flush(q));
	assert_true(a.answer == SG_OK && c.answer == SG_OK && b.told == 1);
	assert_int_equal(seen_by_others(p), 2);
}

static void
a_full_queue_flushes_itself(void **state)
{
	struct place *p = *state;
	auto_free(db_queue) q = NULL;
	struct job j[JOBS] = { 0 };

	OK(db_queue_new(&q, p->db, 3));
	for (int i = 0; i < JOBS; i++) {
		j[i].n = i;
		OK(db_queue_add(q, work, finished, &j[i]));
	}
	assert_int_equal(seen_by_others(p), 6);
	assert_int_equal(db_queue_waiting(q), 2);
}

static void
who_is_told_may_add_more(void **state)
{
	struct place *p = *state;
	auto_free(db_queue) q = NULL;
	struct job a = { .n = 1, .again = true }, b = { .n = 2 };

	OK(db_queue_new(&q, p->db, 2));
	a.queue = q;
	OK(db_queue_add(q, work, finished, &a));
	OK(db_queue_add(q, work, finished, &b));
	assert_int_equal(db_queue_waiting(q), 1);
	OK(db_queue_flush(q));
	assert_int_equal(a.told, 2);
	assert_int_equal(b.told, 1);
	assert_int_equal(seen_by_others(p), 3);
}

static void
who_goes_before_the_commit_is_told(void **state)
{
	struct place *p = *state;
	struct db_queue *q;
	struct job a = { .n = 1 };

	OK(db_queue_new(&q, p->db, 2));
	OK(db_queue_add(q, work, finished, &a));
	db_queue_free(q);
	assert_true(a.told == 1 && a.answer == SG_ECANCEL);
	assert_int_equal(place_count(p->db), 0);
}

/* What a full disk does to a transaction. */
static enum sg_err
work_loses_all(void *arg, struct db *db)
{
	(void)arg;
	SG_IGNORE(db_exec(db, "ROLLBACK"));
	return sg_fail(SG_EIO, "the disk is full");
}

static void
all_hear_of_a_lost_transaction(void **state)
{
	struct place *p = *state;
	auto_free(db_queue) q = NULL;
	struct job a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 };

	OK(db_queue_new(&q, p->db, 100));
	OK(db_queue_add(q, work, finished, &a));
	OK(db_queue_add(q, work_loses_all, finished, &b));
	assert_true(a.told == 1 && a.answer == SG_EIO);
	assert_true(b.told == 1 && b.answer == SG_EIO);
	OK(db_queue_add(q, work, finished, &c));
	OK(db_queue_flush(q));
	assert_true(c.told == 1 && c.answer == SG_OK);
	assert_int_equal(seen_by_others(p), 1);
}

static void
work_that_cannot_begin_is_not_told(void **state)
{
	struct place *p = *state;
	auto_free(db) other = NULL;
	auto_free(db_queue) q = NULL;
	auto_done(db_tx) tx = { 0 };
	struct job a = { .n = 1 };

	OK(db_open(&other, p->url, &place_options));
	OK(db_begin(&tx, other, DB_WRITE));
	OK(db_queue_new(&q, p->db, 2));
	FAILS(SG_EBUSY, db_queue_add(q, work, finished, &a));
	assert_int_equal(a.told, 0);
}

int
main(void)
{
	int failed = 0;

	for (const struct kind *k = kinds; k < kinds + KINDS; k++) {
		const struct CMUnitTest tests[] = {
			IN_A_PLACE(what_waits_is_committed_together, k),
			IN_A_PLACE(one_that_fails_takes_nothing_with_it, k),
			IN_A_PLACE(a_full_queue_flushes_itself, k),
			IN_A_PLACE(who_is_told_may_add_more, k),
			IN_A_PLACE(who_goes_before_the_commit_is_told, k),
			IN_A_PLACE(all_hear_of_a_lost_transaction, k),
			IN_A_PLACE(work_that_cannot_begin_is_not_told, k),
		};

		failed += cmocka_run_group_tests_name(k->name, tests, NULL,
		    NULL);
	}
	return failed;
}
