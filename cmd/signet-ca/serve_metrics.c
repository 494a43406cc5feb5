/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_metrics.h"

#include <inttypes.h>

#define PREFIX "signet_ca_"

static enum sg_err
head(struct buf *out, const char *name, const char *type, const char *help)
{
	return buf_printf(out, "# HELP " PREFIX "%s %s\n"
	    "# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static enum sg_err
one(struct buf *out, const char *name, const char *type, const char *help,
    unsigned long long value)
{
	SG_TRY(head(out, name, type, help));
	return buf_printf(out, PREFIX "%s %llu\n", name, value);
}

static enum sg_err
labelled(struct buf *out, const char *name, const char *label,
    const char *value, unsigned long long n)
{
	return buf_printf(out, PREFIX "%s{%s=\"%s\"} %llu\n", name, label,
	    value, n);
}

static enum sg_err
seconds(struct buf *out, const char *name, const char *label,
    const char *value, uint64_t us, unsigned long n)
{
	return buf_printf(out, PREFIX "%s_sum{%s=\"%s\"} %" PRIu64 ".%06"
	    PRIu64 "\n" PREFIX "%s_count{%s=\"%s\"} %lu\n", name, label,
	    value, us / 1000000, us % 1000000, name, label, value, n);
}

/* --- the signer --- */

static enum sg_err
desk_results(struct buf *out, const struct server_verb_stats *stats)
{
	SG_TRY(head(out, "desk_requests_total", "counter",
	    "Requests of web that the signer answered."));
	for (size_t i = 0; i < desk_verbs.count; i++)
		for (unsigned e = 0; e < SG_ERR_COUNT; e++)
			if (stats[i].results[e] != 0)
				SG_TRY(buf_printf(out, PREFIX "desk_requests"
				    "_total{request=\"%s\",result=\"%s\"} "
				    "%lu\n", desk_verbs.verbs[i].name,
				    sg_err_name((enum sg_err)e),
				    stats[i].results[e]));
	return SG_OK;
}

static enum sg_err
desk_times(struct buf *out, const struct server_verb_stats *stats)
{
	SG_TRY(head(out, "desk_request_seconds", "summary",
	    "Time from a whole request to its reply, waiting included."));
	for (size_t i = 0; i < desk_verbs.count; i++) {
		unsigned long n = 0;

		for (unsigned e = 0; e < SG_ERR_COUNT; e++)
			n += stats[i].results[e];
		if (n > 0)
			SG_TRY(seconds(out, "desk_request_seconds",
			    "request", desk_verbs.verbs[i].name,
			    stats[i].us, n));
	}
	return SG_OK;
}

static enum sg_err
ocsp(struct buf *out, const struct responder_counts *c)
{
	const struct {
		const char *answer;
		unsigned long n;
	} all[] = { { "good", c->good }, { "revoked", c->revoked },
		{ "unknown", c->unknown }, { "malformed", c->malformed },
		{ "internal", c->internal }, { "try-later", c->try_later },
		{ "unauthorized", c->unauthorized } };

	SG_TRY(head(out, "ocsp_answers_total", "counter",
	    "Certificates that OCSP was asked about, and refusals."));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		SG_TRY(labelled(out, "ocsp_answers_total", "answer",
		    all[i].answer, all[i].n));
	return SG_OK;
}

static enum sg_err
lists(struct buf *out, const struct signing_state *s)
{
	SG_TRY(head(out, "list_expires_timestamp_seconds", "gauge",
	    "When a list that is served runs out."));
	SG_TRY(labelled(out, "list_expires_timestamp_seconds", "list", "base",
	    (unsigned long long)s->base_ends));
	if (s->delta_ends > 0)
		SG_TRY(labelled(out, "list_expires_timestamp_seconds",
		    "list", "delta", (unsigned long long)s->delta_ends));
	SG_TRY(head(out, "lists_published_total", "counter",
	    "Lists that were made."));
	SG_TRY(labelled(out, "lists_published_total", "list", "base",
	    s->totals.bases));
	return labelled(out, "lists_published_total", "list", "delta",
	    s->totals.deltas);
}

static enum sg_err
issued(struct buf *out, const struct issuing_totals *t)
{
	SG_TRY(head(out, "enrollments_total", "counter",
	    "Requests for certificates over HTTP, by disposition."));
	SG_TRY(labelled(out, "enrollments_total", "disposition", "issued",
	    t->issued));
	SG_TRY(labelled(out, "enrollments_total", "disposition", "pending",
	    t->pending));
	SG_TRY(labelled(out, "enrollments_total", "disposition", "denied",
	    t->denied));
	SG_TRY(one(out, "enrollment_commits_total", "counter",
	    "Transactions that they shared.", t->commits));
	return one(out, "enrollments_lost_total", "counter",
	    "Those whose transaction could not be kept.", t->lost);
}

static enum sg_err
scep(struct buf *out, const struct signing_state *s)
{
	SG_TRY(head(out, "scep_answers_total", "counter",
	    "Answers to SCEP's messages, by pkiStatus."));
	SG_TRY(labelled(out, "scep_answers_total", "status", "success",
	    s->ra.success));
	SG_TRY(labelled(out, "scep_answers_total", "status", "failure",
	    s->ra.failure));
	SG_TRY(labelled(out, "scep_answers_total", "status", "pending",
	    s->ra.pending));
	SG_TRY(one(out, "scep_closed_total", "counter",
	    "Failures of messages that did not open or had no good "
	    "challenge.", s->ra.closed));
	SG_TRY(one(out, "scep_unreadable_total", "counter",
	    "Messages that could not be answered.", s->ra.unreadable));
	return one(out, "ra_expires_timestamp_seconds", "gauge",
	    "When the RA's certificate runs out; 0: there is none.",
	    (unsigned long long)s->ra_ends);
}

enum sg_err
signer_metrics_write(const struct signer_metrics *m, struct buf *out)
{
	const struct signing_state *s = &m->state;

	SG_TRY(desk_results(out, m->server.verbs));
	SG_TRY(desk_times(out, m->server.verbs));
	SG_TRY(ocsp(out, &s->totals.ocsp));
	SG_TRY(issued(out, &s->issued));
	SG_TRY(scep(out, s));
	SG_TRY(lists(out, s));
	SG_TRY(one(out, "responder_expires_timestamp_seconds", "gauge",
	    "When the OCSP responder's certificate runs out.",
	    (unsigned long long)s->responder_ends));
	SG_TRY(one(out, "database_writable", "gauge",
	    "1 when the database took a transaction.", s->writable));
	SG_TRY(one(out, "work_failing", "gauge",
	    "1 when lists or the responder could not be made anew.",
	    s->failing));
	SG_TRY(one(out, "signer_waiting", "gauge",
	    "Requests that wait for the signer's worker.", m->load.waiting));
	SG_TRY(one(out, "signer_busy_seconds", "gauge",
	    "For how long the worker has been at the present request.",
	    m->load.busy_s));
	return one(out, "desk_strangers_total", "counter",
	    "Connections of users who may not ask.", m->server.strangers);
}

/* --- web --- */

static const unsigned statuses[WEB_STATUSES] = { 200, 202, 304, 400, 403, 404,
	405, 408, 413, 414, 415, 500, 503, 501, 0 };

/* The last place is for what is in neither. */
void
web_count(struct web_counts *c, const struct http_route *routes,
    const struct http_event *e)
{
	size_t r = WEB_ROUTES_MAX - 1, s = 0;

	if (e->route != NULL && e->route - routes < WEB_ROUTES_MAX - 1)
		r = (size_t)(e->route - routes);
	while (s < WEB_STATUSES - 1 && statuses[s] != e->status)
		s++;
	c->by[r][s]++;
	c->us[r] += e->us;
}

static const char *
route_name(const struct http_route *routes, size_t r)
{
	return r == WEB_ROUTES_MAX - 1 ? "none" : routes[r].path;
}

static enum sg_err
web_results(struct buf *out, const struct web_counts *c,
    const struct http_route *routes)
{
	SG_TRY(head(out, "http_requests_total", "counter",
	    "Requests by route and status; 0 is any other."));
	for (size_t r = 0; r < WEB_ROUTES_MAX; r++)
		for (size_t s = 0; s < WEB_STATUSES; s++)
			if (c->by[r][s] != 0)
				SG_TRY(buf_printf(out, PREFIX "http_requests"
				    "_total{route=\"%s\",status=\"%u\"} "
				    "%lu\n", route_name(routes, r),
				    statuses[s], c->by[r][s]));
	return SG_OK;
}

static enum sg_err
web_times(struct buf *out, const struct web_counts *c,
    const struct http_route *routes)
{
	SG_TRY(head(out, "http_request_seconds", "summary",
	    "Time from a request's headers to its answer."));
	for (size_t r = 0; r < WEB_ROUTES_MAX; r++) {
		unsigned long n = 0;

		for (size_t s = 0; s < WEB_STATUSES; s++)
			n += c->by[r][s];
		if (n > 0)
			SG_TRY(seconds(out, "http_request_seconds", "route",
			    route_name(routes, r), c->us[r], n));
	}
	return SG_OK;
}

enum sg_err
web_metrics_write(const struct web_counts *c, const struct http_route *routes,
    unsigned clients, const struct pool_stats *pool, struct buf *out)
{
	SG_TRY(web_results(out, c, routes));
	SG_TRY(web_times(out, c, routes));
	SG_TRY(one(out, "http_connections", "gauge", "Open connections.",
	    clients));
	SG_TRY(one(out, "desk_waiting", "gauge",
	    "Requests that wait for a connection to the signer.",
	    pool->waiting));
	SG_TRY(one(out, "desk_asking", "gauge",
	    "Requests that the signer has.", pool->asking));
	return one(out, "desk_unanswered_total", "counter",
	    "Requests that the signer did not answer in time.",
	    pool->unanswered);
}
