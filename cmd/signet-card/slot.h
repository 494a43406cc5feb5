/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CARD_SLOT_H
#define SIGNET_CARD_SLOT_H

/*
 * One slot: a thread that is the card in it, so that one user's TPM commands
 * never delay another's card.
 */

#include <pthread.h>
#include <semaphore.h>

#include "keys.h"
#include "piv/link.h"

/* Who is in a slot; what changes when the card does. */
struct occupant {
	bool taken;
	uint32_t uid;
	uint64_t generation;
	uint64_t idle_ms;	/* how long a PIN lives there */
};

struct slot {
	pthread_t thread;
	sem_t runs;
	int wake;		/* eventfd: something below has changed */
	pthread_mutex_t lock;	/* of these three */
	struct occupant now;
	int fresh;		/* a connection to be served next, or -1 */
	bool stops;

	/* the thread's */
	struct keys keys;
	struct piv_card *card;
	struct occupant inside;	/* at power-up */
	struct secret request;
};

/* Starts the thread, which has nothing more to ask of the system for itself
 * when this returns; *s is its from then on and stays where it is. */
enum sg_err slot_start(struct slot *s, const char *signetd);
/* The connection is the slot's; it ends the one before. */
void slot_serve(struct slot *s, int fd);
/* From now on, for every request. */
void slot_occupy(struct slot *s, const struct occupant *who);
/* Drops the PIN and ends the thread; false when it does not in time. */
bool slot_stop(struct slot *s, time_t until);

#endif
