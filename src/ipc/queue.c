/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/queue.h"

#include <stddef.h>

void
queue_init(struct queue *q)
{
	*q = (struct queue) { 0 };
	(void)pthread_mutex_init(&q->mutex, NULL);
	(void)pthread_cond_init(&q->changed, NULL);
}

void
queue_done(struct queue *q)
{
	(void)pthread_cond_destroy(&q->changed);
	(void)pthread_mutex_destroy(&q->mutex);
}

static void
lock(struct queue *q)
{
	(void)pthread_mutex_lock(&q->mutex);
}

static void
unlock(struct queue *q)
{
	(void)pthread_mutex_unlock(&q->mutex);
}

static void
line_append(struct queue *q, struct line *line)
{
	line->next = NULL;
	if (q->last != NULL)
		q->last->next = line;
	else
		q->first = line;
	q->last = line;
}

static void
line_remove(struct queue *q, struct line *line)
{
	struct line *before = NULL;

	for (struct line *l = q->first; l != line; l = l->next)
		before = l;
	if (before != NULL)
		before->next = line->next;
	else
		q->first = line->next;
	if (q->last == line)
		q->last = before;
}

static void
turn_insert(struct line *line, struct turn *t, enum queue_place place)
{
	t->line = line;
	t->next = NULL;
	if (line->first == NULL)
		line->first = line->last = t;
	else if (place == QUEUE_FIRST) {
		t->next = line->first;
		line->first = t;
	} else {
		line->last->next = t;
		line->last = t;
	}
	line->count++;
}

static void
turn_remove(struct turn *t)
{
	struct line *line = t->line;
	struct turn *before = NULL;

	for (struct turn *at = line->first; at != t; at = at->next)
		before = at;
	if (before != NULL)
		before->next = t->next;
	else
		line->first = t->next;
	if (line->last == t)
		line->last = before;
	line->count--;
	t->line = NULL;
	t->next = NULL;
}

void
queue_put(struct queue *q, struct line *line, struct turn *t,
    enum queue_place place)
{
	lock(q);
	if (line->count == 0)
		line_append(q, line);
	turn_insert(line, t, place);
	q->count++;
	(void)pthread_cond_signal(&q->changed);
	unlock(q);
}

bool
queue_drop(struct queue *q, struct turn *t)
{
	struct line *line;

	lock(q);
	line = t->line;
	if (line != NULL) {
		turn_remove(t);
		q->count--;
		if (line->count == 0)
			line_remove(q, line);
	}
	unlock(q);
	return line != NULL;
}

/* It goes behind the other lines, if somebody still waits in it. */
static struct turn *
line_next(struct queue *q, struct line *line)
{
	struct turn *t = line->first;

	turn_remove(t);
	q->count--;
	line_remove(q, line);
	if (line->count > 0)
		line_append(q, line);
	return t;
}

static struct turn *
next_turn(struct queue *q)
{
	return line_next(q, q->first);
}

struct turn *
queue_take(struct queue *q)
{
	struct turn *t;

	lock(q);
	while (!q->closed && q->first == NULL)
		(void)pthread_cond_wait(&q->changed, &q->mutex);
	t = q->closed ? NULL : next_turn(q);
	unlock(q);
	return t;
}

struct turn *
queue_take_more(struct queue *q, struct line *line)
{
	struct turn *t;

	lock(q);
	t = q->closed || line->count == 0 ? NULL : line_next(q, line);
	unlock(q);
	return t;
}

struct turn *
queue_rest(struct queue *q)
{
	struct turn *t;

	lock(q);
	t = q->first == NULL ? NULL : next_turn(q);
	unlock(q);
	return t;
}

void
queue_close(struct queue *q)
{
	lock(q);
	q->closed = true;
	(void)pthread_cond_broadcast(&q->changed);
	unlock(q);
}

unsigned
queue_line_count(struct queue *q, const struct line *line)
{
	unsigned n;

	lock(q);
	n = line->count;
	unlock(q);
	return n;
}

unsigned
queue_count(struct queue *q)
{
	unsigned n;

	lock(q);
	n = q->count;
	unlock(q);
	return n;
}
