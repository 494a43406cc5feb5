/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_CRL_LISTS_H
#define SIGNET_CA_CRL_LISTS_H

/* The revocation lists of one of a CA's keys, as the verbs and serve make
 * them. */

#include "ca/ledger_store.h"
#include "ca/publish.h"
#include "ca/serve_config.h"
#include "verb.h"

struct lists {
	struct serve_config config;
	struct texts delta_urls;	/* of this key's */
	struct ca_ledger_store store;
	char *folder;
	struct ca_publisher p;
};
void lists_done(struct lists *l);
/* Of that level's key; the session outlives it. */
enum sg_err lists_init(struct lists *l, struct session *s,
    enum ca_level level, unsigned key, unsigned days);

/* The numbers of the keys that are still to sign lists, the current one last;
 * how many. */
unsigned lists_keys(unsigned keys[CA_INDEX_MAX + 1],
    const struct session *s, enum ca_level level);

/* Was the CA renewed since the session opened it? */
bool lists_stale(const struct session *s, enum ca_level level);

/* By serve.conf as it is now; unchanged when there is a mistake in it.  For an
 * issuing CA. */
enum sg_err lists_configure(struct lists *l);

/* Publishes; *made is the base's, or the delta's. */
enum sg_err lists_all(struct ca_published *made, const struct lists *l);
enum sg_err lists_delta(struct ca_published *made, const struct lists *l);

#endif
