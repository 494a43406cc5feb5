/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_QUEUE_H
#define SG_IPC_QUEUE_H

/*
 * Who comes next: each user has a line (and one for what is done in groups),
 * first come, first served, and the lines take turns, so that a user's
 * hundredth request does not make another user's first one wait for
 * ninety-nine.  Any thread may call anything here.  Nothing is allocated, so
 * nothing can fail for want of memory.
 */

#include <pthread.h>
#include <stdbool.h>

/* What waits; part of something larger.  Zero-initialise. */
struct turn {
	struct turn *next;
	struct line *line;	/* NULL unless it waits */
};

/* A user's.  Zero-initialise; it must outlive what waits in it. */
struct line {
	struct turn *first;
	struct turn *last;
	unsigned count;
	struct line *next;
};

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct line *first;	/* lines in which somebody waits */
	struct line *last;
	unsigned count;		/* turns in all of them */
	bool closed;
};

enum queue_place { QUEUE_LAST, QUEUE_FIRST };	/* of its line */

void queue_init(struct queue *q);
/* Nobody may be in queue_take() any more. */
void queue_done(struct queue *q);

void queue_put(struct queue *q, struct line *line, struct turn *t,
    enum queue_place place);
/* True when t waited still; it does no longer. */
bool queue_drop(struct queue *q, struct turn *t);
/* Waits for a turn; NULL once the queue is closed, whoever waits then. */
struct turn *queue_take(struct queue *q);
/* Another one of that line, if one waits and the queue is open; else NULL. */
struct turn *queue_take_more(struct queue *q, struct line *line);
void queue_close(struct queue *q);
/* Somebody who waits still, closed or not; NULL when nobody does. */
struct turn *queue_rest(struct queue *q);

/* How many wait: in a line, in all of them. */
unsigned queue_line_count(struct queue *q, const struct line *line);
unsigned queue_count(struct queue *q);

#endif
