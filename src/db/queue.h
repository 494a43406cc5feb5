/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_DB_QUEUE_H
#define SG_DB_QUEUE_H

/*
 * Commits in groups: several pieces of work share one transaction and so one
 * wait for the disk.  Each is a savepoint of its own: one that fails takes
 * nothing from the others.  A program adds what it has to do and flushes when
 * it would wait for more.
 */

#include "db/db.h"

/* The work; it begins no outermost transaction and commits none. */
typedef enum sg_err db_work(void *arg, struct db *db);
/* Called once for each, in order: SG_OK when it is on the disk; else it never
 * happened, and the note says why. */
typedef void db_finished(void *arg, enum sg_err e);

struct db_queue;
/* Flushes by itself when max are waiting. */
enum sg_err db_queue_new(struct db_queue **out, struct db *db, size_t max);
/* Takes back what waits, and says so to each. */
void db_queue_free(struct db_queue *q);
SG_AUTO_FREE(db_queue)

/* Works now, finishes with the next flush, or now when it fails.  The answer
 * is finished's; this fails only when the work could not be begun, and then
 * finished is not called. */
enum sg_err db_queue_add(struct db_queue *q, db_work *work,
    db_finished *finished, void *arg);
/* Commits; what comes of it is what finished was told. */
enum sg_err db_queue_flush(struct db_queue *q);
size_t db_queue_waiting(const struct db_queue *q);

#endif
