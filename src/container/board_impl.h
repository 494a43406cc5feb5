/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CONTAINER_BOARD_IMPL_H
#define SG_CONTAINER_BOARD_IMPL_H

/* What the parts of the board share. */

#include <pthread.h>

#include "container/board.h"

struct notice {
	uint32_t uid;
	uint64_t generation;
	uint64_t created;
	uint32_t tries_limit;
	struct buf objects;
	struct vault_tries seen;
	const void **logins;
	size_t login_count;
	struct card_keys keys;		/* what a card shows of it */
	struct card_state card;
	struct notice *next;
};

struct board {
	pthread_mutex_t mutex;
	const char *folder;
	const char *sessions;
	uint32_t pin_min;
	struct notice *notices;
	unsigned long removed;	/* how many were, ever */
	struct board_counts counts;
	struct card_policy policy;
	struct {
		bool taken;
		uint32_t uid;
	} slots[CARD_READER_SLOTS_MAX];
	struct card_table told;	/* the service, when it last asked */
	int64_t service_seen;	/* monotonic ms; 0: never */
};

void board_lock(struct board *b);
void board_unlock(struct board *b);

/* The user's notice, which is read from the file if need be.  Returns with the
 * lock held, and only then with SG_OK. */
enum sg_err board_look(struct board *b, uint32_t uid, struct notice **out);
/* Where the user's notice hangs, or the end of the list; under the lock. */
struct notice **board_place(struct board *b, uint32_t uid);

#endif
