/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_WORKER_H
#define SG_IPC_WORKER_H

/*
 * The one thread that may be kept waiting: it takes turns out of a queue, runs
 * them one at a time, and hands them back in the order it ran them.  Whoever
 * put them in learns of it by a descriptor, so that it never waits itself.
 *
 * Turns that are done in groups are run one behind the other, and handed back
 * together: those that wait when the first of them runs, WORKER_GROUP_MAX at
 * most, and no more are begun after WORKER_GROUP_MS.
 */

#include "base/bytes.h"
#include "ipc/queue.h"

#define WORKER_GROUP_MAX 64
#define WORKER_GROUP_MS	50

/* All on the worker's thread. */
struct worker_calls {
	void (*run)(void *arg, struct turn *t);
	/* The line of those that t is grouped with, or NULL: it stands
	 * alone. */
	struct line *(*group)(void *arg, const struct turn *t);
	/* A group was run, and will be handed back; linked by next. */
	void (*flush)(void *arg, struct turn *first);
	/* After turns were handed back, when no other waits. */
	void (*rest)(void *arg);
	void *arg;
};

struct worker {
	struct queue queue;
	int done_fd;		/* readable: something was handed back */
	/* private */
	struct worker_calls calls;
	pthread_t thread;
	bool started;
	pthread_mutex_t mutex;	/* of what follows */
	struct turn *first;	/* handed back, oldest first */
	struct turn *last;
	int64_t since;		/* what runs now began, monotonic ms; 0: idle */
};

/* Starts the thread; signals go to other threads. */
enum sg_err worker_init(struct worker *w, const struct worker_calls *calls);
/* Stops first. */
void worker_done(struct worker *w);

/* Lets the turn or group that runs come to its end; those that wait stay in the
 * queue for whoever put them in. */
void worker_stop(struct worker *w);

/* The next turn that was handed back, or NULL. */
struct turn *worker_back(struct worker *w);

/* For how many seconds the present turn has been running; 0 when none is. */
unsigned worker_busy_s(struct worker *w);

/* Monotonic milliseconds, never 0. */
int64_t worker_now(void);

#endif
