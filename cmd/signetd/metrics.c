/* SPDX-License-Identifier: BSD-2-Clause */
#include "metrics.h"

#include <inttypes.h>

#include "ipc/verbs.h"
#include "paths.h"

static enum sg_err
head(struct buf *out, const char *name, const char *type, const char *help)
{
	return buf_printf(out, "# HELP signet_%s %s\n# TYPE signet_%s %s\n",
	    name, help, name, type);
}

static enum sg_err
one(struct buf *out, const char *name, const char *type, const char *help,
    unsigned long value)
{
	SG_TRY(head(out, name, type, help));
	return buf_printf(out, "signet_%s %lu\n", name, value);
}

static enum sg_err
requests(struct buf *out, const struct server_verb_stats *stats)
{
	const struct verb_info *verbs = daemon_verbs.verbs;
	size_t count = daemon_verbs.count;

	SG_TRY(head(out, "requests_total", "counter",
	    "Requests that were answered, by verb and result."));
	for (size_t i = 0; i < count; i++) {
		for (unsigned e = 0; e < SG_ERR_COUNT; e++) {
			if (stats[i].results[e] == 0)
				continue;
			SG_TRY(buf_printf(out, "signet_requests_total{verb="
			    "\"%s\",result=\"%s\"} %lu\n", verbs[i].name,
			    sg_err_name((enum sg_err)e),
			    stats[i].results[e]));
		}
	}
	return SG_OK;
}

static enum sg_err
latencies(struct buf *out, const struct server_verb_stats *stats)
{
	const struct verb_info *verbs = daemon_verbs.verbs;
	size_t count = daemon_verbs.count;

	SG_TRY(head(out, "request_seconds", "summary",
	    "Time from a whole request to its reply, waiting included."));
	for (size_t i = 0; i < count; i++) {
		unsigned long n = 0;

		for (unsigned e = 0; e < SG_ERR_COUNT; e++)
			n += stats[i].results[e];
		if (n == 0)
			continue;
		SG_TRY(buf_printf(out, "signet_request_seconds_sum{verb="
		    "\"%s\"} %" PRIu64 ".%06" PRIu64 "\n"
		    "signet_request_seconds_count{verb=\"%s\"} %lu\n",
		    verbs[i].name, stats[i].us / 1000000,
		    stats[i].us % 1000000, verbs[i].name, n));
	}
	return SG_OK;
}

static enum sg_err
refusals(struct buf *out, const struct server_stats *s)
{
	SG_TRY(head(out, "quota_refusals_total", "counter",
	    "Connections and requests refused, by quota."));
	for (unsigned l = 0; l < LIMIT_COUNT; l++)
		SG_TRY(buf_printf(out, "signet_quota_refusals_total{quota="
		    "\"%s\"} %lu\n", server_limit_name((enum server_limit)l),
		    s->refused[l]));
	return SG_OK;
}

/* Requests that failed because the TPM did. */
static unsigned long
tpm_errors(const struct server_verb_stats *stats)
{
	unsigned long n = 0;
	size_t count = daemon_verbs.count;

	for (size_t i = 0; i < count; i++)
		n += stats[i].results[SG_ETPM];
	return n;
}

static enum sg_err
keeper(struct buf *out, const struct board_counts *k)
{
	SG_TRY(one(out, "tpm_commands_total", "counter",
	    "Commands sent to the TPM.", k->tpm_commands));
	SG_TRY(one(out, "tpm_connects_total", "counter",
	    "Connections made to the TPM, the first one included.",
	    k->tpm_connects));
	SG_TRY(one(out, "signatures_total", "counter",
	    "Uses of a private key that succeeded.", k->signatures));
	SG_TRY(one(out, "containers_loaded", "gauge",
	    "Containers in memory.", k->containers));
	return one(out, "logins_open", "gauge",
	    "Processes that are logged in to a container.", k->logins);
}

enum sg_err
metrics_write(const struct metrics *m, struct buf *out)
{
	SG_TRY(head(out, "build_info", "gauge", "The version; always 1."));
	SG_TRY(buf_printf(out, "signet_build_info{version=\"%s\"} 1\n",
	    SIGNET_VERSION));
	SG_TRY(requests(out, m->server.verbs));
	SG_TRY(latencies(out, m->server.verbs));
	SG_TRY(refusals(out, &m->server));
	SG_TRY(one(out, "connections", "gauge", "Open connections.",
	    m->server.connections));
	SG_TRY(one(out, "users", "gauge", "Users who are connected.",
	    m->server.users));
	SG_TRY(one(out, "requests_waiting", "gauge",
	    "Requests that wait for the TPM.", m->load.waiting));
	SG_TRY(one(out, "request_running_seconds", "gauge",
	    "For how long the present request has kept the TPM.",
	    m->load.busy_s));
	SG_TRY(one(out, "tpm_errors_total", "counter",
	    "Requests that failed because the TPM did.",
	    tpm_errors(m->server.verbs)));
	SG_TRY(keeper(out, &m->keeper));
	SG_TRY(one(out, "audit_lines_lost_total", "counter",
	    "Audit lines that could not be written.", m->audit_lost));
	return one(out, "resident_memory_bytes", "gauge",
	    "Memory of signetd that is not swapped.", m->resident);
}
