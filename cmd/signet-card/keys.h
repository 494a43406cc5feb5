/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CARD_KEYS_H
#define SIGNET_CARD_KEYS_H

/* A user's card as signetd keeps it: the back end of the PIV application. */

#include "ipc/client.h"
#include "piv/card.h"

struct keys {
	const char *signetd;	/* its socket, NULL: the usual one */
	uint32_t uid;		/* whose card; set before power-up */
	struct client *client;	/* NULL: to be opened */
};

/* It borrows k, which is zero but for the first two. */
struct piv_backend keys_backend(struct keys *k);
void keys_done(struct keys *k);

/* A connection to signetd that gives up before pcscd's patience ends; SG_EIO
 * without signetd. */
enum sg_err keys_connect(struct client **out, const char *signetd);

#endif
