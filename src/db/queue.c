/* SPDX-License-Identifier: BSD-2-Clause */
#include "db/queue.h"

#include <stdlib.h>

struct job {
	db_finished *finished;
	void *arg;
};

struct db_queue {
	struct db *db;
	struct db_tx tx;	/* of all jobs */
	struct job *jobs;
	size_t n;
	size_t max;
};

enum sg_err
db_queue_new(struct db_queue **out, struct db *db, size_t max)
{
	struct db_queue *q = calloc(1, sizeof(*q));

	if (q == NULL || (q->jobs = calloc(max, sizeof(*q->jobs))) == NULL) {
		free(q);
		return sg_fail(SG_ENOMEM, "out of memory");
	}
	q->db = db;
	q->max = max;
	*out = q;
	return SG_OK;
}

/* Each hears the same words, whatever the one before did with them. */
static void
tell(const struct job *jobs, size_t n, enum sg_err e)
{
	auto_str note = NULL;

	if (e != SG_OK && str_dup(&note, sg_note(e)) != SG_OK)
		note = NULL;
	for (size_t i = 0; i < n; i++)
		jobs[i].finished(jobs[i].arg, e == SG_OK ? SG_OK : sg_fail(e,
		    "%s", note != NULL ? note : "out of memory"));
}

/* The jobs leave first: they may add others when they are told. */
static void
finish(struct db_queue *q, enum sg_err e)
{
	struct job *jobs = q->jobs;
	size_t n = q->n;

	q->jobs = calloc(q->max, sizeof(*q->jobs));
	q->n = 0;
	tell(jobs, n, e);
	free(jobs);
}

void
db_queue_free(struct db_queue *q)
{
	if (q == NULL)
		return;
	if (q->n > 0) {
		db_tx_done(&q->tx);
		finish(q, sg_fail(SG_ECANCEL, "it was not committed"));
	}
	db_tx_done(&q->tx);
	free(q->jobs);
	free(q);
}

size_t
db_queue_waiting(const struct db_queue *q)
{
	return q->n;
}

enum sg_err
db_queue_flush(struct db_queue *q)
{
	enum sg_err e;

	if (q->tx.db == NULL)
		return SG_OK;
	e = db_commit(&q->tx);
	db_tx_done(&q->tx);
	finish(q, e);
	return e;
}

static enum sg_err
in_savepoint(struct db_queue *q, db_work *work, void *arg)
{
	auto_done(db_tx) tx = { 0 };

	SG_TRY(db_begin(&tx, q->db, DB_WRITE));
	SG_TRY(work(arg, q->db));
	return db_commit(&tx);
}

/* A full disk, for one, ends the whole transaction. */
static void
all_lost(struct db_queue *q, enum sg_err e)
{
	db_tx_done(&q->tx);
	finish(q, e);
}

enum sg_err
db_queue_add(struct db_queue *q, db_work *work, db_finished *finished,
    void *arg)
{
	struct job job = { finished, arg };
	enum sg_err e;

	if (q->jobs == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	if (q->tx.db == NULL)
		SG_TRY(db_begin(&q->tx, q->db, DB_WRITE));
	e = in_savepoint(q, work, arg);
	if (e != SG_OK) {
		tell(&job, 1, e);
		if (!db_in_tx(q->db))
			all_lost(q, e);
		return SG_OK;
	}
	q->jobs[q->n++] = job;
	/* What came of it was told. */
	if (q->n == q->max)
		SG_IGNORE(db_queue_flush(q));
	return SG_OK;
}
