/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_METRICS_H
#define SIGNET_CA_SERVE_METRICS_H

/* What was counted, in Prometheus' text format. */

#include "ipc/pool.h"
#include "ipc/server.h"
#include "net/http.h"
#include "serve_signer.h"

struct signer_metrics {
	struct server_stats server;
	struct server_load load;
	struct signing_state state;
};
enum sg_err signer_metrics_write(const struct signer_metrics *m,
    struct buf *out);

/* Of web: requests by route (the last one is for none) and status. */
#define WEB_ROUTES_MAX	16
#define WEB_STATUSES	15
struct web_counts {
	unsigned long by[WEB_ROUTES_MAX][WEB_STATUSES];
	uint64_t us[WEB_ROUTES_MAX];
};
void web_count(struct web_counts *c, const struct http_route *routes,
    const struct http_event *e);
enum sg_err web_metrics_write(const struct web_counts *c,
    const struct http_route *routes, unsigned clients,
    const struct pool_stats *pool, struct buf *out);

#endif
