/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_WORKER_H
#define SG_IPC_WORKER_H

/*
 * The one thread that may be kept waiting: it takes turns out of a queue, runs
 * them one at a time, and hands them back in the order it ran them.  Whoever
 * put them in learns of it by a descriptor, so that it never waits itself.
 */

#include "base/bytes.h"
#include "ipc/queue.h"

struct worker {
	struct queue queue;
	int done_fd;		/* readable: something was handed back */
	/* private */
	void (*run)(void *arg, struct turn *t);
	void (*rest)(void *arg);
	void *arg;
	pthread_t thread;
	bool started;
	pthread_mutex_t mutex;	/* of what follows */
	struct turn *first;	/* handed back, oldest first */
	struct turn *last;
	int64_t since;		/* what runs now began, monotonic ms; 0: idle */
};

/* Starts the thread; signals go to other threads.  rest is called after a turn
 * was handed back when no other waits. */
enum sg_err worker_init(struct worker *w,
    void (*run)(void *arg, struct turn *t), void (*rest)(void *arg),
    void *arg);
/* Stops first. */
void worker_done(struct worker *w);

/* Lets the turn that runs come to its end; those that wait stay in the queue
 * for whoever put them in. */
void worker_stop(struct worker *w);

/* The next turn that was handed back, or NULL. */
struct turn *worker_back(struct worker *w);

/* For how many seconds the present turn has been running; 0 when none is. */
unsigned worker_busy_s(struct worker *w);

/* Monotonic milliseconds, never 0. */
int64_t worker_now(void);

#endif
