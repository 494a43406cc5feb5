/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNETD_SERVE_H
#define SIGNETD_SERVE_H

#include "container/keeper.h"
#include "ipc/server.h"
#include "ipc/verbs.h"

struct serving {
	struct keeper *keeper;
	struct server *server;	/* set before server_run() */
	const char *audit;	/* the file, or NULL */
	bool audit_required;
	bool has_card_user;
	uint32_t card_user;	/* who may ask for CARD verbs, besides root */
	/* When keeper_expire() has something to do next, monotonic ms, 0:
	 * never; on the worker's thread.  NULL: nobody wants to know. */
	void (*end_changes)(void *arg, int64_t at);
	void *end_arg;
	int64_t next_end;	/* private */
};

/* The server's calls, answered by a keeper. */
struct server_calls serve_calls(struct serving *s);

#endif
