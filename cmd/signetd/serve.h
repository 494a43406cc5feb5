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
};

/* The server's calls, answered by a keeper. */
struct server_calls serve_calls(struct serving *s);

#endif
