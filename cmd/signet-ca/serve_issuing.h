/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_ISSUING_H
#define SIGNET_CA_SERVE_ISSUING_H

/* What the signer does for those who want certificates. */

#include "ca/issuing.h"
#include "verb.h"

/* Since the server started; what was denied without being kept, too. */
struct issuing_totals {
	unsigned long issued;
	unsigned long pending;
	unsigned long denied;
	unsigned long commits;	/* of one request or several */
	unsigned long lost;	/* requests of commits that failed */
};

/* Not to be moved. */
struct issuing {
	const struct session *session;
	struct issuing_totals *totals;
	struct issuing_totals group;	/* not committed yet */
	struct ca_issuer issuer;
	struct ca_issuing *all;
	bool allowed;
	bool told;		/* something happened since issuing_told() */
};
void issuing_done(struct issuing *i);
/* With the current key.  The session outlives it, and so do the totals that it
 * adds to. */
enum sg_err issuing_init(struct issuing *i, struct session *s,
    struct issuing_totals *totals);
/* [enroll] over-http of serve.conf: otherwise all of it is SG_ENOENT. */
void issuing_allow(struct issuing *i, bool allowed);

/* template may be NULL.  Nothing of it is to be handed out before
 * issuing_flush() says that it happened. */
enum sg_err issuing_submit(struct ca_outcome *out, struct issuing *i,
    struct bytes message, const char *template);
enum sg_err issuing_flush(struct issuing *i);
enum sg_err issuing_retrieve(struct ca_outcome *out, const struct issuing *i,
    uint64_t request, struct bytes sha256);

/* The certificate and its CAs as a certs-only message, appended; nothing for
 * NULL. */
enum sg_err issuing_chain(struct buf *out, const struct session *s,
    const struct cert *c);

/* Has the audit log grown since this was last asked? */
bool issuing_told(struct issuing *i);

#endif
