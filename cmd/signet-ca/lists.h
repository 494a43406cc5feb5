/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_LISTS_H
#define SIGNET_CA_LISTS_H

/* A CA's revocation lists, as the verbs and serve make them. */

#include "ca/ledger_store.h"
#include "ca/publish.h"
#include "ca/serve_config.h"
#include "verb.h"

struct lists {
	struct serve_config config;
	struct ca_ledger_store store;
	char *folder;
	struct ca_publisher p;
};
void lists_done(struct lists *l);
/* Of that level; the session outlives it. */
enum sg_err lists_init(struct lists *l, struct session *s,
    enum ca_level level, unsigned days);

/* By another serve.conf, which it takes. */
void lists_configure(struct lists *l, struct serve_config *c);

/* Publishes; *made is the base's, or the delta's. */
enum sg_err lists_all(struct ca_published *made, const struct lists *l);
enum sg_err lists_delta(struct ca_published *made, const struct lists *l);

#endif
