/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CARD_SERVICE_H
#define SIGNET_CARD_SERVICE_H

/* Who connects, and what signetd says of the slots: the thread that is nobody's
 * card. */

#include "ipc/card.h"
#include "slot.h"

#define SERVICE_PATH_MAX	108	/* bytes of a socket's path */
#define SERVICE_NEW_MAX		16	/* connections without a HELLO */
#define SERVICE_WATCHERS_MAX	64

struct watcher {
	int fd;
	uint8_t slot;
};

struct service {
	int listener;
	uint32_t reader_uid;	/* may connect beside root and ourselves */
	char signetd[SERVICE_PATH_MAX];
	struct client *client;	/* NULL: to be opened */
	struct slot slots[LINK_SLOTS_MAX];
	unsigned started;	/* of them */
	struct occupant occupants[LINK_SLOTS_MAX];
	unsigned count;		/* of the slots that signetd gives away */
	int fresh[SERVICE_NEW_MAX];	/* -1: free */
	size_t oldest;
	struct watcher watchers[SERVICE_WATCHERS_MAX];	/* fd -1: free */
	bool silent;		/* signetd; said in the log */
	uint64_t refused;	/* who may not connect; said now and then */
};

/* Makes the slots' threads.  Listener and signals stay the caller's. */
enum sg_err service_start(struct service *s, int listener,
    uint32_t reader_uid, const char *signetd);
/* Until signals can be read. */
enum sg_err service_run(struct service *s, int signals);
/* Every PIN is dropped then; false when a thread does not end. */
bool service_stop(struct service *s);

#endif
