/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_RDPHOST_RELAY_H
#define SG_RDPHOST_RELAY_H

/* The host's end of link.h: passes calls of the host's own programs on to
 * whatever asks the redirected card, and gives up what they leave behind. */

#include <poll.h>

#include "link.h"

#define RELAY_CLIENTS_MAX 8

struct relay_calls {
	void *arg;
	/* Asks the card; *request names the call until relay_reply().  It may
	 * come before this returns. */
	enum sg_err (*ask)(void *arg, uint32_t code, struct bytes body,
	    uint32_t *request);
	/* The reply, if it still comes, is to be dropped. */
	void (*forget)(void *arg, uint32_t request);
};

/* What was asked since relay_new(). */
struct relay_count {
	unsigned calls;
	unsigned apdus;
	unsigned contexts;
	unsigned refused;	/* failed at the client */
};

struct relay;
/* Listens at path, which only the user of the process can reach. */
enum sg_err relay_new(struct relay **out, const char *path,
    const struct relay_calls *calls);
void relay_free(struct relay *r);
SG_AUTO_FREE(relay)

/* The descriptors to wait for, 1 + RELAY_CLIENTS_MAX of them at most. */
size_t relay_fds(const struct relay *r, struct pollfd *fds);
/* Takes what has come. */
void relay_serve(struct relay *r);
void relay_reply(struct relay *r, uint32_t request, uint32_t status,
    struct bytes body);
struct relay_count relay_counted(const struct relay *r);

#endif
