/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNETD_SERVE_H
#define SIGNETD_SERVE_H

#include "container/keeper.h"
#include "ipc/server.h"

/* The server's calls, answered by a keeper. */
struct server_calls serve_calls(struct keeper *k);

#endif
