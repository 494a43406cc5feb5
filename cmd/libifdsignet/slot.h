/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IFDSIGNET_SLOT_H
#define IFDSIGNET_SLOT_H

/* One slot of the reader: its two connections to the card service. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <sys/un.h>

#include "piv/link.h"

struct slot {
	bool made;			/* what is never destroyed is there */
	bool open;
	uint8_t number;
	struct sockaddr_un service;
	pthread_mutex_t talk_lock;	/* of talk and of one exchange */
	int talk;			/* -1: none */
	pthread_mutex_t watch_lock;	/* of watch, present, lost, asked_ms */
	int watch;			/* -1: none */
	bool present;
	bool lost;			/* pcscd is to see it gone, once */
	int64_t asked_ms;		/* when it was last tried to connect */
	int stop;			/* eventfd: whoever waits comes back */
};

/* The struct is zero before, or closed: threads may tell it that they are gone
 * at any time. */
bool slot_open(struct slot *s, const struct sockaddr_un *service,
    uint8_t number);
/* Nobody waits for it any more. */
void slot_close(struct slot *s);

/* How many slots the service has; the default when it does not say. */
unsigned slot_count(const struct sockaddr_un *service);

bool slot_present(struct slot *s);
/* Returns when the card has come or gone, when slot_stop() was called, or
 * after that time. */
void slot_wait(struct slot *s, int timeout_ms);
void slot_stop(struct slot *s);

/*
 * Asks; *reply_n is the room at reply and becomes what the service said.
 * False when the service is not there, has no card, or said too much; the next
 * request connects anew if it opens (powers up).
 */
bool slot_ask(struct slot *s, enum link_op op, uint64_t client,
    const uint8_t *p, size_t n, uint8_t *reply, size_t *reply_n);
/* Tells without an answer. */
void slot_tell_gone(struct slot *s, uint64_t client);

#endif
