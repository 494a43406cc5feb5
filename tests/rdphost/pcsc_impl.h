/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_PCSC_IMPL_H
#define SG_RDPHOST_PCSC_IMPL_H

/* What the files of the replacement for libpcsclite.so.1 share. */

#define PCSC_API __attribute__((visibility("default")))
#include <PCSC/winscard.h>
#include <PCSC/wintypes.h>
#include <pthread.h>

#include "link.h"

struct context {
	bool used;
	int fd;
	struct rdpesc_id id;
	pthread_mutex_t turn;	/* one request at a time */
};

/* Held for the tables of contexts and cards. */
extern pthread_mutex_t pcsc_tables;

struct context *pcsc_context(SCARDCONTEXT number);
/* The context ends: so do its cards.  The tables are held. */
void pcsc_forget_cards(const struct context *c);

/* Asks the host; *in is the return's body, in packet. */
LONG pcsc_ask(struct context *c, uint32_t code, const struct buf *call,
    struct buf *packet, struct bytes *in);
/* A call of which only the code comes back. */
LONG pcsc_ask_long(struct context *c, uint32_t code, const struct buf *call);

/* What the resource manager there said, or that nobody understands it. */
LONG pcsc_said(enum sg_err e, const uint32_t *rc);

/* Hands x to a caller who gave room, asks for the length (to NULL), or wants
 * memory (length SCARD_AUTOALLOCATE). */
LONG pcsc_give(struct bytes x, void *to, LPDWORD length);

#endif
