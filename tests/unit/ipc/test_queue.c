/* SPDX-License-Identifier: BSD-2-Clause */

/* The order of turns, and the worker that takes them. */

#include "../test.h"

#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "ipc/worker.h"

#define TURNS 100

struct person {
	struct line line;
	struct turn turn[TURNS];
};

static struct queue q;
static struct person alice, bob, carol;

static int
setup(void **state)
{
	(void)state;
	queue_init(&q);
	alice = bob = carol = (struct person) { 0 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	queue_done(&q);
	return 0;
}

static void
put(struct person *p, size_t i)
{
	queue_put(&q, &p->line, &p->turn[i], QUEUE_LAST);
}

static void
takes(struct person *p, size_t i)
{
	assert_ptr_equal(queue_take(&q), &p->turn[i]);
}

static void
one_line_is_first_come_first_served(void **state)
{
	(void)state;
	for (size_t i = 0; i < TURNS; i++)
		put(&alice, i);
	assert_int_equal(queue_line_count(&q, &alice.line), TURNS);
	for (size_t i = 0; i < TURNS; i++)
		takes(&alice, i);
	assert_int_equal(queue_count(&q), 0);
}

/* Alice has a hundred requests waiting when bob and carol come with one. */
static void
a_hundred_of_one_user_do_not_starve_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < TURNS; i++)
		put(&alice, i);
	takes(&alice, 0);
	put(&bob, 0);
	put(&carol, 0);
	takes(&alice, 1);
	takes(&bob, 0);
	takes(&carol, 0);
	takes(&alice, 2);
}

/* Bob asks again as soon as he was answered: alice still has every second
 * turn. */
static void
who_asks_at_once_again_does_not_starve_who_waits(void **state)
{
	(void)state;
	for (size_t i = 0; i < TURNS; i++)
		put(&alice, i);
	takes(&alice, 0);
	for (size_t i = 1; i < TURNS; i++) {
		put(&bob, i);
		takes(&alice, i);
		takes(&bob, i);
	}
}

static void
first_means_before_ones_own_only(void **state)
{
	(void)state;
	put(&bob, 0);
	put(&alice, 0);
	put(&alice, 1);
	queue_put(&q, &alice.line, &alice.turn[2], QUEUE_FIRST);
	takes(&bob, 0);
	takes(&alice, 2);
	takes(&alice, 0);
	takes(&alice, 1);
}

static void
what_is_dropped_does_not_come(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		put(&alice, i);
	put(&bob, 0);
	assert_true(queue_drop(&q, &alice.turn[2]));
	assert_false(queue_drop(&q, &alice.turn[2]));
	assert_true(queue_drop(&q, &alice.turn[0]));
	put(&alice, 3);
	assert_true(queue_drop(&q, &bob.turn[0]));
	takes(&alice, 1);
	assert_false(queue_drop(&q, &alice.turn[1]));
	takes(&alice, 3);
	assert_int_equal(queue_count(&q), 0);
	put(&bob, 1);
	takes(&bob, 1);
}

static void
a_closed_queue_keeps_the_rest(void **state)
{
	(void)state;
	put(&alice, 0);
	put(&bob, 0);
	queue_close(&q);
	assert_null(queue_take(&q));
	assert_ptr_equal(queue_rest(&q), &alice.turn[0]);
	assert_ptr_equal(queue_rest(&q), &bob.turn[0]);
	assert_null(queue_rest(&q));
}

static struct line *
alone(void *arg, const struct turn *t)
{
	(void)arg;
	(void)t;
	return NULL;
}

struct counts {
	atomic_int ran;
	atomic_int rested;
};

static void
count(void *arg, struct turn *t)
{
	struct counts *c = arg;

	(void)t;
	(void)atomic_fetch_add(&c->ran, 1);
}

static void
count_rest(void *arg)
{
	struct counts *c = arg;

	(void)atomic_fetch_add(&c->rested, 1);
}

/* Waits until something was handed back. */
static struct turn *
back(struct worker *w)
{
	struct pollfd pfd = { w->done_fd, POLLIN, 0 };
	struct turn *t;

	while ((t = worker_back(w)) == NULL)
		(void)poll(&pfd, 1, -1);
	return t;
}

static void
a_worker_hands_back_in_order(void **state)
{
	struct counts c = { 0 };
	struct worker w;

	(void)state;
	OK(worker_init(&w, &(struct worker_calls) { count, alone,
	    NULL, count_rest, &c }));
	for (size_t i = 0; i < TURNS; i++)
		queue_put(&w.queue, &alice.line, &alice.turn[i], QUEUE_LAST);
	for (size_t i = 0; i < TURNS; i++)
		assert_ptr_equal(back(&w), &alice.turn[i]);
	assert_null(worker_back(&w));
	worker_stop(&w);
	assert_int_equal(worker_busy_s(&w), 0);
	worker_done(&w);
	assert_int_equal(atomic_load(&c.ran), TURNS);
}

struct gate {
	pthread_mutex_t shut;	/* held: nothing goes on */
	atomic_bool inside;
	atomic_int rested;
};

static void
rest_at_the_gate(void *arg)
{
	struct gate *g = arg;

	(void)atomic_fetch_add(&g->rested, 1);
}

static void
through_the_gate(void *arg, struct turn *t)
{
	struct gate *g = arg;

	(void)t;
	atomic_store(&g->inside, true);
	(void)pthread_mutex_lock(&g->shut);
	(void)pthread_mutex_unlock(&g->shut);
}

static void
a_stop_waits_for_the_turn_that_runs_and_no_other(void **state)
{
	struct gate g = { .shut = PTHREAD_MUTEX_INITIALIZER };
	struct worker w;

	(void)state;
	(void)pthread_mutex_lock(&g.shut);
	OK(worker_init(&w, &(struct worker_calls) { through_the_gate, alone,
	    NULL, rest_at_the_gate, &g }));
	for (size_t i = 0; i < 3; i++)
		queue_put(&w.queue, &alice.line, &alice.turn[i], QUEUE_LAST);
	while (!atomic_load(&g.inside))
		(void)sched_yield();
	queue_close(&w.queue);
	(void)pthread_mutex_unlock(&g.shut);
	worker_stop(&w);
	assert_ptr_equal(worker_back(&w), &alice.turn[0]);
	assert_null(worker_back(&w));
	assert_ptr_equal(queue_rest(&w.queue), &alice.turn[1]);
	assert_ptr_equal(queue_rest(&w.queue), &alice.turn[2]);
	assert_int_equal(atomic_load(&g.rested), 0);
	worker_done(&w);
}

/* Alice's turns are grouped, bob's stand alone. */
struct groups {
	struct gate gate;
	int ran;
	int flushed[TURNS];	/* how many had run by then */
	int count;
};

static void
run_in_groups(void *arg, struct turn *t)
{
	struct groups *g = arg;

	through_the_gate(&g->gate, t);
	g->ran++;
}

static struct line *
group_of(void *arg, const struct turn *t)
{
	(void)arg;
	return t >= alice.turn && t < alice.turn + TURNS ? &alice.line
							 : NULL;
}

static void
flush(void *arg, struct turn *first)
{
	struct groups *g = arg;

	assert_non_null(first);
	g->flushed[g->count++] = g->ran;
}

static void
rest_in_groups(void *arg)
{
	(void)arg;
}

/* Whoever came before them with something else waits for one group only. */
static void
those_that_wait_together_are_flushed_together(void **state)
{
	struct groups g = { .gate.shut = PTHREAD_MUTEX_INITIALIZER };
	struct worker w;

	(void)state;
	(void)pthread_mutex_lock(&g.gate.shut);
	OK(worker_init(&w, &(struct worker_calls) { run_in_groups, group_of,
	    flush, rest_in_groups, &g }));
	queue_put(&w.queue, &alice.line, &alice.turn[0], QUEUE_LAST);
	while (!atomic_load(&g.gate.inside))
		(void)sched_yield();
	queue_put(&w.queue, &bob.line, &bob.turn[0], QUEUE_LAST);
	for (size_t i = 1; i < TURNS; i++)
		queue_put(&w.queue, &alice.line, &alice.turn[i], QUEUE_LAST);
	assert_null(worker_back(&w));
	(void)pthread_mutex_unlock(&g.gate.shut);
	for (size_t i = 0; i < WORKER_GROUP_MAX; i++)
		assert_ptr_equal(back(&w), &alice.turn[i]);
	assert_ptr_equal(back(&w), &bob.turn[0]);
	for (size_t i = WORKER_GROUP_MAX; i < TURNS; i++)
		assert_ptr_equal(back(&w), &alice.turn[i]);
	worker_stop(&w);
	worker_done(&w);
	assert_int_equal(g.count, 2);
	assert_int_equal(g.flushed[0], WORKER_GROUP_MAX);
	assert_int_equal(g.flushed[1], TURNS + 1);
}

/* However slow they are, others get their turn. */
static void
a_group_that_takes_long_ends(void **state)
{
	struct groups g = { .gate.shut = PTHREAD_MUTEX_INITIALIZER };
	struct worker w;

	(void)state;
	(void)pthread_mutex_lock(&g.gate.shut);
	OK(worker_init(&w, &(struct worker_calls) { run_in_groups, group_of,
	    flush, rest_in_groups, &g }));
	for (size_t i = 0; i < TURNS; i++)
		queue_put(&w.queue, &alice.line, &alice.turn[i], QUEUE_LAST);
	while (!atomic_load(&g.gate.inside))
		(void)sched_yield();
	queue_put(&w.queue, &bob.line, &bob.turn[0], QUEUE_LAST);
	(void)usleep((WORKER_GROUP_MS + 10) * 1000);
	(void)pthread_mutex_unlock(&g.gate.shut);
	for (size_t i = 0; i < 1 + WORKER_GROUP_MAX; i++)
		assert_ptr_equal(back(&w), &alice.turn[i]);
	assert_ptr_equal(back(&w), &bob.turn[0]);
	for (size_t i = 1 + WORKER_GROUP_MAX; i < TURNS; i++)
		assert_ptr_equal(back(&w), &alice.turn[i]);
	worker_stop(&w);
	worker_done(&w);
	assert_int_equal(g.flushed[0], 1);
}

static void
a_worker_rests_only_when_nobody_waits(void **state)
{
	struct gate g = { .shut = PTHREAD_MUTEX_INITIALIZER };
	struct worker w;

	(void)state;
	(void)pthread_mutex_lock(&g.shut);
	OK(worker_init(&w, &(struct worker_calls) { through_the_gate, alone,
	    NULL, rest_at_the_gate, &g }));
	for (size_t i = 0; i < TURNS; i++)
		queue_put(&w.queue, &alice.line, &alice.turn[i], QUEUE_LAST);
	(void)pthread_mutex_unlock(&g.shut);
	for (size_t i = 0; i < TURNS; i++)
		assert_ptr_equal(back(&w), &alice.turn[i]);
	while (atomic_load(&g.rested) == 0)
		(void)sched_yield();
	worker_done(&w);
	assert_int_equal(atomic_load(&g.rested), 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(one_line_is_first_come_first_served),
		CASE(a_hundred_of_one_user_do_not_starve_another),
		CASE(who_asks_at_once_again_does_not_starve_who_waits),
		CASE(first_means_before_ones_own_only),
		CASE(what_is_dropped_does_not_come),
		CASE(a_closed_queue_keeps_the_rest),
		CASE(a_worker_hands_back_in_order),
		CASE(those_that_wait_together_are_flushed_together),
		CASE(a_group_that_takes_long_ends),
		CASE(a_worker_rests_only_when_nobody_waits),
		CASE(a_stop_waits_for_the_turn_that_runs_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
