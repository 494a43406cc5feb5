/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNETD_METRICS_H
#define SIGNETD_METRICS_H

#include "container/board.h"
#include "ipc/server.h"

/* Everything that was counted. */
struct metrics {
	struct server_stats server;
	struct server_load load;
	struct board_counts keeper;
	unsigned long audit_lost;
	unsigned long resident;	/* bytes */
};

/* Appends them in Prometheus' text format, version 0.0.4.  Pure. */
enum sg_err metrics_write(const struct metrics *m, struct buf *out);

#endif
