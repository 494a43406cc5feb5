/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_IPC_POOL_H
#define SG_IPC_POOL_H

/*
 * Asks a server without waiting for it: a few connections, each with one
 * request on its way, and a line of those that wait for one.  In one thread,
 * which polls pool_fd() and calls pool_turn().  Every request has an end: an
 * answer, or a refusal of the pool's own in bounded time.
 */

#include "ipc/message.h"

#define POOL_CONNECTIONS_MAX 32

struct pool_config {
	const struct verb_table *verbs;
	const char *path;		/* '@' in front: an abstract name */
	unsigned connections;		/* POOL_CONNECTIONS_MAX at most */
	unsigned waiting;		/* requests, beyond those on their way */
	unsigned answer_ms;		/* for an answer, from when it was asked */
	unsigned gone_ms;		/* the same while nobody listens */
};

/*
 * Called once for each request, from pool_turn() or pool_free().  e is the
 * reply's, or the pool's: SG_EBUSY when too many wait, SG_ETIMEOUT or SG_EIO
 * when no answer came, and then r is NULL.  r and its views last until it
 * returns.  A descriptor in *fd, else -1, is the callee's if it takes it away.
 */
typedef void pool_done(void *arg, enum sg_err e, const struct message *r,
    int *fd);

struct pool;
enum sg_err pool_new(struct pool **out, const struct pool_config *c);
/* Ends every request with SG_EIO first. */
void pool_free(struct pool *p);
SG_AUTO_FREE(pool)

/* Copies the fields.  again: a request that went with its connection is sent
 * once more.  Fails, and then done is not called, with SG_EBUSY when too many
 * wait and with SG_ELIMIT when it is too large. */
enum sg_err pool_ask(struct pool *p, const struct verb_info *verb,
    const struct field *f, bool again, pool_done *done, void *arg);

/* What to poll for reading, and for how long at most (-1: for ever). */
int pool_fd(const struct pool *p);
int pool_wait_ms(const struct pool *p);
/* Does what can be done at once. */
void pool_turn(struct pool *p);

struct pool_stats {
	unsigned waiting;	/* without a connection yet */
	unsigned asking;
	unsigned long asked;
	unsigned long unanswered;
};
struct pool_stats pool_stats(const struct pool *p);

#endif
