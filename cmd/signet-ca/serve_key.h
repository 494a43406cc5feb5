/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_KEY_H
#define SIGNET_CA_SERVE_KEY_H

/* What the server does for one of the issuing CA's keys: lists, OCSP. */

#include "ca/responder.h"
#include "crl_lists.h"

/* What was done, by all keys together. */
struct serve_totals {
	struct responder_counts ocsp;
	unsigned long bases;	/* lists made */
	unsigned long deltas;
};

/* Not to be moved. */
struct serve_key {
	struct session *session;
	struct serve_totals *totals;
	unsigned number;
	struct lists lists;
	struct pkey *key;	/* of the OCSP responder; never leaves memory */
	struct cert *cert;
	struct responder *responder;
};
void serve_key_done(struct serve_key *k);
/* The session, which has or opens the key, outlives it, and so do the totals
 * that it adds to. */
enum sg_err serve_key_init(struct serve_key *k, struct session *s,
    unsigned number, struct serve_totals *totals);

/* Has it something to say still? */
bool serve_key_live(const struct serve_key *k);
/* By serve.conf as it is now; as it was when there is a mistake in it. */
enum sg_err serve_key_reload(struct serve_key *k);
/* When the list that is published runs out, Unix seconds; 0: there is none. */
int64_t serve_key_list_ends(const struct serve_key *k, enum ca_list which);

/* When there is something to do next, Unix seconds; never for a key that has
 * nothing to say any more. */
int64_t serve_key_due(const struct serve_key *k);
/* Does what is due: lists, the responder's next certificate. */
enum sg_err serve_key_work(struct serve_key *k);
/* New lists now. */
enum sg_err serve_key_publish(struct serve_key *k);

#endif
