/* SPDX-License-Identifier: BSD-2-Clause */

/* For the administrator's programs: is it well, and what was counted. */

#include "serve_web.h"

#include "verb.h"

#define OK		200
#define UNAVAILABLE	503

static const char *
word(bool x)
{
	return x ? "true" : "false";
}

/* r is NULL when the signer does not answer. */
static enum sg_err
health(struct http_answer *a, const struct message *r)
{
	bool list = r != NULL &&
	    (int64_t)r->f[DESK_STATUS_LIST_ENDS].u > clock_now();
	bool database = r != NULL && r->f[DESK_STATUS_WRITABLE].u != 0;

	a->type = "application/json";
	a->status = list && database ? OK : UNAVAILABLE;
	return buf_printf(&a->body, "{\"healthy\":%s,\"signer\":%s,"
	    "\"list\":%s,\"database\":%s}\n", word(list && database),
	    word(r != NULL), word(list), word(database));
}

static void
health_done(void *arg, enum sg_err e, const struct message *r, int *fd)
{
	struct http_answer a = { .fd = -1 };

	(void)fd;
	/* Silence is an answer here. */
	web_answer(arg, health(&a, e == SG_OK ? r : NULL), r, &a);
}

static enum sg_err
get_health(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)out;
	return web_ask(ctx, q, DESK_STATUS, NULL, &(struct web_ask) { 0 },
	    health_done);
}

static enum sg_err
metrics(struct http_answer *a, const struct web *w, const struct message *r)
{
	const struct pool_stats pool = pool_stats(w->pool);

	a->type = "text/plain; version=0.0.4";
	a->status = OK;
	SG_TRY(buf_printf(&a->body,
	    "# HELP signet_ca_signer_up 1 when the signer answers.\n"
	    "# TYPE signet_ca_signer_up gauge\n"
	    "signet_ca_signer_up %d\n", r != NULL));
	SG_TRY(web_metrics_write(&w->counts, web_routes,
	    http_clients(w->http), &pool, &a->body));
	if (r == NULL)
		return SG_OK;
	return buf_add_bytes(&a->body, r->f[DESK_STATUS_METRICS].b);
}

static void
metrics_done(void *arg, enum sg_err e, const struct message *r, int *fd)
{
	struct web_ask *k = arg;
	struct http_answer a = { .fd = -1 };

	(void)fd;
	web_answer(k, metrics(&a, k->web, e == SG_OK ? r : NULL), r, &a);
}

static enum sg_err
get_metrics(void *ctx, const struct http_request *q, struct http_answer *out)
{
	(void)out;
	return web_ask(ctx, q, DESK_STATUS, NULL, &(struct web_ask) { 0 },
	    metrics_done);
}

const struct http_route admin_routes[] = {
	{ "/health", HTTP_GET, NULL, 0, get_health },
	{ "/metrics", HTTP_GET, NULL, 0, get_metrics },
	{ NULL, 0, NULL, 0, NULL },
};
