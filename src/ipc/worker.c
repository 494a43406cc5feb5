/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int64_t
worker_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + 1;
}

static void
mark(struct worker *w, int64_t since)
{
	(void)pthread_mutex_lock(&w->mutex);
	w->since = since;
	(void)pthread_mutex_unlock(&w->mutex);
}

static void
hand_back(struct worker *w, struct turn *t)
{
	const uint64_t one = 1;

	(void)pthread_mutex_lock(&w->mutex);
	w->since = 0;
	t->next = NULL;
	if (w->last != NULL)
		w->last->next = t;
	else
		w->first = t;
	w->last = t;
	(void)pthread_mutex_unlock(&w->mutex);
	/* It can only be full, and then it is readable anyway. */
	if (write(w->done_fd, &one, sizeof(one)) < 0)
		return;
}

/* The first one, and what came with it. */
static void
run_group(struct worker *w, struct line *line, struct turn *first)
{
	const struct worker_calls *c = &w->calls;
	int64_t end = worker_now() + WORKER_GROUP_MS;
	struct turn *last = first, *next;

	c->run(c->arg, first);
	for (int n = 1; n < WORKER_GROUP_MAX && worker_now() < end; n++) {
		if ((next = queue_take_more(&w->queue, line)) == NULL)
			break;
		c->run(c->arg, next);
		last->next = next;
		last = next;
	}
	c->flush(c->arg, first);
	for (; first != NULL; first = next) {
		next = first->next;
		hand_back(w, first);
	}
}

static void
run(struct worker *w, struct turn *t)
{
	const struct worker_calls *c = &w->calls;
	struct line *line = c->group(c->arg, t);

	if (line != NULL) {
		run_group(w, line, t);
		return;
	}
	c->run(c->arg, t);
	hand_back(w, t);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct turn *t;

	while ((t = queue_take(&w->queue)) != NULL) {
		mark(w, worker_now());
		run(w, t);
		if (queue_count(&w->queue) > 0)
			continue;
		mark(w, worker_now());
		w->calls.rest(w->calls.arg);
		mark(w, 0);
	}
	return NULL;
}

static int
start(struct worker *w)
{
	sigset_t all, before;
	int failed;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&w->thread, NULL, work, w);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->started = failed == 0;
	return failed;
}

enum sg_err
worker_init(struct worker *w, const struct worker_calls *calls)
{
	int failed;

	*w = (struct worker) { .calls = *calls };
	queue_init(&w->queue);
	(void)pthread_mutex_init(&w->mutex, NULL);
	w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	failed = w->done_fd < 0 ? errno : start(w);
	if (failed == 0)
		return SG_OK;
	worker_done(w);
	return sg_fail(SG_EIO, "no thread for the worker: %s", strerror(failed));
}

void
worker_stop(struct worker *w)
{
	if (!w->started)
		return;
	queue_close(&w->queue);
	(void)pthread_join(w->thread, NULL);
	w->started = false;
}

void
worker_done(struct worker *w)
{
	worker_stop(w);
	if (w->done_fd >= 0)
		(void)close(w->done_fd);
	w->done_fd = -1;
	queue_done(&w->queue);
	(void)pthread_mutex_destroy(&w->mutex);
}

struct turn *
worker_back(struct worker *w)
{
	struct turn *t;
	uint64_t n;

	(void)pthread_mutex_lock(&w->mutex);
	t = w->first;
	if (t != NULL)
		w->first = t->next;
	if (w->first == NULL)
		w->last = NULL;
	/* Under the lock: what is handed back later makes it readable anew. */
	if (t == NULL && read(w->done_fd, &n, sizeof(n)) < 0)
		n = 0;
	(void)pthread_mutex_unlock(&w->mutex);
	return t;
}

unsigned
worker_busy_s(struct worker *w)
{
	int64_t since;

	(void)pthread_mutex_lock(&w->mutex);
	since = w->since;
	(void)pthread_mutex_unlock(&w->mutex);
	return since == 0 ? 0 : (unsigned)((worker_now() - since) / 1000);
}
