/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_SERVE_SIGNER_H
#define SIGNET_CA_SERVE_SIGNER_H

/* The server's inner half: keys, lists, OCSP; it knows nothing of HTTP. */

#include "desk.h"
#include "serve_key.h"

struct signing {
	struct session session;
	struct serve_key *keys;	/* that are still to answer, the current last */
	size_t key_count;
	int64_t retry;		/* not before, after something failed */
};
void signing_done(struct signing *s);
/* Opens the CA and its keys, and makes the responders. */
enum sg_err signing_init(struct signing *s, const struct options *o);

/* Of the current key; for what the configuration says. */
const struct lists *signing_lists(const struct signing *s);

/* When there is something to do next, Unix seconds. */
int64_t signing_due(const struct signing *s);
/* Does what is due: lists, the responder's next certificate.  What fails is
 * logged and tried again a little later. */
void signing_work(struct signing *s);
/* New lists now. */
void signing_publish(struct signing *s);

struct desk signing_desk(struct signing *s);

#endif
